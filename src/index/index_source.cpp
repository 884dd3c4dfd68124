#include "index/index_source.h"

#include <fmt/format.h>

#include <algorithm>

#include "pipit/base/text.h"
#include "pipit/index/find_links.h"
#include "pipit/net/address.h"

namespace pipit::index {
namespace {

std::string without_trailing_slashes(std::string path) {
  while (path.ends_with('/')) path.pop_back();
  return path;
}

// A version text as one path segment.
std::string as_segment(std::string_view text) {
  std::string out;
  for (char c : text)
    if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '-' || c == '_' || c == '~') out += c;
    else out += fmt::format("%{:02X}", static_cast<unsigned char>(c));
  return out;
}

}  // namespace

bool Probe::may_ask(bool verdict_is_known, std::function<void()> resume) {
  const std::lock_guard lock(mutex_);
  if (verdict_is_known || settled_) return true;
  if (!asking_) return asking_ = true;
  waiting_.push_back(std::move(resume));
  return false;
}

void Probe::settle() {
  std::vector<std::function<void()>> waiting;
  {
    const std::lock_guard lock(mutex_);
    settled_ = true;
    waiting.swap(waiting_);
  }
  for (const auto& resume : waiting) resume();
}

Url IndexSource::simple_page(const std::string& name) const {
  Url page = url;
  page.path = without_trailing_slashes(page.path) + "/" + name + "/";
  page.fragment.reset();
  return page;
}

std::optional<Url> IndexSource::pypi_document(const std::string& name, const std::optional<std::string>& version) const {
  constexpr std::string_view kSimple = "/simple";
  const std::string path = without_trailing_slashes(url.path);
  if (is_local || !path.ends_with(kSimple)) return std::nullopt;
  Url document = url;
  document.query.reset();
  document.fragment.reset();
  document.path = path.substr(0, path.size() - kSimple.size()) + "/pypi/" + name + (version ? "/" + as_segment(*version) : std::string()) + "/json";
  return document;
}

std::unique_ptr<IndexSource> make_index_source(const std::string& text, Diagnostics& diagnostics) {
  const Location location = locate(text);
  auto source = std::make_unique<IndexSource>();
  const Result<Url> url = location.url.empty() ? Url::parse(text) : Url::parse(location.url);
  if (!url) {
    diagnostics.warn("index-url-invalid", fmt::format("The index url \"{}\" seems invalid, please provide a scheme.", mask_credentials(escape_for_terminal(text))));
    return nullptr;
  }
  source->url = *url;
  source->shown = url->display();
  source->memory_key = without_trailing_slashes(url->without_credentials());
  source->is_local = url->scheme == "file";
  if (source->is_local) source->directory = location.path;
  return source;
}

bool is_secure_origin(const Url& url, const std::vector<std::string>& trusted_hosts) {
  if (url.scheme != "http" || net::is_loopback_host(url.host)) return true;
  const std::string with_port = fmt::format("{}:{}", url.host, url.port_or_default());
  return std::any_of(trusted_hosts.begin(), trusted_hosts.end(),
                     [&](const std::string& trusted) { return ascii_iequals(trusted, url.host) || ascii_iequals(trusted, with_port); });
}

std::string insecure_warning(const Url& url) {
  return fmt::format(
      "The repository located at {0} is not a trusted or secure host and is being ignored. If this repository is available via HTTPS we "
      "recommend you use HTTPS instead, otherwise you may silence this warning and allow it anyway with '--trusted-host {0}'.",
      url.host);
}

std::vector<Document> documents_to_ask(const IndexSource& source, bool pinned, const IndexMemory& memory) {
  const auto can = [&](Ability ability) { return memory.can(source.memory_key, ability); };
  const bool has_documents = source.pypi_document("x", std::nullopt).has_value();
  std::vector<Document> documents;
  if (pinned && has_documents && can(Ability::release_json) != false) documents.push_back(Document::release_json);
  const bool only_documents = has_documents && can(Ability::simple) == false && can(Ability::project_json) == true;
  if (!only_documents) documents.push_back(Document::simple);
  if (has_documents && (only_documents || (can(Ability::simple) != true && can(Ability::project_json) != false))) documents.push_back(Document::project_json);
  return documents;
}

}  // namespace pipit::index
