#include "pipit/packaging/script_metadata.h"

#include <fmt/format.h>

#include <algorithm>

#include "packaging/python_text.h"
#include "packaging/toml_value.h"

namespace pipit::packaging {
namespace {

constexpr std::size_t kSizeMax = 64u << 20;
constexpr std::size_t kBlockMax = 1u << 20;

tl::unexpected<Error> refuse(std::string message, std::string_view file) {
  return fail(make_error(kInvalidScriptMetadata, std::move(message)).at(std::string(file)));
}

std::string_view next_line(std::string_view& rest) {
  const std::size_t end = rest.find('\n');
  std::string_view line = rest.substr(0, end);
  rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
  if (line.ends_with('\r')) line.remove_suffix(1);
  return line;
}

// "# /// TYPE": the type, or empty.
std::string_view opened_type(std::string_view line) {
  if (!line.starts_with("# /// ")) return {};
  const std::string_view type = line.substr(6);
  const bool valid = std::all_of(type.begin(), type.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-';
  });
  return valid ? type : std::string_view{};
}

// The lines up to the last "# ///" of the run of comment lines, which are taken; nullopt if none closes the block. Then the
// whole run is taken: what does not close its first block closes no block that opens further down in it either.
std::optional<std::string> take_block(std::string_view& rest) {
  std::string content;
  std::optional<std::size_t> closed;
  std::string_view after_block;
  while (!rest.empty()) {
    std::string_view after_line = rest;
    const std::string_view line = next_line(after_line);
    if (line != "#" && !line.starts_with("# ")) break;
    rest = after_line;
    if (line == "# ///" && !content.empty()) {
      closed = content.size();
      after_block = rest;
    }
    content.append(line.substr(line.size() > 1 ? 2 : 1)).append("\n");
  }
  if (!closed) return std::nullopt;
  rest = after_block;
  content.resize(*closed);
  return content;
}

}  // namespace

Result<std::optional<std::string>> script_block(std::string_view script, std::string_view type, std::string_view file) {
  if (script.size() > kSizeMax) return refuse("the script is larger than 64 MiB", file);
  std::optional<std::string> block;
  while (!script.empty()) {
    const std::string_view opened = opened_type(next_line(script));
    if (opened.empty()) continue;
    auto content = take_block(script);
    if (!content || opened != type) continue;
    if (block) return refuse(fmt::format("Multiple {} blocks found in {}", python_repr(type), python_repr(file)), file);
    block = std::move(content);
  }
  return block;
}

Result<std::optional<ScriptMetadata>> ScriptMetadata::parse(std::string_view script, std::string_view file) {
  PIPIT_TRY(const auto block, script_block(script, "script", file));
  if (!block) return std::optional<ScriptMetadata>{};
  PIPIT_TRY(const TomlValue root, parse_toml(*block, kInvalidScriptMetadata, file, kBlockMax));
  ScriptMetadata out;
  if (const TomlValue* version = root.find("requires-python")) {
    if (!version->is(TomlValue::Kind::string)) return refuse("`requires-python` is not a string", file);
    out.requires_python = version->text;
  }
  const TomlValue* dependencies = root.find("dependencies");
  if (!dependencies) return std::optional<ScriptMetadata>(std::move(out));
  if (!dependencies->is(TomlValue::Kind::array)) return refuse("`dependencies` is not a list of strings", file);
  for (const TomlValue& item : dependencies->items) {
    if (!item.is(TomlValue::Kind::string)) return refuse("`dependencies` is not a list of strings", file);
    auto requirement = Requirement::parse(item.text);
    if (!requirement) {
      Error error = make_error(kInvalidScriptMetadata, fmt::format("Invalid requirement: {}: {}", python_repr(item.text), requirement.error().message));
      error.details = requirement.error().details;
      return fail(std::move(error).at(std::string(file)));
    }
    out.dependencies.push_back(std::move(*requirement));
  }
  return std::optional<ScriptMetadata>(std::move(out));
}

}  // namespace pipit::packaging
