#include "pipit/sys/file.h"

#include <catch2/catch_test_macros.hpp>
#include <fstream>
#include <thread>
#include <sys/stat.h>
#include <unistd.h>

#include "pipit/sys/dir.h"
#include "pipit/sys/overwrite.h"
#include "sys/open_by_hand.h"

using namespace pipit;
using namespace pipit::sys;

namespace {

struct Playground {
  TempDir temp = TempDir::create({}, "pipit-sys-").value();
  Dir dir = Dir::open(real_os(), temp.path()).value();
};

int by_kernel(int dirfd, const char* path, int flags) { return real_os().open_beneath(dirfd, path, flags, 0); }
int by_hand(int dirfd, const char* path, int flags) { return open_by_hand(dirfd, path, flags, 0); }

}  // namespace

TEST_CASE("an operating-system error is worded as pip words it", "[sys]") {
  CHECK(errno_text(ENOENT, "x") == "[Errno 2] No such file or directory: 'x'");
  CHECK(errno_text(EACCES, "it's") == "[Errno 13] Permission denied: \"it's\"");
  const Error error = os_error(ENOSPC, "write", "/v/a");
  CHECK(error.message == "could not write `/v/a`: No space left on device");
  CHECK(error.os_errno == ENOSPC);
  CHECK(error.code == kOsError);
}

