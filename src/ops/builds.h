// Builds: source trees on their way to metadata and wheels. Unpacks an archive once, asks its back end once, keeps what came
// out; whole sets of wheels are built side by side (--build-jobs). A wheel of an sdist is remembered between runs
// (BuiltWheels), and then nothing is unpacked or started.
//
// Used from the run's main thread; the side-by-side part is its own affair. Private to ops.
#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "ops/built_wheels.h"
#include "ops/locked_reporter.h"
#include "pipit/build/sdist_builder.h"
#include "pipit/fetch/archive_fetcher.h"
#include "pipit/ops/options.h"
#include "pipit/ops/session.h"
#include "pipit/packaging/metadata.h"

namespace pipit::ops {

inline constexpr ErrorCode kBuildsForbidden{"builds-forbidden"};
inline constexpr ErrorCode kWheelsFailed{"failed-wheel-build-for-install"};

using ConfigSettings = std::map<std::string, std::vector<std::string>>;

// What is to be built: an archive, or a tree where it lies.
struct BuildOrder {
  std::string key;                       // URL: the same order is the same build
  std::string shown, name;               // for messages; the project's normalised name if it is known
  std::string supposed_name;             // what options may call it before its name is known: by its line, file or directory; normalised
  build::WheelKind kind = build::WheelKind::regular;
  std::optional<fetch::Archive> archive; // unpacked when it is needed
  std::string filename;
  std::filesystem::path directory;       // of a tree: the project
  std::filesystem::path root;            // of a tree: all of it
  std::string subdirectory;              // of an archive's tree
  bool at_once = false;                  // its wheel is wanted whatever its metadata says, and nothing is built beside it
  ConfigSettings config_settings;        // of the line, instead of those of the command
};

class Builds {
 public:
  Builds(Session& session, const python::Interpreter& target, const ResolveOptions& options, const packaging::FileOptions& files);
  ~Builds();

  // The wheel that this sdist gave before, under the same circumstances.
  std::optional<BuiltWheel> remembered(const std::string& sdist_sha256, const std::string& subdirectory);
  Result<packaging::Metadata> metadata(const BuildOrder& order);
  // In the order given. Tells what is going on in pip's words; failures are all of them in the one error.
  // `tell_built`, if given, is told of each that was built, in the order of `orders`, also if another one fails.
  using Built = std::function<void(std::size_t order, const BuiltWheel& wheel)>;
  Result<std::vector<BuiltWheel>> wheels(const std::vector<BuildOrder>& orders, const Built& tell_built = {});

 private:
  struct Work;
  Result<Work*> work_for(const BuildOrder& order);
  Status prepare(Work& work, build::Aim aim);
  Result<BuiltWheel> build(Work& work);
  Result<packaging::Metadata> metadata_of(const Work& work);
  Result<BuiltWheels*> memory();
  Result<build::BuildOptions> options_for(const BuildOrder& order, std::filesystem::path scratch);

  Session& session_;
  const python::Interpreter& target_;
  const ResolveOptions& options_;
  const packaging::FileOptions& files_;
  LockedReporter told_;
  std::unique_ptr<build::EnvironmentMaker> environments_;
  std::optional<BuiltWheels> memory_;
  std::map<std::string, std::unique_ptr<Work>> works_;  // by key
};

}  // namespace pipit::ops
