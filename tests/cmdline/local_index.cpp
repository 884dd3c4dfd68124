#include "cmdline/local_index.h"

#include "pipit/verify/digest.h"

namespace pipit::test {

LocalIndex::LocalIndex(Form form) : form_(form), server_([this](const ServerRequest& request) { return reply(request); }) {}

void LocalIndex::add(const std::string& project, const std::string& filename, const std::string& bytes, const std::string& digest) {
  const std::lock_guard lock(mutex_);
  offers_[project].push_back({filename, bytes, digest.empty() ? verify::sha256_hex(as_bytes_view(bytes)) : digest == "-" ? "" : digest});
}

void LocalIndex::answer(const std::string& path, HttpServer::Handler handler) {
  const std::lock_guard lock(mutex_);
  answers_[path] = std::move(handler);
}

int LocalIndex::asked(std::string_view path) const {
  int count = 0;
  for (const ServerRequest& request : server_.requests()) count += request.target == path;
  return count;
}

std::string LocalIndex::page(const std::vector<Offer>& offers, const std::string& project) const {
  std::string text = form_ == Form::json ? "{\"meta\": {\"api-version\": \"1.0\"}, \"name\": \"" + project + "\", \"files\": [" : "<!DOCTYPE html><html><body>\n";
  bool first = true;
  for (const Offer& offer : offers) {
    const std::string url = "../../files/" + offer.filename;
    if (form_ == Form::json) {
      text += std::string(first ? "" : ", ") + "{\"filename\": \"" + offer.filename + "\", \"url\": \"" + url + "\", \"hashes\": {" +
              (offer.digest.empty() ? "" : "\"sha256\": \"" + offer.digest + "\"") + "}}";
    } else {
      text += "<a href=\"" + url + (offer.digest.empty() ? "" : "#sha256=" + offer.digest) + "\">" + offer.filename + "</a><br/>\n";
    }
    first = false;
  }
  return text + (form_ == Form::json ? "]}" : "</body></html>\n");
}

Reply LocalIndex::reply(const ServerRequest& request) const {
  HttpServer::Handler own;
  {
    const std::lock_guard lock(mutex_);
    if (auto found = answers_.find(request.target); found != answers_.end()) own = found->second;
  }
  return own ? own(request) : offered(request);
}

Reply LocalIndex::offered(const ServerRequest& request) const {
  const std::lock_guard lock(mutex_);
  for (const auto& [project, offers] : offers_) {
    if (request.target == "/simple/" + project + "/")
      return Reply::text(200, page(offers, project)).with("Content-Type", form_ == Form::json ? "application/vnd.pypi.simple.v1+json" : "text/html");
    for (const Offer& offer : offers)
      if (request.target == "/files/" + offer.filename) return Reply::ranged(request, offer.bytes, "\"1\"").with("Content-Type", "application/octet-stream");
  }
  return Reply::text(404, "no such thing here");
}

}  // namespace pipit::test
