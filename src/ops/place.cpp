#include "ops/place.h"

#include <fmt/format.h>

#include <algorithm>
#include <unordered_set>

#include "ops/stamping.h"
#include "ops/user_site.h"
#include "pipit/install/uninstall.h"
#include "pipit/packaging/name.h"
#include "pipit/sys/file.h"
#include "pipit/wheel/source.h"

namespace pipit::ops {

namespace {

std::string under(const std::filesystem::path& root, const std::string& absolute) {
  return (root / std::filesystem::path(absolute).relative_path()).string();
}

// A prefix gets the layout that the environment's own scheme has below its prefix; where a distribution's Python installs
// to PREFIX/local, other prefixes get Python's plain layout, as from pip.
wheel::Scheme moved(const python::Interpreter& target, const std::filesystem::path& to) {
  const python::SchemePaths& paths = target.paths;
  const std::string& from = target.prefix;
  if (std::filesystem::path(paths.purelib).lexically_relative(from).string().starts_with("local/lib/")) {
    const std::string library = fmt::format("python{}.{}", target.major, target.minor), site = (to / "lib" / library / "site-packages").lexically_normal().string();
    return {site, site, (to / "bin").string(), to.string(), (to / "include" / library).string()};
  }
  auto move = [&](const std::string& path) { return (to / std::filesystem::path(path).lexically_relative(from)).lexically_normal().string(); };
  return {move(paths.purelib), move(paths.platlib), move(paths.scripts), to.string(), move(paths.headers)};
}

Status refuse_combinations(const InstallOptions& options) {
  const bool user = options.user.value_or(false);
  if (user && options.target) return fail(make_pip_error(kBadDestination, "Can not combine '--user' and '--target'"));
  if (user && options.prefix)
    return fail(make_pip_error(kBadDestination, "Can not combine '--user' and '--prefix' as they imply different installation locations"));
  if (options.target && options.prefix) return fail(make_pip_error(kBadDestination, "Can not combine '--target' and '--prefix'"));
  return ok();
}

install::LinkMode link_mode(LinkMode mode) {
  switch (mode) {
    case LinkMode::hardlink: return install::LinkMode::hardlink;
    case LinkMode::reflink: return install::LinkMode::reflink;
    case LinkMode::copy: return install::LinkMode::copy;
    case LinkMode::automatic: break;
  }
  return install::LinkMode::automatic;
}

std::vector<std::string> names_allowed(const std::vector<std::string>& allowances, std::string_view id) {
  std::vector<std::string> names;
  for (const std::string& allowance : allowances)
    if (allowance.starts_with(std::string(id) + ":")) names.push_back(packaging::normalize_name(allowance.substr(id.size() + 1)));
  return names;
}

// pip's words for one package that is replaced. Said once all is done: until then nothing is gone.
std::string removal_told(const install::RemovalSet& removal) {
  const std::string& name = removal.name;
  const std::string& version = removal.version_text;
  return fmt::format("  Attempting uninstall: {}\n    Found existing installation: {} {}\n    Uninstalling {}-{}:\n      Successfully uninstalled {}-{}",
                     name, name, version, name, version, name, version);
}

const fetch::ByteCode* byte_code_of(const std::string& name, const PlaceRequest& request) {
  if (request.byte_code == nullptr) return nullptr;
  const auto found = request.byte_code->find(name);
  return found == request.byte_code->end() ? nullptr : &found->second;
}

// Byte code goes where its source goes. Of two sources for one place the later is installed, and so is its byte code.
struct PlannedCode {
  std::size_t project = 0;
  wheel::InstallImage image;
};
Result<std::vector<PlannedCode>> plan_byte_code(const PlaceRequest& request, const std::vector<wheel::InstallImage>& images) {
  std::unordered_set<std::string> taken, sources;
  for (const wheel::InstallImage& image : images)
    for (const wheel::ImageFile& file : image.files) (file.rest.ends_with(".py") ? sources : taken).insert(file.path());
  std::vector<PlannedCode> planned;
  for (std::size_t i = request.projects.size(); i-- > 0;) {
    const std::string& name = request.projects[i]->resolved.candidate.name;
    const fetch::ByteCode* code = byte_code_of(name, request);
    if (code == nullptr || code->manifest->files.empty()) continue;
    PIPIT_TRY(wheel::InstallImage image, wheel::plan_byte_code(request.wheels.at(name), code->manifest, write_options(*request.projects[i], request)));
    std::erase_if(image.files, [&](const wheel::ImageFile& file) { return !sources.contains(wheel::source_of_byte_code(file.path())) || !taken.insert(file.path()).second; });
    planned.push_back({i, std::move(image)});
  }
  return planned;
}

Result<std::vector<wheel::InstallImage>> plan_images(const PlaceRequest& request, sys::Executor& workers, Diagnostics& diagnostics) {
  const std::size_t count = request.projects.size();
  std::vector<std::optional<Result<wheel::InstallImage>>> planned(count);
  std::vector<Diagnostics> said(count);
  sys::parallel_for(workers, count, [&](std::size_t i) {
    const install::PlannedProject& project = *request.projects[i];
    planned[i] = wheel::plan_install(request.wheels.at(project.resolved.candidate.name), write_options(project, request), said[i]);
  });
  std::vector<wheel::InstallImage> images;
  images.reserve(count);
  for (std::size_t i = 0; i < count; ++i) {
    for (const Diagnostic& diagnostic : said[i].items()) diagnostics.add(diagnostic);
    if (!*planned[i]) return fail(std::move(*planned[i]).error());
    images.push_back(std::move(**planned[i]));
  }
  return images;
}

}  // namespace

wheel::WriteOptions write_options(const install::PlannedProject& project, const PlaceRequest& request) {
  const model::Resolved& resolved = project.resolved;
  wheel::WriteOptions write;
  write.scheme = request.destination.scheme;
  write.requirement_name = request.wheels.at(resolved.candidate.name).manifest->name;
  write.interpreter = request.destination.interpreter;
  write.requested = resolved.user_requested;
  write.direct_url = resolved.candidate.direct_url;
  write.python_major = request.target.major;
  write.python_minor = request.target.minor;
  if (const fetch::ByteCode* code = byte_code_of(resolved.candidate.name, request)) write.byte_code = code->manifest.get();
  return write;
}

Result<Destination> find_destination(const InstallOptions& options, const python::Interpreter& target, Session& session) {
  PIPIT_CHECK(refuse_combinations(options));
  Destination destination;
  destination.interpreter = target.executable.string();
  const std::filesystem::path here = session.options().current_directory;
  if (options.target) {
    destination.root = (here / *options.target).lexically_normal();
    if (sys::exists(destination.root) && !sys::is_directory(destination.root))
      return fail(make_pip_error(kBadDestination, "Target path exists but is not a directory, will not continue."));
    const std::string root = destination.root.string();
    const std::string headers = target.is_venv ? fmt::format("{}/include/site/python{}.{}", root, target.major, target.minor) : root + "/include/python";
    destination.scheme = {root, root, root + "/bin", root, headers};
    destination.site_directories = {root};
    destination.is_environment = false;
    return destination;
  }
  const python::SchemePaths& paths = target.paths;
  const bool is_enabled = session.variable("PYTHONNOUSERSITE").value_or("").empty();
  PIPIT_TRY(const bool to_user, goes_to_user_site(options, target, is_enabled, here, could_write));
  if (to_user && !options.user && session.says_first("user-installation"))
    session.reporter().info("Defaulting to user installation because normal site-packages is not writeable");
  if (to_user) {
    destination.root = target.user_base;
    destination.scheme = {target.user_site, target.user_site, target.user_base + "/bin", target.user_base,
                          fmt::format("{}/include/python{}.{}", target.user_base, target.major, target.minor)};
    destination.site_directories = {target.user_site};
    destination.is_user_site = true;
  } else if (options.prefix) {
    destination.root = (here / *options.prefix).lexically_normal();
    destination.scheme = moved(target, destination.root);
    destination.site_directories = {destination.scheme.purelib, destination.scheme.platlib};
    destination.is_environment = false;
  } else {
    destination.root = target.prefix;
    destination.scheme = {paths.purelib, paths.platlib, paths.scripts, paths.data, paths.headers};
    destination.site_directories = {paths.purelib, paths.platlib};
  }
  if (options.root) {
    const std::filesystem::path root = (here / *options.root).lexically_normal();
    wheel::Scheme& scheme = destination.scheme;
    for (std::string* path : {&scheme.purelib, &scheme.platlib, &scheme.scripts, &scheme.data, &scheme.headers}) *path = under(root, *path);
    for (std::string& path : destination.site_directories) path = under(root, path);
    destination.root = under(root, destination.root.string());
    destination.is_environment = false;
  }
  if (destination.site_directories.size() == 2 && destination.site_directories[0] == destination.site_directories[1]) destination.site_directories.pop_back();
  return destination;
}

std::optional<install::Upgrade> flat_upgrade(const InstallOptions& options) {
  if (!options.target) return std::nullopt;
  return options.upgrade ? install::Upgrade::yes : install::Upgrade::no;
}

install::LockWait lock_wait(Session& session) {
  install::LockWait wait;
  wait.timeout = session.options().lock_timeout;
  Session* out = &session;
  wait.on_wait = [out](const std::string& holder) { out->reporter().info(fmt::format("waiting for another pipit that works on this environment ({})", holder)); };
  return wait;
}

Result<sys::FileLock> lock_run(const std::filesystem::path& root, Session& session) {
  if (session.depth() > 0) return sys::FileLock();  // a build environment belongs to its run alone
  std::filesystem::path directory;
  if (const auto& cache = session.cache_directory()) {
    directory = *cache / "locks";
  } else if (auto runtime = session.variable("XDG_RUNTIME_DIR"); runtime && runtime->starts_with('/')) {
    directory = std::filesystem::path(*runtime) / "pipit";
  } else {
    return sys::FileLock();
  }
  auto lock = install::lock_environment(session.os(), directory, root, lock_wait(session), session.stop());
  if (lock || lock.error().code == sys::kLockTimeout || lock.error().code == kCancelled) return lock;
  session.reporter().debug("no lock before the transaction's own: " + lock.error().message);
  return sys::FileLock();
}

Status whole_list(const Diagnostics& diagnostics) {
  std::optional<Error> first;
  for (const Diagnostic& diagnostic : diagnostics.items()) {
    if (diagnostic.id != python::kEnvironmentUnreadable.id) continue;
    Error error = make_error(python::kEnvironmentUnreadable, diagnostic.message).at(diagnostic.where);
    if (first) {
      first->also.push_back(std::move(error));
    } else {
      first = std::move(error).hint("nothing was changed: what is installed must be readable first");
    }
  }
  if (first) return fail(std::move(*first));
  return ok();
}

Status settle(const std::filesystem::path& root, Session& session) {
  PIPIT_TRY(const install::Recovered recovered, install::recover(session.os(), root, lock_wait(session), session.stop()));
  if (recovered == install::Recovered::finished) session.reporter().warn("recovered", "an interrupted run was found and finished");
  if (recovered == install::Recovered::undone) session.reporter().warn("recovered", "an interrupted run was found and undone");
  return ok();
}

Status place(const PlaceRequest& request, std::vector<std::string>& stale, Session& session) {
  Diagnostics diagnostics;
  install::TransactionOptions options;
  options.link_mode = link_mode(request.link_mode);
  options.sync = request.sync;
  options.allow_overlap = names_allowed(request.allowances, "overlap");
  options.snapshot = request.snapshot;
  options.lock = lock_wait(session);
  options.executor = &session.workers();
  for (const python::InstalledDist& dist : request.installed) {
    const bool replaced = std::any_of(request.projects.begin(), request.projects.end(), [&](const install::PlannedProject* project) {
      return project->installed && project->installed->metadata_path == dist.metadata_path;
    });
    const bool goes = request.flat == install::Upgrade::yes && std::any_of(request.projects.begin(), request.projects.end(), [&](const install::PlannedProject* project) {
      return project->resolved.candidate.name == dist.normalized_name;
    });
    if (!replaced && !goes) options.staying.push_back(dist);
  }
  std::vector<install::RemovalSet> removals;
  for (const install::PlannedProject* project : request.projects) {
    if (project->action != install::Action::replace || !project->installed) continue;
    PIPIT_TRY(auto removal, install::plan_removal(*project->installed, options.staying, {request.destination.root, request.destination.scheme}, diagnostics));
    removals.push_back(std::move(removal));
  }
  PIPIT_TRY(std::vector<wheel::InstallImage> images, plan_images(request, session.workers(), diagnostics));
  if (request.flat) {
    PIPIT_TRY(install::RemovalSet removal, install::fit_into_target(request.destination.root, images, *request.flat, request.installed, diagnostics));
    if (!removal.files.empty()) removals.push_back(std::move(removal));
  }
  std::vector<PlannedCode> code;
  if (request.byte_code != nullptr) {
    PIPIT_TRY(code, plan_byte_code(request, images));
  }
  const auto name_of = [&](std::size_t project) -> const std::string& { return request.projects[project]->resolved.candidate.name; };
  // Where no `verify` looks, nothing of ours is left.
  if (request.destination.is_environment && session.depth() == 0) {
    PIPIT_TRY(options.stamp, next_stamp(request.destination.root, options.staying, stamped(request, images, session.workers()), session));
  }
  install::Target target{request.destination.root, request.destination.scheme, request.target.executable.string()};
  PIPIT_TRY(install::Transaction transaction, install::Transaction::begin(session.os(), std::move(target), std::move(options)));
  std::vector<std::string> told;
  for (install::RemovalSet& removal : removals) {
    if (!removal.name.empty()) told.push_back(removal_told(removal));
    transaction.remove(std::move(removal));
  }
  for (std::size_t i = 0; i < images.size(); ++i) {
    const wheel::PreparedWheel& wheel = request.wheels.at(request.projects[i]->resolved.candidate.name);
    transaction.add({std::move(images[i]), wheel.tree, wheel.from_store});
  }
  for (PlannedCode& planned : code) {
    const fetch::ByteCode& stored = *byte_code_of(name_of(planned.project), request);
    transaction.add({std::move(planned.image), stored.tree, true, true});
  }
  auto run = [&]() -> Status {
    PIPIT_CHECK(transaction.check(diagnostics));
    PIPIT_CHECK(transaction.stage(diagnostics, session.stop()));
    if (request.before_commit) PIPIT_CHECK(request.before_commit());
    return transaction.commit(diagnostics, session.stop());
  };
  Status done = run();
  session.report(diagnostics);
  if (done)
    for (const std::string& lines : told) session.reporter().info(lines);
  if (!done && done.error().code == install::kStaleStoreFile)
    for (std::size_t index : transaction.stale_additions()) {
      if (index < request.projects.size()) stale.push_back(name_of(index));
      else if (request.forget_code) request.forget_code(name_of(code[index - request.projects.size()].project));
    }
  return done;
}

}  // namespace pipit::ops
