#include "pipit/install/transaction.h"

#include <catch2/catch_test_macros.hpp>

#include "support/passing_os.h"
#include "unit/install/install_world.h"

using namespace pipit;
using namespace pipit::test;
using install::Transaction;

namespace {

Package package(const std::string& name, std::map<std::string, std::string> files, std::map<std::string, std::string> scripts = {}) {
  return {name, "1.0", std::move(files), std::move(scripts)};
}

Package demo() { return package("demo", {{"demo/__init__.py", "x = 1\n"}, {"ns/demo.py", "d"}}, {{"demo", "#!python\n"}}); }

std::vector<ErrorCode> codes(const Error& error) {
  std::vector<ErrorCode> out{error.code};
  for (const Error& more : error.also) out.push_back(more.code);
  return out;
}

install::Addition with_file(InstallWorld& world, const std::string& absolute) {
  install::Addition addition = world.addition(package("evil", {{"evil/__init__.py", ""}}));
  wheel::ImageFile file;
  put_at(addition.image, file, absolute);
  file.content = "evil\n";
  addition.image.files.push_back(file);
  return addition;
}

}  // namespace

TEST_CASE("files are links to the store, generated ones are not, modes are those of the umask", "[install]") {
  InstallWorld world;
  REQUIRE(transact(sys::real_os(), world.target(), {}, {world.addition(demo())}));
  const auto module = *sys::stat_path(world.site() / "demo/__init__.py").value();
  const auto stored = *sys::stat_path(world.addition(demo()).tree / "demo/__init__.py").value();
  CHECK(module.inode == stored.inode);
  CHECK(module.mode == (0666 & ~sys::current_umask()));
  CHECK(sys::stat_path(world.environment() / "bin/demo").value()->mode == ((0777 & ~sys::current_umask()) | 0111));
  CHECK_FALSE(sys::exists(world.environment() / ".pipit"));
}

namespace {

// Sees which files get a mode, and by which path they are known at that moment.
class ModeWatch final : public PassingOs {
 public:
  std::vector<std::string> files;
  int fchmod(int fd, mode_t mode) override {
    files.push_back(sys::read_link("/proc/self/fd/" + std::to_string(fd)).value_or(std::string()));
    return PassingOs::fchmod(fd, mode);
  }
};

}  // namespace

TEST_CASE("modes are set on the open descriptor of a file that was just made, never through a name", "[install][A6][L10]") {
  InstallWorld world;
  ModeWatch os;
  const mode_t before = ::umask(0077);
  const install::Addition addition = world.addition(demo());
  const Status done = transact(os, world.target(), {}, {addition});
  ::umask(before);
  REQUIRE(done);
  CHECK_FALSE(os.files.empty());  // the script: executable for all whatever the umask says
  for (const std::string& file : os.files) CHECK(file.find("/.pipit/txn-") != std::string::npos);
}

TEST_CASE("with --link-mode=copy or a store file of another mode the tree is the same and shares nothing", "[install][F24]") {
  InstallWorld world;
  install::Addition addition = world.addition(demo());
  REQUIRE(transact(sys::real_os(), world.target(), {}, {addition}));
  const TreeImage linked = world.image();
  for (const install::LinkMode mode : {install::LinkMode::copy, install::LinkMode::reflink}) {
    world.reset({});
    install::TransactionOptions options;
    options.link_mode = mode;
    REQUIRE(transact(sys::real_os(), world.target(), {}, {addition}, std::move(options)));
    CHECK(world.image() == linked);
    CHECK(sys::stat_path(world.site() / "demo/__init__.py").value()->inode != sys::stat_path(addition.tree / "demo/__init__.py").value()->inode);
  }
}

