// ZipMaker: writes zip archives in memory and lies on request. Every header field of every member can be changed between
// add() and finish(); what is not touched is honest. Knows nothing about wheels. Plain value; one thread.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace pipit::test {

std::string le16(std::uint32_t value);
std::string le32(std::uint64_t value);
std::string le64(std::uint64_t value);
std::uint32_t crc32_of(std::string_view bytes);
std::string deflate(std::string_view bytes);  // raw deflate, one stream
std::string gzip(std::string_view bytes);
// An extra field: id, length, payload.
std::string zip_extra(std::uint16_t id, std::string_view payload);

inline constexpr std::uint16_t kStored = 0, kDeflated = 8;
inline constexpr std::uint16_t kFlagDescriptor = 1u << 3, kFlagUtf8 = 1u << 11;

// The fields that both headers of a member carry.
struct ZipFields {
  std::string name;
  std::uint16_t version_needed = 20, flags = 0, method = kStored, time = 0, date = 0x0021;
  std::uint32_t crc = 0, compressed_size = 0, size = 0;
  std::string extra;
};

struct ZipEntry {
  ZipFields local, central;
  std::uint16_t version_made_by = 0x0314, disk = 0, internal = 0;
  std::uint32_t external = 0;
  std::string comment;
  std::string before;                   // bytes between the previous member and this local header
  std::string data;                     // as stored, after compression
  std::string descriptor;               // bytes after the data
  std::optional<std::uint32_t> offset;  // claimed by the central header; nullopt: the truth
  bool in_body = true, in_central = true;

  void set_mode(std::uint32_t mode) { external = mode << 16; }
  // Moves sizes and CRC into a data descriptor (with signature) as a streaming writer does.
  void use_descriptor();
  void both(const std::function<void(ZipFields&)>& edit) { edit(local); edit(central); }
};

struct ZipEnd {
  std::uint16_t disk = 0, central_disk = 0, entries_here = 0, entries = 0;
  std::uint32_t central_size = 0, central_offset = 0;
  std::optional<std::uint16_t> comment_size;  // nullopt: the truth
  std::string comment;
};

class ZipMaker {
 public:
  // A name ending in "/" makes a directory. `mode` is a st_mode. The reference stays good.
  ZipEntry& add(std::string name, std::string_view content, std::uint16_t method = kDeflated, std::uint32_t mode = 0100644);
  ZipEntry& at(std::string_view name);  // by central name; aborts the test if it is not there
  std::deque<ZipEntry>& entries() { return entries_; }

  std::string before_central, after_central, after_end;  // foreign bytes at these places
  bool zip64_end = false;                                // write the zip64 end record and locator as well
  std::function<void(std::string&)> edit_zip64_end;      // the 56 + 20 bytes
  std::function<void(ZipEnd&)> edit_end;
  std::string finish() const;

 private:
  std::deque<ZipEntry> entries_;
};

}  // namespace pipit::test
