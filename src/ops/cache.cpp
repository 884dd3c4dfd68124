#include "pipit/ops/cache.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <memory>

#include "ops/json_forms.h"
#include "pipit/base/text.h"
#include "pipit/fetch/wheel_store.h"
#include "pipit/sys/file.h"

namespace pipit::ops {

namespace {

using fetch::WheelStore;

constexpr const char* kPageFolders[] = {"pages-v1", "index-v1", "metadata-v1", "downloads-v1", "resolutions-v1"};
constexpr std::string_view kStoreName = "wheels-v1";

// The umask that a store's directory is for; nullopt if it is no store.
std::optional<std::uint32_t> umask_of_store(std::string_view name) {
  if (name == kStoreName) return 022;
  if (!name.starts_with("wheels-v1-u")) return std::nullopt;
  name.remove_prefix(std::string_view("wheels-v1-u").size());
  std::uint32_t umask = 0;
  auto [end, problem] = std::from_chars(name.data(), name.data() + name.size(), umask, 8);
  if (problem != std::errc() || end != name.data() + name.size()) return std::nullopt;
  return umask;
}

// Only stores that are there: looking makes nothing.
Result<std::vector<std::unique_ptr<WheelStore>>> open_stores(Session& session) {
  PIPIT_TRY(const std::filesystem::path folder, cache_folder(session));
  std::vector<std::unique_ptr<WheelStore>> stores;
  if (!sys::is_directory(folder)) return stores;
  PIPIT_TRY(const auto entries, sys::list_directory(folder));
  for (const sys::DirEntry& entry : entries)
    if (auto umask = umask_of_store(entry.name)) {
      PIPIT_TRY(auto store, WheelStore::open(session.os(), folder, *umask, session.clock()));
      stores.push_back(std::move(store));
    }
  return stores;
}

// What lies below a directory, links not followed.
Status measure(const std::filesystem::path& directory, CacheRemoval& sum) {
  std::vector<std::filesystem::path> open = {directory};
  while (!open.empty()) {
    const std::filesystem::path path = std::move(open.back());
    open.pop_back();
    PIPIT_TRY(const auto stat, sys::stat_path(path, sys::Follow::no));
    if (!stat) continue;
    if (stat->kind != sys::FileStat::Kind::directory) {
      ++sum.files;
      sum.bytes += stat->size;
      continue;
    }
    ++sum.directories;
    PIPIT_TRY(const auto entries, sys::list_directory(path));
    for (const sys::DirEntry& entry : entries) open.push_back(path / entry.name);
  }
  return ok();
}

std::string wheel_pattern(std::string_view pattern) {
  return std::string(pattern) + (pattern.find('-') == std::string_view::npos ? "-*.whl" : "*.whl");
}

std::filesystem::path entry_of(const WheelStore& store, const std::string& sha256) { return store.path() / sha256.substr(0, 2) / sha256; }

Status remove_pages(const std::filesystem::path& folder, CacheRemoval& removal) {
  for (const char* name : kPageFolders) {
    PIPIT_CHECK(measure(folder / name, removal));
    PIPIT_CHECK(sys::remove_tree(folder / name));
  }
  return ok();
}

}  // namespace

Result<std::filesystem::path> cache_folder(Session& session) {
  if (const auto& folder = session.cache_directory()) return *folder;
  return fail(make_pip_error(kCacheDisabled, "pip cache commands can not function since cache is disabled."));
}

Result<CacheSummary> cache_summary(Session& session) {
  CacheSummary summary;
  PIPIT_TRY(summary.directory, cache_folder(session));
  summary.pages = summary.directory / kPageFolders[0];
  summary.wheels = summary.directory / kStoreName;
  CacheRemoval pages;
  for (const char* name : kPageFolders) PIPIT_CHECK(measure(summary.directory / name, pages));
  summary.page_files = pages.files;
  summary.page_bytes = pages.bytes;
  PIPIT_TRY(const auto wheels, cached_wheels("*", session));
  summary.wheel_count = wheels.size();
  for (const CachedWheel& wheel : wheels) summary.wheel_bytes += wheel.size_bytes;
  return summary;
}

Result<std::vector<CachedWheel>> cached_wheels(std::string_view pattern, Session& session) {
  const std::string glob = wheel_pattern(pattern);
  PIPIT_TRY(const auto stores, open_stores(session));
  std::vector<CachedWheel> wheels;
  for (const auto& store : stores) {
    PIPIT_TRY(const auto stored, store->list());
    for (const fetch::StoredWheel& wheel : stored)
      if (matches_glob(glob, wheel.filename)) wheels.push_back({wheel.filename, wheel.sha256, entry_of(*store, wheel.sha256), wheel.size_bytes, wheel.files});
  }
  std::sort(wheels.begin(), wheels.end(), [](const CachedWheel& a, const CachedWheel& b) { return a.filename < b.filename; });
  return wheels;
}

Result<CacheRemoval> remove_from_cache(std::string_view pattern, Session& session) {
  PIPIT_TRY(const std::filesystem::path folder, cache_folder(session));
  const std::string glob = wheel_pattern(pattern);
  const bool everything = pattern == "*";
  CacheRemoval removal;
  PIPIT_TRY(const auto stores, open_stores(session));
  for (const auto& store : stores) {
    PIPIT_TRY(const auto stored, store->list());
    std::vector<std::string> chosen;
    for (const fetch::StoredWheel& wheel : stored)
      if (matches_glob(glob, wheel.filename)) {
        chosen.push_back(wheel.sha256);
        PIPIT_CHECK(measure(entry_of(*store, wheel.sha256), removal));
      }
    if (everything) {
      PIPIT_CHECK(store->purge(session.options().lock_timeout));
    } else if (!chosen.empty()) {
      PIPIT_CHECK(store->remove(chosen, session.options().lock_timeout));
    }
  }
  if (everything) PIPIT_CHECK(remove_pages(folder, removal));
  return removal;
}

Result<CacheRemoval> prune_cache(std::uint64_t size_max_bytes, Session& session) {
  CacheRemoval removal;
  PIPIT_TRY(const auto stores, open_stores(session));
  for (const auto& store : stores) {
    PIPIT_TRY(const auto before, store->list());
    PIPIT_TRY(const std::uint64_t freed, store->prune(size_max_bytes, session.options().lock_timeout));
    PIPIT_TRY(const auto after, store->list());
    removal.bytes += freed;
    removal.directories += before.size() - std::min(after.size(), before.size());
    for (const fetch::StoredWheel& wheel : before)
      if (std::none_of(after.begin(), after.end(), [&](const auto& kept) { return kept.sha256 == wheel.sha256; })) removal.files += wheel.files;
  }
  return removal;
}

Result<CacheCheck> verify_cache(Session& session) {
  CacheCheck check;
  PIPIT_TRY(const auto stores, open_stores(session));
  for (const auto& store : stores) {
    PIPIT_TRY(const auto stored, store->list());
    check.wheels += stored.size();
    for (const fetch::StoredWheel& wheel : stored) check.bytes += wheel.size_bytes;
    PIPIT_TRY(auto damage, store->verify(session.workers(), WheelStore::Heal::yes));
    for (fetch::StoreDamage& item : damage) check.damage.push_back({std::move(item.filename), std::move(item.sha256), std::move(item.paths)});
  }
  return check;
}

std::string cache_json(const CacheSummary& summary) {
  return print_json(Json{{"directory", summary.directory.string()},
                         {"pages", {{"path", summary.pages.string()}, {"files", summary.page_files}, {"bytes", summary.page_bytes}}},
                         {"wheels", {{"path", summary.wheels.string()}, {"count", summary.wheel_count}, {"bytes", summary.wheel_bytes}}}});
}

std::string cache_json(const std::vector<CachedWheel>& wheels) {
  Json rows = Json::array();
  for (const CachedWheel& wheel : wheels)
    rows.push_back({{"filename", wheel.filename}, {"sha256", wheel.sha256}, {"path", wheel.path.string()}, {"bytes", wheel.size_bytes}, {"files", wheel.files}});
  return print_json(rows);
}

std::string cache_json(const CacheRemoval& removal) {
  return print_json(Json{{"files", removal.files}, {"bytes", removal.bytes}, {"directories", removal.directories}});
}

std::string cache_json(const CacheCheck& check) {
  Json damage = Json::array();
  for (const CacheDamage& item : check.damage) damage.push_back({{"filename", item.filename}, {"sha256", item.sha256}, {"paths", item.paths}});
  return print_json(Json{{"wheels", check.wheels}, {"bytes", check.bytes}, {"damage", std::move(damage)}});
}

namespace {

// One [set] at the start of `pattern`; takes it off. A '[' without its ']' stands for itself.
bool takes_set(std::string_view& pattern, char c) {
  const bool negated = pattern.size() > 1 && pattern[1] == '!';
  const std::size_t first = negated ? 2 : 1;
  const std::size_t end = pattern.find(']', first + 1);
  if (end == std::string_view::npos) {
    pattern.remove_prefix(1);
    return c == '[';
  }
  bool found = false;
  for (std::size_t i = first; i < end; ++i) {
    if (i + 2 < end && pattern[i + 1] == '-') {
      found = found || (pattern[i] <= c && c <= pattern[i + 2]);
      i += 2;
    } else {
      found = found || pattern[i] == c;
    }
  }
  pattern.remove_prefix(end + 1);
  return found != negated;
}

}  // namespace

bool matches_glob(std::string_view pattern, std::string_view name) {
  std::string_view after_star, name_at_star;
  bool starred = false;
  for (;;) {
    if (!pattern.empty() && pattern[0] == '*') {
      pattern.remove_prefix(1);
      after_star = pattern;
      name_at_star = name;
      starred = true;
      continue;
    }
    if (name.empty() && pattern.empty()) return true;
    if (!name.empty() && !pattern.empty()) {
      const char c = name[0];
      bool same = false;
      if (pattern[0] == '[') {
        same = takes_set(pattern, c);
      } else {
        same = pattern[0] == '?' || pattern[0] == c;
        pattern.remove_prefix(1);
      }
      name.remove_prefix(1);
      if (same) continue;
    }
    // The last star takes one character more; earlier ones need not be tried again.
    if (!starred || name_at_star.empty()) return false;
    name_at_star.remove_prefix(1);
    name = name_at_star;
    pattern = after_star;
  }
}

std::optional<std::uint64_t> parse_size(std::string_view text) {
  double number = 0;
  text = trim(text);
  auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (problem != std::errc() || !(number >= 0)) return std::nullopt;
  std::string unit = ascii_lower(trim(text.substr(static_cast<std::size_t>(end - text.data()))));
  if (unit.ends_with('b')) unit.pop_back();
  double factor = 1;
  if (unit == "k") factor = 1e3;
  else if (unit == "m") factor = 1e6;
  else if (unit == "g") factor = 1e9;
  else if (unit == "t") factor = 1e12;
  else if (!unit.empty()) return std::nullopt;
  if (number * factor >= 1e18) return std::nullopt;
  return static_cast<std::uint64_t>(number * factor);
}

}  // namespace pipit::ops
