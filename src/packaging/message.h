// Header blocks as METADATA, PKG-INFO and WHEEL carry them (RFC 822-like, read as Python's email package reads them):
//   message = *( name ":" value LF *( WSP continuation LF ) ) [ LF body ]
// A line that is neither a header nor a continuation ends the headers and begins the body, as in the email package.
// CRLF and CR count as LF. Linear, non-recursive; sizes are capped by the caller through `limits`.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "pipit/base/result.h"

namespace pipit::packaging {

struct MessageLimits {
  std::size_t size_max_bytes;
  std::size_t fields_max;
};

struct Message {
  struct Field {
    std::string name;   // as written
    std::string value;  // leading blanks cut; a folded value keeps its line breaks (LF) and indentation
    int line = 0;       // counted from 1
    bool folded() const { return value.find('\n') != std::string::npos; }
  };
  std::vector<Field> fields;
  std::string body;
};

// `what` names the file in errors ("METADATA"); they carry `code` and `where` = "METADATA:LINE". Fails for invalid
// UTF-8, NUL, and input beyond the limits.
Result<Message> parse_message(std::string_view text, ErrorCode code, std::string_view what, MessageLimits limits);

}  // namespace pipit::packaging
