// A compressed stream as plain bytes, by libarchive's filters (gzip, bzip2, xz, or none). It reports a second stream behind
// the first and bytes behind the end, which libarchive would read on or pass over in silence.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "pipit/base/result.h"
#include "pipit/base/sink.h"

namespace pipit::archive {

enum class Compression { none, gzip, bzip2, xz };

class Decompressor {
 public:
  // `bytes` must outlive this.
  static Result<Decompressor> open(Bytes bytes, Compression compression, std::string_view filename);
  Decompressor(Decompressor&&) noexcept;
  ~Decompressor();
  // Fills `out` as far as there is data; 0 at the end.
  Result<std::size_t> read(std::span<std::byte> out);
  std::uint64_t delivered() const;
  // After the end: nothing may be left of the compressed bytes.
  Status check_end() const;

 private:
  struct State;
  explicit Decompressor(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace pipit::archive
