// ElfFile: the few facts pipit reads from an executable or a shared library: machine, word size, loader, needed libraries
// and the bytes of one exported object. Works on a view of the whole file, which must outlive it. Every offset comes from
// a stranger and is checked; nothing loops longer than the file is. Pure. Format: System V gABI, chapters 4 and 5.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "pipit/base/sink.h"

namespace pipit::python {

enum class ElfMachine : std::uint16_t {
  i386 = 3, ppc = 20, ppc64 = 21, s390 = 22, arm = 40, x86_64 = 62, aarch64 = 183, riscv = 243, loongarch = 258
};

class ElfFile {
 public:
  // Returns nullopt if the bytes are no ELF file or its headers do not fit into it.
  static std::optional<ElfFile> parse(Bytes bytes);

  bool is_64_bit() const { return wide_; }
  bool is_little_endian() const { return little_; }
  std::uint16_t machine() const { return machine_; }
  std::uint32_t flags() const { return flags_; }
  const std::string& loader() const { return loader_; }                // PT_INTERP; empty if the file is static
  const std::vector<std::string>& needed() const { return needed_; }  // DT_NEEDED
  const std::string& run_path() const { return run_path_; }           // DT_RUNPATH, else DT_RPATH; may hold $ORIGIN
  // The value of an exported object of eight or four bytes (a C `unsigned long`).
  std::optional<std::uint64_t> exported_word(std::string_view name) const;
  std::string_view text() const { return as_text(bytes_); }

 private:
  struct Segment {
    std::uint64_t offset, address, size;
  };
  std::optional<std::uint64_t> number(std::uint64_t offset, unsigned width) const;
  std::optional<std::uint64_t> offset_of(std::uint64_t address) const;
  std::optional<std::string> string_at(std::uint64_t offset) const;
  bool read_program_headers();
  bool read_dynamic(std::uint64_t offset, std::uint64_t size);
  std::uint64_t symbol_count(std::uint64_t gnu_hash, std::uint64_t hash) const;

  Bytes bytes_;
  bool wide_ = false, little_ = true;
  std::uint16_t machine_ = 0;
  std::uint32_t flags_ = 0;
  std::string loader_, run_path_;
  std::vector<std::string> needed_;
  std::vector<Segment> segments_;
  std::uint64_t strings_ = 0, symbols_ = 0, symbol_count_ = 0;
};

}  // namespace pipit::python
