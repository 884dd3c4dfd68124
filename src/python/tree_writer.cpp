#include "python/tree_writer.h"

#include <cerrno>

namespace pipit::python {
namespace {

using sys::FileStat;

constexpr int kNamesMax = 1000;

}  // namespace

TreeWriter::~TreeWriter() {
  for (auto change = changes_.rbegin(); change != changes_.rend(); ++change) undo(*change);
}

// Best effort: the failure that made undoing necessary is the one that is reported.
void TreeWriter::undo(const Change& change) {
  switch (change.kind) {
    case Change::Kind::made_file: (void)root_.remove_file(change.name); break;
    case Change::Kind::made_dir: (void)root_.remove_dir(change.name); break;
    case Change::Kind::replaced:
      (void)root_.rename(change.kept_as, root_, change.name);
      (void)root_.remove_file(change.kept_as);  // renaming a file to another link of itself leaves both
      break;
    case Change::Kind::moved: (void)root_.rename(change.kept_as, root_, change.name); break;
  }
}

Result<std::string> TreeWriter::free_name(const std::string& base) const {
  for (int i = 0; i < kNamesMax; ++i) {
    const std::string name = base + (i == 0 ? "" : "-" + std::to_string(i));
    PIPIT_TRY(const auto stat, root_.stat(name));
    if (!stat) return name;
  }
  return fail(sys::os_error(EEXIST, "create", (root_.path() / base).string()));
}

Status TreeWriter::make_dirs(const std::string& name) {
  for (std::size_t end = 0; end != std::string::npos;) {
    end = name.find('/', end + 1);
    const std::string part = name.substr(0, end);
    PIPIT_TRY(const auto stat, root_.stat(part));
    if (stat && stat->kind == FileStat::Kind::directory) continue;
    PIPIT_CHECK(root_.make_dir(part));
    changes_.push_back({Change::Kind::made_dir, part, {}});
  }
  return ok();
}

// `beside` is written already; it takes the name, and what had the name is kept until commit().
Status TreeWriter::put(const std::string& name, const std::string& beside) {
  PIPIT_TRY(const auto old, root_.stat(name));
  if (!old) {
    changes_.push_back({Change::Kind::moved, beside, name});
    PIPIT_CHECK(root_.rename(beside, root_, name));
    return ok();
  }
  if (old->kind == FileStat::Kind::directory) return fail(sys::os_error(EISDIR, "replace", (root_.path() / name).string()));
  PIPIT_TRY(const std::string kept, free_name(name + ".pipit-old"));
  PIPIT_CHECK(root_.link(name, root_, kept));
  changes_.push_back({Change::Kind::replaced, name, kept});
  return root_.rename(beside, root_, name);
}

Status TreeWriter::put_file(const std::string& name, const std::string& content) {
  PIPIT_TRY(const auto old, root_.stat(name));
  if (old && old->kind == FileStat::Kind::regular && old->size == content.size())
    if (const auto text = root_.read_file(name, content.size()); text && *text == content) return ok();
  PIPIT_TRY(const std::string beside, free_name(name + ".pipit-new"));
  changes_.push_back({Change::Kind::made_file, beside, {}});
  PIPIT_CHECK(root_.write_file(beside, content, 0666));
  return put(name, beside);
}

Status TreeWriter::put_link(const std::string& name, const std::string& target) {
  PIPIT_TRY(const auto old, root_.stat(name));
  if (old && old->kind == FileStat::Kind::symlink)
    if (const auto text = root_.read_link(name); text && *text == target) return ok();
  PIPIT_TRY(const std::string beside, free_name(name + ".pipit-new"));
  PIPIT_CHECK(root_.symlink(target, beside));
  changes_.push_back({Change::Kind::made_file, beside, {}});
  return put(name, beside);
}

Status TreeWriter::set_contents_aside() {
  PIPIT_TRY(const auto entries, root_.list());
  if (entries.empty()) return ok();
  PIPIT_TRY(aside_, free_name(".pipit-cleared"));
  PIPIT_CHECK(root_.make_dir(aside_, 0700));
  changes_.push_back({Change::Kind::made_dir, aside_, {}});
  for (const sys::DirEntry& entry : entries) {
    const std::string away = aside_ + "/" + entry.name;
    PIPIT_CHECK(root_.rename(entry.name, root_, away));
    changes_.push_back({Change::Kind::moved, entry.name, away});
  }
  return ok();
}

Status TreeWriter::commit() {
  const std::vector<Change> done = std::exchange(changes_, {});
  for (const Change& change : done)
    if (change.kind == Change::Kind::replaced) (void)root_.remove_file(change.kept_as);
  if (aside_.empty()) return ok();
  return root_.remove_tree(aside_);
}

}  // namespace pipit::python
