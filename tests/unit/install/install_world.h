// InstallWorld: a small environment, a store beside it, and packages that exist only for a test. Lies on memory if the
// machine offers that (/dev/shm). Packages are built as InstallImages, the way the wheel room makes them.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "pipit/install/transaction.h"
#include "pipit/packaging/name.h"
#include "pipit/verify/digest.h"

namespace pipit::test {

// "lib/python3.11/site-packages/demo/__init__.py" -> "f 644 x = 1", directories "d 755", links "l target".
using TreeImage = std::map<std::string, std::string>;
inline TreeImage tree_image(const std::filesystem::path& directory);

struct Package {
  std::string name, version;
  std::map<std::string, std::string> files;    // below site-packages
  std::map<std::string, std::string> scripts;  // below bin; executable, generated
};

class InstallWorld {
 public:
  InstallWorld();
  InstallWorld(const InstallWorld&) = delete;

  std::filesystem::path environment() const { return temp_.path() / "venv"; }
  std::filesystem::path site() const { return environment() / "lib/python3.11/site-packages"; }
  std::filesystem::path outside() const { return temp_.path() / "outside"; }
  install::Target target() const;
  // Deletes and makes anew the environment: interpreter, pyvenv.cfg, and these packages, written plainly.
  void reset(const std::vector<Package>& installed);
  void write(const std::filesystem::path& path, const std::string& content) const;

  install::Addition addition(const Package& package);           // its tree is unpacked into the store once
  install::RemovalSet removal(const Package& package) const;    // everything that reset() wrote of it
  python::InstalledDist installed(const Package& package) const;
  TreeImage image() const { return tree_image(environment()); }

