// Where to look: indexes, pages of links, local files; and what the pages of links say.
#include "index/index_client_state.h"

#include <fmt/format.h>

#include <algorithm>

#include "pipit/base/text.h"
#include "pipit/net/address.h"
#include "pipit/packaging/filename.h"
#include "pipit/sys/file.h"

namespace pipit::index {

void IndexClient::State::look_at_locations() {
  if (std::exchange(looked, true)) return;
  std::vector<Location> links;
  for (const std::string& text : options.find_links) links.push_back(locate(text));
  LocalLinks local = read_local_links(links, diagnostics);
  local_files = std::move(local.files);
  local_unreadable = std::move(local.unreadable);
  for (const std::filesystem::path& path : local.html_pages) add_local_page(path);
  for (const Location& location : links)
    if (location.kind == LocationKind::remote)
      if (const auto url = Url::parse(location.url)) add_link_page(*url);
  for (const std::string& location : options.index_urls) add_index(location);
  configured_indexes = indexes.size();
  for (const auto& [name, location] : options.pinned) {
    const std::size_t before = indexes.size();
    add_index(location);
    // The same address twice is one index.
    for (const auto& source : indexes)
      if (indexes.size() > before && source->memory_key == indexes.back()->memory_key) {
        pinned[name] = source.get();
        if (source != indexes.back()) indexes.pop_back();
        break;
      }
  }
}

void IndexClient::State::add_index(const std::string& location) {
  std::unique_ptr<IndexSource> source = make_index_source(location, diagnostics);
  if (!source) return;
  if (!is_secure_origin(source->url, options.trusted_hosts)) {
    diagnostics.warn("insecure-host", insecure_warning(source->url));
    insecure = make_error(net::kInsecureHost, fmt::format("the index {} is plain http and was not asked", source->shown))
                   .hint(fmt::format("use https, or allow it with --trusted-host {}", source->url.host));
    return;
  }
  indexes.push_back(std::move(source));
}

void IndexClient::State::add_link_page(const Url& url) {
  if (!is_secure_origin(url, options.trusted_hosts)) {
    diagnostics.warn("insecure-host", insecure_warning(url));
    return;
  }
  auto page = std::make_unique<LinkPage>();
  page->shown = url.display();
  // An archive by its name is the file itself; anything else is a page of links.
  if (packaging::archive_suffix(url.filename())) {
    model::DistFile file;
    file.filename = url.filename();
    file.url = url.without_fragment();
    file.source = file.url;
    if (const auto sha256 = url.fragment_value("sha256")) file.hashes = {{"sha256", ascii_lower(*sha256)}};
    page->catalog.add({std::move(file)});
    page->ready = page->asked = true;
    page->failure.kind = Kind::page;
  }
  link_pages.emplace_back(std::move(page), url);
}

void IndexClient::State::add_local_page(const std::filesystem::path& path) {
  const Url url = Url::from_path(path.string());
  auto page = std::make_unique<LinkPage>();
  page->shown = url.str();
  page->ready = page->asked = true;
  page->failure.kind = Kind::page;
  Result<std::string> bytes = sys::read_file(path, kPageMax);
  if (!bytes) {
    page->failure.kind = Kind::failed;
    page->failure.error = std::move(bytes).error().while_("reading the links of " + page->shown);
    link_pages.emplace_back(std::move(page), url);
    return;
  }
  Result<ProjectPage> parsed = parse_simple_html(*bytes, url);
  if (parsed) {
    page->catalog.add(std::move(parsed->files));
  } else {
    diagnostics.warn("find-links-unreadable", fmt::format("{} is ignored: {}", page->shown, parsed.error().message));
  }
  link_pages.emplace_back(std::move(page), url);
}

bool IndexClient::State::needs_http() const {
  return std::any_of(indexes.begin(), indexes.end(), [](const auto& source) { return !source->is_local; }) ||
         std::any_of(link_pages.begin(), link_pages.end(), [](const auto& entry) { return !entry.first->ready; });
}

std::vector<IndexSource*> IndexClient::State::sources_for(const std::string& name) const {
  if (const auto at = pinned.find(name); at != pinned.end()) return {at->second};
  std::vector<IndexSource*> sources;
  for (std::size_t i = 0; i < configured_indexes; ++i) sources.push_back(indexes[i].get());
  return sources;
}

void IndexClient::State::ask_links(const std::shared_ptr<Query>& query, std::size_t slot, LinkPage& page, const Url& url) {
  bool ready = false;
  {
    const std::lock_guard lock(page.mutex);
    ready = page.ready;
    if (!ready) page.waiting.push_back([self = shared_from_this(), query, slot, &page] { self->give_links(query, slot, page); });
    if (!ready && std::exchange(page.asked, true)) return;
  }
  if (ready) return give_links(query, slot, page);
  const auto on_answer = [self = shared_from_this(), &page](Answer answer) {
    std::vector<std::function<void()>> waiting;
    {
      const std::lock_guard lock(page.mutex);
      page.failure.kind = answer.kind;
      if (answer.kind == Kind::page) page.catalog.add(std::move(answer.page.files));
      if (answer.error) {
        // pip goes on without a page of links; so do we, but not silently.
        page.failure.warnings.push_back(answer.warning.empty() ? fmt::format("Could not fetch URL {}: {} - skipping", page.shown, answer.error->message) : answer.warning);
        page.failure.error = std::move(*answer.error).while_("reading the links of " + page.shown);
      } else if (answer.kind != Kind::page && answer.kind != Kind::offline) {
        page.failure.warnings.push_back(fmt::format("Could not fetch URL {}: 404 - skipping", page.shown));
      }
      page.ready = true;
      waiting.swap(page.waiting);
    }
    for (const auto& go_on : waiting) go_on();
  };
  if (http_error) {
    Answer answer;
    answer.kind = Kind::failed;
    answer.error = http_error;
    return on_answer(std::move(answer));
  }
  net::HttpRequest request;
  request.url = url;
  request.headers = {{"Accept", kAccept}};
  request.coding = net::ContentCoding::decoded;
  request.body_max_bytes = kPageMax;
  http->submit(std::move(request), [self = shared_from_this(), url, on_answer](Result<net::HttpResponse> response) {
    auto shared = std::make_shared<Result<net::HttpResponse>>(std::move(response));
    self->executor.post([self, url, on_answer, shared] { on_answer(read_answer(*shared, Document::links, url)); });
  });
}

void IndexClient::State::give_links(const std::shared_ptr<Query>& query, std::size_t slot, LinkPage& page) {
  Outcome outcome;
  std::string source;
  {
    const std::lock_guard lock(page.mutex);
    outcome.kind = page.failure.kind;
    outcome.error = page.failure.error;
    outcome.warnings = std::exchange(page.failure.warnings, {});
    ProjectPage files;
    if (outcome.kind == Kind::page) files.files = page.catalog.of(query->question.name);
    if (!files.files.empty()) source = files.files.front().source;
    if (!files.files.empty()) outcome.page = pack(files, query->question.name, {source, source, {}});
  }
  give(query, slot, std::move(outcome));
}

}  // namespace pipit::index
