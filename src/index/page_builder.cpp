#include "index/page_builder.h"

#include <fmt/format.h>

#include <algorithm>

#include "pipit/base/text.h"

namespace pipit::index {

bool PageBuilder::add(RawEntry&& entry, std::vector<model::DistFile>& into) {
  if (!entry.url) {
    refuse(entry.filename, "it has no url");
    return true;
  }
  if (entry.problem.empty())
    if (auto why = links_.read(*entry.url, entry.filename, entry.file)) entry.problem = std::move(*why);
  if (!entry.problem.empty()) {
    refuse(entry.filename.empty() ? *entry.url : entry.filename, entry.problem);
    return true;
  }
  if (std::max(into.size(), sunk_) >= kFilesMax) return false;
  if (sink_ == nullptr) {
    into.push_back(std::move(entry.file));
  } else {
    sink_->take(entry.file);
    ++sunk_;
  }
  return true;
}

void PageBuilder::refuse(std::string_view name, std::string_view why) {
  if (++refused_count_ > kRefusedMax) return;
  constexpr std::size_t kShown = 120;
  std::string shown = mask_credentials(escape_for_terminal(name.substr(0, kShown)));
  page_.refused.push_back(fmt::format("`{}` is left out: {}", shown, escape_for_terminal(why)));
}

ProjectPage PageBuilder::finish() {
  if (refused_count_ > kRefusedMax) page_.refused.push_back(fmt::format("and {} more", refused_count_ - kRefusedMax));
  if (page_.status == ProjectStatus::quarantined) page_.files.clear();
  return std::move(page_);
}

Error bad_page(const Url& page_url, std::string_view why) {
  return make_error(kBadIndexPage, fmt::format("the index page cannot be used: {}", why)).at(page_url.display());
}

Status check_api_version(std::string_view text, const Url& page_url) {
  const std::string_view major = text.substr(0, text.find('.'));
  const bool is_number = !major.empty() && std::all_of(major.begin(), major.end(), [](char c) { return c >= '0' && c <= '9'; });
  const std::string shown = escape_for_terminal(text.substr(0, 40));
  if (!is_number) return fail(bad_page(page_url, fmt::format("its api-version `{}` is no version", shown)));
  if (major == "1" || major == "0") return ok();
  return fail(make_error(kUnsupportedApiVersion, fmt::format("the index speaks version {} of the simple API; 1.x is understood", shown))
                  .at(page_url.display()));
}

ProjectStatus parse_status(std::string_view text) {
  if (text == "archived") return ProjectStatus::archived;
  if (text == "quarantined") return ProjectStatus::quarantined;
  if (text == "deprecated") return ProjectStatus::deprecated;
  return ProjectStatus::active;
}

}  // namespace pipit::index
