// What one answer of an index means: pure functions from status, headers and body to a page, "not here", or a failure, so
// that the rules for telling them apart (404, login page, wrong type, dead server) can be read and tested in one place.
#pragma once

#include <optional>
#include <string>

#include "pipit/base/diagnostics.h"
#include "pipit/base/result.h"
#include "pipit/index/simple_parser.h"
#include "pipit/net/http.h"

namespace pipit::index {

inline constexpr const char* kAccept =
    "application/vnd.pypi.simple.v1+json, application/vnd.pypi.simple.v1+html; q=0.1, text/html; q=0.01";

enum class Document { release_json, simple, project_json, links };

struct Answer {
  enum class Kind {
    page,
    not_here,
    not_spoken,  // the server does not offer this kind of document (only release_json and project_json)
    skipped,     // worth a warning while others have files, `error` otherwise
    failed,
    offline
  };
  Kind kind = Kind::not_here;
  ProjectPage page;
  std::optional<Error> error;
  std::string warning;  // pip's words for `skipped`
};

inline constexpr std::uint64_t kPageMax = 128u << 20;  // as sent, and decoded

// REQUIRES: the body is there (not body_omitted), decoded or as sent. `files` may take those of a page; others are in it.
Answer read_answer(const Result<net::HttpResponse>& response, Document document, const Url& asked, FileSink* files = nullptr);

}  // namespace pipit::index
