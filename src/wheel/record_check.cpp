#include "wheel/record_check.h"

#include <fmt/format.h>

#include <unordered_map>

#include "pipit/base/text.h"
#include "pipit/wheel/source.h"

namespace pipit::wheel {
namespace {

bool is_strong(std::string_view hash) { return hash.starts_with("sha256=") || hash.starts_with("sha384=") || hash.starts_with("sha512="); }

bool escapes(std::string_view path) {
  if (path.starts_with('/')) return true;
  for (const std::string_view part : split(path, '/'))
    if (part == "..") return true;
  return false;
}

// A row that leads outside would be deleted at uninstall: this cannot be allowed.
void report_orphan(const packaging::RecordRow& row, Findings& findings) {
  const std::string path = escape_for_terminal(row.path);
  if (escapes(row.path)) findings.add(kInvalidWheel, fmt::format("RECORD names `{}`, which lies outside the wheel", path));
  else if (!row.path.ends_with('/')) findings.add(kBadRecord, fmt::format("RECORD names `{}`, which is not in the wheel", path));
}

void check_hash(const packaging::RecordRow& row, std::string_view dist_info, Findings& findings) {
  if (needs_no_hash(row.path, dist_info) || is_strong(row.hash)) return;
  const std::string path = escape_for_terminal(row.path);
  if (row.hash.empty()) findings.add(kBadRecord, fmt::format("RECORD gives no hash for `{}`", path));
  else findings.add(kBadRecord, fmt::format("RECORD gives `{}` a hash of a kind that proves nothing: {}", path,
                                            escape_for_terminal(row.hash.substr(0, row.hash.find('=')))));
}

}  // namespace

bool needs_no_hash(std::string_view path, std::string_view dist_info) {
  if (!path.starts_with(dist_info)) return false;
  path.remove_prefix(dist_info.size());
  return path == "/RECORD" || path == "/RECORD.jws" || path == "/RECORD.p7s";
}

std::vector<packaging::RecordRow> match_record(const std::vector<packaging::RecordRow>& rows, const std::vector<archive::ZipMember>& members,
                                               std::string_view dist_info, Findings& findings) {
  std::unordered_map<std::string_view, std::size_t> index;
  index.reserve(members.size());
  for (std::size_t i = 0; i < members.size(); ++i)
    if (!members[i].directory) index.emplace(members[i].name, i);
  std::vector<packaging::RecordRow> matched(members.size());
  for (const packaging::RecordRow& row : rows) {
    const auto at = index.find(row.path);
    if (at == index.end()) {
      report_orphan(row, findings);
      continue;
    }
    packaging::RecordRow& slot = matched[at->second];
    if (!slot.path.empty()) findings.add(kBadRecord, fmt::format("RECORD names `{}` twice", escape_for_terminal(row.path)));
    else slot = row;
    check_hash(row, dist_info, findings);
  }
  for (std::size_t i = 0; i < members.size(); ++i)
    if (!members[i].directory && matched[i].path.empty() && !needs_no_hash(members[i].name, dist_info))
      findings.add(kBadRecord, fmt::format("`{}` is not listed in RECORD", escape_for_terminal(members[i].name)));
  return matched;
}

}  // namespace pipit::wheel
