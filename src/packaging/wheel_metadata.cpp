#include "pipit/packaging/wheel_metadata.h"

#include <fmt/format.h>

#include <optional>

#include "packaging/message.h"
#include "pipit/base/text.h"

namespace pipit::packaging {
namespace {

constexpr MessageLimits kLimits{1u << 20, 4096};
constexpr std::size_t kTagTextMax = 1024;

tl::unexpected<Error> refuse(std::string message) { return fail(make_pip_error(kInvalidWheelMetadata, std::move(message)).at("WHEEL")); }

Result<std::optional<std::string>> single_value(const Message& message, std::string_view name) {
  std::optional<std::string> value;
  for (const Message::Field& field : message.fields) {
    if (!ascii_iequals(field.name, name)) continue;
    if (value) return refuse(fmt::format("WHEEL has {} twice", name));
    value = std::string(trim(field.value));
  }
  return value;
}

// A dotted list of small decimal numbers; nothing else that int() would take (signs, blanks, underscores).
std::optional<std::vector<int>> parse_dotted_numbers(std::string_view text) {
  std::vector<int> numbers;
  if (text.size() > 64) return std::nullopt;
  for (const std::string_view part : split(text, '.')) {
    if (part.empty() || part.size() > 6 || part.find_first_not_of("0123456789") != std::string_view::npos) return std::nullopt;
    int number = 0;
    for (const char digit : part) number = number * 10 + (digit - '0');
    numbers.push_back(number);
  }
  return numbers;
}

Status read_tags(const Message& message, WheelMetadata& out) {
  for (const Message::Field& field : message.fields) {
    if (!ascii_iequals(field.name, "Tag")) continue;
    const std::string_view text = trim(field.value);
    if (text.size() > kTagTextMax) return refuse("WHEEL has a Tag of more than 1024 bytes");
    auto tags = parse_tag(text);
    if (!tags) return refuse(fmt::format("invalid Tag: '{}'", escape_for_terminal(text)));
    out.tags.insert(out.tags.end(), tags->begin(), tags->end());
  }
  return ok();
}

}  // namespace

Result<WheelMetadata> WheelMetadata::parse(std::string_view text) {
  PIPIT_TRY(const Message message, parse_message(text, kInvalidWheelMetadata, "WHEEL", kLimits));
  WheelMetadata out;
  PIPIT_TRY(const auto version, single_value(message, "Wheel-Version"));
  if (!version) return refuse("WHEEL is missing Wheel-Version");
  const auto numbers = parse_dotted_numbers(*version);
  if (!numbers) return refuse(fmt::format("invalid Wheel-Version: '{}'", escape_for_terminal(*version)));
  out.version_major = numbers->front();
  out.version_minor = numbers->size() > 1 ? (*numbers)[1] : 0;
  PIPIT_TRY(const auto purelib, single_value(message, "Root-Is-Purelib"));
  out.root_is_purelib = purelib && ascii_iequals(*purelib, "true");
  PIPIT_TRY(const auto build, single_value(message, "Build"));
  out.build = build.value_or("");
  PIPIT_TRY(const auto generator, single_value(message, "Generator"));
  out.generator = generator.value_or("");
  PIPIT_CHECK(read_tags(message, out));
  return out;
}

}  // namespace pipit::packaging
