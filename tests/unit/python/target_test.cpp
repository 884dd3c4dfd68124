// The ladder: which interpreter is taken, and why. Only files; nothing is run.
#include <catch2/catch_test_macros.hpp>

#include "python/pyenv.h"
#include "unit/python/fake_python.h"

using namespace pipit;
using namespace pipit::python;
using namespace pipit::test;

namespace {

struct World {
  sys::TempDir holder;
  std::string dir;
  TargetRequest request;

  World() {
    auto made = sys::TempDir::create({}, "pipit-target-");
    REQUIRE(made);
    holder = std::move(*made);
    dir = holder.path().string();
    python("p12", "3.12", 0x030c01f0);
    python("p13", "3.13", 0x030d02f0);
    for (const char* name : {"venv", "other", "work/.venv", "started"}) environment(name);
    request.current_directory = dir + "/empty";
    REQUIRE(sys::make_directories(dir + "/empty"));
    request.path_variable = ":relative:./x:" + dir + "/shims:" + dir + "/p12/bin:" + dir + "/p13/bin";
  }
  void python(const std::string& name, const std::string& xy, std::uint64_t hex, const std::string& flags = "") {
    FakePython fake;
    fake.prefix = dir + "/" + name;
    fake.xy = xy;
    fake.hex = hex;
    fake.flags = flags;
    fake.header = false;
    make_fake(fake);
  }
  void environment(const std::string& name) {
    put(dir + "/" + name + "/pyvenv.cfg", "home = " + dir + "/p12/bin\ninclude-system-site-packages = false\n");
    REQUIRE(sys::make_directories(dir + "/" + name + "/bin"));
    put_link(dir + "/" + name + "/bin/python", dir + "/p12/bin/python3");
  }
  // "prefix (why)" of what is taken, below the world's directory; or "error: ...".
  std::string taken() const {
    const auto target = find_target(request, files_only());
    std::string text = target ? target->interpreter.prefix + " " + target->reason : "error: " + target.error().message;
    for (std::size_t at = text.find(dir); at != std::string::npos; at = text.find(dir)) text.replace(at, dir.size(), "@");
    return text;
  }
};

}  // namespace

TEST_CASE("every rung of the target ladder yields to the one above it", "[python]") {
  World world;
  TargetRequest& r = world.request;
  CHECK(world.taken() == "@/p12 @/p12/bin/python3 (the first Python on PATH)");
  r.current_directory = world.dir + "/work";
  CHECK(world.taken() == "@/work/.venv @/work/.venv (.venv in the current directory)");
  r.started_as_pip = true;
  CHECK(world.taken() == "@/p12 @/p12/bin/python3 (the first Python on PATH)");
  r.started_as_pip = false;
  r.conda_prefix = world.dir + "/p13";
  CHECK(world.taken() == "@/p13 @/p13/bin/python (CONDA_PREFIX)");
  r.virtual_env = world.dir + "/venv";
  CHECK(world.taken() == "@/venv @/venv (VIRTUAL_ENV)");
  r.started_as = world.dir + "/started/bin/pipit";
  CHECK(world.taken() == "@/started @/started (pipit was started from there)");
  r.pip_python = world.dir + "/other";
  CHECK(world.taken() == "@/other @/other (PIP_PYTHON)");
  r.explicit_python = world.dir + "/p13/bin/python3";
  CHECK(world.taken() == "@/p13 @/p13/bin/python3 (--python)");
}

TEST_CASE("option --python takes a path, a directory, a version or a name on PATH", "[python]") {
  World world;
  struct Row {
    std::string words, taken;
  };
  const std::vector<Row> rows = {{"3", "@/p12 @/p12/bin/python3 (--python)"},
                                 {"3.13", "@/p13 @/p13/bin/python3.13 (--python)"},
                                 {"3.13.2", "@/p13 @/p13/bin/python3.13 (--python)"},
                                 {"3.13.1", "error: Could not locate Python interpreter 3.13.1"},
                                 {"3.11", "error: Could not locate Python interpreter 3.11"},
                                 {"3.13t", "error: Could not locate Python interpreter 3.13t"},
                                 {"python3.13", "@/p13 @/p13/bin/python3.13 (--python)"},
                                 {"../venv", "@/venv @/venv (--python)"},
                                 {"../venv/bin/python", "@/venv @/venv (--python)"},
                                 {"../nothing", "error: Could not locate Python interpreter ../nothing"},
                                 {"../empty", "error: Could not locate Python interpreter ../empty"},
                                 {"python9", "error: Could not locate Python interpreter python9"},
                                 {"", "error: Could not locate Python interpreter "}};
  for (const Row& row : rows) {
    world.request.explicit_python = row.words;
    CHECK(world.taken() == row.taken);
  }
  world.python("p13t", "3.13", 0x030d03f0, "t");
  world.request.path_variable += ":" + world.dir + "/p13t/bin";
  world.request.explicit_python = "3.13t";
  CHECK(world.taken() == "@/p13t @/p13t/bin/python3.13t (--python)");
  world.request.explicit_python = "3.13";
  CHECK(world.taken() == "@/p13 @/p13/bin/python3.13 (--python)");
}

