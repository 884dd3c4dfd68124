#include "packaging/requirements_options.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "packaging/python_text.h"
#include "pipit/base/text.h"
#include "pipit/packaging/name.h"

namespace pipit::packaging {
namespace {

enum class Option {
  index_url, extra_index_url, no_index, constraint, requirement, editable, find_links, no_binary, only_binary, prefer_binary,
  require_hashes, no_require_hashes, pre, all_releases, only_final, trusted_host, use_feature, hash, config_settings
};

struct LongOption {
  std::string_view name;
  Option option;
  bool takes_value;
};
constexpr std::array kLongOptions{
    LongOption{"--all-releases", Option::all_releases, true},
    LongOption{"--config-settings", Option::config_settings, true},
    LongOption{"--constraint", Option::constraint, true},
    LongOption{"--editable", Option::editable, true},
    LongOption{"--extra-index-url", Option::extra_index_url, true},
    LongOption{"--find-links", Option::find_links, true},
    LongOption{"--hash", Option::hash, true},
    LongOption{"--index-url", Option::index_url, true},
    LongOption{"--no-binary", Option::no_binary, true},
    LongOption{"--no-index", Option::no_index, false},
    LongOption{"--no-require-hashes", Option::no_require_hashes, false},
    LongOption{"--only-binary", Option::only_binary, true},
    LongOption{"--only-final", Option::only_final, true},
    LongOption{"--pre", Option::pre, false},
    LongOption{"--prefer-binary", Option::prefer_binary, false},
    LongOption{"--pypi-url", Option::index_url, true},
    LongOption{"--require-hashes", Option::require_hashes, false},
    LongOption{"--requirement", Option::requirement, true},
    LongOption{"--trusted-host", Option::trusted_host, true},
    LongOption{"--use-feature", Option::use_feature, true},
};
struct ShortOption {
  char letter;
  Option option;
};
constexpr std::array kShortOptions{ShortOption{'i', Option::index_url},  ShortOption{'c', Option::constraint},
                                   ShortOption{'r', Option::requirement}, ShortOption{'e', Option::editable},
                                   ShortOption{'f', Option::find_links}, ShortOption{'C', Option::config_settings}};

constexpr std::array<std::string_view, 6> kFeatures{"fast-deps",  "inprocess-build-deps",         "venv-isolation",
                                                    "truststore", "no-binary-enable-wheel-cache", "build-constraint"};
constexpr std::array<std::string_view, 3> kStrongHashes{"sha256", "sha384", "sha512"};

class OptionParser {
 public:
  OptionParser(std::vector<std::string> words, std::string_view program, NameSets& sets, LineOptions& out)
      : words_(std::move(words)), program_(program), sets_(sets), out_(out) {}

  std::optional<OptionFailure> parse() {
    while (next_ < words_.size()) {
      const std::string word = words_[next_++];
      if (word == "--") break;
      if (word.starts_with("--")) {
        if (auto failure = parse_long(word)) return failure;
      } else if (word.size() > 1 && word[0] == '-') {
        if (auto failure = parse_cluster(word)) return failure;
      } else {
        out_.words.push_back(word);
      }
    }
    for (; next_ < words_.size(); ++next_) out_.words.push_back(words_[next_]);
    return std::nullopt;
  }

 private:
  OptionFailure usage_error(std::string_view why, std::string_view culprit, std::string hint = {}) const {
    return {fmt::format("{}: error: {}\n", program_, why), std::string(culprit), std::move(hint)};
  }

  std::optional<OptionFailure> parse_long(const std::string& word) {
    const std::size_t equals = word.find('=');
    const std::string_view typed = std::string_view(word).substr(0, equals);
    std::vector<const LongOption*> matches;
    for (const LongOption& option : kLongOptions) {
      if (option.name == typed) {
        matches = {&option};
        break;
      }
      if (option.name.starts_with(typed)) matches.push_back(&option);
    }
    if (matches.empty()) return unknown(typed);
    if (matches.size() > 1) return ambiguous(typed, matches);
    const LongOption& option = *matches.front();
    const bool attached = equals != std::string::npos;
    if (!option.takes_value) {
      if (attached) return usage_error(fmt::format("{} option does not take a value", option.name), word);
      return apply(option.option, option.name, {});
    }
    if (attached) return apply(option.option, option.name, word.substr(equals + 1));
    return apply_next(option.option, option.name, word);
  }

