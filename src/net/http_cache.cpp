#include "net/http_cache.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <filesystem>

#include "net/answer_head.h"
#include "net/trust.h"
#include "pipit/base/checksum.h"
#include "pipit/base/text.h"
#include "pipit/net/retry_policy.h"
#include "pipit/sys/overwrite.h"

namespace pipit::net {

namespace {

constexpr std::string_view kFirstLine = "pipit page 1";
constexpr std::size_t kHeadFileMaxBytes = 64u << 10;
constexpr std::size_t kPayloadIdDigits = 32;

// Of a hop, of a person, or no longer true of what is stored.
bool is_kept(std::string_view name) {
  constexpr std::array<std::string_view, 14> kDropped = {
      "connection",        "keep-alive",    "proxy-authenticate", "proxy-authorization", "te",
      "trailer",           "upgrade",       "set-cookie",         "set-cookie2",         "www-authenticate",
      "transfer-encoding", "content-encoding", "content-length",  "alt-svc"};
  return std::find(kDropped.begin(), kDropped.end(), name) == kDropped.end();
}

std::string_view header_value(const Headers& headers, std::string_view name) {
  for (const auto& [key, value] : headers)
    if (ascii_iequals(key, name)) return value;
  return {};
}

// Cache-Control of an answer: the directives we act on.
struct Control {
  bool no_store = false, no_cache = false;
  std::optional<std::int64_t> max_age;
};

Control control_of(const Headers& headers) {
  Control control;
  for (const auto& [key, value] : headers) {
    if (key != "cache-control") continue;
    for (std::string_view part : split(value, ',')) {
      const auto equals = part.find('=');
      const std::string name = ascii_lower(trim(part.substr(0, equals)));
      std::string_view argument = equals == std::string_view::npos ? std::string_view() : trim(part.substr(equals + 1));
      if (argument.size() >= 2 && argument.front() == '"' && argument.back() == '"') argument = argument.substr(1, argument.size() - 2);
      control.no_store |= name == "no-store";
      control.no_cache |= name == "no-cache";
      if (name == "max-age" && !control.max_age)
        control.max_age = static_cast<std::int64_t>(std::min<std::uint64_t>(parse_length(argument).value_or(0), 1u << 31));
    }
  }
  return control;
}

std::optional<std::int64_t> date_of(const Headers& headers, std::string_view name) {
  const auto date = parse_http_date(header_value(headers, name));
  if (!date) return std::nullopt;
  return std::chrono::duration_cast<std::chrono::seconds>(date->time_since_epoch()).count();
}

// RFC 9111 section 4.2.1; no guessing where the server says nothing.
std::int64_t freshness_lifetime(const CachedHead& head) {
  const Control control = control_of(head.headers);
  if (control.no_cache) return 0;
  if (control.max_age) return *control.max_age;
  const auto expires = date_of(head.headers, "expires");
  return expires ? *expires - date_of(head.headers, "date").value_or(head.stored_at) : 0;
}

bool is_secret(std::string_view name) { return ascii_iequals(name, "authorization") || ascii_iequals(name, "cookie"); }

std::pair<std::string_view, std::string_view> cut(std::string_view line, std::string_view at) {
  const auto place = line.find(at);
  if (place == std::string_view::npos) return {line, {}};
  return {line.substr(0, place), line.substr(place + at.size())};
}

bool is_one_line(std::string_view text) { return text.find('\n') == std::string_view::npos; }

}  // namespace

bool may_store(int status, const Headers& answer) {
  const bool kind = status == 200 || status == 301 || status == 302 || status == 307 || status == 308;
  return kind && !control_of(answer).no_store;
}

// Section 4.2.3: the age on arrival plus the time since. A clock that went backwards makes everything stale.
bool is_fresh(const CachedHead& head, std::int64_t now) {
  if (now < head.stored_at) return false;
  const auto age_header = parse_length(header_value(head.headers, "age"));
  const std::int64_t apparent = std::max<std::int64_t>(0, head.stored_at - date_of(head.headers, "date").value_or(head.stored_at));
  const auto age = std::max<std::int64_t>(apparent, static_cast<std::int64_t>(std::min<std::uint64_t>(age_header.value_or(0), 1u << 31)));
  return age + (now - head.stored_at) < freshness_lifetime(head);
}

std::optional<Headers> varied_headers(const Headers& answer, const Headers& request) {
  Headers varied;
  for (const auto& [key, value] : answer) {
    if (key != "vary") continue;
    for (std::string_view item : split(value, ',')) {
      const std::string name = ascii_lower(trim(item));
      if (name == "*") return std::nullopt;
      if (name.empty() || is_secret(name)) continue;  // who we are is part of the key
      varied.emplace_back(name, header_value(request, name));
    }
  }
  return varied;
}

bool matches_variant(const CachedHead& head, const Headers& request) {
  return std::all_of(head.varied.begin(), head.varied.end(),
                     [&](const auto& item) { return header_value(request, item.first) == item.second; });
}

// Section 3.2: the 304's headers replace their namesakes.
void freshen(CachedHead& head, const Headers& not_modified, std::int64_t now) {
  std::erase_if(head.headers, [&](const auto& old) {
    return old.first == "age" || (is_kept(old.first) && std::any_of(not_modified.begin(), not_modified.end(),
                                                                    [&](const auto& item) { return item.first == old.first; }));
  });
  for (const auto& item : not_modified)
    if (is_kept(item.first)) head.headers.push_back(item);
  head.stored_at = now;
}

// ---- the small file -----------------------------------------------------------------------------------------------------
//   pipit page 1
//   status 200
//   stored 1750000000
//   payload 0123...ef 3190000
//   peer 192.0.2.1
//   vary accept-encoding: gzip, deflate
//   header etag: "abc"
//   end

std::string print_head(const CachedHead& head) {
  std::string text = fmt::format("{}\nstatus {}\nstored {}\n", kFirstLine, head.status, head.stored_at);
  if (!head.payload_id.empty()) text += fmt::format("payload {} {}\n", head.payload_id, head.payload_bytes);
  if (!head.peer_address.empty()) text += fmt::format("peer {}\n", head.peer_address);
  for (const auto& [name, value] : head.varied)
    if (is_one_line(value)) text += fmt::format("vary {}: {}\n", name, value);
  for (const auto& [name, value] : head.headers)
    if (is_kept(name) && is_one_line(name) && is_one_line(value)) text += fmt::format("header {}: {}\n", name, value);
  return text + "end\n";
}

std::optional<CachedHead> parse_head(std::string_view text) {
  CachedHead head;
  bool first = true;
  while (!text.empty()) {
    const auto [line, rest] = cut(text, "\n");
    text = rest;
    if (std::exchange(first, false)) {
      if (line != kFirstLine) return std::nullopt;
      continue;
    }
    if (line == "end") return head.status != 0 ? std::optional(std::move(head)) : std::nullopt;
    const auto [word, value] = cut(line, " ");
    if (word == "status") {
      head.status = static_cast<int>(std::min<std::uint64_t>(parse_length(value).value_or(0), 999));
    } else if (word == "stored") {
      head.stored_at = static_cast<std::int64_t>(std::min<std::uint64_t>(parse_length(value).value_or(0), INT64_MAX));
    } else if (word == "payload") {
      const auto [id, size] = cut(value, " ");
      const auto bytes = parse_length(size);
      if (id.size() != kPayloadIdDigits || !from_hex(id) || !bytes) return std::nullopt;
      head.payload_id = id;
      head.payload_bytes = *bytes;
    } else if (word == "peer") {
      head.peer_address = value;
    } else if (word == "vary" || word == "header") {
      const auto [name, content] = cut(value, ": ");
      (word == "vary" ? head.varied : head.headers).emplace_back(name, content);
    }
  }
  return std::nullopt;  // cut off: without `end` nothing counts
}

// ---- the directory ------------------------------------------------------------------------------------------------------

std::string HttpCache::key_of(const std::string& url, const std::string& accept, const std::string& identity) {
  return sha256_hex(url + '\0' + accept + '\0' + identity).substr(0, 40);
}

bool HttpCache::open(bool make) {
  if (dir_) return true;
  if (!is_on()) return false;
  auto stat = sys::stat_path(path_);
  const bool absent = stat && !*stat;
  if (absent && !make) return false;
  if (absent && !sys::make_directories(path_, 0700)) return false;
  if (absent) stat = sys::stat_path(path_);
  const bool ours = stat && *stat && (*stat)->kind == sys::FileStat::Kind::directory && (*stat)->uid == sys::effective_user_id() &&
                    ((*stat)->mode & 0022) == 0;
  auto dir = ours ? sys::Dir::open(sys::real_os(), path_) : Result<sys::Dir>(fail(make_error(kInternalError, "not ours")));
  if (dir) {
    dir_ = std::move(*dir);
    return true;
  }
  refused_ = true;
  if (on_warning_)
    on_warning_(fmt::format("The directory '{0}' or its parent directory is not owned or is not writable by the current user. The cache "
                            "has been disabled. Check the permissions and owner of that directory. If executing pip with sudo, you "
                            "should use sudo's -H flag.",
                            path_));
  return false;
}

std::optional<CachedPage> HttpCache::find(const std::string& key, const Headers& request, std::int64_t now) {
  if (!open(false)) return std::nullopt;
  const auto text = dir_.read_file(key + ".head", kHeadFileMaxBytes);
  auto head = text ? parse_head(*text) : std::nullopt;
  if (!head || !matches_variant(*head, request)) return std::nullopt;
  CachedPage page{key, std::move(*head), false, *text};
  page.fresh = is_fresh(page.head, now);
  return page;
}

std::optional<std::string> HttpCache::payload(const CachedPage& page) {
  if (page.head.payload_id.empty()) return std::string();
  auto body = dir_.read_file(page.key + "." + page.head.payload_id, page.head.payload_bytes);
  if (!body || body->size() != page.head.payload_bytes) return std::nullopt;
  return std::move(*body);
}

std::string HttpCache::store(const std::string& key, CachedHead head, const std::string& body, Keep keep) {
  const bool has_body = head.status == 200;
  if (has_body) {
    const Checksum sum = checksum_of(body);
    head.payload_id = fmt::format("{:016x}{:016x}", sum.high, sum.low);
    head.payload_bytes = body.size();
  }
  const std::string id = head.payload_id;
  if (print_head(head).size() > kHeadFileMaxBytes || !open(true)) return id;
  const auto old_text = dir_.read_file(key + ".head", kHeadFileMaxBytes);
  const auto old = old_text ? parse_head(*old_text) : std::nullopt;
  const std::string name = key + "." + id;
  if (has_body && keep == Keep::page && !publish(name, body)) return id;
  if (!publish(key + ".head", print_head(head))) return id;
  if (old && !old->payload_id.empty() && old->payload_id != id) (void)dir_.remove_file(key + "." + old->payload_id);
  return id;
}

namespace {

// The lines that tell times: a mixture of two heads that differ in nothing else is a head of the same page, whose age is at
// worst misjudged; a time to come counts as stale.
bool tells_time(std::string_view line) { return line.starts_with("stored ") || line.starts_with("header date: ") || line.starts_with("header expires: "); }

bool differ_in_times_only(std::string_view before, std::string_view after) {
  if (before.size() != after.size()) return false;
  while (!before.empty() && !after.empty()) {
    const auto [old_line, old_rest] = cut(before, "\n");
    const auto [new_line, new_rest] = cut(after, "\n");
    if (old_line != new_line && !(old_line.size() == new_line.size() && tells_time(old_line) && tells_time(new_line))) return false;
    before = old_rest, after = new_rest;
  }
  return before.empty() && after.empty();
}

}  // namespace

void HttpCache::store_head(const CachedPage& page) {
  if (!open(true)) return;
  const std::string name = page.key + ".head", text = print_head(page.head);
  if (differ_in_times_only(page.head_text, text))
    if (const Result<bool> done = sys::overwrite_if_same(dir_, name, page.head_text, text); done && *done) return;
  (void)publish(name, text);
}

Status HttpCache::publish(const std::string& name, std::string_view content) {
  const std::string beside = sys::random_name(".pipit-new-");
  Status done = dir_.write_file(beside, content, 0600);
  if (done) done = dir_.rename(beside, dir_, name);
  if (!done) static_cast<void>(dir_.remove_file(beside));
  return done;
}

}  // namespace pipit::net
