#include "python/assemble.h"

#include <algorithm>

#include "pipit/base/text.h"
#include "pipit/sys/file.h"
#include "pipit/sys/home.h"
#include "python/libc.h"

namespace pipit::python {
namespace {

namespace fs = std::filesystem;

constexpr std::uint32_t kArmAbiMask = 0xff000000, kArmAbi5 = 0x05000000, kArmHardFloat = 0x400;
constexpr std::uint64_t kManagedMaxBytes = 1 << 20;

// The architecture of the process: the binary's, and the kernel's name for it where the kernel has several.
std::string architecture_of(const ElfFile& elf, const std::string& kernel) {
  switch (static_cast<ElfMachine>(elf.machine())) {
    case ElfMachine::x86_64: return "x86_64";
    case ElfMachine::i386: return kernel.size() == 4 && kernel[0] == 'i' && kernel.substr(2) == "86" ? kernel : "i686";
    case ElfMachine::aarch64: return "aarch64";
    case ElfMachine::arm: return kernel.rfind("armv", 0) == 0 ? ascii_lower(kernel) : "armv8l";
    case ElfMachine::ppc64: return elf.is_little_endian() ? "ppc64le" : "ppc64";
    case ElfMachine::ppc: return "ppc";
    case ElfMachine::s390: return elf.is_64_bit() ? "s390x" : "s390";
    case ElfMachine::riscv: return elf.is_64_bit() ? "riscv64" : "riscv32";
    case ElfMachine::loongarch: return "loongarch64";
  }
  return ascii_lower(kernel);
}

// uname's machine, unless the binary cannot run on it without an emulator, which answers with the binary's.
std::string marker_machine(const std::string& architecture, const std::string& kernel) {
  const auto is_x86_32 = architecture.size() == 4 && architecture[0] == 'i' && architecture.substr(2) == "86";
  if ((is_x86_32 && kernel == "x86_64") || (architecture.rfind("arm", 0) == 0 && (kernel == "aarch64" || kernel == "arm64"))) return kernel;
  if ((architecture == "s390" && kernel == "s390x") || (architecture == "ppc" && kernel == "ppc64")) return kernel;
  return architecture;
}

packaging::MarkerEnvironment markers_of(const BaseFacts& base, const MachineFacts& machine) {
  packaging::MarkerEnvironment markers;
  markers.implementation_name = base.implementation;
  markers.implementation_version = base.implementation_version;
  markers.os_name = "posix";
  markers.platform_machine = marker_machine(machine.architecture, machine.uname.machine);
  markers.platform_release = machine.uname.release;
  markers.platform_system = "Linux";
  markers.platform_version = machine.uname.version;
  markers.python_full_version = base.full_version;
  markers.platform_python_implementation = base.implementation_name;
  markers.python_version = base.xy();
  markers.sys_platform = "linux";
  return markers;
}

packaging::TagTarget tag_target_of(const BaseFacts& base, const MachineFacts& machine) {
  packaging::TagTarget target;
  target.implementation = base.implementation;
  target.python_major = base.major;
  target.python_minor = base.minor;
  target.abi_flags = base.abi_flags;
  target.pypy_abi = base.abi_tag;
  target.architecture = machine.architecture;
  target.libc = machine.libc;
  target.libc_major = machine.libc_major;
  target.libc_minor = machine.libc_minor;
  target.arm_hard_float = machine.arm_hard_float;
  return target;
}

void set_user_site(Interpreter& out, const BaseFacts& base, const InspectOptions& options) {
  out.user_base = variable(options, "PYTHONUSERBASE");
  std::string home = variable(options, "HOME");
  if (home.empty()) home = sys::home_in_user_database();
  if (out.user_base.empty() && !home.empty()) out.user_base = home + "/.local";
  if (out.user_base.empty()) return;
  const std::string library = base.implementation == "pypy" ? "pypy" + base.xy() : "python" + base.xy() + base.thread_suffix();
  out.user_site = out.user_base + "/lib/" + library + "/site-packages";
}

// sys.path without the standard library, in site's order: PYTHONPATH, the environment's, the user's, the base's.
std::vector<std::string> site_order(const Interpreter& out, const std::vector<std::string>& own, const std::vector<std::string>& base,
                                    const InspectOptions& options) {
  std::vector<std::string> order = own;
  const bool user_allowed = (!out.is_venv || out.system_site_packages) && variable(options, "PYTHONNOUSERSITE").empty();
  if (user_allowed && !out.user_site.empty()) order.push_back(out.user_site);
  order.insert(order.end(), base.begin(), base.end());
  return order;
}

std::vector<std::string> python_path(const InspectOptions& options) {
  std::vector<std::string> out;
  const std::string value = variable(options, "PYTHONPATH");
  for (std::string_view part : split(value, ':'))
    if (!part.empty()) out.push_back(sys::absolute(fs::path(part)).string());
  return out;
}

std::optional<std::string> managed(const Interpreter& out, const InspectOptions& options) {
  if (out.is_venv) return std::nullopt;
  const auto text = sys::read_file(fs::path(out.paths.stdlib) / "EXTERNALLY-MANAGED", kManagedMaxBytes);
  if (!text && !sys::is_regular_file(fs::path(out.paths.stdlib) / "EXTERNALLY-MANAGED")) return std::nullopt;
  std::string locale;
  for (const char* name : {"LC_ALL", "LC_MESSAGES", "LANG"})
    if (locale.empty()) locale = variable(options, name);
  return managed_message(text ? *text : "", locale, out.prefix);
}

}  // namespace

std::string variable(const InspectOptions& options, std::string_view name) {
  for (const auto& [key, value] : options.environment)
    if (key == name) return value;
  return "";
}

MachineFacts machine_facts(const ElfFile& elf, const sys::Uname& uname) {
  MachineFacts facts;
  facts.uname = uname;
  facts.architecture = architecture_of(elf, uname.machine);
  if (static_cast<ElfMachine>(elf.machine()) == ElfMachine::arm)
    facts.arm_hard_float = (elf.flags() & kArmAbiMask) == kArmAbi5 && (elf.flags() & kArmHardFloat) != 0;
  const LibcFacts libc = libc_of_loader(elf.loader(), elf.text());
  if (!libc.known) return facts;  // only linux_* tags: no promise about a libc whose version is not known
  facts.libc = libc.kind;
  facts.libc_major = libc.major;
  facts.libc_minor = libc.minor;
  return facts;
}

Interpreter assemble(const Located& located, const BaseFacts& base, const MachineFacts& machine, const InspectOptions& options) {
  Interpreter out;
  out.executable = located.executable;
  out.base_executable = located.base_executable;
  out.is_venv = !located.venv_prefix.empty();
  out.base_prefix = base.prefix;
  out.prefix = out.is_venv ? located.venv_prefix : base.prefix;
  out.system_site_packages = out.is_venv && located.system_site_packages;
  out.implementation = base.implementation;
  out.major = base.major;
  out.minor = base.minor;
  out.micro = base.micro;
  out.full_version = base.full_version;
  out.abi_flags = base.abi_flags;
  out.paths = out.is_venv ? venv_paths(base, out.prefix) : base_paths(base);
  out.was_run = base.was_run;
  set_user_site(out, base, options);
  std::vector<std::string> own, below;
  if (out.is_venv) own = venv_site_packages(base, out.prefix);
  if (!out.is_venv || out.system_site_packages) below = base_site_packages(base, out.is_venv);
  out.site_packages = own;
  out.site_packages.insert(out.site_packages.end(), below.begin(), below.end());
  out.search_path = python_path(options);
  for (std::string& directory : with_pth_directories(site_order(out, own, below, options)))
    if (std::find(out.search_path.begin(), out.search_path.end(), directory) == out.search_path.end())
      out.search_path.push_back(std::move(directory));
  out.markers = markers_of(base, machine);
  out.tag_target = tag_target_of(base, machine);
  out.tags = packaging::SupportedTags::for_target(out.tag_target);
  out.externally_managed = managed(out, options);
  return out;
}

}  // namespace pipit::python
