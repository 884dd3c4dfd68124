#include "pipit/python/interpreter.h"

#include <array>
#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <catch2/generators/catch_generators_range.hpp>
#include <nlohmann/json.hpp>

#include "pipit/sys/dir.h"
#include "support/places.h"
#include "python/base_facts.h"
#include "python/libc.h"
#include "python/located.h"
#include "python/pyvenv_cfg.h"
#include "python/sysconfig_data.h"
#include "unit/python/fake_python.h"

using namespace pipit;
using namespace pipit::python;
using namespace pipit::test;
using Json = nlohmann::json;

namespace {

std::string temp(sys::TempDir& holder) {
  auto made = sys::TempDir::create({}, "pipit-python-");
  REQUIRE(made);
  holder = std::move(*made);
  return holder.path().string();
}

std::vector<std::string> golden_files() {
  std::vector<std::string> names;
  const auto entries = sys::list_directory(pipit::test::fixtures() + "/python").value();
  for (const sys::DirEntry& entry : entries)
    if (entry.name.size() > 5 && entry.name.substr(entry.name.size() - 5) == ".json") names.push_back(entry.name);
  return names;
}

Json golden(const std::string& name) { return Json::parse(sys::read_file(pipit::test::fixtures() + "/python/" + name).value()); }

std::string placed(std::string text, const std::string& prefix) { return text[0] == '@' ? prefix + text.substr(1) : text; }
std::vector<std::string> all_placed(const Json& list, const std::string& prefix) {
  std::vector<std::string> out;
  for (const Json& item : list) out.push_back(placed(item.get<std::string>(), prefix));
  return out;
}

// The files of the recorded interpreter, rebuilt.
FakePython fake_of(const Json& json, const std::string& prefix) {
  FakePython fake;
  fake.prefix = prefix;
  fake.xy = json["markers"]["python_version"];
  fake.flags = json["abi_flags"];
  fake.full_version = json["full_version"];
  fake.libc_banner = "GNU C Library (Fake) stable release version " + json["libc"].get<std::string>().substr(6) + ".\n";
  if (json["version"][1].get<int>() >= 11) {
    fake.hex = (std::uint64_t{3} << 24) | (json["version"][1].get<std::uint64_t>() << 16) | (json["version"][2].get<std::uint64_t>() << 8) | 0xf0;
    fake.header = false;
  }
  fake.debian = json["paths"]["purelib"].get<std::string>().find("dist-packages") != std::string::npos;
  return fake;
}

std::vector<std::string> tag_texts(const packaging::SupportedTags& tags) {
  std::vector<std::string> out;
  for (const packaging::Tag& tag : tags.tags()) out.push_back(tag.str());
  return out;
}

Json marker_json(const packaging::MarkerEnvironment& m) {
  return {{"implementation_name", m.implementation_name}, {"implementation_version", m.implementation_version}, {"os_name", m.os_name},
          {"platform_machine", m.platform_machine}, {"platform_release", m.platform_release}, {"platform_system", m.platform_system},
          {"platform_version", m.platform_version}, {"python_full_version", m.python_full_version},
          {"platform_python_implementation", m.platform_python_implementation}, {"python_version", m.python_version},
          {"sys_platform", m.sys_platform}};
}

}  // namespace

TEST_CASE("tags, markers and paths read from files equal those recorded inside the interpreter", "[python]") {
  REQUIRE(golden_files().size() >= 9);
  const std::string name = GENERATE(Catch::Generators::from_range(golden_files()));
  CAPTURE(name);
  const Json json = golden(name);
  sys::TempDir holder;
  const std::string prefix = temp(holder) + "/usr";
  const auto python = inspect_interpreter(make_fake(fake_of(json, prefix)), files_only());
  REQUIRE(python);
  CHECK(tag_texts(python->tags) == json["tags"].get<std::vector<std::string>>());
  CHECK(marker_json(python->markers) == json["markers"]);
  const Json& paths = json["paths"];
  CHECK(python->paths.stdlib == placed(paths["stdlib"], prefix));
  CHECK(python->paths.platstdlib == placed(paths["platstdlib"], prefix));
  CHECK(python->paths.purelib == placed(paths["purelib"], prefix));
  CHECK(python->paths.platlib == placed(paths["platlib"], prefix));
  CHECK(python->paths.scripts == placed(paths["scripts"], prefix));
  CHECK(python->paths.data == placed(paths["data"], prefix));
  CHECK(python->paths.headers == placed(paths["include"], prefix));
  CHECK(python->site_packages == all_placed(json["site_packages"], prefix));
  CHECK(python->user_site == "/home/nobody" + json["user_site"].get<std::string>().substr(1));
  CHECK(python->prefix == prefix);
  CHECK_FALSE(python->was_run);
  CHECK_FALSE(python->is_venv);
}

