// Whole members in memory by libdeflate: exact or refused. An Inflater is reused from member to member by one thread.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "pipit/archive/zip_directory.h"

struct libdeflate_decompressor;

namespace pipit::archive {

class Inflater {
 public:
  Inflater();
  // True if `compressed` is one deflate stream without a byte to spare that gives exactly out.size() bytes.
  bool inflate(Bytes compressed, std::span<std::byte> out) const;

 private:
  struct Free {
    void operator()(libdeflate_decompressor* decompressor) const;
  };
  std::unique_ptr<libdeflate_decompressor, Free> decompressor_;
};

std::uint32_t crc32_of(Bytes bytes, std::uint32_t so_far = 0);

Error bad_data(std::string_view archive_name, const ZipMember& member);
Error bad_crc(std::string_view archive_name, const ZipMember& member, std::uint32_t computed);

// The content of one member, whose (compressed) data is `data`; refused if it claims more than size_max_bytes.
Result<std::string> inflate_to_string(Bytes data, const ZipMember& member, std::string_view archive_name, std::uint64_t size_max_bytes);

}  // namespace pipit::archive
