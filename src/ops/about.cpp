#include "pipit/ops/about.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <tl/expected.hpp>

#include "ops/target_view.h"
#include "pipit/archive/about.h"
#include "pipit/base/text.h"
#include "pipit/net/about.h"
#include "pipit/net/curl_client.h"
#include "pipit/packaging/about.h"
#include "pipit/sys/about.h"

namespace pipit::ops {

std::string libraries_text() {
  std::vector<std::string> lines = net::library_versions();
  for (std::string& line : archive::library_versions())
    if (std::find(lines.begin(), lines.end(), line) == lines.end()) lines.push_back(std::move(line));
  lines.push_back(fmt::format("nlohmann/json {}.{}.{}", NLOHMANN_JSON_VERSION_MAJOR, NLOHMANN_JSON_VERSION_MINOR, NLOHMANN_JSON_VERSION_PATCH));
  lines.push_back(fmt::format("fmt {}.{}.{}", FMT_VERSION / 10000, FMT_VERSION / 100 % 100, FMT_VERSION % 100));
  lines.push_back(packaging::toml_library_version());
  lines.push_back(fmt::format("tl::expected {}.{}.{}", TL_EXPECTED_VERSION_MAJOR, TL_EXPECTED_VERSION_MINOR, TL_EXPECTED_VERSION_PATCH));
  for (std::string& line : sys::runtime_versions()) lines.push_back(std::move(line));
  return join(lines, "\n") + "\n";
}

namespace {

constexpr std::size_t kFirstTags = 10;

std::string tags_text(const TargetView& view, ShownTags shown) {
  const auto& tags = view.tags.tags();
  std::string text = fmt::format("Compatible tags: {}{}\n", tags.size(), view.given.empty() ? "" : " (target: " + view.given + ")");
  const bool cut = shown == ShownTags::first && tags.size() > kFirstTags;
  for (std::size_t i = 0; i < (cut ? kFirstTags : tags.size()); ++i) text += "  " + tags[i].str() + "\n";
  if (cut) text += fmt::format("  ...\n  [First {} tags shown. Pass --verbose to show all.]\n", kFirstTags);
  return text;
}

}  // namespace

Result<std::string> debug_text(Session& session, const ForeignTarget& foreign, ShownTags shown) {
  PIPIT_TRY(const python::Interpreter* target, session.target());
  PIPIT_TRY(const TargetView view, view_target(*target, foreign));
  std::string text = fmt::format("pipit {}\ntarget: {} ({} {})\nprefix: {}\nbase prefix: {}\n", PIPIT_VERSION, target->executable.string(),
                                 target->implementation, target->full_version, target->prefix, target->base_prefix);
  text += fmt::format("purelib: {}\nplatlib: {}\nscripts: {}\n", target->paths.purelib, target->paths.platlib, target->paths.scripts);
  text += fmt::format("facts: {}\n", target->was_run ? "the interpreter was run" : "read from files");
  auto trust = net::describe_trust(session.options().http);
  text += fmt::format("certificates: {}\n", trust ? *trust : trust.error().message);
  const auto& cache = session.cache_directory();
  text += fmt::format("cache: {}\n", cache ? cache->string() : "none");
  return text + tags_text(view, shown);
}

}  // namespace pipit::ops