 private:
  sys::TempDir temp_;
  std::map<std::string, std::shared_ptr<const wheel::Manifest>> manifests_;
};


// Where a file of an image goes.
inline void put_at(wheel::InstallImage& image, wheel::ImageFile& file, const std::string& absolute) {
  const std::size_t slash = absolute.rfind('/');
  file.directory = image.texts->keep(std::string_view(absolute).substr(0, slash));
  file.rest = image.texts->keep(std::string_view(absolute).substr(slash + 1));
}

namespace install_world {

using sys::Dir;

inline void add_to_image(const Dir& dir, const std::string& below, TreeImage& image) {
  const std::vector<sys::DirEntry> entries = dir.list().value();
  for (const sys::DirEntry& entry : entries) {
    const std::string path = below.empty() ? entry.name : below + "/" + entry.name;
    const sys::FileStat info = *dir.stat(entry.name).value();
    const std::string mode = std::to_string(info.mode);
    if (info.kind == sys::FileStat::Kind::directory) {
      image[path] = "d " + mode;
      add_to_image(dir.open_dir(entry.name).value(), path, image);
    } else if (info.kind == sys::FileStat::Kind::symlink) {
      image[path] = "l " + dir.read_link(entry.name).value();
    } else {
      image[path] = "f " + mode + " " + dir.read_file(entry.name, 1u << 30).value();
    }
  }
}

inline std::string dist_info_of(const Package& package) { return package.name + "-" + package.version + ".dist-info"; }

struct Written {
  std::string path, content;  // below site-packages
  bool generated, executable;
};

inline std::string hash_of(const std::string& content) { return verify::record_hash(verify::sha256(as_bytes_view(content))); }

inline std::vector<Written> all_files(const Package& package) {
  std::vector<Written> files;
  for (const auto& [path, content] : package.files) files.push_back({path, content, false, false});
  for (const auto& [name, content] : package.scripts) files.push_back({"../../../bin/" + name, content, true, true});
  const std::string dist_info = dist_info_of(package);
  files.push_back({dist_info + "/METADATA", "Metadata-Version: 2.1\nName: " + package.name + "\nVersion: " + package.version + "\n", false, false});
  files.push_back({dist_info + "/INSTALLER", "pipit\n", true, false});
  std::vector<packaging::RecordRow> rows;
  for (const Written& file : files) rows.push_back({file.path, hash_of(file.content), std::to_string(file.content.size())});
  rows.push_back({dist_info + "/RECORD", "", ""});
  std::string record;
  for (const auto& row : rows) record += row.path + "," + row.hash + "," + row.size + "\r\n";
  files.push_back({dist_info + "/RECORD", record, true, false});
  return files;
}

inline std::filesystem::path memory_if_there_is() { return sys::is_directory("/dev/shm") && sys::is_writable("/dev/shm") ? "/dev/shm" : ""; }

}  // namespace install_world

inline TreeImage tree_image(const std::filesystem::path& directory) {
  TreeImage image;
  if (sys::is_directory(directory)) install_world::add_to_image(sys::Dir::open(sys::real_os(), directory).value(), "", image);
  return image;
}

inline InstallWorld::InstallWorld() : temp_(sys::TempDir::create(install_world::memory_if_there_is(), "pipit-install-").value()) { reset({}); }

inline install::Target InstallWorld::target() const {
  install::Target target;
  target.root = environment();
  target.scheme.purelib = target.scheme.platlib = site().string();
  target.scheme.scripts = (environment() / "bin").string();
  target.scheme.data = environment().string();
  target.scheme.headers = (environment() / "include/site/python3.11/x").string();
  target.interpreter = (environment() / "bin/python").string();
  return target;
}

inline void InstallWorld::write(const std::filesystem::path& path, const std::string& content) const {
  const bool executable = path.parent_path().filename() == "bin";
  if (!sys::is_directory(path.parent_path())) (void)sys::make_directories(path.parent_path());
  if (sys::exists(path)) (void)sys::remove_tree(path);
  const sys::Dir parent = sys::Dir::open(sys::real_os(), path.parent_path()).value();
  (void)parent.write_file(path.filename().string(), content, executable ? 0777 : 0666).value();
}

inline void InstallWorld::reset(const std::vector<Package>& installed) {
  (void)sys::remove_tree(environment());
  (void)sys::make_directories(site());
  write(environment() / "pyvenv.cfg", "home = /usr/bin\n");
  write(environment() / "bin/python", "#!interpreter\n");
  for (const Package& package : installed)
    for (const install_world::Written& file : install_world::all_files(package)) write((site() / file.path).lexically_normal(), file.content);
}

inline install::Addition InstallWorld::addition(const Package& package) {
  const std::string key = package.name + "-" + package.version;
  const std::filesystem::path tree = temp_.path() / "store" / key;
  const auto files = install_world::all_files(package);
  if (!manifests_.contains(key)) {
    auto manifest = std::make_shared<wheel::Manifest>();
    const auto texts = std::make_shared<TextPool>();
    manifest->texts = texts;
    for (const install_world::Written& file : files) {
      if (file.generated) continue;
      write(tree / file.path, file.content);
      const sys::FileStat info = *sys::stat_path(tree / file.path).value();
      manifest->files.push_back({texts->keep(file.path), info.size, false, texts->keep(install_world::hash_of(file.content)), info.mtime_ns});
    }
    manifests_[key] = manifest;
  }
  install::Addition addition;
  addition.image.manifest = manifests_[key];
  addition.tree = tree;
  addition.image.name = package.name;
  addition.image.version = package.version;
  addition.image.dist_info = (site() / install_world::dist_info_of(package)).string();
  auto source = addition.image.manifest->files.begin();
  for (const install_world::Written& file : files) {
    wheel::ImageFile image;
    put_at(addition.image, image, (site() / file.path).lexically_normal().string());
    image.executable = file.executable;
    if (file.generated) image.content = addition.image.texts->keep(file.content);
    else image.source = &*source++;
    addition.image.files.push_back(std::move(image));
  }
  return addition;
}

inline install::RemovalSet InstallWorld::removal(const Package& package) const {
  install::RemovalSet removal;
  removal.name = removal.normalized_name = package.name;
  removal.version_text = package.version;
  removal.location = site();
  for (const install_world::Written& file : install_world::all_files(package)) removal.files.push_back((site() / file.path).lexically_normal().string());
  return removal;
}

inline python::InstalledDist InstallWorld::installed(const Package& package) const {
  python::InstalledDist dist;
  dist.name = package.name;
  dist.normalized_name = packaging::normalize_name(package.name);
  dist.version_text = package.version;
  dist.location = site();
  dist.metadata_path = site() / install_world::dist_info_of(package);
  return dist;
}

// Runs one transaction from begin to commit.
inline Status transact(sys::Os& os, const install::Target& target, std::vector<install::RemovalSet> removals,
                       std::vector<install::Addition> additions, install::TransactionOptions options = {},
                       Diagnostics* diagnostics = nullptr) {
  Diagnostics unheard;
  Diagnostics& said = diagnostics != nullptr ? *diagnostics : unheard;
  PIPIT_TRY(install::Transaction transaction, install::Transaction::begin(os, target, std::move(options)));
  for (install::RemovalSet& removal : removals) transaction.remove(std::move(removal));
  for (install::Addition& addition : additions) transaction.add(std::move(addition));
  PIPIT_CHECK(transaction.stage(said, {}));
  return transaction.commit(said, {});
}

}  // namespace pipit::test
