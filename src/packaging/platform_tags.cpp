// Platform tags of each operating system, best first (PEP 600, 656, 730, 738, 783; packaging >= 26.3 puts linux_* first).
#include <algorithm>
#include <array>

#include "pipit/packaging/tags.h"

namespace pipit::packaging {
namespace {

using Names = std::vector<std::string>;

std::string normal(std::string text) {
  std::replace_if(
      text.begin(), text.end(), [](char c) { return c == '.' || c == '-' || c == ' '; }, '_');
  return text;
}

std::string numbered(std::string_view system, int major, int minor, std::string_view rest) {
  return std::string(system) + "_" + std::to_string(major) + "_" + std::to_string(minor) + "_" + std::string(rest);
}

bool contains(const Names& names, std::string_view name) { return std::find(names.begin(), names.end(), name) != names.end(); }

// PEP 600 names architectures that a manylinux wheel can be built for; 32-bit ARM only with the hard-float ABI.
bool has_manylinux_abi(const TagTarget& target, const Names& architectures) {
  static constexpr std::array<std::string_view, 7> kAllowed{"x86_64", "aarch64",     "ppc64",  "ppc64le",
                                                            "s390x",  "loongarch64", "riscv64"};
  if (contains(architectures, "armv7l")) return target.arm_hard_float;
  if (contains(architectures, "i686")) return true;
  return std::any_of(kAllowed.begin(), kAllowed.end(), [&](std::string_view name) { return contains(architectures, name); });
}

std::string_view legacy_manylinux(int major, int minor) {
  if (major != 2) return {};
  return minor == 17 ? "manylinux2014" : minor == 12 ? "manylinux2010" : minor == 5 ? "manylinux1" : "";
}

// glibc majors below the running one are compatible; how far their minors went is not known, 50 is the reference's guess.
void add_manylinux(Names& out, const TagTarget& target, const Names& architectures) {
  constexpr int kLastMinorGuess = 50;
  if (!has_manylinux_abi(target, architectures)) return;
  const int oldest_minor = contains(architectures, "x86_64") || contains(architectures, "i686") ? 5 : 17;
  for (const std::string& architecture : architectures) {
    for (int major = target.libc_major; major >= 2; --major) {
      const int newest = major == target.libc_major ? target.libc_minor : kLastMinorGuess;
      for (int minor = newest; minor >= (major == 2 ? oldest_minor : 0); --minor) {
        out.push_back(numbered("manylinux", major, minor, architecture));
        if (const auto legacy = legacy_manylinux(major, minor); !legacy.empty())
          out.push_back(std::string(legacy) + "_" + architecture);
      }
    }
  }
}

void add_musllinux(Names& out, const TagTarget& target, const Names& architectures) {
  for (const std::string& architecture : architectures) {
    for (int minor = target.libc_minor; minor >= 0; --minor)
      out.push_back(numbered("musllinux", target.libc_major, minor, architecture));
  }
}

Names linux_tags(const TagTarget& target) {
  const std::string architecture = normal(target.architecture);
  Names architectures{architecture};
  if (architecture == "armv8l") architectures.push_back("armv7l");
  Names out;
  for (const std::string& name : architectures) out.push_back("linux_" + name);
  if (target.libc == Libc::glibc) add_manylinux(out, target, architectures);
  if (target.libc == Libc::musl) add_musllinux(out, target, architectures);
  return out;
}

Names mac_formats(int major, int minor, const std::string& architecture) {
  const auto version = std::pair(major, minor);
  Names formats{architecture};
  const auto add = [&](std::initializer_list<const char*> names) { formats.insert(formats.end(), names.begin(), names.end()); };
  if (architecture == "x86_64" || architecture == "i386") {
    if (version < std::pair(10, 4)) return {};
    architecture == "x86_64" ? add({"intel", "fat64", "fat3"}) : add({"intel", "fat3", "fat"});
  } else if (architecture == "ppc64") {
    if (version > std::pair(10, 5) || version < std::pair(10, 4)) return {};
    add({"fat64"});
  } else if (architecture == "ppc") {
    if (version > std::pair(10, 6)) return {};
    add({"fat3", "fat"});
  }
  if (architecture == "arm64" || architecture == "x86_64") add({"universal2"});
  if (architecture != "arm64" && (formats.size() > 1 || architecture == "intel")) add({"universal"});
  return formats;
}

void add_mac(Names& out, int major, int minor, const Names& formats) {
  for (const std::string& format : formats) out.push_back(numbered("macosx", major, minor, format));
}

// Up to 10.15 every minor is a release; from 11 on every major is, and wheels carry minor 0. An x86_64 machine also runs what
// was built for 10.x (10.16 was the name of 11 for old SDKs); on arm64 only universal2 wheels reach back.
Names mac_tags(const TagTarget& target) {
  Names out;
  const std::string architecture = normal(target.architecture);
  if (target.os_major == 10) {
    for (int minor = target.os_minor; minor >= 0; --minor) add_mac(out, 10, minor, mac_formats(10, minor, architecture));
  }
  if (target.os_major < 11) return out;
  for (int major = target.os_major; major > 10; --major) add_mac(out, major, 0, mac_formats(major, 0, architecture));
  for (int minor = 16; minor > 3; --minor) {
    add_mac(out, 10, minor, architecture == "x86_64" ? mac_formats(10, minor, architecture) : Names{"universal2"});
  }
  return out;
}

// 12.0 is the first iOS that CPython supports; minors are counted up to 9, which no release has passed.
Names ios_tags(const TagTarget& target) {
  Names out;
  const std::string architecture = normal(target.architecture);
  if (target.os_major < 12) return out;
  for (int major = target.os_major; major > 11; --major) {
    for (int minor = major == target.os_major ? target.os_minor : 9; minor >= 0; --minor)
      out.push_back(numbered("ios", major, minor, architecture));
  }
  return out;
}

Names android_tags(const TagTarget& target) {
  constexpr int kOldestApiLevel = 16;
  Names out;
  for (int level = target.os_major; level >= kOldestApiLevel; --level) {
    out.push_back("android_" + std::to_string(level) + "_" + normal(target.architecture));
  }
  return out;
}

Names windows_tags(const TagTarget& target) {
  const std::string& name = target.architecture;
  if (name == "x86" || name == "win32" || name == "i686" || name == "i386") return {"win32"};
  if (name.starts_with("win")) return {normal(name)};
  return {"win_" + (name == "x86_64" || name == "AMD64"    ? "amd64"
                    : name == "aarch64" || name == "ARM64" ? "arm64"
                                                           : normal(name))};
}

// PEP 783: the version names the year and patch of the platform.
Names emscripten_tags(const TagTarget& target) {
  Names out;
  if (target.os_major > 0) out.push_back(numbered("pyemscripten", target.os_major, target.os_minor, "wasm32"));
  if (!target.generic_platform.empty()) out.push_back(normal(target.generic_platform));
  return out;
}

}  // namespace

std::vector<std::string> platform_tags(const TagTarget& target) {
  switch (target.os) {
    case OsKind::linux_:
      return linux_tags(target);
    case OsKind::macos:
      return mac_tags(target);
    case OsKind::windows:
      return windows_tags(target);
    case OsKind::android:
      return android_tags(target);
    case OsKind::ios:
      return ios_tags(target);
    case OsKind::emscripten:
      return emscripten_tags(target);
    case OsKind::other:
      break;
  }
  return target.generic_platform.empty() ? Names{} : Names{normal(target.generic_platform)};
}

}  // namespace pipit::packaging
