#include "fetch/metadata_cache.h"

#include <fmt/format.h>

#include "pipit/base/sink.h"
#include "pipit/base/url.h"
#include "pipit/sys/file.h"
#include "pipit/verify/digest.h"

namespace pipit::fetch {
namespace {

constexpr std::uint64_t kMetadataMax = 16u << 20;

std::string first_line(std::string_view content) {
  return fmt::format("pipit-metadata 1 {} {}\n", content.size(), verify::sha256_hex(as_bytes_view(content)).substr(0, 16));
}

}  // namespace

std::string_view header_part(std::string_view metadata) {
  const std::size_t unix_end = metadata.find("\n\n"), dos_end = metadata.find("\n\r\n");
  return metadata.substr(0, std::min({unix_end, dos_end, metadata.size() - 1}) + 1);
}

std::optional<std::filesystem::path> MetadataCache::path_of(const model::DistFile& file) const {
  if (root_.empty() || !file.url.starts_with("http")) return std::nullopt;
  const Result<Url> url = Url::parse(file.url);
  if (!url) return std::nullopt;
  std::string key = url->without_credentials();
  for (const packaging::Hash& hash : file.hashes) key += " " + hash.algorithm + ":" + hash.hex;
  const std::string name = verify::sha256_hex(as_bytes_view(key)).substr(0, 40);
  return root_ / "metadata" / name.substr(0, 2) / name.substr(2);
}

std::optional<std::string> MetadataCache::find(const model::DistFile& file) const {
  const auto path = path_of(file);
  if (!path) return std::nullopt;
  Result<std::string> bytes = sys::read_file(*path, kMetadataMax);
  if (!bytes) return std::nullopt;
  const std::size_t line = bytes->find('\n');
  if (line == std::string::npos) return std::nullopt;
  std::string content = bytes->substr(line + 1);
  if (bytes->substr(0, line + 1) != first_line(content)) return std::nullopt;
  return content;
}

void MetadataCache::keep(const model::DistFile& file, std::string_view metadata) const {
  const auto path = path_of(file);
  if (!path || !sys::make_directories(path->parent_path())) return;
  const std::string_view content = header_part(metadata);
  static_cast<void>(sys::replace_file(sys::real_os(), *path, first_line(content) + std::string(content), 0600));
}

}  // namespace pipit::fetch