  // "-rfile", "-r file"; every letter takes a value here, so the first one ends the cluster.
  std::optional<OptionFailure> parse_cluster(const std::string& word) {
    const std::string_view typed = std::string_view(word).substr(0, 2);
    const auto found = std::find_if(kShortOptions.begin(), kShortOptions.end(), [&](ShortOption o) { return o.letter == word[1]; });
    if (found == kShortOptions.end()) return unknown(first_character(word));
    if (word.size() > 2) return apply(found->option, typed, word.substr(2));
    return apply_next(found->option, typed, word);
  }

  // "-" and one character, which may be several bytes.
  static std::string_view first_character(std::string_view word) {
    std::size_t end = 2;
    while (end < word.size() && (static_cast<unsigned char>(word[end]) & 0xC0) == 0x80) ++end;
    return word.substr(0, end);
  }

  std::optional<OptionFailure> apply_next(Option option, std::string_view name, const std::string& word) {
    if (next_ == words_.size()) return usage_error(fmt::format("{} option requires 1 argument", name), word);
    return apply(option, name, words_[next_++]);
  }

  std::optional<OptionFailure> unknown(std::string_view typed) const {
    std::vector<std::string> names;
    for (const LongOption& option : kLongOptions) names.emplace_back(option.name);
    const auto near = nearest_word(typed, names);
    return usage_error(fmt::format("no such option: {}", typed), typed,
                       near ? fmt::format("did you mean `{}`?", *near)
                            : std::string("requirements files take only some of pip's options; give this one on the command line"));
  }

  std::optional<OptionFailure> ambiguous(std::string_view typed, const std::vector<const LongOption*>& matches) const {
    std::string names;
    for (const LongOption* match : matches) names += (names.empty() ? "" : ", ") + std::string(match->name);
    return usage_error(fmt::format("ambiguous option: {} ({}?)", typed, names), typed, "write the option in full");
  }

  std::optional<OptionFailure> apply(Option option, std::string_view name, const std::string& value) {
    if (option != Option::hash && option != Option::config_settings) out_.seen.push_back(value.empty() ? std::string(name) : fmt::format("{} {}", name, value));
    switch (option) {
      case Option::index_url: out_.index_url = value; break;
      case Option::extra_index_url: out_.extra_index_urls.push_back(value); break;
      case Option::no_index: out_.no_index = true; break;
      case Option::constraint: out_.constraints.push_back(value); break;
      case Option::requirement: out_.requirements.push_back(value); break;
      case Option::editable: out_.editables.push_back(value); break;
      case Option::find_links: out_.find_links.push_back(value); break;
      case Option::prefer_binary: out_.prefer_binary = true; break;
      case Option::require_hashes: out_.require_hashes = true; break;
      case Option::no_require_hashes: out_.no_require_hashes = true; break;
      case Option::pre: out_.pre = true; break;
      case Option::trusted_host: out_.trusted_hosts.push_back(value); break;
      case Option::no_binary: return apply_sets(value, sets_.no_binary, sets_.only_binary, "--no-binary / --only-binary");
      case Option::only_binary: return apply_sets(value, sets_.only_binary, sets_.no_binary, "--no-binary / --only-binary");
      case Option::all_releases: return apply_sets(value, sets_.all_releases, sets_.only_final, "--all-releases / --only-final");
      case Option::only_final: return apply_sets(value, sets_.only_final, sets_.all_releases, "--all-releases / --only-final");
      case Option::use_feature: return apply_feature(value, name);
      case Option::hash: return apply_hash(value, name);
      case Option::config_settings: return apply_setting(value, name);
    }
    return std::nullopt;
  }

  static std::optional<OptionFailure> apply_sets(const std::string& value, std::set<std::string>& target, std::set<std::string>& other,
                                                 std::string_view names) {
    if (apply_names(value, target, other)) return std::nullopt;
    return OptionFailure{fmt::format("{} option requires 1 argument.", names), value, {}, true};
  }

  std::optional<OptionFailure> apply_feature(const std::string& value, std::string_view name) {
    if (std::find(kFeatures.begin(), kFeatures.end(), value) == kFeatures.end()) {
      std::string choices;
      for (const std::string_view feature : kFeatures) choices += (choices.empty() ? "'" : ", '") + std::string(feature) + "'";
      return usage_error(fmt::format("option {}: invalid choice: {} (choose from {})", name, python_repr(value), choices), value);
    }
    out_.use_features.push_back(value);
    return std::nullopt;
  }

