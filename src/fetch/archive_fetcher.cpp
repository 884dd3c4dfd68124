#include "pipit/fetch/archive_fetcher.h"

#include <fmt/format.h>

#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>

#include "fetch/turns.h"
#include "fetch/unfinished.h"
#include "pipit/base/url.h"
#include "pipit/sys/dir.h"
#include "pipit/sys/file.h"

namespace pipit::fetch {

namespace {

// How often a file is looked after that another process downloads.
constexpr std::chrono::milliseconds kTurnPause{10};
constexpr std::uint64_t kArchiveMaxBytes = std::uint64_t{64} << 30;

std::vector<std::string> algorithms_of(const verify::Promise& promise) {
  std::vector<std::string> names;
  for (const packaging::Hashes* hashes : {&promise.required, &promise.advertised})
    for (const packaging::Hash& hash : *hashes) names.push_back(hash.algorithm);
  return names;
}

// Writes a file and hashes it on the way.
class DownloadSink final : public net::HttpRequest::BodySink {
 public:
  DownloadSink(sys::File file, const std::vector<std::string>& algorithms) : file_(std::move(file)), hasher_(algorithms) {}

  Status write(Bytes bytes) override {
    PIPIT_CHECK(hasher_.write(bytes));
    return file_.write_all(bytes);
  }
  Status restart() override {
    hasher_.reset();
    if (const int result = file_.os().ftruncate(file_.fd(), 0); result < 0) return fail(sys::os_error(-result, "emptying", "a download"));
    return ok();
  }
  // What an interrupted download must have come with to be continued: a strong ETag, else the date (RFC 9110 13.1.5). On the
  // client's thread, before any byte of the body.
  void begin(const net::HttpResponse& head) {
    const auto tag = head.header("etag");
    std::string validator = tag && !tag->starts_with("W/") ? *tag : head.header("last-modified").value_or("");
    if (head.status != 206 || !validator.empty()) validator_ = std::move(validator);
  }
  Status continue_from(const Unfinished::Begun& begun) {
    validator_ = begun.validator;
    return write(begun.bytes.bytes());
  }
  const std::string& validator() const { return validator_; }
  Result<packaging::Hashes> finish() {
    PIPIT_CHECK(file_.close());
    return hasher_.finish();
  }

 private:
  sys::File file_;
  verify::Hasher hasher_;
  std::string validator_;
};

// Whether the transfer broke, so that its beginning is worth keeping.
bool broke_off(const Error& error) {
  return error.code == net::kIncompleteDownload || error.code == net::kConnectionFailed || error.code == net::kConnectionTimeout || error.code == kCancelled;
}

Result<Arrival> judge(packaging::Hashes computed, const FetchItem& item, std::filesystem::path path) {
  auto checked = verify::check(computed, item.promise, item.candidate.file.filename);
  if (checked) return Arrival(Archive{std::move(path), std::move(*checked)});
  if (checked.error().code != verify::kHashMismatch) return fail(std::move(checked).error());
  return Arrival(Mismatch{std::move(computed), std::move(checked).error()});
}

Result<Arrival> take_local(const FetchItem& item, std::filesystem::path path) {
  PIPIT_TRY(const auto seen, sys::stat_path(path));
  PIPIT_TRY(auto mapped, sys::MappedFile::open(path));
  verify::Hasher hasher(algorithms_of(item.promise));
  PIPIT_CHECK(hasher.write(mapped.bytes()));
  PIPIT_TRY(Arrival arrival, judge(hasher.finish(), item, std::move(path)));
  if (auto* archive = std::get_if<Archive>(&arrival)) {
    archive->seen = seen;
    PIPIT_CHECK(still_the_same(*archive));
  }
  return arrival;
}

// An answer that is no success, in pip's words. That a file is gone is one thing, that its server is in trouble another.
Error status_error(int status, const Url& url, const model::Candidate& candidate) {
  return make_pip_error(status >= 500 || status == 429 ? net::kServerBusy : net::kHttpStatus, fmt::format("Could not install requirement {}=={} from {} because of HTTP error {} for URL {}", candidate.name,
                                                      candidate.version_text, url.display(), status, url.display()));
}

// What one call of fetch() shares with the callbacks.
class Gathering {
 public:
  explicit Gathering(std::size_t count) : outcomes_(count), open_(count) {}
  void settle(std::size_t index, Result<Arrival> outcome) {
    std::lock_guard lock(mutex_);
    outcomes_[index].emplace(std::move(outcome));
    if (--open_ == 0) all_settled_.notify_all();
  }
  bool wait_for(std::chrono::milliseconds pause) {
    std::unique_lock lock(mutex_);
    return all_settled_.wait_for(lock, pause, [this] { return open_ == 0; });
  }
  std::vector<Result<Arrival>> wait() {
    std::unique_lock lock(mutex_);
    all_settled_.wait(lock, [this] { return open_ == 0; });
    std::vector<Result<Arrival>> results;
    for (auto& outcome : outcomes_) results.push_back(std::move(*outcome));
    return results;
  }

