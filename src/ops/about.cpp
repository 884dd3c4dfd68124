#include "pipit/ops/about.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "pipit/net/curl_client.h"

namespace pipit::ops {

std::string libraries_text() {
  return fmt::format("nlohmann/json {}.{}.{}\nfmt {}\n", NLOHMANN_JSON_VERSION_MAJOR, NLOHMANN_JSON_VERSION_MINOR, NLOHMANN_JSON_VERSION_PATCH,
                     FMT_VERSION);
}

Result<std::string> debug_text(Session& session) {
  PIPIT_TRY(const python::Interpreter* target, session.target());
  std::string text = fmt::format("pipit {}\ntarget: {} ({} {})\nprefix: {}\nbase prefix: {}\n", PIPIT_VERSION, target->executable.string(),
                                 target->implementation, target->full_version, target->prefix, target->base_prefix);
  text += fmt::format("purelib: {}\nplatlib: {}\nscripts: {}\n", target->paths.purelib, target->paths.platlib, target->paths.scripts);
  text += fmt::format("facts: {}\n", target->was_run ? "the interpreter was run" : "read from files");
  auto trust = net::describe_trust(session.options().http);
  text += fmt::format("certificates: {}\n", trust ? *trust : trust.error().message);
  const auto& cache = session.cache_directory();
  text += fmt::format("cache: {}\n", cache ? cache->string() : "none");
  text += fmt::format("Compatible tags: {}\n", target->tags.tags().size());
  for (const packaging::Tag& tag : target->tags.tags()) text += "  " + tag.str() + "\n";
  return text;
}

}  // namespace pipit::ops
