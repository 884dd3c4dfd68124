#include "ops/pip_shim.h"

#include <fmt/format.h>

#include "pipit/ops/about.h"
#include "pipit/ops/self.h"
#include "pipit/packaging/record.h"
#include "pipit/python/installed.h"
#include "pipit/sys/about.h"
#include "pipit/sys/file.h"
#include "pipit/verify/digest.h"

namespace pipit::ops {

namespace {

constexpr std::string_view kMark = "# Made by `pipit venv --pip-shim`: this pip is pipit.\n";
constexpr std::uint64_t kModuleMaxBytes = 1u << 20;

constexpr const char* kPackage = R"~({mark}import os
import subprocess
import sys

__version__ = "{version}"
PROGRAM = b"{program}"


def command(arguments):
    # Under the name pip it behaves as pip; the directory says for which environment.
    return [os.path.join(os.path.dirname(sys.executable), "pip")] + list(arguments)


def main(args=None):
    return subprocess.call(command(sys.argv[1:] if args is None else args), executable=PROGRAM)
)~";

constexpr const char* kMain = R"~({mark}import os
import sys

from pip import PROGRAM, command

if __name__ == "__main__":
    try:
        os.execv(PROGRAM, command(sys.argv[1:]))
    except OSError as error:
        sys.exit("ERROR: pipit cannot be started at %s (%s); where it is now, run: pipit venv --pip-shim %s"
                 % (os.fsdecode(PROGRAM), error.strerror, sys.prefix))
)~";

// Inside b"...": any path is a path, also one that is no text.
std::string bytes_literal(std::string_view bytes) {
  std::string text;
  for (const char c : bytes) {
    if (c >= ' ' && c <= '~' && c != '"' && c != '\\') text += c;
    else text += fmt::format("\\x{:02x}", static_cast<unsigned char>(c));
  }
  return text;
}

// The name we were started by outlives an upgrade behind a link; what is itself called pip may be the shim of another environment.
std::filesystem::path lasting_program(const std::filesystem::path& started_as) {
  const std::filesystem::path own = sys::own_program();
  const auto real = sys::real_path(started_as), real_own = sys::real_path(own);
  const bool is_own = real && real_own && *real == *real_own;
  return is_own && started_as.filename().string().starts_with("pipit") ? started_as.lexically_normal() : own;
}

std::map<std::string, std::string> shim_files(const std::filesystem::path& program, const std::string& python) {
  const std::string info = fmt::format("pip-{}.dist-info/", kPipVersion);
  std::map<std::string, std::string> files;
  files["pip/__init__.py"] = fmt::format(fmt::runtime(kPackage), fmt::arg("mark", kMark), fmt::arg("version", kPipVersion),
                                         fmt::arg("program", bytes_literal(program.native())));
  files["pip/__main__.py"] = fmt::format(fmt::runtime(kMain), fmt::arg("mark", kMark));
  files[info + "METADATA"] = fmt::format("Metadata-Version: 2.1\nName: pip\nVersion: {}\nSummary: Runs pipit {} in pip's place.\n", kPipVersion, PIPIT_VERSION);
  files[info + "INSTALLER"] = "pipit\n";
  files[info + "WHEEL"] = fmt::format("Wheel-Version: 1.0\nGenerator: pipit {}\nRoot-Is-Purelib: true\nTag: py3-none-any\n", PIPIT_VERSION);
  // Uninstalling finds the links by these names; RECORD cannot promise the bytes of a program that lies elsewhere.
  files[info + "entry_points.txt"] = fmt::format("[console_scripts]\npip = pip:main\npip3 = pip:main\npip{} = pip:main\n", python);
  std::vector<packaging::RecordRow> rows = {{info + "RECORD", "", ""}};
  for (const auto& [name, content] : files)
    rows.push_back({name, verify::record_hash(verify::sha256(as_bytes_view(content))), std::to_string(content.size())});
  files[info + "RECORD"] = packaging::print_record(std::move(rows));
  return files;
}

// A pip that is there stays there, except the one that would be made again.
Status check_no_other_pip(const std::filesystem::path& site) {
  Diagnostics unsaid;
  for (const python::InstalledDist& dist : python::installed_in({site.string()}, unsaid)) {
    if (dist.normalized_name != "pip") continue;
    const auto module = sys::read_file(site / "pip/__init__.py", kModuleMaxBytes);
    if (dist.version_text == kPipVersion && module && module->starts_with(kMark)) continue;
    return fail(make_error(kPipIsThere, fmt::format("pip {} is installed in {}", dist.version_text, site.string()))
                    .hint("remove it first with `pipit uninstall pip`, or empty the environment with --clear"));
  }
  return ok();
}

}  // namespace

Status add_pip_shim(python::VenvOptions& venv, const python::Interpreter& base, const Session& session) {
  if (!venv.clear) PIPIT_CHECK(check_no_other_pip(venv.directory / "lib" / std::filesystem::path(base.paths.stdlib).filename() / "site-packages"));
  const std::filesystem::path program = lasting_program(session.options().started_as);
  if (program.empty()) return fail(make_error(kSelfUnreadable, "the system does not tell which file this program is"));
  const std::string python = fmt::format("{}.{}", base.major, base.minor);
  venv.site_files = shim_files(program, python);
  for (const std::string& name : {std::string("pip"), std::string("pip3"), "pip" + python}) venv.script_links[name] = program.string();
  return ok();
}

}  // namespace pipit::ops
