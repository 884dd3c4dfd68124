// SolveBudget: how long the solver may think. Time it spends waiting for the world (pages, metadata, builds) is not its own:
// a slow network must not be reported as "too many combinations". What the world may take has limits of its own (timeouts).
// A Provider in front of another one; owns nothing, belongs to one thread.
#pragma once

#include <chrono>
#include <string>

#include "pipit/resolve/provider.h"
#include "pipit/sys/clock.h"

namespace pipit::ops {

class SolveBudget final : public resolve::Provider {
  template <class Ask>
  auto waiting(const Ask& ask) {
    const auto before = clock_.monotonic();
    auto answer = ask();
    waited_ += clock_.monotonic() - before;
    return answer;
  }

 public:
  SolveBudget(resolve::Provider& behind, sys::Clock& clock, std::chrono::nanoseconds thinking_max)
      : behind_(behind), clock_(clock), started_(clock.monotonic()), thinking_max_(thinking_max) {}

  bool is_used_up() const { return clock_.monotonic() - started_ - waited_ > thinking_max_; }

  Result<resolve::Listing> versions(const std::string& name) override {
    return waiting([&] { return behind_.versions(name); });
  }
  Result<resolve::CandidateAnswer> candidate(const std::string& name, const resolve::Listed& listed) override {
    return waiting([&] { return behind_.candidate(name, listed); });
  }
  Result<resolve::CandidateAnswer> direct(const packaging::Requirement& requirement, const model::Candidate* parent) override {
    return waiting([&] { return behind_.direct(requirement, parent); });
  }
  Result<resolve::DependencyAnswer> dependencies(const model::Candidate& candidate, const std::string& extra) override {
    return waiting([&] { return behind_.dependencies(candidate, extra); });
  }
  void prefetch(std::span<const resolve::Hint> hints) override {
    waiting([&] { behind_.prefetch(hints); return 0; });
  }

 private:
  resolve::Provider& behind_;
  sys::Clock& clock_;
  std::chrono::steady_clock::time_point started_;
  std::chrono::nanoseconds thinking_max_, waited_{0};
};

}  // namespace pipit::ops
