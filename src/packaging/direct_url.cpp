#include "pipit/packaging/direct_url.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>

#include "packaging/nesting.h"
#include "pipit/base/text.h"
#include "pipit/base/url.h"

namespace pipit::packaging {
namespace {

using Json = nlohmann::json;

constexpr std::size_t kSizeMax = 1u << 20;
constexpr std::size_t kDepthMax = 16;

tl::unexpected<Error> refuse(std::string message) {
  return fail(make_error(kInvalidDirectUrl, "direct_url.json is not valid: " + std::move(message)).at("direct_url.json"));
}

// Absent and null are the same; another type fails.
Result<std::optional<std::string>> text_at(const Json& object, const char* key) {
  const auto found = object.find(key);
  if (found == object.end() || found->is_null()) return std::optional<std::string>{};
  if (!found->is_string()) return refuse(fmt::format("`{}` is not a string", key));
  return std::optional<std::string>{found->get<std::string>()};
}

Result<std::string> required_text(const Json& object, const char* key) {
  PIPIT_TRY(auto value, text_at(object, key));
  if (!value) return refuse(fmt::format("`{}` is missing", key));
  return std::move(*value);
}

Hashes::iterator named(Hashes& hashes, const std::string& algorithm) {
  return std::find_if(hashes.begin(), hashes.end(), [&](const Hash& hash) { return hash.algorithm == algorithm; });
}

// "A" and "a" are one algorithm.
Status add_hash(Hash hash, Hashes& hashes) {
  const auto same = named(hashes, hash.algorithm);
  if (same == hashes.end())
    hashes.push_back(std::move(hash));
  else if (same->hex != hash.hex)
    return refuse(fmt::format("`hashes` holds two values for `{}`", hash.algorithm));
  return ok();
}

// The hash that "hash" names becomes the first, which is printed as "hash" again.
Status merge_legacy_hash(const std::string& text, Hashes& hashes) {
  const auto legacy = parse_hash(text, '=');
  if (!legacy) return refuse("`hash` is not `algorithm=value`");
  if (hashes.empty()) hashes.push_back(*legacy);
  const auto same = named(hashes, legacy->algorithm);
  if (same == hashes.end() || same->hex != legacy->hex) return refuse("`hash` and `hashes` disagree");
  std::iter_swap(hashes.begin(), same);
  return ok();
}

Result<ArchiveInfo> read_archive(const Json& object) {
  ArchiveInfo info;
  if (const auto hashes = object.find("hashes"); hashes != object.end() && !hashes->is_null()) {
    if (!hashes->is_object()) return refuse("`hashes` is not an object");
    for (const auto& [algorithm, value] : hashes->items()) {
      if (!value.is_string()) return refuse("a hash value is not a string");
      // "hash" writes it as "algorithm=digest".
      if (algorithm.empty() || algorithm.find('=') != std::string::npos) return refuse("`hashes` names an algorithm that is no name");
      PIPIT_CHECK(add_hash({ascii_lower(algorithm), ascii_lower(value.get<std::string>())}, info.hashes));
    }
  }
  PIPIT_TRY(const auto legacy, text_at(object, "hash"));
  if (legacy) PIPIT_CHECK(merge_legacy_hash(*legacy, info.hashes));
  return info;
}

// "file:///path", "file:/path", "file://host/path".
bool is_absolute_file_url(std::string_view url) {
  if (!url.starts_with("file:")) return false;
  url.remove_prefix(std::string_view("file:").size());
  if (url.starts_with("//")) url.remove_prefix(std::min(url.find_first_of("/?#", 2), url.size()));
  return url.starts_with('/');
}

Result<DirInfo> read_directory(const Json& object, const std::string& url) {
  const auto editable = object.find("editable");
  if (editable != object.end() && !editable->is_null() && !editable->is_boolean()) return refuse("`editable` is not true or false");
  if (!is_absolute_file_url(url)) return refuse("`dir_info` needs a file: URL with an absolute path");
  return DirInfo{editable != object.end() && editable->is_boolean() && editable->get<bool>()};
}

Result<VcsInfo> read_vcs(const Json& object) {
  VcsInfo info;
  PIPIT_TRY(info.vcs, required_text(object, "vcs"));
  PIPIT_TRY(info.commit_id, required_text(object, "commit_id"));
  PIPIT_TRY(info.requested_revision, text_at(object, "requested_revision"));
  return info;
}

std::string quoted(const std::string& text) { return Json(text).dump(-1, ' ', true, Json::error_handler_t::replace); }

// Python's json.dumps with sort_keys: "key": value joined by ", ".
std::string object_text(const std::map<std::string, std::string>& members) {
  std::string out = "{";
  for (const auto& [key, value] : members) out += (out.size() > 1 ? ", " : "") + quoted(key) + ": " + value;
  return out + "}";
}

// "${USER}" or "${USER}:${PASSWORD}" (PEP 610) is no secret.
bool is_variable(std::string_view text) {
  if (!text.starts_with("${") || !text.ends_with('}') || text.size() < 4) return false;
  const std::string_view name = text.substr(2, text.size() - 3);
  return std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
  });
}

