// IndexSource: one configured index: its addresses for a project, and how its memory is keyed. Value apart from `probe`.
#pragma once

#include <filesystem>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "index/index_answer.h"
#include "pipit/base/diagnostics.h"
#include "pipit/base/url.h"
#include "pipit/index/index_memory.h"

namespace pipit::index {

// Does the index have release documents? Until one question has found out, the others wait.
class Probe {
 public:
  // True: ask (the caller may be the one who finds out). False: `resume` is called later, once.
  bool may_ask(bool verdict_is_known, std::function<void()> resume);
  // The one who asks found out, or could not; those who waited go on.
  void settle();

 private:
  std::mutex mutex_;
  bool asking_ = false, settled_ = false;
  std::vector<std::function<void()>> waiting_;
};

struct IndexSource {
  std::string shown;                  // without password
  std::string memory_key;             // address without credentials
  Url url;                            // remote
  std::filesystem::path directory;    // local
  bool is_local = false;
  Probe probe;

  Url simple_page(const std::string& name) const;
  // Nullopt unless the index URL ends in /simple or /simple/.
  std::optional<Url> pypi_document(const std::string& name, const std::optional<std::string>& version) const;
};

// Null, with pip's warning, if the location is no usable index.
std::unique_ptr<IndexSource> make_index_source(const std::string& location, Diagnostics& diagnostics);

// https, file, or a host that may be spoken to in the clear: this machine, or one the user trusts ("host", "host:port").
bool is_secure_origin(const Url& url, const std::vector<std::string>& trusted_hosts);
std::string insecure_warning(const Url& url);

// The documents to ask for, in order (see index_client.h).
std::vector<Document> documents_to_ask(const IndexSource& source, bool pinned, const IndexMemory& memory);

}  // namespace pipit::index