 private:
  std::mutex mutex_;
  std::condition_variable all_settled_;
  std::vector<std::optional<Result<Arrival>>> outcomes_;
  std::size_t open_;
};

}  // namespace

Status still_the_same(const Archive& archive) {
  if (!archive.seen) return ok();
  PIPIT_TRY(const auto now, sys::stat_path(archive.path));
  const sys::FileStat& then = *archive.seen;
  if (now && now->device == then.device && now->inode == then.inode && now->size == then.size && now->mtime_ns == then.mtime_ns &&
      now->ctime_ns == then.ctime_ns)
    return ok();
  return fail(make_error(kArchiveChanged, fmt::format("{} was changed while it was being read", archive.path.filename().string()))
                  .at(archive.path.string())
                  .hint("nothing of it was used; run again once nobody writes to it"));
}

std::vector<Result<Arrival>> ArchiveFetcher::fetch(const std::vector<FetchItem>& items, const Continuation& then, std::stop_token stop) {
  Gathering gathering(items.size());
  auto cancelled = [] { return Result<Arrival>(fail(make_pip_error(kCancelled, "Operation cancelled by user"))); };
  const Unfinished unfinished(unfinished_);
  const Turns turns_of(is_here_ ? unfinished_ : std::filesystem::path());
  std::vector<Turns::Turn> turns(items.size());
  auto finish = [&gathering, &then, &turns_of, &turns](std::size_t index, Result<Arrival> arrival) {
    if (arrival && std::holds_alternative<Archive>(*arrival)) then(index, std::get<Archive>(*arrival));
    turns_of.done(turns[index]);
    gathering.settle(index, std::move(arrival));
  };

  sys::Dir folder;  // of this call's downloads; made with the first, gone with the scratch directory
  auto begin_download = [&](std::size_t index, const Url& url) -> Status {
    const FetchItem& item = items[index];
    PIPIT_TRY(net::HttpClient * http, http_());
    if (!folder) {
      PIPIT_TRY(sys::TempDir made, sys::TempDir::create(scratch_, "download-"));
      PIPIT_TRY(folder, sys::Dir::open(sys::real_os(), made.release()));
    }
    const std::string name = std::to_string(index);
    const std::filesystem::path path = folder.path() / name;
    PIPIT_TRY(sys::File file, folder.create(name, 0600));
    auto sink = std::make_shared<DownloadSink>(std::move(file), algorithms_of(item.promise));
    net::HttpRequest request;
    if (const auto begun = unfinished.take(item)) {
      PIPIT_CHECK(sink->continue_from(*begun));
      request.resume_from = {begun->bytes.bytes().size(), begun->validator};
    }
    request.url = url;
    request.sink = sink;
    request.on_head = [sink](const net::HttpResponse& head) { sink->begin(head); };
    request.resume = true;
    request.public_only = item.public_only;
    request.body_max_bytes = item.candidate.file.size_bytes.value_or(kArchiveMaxBytes);
    request.priority = static_cast<int>(std::min<std::uint64_t>(item.candidate.file.size_bytes.value_or(0) >> 10, 1u << 30));
    const std::string filename = item.candidate.file.filename;
    if (listener_) {
      listener_->started(filename, item.candidate.file.size_bytes);
      request.on_progress = [this, filename](std::uint64_t received, std::optional<std::uint64_t>) { listener_->moved(filename, received); };
    }
    http->submit(std::move(request), [this, &items, &finish, &unfinished, stop, cancelled, index, sink, path, filename](Result<net::HttpResponse> answer) {
      // Still on the network thread: hand over at once.
      auto shared = std::make_shared<Result<net::HttpResponse>>(std::move(answer));
      workers_.post([this, &items, &finish, &unfinished, stop, cancelled, index, sink, path, filename, shared] {
        if (listener_) listener_->ended(filename);
        const FetchItem& fetched = items[index];
        if (!*shared && broke_off((*shared).error())) unfinished.keep(fetched, path, sink->validator());
        if (stop.stop_requested()) return finish(index, cancelled());
        if (!*shared) return finish(index, fail(std::move(*shared).error().while_(fmt::format("downloading {}", filename))));
        if ((*shared)->status != 200 && (*shared)->status != 206)
          return finish(index, fail(status_error((*shared)->status, (*shared)->final_url, fetched.candidate)));
        auto computed = sink->finish();
        if (!computed) return finish(index, fail(std::move(computed).error()));
        finish(index, judge(std::move(*computed), fetched, path));
      });
    });
    return ok();
  };

  // False: another process is at it.
  auto try_download = [&](std::size_t index, const Url& url) {
    if (const auto key = is_here_ ? unfinished.key_of(items[index]) : std::nullopt) {
      if (turns_of.take(*key, turns[index]) == Turns::Whose::others) return false;
      if (turns[index].lock && is_here_(index)) {
        finish(index, Arrival(BroughtByOther()));
        return true;
      }
    }
    if (auto begun = begin_download(index, url); !begun) finish(index, fail(std::move(begun).error()));
    return true;
  };

  std::vector<std::pair<std::size_t, Url>> waiting;
  for (std::size_t index = 0; index < items.size(); ++index) {
    auto url = Url::parse(items[index].candidate.file.url);
    if (!url) {
      gathering.settle(index, fail(std::move(url).error()));
    } else if (stop.stop_requested()) {
      gathering.settle(index, cancelled());
    } else if (url->scheme == "file") {
      workers_.post([&items, &finish, index, local = *url] {
        auto path = local.to_path();
        finish(index, path ? take_local(items[index], *path) : Result<Arrival>(fail(std::move(path).error())));
      });
    } else if (!try_download(index, *url)) {
      waiting.emplace_back(index, std::move(*url));
    }
  }
  while (!waiting.empty() && !gathering.wait_for(kTurnPause)) {
    std::erase_if(waiting, [&](const auto& item) {
      if (!stop.stop_requested()) return try_download(item.first, item.second);
      gathering.settle(item.first, cancelled());
      return true;
    });
  }
  return gathering.wait();
}

}  // namespace pipit::fetch
