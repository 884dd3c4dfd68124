#include "pipit/base/url.h"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "pipit/base/text.h"

namespace pipit {
namespace {

bool is_alpha(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_unreserved(char c) { return is_alpha(c) || is_digit(c) || c == '-' || c == '.' || c == '_' || c == '~'; }

// Length of a scheme at the start of the text, the ':' not counted; 0 if there is none.
std::size_t scheme_length(std::string_view text) {
  if (text.empty() || !is_alpha(text[0])) return 0;
  std::size_t n = 1;
  while (n < text.size() && (is_alpha(text[n]) || is_digit(text[n]) || text[n] == '+' || text[n] == '-' || text[n] == '.')) ++n;
  return n < text.size() && text[n] == ':' ? n : 0;
}

bool is_web(std::string_view scheme) { return scheme == "http" || scheme == "https"; }

std::string percent_encode(std::string_view text, std::string_view also_safe) {
  std::string out;
  for (const char c : text) {
    if (is_unreserved(c) || also_safe.find(c) != std::string_view::npos)
      out += c;
    else
      out += fmt::format("%{:02X}", static_cast<unsigned char>(c));
  }
  return out;
}

// Bytes above 0x7F are percent-encoded so that a request line stays ASCII; everything else stays as given.
std::string encode_non_ascii(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (const char c : text) {
    if (static_cast<unsigned char>(c) < 0x80)
      out += c;
    else
      out += fmt::format("%{:02X}", static_cast<unsigned char>(c));
  }
  return out;
}

constexpr std::string_view kUserInfoSafe = "!$&'()*+,;={}";  // braces: ${VARIABLE} forms stay readable

tl::unexpected<Error> refuse(std::string_view text, std::string_view why) {
  return fail(make_error(kInvalidUrl, fmt::format("`{}` is not a usable URL: {}", escape_for_terminal(mask_credentials(text)), why)));
}

// Bytes that one URL reader skips and another obeys. None has a place in a URL; all are refused before parsing.
std::string_view confusing_byte(std::string_view text) {
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '\\') return "it holds a backslash";
    if (c == ' ') return "it holds a blank (write %20)";
    if (byte < 0x20 || byte == 0x7F) return "it holds a control character";
  }
  if (text.find("%00") != std::string_view::npos) return "it holds an encoded NUL (%00)";
  return {};
}

bool is_ipv6_literal(std::string_view host) {
  if (host.size() < 4 || host.front() != '[' || host.back() != ']') return false;
  const std::string_view inner = host.substr(1, host.size() - 2);
  const auto allowed = [](char c) { return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F') || c == ':' || c == '.'; };
  return std::all_of(inner.begin(), inner.end(), allowed) && std::count(inner.begin(), inner.end(), ':') >= 2;
}

bool is_host(std::string_view host) {
  if (host.size() > 255) return false;
  if (!host.empty() && host.front() == '[') return is_ipv6_literal(host);
  return std::all_of(host.begin(), host.end(), is_unreserved);
}

// A user name that reads like a host ("https://index.example@evil/") is there to be misread.
bool reads_like_host(std::string_view name) {
  const std::size_t dot = name.rfind('.');
  if (dot == std::string_view::npos || dot == 0 || name.size() - dot < 3) return false;
  const auto label = [](char c) { return (c >= 'a' && c <= 'z') || is_digit(c) || c == '-' || c == '.'; };
  const std::string_view last = name.substr(dot + 1);
  return std::all_of(name.begin(), name.end(), label) && std::all_of(last.begin(), last.end(), is_alpha);
}

// "https://user/name:secret@host": an unescaped '/', '?' or '#' in a password cuts the authority short.
bool hides_credentials(std::string_view rest) {
  const std::size_t at = rest.find('@');
  return at != std::string_view::npos && rest.substr(0, at).find(':') != std::string_view::npos;
}

std::string_view parse_user_info(std::string_view info, Url& url) {
  const std::size_t colon = info.find(':');
  url.has_userinfo = true;
  url.has_password = colon != std::string_view::npos;
  url.username = percent_decode(info.substr(0, colon));
  if (url.has_password) url.password = percent_decode(info.substr(colon + 1));
  if (is_web(url.scheme) && !url.has_password && reads_like_host(info)) return "its user name reads like a host name";
  return {};
}

std::string_view parse_port(std::string_view digits, Url& url) {
  if (digits.empty()) return {};
  unsigned value = 0;
  for (const char c : digits) {
    if (!is_digit(c)) return "its port is not a number";
    value = value * 10 + static_cast<unsigned>(c - '0');
    if (value > 65535) return "its port is out of range";
  }
  if (value == 0) return "its port is out of range";
  url.port = static_cast<std::uint16_t>(value);
  return {};
}

// authority = [userinfo "@"] host [":" port]. Returns why not, or an empty view.
std::string_view parse_authority(std::string_view authority, Url& url) {
  const std::size_t at = authority.find('@');
  if (at != std::string_view::npos) {
    if (authority.find('@', at + 1) != std::string_view::npos) return "it holds more than one `@`";
    if (const auto why = parse_user_info(authority.substr(0, at), url); !why.empty()) return why;
    authority.remove_prefix(at + 1);
  }
  const std::size_t bracket = authority.rfind(']');
  const std::size_t colon = authority.find(':', bracket == std::string_view::npos ? 0 : bracket);
  const std::string_view host = authority.substr(0, colon);
  if (!is_host(host)) return "its host name is not valid";
  if (host.empty() && url.scheme != "file" && (url.has_userinfo || is_web(url.scheme))) return "it names no host";
  url.host = ascii_lower(host);
  return colon == std::string_view::npos ? std::string_view{} : parse_port(authority.substr(colon + 1), url);
}

// path ["?" query] ["#" fragment]
void parse_rest(std::string_view rest, Url& url) {
  if (const std::size_t hash = rest.find('#'); hash != std::string_view::npos) {
    url.fragment = encode_non_ascii(rest.substr(hash + 1));
    rest = rest.substr(0, hash);
  }
  if (const std::size_t mark = rest.find('?'); mark != std::string_view::npos) {
    url.query = encode_non_ascii(rest.substr(mark + 1));
    rest = rest.substr(0, mark);
  }
  url.path = encode_non_ascii(rest);
  if (url.path.empty() && is_web(url.scheme)) url.path = "/";
}

bool is_dot(std::string_view segment) { return segment == "." || ascii_iequals(segment, "%2e"); }
bool is_dot_dot(std::string_view segment) {
  return segment == ".." || ascii_iequals(segment, "%2e%2e") || ascii_iequals(segment, ".%2e") || ascii_iequals(segment, "%2e.");
}

// RFC 3986 section 5.2.4, over segments.
std::string remove_dot_segments(std::string_view path) {
  std::vector<std::string_view> kept;
  const std::vector<std::string_view> segments = split(path, '/');
  for (std::size_t i = 0; i < segments.size(); ++i) {
    const bool last = i + 1 == segments.size();
    if (is_dot_dot(segments[i])) {
      if (kept.size() > 1) kept.pop_back();
      if (last) kept.emplace_back();
    } else if (is_dot(segments[i])) {
      if (last) kept.emplace_back();
    } else {
      kept.push_back(segments[i]);
    }
  }
  std::string out;
  for (std::size_t i = 0; i < kept.size(); ++i) {
    if (i > 0) out += '/';
    out += kept[i];
  }
  return path.starts_with('/') && !out.starts_with('/') ? "/" + out : out;
}

int hex_value(char c) {
  if (is_digit(c)) return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

std::string authority_text(const Url& url, std::string_view user_info) {
  std::string out(user_info);
  if (!out.empty() || url.has_userinfo) out += user_info.empty() ? "" : "@";
  out += url.host;
  if (url.port) out += fmt::format(":{}", *url.port);
  return out;
}

std::string print(const Url& url, std::string_view user_info, bool with_fragment) {
  std::string out = url.scheme + ":";
  const bool bare_file = url.scheme == "file" && url.host.empty() && !url.path.starts_with('/');
  if (!bare_file) out += "//" + authority_text(url, user_info);
  out += url.path;
  if (url.query) out += "?" + *url.query;
  if (with_fragment && url.fragment) out += "#" + *url.fragment;
  return out;
}

std::string encoded_user_info(const Url& url) {
  std::string out = percent_encode(url.username, kUserInfoSafe);
  if (url.has_password) out += ":" + percent_encode(url.password, kUserInfoSafe);
  return out;
}

}  // namespace

Result<Url> Url::parse(std::string_view text) {
  if (const auto why = confusing_byte(text); !why.empty()) return refuse(text, why);
  const std::size_t n = scheme_length(text);
  if (n == 0) return refuse(text, "it does not begin with a scheme such as https://");
  Url url;
  url.scheme = ascii_lower(text.substr(0, n));
  std::string_view rest = text.substr(n + 1);
  if (rest.starts_with("//")) {
    const std::size_t end = std::min(rest.find_first_of("/?#", 2), rest.size());
    if (const auto why = parse_authority(rest.substr(2, end - 2), url); !why.empty()) return refuse(text, why);
    rest = rest.substr(end);
    if (is_web(url.scheme) && !url.has_userinfo && hides_credentials(rest))
      return refuse(text, "a `:` and an `@` stand behind the host (percent-encode the characters of a password)");
  } else if (url.scheme != "file") {
    return refuse(text, "`//` is missing behind the scheme");
  }
  parse_rest(rest, url);
  return url;
}

Url Url::from_path(std::string_view absolute_path) {
  Url url;
  url.scheme = "file";
  url.path = percent_encode_path(absolute_path);
  return url;
}

Result<Url> Url::join(std::string_view reference) const {
  if (const auto why = confusing_byte(reference); !why.empty()) return refuse(reference, why);
  if (scheme_length(reference) > 0) return parse(reference);
  if (reference.starts_with("//")) return parse(scheme + ":" + std::string(reference));
  Url joined = *this;
  joined.query.reset();
  joined.fragment.reset();
  Url relative;
  parse_rest(reference, relative);
  joined.fragment = relative.fragment;
  if (relative.path.empty()) {
    joined.query = relative.query ? relative.query : query;
    return joined;
  }
  joined.query = relative.query;
  const std::string base = path.substr(0, path.rfind('/') + 1);
  const std::string merged = relative.path.starts_with('/') ? relative.path : (base.empty() && !host.empty() ? "/" : base) + relative.path;
  joined.path = remove_dot_segments(merged);
  return joined;
}

std::string Url::str() const { return print(*this, has_userinfo ? encoded_user_info(*this) : std::string(), true); }
std::string Url::without_fragment() const { return print(*this, has_userinfo ? encoded_user_info(*this) : std::string(), false); }
std::string Url::without_credentials() const { return print(*this, {}, true); }

std::string Url::display() const {
  if (!has_userinfo) return str();
  return print(*this, has_password ? percent_encode(username, "/") + ":****" : "****", true);
}

std::uint16_t Url::port_or_default() const {
  if (port) return *port;
  return scheme == "https" ? 443 : scheme == "http" ? 80 : 0;
}

bool Url::same_origin(const Url& other) const {
  return scheme == other.scheme && host == other.host && port_or_default() == other.port_or_default();
}

std::string Url::filename() const { return percent_decode(std::string_view(path).substr(path.rfind('/') + 1)); }

Result<std::string> Url::to_path() const {
  if (scheme != "file") return refuse(str(), "it is not a file: URL");
  if (!host.empty() && host != "localhost") return refuse(str(), "a file: URL must not name another host");
  return percent_decode(path);
}

std::optional<std::string> Url::fragment_value(std::string_view key) const {
  if (!fragment) return std::nullopt;
  for (const std::string_view part : split(*fragment, '&')) {
    const std::size_t equals = part.find('=');
    if (equals != std::string_view::npos && part.substr(0, equals) == key) return percent_decode(part.substr(equals + 1));
  }
  return std::nullopt;
}

bool looks_like_url(std::string_view text) {
  const std::size_t n = scheme_length(text);
  if (n == 0) return false;
  return text.substr(n + 1).starts_with("//") || ascii_iequals(text.substr(0, n), "file");
}

std::string percent_decode(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    const int high = text[i] == '%' && i + 2 < text.size() ? hex_value(text[i + 1]) : -1;
    const int low = high >= 0 ? hex_value(text[i + 2]) : -1;
    if (low < 0) {
      out += text[i];
      continue;
    }
    out += static_cast<char>(high * 16 + low);
    i += 2;
  }
  return out;
}

std::string percent_encode_path(std::string_view text) { return percent_encode(text, "/"); }

namespace {

// Where the secret of "user:secret@" begins (its colon) and ends (its '@'), counted from behind "://"; `colon` is npos
// for a lone token. nullopt where nothing is hidden.
struct Secret {
  std::size_t colon, at;
};
std::optional<Secret> find_secret(std::string_view token) {
  const std::string_view authority = token.substr(0, token.find_first_of("/?#"));
  if (const std::size_t at = authority.rfind('@'); at != std::string_view::npos)
    return Secret{authority.substr(0, at).find(':'), at};
  // "user:pa/ss@host": the authority ends too early, but what stands before the '@' is a secret all the same.
  const std::size_t at = token.rfind('@');
  if (at == std::string_view::npos) return std::nullopt;
  const std::string_view before = token.substr(0, at);
  const std::size_t port = authority.find(':');
  const bool port_like = port != std::string_view::npos && std::all_of(authority.begin() + static_cast<std::ptrdiff_t>(port) + 1, authority.end(), is_digit);
  const std::size_t colon = before.find(':', port_like ? port + 1 : 0);
  if (colon == std::string_view::npos) return std::nullopt;
  return Secret{colon, at};
}

}  // namespace

std::string mask_credentials(std::string_view text) {
  constexpr std::size_t kLookahead = 1024;  // keeps the scan linear on hostile text
  constexpr std::string_view kTokenEnd = " \t\r\n\v\f\"'<>`";
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size();) {
    const std::size_t mark = text.find("://", i);
    if (mark == std::string_view::npos) return out.append(text.substr(i));
    const std::size_t start = mark + 3;
    out.append(text.substr(i, start - i));
    i = start;
    std::string_view token = text.substr(start, kLookahead);
    token = token.substr(0, token.find_first_of(kTokenEnd));
    const auto secret = find_secret(token);
    if (!secret) continue;
    if (secret->colon == std::string_view::npos)
      out += "****";
    else
      out.append(token.substr(0, secret->colon)).append(":****");
    i = start + secret->at;
  }
  return out;
}

}  // namespace pipit
