#include "index/index_answer.h"

#include <fmt/format.h>

#include "pipit/archive/content_coding.h"
#include "pipit/base/text.h"
#include "pipit/index/index_client.h"

namespace pipit::index {
namespace {

bool is_extra(Document document) { return document == Document::release_json || document == Document::project_json; }

Answer failed(Error error) {
  Answer answer;
  answer.kind = Answer::Kind::failed;
  answer.error = std::move(error);
  return answer;
}

Answer of_kind(Answer::Kind kind) {
  Answer answer;
  answer.kind = kind;
  return answer;
}

Answer skipped(Error error, std::string warning) {
  Answer answer = failed(std::move(error));
  answer.kind = Answer::Kind::skipped;
  answer.warning = std::move(warning);
  return answer;
}

// The value of `charset` in a Content-Type.
std::optional<std::string> charset_of(std::string_view content_type) {
  for (std::string_view part : split(content_type, ';')) {
    part = trim(part);
    if (part.size() < 8 || !ascii_iequals(part.substr(0, 8), "charset=")) continue;
    std::string_view value = part.substr(8);
    if (value.size() >= 2 && value.front() == '"' && value.back() == '"') value = value.substr(1, value.size() - 2);
    return std::string(value);
  }
  return std::nullopt;
}

Answer from_parsed(Result<ProjectPage> page, bool extra) {
  if (!page) return extra ? of_kind(Answer::Kind::not_spoken) : failed(std::move(page).error());
  Answer answer = of_kind(Answer::Kind::page);
  answer.page = std::move(*page);
  return answer;
}

Result<std::string> decoded_body(const net::HttpResponse& response) {
  std::string body;
  switch (archive::decode_content(response.content_coding, as_bytes_view(response.body), kPageMax, body)) {
    case archive::Decoded::fine: return body;
    case archive::Decoded::too_large:
      return fail(make_error(net::kBodyTooLarge, fmt::format("the answer of {} is larger than the limit of {}", response.final_url.host, format_size(kPageMax)))
                      .at(response.final_url.display()));
    case archive::Decoded::damaged: break;
  }
  return fail(make_error(net::kBadEncoding, fmt::format("the answer of {} cannot be decoded: it is not the {} that it is said to be", response.final_url.host,
                                                        response.content_coding))
                  .at(response.final_url.display()));
}

Answer read_page(const net::HttpResponse& response, std::string_view body, Document document, FileSink* files) {
  const std::string type = response.header("content-type").value_or("Unknown");
  const std::string lower = ascii_lower(type);
  if (is_extra(document)) {
    if (lower.find("json") == std::string::npos) return of_kind(Answer::Kind::not_spoken);
    return from_parsed(parse_pypi_json(body, response.final_url,
                                       document == Document::release_json ? PypiDocument::release : PypiDocument::project),
                       true);
  }
  if (lower.starts_with("application/vnd.pypi.simple.v1+json")) return from_parsed(parse_simple_json(body, response.final_url, files), false);
  if (lower.starts_with("application/vnd.pypi.simple.v1+html") || lower.starts_with("text/html"))
    return from_parsed(parse_simple_html(body, response.final_url, charset_of(type)), false);
  const std::string shown = escape_for_terminal(type);
  return skipped(make_error(kUnknownContentType, fmt::format("the index answered with content of type `{}`, which is no index page", shown)),
                 fmt::format("Skipping page {} because the GET request got Content-Type: {}. The only supported Content-Types are "
                             "application/vnd.pypi.simple.v1+json, application/vnd.pypi.simple.v1+html, and text/html",
                             response.final_url.display(), shown));
}

Answer read_success(const net::HttpResponse& response, Document document, FileSink* files) {
  if (response.content_coding.empty()) return read_page(response, response.body, document, files);
  const Result<std::string> body = decoded_body(response);
  return body ? read_page(response, *body, document, files) : failed(body.error());
}

Error status_error(int status, const Url& asked) {
  Error error = make_error(kIndexUnusable, fmt::format("the index answered with HTTP status {}", status)).at(asked.display());
  if (status == 401 || status == 407) return std::move(error).hint("it wants a user name and a password: put them into the URL, a netrc file or the keyring");
  if (status == 403) return std::move(error).hint("access is denied: the credentials may be missing, wrong or expired");
  if (status >= 500 || status == 429) return std::move(error).hint("the server is in trouble or overloaded; try again later");
  return error;
}

}  // namespace

Answer read_answer(const Result<net::HttpResponse>& response, Document document, const Url& asked, FileSink* files) {
  if (!response) {
    if (response.error().code == net::kOffline) return of_kind(Answer::Kind::offline);
    return failed(response.error());
  }
  const int status = response->status;
  if (status >= 200 && status < 300) return read_success(*response, document, files);
  if (status == 404 || status == 410) return of_kind(Answer::Kind::not_here);
  // What the extra documents cannot answer, the Simple API is asked; if the trouble is real it shows there.
  if (is_extra(document)) return of_kind(Answer::Kind::not_here);
  Error error = status_error(status, asked);
  if (status == 403 && !asked.has_userinfo) {
    std::string warning = fmt::format("{} answers with HTTP status 403; it is treated as not having the project", asked.display());
    return skipped(std::move(error), std::move(warning));
  }
  return failed(std::move(error));
}

}  // namespace pipit::index
