#include "../fuzz.h"

#include "pipit/index/packed_page.h"
#include "pipit/index/simple_parser.h"

using namespace pipit::index;

// PEP 691 pages and PyPI's documents, and the packed form of what they give.
FUZZ_TEXT_TARGET(text) {
  static const pipit::Url page_url = *pipit::Url::parse("https://index.example/simple/demo/");
  static_cast<void>(parse_pypi_json(text, page_url, PypiDocument::project));
  static_cast<void>(parse_pypi_json(text, page_url, PypiDocument::release));
  const auto page = parse_simple_json(text, page_url);
  if (!page) return;
  const auto packed = PackedPage::from_bytes(PackedPage::pack(*page, "demo", {"u", page_url.str(), "i"}));
  must(packed.has_value(), "what was packed can be read");
  for (const PackedFile& file : (*packed)->files()) {
    const pipit::model::DistFile row = (*packed)->dist_file(file);
    must(row.filename.find_first_of("/\\\n") == std::string::npos, "a file name is one path component on one line");
    must(row.url.starts_with("https://") || row.url.starts_with("http://"), "a link of a remote page stays with http");
  }
}
