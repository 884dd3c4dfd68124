#include "pipit/install/uninstall.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "ops/place.h"
#include "ops/stamping.h"
#include "ops/wanted.h"
#include "pipit/base/text.h"
#include "pipit/ops/install.h"
#include "pipit/packaging/name.h"
#include "pipit/sys/file.h"

namespace pipit::ops {

namespace {

Result<std::vector<std::string>> names_to_remove(const UninstallOptions& options, Session& session) {
  std::vector<std::string> names;
  Diagnostics diagnostics;
  const auto context = parse_context(session, diagnostics);
  auto add = [&](const packaging::RequirementLine& line) {
    if (line.requirement) return names.push_back(line.requirement->name);
    session.reporter().warn("", fmt::format("Invalid requirement: '{}' ignored - the uninstall command expects named requirements.", line.text));
  };
  for (const std::string& name : options.names) {
    PIPIT_TRY(const auto line, packaging::parse_requirement_argument(name, false, context));
    add(line);
  }
  for (const std::string& file : options.requirement_files) {
    PIPIT_TRY(const auto parsed, packaging::parse_requirements_file(file, false, {}, context));
    for (const packaging::RequirementLine& line : parsed.lines)
      if (!line.constraint && line.requirement) names.push_back(line.requirement->name);
  }
  session.report(diagnostics);
  return names;
}

// pip's words above its listing and its question.
std::string heading(const install::RemovalSet& removal) {
  return fmt::format("Found existing installation: {} {}\nUninstalling {}-{}:", removal.name, removal.version_text, removal.name, removal.version_text);
}

void show_removal(const install::RemovalSet& removal, Session& session) { session.reporter().info(heading(removal)); }

std::string listing(const install::RemovalSet& removal) {
  std::string text = "  Would remove:\n";
  std::set<std::string> shown;
  for (const std::string& file : removal.files) {
    // A folder that is gone altogether is one line with a star.
    const std::filesystem::path relative = std::filesystem::path(file).lexically_relative(removal.location);
    const bool inside = !relative.empty() && *relative.begin() != "..";
    if (inside && std::distance(relative.begin(), relative.end()) > 1) {
      shown.insert((removal.location / *relative.begin() / "*").string());
    } else {
      shown.insert(file);
    }
  }
  for (const std::string& line : shown) text += "    " + line + "\n";
  text.pop_back();
  return text;
}

}  // namespace

namespace {

// What one transaction removes: the environment's packages, or those of the user's site directory.
struct Place {
  Destination destination;
  sys::FileLock lock;
  install::Snapshot snapshot;
  std::vector<python::InstalledDist> dists;      // those that lie here
  std::vector<install::RemovalSet> removals;
};

Result<Place> open_place(const InstallOptions& where, const python::Interpreter& target, Session& session) {
  Place place;
  PIPIT_TRY(place.destination, find_destination(where, target, session));
  PIPIT_TRY(place.lock, lock_run(place.destination.root, session));
  PIPIT_CHECK(settle(place.destination.root, session));
  return place;
}

// Outside a virtual environment the user's packages are ours to remove as well, as with pip.
Result<std::vector<Place>> open_places(const python::Interpreter& target, Session& session) {
  std::vector<Place> places;
  InstallOptions here;
  here.user = false;
  PIPIT_TRY(Place environment, open_place(here, target, session));
  places.push_back(std::move(environment));
  if (target.is_venv || target.user_site.empty() || !sys::is_directory(target.user_site)) return places;
  InstallOptions user;
  user.user = true;
  PIPIT_TRY(Place of_user, open_place(user, target, session));
  places.push_back(std::move(of_user));
  return places;
}

bool lies_in(const python::InstalledDist& dist, const Place& place) { return dist.location == place.destination.scheme.purelib || dist.location == place.destination.scheme.platlib; }

Status carry_out(Place& place, std::vector<python::InstalledDist> staying, const UninstallOptions& options, const python::Interpreter& target, Session& session,
                 std::vector<install::SkippedFile>& skipped) {
  install::TransactionOptions transaction_options;
  transaction_options.sync = options.sync;
  std::vector<python::InstalledDist> left = staying;  // what the user did not want to part with stays, too
  for (const python::InstalledDist& dist : place.dists)
    if (std::none_of(place.removals.begin(), place.removals.end(), [&](const auto& removal) { return removal.normalized_name == dist.normalized_name; })) left.push_back(dist);
  PIPIT_TRY(transaction_options.stamp, next_stamp(place.destination.root, left, {}, session));
  transaction_options.staying = std::move(staying);
  transaction_options.snapshot = std::move(place.snapshot);
  transaction_options.lock = lock_wait(session);
  install::Target where{place.destination.root, place.destination.scheme, target.executable.string()};
  PIPIT_TRY(auto transaction, install::Transaction::begin(session.os(), std::move(where), std::move(transaction_options)));
  for (install::RemovalSet& removal : place.removals) {
    skipped.insert(skipped.end(), removal.skipped.begin(), removal.skipped.end());
    transaction.remove(std::move(removal));
  }
  Diagnostics diagnostics;
  PIPIT_CHECK(transaction.check(diagnostics));
  PIPIT_CHECK(transaction.stage(diagnostics, session.stop()));
  PIPIT_CHECK(transaction.commit(diagnostics, session.stop()));
  session.report(diagnostics);
  return ok();
}

}  // namespace

Result<UninstallReport> uninstall(const UninstallOptions& options, Session& session) {
  if (options.names.empty() && options.requirement_files.empty())
    return fail(make_pip_error(kNothingToDo, "You must give at least one requirement to uninstall (see \"pip help uninstall\")"));
  PIPIT_TRY(const python::Interpreter* target, session.target());
  PIPIT_CHECK(refuse_externally_managed(*target, options.break_system_packages));
  PIPIT_TRY(std::vector<Place> places, open_places(*target, session));
  PIPIT_TRY(const std::vector<std::string> names, names_to_remove(options, session));
  if (names.empty()) return fail(make_pip_error(kNothingToDo, "You must give at least one requirement to uninstall (see \"pip help uninstall\")"));
  Diagnostics diagnostics;
  const auto installed = python::installed_in(target->search_path, diagnostics);
  PIPIT_CHECK(whole_list(diagnostics));
  for (Place& place : places) {
    PIPIT_TRY(place.snapshot, install::take_snapshot(session.os(), place.destination.site_directories));
  }

  std::vector<python::InstalledDist> staying;
  std::set<std::string> wanted;
  for (const std::string& name : names) {
    const std::string normalized = packaging::normalize_name(name);
    if (!wanted.insert(normalized).second) continue;
    auto found = std::find_if(installed.begin(), installed.end(), [&](const auto& dist) { return dist.normalized_name == normalized; });
    if (found == installed.end()) {
      session.reporter().warn("", fmt::format("Skipping {} as it is not installed.", name));
      continue;
    }
    auto place = std::find_if(places.begin(), places.end(), [&](const Place& other) { return lies_in(*found, other); });
    (place == places.end() ? places.front() : *place).dists.push_back(*found);
  }
  for (const python::InstalledDist& dist : installed)
    if (!wanted.count(dist.normalized_name)) staying.push_back(dist);

  UninstallReport report;
  std::vector<std::string> told;  // once all is done: until then nothing is gone
  for (Place& place : places)
    for (const python::InstalledDist& dist : place.dists) {
      auto planned = install::plan_removal(dist, staying, {place.destination.root, place.destination.scheme}, diagnostics);
      if (!planned) {
        session.reporter().info(fmt::format("Found existing installation: {} {}", dist.name, dist.version_text));
        return fail(std::move(planned).error());
      }
      install::RemovalSet& removal = *planned;
      if (removal.outside_environment) continue;
      if (!options.yes) {
        show_removal(removal, session);
        session.reporter().info(listing(removal));
        if (session.reporter().ask("Proceed (Y/n)? ") != true) continue;
      }
      const std::string done = fmt::format("  Successfully uninstalled {}-{}", removal.name, removal.version_text);
      told.push_back(options.yes ? heading(removal) + "\n" + done : done);
      report.removed.push_back({removal.name, removal.version_text});
      place.removals.push_back(std::move(removal));
    }
  session.report(diagnostics);

  std::vector<install::SkippedFile> skipped;
  for (Place& place : places)
    if (!place.removals.empty()) PIPIT_CHECK(carry_out(place, staying, options, *target, session, skipped));
  for (const std::string& lines : told) session.reporter().info(lines);
  if (!skipped.empty()) {
    Error error = make_error(ErrorCode{"files-left"}, fmt::format("{} files that RECORD lists were left in place", skipped.size()));
    for (const install::SkippedFile& file : skipped) error.details.push_back(file.path + ": " + file.reason);
    return fail(std::move(error));
  }
  return report;
}

}  // namespace pipit::ops
