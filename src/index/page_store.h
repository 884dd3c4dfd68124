// PageStore: packed pages on disk, one file a page, named by a hash of the page's address. A page is replaced whole; losing
// one costs a parse. Files: CACHE/pages/XX/YYYY....page. Safe from any thread.
#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "pipit/index/packed_page.h"

namespace pipit::index {

class PageStore {
 public:
  // Empty: nothing is kept.
  explicit PageStore(std::filesystem::path cache_directory) : root_(std::move(cache_directory)) {}
  bool is_on() const { return !root_.empty(); }
  // Null if there is none, or none that can be used. `url` without credentials.
  std::shared_ptr<const PackedPage> find(const std::string& url) const;
  // Whether there may be one: cheaper than finding out.
  bool has(const std::string& url) const;
  // Failing to keep a page is no failure of the run.
  bool keep(const std::string& url, const std::string& packed) const;

 private:
  std::filesystem::path path_of(const std::string& url) const;
  std::filesystem::path root_;
};

}  // namespace pipit::index
