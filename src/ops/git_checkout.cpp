#include "ops/git_checkout.h"

#include <fmt/format.h>

#include <algorithm>

#include "pipit/base/text.h"
#include "pipit/base/url.h"
#include "pipit/ops/install.h"
#include "pipit/sys/file.h"
#include "pipit/sys/process.h"

namespace pipit::ops {

namespace {

constexpr std::size_t kObjectNameLength = 40, kObjectNameLengthSha256 = 64, kShortestAbbreviation = 4;
constexpr auto kGitTimeMax = std::chrono::hours(1);

bool is_hex(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); });
}
bool is_object_name(std::string_view text) { return is_hex(text) && (text.size() == kObjectNameLength || text.size() == kObjectNameLengthSha256); }

// Control characters, and what some programs take for the end of a line (NEL, U+2028, U+2029).
bool has_odd_characters(std::string_view text) {
  if (std::any_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) <= 0x20 || c == 0x7f; })) return true;
  return text.find("\xe2\x80\xa8") != std::string_view::npos || text.find("\xe2\x80\xa9") != std::string_view::npos || text.find("\xc2\x85") != std::string_view::npos;
}

// Variables that would make git work on another repository than the one it is told.
bool redirects_git(std::string_view name) {
  static constexpr const char* names[] = {"GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_OBJECT_DIRECTORY", "GIT_ALTERNATE_OBJECT_DIRECTORIES", "GIT_NAMESPACE",
                                          "GIT_COMMON_DIR", "GIT_PREFIX", "GIT_TEMPLATE_DIR", "GIT_EXTERNAL_DIFF"};
  return std::any_of(std::begin(names), std::end(names), [&](const char* other) { return name == other; });
}

class Git {
 public:
  static Result<Git> find(Session& session, std::string protocols) {
    std::string path;
    const std::string variable = session.variable("PATH").value_or("");
    for (std::string_view entry : split(variable, ':'))
      if (std::filesystem::path(entry).lexically_normal() != session.options().current_directory.lexically_normal()) path += (path.empty() ? "" : ":") + std::string(entry);
    auto program = sys::find_program("git", path);
    if (!program)
      return fail(make_pip_error(kNoGit, "Cannot find command 'git' - do you have 'git' installed and in your PATH?").hint("an archive of the project needs no git"));
    return Git(session, std::move(*program), std::move(protocols));
  }

  // The output without its last line break; `directory` empty: anywhere.
  Result<std::string> run(const std::filesystem::path& directory, const std::vector<std::string>& words, const std::string& doing) {
    sys::ProcessSpec spec;
    spec.program = program_;
    spec.arguments = {"-c", "protocol.ext.allow=never", "-c", "submodule.recurse=false", "-c", "advice.detachedHead=false", "-c", "core.fsmonitor=false", "-c", "core.hooksPath=/dev/null"};
    spec.arguments.insert(spec.arguments.end(), words.begin(), words.end());
    for (const auto& [name, value] : session_.environment())
      if (!redirects_git(name) && name != "GIT_ALLOW_PROTOCOL" && name != "GIT_TERMINAL_PROMPT") spec.environment.emplace_back(name, value);
    spec.environment.emplace_back("GIT_ALLOW_PROTOCOL", protocols_);
    spec.environment.emplace_back("GIT_TERMINAL_PROMPT", "0");
    spec.directory = directory;
    spec.timeout = kGitTimeMax;
    PIPIT_TRY(sys::ProcessResult result, sys::run_process(spec, session_.stop()));
    if (result.exit_code == 0) return std::string(trim(result.output));
    Error error = make_error(kGitFailed, fmt::format("git could not {} (exit code {})", doing, result.exit_code));
    const std::string said = mask_credentials(result.errors);  // the lines are views into it
    for (std::string_view line : split(said, '\n'))
      if (!trim(line).empty() && error.details.size() < 30) error.details.emplace_back(line);
    return fail(std::move(error));
  }

 private:
  Git(Session& session, std::filesystem::path program, std::string protocols) : session_(session), program_(std::move(program)), protocols_(std::move(protocols)) {}

  Session& session_;
  std::filesystem::path program_;
  std::string protocols_;
};

std::string protocol_of(const std::string& url) { return url.substr(0, url.find("://")); }

