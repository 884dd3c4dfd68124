#include "pipit/ops/install.h"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <set>

#include "ops/byte_code.h"
#include "ops/choose.h"
#include "ops/conflicts.h"
#include "ops/discovery.h"
#include "ops/gather.h"
#include "ops/json_forms.h"
#include "ops/place.h"
#include "ops/sources.h"
#include "ops/target_view.h"
#include "ops/telling.h"
#include "ops/wanted.h"
#include "ops/wheels.h"
#include "pipit/base/text.h"
#include "pipit/install/plan.h"
#include "pipit/ops/about.h"
#include "pipit/ops/inspect.h"
#include "pipit/packaging/name.h"
#include "pipit/sys/file.h"

namespace pipit::ops {

namespace {

constexpr const char* kForeignNeedsBinary =
    "When restricting platform and interpreter constraints using --python-version, --platform, --abi, or --implementation, either --no-deps must be set, or --only-binary=:all: must be "
    "set and --no-binary must not be set (or must be set to :none:).";
constexpr const char* kForeignNeedsTarget = "Can not use any platform or abi specific options unless installing via '--target' or using '--dry-run'";
constexpr const char* kRootWarning =
    "Running pip as the 'root' user can result in broken permissions and conflicting behaviour with the system package manager, possibly rendering your system unusable. It is recommended "
    "to use a virtual environment instead: https://pip.pypa.io/warnings/venv. Use the --root-user-action option if you know what you are doing and want to suppress this warning.";
constexpr const char* kConflictsHead =
    "pip's dependency resolver does not currently take into account all the packages that are installed. This behaviour is the source of the following dependency conflicts.";

std::vector<std::string> site_directories_of(const Destination& destination, const python::Interpreter& target) {
  return destination.is_environment ? target.search_path : destination.site_directories;
}

std::string metadata_text(const model::Candidate& candidate, const Choice& choice, const Gathered* gathered, Sources& sources, Chooser& chooser) {
  const auto share = [](packaging::Metadata read) { return std::make_shared<const packaging::Metadata>(std::move(read)); };
  std::shared_ptr<const packaging::Metadata> metadata = chooser.metadata_read(candidate);
  if (!metadata)
    if (auto known = sources.known_metadata(candidate); known && *known) metadata = share(std::move(**known));
  if (!metadata && gathered)
    if (auto wheel = gathered->wheels.find(candidate.name); wheel != gathered->wheels.end())
      if (auto text = sys::read_file(wheel->second.tree / wheel->second.manifest->dist_info / "METADATA"))
        if (auto parsed = packaging::Metadata::parse(*text)) metadata = share(std::move(*parsed));
  if (!metadata)
    if (auto stored = choice.stored.find(candidate.name); stored != choice.stored.end())
      if (auto text = sys::read_file(stored->second.tree / stored->second.manifest->dist_info / "METADATA"))
        if (auto parsed = packaging::Metadata::parse(*text)) metadata = share(std::move(*parsed));
  if (!metadata) metadata = chooser.read_metadata(candidate);
  return JsonList::print_member(metadata ? metadata_json(*metadata) : Json{{"name", candidate.name}, {"version", candidate.version_text}});
}

constexpr std::string_view kMetadata = "metadata";
constexpr std::size_t kItemBytes = 1024;  // of an item without its metadata, about

// Its metadata is null here: that is most of the text, and may be known as it is printed.
Json report_item(const install::PlannedProject& project, const Gathered* gathered) {
  const model::Resolved& resolved = project.resolved;
  const model::Candidate& candidate = resolved.candidate;
  Json item, info;
  if (candidate.direct_url) {
    info = direct_url_json(*candidate.direct_url);
  } else {
    info["url"] = candidate.file.url;
    packaging::Hashes hashes = candidate.file.hashes;
    if (gathered)
      if (auto found = gathered->digests.find(candidate.name); found != gathered->digests.end()) hashes = found->second;
    Json archive = Json::object();
    for (const packaging::Hash& hash : hashes)
      if (hash.algorithm == "sha256") archive = {{"hash", "sha256=" + hash.hex}, {"hashes", {{"sha256", hash.hex}}}};
    info["archive_info"] = archive;
  }
  item["download_info"] = std::move(info);
  item["is_direct"] = candidate.direct_url.has_value();
  item["is_yanked"] = candidate.is_yanked();
  item["requested"] = resolved.user_requested;
  item[std::string(kMetadata)] = nullptr;
  if (resolved.user_requested && !resolved.extras.empty()) item["requested_extras"] = resolved.extras;
  return item;
}

Status write_report(const std::string& where, const std::vector<Discovered>& discovered, const install::Plan& plan, const Choice& choice, const Gathered* gathered,
                    Sources& sources, Chooser& chooser, const python::Interpreter& target, Session& session) {
  // Printed item by item: a report is descriptions for the most part, and needs to be in memory only once.
  JsonList items;
  std::map<std::string, const install::PlannedProject*> changes;
  for (const install::PlannedProject* project : plan.changes()) changes.emplace(project->resolved.candidate.name, project);
  struct Item {
    const install::PlannedProject& project;
    std::string_view metadata;
  };
  std::vector<Item> told;
  std::size_t size = 0;
  for (const Discovered& found : discovered) {  // pip lists them as it came across them
    const model::Candidate& candidate = found.resolved->candidate;
    const auto change = changes.find(candidate.name);
    if (change == changes.end()) continue;
    told.push_back({*change->second, chooser.printed_metadata(candidate, [&] { return metadata_text(candidate, choice, gathered, sources, chooser); })});
    size += told.back().metadata.size() + kItemBytes;
  }
  items.reserve(size);
  for (const Item& item : told) items.add(report_item(item.project, gathered), kMetadata, item.metadata);
  chooser.remember_printed();
  const Json report = {{"version", "1"}, {"pip_version", kPipVersion}, {"install", Json::array()}, {"environment", environment_json(target.markers)}};
  const std::string text = print_json(report, "install", std::move(items));
  if (where == "-") {
    session.reporter().data(text);
    return ok();
  }
  return sys::write_output(session.os(), session.options().current_directory / where, text);
}

std::vector<InstalledName> sorted_names(const install::Plan& plan, const Gathered* gathered) {
  std::vector<InstalledName> names;
  for (const install::PlannedProject* project : plan.changes()) {
    std::string version = project->resolved.candidate.version.str();
    if (gathered)
      if (auto wheel = gathered->wheels.find(project->resolved.candidate.name); wheel != gathered->wheels.end()) version = wheel->second.manifest->version;
    names.push_back({spelled(project->resolved), version});
  }
  std::sort(names.begin(), names.end(), [](const InstalledName& a, const InstalledName& b) { return a.name < b.name; });
  return names;
}

// What stays is read, what this run put there is known; and what came as a wheel was chosen by what it needs, if nothing overrode that.
void warn_about_conflicts(const install::Plan& plan, bool overridden, const std::vector<InstalledName>& names, const std::vector<python::InstalledDist>& before, const Gathered& gathered,
                          const python::Interpreter& target, Session& session) {
  std::vector<std::string> touched;
  for (const InstalledName& item : names) touched.push_back(packaging::normalize_name(item.name));
  std::vector<PackageNeeds> packages;
  for (const python::InstalledDist& dist : before)
    if (std::find(touched.begin(), touched.end(), dist.normalized_name) == touched.end()) packages.push_back(needs_of(dist, target.markers));
  for (const install::PlannedProject* project : plan.changes()) {
    const model::Candidate& candidate = project->resolved.candidate;
    const bool is_met = candidate.kind == model::CandidateKind::wheel && !overridden;
    const wheel::Manifest& manifest = *gathered.wheels.at(candidate.name).manifest;
    packages.push_back(is_met ? without_needs(manifest) : needs_of(manifest, target.markers));
  }
  const auto sentences = broken_requirements(packages, touched);
  if (sentences.empty()) return;
  session.reporter().say({Severity::error, {}, std::string(kConflictsHead) + "\n" + join(sentences, "\n"), {}});
}

void warn_about_path(const std::vector<const install::PlannedProject*>& projects, const std::map<std::string, wheel::PreparedWheel>& wheels,
                     const Destination& destination, const python::Interpreter& target, Session& session) {
  const std::string scripts = destination.scheme.scripts;
  if (std::filesystem::path(target.executable).parent_path() == scripts) return;
  const std::string path_variable = session.variable("PATH").value_or("");
  for (std::string_view entry : split(path_variable, ':'))
    if (std::filesystem::path(entry).lexically_normal() == std::filesystem::path(scripts)) return;
  for (const install::PlannedProject* project : projects) {
    std::vector<std::string> names;
    for (const packaging::EntryPoint& script : wheels.at(project->resolved.candidate.name).manifest->scripts) names.push_back(script.name);
    if (names.empty()) continue;
    std::sort(names.begin(), names.end());
    std::string said = names.size() == 1 ? "script " + names[0] + " is" : "scripts " + join(std::span(names).first(names.size() - 1), ", ") + " and " + names.back() + " are";
    session.reporter().warn("", fmt::format("The {} installed in '{}' which is not on PATH.\nConsider adding this directory to PATH or, if you prefer to suppress this warning, use "
                                            "--no-warn-script-location.", said, scripts));
  }
}

Status put_in_place(const InstallOptions& options, const install::Plan& plan, const Destination& destination, const python::Interpreter& target,
                    const std::vector<python::InstalledDist>& installed, const install::Snapshot& snapshot, Gathered& gathered, Wheels& wheels,
                    Session& session, std::vector<std::string>& stale) {
  std::vector<const install::PlannedProject*> changes = plan.changes();
  std::string names;
  for (const install::PlannedProject* project : changes) names += (names.empty() ? "" : ", ") + spelled(project->resolved);
  session.reporter().info("Installing collected packages: " + names);
  session.reporter().phase(fmt::format("Installing {} packages", changes.size()));
  PlaceRequest request{destination, target, changes, gathered.wheels, installed, snapshot, options.link_mode, options.sync, options.resolve.allowances, [&wheels] { return wheels.early_sync(); }, flat_upgrade(options)};
  request.archives = gathered.digests;
  Compiled compiled;
  if (options.compile) {
    PIPIT_TRY(compiled, compile(request, options.compile_for_anywhere ? CodeFor::anywhere : CodeFor::here, wheels, session));
    request.byte_code = &compiled.byte_code;
    request.forget_code = [&](const std::string& name) { wheels.forget_code(gathered.wheels.at(name), compiled.key); };
  }
  PIPIT_CHECK(place(request, stale, session));
  if (changes.size() > 1) session.reporter().info("");  // where pip's progress bar was
  return ok();
}

install::PlanOptions plan_options(const InstallOptions& options) {
  install::PlanOptions plan;
  plan.upgrade = options.upgrade;
  plan.force_reinstall = options.force_reinstall;
  plan.ignore_installed = options.ignore_installed || options.target.has_value();
  plan.only_dependencies = options.resolve.only_deps;
  return plan;
}

resolve::UpgradeStrategy upgrade_strategy(const InstallOptions& options) {
  if (!options.upgrade) return resolve::UpgradeStrategy::to_satisfy_only;
  return options.eager ? resolve::UpgradeStrategy::eager : resolve::UpgradeStrategy::only_if_needed;
}

// --prefix and --root: what the environment has satisfies as well, as with pip; what is replaced below the prefix is there.
std::vector<python::InstalledDist> with_environment(std::vector<python::InstalledDist> installed, const std::vector<python::InstalledDist>& environment,
                                                    const model::Resolution& resolution) {
  for (const python::InstalledDist& dist : environment) {
    const model::Resolved* resolved = resolution.find(dist.normalized_name);
    if (!resolved || resolved->candidate.kind != model::CandidateKind::installed) continue;
    std::erase_if(installed, [&](const python::InstalledDist& other) { return other.normalized_name == dist.normalized_name; });
    installed.push_back(dist);
  }
  return installed;
}

// Packages outside the user's directory are not ours: what is put there stands before them on sys.path. Not so in a
// virtual environment, whose own packages come first.
Status shadow_what_lies_elsewhere(install::Plan& plan, const Destination& destination, const python::Interpreter& target) {
  for (install::PlannedProject& project : plan.projects) {
    if (project.action != install::Action::replace || project.installed->location == destination.site_directories.front()) continue;
    const python::InstalledDist& dist = *project.installed;
    if (target.is_venv && (dist.location == target.paths.purelib || dist.location == target.paths.platlib))
      return fail(make_pip_error(kBadDestination, fmt::format("Will not install to the user site because it will lack sys.path precedence to {} in {}",
                                                              dist.name, dist.location.string())));
    project.action = install::Action::add;
    project.installed.reset();
  }
  return ok();
}

void print_allowances(const Gathered& gathered, Session& session) {
  for (const auto& [name, wheel] : gathered.wheels)
    for (const std::string& allowance : wheel.allowances) session.reporter().info(fmt::format("Allowed by --allow: {}", allowance));
}

}  // namespace

Status refuse_externally_managed(const python::Interpreter& target, bool break_system_packages) {
  if (!target.externally_managed || break_system_packages) return ok();
  Error error = make_pip_error(kExternallyManaged, "This environment is externally managed");
  error.layout = Layout::rich;
  for (std::string_view line : split(*target.externally_managed, '\n')) error.details.emplace_back(line);
  error.hints = {"If you believe this is a mistake, please contact your Python installation or OS distribution provider. You can override this, at the risk of breaking your Python "
                 "installation or OS, by passing --break-system-packages.",
                 "See PEP 668 for the detailed specification."};
  return fail(std::move(error));
}

Status refuse_foreign_target(const InstallOptions& options) {
  if (!options.resolve.foreign.any()) return ok();
  const auto& files = options.resolve.files;
  const bool only_binary = std::find(files.only_binary.begin(), files.only_binary.end(), ":all:") != files.only_binary.end() && files.no_binary.empty();
  if (!only_binary && !options.resolve.no_deps) return fail(make_pip_error(kBadDestination, kForeignNeedsBinary));
  if (!options.target && !options.dry_run) return fail(make_pip_error(kBadDestination, kForeignNeedsTarget));
  return ok();
}

namespace {

Result<InstallReport> install_once(const InstallOptions& options, Session& session) {
  // 1. The target, and what an interrupted run left there.
  PIPIT_CHECK(refuse_foreign_target(options));
  PIPIT_TRY(const python::Interpreter* target, session.target());
  const bool in_environment = !options.target && !options.prefix && !options.root;
  if (in_environment && !(options.dry_run && options.report)) PIPIT_CHECK(refuse_externally_managed(*target, options.break_system_packages));
  PIPIT_TRY(const Destination destination, find_destination(options, *target, session));
  sys::FileLock lock;
  if (!options.dry_run) {
    PIPIT_TRY(lock, lock_run(destination.root, session));
    PIPIT_CHECK(settle(destination.root, session));
  }

  // 2. What is wanted, and what is there already.
  PIPIT_TRY(const TargetView view, view_target(*target, options.resolve.foreign));
  PIPIT_TRY(const Wanted wanted, read_wanted(options.resolve, view.markers, "install", session));
  Diagnostics diagnostics;
  std::vector<python::InstalledDist> installed = python::installed_in(site_directories_of(destination, *target), diagnostics);
  PIPIT_CHECK(whole_list(diagnostics));
  session.report(diagnostics);
  PIPIT_TRY(install::Snapshot snapshot, install::take_snapshot(session.os(), destination.site_directories));

  // 3. Choose.
  PIPIT_TRY(std::unique_ptr<Wheels> wheels, Wheels::open(session, options.resolve.allowances, options.sync && !options.dry_run ? Wheels::Sync::early : Wheels::Sync::no));
  FetchForwarder listener(session.reporter());
  Sources sources(session, *target, view, options.resolve, wanted.options, *wheels, &listener);
  if (!options.dry_run) sources.build_at_once(wanted.requirements);
  Chooser chooser(session, wanted, view, sources, *wheels);
  const install::PlanOptions planning = plan_options(options);
  ChooseOptions choosing{options.resolve, upgrade_strategy(options), {}, options.explain};
  const bool relocated = options.prefix || options.root;
  if (!planning.ignore_installed && !planning.force_reinstall) choosing.installed = relocated ? python::installed_in(target->search_path, diagnostics) : installed;
  choosing.from_store = !options.report;  // a report names where each file comes from
  choosing.full_metadata = options.report.has_value();
  choosing.bring_pinned = true;
  choosing.listener = &listener;
  if (!wanted.requirements.empty()) session.reporter().phase("Resolving");
  PIPIT_TRY(Choice choice, chooser.choose(choosing));

  // 4. Compare, and say so.
  if (relocated) installed = with_environment(std::move(installed), choosing.installed, choice.resolution);
  install::Plan plan = install::make_plan(choice.resolution, installed, planning);
  if (destination.is_user_site) PIPIT_CHECK(shadow_what_lies_elsewhere(plan, destination, *target));
  if (!wanted.hash_mode) look_into_store(plan.changes(), choice, *wheels);  // in hash mode each demand is looked at first
  std::vector<Discovered> discovered;
  if (options.report || session.reporter().hears_info()) discovered = discovery_order(choice.resolution, wanted.requirements);
  announce({discovered, plan, choosing.installed, [&](const auto& candidate) { return chooser.sidecar_bytes(candidate); },
            [&](const auto& candidate) { return choice.stored.count(candidate.name) != 0; }, &wanted.constraints}, session);
  InstallReport report;
  report.dry_run = options.dry_run;
  report.resolution = choice.resolution;
  std::optional<Gathered> gathered;
  if (!options.dry_run || wanted.hash_mode) {
    // 5. Bring every archive in; each is verified before it is unpacked. Beyond this point the network is not used.
    PIPIT_TRY(gathered, gather(plan.changes(), wanted, choice, chooser, sources, *wheels, session, listener));
  }
  if (options.report) PIPIT_CHECK(write_report(*options.report, discovered, plan, choice, gathered ? &*gathered : nullptr, sources, chooser, *target, session));
  report.installed = sorted_names(plan, gathered ? &*gathered : nullptr);
  if (options.dry_run || plan.is_empty()) return report;

  // 6. Stage, then commit: all or nothing.
  std::vector<std::string> stale;
  Status placed = put_in_place(options, plan, destination, *target, installed, snapshot, *gathered, *wheels, session, stale);
  if (!placed && placed.error().code == install::kStaleStoreFile) {
    // Store entries that were edited through a link are made anew, once.
    for (const std::string& name : stale) {
      wheels->forget(gathered->wheels.at(name).manifest->archive_sha256);
      choice.stored.erase(name);
    }
    if (!session.says_first("stale-store")) session.leave_cache("files in it were changed, and they cannot be replaced");
    if (!stale.empty()) session.reporter().warn("stale-store", fmt::format("files of {} were changed behind the cache's back; they are fetched again", join(stale, ", ")));
    lock.unlock();
    return install_once(options, session);
  }
  if (!placed) return fail(std::move(placed).error());
  wheels->keep_below(session.options().cache_size_max_bytes);
  print_allowances(*gathered, session);
  if (session.depth() == 0) tell_network_builds(session);
  if (options.warn_script_location && !options.target && !options.prefix) warn_about_path(plan.changes(), gathered->wheels, destination, *target, session);
  if (options.warn_conflicts && destination.is_environment && !options.resolve.no_deps) warn_about_conflicts(plan, !wanted.overrides.empty() || options.resolve.peep, report.installed, installed, *gathered, *target, session);
  if (options.warn_root && sys::effective_user_id() == 0 && !target->is_venv && destination.is_environment) session.reporter().warn("", kRootWarning);
  return report;
}

// pip's words for a system that refuses; scripts look for them.
Error in_words_of_pip(Error error, const InstallOptions& options, Session& session) {
  if (error.code != sys::kOsError || error.os_errno == 0 || error.wording == Wording::pip) return error;
  error.message = fmt::format("Could not install packages due to an OSError: [Errno {}] {}", error.os_errno, error.message);
  error.wording = Wording::pip;
  if (error.os_errno != EACCES) {
    error.message += "\n";
    return error;
  }
  const auto target = session.target();
  const bool could_be_user = target && !(*target)->is_venv && !options.user.value_or(false);
  error.message += could_be_user ? "\nConsider using the `--user` option or check the permissions.\n" : "\nCheck the permissions.\n";
  return error;
}

}  // namespace

Result<InstallReport> install(const InstallOptions& options, Session& session) {
  auto report = install_once(options, session);
  if (!report && session.depth() == 0) return fail(in_words_of_pip(std::move(report).error(), options, session));
  return report;
}

Result<bool> repair(Session& session) {
  PIPIT_TRY(const python::Interpreter* target, session.target());
  PIPIT_TRY(const install::Recovered recovered, install::recover(session.os(), target->prefix, lock_wait(session), session.stop()));
  return recovered != install::Recovered::nothing;
}

}  // namespace pipit::ops
