#include "ops/wanted.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "pipit/base/text.h"
#include "pipit/base/url.h"
#include "pipit/ops/install.h"
#include "pipit/packaging/pyproject.h"
#include "pipit/packaging/script_metadata.h"
#include "pipit/sys/file.h"

namespace pipit::ops {

namespace {

using packaging::LoadedFile;
using packaging::RequirementLine;

constexpr std::uint64_t kRequirementsFileMaxBytes = 64u << 20, kStreamMaxBytes = 16u << 20;

// pip's words for a remote file that answers with an error.
Error http_error(int status, const Url& url) {
  const char* side = status < 500 ? "Client" : "Server";
  const char* reason = status == 404 ? "Not Found" : status == 403 ? "Forbidden" : status == 401 ? "Unauthorized" : status >= 500 ? "Server Error" : "Error";
  return make_pip_error(net::kHttpStatus, fmt::format("{} {} Error: {} for url: {}", status, side, reason, url.display()));
}

Result<LoadedFile> load_remote(const Url& url, Session& session) {
  PIPIT_TRY(net::HttpClient * http, session.http());
  net::HttpRequest request;
  request.url = url;
  request.coding = net::ContentCoding::decoded;
  request.body_max_bytes = kRequirementsFileMaxBytes;
  PIPIT_TRY(auto response, http->fetch(std::move(request)));
  if (response.status >= 400) return fail(http_error(response.status, url));
  LoadedFile file{std::move(response.body), std::nullopt};
  if (auto type = response.header("content-type"))
    if (const std::size_t at = ascii_lower(*type).find("charset="); at != std::string::npos)
      file.charset = std::string(trim(std::string_view(*type).substr(at + 8)));
  return file;
}

// A file, or what a shell hands over: `-r /dev/stdin`, `-r <(command)`. An endless device ends at the cap.
Result<LoadedFile> load_local(const std::filesystem::path& path) {
  PIPIT_TRY(const auto found, sys::stat_path(path));
  if (found && found->kind == sys::FileStat::Kind::other) {
    if (const int fd = sys::real_os().openat(AT_FDCWD, path.c_str(), O_RDONLY | O_CLOEXEC, 0); fd >= 0) {
      sys::File stream(sys::real_os(), fd);
      PIPIT_TRY(std::string bytes, stream.read_all(kStreamMaxBytes));
      return LoadedFile{std::move(bytes), std::nullopt};
    }
  }
  PIPIT_TRY(std::string bytes, sys::read_file(path, kRequirementsFileMaxBytes));
  return LoadedFile{std::move(bytes), std::nullopt};
}

Result<LoadedFile> load(const std::string& location, Session& session) {
  if (looks_like_url(location)) {
    PIPIT_TRY(const Url url, Url::parse(location));
    if (url.scheme != "file") return load_remote(url, session);
    PIPIT_TRY(const std::string path, url.to_path());
    return load_local(path);
  }
  return load_local(session.options().current_directory / location);
}

// Every line that pip would read by half, or that is not what it looks like, in one error.
Status refuse_misread_lines(std::vector<Error>& refusals) {
  if (refusals.empty()) return ok();
  Error first = std::move(refusals.front());
  first.also.insert(first.also.end(), std::make_move_iterator(refusals.begin() + 1), std::make_move_iterator(refusals.end()));
  return fail(std::move(first));
}

Status refuse_conflicting_options(const ResolveOptions& options) {
  if (options.files.require_hashes && options.files.no_require_hashes)
    return fail(make_pip_error(kNothingToDo, "--require-hashes and --no-require-hashes are mutually exclusive"));
  if (options.files.pre && (!options.files.all_releases.empty() || !options.files.only_final.empty()))
    return fail(make_pip_error(kNothingToDo, "--pre cannot be used with --all-releases or --only-final."));
  if (!options.build_isolation && !options.build_constraint_files.empty())
    return fail(make_pip_error(kNothingToDo, "--build-constraint cannot be used with --no-build-isolation."));
  const std::pair<const char*, bool> beside_only_deps[] = {{"--no-deps", options.no_deps}, {"--requirement", !options.requirement_files.empty()},
                                                           {"--group", !options.groups.empty()},
                                                           {"--requirements-from-script", !options.scripts.empty()}};
  for (const auto& [name, given] : beside_only_deps)
    if (options.only_deps && given)
      return fail(make_pip_error(kNothingToDo, fmt::format("Cannot use '--only-dependencies' in combination with '{}'. If this is unexpected, please refer to the "
                                                           "user guide:\n\n    https://pip.pypa.io/en/stable/user_guide/#installing-only-dependencies",
                                                           name)));
  return ok();
}

Error nothing_given(const ResolveOptions& options, const std::string& verb) {
  if (!options.files.find_links.empty())
    return make_pip_error(kNothingToDo, fmt::format("You must give at least one requirement to {} (maybe you meant \"pip {} {}\"?)", verb, verb,
                                                    fmt::join(options.files.find_links, " ")));
  return make_pip_error(kNothingToDo, fmt::format("You must give at least one requirement to {} (see \"pip help {}\")", verb, verb));
}

std::string shown_name(const RequirementLine& line) {
  if (line.requirement) return line.requirement->name;
  return line.text;
}

void collect(std::optional<Error>& problems, Status status) {
  if (status) return;
  if (!problems) {
    problems = std::move(status).error();
  } else {
    for (Error& other : status.error().also) problems->also.push_back(std::move(other));
    status.error().also.clear();
    problems->also.push_back(std::move(status).error());
  }
}

// Keeps the lines whose marker holds for the target; pip's sentence for each of the others.
void keep_applicable(std::vector<RequirementLine>& lines, const packaging::MarkerEnvironment& markers, std::vector<std::string>& ignored,
                     std::optional<Error>& problems) {
  std::vector<RequirementLine> kept;
  for (RequirementLine& line : lines) {
    const std::optional<packaging::Marker>& marker = line.requirement && line.requirement->marker ? line.requirement->marker : line.marker;
    if (marker) {
      auto holds = marker->evaluate(markers);
      if (!holds) {
        collect(problems, fail(std::move(holds).error().at(line.origin.str())));
        continue;
      }
      if (!*holds) {
        ignored.push_back(fmt::format("Ignoring {}: markers '{}' don't match your environment", shown_name(line), marker->str()));
        continue;
      }
    }
    kept.push_back(std::move(line));
  }
  lines = std::move(kept);
}

// peep's comments become hashes of the line; a comment that is no sha256 stays a text that matches nothing, as in peep.
void adopt_comment_hashes(RequirementLine& line) {
  for (const std::string& text : line.peep_hashes) {
    auto bytes = from_base64url(text);
    line.hashes.push_back({"sha256", bytes && bytes->size() == 32 && text.size() == 43 ? to_hex(*bytes) : "peep:" + text});
  }
}

bool has_any_hash(const std::vector<RequirementLine>& lines) {
  return std::any_of(lines.begin(), lines.end(), [](const RequirementLine& line) { return !line.hashes.empty(); });
}

// Reads one file of -r, -c or --override into `wanted`.
Status read_file_into(const std::string& file, bool as_constraints, bool peep, const packaging::RequirementsParseContext& context, Session& session,
                      std::vector<RequirementLine>& requirements, std::vector<RequirementLine>& constraints, Wanted& wanted) {
  PIPIT_TRY(auto parsed, packaging::parse_requirements_file(file, as_constraints, wanted.options, context));
  wanted.options = std::move(parsed.options);
  PIPIT_CHECK(refuse_misread_lines(parsed.refusals));
  // Comment hashes count in a file in which every requirement has one (and always under peep).
  std::set<std::string> partly_hashed;
  for (const RequirementLine& line : parsed.lines)
    if (line.peep_hashes.empty()) partly_hashed.insert(line.origin.file);
  auto say_ignored = [&](const std::string& place) {
    session.reporter().info(fmt::format("{}: a `# sha256:` comment is ignored, because not every requirement of its file has one", place));
  };
  if (!peep)
    for (const std::string& place : parsed.peep_hash_strays) say_ignored(place);
  for (RequirementLine& line : parsed.lines) {
    if (peep || !partly_hashed.count(line.origin.file)) {
      adopt_comment_hashes(line);
    } else if (!line.peep_hashes.empty()) {
      say_ignored(fmt::format("{}:{}", line.origin.file, line.origin.line));
    }
    (line.constraint ? constraints : requirements).push_back(std::move(line));
  }
  return ok();
}

RequirementLine line_of(packaging::Requirement requirement, const std::string& file) {
  RequirementLine line;
  line.text = requirement.str();
  line.marker = requirement.marker;
  line.origin.file = file;
  line.requirement = std::move(requirement);
  return line;
}

// --group [PATH:]NAME: requirements of a dependency group (PEP 735).
Status read_group(const std::string& wish, Session& session, std::vector<RequirementLine>& requirements) {
  const std::size_t colon = wish.rfind(':');
  const std::string path = colon == std::string::npos ? "pyproject.toml" : wish.substr(0, colon);
  const std::string name = colon == std::string::npos ? wish : wish.substr(colon + 1);
  if (std::filesystem::path(path).filename() != "pyproject.toml")
    return fail(make_pip_error(packaging::kInvalidDependencyGroup, std::string("--group error: group paths use local 'pyproject.toml' or 'pylock.toml' files")));
  auto text = sys::read_file(session.options().current_directory / path, kRequirementsFileMaxBytes);
  if (!text)
    return fail(make_pip_error(packaging::kInvalidDependencyGroup, fmt::format("{} not found. Cannot resolve '--group' option.", path)).at(path));
  PIPIT_TRY(const auto pyproject, packaging::Pyproject::parse(*text, path));
  if (pyproject.groups_problem) return fail(*pyproject.groups_problem);
  auto group = pyproject.groups.resolve(name);
  if (!group) {  // pip's words
    Error error = std::move(group).error();
    error.message = fmt::format("[dependency-groups] resolution failed for '{}' from '{}': {}", name, path, error.message);
    error.wording = Wording::pip;
    return fail(std::move(error));
  }
  for (packaging::Requirement& requirement : *group) requirements.push_back(line_of(std::move(requirement), path));
  return ok();
}

// --requirements-from-script FILE: inline metadata (PEP 723).
Status read_script(const std::string& file, Session& session, std::vector<RequirementLine>& requirements) {
  PIPIT_TRY(const std::string text, sys::read_file(session.options().current_directory / file, kRequirementsFileMaxBytes));
  PIPIT_TRY(auto metadata, packaging::ScriptMetadata::parse(text, file));
  if (!metadata) return fail(make_pip_error(kNothingToDo, fmt::format("File does not contain 'script' metadata: '{}'", file)));
  for (packaging::Requirement& requirement : metadata->dependencies) requirements.push_back(line_of(std::move(requirement), file));
  return ok();
}

}  // namespace

packaging::RequirementsParseContext parse_context(Session& session, Diagnostics& diagnostics) {
  packaging::RequirementsParseContext context;
  context.load = [&session](const std::string& location) { return load(location, session); };
  context.variable = [&session](const std::string& name) { return session.variable(name); };
  const std::filesystem::path here = session.options().current_directory;
  context.path_exists = [here](const std::string& path) { return sys::exists(here / path); };
  context.is_directory = [here](const std::string& path) { return sys::is_directory(here / path); };
  context.current_directory = here.string();
  context.diagnostics = &diagnostics;
  return context;
}

Result<Wanted> read_wanted(const ResolveOptions& options, const packaging::MarkerEnvironment& markers, const std::string& verb, Session& session) {
  PIPIT_CHECK(refuse_conflicting_options(options));
  if (options.arguments.empty() && options.requirement_files.empty() && options.scripts.empty() && options.groups.empty())
    return fail(nothing_given(options, verb));
  Diagnostics diagnostics;
  const auto context = parse_context(session, diagnostics);
  Wanted wanted;
  wanted.options = options.files;
  std::optional<Error> problems;
  std::vector<RequirementLine> from_files, ignored;
  for (const std::string& file : options.constraint_files)
    collect(problems, read_file_into(file, true, options.peep, context, session, from_files, wanted.constraints, wanted));
  std::vector<RequirementLine> from_constraints = std::exchange(from_files, {});
  for (const RequirementArgument& argument : options.arguments) {
    if (trim(argument.text).empty() && !argument.editable) continue;  // "$UNSET" in somebody's script
    auto line = packaging::parse_requirement_argument(argument.text, argument.editable, context);
    if (line) {
      wanted.requirements.push_back(std::move(*line));
    } else {
      collect(problems, fail(std::move(line).error()));
    }
  }
  for (const std::string& file : options.requirement_files)
    collect(problems, read_file_into(file, false, options.peep, context, session, from_files, wanted.constraints, wanted));
  for (const std::string& group : options.groups) collect(problems, read_group(group, session, from_files));
  for (const std::string& script : options.scripts) collect(problems, read_script(script, session, from_files));
  for (const std::string& file : options.override_files)
    collect(problems, read_file_into(file, false, false, context, session, wanted.overrides, ignored, wanted));
  for (auto* lines : {&from_constraints, &from_files})
    std::move(lines->begin(), lines->end(), std::back_inserter(wanted.requirements));
  session.report(diagnostics);
  if (problems) return fail(std::move(*problems));

  // Before markers: one hashed line for another platform switches the mode on, as in pip.
  wanted.hash_mode = wanted.options.require_hashes || options.peep ||
                     (!wanted.options.no_require_hashes && (has_any_hash(wanted.requirements) || has_any_hash(wanted.constraints)));
  std::vector<std::string> untold;  // pip says nothing of constraints
  keep_applicable(wanted.requirements, markers, wanted.ignored, problems);
  for (auto* lines : {&wanted.constraints, &wanted.overrides}) keep_applicable(*lines, markers, untold, problems);
  if (problems) return fail(std::move(*problems));
  for (const std::string& host : wanted.options.trusted_hosts) session.trust_host(host);
  for (const auto* urls : {&wanted.options.index_urls, &wanted.options.find_links})
    for (const std::string& url : *urls) session.add_credential_source(url);
  return wanted;
}

}  // namespace pipit::ops
