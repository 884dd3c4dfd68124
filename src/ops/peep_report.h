// peep's words: the report of `peep install`, line for line (facts: peep's classes, wording, layout and order), and the rules
// behind them that need neither disk nor network. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "pipit/base/error.h"
#include "pipit/packaging/hash.h"
#include "pipit/packaging/requirements_file.h"

namespace pipit::ops {

struct PeepReport {
  struct Mismatched {
    std::string name;                   // "safe" spelling
    std::vector<std::string> expected;  // as written, in order; never empty
    std::string got;                    // 43 characters
  };
  struct Missing {
    std::string requirement;            // to be pasted: "gamma==3.0" or a URL
    std::string got;
  };
  std::vector<Mismatched> mismatched;
  std::vector<Missing> missing;
  std::vector<std::string> malformed;   // URLs no project name can be had from
  std::vector<Error> failed;            // what could not be read, found, fetched or hashed
  std::vector<std::string> satisfied;   // descriptions

  bool has_errors() const { return !mismatched.empty() || !missing.empty() || !malformed.empty() || !failed.empty(); }
  // Everything that is wrong, and why nothing is installed. Failures alone are printed as peep prints them, one after the
  // other; beside other classes they are a section of their own. REQUIRES: has_errors().
  std::string error_text() const;
  // The list of what was there already; empty if nothing was. What a good run prints last.
  std::string satisfied_text() const;
};

// pip's "safe" spelling: runs of anything but ASCII letters, digits and '.' become '-'; case is kept.
std::string peep_safe_name(std::string_view name);

// The line's URL with its fragment, passwords masked; empty for an index requirement.
std::string peep_url(const packaging::RequirementLine& line);
// "alpha[x,y]==1.2", without URL and marker; the URL itself where there is no name.
std::string peep_requirement(const packaging::RequirementLine& line);
// pip's description: "alpha==1.2 (from -r r.txt (line 1))", "x from URL (from ...)"; with `location`: " in LOCATION" before the origin.
std::string peep_description(const packaging::RequirementLine& line, std::string_view location = {});
// How a directory is shown: "./env/lib" if it lies below the current directory.
std::string peep_location(const std::string& directory, const std::string& current_directory);
// What is to be pasted under a new hash line. `version`: of the archive that was found.
std::string peep_paste_line(const packaging::RequirementLine& line, std::string_view version);
// "Downloading alpha==1.2 (123.456K)..."; the size is shown above 1000 bytes.
std::string peep_downloading_line(const packaging::RequirementLine& line, std::uint64_t size_bytes);

// What a requirement accepts: its comment hashes, its --hash options and a #sha256= that the user wrote add up.
struct PeepAccepted {
  packaging::Hashes hashes;           // a comment that is no hash stays, as something that nothing matches
  std::vector<std::string> shown;     // in peep's spelling, in the same order
  std::vector<std::string> unusable;  // comments that can never match (hex, padded, short)
};
PeepAccepted peep_accepted(const packaging::RequirementLine& line);
// 43 characters of the sha256 among the digests.
std::string peep_digest(const packaging::Hashes& computed);

// A bad line in peep's words, which are pip 8's; what those leave out (caret, place, usage) goes to `notes`. Other errors
// stay as they are.
Error peep_worded(Error error, std::vector<std::string>& notes);

// An archive named after a commit (7 or 40 hex digits) may change without a new version, so it is never "already
// installed". peep 3.1.2 overlooks .tar.gz and .tar.bz2, the form that code hosts serve most.
bool is_commit_archive(std::string_view url);

// Why a URL cannot be hashed, in peep's words; nullopt if its scheme is http, https or file.
std::optional<std::string> peep_scheme_problem(const packaging::RequirementLine& line);
std::string peep_directory_problem(const packaging::RequirementLine& line);

}  // namespace pipit::ops
