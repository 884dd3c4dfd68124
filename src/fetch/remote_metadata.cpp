#include "fetch/remote_metadata.h"

#include <algorithm>
#include <charconv>
#include <vector>

#include "pipit/base/text.h"
#include "pipit/fetch/index_provider.h"
#include "pipit/packaging/name.h"
#include "pipit/verify/digest.h"

namespace pipit::fetch {
namespace {

constexpr std::uint64_t kMetadataMax = 16u << 20;
// dist-info lies last in nearly every wheel: this much holds METADATA and the central directory of most of them.
constexpr std::uint64_t kTailBytes = 48u << 10;
constexpr std::uint64_t kTailMaxBytes = 16u << 20;
// METADATA so far before the central directory is better asked for by itself.
constexpr std::uint64_t kGapMaxBytes = 256u << 10;

bool is_offline(const Result<net::HttpResponse>& response) { return !response && response.error().code == net::kOffline; }

// The connection failed. The whole file is the last thing to be tried, with full patience; nothing in between.
bool is_broken(const Error& error) {
  return error.code == net::kConnectionFailed || error.code == net::kConnectionTimeout || error.code == net::kIncompleteDownload;
}

// Another request will not fare better, or must not be made.
bool is_final(const Error& error) {
  return error.code == net::kTlsFailed || error.code == net::kProxyFailed || error.code == kCancelled || error.code == net::kPrivateAddress ||
         error.code == net::kServerBusy;
}

// "bytes 100-199/5000" -> 5000.
std::optional<std::uint64_t> total_of(const net::HttpResponse& response) {
  const std::string range = response.header("content-range").value_or("");
  const std::size_t slash = range.rfind('/');
  if (slash == std::string::npos) return std::nullopt;
  std::uint64_t total = 0;
  const char* begin = range.data() + slash + 1;
  const char* end = range.data() + range.size();
  return begin != end && std::from_chars(begin, end, total).ptr == end ? std::optional(total) : std::nullopt;
}

// M12: metadata that is not what the index promised could hide a dependency. The error shows both digests.
Status check_sidecar(const std::string& text, const model::DistFile& file) {
  if (file.core_metadata_hashes.empty()) return ok();
  std::vector<std::string> algorithms;
  for (const packaging::Hash& hash : file.core_metadata_hashes) algorithms.push_back(hash.algorithm);
  verify::Hasher hasher(algorithms);
  PIPIT_CHECK(hasher.write(as_bytes_view(text)));
  auto checked = verify::check(hasher.finish(), {{}, file.core_metadata_hashes}, file.filename + ".metadata");
  if (checked) return ok();
  Error error = std::move(checked).error();
  error.code = kMetadataMismatch;
  return fail(std::move(error));
}

}  // namespace

struct RemoteMetadata::Job {
  model::Candidate candidate;
  net::HttpClient* http = nullptr;
  Url url;
  std::string server;  // key of what is remembered
  bool public_only = false;
  std::string tail;
  std::uint64_t total = 0;
  std::optional<archive::ZipTail> zip;
  const archive::ZipMember* member = nullptr;
};

bool can_tell_metadata(const model::Candidate& candidate) {
  return candidate.file.url.starts_with("http") && !candidate.direct_url &&
         (candidate.kind == model::CandidateKind::wheel || (candidate.kind == model::CandidateKind::sdist && candidate.file.core_metadata));
}

const archive::ZipMember* find_metadata(const std::vector<archive::ZipMember>& members, std::string_view normalized_name) {
  constexpr std::string_view kTail = ".dist-info/METADATA";
  const archive::ZipMember* only = nullptr;
  std::size_t count = 0;
  for (const archive::ZipMember& member : members) {
    if (!member.name.ends_with(kTail) || member.name.find('/') != member.name.size() - std::string_view("/METADATA").size()) continue;
    ++count;
    const std::string_view directory = member.name.substr(0, member.name.size() - kTail.size());
    if (packaging::normalize_name(directory.substr(0, directory.find('-'))) == normalized_name || count == 1) only = &member;
  }
  return count == 1 ? only : nullptr;  // two of them: the whole file is looked at, and refused with the names
}

void RemoteMetadata::start(net::HttpClient& http, const model::Candidate& candidate, bool public_only) {
  if (!answers_.begin(candidate.file.url)) return;
  auto job = std::make_shared<Job>();
  job->candidate = candidate;
  job->http = &http;
  job->public_only = public_only;
  const Result<Url> url = Url::parse(candidate.file.url);
  if (!url) return end(job, {});
  job->url = *url;
  job->server = url->scheme + "://" + url->host + (url->port ? ":" + std::to_string(*url->port) : std::string());
  begin(job);
}

void RemoteMetadata::stop() {
  const std::lock_guard lock(http_mutex_);
  stopping_ = true;
}

void RemoteMetadata::submit(const JobPtr& job, net::HttpRequest request, Step then) {
  request.public_only = job->public_only;
  request.patience = net::Patience::little;  // there is another way
  const std::lock_guard lock(http_mutex_);
  if (stopping_) return end(job, {});
  job->http->submit(std::move(request), [self = shared_from_this(), job, then](Result<net::HttpResponse> response) {
    auto shared = std::make_shared<Result<net::HttpResponse>>(std::move(response));
    self->executor_.post([self, job, then, shared] { (self.get()->*then)(job, *shared); });
  });
}

void RemoteMetadata::begin(const JobPtr& job) {
  if (std::optional<std::string> text = cache_.find(job->candidate.file)) return end(job, {MetadataSource::cache, std::move(*text), false, {}});
  if (may_try_sidecar(*job)) return ask_sidecar(job);
  ask_tail(job, usual_tail(job->candidate));
}

// Advertised: always. Not advertised: once a server, for wheels (some mirrors have them and do not say so).
bool RemoteMetadata::may_try_sidecar(const Job& job) const {
  if (job.candidate.file.core_metadata) return true;
  return job.candidate.kind == model::CandidateKind::wheel && memory_->can(job.server, index::Ability::unannounced_sidecar) != false;
}

void RemoteMetadata::ask_sidecar(const JobPtr& job) {
  net::HttpRequest request;
  request.url = job->url;
  request.url.path += ".metadata";  // before the query (PEP 658)
  request.url.fragment.reset();
  request.body_max_bytes = kMetadataMax;
  request.coding = net::ContentCoding::decoded;
  request.cache = net::CacheMode::no_store;  // kept in our own form
  submit(job, std::move(request), &RemoteMetadata::on_sidecar);
}

void RemoteMetadata::on_sidecar(const JobPtr& job, const Result<net::HttpResponse>& response) {
  const bool announced = job->candidate.file.core_metadata;
  const bool found = response && response->status == 200 && response->body.find("Metadata-Version:") != std::string::npos;
  if (!announced && response) memory_->learn(job->server, index::Ability::unannounced_sidecar, found);
  if (announced && response && response->status == 200)
    if (Status same = check_sidecar(response->body, job->candidate.file); !same) return end(job, {MetadataSource::none, {}, false, std::move(same).error()});
  if (found) return end(job, {MetadataSource::sidecar, response->body, false, {}});
  if (!response && (is_broken(response.error()) || is_final(response.error()) || is_offline(response))) return give_up(job, response);
  ask_tail(job, usual_tail(job->candidate));
}

// Less than the file is said to have: all of it might come as 200, as from a server that knows no ranges.
std::uint64_t RemoteMetadata::usual_tail(const model::Candidate& candidate) const {
  const std::lock_guard lock(tails_mutex_);
  const auto known = tails_.find(candidate.name);
  if (known == tails_.end()) return kTailBytes;
  return std::clamp(candidate.file.size_bytes.value_or(known->second), kTailBytes + 1, known->second + 1) - 1;
}

// A little more than this release took: the next may be larger.
void RemoteMetadata::learn_tail(const std::string& name, std::uint64_t bytes) {
  const std::lock_guard lock(tails_mutex_);
  tails_[name] = std::clamp(bytes + bytes / 16, kTailBytes, kTailMaxBytes);
}

void RemoteMetadata::ask_tail(const JobPtr& job, std::uint64_t bytes) {
  const bool small = job->candidate.file.size_bytes && *job->candidate.file.size_bytes <= kTailBytes;
  if (job->candidate.kind != model::CandidateKind::wheel || memory_->can(job->server, index::Ability::ranges) == false || small) return end(job, {});
  net::HttpRequest request;
  request.url = job->url;
  request.suffix_range = bytes;
  request.body_max_bytes = bytes;
  submit(job, std::move(request), &RemoteMetadata::on_tail);
}

void RemoteMetadata::on_tail(const JobPtr& job, const Result<net::HttpResponse>& response) {
  if (!response) return give_up(job, response);
  const std::optional<std::uint64_t> total = total_of(*response);
  if (response->status != 206 || !total || response->body.size() > *total) {
    // 200 is a server that does not know ranges; 404 and the like say nothing about that
    if (response->status == 200) memory_->learn(job->server, index::Ability::ranges, false);
    return end(job, {});
  }
  memory_->learn(job->server, index::Ability::ranges, true);
  job->tail = response->body;
  job->total = *total;
  std::uint64_t needed = 0;
  Result<std::optional<archive::ZipTail>> zip = archive::ZipTail::read(job->tail, job->total, job->candidate.file.filename, &needed);
  if (!zip) return end(job, {});
  if (!*zip) {
    const bool worth_it = needed > job->tail.size() && needed <= kTailMaxBytes;
    return worth_it ? ask_tail(job, needed) : end(job, {});
  }
  job->zip = std::move(**zip);
  job->member = find_metadata(job->zip->members(), job->candidate.name);
  if (!job->member) return end(job, {});
  const archive::ZipTail::Range range = job->zip->range_of(*job->member);
  const std::uint64_t tail_start = job->total - job->tail.size();
  if (range.size == 0 || range.size > kMetadataMax) return end(job, {});
  const std::uint64_t wanted = job->total - range.offset;
  learn_tail(job->candidate.name, wanted <= needed + kGapMaxBytes ? wanted : needed);
  if (range.offset >= tail_start)
    return take_member(job, as_bytes_view(std::string_view(job->tail).substr(range.offset - tail_start, range.size)));
  net::HttpRequest request;
  request.url = job->url;
  request.range = {range.offset, range.offset + range.size - 1};
  request.body_max_bytes = range.size;
  submit(job, std::move(request), &RemoteMetadata::on_member);
}

void RemoteMetadata::on_member(const JobPtr& job, const Result<net::HttpResponse>& response) {
  if (!response) return give_up(job, response);
  if (response->status != 206) return end(job, {});
  take_member(job, as_bytes_view(response->body));
}

void RemoteMetadata::take_member(const JobPtr& job, Bytes bytes) {
  Result<std::string> text = job->zip->read_member(*job->member, bytes, kMetadataMax);
  if (!text) return end(job, {});
  end(job, {MetadataSource::ranges, std::move(*text), false, {}});
}

void RemoteMetadata::give_up(const JobPtr& job, const Result<net::HttpResponse>& response) {
  FoundMetadata found;
  found.is_offline = is_offline(response);
  if (is_final(response.error())) found.error = response.error();
  // A host that answers a range with the whole file runs into the size limit.
  if (response.error().code == net::kBodyTooLarge || response.error().code == net::kBadAnswer) memory_->learn(job->server, index::Ability::ranges, false);
  end(job, std::move(found));
}

void RemoteMetadata::end(const JobPtr& job, FoundMetadata found) {
  if (found.source == MetadataSource::sidecar || found.source == MetadataSource::ranges) cache_.keep(job->candidate.file, found.text);
  if (found.source == MetadataSource::cache) {
    Result<packaging::Metadata> read = packaging::Metadata::parse(found.text);
    if (read) found.metadata = std::make_shared<const packaging::Metadata>(std::move(*read)), found.text = std::string();
  }
  answers_.put(job->candidate.file.url, std::make_shared<const FoundMetadata>(std::move(found)));
}

}  // namespace pipit::fetch
