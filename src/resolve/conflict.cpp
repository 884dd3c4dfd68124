#include "pipit/resolve/conflict.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <utility>

#include "pipit/packaging/name.h"

namespace pipit::resolve {

namespace {

std::string enumerated(const std::vector<std::string>& parts) {
  std::string text;
  for (std::size_t i = 0; i < parts.size(); ++i) text += (i == 0 ? "" : i + 1 == parts.size() ? " and " : ", ") + parts[i];
  return text;
}

std::string place(const packaging::Origin& origin) {
  return origin.file.empty() ? "the command line" : origin.file + ":" + std::to_string(origin.line);
}

std::string without_extra(const std::string& name) { return name.substr(0, name.find('[')); }

// "it needs Python >=3.12" of several: "they need Python >=3.12".
std::string plural_of(const std::string& reason) {
  constexpr std::pair<std::string_view, std::string_view> kForms[] = {{"it needs ", "they need "}, {"it has ", "they have "}, {"it was ", "they were "},
                                                                      {"it is ", "they are "},     {"its ", "their "},        {"none of its ", "none of their "}};
  for (const auto& [one, many] : kForms)
    if (reason.starts_with(one)) return std::string(many) + reason.substr(one.size());
  return reason;
}

// One numbered sentence. `source` and `target` are the projects it leads from and to.
struct Sentence {
  FactKind kind = FactKind::derived;
  std::string source, target;  // source empty: the user
  std::string text;
  std::size_t number = 0;
  bool told = false;
};

class Explanation {
 public:
  explicit Explanation(const Conflict& conflict) : conflict_(conflict) {
    for (const Derivation& node : conflict.nodes) add(node);
    for (const auto& [key, group] : groups_) sentences_[group.at].text = group_text(group);
  }

  std::vector<std::string> lines() {
    for (std::size_t i = 0; i < sentences_.size(); ++i)
      if (sentences_[i].source.empty() && sentences_[i].kind != FactKind::constraint) tell(i);
    for (std::size_t i = 0; i < sentences_.size(); ++i) tell(i);
    number();
    if (const std::string words = conclusion(); !words.empty()) lines_.push_back(std::to_string(lines_.size() + 1) + ". " + words);
    return std::move(lines_);
  }

 private:
  // Demands of one project on another: one sentence, however many releases and spellings there are.
  struct Group {
    std::size_t at = 0;
    std::string source, target;
    std::vector<std::string> releases, requirements;
    std::vector<bool> plural;
  };

  static bool is_plural(const Claim& claim) { return claim.versions.size() != 1; }

  void add(const Derivation& node) {
    Sentence sentence;
    sentence.kind = node.kind;
    switch (node.kind) {
      case FactKind::derived:
      case FactKind::same_project: return;
      case FactKind::user_requires:
      case FactKind::constraint:
        sentence.target = node.requirement.normalized_name();
        sentence.text = place(node.origin) + (node.kind == FactKind::constraint ? " allows only " : " asks for ") + node.requirement_text;
        break;
      case FactKind::no_versions: {
        sentence.target = node.requirement.normalized_name();
        std::string who = place(node.origin) + " asks for ";
        if (!node.claims.empty()) {
          sentence.source = without_extra(node.claims.front().project);
          who = node.claims.front().text + (is_plural(node.claims.front()) ? " need " : " needs ");
        }
        sentence.text = who + node.requirement_text + ", but no version of " + sentence.target + " matches: " + node.reason;
        break;
      }
      case FactKind::depends: add_to_group(node); return;
      default: add_restriction(node, sentence); return;
    }
    push(std::move(sentence));
  }

  void push(Sentence sentence) {
    const auto same = [&](const Sentence& other) { return other.text == sentence.text; };
    if (std::ranges::none_of(sentences_, same)) sentences_.push_back(std::move(sentence));
  }

  void add_to_group(const Derivation& node) {
    const Claim& source = node.claims.front();
    const auto [at, is_new] = groups_.try_emplace({source.project, node.requirement.normalized_name()});
    Group& group = at->second;
    if (is_new) {
      group.at = sentences_.size();
      group.source = source.project;
      group.target = node.requirement.normalized_name();
      sentences_.push_back({FactKind::depends, without_extra(source.project), node.requirement.normalized_name(), "", 0, false});
    }
    // The same release may be named twice, for name[extra] and for name.
    for (std::size_t i = 0; i < group.releases.size(); ++i)
      if (group.releases[i] == source.text && group.requirements[i] == node.requirement_text) return;
    group.releases.push_back(source.text);
    group.requirements.push_back(node.requirement_text);
    group.plural.push_back(is_plural(source));
  }

  static std::string group_text(const Group& group) {
    constexpr std::size_t kShownMax = 3;
    if (group.releases.size() > kShownMax)
      return std::to_string(group.releases.size()) + " groups of versions of " + group.source + " need " + group.target + ", from " +
             group.requirements.front() + " (" + group.releases.front() + ") to " + group.requirements.back() + " (" + group.releases.back() + ")";
    std::vector<std::string> parts;
    for (std::size_t i = 0; i < group.releases.size(); ++i)
      parts.push_back(group.releases[i] + (group.plural[i] ? " need " : " needs ") + group.requirements[i]);
    return enumerated(parts);
  }

