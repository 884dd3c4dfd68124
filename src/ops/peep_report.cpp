#include "ops/peep_report.h"

#include <fmt/format.h>

#include <algorithm>

#include "pipit/base/text.h"
#include "pipit/base/url.h"

namespace pipit::ops {

namespace {

using packaging::RequirementLine;

constexpr std::string_view kMismatchedHead =
    "THE FOLLOWING PACKAGES DIDN'T MATCH THE HASHES SPECIFIED IN THE REQUIREMENTS\n"
    "FILE. If you have updated the package versions, update the hashes. If not,\n"
    "freak out, because someone has tampered with the packages.\n\n";
constexpr std::string_view kMissingHead =
    "The following packages had no hashes specified in the requirements file, which\n"
    "leaves them open to tampering. Vet these packages to your satisfaction, then\n"
    "add these \"sha256\" lines like so:\n\n";
constexpr std::string_view kMalformedHead = "The following requirements could not be processed:\n";
constexpr std::string_view kFailedHead = "The following requirements could not be checked:\n";
constexpr std::string_view kErrorFoot = "-------------------------------\nNot proceeding to installation.\n\n";
constexpr std::string_view kSatisfiedHead =
    "These packages were already installed, so we didn't need to download or build\n"
    "them again. If you installed them with peep in the first place, you should be\n"
    "safe. If not, uninstall them, then re-attempt your install with peep.\n";
constexpr std::string_view kSchemeProblem =
    "would not result in a file that can be hashed. Peep supports only == requirements, file:// URLs pointing to files (not "
    "folders), and http:// and https:// URLs pointing to tarballs, zips, etc.";

constexpr std::size_t kHexDigits = 64;

bool is_hex(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); });
}

// The actual hash begins in the column where the first expected one does.
std::string mismatched_entry(const PeepReport::Mismatched& item) {
  const std::string lead = fmt::format("    {}: expected{} ", item.name, item.expected.size() > 1 ? " one of" : "");
  std::string text = lead + item.expected.front() + "\n";
  for (std::size_t i = 1; i < item.expected.size(); ++i) text += std::string(lead.size(), ' ') + item.expected[i] + "\n";
  return text + fmt::format("{:>{}} {}\n", "got", lead.size() - 1, item.got);
}

std::string failure_text(const Error& error) {
  std::string text = error.message;
  for (const std::string& line : error.details) text += "\n" + line;
  if (error.wording == Wording::pipit && !error.where.empty()) text += "\n  where: " + error.where;
  return text;
}

// "Invalid requirement: 'alpha=1.2': Expected ..." -> where its quoted line ends; npos if the message is another.
std::size_t end_of_quoted_line(std::string_view message) {
  constexpr std::string_view kStart = "Invalid requirement: ";
  if (!message.starts_with(kStart) || message.size() == kStart.size()) return std::string_view::npos;
  const char quote = message[kStart.size()];
  if (quote != '\'' && quote != '"') return std::string_view::npos;
  for (std::size_t i = kStart.size() + 1; i < message.size(); ++i) {
    if (message[i] == '\\') ++i;
    else if (message[i] == quote) return i + 1;
  }
  return std::string_view::npos;
}

// What an error says beside its sentence, for standard error.
void note_details(Error& error, std::vector<std::string>& notes) {
  std::string note = error.where + ":";
  for (const std::string& line : std::exchange(error.details, {})) note += "\n  " + line;
  notes.push_back(std::move(note));
}

std::string shown_hash(const packaging::Hash& hash) {
  const auto bytes = from_hex(hash.hex);
  return hash.algorithm == "sha256" && bytes && hash.hex.size() == kHexDigits ? to_base64url(*bytes) : hash.algorithm + ":" + hash.hex;
}

std::string url_of(const RequirementLine& line) {
  if (!line.url.empty()) return line.url;
  return line.requirement && line.requirement->url ? *line.requirement->url : std::string();
}

std::string without_fragment(std::string_view url) { return std::string(url.substr(0, url.find('#'))); }

