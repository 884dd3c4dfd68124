// ArchiveFetcher: brings archives in, many at once, hashed while the bytes arrive, and checked before anybody sees them. Local
// files are hashed where they lie. What becomes of an archive (unpacking a wheel, building an sdist) is the caller's
// continuation, which runs on a worker as soon as that archive is there, while others are still on their way.
//
// Knows nothing of requirements or environments. fetch() is called from one thread and returns when every item has an
// outcome; outcomes keep the items' order. The continuation runs on worker threads (or inline) and must be thread-safe.
#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <stop_token>
#include <string>
#include <variant>
#include <vector>

#include "pipit/base/result.h"
#include "pipit/model/candidate.h"
#include "pipit/net/http.h"
#include "pipit/sys/file.h"
#include "pipit/sys/worker_pool.h"
#include "pipit/verify/digest.h"

namespace pipit::fetch {

struct FetchItem {
  model::Candidate candidate;
  verify::Promise promise;
  bool public_only = false;  // it was listed by a public index: no address in a private network (N19)
};

// An archive whose bytes were checked. The file lies where it lay (local) or in the scratch directory.
struct Archive {
  std::filesystem::path path;
  verify::Checked checked;
  // A local file is others' to change: what it looked like when it was hashed. still_the_same() tells whether it does yet.
  std::optional<sys::FileStat> seen = {};
};

inline constexpr ErrorCode kArchiveChanged{"archive-changed"};
// Fails if a local archive was replaced or written to since it was hashed. Asked before and after it is used.
Status still_the_same(const Archive& archive);

// The bytes are not the promised ones. A fact for the report, with what was computed.
struct Mismatch {
  packaging::Hashes computed;
  Error error;
};

// Another pipit brought it to where is_here() looks (share()), while we waited.
struct BroughtByOther {};

using Arrival = std::variant<Archive, Mismatch, BroughtByOther>;

// In the words of this room; called from the network thread and from workers.
class FetchListener {
 public:
  virtual ~FetchListener() = default;
  virtual void started(const std::string& filename, std::optional<std::uint64_t> size_bytes) = 0;
  virtual void moved(const std::string& filename, std::uint64_t received_bytes) = 0;
  virtual void ended(const std::string& filename) = 0;
};

class ArchiveFetcher {
 public:
  // `http` is asked for only if something is not local. `scratch` receives downloads. `unfinished`: where downloads that broke
  // off are kept for a later run to continue; empty: they are not.
  ArchiveFetcher(std::function<Result<net::HttpClient*>()> http, std::filesystem::path scratch, sys::Executor& workers, FetchListener* listener,
                 std::filesystem::path unfinished = {})
      : http_(std::move(http)), scratch_(std::move(scratch)), workers_(workers), listener_(listener), unfinished_(std::move(unfinished)) {}

  // Downloads of promised files are shared with other processes that keep unfinished ones in the same place: one downloads, the
  // others wait until `is_here` (asked on fetch()'s thread, thread-safe beside the continuation) finds what came of it, or until
  // the one gave up or died. Without this nobody waits.
  void share(std::function<bool(std::size_t index)> is_here) { is_here_ = std::move(is_here); }

  using Continuation = std::function<void(std::size_t index, const Archive& archive)>;
  std::vector<Result<Arrival>> fetch(const std::vector<FetchItem>& items, const Continuation& then, std::stop_token stop);

 private:
  std::function<Result<net::HttpClient*>()> http_;
  std::filesystem::path scratch_;
  sys::Executor& workers_;
  FetchListener* listener_;
  std::filesystem::path unfinished_;
  std::function<bool(std::size_t)> is_here_;
};

}  // namespace pipit::fetch
