// Bytes of a requirements file to UTF-8 text, as pip decodes them (facts: byte order marks, PEP 263 marks, the locale).
// Codecs: utf-8, utf-16, utf-32 (both byte orders), ascii, latin-1, iso-8859-15, cp1252. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "pipit/base/result.h"

namespace pipit::packaging {

// Fails where the codec is not known here or the bytes are not of that encoding; the message says which and where.
Result<std::string> decode_text(std::string_view bytes, std::string_view codec);

struct DecodedFile {
  std::string text;
  bool used_locale = false;  // neither a mark nor valid UTF-8
};
Result<DecodedFile> decode_local_file(std::string_view bytes, std::string_view locale_encoding);
// From HTTP: the response's charset, else UTF-8, else latin-1; nothing fails, as a browser would.
std::string decode_response(std::string_view bytes, const std::optional<std::string>& charset);

}  // namespace pipit::packaging