std::string origin_text(const RequirementLine& line) {
  packaging::Origin origin = line.origin;
  if (!origin.peep_file.empty()) origin.file = origin.peep_file;
  return origin.str();
}

std::string kilobytes(std::uint64_t size_bytes) {
  std::string fraction = fmt::format("{:03}", size_bytes % 1000);
  while (fraction.size() > 1 && fraction.back() == '0') fraction.pop_back();
  return fmt::format("{}.{}", size_bytes / 1000, fraction);
}

}  // namespace

std::string PeepReport::error_text() const {
  std::string text;
  if (mismatched.empty() && missing.empty() && malformed.empty()) {
    for (const Error& error : failed) text += failure_text(error) + "\n";
    return text;
  }
  text = "\n";
  if (!mismatched.empty()) {
    text += kMismatchedHead;
    for (const Mismatched& item : mismatched) text += mismatched_entry(item);
    text += "\n";
  }
  if (!missing.empty()) {
    text += kMissingHead;
    for (const Missing& item : missing) text += fmt::format("# sha256: {}\n{}\n\n", item.got, item.requirement);
  }
  if (!malformed.empty()) {
    text += kMalformedHead;
    for (const std::string& url : malformed) text += fmt::format("* Unable to determine package name from URL {}; add #egg=\n", url);
  }
  if (!failed.empty()) {
    text += kFailedHead;
    for (const Error& error : failed) text += fmt::format("* {}\n", failure_text(error));
  }
  return text + std::string(kErrorFoot);
}

std::string PeepReport::satisfied_text() const {
  if (satisfied.empty()) return {};
  std::string text(kSatisfiedHead);
  for (const std::string& description : satisfied) text += fmt::format("   {}\n", description);
  return text;
}

Error peep_worded(Error error, std::vector<std::string>& notes) {
  const std::string message = error.message;
  if (error.code == packaging::kInvalidRequirementsOption) {
    const std::size_t says = message.find(": error: ");
    if (says == std::string::npos) return error;
    notes.push_back("Usage: peep [options]");
    note_details(error, notes);
    error.message = "peep" + message.substr(says);
    return error;
  }
  const std::size_t end = end_of_quoted_line(message);
  if (end == std::string::npos) return error;
  constexpr std::string_view kHint = "\nHint: ";
  const std::size_t hint = message.find(kHint, end);
  const std::string reason = message.substr(std::min(end + 2, message.size()), hint - std::min(end + 2, message.size()));
  if (error.details.empty()) error.details = {reason};
  note_details(error, notes);
  error.message = message.substr(0, end) + "\n" + (hint == std::string::npos ? reason.substr(0, reason.find('\n')) : message.substr(hint + kHint.size()));
  return error;
}

std::string peep_safe_name(std::string_view name) {
  std::string safe;
  for (const char c : name) {
    const bool kept = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.';
    if (kept) {
      safe += c;
    } else if (safe.empty() || safe.back() != '-') {
      safe += '-';
    }
  }
  return safe;
}

std::string peep_url(const RequirementLine& line) { return mask_credentials(url_of(line)); }

std::string peep_requirement(const RequirementLine& line) {
  if (!line.requirement) return peep_url(line);
  packaging::Requirement plain = *line.requirement;
  plain.marker.reset();
  plain.url.reset();
  if (plain.extras.empty()) plain.extras = line.extras;
  std::sort(plain.extras.begin(), plain.extras.end());
  return plain.str();
}

std::string peep_description(const RequirementLine& line, std::string_view location) {
  std::string text = peep_requirement(line);
  if (const std::string url = peep_url(line); line.requirement && !url.empty()) text += " from " + url;
  if (!location.empty()) text += fmt::format(" in {}", location);
  if (const std::string origin = origin_text(line); !origin.empty()) text += fmt::format(" (from {})", origin);
  return text;
}

std::string peep_location(const std::string& directory, const std::string& current_directory) {
  if (current_directory.empty() || !directory.starts_with(current_directory + "/")) return directory;
  return "." + directory.substr(current_directory.size());
}

