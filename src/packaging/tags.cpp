#include "pipit/packaging/tags.h"

#include <algorithm>
#include <functional>
#include <set>

#include "packaging/python_text.h"
#include "pipit/base/text.h"

namespace pipit::packaging {
namespace {

// Real files carry a dozen; a name made to explode is refused.
constexpr std::size_t kTagsMax = 1000;
constexpr std::size_t kNotFound = static_cast<std::size_t>(-1);

bool is_identifier(std::string_view text) {
  const auto letter = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || static_cast<unsigned char>(c) >= 0x80;
  };
  const auto digit = [](char c) { return c >= '0' && c <= '9'; };
  return !text.empty() && !digit(text.front()) &&
         std::all_of(text.begin(), text.end(), [&](char c) { return letter(c) || digit(c); });
}

std::string normal_platform(std::string_view text) {
  std::string out(text);
  std::replace_if(
      out.begin(), out.end(), [](char c) { return c == '.' || c == '-' || c == ' '; }, '_');
  return out;
}

std::size_t hash_tag(const Tag& tag) {
  const std::hash<std::string_view> hash;
  std::size_t key = hash(tag.platform);
  key = key * 0x9E3779B97F4A7C15ull + hash(tag.abi);
  key = key * 0x9E3779B97F4A7C15ull + hash(tag.interpreter);
  return key ^ key >> 32;
}

std::string nodot(const TagTarget& t, int minor) { return std::to_string(t.python_major) + std::to_string(minor); }
std::string nodot(const TagTarget& t) { return nodot(t, t.python_minor); }

bool has_flag(const TagTarget& target, char flag) { return target.abi_flags.find(flag) != std::string::npos; }

// cp313, cp313t, cp312d + cp312, cp37m: flags in the order of the file names.
std::vector<std::string> cpython_abis(const TagTarget& target) {
  if (!target.abis.empty()) return target.abis;
  const std::string base = "cp" + nodot(target) + (has_flag(target, 't') ? "t" : "");
  const bool debug = has_flag(target, 'd');
  std::vector<std::string> abis{base + (debug ? "d" : "") + (has_flag(target, 'm') ? "m" : "") +
                                (has_flag(target, 'u') ? "u" : "")};
  // Since 3.8 a debug build also loads ordinary extension modules.
  if (debug && std::pair(target.python_major, target.python_minor) >= std::pair(3, 8)) abis.push_back(base);
  return abis;
}

// "cp313t", "cp313td": a "t" among the flags behind the digits.
bool is_free_threaded(const std::vector<std::string>& abis) {
  if (abis.empty() || !abis.front().starts_with("cp")) return false;
  const std::size_t flags = abis.front().find_first_not_of("0123456789", 2);
  return flags != std::string::npos && flags > 2 && abis.front().find('t', flags) != std::string::npos;
}

class TagWriter {
 public:
  explicit TagWriter(std::vector<std::string> platforms) : platforms_(std::move(platforms)) {}
  void add_platforms(const std::string& interpreter, const std::string& abi) {
    for (const std::string& platform : platforms_) add(interpreter, abi, platform);
  }
  void add(const std::string& interpreter, const std::string& abi, const std::string& platform) {
    tags_.push_back({ascii_lower(interpreter), ascii_lower(abi), ascii_lower(platform)});
  }
  std::vector<Tag> take() { return std::move(tags_); }

 private:
  std::vector<std::string> platforms_;
  std::vector<Tag> tags_;
};

void add_cpython_tags(TagWriter& out, const TagTarget& target) {
  const std::string interpreter = "cp" + nodot(target);
  std::vector<std::string> abis = cpython_abis(target);
  const bool free_threaded = is_free_threaded(abis);
  std::erase_if(abis,
                [&](const std::string& abi) { return abi == "abi3" || abi == "none" || (free_threaded && abi == "abi3t"); });
  for (const std::string& abi : abis) out.add_platforms(interpreter, abi);
  const bool stable = std::pair(target.python_major, target.python_minor) >= std::pair(3, 2);
  const std::string stable_abi = free_threaded ? "abi3t" : "abi3";
  if (stable) out.add_platforms(interpreter, stable_abi);
  out.add_platforms(interpreter, "none");
  for (int minor = target.python_minor - 1; stable && minor >= 2; --minor)
    out.add_platforms("cp" + nodot(target, minor), stable_abi);
}

void add_generic_tags(TagWriter& out, const TagTarget& target, const std::string& interpreter) {
  std::vector<std::string> abis = target.abis;
  if (abis.empty() && !target.pypy_abi.empty()) abis.push_back(target.pypy_abi);
  if (std::find(abis.begin(), abis.end(), "none") == abis.end()) abis.push_back("none");
  for (const std::string& abi : abis) out.add_platforms(interpreter, abi);
}

// py3Y first, then py3, then the older minors: the bare major outranks every older minor.
std::vector<std::string> py_interpreters(const TagTarget& target) {
  std::vector<std::string> names{"py" + nodot(target), "py" + std::to_string(target.python_major)};
  for (int minor = target.python_minor - 1; minor >= 0; --minor) names.push_back("py" + nodot(target, minor));
  return names;
}

void add_compatible_tags(TagWriter& out, const TagTarget& target, const std::string& interpreter) {
  const std::vector<std::string> names = py_interpreters(target);
  for (const std::string& name : names) out.add_platforms(name, "none");
  if (!interpreter.empty()) out.add(interpreter, "none", "any");
  for (const std::string& name : names) out.add(name, "none", "any");
}

std::string short_name(const std::string& implementation) {
  if (implementation == "cpython") return "cp";
  if (implementation == "pypy") return "pp";
  if (implementation == "ironpython") return "ip";
  if (implementation == "jython") return "jy";
  return implementation == "python" ? "py" : implementation;
}

}  // namespace