std::string without_secrets(const std::string& url) {
  const std::size_t start = url.find("://");
  if (start == std::string::npos) return url;
  const std::size_t end = std::min(url.find_first_of("/?#", start + 3), url.size());
  const std::size_t at = url.substr(0, end).rfind('@');
  if (at == std::string::npos || at < start + 3) return url;
  const std::string_view info = std::string_view(url).substr(start + 3, at - start - 3);
  const std::size_t colon = info.find(':');
  const bool variables = is_variable(info.substr(0, colon)) && (colon == std::string_view::npos || is_variable(info.substr(colon + 1)));
  if (info == "git" || variables) return url;
  return url.substr(0, start + 3) + url.substr(at + 1);
}

std::string archive_text(const ArchiveInfo& info) {
  std::map<std::string, std::string> members, hashes;
  for (const Hash& hash : info.hashes) hashes.emplace(hash.algorithm, quoted(hash.hex));
  if (!info.hashes.empty()) {
    members["hash"] = quoted(info.hashes.front().algorithm + "=" + info.hashes.front().hex);
    members["hashes"] = object_text(hashes);
  }
  return object_text(members);
}

std::string vcs_text(const VcsInfo& info) {
  std::map<std::string, std::string> members{{"vcs", quoted(info.vcs)}, {"commit_id", quoted(info.commit_id)}};
  if (info.requested_revision) members["requested_revision"] = quoted(*info.requested_revision);
  return object_text(members);
}

}  // namespace

Result<DirectUrl> DirectUrl::parse(std::string_view json) {
  if (json.size() > kSizeMax) return refuse("it is larger than 1 MiB");
  if (json_nesting(json, kDepthMax) > kDepthMax) return refuse("it is nested too deeply");
  const Json root = Json::parse(json.begin(), json.end(), nullptr, false);
  if (!root.is_object()) return refuse("it is not a JSON object");
  DirectUrl out;
  PIPIT_TRY(out.url, required_text(root, "url"));
  PIPIT_TRY(out.subdirectory, text_at(root, "subdirectory"));
  int kinds = 0;
  for (const char* key : {"archive_info", "dir_info", "vcs_info"}) {
    const auto found = root.find(key);
    if (found == root.end() || found->is_null()) continue;
    if (!found->is_object()) return refuse(fmt::format("`{}` is not an object", key));
    ++kinds;
    if (*key == 'a') {
      PIPIT_TRY(out.info, read_archive(*found));
    } else if (*key == 'd') {
      PIPIT_TRY(out.info, read_directory(*found, out.url));
    } else {
      PIPIT_TRY(out.info, read_vcs(*found));
    }
  }
  if (kinds != 1) return refuse("exactly one of `archive_info`, `dir_info` and `vcs_info` must stand in it");
  return out;
}

std::string DirectUrl::json() const {
  std::map<std::string, std::string> members{{"url", quoted(without_secrets(url))}};
  if (subdirectory) members["subdirectory"] = quoted(*subdirectory);
  if (const auto* archive = std::get_if<ArchiveInfo>(&info)) members["archive_info"] = archive_text(*archive);
  if (const auto* directory = std::get_if<DirInfo>(&info)) members["dir_info"] = directory->editable ? R"({"editable": true})" : "{}";
  if (const auto* vcs = std::get_if<VcsInfo>(&info)) members["vcs_info"] = vcs_text(*vcs);
  return object_text(members);
}

}  // namespace pipit::packaging