  void add_restriction(const Derivation& node, Sentence& sentence) {
    const Claim& claim = node.claims.front();
    sentence.source = sentence.target = without_extra(claim.project);
    const bool many = is_plural(claim);
    if (node.kind == FactKind::unavailable) sentence.text = claim.text + " cannot be used: " + (many ? plural_of(node.reason) : node.reason);
    else if (node.kind == FactKind::prerelease)
      sentence.text = claim.text + (many ? " are pre-releases, which nothing asks for" : " is a pre-release, which nothing asks for");
    else if (node.kind == FactKind::yanked)
      sentence.text = claim.text + (many ? " were yanked, and nothing pins one of them with ==" : " was yanked, and nothing pins it with ==");
    else sentence.text = claim.text + (many ? " come" : " comes") + " from another URL than the one asked for";
    push(std::move(sentence));
  }

  // A sentence, then what follows from its target, so that the text reads from the user's line downwards.
  void tell(std::size_t first) {
    std::vector<std::size_t> todo{first};
    while (!todo.empty()) {
      const std::size_t i = todo.back();
      todo.pop_back();
      Sentence& sentence = sentences_[i];
      if (std::exchange(sentence.told, true)) continue;
      order_.push_back(i);
      if (sentence.kind == FactKind::constraint || sentence.source == sentence.target) continue;
      for (std::size_t next = sentences_.size(); next-- > 0;)
        if (!sentences_[next].told && !sentences_[next].source.empty() && sentences_[next].source == sentence.target) todo.push_back(next);
    }
  }

  // A long story gets shorter: links of a chain that nothing else touches share a line.
  void number() {
    constexpr std::size_t kPlainMax = 9, kLinksMax = 4;
    std::size_t links = 0;
    for (std::size_t i = 0; i < order_.size(); ++i) {
      Sentence& sentence = sentences_[order_[i]];
      const bool goes_on = i > 0 && order_.size() > kPlainMax && links < kLinksMax && continues(sentences_[order_[i - 1]], sentence);
      if (goes_on) {
        lines_.back() += "; " + sentence.text;
        ++links;
      } else {
        lines_.push_back(std::to_string(lines_.size() + 1) + ". " + sentence.text);
        links = 1;
      }
      sentence.number = lines_.size();
    }
  }

  bool continues(const Sentence& before, const Sentence& sentence) const {
    if (before.kind != FactKind::depends || sentence.kind != FactKind::depends || before.target != sentence.source) return false;
    return std::ranges::count(sentences_, before.target, &Sentence::target) == 1;
  }

  std::string numbers_about(const std::string& project) const {
    std::vector<std::size_t> numbers;
    for (const Sentence& sentence : sentences_)
      if (sentence.target == project) numbers.push_back(sentence.number);
    std::ranges::sort(numbers);
    numbers.erase(std::unique(numbers.begin(), numbers.end()), numbers.end());
    std::vector<std::string> texts;
    for (const std::size_t number : numbers) texts.push_back(std::to_string(number));
    return enumerated(texts);
  }

  std::string conclusion() const {
    std::vector<std::string> clauses;
    const auto says_all = [](const Sentence& sentence) { return sentence.kind == FactKind::no_versions; };
    if (std::ranges::any_of(sentences_, says_all) && conflict_.clashes.size() == 1) return "";  // the sentence says it already
    for (const std::string& project : conflict_.clashes) {
      const std::string numbers = numbers_about(project);
      clauses.push_back((clauses.empty() ? "no version of " : "none of ") + project + " fits " + numbers);
    }
    if (clauses.empty()) return "so no choice of versions fits all of these together";
    if (clauses.size() == 1) return "so " + clauses.front();
    return "so every choice ends badly: " + enumerated(clauses);
  }

  const Conflict& conflict_;
  std::vector<Sentence> sentences_;
  std::vector<std::size_t> order_;  // in which they are told
  std::map<std::pair<std::string, std::string>, Group> groups_;
  std::vector<std::string> lines_;
};

}  // namespace

std::vector<std::string> Conflict::explain() const { return Explanation(*this).lines(); }

std::string ClassicReport::headline() const {
  const std::string what = triggers.empty() ? "the requested packages" : enumerated(triggers);
  return "Cannot install " + what + " because these package versions have conflicting dependencies.";
}

std::optional<Error> Conflict::python_problem() const {
  std::vector<const Derivation*> refusals;
  for (const Derivation& node : nodes)
    if (node.kind == FactKind::unavailable && !node.refusing_python.empty() && !node.claims.empty()) refusals.push_back(&node);
  if (refusals.empty()) return std::nullopt;
  const std::string& python = refusals.front()->refusing_python;
  if (refusals.size() == 1)
    return make_pip_error(kUnsupportedPython, fmt::format("Package '{}' requires a different Python: {} not in '{}'", refusals[0]->claims[0].project, python,
                                                          refusals[0]->requires_python));
  std::string text = fmt::format("Packages require a different Python. {} not in:", python);
  for (const Derivation* refusal : refusals) text += fmt::format("\n'{}' (required by {})", refusal->requires_python, refusal->claims[0].text);
  return make_pip_error(kUnsupportedPython, std::move(text));
}

Error Conflict::error() const {
  if (auto problem = python_problem()) {
    problem->details = explain();
    return *std::move(problem);
  }
  Error error = make_pip_error(kResolutionImpossible, classic.headline());
  if (classic.not_found) error = make_pip_error(kNoMatchingCandidate, "No matching distribution found for " + classic.not_found->requirement);
  error.details = explain();
  return error;
}

}  // namespace pipit::resolve
