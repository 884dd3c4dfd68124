#include "cli/bindings.h"

#include <fmt/format.h>

#include <algorithm>

#include "cli/command_line.h"
#include "pipit/base/text.h"
#include "pipit/ops/cache.h"
#include "pipit/packaging/name.h"

namespace pipit::cli {

namespace {

std::string user_agent() { return "pipit/" PIPIT_VERSION; }

// --no-binary and --only-binary move names between two sets in the order typed (":all:" takes all, ":none:" clears).
struct FormatControl {
  std::vector<std::string> no_binary, only_binary;

  void apply(std::string_view text, std::vector<std::string>& mine, std::vector<std::string>& other) {
    std::vector<std::string_view> names = split(text, ',');
    while (std::find(names.begin(), names.end(), ":all:") != names.end()) {
      other.clear();
      mine = {":all:"};
      names.erase(names.begin(), std::find(names.begin(), names.end(), ":all:") + 1);
      if (std::find(names.begin(), names.end(), ":none:") == names.end()) return;
    }
    for (std::string_view raw : names) {
      if (raw == ":none:") {
        mine.clear();
        continue;
      }
      const std::string name = packaging::normalize_name(trim(raw));
      if (name.empty()) continue;
      std::erase(other, name);
      if (std::find(mine.begin(), mine.end(), name) == mine.end()) mine.push_back(name);
    }
  }
};

void bind_formats(const Settings& settings, packaging::FileOptions& files) {
  FormatControl control;
  const bool typed_no = settings.source("no-binary") == "command line", typed_only = settings.source("only-binary") == "command line";
  // Values from files and variables first (they are at the front of each list), then the typed ones in their order.
  std::size_t no_typed = 0, only_typed = 0;
  for (const GivenOption& option : settings.typed()) {
    no_typed += option.spec->id == "no-binary";
    only_typed += option.spec->id == "only-binary";
  }
  const auto no = settings.list("no-binary"), only = settings.list("only-binary");
  for (std::size_t i = 0; i + (typed_no ? no_typed : 0) < no.size(); ++i) control.apply(no[i], control.no_binary, control.only_binary);
  for (std::size_t i = 0; i + (typed_only ? only_typed : 0) < only.size(); ++i) control.apply(only[i], control.only_binary, control.no_binary);
  for (const GivenOption& option : settings.typed()) {
    if (option.spec->id == "no-binary") control.apply(option.value, control.no_binary, control.only_binary);
    if (option.spec->id == "only-binary") control.apply(option.value, control.only_binary, control.no_binary);
  }
  if (settings.flag("no-build")) control.apply(":all:", control.only_binary, control.no_binary);
  files.no_binary = std::move(control.no_binary);
  files.only_binary = std::move(control.only_binary);
}

std::vector<std::string> comma_separated(const std::vector<std::string>& values) {
  std::vector<std::string> names;
  for (const std::string& value : values)
    for (std::string_view name : split(value, ',')) names.emplace_back(trim(name));
  return names;
}

packaging::FileOptions bind_index(const Settings& settings) {
  packaging::FileOptions files;
  files.index_url_set = settings.value("index-url").has_value();
  files.index_urls = {settings.value("index-url").value_or(ops::kDefaultIndexUrl)};
  for (const std::string& url : settings.list("extra-index-url")) files.index_urls.push_back(url);
  files.no_index = settings.flag("no-index");
  if (files.no_index) files.index_urls.clear();
  files.find_links = settings.list("find-links");
  files.trusted_hosts = settings.list("trusted-host");
  files.prefer_binary = settings.flag("prefer-binary");
  files.pre = settings.flag("pre");
  files.require_hashes = settings.flag("require-hashes");
  files.no_require_hashes = settings.flag("no-require-hashes");
  files.all_releases = comma_separated(settings.list("all-releases"));
  files.only_final = comma_separated(settings.list("only-final"));
  files.use_features = settings.list("use-feature");
  bind_formats(settings, files);
  return files;
}

template <class T>
T choice(const Settings& settings, std::string_view id, std::initializer_list<std::pair<std::string_view, T>> table, T otherwise) {
  if (auto value = settings.value(id))
    for (const auto& [name, meaning] : table)
      if (name == *value) return meaning;
  return otherwise;
}

Result<std::size_t> bind_count(const Settings& settings, std::string_view id, std::size_t otherwise) {
  PIPIT_TRY(auto number, settings.number(id));
  return number ? static_cast<std::size_t>(*number) : otherwise;
}

}  // namespace

Result<ops::SessionOptions> bind_session(const CommandContext& context) {
  const Settings& settings = context.settings;
  ops::SessionOptions options;
  options.environment = context.variables;
  options.current_directory = context.current_directory;
  options.started_as = context.started_as;
  options.started_as_pip = context.personality == Personality::pip;
  if (auto python = settings.value("python")) (settings.source("python") == "PIP_PYTHON" ? options.pip_python : options.python) = python;
  if (auto directory = settings.value("cache-dir")) {
    std::string path = *directory;
    if (path.starts_with("~/")) path = variable(context.variables, "HOME").value_or("") + path.substr(1);
    options.cache_directory = context.current_directory / path;
  }
  options.no_cache = settings.flag("no-cache-dir");
  if (auto text = settings.value("cache-max-size")) {
    const auto size = ops::parse_size(*text);
    if (!size) return fail(make_pip_error(kUsageError, fmt::format("invalid --cache-max-size '{}': it must be a size like 500MB or 2GB", *text)));
    options.cache_size_max_bytes = *size;
  }
  options.require_virtualenv = settings.flag("require-virtualenv");
  PIPIT_TRY(auto lock_seconds, settings.number("lock-timeout"));
  if (lock_seconds) options.lock_timeout = std::chrono::milliseconds(static_cast<std::int64_t>(*lock_seconds * 1000));

  net::HttpOptions& http = options.http;
  http.user_agent = user_agent();
  PIPIT_TRY(const std::size_t retries, bind_count(settings, "retries", 5));
  PIPIT_TRY(const std::size_t resumes, bind_count(settings, "resume-retries", 5));
  http.retries = static_cast<int>(std::min<std::size_t>(retries, 1000));
  http.resume_retries = static_cast<int>(std::min<std::size_t>(resumes, 1000));
  PIPIT_TRY(auto timeout, settings.number("timeout"));
  if (timeout) http.timeout = std::chrono::milliseconds(static_cast<std::int64_t>(std::min(*timeout, 86400.0) * 1000));
  http.trusted_hosts = settings.list("trusted-host");
  http.ca_file = settings.value("cert").value_or("");
  http.client_cert = settings.value("client-cert").value_or("");
  http.proxy = settings.value("proxy");
  http.proxy_from_environment = !settings.flag("no-proxy-env");
  http.environment = context.variables;
  http.keyring_provider = settings.value("keyring-provider").value_or("auto");
  http.allow_prompt = !settings.flag("no-input");
  http.offline = settings.flag("offline");
  return options;
}

Result<ops::ResolveOptions> bind_resolve(const CommandContext& context) {
  const Settings& settings = context.settings;
  ops::ResolveOptions options;
  for (const std::string& argument : context.line.arguments) options.arguments.push_back({argument, false});
  for (const std::string& editable : settings.list("editable")) options.arguments.push_back({editable, true});
  options.requirement_files = settings.list("requirement");
  options.constraint_files = settings.list("constraint");
  options.build_constraint_files = settings.list("build-constraint");
  options.override_files = settings.list("override");
  options.scripts = settings.list("requirements-from-script");
  options.groups = settings.list("group");
  options.files = bind_index(settings);
  options.no_deps = settings.flag("no-deps");
  options.only_deps = settings.flag("only-deps");
  options.ignore_requires_python = settings.flag("ignore-requires-python");
  options.peep = context.personality == Personality::peep;
  options.resolution = settings.value("resolution").value_or("highest");
  options.uploaded_prior_to = settings.value("uploaded-prior-to");
  options.refresh_packages = comma_separated(settings.list("refresh-package"));
  options.index_strategy = choice<ops::IndexStrategy>(
      settings, "index-strategy",
      {{"first-index", ops::IndexStrategy::first_index}, {"unsafe-best-match", ops::IndexStrategy::unsafe_best_match}}, ops::IndexStrategy::merge);
  PIPIT_TRY(options.foreign, bind_foreign_target(context));
  options.allowances = settings.list("allow");
  options.build_isolation = !settings.flag("no-build-isolation");
  options.check_build_dependencies = settings.flag("check-build-dependencies");
  for (const std::string& setting : settings.list("config-settings")) {
    const std::size_t equals = setting.find('=');
    if (equals == std::string::npos || equals == 0)
      return fail(make_pip_error(kUsageError, fmt::format("Arguments to --config-settings must be of the form KEY=VAL")));
    options.config_settings[setting.substr(0, equals)].push_back(setting.substr(equals + 1));
  }
  options.build_sandbox = choice<ops::BuildSandbox>(settings, "build-sandbox",
                                                    {{"require", ops::BuildSandbox::require}, {"off", ops::BuildSandbox::off}},
                                                    ops::BuildSandbox::automatic);
  options.build_network = settings.list("build-network");
  PIPIT_TRY(options.build_jobs, bind_count(settings, "build-jobs", 0));
  PIPIT_TRY(auto build_timeout, settings.number("build-timeout"));
  if (build_timeout) options.build_timeout = std::chrono::milliseconds(static_cast<std::int64_t>(std::clamp(*build_timeout, 0.001, 1e7) * 1000));
  options.no_build = settings.flag("no-build");
  options.source_directory = settings.value("src").value_or("");
  return options;
}

// The last word typed wins; PIP_NO_USER is one of pip's inverted variables.
std::optional<bool> bind_user(const Settings& settings) {
  std::optional<bool> user = settings.tri("user");
  if (const auto no_user = settings.tri("no-user"); no_user && !user) user = !*no_user;
  for (const GivenOption& option : settings.typed()) {
    if (option.spec->id == "user") user = true;
    if (option.spec->id == "no-user") user = false;
  }
  return user;
}

Result<ops::InstallOptions> bind_install(const CommandContext& context) {
  const Settings& settings = context.settings;
  ops::InstallOptions options;
  PIPIT_TRY(options.resolve, bind_resolve(context));
  options.upgrade = settings.flag("upgrade");
  options.eager = settings.value("upgrade-strategy") == "eager";
  options.force_reinstall = settings.flag("force-reinstall");
  options.ignore_installed = settings.flag("ignore-installed");
  options.dry_run = settings.flag("dry-run");
  options.explain = settings.list("explain");
  options.target = settings.value("target");
  options.root = settings.value("root");
  options.prefix = settings.value("prefix");
  options.user = bind_user(settings);
  options.break_system_packages = settings.flag("break-system-packages");
  // Not compiling is the default; --compile asks for it, --no-compile (last word wins in pip, too) takes it back.
  options.compile = settings.flag("compile") || (settings.tri("no-compile").has_value() && !settings.flag("no-compile"));
  for (const GivenOption& option : settings.typed()) {
    if (option.spec->id == "compile") options.compile = true;
    if (option.spec->id == "no-compile") options.compile = false;
  }
  options.warn_script_location = !settings.flag("no-warn-script-location");
  options.warn_conflicts = !settings.flag("no-warn-conflicts");
  options.warn_root = settings.value("root-user-action") != "ignore";
  options.report = settings.value("report");
  options.link_mode = choice<ops::LinkMode>(settings, "link-mode",
                                            {{"hardlink", ops::LinkMode::hardlink}, {"reflink", ops::LinkMode::reflink}, {"copy", ops::LinkMode::copy}},
                                            ops::LinkMode::automatic);
  options.sync = !settings.flag("no-sync");
  return options;
}

Result<ops::ForeignTarget> bind_foreign_target(const CommandContext& context) {
  const Settings& settings = context.settings;
  auto version = parse_python_version(settings.value("python-version").value_or(""));
  if (!version) {  // a variable's or a file's: what was typed has been read before
    version.error().details.push_back(usage_text(context.line.command, context.program));
    return fail(std::move(version).error());
  }
  return ops::ForeignTarget{settings.list("platform"), settings.list("abi"), std::move(*version), settings.value("implementation")};
}

ops::UninstallOptions bind_uninstall(const CommandContext& context) {
  const Settings& settings = context.settings;
  ops::UninstallOptions options;
  options.names = context.line.arguments;
  options.requirement_files = settings.list("requirement");
  options.yes = settings.flag("yes");
  options.break_system_packages = settings.flag("break-system-packages");
  options.warn_root = settings.value("root-user-action") != "ignore";
  options.sync = !settings.flag("no-sync");
  return options;
}

ops::ScopeOptions bind_scope(const CommandContext& context) {
  const Settings& settings = context.settings;
  ops::ScopeOptions options;
  options.local = settings.flag("local");
  options.user = settings.flag("user");
  options.paths = settings.list("path");
  for (const std::string& name : settings.list("exclude")) options.excluded.push_back(packaging::normalize_name(name));
  options.exclude_editable = settings.flag("exclude-editable");
  options.only_editable = settings.flag("editable-only");
  return options;
}

}  // namespace pipit::cli
