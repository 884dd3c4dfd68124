#include "packaging/message.h"

#include <fmt/format.h>

#include <algorithm>

#include "pipit/base/text.h"

namespace pipit::packaging {
namespace {

// Cuts the next line off `rest`; LF, CRLF and CR end a line. `crlf` forms are the reason for not using split().
std::string_view next_line(std::string_view& rest) {
  const auto stop = std::find_if(rest.begin(), rest.end(), [](char c) { return c == '\n' || c == '\r'; });
  const auto end = static_cast<std::size_t>(stop - rest.begin());
  const std::string_view line = rest.substr(0, end);
  if (end == rest.size()) {
    rest = {};
    return line;
  }
  rest.remove_prefix(end + (rest.substr(end, 2) == "\r\n" ? 2 : 1));
  return line;
}

// Length of "Name" if the line is "Name:..."; npos if the line is no header.
std::size_t header_name_length(std::string_view line) {
  const std::size_t colon = line.find(':');
  if (colon == std::string_view::npos || colon == 0) return std::string_view::npos;
  const auto printable = [](char c) { return c > ' ' && c < 0x7F; };
  return std::all_of(line.begin(), line.begin() + static_cast<std::ptrdiff_t>(colon), printable) ? colon : std::string_view::npos;
}

std::string normalized_line_ends(std::string_view text) {
  if (text.find('\r') == std::string_view::npos) return std::string(text);
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '\r')
      out += text[i];
    else if (i + 1 == text.size() || text[i + 1] != '\n')
      out += '\n';
  }
  return out;
}

std::string_view cut_blanks(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  return text;
}

}  // namespace

Result<Message> parse_message(std::string_view text, ErrorCode code, std::string_view what, MessageLimits limits) {
  const auto refuse = [&](std::string message, int line) {
    return fail(make_error(code, std::move(message)).at(line > 0 ? fmt::format("{}:{}", what, line) : std::string(what)));
  };
  if (text.size() > limits.size_max_bytes)
    return refuse(fmt::format("{} is larger than {} bytes", what, limits.size_max_bytes), 0);
  if (!is_valid_utf8(text)) return refuse(fmt::format("{} is not UTF-8 text", what), 0);
  if (text.find('\0') != std::string_view::npos) return refuse(fmt::format("{} holds a NUL byte", what), 0);
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);

  Message message;
  std::string_view rest = text;
  for (int number = 1; !rest.empty(); ++number) {
    const std::string_view before = rest;
    const std::string_view line = next_line(rest);
    if (line.empty()) {
      message.body = normalized_line_ends(rest);
      break;
    }
    const std::size_t name_length = header_name_length(line);
    if ((line[0] == ' ' || line[0] == '\t') && !message.fields.empty()) {
      message.fields.back().value.append("\n").append(line);
    } else if (name_length != std::string_view::npos) {
      if (message.fields.size() == limits.fields_max)
        return refuse(fmt::format("{} holds more than {} fields", what, limits.fields_max), number);
      message.fields.push_back({std::string(line.substr(0, name_length)), std::string(cut_blanks(line.substr(name_length + 1))), number});
    } else {
      message.body = normalized_line_ends(before);
      break;
    }
  }
  return message;
}

}  // namespace pipit::packaging
