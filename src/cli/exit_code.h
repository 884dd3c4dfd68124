// pip's exit codes (facts: status_codes), and which errors end with which.
#pragma once

#include "pipit/base/error.h"

namespace pipit::cli {

enum ExitCode : int {
  kSuccess = 0,
  kFailure = 1,
  kUsage = 2,             // also: a setting that is no boolean, an unreadable settings file, an internal error
  kBadConfiguration = 3,  // a typed setting, or --require-virtualenv outside of one
  kNoMatches = 23,
  kBrokenOutput = 120,
  kInterrupted = 130,
  kTerminated = 143,
  kAborted = 255,
};

ExitCode exit_code(const Error& error);

}  // namespace pipit::cli
