// Findings: everything wrong with one wheel, gathered while it is looked through. An id that the user allowed for this
// project is noted instead.
#pragma once

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "pipit/base/result.h"

namespace pipit::wheel {

class Findings {
 public:
  Findings(std::string filename, std::vector<std::string> allowed) : filename_(std::move(filename)), allowed_(std::move(allowed)) {}
  // "demo-1.0-py3-none-any.whl: <text>".
  void add(ErrorCode code, const std::string& text) { add(make_error(code, filename_ + ": " + text)); }
  void add(Error error) {
    if (std::find(allowed_.begin(), allowed_.end(), error.code.id) != allowed_.end()) return note(std::string(error.code.id));
    if (++count_ <= kKeptMax) kept_.push_back(std::move(error));
  }
  void note(std::string id) {
    if (std::find(used_.begin(), used_.end(), id) == used_.end()) used_.push_back(std::move(id));
  }
  bool allows(ErrorCode code) const { return std::find(allowed_.begin(), allowed_.end(), code.id) != allowed_.end(); }
  Status status() const {
    if (kept_.empty()) return ok();
    Error first = kept_.front();
    first.also.insert(first.also.end(), kept_.begin() + 1, kept_.end());
    if (count_ > kept_.size()) first.details.push_back("and " + std::to_string(count_ - kept_.size()) + " further problems");
    return fail(std::move(first));
  }
  const std::string& filename() const { return filename_; }
  const std::vector<std::string>& used() const { return used_; }

 private:
  static constexpr std::size_t kKeptMax = 20;
  std::string filename_;
  std::vector<std::string> allowed_, used_;
  std::vector<Error> kept_;
  std::size_t count_ = 0;
};

}  // namespace pipit::wheel
