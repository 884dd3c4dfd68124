#include "pipit/packaging/entry_points.h"

#include <fmt/format.h>

#include <algorithm>

#include "pipit/base/text.h"

namespace pipit::packaging {
namespace {

constexpr std::size_t kSizeMax = 4u << 20;
constexpr std::size_t kEntriesMax = 20'000;

tl::unexpected<Error> refuse(int line, std::string message) {
  return fail(make_error(kInvalidEntryPoints, std::move(message)).at(fmt::format("entry_points.txt:{}", line)));
}

// [\w.]+ of Python: letters, digits, "_" and "."; other scripts' letters count.
bool is_dotted_name(std::string_view text) {
  const auto word = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '.' ||
           static_cast<unsigned char>(c) >= 0x80;
  };
  return !text.empty() && std::all_of(text.begin(), text.end(), word);
}

// object-reference = module [ ":" attribute ] [ "[" extras "]" ]. Left empty where the value is none.
void split_reference(EntryPoint& entry) {
  std::string_view text = entry.value;
  if (text.ends_with(']')) {
    const std::size_t bracket = text.find('[');
    if (bracket == std::string_view::npos) return;
    text = trim(text.substr(0, bracket));
  }
  const std::size_t colon = text.find(':');
  const std::string_view module = trim(text.substr(0, colon));
  const std::string_view attribute = colon == std::string_view::npos ? std::string_view{} : trim(text.substr(colon + 1));
  if (!is_dotted_name(module) || (colon != std::string_view::npos && !is_dotted_name(attribute))) return;
  entry.module = std::string(module);
  entry.attribute = std::string(attribute);
}

std::size_t indentation(std::string_view line) { return std::min(line.find_first_not_of(" \t"), line.size()); }

struct Reader {
  std::vector<EntryPoint> entries;
  std::string group;
  bool in_group = false;
  bool may_continue = false;       // the line above was an entry (or its continuation)
  std::size_t entry_indent = 0;

  Status read(std::string_view line, int number) {
    const std::string_view text = trim(line);
    if (text.empty() || text.front() == '#' || text.front() == ';') return ok();
    if (text.front() == '[' && text.back() == ']') return open_group(text);
    // configparser: deeper indentation continues the value. importlib.metadata of today reads "name = value" there as
    // an entry of its own; only a line without "=" is taken as a continuation, so that both kinds of file work.
    const bool deeper = may_continue && indentation(line) > entry_indent;
    const std::size_t equals = text.find('=');
    if (deeper && equals == std::string_view::npos) return continue_value(text);
    if (!in_group) return ok();  // importlib.metadata ignores what stands above the first group
    if (equals == std::string_view::npos) return refuse(number, fmt::format("`{}` is not `name = value`", escape_for_terminal(text)));
    return add(text, equals, indentation(line), number);
  }

  Status open_group(std::string_view text) {
    group = std::string(trim(text.substr(1, text.size() - 2)));
    in_group = true;
    may_continue = false;
    return ok();
  }
  Status continue_value(std::string_view text) {
    std::string& value = entries.back().value;
    if (!value.empty()) value += '\n';
    value += text;
    return ok();
  }
  Status add(std::string_view text, std::size_t equals, std::size_t indent, int number) {
    EntryPoint entry;
    entry.group = group;
    entry.name = std::string(trim(text.substr(0, equals)));
    entry.value = std::string(trim(text.substr(equals + 1)));
    if (entry.name.empty()) return refuse(number, "an entry point has no name");
    if (entries.size() == kEntriesMax) return refuse(number, fmt::format("there are more than {} entry points", kEntriesMax));
    entries.push_back(std::move(entry));
    may_continue = true;
    entry_indent = indent;
    return ok();
  }
};

}  // namespace

Result<std::vector<EntryPoint>> parse_entry_points(std::string_view text) {
  if (text.size() > kSizeMax) return refuse(0, "entry_points.txt is larger than 4 MiB");
  if (!is_valid_utf8(text)) return refuse(0, "entry_points.txt is not UTF-8 text");
  if (text.find('\0') != std::string_view::npos) return refuse(0, "entry_points.txt holds a NUL byte");
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  Reader reader;
  for (int number = 1; !text.empty(); ++number) {
    const std::size_t end = text.find_first_of("\r\n");
    PIPIT_CHECK(reader.read(text.substr(0, end), number));
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + (text.substr(end, 2) == "\r\n" ? 2 : 1));
  }
  for (EntryPoint& entry : reader.entries) split_reference(entry);
  return std::move(reader.entries);
}

}  // namespace pipit::packaging
