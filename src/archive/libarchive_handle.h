// An owned libarchive reader.
#pragma once

#include <archive.h>

#include <memory>
#include <string_view>

namespace pipit::archive {

struct FreeReader {
  void operator()(struct archive* reader) const { archive_read_free(reader); }
};
using ReaderHandle = std::unique_ptr<struct archive, FreeReader>;

inline std::string_view error_text(struct archive* reader) {
  const char* text = archive_error_string(reader);
  return text == nullptr ? std::string_view("unknown error") : std::string_view(text);
}

}  // namespace pipit::archive
