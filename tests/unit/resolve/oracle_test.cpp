// The solver against brute force: on thousands of small random universes every solution is valid by the rules written down
// here independently, no solvable universe is called unsolvable, and every leaf of a conflict is a true fact whose
// conjunction leaves no way out.
#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <functional>
#include <optional>
#include <random>

#include "unit/resolve/table_provider.h"

using namespace pipit;
using namespace pipit::resolve;
using namespace pipit::resolve::test;
using packaging::Prereleases;
using packaging::Version;

namespace {

struct Universe {
  TableProvider provider;
  SolverOptions options;
};

struct Shape {
  int projects = 5, versions_max = 4, requirements_max = 2, roots_max = 3;
  bool specials = false;  // pre-releases, yanked, unusable, constraints
  bool extras = false;
};

const std::vector<std::string> kPlain = {"1.0", "2.0", "3.0", "4.0", "5.0"};
const std::vector<std::string> kSpecial = {"1.0", "1.5a1", "2.0", "2.0.post1", "2.0+local", "3.0rc1", "3.0", "4.0.dev1"};

template <class T>
const T& any_of(const std::vector<T>& from, std::mt19937& random) {
  return from[random() % from.size()];
}

std::string name_of(std::size_t i) { return std::string(1, static_cast<char>('a' + i)); }

std::string random_requirement(const Shape& shape, std::mt19937& random, std::size_t projects) {
  std::string text = name_of(random() % projects);
  if (shape.extras && random() % 3 == 0) text += random() % 4 == 0 ? "[nope]" : "[e]";
  static const std::vector<std::string> kPlainClauses = {"", "", ">=2.0", "<3.0", "==1.0", "==2.0", "<2.0", ">2.0", "!=3.0", ">=4.0", "<=2.0"};
  static const std::vector<std::string> kSpecialClauses = {"",        ">=2.0",   "<3.0",     "==2.0",    "==1.5a1", ">=1.5a1,<3", ">1.0,<2.0",
                                                           ">2.0,<3", "===2.0",  ">=3.0rc1", "!=2.0",    "<=2.0",   "~=2.0",      "==2.*",
                                                           ">=4.dev1", "==3.0",  ">3.0",     "==2.0+local"};
  return text + any_of(shape.specials ? kSpecialClauses : kPlainClauses, random);
}

Universe random_universe(const Shape& shape, unsigned seed) {
  std::mt19937 random(seed);
  Universe universe;
  const std::size_t projects = 2 + random() % static_cast<unsigned>(shape.projects - 1);
  for (std::size_t i = 0; i < projects; ++i) {
    std::vector<std::string> versions = shape.specials ? kSpecial : kPlain;
    std::ranges::shuffle(versions, random);
    versions.resize(1 + random() % static_cast<unsigned>(shape.versions_max));
    for (const std::string& version : versions) {
      TableRelease release;
      release.version = version;
      for (int r = static_cast<int>(random() % static_cast<unsigned>(shape.requirements_max + 1)); r > 0; --r)
        release.requirements.push_back(random_requirement(shape, random, projects));
      if (shape.extras && random() % 2 == 0) release.extras["e"] = {random_requirement(shape, random, projects)};
      if (shape.specials) {
        release.yanked = random() % 6 == 0;
        if (random() % 10 == 0) release.unavailable = "no wheel fits";
        else if (random() % 12 == 0) release.no_file = "no file fits";
        else if (random() % 12 == 0) release.bad_metadata = "its metadata is broken";
      }
      universe.provider.add(name_of(i), std::move(release));
    }
  }
  for (int r = static_cast<int>(1 + random() % static_cast<unsigned>(shape.roots_max)); r > 0; --r)
    universe.options.roots.push_back(root(random_requirement(shape, random, projects), "in.txt", r));
  if (shape.specials && random() % 4 == 0) {
    packaging::Requirement constraint = parse_requirement(random_requirement({}, random, projects));
    universe.options.constraints.push_back(rule(constraint.str(), "c.txt", 1));
  }
  return universe;
}

// ---- the rules, written down once more ----------------------------------------------------------------------------------

using Assignment = std::map<std::string, const TableRelease*>;

const Version& version(const std::string& text) {
  static std::map<std::string, Version> known;  // brute force asks for few versions, often
  const auto at = known.find(text);
  return at != known.end() ? at->second : known.emplace(text, Version::parse(text).value()).first->second;
}

bool admits(const packaging::Requirement& requirement, const TableRelease& release) {
  return requirement.specifiers.contains(version(release.version), release.version, Prereleases::allow);
}

using InForce = std::map<std::string, std::vector<packaging::Requirement>>;

// What the user and the releases in `speaking` ask for. `met` tells whether `chosen` satisfies it.
InForce in_force(const Universe& universe, const Assignment& chosen, const std::set<std::string>& speaking, bool& met) {
  InForce result;
  std::set<std::pair<std::string, std::string>> seen;
  std::vector<packaging::Requirement> todo;
  met = true;
  for (const Root& wanted : universe.options.roots) todo.push_back(wanted.requirement);
  while (!todo.empty()) {
    const packaging::Requirement requirement = todo.back();
    todo.pop_back();
    result[requirement.name].push_back(requirement);
    const auto at = chosen.find(requirement.name);
    met = met && at != chosen.end() && admits(requirement, *at->second);
    if (at == chosen.end() || !speaking.contains(requirement.name)) continue;
    std::vector<std::string> parts = requirement.extras;
    parts.push_back("");
    for (const std::string& extra : parts) {
      if (!seen.insert({requirement.name, extra}).second) continue;
      if (extra.empty())
        for (const std::string& text : at->second->requirements) todo.push_back(parse_requirement(text));
      else if (at->second->extras.contains(extra))
        for (const std::string& text : at->second->extras.at(extra)) todo.push_back(parse_requirement(text));
    }
  }
  return result;
}

bool is_permitted(const Universe& universe, const std::string& name, const TableRelease& release,
                  std::vector<packaging::Requirement> requirements) {
  for (const Rule& constraint : universe.options.constraints)
    if (constraint.requirement.name == name) requirements.push_back(constraint.requirement);
  bool named = false, pinned = false;
  for (const packaging::Requirement& requirement : requirements) {
    if (!admits(requirement, release)) return false;
    named |= requirement.specifiers.names_prerelease();
    pinned |= requirement.specifiers.pin() != nullptr;
  }
  if (!release.unavailable.empty() || !release.no_file.empty() || !release.bad_metadata.empty()) return false;
  if (release.yanked && !pinned) return false;
  if (!version(release.version).is_prerelease() || named) return true;
  for (const TableRelease& other : universe.provider.projects.at(name)) {
    const bool fits = std::ranges::all_of(requirements, [&](const auto& requirement) { return admits(requirement, other); });
    if (fits && other.unavailable.empty() && !version(other.version).is_prerelease()) return false;
  }
  return true;  // nothing else matches
}

// Permission has to come from somebody: a release is admitted by what the user and releases admitted before it ask for, so
// that two of them cannot permit each other.
bool is_valid(const Universe& universe, const Assignment& chosen) {
  bool met = false;
  std::set<std::string> admitted;
  for (const auto& [name, release] : chosen) admitted.insert(name);
  in_force(universe, chosen, admitted, met);
  if (!met) return false;
  admitted.clear();
  for (bool grew = true; std::exchange(grew, false);) {
    const InForce requirements = in_force(universe, chosen, admitted, met);
    for (const auto& [name, asked] : requirements)
      if (!admitted.contains(name) && is_permitted(universe, name, *chosen.at(name), asked)) grew = admitted.insert(name).second;
  }
  return admitted.size() == chosen.size();
}

void each_assignment(const Universe& universe, const std::function<bool(const Assignment&)>& stop) {
  std::vector<std::pair<std::string, const std::vector<TableRelease>*>> projects;
  for (const auto& [name, releases] : universe.provider.projects) projects.emplace_back(name, &releases);
  std::vector<std::size_t> counter(projects.size(), 0);  // 0: absent
  while (true) {
    Assignment chosen;
    for (std::size_t i = 0; i < projects.size(); ++i)
      if (counter[i] > 0) chosen[projects[i].first] = &(*projects[i].second)[counter[i] - 1];
    if (stop(chosen)) return;
    std::size_t i = 0;
    while (i < counter.size() && counter[i] == projects[i].second->size()) counter[i++] = 0;
    if (i == counter.size()) return;
    ++counter[i];
  }
}

std::optional<Assignment> brute_force(const Universe& universe) {
  std::optional<Assignment> found;
  each_assignment(universe, [&](const Assignment& chosen) {
    if (is_valid(universe, chosen)) found = chosen;
    return found.has_value();
  });
  return found;
}

// ---- the leaves of a conflict ------------------------------------------------------------------------------------------

const TableRelease* release_of(const Universe& universe, const std::string& project, const Version& wanted) {
  for (const TableRelease& release : universe.provider.projects.at(project))
    if (version(release.version) == wanted) return &release;
  return nullptr;
}

bool needs(const TableRelease& release, const std::string& extra, const std::string& text) {
  std::vector<std::string> texts = release.requirements;
  if (!extra.empty() && release.extras.contains(extra)) texts.insert(texts.end(), release.extras.at(extra).begin(), release.extras.at(extra).end());
  return std::ranges::any_of(texts, [&](const std::string& written) { return parse_requirement(written).str() == text; });
}

bool is_true(const Universe& universe, const Derivation& leaf) {
  const auto each_claimed = [&](std::size_t claim, const auto& holds) {
    const std::string name = leaf.claims[claim].project.substr(0, leaf.claims[claim].project.find('['));
    if (leaf.claims[claim].versions.empty()) return false;
    return std::ranges::all_of(leaf.claims[claim].versions, [&](const Version& claimed) {
      const TableRelease* release = release_of(universe, name, claimed);
      return release != nullptr && holds(*release);
    });
  };
  const auto extra_of = [&](std::size_t claim) {
    const std::string& name = leaf.claims[claim].project;
    const std::size_t open = name.find('[');
    return open == std::string::npos ? std::string() : name.substr(open + 1, name.size() - open - 2);
  };
  switch (leaf.kind) {
    case FactKind::user_requires:
      return std::ranges::any_of(universe.options.roots, [&](const Root& wanted) {
        return wanted.text == leaf.requirement_text && wanted.origin.line == leaf.origin.line;
      });
    case FactKind::constraint:
      return std::ranges::any_of(universe.options.constraints, [&](const Rule& wanted) { return wanted.text == leaf.requirement_text; });
    case FactKind::depends:
      return each_claimed(0, [&](const TableRelease& release) { return needs(release, extra_of(0), leaf.requirement_text); });
    case FactKind::no_versions: {
      const auto at = universe.provider.projects.find(leaf.requirement.name);
      const bool nothing = at == universe.provider.projects.end() ||
                           std::ranges::none_of(at->second, [&](const TableRelease& release) { return admits(leaf.requirement, release); });
      if (leaf.claims.empty()) return nothing;
      return nothing && each_claimed(0, [&](const TableRelease& release) { return needs(release, extra_of(0), leaf.requirement_text); });
    }
    case FactKind::unavailable:
      return each_claimed(0, [&](const TableRelease& release) {
        return release.unavailable == leaf.reason || release.no_file == leaf.reason || release.bad_metadata == leaf.reason;
      });
    case FactKind::prerelease: return each_claimed(0, [](const TableRelease& release) { return version(release.version).is_prerelease(); });
    case FactKind::yanked: return each_claimed(0, [](const TableRelease& release) { return release.yanked; });
    case FactKind::other_source: return true;
    case FactKind::same_project:
    case FactKind::derived: return true;
  }
  return false;
}

// Do the leaves alone rule out every assignment? (Universes without extras.)
bool leaves_suffice(const Universe& universe, const Conflict& conflict) {
  bool escape = false;
  const auto claims_it = [](const Derivation& leaf, const Assignment& chosen) {
    const auto at = chosen.find(leaf.claims.front().project);
    return at != chosen.end() && std::ranges::find(leaf.claims.front().versions, version(at->second->version)) != leaf.claims.front().versions.end();
  };
  const auto excluded_by = [&](const Derivation& leaf, const Assignment& chosen) {
    const auto met = [&] {
      const auto at = chosen.find(leaf.requirement.name);
      return at != chosen.end() && admits(leaf.requirement, *at->second);
    };
    switch (leaf.kind) {
      case FactKind::user_requires: return !met();
      case FactKind::constraint: return chosen.contains(leaf.requirement.name) && !met();
      case FactKind::depends: return claims_it(leaf, chosen) && !met();
      case FactKind::no_versions: return leaf.claims.empty() || claims_it(leaf, chosen);
      case FactKind::unavailable:
      case FactKind::prerelease:
      case FactKind::yanked: return claims_it(leaf, chosen);
      default: return false;
    }
  };
  each_assignment(universe, [&](const Assignment& chosen) {
    escape = std::ranges::none_of(conflict.nodes, [&](const Derivation& leaf) { return excluded_by(leaf, chosen); });
    return escape;
  });
  return !escape;
}

std::string written(const Universe& universe) {
  std::string text;
  for (const Root& wanted : universe.options.roots) text += "root " + wanted.text + "\n";
  for (const Rule& wanted : universe.options.constraints) text += "constraint " + wanted.text + "\n";
  for (const auto& [name, releases] : universe.provider.projects)
    for (const TableRelease& release : releases) {
      text += name + " " + release.version + (release.yanked ? " (yanked)" : "") + release.unavailable + release.no_file + release.bad_metadata + ":";
      for (const std::string& requirement : release.requirements) text += " " + requirement;
      for (const auto& [extra, requirements] : release.extras)
        for (const std::string& requirement : requirements) text += " [" + extra + "]" + requirement;
      text += "\n";
    }
  return text;
}

struct Tally {
  int solved = 0, impossible = 0;
};

void check_universe(Universe& universe, const Shape& shape, Tally& tally) {
  INFO(written(universe));
  Diagnostics diagnostics;
  const Result<Outcome> outcome = solve(universe.options, universe.provider, diagnostics);
  REQUIRE(outcome.has_value());
  if (const auto* solution = std::get_if<Solution>(&*outcome)) {
    ++tally.solved;
    Assignment chosen;
    for (const model::Resolved& project : solution->resolution.projects)
      chosen[project.candidate.name] = release_of(universe, project.candidate.name, project.candidate.version);
    INFO(summary(outcome));
    REQUIRE(is_valid(universe, chosen));
    return;
  }
  REQUIRE(std::holds_alternative<Conflict>(*outcome));
  ++tally.impossible;
  const Conflict& conflict = std::get<Conflict>(*outcome);
  const std::optional<Assignment> missed = brute_force(universe);
  std::string missed_text;
  if (missed)
    for (const auto& [name, release] : *missed) missed_text += name + " " + release->version + ", ";
  std::string explained;
  for (const std::string& line : conflict.explain()) explained += line + "\n";
  INFO("missed: " << missed_text << "\n" << explained);
  REQUIRE_FALSE(missed.has_value());
  for (const Derivation& node : conflict.nodes) {
    INFO(static_cast<int>(node.kind) << " " << node.requirement_text << (node.claims.empty() ? "" : " of " + node.claims.front().text));
    REQUIRE(is_true(universe, node));
  }
  if (!shape.extras) REQUIRE(leaves_suffice(universe, conflict));
}

Tally check_many(const Shape& shape, unsigned first_seed, unsigned count) {
  Tally tally;
  for (unsigned seed = first_seed; seed < first_seed + count; ++seed) {
    INFO("seed " << seed);
    Universe universe = random_universe(shape, seed);
    check_universe(universe, shape, tally);
  }
  return tally;
}

}  // namespace

