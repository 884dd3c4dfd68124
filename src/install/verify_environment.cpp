#include "pipit/install/verify_environment.h"

#include <algorithm>
#include <charconv>
#include <map>
#include <set>
#include <unordered_set>

#include "install/owners.h"
#include "pipit/base/text.h"
#include "pipit/sys/file.h"
#include "pipit/verify/digest.h"

namespace pipit::install {
namespace {

using Kind = Finding::Kind;

struct Claim {
  std::size_t dist;
  std::string path;
  packaging::RecordRow row;
};

std::string title(const python::InstalledDist& dist) { return dist.name + " " + dist.version_text; }

std::string algorithm_of(std::string_view recorded) { return std::string(recorded.substr(0, recorded.find('='))); }

// RECORD spells digests in base64url without padding; Hasher gives hex.
std::string hash_of(Bytes bytes, const std::string& algorithm) {
  if (algorithm == "sha256") return verify::record_hash(verify::sha256(bytes));
  verify::Hasher hasher({algorithm});
  if (!hasher.write(bytes)) return {};
  for (const packaging::Hash& hash : hasher.finish())
    if (hash.algorithm == algorithm)
      if (const auto digest = from_hex(hash.hex)) return algorithm + "=" + to_base64url(*digest);
  return {};
}

class Verifier {
 public:
  Verifier(const std::vector<python::InstalledDist>& dists, sys::Executor& executor, std::stop_token stop)
      : dists_(dists), executor_(executor), stop_(std::move(stop)) {}

  Result<Verification> run() {
    for (std::size_t i = 0; i < dists_.size(); ++i) collect(i);
    check_claims();
    if (stop_.stop_requested()) return fail(make_error(kCancelled, "the verification was cancelled"));
    find_unlisted();
    std::stable_sort(found_.begin(), found_.end(), [](const auto& a, const auto& b) {
      return a.first != b.first ? a.first < b.first : a.second.path < b.second.path;
    });
    for (auto& [dist, finding] : found_) out_.findings.push_back(std::move(finding));
    out_.distributions = dists_.size();
    return std::move(out_);
  }

 private:
  void report(std::size_t dist, Kind kind, std::string path, std::string expected = {}, std::string got = {}) {
    found_.emplace_back(dist, Finding{kind, title(dists_[dist]), std::move(path), std::move(expected), std::move(got)});
  }

  void collect(std::size_t index) {
    const python::InstalledDist& dist = dists_[index];
    const auto rows = dist.record();
    if (!rows) return report(index, Kind::no_record, (dist.metadata_path / "RECORD").string());
    for (const packaging::RecordRow& row : *rows) {
      std::string path = recorded_path(dist.location, row.path);
      listed_.insert(path);
      claims_.push_back({index, std::move(path), row});
    }
  }

  // Large files first, so that no single one is left for the end; results keep their own places.
  void check_claims() {
    std::vector<std::optional<Finding>> results(claims_.size());
    std::vector<std::uint64_t> sizes(claims_.size(), 0);
    std::vector<std::size_t> order(claims_.size());
    for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
    std::stable_sort(order.begin(), order.end(), [this](std::size_t a, std::size_t b) { return recorded_size(a) > recorded_size(b); });
    sys::parallel_for(executor_, order.size(), [&](std::size_t i) {
      if (!stop_.stop_requested()) results[order[i]] = check_one(claims_[order[i]], sizes[order[i]]);
    });
    for (std::size_t i = 0; i < results.size(); ++i) {
      out_.bytes += sizes[i];
      if (results[i]) found_.emplace_back(claims_[i].dist, std::move(*results[i]));
    }
    out_.files = claims_.size();
  }

  std::uint64_t recorded_size(std::size_t claim) const {
    const std::string& text = claims_[claim].row.size;
    std::uint64_t size = 0;
    std::from_chars(text.data(), text.data() + text.size(), size);
    return size;
  }

  std::optional<Finding> check_one(const Claim& claim, std::uint64_t& size) const {
    Finding finding{Kind::missing, title(dists_[claim.dist]), claim.path, claim.row.hash, {}};
    const auto info = sys::stat_path(claim.path, sys::Follow::no);
    if (info && !*info) return is_byte_code(claim) ? std::nullopt : std::optional(finding);
    if (!info || (*info)->kind != sys::FileStat::Kind::regular) {
      finding.kind = Kind::unreadable;
      return finding;
    }
    if (claim.row.hash.empty()) return std::nullopt;  // RECORD itself, byte code: nothing was promised
    return compare(claim, std::move(finding), size);
  }

  // pip lists the byte code it made without a hash; Python may delete and remake it.
  static bool is_byte_code(const Claim& claim) { return claim.row.hash.empty() && claim.path.ends_with(".pyc"); }

  std::optional<Finding> compare(const Claim& claim, Finding finding, std::uint64_t& size) const {
    const auto file = sys::MappedFile::open(claim.path);
    if (!file) {
      finding.kind = Kind::unreadable;
      return finding;
    }
    size = file->bytes().size();
    finding.kind = Kind::changed;
    if (!claim.row.size.empty() && claim.row.size != std::to_string(size)) {
      finding.expected = claim.row.size + " bytes";
      finding.got = std::to_string(size) + " bytes";
      return finding;
    }
    finding.got = hash_of(file->bytes(), algorithm_of(claim.row.hash));
    if (finding.got == claim.row.hash) return std::nullopt;
    return finding;
  }

  // Only where nobody else can be meant: directories in which every listed file belongs to one distribution.
  void find_unlisted() {
    std::map<std::filesystem::path, std::set<std::size_t>> users;
    for (const Claim& claim : claims_) {
      const std::filesystem::path& top = dists_[claim.dist].location;
      for (std::filesystem::path at = std::filesystem::path(claim.path).parent_path(); at.native().size() > top.native().size() && at.native().starts_with(top.native());
           at = at.parent_path())
        users[at].insert(claim.dist);
    }
    for (const auto& [directory, dists] : users)
      if (dists.size() == 1) look_for_unlisted(directory, *dists.begin(), users);
  }

  void look_for_unlisted(const std::filesystem::path& directory, std::size_t dist, const std::map<std::filesystem::path, std::set<std::size_t>>& users) {
    const auto entries = sys::list_directory(directory);
    if (!entries || directory.filename() == "__pycache__") return;
    for (const sys::DirEntry& entry : *entries) {
      const std::filesystem::path path = directory / entry.name;
      if (entry.name == "__pycache__" || listed_.contains(path.string()) || users.contains(path)) continue;
      report(dist, Kind::unlisted, path.string());
    }
  }

  const std::vector<python::InstalledDist>& dists_;
  sys::Executor& executor_;
  std::stop_token stop_;
  std::vector<Claim> claims_;
  std::unordered_set<std::string> listed_;
  std::vector<std::pair<std::size_t, Finding>> found_;
  Verification out_;
};

}  // namespace

Result<Verification> verify_environment(const std::vector<python::InstalledDist>& dists, sys::Executor& executor, std::stop_token stop) {
  return Verifier(dists, executor, std::move(stop)).run();
}

}  // namespace pipit::install
