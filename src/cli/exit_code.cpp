#include "cli/exit_code.h"

#include "cli/command_line.h"
#include "cli/settings.h"
#include "pipit/ops/session.h"

namespace pipit::cli {

ExitCode exit_code(const Error& error) {
  if (error.code == ops::kBadCutoff) return kUsage;  // pip's parser of the command line judges --uploaded-prior-to
  if (error.code == kUsageError || error.code == kBadSetting || error.code == kInternalError) return kUsage;
  if (error.code == kBadTypedSetting || error.code == ops::kVirtualenvRequired) return kBadConfiguration;
  return kFailure;
}

}  // namespace pipit::cli
