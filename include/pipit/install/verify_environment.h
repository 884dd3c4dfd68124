// verify_environment: is every installed file what its RECORD promises? Reads and hashes everything, in parallel; changes
// nothing and runs nothing. Findings come in the order of distributions and, within one, of paths.
#pragma once

#include <cstdint>
#include <stop_token>
#include <string>
#include <vector>

#include "pipit/base/result.h"
#include "pipit/python/installed.h"
#include "pipit/sys/worker_pool.h"

namespace pipit::install {

struct Finding {
  enum class Kind {
    missing,      // in RECORD, not on the disk
    changed,      // size or digest differ
    unreadable,   // could not be read, or is no regular file
    unlisted,     // below a directory that only this distribution uses, and in no RECORD ("extra")
    no_record,    // the distribution has none, or it cannot be parsed
  };
  Kind kind;
  std::string distribution;   // "demo 1.0"
  std::string path;           // absolute
  std::string expected, got;  // "sha256=...", sizes, or empty
  friend bool operator==(const Finding&, const Finding&) = default;
};

struct Verification {
  std::vector<Finding> findings;
  std::size_t distributions = 0, files = 0;
  std::uint64_t bytes = 0;
  bool is_clean() const { return findings.empty(); }
};

Result<Verification> verify_environment(const std::vector<python::InstalledDist>& dists, sys::Executor& executor, std::stop_token stop);

}  // namespace pipit::install
