// One index being asked for one project: which document, what was kept, what the answer means.
#include "index/index_client_state.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "pipit/net/address.h"
#include "pipit/packaging/version.h"
#include "pipit/sys/file.h"

namespace pipit::index {

namespace {

bool has_version(const PackedPage& page, const std::string& text) {
  const auto version = packaging::Version::try_parse(text);
  return version && std::any_of(page.releases().begin(), page.releases().end(), [&](const PackedRelease& release) {
           const auto listed = packaging::Version::try_parse(page.text(release.version));
           return release.valid && listed && listed->without_local() == *version;
         });
}

}  // namespace

void IndexClient::State::ask(std::shared_ptr<Ask> asking) {
  if (asking->source->is_local) return ask_local(asking);
  if (http_error) {
    Outcome outcome;
    outcome.kind = Kind::failed;
    outcome.error = http_error;
    return end_ask(asking, std::move(outcome));
  }
  next_document(asking);
}

void IndexClient::State::ask_local(const std::shared_ptr<Ask>& asking) {
  executor.post([self = shared_from_this(), asking] {
    const std::string& name = asking->query->question.name;
    const std::filesystem::path path = asking->source->directory / name / "index.html";
    Outcome outcome;
    if (!sys::exists(path)) {
      if (!sys::is_directory(asking->source->directory))
        outcome.warnings.push_back(fmt::format("Location '{}' is ignored: it is neither a file nor a directory.", asking->source->shown));
      return self->end_ask(asking, std::move(outcome));
    }
    const Url url = Url::from_path(path.string());
    Result<std::string> bytes = sys::read_file(path, kPageMax);
    Result<ProjectPage> page = bytes ? parse_simple_html(*bytes, url) : Result<ProjectPage>(fail(std::move(bytes).error()));
    outcome.kind = page ? Kind::page : Kind::failed;
    if (page) outcome.page = self->pack(*page, name, {url.str(), url.str(), {}});
    else outcome.error = std::move(page).error();
    self->end_ask(asking, std::move(outcome));
  });
}

void IndexClient::State::next_document(const std::shared_ptr<Ask>& asking) {
  if (stopping || asking->next >= asking->documents.size()) return end_ask(asking, {});
  const Document document = asking->documents[asking->next];
  if (document == Document::release_json) {
    const std::optional<bool> can = memory.can(asking->source->memory_key, Ability::release_json);
    const auto resume = [self = shared_from_this(), asking] { self->next_document(asking); };
    if (!asking->source->probe.may_ask(can.has_value(), resume)) return;
    // Others may have found out while this one waited.
    if (memory.can(asking->source->memory_key, Ability::release_json) == false) {
      ++asking->next;
      return next_document(asking);
    }
    asking->is_probe = !can.has_value();
  }
  ++asking->next;
  ask_remote(asking, document, true);
}

// A request, and the page that was kept of an earlier answer to it.
struct IndexClient::State::Asked {
  Url url;
  net::HttpRequest request;
  std::shared_ptr<const PackedPage> kept;
};

net::HttpRequest IndexClient::State::request_for(const IndexSource& source, const Question& question, Document document) const {
  net::HttpRequest request;
  request.url = document == Document::simple ? source.simple_page(question.name)
                                             : *source.pypi_document(question.name, document == Document::release_json ? question.pinned : std::nullopt);
  request.headers = {{"Accept", document == Document::simple ? kAccept : "application/json"}};
  request.coding = net::ContentCoding::as_sent;
  request.body_max_bytes = kPageMax;
  request.keeps_payload = store.is_on();
  if (options.refresh.contains(":all:") || options.refresh.contains(question.name)) request.cache = net::CacheMode::refresh;
  return request;
}

IndexClient::State::Asked IndexClient::State::ask_with_kept(const Ask& asking, Document document, bool use_kept) const {
  Asked asked;
  asked.request = request_for(*asking.source, asking.query->question, document);
  asked.url = asked.request.url;
  if (use_kept) asked.kept = store.find(asked.url.without_credentials());
  if (asked.kept) asked.request.known_payload_id = asked.kept->key().payload_id;
  return asked;
}

void IndexClient::State::ask_remote(const std::shared_ptr<Ask>& asking, Document document, bool use_kept) {
  // What has to come over the net is asked for at once: behind the pages that the executor reads it would wait in vain.
  if (std::exchange(asking->is_ahead, false) && use_kept && store.has(request_for(*asking->source, asking->query->question, document).url.without_credentials()))
    return executor.post([self = shared_from_this(), asking, document] { self->ask_remote(asking, document, true); });
  Asked asked = ask_with_kept(*asking, document, use_kept);
  if (auto came = take_early(asked.url); came && use_kept) {
    const bool is_usable = !*came || !(*came)->body_omitted || (asked.kept && asked.kept->key().payload_id == (*came)->payload_id);
    if (is_usable) return on_response(asking, document, asked.url, asked.kept, *came);
  }
  std::optional<Result<net::HttpResponse>> at_once;
  {
    const std::lock_guard lock(http_mutex);
    if (stopping) return end_ask(asking, {});
    if (asked.kept) at_once = http->peek(asked.request);
  }
  if (at_once && *at_once && (*at_once)->body_omitted) return on_response(asking, document, asked.url, asked.kept, *at_once);
  const std::lock_guard lock(http_mutex);
  if (stopping) return end_ask(asking, {});
  http->submit(std::move(asked.request), [self = shared_from_this(), asking, document, asked = asked.url, kept = asked.kept](Result<net::HttpResponse> response) {
    auto shared = std::make_shared<Result<net::HttpResponse>>(std::move(response));
    self->executor.post([self, asking, document, asked, kept, shared] { self->on_response(asking, document, asked, kept, *shared); });
  });
}

void IndexClient::State::learn_public(const net::HttpResponse& response) {
  if (net::address_scope(response.peer_address) != net::AddressScope::public_network) return;
  const std::lock_guard lock(shared_mutex);
  public_hosts.insert(response.final_url.host);
}

bool IndexClient::State::is_public(const std::string& page_url) const {
  const std::lock_guard lock(shared_mutex);
  if (public_hosts.empty()) return false;
  const Result<Url> url = Url::parse(page_url);
  return url && public_hosts.contains(url->host);
}

std::shared_ptr<const PackedPage> IndexClient::State::pack(const ProjectPage& page, const std::string& name, const PageKey& key) const {
  return keep(PackedPage::pack(page, name, key), key);
}

std::shared_ptr<const PackedPage> IndexClient::State::keep(std::string bytes, const PageKey& key) const {
  // What is on disk is read from there: a page in memory is memory, a mapped one is a promise.
  if (!key.payload_id.empty() && store.keep(key.url, bytes))
    if (auto kept = store.find(key.url); kept && kept->key() == key) return kept;
  return std::move(*PackedPage::from_bytes(std::move(bytes)));
}

void IndexClient::State::on_response(const std::shared_ptr<Ask>& asking, Document document, const Url& asked, std::shared_ptr<const PackedPage> kept,
                                     const Result<net::HttpResponse>& response) {
  if (response) learn_public(*response);
  if (response && response->body_omitted) {
    if (kept && kept->key().final_url == response->final_url.without_credentials()) return on_page(asking, document, std::move(kept), {});
    return ask_remote(asking, document, false);  // the same bytes from another place: their links mean something else
  }
  PagePacker packer(asking->query->question.name);
  Answer answer = read_answer(response, document, asked, &packer);
  if (answer.kind == Kind::page) {
    const PageKey key{asked.without_credentials(), response->final_url.without_credentials(), response->payload_id};
    return on_page(asking, document, keep(packer.finish(answer.page, key), key), std::move(answer.page.refused));
  }
  if (document == Document::release_json) {
    asking->release_was_missing = answer.kind == Kind::not_here;
    if (answer.kind == Kind::not_spoken) memory.learn(asking->source->memory_key, Ability::release_json, false);
  }
  if (document == Document::simple && answer.kind == Kind::not_here) asking->missed.push_back(document);
  const bool go_on = answer.kind == Kind::not_here || answer.kind == Kind::not_spoken || (answer.kind == Kind::offline && asking->next < asking->documents.size());
  if (go_on) return next_document(asking);
  Outcome outcome;
  outcome.kind = answer.kind;
  if (answer.error) outcome.error = std::move(*answer.error).while_(fmt::format("looking for {} in {}", asking->query->question.name, asking->source->shown));
  if (!answer.warning.empty()) outcome.warnings.push_back(std::move(answer.warning));
  end_ask(asking, std::move(outcome));
}

void IndexClient::State::on_page(const std::shared_ptr<Ask>& asking, Document document, std::shared_ptr<const PackedPage> page, std::vector<std::string> warnings) {
  const std::string& key = asking->source->memory_key;
  switch (document) {
    case Document::release_json: memory.learn(key, Ability::release_json, true); break;
    case Document::simple:
      memory.learn(key, Ability::simple, true);
      // The release is there and its document was not: this index does not have such documents.
      if (asking->release_was_missing && has_version(*page, *asking->query->question.pinned)) memory.learn(key, Ability::release_json, false);
      break;
    case Document::project_json:
      memory.learn(key, Ability::project_json, true);
      if (!asking->missed.empty()) memory.learn(key, Ability::simple, false);
      break;
    case Document::links: break;
  }
  Outcome outcome;
  outcome.kind = Kind::page;
  outcome.page = std::move(page);
  outcome.is_release = document == Document::release_json;
  outcome.warnings = std::move(warnings);
  end_ask(asking, std::move(outcome));
}

void IndexClient::State::end_ask(const std::shared_ptr<Ask>& asking, Outcome outcome) {
  if (asking->is_probe) {
    asking->is_probe = false;
    asking->source->probe.settle();
  }
  // first_index: whoever does not know the name passes the question on.
  const std::vector<IndexSource*> sources = sources_for(asking->query->question.name);
  const std::size_t first = asking->query->outcomes.size() - sources.size();
  const std::size_t next = asking->slot + 1;
  if (options.strategy == IndexStrategy::first_index && next < asking->query->outcomes.size()) {
    if (outcome.kind == Kind::not_here && !stopping) {
      auto following = std::make_shared<Ask>();
      following->query = asking->query;
      following->slot = next;
      following->source = sources[next - first];
      following->documents = documents_to_ask(*following->source, asking->query->question.pinned.has_value(), memory);
      ask(following);
    } else {
      for (std::size_t slot = next; slot < asking->query->outcomes.size(); ++slot) give(asking->query, slot, {});
    }
  }
  give(asking->query, asking->slot, std::move(outcome));
}

}  // namespace pipit::index
