// Tiny ELF files for tests: one PT_LOAD over the whole file (address = offset), PT_INTERP, PT_DYNAMIC with string table,
// symbol table and DT_HASH. Enough for a reader; nothing a kernel would start.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace pipit::test {

struct ElfSpec {
  std::string loader;                       // empty: static
  std::vector<std::string> needed;
  std::string run_path;
  std::optional<std::uint64_t> py_version;  // exported object Py_Version
  std::string extra;                        // bytes of .rodata
  std::uint16_t machine = 62;
  std::uint32_t flags = 0;
  bool wide = true, little = true;
};

class ElfMaker {
 public:
  explicit ElfMaker(const ElfSpec& spec) : spec_(spec) {}

  std::string make() {
    const unsigned header = spec_.wide ? 64 : 52, entry = spec_.wide ? 56 : 32;
    const bool dynamic = !spec_.needed.empty() || spec_.py_version || !spec_.run_path.empty();
    const unsigned count = 1 + (spec_.loader.empty() ? 0 : 1) + (dynamic ? 1 : 0);
    out_.assign(header + count * entry, '\0');
    const std::size_t loader = append(spec_.loader + '\0');
    append(spec_.extra);
    std::size_t dynamic_at = 0, dynamic_size = 0;
    if (dynamic) {
      dynamic_at = write_dynamic();
      dynamic_size = out_.size() - dynamic_at;
    }
    write_header(header, entry, count);
    std::size_t at = header;
    program_header(at, 1, 0, out_.size());
    if (!spec_.loader.empty()) program_header(at += entry, 3, loader, spec_.loader.size() + 1);
    if (dynamic) program_header(at += entry, 2, dynamic_at, dynamic_size);
    return out_;
  }

 private:
  unsigned word() const { return spec_.wide ? 8 : 4; }
  std::string number(std::uint64_t value, unsigned width) const {
    std::string bytes(width, '\0');
    for (unsigned i = 0; i < width; ++i) bytes[spec_.little ? i : width - 1 - i] = static_cast<char>(value >> (8 * i) & 0xff);
    return bytes;
  }
  std::size_t append(const std::string& bytes) {
    while (out_.size() % 8) out_ += '\0';
    out_ += bytes;
    return out_.size() - bytes.size();
  }
  void put(std::size_t at, std::uint64_t value, unsigned width) { out_.replace(at, width, number(value, width)); }

  std::size_t write_dynamic() {
    std::string strings(1, '\0');
    const auto named = [&](const std::string& text) {
      strings += text + '\0';
      return strings.size() - text.size() - 1;
    };
    std::string entries;
    const auto add = [&](std::uint64_t tag, std::uint64_t value) { entries += number(tag, word()) + number(value, word()); };
    for (const std::string& library : spec_.needed) add(1, named(library));
    if (!spec_.run_path.empty()) add(29, named(spec_.run_path));
    const std::size_t symbol_name = named("Py_Version");
    const std::size_t data = append(number(spec_.py_version.value_or(0), 8));
    std::string symbols(spec_.wide ? 24 : 16, '\0');
    if (spec_.py_version) {
      if (spec_.wide) symbols += number(symbol_name, 4) + number(0x11, 1) + number(0, 1) + number(1, 2) + number(data, 8) + number(8, 8);
      else symbols += number(symbol_name, 4) + number(data, 4) + number(4, 4) + number(0x11, 1) + number(0, 1) + number(1, 2);
    }
    const std::uint64_t symbol_count = symbols.size() / (spec_.wide ? 24 : 16);
    add(5, append(strings));
    add(6, append(symbols));
    add(4, append(number(1, 4) + number(symbol_count, 4) + number(0, 4)));
    add(0, 0);
    return append(entries);
  }
  void write_header(unsigned header, unsigned entry, unsigned count) {
    out_.replace(0, 7, std::string("\x7f" "ELF") + (spec_.wide ? '\2' : '\1') + (spec_.little ? '\1' : '\2') + '\1');
    put(16, 3, 2);
    put(18, spec_.machine, 2);
    put(spec_.wide ? 32 : 28, header, word());
    put(spec_.wide ? 48 : 36, spec_.flags, 4);
    put(spec_.wide ? 54 : 42, entry, 2);
    put(spec_.wide ? 56 : 44, count, 2);
  }
  void program_header(std::size_t at, std::uint32_t type, std::uint64_t offset, std::uint64_t size) {
    put(at, type, 4);
    put(at + (spec_.wide ? 8 : 4), offset, word());
    put(at + (spec_.wide ? 16 : 8), offset, word());
    put(at + (spec_.wide ? 32 : 16), size, word());
    put(at + (spec_.wide ? 40 : 20), size, word());
  }

  const ElfSpec& spec_;
  std::string out_;
};

inline std::string make_elf(const ElfSpec& spec) { return ElfMaker(spec).make(); }

}  // namespace pipit::test
