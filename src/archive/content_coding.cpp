#include "pipit/archive/content_coding.h"

#include <libdeflate.h>

#include <algorithm>
#include <memory>

namespace pipit::archive {
namespace {

constexpr std::size_t kGzipTailBytes = 8, kFirstGuessBytes = 64u << 10;
constexpr std::uint64_t kExpansionMax = 1032, kUsualExpansionMax = 32;  // of deflate

struct Free {
  void operator()(libdeflate_decompressor* decompressor) const { libdeflate_free_decompressor(decompressor); }
};
using Decompressor = std::unique_ptr<libdeflate_decompressor, Free>;
using Decode = libdeflate_result (*)(libdeflate_decompressor*, const void*, std::size_t, void*, std::size_t, std::size_t*, std::size_t*);

// The size of the last member, on a stranger's word: believed as far as pages usually shrink.
std::uint64_t size_told(Bytes gzip) {
  if (gzip.size() < kGzipTailBytes) return 0;
  std::uint64_t size = 0;
  for (std::size_t i = 4; i-- > 0;) size = size << 8 | std::to_integer<std::uint64_t>(gzip[gzip.size() - 4 + i]);
  return std::min<std::uint64_t>(size, kUsualExpansionMax * gzip.size());
}

// Appends what one stream at the front of `sent` gives, and takes the stream off.
Decoded decode_one(Decode decode, libdeflate_decompressor* with, Bytes& sent, std::uint64_t guess, std::uint64_t size_max, std::string& out) {
  const std::size_t before = out.size();
  const std::uint64_t most = std::min<std::uint64_t>(size_max - before, sent.size() * kExpansionMax + 1);
  for (std::uint64_t room = std::clamp<std::uint64_t>(guess, 1, std::max<std::uint64_t>(most, 1));; room = std::min(2 * room, most)) {
    out.resize(before + static_cast<std::size_t>(room));
    std::size_t read = 0, written = 0;
    const libdeflate_result result = decode(with, sent.data(), sent.size(), out.data() + before, static_cast<std::size_t>(room), &read, &written);
    if (result == LIBDEFLATE_SUCCESS) {
      if (before + written > size_max) return Decoded::too_large;
      out.resize(before + written);
      sent = sent.subspan(read);
      return Decoded::fine;
    }
    if (result != LIBDEFLATE_INSUFFICIENT_SPACE) return Decoded::damaged;
    if (room >= most) return Decoded::too_large;
  }
}

}  // namespace

Decoded decode_content(std::string_view coding, Bytes sent, std::uint64_t size_max_bytes, std::string& out) {
  out.clear();
  const Decompressor decompressor(libdeflate_alloc_decompressor());
  if (decompressor == nullptr) return Decoded::damaged;
  const auto one = [&](Decode decode, std::uint64_t guess) { return decode_one(decode, decompressor.get(), sent, guess, size_max_bytes, out); };
  if (coding == "gzip" || coding == "x-gzip") {
    do {
      const Decoded done = one(libdeflate_gzip_decompress_ex, size_told(sent));
      if (done != Decoded::fine) return done;
    } while (!sent.empty());
    return Decoded::fine;
  }
  if (coding != "deflate") return Decoded::damaged;
  const Bytes whole = sent;
  for (const Decode decode : {libdeflate_zlib_decompress_ex, libdeflate_deflate_decompress_ex}) {
    sent = whole;
    out.clear();
    const Decoded done = one(decode, std::max<std::uint64_t>(kFirstGuessBytes, 8 * whole.size()));
    if (done == Decoded::too_large || (done == Decoded::fine && sent.empty())) return done;
  }
  return Decoded::damaged;
}

}  // namespace pipit::archive
