// cache: looks into the cache directory and cleans it: the store of unpacked wheels (for every umask that has one), and the
// folders of index pages and metadata. Fails with `cache-disabled` in pip's words where there is no cache to use.
// Removing waits for other pipits that use the store, up to --lock-timeout.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "pipit/base/result.h"
#include "pipit/ops/session.h"

namespace pipit::ops {

inline constexpr ErrorCode kCacheDisabled{"cache-disabled"};

struct CacheSummary {
  std::filesystem::path directory, pages, wheels;
  std::uint64_t page_files = 0, page_bytes = 0;    // pages, packed pages and metadata
  std::uint64_t wheel_count = 0, wheel_bytes = 0;
};
struct CachedWheel {
  std::string filename, sha256;
  std::filesystem::path path;                       // of its entry in the store
  std::uint64_t size_bytes = 0, files = 0;
};
struct CacheRemoval {
  std::uint64_t files = 0, bytes = 0, directories = 0;
};
struct CacheDamage {
  std::string filename, sha256;
  std::vector<std::string> paths;                   // empty: the entry's own manifest cannot be read
};
struct CacheCheck {
  std::uint64_t wheels = 0, bytes = 0;
  std::vector<CacheDamage> damage;                  // these entries were removed: they are fetched again when needed
};

Result<std::filesystem::path> cache_folder(Session& session);
Result<CacheSummary> cache_summary(Session& session);
// `pattern` as pip: a glob over wheel file names; without '-' it is a project's name. Sorted by file name.
Result<std::vector<CachedWheel>> cached_wheels(std::string_view pattern, Session& session);
// "*" removes the pages as well. Nothing that matches is no failure: files is 0.
Result<CacheRemoval> remove_from_cache(std::string_view pattern, Session& session);
// Removes the wheels that were not used for longest, until the rest of each store takes at most size_max_bytes.
Result<CacheRemoval> prune_cache(std::uint64_t size_max_bytes, Session& session);
// Hashes every file of every wheel again.
Result<CacheCheck> verify_cache(Session& session);
// The answers as --json prints them.
std::string cache_json(const CacheSummary& summary);
std::string cache_json(const std::vector<CachedWheel>& wheels);
std::string cache_json(const CacheRemoval& removal);
std::string cache_json(const CacheCheck& check);

// Shell wildcards, the whole name: * ? [abc] [a-z] [!x]. Linear in practice: one star at a time is retried.
bool matches_glob(std::string_view pattern, std::string_view name);
// "500", "500k", "2GB", "1.5 GB" (powers of 1000) in bytes; nullopt for anything else.
std::optional<std::uint64_t> parse_size(std::string_view text);

}  // namespace pipit::ops