TEST_CASE("a store file that was edited through its link is noticed, and nothing is installed", "[install][L4][F27]") {
  InstallWorld world;
  const install::Addition addition = world.addition(demo());
  world.write(addition.tree / "demo/__init__.py", "x = 2  # longer\n");
  const TreeImage before = world.image();
  Diagnostics diagnostics;
  Transaction transaction = Transaction::begin(sys::real_os(), world.target(), {}).value();
  transaction.add(world.addition(package("other", {{"other.py", "o"}})));
  transaction.add(addition);
  const Status status = transaction.stage(diagnostics, {});
  REQUIRE_FALSE(status);
  CHECK(status.error().code == install::kStaleStoreFile);
  CHECK(transaction.stale_additions() == std::vector<std::size_t>{1});
  CHECK(world.image() == before);
}

TEST_CASE("two packages that write one file are refused naming both, unless the bytes are equal or it is allowed", "[install][S7]") {
  InstallWorld world;
  const Package first = package("first", {{"shared/__init__.py", "same"}, {"tool.py", "1"}});
  const Package second = package("second", {{"shared/__init__.py", "same"}, {"tool.py", "2"}});
  const TreeImage before = world.image();
  const Status refused = transact(sys::real_os(), world.target(), {}, {world.addition(first), world.addition(second)});
  REQUIRE_FALSE(refused);
  CHECK(codes(refused.error()) == std::vector<ErrorCode>{install::kOverlap});
  CHECK(refused.error().message.find("first 1.0 and second 1.0") != std::string::npos);
  CHECK(world.image() == before);
  install::TransactionOptions options;
  options.allow_overlap = {"second"};
  Diagnostics diagnostics;
  REQUIRE(transact(sys::real_os(), world.target(), {}, {world.addition(first), world.addition(second)}, std::move(options), &diagnostics));
  CHECK(sys::read_file(world.site() / "tool.py").value() == "2");
  CHECK(diagnostics.items().size() == 2);  // the note about equal bytes, the warning about the allowance
}

TEST_CASE("a file that an installed package owns is not overwritten by another one", "[install][A20][S11]") {
  InstallWorld world;
  const Package owner = package("owner", {{"owner/__init__.py", "mine"}, {"ns/shared.py", "equal"}});
  world.reset({owner});
  const TreeImage before = world.image();
  install::TransactionOptions options;
  options.staying = {world.installed(owner)};
  const Package thief = package("thief", {{"owner/__init__.py", "stolen"}, {"ns/shared.py", "equal"}, {"ns/thief.py", ""}});
  const Status refused = transact(sys::real_os(), world.target(), {}, {world.addition(thief)}, options);
  REQUIRE_FALSE(refused);
  CHECK(codes(refused.error()) == std::vector<ErrorCode>{install::kOverlap});
  CHECK(world.image() == before);
  SECTION("namespace directories are shared") {
    CHECK(transact(sys::real_os(), world.target(), {}, {world.addition(package("friend", {{"ns/friend.py", ""}}))}, options));
  }
  SECTION("another version of the same project overwrites its own") {
    Package newer = owner;
    newer.version = "2.0";
    newer.files["owner/__init__.py"] = "newer";
    CHECK(transact(sys::real_os(), world.target(), {}, {world.addition(newer)}, options));
  }
}

TEST_CASE("an unowned file is overwritten, as pip does it", "[install]") {
  InstallWorld world;
  world.write(world.site() / "demo/__init__.py", "left behind");
  REQUIRE(transact(sys::real_os(), world.target(), {}, {world.addition(demo())}));
  CHECK(sys::read_file(world.site() / "demo/__init__.py").value() == "x = 1\n");
}

