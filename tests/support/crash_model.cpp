#include "support/crash_model.h"

#include <algorithm>
#include <array>
#include <set>

#include "pipit/sys/dir.h"

namespace pipit::test {

RecordingOs::RecordingOs(const std::filesystem::path& top) : top_(top) {
  load(top);
  live_ = first_;
}

int RecordingOs::add_node(bool directory, mode_t mode) {
  nodes_.push_back({directory, mode, {}});
  first_.emplace_back();
  live_.emplace_back();
  return static_cast<int>(nodes_.size()) - 1;
}

int RecordingOs::load(const std::filesystem::path& path) {
  const sys::FileStat info = *sys::stat_path(path, sys::Follow::no).value();
  const int node = add_node(info.kind == sys::FileStat::Kind::directory, info.mode);
  if (info.kind == sys::FileStat::Kind::regular) nodes_[static_cast<std::size_t>(node)].data = sys::read_file(path).value();
  if (info.kind != sys::FileStat::Kind::directory) return node;
  const std::vector<sys::DirEntry> entries = sys::list_directory(path).value();
  for (const sys::DirEntry& entry : entries) {
    const int child = load(path / entry.name);
    first_[static_cast<std::size_t>(node)][entry.name] = child;
  }
  return node;
}

// Paths are walked by name; "." stays where it is.
RecordingOs::Place RecordingOs::place(int dirfd, const char* path) const {
  std::filesystem::path rest = path;
  int at = -1;
  if (rest.is_absolute()) {
    rest = rest.lexically_relative(top_);
    if (rest.empty() || *rest.begin() == "..") return {};
    at = 0;
  } else {
    const auto open = open_.find(dirfd);
    if (open == open_.end()) return {};
    at = open->second;
  }
  Place place{at, "."};
  for (const auto& part : rest) {
    const int node = node_at(place);
    if (node < 0) return {};
    place = {node, part.string()};
  }
  return place;
}

int RecordingOs::node_at(const Place& place) const {
  if (place.directory < 0 || place.name == ".") return place.directory;
  const Entries& entries = live_[static_cast<std::size_t>(place.directory)];
  const auto found = entries.find(place.name);
  return found == entries.end() ? -1 : found->second;
}

void RecordingOs::carry_out(const Operation& operation, std::vector<Entries>& entries) {
  if (operation.kind == Kind::leave || operation.kind == Kind::move)
    entries[static_cast<std::size_t>(operation.from.directory)].erase(operation.from.name);
  if (operation.kind == Kind::enter || operation.kind == Kind::move)
    entries[static_cast<std::size_t>(operation.to.directory)][operation.to.name] = operation.node;
}

void RecordingOs::note(Operation operation) {
  carry_out(operation, live_);
  operations_.push_back(std::move(operation));
}

int RecordingOs::opened(int fd, int dirfd, const char* path, int flags) {
  if (fd < 0) return fd;
  const Place at = place(dirfd, path);
  int node = node_at(at);
  if (node < 0 && at.directory >= 0 && (flags & O_CREAT) != 0) {
    struct stat info {};
    kernel_.fstat(fd, &info);
    node = add_node(false, info.st_mode & 07777);
    note({Kind::enter, {}, at, node, {}});
  }
  if (node >= 0) open_[fd] = node;
  return fd;
}

int RecordingOs::openat(int dirfd, const char* path, int flags, mode_t mode) {
  return opened(kernel_.openat(dirfd, path, flags, mode), dirfd, path, flags);
}
int RecordingOs::open_beneath(int dirfd, const char* path, int flags, mode_t mode) {
  return opened(kernel_.open_beneath(dirfd, path, flags, mode), dirfd, path, flags);
}
int RecordingOs::close(int fd) {
  open_.erase(fd);
  return kernel_.close(fd);
}
ssize_t RecordingOs::write(int fd, const void* buffer, std::size_t size) {
  const ssize_t written = kernel_.write(fd, buffer, size);
  if (const auto open = open_.find(fd); written > 0 && open != open_.end())
    note({Kind::write, {}, {}, open->second, std::string(static_cast<const char*>(buffer), static_cast<std::size_t>(written))});
  return written;
}
int RecordingOs::ftruncate(int fd, off_t size) { return kernel_.ftruncate(fd, size); }
int RecordingOs::fsync(int fd) {
  if (const auto open = open_.find(fd); open != open_.end()) note({Kind::sync_one, {}, {}, open->second, {}});
  return 0;
}
int RecordingOs::syncfs(int) {
  note({Kind::sync_all, {}, {}, -1, {}});
  return 0;
}
int RecordingOs::mkdirat(int dirfd, const char* path, mode_t mode) {
  const int result = kernel_.mkdirat(dirfd, path, mode);
  if (const Place at = place(dirfd, path); result == 0 && at.directory >= 0) note({Kind::enter, {}, at, add_node(true, 0755), {}});
  return result;
}
int RecordingOs::unlinkat(int dirfd, const char* path, int flags) {
  const int result = kernel_.unlinkat(dirfd, path, flags);
  if (const Place at = place(dirfd, path); result == 0 && at.directory >= 0) note({Kind::leave, at, {}, node_at(at), {}});
  return result;
}
int RecordingOs::renameat2(int from_dirfd, const char* from, int to_dirfd, const char* to, unsigned flags) {
  const int result = kernel_.renameat2(from_dirfd, from, to_dirfd, to, flags);
  const Place source = place(from_dirfd, from), target = place(to_dirfd, to);
  if (result == 0 && source.directory >= 0 && target.directory >= 0) note({Kind::move, source, target, node_at(source), {}});
  return result;
}
int RecordingOs::linkat(int from_dirfd, const char* from, int to_dirfd, const char* to) {
  const int result = kernel_.linkat(from_dirfd, from, to_dirfd, to);
  const Place source = place(from_dirfd, from), target = place(to_dirfd, to);
  if (result == 0 && target.directory >= 0) note({Kind::enter, {}, target, node_at(source), {}});
  return result;
}

// Which of the first `count` operations are on the disk.
std::vector<bool> RecordingOs::draw(std::size_t count, std::mt19937& random) const {
  std::vector<bool> durable(count, false), there(count, false);
  for (std::size_t i = 0; i < count; ++i) {
    if (operations_[i].kind == Kind::sync_all) std::fill(durable.begin(), durable.begin() + static_cast<std::ptrdiff_t>(i), true);
    if (operations_[i].kind != Kind::sync_one) continue;
    std::set<int> needed{operations_[i].node};
    for (std::size_t j = i; j-- > 0;) {
      const Operation& earlier = operations_[j];
      if (!needed.contains(earlier.from.directory) && !needed.contains(earlier.to.directory)) continue;
      durable[j] = true;
      for (const int directory : {earlier.from.directory, earlier.to.directory})
        if (directory >= 0) needed.insert(directory);
    }
  }
  const double kept = std::array<double, 5>{0.0, 0.5, 0.9, 0.97, 1.0}[random() % 5];
  std::set<int> cut;  // directories in which something was lost, so that all later is lost
  for (std::size_t i = 0; i < count; ++i) {
    const Operation& operation = operations_[i];
    const bool follows_loss = cut.contains(operation.from.directory) || cut.contains(operation.to.directory);
    there[i] = durable[i] || (!follows_loss && std::uniform_real_distribution<double>(0, 1)(random) < kept);
    if (there[i]) continue;
    for (const int directory : {operation.from.directory, operation.to.directory})
      if (directory >= 0) cut.insert(directory);
  }
  return there;
}

std::vector<std::string> RecordingOs::draw_data(std::size_t count, std::mt19937& random) const {
  std::vector<std::string> data, synced;
  for (const Node& node : nodes_) data.push_back(node.data);
  synced = data;
  for (std::size_t i = 0; i < count; ++i) {
    const Operation& operation = operations_[i];
    if (operation.kind == Kind::write) data[static_cast<std::size_t>(operation.node)] += operation.data;
    if (operation.kind == Kind::sync_all) synced = data;
    if (operation.kind == Kind::sync_one) synced[static_cast<std::size_t>(operation.node)] = data[static_cast<std::size_t>(operation.node)];
  }
  for (std::size_t node = 0; node < data.size(); ++node) {
    if (data[node] == synced[node]) continue;
    switch (random() % 4) {
      case 0: data[node] = synced[node]; break;
      case 1: data[node] = synced[node] + std::string(data[node].size() - synced[node].size(), '\0'); break;
      case 2: data[node].resize(synced[node].size() + (data[node].size() - synced[node].size()) / 2); break;
      default: break;
    }
  }
  return data;
}

void RecordingOs::write_out(int node, const std::vector<Entries>& entries, const std::vector<std::string>& data, const std::filesystem::path& at) const {
  const sys::Dir dir = sys::Dir::open(kernel_, at).value();
  for (const auto& [name, child] : entries[static_cast<std::size_t>(node)]) {
    const Node& what = nodes_[static_cast<std::size_t>(child)];
    if (what.directory) {
      (void)dir.make_dir(name).value();
      write_out(child, entries, data, at / name);
    } else {
      (void)dir.write_file(name, data[static_cast<std::size_t>(child)], what.mode).value();
    }
  }
}

void RecordingOs::materialize(std::size_t count, std::mt19937& random, const std::string& which, const std::filesystem::path& into) const {
  const std::vector<bool> there = draw(count, random);
  const std::vector<std::string> data = draw_data(count, random);
  std::vector<Entries> entries = first_;
  for (std::size_t i = 0; i < count; ++i)
    if (there[i]) carry_out(operations_[i], entries);
  write_out(entries[0].at(which), entries, data, into);
}

}  // namespace pipit::test
