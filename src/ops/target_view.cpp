#include "ops/target_view.h"

#include <fmt/format.h>

#include <charconv>

#include "pipit/base/text.h"

namespace pipit::ops {

namespace {

// The legacy manylinux names stand for what a newer one covers, and macosx tags for all before: pip's expansion.
void expand_platform(const std::string& platform, std::vector<std::string>& out) {
  out.push_back(platform);
  struct Alias {
    const char* prefix;
    std::vector<const char*> also;
  };
  static const std::vector<Alias> aliases = {{"manylinux2014_", {"manylinux2010_", "manylinux1_"}}, {"manylinux2010_", {"manylinux1_"}}};
  for (const Alias& alias : aliases)
    if (platform.starts_with(alias.prefix)) {
      const std::string architecture = platform.substr(std::string_view(alias.prefix).size());
      if (architecture != "x86_64" && architecture != "i686") return;
      for (const char* also : alias.also) out.push_back(also + architecture);
      return;
    }
  if (!platform.starts_with("macosx_")) return;
  const auto parts = split(platform, '_');
  int major = 0, minor = 0;
  if (parts.size() < 4) return;
  std::from_chars(parts[1].data(), parts[1].data() + parts[1].size(), major);
  std::from_chars(parts[2].data(), parts[2].data() + parts[2].size(), minor);
  packaging::TagTarget mac;
  mac.os = packaging::OsKind::macos;
  mac.os_major = major;
  mac.os_minor = minor;
  mac.architecture = platform.substr(platform.find('_', platform.find('_', 7) + 1) + 1);
  out.pop_back();
  for (std::string& tag : packaging::platform_tags(mac)) out.push_back(std::move(tag));
}

// Markers that --platform decides.
void apply_platform(const std::string& platform, packaging::MarkerEnvironment& markers) {
  auto set = [&](const char* os, const char* sys, const char* system) {
    markers.os_name = os;
    markers.sys_platform = sys;
    markers.platform_system = system;
    markers.platform_release = markers.platform_version = "";
  };
  auto machine_after = [&](std::string_view prefix) { return platform.substr(prefix.size()); };
  if (platform.starts_with("win")) {
    set("nt", "win32", "Windows");
    markers.platform_machine = platform == "win32" ? "x86" : platform == "win_amd64" ? "AMD64" : "ARM64";
  } else if (platform.starts_with("macosx_")) {
    set("posix", "darwin", "Darwin");
    markers.platform_machine = platform.ends_with("arm64") ? "arm64" : "x86_64";
  } else if (platform.starts_with("linux_")) {
    set("posix", "linux", "Linux");
    markers.platform_machine = machine_after("linux_");
  } else if (platform.starts_with("manylinux") || platform.starts_with("musllinux")) {
    set("posix", "linux", "Linux");
    for (const char* machine : {"x86_64", "aarch64", "i686", "ppc64le", "ppc64", "s390x", "armv7l", "riscv64", "loongarch64"})
      if (platform.ends_with(machine)) {
        markers.platform_machine = machine;
        break;
      }
  }
}

// A list as Python prints it.
std::string in_brackets(const std::vector<std::string>& words) {
  std::vector<std::string> quoted;
  for (const std::string& word : words) quoted.push_back(fmt::format("'{}'", word));
  return "[" + join(quoted, ", ") + "]";
}

std::string describe(const ForeignTarget& foreign) {
  std::vector<std::string> said;
  if (!foreign.platforms.empty()) said.push_back("platforms=" + in_brackets(foreign.platforms));
  std::vector<std::string> parts;
  for (const int part : foreign.python_version) parts.push_back(std::to_string(part));
  if (!parts.empty()) said.push_back(fmt::format("version_info='{}'", join(parts, ".")));
  if (!foreign.abis.empty()) said.push_back("abis=" + in_brackets(foreign.abis));
  if (foreign.implementation) said.push_back(fmt::format("implementation='{}'", *foreign.implementation));
  return join(said, " ");
}

}  // namespace

Result<TargetView> view_target(const python::Interpreter& interpreter, const ForeignTarget& foreign) {
  TargetView view{interpreter.markers, interpreter.tags, interpreter.requires_python_version(), fmt::format("{}.{}", interpreter.major, interpreter.minor), false, {}};
  if (!foreign.any()) return view;
  view.foreign = true;
  packaging::TagTarget target = interpreter.tag_target;
  if (const std::vector<int>& numbers = foreign.python_version; !numbers.empty()) {
    target.python_major = numbers[0];
    target.python_minor = numbers.size() > 1 ? numbers[1] : 0;
    if (!(target.python_major == interpreter.major && target.python_minor == interpreter.minor)) target.abi_flags.clear();
    const int micro = numbers.size() > 2 ? numbers[2] : 0;
    view.python_minor = fmt::format("{}.{}", target.python_major, target.python_minor);
    const std::string full = fmt::format("{}.{}", view.python_minor, micro);
    PIPIT_TRY(view.python_version, packaging::Version::parse(full));
    view.markers.python_version = view.python_minor;
    view.markers.python_full_version = view.markers.implementation_version = full;
  }
  if (foreign.implementation) {
    const std::string& name = *foreign.implementation;
    target.implementation = name == "cp" ? "cpython" : name == "pp" ? "pypy" : name == "py" ? "py" : name;
    if (name == "cp" || name == "pp") {
      view.markers.implementation_name = target.implementation;
      view.markers.platform_python_implementation = name == "cp" ? "CPython" : "PyPy";
    }
  }
  if (!foreign.abis.empty()) target.abis = foreign.abis;
  for (const std::string& platform : foreign.platforms) expand_platform(platform, target.platforms);
  if (!foreign.platforms.empty()) apply_platform(foreign.platforms[0], view.markers);
  view.tags = packaging::SupportedTags::for_target(target);
  view.given = describe(foreign);
  return view;
}

}  // namespace pipit::ops
