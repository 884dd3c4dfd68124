#include "packaging/lost_words.h"

#include <algorithm>
#include <initializer_list>

namespace pipit::packaging {
namespace {

// The option of "--index-url URL" as parse_line_options() notes it.
std::string_view option_name(std::string_view seen) { return seen.substr(0, seen.find(' ')); }
bool is_one_of(std::string_view name, std::initializer_list<std::string_view> names) {
  return std::find(names.begin(), names.end(), name) != names.end();
}
// Options that change the run wherever they stand, also behind a requirement.
bool shapes_sets(std::string_view seen) {
  return is_one_of(option_name(seen), {"--no-binary", "--only-binary", "--all-releases", "--only-final"});
}
bool includes_requirements(std::string_view seen) { return is_one_of(option_name(seen), {"-r", "--requirement"}); }
bool includes_constraints(std::string_view seen) { return is_one_of(option_name(seen), {"-c", "--constraint"}); }
bool names_links(std::string_view seen) { return is_one_of(option_name(seen), {"-f", "--find-links"}); }

}  // namespace

bool names_source(std::string_view seen) {
  return names_links(seen) || is_one_of(option_name(seen), {"-i", "--index-url", "--pypi-url", "--extra-index-url", "--trusted-host"});
}

// Only the first -r counts (else the first -c), and then nothing else on the line; else the first -f and the rest.
std::vector<std::string> words_lost_by_option_line(const LineOptions& options) {
  std::vector<std::string> lost = options.words;
  const bool with_requirements = !options.requirements.empty();
  const bool includes = with_requirements || !options.constraints.empty();
  bool include_seen = false, links_seen = false;
  for (const std::string& seen : options.seen) {
    const bool counts_as_include = with_requirements ? includes_requirements(seen) : includes_constraints(seen);
    const bool kept = shapes_sets(seen) || (includes ? counts_as_include && !include_seen : !names_links(seen) || !links_seen);
    if (!kept) lost.push_back(seen);
    include_seen = include_seen || counts_as_include;
    links_seen = links_seen || names_links(seen);
  }
  return lost;
}

std::vector<std::string> words_lost_by_requirement(const LineOptions& options, bool editable, const std::string& text) {
  std::vector<std::string> lost = options.words;
  bool own_editable = false;
  for (const std::string& seen : options.seen) {
    const bool is_own = editable && !own_editable && (seen == "-e " + text || seen == "--editable " + text);
    own_editable = own_editable || is_own;
    if (!is_own && !shapes_sets(seen)) lost.push_back(seen);
  }
  for (std::size_t i = 0; editable && i < options.hashes.size(); ++i)
    lost.push_back("--hash=" + options.hashes[i].algorithm + ":" + options.hashes_as_typed[i]);
  return lost;
}

}  // namespace pipit::packaging
