// QuietReporter: lets warnings and debug lines through and swallows the rest, for installations within a run (build
// environments).
#pragma once

#include "pipit/ops/reporter.h"

namespace pipit::ops {

class QuietReporter final : public Reporter {
 public:
  explicit QuietReporter(Reporter& outer) : outer_(outer) {}
  void say(const Diagnostic& diagnostic) override {
    Diagnostic said = diagnostic;
    if (said.severity == Severity::info) said.severity = Severity::debug;
    outer_.say(said);
  }
  bool hears_info() const override { return outer_.hears_debug(); }
  bool hears_debug() const override { return outer_.hears_debug(); }
  void data(const std::string&) override {}
  void transfer_planned(std::uint64_t, std::optional<std::uint64_t>) override {}
  void transfer_started(const std::string& key, std::optional<std::uint64_t> size) override { outer_.transfer_started(key, size); }
  void transfer_moved(const std::string& key, std::uint64_t received) override { outer_.transfer_moved(key, received); }
  void transfer_ended(const std::string& key) override { outer_.transfer_ended(key); }
  void phase(const std::string&) override {}
  std::optional<bool> ask(const std::string& question) override { return outer_.ask(question); }

 private:
  Reporter& outer_;
};

}  // namespace pipit::ops