TEST_CASE("Debian before 3.10 keeps packages where distutils did, though its sysconfig does not say so", "[python]") {
  sys::TempDir holder;
  FakePython fake;
  fake.prefix = temp(holder) + "/usr";
  fake.xy = "3.9";
  fake.full_version = "3.9.2";
  const std::string executable = make_fake(fake), library = fake.prefix + "/lib/python3.9";
  put(library + "/sysconfig.py", "_INSTALL_SCHEMES = {'posix_prefix': {}}\n");
  put(library + "/site.py", "os.path.join(prefix, \"local/lib\",\n  \"python\" + sys.version[:3],\n  \"dist-packages\")\n");
  const auto python = inspect_interpreter(executable, files_only());
  REQUIRE(python);
  const std::string local = fake.prefix + "/local";
  CHECK(python->paths.purelib == local + "/lib/python3.9/dist-packages");
  CHECK(python->paths.platlib == python->paths.purelib);
  CHECK(python->paths.scripts == local + "/bin");
  CHECK(python->paths.data == local);
  CHECK(python->site_packages == std::vector<std::string>{local + "/lib/python3.9/dist-packages", fake.prefix + "/lib/python3/dist-packages",
                                                          library + "/dist-packages"});
}

TEST_CASE("the exact version comes from Py_Version, else from the header, else from the library's own text", "[python]") {
  sys::TempDir holder;
  FakePython fake;
  fake.prefix = temp(holder);
  fake.xy = "3.13";
  std::string full = "3.13.0", spelled = "3.13.0";
  SECTION("a candidate, by the symbol") {
    fake.hex = 0x030d00c2;
    fake.header = false;
    full = "3.13.0rc2";
    spelled = "3.13.0c2";
  }
  SECTION("an alpha, by the header") {
    fake.full_version = full = spelled = "3.13.0a4";
  }
  SECTION("a build between releases: only the header shows the plus") {
    fake.hex = 0x030d01f0;
    fake.full_version = full = "3.13.1+";
    spelled = "3.13.1";
  }
  SECTION("a lone string in .rodata") {
    fake.header = false;
    fake.elf.extra = std::string("\0""3.13.x\0""3.13.\0""3.13.4\0rest", 24);
    full = spelled = "3.13.4";
  }
  const auto python = inspect_interpreter(make_fake(fake), files_only());
  REQUIRE(python);
  CHECK(python->full_version == full);
  CHECK(python->markers.python_full_version == full);
  CHECK(python->markers.implementation_version == spelled);
}

TEST_CASE("files that contradict each other or are missing make pipit ask, and say so when it may not", "[python]") {
  sys::TempDir holder;
  FakePython fake;
  fake.prefix = temp(holder);
  std::string why;
  SECTION("headers of another release") {
    fake.hex = 0x030c02f0;
    why = "headers are of another version";
  }
  SECTION("no version anywhere") {
    fake.header = false;
    why = "no file tells its exact version";
  }
  SECTION("two version texts in .rodata") {
    fake.header = false;
    fake.elf.extra = std::string("\0""3.12.1\0""3.12.2\0", 15);
    why = "no file tells its exact version";
  }
  SECTION("a debug flag in one place only") {
    fake.hex = 0x030c01f0;
    fake.sysconfig_extra = " 'Py_DEBUG': 1,\n";
    why = "debug build in part";
  }
  SECTION("a vendor's schemes that are not known here") {
    fake.hex = 0x030c01f0;
    put(fake.prefix + "/lib/python3.12/sysconfig.py", "'rpm_prefix'");
    why = "vendor changed";
  }
  const auto python = inspect_interpreter(make_fake(fake), files_only());
  REQUIRE_FALSE(python);
  CHECK(python.error().code == kNotAnInterpreter);
  CHECK(python.error().message.find(why) != std::string::npos);
}

