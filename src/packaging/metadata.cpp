#include "pipit/packaging/metadata.h"

#include <fmt/format.h>

#include <algorithm>
#include <unordered_set>

#include "packaging/message.h"
#include "pipit/base/text.h"
#include "pipit/packaging/name.h"
#include "pipit/packaging/specifiers.h"

namespace pipit::packaging {
namespace {

// The largest METADATA on the public index is under 2 MB with about 3,000 dependency lines.
constexpr MessageLimits kLimits{16u << 20, 65'536};
constexpr std::size_t kRequiresDistMax = 20'000;
constexpr int kMajorMax = 2;  // core metadata 1.0 to 2.6; a larger minor is read as the newest known

std::string where_of(const Message::Field& field) { return fmt::format("METADATA:{}", field.line); }

tl::unexpected<Error> bad_field(const Message::Field& field, std::string_view why) {
  return fail(make_error(kInvalidMetadata, fmt::format("{}: {}", field.name, why)).at(where_of(field)));
}

// Fields that decide which project this is: once, unfolded, or two readers could see two projects.
Result<const Message::Field*> single_field(const Message& message, std::string_view name) {
  const Message::Field* found = nullptr;
  for (const Message::Field& field : message.fields) {
    if (!ascii_iequals(field.name, name)) continue;
    if (found) return bad_field(field, fmt::format("the field stands twice (first on line {})", found->line));
    if (field.folded()) return bad_field(field, "the value runs over several lines");
    found = &field;
  }
  return found;
}

std::string unfolded(std::string_view value) {
  std::string out;
  out.reserve(value.size());
  bool at_break = false;
  for (const char c : value) {
    const bool blank = c == '\n' || (at_break && (c == ' ' || c == '\t'));
    if (!blank) out += c;
    if (c == '\n') out += ' ';
    at_break = blank;
  }
  return std::string(trim(out));
}

Status check_metadata_version(const Message::Field& field, std::string& out) {
  out = std::string(trim(field.value));
  const auto version = Version::try_parse(out);
  if (!version) return bad_field(field, fmt::format("`{}` is not a version", escape_for_terminal(out)));
  const std::string major = version->release().front();
  if (major.size() > 1 || major > std::to_string(kMajorMax))
    return bad_field(field, fmt::format("metadata version {} is not known here", escape_for_terminal(out)));
  return ok();
}

Status read_identity(const Message& message, Metadata& out) {
  PIPIT_TRY(const Message::Field* version_field, single_field(message, "Metadata-Version"));
  if (version_field) PIPIT_CHECK(check_metadata_version(*version_field, out.metadata_version));
  PIPIT_TRY(const Message::Field* name, single_field(message, "Name"));
  if (!name) return fail(make_error(kInvalidMetadata, "the field Name is missing").at("METADATA"));
  out.name = std::string(trim(name->value));
  if (!is_valid_name(out.name)) return bad_field(*name, fmt::format("`{}` is not a project name", escape_for_terminal(out.name)));
  PIPIT_TRY(const Message::Field* version, single_field(message, "Version"));
  if (!version) return fail(make_error(kInvalidMetadata, "the field Version is missing").at("METADATA"));
  out.version_text = std::string(trim(version->value));
  auto parsed = Version::parse(out.version_text);
  if (!parsed) return bad_field(*version, fmt::format("`{}` is not a version", escape_for_terminal(out.version_text)));
  out.version = std::move(*parsed);
  return ok();
}

Status read_requirement(const Message::Field& field, Metadata& out) {
  if (out.requires_dist.size() == kRequiresDistMax)
    return bad_field(field, fmt::format("there are more than {} dependencies", kRequiresDistMax));
  const std::string text = unfolded(field.value);
  auto requirement = Requirement::parse(text);
  if (!requirement) {
    Error error = std::move(requirement.error());
    error.code = kInvalidMetadata;
    error.message = fmt::format("{}: {}", field.name, error.message);
    return fail(std::move(error).at(where_of(field)));
  }
  out.requires_dist.push_back(std::move(*requirement));
  return ok();
}

Status read_field(const Message::Field& field, Metadata& out) {
  const std::string name = ascii_lower(field.name);
  if (name == "requires-dist") return read_requirement(field, out);
  if (name == "requires-python" && !out.requires_python) out.requires_python = unfolded(field.value);
  if (name == "dynamic") out.dynamic.push_back(ascii_lower(trim(field.value)));
  if (name == "description" && out.description.empty()) out.description = field.value;
  return ok();
}

void collect_extras(const Message& message, Metadata& out) {
  std::unordered_set<std::string> seen;
  for (const Message::Field& field : message.fields) {
    if (!ascii_iequals(field.name, "Provides-Extra")) continue;
    std::string extra = normalize_name(trim(field.value));
    if (seen.insert(extra).second) out.provides_extra.push_back(std::move(extra));
  }
}

}  // namespace

Result<Metadata> Metadata::parse(std::string_view text) {
  PIPIT_TRY(Message message, parse_message(text, kInvalidMetadata, "METADATA", kLimits));
  Metadata out;
  PIPIT_CHECK(read_identity(message, out));
  for (const Message::Field& field : message.fields) PIPIT_CHECK(read_field(field, out));
  collect_extras(message, out);
  if (!message.body.empty()) out.description = std::move(message.body);
  out.fields.reserve(message.fields.size());
  for (Message::Field& field : message.fields) out.fields.emplace_back(std::move(field.name), std::move(field.value));
  return out;
}

std::optional<std::string> Metadata::field(std::string_view wanted) const {
  for (const auto& [field_name, value] : fields)
    if (ascii_iequals(field_name, wanted)) return value;
  return std::nullopt;
}

std::vector<std::string> Metadata::field_values(std::string_view wanted) const {
  std::vector<std::string> values;
  for (const auto& [field_name, value] : fields)
    if (ascii_iequals(field_name, wanted)) values.push_back(value);
  return values;
}

bool Metadata::dependencies_are_static() const {
  const auto declared = Version::try_parse(metadata_version);
  static constexpr std::string_view kFields[] = {"requires-dist", "requires-python", "provides-extra"};
  const auto is_dependency_field = [](const std::string& entry) {
    return std::find(std::begin(kFields), std::end(kFields), entry) != std::end(kFields);
  };
  return declared && *declared >= *Version::try_parse("2.2") && std::none_of(dynamic.begin(), dynamic.end(), is_dependency_field);
}

bool requires_python_admits(std::string_view requires_python, const Version& python_version) {
  const auto specifiers = SpecifierSet::parse(requires_python);
  return !specifiers || specifiers->contains(python_version, Prereleases::allow);
}

}  // namespace pipit::packaging
