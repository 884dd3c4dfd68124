// Console: the two streams, their colours and their width. Everything printed passes here, with strangers' control
// characters escaped; a closed standard output is noticed and becomes exit 120, as pip.
#pragma once

#include <cstdio>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include "pipit/base/error.h"
#include "pipit/ops/reporter.h"

namespace pipit::cli {

struct ConsoleOptions {
  int verbosity = 0;        // -v counts up, -q counts down
  bool color = false;       // decided by the caller: terminal, NO_COLOR, --no-color
  bool progress = false;    // bars on standard error
  bool raw_progress = false;  // "Progress <done> of <total>" lines
  bool unicode = true;      // draw with more than ASCII
  bool may_ask = true;
  bool info_to_stderr = false;  // data goes to standard output (--report -), so the talk moves aside
  bool debug_to_stderr = false;  // -v beside data on standard output (list, inspect, freeze ...)
  std::string log_file;
  std::string command_line;  // for the log
};

class Console final : public ops::Reporter {
 public:
  explicit Console(ConsoleOptions options);
  ~Console() override;

  void say(const Diagnostic& diagnostic) override;
  bool hears_info() const override { return options_.verbosity >= 0 || log_ != nullptr; }
  bool hears_debug() const override { return options_.verbosity >= 1 || log_ != nullptr; }
  void data(const std::string& text) override;
  void transfer_planned(std::uint64_t files, std::optional<std::uint64_t> size_bytes) override;
  void transfer_started(const std::string& key, std::optional<std::uint64_t> size_bytes) override;
  void transfer_moved(const std::string& key, std::uint64_t received_bytes) override;
  void transfer_ended(const std::string& key) override;
  void phase(const std::string& what) override;
  std::optional<bool> ask(const std::string& question) override;

  // Draws an error, its context and everything in `also`.
  void error(const Error& error);
  void usage(const Error& error);  // usage block, blank line, message
  bool output_broken() const { return broken_; }
  bool finish();                   // flushes; false if standard output could not be written
  int verbosity() const { return options_.verbosity; }

 private:
  struct Progress;
  void out(std::string_view text);
  void err(std::string_view text);
  void log(std::string_view level, std::string_view text);
  void draw_one(const Error& error);
  std::string paint(std::string_view text, const char* code) const;

  ConsoleOptions options_;
  std::FILE* log_ = nullptr;
  std::unique_ptr<Progress> progress_;
  bool broken_ = false;
  std::recursive_mutex mutex_;
};

// Strangers' text for a terminal: control characters escaped, line feeds kept.
std::string printable(std::string_view text);
// The same for people: words beyond 4096 bytes (a name of megabytes, say) are cut, and say by how much.
std::string readable(std::string_view text);

}  // namespace pipit::cli
