#include "index/page_store.h"

#include <fmt/format.h>

#include "pipit/sys/file.h"

namespace pipit::index {
namespace {

// FNV-1a over 64 bits, from two starting points. A collision costs a parse: the page names its own address.
std::uint64_t hash_of(std::string_view text, std::uint64_t start) {
  std::uint64_t hash = start;
  for (char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001B3;
  return hash;
}

}  // namespace

std::filesystem::path PageStore::path_of(const std::string& url) const {
  const std::string name = fmt::format("{:016x}{:016x}", hash_of(url, 0xCBF29CE484222325), hash_of(url, 0x84222325CBF29CE4));
  return root_ / "pages" / name.substr(0, 2) / (name.substr(2) + ".page");
}

std::shared_ptr<const PackedPage> PageStore::find(const std::string& url) const {
  if (root_.empty()) return nullptr;
  Result<std::shared_ptr<const PackedPage>> page = PackedPage::map(path_of(url));
  return page && (*page)->key().url == url ? *page : nullptr;
}

bool PageStore::has(const std::string& url) const { return !root_.empty() && sys::exists(path_of(url)); }

bool PageStore::keep(const std::string& url, const std::string& packed) const {
  if (root_.empty()) return false;
  const std::filesystem::path path = path_of(url);
  if (!sys::make_directories(path.parent_path())) return false;
  return sys::replace_file(sys::real_os(), path, packed, 0600).has_value();
}

}  // namespace pipit::index
