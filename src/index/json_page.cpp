// PEP 691 pages and PyPI's documents, token by token: this handler keeps one frame per open container, so nesting costs nothing
// and is capped anyway. No tree is built; only what a DistFile needs is copied.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <span>
#include <unordered_set>

#include "index/json_reader.h"
#include "index/page_builder.h"
#include "pipit/base/text.h"

namespace pipit::index {
namespace {

enum class Dialect { simple, pypi_project, pypi_release };

// What an open container is to us. Everything below `ignored` is ignored.
enum class Where : std::uint8_t { ignored, root, meta, info, status, versions, files, urls, releases, release_files, file, hashes, core_metadata };

enum class Field : std::uint8_t {
  none, meta, info, name, files, urls, releases, versions, status, status_reason, api_version,
  filename, url, hashes, requires_python, size, upload_time, yanked, yanked_reason, core_metadata, legacy_metadata,
};

struct KnownKey {
  std::string_view text;
  Field field;
};
constexpr std::array kSimpleRoot{KnownKey{"meta", Field::meta}, KnownKey{"name", Field::name}, KnownKey{"files", Field::files},
                                 KnownKey{"versions", Field::versions}, KnownKey{"project-status", Field::status}};
constexpr std::array kPypiRoot{KnownKey{"info", Field::info}, KnownKey{"urls", Field::urls}, KnownKey{"releases", Field::releases}};
constexpr std::array kMeta{KnownKey{"api-version", Field::api_version}};
constexpr std::array kInfo{KnownKey{"name", Field::name}};
constexpr std::array kStatus{KnownKey{"status", Field::status}, KnownKey{"reason", Field::status_reason}};
constexpr std::array kFile{KnownKey{"filename", Field::filename},
                           KnownKey{"url", Field::url},
                           KnownKey{"hashes", Field::hashes},
                           KnownKey{"digests", Field::hashes},
                           KnownKey{"requires-python", Field::requires_python},
                           KnownKey{"requires_python", Field::requires_python},
                           KnownKey{"size", Field::size},
                           KnownKey{"upload-time", Field::upload_time},
                           KnownKey{"upload_time_iso_8601", Field::upload_time},
                           KnownKey{"yanked", Field::yanked},
                           KnownKey{"yanked_reason", Field::yanked_reason},
                           KnownKey{"core-metadata", Field::core_metadata},
                           KnownKey{"data-core-metadata", Field::core_metadata},
                           KnownKey{"dist-info-metadata", Field::legacy_metadata},
                           KnownKey{"data-dist-info-metadata", Field::legacy_metadata}};

std::span<const KnownKey> keys_of(Where where, Dialect dialect) {
  switch (where) {
    case Where::root: return dialect == Dialect::simple ? std::span<const KnownKey>(kSimpleRoot) : std::span<const KnownKey>(kPypiRoot);
    case Where::meta: return kMeta;
    case Where::info: return kInfo;
    case Where::status: return kStatus;
    case Where::file: return kFile;
    default: return {};
  }
}

struct Frame {
  Where where = Where::ignored;
  std::uint32_t seen = 0;  // bit i: key i of keys_of(where) was said
};

// A sidecar as one key tells it: true, or digests.
struct Sidecar {
  bool said = false, offered = false;
  packaging::Hashes hashes;
};

class PageHandler {
 public:
  PageHandler(const Url& page_url, Dialect dialect, FileSink* sink) : builder_(page_url, sink), url_(page_url), dialect_(dialect) { stack_.reserve(kDepthMax); }

  // False: nothing more is to be read.
  bool take(JsonToken token, const JsonReader& reader);
  Result<ProjectPage> finish();

 private:
  bool release(std::string_view version);
  bool too_many(std::string_view what);
  Where here() const { return stack_.empty() ? Where::ignored : stack_.back().where; }
  bool stop(Error error) {
    if (!error_) error_ = std::move(error);
    return false;
  }
  template <class Act>
  bool scalar(Act act) {
    if (stack_.empty()) return stop(bad_page(url_, "it is not a JSON object"));
    if (here() != Where::ignored) act();
    field_ = is_list(here()) ? field_ : Field::none;
    return !error_;
  }
  static bool is_list(Where where) { return where == Where::hashes || where == Where::core_metadata; }
  bool key(std::string_view text);
  bool open(bool is_object);
  Where opened(bool is_object);
  Where opened_in_file(bool is_object);
  Sidecar& sidecar() { return sidecars_[sidecar_field_ == Field::legacy_metadata ? 1 : 0]; }
  void on_boolean(bool value);
  void on_number(std::uint64_t value);
  void on_text(std::string_view value);
  void on_file_text(std::string_view value);
  void wrong_type(std::string_view what);
  bool repeated(std::string_view text) {
    return stop(bad_page(url_, fmt::format("it says the key `{}` twice in one object", escape_for_terminal(text.substr(0, 60)))));
  }
  bool end_object();
  bool end_file();

