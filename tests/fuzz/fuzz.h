// What every fuzz target needs: its input as text, and a check that stops the run.
#pragma once

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string_view>

#define FUZZ_TEXT_TARGET(text)                                                                    \
  static void fuzz_text(std::string_view text);                                                   \
  extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);              \
  extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {             \
    fuzz_text(std::string_view(reinterpret_cast<const char*>(data), size));                       \
    return 0;                                                                                     \
  }                                                                                               \
  static void fuzz_text(std::string_view text)

inline void must(bool holds, const char* what) {
  if (holds) return;
  std::fprintf(stderr, "property violated: %s\n", what);
  std::abort();
}
