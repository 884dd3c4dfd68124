// Sink: where streamed bytes go (a temporary file, a hash, a buffer, several of them). write() is called in order from
// one thread at a time; a failure ends the stream. The view is valid during the call only.
#pragma once

#include <cstddef>
#include <functional>
#include <span>
#include <string>

#include "pipit/base/result.h"

namespace pipit {

using Bytes = std::span<const std::byte>;

inline Bytes as_bytes_view(std::string_view text) { return std::as_bytes(std::span(text.data(), text.size())); }
inline std::string_view as_text(Bytes bytes) { return {reinterpret_cast<const char*>(bytes.data()), bytes.size()}; }

class Sink {
 public:
  virtual ~Sink() = default;
  virtual Status write(Bytes bytes) = 0;
};

// Collects everything into a string, refusing to grow beyond size_max_bytes.
class StringSink final : public Sink {
 public:
  explicit StringSink(std::size_t size_max_bytes) : size_max_bytes_(size_max_bytes) {}
  Status write(Bytes bytes) override {
    if (bytes.size() > size_max_bytes_ - text_.size())
      return fail(make_error(ErrorCode{"too-large"}, "the data is larger than the limit of " + std::to_string(size_max_bytes_) + " bytes"));
    text_.append(as_text(bytes));
    return ok();
  }
  std::string take() { return std::move(text_); }
  const std::string& text() const { return text_; }

 private:
  std::size_t size_max_bytes_;
  std::string text_;
};

}  // namespace pipit