TEST_CASE("a free-threaded build is told from the usual one in the same prefix", "[python]") {
  sys::TempDir holder;
  FakePython usual, threaded;
  usual.prefix = threaded.prefix = temp(holder);
  usual.xy = threaded.xy = "3.13";
  usual.full_version = threaded.full_version = "3.13.2";
  usual.hex = threaded.hex = 0x030d02f0;
  threaded.flags = "t";
  make_fake(usual);
  CHECK(sys::remove_tree(usual.prefix + "/bin/python3"));
  CHECK(sys::remove_tree(usual.prefix + "/bin/python"));
  make_fake(threaded);
  const auto t = inspect_interpreter(usual.prefix + "/bin/python3.13t", files_only());
  REQUIRE(t);
  CHECK(t->abi_flags == "t");
  CHECK(t->paths.purelib == usual.prefix + "/lib/python3.13t/site-packages");
  CHECK(t->paths.headers == usual.prefix + "/include/python3.13t");
  CHECK(t->user_site == "/home/nobody/.local/lib/python3.13t/site-packages");
  CHECK(t->tags.tags()[0].str() == "cp313-cp313t-linux_x86_64");
  const auto u = inspect_interpreter(usual.prefix + "/bin/python3.13", files_only());
  REQUIRE(u);
  CHECK(u->abi_flags.empty());
  CHECK(u->tags.tags()[0].str() == "cp313-cp313-linux_x86_64");
}

TEST_CASE("a shared build gets its version from the library that $ORIGIN leads to", "[python]") {
  sys::TempDir holder;
  FakePython fake;
  fake.prefix = temp(holder);
  fake.header = false;
  fake.elf.needed = {"libpython3.12.so.1.0", "libc.so.6"};
  fake.elf.run_path = "$ORIGIN/../lib";
  ElfSpec library;
  library.py_version = 0x030c07f0;
  put(fake.prefix + "/lib/libpython3.12.so.1.0", make_elf(library));
  const std::string real = make_fake(fake);
  const auto python = inspect_interpreter(real, files_only());
  REQUIRE(python);
  CHECK(python->full_version == "3.12.7");
}

TEST_CASE("libc and machine follow the binary, not the kernel pipit runs on", "[python]") {
  sys::TempDir holder;
  FakePython fake;
  fake.prefix = temp(holder);
  auto options = files_only();
  std::string first, machine = "x86_64";
  SECTION("musl") {
    fake.loader_name = "ld-musl-x86_64.so.1";
    make_fake(fake);
    put(fake.prefix + "/loader/ld-musl-x86_64.so.1", std::string("\x7f" "ELF\0""1.2.5\0musl libc", 21));
    const auto python = inspect_interpreter(fake.prefix, options);
    REQUIRE(python);
    CHECK(python->tag_target.libc == packaging::Libc::musl);
    CHECK(python->tag_target.libc_minor == 2);
    return;
  }
  SECTION("an unknown libc promises nothing") {
    fake.libc_banner = "";
    const auto python = inspect_interpreter(make_fake(fake), options);
    REQUIRE(python);
    for (const packaging::Tag& tag : python->tags.tags()) CHECK(tag.platform.find("linux_2_") == std::string::npos);
    return;
  }
  SECTION("32 bits on a 64-bit kernel") {
    fake.elf.machine = 3;
    fake.elf.wide = false;
    first = "linux_i686";
  }
  SECTION("hard-float ARM on an aarch64 kernel") {
    fake.elf.machine = 40;
    fake.elf.wide = false;
    fake.elf.flags = 0x05000400;
    options.machine->machine = machine = "aarch64";
    first = "linux_armv8l";
  }
  SECTION("a foreign architecture, big-endian") {
    fake.elf.machine = 22;
    fake.elf.little = false;
    first = "linux_s390x";
    machine = "s390x";
  }
  const auto python = inspect_interpreter(make_fake(fake), options);
  REQUIRE(python);
  CHECK(python->tags.tags()[0].platform == first);
  CHECK(python->markers.platform_machine == machine);
}

