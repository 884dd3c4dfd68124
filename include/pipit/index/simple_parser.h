// Reads what an index says about one project: the Simple API in JSON (PEP 691, 700, 714, 792) and in HTML (PEP 503, 592,
// 629, 658, 714), and PyPI's own JSON documents. Three spellings, one value: ProjectPage. Pure; knows nothing of the
// network, of targets, or of which file is best.
//
// The bytes are a stranger's. Both parsers are linear and keep no stack of their own making; depth, file count and the
// length of a name are capped; a key said twice, a number no machine holds, broken UTF-8 or NaN refuse the page. A single
// bad entry (a name with '/', a link that leaves http) costs that entry and leaves a diagnostic, not the page.
//
// File names: the last segment of the URL, decoded once, is the name (pip's rule: the URL is what will be fetched); the
// "filename" key counts only where the URL ends in no archive name.
// Spec: https://packaging.python.org/en/latest/specifications/simple-repository-api/
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "pipit/base/diagnostics.h"
#include "pipit/base/result.h"
#include "pipit/base/url.h"
#include "pipit/model/dist_file.h"

namespace pipit::index {

inline constexpr ErrorCode kBadIndexPage{"bad-index-page"};              // the page is not what its type promises
inline constexpr ErrorCode kUnsupportedApiVersion{"unsupported-api-version"};  // api-version 2 or later
inline constexpr ErrorCode kNotAnIndexPage{"not-an-index-page"};         // HTML of something else: a login page

enum class ProjectStatus { active, archived, quarantined, deprecated };

struct ProjectPage {
  std::string name;                    // as the page spells it; may be empty
  std::vector<model::DistFile> files;  // in page order; empty if quarantined (PEP 792)
  std::vector<std::string> versions;   // PEP 700; informative, may hold anything
  ProjectStatus status = ProjectStatus::active;
  std::string status_reason;
  std::vector<std::string> refused;    // one sentence for each entry that was left out, at most kRefusedMax and a count
};

// Takes the files of a page as they are read, in page order, so that thousands of them need not be held at once. They count
// only once the parser has returned the page: it may fail, or the project be quarantined.
class FileSink {
 public:
  virtual ~FileSink() = default;
  virtual void take(const model::DistFile& file) = 0;
};

inline constexpr std::size_t kDepthMax = 64;
inline constexpr std::size_t kFilesMax = 300'000;  // and the most releases of a PyPI document
inline constexpr std::size_t kRefusedMax = 20;

// Which of PyPI's documents: /pypi/NAME/json lists every release, /pypi/NAME/VERSION/json one.
enum class PypiDocument { project, release };

// `page_url` is the final URL of the page: relative links resolve against it, and `source` of every file names it.
// `files`: takes them instead of ProjectPage::files.
Result<ProjectPage> parse_simple_json(std::string_view bytes, const Url& page_url, FileSink* files = nullptr);
Result<ProjectPage> parse_pypi_json(std::string_view bytes, const Url& page_url, PypiDocument document);
// `charset` as the Content-Type gives it; nullopt or an unknown one is read as UTF-8.
Result<ProjectPage> parse_simple_html(std::string_view bytes, const Url& page_url, std::optional<std::string_view> charset = {});

}  // namespace pipit::index
