#include "pipit/ops/peep.h"

#include "ops/wanted.h"
#include "pipit/base/diagnostics.h"
#include "pipit/packaging/peep.h"
#include "pipit/sys/file.h"
#include "pipit/verify/digest.h"

namespace pipit::ops {

namespace {

using packaging::RequirementLine;

void collect(std::optional<Error>& problems, Error error) {
  if (!problems) {
    problems = std::move(error);
    return;
  }
  std::vector<Error> further = std::exchange(error.also, {});
  problems->also.push_back(std::move(error));
  for (Error& other : further) problems->also.push_back(std::move(other));
}

}  // namespace

Result<std::string> peep_hash_line_of(const std::filesystem::path& path) {
  PIPIT_TRY(const auto mapped, sys::MappedFile::open(path));
  const verify::Sha256 digest = verify::sha256(mapped.bytes());
  return packaging::peep_hash_line(digest);
}

Result<std::string> peep_port(const std::vector<std::string>& files, Session& session) {
  Diagnostics diagnostics;
  const auto context = parse_context(session, diagnostics);
  std::vector<RequirementLine> lines;
  std::optional<Error> problems;
  for (const std::string& file : files) {
    auto parsed = packaging::parse_requirements_file(file, false, {}, context);
    if (!parsed) {
      collect(problems, std::move(parsed).error());
      continue;
    }
    // A line that pip reads by half would be ported by half.
    for (Error& refusal : parsed->refusals) collect(problems, std::move(refusal));
    std::move(parsed->lines.begin(), parsed->lines.end(), std::back_inserter(lines));
  }
  session.report(diagnostics);
  if (problems) return fail(std::move(*problems));
  return packaging::peep_port(lines);
}

}  // namespace pipit::ops
