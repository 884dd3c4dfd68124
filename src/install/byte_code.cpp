#include "install/byte_code.h"

#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

namespace pipit::install {
namespace {

constexpr std::uint64_t kByteCodeMaxBytes = 1u << 30;
constexpr std::int64_t kSecondNs = 1'000'000'000;

std::uint32_t number_at(std::string_view bytes, std::size_t at) {
  std::uint32_t number = 0;
  for (std::size_t i = 4; i-- > 0;) number = number << 8 | static_cast<unsigned char>(bytes[at + i]);
  return number;
}

// Magic, then (from Python 3.7 on) flags that are 0 where a time follows, then the time.
std::optional<std::size_t> place_of_time(std::string_view bytes) {
  if (bytes.size() < 16) return std::nullopt;
  const std::uint32_t second = number_at(bytes, 4);
  if (second == 0) return 8;
  return second < 8 ? std::nullopt : std::optional<std::size_t>(4);  // 1, 3: a digest of the source follows
}

Status rewrite(const sys::Dir& new_dir, const std::string& path, std::int64_t mtime_ns) {
  PIPIT_TRY(std::string bytes, new_dir.read_file(path, kByteCodeMaxBytes));
  const auto at = place_of_time(bytes);
  const auto seconds = static_cast<std::uint32_t>(mtime_ns / kSecondNs);
  if (!at || number_at(bytes, *at) == seconds) return ok();
  for (std::size_t i = 0; i < 4; ++i) bytes[*at + i] = static_cast<char>(seconds >> (8 * i) & 0xff);
  PIPIT_CHECK(new_dir.remove_file(path));  // it may be a link to the store's
  return new_dir.write_file(path, bytes, 0666);
}

}  // namespace

Status correct_byte_code(const StagingInput& input, const sys::Dir& new_dir) {
  bool any = false;
  for (const Addition& addition : input.additions) any = any || addition.is_byte_code;
  if (!any) return ok();
  const auto image_file = [&](const StagedFile& staged) -> const wheel::ImageFile& { return input.additions[staged.addition].image.files[staged.file]; };
  std::unordered_map<std::string, const StagedFile*> sources;
  for (const StagedFile& staged : input.arrangement.files)
    if (staged.addition != kRewrite && !input.additions[staged.addition].is_byte_code) sources.emplace(image_file(staged).path(), &staged);
  for (const StagedFile& staged : input.arrangement.files) {
    if (staged.addition == kRewrite || !input.additions[staged.addition].is_byte_code) continue;
    const auto source = sources.find(wheel::source_of_byte_code(image_file(staged).path()));
    if (source == sources.end()) continue;
    PIPIT_TRY(const auto info, new_dir.stat(source->second->path()));
    const wheel::ManifestFile* stored = image_file(*source->second).source;
    const bool is_link = stored != nullptr && info && info->mtime_ns == stored->mtime_ns;
    if (info && !is_link) PIPIT_CHECK(rewrite(new_dir, staged.path(), info->mtime_ns));
  }
  return ok();
}

}  // namespace pipit::install
