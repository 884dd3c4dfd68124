#include "build/diagnosis.h"

#include <fmt/format.h>

#include <algorithm>

#include "pipit/base/text.h"

namespace pipit::build {

namespace {

constexpr std::size_t kOutputLinesShown = 30;

struct Sign {
  const char* text;
  const char* hint;
};

constexpr Sign kSigns[] = {
    {"Python.h: No such file", "the interpreter's headers are missing: install its development package (Debian: python3-dev)"},
    {"command 'gcc' failed: No such file", "a C compiler is needed: install one (Debian: build-essential)"},
    {"unable to execute 'gcc'", "a C compiler is needed: install one (Debian: build-essential)"},
    {"command 'cc' failed: No such file", "a C compiler is needed: install one (Debian: build-essential)"},
    {"No such file or directory: 'gcc'", "a C compiler is needed: install one (Debian: build-essential)"},
    {"error: can't find Rust compiler", "a Rust compiler is needed"},
    {"No module named 'distutils'", "this release needs distutils, which Python 3.12 no longer has: take a newer release or an older Python"},
    {"No module named 'pkg_resources'", "this release needs pkg_resources, which newer setuptools do not have: constrain it with --build-constraint (setuptools<81)"},
};

// What a program says that met the seal.
constexpr const char* kSealSigns[] = {"Network is unreachable",      "Temporary failure in name resolution", "Name or service not known", "Could not resolve host",
                                      "No address associated",       "Read-only file system",                "Permission denied",         "Operation not permitted",
                                      "urlopen error",               "Cannot assign requested address",      "Errno 30",                  "failed to lookup address",
                                      "cross-device link",           "Connection refused",                   "Function not implemented",      "No such process"};

bool met_the_seal(const std::string& output, const sys::ProcessResult& result, const sys::SealSpec& seal) {
  if (!result.refusals.empty()) return true;
  for (const char* sign : kSealSigns)
    if (output.find(sign) != std::string::npos) return true;
  if (output.find("No such file or directory") == std::string::npos && output.find("FileNotFoundError") == std::string::npos) return false;
  return std::any_of(seal.hidden.begin(), seal.hidden.end(), [&](const auto& path) { return output.find("'" + path.string()) != std::string::npos; }) ||
         output.find("No such file or directory: '/proc/") != std::string::npos || output.find("No such file or directory: '/dev/") != std::string::npos;
}

std::vector<std::string> last_lines(const std::string& output, std::size_t& count) {
  std::vector<std::string> lines;
  for (std::string_view line : split(output, '\n')) lines.emplace_back(line);
  while (!lines.empty() && trim(lines.back()).empty()) lines.pop_back();
  count = lines.size();
  if (lines.size() > kOutputLinesShown) lines.erase(lines.begin(), lines.end() - static_cast<std::ptrdiff_t>(kOutputLinesShown));
  return lines;
}

}  // namespace

std::string in_words(const std::vector<sys::SealRefusal>& refusals) {
  std::string text;
  for (const sys::SealRefusal& refusal : refusals)
    text += (text.empty() ? "" : ", ") + refusal.what + (refusal.times > 1 ? fmt::format(" ({} times)", refusal.times) : "");
  return text;
}

Error diagnose_failure(const Project& project, const std::string& step, const sys::ProcessResult& result, const std::string& more, const BuildOptions& options) {
  Error error = make_pip_error(kBuildFailed, fmt::format("{} did not run successfully.\nexit code: {}", step, result.exit_code));
  error.layout = Layout::rich;
  const std::string output = result.output + more;
  std::size_t count = 0;
  const auto lines = last_lines(output, count);
  if (result.output_truncated) {
    error.details.push_back(fmt::format("[the last {} lines of output]", lines.size()));
  } else {
    error.details.push_back(count > lines.size() ? fmt::format("[the last {} of {} lines of output]", lines.size(), count) : fmt::format("[{} lines of output]", count));
  }
  for (const std::string& line : lines) error.details.push_back("  " + line);
  error.details.push_back("[end of output]");
  for (const Sign& sign : kSigns)
    if (output.find(sign.text) != std::string::npos) {
      error.hints.push_back(sign.hint);
      break;
    }
  if (options.seal && met_the_seal(output, result, *options.seal)) {
    if (!result.refusals.empty()) error.details.push_back("refused by the seal: " + in_words(result.refusals));
    error.hints.push_back(fmt::format("this build ran sealed (no network, a private HOME, nothing writable outside of its tree), which may be why it failed; "
                                      "--build-network {} gives it the network, --build-sandbox=off takes the seal away", options.option_name.empty() ? ":all:" : options.option_name));
  }
  error.hints.push_back("this error comes from the build back end of " + project.shown + ", not from pipit");
  return std::move(error).while_("building " + project.shown);
}

}  // namespace pipit::build
