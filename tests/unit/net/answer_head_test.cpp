#include "net/answer_head.h"

#include <catch2/catch_test_macros.hpp>

namespace pipit::net {

namespace {

AnswerHead head_of(std::initializer_list<const char*> lines) {
  AnswerHead head;
  for (const char* line : lines) (void)head.add(line);
  return head;
}

}  // namespace

TEST_CASE("interim answers are forgotten when the final one comes", "[net]") {
  AnswerHead head = head_of({"HTTP/1.1 103 Early Hints\r\n", "Link: </x>\r\n", "\r\n"});
  CHECK(!head.is_complete());
  (void)head.add("HTTP/1.1 200 OK\r\n");
  (void)head.add("ETag:  \"x\" \r\n");
  CHECK(head.add("\r\n") == AnswerHead::Line::complete);
  CHECK(head.status() == 200);
  CHECK(head.headers() == Headers{{"etag", "\"x\""}});
  CHECK(head.add("Content-Encoding: gzip\r\n") == AnswerHead::Line::more);  // a trailer changes nothing
  CHECK(head.headers().size() == 1);
}

TEST_CASE("a flood of header lines or bytes is refused", "[net][N12]") {
  AnswerHead many = head_of({"HTTP/1.1 200 OK"});
  AnswerHead::Line last = AnswerHead::Line::more;
  for (std::size_t i = 0; i < kHeadMaxLines + 1 && last == AnswerHead::Line::more; ++i) last = many.add("A: b");
  CHECK(last == AnswerHead::Line::refused);
  AnswerHead interim;
  last = AnswerHead::Line::more;
  for (std::size_t i = 0; i < kHeadMaxLines && last == AnswerHead::Line::more; ++i) {
    last = interim.add("HTTP/1.1 100 Continue");
    if (last == AnswerHead::Line::more) last = interim.add("");
  }
  CHECK(last == AnswerHead::Line::refused);
  CHECK(AnswerHead().add(std::string(kHeadMaxBytes + 1, 'x')) == AnswerHead::Line::refused);
}

TEST_CASE("content codings are counted over all headers", "[net][N11]") {
  CHECK(head_of({"HTTP/1.1 200 OK", "Content-Encoding: gzip, GZIP", "content-encoding: identity,br", ""}).content_codings() ==
        std::vector<std::string>{"gzip", "gzip", "br"});
  CHECK(head_of({"HTTP/1.1 200 OK", "Transfer-Encoding: chunked", ""}).has_plain_framing());
  CHECK(!head_of({"HTTP/1.1 200 OK", "Transfer-Encoding: gzip, chunked", ""}).has_plain_framing());
}

TEST_CASE("content ranges that overflow, contradict themselves or lack a part are no ranges", "[net][N8]") {
  const auto range = parse_content_range("bytes 10-19/100").value();
  CHECK((range.first == 10 && range.last == 19 && range.total == 100u));
  CHECK(!parse_content_range("bytes 0-9/*")->total);
  for (const char* bad : {"", "bytes", "bytes */100", "bytes 9-0/100", "bytes 0-100/100", "bytes 0-9", "items 0-9/10", "bytes -1-9/10",
                          "bytes 0-18446744073709551616/*", "bytes 0x1-9/10"})
    CHECK(!parse_content_range(bad));
}

}  // namespace pipit::net
