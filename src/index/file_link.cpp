#include "index/file_link.h"

#include <algorithm>
#include <array>

#include "pipit/base/text.h"
#include "pipit/packaging/filename.h"

namespace pipit::index {
namespace {

constexpr std::size_t kUrlMax = 8192;
constexpr std::size_t kNameMax = 1024;
constexpr std::array<std::string_view, 6> kAlgorithms{"sha256", "sha512", "sha384", "sha224", "sha1", "md5"};

bool is_control(char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }

// Characters that stand for themselves in a path; the rest takes the long way through Url.
constexpr std::array<bool, 256> kPlainPath = [] {
  std::array<bool, 256> plain{};
  for (const char c : std::string_view("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~/+!,")) plain[static_cast<unsigned char>(c)] = true;
  return plain;
}();

bool is_plain_path_char(char c) { return kPlainPath[static_cast<unsigned char>(c)]; }

bool must_be_quoted(char c) {
  return static_cast<unsigned char>(c) >= 0x80 || c == ' ' || c == '"' || c == '<' || c == '>' || c == '^' || c == '`' ||
         c == '{' || c == '|' || c == '}';
}

// Old pages hold spaces and raw UTF-8 in links; a browser (and pip) quotes them.
std::string quoted(std::string_view reference) {
  constexpr std::string_view kHex = "0123456789ABCDEF";
  std::string out;
  out.reserve(reference.size() + 8);
  for (char c : reference) {
    if (!must_be_quoted(c)) {
      out += c;
      continue;
    }
    const auto byte = static_cast<unsigned char>(c);
    out += '%';
    out += kHex[byte >> 4];
    out += kHex[byte & 15];
  }
  return out;
}

bool has_dot_segment(std::string_view path) {
  if (path.find("/.") == path.npos) return false;
  return path.find("/./") != path.npos || path.find("/../") != path.npos || path.ends_with("/.") || path.ends_with("/..");
}

// "https://host/", "/" or "../../": what decides, with the page's own URL, where the plain path behind it lies. May be empty.
std::string_view beginning_of(std::string_view reference) {
  if (reference.starts_with("https://") || reference.starts_with("http://")) {
    const std::size_t slash = reference.find('/', reference.find("//") + 2);
    return slash == reference.npos ? std::string_view() : reference.substr(0, slash + 1);
  }
  if (reference.starts_with('/')) return reference.starts_with("//") ? std::string_view() : reference.substr(0, 1);
  std::size_t size = 0;
  while (reference.substr(size).starts_with("../")) size += 3;
  return reference.substr(0, size);
}

bool looks_like_an_archive(std::string_view name) { return packaging::archive_suffix(name).has_value(); }

// User info written into a link of a page would send requests, or the reader, somewhere unexpected.
bool reference_has_userinfo(std::string_view reference) {
  const std::size_t slashes = reference.find("//");
  if (slashes == reference.npos || (slashes > 0 && reference[slashes - 1] != ':')) return false;
  const std::string_view authority = reference.substr(slashes + 2, reference.find_first_of("/?#", slashes + 2) - slashes - 2);
  return authority.find('@') != authority.npos;
}

}  // namespace

bool is_safe_filename(std::string_view name) {
  if (name.empty() || name.size() > kNameMax || name == "." || name == "..") return false;
  bool is_ascii = true;
  for (const char c : name) {
    if (is_control(c) || c == '/' || c == '\\') return false;
    is_ascii = is_ascii && static_cast<unsigned char>(c) < 0x80;
  }
  return is_ascii || is_valid_utf8(name);
}

void add_hash(packaging::Hashes& hashes, std::string_view algorithm, std::string_view hex) {
  std::string name = ascii_lower(algorithm);
  if (hex.empty() || std::find(kAlgorithms.begin(), kAlgorithms.end(), name) == kAlgorithms.end()) return;
  for (packaging::Hash& hash : hashes)
    if (hash.algorithm == name) {
      hash.hex = ascii_lower(hex);
      return;
    }
  hashes.push_back({std::move(name), ascii_lower(hex)});
}

// Links must not inherit the page's password: they are kept on disk and sent to whatever host the page names. net adds
// credentials again where they belong.
LinkReader::LinkReader(const Url& page_url) : page_(page_url) {
  page_.username.clear();
  page_.password.clear();
  page_.has_userinfo = page_.has_password = false;
  page_.fragment.reset();
  base_ = page_;
  source_ = page_.str();
}

bool LinkReader::begins_as_known(std::string_view reference) const {
  const std::size_t size = known_beginning_.size();
  return size > 0 && reference.size() > size && reference.size() <= kUrlMax && beginning_of(reference) == known_beginning_ &&
         reference[size] != '/' && std::all_of(reference.begin() + static_cast<std::ptrdiff_t>(size), reference.end(), is_plain_path_char) &&
         !has_dot_segment(reference.substr(size - 1));
}

void LinkReader::remember_beginning(std::string_view reference) {
  known_beginning_ = std::string(beginning_of(reference));
  if (known_beginning_.empty()) return;
  const Result<Url> url = base_.join(known_beginning_);
  if (url && !url->query && !url->fragment && url->path.ends_with('/')) known_url_ = url->str();
  else known_beginning_.clear();
}

std::optional<std::string> LinkReader::check_scheme(const Url& url) const {
  if (url.scheme == "https" || url.scheme == "http") return std::nullopt;
  if (url.scheme == "file" && page_.scheme == "file") return std::nullopt;
  return "its link has the scheme `" + url.scheme + "`";
}

std::optional<std::string> LinkReader::resolve(std::string_view reference, std::string& url, std::string& fragment) {
  const std::size_t hash = reference.find('#');
  const std::string_view address = reference.substr(0, hash);
  if (hash != reference.npos) fragment = percent_decode(reference.substr(hash + 1));
  if (begins_as_known(address)) {
    url = known_url_;
    url += address.substr(known_beginning_.size());
    return std::nullopt;
  }
  if (reference.size() > kUrlMax) return "its link is longer than any URL";
  if (std::any_of(address.begin(), address.end(), [](char c) { return is_control(c) || c == '\\'; }))
    return "its link holds a control character or a backslash";
  if (reference_has_userinfo(address)) return "its link holds user info";
  Result<Url> joined = base_.join(quoted(address));
  if (!joined) return "its link is no URL: " + joined.error().message;
  if (auto refused = check_scheme(*joined)) return refused;
  if (has_dot_segment(joined->path)) return "its link holds `.` or `..` segments";
  joined->fragment.reset();
  url = joined->str();
  remember_beginning(address);
  return std::nullopt;
}

namespace {

std::string last_segment(std::string_view url) {
  std::string_view path = url.substr(0, std::min(url.find('?'), url.find('#')));
  // "https://host" has no path at all
  const std::size_t authority = path.find("://");
  if (authority != path.npos && path.find('/', authority + 3) == path.npos) return {};
  path.remove_prefix(path.rfind('/') + 1);
  return path.find('%') == path.npos ? std::string(path) : percent_decode(path);
}

void add_fragment_hash(std::string_view fragment, packaging::Hashes& hashes) {
  for (std::string_view part : split(fragment, '&')) {
    const std::size_t equals = part.find('=');
    if (equals != part.npos) add_hash(hashes, part.substr(0, equals), part.substr(equals + 1));
  }
}

}  // namespace

std::optional<std::string> LinkReader::read(std::string_view reference, std::string_view named, model::DistFile& file) {
  if (!named.empty() && !is_safe_filename(named)) return "its name holds a separator or a control character";
  std::string fragment;
  if (auto refused = resolve(reference, file.url, fragment)) return refused;
  file.filename = last_segment(file.url);
  if (!named.empty() && file.filename != named && !looks_like_an_archive(file.filename)) file.filename = named;
  if (file.filename.empty()) return "its link names no file";
  if (file.filename != named && !is_safe_filename(file.filename)) return "its link ends in a name that holds a separator or a control character";
  if (!fragment.empty()) add_fragment_hash(fragment, file.hashes);
  file.source = source_;
  return std::nullopt;
}

}  // namespace pipit::index
