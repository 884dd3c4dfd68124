// IndexMemory: what servers turned out to be able to do, kept across runs in one small file, so that each run does not
// find out again by asking in vain. Wrong memory heals: "yes" is forgotten at the first answer to the contrary, "no" after
// a week. Losing the file costs a few requests, so it is replaced without fsync and an unreadable one counts as empty.
//
// File: one line a server: its address (never with credentials), then "ability=yes@UNIXTIME" or "=no@UNIXTIME", separated by blanks.
// Safe from any thread.
#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <map>
#include <mutex>
#include <optional>
#include <string>

#include "pipit/base/result.h"
#include "pipit/sys/clock.h"

namespace pipit::index {

enum class Ability : std::uint8_t {
  release_json,        // /pypi/NAME/VERSION/json, of an index
  project_json,        // /pypi/NAME/json, of an index
  simple,              // the Simple API, of an index
  unannounced_sidecar, // FILE.metadata although no page says so, of an index's files
  ranges,              // byte ranges, of a host of files
  count_
};

class IndexMemory {
 public:
  // `file` empty: remembers for this run only.
  explicit IndexMemory(std::filesystem::path file, sys::Clock& clock = sys::real_clock());
  std::optional<bool> can(const std::string& server, Ability ability) const;
  void learn(const std::string& server, Ability ability, bool can);
  // Writes what was learned since; nothing if nothing was.
  Status save();

 private:
  struct Fact {
    std::optional<bool> can;
    std::int64_t since = 0;
  };
  using Facts = std::array<Fact, static_cast<std::size_t>(Ability::count_)>;
  std::int64_t now() const;
  void load();

  mutable std::mutex mutex_;
  std::filesystem::path file_;
  sys::Clock* clock_;
  std::map<std::string, Facts> servers_;
  bool changed_ = false;
};

}  // namespace pipit::index