// The commit a revision means: a branch of the origin, a tag, a full reference, or an object by its name.
Result<std::string> find_commit(Git& git, const GitReference& reference, const std::filesystem::path& directory) {
  auto ask = [&](const std::string& name) -> std::optional<std::string> {
    auto found = git.run(directory, {"rev-parse", "--quiet", "--verify", "--end-of-options", name + "^{commit}"}, "look up " + name);
    return found && is_object_name(*found) ? std::optional(std::move(*found)) : std::nullopt;
  };
  const std::string doing = fmt::format("find {} in {}", reference.revision.value_or("its default branch"), reference.shown);
  if (!reference.revision) {
    for (const char* name : {"refs/remotes/origin/HEAD", "HEAD"})
      if (auto commit = ask(name)) return *commit;
    return fail(make_error(kNoSuchRevision, fmt::format("{} has no commit yet", reference.shown)));
  }
  const std::string& revision = *reference.revision;
  if (is_object_name(revision)) {
    // The object of that name and nothing else: a branch may be called like it.
    if (!ask(revision)) static_cast<void>(git.run(directory, {"fetch", "--quiet", "--no-recurse-submodules", "--end-of-options", "origin", ascii_lower(revision)}, doing));
    auto commit = ask(ascii_lower(revision));
    if (commit && *commit == ascii_lower(revision)) return *commit;
    return fail(make_error(kNoSuchRevision, fmt::format("{} has no commit {}", reference.shown, revision)));
  }
  if (revision.starts_with("refs/")) {
    PIPIT_TRY(const std::string fetched, git.run(directory, {"fetch", "--quiet", "--no-recurse-submodules", "--end-of-options", "origin", revision}, doing));
    static_cast<void>(fetched);
    if (auto commit = ask("FETCH_HEAD")) return *commit;
  }
  for (const char* kind : {"refs/remotes/origin/", "refs/tags/"})
    if (auto commit = ask(kind + revision)) return *commit;
  if (is_hex(revision) && revision.size() >= kShortestAbbreviation)
    if (auto commit = ask(revision); commit && commit->starts_with(ascii_lower(revision))) return *commit;
  return fail(make_error(kNoSuchRevision, fmt::format("{} has no branch, tag or commit {}", reference.shown, revision)));
}

Status clone(Git& git, const GitReference& reference, const std::filesystem::path& directory, Session& session) {
  session.reporter().info(fmt::format("  Cloning {}{} to {}", reference.shown, reference.revision ? fmt::format(" (to revision {})", *reference.revision) : "", directory.string()));
  std::vector<std::string> words = {"clone", "--quiet", "--no-checkout", "--no-recurse-submodules"};
  if (protocol_of(reference.url) != "file") words.emplace_back("--filter=blob:none");
  words.insert(words.end(), {"--end-of-options", reference.url, directory.string()});
  PIPIT_TRY(const std::string said, git.run({}, words, "clone " + reference.shown));
  static_cast<void>(said);
  return ok();
}

// An earlier clone of the same repository is brought up to date, as with pip; anything else is left alone.
Status update(Git& git, const GitReference& reference, const std::filesystem::path& directory) {
  auto remote = git.run(directory, {"config", "--get", "remote.origin.url"}, "read where it was cloned from");
  if (!remote || !sys::exists(directory / ".git") || *remote != reference.url)
    return fail(make_error(kGitFailed, fmt::format("{} exists and is no clone of {}", directory.string(), reference.shown)).hint("remove it, or name another place with --src"));
  PIPIT_TRY(const std::string said, git.run(directory, {"fetch", "--quiet", "--tags", "--no-recurse-submodules", "origin"}, "fetch from " + reference.shown));
  static_cast<void>(said);
  return ok();
}

}  // namespace

Result<GitReference> GitReference::parse(const std::string& text) {
  auto refuse = [&](std::string why) { return fail(make_error(kBadVcsUrl, fmt::format("{}: {}", mask_credentials(text), why))); };
  const std::string whole = text.substr(0, text.find("://"));
  if (!text.starts_with("git+") || whole.size() == text.size())
    return fail(make_error(kUnsupportedRequirement, fmt::format("{} names a version control system other than git", mask_credentials(text)))
                    .hint("check it out yourself and install the directory"));
  const std::string protocol = ascii_lower(whole.substr(4));
  if (protocol != "https" && protocol != "ssh" && protocol != "file")
    return fail(make_error(kUnsupportedRequirement, fmt::format("git over {} proves neither who answers nor what: {}", protocol, mask_credentials(text)))
                    .hint("use git+https, git+ssh or git+file"));
  if (has_odd_characters(text)) return refuse("a URL has no blanks, control characters or line separators");
  PIPIT_TRY(Url url, Url::parse(text.substr(4)));
  GitReference reference;
  if (auto value = url.fragment_value("subdirectory")) reference.subdirectory = *value;
  if (auto value = url.fragment_value("egg")) reference.egg = *value;
  url.fragment.reset();
  if (const std::size_t at = url.path.rfind('@'); at != std::string::npos) {
    reference.revision = percent_decode(url.path.substr(at + 1));
    url.path.resize(at);
    if (reference.revision->empty())
      return fail(make_pip_error(kBadVcsUrl, fmt::format("The URL '{}' has an empty revision (after @) which is not supported. Include a revision after @ or remove @ from the URL.",
                                                         mask_credentials(text))));
    if (reference.revision->starts_with('-') || has_odd_characters(*reference.revision) || reference.revision->find("..") != std::string::npos ||
        reference.revision->find_first_of("~^:?*[\\{") != std::string::npos)
      return refuse("that is not the name of a revision");
  }
  if (url.host.starts_with('-') || url.username.starts_with('-') || url.path.starts_with('-')) return refuse("that could be taken for an option");
  const std::filesystem::path inner(reference.subdirectory);
  if (inner.is_absolute() || std::any_of(inner.begin(), inner.end(), [](const auto& part) { return part == ".."; })) return refuse("its subdirectory leads outside");
  reference.url = url.str();
  reference.shown = url.without_credentials();
  return reference;
}

