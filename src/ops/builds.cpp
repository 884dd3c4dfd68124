#include "ops/builds.h"

#include <fmt/format.h>

#include <algorithm>

#include "ops/build_environments.h"
#include "ops/sealing.h"
#include "pipit/archive/source_archive.h"
#include "pipit/base/text.h"
#include "pipit/packaging/name.h"
#include "pipit/python/installed.h"
#include "pipit/sys/dir.h"
#include "pipit/sys/file.h"
#include "pipit/verify/digest.h"
#include "pipit/wheel/source.h"

namespace pipit::ops {

// One order as far as it has come. Touched by one thread at a time.
struct Builds::Work {
  BuildOrder order;
  build::Project project;
  build::BuildOptions options;
  std::optional<build::SdistBuilder> builder;
  std::optional<build::SdistBuilder::Prepared> prepared;
  std::optional<BuiltWheel> built;
};

namespace {

Status unpack(const BuildOrder& order, const std::filesystem::path& folder, sys::Os& os, build::Project& project) {
  project.root = folder / "source";
  PIPIT_CHECK(sys::make_directories(project.root, 0755));
  PIPIT_TRY(const sys::Dir destination, sys::Dir::open(os, project.root));
  PIPIT_TRY(const sys::MappedFile bytes, sys::MappedFile::open(order.archive->path));
  PIPIT_CHECK(archive::unpack_source(bytes.bytes(), order.filename, destination));
  PIPIT_CHECK(fetch::still_the_same(*order.archive));
  project.directory = project.root;
  if (!order.subdirectory.empty()) {
    PIPIT_TRY(const sys::Dir inner, destination.open_dir(order.subdirectory));
    project.directory /= order.subdirectory;
  }
  return ok();
}

Error all_failures(std::vector<Error> failures, const std::vector<std::string>& names) {
  Error summary = make_pip_error(kWheelsFailed, "Failed to build installable wheels for some pyproject.toml based projects");
  summary.layout = Layout::rich;
  summary.details.push_back(join(names, ", "));
  Error all = std::move(failures.front());
  for (std::size_t i = 1; i < failures.size(); ++i) all.also.push_back(std::move(failures[i]));
  all.also.push_back(std::move(summary));
  return all;
}

std::string label(const BuildOrder& order) { return order.name.empty() ? order.shown : order.name; }

}  // namespace

Builds::Builds(Session& session, const python::Interpreter& target, const ResolveOptions& options, const packaging::FileOptions& files)
    : session_(session), target_(target), options_(options), files_(files), told_(session.reporter()) {}

Builds::~Builds() = default;

Result<BuiltWheels*> Builds::memory() {
  if (!memory_) {
    std::vector<std::string> constraints;
    for (const std::string& file : options_.build_constraint_files) {
      auto text = sys::read_file(session_.options().current_directory / file);
      constraints.push_back(text ? *text : file);  // whoever reads it for good says what is wrong with it
    }
    memory_.emplace(session_, target_, options_, constraints);
  }
  return &*memory_;
}

std::optional<BuiltWheel> Builds::remembered(const std::string& sdist_sha256, const std::string& subdirectory) {
  auto known = memory();
  return known ? (*known)->find(sdist_sha256, subdirectory) : std::nullopt;
}

Result<build::BuildOptions> Builds::options_for(const BuildOrder& order, std::filesystem::path scratch) {
  build::BuildOptions build;
  build.config_settings = options_.config_settings;
  if (!order.config_settings.empty()) build.config_settings = order.config_settings;  // a line's own replace them, as with pip
  build.environment = session_.environment();
  build.timeout = options_.build_timeout;
  build.scratch = std::move(scratch);
  build.option_name = order.name.empty() ? order.supposed_name : order.name;
  PIPIT_TRY(build.seal, seal_build(build.option_name, options_, target_, session_));
  LockedReporter* told = &told_;
  build.on_step = [told](const std::string& step, std::optional<build::StepEnd> ended) {
    told->info(!ended ? fmt::format("  {}: started", step) : fmt::format("  {}: finished with status '{}'", step, *ended == build::StepEnd::done ? "done" : "error"));
  };
  build.on_output = [told](std::string_view text) {
    while (text.ends_with('\n')) text.remove_suffix(1);
    if (!text.empty()) told->debug(std::string(text));
  };
  build.on_refused = [told, shown = order.shown](const std::vector<sys::SealRefusal>& refusals) {
    std::vector<std::string> words;
    for (const sys::SealRefusal& refusal : refusals) words.push_back(refusal.what + (refusal.times > 1 ? fmt::format(" ({} times)", refusal.times) : ""));
    told->warn("seal-refused", fmt::format("the build of {} tried what a sealed build may not: {}", shown, join(words, ", ")));
  };
  return build;
}

Result<Builds::Work*> Builds::work_for(const BuildOrder& order) {
  if (auto found = works_.find(order.key); found != works_.end()) return found->second.get();
  if (options_.no_build)
    return fail(make_error(kBuildsForbidden, fmt::format("{} would have to be built, and --no-build forbids that", order.shown)).hint("give a wheel of it, for example with --find-links"));
  if (!environments_) environments_ = make_build_environments(session_, told_, target_, options_, files_);
  auto work = std::make_unique<Work>();
  work->order = order;
  begin_sealing(options_, target_, session_);
  PIPIT_TRY(const std::filesystem::path scratch, session_.scratch_directory());
  PIPIT_TRY(sys::TempDir made, sys::TempDir::create(scratch, "build-"));
  PIPIT_TRY(const std::filesystem::path folder, sys::real_path(made.release()));
  work->project.shown = order.shown;
  work->project.name = order.name;
  if (order.archive) {
    PIPIT_CHECK(unpack(order, folder, session_.os(), work->project));
  } else {
    PIPIT_TRY(work->project.directory, sys::real_path(order.directory));
    PIPIT_TRY(work->project.root, sys::real_path(order.root));
  }
  PIPIT_TRY(work->options, options_for(order, folder));
  work->builder.emplace(*environments_, work->options);
  return (works_[order.key] = std::move(work)).get();
}

Status Builds::prepare(Work& work, build::Aim aim) {
  if (work.prepared) return ok();
  PIPIT_TRY(work.prepared, work.builder->prepare(work.project, work.order.kind, aim, session_.stop()));
  return ok();
}

Result<packaging::Metadata> Builds::metadata_of(const Work& work) {
  if (!work.prepared->wheel) return packaging::Metadata::parse(work.prepared->metadata);
  PIPIT_TRY(const sys::MappedFile bytes, sys::MappedFile::open(*work.prepared->wheel));
  Diagnostics diagnostics;
  PIPIT_TRY(const auto source, wheel::WheelSource::open(bytes.bytes(), work.prepared->wheel->filename().string(), options_.allowances, diagnostics));
  session_.report(diagnostics);
  return packaging::Metadata::parse(source.metadata_text());
}

Result<packaging::Metadata> Builds::metadata(const BuildOrder& order) {
  PIPIT_TRY(Work * work, work_for(order));
  PIPIT_CHECK(prepare(*work, order.at_once ? build::Aim::wheel : build::Aim::metadata));
  PIPIT_TRY(packaging::Metadata metadata, metadata_of(*work));
  if (work->project.name.empty()) work->order.name = work->project.name = packaging::normalize_name(metadata.name);
  return metadata;
}

Result<BuiltWheel> Builds::build(Work& work) {
  if (work.built) return *work.built;
  PIPIT_CHECK(prepare(work, build::Aim::wheel));  // its metadata was known without
  PIPIT_TRY(const std::filesystem::path path, work.builder->build(work.project, work.order.kind, *work.prepared, session_.stop()));
  PIPIT_TRY(const sys::MappedFile bytes, sys::MappedFile::open(path));
  work.built = BuiltWheel{path, verify::sha256_hex(bytes.bytes())};
  told_.info(fmt::format("  Created wheel for {}: filename={} size={} sha256={}", label(work.order), path.filename().string(), bytes.bytes().size(), work.built->sha256));
  return *work.built;
}

Result<std::vector<BuiltWheel>> Builds::wheels(const std::vector<BuildOrder>& orders, const Built& tell_built) {
  if (orders.empty()) return std::vector<BuiltWheel>();
  std::vector<std::string> names;
  for (const BuildOrder& order : orders) names.push_back(label(order));
  session_.reporter().info("Building wheels for collected packages: " + join(names, ", "));
  std::vector<Work*> works;
  for (const BuildOrder& order : orders) {
    PIPIT_TRY(Work * work, work_for(order));
    works.push_back(work);
  }
  std::vector<std::optional<Result<BuiltWheel>>> results(orders.size());  // each slot is written by one thread
  sys::WorkerPool pool(options_.build_jobs ? options_.build_jobs : sys::processor_count());
  sys::parallel_for(pool, orders.size(), [&](std::size_t i) { results[i] = build(*works[i]); });
  PIPIT_CHECK(session_.check_cancelled());

  std::vector<BuiltWheel> wheels;
  std::vector<Error> failures;
  std::vector<std::string> built, failed;
  for (std::size_t i = 0; i < orders.size(); ++i) {
    if (!*results[i]) {
      failures.push_back(std::move(*results[i]).error());
      failed.push_back(names[i]);
      continue;
    }
    wheels.push_back(std::move(**results[i]));
    built.push_back(names[i]);
    if (tell_built) tell_built(i, wheels.back());
    if (!orders[i].archive || orders[i].kind != build::WheelKind::regular || !orders[i].config_settings.empty()) continue;
    Diagnostics quiet;
    std::vector<std::string> environment;
    for (const python::InstalledDist& dist : python::installed_in({works[i]->prepared->environment.site_packages}, quiet))
      environment.push_back(dist.normalized_name + "==" + dist.version_text);
    PIPIT_TRY(BuiltWheels * known, memory());
    if (auto place = known->remember(orders[i].archive->checked.sha256_hex(), orders[i].subdirectory, wheels.back(), environment))
      session_.reporter().info("  Stored in directory: " + place->string());
  }
  if (!built.empty()) session_.reporter().info("Successfully built " + join(built, " "));
  if (failures.empty()) return wheels;
  session_.reporter().info("Failed to build " + join(failed, " "));
  return fail(all_failures(std::move(failures), failed));
}

}  // namespace pipit::ops
