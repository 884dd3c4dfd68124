// FileLink: from the URL and attributes a page gives to a DistFile, with everything refused that must not travel further
// (facts: N6, X3, X4). One LinkReader serves one page: it remembers the last origin it approved, because a page of five
// thousand links names the same host five thousand times.
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
  void set_base(Url base) { base_ = std::move(base); }
  // Fills url, filename, source and the hash of the fragment. `named` is the page's own "filename", or empty.
  // Returns why the link is refused; nullopt if it is fine.
  std::optional<std::string> read(std::string_view reference, std::string_view named, model::DistFile& file);

 private:
  std::optional<std::string> resolve(std::string_view reference, std::string& url, std::string& fragment);
  bool origin_is_known(std::string_view reference) const;
  std::optional<std::string> check_scheme(const Url& url) const;

  Url page_;
  Url base_;
  std::string source_;
  std::string known_origin_;  // "https://files.example/" of the last URL that was parsed in full
};

}  // namespace pipit::index
