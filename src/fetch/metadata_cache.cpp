#include "fetch/metadata_cache.h"

#include <fmt/format.h>

#include <charconv>

#include "pipit/base/checksum.h"
#include "pipit/base/sink.h"
#include "pipit/base/url.h"
#include "pipit/sys/file.h"
#include "pipit/verify/digest.h"

namespace pipit::fetch {
namespace {

constexpr std::uint64_t kFileMax = (64u << 20) + 256;  // what is kept is at most 64 MiB (the largest METADATA that is read)

std::string told(std::string_view content) { return fmt::format(" {} {:016x}", content.size(), checksum_of(content).low); }

// Holds what the line tells next, " SIZE CHECKSUM", against as many bytes of `rest`; nullopt if they are others.
std::optional<std::string_view> take_told(std::string_view& line, std::string_view rest) {
  std::uint64_t size = 0;
  if (!line.starts_with(' ') || std::from_chars(line.data() + 1, line.data() + line.size(), size).ec != std::errc() || size > rest.size()) return std::nullopt;
  rest = rest.substr(0, size);
  const std::string expected = told(rest);
  if (!line.starts_with(expected)) return std::nullopt;
  line.remove_prefix(expected.size());
  return rest;
}

constexpr std::string_view kFirstWords = "pipit-metadata 3";

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
  const Result<std::string> bytes = sys::read_file(*path, kFileMax);
  if (!bytes || !bytes->starts_with(kFirstWords)) return std::nullopt;
  const std::size_t line_end = bytes->find('\n');
  if (line_end == std::string::npos) return std::nullopt;
  std::string_view line = std::string_view(*bytes).substr(kFirstWords.size(), line_end - kFirstWords.size());
  const std::string_view content = std::string_view(*bytes).substr(line_end + 1);
  const auto header = take_told(line, content);
  if (!header) return std::nullopt;
  if (part_ == Part::header) return std::string(*header);
  const auto description = take_told(line, content.substr(header->size()));
  if (!description || !line.empty() || header->size() + description->size() != content.size()) return std::nullopt;
  return std::string(content);
}

void MetadataCache::keep(const model::DistFile& file, std::string_view metadata) const {
  const auto path = path_of(file);
  if (!path || !sys::make_directories(path->parent_path())) return;
  const std::string_view header = header_part(metadata), description = metadata.substr(header.size());
  std::string bytes = std::string(kFirstWords) + told(header) + told(description) + "\n";
  bytes += metadata;
  static_cast<void>(sys::replace_file(sys::real_os(), *path, bytes, 0600));
}

}  // namespace pipit::fetch