TEST_CASE("the interpreter, pyvenv.cfg and the activate scripts are never overwritten, in any case", "[install][S3][S8][S9]") {
  InstallWorld world;
  const TreeImage before = world.image();
  for (const char* path : {"bin/python", "bin/python3", "bin/python3.12t", "bin/Python.exe", "bin/pypy3", "bin/activate", "bin/Activate.ps1",
                           "bin/activate_this.py", "pyvenv.cfg", "PYVENV.CFG", ".pipit/lock", "lib64"}) {
    CAPTURE(path);
    const Status refused = transact(sys::real_os(), world.target(), {}, {with_file(world, (world.environment() / path).string())});
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == install::kProtectedFile);
    CHECK(world.image() == before);
  }
  for (const char* path : {"bin/python-config", "bin/pythonic", "bin/activate-project", "share/pyvenv.cfg"}) {
    CAPTURE(path);
    CHECK(transact(sys::real_os(), world.target(), {}, {with_file(world, (world.environment() / path).string())}));
    world.reset({});
  }
}

TEST_CASE("the metadata directory of another distribution is never written", "[install][A20][S11]") {
  InstallWorld world;
  const TreeImage before = world.image();
  for (const char* path : {"other-1.0.dist-info/METADATA", "Other-1.0.DIST-INFO/RECORD"}) {
    CAPTURE(path);
    const Status refused = transact(sys::real_os(), world.target(), {}, {with_file(world, (world.site() / path).string())});
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == install::kForeignMetadata);
    CHECK(world.image() == before);
  }
  CHECK(transact(sys::real_os(), world.target(), {}, {with_file(world, (world.site() / "evil/vendored/other-1.0.dist-info/METADATA").string())}));
}

TEST_CASE("destinations outside the scheme are refused", "[install][S10]") {
  InstallWorld world;
  for (const std::string path : {"/etc/passwd", "relative", "/", "/../../etc/x"}) {
    CAPTURE(path);
    const std::string absolute = path == "/../../etc/x" ? world.environment().string() + path : path;
    const Status refused = transact(sys::real_os(), world.target(), {}, {with_file(world, absolute)});
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == install::kOutsideScheme);
  }
}

TEST_CASE("a package directory that was swapped for a link is replaced as a link, its target untouched", "[install][L5][L6]") {
  InstallWorld world;
  world.write(world.outside() / "__init__.py", "precious");
  const sys::Dir site = sys::Dir::open(sys::real_os(), world.site()).value();
  REQUIRE(site.symlink(world.outside().string(), "demo"));
  Diagnostics diagnostics;
  REQUIRE(transact(sys::real_os(), world.target(), {}, {world.addition(demo())}, {}, &diagnostics));
  CHECK(site.stat("demo").value()->kind == sys::FileStat::Kind::directory);
  CHECK(sys::read_file(world.outside() / "__init__.py").value() == "precious");
  CHECK(diagnostics.items().size() == 1);
}

TEST_CASE("a link in place of a directory outside site-packages is refused", "[install][L5]") {
  InstallWorld world;
  world.write(world.outside() / "kept", "precious");
  const sys::Dir root = sys::Dir::open(sys::real_os(), world.environment()).value();
  REQUIRE(root.symlink(world.outside().string(), "share"));
  const Status refused = transact(sys::real_os(), world.target(), {}, {with_file(world, (world.environment() / "share/x").string())});
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == install::kInTheWay);
}

TEST_CASE("an environment and a site directory that are reached through links work; a link to nothing stops", "[install][L5]") {
  InstallWorld world;
  const sys::Dir root = sys::Dir::open(sys::real_os(), world.environment()).value();
  REQUIRE(root.symlink("lib", "lib64"));
  const sys::Dir above = sys::Dir::open(sys::real_os(), world.environment().parent_path()).value();
  REQUIRE(above.symlink("venv", "venv-link"));
  install::Target target = world.target();
  target.root = world.environment().parent_path() / "venv-link";
  target.scheme.platlib = (world.environment() / "lib64/python3.11/site-packages").string();
  install::Addition addition = world.addition(demo());
  for (wheel::ImageFile& file : addition.image.files)
    if (const std::size_t at = file.path().find("/lib/"); at != std::string::npos) put_at(addition.image, file, file.path().replace(at, 5, "/lib64/"));
  REQUIRE(transact(sys::real_os(), target, {}, {addition}));
  CHECK(sys::is_regular_file(world.site() / "demo/__init__.py"));
  REQUIRE(root.symlink("nowhere", "broken"));
  target.scheme.headers = (world.environment() / "broken/x").string();
  CHECK(transact(sys::real_os(), target, {}, {addition}).error().code == install::kInTheWay);
}

