// A Python installation made of files: enough for pipit to read, nothing to run. For interpreters a machine does not have.
#pragma once

#include <string>

#include "pipit/python/interpreter.h"
#include "pipit/sys/dir.h"
#include "pipit/sys/file.h"
#include "unit/python/elf_maker.h"

namespace pipit::test {

struct FakePython {
  std::string prefix;                 // made below this directory
  std::string xy = "3.12";
  std::string flags;                  // abiflags: "t", "d", "m"
  std::string full_version = "3.12.1";
  std::optional<std::uint64_t> hex;   // Py_Version; absent: only the header tells the version
  bool header = true;
  std::string libc_banner = "GNU C Library (Fake) stable release version 2.36.\n";
  std::string loader_name = "ld-linux-x86-64.so.2";
  bool debian = false, managed = false;
  std::string platlibdir = "lib";
  std::string sysconfig_extra;        // further entries of the dict literal
  ElfSpec elf;
};

// Throws nothing; a test that cannot write its files cannot go on.
inline void put(const std::string& path, const std::string& content, mode_t mode = 0644) {
  const std::filesystem::path file = path;
  if (!sys::make_directories(file.parent_path()) || !sys::replace_file(sys::real_os(), file, content, mode)) std::abort();
}
inline void put_link(const std::string& path, const std::string& target) {
  auto dir = sys::Dir::open(sys::real_os(), std::filesystem::path(path).parent_path());
  if (!dir || !dir->symlink(target, std::filesystem::path(path).filename().string())) std::abort();
}

// Returns the path of bin/python3.
inline std::string make_fake(FakePython fake) {
  const bool threaded = fake.flags.find('t') != std::string::npos;
  const std::string library = "python" + fake.xy + (threaded ? "t" : "");
  const std::string stdlib = fake.prefix + "/" + fake.platlibdir + "/" + library;
  fake.elf.loader = fake.prefix + "/loader/" + fake.loader_name;
  fake.elf.py_version = fake.hex;
  put(fake.elf.loader, "\x7f" "ELF loader");
  if (!fake.libc_banner.empty()) put(fake.prefix + "/loader/libc.so.6", "....\0text\0" + fake.libc_banner);
  put(fake.prefix + "/bin/" + library, make_elf(fake.elf), 0755);
  put_link(fake.prefix + "/bin/python3", library);
  put_link(fake.prefix + "/bin/python", "python3");
  put(stdlib + "/os.py", "");
  put(stdlib + "/_sysconfigdata_" + fake.flags + "_linux_x86_64-linux-gnu.py",
      "# generated\nbuild_time_vars = {'ABIFLAGS': '" + fake.flags + "',\n 'CFLAGS': '-O2 '\n   '-g \\'x\\'',\n 'Py_DEBUG': " +
          (fake.flags.find('d') != std::string::npos ? "1" : "0") + ",\n 'Py_GIL_DISABLED': " + (threaded ? "1" : "0") + ",\n" +
          fake.sysconfig_extra + " 'PLATLIBDIR': '" + fake.platlibdir + "'}\n");
  if (fake.header)
    put(fake.prefix + "/include/python" + fake.xy + fake.flags + "/patchlevel.h",
        "/* x */\n#define PY_VERSION_HEX\t1\n#define PY_VERSION      \t\"" + fake.full_version + "\"\n");
  if (fake.debian) put(stdlib + "/sysconfig.py", "_INSTALL_SCHEMES = {'posix_local': {}}\n");
  if (fake.managed) put(stdlib + "/EXTERNALLY-MANAGED", "[externally-managed]\nError=Use apt.\n\n Really.\nError-de=Nimm apt.\n");
  put(fake.prefix + "/lib/" + library + "/site-packages/README.txt", "");
  return fake.prefix + "/bin/python3";
}

inline sys::Uname fake_kernel() { return {"Linux", "6.1.0-golden", "#1 SMP golden", "x86_64"}; }
// No variables of whoever runs the tests.
inline python::InspectOptions files_only() {
  python::InspectOptions options;
  options.environment = {{"HOME", "/home/nobody"}};
  options.may_run = false;
  options.machine = fake_kernel();
  return options;
}

}  // namespace pipit::test
