// Transfer, the part that comes in: libcurl's callbacks, on the net thread, inside curl_multi_perform. They look at the head,
// place the body, and stop the attempt where something is wrong; the judgement comes after it.
#include <fmt/format.h>

#include <algorithm>

#include "net/transfer.h"
#include "net/transfer_shared.h"
#include "pipit/base/text.h"
#include "pipit/net/address.h"

namespace pipit::net {

namespace {

constexpr std::uint64_t kReservedMaxBytes = 4u << 20;  // for a body, on the server's word
constexpr std::size_t kErrorTextMaxBytes = 64u << 10;  // of the body of an answer that is no success

// RFC 9110 section 13.1.5: only a strong ETag may stand in If-Range.
std::string validator_of(const AnswerHead& head) {
  if (const auto tag = head.header("etag"); tag && !tag->starts_with("W/") && tag->size() > 2) return std::string(*tag);
  return std::string(head.header("last-modified").value_or(""));
}

}  // namespace

std::size_t Transfer::on_header(char* data, std::size_t size, std::size_t count, void* self) {
  return static_cast<Transfer*>(self)->head_line({data, size * count}) ? size * count : CURL_WRITEFUNC_ERROR;
}

std::size_t Transfer::on_body(char* data, std::size_t size, std::size_t count, void* self) {
  const Bytes bytes = as_bytes_view({data, size * count});
  return static_cast<Transfer*>(self)->take_body(bytes) ? bytes.size() : CURL_WRITEFUNC_ERROR;
}

CURLcode Transfer::on_tls_context(CURL*, void* context, void* self) {
  Transfer& transfer = *static_cast<Transfer*>(self);
  const Result<TrustStore>& trust = transfer.services_.trust.get();  // waits if the bundle is still being parsed
  if (trust) {
    trust->attach(context);
    return CURLE_OK;
  }
  transfer.stop_with(trust.error());
  return CURLE_SSL_CACERT_BADFILE;
}

// The connection stands and nothing was sent yet.
int Transfer::on_request(void* self, char* peer, char*, int, int) {
  Transfer& transfer = *static_cast<Transfer*>(self);
  transfer.request_sent_ = true;
  transfer.last_byte_ = transfer.window_started_ = std::chrono::steady_clock::now();
  if (transfer.proxy_) return CURL_PREREQFUNC_OK;
  transfer.peer_ = peer;
  if (!transfer.request_.public_only || address_scope(peer) == AddressScope::public_network) return CURL_PREREQFUNC_OK;
  transfer.stop_with(make_error(kPrivateAddress, fmt::format("a public index may not send us to `{}`, which is {} in a private network",
                                                             transfer.url_.host, peer))
                         .at(transfer.url_.display()));
  return CURL_PREREQFUNC_ABORT;
}

bool Transfer::stop_with(Error error, FailureKind kind) {
  const std::string brief = error.message;
  if (!stopped_) stopped_ = Failure{kind, std::move(error), brief};
  return false;
}

bool Transfer::head_line(std::string_view line) {
  last_byte_ = std::chrono::steady_clock::now();
  switch (head_.add(line)) {
    case AnswerHead::Line::refused:
      return stop_with(make_error(kBadAnswer, fmt::format("{} {}", url_.host, head_.refusal())).at(url_.display()));
    case AnswerHead::Line::complete: return take_head();
    case AnswerHead::Line::more: break;
  }
  // Only the body of a success is worth decoding. At the status line libcurl has not set up a decoder yet.
  const bool status_line = line.starts_with("HTTP/") && head_.headers().empty();
  if (status_line) curl_easy_setopt(easy_, CURLOPT_HTTP_CONTENT_DECODING, head_.status() / 100 == 2 ? 1L : 0L);
  return true;
}

bool Transfer::take_head() {
  if (!head_.has_plain_framing())
    return stop_with(make_error(kBadEncoding, fmt::format("{} wraps its answer in a transfer coding that was not asked for", url_.host)).at(url_.display()));
  if (head_.status() / 100 == 2) return take_success_head();
  const bool speaks = !is_redirect(head_.status()) && head_.content_codings().empty();
  route_ = speaks ? Route::error_text : Route::drop;
  body_.clear();
  return true;
}

// Pages may come in one of the codings that were offered. Files are kept as they come: their hash is over those bytes.
bool Transfer::check_codings() {
  if (request_.coding == ContentCoding::identity) return true;
  const std::vector<std::string> codings = head_.content_codings();
  const bool fine = codings.empty() || (codings.size() == 1 && (codings[0] == "gzip" || codings[0] == "x-gzip" || codings[0] == "deflate"));
  if (fine) return true;
  return stop_with(make_error(kBadEncoding, fmt::format("{} encodes its answer as `{}`, which was not offered", url_.host,
                                                        escape_for_terminal(join(codings, ", ").substr(0, 100))))
                       .at(url_.display()));
}

bool Transfer::take_success_head() {
  if (!check_codings()) return false;
  const bool partial = head_.status() == 206;
  if (resuming_ && partial) {
    if (!place_partial()) return false;
  } else if (partial && !request_.range && !request_.suffix_range) {
    return stop_with(make_error(kBadAnswer, fmt::format("{} sends a part of the file where the whole was asked for", url_.host)).at(url_.display()),
                     FailureKind::transient);
  } else {
    if (partial && !check_asked_range()) return false;
    if (!restart_body()) return false;
    validator_ = validator_of(head_);
    const bool decoded = request_.coding == ContentCoding::decoded && !head_.content_codings().empty();
    total_ = decoded ? std::nullopt : head_.content_length();
  }
  if (total_ && *total_ > request_.body_max_bytes && request_.method != "HEAD") return too_large();
  route_ = request_.sink ? Route::sink : Route::keep;
  if (route_ == Route::keep && total_) body_.reserve(static_cast<std::size_t>(std::min(*total_, kReservedMaxBytes)));
  if (!request_.on_head) return true;
  request_.on_head(head_only());
  return true;
}

// A 206 to our own continuation must begin where we stopped and belong to a file of the same size; else: from the start.
bool Transfer::place_partial() {
  const auto value = head_.header("content-range");
  const auto range = value ? parse_content_range(*value) : std::nullopt;
  const auto tag = head_.header("etag");
  const bool same_version = !tag || !validator_.starts_with('"') || *tag == validator_;
  const bool fits = range && range->first == position_ && same_version && (!total_ || !range->total || *total_ == *range->total);
  if (fits) {
    if (range->total) total_ = range->total;
    return true;
  }
  validator_.clear();  // no further ranges from this server
  return stop_with(make_error(kBadAnswer, fmt::format("{} continues the file at another place than the one asked for", url_.host)).at(url_.display()),
                   FailureKind::transient);
}

bool Transfer::check_asked_range() {
  const auto value = head_.header("content-range");
  const auto got = value ? parse_content_range(*value) : std::nullopt;
  bool fits = false;
  if (got && request_.range) fits = got->first == request_.range->first && got->last <= request_.range->second;
  if (got && request_.suffix_range && got->total)
    fits = got->last + 1 == *got->total && got->last - got->first + 1 == std::min(*got->total, *request_.suffix_range);
  if (fits) return true;
  return stop_with(make_error(kBadAnswer, fmt::format("{} sends another range than the one asked for", url_.host)).at(url_.display()));
}

bool Transfer::restart_body() {
  body_.clear();
  position_ = 0;
  if (!request_.sink || !dirty_) return true;
  dirty_ = false;
  Status restarted = request_.sink->restart();
  return restarted ? true : stop_with(std::move(restarted).error());
}

bool Transfer::too_large() {
  return stop_with(make_error(kBodyTooLarge, fmt::format("the answer of {} is larger than the limit of {}", url_.host,
                                                         format_size(request_.body_max_bytes)))
                       .at(url_.display()));
}

bool Transfer::take_body(Bytes bytes) {
  last_byte_ = std::chrono::steady_clock::now();
  attempt_bytes_ += bytes.size();
  window_bytes_ += bytes.size();
  switch (route_) {
    case Route::sink:
    case Route::keep: return deliver(bytes);
    case Route::error_text:
      body_.append(as_text(bytes).substr(0, kErrorTextMaxBytes - body_.size()));
      break;
    default: break;
  }
  enough_ = attempt_bytes_ > kErrorTextMaxBytes;
  return !enough_;
}

bool Transfer::deliver(Bytes bytes) {
  curl_off_t raw = 0;
  curl_easy_getinfo(easy_, CURLINFO_SIZE_DOWNLOAD_T, &raw);
  const bool too_much = bytes.size() > request_.body_max_bytes - std::min(position_, request_.body_max_bytes) ||
                        static_cast<std::uint64_t>(raw) > request_.body_max_bytes;
  if (too_much) return too_large();
  if (total_ && position_ + bytes.size() > *total_)
    return stop_with(make_error(kBadAnswer, fmt::format("{} sends more bytes than it announced", url_.host)).at(url_.display()));
  position_ += bytes.size();
  if (route_ == Route::sink) {
    dirty_ = true;
    if (Status written = request_.sink->write(bytes); !written) return stop_with(std::move(written).error());
  } else {
    body_.append(as_text(bytes));
  }
  if (request_.on_progress) request_.on_progress(position_, total_);
  return true;
}

}  // namespace pipit::net
