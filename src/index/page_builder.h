// PageBuilder: what the JSON and the HTML reader have in common. It turns one entry's raw fields into a DistFile or into a
// sentence that says why not, counts, and knows the version rule of the API (PEP 629).
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "index/file_link.h"
#include "pipit/index/simple_parser.h"

namespace pipit::index {

// One entry as the page gives it. `file` carries what needs no judging (size, requires-python, ...).
struct RawEntry {
  std::optional<std::string> url;
  std::string filename;
  model::DistFile file;
  std::string problem;  // non-empty: the entry is refused
};

class PageBuilder {
 public:
  explicit PageBuilder(const Url& page_url, FileSink* sink = nullptr) : links_(page_url), sink_(sink) {}
  LinkReader& links() { return links_; }
  ProjectPage& page() { return page_; }
  // False when the page holds more files than any project has. Where there is a sink, it takes them.
  bool add(RawEntry&& entry, std::vector<model::DistFile>& into);
  void refuse(std::string_view name, std::string_view why);
  ProjectPage finish();

 private:
  LinkReader links_;
  FileSink* sink_;
  std::size_t sunk_ = 0;
  ProjectPage page_;
  std::size_t refused_count_ = 0;
};

Status check_api_version(std::string_view text, const Url& page_url);
ProjectStatus parse_status(std::string_view text);
Error bad_page(const Url& page_url, std::string_view why);

}  // namespace pipit::index
