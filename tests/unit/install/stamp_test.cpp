#include "pipit/install/stamp.h"

#include <sys/stat.h>

#include <catch2/catch_test_macros.hpp>

#include "unit/install/install_world.h"

using namespace pipit;
using namespace pipit::test;
using install::Stamp;

namespace {

const std::string kDigest(64, 'a');

Stamp two_projects() {
  Stamp stamp;
  stamp.projects = {{"demo", "1.0", "demo-1.0.dist-info", kDigest, {{"sha256", std::string(64, 'b')}, {"sha512", std::string(128, 'c')}}},
                    {"other", "2", "other-2.dist-info", kDigest, {{"sha256", std::string(64, 'd')}}}};
  return stamp;
}

void set_mode(const std::filesystem::path& path, unsigned mode) { REQUIRE(::chmod(path.c_str(), mode) == 0); }

}  // namespace

TEST_CASE("a stamp is read as it was written, and no projects are no stamp", "[install]") {
  const auto read = Stamp::from_bytes(two_projects().to_bytes());
  REQUIRE(read);
  CHECK(read->projects == two_projects().projects);
  REQUIRE(read->find("other-2.dist-info") != nullptr);
  CHECK(read->find("other-3.dist-info") == nullptr);
  CHECK(Stamp().to_bytes().empty());
}

TEST_CASE("a stamp with any other byte, or one less, is refused", "[install][F27]") {
  const std::string whole = two_projects().to_bytes();
  for (std::size_t at = 0; at < whole.size(); ++at) {
    std::string changed = whole;
    changed[at] = static_cast<char>(changed[at] ^ 1);
    CAPTURE(at);
    CHECK_FALSE(Stamp::from_bytes(changed));
    CHECK_FALSE(Stamp::from_bytes(whole.substr(0, at)));
  }
  CHECK_FALSE(Stamp::from_bytes(whole + "\n"));
}

TEST_CASE("what cannot be written on one line is left out of the stamp", "[install]") {
  Stamp stamp = two_projects();
  stamp.projects[0].version = "1.0 other 2";
  const auto read = Stamp::from_bytes(stamp.to_bytes());
  REQUIRE(read);
  CHECK(read->projects.size() == 1);
}

TEST_CASE("a stamp is believed only where no more people can write it than the environment", "[install][L3]") {
  InstallWorld world;
  const std::filesystem::path folder = world.environment() / ".pipit", file = folder / "stamp";
  const auto read = [&] { return install::read_stamp(sys::real_os(), world.environment()); };
  REQUIRE(read());
  CHECK(read()->projects.empty());
  world.write(file, two_projects().to_bytes());
  set_mode(world.environment(), 0755);
  set_mode(folder, 0755);
  set_mode(file, 0644);
  REQUIRE(read());
  CHECK(read()->projects.size() == 2);
  SECTION("the file is open to others") { set_mode(file, 0666); }
  SECTION("the folder is open to others") { set_mode(folder, 0777); }
  SECTION("it is damaged") { world.write(file, "pipit-stamp 1\n"); }
  SECTION("it is a link") {
    world.write(world.environment() / "elsewhere", two_projects().to_bytes());
    REQUIRE(sys::remove_tree(file));
    REQUIRE(sys::Dir::open(sys::real_os(), folder)->symlink("../elsewhere", "stamp"));
  }
  const auto refused = read();
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == install::kBadStamp);
}

TEST_CASE("an environment at rest keeps its stamp, and nothing is locked to look at it", "[install]") {
  InstallWorld world;
  const Package demo{"demo", "1.0", {{"demo.py", "x"}}, {}};
  install::TransactionOptions options;
  options.stamp = "first";
  REQUIRE(transact(sys::real_os(), world.target(), {}, {world.addition(demo)}, options));
  CHECK(world.image().at(".pipit/stamp").ends_with(" first"));
  CHECK_FALSE(world.image().contains(".pipit/lock"));
  const TreeImage at_rest = world.image();
  const auto recovered = install::recover(sys::real_os(), world.environment(), {}, {});
  REQUIRE(recovered);
  CHECK(*recovered == install::Recovered::nothing);
  CHECK(world.image() == at_rest);
  options.stamp.reset();
  REQUIRE(transact(sys::real_os(), world.target(), {world.removal(demo)}, {}, options));
  CHECK(world.image().at(".pipit/stamp").ends_with(" first"));
  options.stamp = "";
  REQUIRE(transact(sys::real_os(), world.target(), {}, {world.addition(demo)}, options));
  CHECK_FALSE(world.image().contains(".pipit"));
}
