// Problems: collects everything wrong with one archive, so that all of it is reported at once. The first twenty are kept
// (a hostile archive may have a hundred thousand), the rest are counted.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "pipit/base/result.h"

namespace pipit::archive {

class Problems {
 public:
  // `archive_name` must outlive this. Codes in `allowed` are noted instead of reported.
  explicit Problems(std::string_view archive_name, const std::vector<std::string>& allowed = {})
      : archive_name_(archive_name), allowed_(allowed) {}
  // "demo.whl: <text>".
  void add(ErrorCode code, std::string_view text);
  // "demo.whl: member `x/y` at byte 42 <text>"; the name is escaped.
  void add(ErrorCode code, std::string_view member, std::uint64_t offset, std::string_view text);
  bool empty() const { return count_ == 0; }
  Status status() const;  // ok, or the first problem with the others as `also`
  const std::vector<std::string>& allowances_used() const { return used_; }

 private:
  std::string_view archive_name_;
  const std::vector<std::string> allowed_;
  std::vector<std::string> used_;
  std::vector<Error> kept_;
  std::size_t count_ = 0;
};

// `name` between backquotes, escaped, and cut where a stranger made it absurdly long.
std::string quote_name(std::string_view name);

}  // namespace pipit::archive
