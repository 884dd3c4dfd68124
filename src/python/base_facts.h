// What is true of a base installation (not of an environment on top of it): prefix, version, ABI, vendor's layout. Read
// from files; where a fact is missing or two sources disagree, the interpreter is asked once (ask.h).
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "pipit/python/interpreter.h"
#include "python/elf.h"

namespace pipit::python {

// Whose patches decide where packages go outside environments.
enum class Vendor { plain, debian, told };

struct BaseFacts {
  std::string prefix;                  // sys.base_prefix
  std::string implementation = "cpython";
  std::string implementation_name;     // platform.python_implementation(): "CPython"
  int major = 0, minor = 0, micro = 0;
  std::string full_version;            // platform.python_version(): "3.13.0rc2", "3.12.1+"
  std::string implementation_version;  // of sys.implementation, as markers spell it: "3.13.0c2"
  std::string abi_flags;
  std::string abi_tag;                 // other implementations: "pypy310_pp73"
  std::string platlibdir = "lib";
  std::string library_name;            // "python3.13t", "pypy3.10": the directory below lib
  Vendor vendor = Vendor::plain;
  SchemePaths told_paths;              // vendor told: what the interpreter said
  std::vector<std::string> told_site_packages;
  std::string executable;              // sys.executable as told; empty if it was not asked
  bool was_run = false;

  std::string stdlib() const { return prefix + "/" + platlibdir + "/" + library_name; }
  std::string xy() const { return std::to_string(major) + "." + std::to_string(minor); }
  // A second "t" in abi_flags is what 3.13 calls abi_thread.
  std::string thread_suffix() const { return abi_flags.find('t') == std::string::npos ? "" : "t"; }
};

// What files tell. `doubt` says, in a phrase, why they are not enough; then the rest must not be trusted.
struct FileFacts {
  BaseFacts facts;
  std::string doubt;
};
// `executable`: the base's, as named. `elf`: the file behind it. Fails if it is no Python pipit can serve.
Result<FileFacts> read_base_facts(const std::filesystem::path& executable, const ElfFile& elf);

// "3.13.0" + level/serial of PY_VERSION_HEX -> full_version and implementation_version. False if it is no such number.
bool set_version_from_hex(BaseFacts& facts, std::uint64_t hex);
// `#define PY_VERSION "3.12.1+"` of patchlevel.h.
std::optional<std::string> quoted_define(std::string_view header, std::string_view name);
// "3.13.0rc2" -> "3.13.0c2" as packaging spells sys.implementation.version.
std::string implementation_spelling(std::string_view full_version);
Error too_old(const std::filesystem::path& executable, std::string_view version);

}  // namespace pipit::python
