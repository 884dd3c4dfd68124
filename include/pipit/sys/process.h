// Processes: run a program with posix_spawn-like semantics, its own process group, captured or streamed output, a time
// limit, and no inherited descriptors. The whole group is killed on timeout or cancellation; a sealed process (seal.h) takes
// everything it started with it when it ends.
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

#include "pipit/base/result.h"
#include "pipit/sys/file.h"
#include "pipit/sys/seal.h"

namespace pipit::sys {

inline constexpr ErrorCode kProcessFailed{"process-failed"};   // could not be started
inline constexpr ErrorCode kProcessTimeout{"process-timeout"};

enum class KeepOutput { beginning, end };

// Where a program that does one thing after the other can say that it goes on to the next (ProcessSpec::on_notice).
inline constexpr int kNoticeDescriptor = 6;

struct ProcessSpec {
  std::filesystem::path program;           // absolute: nothing is searched in PATH here
  std::vector<std::string> arguments;      // without argv[0]
  std::optional<std::string> argv0;
  std::vector<std::pair<std::string, std::string>> environment;  // the whole of it
  std::filesystem::path directory;         // empty: ours
  std::string input;                       // written to standard input, then closed
  std::uint64_t output_max_bytes = 64u << 20;  // per stream; the rest is dropped, output_truncated says so
  KeepOutput keep = KeepOutput::beginning;
  std::chrono::milliseconds timeout{0};    // 0: none; each notice starts it anew
  bool merge_stderr = false;               // stderr into output, in order of arrival
  std::function<void(std::string_view)> on_output;  // every chunk of stdout (and of stderr if merged); may be empty
  int notices_max = 0;                     // how many bytes the child may write to kNoticeDescriptor; 0: it does not have it
  std::function<void()> on_notice;         // once for each of them
  std::function<int()> in_child;           // run after fork, before exec; async-signal-safe only; non-zero aborts
  std::optional<SealSpec> seal;            // fails with kCannotSeal where that cannot be done
};

struct ProcessResult {
  int exit_code = -1;    // 128+signal if it was killed
  int signal = 0;
  std::string output, errors;
  bool output_truncated = false;
  std::vector<SealRefusal> refusals;  // of a sealed process, in the order of their first time
};

Result<ProcessResult> run_process(const ProcessSpec& spec, std::stop_token stop = {});
// Absolute path of `name` in the PATH given, skipping empty and relative entries (never the current directory).
std::optional<std::filesystem::path> find_program(std::string_view name, std::string_view path_variable);

}  // namespace pipit::sys
