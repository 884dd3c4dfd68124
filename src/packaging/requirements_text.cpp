#include "packaging/requirements_text.h"

#include <algorithm>

#include "packaging/python_text.h"
#include "pipit/packaging/peep.h"

namespace pipit::packaging {
namespace {

constexpr std::size_t kExpandedMax = 1u << 20;

struct PhysicalLine {
  std::string_view text;
  bool hidden_start = false;
};

// Cuts physical lines as Python's str.splitlines() does.
class LineCutter {
 public:
  explicit LineCutter(std::string_view text) : rest_(text), has_line_feed_(text.find('\n') != std::string_view::npos) {}

  bool next(PhysicalLine& line) {
    if (rest_.empty()) return false;
    std::size_t i = 0;
    while (i < rest_.size() && !(may_break(rest_[i]) && (break_length_ = break_at(i)) > 0)) ++i;
    line = {rest_.substr(0, i), hidden_};
    if (i == rest_.size()) break_length_ = 0;
    const bool plain = i < rest_.size() && (rest_[i] == '\n' || rest_.substr(i, 2) == "\r\n");
    hidden_ = i < rest_.size() && !plain && (rest_[i] != '\r' || has_line_feed_);
    rest_.remove_prefix(i + break_length_);
    return true;
  }

 private:
  static bool may_break(char c) {
    const auto byte = static_cast<unsigned char>(c);
    return (byte < 0x20 && byte != '\t') || byte == 0xC2 || byte == 0xE2;
  }
  std::size_t break_at(std::size_t i) const {
    const char c = rest_[i];
    if (c == '\r') return rest_.substr(i, 2) == "\r\n" ? 2 : 1;
    if (c == '\n' || c == '\v' || c == '\f' || (c >= '\x1c' && c <= '\x1e')) return 1;
    if (rest_.substr(i, 2) == "\xC2\x85") return 2;
    const std::string_view three = rest_.substr(i, 3);
    return three == "\xE2\x80\xA8" || three == "\xE2\x80\xA9" ? 3 : 0;
  }

