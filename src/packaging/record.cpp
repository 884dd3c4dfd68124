#include "pipit/packaging/record.h"

#include <fmt/format.h>

#include <algorithm>

#include "pipit/base/text.h"

namespace pipit::packaging {
namespace {

// The largest RECORD seen in the wild lists some 100,000 files in 12 MB.
constexpr std::size_t kSizeMax = 64u << 20;
constexpr std::size_t kRowMax = 64u << 10;
constexpr std::size_t kFieldsMax = 3;
constexpr std::size_t kProblemsMax = 100;

Error problem(int line, std::string message) {
  return make_error(kBadRecord, std::move(message)).at(fmt::format("RECORD:{}", line));
}

// Why the line cannot be trusted to read the same everywhere, or an empty view.
std::string_view bad_bytes(std::string_view line) {
  if (line.size() > kRowMax) return "the row is longer than 64 KiB";
  for (const char c : line)
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) return "the row holds a control character";
  if (!is_valid_utf8(line)) return "the row is not UTF-8 text";
  for (const std::string_view separator : {"\xC2\x85", "\xE2\x80\xA8", "\xE2\x80\xA9"})  // NEL, LS, PS end lines for some readers
    if (line.find(separator) != std::string_view::npos) return "the row holds a Unicode line separator";
  return {};
}

// row = field *( "," field ); field = bare / DQUOTE *( any / 2DQUOTE ) DQUOTE. Python's csv module also reads text
// behind a closing quote and unclosed quotes; nothing writes those but a forger.
std::string_view split_row(std::string_view line, std::vector<std::string>& fields) {
  std::size_t i = 0;
  for (;;) {
    std::string field;
    if (i < line.size() && line[i] == '"') {
      for (++i;; ++i) {
        if (i >= line.size()) return "a quoted field is not closed";
        if (line[i] != '"') {
          field += line[i];
        } else if (i + 1 < line.size() && line[i + 1] == '"') {
          field += line[i++];
        } else {
          break;
        }
      }
      if (++i < line.size() && line[i] != ',') return "text stands behind a closing quote";
    } else {
      const std::size_t end = std::min(line.find(',', i), line.size());
      field = std::string(line.substr(i, end - i));
      i = end;
    }
    if (fields.size() == kFieldsMax) return "the row has more than three fields";
    fields.push_back(std::move(field));
    if (i >= line.size()) return {};
    ++i;
  }
}

std::string_view read_row(std::string_view line, RecordRow& row) {
  if (const auto why = bad_bytes(line); !why.empty()) return why;
  std::vector<std::string> fields;
  if (const auto why = split_row(line, fields); !why.empty()) return why;
  fields.resize(kFieldsMax);
  row = {std::move(fields[0]), std::move(fields[1]), std::move(fields[2])};
  if (row.path.empty()) return "the row names no file";
  if (row.size.find_first_not_of("0123456789") != std::string::npos) return "the size is not a decimal number";
  return {};
}

void append_field(std::string& out, std::string_view field) {
  if (std::none_of(field.begin(), field.end(), [](char c) { return c == ',' || c == '"' || c == '\r' || c == '\n'; })) {
    out += field;
    return;
  }
  out += '"';
  for (const char c : field) {
    if (c == '"') out += '"';
    out += c;
  }
  out += '"';
}

}  // namespace

Result<std::vector<RecordRow>> parse_record(std::string_view text) {
  if (text.size() > kSizeMax) return fail(make_error(kBadRecord, "RECORD is larger than 64 MiB").at("RECORD"));
  std::vector<RecordRow> rows;
  std::vector<Error> problems;
  std::size_t problem_count = 0;
  for (int number = 1; !text.empty(); ++number) {
    const std::size_t end = text.find_first_of("\r\n");
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + (text.substr(end, 2) == "\r\n" ? 2 : 1));
    if (line.empty()) continue;
    RecordRow row;
    const std::string_view why = read_row(line, row);
    if (why.empty()) {
      rows.push_back(std::move(row));
    } else if (problem_count++ < kProblemsMax) {
      problems.push_back(problem(number, fmt::format("RECORD is not valid: {}", why)).detail(escape_for_terminal(line.substr(0, 200))));
    }
  }
  if (problem_count == 0) return rows;
  Error first = std::move(problems.front());
  first.also.assign(std::make_move_iterator(problems.begin() + 1), std::make_move_iterator(problems.end()));
  if (problem_count > kProblemsMax) first.details.push_back(fmt::format("and {} further bad rows", problem_count - kProblemsMax));
  return fail(std::move(first));
}

std::string print_record(const std::vector<RecordRow>& rows) {
  std::vector<RecordRowView> views;
  views.reserve(rows.size());
  for (const RecordRow& row : rows) views.push_back({row.path, row.hash, row.size});
  return print_record(std::move(views));
}

std::string print_record(std::vector<RecordRowView> rows) {
  // UTF-8 byte order is code-point order. What stands in front is sorted already, nearly always.
  const auto rest = std::is_sorted_until(rows.begin(), rows.end());
  std::sort(rest, rows.end());
  std::inplace_merge(rows.begin(), rest, rows.end());
  std::size_t size = 0;
  for (const RecordRowView& row : rows) size += row.path.size() + row.hash.size() + row.size.size() + 4;
  std::string out;
  out.reserve(size);
  for (const RecordRowView& row : rows) {
    append_field(out, row.path);
    out += ',';
    append_field(out, row.hash);
    out += ',';
    append_field(out, row.size);
    out += "\r\n";
  }
  return out;
}

}  // namespace pipit::packaging
