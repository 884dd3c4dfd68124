// Where an installation goes if nobody says so. Rows as pip 26.3 decides.
#include "ops/user_site.h"

#include <catch2/catch_test_macros.hpp>

#include <set>

using namespace pipit;
using namespace pipit::ops;

namespace {

python::Interpreter system_python() {
  python::Interpreter python;
  python.paths.purelib = python.paths.platlib = "/usr/lib/python3/site-packages";
  python.user_base = "/home/ann/.local";
  python.user_site = "/home/ann/.local/lib/python3.11/site-packages";
  return python;
}

python::Interpreter venv(bool sees_system) {
  python::Interpreter python = system_python();
  python.is_venv = true;
  python.system_site_packages = sees_system;
  return python;
}

bool choose(const InstallOptions& options, const python::Interpreter& target, bool is_enabled, bool can_write) {
  auto chosen = goes_to_user_site(options, target, is_enabled, "/work", [&](const auto&) { return can_write; });
  REQUIRE(chosen);
  return *chosen;
}

}  // namespace

TEST_CASE("an environment that cannot be written gives way to the user's directory, unless something speaks against it", "[ops]") {
  InstallOptions prefix, target, no_user, asked;
  prefix.prefix = "p";
  target.target = "t";
  no_user.user = false;
  asked.user = true;
  CHECK(choose({}, system_python(), true, false));
  CHECK(choose({}, venv(true), true, false));
  CHECK_FALSE(choose({}, system_python(), true, true));
  CHECK_FALSE(choose({}, system_python(), false, false));
  CHECK_FALSE(choose({}, venv(false), true, false));
  CHECK_FALSE(choose(prefix, system_python(), true, false));
  CHECK_FALSE(choose(target, system_python(), true, false));
  CHECK_FALSE(choose(no_user, system_python(), true, false));
  CHECK(choose(asked, system_python(), true, true));
}

TEST_CASE("an installation for the user is refused where Python would not look", "[ops]") {
  InstallOptions asked;
  asked.user = true;
  auto message = [&](const python::Interpreter& python, bool is_enabled) {
    auto chosen = goes_to_user_site(asked, python, is_enabled, "/work", [](const auto&) { return true; });
    return chosen ? std::string() : chosen.error().message;
  };
  CHECK(message(venv(false), true) == "Can not perform a '--user' install. User site-packages are not visible in this virtualenv.");
  CHECK(message(system_python(), false) == "Can not perform a '--user' install. User site-packages are disabled for this Python.");
  CHECK(message(venv(true), true).empty());
}

TEST_CASE("with --root, what counts is what lies below it; pure and platform files are both looked at", "[ops]") {
  InstallOptions rooted;
  rooted.root = "image";
  std::set<std::string> asked;
  python::Interpreter python = system_python();
  python.paths.platlib = "/usr/lib64/python3/site-packages";
  auto chosen = goes_to_user_site(rooted, python, true, "/work", [&](const std::filesystem::path& path) { return asked.insert(path.string()).second; });
  REQUIRE(chosen);
  CHECK_FALSE(*chosen);
  CHECK(asked == std::set<std::string>{"/work/image/usr/lib/python3/site-packages", "/work/image/usr/lib64/python3/site-packages"});
  chosen = goes_to_user_site({}, python, true, "/work", [](const std::filesystem::path& path) { return path.string().find("lib64") == std::string::npos; });
  CHECK(chosen.value());
}