std::string peep_paste_line(const RequirementLine& line, std::string_view version) {
  if (!line.requirement) return peep_url(line);
  const packaging::Requirement& requirement = *line.requirement;
  if (!line.url.empty()) return peep_url(line) + (line.marker ? " ; " + line.marker->str() : "");
  packaging::Requirement pasted;
  pasted.name = requirement.url ? requirement.name : peep_safe_name(requirement.name);
  pasted.extras = requirement.extras;
  pasted.marker = line.marker ? line.marker : requirement.marker;
  std::sort(pasted.extras.begin(), pasted.extras.end());
  if (requirement.url) {
    pasted.url = peep_url(line);
    return pasted.str();
  }
  const packaging::Specifier* pin = requirement.specifiers.pin();
  const std::string clause = pin ? pin->str() : fmt::format("=={}", version);
  if (auto specifiers = packaging::SpecifierSet::parse(clause)) pasted.specifiers = std::move(*specifiers);
  return pasted.str();
}

std::string peep_downloading_line(const RequirementLine& line, std::uint64_t size_bytes) {
  return fmt::format("Downloading {}{}...\n", peep_requirement(line), size_bytes > 1000 ? fmt::format(" ({}K)", kilobytes(size_bytes)) : "");
}

PeepAccepted peep_accepted(const RequirementLine& line) {
  PeepAccepted accepted;
  auto accept = [&](packaging::Hash hash, std::string shown) {
    accepted.hashes.push_back(std::move(hash));
    accepted.shown.push_back(std::move(shown));
  };
  for (const std::string& text : line.peep_hashes) {
    const auto bytes = from_base64url(text);
    const bool usable = bytes && bytes->size() == 32 && text.size() == 43;
    if (!usable) accepted.unusable.push_back(text);
    accept({"sha256", usable ? to_hex(*bytes) : "peep:" + text}, text);
  }
  // Comments that were adopted as hashes stand behind the line's own options.
  const std::size_t options = std::min(line.hashes.size(), line.hashes_as_typed.size());
  for (std::size_t i = 0; i < options; ++i) accept(line.hashes[i], shown_hash(line.hashes[i]));
  if (auto url = Url::parse(url_of(line)))
    if (auto value = url->fragment_value("sha256"); value && value->size() == kHexDigits && is_hex(*value)) {
      packaging::Hash hash{"sha256", ascii_lower(*value)};
      std::string shown = shown_hash(hash);
      accept(std::move(hash), std::move(shown));
    }
  return accepted;
}

std::string peep_digest(const packaging::Hashes& computed) {
  for (const packaging::Hash& hash : computed)
    if (hash.algorithm == "sha256") return shown_hash(hash);
  return {};
}

bool is_commit_archive(std::string_view url) {
  const std::size_t scheme = url.find("://");
  if (scheme == std::string_view::npos) return false;
  const std::string lower = ascii_lower(url.substr(0, scheme));
  if (lower != "http" && lower != "https" && lower != "file") return false;
  std::string_view path = url.substr(0, url.find_first_of("?#")).substr(scheme + 3);
  const std::size_t slash = path.rfind('/');
  if (slash == std::string_view::npos) return false;
  std::string_view name = path.substr(slash + 1);
  for (const std::string_view suffix : {".tar.bz2", ".tar.gz", ".tgz", ".tar", ".zip"}) {
    if (!name.ends_with(suffix)) continue;
    name.remove_suffix(suffix.size());
    return (name.size() == 7 || name.size() == 40) && is_hex(name);
  }
  return false;
}

std::optional<std::string> peep_scheme_problem(const RequirementLine& line) {
  const std::string url = url_of(line);
  const std::string scheme = ascii_lower(std::string_view(url).substr(0, url.find(':')));
  if (url.empty() || scheme == "http" || scheme == "https" || scheme == "file") return std::nullopt;
  return fmt::format("{}: The download link, {}, {}", peep_description(line), peep_url(line), kSchemeProblem);
}

std::string peep_directory_problem(const RequirementLine& line) {
  return fmt::format("{}: {} is a directory. So that it can compute a hash, peep supports only filesystem paths which point to files",
                     peep_description(line), without_fragment(peep_url(line)));
}

}  // namespace pipit::ops
