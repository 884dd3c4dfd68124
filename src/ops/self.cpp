#include "pipit/ops/self.h"

#include <fmt/format.h>

#include "pipit/sys/about.h"
#include "pipit/sys/file.h"
#include "pipit/verify/digest.h"

namespace pipit::ops {

namespace {

constexpr std::string_view kMark = "# Written by `pipit self embed`";
constexpr std::uint64_t kScriptMaxBytes = 1u << 20;

// $1 is checked by pipit itself, which says what is wrong with it.
constexpr const char* kScript = R"~(#!/bin/sh
{mark}; commit it together with the program beside it.
# Checks that the program is the one that was committed, makes .venv here and installs into it:
#   sh bootstrap.sh requirements.txt [OPTIONS OF pipit install]
set -eu
pinned={digest}
program=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)/pipit
digest() {{ sha256sum <"$1" 2>/dev/null || shasum -a 256 <"$1" 2>/dev/null || openssl dgst -sha256 -r <"$1"; }}
found=$(digest "$program") && found=${{found%% *}} || found=nothing
if [ "$found" != "$pinned" ]; then
  echo "bootstrap: $program is not the program that was pinned (expected sha256 $pinned, got $found)" >&2
  exit 1
fi
[ $# -gt 0 ] || {{ echo "usage: sh bootstrap.sh requirements.txt [options]" >&2; exit 2; }}
exec "$program" venv .venv -r "$@"
)~";

Result<sys::MappedFile> own_bytes() {
  const std::filesystem::path path = sys::own_program();
  if (path.empty()) return fail(make_error(kSelfUnreadable, "the system does not tell which file this program is"));
  return sys::MappedFile::open(path);
}

std::uint64_t little_endian(Bytes bytes, std::size_t at, std::size_t size) {
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < size; ++i) value |= std::to_integer<std::uint64_t>(bytes[at + i]) << (8 * i);
  return value;
}

// An ELF file (64 bits, little-endian: the kinds that are built) that asks for a loader of shared libraries.
bool asks_for_loader(Bytes elf) {
  constexpr std::size_t kHeader = 64, kEntry = 56;
  constexpr std::uint64_t kInterpreter = 3;
  if (elf.size() < kHeader || as_text(elf.first(6)) != "\x7f" "ELF\x02\x01") return false;
  const std::uint64_t table = little_endian(elf, 32, 8), count = little_endian(elf, 56, 2);
  for (std::uint64_t i = 0; i < count && table <= elf.size() && (i + 1) * kEntry <= elf.size() - table; ++i)
    if (little_endian(elf, static_cast<std::size_t>(table + i * kEntry), 4) == kInterpreter) return true;
  return false;
}

Status check_ours(const std::filesystem::path& script) {
  if (!sys::exists(script)) return ok();
  PIPIT_TRY(const std::string text, sys::read_file(script, kScriptMaxBytes));
  if (text.find(kMark) != std::string::npos) return ok();
  return fail(make_error(kNotOurs, fmt::format("{} exists and was not written by `pipit self embed`", script.string()))
                  .hint("name another directory, or remove the file"));
}

}  // namespace

Result<std::string> own_digest() {
  PIPIT_TRY(const sys::MappedFile program, own_bytes());
  return verify::sha256_hex(program.bytes());
}

Result<EmbeddedSelf> embed_self(const std::filesystem::path& directory, sys::Os& os) {
  PIPIT_TRY(const sys::MappedFile program, own_bytes());
  EmbeddedSelf made{directory / "pipit", directory / "bootstrap.sh", verify::sha256_hex(program.bytes()), asks_for_loader(program.bytes())};
  PIPIT_CHECK(check_ours(made.script));
  PIPIT_CHECK(sys::make_directories(directory));
  PIPIT_CHECK(sys::replace_file(os, made.program, program.text(), 0777));
  const std::string script = fmt::format(fmt::runtime(kScript), fmt::arg("mark", kMark), fmt::arg("digest", made.sha256));
  PIPIT_CHECK(sys::replace_file(os, made.script, script, 0777));
  return made;
}

}  // namespace pipit::ops
