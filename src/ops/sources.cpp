#include "ops/sources.h"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>

#include "ops/discovery.h"
#include "ops/telling.h"
#include "pipit/base/text.h"
#include "pipit/base/url.h"
#include "pipit/build/sdist_builder.h"
#include "pipit/ops/install.h"
#include "pipit/packaging/name.h"
#include "pipit/packaging/pyproject.h"
#include "pipit/sys/file.h"
#include "pipit/wheel/source.h"

namespace pipit::ops {

// A URL as the user gave it, with what the line says of it.
struct Sources::Reference {
  std::string url, shown;
  bool editable = false;
  packaging::Hashes required;
  std::string name;                  // that the line gives: its own or the egg's
  ConfigSettings config_settings;
};

namespace {

// pip's rule for a hash in a URL's fragment: the first of these that is there.
packaging::Hashes fragment_hashes(const Url& url) {
  for (const char* algorithm : {"sha512", "sha384", "sha256", "sha224", "sha1", "md5"})
    if (auto value = url.fragment_value(algorithm)) return {{algorithm, ascii_lower(*value)}};
  return {};
}

packaging::DirectUrl archive_reference(const Url& url, const packaging::Hashes& computed) {
  packaging::DirectUrl direct;
  Url shown = url;
  shown.fragment.reset();
  direct.url = shown.without_credentials();
  packaging::ArchiveInfo info;
  for (const packaging::Hash& hash : computed)
    if (hash.algorithm == "sha256") info.hashes.push_back(hash);
  direct.info = std::move(info);
  if (auto subdirectory = url.fragment_value("subdirectory")) direct.subdirectory = *subdirectory;
  return direct;
}

Error not_supported_here(const std::string& filename) {
  return make_pip_error(kUnsupportedWheel, fmt::format("{} is not a supported wheel on this platform.", filename));
}

// "Processing ./demo-1.0-py3-none-any.whl (from -r r.txt (line 1))", "Obtaining file:///src/demo", "Collecting https://...".
void tell_opening(const std::string& text, const packaging::RequirementLine& line, Session& session) {
  auto url = Url::parse(text);
  if (!url || text.find('+') < text.find("://")) return;  // refused in a moment
  std::string named;
  if (auto wheel = packaging::WheelFilename::parse(url->filename())) named = wheel->normalized_name + "==" + wheel->version_text;
  if (line.requirement && !line.requirement->url.value_or("").empty()) named = line.requirement->str();
  const std::string from = from_clause(named.empty() ? line.origin.str() : asker_of_direct(line, named));
  if (url->scheme != "file") return session.reporter().info(fmt::format("Collecting {}{}", named.empty() ? url->fragment_value("egg").value_or(url->display()) : mask_credentials(named), from));
  auto path = url->to_path();
  session.reporter().info((line.editable ? "Obtaining " + mask_credentials(text) : "Processing " + (path ? shown_path(*path, session) : url->display())) + from);
}

void tell_arrival(const Opened& opened, Session& session) {
  if (opened.size_bytes) session.reporter().info(fmt::format("  Downloading {} ({})", opened.candidate.file.filename, format_size(*opened.size_bytes)));
}

}  // namespace

Sources::Sources(Session& session, const python::Interpreter& target, const TargetView& view, const ResolveOptions& options,
                 const packaging::FileOptions& files, Wheels& wheels, fetch::FetchListener* listener)
    : session_(session), target_(target), view_(view), options_(options), files_(files), wheels_(wheels), listener_(listener),
      builds_(session, target, options, files) {}

Sources::~Sources() = default;

void Sources::build_at_once(const std::vector<packaging::RequirementLine>& requirements) {
  if (requirements.size() != 1 || options_.only_deps) return;
  const packaging::RequirementLine& only = requirements.front();
  if (!only.requirement || only.requirement->url) at_once_ = "";
  else if (only.requirement->specifiers.pin()) at_once_ = only.requirement->normalized_name();
}

Result<Opened> Sources::open(const packaging::RequirementLine& line, const packaging::Hashes& required) {
  Reference reference;
  reference.url = line.url;
  if (reference.url.empty() && line.requirement && line.requirement->url) reference.url = *line.requirement->url;
  reference.shown = line.path.empty() ? mask_credentials(reference.url) : line.path;
  reference.editable = line.editable;
  reference.required = required;
  reference.config_settings = line.config_settings;
  if (line.requirement) reference.name = line.requirement->name;
  tell_opening(reference.url, line, session_);
  PIPIT_TRY(Opened opened, open_url(reference));
  tell_arrival(opened, session_);
  opened_[reference.url] = opened;
  if (opened.metadata) metadata_[opened.candidate.file.url] = *opened.metadata;
  return opened;
}

namespace {

// pip's words, with the path quoted as Python's repr() does.
Error no_such_file(const std::string& path) {
  const char quote = path.find('\'') != std::string::npos && path.find('"') == std::string::npos ? '"' : '\'';
  Error error = make_pip_error(sys::kFileNotFound, fmt::format("Could not install packages due to an OSError: [Errno 2] No such file or directory: {0}{1}{0}\n", quote, path));
  error.os_errno = ENOENT;
  return error;
}

}  // namespace

Result<Opened> Sources::open_url(const Reference& reference) {
  if (const std::size_t plus = reference.url.find('+'); plus != std::string::npos && plus < reference.url.find("://") && reference.url.find("://") != std::string::npos)
    return open_checkout(reference);
  PIPIT_TRY(const Url url, Url::parse(reference.url));
  if (url.scheme == "file") {
    PIPIT_TRY(const std::string path, url.to_path());
    if (sys::is_directory(path)) {
      packaging::DirectUrl direct;
      direct.url = Url::from_path(path).str();
      direct.info = packaging::DirInfo{reference.editable};
      const std::string subdirectory = url.fragment_value("subdirectory").value_or("");
      if (!subdirectory.empty()) direct.subdirectory = subdirectory;
      return open_tree(path, subdirectory, std::move(direct), reference);
    }
    if (!sys::exists(path)) return fail(no_such_file((session_.options().current_directory / path).string()));
  } else if (url.scheme != "http" && url.scheme != "https") {
    return fail(make_error(kUnsupportedRequirement, fmt::format("{} has a scheme that archives cannot be fetched by", reference.shown)));
  }
  fetch::FetchItem item;
  item.candidate.file.filename = url.filename();
  item.candidate.file.url = url.without_fragment();
  item.promise.required = reference.required.empty() ? fragment_hashes(url) : reference.required;
  if (!reference.required.empty()) item.promise.advertised = fragment_hashes(url);
  return open_archive(std::move(item), url, reference);
}

Result<Opened> Sources::open_checkout(const Reference& reference) {
  PIPIT_TRY(const GitReference git, GitReference::parse(reference.url));
  std::filesystem::path directory;
  Existing existing = Existing::no;
  if (reference.editable) {
    const std::string name = git.egg.empty() ? reference.name : git.egg;
    if (name.empty() || !packaging::is_valid_name(name))
      return fail(make_pip_error(kNotInstallable, fmt::format("Could not detect requirement name for '{}', please specify one with your_package_name @ URL", reference.shown)));
    const std::filesystem::path sources = !options_.source_directory.empty() ? session_.options().current_directory / options_.source_directory
                                          : target_.is_venv                  ? std::filesystem::path(target_.prefix) / "src"
                                                                             : session_.options().current_directory / "src";
    PIPIT_CHECK(sys::make_directories(sources));
    directory = (sources / ascii_lower(name)).lexically_normal();
    existing = sys::exists(directory) ? Existing::update : Existing::no;
    session_.reporter().info(fmt::format("Obtaining {} from {}", name, reference.shown));
  } else {
    PIPIT_TRY(const std::filesystem::path scratch, session_.scratch_directory());
    PIPIT_TRY(sys::TempDir folder, sys::TempDir::create(scratch, "git-"));
    directory = folder.release() / "source";
    session_.reporter().info("Collecting " + (git.egg.empty() || !reference.name.empty() ? reference.shown : git.egg));
  }
  PIPIT_TRY(const std::string commit, check_out(git, directory, existing, session_));
  packaging::DirectUrl direct;
  if (reference.editable) {
    direct.url = Url::from_path((git.subdirectory.empty() ? directory : directory / git.subdirectory).lexically_normal().string()).str();
    direct.info = packaging::DirInfo{true};
  } else {
    direct.url = git.url;
    direct.info = packaging::VcsInfo{"git", commit, git.revision};
    if (!git.subdirectory.empty()) direct.subdirectory = git.subdirectory;
  }
  return open_tree(directory, git.subdirectory, std::move(direct), reference);
}

namespace {

std::string order_key(const model::Candidate& candidate) { return candidate.file.url + "#" + candidate.subdirectory; }

// "demo" for "demo-1.0.tar.bz2" and for "demo.zip".
std::string name_by_file(const std::string& filename) {
  const std::string stem = filename.substr(0, filename.size() - packaging::archive_suffix(filename).value_or("").size());
  return packaging::normalize_name(stem.substr(0, stem.rfind('-')));
}

// "demo" for "https://example.org/demo.git".
std::string name_by_url(const std::string& url) {
  auto parsed = Url::parse(url);
  const std::string last = parsed ? parsed->filename() : std::string();
  return packaging::normalize_name(last.ends_with(".git") ? last.substr(0, last.size() - 4) : last);
}

// The name that a tree gives itself without a back end's help, normalised; empty if it does not.
std::string name_in(const std::filesystem::path& directory) {
  auto text = sys::read_file(directory / "pyproject.toml", 4u << 20);
  if (!text) return {};
  auto pyproject = packaging::Pyproject::parse(*text, "");
  return pyproject && pyproject->project ? packaging::normalize_name(pyproject->project->name) : std::string();
}

}  // namespace

Result<Opened> Sources::open_tree(const std::filesystem::path& root, const std::string& subdirectory, packaging::DirectUrl direct_url, const Reference& reference) {
  const std::filesystem::path directory = subdirectory.empty() ? root : root / subdirectory;
  if (!sys::is_regular_file(directory / "pyproject.toml") && !sys::is_regular_file(directory / "setup.py"))
    return fail(make_pip_error(kNotInstallable, fmt::format("Directory '{}' is not installable. Neither 'setup.py' nor 'pyproject.toml' found.", reference.shown)));
  BuildOrder order;
  order.key = reference.url + (reference.editable ? " (editable)" : "");
  order.shown = reference.shown;
  order.name = reference.name.empty() ? name_in(directory) : packaging::normalize_name(reference.name);
  order.supposed_name = std::holds_alternative<packaging::VcsInfo>(direct_url.info) ? name_by_url(direct_url.url) : packaging::normalize_name(directory.filename().string());
  order.kind = reference.editable ? build::WheelKind::editable : build::WheelKind::regular;
  order.directory = directory;
  order.root = root;
  order.config_settings = reference.config_settings;
  order.at_once = at_once_ == "";
  PIPIT_TRY(packaging::Metadata metadata, builds_.metadata(order));
  Opened opened;
  opened.candidate.name = order.name = packaging::normalize_name(metadata.name);
  opened.candidate.version = metadata.version;
  opened.candidate.version_text = metadata.version_text;
  opened.candidate.kind = model::CandidateKind::source_tree;
  opened.candidate.editable = reference.editable;
  opened.candidate.file.url = order.key;
  opened.candidate.file.filename = reference.shown;
  opened.candidate.direct_url = std::move(direct_url);
  opened.metadata = std::move(metadata);
  trees_[order.key] = std::move(order);
  return opened;
}

BuildOrder Sources::order_for(const model::Candidate& candidate, const fetch::Archive& archive) {
  BuildOrder order;
  order.key = order_key(candidate);
  order.shown = candidate.version_text.empty() ? candidate.file.filename : fmt::format("{}=={}", candidate.name, candidate.version_text);
  order.name = candidate.name;
  order.archive = archive;
  order.filename = candidate.file.filename;
  order.subdirectory = candidate.subdirectory;
  order.at_once = at_once_ && (at_once_->empty() ? candidate.direct_url.has_value() : *at_once_ == candidate.name);
  const auto line = lines_.find(order.key);
  order.supposed_name = line != lines_.end() && !line->second.name.empty() ? line->second.name : name_by_file(candidate.file.filename);
  order.config_settings = settings_for(candidate);
  return order;
}

// Of the line that names this archive, or its project.
ConfigSettings Sources::settings_for(const model::Candidate& candidate) const {
  if (auto line = lines_.find(order_key(candidate)); line != lines_.end() && !line->second.config_settings.empty()) return line->second.config_settings;
  auto settings = config_settings_.find(candidate.name);
  return settings == config_settings_.end() ? ConfigSettings() : settings->second;
}

// Asks the back end, unless a wheel of the same sdist knows the answer.
Result<packaging::Metadata> Sources::archive_metadata(const model::Candidate& candidate, const fetch::Archive& archive) {
  if (auto wheel = built_before(candidate, {{archive.checked.digests().front()}, {}})) {
    PIPIT_TRY(const std::string text, sys::read_file(wheel->tree / wheel->manifest->dist_info / "METADATA", 64u << 20));
    return packaging::Metadata::parse(text);
  }
  return builds_.metadata(order_for(candidate, archive));
}

Result<Opened> Sources::open_archive(fetch::FetchItem item, const Url& url, const Reference& reference) {
  model::Candidate& candidate = item.candidate;
  const bool is_wheel = candidate.file.filename.ends_with(".whl");
  if (is_wheel) {
    PIPIT_TRY(const auto name, packaging::WheelFilename::parse(candidate.file.filename));
    candidate.name = name.normalized_name;
    candidate.version = name.version;
    candidate.version_text = name.version_text;
    candidate.build = name.build;
    if (!view_.tags.supports(name.tags)) return fail(not_supported_here(candidate.file.filename));
  } else {
    if (!packaging::archive_suffix(candidate.file.filename))
      return fail(make_error(kUnsupportedRequirement, fmt::format("{} is no archive that pipit knows (.whl, .tar.gz, .zip ...)", reference.shown)));
    candidate.kind = model::CandidateKind::sdist;
    if (auto subdirectory = url.fragment_value("subdirectory")) candidate.subdirectory = *subdirectory;
    lines_[order_key(candidate)] = {packaging::normalize_name(reference.name), reference.config_settings};
  }
  PIPIT_TRY(const std::filesystem::path scratch, session_.scratch_directory());
  Session* session = &session_;
  fetch::ArchiveFetcher fetcher([session] { return session->http(); }, scratch, session_.workers(), listener_);
  auto arrivals = fetcher.fetch({item}, [](std::size_t, const fetch::Archive&) {}, session_.stop());
  if (!arrivals[0]) return fail(std::move(arrivals[0]).error());
  Opened opened;
  if (auto* mismatch = std::get_if<fetch::Mismatch>(&*arrivals[0])) {
    opened.computed = mismatch->computed;
    opened.mismatch = std::move(*mismatch);
    opened.candidate = candidate;
    opened.candidate.direct_url = archive_reference(url, opened.computed);
    return opened;
  }
  const fetch::Archive& archive = std::get<fetch::Archive>(*arrivals[0]);
  PIPIT_TRY(opened, take(std::move(candidate), url, archive));
  if (url.scheme == "file") return opened;
  if (auto file = sys::stat_path(archive.path, sys::Follow::yes); file && *file) opened.size_bytes = (*file)->size;
  return opened;
}

Result<Opened> Sources::take(model::Candidate candidate, const Url& url, const fetch::Archive& archive) {
  Opened opened;
  opened.computed = archive.checked.digests();
  candidate.direct_url = archive_reference(url, opened.computed);
  if (candidate.kind == model::CandidateKind::wheel) {
    PIPIT_TRY(const sys::MappedFile bytes, sys::MappedFile::open(archive.path));
    Diagnostics diagnostics;
    PIPIT_TRY(const auto source, wheel::WheelSource::open(bytes.bytes(), candidate.file.filename, options_.allowances, diagnostics));
    session_.report(diagnostics);
    PIPIT_TRY(opened.metadata, packaging::Metadata::parse(source.metadata_text()));
  } else {
    PIPIT_TRY(opened.metadata, archive_metadata(candidate, archive));
    candidate.name = packaging::normalize_name(opened.metadata->name);
    candidate.version = opened.metadata->version;
    candidate.version_text = opened.metadata->version_text;
  }
  archives_.insert_or_assign(candidate.file.url, archive);
  opened.candidate = candidate;
  return opened;
}

Result<std::optional<packaging::Metadata>> Sources::known_metadata(const model::Candidate& candidate) {
  if (auto found = metadata_.find(candidate.file.url); found != metadata_.end()) return std::optional(found->second);
  return std::optional<packaging::Metadata>();
}

void Sources::learn_metadata(const model::Candidate& candidate, packaging::Metadata metadata) { metadata_[candidate.file.url] = std::move(metadata); }

const fetch::Archive* Sources::archive(const model::Candidate& candidate) {
  auto found = archives_.find(candidate.file.url);
  if (found == archives_.end() && lookup_)
    if (auto fetched = lookup_(candidate)) found = archives_.emplace(candidate.file.url, std::move(*fetched)).first;
  return found == archives_.end() ? nullptr : &found->second;
}

void Sources::learn_archive(const model::Candidate& candidate, fetch::Archive archive) { archives_.insert_or_assign(candidate.file.url, std::move(archive)); }

namespace {

// Of this release, that is; what keeps builds from being tried at all (a network fault, a missing seal) ends the run.
bool is_the_back_ends_fault(const Error& error) {
  for (const ErrorCode& code : {build::kNotAProject, build::kBadPyproject, build::kBackendUnavailable, build::kBuildFailed, build::kBadBackendAnswer, build::kBuildTimeout})
    if (error.code == code) return true;
  return false;
}

}  // namespace

Result<std::variant<packaging::Metadata, resolve::Unavailable>> Sources::build_metadata(const model::Candidate& candidate) {
  using Answer = std::variant<packaging::Metadata, resolve::Unavailable>;
  if (!may_build_) return Answer(resolve::Unavailable{resolve::UnavailableKind::other, "its metadata is not known without a build"});
  if (!archive(candidate)) {
    auto required = required_.find(candidate.name);
    fetch::FetchItem item{candidate, {required == required_.end() ? packaging::Hashes{} : required->second, candidate.file.hashes}};
    if (auto wheel = built_before(candidate, item.promise)) {
      PIPIT_TRY(const std::string text, sys::read_file(wheel->tree / wheel->manifest->dist_info / "METADATA", 64u << 20));
      PIPIT_TRY(metadata_[candidate.file.url], packaging::Metadata::parse(text));
      return Answer(metadata_[candidate.file.url]);
    }
    PIPIT_TRY(const std::filesystem::path scratch, session_.scratch_directory());
    Session* session = &session_;
    fetch::ArchiveFetcher fetcher([session] { return session->http(); }, scratch, session_.workers(), listener_);
    auto arrivals = fetcher.fetch({item}, [](std::size_t, const fetch::Archive&) {}, session_.stop());
    if (!arrivals[0]) return fail(std::move(arrivals[0]).error());
    // Bytes that are not the promised ones are reported with all others once the choice is made; nothing of them is run.
    if (std::holds_alternative<fetch::Mismatch>(*arrivals[0])) return Answer(packaging::Metadata{});
    learn_archive(candidate, std::get<fetch::Archive>(*arrivals[0]));
  }
  auto made = archive_metadata(candidate, *archive(candidate));
  if (!made && is_the_back_ends_fault(made.error())) {
    const std::string why = fmt::format("its sdist does not build: {}", made.error().message);
    build_failures_.try_emplace(candidate.name, std::move(made).error());
    return Answer(resolve::Unavailable{resolve::UnavailableKind::build_failed, why});
  }
  if (!made) return fail(std::move(made).error());
  packaging::Metadata metadata = std::move(*made);
  if (packaging::normalize_name(metadata.name) != candidate.name)
    return Answer(resolve::Unavailable{resolve::UnavailableKind::bad_metadata, fmt::format("its file name says {}, its metadata {}", candidate.name, metadata.name)});
  if (metadata.version != candidate.version)
    return Answer(resolve::Unavailable{resolve::UnavailableKind::bad_metadata,
                                       fmt::format("its file name says {}, its metadata {}", candidate.version_text, metadata.version_text)});
  metadata_[candidate.file.url] = metadata;
  return Answer(std::move(metadata));
}

Result<resolve::CandidateAnswer> Sources::direct(const packaging::Requirement& requirement, const model::Candidate* parent) {
  const std::string& url = *requirement.url;
  // A directory of this machine is its owner's word, an index is not.
  if (parent && !parent->direct_url && !parent->file.url.starts_with("file:"))
    return resolve::CandidateAnswer(resolve::Unavailable{
        resolve::UnavailableKind::other, fmt::format("packages of an index may not depend on a URL, and {} asks for {}", parent->name, requirement.str())});
  auto found = opened_.find(url);
  if (found == opened_.end()) {
    packaging::RequirementLine line;
    line.requirement = requirement;
    if (parent) tell_opening(url, line, session_);  // what a constraint names is told when it is taken
    PIPIT_TRY(Opened opened, open_url({url, mask_credentials(url), false, {}, requirement.name, {}}));
    if (parent) tell_arrival(opened, session_);
    if (opened.metadata) metadata_[opened.candidate.file.url] = *opened.metadata;
    found = opened_.emplace(url, std::move(opened)).first;
  }
  const model::Candidate& candidate = found->second.candidate;
  if (candidate.name != requirement.normalized_name())
    return fail(make_pip_error(kInconsistentMetadata, fmt::format("Requested {} has inconsistent name: expected '{}', but metadata has '{}'", requirement.str(),
                                                                  requirement.normalized_name(), candidate.name)));
  return resolve::CandidateAnswer(candidate);
}

std::optional<BuiltWheel> Sources::remembered(const model::Candidate& candidate, const std::string& sdist_sha256) {
  if (candidate.kind != model::CandidateKind::sdist || !settings_for(candidate).empty()) return std::nullopt;
  auto known = builds_.remembered(sdist_sha256, candidate.subdirectory);
  return known && check_built(candidate, known->file) ? known : std::nullopt;
}

// Is the file still what its builder left?
Result<verify::Checked> Sources::check_bytes(const BuiltWheel& wheel) {
  PIPIT_TRY(const sys::MappedFile bytes, sys::MappedFile::open(wheel.file));
  verify::Hasher hasher;
  PIPIT_CHECK(hasher.write(bytes.bytes()));
  return verify::check(hasher.finish(), {{{"sha256", wheel.sha256}}, {}}, wheel.file.filename().string());
}

std::optional<wheel::PreparedWheel> Sources::built_before(const model::Candidate& candidate, const verify::Promise& promise) {
  const packaging::Hashes& promised = promise.required.empty() ? promise.advertised : promise.required;
  for (const packaging::Hash& digest : promised) {
    if (digest.algorithm != "sha256") continue;
    // Both promises must be about this sdist.
    const bool refuted = std::any_of(promise.advertised.begin(), promise.advertised.end(), [&](const packaging::Hash& other) { return other.algorithm == "sha256" && other.hex != digest.hex; });
    if (refuted) continue;
    const auto known = remembered(candidate, digest.hex);
    if (!known) continue;
    if (auto stored = wheels_.find({{"sha256", known->sha256}})) return stored;
    const auto checked = check_bytes(*known);
    if (!checked) continue;
    if (auto added = wheels_.add({known->file, *checked}, known->file.filename().string())) return std::move(*added);
  }
  return std::nullopt;
}

Status Sources::check_built(const model::Candidate& candidate, const std::filesystem::path& path) {
  PIPIT_TRY(const auto name, packaging::WheelFilename::parse(path.filename().string()));
  const bool is_named = !candidate.name.empty();
  if (is_named && (name.normalized_name != candidate.name || name.version.without_local() != candidate.version.without_local()))
    return fail(make_error(kInconsistentMetadata, fmt::format("the back end of {} {} built {}", candidate.name, candidate.version_text, path.filename().string())));
  if (!view_.tags.supports(name.tags)) return fail(not_supported_here(path.filename().string()));
  return ok();
}

Result<std::vector<BuiltWheel>> Sources::build(const std::vector<const model::Candidate*>& candidates, const Builds::Built& tell_built) {
  std::vector<BuildOrder> orders;
  for (const model::Candidate* candidate : candidates) {
    if (candidate->kind != model::CandidateKind::sdist) {
      orders.push_back(trees_.at(candidate->file.url));
      continue;
    }
    const fetch::Archive* at_hand = archive(*candidate);
    if (!at_hand) return fail(make_error(kInternalError, "the archive of " + candidate->name + " is not at hand"));
    orders.push_back(order_for(*candidate, *at_hand));
  }
  PIPIT_TRY(std::vector<BuiltWheel> built, builds_.wheels(orders, tell_built));
  for (std::size_t i = 0; i < built.size(); ++i) PIPIT_CHECK(check_built(*candidates[i], built[i].file));
  return built;
}

// T12: what was chosen by must be what was built.
Status Sources::compare_metadata(const model::Candidate& candidate, const std::string& built) {
  auto known = metadata_.find(candidate.file.url);
  if (known == metadata_.end()) return ok();
  PIPIT_TRY(const packaging::Metadata actual, packaging::Metadata::parse(built));
  return fetch::check_same_metadata(known->second, actual, candidate.name);
}

Result<std::vector<wheel::PreparedWheel>> Sources::build_wheels(const std::vector<const model::Candidate*>& candidates) {
  PIPIT_TRY(const std::vector<BuiltWheel> built, build(candidates));
  std::vector<wheel::PreparedWheel> wheels;
  for (std::size_t i = 0; i < built.size(); ++i) {
    const std::string filename = built[i].file.filename().string();
    // Nobody promised these bytes: they were made here, from an archive that was checked.
    PIPIT_TRY(const verify::Checked checked, check_bytes(built[i]));
    PIPIT_TRY(wheel::PreparedWheel wheel, wheels_.add({built[i].file, checked}, filename));
    PIPIT_TRY(const std::string text, sys::read_file(wheel.tree / wheel.manifest->dist_info / "METADATA", 64u << 20));
    PIPIT_CHECK(compare_metadata(*candidates[i], text));
    wheels.push_back(std::move(wheel));
  }
  return wheels;
}

Status Sources::build_wheel_files(const std::vector<const model::Candidate*>& candidates, const std::function<Status(const std::filesystem::path&)>& save) {
  // What is remembered needs no build; the rest is built together.
  std::vector<const model::Candidate*> wanted;
  for (const model::Candidate* candidate : candidates) {
    const fetch::Archive* at_hand = candidate->kind == model::CandidateKind::sdist ? archive(*candidate) : nullptr;
    const auto known = at_hand ? remembered(*candidate, at_hand->checked.sha256_hex()) : std::nullopt;
    if (known && check_bytes(*known)) {
      PIPIT_CHECK(save(known->file));
    } else {
      wanted.push_back(candidate);
    }
  }
  Status saved = ok();
  const Result<std::vector<BuiltWheel>> built = build(wanted, [&](std::size_t i, const BuiltWheel& wheel) {
    if (saved && check_built(*wanted[i], wheel.file)) saved = save(wheel.file);
  });
  if (!built) return fail(built.error());
  return saved;
}

}  // namespace pipit::ops