TEST_CASE("a folder .pipit that somebody planted as a link is not entered", "[install][L1][L2]") {
  InstallWorld world;
  world.write(world.outside() / "kept", "precious");
  const sys::Dir root = sys::Dir::open(sys::real_os(), world.environment()).value();
  REQUIRE(root.symlink(world.outside().string(), ".pipit"));
  CHECK_FALSE(transact(sys::real_os(), world.target(), {}, {world.addition(demo())}));
  CHECK(tree_image(world.outside()).size() == 1);
}

TEST_CASE("a file where a directory is needed, or the other way round, is refused before anything is written", "[install]") {
  InstallWorld world;
  world.write(world.site() / "demo", "a file");
  world.write(world.site() / "other/user.txt", "a directory with somebody's file");
  const TreeImage before = world.image();
  const Status refused =
      transact(sys::real_os(), world.target(), {}, {world.addition(demo()), world.addition(package("other", {{"other", "file"}}))});
  REQUIRE_FALSE(refused);
  CHECK(codes(refused.error()) == std::vector<ErrorCode>{install::kInTheWay, install::kInTheWay});
  CHECK(world.image() == before);
  const Status clash = transact(sys::real_os(), world.target(), {},
                                {world.addition(package("a", {{"thing", "file"}})), world.addition(package("b", {{"thing/x.py", ""}}))});
  CHECK(clash.error().code == install::kOverlap);
}

TEST_CASE("a change by another program between planning and commit stops everything", "[install][F14]") {
  InstallWorld world;
  install::TransactionOptions options;
  options.snapshot = install::take_snapshot(sys::real_os(), {world.site().string()}).value();
  SECTION("a package that came") { world.write(world.site() / "late-1.0.dist-info/METADATA", "x"); }
  SECTION("a module that came") { world.write(world.site() / "late.py", "x"); }
  const TreeImage before = world.image();
  const Status refused = transact(sys::real_os(), world.target(), {}, {world.addition(demo())}, std::move(options));
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == install::kEnvironmentChanged);
  CHECK(world.image() == before);
}

TEST_CASE("byte code that Python caches meanwhile is no change", "[install][F14]") {
  InstallWorld world;
  install::TransactionOptions options;
  options.snapshot = install::take_snapshot(sys::real_os(), {world.site().string()}).value();
  world.write(world.site() / "__pycache__/x.cpython-311.pyc", "x");
  CHECK(transact(sys::real_os(), world.target(), {}, {world.addition(demo())}, std::move(options)));
}

TEST_CASE("a file that appears in a directory about to be removed whole stops everything", "[install][F28]") {
  InstallWorld world;
  world.reset({demo()});
  Diagnostics diagnostics;
  Transaction transaction = Transaction::begin(sys::real_os(), world.target(), {}).value();
  transaction.remove(world.removal(demo()));
  REQUIRE(transaction.stage(diagnostics, {}));
  world.write(world.site() / "demo/users-own.txt", "precious");
  CHECK(transaction.commit(diagnostics, {}).error().code == install::kEnvironmentChanged);
  CHECK(sys::read_file(world.site() / "demo/users-own.txt").value() == "precious");
  CHECK(sys::exists(world.site() / "demo/__init__.py"));
}

