// RFC 9111 for one user: pages kept on disk. Freshness (a small text file, rewritten after a 304) lies apart from the payload
// (named by its own digest, so a reader never pairs an old head with a new body). Keys are digests of URL, Accept and
// identity; neither a URL nor a password is ever written. Errors while writing are swallowed: a full disk only means less
// cache. Nothing is made before the first store. A directory that is not ours, or that others may write, is not used.
// Net thread only; several processes may share the directory (files appear and change by rename).
//
// Layout of `directory`:   KEY.head     "pipit page 1", then lines `word value`, see http_cache.cpp
//                          KEY.PAYLOAD  the body, decoded; PAYLOAD is the start of its SHA-256
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <string>

#include "pipit/net/http.h"
#include "pipit/sys/dir.h"

namespace pipit::net {

using WallTime = std::chrono::system_clock::time_point;

// What decides about an entry, as a value.
struct CachedHead {
  int status = 0;
  std::int64_t stored_at = 0;       // seconds since 1970, when the answer (or the last 304) came
  Headers headers;                  // of the answer; names lower case
  Headers varied;                   // the request's headers that Vary names
  std::string payload_id;
  std::uint64_t payload_bytes = 0;
  std::string peer_address;
  friend bool operator==(const CachedHead&, const CachedHead&) = default;
};

std::string print_head(const CachedHead& head);
std::optional<CachedHead> parse_head(std::string_view text);

// Pure rules.
bool may_store(int status, const Headers& answer);
bool is_fresh(const CachedHead& head, std::int64_t now);
std::optional<Headers> varied_headers(const Headers& answer, const Headers& request);  // nullopt: Vary: *
bool matches_variant(const CachedHead& head, const Headers& request);
void freshen(CachedHead& head, const Headers& not_modified, std::int64_t now);

struct CachedPage {
  std::string key;
  CachedHead head;
  bool fresh = false;
  std::string head_text = {};  // as the file has it
};

class HttpCache {
 public:
  HttpCache(std::string directory, std::function<void(const std::string&)> on_warning)
      : path_(std::move(directory)), on_warning_(std::move(on_warning)) {}

  bool is_on() const { return !path_.empty() && !refused_; }
  // `identity` may hold a password; it only goes into the digest.
  static std::string key_of(const std::string& url, const std::string& accept, const std::string& identity);
  std::optional<CachedPage> find(const std::string& key, const Headers& request, std::int64_t now);
  // nullopt: the payload is gone or has another length.
  std::optional<std::string> payload(const CachedPage& page);
  enum class Keep { page, head };  // head: the payload is kept elsewhere (HttpRequest::keeps_payload)
  // Returns the payload's id.
  std::string store(const std::string& key, CachedHead head, const std::string& body, Keep keep);
  // After a 304: writes page.head. Where only times have changed, into the file as it is.
  void store_head(const CachedPage& page);

 private:
  bool open(bool make);
  Status publish(const std::string& name, std::string_view content);

  std::string path_;
  std::function<void(const std::string&)> on_warning_;
  sys::Dir dir_;
  bool refused_ = false;
};

}  // namespace pipit::net