  std::string_view rest_;
  bool has_line_feed_;
  bool hidden_ = false;
  std::size_t break_length_ = 0;
};

bool is_comment(std::string_view line) { return trim_python_space_left(line).starts_with('#'); }

// Where " #" or a leading "#" begins a comment; size() if nowhere.
std::size_t comment_start(std::string_view line) {
  if (line.find('#') == std::string_view::npos) return line.size();
  bool after_space = true;
  for (std::size_t i = 0; i < line.size();) {
    if (line[i] == '#' && after_space) return i;
    const std::size_t space = python_space_length(line.substr(i, 3));
    after_space = space > 0;
    i += std::max<std::size_t>(space, 1);
  }
  return line.size();
}

std::string_view strip_backslashes(std::string_view text) {
  while (text.starts_with('\\')) text.remove_prefix(1);
  while (text.ends_with('\\')) text.remove_suffix(1);
  return text;
}

bool is_variable_char(char c) { return (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_'; }

std::vector<std::string> find_variables(std::string_view text) {
  std::vector<std::string> names;
  for (std::size_t at = text.find("${"); at != std::string_view::npos; at = text.find("${", at + 2)) {
    std::size_t end = at + 2;
    while (end < text.size() && is_variable_char(text[end])) ++end;
    if (end == at + 2 || end == text.size() || text[end] != '}') continue;
    std::string name(text.substr(at + 2, end - at - 2));
    if (std::find(names.begin(), names.end(), name) == names.end() && names.size() < 64) names.push_back(std::move(name));
  }
  return names;
}

std::string replace_all(std::string_view text, std::string_view what, std::string_view with) {
  std::string out;
  for (std::size_t at = 0;;) {
    const std::size_t found = text.find(what, at);
    out += text.substr(at, found - at);
    if (found == std::string_view::npos || out.size() > kExpandedMax) return out;
    out += with;
    at = found + what.size();
  }
}

bool take(std::size_t& room, std::size_t size) {
  const bool fits = size <= room;
  room -= std::min(room, size);
  return fits;
}

// In the order of the names on the line, each everywhere: a value that holds a later name is expanded in turn, as by pip.
// False: there is no room for it. Work that is thrown away counts, too, so that the room bounds time as well.
bool expand(LogicalLine& line, const VariableLookup& variable, std::size_t& room) {
  if (!variable || line.text.find("${") == std::string::npos) return true;
  const std::string written = line.text;
  for (const std::string& name : find_variables(written)) {
    auto value = variable(name);
    if (!value || value->empty()) continue;
    const std::string form = "${" + name + "}";
    line.text = replace_all(line.text, form, *value);
    if (!take(room, line.text.size() + value->size())) return false;
    line.expanded.emplace_back(form, std::move(*value));
    if (line.text.size() <= kExpandedMax) continue;
    line.text = written;
    line.expanded.clear();
    return true;
  }
  return true;
}

class Joiner {
 public:
  Joiner(const VariableLookup& variable, std::size_t& room) : variable_(variable), room_(room) {}

  void add(const PhysicalLine& physical, int number) {
    const bool comment = is_comment(physical.text);
    const bool blank = !comment && trim_python_space_left(physical.text).empty();
    if (!comment && !blank && !open_) start(number);
    if (!open_) {
      if (comment) note_comment(physical.text, number);
      return;  // nothing to join with, nothing to keep
    }
    pending_.hidden_start = pending_.hidden_start || (physical.hidden_start && !comment && !blank);
    const bool continues = physical.text.ends_with('\\') && !comment;
    if (!comment) pending_.text += continues ? strip_backslashes(physical.text) : physical.text;
    if (!continues) finish();
    if (comment) note_comment(physical.text, number);
  }

  bool is_full() const { return out_.overflow_number > 0; }

  LogicalLines take_lines() {
    if (open_) finish();
    out_.unbound_hash_numbers = std::move(hash_numbers_);
    return std::move(out_);
  }

 private:
  void start(int number) {
    open_ = true;
    pending_ = {};
    pending_.number = number;
    pending_.peep_hashes = std::exchange(hashes_, {});
    pending_.peep_hash_numbers = std::exchange(hash_numbers_, {});
  }
  void finish() {
    open_ = false;
    const std::string_view kept = trim_python_space(std::string_view(pending_.text).substr(0, comment_start(pending_.text)));
    if (kept.empty()) {
      lose_hashes();
      return;
    }
    if (kept.size() != pending_.text.size()) pending_.text = std::string(kept);
    if (expand(pending_, variable_, room_))
      out_.lines.push_back(std::move(pending_));
    else
      out_.overflow_number = pending_.number;
  }
  // A lone backslash is content that takes the hashes above it and then says nothing.
  void lose_hashes() {
    hash_numbers_.insert(hash_numbers_.begin(), pending_.peep_hash_numbers.begin(), pending_.peep_hash_numbers.end());
    hashes_.insert(hashes_.begin(), pending_.peep_hashes.begin(), pending_.peep_hashes.end());
  }
  void note_comment(std::string_view line, int number) {
    if (line.find("sha256") == std::string_view::npos && line.find("SHA256") == std::string_view::npos) return;
    if (auto hash = parse_peep_hash_line(line)) {
      hashes_.push_back(std::move(*hash));
      hash_numbers_.push_back(number);
    } else if (is_near_peep_hash_line(line)) {
      out_.near_hash_numbers.push_back(number);
    }
  }

  const VariableLookup& variable_;
  std::size_t& room_;
  LogicalLines out_;
  LogicalLine pending_;
  bool open_ = false;
  std::vector<std::string> hashes_;  // comments that wait for their requirement
  std::vector<int> hash_numbers_;
};

}  // namespace

LogicalLines split_requirements_text(std::string_view text, const VariableLookup& variable, std::size_t& room) {
  LineCutter cutter(text);
  Joiner joiner(variable, room);
  PhysicalLine line;
  for (int number = 1; !joiner.is_full() && cutter.next(line); ++number) joiner.add(line, number);
  return joiner.take_lines();
}

}  // namespace pipit::packaging