TEST_CASE("what is written is read back, and a second create of the name fails", "[sys]") {
  const Playground p;
  REQUIRE(p.dir.make_dirs("a/b/c"));
  REQUIRE(p.dir.write_file("a/b/c/f", std::string(100'000, 'x'), 0644));
  CHECK(p.dir.read_file("a/b/c/f", 1u << 20).value().size() == 100'000);
  CHECK(p.dir.read_file("a/b/c/f", 99'999).error().code == kFileTooLarge);
  CHECK(p.dir.write_file("a/b/c/f", "y", 0644).error().os_errno == EEXIST);
  CHECK(p.dir.read_file("nothing", 1).error().code == kFileNotFound);
  CHECK_FALSE(p.dir.stat("a/nothing/at/all").value());
  CHECK_FALSE(p.dir.stat("a/b/c/f/below-a-file").value());
}

TEST_CASE("names that leave the directory are refused", "[sys][L5]") {
  const Playground p;
  for (const std::string& name : {std::string("../x"), std::string("/etc/passwd"), std::string("a/../../x"), std::string(), std::string("."),
                                  std::string("a//b"), std::string("a/"), std::string("a\0b", 3)}) {
    CAPTURE(name);
    CHECK_FALSE(p.dir.write_file(name, "x", 0644));
    CHECK_FALSE(p.dir.make_dir(name));
    CHECK_FALSE(p.dir.remove_tree(name));
  }
}

TEST_CASE("a planted link is never followed, by the kernel or by hand", "[sys][L5]") {
  const Playground p;
  const Playground elsewhere;
  REQUIRE(elsewhere.dir.write_file("secret", "s", 0644));
  REQUIRE(p.dir.make_dir("real"));
  REQUIRE(p.dir.write_file("real/f", "f", 0644));
  REQUIRE(p.dir.symlink(elsewhere.temp.path().string(), "link"));
  REQUIRE(p.dir.symlink("real", "inner"));
  for (const auto open : {by_kernel, by_hand}) {
    CHECK(open(p.dir.fd(), "link/secret", O_RDONLY) == -ELOOP);
    CHECK(open(p.dir.fd(), "inner/f", O_RDONLY) == -ELOOP);
    CHECK(open(p.dir.fd(), "link", O_PATH) == -ELOOP);
    CHECK(open(p.dir.fd(), "../x", O_RDONLY) == -EXDEV);
    CHECK(open(p.dir.fd(), "/etc/passwd", O_RDONLY) == -EXDEV);
    CHECK(open(p.dir.fd(), "real/nothing", O_RDONLY) == -ENOENT);
    CHECK(open(p.dir.fd(), "real/f/x", O_RDONLY) == -ENOTDIR);
    const File file(real_os(), open(p.dir.fd(), "real/f", O_RDONLY));
    CHECK(file);
  }
  CHECK(p.dir.write_file("link/planted", "x", 0644).error().os_errno == ELOOP);
  CHECK(p.dir.remove_file("link/secret").error().os_errno == ELOOP);
  REQUIRE(p.dir.remove_tree("link"));
  CHECK(elsewhere.dir.read_file("secret", 10).value() == "s");
}

TEST_CASE("removing a tree takes links away and leaves what they point to", "[sys][L5]") {
  const Playground p;
  REQUIRE(p.dir.make_dirs("tree/deep/deeper"));
  REQUIRE(p.dir.write_file("kept", "k", 0644));
  REQUIRE(p.dir.symlink("../../kept", "tree/deep/link"));
  REQUIRE(p.dir.write_file("tree/deep/deeper/f", "f", 0444));
  REQUIRE(p.dir.remove_tree("tree"));
  REQUIRE(p.dir.remove_tree("tree"));
  CHECK(p.dir.list().value().size() == 1);
}

TEST_CASE("replacing a file leaves nothing beside it, and a link is replaced as a link", "[sys]") {
  const Playground p;
  REQUIRE(p.dir.write_file("target", "old", 0644));
  REQUIRE(p.dir.symlink("target", "f"));
  REQUIRE(replace_file(real_os(), p.temp.path() / "f", "new"));
  CHECK(p.dir.read_file("target", 10).value() == "old");
  CHECK(read_file(p.temp.path() / "f").value() == "new");
  CHECK(p.dir.list().value().size() == 2);
}

TEST_CASE("an output is written to what has the name: a link's target, a pipe, a longer or shorter file", "[sys]") {
  const Playground p;
  const auto path = p.temp.path();
  REQUIRE(write_output(real_os(), path / "new", "first"));
  REQUIRE(p.dir.symlink("new", "link"));
  REQUIRE(::chmod((path / "new").c_str(), 0600) == 0);
  for (const char* text : {"1", "something longer", ""}) {
    REQUIRE(write_output(real_os(), path / "link", text));
    CHECK(read_file(path / "new").value() == text);
  }
  CHECK(stat_path(path / "link", Follow::no).value()->kind == FileStat::Kind::symlink);
  CHECK(stat_path(path / "new").value()->mode == 0600);
  CHECK(p.dir.list().value().size() == 2);
  REQUIRE(::mkfifo((path / "fifo").c_str(), 0600) == 0);
  std::string read;
  std::thread reader([&] { std::getline(std::ifstream(path / "fifo"), read); });
  CHECK(write_output(real_os(), path / "fifo", "through the pipe\n"));
  reader.join();
  CHECK(read == "through the pipe");
  CHECK_FALSE(write_output(real_os(), path, "a directory"));
  CHECK_FALSE(write_output(real_os(), path / "no" / "such", "place"));
}

TEST_CASE("reading refuses FIFOs and directories and does not hang", "[sys]") {
  const Playground p;
  REQUIRE(::mkfifo((p.temp.path() / "fifo").c_str(), 0600) == 0);
  CHECK(read_file(p.temp.path() / "fifo").error().code == kNotARegularFile);
  CHECK(read_file(p.temp.path()).error().code == kNotARegularFile);
  CHECK(MappedFile::open(p.temp.path()).error().code == kNotARegularFile);
}

TEST_CASE("an empty file maps to nothing, a full one to its bytes", "[sys]") {
  const Playground p;
  REQUIRE(p.dir.write_file("empty", "", 0644));
  REQUIRE(p.dir.write_file("full", "bytes", 0644));
  CHECK(MappedFile::open(p.temp.path() / "empty").value().bytes().empty());
  CHECK(MappedFile::open(p.temp.path() / "full").value().text() == "bytes");
}

TEST_CASE("a temporary directory goes with its owner unless it is released", "[sys]") {
  const Playground p;
  std::filesystem::path gone, kept;
  {
    auto temp = TempDir::create(p.temp.path(), "t-").value();
    gone = temp.path();
    CHECK((stat_path(gone).value()->mode & 0777) == 0700);
    kept = TempDir::create(p.temp.path(), "t-").value().release();
  }
  CHECK_FALSE(sys::exists(gone));
  CHECK(sys::exists(kept));
}

TEST_CASE("absolute paths are normal and have no trailing slash", "[sys]") {
  CHECK(sys::absolute("/a/b/../c/") == "/a/c");
  CHECK(sys::absolute("/") == "/");
  CHECK(sys::absolute("x") == current_directory() / "x");
}

TEST_CASE("the umask is told without being changed", "[sys]") {
  const mode_t before = ::umask(027);
  CHECK(current_umask() == 027);
  CHECK(::umask(before) == 027);
}

TEST_CASE("a record is overwritten in place only if it is the one that was read, and known by one name", "[sys]") {
  const Playground place;
  const Dir& dir = place.dir;
  const auto content = [&] { return *dir.read_file("record", 100); };
  REQUIRE(dir.write_file("record", "stored 1\n", 0600));
  const std::uint64_t inode = (*dir.open_read("record")->stat()).st_ino;
  CHECK(*overwrite_if_same(dir, "record", "stored 1\n", "stored 2\n"));
  CHECK(content() == "stored 2\n");
  CHECK((*dir.open_read("record")->stat()).st_ino == inode);
  CHECK_FALSE(*overwrite_if_same(dir, "record", "stored 1\n", "stored 3\n"));   // somebody else was here
  CHECK_FALSE(*overwrite_if_same(dir, "record", "stored 2\n", "stored 10\n"));  // another length
  CHECK_FALSE(*overwrite_if_same(dir, "absent", "a", "b"));
  REQUIRE(dir.symlink("record", "link"));
  CHECK_FALSE(*overwrite_if_same(dir, "link", "stored 2\n", "stored 3\n"));
  REQUIRE(dir.link("record", dir, "copy"));
  CHECK_FALSE(*overwrite_if_same(dir, "record", "stored 2\n", "stored 3\n"));  // a copy of the cache may share its files
  CHECK(content() == "stored 2\n");
}
