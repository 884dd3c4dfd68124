#include "ops/hash_report.h"

#include <fmt/format.h>

#include <algorithm>

#include "pipit/base/text.h"
#include "pipit/ops/install.h"
#include "pipit/verify/digest.h"

namespace pipit::ops {

namespace {

constexpr const char* kMismatchHead =
    "THESE PACKAGES DO NOT MATCH THE HASHES FROM THE REQUIREMENTS FILE. If you have updated the package versions, please update the hashes. Otherwise, examine the package contents "
    "carefully; someone may have tampered with them.";
constexpr const char* kMissingHead =
    "Hashes are required in --require-hashes mode, but they are missing from some requirements. Here is a list of those requirements along with the hashes their downloaded archives "
    "actually had. Add lines like these to your requirements files to prevent tampering. (If you did not enable --require-hashes manually, note that it turns on automatically when any "
    "package has a hash.)";
constexpr const char* kUnpinnedHead = "In --require-hashes mode, all requirements must have their versions pinned with ==. These do not:";
constexpr const char* kVcsHead = "Can't verify hashes for these requirements because we don't have a way to hash version control repositories:";
constexpr const char* kDirectoryHead = "Can't verify hashes for these file:// requirements because they point to directories:";

// pip's block for one archive: digests of one algorithm together, sorted as typed, "or" before the second and later ones.
std::string mismatch_block(const HashReport::Unmatched& item) {
  std::string text = "    " + item.requirement + ":\n";
  std::vector<std::string> algorithms;
  for (const packaging::Hash& hash : item.expected)
    if (std::find(algorithms.begin(), algorithms.end(), hash.algorithm) == algorithms.end()) algorithms.push_back(hash.algorithm);
  for (const std::string& algorithm : algorithms) {
    std::vector<std::string> digests;
    for (const packaging::Hash& hash : item.expected)
      if (hash.algorithm == algorithm) digests.push_back(hash.hex);
    std::sort(digests.begin(), digests.end());
    bool first = true;
    for (const std::string& digest : digests) text += std::exchange(first, false) ? fmt::format("        Expected {} {}\n", algorithm, ascii_lower(digest))
                                                                                 : fmt::format("        Expected     or {}\n", ascii_lower(digest));
    for (const packaging::Hash& hash : item.got)
      if (hash.algorithm == algorithm) text += fmt::format("             Got        {}\n", hash.hex);
    text += "\n";
  }
  return text;
}

Error block(ErrorCode code, const char* head, std::vector<std::string> lines, const char* hint) {
  Error error = make_pip_error(code, head);
  error.details = std::move(lines);
  return std::move(error).hint(hint);
}

std::vector<std::string> indented(const std::vector<std::string>& lines) {
  std::vector<std::string> result;
  for (const std::string& line : lines) result.push_back("    " + line);
  return result;
}

}  // namespace

std::optional<Error> HashReport::error() const {
  std::vector<Error> errors;
  if (!vcs.empty()) errors.push_back(block(kCannotHash, kVcsHead, indented(vcs), "pin an archive with a hash instead"));
  if (!directories.empty()) errors.push_back(block(kCannotHash, kDirectoryHead, indented(directories), "build an archive of it and pin that"));
  for (const std::string& editable : editables)
    errors.push_back(make_pip_error(kCannotHash, fmt::format("The editable requirement {} cannot be installed when requiring hashes, because there is no single "
                                                             "file to hash.", editable)).hint("install editable projects in a run of their own"));
  if (!missing.empty()) {
    std::vector<std::string> lines;
    for (const Missing& item : missing) lines.push_back(fmt::format("    {} --hash=sha256:{}", item.requirement, item.sha256));
    errors.push_back(block(kHashesMissing, kMissingHead, std::move(lines), "the lines above can be pasted once you trust these archives"));
  }
  if (!unpinned.empty()) errors.push_back(block(kNotPinned, kUnpinnedHead, indented(unpinned), "write name==version and add its hash"));
  if (!unmatched.empty()) {
    std::string text;
    for (const Unmatched& item : unmatched) text += mismatch_block(item);
    while (text.ends_with('\n')) text.pop_back();
    errors.push_back(block(verify::kHashMismatch, kMismatchHead, {text, ""},
                           "the file changed where it came from, or the hash belongs to another file of this release"));
  }
  if (errors.empty()) return std::nullopt;
  Error all = std::move(errors.front());
  for (std::size_t i = 1; i < errors.size(); ++i) all.also.push_back(std::move(errors[i]));
  return all;
}

}  // namespace pipit::ops
