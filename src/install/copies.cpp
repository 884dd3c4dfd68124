#include "install/copies.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <vector>

#include "pipit/install/transaction.h"

namespace pipit::install {
namespace {

using Kind = sys::FileStat::Kind;

struct Item {
  std::string below;  // with its slash; empty for the thing itself
  sys::FileStat info;
};

// Directories before what is in them.
Result<std::vector<Item>> everything_in(const sys::Dir& dir, const std::string& name) {
  std::vector<Item> items;
  PIPIT_TRY(const auto top, dir.stat(name));
  if (!top) return items;
  items.push_back({"", *top});
  for (std::size_t i = 0; i < items.size(); ++i) {
    if (items[i].info.kind != Kind::directory) continue;
    const std::string below = items[i].below;
    PIPIT_TRY(const sys::Dir inside, dir.open_dir(name + below));
    PIPIT_TRY(const auto entries, inside.list());
    for (const sys::DirEntry& entry : entries) {
      PIPIT_TRY(const auto info, inside.stat(entry.name));
      if (info) items.push_back({below + "/" + entry.name, *info});
    }
  }
  return items;
}

Error changed(const sys::Dir& place, const std::string& path) {
  return make_error(kEnvironmentChanged, "`" + (place.path() / path).string() + "` was changed by another program meanwhile");
}

bool is_one_inode(const sys::FileStat& a, const sys::FileStat& b) { return a.device == b.device && a.inode == b.inode; }

Result<std::size_t> read_full(sys::File& file, std::array<std::byte, 1 << 16>& buffer, const std::string& shown) {
  std::size_t filled = 0;
  while (filled < buffer.size()) {
    const ssize_t got = file.os().read(file.fd(), buffer.data() + filled, buffer.size() - filled);
    if (got == -EINTR) continue;
    if (got < 0) return fail(sys::os_error(static_cast<int>(-got), "read", shown));
    if (got == 0) break;
    filled += static_cast<std::size_t>(got);
  }
  return filled;
}

// torn: shorter, or with zeros where bytes should be, is what a crash leaves of a copy.
enum class Torn { differs, is_ours };

Result<bool> have_same_bytes(sys::File model, sys::File found, Torn torn, const std::string& shown) {
  std::array<std::byte, 1 << 16> expected, got;
  for (;;) {
    PIPIT_TRY(const std::size_t wanted, read_full(model, expected, shown));
    PIPIT_TRY(const std::size_t size, read_full(found, got, shown));
    if (torn == Torn::differs ? size != wanted : size > wanted) return false;
    for (std::size_t i = 0; i < size; ++i)
      if (got[i] != expected[i] && (torn == Torn::differs || got[i] != std::byte{0})) return false;
    if (size < wanted || wanted == 0) return true;
  }
}

struct Pair {
  const sys::Dir& model;
  std::string name;
  const sys::Dir& place;
  std::string path;
};

Result<bool> is_same(const Pair& pair, const sys::FileStat& wanted, const sys::FileStat& found, Torn torn) {
  if (wanted.kind != found.kind) return false;
  if (is_one_inode(wanted, found)) return true;
  if (wanted.kind == Kind::directory) return true;
  if (wanted.kind == Kind::symlink) {
    PIPIT_TRY(const std::string a, pair.model.read_link(pair.name));
    PIPIT_TRY(const std::string b, pair.place.read_link(pair.path));
    return a == b;
  }
  if (torn == Torn::differs && (wanted.size != found.size || wanted.mode != found.mode)) return false;
  PIPIT_TRY(sys::File model, pair.model.open_read(pair.name));
  PIPIT_TRY(sys::File there, pair.place.open_read(pair.path));
  return have_same_bytes(std::move(model), std::move(there), torn, (pair.place.path() / pair.path).string());
}

Status copy_bytes(sys::File& from, sys::File& to, const std::string& shown) {
  std::array<std::byte, 1 << 16> buffer;
  for (;;) {
    PIPIT_TRY(const std::size_t size, read_full(from, buffer, shown));
    if (size == 0) return ok();
    PIPIT_CHECK(to.write_all(Bytes(buffer.data(), size)));
  }
}

Status set_mode(const sys::File& file, std::uint32_t mode, const std::string& shown) {
  int result = -EINTR;
  while (result == -EINTR) result = file.os().fchmod(file.fd(), mode);
  return result < 0 ? Status(fail(sys::os_error(-result, "set the mode of", shown))) : ok();
}

Status copy_file(const sys::Dir& from, const std::string& name, const sys::Dir& to, const std::string& path, std::uint32_t mode) {
  const std::string shown = (to.path() / path).string();
  PIPIT_TRY(sys::File source, from.open_read(name));
  PIPIT_TRY(sys::File made, to.create(path, 0600));
  Status copied = copy_bytes(source, made, shown);
  if (copied) copied = set_mode(made, mode, shown);
  if (copied) copied = made.close();
  if (!copied && copied.error().where.empty()) copied.error().where = shown;
  return copied;
}

// A directory's mode is set when its content is there: one that may not be written would refuse it.
Status make_one(const sys::Dir& from, const std::string& name, const sys::FileStat& info, const sys::Dir& to, const std::string& path) {
  switch (info.kind) {
    case Kind::directory: return to.make_dir(path, 0700);
    case Kind::symlink: {
      PIPIT_TRY(const std::string target, from.read_link(name));
      return to.symlink(target, path);
    }
    case Kind::regular: break;
    default: return fail(make_error(kInTheWay, "`" + (from.path() / name).string() + "` is no file, directory or link, and cannot be moved to another file system"));
  }
  Status linked = from.link(name, to, path);
  if (linked) return ok();
  const int error = linked.error().os_errno;
  if (error != EXDEV && error != EPERM && error != EMLINK && error != EOPNOTSUPP && error != ENOSYS) return linked;
  return copy_file(from, name, to, path, info.mode);
}

Status set_directory_modes(const std::vector<Item>& items, const sys::Dir& to, const std::string& path) {
  for (auto it = items.rbegin(); it != items.rend(); ++it) {
    const Item& item = *it;
    if (item.info.kind != Kind::directory) continue;
    PIPIT_TRY(const auto now, to.stat(path + item.below));
    if (!now || now->mode == item.info.mode) continue;
    PIPIT_TRY(const sys::File dir, to.open_read(path + item.below));
    PIPIT_CHECK(set_mode(dir, item.info.mode, (to.path() / path).string() + item.below));
  }
  return ok();
}

Status stand_one(const sys::Dir& model, const std::string& name, const Item& item, const sys::Dir& place, const std::string& path, Expect expect) {
  PIPIT_TRY(const auto found, place.stat(path));
  if (found && expect == Expect::strict) return fail(changed(place, path));
  if (found) {
    PIPIT_TRY(const bool same, is_same({model, name, place, path}, item.info, *found, Torn::differs));
    if (same) return ok();
    PIPIT_CHECK(place.remove_tree(path));
  }
  return make_one(model, name, item.info, place, path);
}

Status make_parent(const sys::Dir& place, const std::string& path) {
  const std::size_t slash = path.rfind('/');
  return slash == std::string::npos ? ok() : place.make_dirs(path.substr(0, slash));
}

Status clear_one(const sys::Dir& model, const std::string& name, const Item& item, const sys::Dir& place, const std::string& path, Expect expect) {
  const bool strict = expect == Expect::strict;
  PIPIT_TRY(const auto found, place.stat(path));
  if (!found) return strict ? Status(fail(changed(place, path))) : ok();
  PIPIT_TRY(const bool same, is_same({model, name, place, path}, item.info, *found, strict ? Torn::differs : Torn::is_ours));
  if (!same) return strict ? Status(fail(changed(place, path))) : ok();
  if (item.info.kind != Kind::directory) return place.remove_file(path);
  Status removed = place.remove_dir(path);
  if (removed || (removed.error().os_errno != ENOTEMPTY && removed.error().os_errno != EEXIST)) return removed;
  return strict ? Status(fail(changed(place, path))) : ok();
}

}  // namespace

Status back_up(const sys::Dir& place, const std::string& path, const sys::Dir& model, const std::string& name) {
  PIPIT_TRY(const std::vector<Item> items, everything_in(place, path));
  if (items.empty()) return fail(changed(place, path));
  for (const Item& item : items) PIPIT_CHECK(make_one(place, path + item.below, item.info, model, name + item.below));
  return set_directory_modes(items, model, name);
}

Status clear_like(const sys::Dir& model, const std::string& name, const sys::Dir& place, const std::string& path, Expect expect) {
  PIPIT_TRY(const std::vector<Item> items, everything_in(model, name));
  for (auto it = items.rbegin(); it != items.rend(); ++it)
    PIPIT_CHECK(clear_one(model, name + it->below, *it, place, path + it->below, expect));
  return ok();
}

Status stand_like(const sys::Dir& model, const std::string& name, const sys::Dir& place, const std::string& path, Expect expect) {
  PIPIT_TRY(const std::vector<Item> items, everything_in(model, name));
  if (expect == Expect::lenient) PIPIT_CHECK(make_parent(place, path));
  for (const Item& item : items) PIPIT_CHECK(stand_one(model, name + item.below, item, place, path + item.below, expect));
  return set_directory_modes(items, place, path);
}

// The kernel compares the mounts before it looks whether there is anything to rename.
Result<bool> are_on_different_mounts(const sys::Dir& a, const sys::Dir& b) {
  const std::string nothing = sys::random_name(".pipit-nothing-");
  const Status renamed = a.rename(nothing, b, nothing);
  if (renamed) return fail(make_error(kInternalError, "a file of a random name was there"));
  if (renamed.error().os_errno == EXDEV) return true;
  return renamed.error().os_errno == ENOENT ? Result<bool>(false) : fail(renamed.error());
}

// No file system renames onto a directory that is not empty; one that does not move this directory says so first.
Result<bool> is_immovable(const sys::Dir& place, const std::string& path, const sys::Dir& beside, const std::string& full) {
  const Status renamed = place.rename(path, beside, full);
  if (renamed) return fail(make_error(kInternalError, "`" + path + "` was renamed onto a directory that is not empty"));
  const int error = renamed.error().os_errno;
  if (error == EXDEV) return true;
  return error == ENOTEMPTY || error == EEXIST ? Result<bool>(false) : fail(renamed.error());
}

}  // namespace pipit::install
