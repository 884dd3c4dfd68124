// ChoiceMemory: which file was chosen for a pinned, hashed requirement, remembered between runs. A list of hashes names many
// files; which of them is best for a target only the index can tell. Once it was told, the next run with the same
// requirement, target and sources takes the same file from the store without asking again.
// One small file per requirement below the cache; lost or damaged ones are asked for again. Threads: any.
#pragma once

#include <filesystem>
#include <functional>
#include <mutex>
#include <optional>
#include <string>

#include "pipit/packaging/hash.h"
#include "pipit/sys/os.h"

namespace pipit::ops {

class ChoiceMemory {
 public:
  // `circumstances`: everything else that the choice depends on (tags, indexes, formats), as text; asked for once, and only if something is recalled or
  // remembered. No directory: no memory.
  ChoiceMemory(sys::Os& os, std::optional<std::filesystem::path> directory, std::function<std::string()> circumstances);
  // The sha256 of the archive, in hex.
  std::optional<std::string> recall(const std::string& name, const std::string& specifiers, const packaging::Hashes& hashes) const;
  void remember(const std::string& name, const std::string& specifiers, const packaging::Hashes& hashes, const std::string& sha256) const;

 private:
  std::filesystem::path path_of(const std::string& name, const std::string& specifiers, const packaging::Hashes& hashes) const;
  sys::Os& os_;
  std::optional<std::filesystem::path> directory_;
  const std::string& circumstances() const;
  std::function<std::string()> tell_circumstances_;
  mutable std::once_flag told_;
  mutable std::string circumstances_;  // digest, once somebody asks
};

}  // namespace pipit::ops
