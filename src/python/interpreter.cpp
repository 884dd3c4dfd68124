#include "pipit/python/interpreter.h"

#include <fmt/format.h>

#include "pipit/sys/file.h"
#include "python/ask.h"
#include "python/assemble.h"

namespace pipit::python {
namespace {

namespace fs = std::filesystem;

Error not_an_elf(const fs::path& path, std::string_view first_bytes) {
  const bool script = first_bytes.substr(0, 2) == "#!";
  return make_error(kNotAnInterpreter, script ? fmt::format("{} is a script, not a Python interpreter", path.string())
                                              : fmt::format("{} is not a Python interpreter", path.string()));
}

}  // namespace

packaging::Version Interpreter::version() const {
  return packaging::Version::try_parse(full_version).value_or(requires_python_version());
}

packaging::Version Interpreter::requires_python_version() const {
  return packaging::Version::try_parse(fmt::format("{}.{}.{}", major, minor, micro)).value_or(packaging::Version());
}

Result<Interpreter> inspect_interpreter(const fs::path& path, const InspectOptions& options) {
  PIPIT_TRY(const Located located, locate(path));
  const auto mapped = sys::MappedFile::open(located.executable);
  if (!mapped) return fail(mapped.error());
  const auto elf = ElfFile::parse(mapped->bytes());
  if (!elf) return fail(not_an_elf(located.executable, mapped->text()));
  PIPIT_TRY(FileFacts read, read_base_facts(located.base_executable, *elf));
  if (!read.doubt.empty()) {
    PIPIT_TRY(read.facts, ask_interpreter(located.base_executable, options, read.doubt));
  }
  return assemble(located, read.facts, machine_facts(*elf, options.machine ? *options.machine : sys::uname()), options);
}

}  // namespace pipit::python
