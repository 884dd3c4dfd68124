#include "packaging/requirements_errors.h"

#include <fmt/format.h>

#include <algorithm>

#include "packaging/python_text.h"
#include "pipit/base/text.h"
#include "pipit/base/url.h"
#include "pipit/packaging/requirements_file.h"

namespace pipit::packaging {
namespace {

// ---- secrets ----

// Variables hold secrets: what they put into a line is shown as it was written. Shorter values would hit innocent text.
constexpr std::size_t kSecretMin = 4;

std::string replaced(std::string_view text, std::string_view what, std::string_view with) {
  std::string out;
  for (std::size_t at = 0;;) {
    const std::size_t found = text.find(what, at);
    out += text.substr(at, found - at);
    if (found == std::string_view::npos) return out;
    out += with;
    at = found + what.size();
  }
}

void hide_variables(std::string& text, const LogicalLine& line) {
  for (auto variable = line.expanded.rbegin(); variable != line.expanded.rend(); ++variable) {
    const auto& [form, value] = *variable;
    if (value.size() >= kSecretMin) text = replaced(text, value, form);
  }
}

// ---- length ----

constexpr std::size_t kShownMax = 400, kBeforeCaret = 200;  // characters of one line
constexpr std::size_t kLinesMax = 40;

bool is_continuation(char c) { return (static_cast<unsigned char>(c) & 0xC0) == 0x80; }

// The characters [first, first + count) of a line.
std::string_view characters(std::string_view text, std::size_t first, std::size_t count) {
  std::size_t begin = text.size(), end = text.size(), seen = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (is_continuation(text[i])) continue;
    if (seen == first) begin = i;
    if (seen == first + count) {
      end = i;
      break;
    }
    ++seen;
  }
  return text.substr(std::min(begin, end), end - std::min(begin, end));
}

std::string cut_line(std::string_view line) {
  const std::string_view shown = characters(line, 0, kShownMax);
  if (shown.size() == line.size()) return std::string(line);
  return fmt::format("{}... ({} more bytes)", shown, line.size() - shown.size());
}

bool is_caret_line(std::string_view line) { return line.ends_with('^') && line.find_first_not_of(" \t~^") == std::string_view::npos; }

// "<source> (from line 3 of r.txt)" behind a caret belongs to the caret line.
std::string_view caret_part(std::string_view line) {
  const std::size_t caret = line.find('^');
  return caret == std::string_view::npos ? std::string_view{} : line.substr(0, caret + 1);
}

// A text and the line with its caret, both cut to what lies around the caret.
std::string windowed(std::string_view text, std::string_view caret_line) {
  const std::string_view pointer = caret_part(caret_line), behind = caret_line.substr(pointer.size());
  const std::size_t column = pointer.size() - 1;
  const std::size_t first = column > kShownMax - kBeforeCaret ? column - kBeforeCaret : 0;
  const std::string_view shown = characters(text, first, kShownMax);
  const std::string_view lead = first > 0 ? "..." : "", tail = shown.data() + shown.size() < text.data() + text.size() ? "..." : "";
  const std::string_view marks = pointer.substr(first);
  return fmt::format("{}{}{}\n{}{}{}", lead, shown, tail, std::string(lead.size(), ' '), marks, behind);
}

std::string_view take_line(std::string_view& rest) {
  const std::size_t end = std::min(rest.find('\n'), rest.size());
  const std::string_view line = rest.substr(0, end);
  rest.remove_prefix(std::min(end + 1, rest.size()));
  return line;
}

// ---- making errors ----

std::string without_secrets(std::string text, const LogicalLine& line) {
  hide_variables(text, line);
  return mask_credentials(text);
}

// As much white space as a text is wide: one blank a character, tabs as they are.
std::string blanks_below(std::string_view text) {
  std::string blanks;
  for (const char c : text)
    if (!is_continuation(c)) blanks += c == '\t' ? '\t' : ' ';
  return blanks;
}

// The text and a caret under the word that is wrong.
std::vector<std::string> excerpt(const LogicalLine& line, const std::string& wrong) {
  const std::string text = without_secrets(line.text, line), culprit = without_secrets(wrong, line);
  const std::size_t found = culprit.empty() ? 0 : text.find(culprit.substr(0, culprit.find(' ')));
  const std::size_t at = found == std::string::npos ? 0 : found;
  return {text, blanks_below(std::string_view(text).substr(0, at)) + "^"};
}

Error cleaned(Error error, const LogicalLine& line) {
  error.message = shortened(without_secrets(std::move(error.message), line));
  if (error.details.empty()) return error;
  for (std::string& detail : error.details) detail = without_secrets(std::move(detail), line);
  std::string block = shortened(fmt::format("{}", fmt::join(error.details, "\n")));
  error.details.clear();
  for (std::string_view rest = block; !rest.empty();) error.details.emplace_back(take_line(rest));
  return error;
}

Error refusal(ErrorCode code, std::string message, const std::string& culprit, const std::string& file, const LogicalLine& line) {
  Error error = make_error(code, std::move(message)).at(line_place(file, line.number));
  error.details = excerpt(line, culprit);
  return cleaned(std::move(error), line);
}

}  // namespace

