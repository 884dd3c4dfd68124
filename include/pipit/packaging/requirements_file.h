// Requirements files: pip 26.3's grammar in full and peep's hash comments (docs/peep.md). Pure: nested
// files come through a loader that the caller passes, variables through a lookup. Positions are kept for every line.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "pipit/base/diagnostics.h"
#include "pipit/base/result.h"
#include "pipit/packaging/hash.h"
#include "pipit/packaging/requirement.h"

namespace pipit::packaging {

inline constexpr ErrorCode kInvalidRequirementsLine{"invalid-requirements-line"};
// An option that pip's parser does not take: pip prints "Usage: <program> [options]" and an empty line above the message.
inline constexpr ErrorCode kInvalidRequirementsOption{"invalid-requirements-option"};
inline constexpr ErrorCode kRequirementsFileUnreadable{"requirements-file-unreadable"};
inline constexpr ErrorCode kInvalidEggFragment{"invalid-egg-fragment"};  // pip's rich layout; details[0] is the context
inline constexpr ErrorCode kRequirementsFileCycle{"requirements-file-cycle"};
inline constexpr ErrorCode kLostWords{"lost-words"};              // in `refusals`
inline constexpr ErrorCode kHiddenLineBreak{"hidden-line-break"};  // in `refusals`

// Where something was written: "-r base.txt (line 3)".
struct Origin {
  std::string file;         // as displayed (path or URL), empty for the command line
  int line = 0;             // first physical line, counted from 1; 0 for the command line
  bool constraint = false;  // -c instead of -r
  std::string peep_file;    // as peep shows it: the including file's directory and the path as written
  std::string str() const;  // "-r base.txt (line 3)", "-c c.txt (line 1)", or ""
  friend bool operator==(const Origin&, const Origin&) = default;
};

// A requirement as a line (or a command-line argument) gives it, before any file or network is touched.
struct RequirementLine {
  std::string text;                       // the requirement part as written, variables expanded
  bool editable = false;
  bool constraint = false;
  bool user_supplied = true;              // false in everything that a -c of the command line brings in, as pip
  // What names the project: the requirement as written, `name==version` of a wheel, `#egg=`; nullopt for a bare URL or path.
  std::optional<Requirement> requirement;
  std::string url;                        // bare URL, path as file: URL, "git+https://..."; empty for `name` and `name @ url`
  std::string path;                       // local path as written (no extras, no marker), or empty
  std::vector<std::string> extras;        // behind a path or URL; empty: those of `requirement` count
  std::optional<Marker> marker;           // the one that counts, also where it stands in `requirement`
  Hashes hashes;                          // --hash, in order
  std::vector<std::string> hashes_as_typed;  // the digests of `hashes` before they were lower-cased (pip sorts by these)
  std::vector<std::string> peep_hashes;   // "# sha256:" comments bound to this line, text as written (43 characters if sane)
  std::map<std::string, std::vector<std::string>> config_settings;
  Origin origin;
  // Words that pip loses silently: "--pre foo", "foo -r other.txt", a hash behind -e. `install` refuses the line.
  std::vector<std::string> lost_words;
};

// Options that files may set; also the shape the command line fills (defaults first, files modify).
struct FileOptions {
  std::vector<std::string> index_urls;            // in order of search; empty after --no-index
  std::vector<std::string> extra_index_urls;      // input only: appended to index_urls before the first file is read
  bool index_url_set = false;                     // a -i was seen: it replaced the list
  bool no_index = false;
  std::vector<std::string> find_links;
  std::vector<std::string> trusted_hosts;
  bool prefer_binary = false, pre = false, require_hashes = false, no_require_hashes = false;
  std::vector<std::string> all_releases, only_final;  // names, ":all:", ":none:"
  std::vector<std::string> no_binary, only_binary;    // after pip's set rules; sorted
  std::vector<std::string> use_features;
};

struct RequirementsFile {
  std::vector<RequirementLine> lines;   // requirements and constraints in order
  FileOptions options;
  // True if in some file (constraints apart) every requirement has a comment hash: comments then turn hash mode on.
  bool every_requirement_has_peep_hash = false;
  std::vector<std::string> peep_hash_strays;  // "file:line" of hash comments that bind to no requirement
  // Lines that pip reads as something else than they say: words it loses, a line that begins behind a character which most
  // editors do not show as a line end, a path that begins with "-". The result above is pip's; `install` stops with these.
  std::vector<Error> refusals;
};

// Bytes of a file, or why not. `location` is a path or URL, already joined with its parent.
struct LoadedFile {
  std::string bytes;
  std::optional<std::string> charset;  // from an HTTP response
};
using FileLoader = std::function<Result<LoadedFile>(const std::string& location)>;

struct RequirementsParseContext {
  FileLoader load;
  std::function<std::optional<std::string>(const std::string&)> variable;   // environment
  std::function<bool(const std::string&)> path_exists;                      // for -f and for path requirements
  std::function<bool(const std::string&)> is_directory;                     // likewise
  std::string current_directory;                                            // absolute; paths in lines are relative to it
  std::string program = "pip";                                              // in pip's usage texts
  std::string locale_encoding = "utf-8";
  Diagnostics* diagnostics = nullptr;
};

// Parses `location` and everything it includes. On failure the Error's `also` holds every further bad line.
Result<RequirementsFile> parse_requirements_file(const std::string& location, bool as_constraints, FileOptions options,
                                                 const RequirementsParseContext& context);
// One requirement from the command line ("name[x]>=1", "./dir[x]", a URL, a wheel path); editable for -e.
Result<RequirementLine> parse_requirement_argument(std::string_view text, bool editable, const RequirementsParseContext& context);

}  // namespace pipit::packaging
