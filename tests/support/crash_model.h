// CrashModel: what may be on the disk after a power cut. RecordingOs passes every call on and notes what it changed, in a
// model of the directory tree; then states are drawn from the notes:
//   - everything before a syncfs is there; before an fsync of a directory, what happened in it and all that led to it;
//   - of the rest any part may be lost that leaves each directory with a prefix of what was done in it (so a rename is
//     there in both of its directories or in neither);
//   - the data of files written since is there, half there, zero, or missing.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <random>
#include <string>
#include <vector>

#include "support/passing_os.h"

namespace pipit::test {

class RecordingOs final : public PassingOs {
 public:
  explicit RecordingOs(const std::filesystem::path& top);  // everything below is modelled
  std::size_t operations() const { return operations_.size(); }

  // Builds below `into` (which exists and is empty) one possible content of the directory `which` (below top) after a cut
  // behind the first `count` operations.
  void materialize(std::size_t count, std::mt19937& random, const std::string& which, const std::filesystem::path& into) const;

  int openat(int dirfd, const char* path, int flags, mode_t mode) override;
  int open_beneath(int dirfd, const char* path, int flags, mode_t mode) override;
  int close(int fd) override;
  ssize_t write(int fd, const void* buffer, std::size_t size) override;
  int ftruncate(int fd, off_t size) override;
  int fsync(int fd) override;
  int syncfs(int fd) override;
  int mkdirat(int dirfd, const char* path, mode_t mode) override;
  int unlinkat(int dirfd, const char* path, int flags) override;
  int renameat2(int from_dirfd, const char* from, int to_dirfd, const char* to, unsigned flags) override;
  int linkat(int from_dirfd, const char* from, int to_dirfd, const char* to) override;

 private:
  using Entries = std::map<std::string, int>;
  struct Node {
    bool directory = false;
    mode_t mode = 0;
    std::string data;  // of files: at the start
  };
  struct Place {
    int directory = -1;  // -1: not modelled
    std::string name;
  };
  enum class Kind { enter, leave, move, write, sync_all, sync_one };
  struct Operation {
    Kind kind;
    Place from, to;    // enter: to; leave: from; move: both
    int node = -1;
    std::string data;  // write
    bool touches(int directory) const { return from.directory == directory || to.directory == directory; }
  };

  int load(const std::filesystem::path& path);
  Place place(int dirfd, const char* path) const;
  int node_at(const Place& place) const;
  int add_node(bool directory, mode_t mode);
  int opened(int fd, int dirfd, const char* path, int flags);
  void note(Operation operation);
  static void carry_out(const Operation& operation, std::vector<Entries>& entries);
  std::vector<bool> draw(std::size_t count, std::mt19937& random) const;
  std::vector<std::string> draw_data(std::size_t count, std::mt19937& random) const;
  void write_out(int node, const std::vector<Entries>& entries, const std::vector<std::string>& data, const std::filesystem::path& at) const;

  std::filesystem::path top_;
  std::vector<Node> nodes_;
  std::vector<Entries> first_, live_;  // by node
  std::map<int, int> open_;            // descriptor -> node
  std::vector<Operation> operations_;
};

}  // namespace pipit::test