  PageBuilder builder_;
  Url url_;
  Dialect dialect_;
  std::optional<Error> error_;
  std::vector<Frame> stack_;
  Field field_ = Field::none;          // the key whose value comes next
  std::string algorithm_;              // the key inside `hashes`
  std::vector<std::string> algorithms_seen_;
  Field sidecar_field_ = Field::none;
  RawEntry entry_;
  bool is_yanked_ = false;
  std::string yanked_reason_;
  std::array<Sidecar, 2> sidecars_;    // core-metadata, then the name it had before (PEP 714)
  std::vector<model::DistFile> urls_;  // of a PyPI document
  std::unordered_set<std::string> releases_seen_;
  bool saw_files_ = false, saw_urls_ = false, saw_releases_ = false;
};

bool PageHandler::take(JsonToken token, const JsonReader& reader) {
  switch (token) {
    case JsonToken::key: return key(reader.text());
    case JsonToken::object_begin: return open(true);
    case JsonToken::array_begin: return open(false);
    case JsonToken::object_end: return end_object();
    case JsonToken::array_end: return stack_.pop_back(), true;
    case JsonToken::text:
      return scalar([&] { on_text(reader.text()); });
    case JsonToken::number:
      return scalar([&] { on_number(reader.number()); });
    case JsonToken::negative_number:
      return scalar([&] { wrong_type("a negative number"); });
    case JsonToken::fraction:
      return scalar([&] { wrong_type("a fraction"); });
    case JsonToken::true_value:
    case JsonToken::false_value:
      return scalar([&] { on_boolean(token == JsonToken::true_value); });
    case JsonToken::null_value: return scalar([] {});
    case JsonToken::invalid: return stop(bad_page(url_, fmt::format("it is not valid JSON (at byte {})", reader.position())));
    case JsonToken::end: break;
  }
  return false;
}

bool PageHandler::key(std::string_view text) {
  field_ = Field::none;
  Frame& frame = stack_.back();
  if (frame.where == Where::hashes || frame.where == Where::core_metadata) {
    algorithm_ = ascii_lower(text);
    if (std::find(algorithms_seen_.begin(), algorithms_seen_.end(), algorithm_) != algorithms_seen_.end()) return repeated(text);
    if (algorithms_seen_.size() < kDepthMax) algorithms_seen_.push_back(algorithm_);
    return true;
  }
  if (frame.where == Where::releases) return release(text);
  const std::span<const KnownKey> known = keys_of(frame.where, dialect_);
  for (std::size_t i = 0; i < known.size(); ++i) {
    if (known[i].text != text) continue;
    if (frame.seen & (1u << i)) return repeated(text);
    frame.seen |= 1u << i;
    field_ = known[i].field;
    return true;
  }
  return true;
}

bool PageHandler::release(std::string_view version) {
  if (releases_seen_.size() >= kFilesMax) return too_many("releases");
  return releases_seen_.emplace(version).second || repeated(version);
}

bool PageHandler::too_many(std::string_view what) { return stop(bad_page(url_, fmt::format("it lists more than {} {}", kFilesMax, what))); }

bool PageHandler::open(bool is_object) {
  if (stack_.size() >= kDepthMax) return stop(bad_page(url_, fmt::format("it is nested deeper than {} levels", kDepthMax)));
  if (stack_.empty()) {
    if (!is_object) return stop(bad_page(url_, "it is not a JSON object"));
    stack_.push_back({Where::root});
    return true;
  }
  const Where inner = opened(is_object);
  stack_.push_back({inner});
  if (inner == Where::file) {
    entry_ = {};
    is_yanked_ = false;
    yanked_reason_.clear();
    sidecars_ = {};
  }
  field_ = Field::none;
  return !error_;
}

Where PageHandler::opened(bool is_object) {
  switch (here()) {
    case Where::root:
      if (field_ == Field::meta && is_object) return Where::meta;
      if (field_ == Field::info && is_object) return Where::info;
      if (field_ == Field::status && is_object) return Where::status;
      if (field_ == Field::versions && !is_object) return Where::versions;
      if (field_ == Field::files && !is_object) return saw_files_ = true, Where::files;
      if (field_ == Field::urls && !is_object) return saw_urls_ = true, Where::urls;
      if (field_ == Field::releases && is_object && dialect_ == Dialect::pypi_project) return saw_releases_ = true, Where::releases;
      return Where::ignored;
    case Where::releases: return is_object ? Where::ignored : Where::release_files;
    case Where::files:
    case Where::urls:
    case Where::release_files: return is_object ? Where::file : Where::ignored;
    case Where::file: return opened_in_file(is_object);
    default: return Where::ignored;
  }
}

Where PageHandler::opened_in_file(bool is_object) {
  if (is_object && field_ == Field::hashes) {
    algorithms_seen_.clear();
    return Where::hashes;
  }
  if (is_object && (field_ == Field::core_metadata || field_ == Field::legacy_metadata)) {
    algorithms_seen_.clear();
    sidecar_field_ = field_;
    sidecar().said = sidecar().offered = true;
    return Where::core_metadata;
  }
  if (field_ != Field::none) wrong_type(is_object ? "an object" : "a list");
  return Where::ignored;
}

void PageHandler::on_boolean(bool value) {
  if (here() == Where::file && field_ == Field::yanked) {
    is_yanked_ = value;
  } else if (here() == Where::file && (field_ == Field::core_metadata || field_ == Field::legacy_metadata)) {
    sidecar_field_ = field_;
    sidecar().said = true;
    sidecar().offered = value;
  } else {
    wrong_type("a truth value");
  }
}

void PageHandler::on_number(std::uint64_t value) {
  if (here() == Where::file && field_ == Field::size) {
    entry_.file.size_bytes = value;
  } else {
    wrong_type("a number");
  }
}

void PageHandler::on_text(std::string_view value) {
  switch (here()) {
    case Where::file: on_file_text(value); return;
    case Where::hashes: add_hash(entry_.file.hashes, algorithm_, value); return;
    case Where::core_metadata: add_hash(sidecar().hashes, algorithm_, value); return;
    case Where::versions: builder_.page().versions.emplace_back(value); return;
    case Where::meta:
      if (field_ == Field::api_version)
        if (Status status = check_api_version(value, url_); !status) stop(std::move(status).error());
      return;
    case Where::status:
      if (field_ == Field::status) builder_.page().status = parse_status(value);
      if (field_ == Field::status_reason) builder_.page().status_reason = value;
      return;
    case Where::root:
    case Where::info:
      if (field_ == Field::name) builder_.page().name = value;
      return;
    default: return;
  }
}

void PageHandler::on_file_text(std::string_view value) {
  switch (field_) {
    case Field::url: entry_.url = value; return;
    case Field::filename: entry_.filename = value; return;
    case Field::requires_python:
      if (!value.empty()) entry_.file.requires_python = value;
      return;
    case Field::upload_time: entry_.file.upload_time = value; return;
    case Field::yanked:  // a reason; an empty one says no (PEP 691: false or a non-empty string)
      if (!value.empty()) is_yanked_ = true, yanked_reason_ = value;
      return;
    case Field::yanked_reason: yanked_reason_ = value; return;
    case Field::none: return;
    default: wrong_type("a text");
  }
}

// Of the wrong type: what decides about the file costs the file; what merely helps (size, time, sidecar) is not believed.
void PageHandler::wrong_type(std::string_view what) {
  if (here() == Where::meta && field_ == Field::api_version) {
    stop(bad_page(url_, "its api-version is no text"));
    return;
  }
  std::string_view name;
  if (here() == Where::hashes) name = "hashes";
  if (here() == Where::file) {
    switch (field_) {
      case Field::url: name = "url"; break;
      case Field::filename: name = "filename"; break;
      case Field::hashes: name = "hashes"; break;
      case Field::requires_python: name = "requires-python"; break;
      case Field::yanked: name = "yanked"; break;
      default: break;
    }
  }
  if (!name.empty() && entry_.problem.empty()) entry_.problem = fmt::format("its `{}` is {}", name, what);
}

bool PageHandler::end_object() {
  const Where closed = here();
  stack_.pop_back();
  field_ = Field::none;
  return closed == Where::file ? end_file() : true;
}

bool PageHandler::end_file() {
  if (is_yanked_) entry_.file.yanked = std::move(yanked_reason_);
  Sidecar& chosen = sidecars_[0].said ? sidecars_[0] : sidecars_[1];
  entry_.file.core_metadata = chosen.offered;
  entry_.file.core_metadata_hashes = std::move(chosen.hashes);
  if (builder_.add(std::move(entry_), here() == Where::urls ? urls_ : builder_.page().files)) return true;
  return too_many("files");
}

Result<ProjectPage> PageHandler::finish() {
  if (error_) return fail(std::move(*error_));
  if (dialect_ == Dialect::simple ? !saw_files_ : !(saw_urls_ || saw_releases_)) return fail(bad_page(url_, "it is JSON, but lists no files"));
  if (!saw_releases_ && saw_urls_) builder_.page().files = std::move(urls_);
  return builder_.finish();
}

Result<ProjectPage> parse(std::string_view bytes, const Url& page_url, Dialect dialect, FileSink* sink = nullptr) {
  PageHandler handler(page_url, dialect, sink);
  JsonReader reader(bytes);
  while (handler.take(reader.next(), reader)) continue;
  return handler.finish();
}

}  // namespace

Result<ProjectPage> parse_simple_json(std::string_view bytes, const Url& page_url, FileSink* files) { return parse(bytes, page_url, Dialect::simple, files); }

Result<ProjectPage> parse_pypi_json(std::string_view bytes, const Url& page_url, PypiDocument document) {
  return parse(bytes, page_url, document == PypiDocument::project ? Dialect::pypi_project : Dialect::pypi_release);
}

}  // namespace pipit::index
