// Error: what went wrong, as a value that a person at 3 a.m. can act on. It moves cheaply and crosses threads.
// Rooms define their own codes as constants of ErrorCode; cli maps codes to exit statuses and prints. Nothing here
// knows how an error is drawn. Text from strangers is escaped where it is printed, not here (see text.h).
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace pipit {

// A kebab-case id that is stable in output, docs and `--allow`: hash-mismatch, no-matching-candidate, bad-record.
// The id must be a string literal (it is kept by view).
struct ErrorCode {
  std::string_view id;
  friend bool operator==(ErrorCode, ErrorCode) = default;
};

// Whose words `message` uses. Where pip has a text for the situation it wins, and our id follows on a later line.
enum class Wording { pipit, pip };

// How pip lays the message out: "ERROR: text" or the "error: id / x message / context" block (facts: rich diagnostics).
enum class Layout { plain, rich };

struct Error {
  ErrorCode code{"internal-error"};
  std::string message;               // one sentence with the names in it; pip's own text (maybe several lines) if wording is pip
  std::string where;                 // "requirements.txt:14", a URL without its password, a path; or empty
  std::vector<std::string> details;  // lines under the sentence: "expected  sha256 70761c...", an excerpt and its caret
  std::vector<std::string> because;  // outermost first: "while installing flask 3.0"
  std::vector<std::string> hints;    // what to do next; never mixed into message
  std::vector<Error> also;           // further problems found in the same run; all are shown
  Wording wording = Wording::pipit;
  Layout layout = Layout::plain;
  int os_errno = 0;                  // the errno behind it, if an operating-system call failed

  // Adds context on the way up: std::move(error).while_("downloading https://...").
  Error while_(std::string doing) && {
    because.insert(because.begin(), std::move(doing));
    return std::move(*this);
  }
  Error hint(std::string text) && {
    hints.push_back(std::move(text));
    return std::move(*this);
  }
  Error at(std::string place) && {
    where = std::move(place);
    return std::move(*this);
  }
  Error detail(std::string line) && {
    details.push_back(std::move(line));
    return std::move(*this);
  }
};

inline Error make_error(ErrorCode code, std::string message) {
  Error error;
  error.code = code;
  error.message = std::move(message);
  return error;
}
// An error whose message is pip's own wording for the situation.
inline Error make_pip_error(ErrorCode code, std::string message) {
  Error error = make_error(code, std::move(message));
  error.wording = Wording::pip;
  return error;
}

inline constexpr ErrorCode kInternalError{"internal-error"};
inline constexpr ErrorCode kCancelled{"cancelled"};  // a stop_token was signalled

}  // namespace pipit
