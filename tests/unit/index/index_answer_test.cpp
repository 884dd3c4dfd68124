// Pages in the content coding in which servers send them.
#include "index/index_answer.h"

#include <catch2/catch_test_macros.hpp>

#include "pipit/index/packed_page.h"
#include "support/zip_maker.h"

using namespace pipit;
using namespace pipit::index;

namespace {

const std::string kPage = R"({"meta":{"api-version":"1.1"},"name":"x","files":[{"filename":"x-1.0.tar.gz","url":"https://f.example/x-1.0.tar.gz","hashes":{}}]})";

Answer answer_of(const std::string& body, const std::string& coding, FileSink* files = nullptr) {
  net::HttpResponse response;
  response.status = 200;
  response.headers = {{"content-type", "application/vnd.pypi.simple.v1+json"}};
  response.final_url = *Url::parse("https://index.example/simple/x/");
  response.body = body;
  response.content_coding = coding;
  return read_answer(response, Document::simple, response.final_url, files);
}

}  // namespace

TEST_CASE("a page is read as it was before it was packed for the way", "[index]") {
  for (const bool packed : {false, true}) {
    const Answer answer = packed ? answer_of(pipit::test::gzip(kPage), "gzip") : answer_of(kPage, "");
    REQUIRE(answer.kind == Answer::Kind::page);
    REQUIRE(answer.page.files.size() == 1);
    CHECK(answer.page.files[0].filename == "x-1.0.tar.gz");
  }
}

TEST_CASE("the files of a page go to whoever packs them, and the same bytes come of it", "[index]") {
  const PageKey key{"u", "https://index.example/simple/x/", "i"};
  PagePacker packer("x");
  const Answer sunk = answer_of(kPage, {}, &packer), held = answer_of(kPage, {});
  CHECK(sunk.page.files.empty());
  CHECK(packer.finish(sunk.page, key) == PackedPage::pack(held.page, "x", key));
}

TEST_CASE("a page that is not in the coding it is said to be in is refused", "[index]") {
  const std::string whole = pipit::test::gzip(kPage);
  for (const std::string& body : {whole.substr(0, whole.size() / 2), kPage, std::string()}) {
    const Answer answer = answer_of(body, "gzip");
    CHECK(answer.kind == Answer::Kind::failed);
    REQUIRE(answer.error);
    CHECK(answer.error->code == net::kBadEncoding);
  }
}