  std::optional<OptionFailure> apply_hash(const std::string& value, std::string_view name) {
    const std::size_t colon = value.find(':');
    if (colon == std::string::npos) {
      return usage_error(fmt::format("Arguments to {} must be a hash name followed by a value, like --hash=sha256:abcde...", name), value);
    }
    const std::string algorithm = value.substr(0, colon);
    if (std::find(kStrongHashes.begin(), kStrongHashes.end(), algorithm) == kStrongHashes.end())
      return usage_error(fmt::format("Allowed hash algorithms for {} are sha256, sha384, sha512.", name), value);
    out_.hashes.push_back({algorithm, ascii_lower(std::string_view(value).substr(colon + 1))});
    out_.hashes_as_typed.push_back(value.substr(colon + 1));
    return std::nullopt;
  }

  std::optional<OptionFailure> apply_setting(const std::string& value, std::string_view name) {
    const std::size_t equals = value.find('=');
    if (equals == std::string::npos) return usage_error(fmt::format("Arguments to {} must be of the form KEY=VAL", name), value);
    out_.config_settings[value.substr(0, equals)].push_back(value.substr(equals + 1));
    return std::nullopt;
  }

  std::vector<std::string> words_;
  std::size_t next_ = 0;
  std::string_view program_;
  NameSets& sets_;
  LineOptions& out_;
};

}  // namespace

BrokenLine break_line(std::string_view line) {
  if (line.starts_with('-')) return {{}, line};
  const std::size_t at = line.find(" -");
  if (at == std::string_view::npos) return {line, {}};
  return {line.substr(0, at), line.substr(at + 1)};
}

std::optional<std::vector<std::string>> shell_words(std::string_view text) {
  std::vector<std::string> words;
  std::string word;
  bool in_word = false;
  char quote = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    const bool escapes = c == '\\' && quote != '\'';
    if (quote != 0 && c == quote) {
      quote = 0;
    } else if (escapes) {
      if (++i == text.size()) return std::nullopt;
      if (quote == '"' && text[i] != '"' && text[i] != '\\') word += '\\';
      word += text[i];
      in_word = true;
    } else if (quote == 0 && (c == '"' || c == '\'')) {
      quote = c;
      in_word = true;
    } else if (quote == 0 && (c == ' ' || c == '\t' || c == '\r' || c == '\n')) {
      if (in_word) words.push_back(std::exchange(word, {}));
      in_word = false;
    } else {
      word += c;
      in_word = true;
    }
  }
  if (quote != 0) return std::nullopt;
  if (in_word) words.push_back(std::move(word));
  return words;
}

bool apply_names(std::string_view value, std::set<std::string>& target, std::set<std::string>& other) {
  if (value.starts_with('-')) return false;
  const std::vector<std::string_view> names = split(value, ',');
  const auto position_of_last = [&](std::string_view word) {
    const auto found = std::find(names.rbegin(), names.rend(), word);
    return found == names.rend() ? -1 : static_cast<std::ptrdiff_t>(names.size()) - 1 - (found - names.rbegin());
  };
  // ":all:" covers what stands before it and, unless a ":none:" follows, also what stands behind it.
  const std::ptrdiff_t all = position_of_last(":all:");
  if (all >= 0) {
    other.clear();
    target = {":all:"};
    if (position_of_last(":none:") < all) return true;
  }
  for (auto name = names.begin() + all + 1; name != names.end(); ++name) {
    if (*name == ":none:") {
      target.clear();
      continue;
    }
    const std::string normal = normalize_name(*name);
    other.erase(normal);
    target.insert(normal);
  }
  return true;
}

std::optional<OptionFailure> parse_line_options(std::string_view text, std::string_view program, NameSets& sets, LineOptions& out) {
  if (text.empty()) return std::nullopt;
  auto words = shell_words(text);
  if (!words) return OptionFailure{fmt::format("Could not split options: {}", text), std::string(text), "close the quotation, or put a word behind the backslash"};
  return OptionParser(std::move(*words), program, sets, out).parse();
}

}  // namespace pipit::packaging
