#include "install/journal.h"

#include <charconv>

#include "pipit/verify/digest.h"

namespace pipit::install {
namespace {

constexpr std::string_view kMagic = "pipit-journal 1";
constexpr std::size_t kChecksumSize = 64;

void put(std::string& out, std::string_view field) {
  out += field;
  out += '\0';
}

// Reads NUL-terminated fields; after the first one that is missing everything is empty and ok() is false.
class Fields {
 public:
  explicit Fields(std::string_view rest) : rest_(rest) {}
  std::string_view text() {
    const std::size_t end = rest_.find('\0');
    if (end == std::string_view::npos) {
      ok_ = false;
      return {};
    }
    const std::string_view field = rest_.substr(0, end);
    rest_.remove_prefix(end + 1);
    return field;
  }
  // Every counted thing takes at least one byte, so a count beyond what is left is a lie.
  std::size_t count() {
    const std::string_view field = text();
    std::size_t value = 0;
    const auto [end, error] = std::from_chars(field.data(), field.data() + field.size(), value);
    ok_ = ok_ && error == std::errc() && end == field.data() + field.size() && value <= rest_.size();
    return ok_ ? value : 0;
  }
  bool ok() const { return ok_; }
  bool at_end() const { return ok_ && rest_.empty(); }

 private:
  std::string_view rest_;
  bool ok_ = true;
};

Error bad(std::string_view why) { return make_error(kBadJournal, "the journal of an unfinished run is damaged: " + std::string(why)); }

std::string flags_of(const Move& move) {
  const char* take = !move.takes_old ? "" : move.takes_by_copy ? "O" : "o";
  return std::string(take) + (!move.puts_new ? "" : move.puts_by_copy ? "N" : "n");
}

bool read_flags(std::string_view flags, Move& move) {
  move.takes_by_copy = flags.starts_with('O');
  move.takes_old = move.takes_by_copy || flags.starts_with('o');
  if (move.takes_old) flags.remove_prefix(1);
  move.puts_by_copy = flags == "N";
  move.puts_new = move.puts_by_copy || flags == "n";
  return move.puts_new || (flags.empty() && move.takes_old);
}

}  // namespace

std::string Journal::to_bytes() const {
  std::string out;
  put(out, kMagic);
  put(out, std::to_string(anchors.size()));
  for (const std::string& anchor : anchors) put(out, anchor);
  put(out, std::to_string(moves.size()));
  for (const Move& move : moves) {
    put(out, std::to_string(move.anchor));
    put(out, flags_of(move));
    put(out, move.path);
  }
  return out + verify::sha256_hex(as_bytes_view(out));
}

Result<Journal> Journal::from_bytes(std::string_view bytes) {
  if (bytes.size() < kChecksumSize) return fail(bad("it is too short"));
  const std::string_view body = bytes.substr(0, bytes.size() - kChecksumSize);
  if (verify::sha256_hex(as_bytes_view(body)) != bytes.substr(body.size())) return fail(bad("its checksum does not match"));
  Fields fields(body);
  if (fields.text() != kMagic) return fail(bad("it was written by another version of pipit"));
  Journal journal;
  for (std::size_t left = fields.count(); left > 0 && fields.ok(); --left) journal.anchors.emplace_back(fields.text());
  for (std::size_t left = fields.count(); left > 0 && fields.ok(); --left) {
    Move move;
    move.anchor = fields.count();
    if (!read_flags(fields.text(), move)) return fail(bad("a move neither takes nor puts anything"));
    move.path = fields.text();
    if (move.anchor >= journal.anchors.size()) return fail(bad("a move names an anchor that does not exist"));
    journal.moves.push_back(std::move(move));
  }
  if (!fields.at_end()) return fail(bad("its fields do not add up"));
  return journal;
}

}  // namespace pipit::install
