// Reporter: the events a user may see, in the words of the verbs. cli implements it for a terminal, for plain logs and for
// silence; tests record it. Calls come from one thread at a time (Session serialises them).
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "pipit/base/diagnostics.h"

namespace pipit::ops {

class Reporter {
 public:
  virtual ~Reporter() = default;
  // A line worth saying. Info is pip's INFO (standard output), warnings go to standard error; debug is shown with -v.
  virtual void say(const Diagnostic& diagnostic) = 0;
  // False: such lines go nowhere, so whoever would make thousands of them need not.
  virtual bool hears_info() const { return true; }
  virtual bool hears_debug() const { return true; }
  // Data: what was asked for. Always standard output, whatever the verbosity.
  virtual void data(const std::string& text) = 0;

  // Progress of work that may take longer than a second. `key` names one item ("requests-2.32.3-py3-none-any.whl").
  virtual void transfer_planned(std::uint64_t files, std::optional<std::uint64_t> size_bytes) = 0;
  virtual void transfer_started(const std::string& key, std::optional<std::uint64_t> size_bytes) = 0;
  virtual void transfer_moved(const std::string& key, std::uint64_t received_bytes) = 0;
  virtual void transfer_ended(const std::string& key) = 0;
  virtual void phase(const std::string& what) = 0;  // "Resolving", "Installing 37 packages"

  // Asks a yes/no question ("Proceed (Y/n)? "); nullopt if nobody may be asked.
  virtual std::optional<bool> ask(const std::string& question) = 0;

  void info(std::string text) { say({Severity::info, {}, std::move(text), {}}); }
  void debug(std::string text) { say({Severity::debug, {}, std::move(text), {}}); }
  void warn(std::string id, std::string text) { say({Severity::warning, std::move(id), std::move(text), {}}); }
};

}  // namespace pipit::ops
