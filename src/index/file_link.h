// FileLink: from the URL and attributes a page gives to a DistFile, with everything refused that must not travel further
// (facts: N6, X3, X4). One LinkReader serves one page: it remembers how the last link began and where that led, because five
// thousand links of a page begin alike.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "pipit/base/result.h"
#include "pipit/base/url.h"
#include "pipit/model/dist_file.h"

namespace pipit::index {

// A name that may become a path component or a cache key: no separators, control characters, "." or "..".
bool is_safe_filename(std::string_view name);
// Only algorithms that can be computed are kept; `hex` is lower-cased.
void add_hash(packaging::Hashes& hashes, std::string_view algorithm, std::string_view hex);

class LinkReader {
 public:
  explicit LinkReader(const Url& page_url);
  void set_base(Url base) {
    base_ = std::move(base);
    known_beginning_.clear();
  }
  // Fills url, filename, source and the hash of the fragment. `named` is the page's own "filename", or empty.
  // Returns why the link is refused; nullopt if it is fine.
  std::optional<std::string> read(std::string_view reference, std::string_view named, model::DistFile& file);

 private:
  std::optional<std::string> resolve(std::string_view reference, std::string& url, std::string& fragment);
  bool begins_as_known(std::string_view reference) const;
  void remember_beginning(std::string_view reference);
  std::optional<std::string> check_scheme(const Url& url) const;

  Url page_;
  Url base_;
  std::string source_;
  std::string known_beginning_, known_url_;  // of the last link that was joined in full: "https://files.example/" or "../../", and its URL
};

}  // namespace pipit::index
