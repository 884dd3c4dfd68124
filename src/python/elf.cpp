#include "python/elf.h"

#include <algorithm>

namespace pipit::python {
namespace {

constexpr std::uint32_t kLoad = 1, kDynamic = 2, kInterp = 3;
constexpr std::uint64_t kNeeded = 1, kHash = 4, kStringTable = 5, kSymbolTable = 6, kRpath = 15, kRunPath = 29,
                        kGnuHash = 0x6ffffef5;
constexpr std::uint64_t kProgramHeadersMax = 256, kDynamicEntriesMax = 4096, kStringMax = 4096;

}  // namespace

std::optional<std::uint64_t> ElfFile::number(std::uint64_t offset, unsigned width) const {
  if (offset > bytes_.size() || bytes_.size() - offset < width) return std::nullopt;
  std::uint64_t value = 0;
  for (unsigned i = 0; i < width; ++i) {
    const unsigned at = little_ ? width - 1 - i : i;
    value = (value << 8) | static_cast<std::uint64_t>(bytes_[static_cast<std::size_t>(offset) + at]);
  }
  return value;
}

std::optional<std::uint64_t> ElfFile::offset_of(std::uint64_t address) const {
  for (const Segment& segment : segments_)
    if (address >= segment.address && address - segment.address < segment.size)
      return segment.offset + (address - segment.address);
  return std::nullopt;
}

std::optional<std::string> ElfFile::string_at(std::uint64_t offset) const {
  if (offset >= bytes_.size()) return std::nullopt;
  const std::string_view rest = text().substr(static_cast<std::size_t>(offset), kStringMax);
  const std::size_t end = rest.find('\0');
  if (end == std::string_view::npos) return std::nullopt;
  return std::string(rest.substr(0, end));
}

std::optional<ElfFile> ElfFile::parse(Bytes bytes) {
  ElfFile file;
  file.bytes_ = bytes;
  const std::string_view text = file.text();
  if (text.size() < 20 || text.substr(0, 4) != "\x7f" "ELF") return std::nullopt;
  if (text[4] != 1 && text[4] != 2) return std::nullopt;
  if (text[5] != 1 && text[5] != 2) return std::nullopt;
  file.wide_ = text[4] == 2;
  file.little_ = text[5] == 1;
  const auto machine = file.number(18, 2), flags = file.number(file.wide_ ? 48 : 36, 4);
  if (!machine || !flags) return std::nullopt;
  file.machine_ = static_cast<std::uint16_t>(*machine);
  file.flags_ = static_cast<std::uint32_t>(*flags);
  if (!file.read_program_headers()) return std::nullopt;
  return file;
}

bool ElfFile::read_program_headers() {
  const auto start = number(wide_ ? 32 : 28, wide_ ? 8 : 4);
  const auto entry_size = number(wide_ ? 54 : 42, 2), count = number(wide_ ? 56 : 44, 2);
  if (!start || !entry_size || !count || *count > kProgramHeadersMax || *start > bytes_.size()) return false;
  std::optional<Segment> dynamic;
  for (std::uint64_t i = 0; i < *count; ++i) {
    const std::uint64_t at = *start + i * *entry_size;
    const unsigned word = wide_ ? 8 : 4;
    const auto type = number(at, 4), offset = number(at + (wide_ ? 8 : 4), word), address = number(at + (wide_ ? 16 : 8), word),
               size = number(at + (wide_ ? 32 : 16), word);
    if (!type || !offset || !address || !size) return false;
    if (*offset > bytes_.size() || *size > bytes_.size() - *offset) {
      if (*type == kLoad || *type == kDynamic || *type == kInterp) return false;
      continue;
    }
    if (*type == kLoad) segments_.push_back({*offset, *address, *size});
    if (*type == kDynamic) dynamic = Segment{*offset, *address, *size};
    if (*type == kInterp) loader_ = string_at(*offset).value_or("");
  }
  return !dynamic || read_dynamic(dynamic->offset, dynamic->size);
}

bool ElfFile::read_dynamic(std::uint64_t offset, std::uint64_t size) {
  const unsigned word = wide_ ? 8 : 4;
  std::vector<std::uint64_t> needed;
  std::uint64_t strings = 0, symbols = 0, gnu_hash = 0, hash = 0;
  std::optional<std::uint64_t> run_path, rpath;
  for (std::uint64_t at = 0; at + 2 * word <= size && at < kDynamicEntriesMax * 2 * word; at += 2 * word) {
    const auto tag = number(offset + at, word), value = number(offset + at + word, word);
    if (!tag || !value || *tag == 0) break;
    if (*tag == kNeeded) needed.push_back(*value);
    else if (*tag == kStringTable) strings = *value;
    else if (*tag == kSymbolTable) symbols = *value;
    else if (*tag == kGnuHash) gnu_hash = *value;
    else if (*tag == kHash) hash = *value;
    else if (*tag == kRunPath) run_path = *value;
    else if (*tag == kRpath) rpath = *value;
  }
  const auto string_offset = offset_of(strings);
  if (!string_offset) return needed.empty();
  strings_ = *string_offset;
  for (std::uint64_t name : needed)
    if (auto text = string_at(strings_ + name)) needed_.push_back(std::move(*text));
  if (run_path || rpath) run_path_ = string_at(strings_ + (run_path ? *run_path : *rpath)).value_or("");
  if (auto symbol_offset = offset_of(symbols)) {
    symbols_ = *symbol_offset;
    symbol_count_ = std::min<std::uint64_t>(symbol_count(gnu_hash, hash), (bytes_.size() - symbols_) / (wide_ ? 24 : 16));
  }
  return true;
}

// DT_HASH says it outright; DT_GNU_HASH only by the last chain: its highest bucket, then up to the entry whose lowest bit
// is set.
std::uint64_t ElfFile::symbol_count(std::uint64_t gnu_hash, std::uint64_t hash) const {
  if (const auto at = offset_of(hash); hash != 0 && at) return number(*at + 4, 4).value_or(0);
  const auto at = offset_of(gnu_hash);
  if (gnu_hash == 0 || !at) return 0;
  const auto buckets = number(*at, 4), first = number(*at + 4, 4), bloom = number(*at + 8, 4);
  if (!buckets || !first || !bloom || *buckets > bytes_.size() / 4 || *bloom > bytes_.size() / 4) return 0;
  const std::uint64_t bucket_start = *at + 16 + *bloom * (wide_ ? 8 : 4), chain_start = bucket_start + *buckets * 4;
  std::uint64_t last = 0;
  for (std::uint64_t i = 0; i < *buckets; ++i) last = std::max(last, number(bucket_start + i * 4, 4).value_or(0));
  if (last < *first) return *first;
  while (true) {
    const auto link = number(chain_start + (last - *first) * 4, 4);
    if (!link) return last;
    ++last;
    if (*link & 1) return last;
  }
}

std::optional<std::uint64_t> ElfFile::exported_word(std::string_view name) const {
  const std::uint64_t entry = wide_ ? 24 : 16;
  const std::string wanted = std::string(name) + '\0';
  for (std::uint64_t i = 1; i < symbol_count_; ++i) {
    const std::uint64_t at = symbols_ + i * entry;
    const auto name_offset = number(at, 4);
    if (!name_offset || strings_ + *name_offset >= bytes_.size()) continue;
    if (text().substr(static_cast<std::size_t>(strings_ + *name_offset), wanted.size()) != wanted) continue;
    const auto section = number(at + (wide_ ? 6 : 14), 2);
    const auto address = number(at + (wide_ ? 8 : 4), wide_ ? 8 : 4), size = number(at + (wide_ ? 16 : 8), wide_ ? 8 : 4);
    if (!section || *section == 0 || !address || !size || (*size != 8 && *size != 4)) return std::nullopt;
    const auto offset = offset_of(*address);
    if (!offset) return std::nullopt;
    return number(*offset, static_cast<unsigned>(*size));
  }
  return std::nullopt;
}

}  // namespace pipit::python