Result<std::string> check_out(const GitReference& reference, const std::filesystem::path& directory, Existing existing, Session& session) {
  const std::string protocol = protocol_of(reference.url);
  if (session.options().http.offline && protocol != "file") return fail(make_error(kGitFailed, fmt::format("{} is not fetched, because of --offline", reference.shown)));
  PIPIT_TRY(Git git, Git::find(session, protocol));
  if (existing == Existing::update) {
    PIPIT_CHECK(update(git, reference, directory));
  } else {
    PIPIT_CHECK(clone(git, reference, directory, session));
  }
  PIPIT_TRY(const std::string commit, find_commit(git, reference, directory));
  PIPIT_TRY(const std::string said, git.run(directory, {"reset", "--hard", "--quiet", "--no-recurse-submodules", commit}, "check out " + commit));
  static_cast<void>(said);
  session.reporter().info(fmt::format("  Resolved {} to commit {}", reference.shown, commit));
  if (sys::exists(directory / ".gitmodules"))
    session.reporter().warn("no-submodules", fmt::format("{} has submodules; they are not fetched", reference.shown));
  return commit;
}

namespace {

bool lies_in_working_tree(const std::filesystem::path& directory) {
  for (std::filesystem::path at = directory; at.has_relative_path(); at = at.parent_path())
    if (sys::exists(at / ".git")) return true;
  return false;
}

bool is_word(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_'; }

// pip's reading of a remote: a URL, a path that exists, or "user@host:path".
void read_remote(const std::string& remote, WorkingTree& tree) {
  const std::size_t scheme = remote.find("://");
  if (scheme != std::string::npos && scheme > 0 && std::all_of(remote.begin(), remote.begin() + static_cast<std::ptrdiff_t>(scheme), is_word)) {
    tree.remote = remote;
    return;
  }
  if (sys::exists(remote)) {
    tree.remote = Url::from_path(sys::absolute(remote).string()).str();
    return;
  }
  const std::size_t colon = remote.find(':');
  const std::string_view host = std::string_view(remote).substr(0, colon);
  if (colon != std::string::npos && !host.empty() && host.find('/') == std::string_view::npos && colon + 1 < remote.size() && is_word(remote[colon + 1]) &&
      remote.find(':', colon + 1) == std::string::npos) {
    tree.remote = fmt::format("ssh://{}/{}", host, remote.substr(colon + 1));
    return;
  }
  tree.invalid_remote = remote;
}

// The nearest directory upwards that can be installed, below the working tree's root.
std::string project_in(const std::filesystem::path& directory, const std::filesystem::path& root) {
  std::filesystem::path project = directory;
  while (project != root && !sys::is_regular_file(project / "pyproject.toml") && !sys::is_regular_file(project / "setup.py")) {
    if (!project.has_relative_path()) return {};
    project = project.parent_path();
  }
  return project == root ? std::string() : project.lexically_relative(root).generic_string();
}

}  // namespace

std::optional<WorkingTree> look_at_working_tree(const std::filesystem::path& directory, Session& session) {
  if (!sys::is_directory(directory) || !lies_in_working_tree(directory)) return std::nullopt;
  auto git = Git::find(session, "file");
  if (!git) return std::nullopt;
  auto top = git->run(directory, {"rev-parse", "--show-toplevel"}, "find the working tree");
  auto commit = git->run(directory, {"rev-parse", "HEAD"}, "read the commit");
  if (!top || !commit || !is_object_name(*commit)) return std::nullopt;
  WorkingTree tree;
  tree.commit = *commit;
  auto real = sys::real_path(directory), root = sys::real_path(*top);
  if (real && root) tree.subdirectory = project_in(*real, *root);
  // "remote.NAME.url URL" lines: origin's, otherwise the first one's.
  const std::string remotes = git->run(directory, {"config", "--get-regexp", "remote\\..*\\.url"}, "read the remotes").value_or("");
  std::string chosen;
  for (std::string_view line : split(remotes, '\n'))
    if (chosen.empty() || line.starts_with("remote.origin.url ")) chosen = std::string(trim(line.substr(std::min(line.find(' '), line.size()))));
  if (!chosen.empty()) read_remote(chosen, tree);
  return tree;
}

}  // namespace pipit::ops
