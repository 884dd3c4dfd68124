#include "archive/problems.h"

#include <fmt/format.h>

#include <algorithm>

#include "pipit/base/text.h"

namespace pipit::archive {
namespace {
constexpr std::size_t kKeptMax = 20;
constexpr std::size_t kQuotedMax = 200;
}  // namespace

std::string quote_name(std::string_view name) {
  const bool cut = name.size() > kQuotedMax;
  return "`" + escape_for_terminal(name.substr(0, kQuotedMax)) + (cut ? "...`" : "`");
}

void Problems::add(ErrorCode code, std::string_view text) {
  if (std::find(allowed_.begin(), allowed_.end(), code.id) != allowed_.end()) {
    if (std::find(used_.begin(), used_.end(), code.id) == used_.end()) used_.emplace_back(code.id);
    return;
  }
  if (++count_ <= kKeptMax) kept_.push_back(make_error(code, fmt::format("{}: {}", archive_name_, text)));
}

void Problems::add(ErrorCode code, std::string_view member, std::uint64_t offset, std::string_view text) {
  if (count_ >= kKeptMax && allowed_.empty()) {  // the sentence would not be kept
    ++count_;
    return;
  }
  add(code, fmt::format("member {} at byte {} {}", quote_name(member), offset, text));
}

Status Problems::status() const {
  if (kept_.empty()) return ok();
  Error first = kept_.front();
  first.also.assign(kept_.begin() + 1, kept_.end());
  if (count_ > kept_.size()) first.details.push_back(fmt::format("and {} further problems", count_ - kept_.size()));
  return fail(std::move(first));
}

}  // namespace pipit::archive