TEST_CASE("what is no Python pipit can serve is refused with a sentence", "[python]") {
  sys::TempDir holder;
  const std::string dir = temp(holder);
  struct Row {
    std::string name, content, code, words;
  };
  ElfSpec old, other;
  old.needed = {"libpython2.7.so.1.0"};
  other.needed = {"libc.so.6"};
  const std::vector<Row> rows = {
      {"python2.7", make_elf(old), "not-an-interpreter", "is Python 2.7; pipit needs a target of Python 3.6 or newer"},
      {"python3.5", make_elf(other), "not-an-interpreter", "is Python 3.5; pipit needs"},
      {"ls", make_elf(other), "not-an-interpreter", "is not a Python interpreter"},
      {"shim", "#!/bin/sh\nexec python3\n", "not-an-interpreter", "is a script, not a Python interpreter"},
      {"empty", "", "not-an-interpreter", "is not a Python interpreter"},
      {"cut", make_elf(old).substr(0, 80), "not-an-interpreter", "is not a Python interpreter"},
  };
  for (const Row& row : rows) {
    put(dir + "/" + row.name, row.content, 0755);
    const auto python = inspect_interpreter(dir + "/" + row.name, files_only());
    REQUIRE_FALSE(python);
    CHECK(python.error().code.id == row.code);
    CHECK(python.error().message.find(row.words) != std::string::npos);
  }
  const auto absent = inspect_interpreter(dir + "/nothing", files_only());
  REQUIRE_FALSE(absent);
  CHECK(absent.error().code == kNoInterpreter);
  CHECK(absent.error().message == "Could not locate Python interpreter " + dir + "/nothing");
}

TEST_CASE("an environment is known by pyvenv.cfg beside the unresolved name, and its home is followed through others", "[python]") {
  sys::TempDir holder;
  const std::string dir = temp(holder);
  FakePython fake;
  fake.prefix = dir + "/base";
  fake.managed = true;
  fake.hex = 0x030c01f0;
  const std::string base = make_fake(fake);
  CHECK(inspect_interpreter(base, files_only()).value().externally_managed == "Use apt.\n\nReally.");
  put(dir + "/env/pyvenv.cfg", "HOME = " + fake.prefix + "/bin\ninclude-system-site-packages = TRUE\nversion = 3.9.9\n");
  REQUIRE(sys::make_directories(dir + "/env/bin"));
  put_link(dir + "/env/bin/python", base);
  put(dir + "/inner/pyvenv.cfg", "home=" + dir + "/env/bin\ninclude-system-site-packages=false\n");
  REQUIRE(sys::make_directories(dir + "/inner/bin"));
  put_link(dir + "/inner/bin/python", dir + "/env/bin/python");
  const auto env = inspect_interpreter(dir + "/env", files_only());
  REQUIRE(env);
  CHECK(env->is_venv);
  CHECK(env->system_site_packages);
  CHECK(env->prefix == dir + "/env");
  CHECK(env->base_prefix == fake.prefix);
  CHECK(env->full_version == "3.12.1");
  CHECK_FALSE(env->externally_managed);
  CHECK(env->paths.headers == dir + "/env/include/site/python3.12");
  CHECK(env->paths.stdlib == fake.prefix + "/lib/python3.12");
  CHECK(env->site_packages == std::vector<std::string>{dir + "/env/lib/python3.12/site-packages", fake.prefix + "/lib/python3.12/site-packages"});
  CHECK(env->search_path == std::vector<std::string>{fake.prefix + "/lib/python3.12/site-packages"});
  const auto inner = inspect_interpreter(dir + "/inner/bin/python", files_only());
  REQUIRE(inner);
  CHECK(inner->prefix == dir + "/inner");
  CHECK_FALSE(inner->system_site_packages);
  CHECK(inner->base_executable == fake.prefix + "/bin/python");
}

TEST_CASE("an environment whose Python is gone is broken, not absent", "[python]") {
  sys::TempDir holder;
  const std::string dir = temp(holder);
  put(dir + "/env/pyvenv.cfg", "home = /nowhere/bin\n");
  REQUIRE(sys::make_directories(dir + "/env/bin"));
  for (const bool linked : {false, true}) {
    if (linked) put_link(dir + "/env/bin/python", "/nowhere/bin/python3");
    for (const std::string& named : {dir + "/env", dir + "/env/bin/python"}) {
      const auto python = inspect_interpreter(named, files_only());
      REQUIRE_FALSE(python);
      CHECK(python.error().code == kBrokenEnvironment);
      CHECK(python.error().message.find(dir + "/env is broken") != std::string::npos);
    }
  }
  put(dir + "/loop/pyvenv.cfg", "home = " + dir + "/loop/bin\n");
  FakePython fake;
  fake.prefix = dir + "/loop";
  const auto loop = inspect_interpreter(make_fake(fake), files_only());
  REQUIRE_FALSE(loop);
  CHECK(loop.error().code == kBrokenEnvironment);
}

