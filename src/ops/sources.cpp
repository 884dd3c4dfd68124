#include "ops/sources.h"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>

#include "ops/build_environments.h"
#include "pipit/archive/source_archive.h"
#include "pipit/base/text.h"
#include "pipit/base/url.h"
#include "pipit/ops/install.h"
#include "pipit/packaging/name.h"
#include "pipit/sys/dir.h"
#include "pipit/sys/file.h"
#include "pipit/wheel/source.h"

namespace pipit::ops {

// A source tree on its way to a wheel.
struct Sources::Work {
  build::Project project;
  build::WheelKind kind = build::WheelKind::regular;
  build::SdistBuilder::Prepared prepared;
  std::string filename;  // of the archive, for messages
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

}  // namespace

Sources::Sources(Session& session, const python::Interpreter& target, const TargetView& view, const ResolveOptions& options,
                 const packaging::FileOptions& files, Wheels& wheels, fetch::FetchListener* listener)
    : session_(session), target_(target), view_(view), options_(options), files_(files), wheels_(wheels), listener_(listener) {}

Sources::~Sources() = default;

build::BuildOptions Sources::build_options() {
  build::BuildOptions build;
  build.config_settings = options_.config_settings;
  build.environment = session_.environment();
  if (auto scratch = session_.scratch_directory()) build.scratch = *scratch;
  Session* session = &session_;
  build.on_step = [session](const std::string& step, std::optional<build::StepEnd> ended) {
    if (!ended) {
      session->reporter().info(fmt::format("  {}: started", step));
    } else {
      session->reporter().info(fmt::format("  {}: finished with status '{}'", step, *ended == build::StepEnd::done ? "done" : "error"));
    }
  };
  build.on_output = [session](std::string_view text) {
    while (text.ends_with('\n')) text.remove_suffix(1);
    session->reporter().debug(std::string(text));
  };
  return build;
}

Result<Sources::Work*> Sources::prepare_tree(const std::string& key, const std::filesystem::path& directory, const std::string& shown,
                                             build::WheelKind kind) {
  if (auto found = works_.find(key); found != works_.end()) return found->second.get();
  if (!environments_) environments_ = make_build_environments(session_, target_, options_, files_);
  auto work = std::make_unique<Work>();
  work->project = {directory, shown};
  work->kind = kind;
  work->filename = shown;
  PIPIT_CHECK(session_.scratch_directory());
  build::SdistBuilder builder(*environments_, build_options());
  PIPIT_TRY(work->prepared, builder.prepare(work->project, kind, session_.stop()));
  return (works_[key] = std::move(work)).get();
}

Result<Sources::Work*> Sources::prepare_archive(const model::Candidate& candidate, const fetch::Archive& archive) {
  if (auto found = works_.find(candidate.file.url); found != works_.end()) return found->second.get();
  PIPIT_TRY(const std::filesystem::path scratch, session_.scratch_directory());
  PIPIT_TRY(sys::TempDir folder, sys::TempDir::create(scratch, "source-"));
  PIPIT_TRY(const sys::Dir destination, sys::Dir::open(session_.os(), folder.path()));
  PIPIT_TRY(const sys::MappedFile bytes, sys::MappedFile::open(archive.path));
  PIPIT_CHECK(archive::unpack_source(bytes.bytes(), candidate.file.filename, destination));
  PIPIT_CHECK(fetch::still_the_same(archive));
  std::filesystem::path directory = folder.release();
  if (!candidate.subdirectory.empty()) {
    PIPIT_TRY(const sys::Dir inner, destination.open_dir(candidate.subdirectory));
    directory /= candidate.subdirectory;
  }
  const std::string shown = candidate.version_text.empty() ? candidate.file.filename : fmt::format("{}=={}", candidate.name, candidate.version_text);
  return prepare_tree(candidate.file.url, directory, shown, build::WheelKind::regular);
}

Result<packaging::Metadata> Sources::metadata_of(Work& work) {
  if (!work.prepared.wheel) return packaging::Metadata::parse(work.prepared.metadata);
  PIPIT_TRY(const sys::MappedFile bytes, sys::MappedFile::open(*work.prepared.wheel));
  Diagnostics diagnostics;
  PIPIT_TRY(const auto source, wheel::WheelSource::open(bytes.bytes(), work.prepared.wheel->filename().string(), options_.allowances, diagnostics));
  session_.report(diagnostics);
  return packaging::Metadata::parse(source.metadata_text());
}

Result<Opened> Sources::open(const packaging::RequirementLine& line, const packaging::Hashes& required) {
  std::string url = line.url;
  if (url.empty() && line.requirement && line.requirement->url) url = *line.requirement->url;
  const std::string shown = line.path.empty() ? mask_credentials(url) : line.path;
  PIPIT_TRY(Opened opened, open_url(url, line.editable, shown, required));
  opened_[url] = opened;
  if (opened.metadata) metadata_[opened.candidate.file.url] = *opened.metadata;
  return opened;
}

namespace {

// pip's words, with the path quoted as Python's repr() does.
Error no_such_file(const std::string& path) {
  const char quote = path.find('\'') != std::string::npos && path.find('"') == std::string::npos ? '"' : '\'';
  Error error = make_pip_error(sys::kFileNotFound, fmt::format("Could not install packages due to an OSError: [Errno 2] No such file or directory: {0}{1}{0}", quote, path));
  error.os_errno = ENOENT;
  return error;
}

}  // namespace

Result<Opened> Sources::open_url(const std::string& text, bool editable, const std::string& shown, const packaging::Hashes& required) {
  if (const std::size_t plus = text.find('+'); plus != std::string::npos && text.find("://") != std::string::npos && plus < text.find("://"))
    return fail(make_error(kUnsupportedRequirement, fmt::format("{} names a version control system; pipit installs archives and directories", shown))
                    .hint("check it out yourself and install the directory"));
  PIPIT_TRY(const Url url, Url::parse(text));
  if (url.scheme == "file") {
    PIPIT_TRY(const std::string path, url.to_path());
    if (sys::is_directory(path)) {
      packaging::DirectUrl direct;
      direct.url = Url::from_path(path).str();
      direct.info = packaging::DirInfo{editable};
      std::filesystem::path directory = path;
      if (auto subdirectory = url.fragment_value("subdirectory")) {
        direct.subdirectory = *subdirectory;
        directory /= *subdirectory;
      }
      return open_tree(directory, editable, std::move(direct), shown);
    }
    session_.reporter().info("Processing " + path);
    if (!sys::exists(path)) return fail(no_such_file((session_.options().current_directory / path).string()));
  } else if (url.scheme != "http" && url.scheme != "https") {
    return fail(make_error(kUnsupportedRequirement, fmt::format("{} has a scheme that archives cannot be fetched by", shown)));
  }
  fetch::FetchItem item;
  item.candidate.file.filename = url.filename();
  item.candidate.file.url = url.without_fragment();
  item.promise.required = required.empty() ? fragment_hashes(url) : required;
  if (!required.empty()) item.promise.advertised = fragment_hashes(url);
  return open_archive(std::move(item), url, shown);
}

Result<Opened> Sources::open_tree(const std::filesystem::path& directory, bool editable, packaging::DirectUrl direct_url, const std::string& shown) {
  session_.reporter().info((editable ? "Obtaining " + direct_url.url : "Processing " + directory.string()));
  if (!sys::is_regular_file(directory / "pyproject.toml") && !sys::is_regular_file(directory / "setup.py"))
    return fail(make_pip_error(kNotInstallable, fmt::format("Directory '{}' is not installable. Neither 'setup.py' nor 'pyproject.toml' found.", shown)));
  const std::string key = direct_url.url + (editable ? "#editable" : "") + direct_url.subdirectory.value_or("");
  PIPIT_TRY(Work * work, prepare_tree(key, directory, shown, editable ? build::WheelKind::editable : build::WheelKind::regular));
  PIPIT_TRY(packaging::Metadata metadata, metadata_of(*work));
  Opened opened;
  opened.candidate.name = packaging::normalize_name(metadata.name);
  opened.candidate.version = metadata.version;
  opened.candidate.version_text = metadata.version_text;
  opened.candidate.kind = model::CandidateKind::source_tree;
  opened.candidate.editable = editable;
  opened.candidate.file.url = key;
  opened.candidate.file.filename = shown;
  opened.candidate.direct_url = std::move(direct_url);
  opened.metadata = std::move(metadata);
  return opened;
}

Result<Opened> Sources::open_archive(fetch::FetchItem item, const Url& url, const std::string& shown) {
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
      return fail(make_error(kUnsupportedRequirement, fmt::format("{} is no archive that pipit knows (.whl, .tar.gz, .zip ...)", shown)));
    candidate.kind = model::CandidateKind::sdist;
    if (auto subdirectory = url.fragment_value("subdirectory")) candidate.subdirectory = *subdirectory;
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
  return take(std::move(candidate), url, std::get<fetch::Archive>(*arrivals[0]));
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
    PIPIT_TRY(Work * work, prepare_archive(candidate, archive));
    PIPIT_TRY(opened.metadata, metadata_of(*work));
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

Result<std::variant<packaging::Metadata, resolve::Unavailable>> Sources::build_metadata(const model::Candidate& candidate) {
  using Answer = std::variant<packaging::Metadata, resolve::Unavailable>;
  if (!archive(candidate)) {
    auto required = required_.find(candidate.name);
    fetch::FetchItem item{candidate, {required == required_.end() ? packaging::Hashes{} : required->second, candidate.file.hashes}};
    PIPIT_TRY(const std::filesystem::path scratch, session_.scratch_directory());
    Session* session = &session_;
    fetch::ArchiveFetcher fetcher([session] { return session->http(); }, scratch, session_.workers(), listener_);
    auto arrivals = fetcher.fetch({item}, [](std::size_t, const fetch::Archive&) {}, session_.stop());
    if (!arrivals[0]) return fail(std::move(arrivals[0]).error());
    // Bytes that are not the promised ones are reported with all others once the choice is made; nothing of them is run.
    if (std::holds_alternative<fetch::Mismatch>(*arrivals[0])) return Answer(packaging::Metadata{});
    learn_archive(candidate, std::get<fetch::Archive>(*arrivals[0]));
  }
  auto work = prepare_archive(candidate, *archive(candidate));
  if (!work) {
    if (work.error().code == kCancelled) return fail(std::move(work).error());
    if (required_.count(candidate.name)) return fail(std::move(work).error());  // there is no other archive to turn to
    session_.reporter().debug(work.error().message);
    return Answer(resolve::Unavailable{resolve::UnavailableKind::build_failed, "its metadata could not be made: " + work.error().message});
  }
  PIPIT_TRY(packaging::Metadata metadata, metadata_of(**work));
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
  if (parent && !parent->direct_url)
    return resolve::CandidateAnswer(resolve::Unavailable{
        resolve::UnavailableKind::other, fmt::format("packages of an index may not depend on a URL, and {} asks for {}", parent->name, requirement.str())});
  auto found = opened_.find(url);
  if (found == opened_.end()) {
    PIPIT_TRY(Opened opened, open_url(url, false, mask_credentials(url), {}));
    if (opened.metadata) metadata_[opened.candidate.file.url] = *opened.metadata;
    found = opened_.emplace(url, std::move(opened)).first;
  }
  const model::Candidate& candidate = found->second.candidate;
  if (candidate.name != requirement.normalized_name())
    return fail(make_pip_error(kInconsistentMetadata, fmt::format("Requested {} has inconsistent name: expected '{}', but metadata has '{}'", requirement.str(),
                                                                  requirement.normalized_name(), candidate.name)));
  return resolve::CandidateAnswer(candidate);
}

Result<std::filesystem::path> Sources::build_wheel_file(const model::Candidate& candidate) {
  Work* work = nullptr;
  if (candidate.kind == model::CandidateKind::sdist) {
    const fetch::Archive* at_hand = archive(candidate);
    if (!at_hand) return fail(make_error(kInternalError, "the archive of " + candidate.name + " is not at hand"));
    PIPIT_TRY(work, prepare_archive(candidate, *at_hand));
  } else {
    work = works_.at(candidate.file.url).get();
  }
  if (!environments_) environments_ = make_build_environments(session_, target_, options_, files_);
  build::SdistBuilder builder(*environments_, build_options());
  PIPIT_TRY(const std::filesystem::path path, builder.build(work->project, work->kind, work->prepared, session_.stop()));
  PIPIT_TRY(const auto name, packaging::WheelFilename::parse(path.filename().string()));
  if (name.normalized_name != candidate.name || name.version.without_local() != candidate.version.without_local())
    return fail(make_error(kInconsistentMetadata, fmt::format("the back end of {} {} built {}", candidate.name, candidate.version_text, path.filename().string())));
  if (!view_.tags.supports(name.tags)) return fail(not_supported_here(path.filename().string()));
  return path;
}

Result<wheel::PreparedWheel> Sources::build_wheel(const model::Candidate& candidate) {
  PIPIT_TRY(const std::filesystem::path path, build_wheel_file(candidate));
  PIPIT_TRY(const sys::MappedFile bytes, sys::MappedFile::open(path));
  verify::Hasher hasher;
  PIPIT_CHECK(hasher.write(bytes.bytes()));
  // Nobody promised these bytes: they were made here, from an archive that was checked.
  PIPIT_TRY(const verify::Checked checked, verify::check(hasher.finish(), {}, path.filename().string()));
  return wheels_.add({path, checked}, path.filename().string());
}

}  // namespace pipit::ops
