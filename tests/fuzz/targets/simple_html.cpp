#include "../fuzz.h"

#include "pipit/index/simple_parser.h"

using namespace pipit::index;

FUZZ_TEXT_TARGET(text) {
  static const pipit::Url page_url = *pipit::Url::parse("https://index.example/simple/demo/");
  static_cast<void>(parse_simple_html(text, page_url, "iso-8859-1"));
  const auto page = parse_simple_html(text, page_url);
  if (!page) return;
  for (const pipit::model::DistFile& file : page->files) {
    must(file.filename.find_first_of("/\\\n") == std::string::npos, "a file name is one path component on one line");
    must(file.url.starts_with("https://") || file.url.starts_with("http://"), "a link of a remote page stays with http");
  }
}
