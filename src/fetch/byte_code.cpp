// The wheel store's byte code: a tree and a manifest beside the wheel's own, and gone with them.
#include <cerrno>
#include <unordered_set>

#include "fetch/store_layout.h"
#include "pipit/fetch/wheel_store.h"

namespace pipit::fetch {
namespace {

Status write_files(const sys::Dir& tree, const std::vector<ByteCodeFile>& files, wheel::Manifest& manifest) {
  const auto texts = std::make_shared<TextPool>();
  manifest.texts = texts;
  std::unordered_set<std::string> made;
  for (const ByteCodeFile& file : files) {
    const std::string parent = file.path.substr(0, std::min(file.path.rfind('/'), file.path.size()));
    if (parent.size() < file.path.size() && made.insert(parent).second) PIPIT_CHECK(tree.make_dirs(parent, 0755));
    PIPIT_TRY(sys::File written, tree.create(file.path, 0666));
    PIPIT_CHECK(written.write_all(as_bytes_view(file.bytes)));
    PIPIT_TRY(const struct stat info, written.stat());
    PIPIT_CHECK(written.close());
    const std::int64_t mtime_ns = info.st_mtim.tv_sec * 1'000'000'000 + info.st_mtim.tv_nsec;
    manifest.files.push_back({texts->keep(file.path), file.bytes.size(), false, texts->keep(verify::record_hash(verify::sha256(as_bytes_view(file.bytes)))), mtime_ns});
  }
  return ok();
}

}  // namespace

std::optional<wheel::Manifest> WheelStore::read_code_manifest(const std::string& sha256, const std::string& key) const {
  if (!is_sha256(sha256) || !is_code_key(key)) return std::nullopt;
  auto text = root_.read_file(code_path(sha256, key) + "/manifest", kManifestMaxBytes);
  if (!text) return std::nullopt;
  auto manifest = wheel::Manifest::from_bytes(std::move(*text));
  if (!manifest || manifest->archive_sha256 != sha256) return std::nullopt;
  return std::move(*manifest);
}

std::optional<ByteCode> WheelStore::find_code(const std::string& sha256, const std::string& key) const {
  auto manifest = read_code_manifest(sha256, key);
  if (!manifest) return std::nullopt;
  return ByteCode{std::make_shared<const wheel::Manifest>(std::move(*manifest)), path_ / code_path(sha256, key) / "tree"};
}

Result<ByteCode> WheelStore::add_code(const wheel::Manifest& wheel, const std::string& key, const std::vector<ByteCodeFile>& files) {
  const std::string& sha256 = wheel.archive_sha256;
  if (!is_sha256(sha256) || !is_code_key(key)) return fail(make_error(kInternalError, "byte code without a wheel or a key cannot be stored"));
  if (!writable_) return fail(make_error(kCacheUnusable, "the cache `" + path_.string() + "` cannot be written"));
  wheel::Manifest manifest;
  manifest.filename = wheel.filename;
  manifest.archive_sha256 = sha256;
  manifest.name = wheel.name;
  manifest.version = wheel.version;
  manifest.dist_info = wheel.dist_info;
  PIPIT_TRY(const std::string staged, make_staging());
  const auto stage = [&]() -> Result<ByteCode> {
    PIPIT_CHECK(root_.make_dir(staged + "/tree", 0755));
    PIPIT_TRY(const sys::Dir tree, root_.open_dir(staged + "/tree"));
    PIPIT_CHECK(write_files(tree, files, manifest));
    PIPIT_CHECK(root_.write_file(staged + "/manifest", manifest.to_bytes(), 0644));
    if (temporary_.path() == path_) PIPIT_CHECK(root_.make_dirs(entry_path(sha256), 0755));  // its wheel may lie in the shared one
    Status moved = root_.rename(staged, root_, code_path(sha256, key), RENAME_NOREPLACE);
    if (!moved && (moved.error().os_errno == EEXIST || moved.error().os_errno == ENOTEMPTY)) {
      if (auto there = find_code(sha256, key)) return std::move(*there);
      PIPIT_CHECK(move_out(code_path(sha256, key)));
      moved = root_.rename(staged, root_, code_path(sha256, key), RENAME_NOREPLACE);
    }
    PIPIT_CHECK(std::move(moved));
    return ByteCode{std::make_shared<const wheel::Manifest>(std::move(manifest)), path_ / code_path(sha256, key) / "tree"};
  };
  auto result = stage();
  static_cast<void>(root_.remove_tree(staged));
  return result;
}

Status WheelStore::forget_code(const std::string& sha256, const std::string& key) {
  return is_sha256(sha256) && is_code_key(key) ? move_out(code_path(sha256, key)) : ok();
}

Result<std::vector<std::string>> WheelStore::code_keys(const std::string& sha256) const {
  PIPIT_TRY(const sys::Dir entry, root_.open_dir(entry_path(sha256)));
  PIPIT_TRY(const auto names, entry.list());
  std::vector<std::string> keys;
  for (const sys::DirEntry& name : names)
    if (name.name.starts_with(kCodePrefix) && is_code_key(std::string_view(name.name).substr(kCodePrefix.size()))) keys.push_back(name.name.substr(kCodePrefix.size()));
  return keys;
}

}  // namespace pipit::fetch