TEST_CASE("a named environment that is broken or gone is an error, not a reason to take another", "[python]") {
  World world;
  world.request.virtual_env = world.dir + "/gone";
  CHECK(world.taken() == "error: VIRTUAL_ENV names @/gone, which is not an environment");
  world.request.virtual_env.clear();
  world.request.current_directory = world.dir + "/work";
  REQUIRE(sys::remove_tree(world.dir + "/work/.venv/bin/python"));
  CHECK(world.taken() == "error: the environment @/work/.venv is broken: @/work/.venv/bin/python does not exist");
  world.request.conda_prefix = world.dir + "/empty";  // a conda environment without Python
  REQUIRE(sys::remove_tree(world.dir + "/work/.venv"));
  CHECK(world.taken() == "@/p12 @/p12/bin/python3 (the first Python on PATH)");
}

TEST_CASE("started as pip3.13, the version in the name counts; beside a Python, that Python", "[python]") {
  World world;
  world.request.started_as_pip = true;
  world.request.started_as = world.dir + "/tools/pip3.13";
  CHECK(world.taken() == "@/p13 @/p13/bin/python3.13 (the name pipit was started by)");
  world.request.started_as = world.dir + "/p13/bin/pip";
  CHECK(world.taken() == "@/p13 @/p13/bin/python3 (pipit was started from there)");
  world.request.started_as_pip = false;
  CHECK(world.taken() == "@/p12 @/p12/bin/python3 (the first Python on PATH)");
}

TEST_CASE("PATH: old Pythons, directories and unusable files are passed over, and told when nothing is left", "[python]") {
  World world;
  ElfSpec old;
  old.needed = {"libpython2.7.so.1.0"};
  put(world.dir + "/old/python", make_elf(old), 0755);
  REQUIRE(sys::make_directories(world.dir + "/odd/python3"));
  world.request.path_variable = world.dir + "/old:" + world.dir + "/odd:" + world.dir + "/p13/bin";
  CHECK(world.taken() == "@/p13 @/p13/bin/python3 (the first Python on PATH)");
  world.request.path_variable = world.dir + "/old";
  CHECK(world.taken() == "error: there is no python3 or python on PATH");
  const auto none = find_target(world.request, files_only());
  REQUIRE(none.error().also.size() == 1);
  CHECK(none.error().also[0].message.find("is Python 2.7") != std::string::npos);
  // In the current directory, and PATH says so by being empty or relative: never taken.
  world.request.current_directory = world.dir + "/p12/bin";
  world.request.path_variable = "::.:bin";
  CHECK(world.taken() == "error: there is no python3 or python on PATH");
}

TEST_CASE("a pyenv shim stands for what pyenv's files choose", "[python]") {
  World world;
  const std::string root = world.dir + "/pyenv";
  world.python("pyenv/versions/3.12.1", "3.12", 0x030c01f0);
  world.python("pyenv/versions/3.13.2", "3.13", 0x030d02f0);
  put(root + "/shims/python3", "#!/usr/bin/env bash\nset -e\nexport PYENV_ROOT=\"" + root + "\"\nexec pyenv exec python3 \"$@\"\n", 0755);
  put(root + "/version", "3.13.2\n");
  world.request.path_variable = root + "/shims:" + world.dir + "/p12/bin";
  CHECK(world.taken() == "@/pyenv/versions/3.13.2 @/pyenv/versions/3.13.2/bin/python3 (the first Python on PATH)");
  put(world.dir + "/empty/.python-version", "# mine\n3.12.1\n");
  CHECK(world.taken() == "@/pyenv/versions/3.12.1 @/pyenv/versions/3.12.1/bin/python3 (the first Python on PATH)");
  auto options = files_only();
  options.environment.emplace_back("PYENV_VERSION", "3.13.2:3.12.1");
  CHECK(find_target(world.request, options).value().interpreter.prefix == root + "/versions/3.13.2");
  put(world.dir + "/empty/.python-version", "system\n");
  CHECK(world.taken() == "@/p12 @/p12/bin/python3 (the first Python on PATH)");
  put(world.dir + "/empty/.python-version", "../../p13\n");
  CHECK(world.taken() == "@/p12 @/p12/bin/python3 (the first Python on PATH)");
  // A version that no shim leads to at present.
  world.request.explicit_python = "3.13";
  CHECK(world.taken() == "@/pyenv/versions/3.13.2 @/pyenv/versions/3.13.2/bin/python (--python)");
  world.request.explicit_python = root + "/shims/python3";
  put(world.dir + "/empty/.python-version", "3.12.1");
  CHECK(world.taken() == "@/pyenv/versions/3.12.1 @/pyenv/versions/3.12.1/bin/python3 (--python)");
}

TEST_CASE("a script on PATH is asked only when nothing else is there, and only if that is allowed", "[python]") {
  World world;
  put(world.dir + "/wrap/python3", "#!/bin/sh\necho 'PIPIT-ANSWER {\"version\": [3, 12, 1], \"executable\": \"" + world.dir + "/p12/bin/python3\"}'\n", 0755);
  world.request.path_variable = world.dir + "/wrap";
  auto options = files_only();
  CHECK_FALSE(find_target(world.request, options));
  options.may_run = true;
  const auto target = find_target(world.request, options);
  REQUIRE(target);
  CHECK(target->interpreter.executable == world.dir + "/p12/bin/python3");
}

TEST_CASE("a base for an environment is found the same way, without the ladder", "[python]") {
  World world;
  world.request.virtual_env = world.dir + "/venv";
  CHECK(find_base({}, world.request, files_only()).value().prefix == world.dir + "/p12");
  CHECK(find_base("3.13", world.request, files_only()).value().prefix == world.dir + "/p13");
  CHECK(find_base(world.dir + "/venv", world.request, files_only()).value().base_executable == world.dir + "/p12/bin/python");
}
