#include "pipit/packaging/peep.h"

#include <fmt/format.h>

#include <algorithm>

#include "packaging/python_text.h"
#include "pipit/base/text.h"
#include "pipit/packaging/name.h"

namespace pipit::packaging {
namespace {

constexpr std::size_t kDigestSize = 32;
constexpr std::string_view kLead = "sha256:";

// Cuts white space (Unicode's, as peep on Python 3) off the front; says whether there was any.
bool take_space(std::string_view& text) {
  const std::size_t before = text.size();
  text = trim_python_space_left(text);
  return text.size() < before;
}

std::size_t word_length(std::string_view text) {
  std::size_t i = 0;
  while (i < text.size() && python_space_length(text.substr(i)) == 0) ++i;
  return i;
}

// "# sha256: " and what is in front of it; false if the line is something else.
bool take_lead(std::string_view& line) {
  take_space(line);
  if (!line.starts_with('#')) return false;
  line.remove_prefix(1);
  if (!take_space(line) || !line.starts_with(kLead)) return false;
  line.remove_prefix(kLead.size());
  return take_space(line);
}

std::string requirement_text(const RequirementLine& line) {
  if (!line.url.empty()) return line.url;
  if (line.requirement && line.requirement->url) return *line.requirement->url;
  if (!line.requirement) return line.path;
  Requirement plain = *line.requirement;
  plain.marker.reset();
  std::sort(plain.extras.begin(), plain.extras.end());
  return plain.str();
}

// peep drops "-e" here and so do we; the URL stays where peep 3.1.2 would print an index name or `None`.
std::string ported_text(const RequirementLine& line) {
  std::string text = requirement_text(line);
  if (line.requirement && line.requirement->url) text = line.requirement->name + " @ " + text;
  if (line.marker) text += (line.url.empty() && !(line.requirement && line.requirement->url) ? "; " : " ; ") + line.marker->str();
  return text;
}

Result<std::string> port_line(const RequirementLine& line) {
  std::string out = ported_text(line);
  std::vector<Error> problems;
  for (const std::string& hash : line.peep_hashes) {
    auto hex = peep_hash_to_hex(hash);
    if (hex)
      out += " \\\n    --hash=sha256:" + *hex;
    else
      problems.push_back(std::move(hex.error()).at(fmt::format("{}:{}", line.origin.file, line.origin.line)));
  }
  for (const Hash& hash : line.hashes) out += fmt::format(" \\\n    --hash={}:{}", hash.algorithm, hash.hex);
  if (problems.empty()) return out + "\n";
  Error first = std::move(problems.front());
  first.also.assign(std::make_move_iterator(problems.begin() + 1), std::make_move_iterator(problems.end()));
  return fail(std::move(first));
}

}  // namespace

std::optional<std::string> parse_peep_hash_line(std::string_view line) {
  if (!take_lead(line)) return std::nullopt;
  const std::string_view word = line.substr(0, word_length(line));
  if (word.empty()) return std::nullopt;
  const std::string_view rest = trim_python_space_left(line.substr(word.size()));
  if (rest.empty() || rest.starts_with('#')) return std::string(word);
  const std::size_t last = word.rfind('#');
  if (last == std::string_view::npos || last == 0) return std::nullopt;
  return std::string(word.substr(0, last));
}

bool is_near_peep_hash_line(std::string_view line) {
  if (parse_peep_hash_line(line)) return false;
  line = trim_python_space_left(line);
  if (!line.starts_with('#')) return false;
  while (line.starts_with('#')) line.remove_prefix(1);
  line = trim_python_space_left(line);
  if (!ascii_iequals(line.substr(0, 6), "sha256")) return false;
  line = trim_python_space(line.substr(6));
  if (line.starts_with(':') || line.starts_with('=')) line = trim_python_space_left(line.substr(1));
  return word_length(line) >= 32;  // prose about sha256 is no hash
}

std::string peep_hash_line(std::span<const std::uint8_t> sha256) { return "# sha256: " + to_base64url(sha256); }

Result<std::string> peep_hash_to_hex(std::string_view hash) {
  const auto bytes = from_base64url(hash);
  if (bytes && bytes->size() == kDigestSize) return to_hex(*bytes);
  return fail(make_error(kInvalidPeepHash, fmt::format("`{}` is not a peep hash", escape_for_terminal(hash)))
                  .hint("a peep hash is the 43 characters that `peep hash` prints"));
}

Result<std::string> peep_port(std::span<const RequirementLine> lines) {
  std::string out, file;
  std::optional<Error> first;
  for (const RequirementLine& line : lines) {
    if (line.constraint) continue;
    const std::string& shown = line.origin.peep_file.empty() ? line.origin.file : line.origin.peep_file;
    if (shown != file || out.empty()) out += "\n# from " + shown + "\n\n";
    file = shown;
    auto text = port_line(line);
    if (text) {
      out += *text;
    } else if (!first) {
      first = std::move(text.error());
    } else {
      std::vector<Error> further = std::exchange(text.error().also, {});
      first->also.push_back(std::move(text.error()));
      std::move(further.begin(), further.end(), std::back_inserter(first->also));
    }
  }
  if (first) return fail(std::move(*first));
  return out;
}

}  // namespace pipit::packaging