std::string shortened(std::string_view text) {
  std::string out;
  std::size_t lines = 0;
  for (bool more = true; more && lines < kLinesMax; ++lines) {
    more = text.find('\n') != std::string_view::npos;
    const std::string_view line = take_line(text);
    std::string_view rest = text;
    const std::string_view next = more ? take_line(rest) : std::string_view{};
    const bool pair = more && line.size() > kShownMax && is_caret_line(caret_part(next));
    if (lines > 0) out += '\n';
    out += pair ? windowed(line, next) : cut_line(line);
    if (!pair) continue;
    more = text.find('\n') != std::string_view::npos;
    text = rest;
  }
  if (!text.empty()) out += fmt::format("\n... ({} more bytes)", text.size());
  return out;
}

std::string line_place(const std::string& file, int line) { return fmt::format("{}:{}", mask_credentials(file), line); }

Error option_error(const OptionFailure& failure, const std::string& file, const LogicalLine& line) {
  Error error = failure.command_error
                    ? make_pip_error(kInvalidRequirementsLine, failure.message)
                    : make_pip_error(kInvalidRequirementsOption, fmt::format("Invalid requirement: {}\n{}", line.text, failure.message));
  error.where = line_place(file, line.number);
  error.details = excerpt(line, failure.culprit);
  error.hints.push_back(!failure.hint.empty()                                    ? failure.hint
                        : failure.message.find("--hash") != std::string::npos ? "write `--hash=sha256:` and the 64 hexadecimal digits that `pipit hash` prints"
                                                                            : "`pipit help install` tells what each option takes");
  return cleaned(std::move(error), line);
}

Error requirement_error(Error error, const std::string& file, const LogicalLine& line, const std::string& text) {
  error.where = line_place(file, line.number);
  const bool shows_text = error.message.find("\n    ") != std::string::npos || error.layout == Layout::rich;
  if (!shows_text) error.details = excerpt(line, text);
  if (error.hints.empty() && error.message.find("\nHint: ") == std::string::npos)
    error.hints.push_back("a requirement is `name==1.0`, `name @ URL`, a path such as `./dir` or an option");
  return cleaned(std::move(error), line);
}

Error lost_words_error(const std::vector<std::string>& lost, const std::string& file, const LogicalLine& line) {
  const std::string words = fmt::format("`{}`", fmt::join(lost, "`, `"));
  return refusal(kLostWords, fmt::format("pip would silently drop {} from this line", words), lost.front(), file, line)
      .hint("put every requirement and every option on a line of its own");
}

Error hidden_start_error(const std::string& file, const LogicalLine& line) {
  return refusal(kHiddenLineBreak, "this line begins behind a character that most editors do not show as a line end", line.text, file, line)
      .hint("separate lines with line feeds only");
}

Error dash_path_error(const std::string& text, const std::string& file, const LogicalLine& line) {
  return refusal(kInvalidRequirementsLine, fmt::format("`{}` begins with `-` and would be taken for an option", text), text, file, line)
      .hint("write `./` in front of the path");
}

Error constraint_error(std::string_view why, const std::string& file, const LogicalLine& line, const std::string& text) {
  Error error = make_pip_error(kInvalidRequirementsLine, std::string(why)).at(line_place(file, line.number));
  error.details = excerpt(line, text);
  return cleaned(std::move(error).hint("a constraint is a name and its versions: `name<2`"), line);
}

Error include_error(Error error, const std::string& included, const std::string& file, const LogicalLine& line) {
  error.where = line_place(file, line.number);
  if (error.layout == Layout::rich) return error;
  const std::string name = included.substr(included.rfind('/') + 1);
  for (std::string& shown : excerpt(line, name)) error.details.push_back(std::move(shown));
  if (error.hints.empty()) error.hints.push_back("paths behind -r and -c are relative to the file that names them");
  return cleaned(std::move(error), line);
}

Error overflow_error(const std::string& location, int line, std::size_t max_bytes) {
  return unreadable_file(location, fmt::format("its variables come to more than {}", format_size(max_bytes)))
      .at(line_place(location, line))
      .hint("a `${NAME}` here stands for a very long text, or the file uses it very often");
}

Error unreadable_file(const std::string& location, std::string_view why) {
  return make_error(kRequirementsFileUnreadable, fmt::format("`{}` cannot be read as a requirements file: {}", mask_credentials(location), why))
      .at(mask_credentials(location));
}

Error nul_byte_error(const std::string& location, std::string_view text, std::size_t at) {
  const auto line = 1 + std::count(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(at), '\n');
  const std::size_t before = at == 0 ? std::string_view::npos : text.rfind('\n', at - 1);
  const std::size_t start = before == std::string_view::npos ? 0 : before + 1;
  return unreadable_file(location, "it holds a NUL byte")
      .at(fmt::format("{}:{}:{}", mask_credentials(location), line, at - start + 1))
      .hint("this is a binary file, or UTF-16 text without a byte order mark");
}

}  // namespace pipit::packaging