TEST_CASE("removing a package keeps the files that are not its own, and takes emptied directories", "[install]") {
  InstallWorld world;
  world.reset({demo()});
  world.write(world.site() / "ns/other.py", "kept");
  REQUIRE(transact(sys::real_os(), world.target(), {world.removal(demo())}, {}));
  CHECK_FALSE(sys::exists(world.site() / "demo"));
  CHECK(sys::exists(world.site() / "ns/other.py"));
  CHECK_FALSE(sys::exists(world.site() / "ns/demo.py"));
  CHECK(sys::exists(world.environment() / "bin/python"));
  world.reset({package("lonely", {{"lonely.py", ""}})});
  REQUIRE(transact(sys::real_os(), world.target(), {world.removal(package("lonely", {{"lonely.py", ""}}))}, {}));
  CHECK(sys::is_directory(world.site()));
}

TEST_CASE("an interrupt before the commit rolls back, and a transaction that is dropped does too", "[install][F25]") {
  InstallWorld world;
  const TreeImage before = world.image();
  Diagnostics diagnostics;
  std::stop_source source;
  {
    Transaction transaction = Transaction::begin(sys::real_os(), world.target(), {}).value();
    transaction.add(world.addition(demo()));
    REQUIRE(transaction.stage(diagnostics, source.get_token()));
    source.request_stop();
    CHECK(transaction.commit(diagnostics, source.get_token()).error().code == kCancelled);
    CHECK(world.image() == before);
  }
  {
    Transaction transaction = Transaction::begin(sys::real_os(), world.target(), {}).value();
    transaction.add(world.addition(demo()));
    REQUIRE(transaction.stage(diagnostics, {}));
  }
  CHECK(world.image() == before);
}

TEST_CASE("a second run on the same environment waits and then says who holds it", "[install][F13]") {
  InstallWorld world;
  Diagnostics diagnostics;
  Transaction first = Transaction::begin(sys::real_os(), world.target(), {}).value();
  first.add(world.addition(demo()));
  REQUIRE(first.stage(diagnostics, {}));
  install::TransactionOptions options;
  std::string holder;
  options.lock = {std::chrono::milliseconds(0), [&](const std::string& words) { holder = words; }};
  CHECK(transact(sys::real_os(), world.target(), {}, {world.addition(demo())}, options).error().code == sys::kLockTimeout);
  CHECK(holder.find("process") != std::string::npos);
  CHECK(install::recover(sys::real_os(), world.environment(), options.lock, {}).error().code == sys::kLockTimeout);
  REQUIRE(first.commit(diagnostics, {}));
}

TEST_CASE("a target directory is made, and goes again if the installation fails", "[install]") {
  InstallWorld world;
  install::Target target = world.target();
  const std::filesystem::path directory = world.environment() / "new/target";
  target.root = directory;
  target.scheme = {directory.string(), directory.string(), (directory / "bin").string(), directory.string(), (directory / "include").string()};
  install::Addition addition = world.addition(package("flat", {{"flat.py", "f"}}));
  for (wheel::ImageFile& file : addition.image.files) put_at(addition.image, file, (directory / std::filesystem::path(file.path()).lexically_relative(world.site())).string());
  const TreeImage before = world.image();
  install::Addition stale = addition;
  stale.tree = world.outside();
  CHECK_FALSE(transact(sys::real_os(), target, {}, {stale}));
  CHECK(world.image() == before);
  REQUIRE(transact(sys::real_os(), target, {}, {addition}));
  CHECK(sys::read_file(directory / "flat.py").value() == "f");
  CHECK_FALSE(sys::exists(directory / ".pipit"));
}

TEST_CASE("a damaged journal is reported and changes nothing", "[install][F27]") {
  InstallWorld world;
  world.write(world.environment() / ".pipit/txn-x/committed", "pipit-journal 1 and then nonsense");
  world.write(world.environment() / ".pipit/txn-x/new/0", "");
  world.write(world.environment() / ".pipit/txn-x/old/keep", "");
  const TreeImage before = world.image();
  CHECK_FALSE(install::recover(sys::real_os(), world.environment(), {}, {}));
  TreeImage after = world.image();
  after.erase(".pipit/lock");
  CHECK(after == before);
}