TEST_CASE("the message of EXTERNALLY-MANAGED is chosen by locale as pip does", "[python]") {
  const std::string file = "# c\n[other]\nError=no\n[externally-managed]\nerror-de_AT = Servus\nError-de: Hallo\n  du\nError = Hello\n ; x\n\n  you\n";
  CHECK(managed_message(file, "de_AT.UTF-8", "/usr") == "Servus");
  CHECK(managed_message(file, "de_DE@euro", "/usr") == "Hallo\ndu");
  CHECK(managed_message(file, "C", "/usr") == "Hello\n\nyou");
  CHECK(managed_message(file, "", "/usr") == "Hello\n\nyou");
  for (const char* none : {"", "[externally-managed]\nX=1\n", "Error=outside\n", "[externally-managed]\nError=\xff\n"})
    CHECK(managed_message(none, "C", "/usr").rfind("The Python environment under /usr is managed externally", 0) == 0);
}

TEST_CASE("PyPy is read from its directory names and headers", "[python]") {
  sys::TempDir holder;
  const std::string dir = temp(holder);
  ElfSpec elf;
  elf.loader = dir + "/loader/ld-linux-x86-64.so.2";
  put(elf.loader, "");
  put(dir + "/loader/libc.so.6", "GNU C Library (x) stable release version 2.31.\n");
  put(dir + "/bin/pypy3.10", make_elf(elf), 0755);
  put_link(dir + "/bin/python3", "pypy3.10");
  put(dir + "/lib/pypy3.10/os.py", "");
  put(dir + "/lib/pypy3.10/_ctypes.pypy310-pp73-x86_64-linux-gnu.so", "");
  put(dir + "/include/pypy3.10/patchlevel.h", "#define PY_VERSION \"3.10.14\"\n#define PYPY_VERSION \"7.3.17\"\n");
  const auto python = inspect_interpreter(dir + "/bin/python3", files_only());
  REQUIRE(python);
  CHECK(python->implementation == "pypy");
  CHECK(python->markers.implementation_version == "7.3.17");
  CHECK(python->markers.platform_python_implementation == "PyPy");
  CHECK(python->markers.python_full_version == "3.10.14");
  CHECK(python->tags.tags()[0].str() == "pp310-pypy310_pp73-linux_x86_64");
  CHECK(python->paths.purelib == dir + "/lib/pypy3.10/site-packages");
}

TEST_CASE("path lines of .pth files are followed once, import lines never", "[python]") {
  sys::TempDir holder;
  const std::string dir = temp(holder);
  put(dir + "/site/b.pth", "# x\nimport os; os.mkdir('/x')\nimport\tsys\n../added  \r\n\n../absent\n../added\n../site\n");
  put(dir + "/site/a.pth", "\xef\xbb\xbf../first\nbad\n");
  put(dir + "/site/.hidden.pth", "../hidden\n");
  for (const char* name : {"added", "first", "hidden"}) REQUIRE(sys::make_directories(dir + "/" + name));
  CHECK(with_pth_directories({dir + "/site", dir + "/none", dir + "/site"}) ==
        std::vector<std::string>{dir + "/site", dir + "/first", dir + "/added"});
}

TEST_CASE("sysconfig data is read as the literal it is", "[python]") {
  constexpr std::array<std::string_view, 4> kWanted = {"A", "N", "E", "L"};
  const auto data = parse_sysconfig_literal("# c\nbuild_time_vars = {'A': 'x'\n  \"y\\'z\",\n 'N': -1, 'M': 'not asked for', 'E': None,}\n", kWanted);
  REQUIRE(data);
  CHECK(data->at("A") == "xy'z");
  CHECK(data->at("N") == "-1");
  CHECK(data->at("E").empty());
  CHECK(data->size() == 3);
  for (const char* bad : {"", "build_time_vars = ", "build_time_vars = {'A'", "build_time_vars = {'A': 'x\\", "build_time_vars = {'A': 'x", "build_time_vars = {'A': 'x' 3}",
                          "build_time_vars = {A: 1}", "build_time_vars = {'A': 1"})
    CHECK_FALSE(parse_sysconfig_literal(bad, kWanted));
  CHECK(parse_sysconfig_json(R"({"A": "x", "N": 3, "L": [], "M": 1})", kWanted)->size() == 2);
  CHECK_FALSE(parse_sysconfig_json("[1", kWanted));
  CHECK(abi_flags_of_sysconfig_name("_sysconfigdata_td_linux_x86_64-linux-gnu.py") == "td");
  CHECK(abi_flags_of_sysconfig_name("_sysconfigdata__x86_64-linux-gnu.py").value().empty());
  CHECK_FALSE(abi_flags_of_sysconfig_name("_sysconfigdata_.py"));
  CHECK_FALSE(abi_flags_of_sysconfig_name("sysconfig.py"));
}

