#include "archive/zip_extra.h"

#include <libdeflate.h>

namespace pipit::archive {
namespace {

constexpr std::uint16_t kZip64Extra = 0x0001, kUnicodePathExtra = 0x7075;

struct Fields {
  std::optional<Bytes> zip64, unicode_path;
  std::string_view problem;
};

Fields split_extra(Bytes extra) {
  Fields fields;
  while (!extra.empty()) {
    if (extra.size() < 4 || !holds(extra, 4, u16_at(extra, 2))) return {{}, {}, "has an extra field that is cut short"};
    const std::uint16_t id = u16_at(extra, 0);
    const Bytes payload = extra.subspan(4, u16_at(extra, 2));
    extra = extra.subspan(4 + payload.size());
    if (id != kZip64Extra && id != kUnicodePathExtra) continue;
    std::optional<Bytes>& slot = id == kZip64Extra ? fields.zip64 : fields.unicode_path;
    if (slot) return {{}, {}, "has the same extra field twice"};
    slot = payload;
  }
  return fields;
}

// 4.5.3: the local header's has both sizes; the central one has exactly the values that do not fit, in this order.
std::string_view apply_zip64(Bytes payload, HeaderKind kind, ZipSizes& sizes) {
  std::uint64_t* const wanted[] = {sizes.size == kFull32 ? &sizes.size : nullptr,
                                   sizes.compressed_size == kFull32 ? &sizes.compressed_size : nullptr,
                                   kind == HeaderKind::central && sizes.header_offset == kFull32 ? &sizes.header_offset : nullptr};
  std::size_t count = 0;
  for (const std::uint64_t* value : wanted) count += value != nullptr;
  // Some build tools (protobuf's wheels come from one) always write the field into local headers, with the same values.
  const bool honest = kind == HeaderKind::local && payload.size() == 16 && u64_at(payload, 0) == sizes.size && u64_at(payload, 8) == sizes.compressed_size;
  if (count == 0) return honest ? std::string_view() : "has a zip64 extra field that it does not need";
  if (kind == HeaderKind::local && count != 2) return "has a zip64 extra field that replaces only one of its sizes";
  if (payload.size() != count * 8) return "has a zip64 extra field of the wrong length";
  std::size_t at = 0;
  for (std::uint64_t* value : wanted) {
    if (value == nullptr) continue;
    *value = u64_at(payload, at);
    at += 8;
  }
  return {};
}

// 4.6.9: version 1, CRC of the header's name, the name in UTF-8. One member must not have two names.
bool same_name(Bytes payload, std::string_view name) {
  return payload.size() >= 5 && payload[0] == std::byte{1} && u32_at(payload, 1) == libdeflate_crc32(0, name.data(), name.size()) &&
         as_text(payload.subspan(5)) == name;
}

}  // namespace

std::string_view apply_extra(Bytes extra, HeaderKind kind, std::string_view name, ZipSizes& sizes) {
  const Fields fields = split_extra(extra);
  if (!fields.problem.empty()) return fields.problem;
  if (fields.unicode_path && !same_name(*fields.unicode_path, name)) return "has a second name in a Unicode-path extra field";
  if (fields.zip64) return apply_zip64(*fields.zip64, kind, sizes);
  if (sizes.size == kFull32 || sizes.compressed_size == kFull32 || sizes.header_offset == kFull32)
    return "refers to a zip64 extra field that is not there";
  return {};
}

}  // namespace pipit::archive
