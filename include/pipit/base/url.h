// Url: one parser for policy and for fetching, so that what was checked is what is asked for (RFC 3986 with the
// refusals of WHATWG-confusing input: backslashes, tabs, control characters, several '@', NUL). Pure value.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "pipit/base/result.h"

namespace pipit {

inline constexpr ErrorCode kInvalidUrl{"invalid-url"};

class Url {
 public:
  // Parses an absolute URL ("https://host/path?query#fragment", "file:///x"). Fails with invalid-url.
  static Result<Url> parse(std::string_view text);
  // file:// URL of an absolute path, percent-encoded.
  static Url from_path(std::string_view absolute_path);

  // RFC 3986 section 5 reference resolution. `reference` may be absolute.
  Result<Url> join(std::string_view reference) const;

  std::string scheme;    // lower case
  std::string username;  // percent-decoded
  std::string password;  // percent-decoded
  bool has_userinfo = false;
  bool has_password = false;
  std::string host;  // lower case; IPv6 with its brackets
  std::optional<std::uint16_t> port;
  std::string path;  // percent-encoded as given; "/" if empty for http(s)
  std::optional<std::string> query;
  std::optional<std::string> fragment;

  std::string str() const;                    // everything
  std::string without_fragment() const;       // for fetching and comparing
  std::string without_credentials() const;    // str() without user info
  std::string display() const;                // pip's masking: user:****@host, a lone token ****@host
  std::uint16_t port_or_default() const;      // 443, 80, or 0
  bool same_origin(const Url& other) const;   // scheme, host and port
  // Last path segment, percent-decoded once; empty if the path ends in '/'.
  std::string filename() const;
  // Local path of a file: URL (percent-decoded); fails for other schemes or a foreign host.
  Result<std::string> to_path() const;
  // Value of a key in a fragment of the form a=b&c=d, percent-decoded.
  std::optional<std::string> fragment_value(std::string_view key) const;

  friend bool operator==(const Url&, const Url&) = default;
};

// True if text starts like "scheme://" or "file:" (used to tell URLs from paths and names).
bool looks_like_url(std::string_view text);
std::string percent_decode(std::string_view text);
std::string percent_encode_path(std::string_view text);
// Masks credentials in any text that may hold URLs (for log lines and strangers' messages).
std::string mask_credentials(std::string_view text);

}  // namespace pipit
