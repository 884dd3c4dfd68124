// BuiltWheels: which wheel an sdist gave, so that it is built once. Below the cache directory:
//
//   <cache>/built-v1/<2 hex>/<key>/entry.json NAME.whl
//
// The key is a digest of the sdist's sha256, its subdirectory and the circumstances: interpreter, settings, what the build
// environment is chosen by. The entry says what the environment held. Files appear by rename; two runs may fill one cache.
// Threads: one. What cannot be written is not kept; what does not fit its own digest is not used.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "pipit/base/result.h"
#include "pipit/ops/options.h"
#include "pipit/ops/session.h"
#include "pipit/python/interpreter.h"

namespace pipit::ops {

struct BuiltWheel {
  std::filesystem::path file;
  std::string sha256;
};

class BuiltWheels {
 public:
  // `constraints`: the text of the files that build requirements are constrained by.
  BuiltWheels(Session& session, const python::Interpreter& target, const ResolveOptions& options, const std::vector<std::string>& constraints);

  std::optional<BuiltWheel> find(const std::string& sdist_sha256, const std::string& subdirectory) const;
  // Copies the wheel into the cache. Returns where it lies there; nullopt if it is not kept.
  std::optional<std::filesystem::path> remember(const std::string& sdist_sha256, const std::string& subdirectory, const BuiltWheel& wheel,
                                                const std::vector<std::string>& environment);

 private:
  std::filesystem::path folder(const std::string& sdist_sha256, const std::string& subdirectory) const;

  std::filesystem::path root_;  // empty: no cache
  std::string circumstances_;
  sys::Os& os_;
};

}  // namespace pipit::ops