TEST_CASE("on random plain universes every solution is valid, none is missed, and every leaf of a conflict is true", "[resolve][property]") {
  const Tally tally = check_many({5, 4, 2, 3, false, false}, 1, 1500);
  CHECK(tally.solved > 200);
  CHECK(tally.impossible > 200);
}

TEST_CASE("the same with dense requirements, so that backjumping has work", "[resolve][property]") {
  const Tally tally = check_many({5, 4, 4, 2, false, false}, 10'000, 700);
  CHECK(tally.solved > 50);
  CHECK(tally.impossible > 50);
}

TEST_CASE("the same with pre-releases, yanked and unusable releases, locals, post-releases and constraints", "[resolve][property]") {
  const Tally tally = check_many({4, 5, 2, 3, true, false}, 20'000, 1500);
  CHECK(tally.solved > 100);
  CHECK(tally.impossible > 200);
}

TEST_CASE("the same with extras, unknown ones included", "[resolve][property]") {
  Tally tally = check_many({4, 4, 2, 3, false, true}, 30'000, 700);
  CHECK(tally.solved > 100);
  CHECK(tally.impossible > 100);
  tally = check_many({4, 4, 2, 2, true, true}, 40'000, 700);
  CHECK(tally.solved > 50);
}

TEST_CASE("a single root gets the newest version that any solution has", "[resolve][property]") {
  int compared = 0;
  for (unsigned seed = 1; seed <= 600; ++seed) {
    Universe universe = random_universe({4, 4, 2, 1, false, false}, seed);
    INFO("seed " << seed << "\n" << written(universe));
    std::optional<Version> best;
    const std::string name = universe.options.roots.front().requirement.name;
    each_assignment(universe, [&](const Assignment& chosen) {
      if (is_valid(universe, chosen) && (!best || version(chosen.at(name)->version) > *best)) best = version(chosen.at(name)->version);
      return false;
    });
    Diagnostics diagnostics;
    const Outcome outcome = solve(universe.options, universe.provider, diagnostics).value();
    REQUIRE(std::holds_alternative<Solution>(outcome) == best.has_value());
    if (!best) continue;
    ++compared;
    CHECK(std::get<Solution>(outcome).resolution.find(name)->candidate.version == *best);
  }
  CHECK(compared > 200);
}

TEST_CASE("the same universe gives the same answer and the same questions", "[resolve][property]") {
  for (unsigned seed = 1; seed <= 100; ++seed) {
    Universe one = random_universe({5, 5, 3, 3, true, true}, seed), two = random_universe({5, 5, 3, 3, true, true}, seed);
    CHECK(solved(one.options, one.provider) == solved(two.options, two.provider));
    CHECK(one.provider.questions == two.provider.questions);
    CHECK(one.provider.hints == two.provider.hints);
  }
}

TEST_CASE("no question is asked twice", "[resolve][property]") {
  for (unsigned seed = 1; seed <= 300; ++seed) {
    Universe universe = random_universe({5, 5, 3, 3, true, true}, seed);
    solved(universe.options, universe.provider);
    std::vector<std::string> questions = universe.provider.questions;
    std::ranges::sort(questions);
    CHECK(std::ranges::adjacent_find(questions) == questions.end());
  }
}
