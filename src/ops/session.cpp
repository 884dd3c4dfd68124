#include "pipit/ops/session.h"

#include <fmt/format.h>

#include <future>

#include "ops/place.h"
#include "pipit/base/text.h"
#include "pipit/net/curl_client.h"
#include "pipit/python/venv.h"
#include "pipit/sys/file.h"
#include "pipit/sys/scratch.h"

namespace pipit::ops {

struct Session::Parts {
  std::optional<sys::ScratchDir> scratch;
  std::unique_ptr<sys::WorkerPool> workers;
  std::set<std::string> said, network_builds;
  std::optional<std::optional<std::string>> seal_obstacle;
  std::future<std::optional<Error>> seal_probe;
  std::unique_ptr<net::HttpClient> http;  // dies first: its thread may still post
};

namespace {

bool is_environment(const std::filesystem::path& root) { return !root.empty() && sys::is_regular_file(root / "pyvenv.cfg"); }

bool is_sticky(const sys::FileStat& info) { return (info.mode & 01000) != 0; }

// Who may say what lies at this path? A directory like /tmp is anybody's, but what is ours in it stays ours.
std::optional<std::string> why_not_trusted(const std::filesystem::path& path, const sys::FileStat& info) {
  const std::uint32_t user = sys::effective_user_id();
  const bool shared = info.uid == 0 && is_sticky(info);
  if (info.uid != user && !shared) return fmt::format("{} belongs to another user", path.string());
  if ((info.mode & 022) != 0 && !is_sticky(info)) return fmt::format("{} can be written by others", path.string());
  return std::nullopt;
}

// A cache that others could have written is not used at all (they would choose what we install): neither our folder nor
// the cache directory that holds it may be theirs, nor a link that they made.
std::optional<std::string> why_not_ours(const std::filesystem::path& base, const std::filesystem::path& directory) {
  for (const std::filesystem::path& path : {base, directory}) {
    const auto link = sys::stat_path(path, sys::Follow::no);
    if (!link) return link.error().message;
    if (!*link) continue;
    if ((*link)->kind == sys::FileStat::Kind::symlink && (*link)->uid != sys::effective_user_id() && (*link)->uid != 0)
      return fmt::format("{} is a link that belongs to another user", path.string());
    const auto found = sys::stat_path(path);
    if (!found) return found.error().message;
    if (!*found) return fmt::format("{} is a link to nothing", path.string());
    if ((*found)->kind != sys::FileStat::Kind::directory) return fmt::format("{} is not a directory", path.string());
    if (auto reason = why_not_trusted(path, **found)) return reason;
  }
  // Nothing of it there yet: it would be made in somebody else's directory.
  std::filesystem::path above = base;
  while (above != above.parent_path() && !sys::exists(above)) above = above.parent_path();
  const auto found = sys::stat_path(above);
  const std::uint32_t user = sys::effective_user_id();
  if (found && *found && user != 0 && (*found)->uid != user && (*found)->uid != 0) return fmt::format("{} belongs to another user", above.string());
  return std::nullopt;
}

}  // namespace

std::filesystem::path guess_environment_root(const std::optional<std::string>& python, const std::filesystem::path& started_as,
                                             const Variables& variables) {
  auto value = [&](std::string_view name) -> std::string {
    for (const auto& [key, text] : variables)
      if (key == name) return text;
    return {};
  };
  auto root_of = [](const std::filesystem::path& named) -> std::filesystem::path {
    const std::filesystem::path path = sys::absolute(named);
    if (is_environment(path)) return path;
    const std::filesystem::path above = path.parent_path().parent_path();
    return is_environment(above) ? above : std::filesystem::path();
  };
  const std::string named = python ? *python : value("PIP_PYTHON");
  if (!named.empty()) return root_of(named);
  if (!started_as.empty())
    if (auto root = root_of(started_as); !root.empty()) return root;
  if (auto active = value("VIRTUAL_ENV"); !active.empty()) return is_environment(active) ? std::filesystem::path(active) : std::filesystem::path();
  if (is_environment(".venv")) return {};  // a folder of the current directory: its settings are not read unasked
  const std::string path_variable = value("PATH");
  for (std::string_view directory : split(path_variable, ':'))
    for (const char* name : {"python3", "python"})
      if (const std::filesystem::path python_there = std::filesystem::path(directory) / name; directory.starts_with('/') && sys::is_executable(python_there))
        return root_of(python_there);
  return {};
}

Session::Session(SessionOptions options, Reporter& reporter, std::stop_token stop, sys::Os& os, sys::Clock& clock)
    : options_(std::move(options)), reporter_(reporter), stop_(std::move(stop)), os_(os), clock_(clock), parts_(std::make_unique<Parts>()) {}

Session::Session(Session& outer, Reporter& reporter, python::Interpreter target)
    : outer_(&outer), options_(outer.options_), reporter_(reporter), stop_(outer.stop_), os_(outer.os_), clock_(outer.clock_), target_(std::move(target)),
      parts_(std::make_unique<Parts>()) {
  options_.require_virtualenv = false;
}

Session::~Session() = default;

std::optional<std::string> Session::variable(std::string_view name) const {
  for (const auto& [key, value] : options_.environment)
    if (key == name) return value;
  return std::nullopt;
}

python::InspectOptions Session::inspect_options() const {
  python::InspectOptions inspect;
  inspect.environment = options_.environment;
  if (auto directory = const_cast<Session*>(this)->cache_directory()) inspect.cache_directory = *directory / "interpreters-v1";
  return inspect;
}

python::TargetRequest Session::target_request() const {
  python::TargetRequest request;
  request.explicit_python = options_.python;
  request.pip_python = options_.pip_python;
  request.started_as = options_.started_as;
  request.current_directory = options_.current_directory;
  request.started_as_pip = options_.started_as_pip;
  request.path_variable = variable("PATH").value_or("");
  request.virtual_env = variable("VIRTUAL_ENV").value_or("");
  request.conda_prefix = variable("CONDA_PREFIX").value_or("");
  return request;
}

Result<const python::Interpreter*> Session::target() {
  if (!target_) {
    PIPIT_TRY(auto found, python::find_target(target_request(), inspect_options()));
    if (!options_.started_as_pip) reporter_.debug(found.reason);  // scripts read what `pip list -v` prints
    target_ = std::move(found.interpreter);
    // Whatever looks at an environment looks at a whole one: what a killed run left behind is settled first.
    PIPIT_CHECK(settle(target_->prefix, *this));
  }
  if (options_.require_virtualenv && !target_->is_venv)
    return fail(make_pip_error(kVirtualenvRequired, "Could not find an activated virtualenv (required)."));
  return &*target_;
}

void Session::set_target(python::Interpreter interpreter) { target_ = std::move(interpreter); }

void Session::trust_host(const std::string& host) { options_.http.trusted_hosts.push_back(host); }

void Session::add_credential_source(const std::string& url) {
  if (auto parsed = Url::parse(url); parsed && parsed->has_userinfo) options_.http.credential_sources.push_back(*parsed);
}

Result<net::HttpClient*> Session::http() {
  if (outer_) return outer_->http();
  if (!parts_->http) {
    if (const auto& directory = cache_directory()) options_.http.cache_directory = (*directory / "pages-v1").string();
    PIPIT_TRY(parts_->http, net::make_curl_client(options_.http));
  }
  return parts_->http.get();
}

sys::Executor& Session::workers() {
  if (outer_) return outer_->workers();
  if (!parts_->workers) parts_->workers = std::make_unique<sys::WorkerPool>(options_.threads ? options_.threads : sys::processor_count());
  return *parts_->workers;
}

void Session::leave_cache(const std::string& why) {
  if (outer_) return outer_->leave_cache(why);
  reporter_.warn("no-cache", "the cache is not used: " + why);
  cache_directory_.emplace();
}

const std::optional<std::filesystem::path>& Session::cache_directory() {
  if (outer_) return outer_->cache_directory();
  if (cache_directory_) return *cache_directory_;
  cache_directory_.emplace();
  if (options_.no_cache) return *cache_directory_;
  std::filesystem::path base;
  if (options_.cache_directory) {
    base = *options_.cache_directory;
  } else if (auto xdg = variable("XDG_CACHE_HOME"); xdg && xdg->starts_with('/')) {
    base = *xdg;
  } else if (auto home = variable("HOME"); home && home->starts_with('/')) {
    base = std::filesystem::path(*home) / ".cache";
  } else {
    reporter_.warn("no-cache", "the cache is not used: neither --cache-dir, XDG_CACHE_HOME nor HOME is set");
    return *cache_directory_;
  }
  const std::filesystem::path directory = base / "pipit";
  if (auto reason = why_not_ours(base, directory)) {
    reporter_.warn("no-cache", fmt::format("the cache is not used: {}", *reason));
    return *cache_directory_;
  }
  *cache_directory_ = directory;
  return *cache_directory_;
}

Result<std::filesystem::path> Session::scratch_directory() {
  if (outer_) return outer_->scratch_directory();
  if (!parts_->scratch) {
    PIPIT_TRY(parts_->scratch, sys::ScratchDir::create());
  }
  return parts_->scratch->path();
}

std::filesystem::path Session::unfinished_downloads() {
  const auto& directory = cache_directory();
  return directory ? *directory / "downloads-v1" : std::filesystem::path();
}

void Session::report(Diagnostics& diagnostics) {
  for (const Diagnostic& diagnostic : diagnostics.take()) reporter_.say(diagnostic);
}

bool Session::says_first(const std::string& id) { return outer_ ? outer_->says_first(id) : parts_->said.insert(id).second; }

void Session::look_for_seal_obstacle(const sys::SealSpec& example) {
  if (outer_) return outer_->look_for_seal_obstacle(example);
  if (parts_->seal_obstacle || parts_->seal_probe.valid()) return;
  auto probe = std::make_shared<std::packaged_task<std::optional<Error>()>>([example] { return sys::seal_obstacle(example); });
  parts_->seal_probe = probe->get_future();
  workers().post([probe] { (*probe)(); });
}

const std::optional<std::string>& Session::seal_obstacle(const sys::SealSpec& example) {
  if (outer_) return outer_->seal_obstacle(example);
  if (!parts_->seal_obstacle) {
    auto obstacle = parts_->seal_probe.valid() ? parts_->seal_probe.get() : sys::seal_obstacle(example);
    parts_->seal_obstacle.emplace(obstacle ? std::optional(std::move(obstacle->message)) : std::nullopt);
  }
  return *parts_->seal_obstacle;
}

void Session::note_network_build(const std::string& name) {
  if (outer_) return outer_->note_network_build(name);
  parts_->network_builds.insert(name);
}

const std::set<std::string>& Session::network_builds() const { return outer_ ? outer_->network_builds() : parts_->network_builds; }

Status Session::check_cancelled() const {
  if (stop_.stop_requested()) return fail(make_pip_error(kCancelled, "Operation cancelled by user"));
  return ok();
}

}  // namespace pipit::ops