TEST_CASE("libc versions are read from banners", "[python]") {
  CHECK(glibc_banner_version("x GNU C Library (GNU libc) development release version 2.40.9000.\n") == std::pair(2, 40));
  CHECK(glibc_banner_version("GNU C Library \n GNU C Library (b) stable release version 2.17, by\n") == std::pair(2, 17));
  CHECK_FALSE(glibc_banner_version("GNU C Library (b) stable release version x"));
  using namespace std::string_view_literals;
  CHECK(glibc_asked_for("x\0GLIBC_2.34\0GLIBC_2.2.5\0GLIBC_2.9\0"sv) == std::pair(2, 34));
  CHECK_FALSE(glibc_asked_for("x\0GLIBC_PRIVATE\0GLIBCXX_3.4\0GLIBC_2.34"sv));
  CHECK(libc_of_loader("/nonexistent/ld-linux.so.2", "\0GLIBC_2.17\0"sv).minor == 17);
  CHECK_FALSE(libc_of_loader("/nonexistent/ld-linux.so.2", "\0GLIBC_PRIVATE\0"sv).known);
  CHECK(musl_loader_version(std::string_view("\0""1.\0""1.2.5-git-20-g0\0", 20)) == std::pair(1, 2));
  CHECK_FALSE(musl_loader_version(std::string_view("\0""1.2.5", 6)));
  CHECK_FALSE(musl_loader_version(std::string_view("\0""1.2.x\0", 7)));
}

TEST_CASE("pyvenv.cfg is read as CPython reads it", "[python]") {
  const auto cfg = parse_pyvenv_cfg(" Home = /a = b \r\nhome=/second\nInclude-System-Site-Packages=True\nversion_info = 3.9.1.final.0\nnoise\n");
  CHECK(cfg.home == "/a = b");
  CHECK(cfg.system_site_packages);
  CHECK(cfg.version == "3.9.1.final.0");
  CHECK(parse_pyvenv_cfg("home=x\n").system_site_packages);  // site's default
  CHECK_FALSE(parse_pyvenv_cfg("include-system-site-packages = yes\n").system_site_packages);
  CHECK(python_repr("a'b") == "\"a'b\"");
  CHECK(python_repr("a'\"\n\\\x01") == "'a\\'\"\\n\\\\\\x01'");
}

TEST_CASE("every cut and every flipped byte of an ELF file is survived", "[python]") {
  ElfSpec spec;
  spec.loader = "/lib/ld.so";
  spec.needed = {"libpython3.12.so.1.0"};
  spec.run_path = "/x";
  spec.py_version = 0x030c01f0;
  const std::string whole = make_elf(spec);
  const auto elf = ElfFile::parse(as_bytes_view(whole));
  REQUIRE(elf);
  CHECK(elf->exported_word("Py_Version") == 0x030c01f0);
  CHECK_FALSE(elf->exported_word("Py_Ver"));
  CHECK(elf->needed() == spec.needed);
  std::size_t read = 0;
  for (std::size_t i = 0; i < whole.size(); ++i) {
    const std::string cut = whole.substr(0, i);
    if (const auto part = ElfFile::parse(as_bytes_view(cut))) read += part->exported_word("Py_Version").has_value();
    for (const int bits : {0x80, 0xff}) {
      std::string flipped = whole;
      flipped[i] = static_cast<char>(flipped[i] ^ bits);
      if (const auto other = ElfFile::parse(as_bytes_view(flipped))) read += other->exported_word("Py_Version").has_value();
    }
  }
  CHECK(read > 0);
}