Result<std::vector<Tag>> parse_tag(std::string_view text) {
  const auto invalid = [&](const std::string& why) { return fail(make_error(kInvalidTag, "Tag " + python_repr(text) + why)); };
  const std::vector<std::string_view> components = split(text, '-');
  if (components.size() != 3) return invalid(" must have exactly three components");
  std::vector<std::vector<std::string_view>> sets;
  std::size_t product = 1;
  for (const std::string_view component : components) {
    sets.push_back(split(component, '.'));
    const auto& set = sets.back();
    if (std::find(set.begin(), set.end(), "") != set.end()) return invalid(" has an empty component: " + python_repr(component));
    if (product > kTagsMax || set.size() > kTagsMax) return invalid(" stands for more than 1000 tags");
    product *= set.size();
  }
  if (product > kTagsMax) return invalid(" stands for more than 1000 tags");
  for (const std::string_view interpreter : sets[0]) {
    if (!is_identifier(interpreter)) return invalid(" has an invalid interpreter: " + python_repr(interpreter));
  }
  std::vector<Tag> tags;
  std::set<Tag> seen;
  for (const std::string_view interpreter : sets[0]) {
    for (const std::string_view abi : sets[1]) {
      for (const std::string_view platform : sets[2]) {
        Tag tag{ascii_lower(interpreter), ascii_lower(abi), ascii_lower(platform)};
        if (product == 1 || seen.insert(tag).second) tags.push_back(std::move(tag));
      }
    }
  }
  return tags;
}

bool is_valid_tag(std::string_view text) {
  std::size_t components = 0, product = 1;
  for (bool more = true; more; ++components) {
    const std::size_t dash = text.find('-');
    std::string_view component = text.substr(0, dash);
    more = dash != std::string_view::npos;
    if (more) text.remove_prefix(dash + 1);
    std::size_t count = 0;
    for (bool more_parts = true; more_parts; ++count) {
      const std::size_t dot = component.find('.');
      const std::string_view part = component.substr(0, dot);
      if (part.empty() || components == 3 || (components == 0 && !is_identifier(part))) return false;
      more_parts = dot != std::string_view::npos;
      if (more_parts) component.remove_prefix(dot + 1);
    }
    if (count > kTagsMax || (product *= count) > kTagsMax) return false;
  }
  return components == 3;
}

SupportedTags::SupportedTags(std::vector<Tag> ordered) {
  auto table = std::make_shared<Table>();
  table->tags = std::move(ordered);
  const std::vector<Tag>& tags = table->tags;
  std::vector<std::uint32_t>& slots = table->slots;
  std::size_t size = 16;
  while (size < tags.size() * 2) size *= 2;
  slots.assign(size, 0);
  for (std::size_t rank = 0; rank < tags.size(); ++rank) {
    std::size_t slot = hash_tag(tags[rank]) & (size - 1);
    while (slots[slot] != 0 && tags[slots[slot] - 1] != tags[rank]) slot = (slot + 1) & (size - 1);
    if (slots[slot] == 0) slots[slot] = static_cast<std::uint32_t>(rank + 1);
  }
  table_ = std::move(table);
}

std::size_t SupportedTags::Table::find(const Tag& tag) const {
  std::size_t slot = hash_tag(tag) & (slots.size() - 1);
  while (slots[slot] != 0) {
    if (tags[slots[slot] - 1] == tag) return slots[slot] - 1;
    slot = (slot + 1) & (slots.size() - 1);
  }
  return kNotFound;
}

std::optional<std::size_t> SupportedTags::rank(const std::vector<Tag>& wheel_tags) const {
  std::size_t best = kNotFound;
  for (const Tag& tag : wheel_tags) best = std::min(best, table_->find(tag));
  return best == kNotFound ? std::nullopt : std::optional(best);
}

SupportedTags SupportedTags::for_target(const TagTarget& target) {
  std::vector<std::string> platforms = target.platforms;
  for (std::string& platform : platforms) platform = normal_platform(platform);
  TagWriter out(platforms.empty() ? platform_tags(target) : std::move(platforms));
  const std::string name = short_name(target.implementation);
  if (name == "cp") {
    add_cpython_tags(out, target);
  } else {
    add_generic_tags(out, target, name + nodot(target));
  }
  add_compatible_tags(out, target, name == "cp" ? name + nodot(target) : name == "pp" ? "pp3" : "");
  return SupportedTags(out.take());
}

}  // namespace pipit::packaging
