// Is every parser linear? Each is fed the input that hurts it most at sizes n and 2n; a ratio near 2 is linear, near 4 quadratic.
// Exit 1 if a ratio is 2.5 or more. 2n is 10 MB, or the largest part of it that the parser does not refuse at once; a row
// without a ratio is refused at once at every size.
#include "bench/linear.h"

#include <array>
#include <charconv>
#include <cstdio>
#ifdef __GLIBC__
#include <malloc.h>
#endif

#include "bench/bench.h"

namespace pipit::bench {
namespace {

constexpr std::size_t kSizeMax = 10'000'000, kSizeMin = 100'000;
constexpr double kRatioMax = 2.5;
constexpr double kComparableNs = 1e6;

std::string text_of(const LinearRow& row, std::size_t size) {
  if (row.make != nullptr) return row.make(size);
  std::string text(row.head);
  const std::size_t place = row.repeated.find("{}");
  for (std::size_t number = 0; text.size() + row.tail.size() < size; ++number) {
    text += row.repeated.substr(0, place);
    if (place == std::string_view::npos) continue;
    std::array<char, 20> digits;
    text.append(digits.data(), std::to_chars(digits.begin(), digits.end(), number).ptr);
    text += row.repeated.substr(place + 2);
  }
  return text += row.tail;
}

struct Costs {
  double half = 1e300, whole = 1e300;
  double ratio() const { return whole / half; }
  bool comparable() const { return whole >= kComparableNs; }
};

// Memory once taken stays with the process: else a round pays for fresh pages, and how many depends on more than the size.
void keep_memory() {
#ifdef __GLIBC__
  mallopt(M_MMAP_MAX, 0);
  mallopt(M_TRIM_THRESHOLD, -1);
#endif
}

// Both sizes in turn, so that a slow moment of the machine hits both; more rounds for a row that looks bad.
Costs measure(const LinearRow& row, std::size_t size) {
  const std::string half = text_of(row, size / 2), whole = text_of(row, size);
  Costs costs;
  for (int round = 0; round < 3 || (round < 40 && costs.ratio() >= kRatioMax - 0.2); ++round) {
    costs.half = std::min(costs.half, cost_ns([&] { row.parse(half); }));
    costs.whole = std::min(costs.whole, cost_ns([&] { row.parse(whole); }));
    if (!costs.comparable()) break;
  }
  return costs;
}

// False: not linear.
bool report(const LinearRow& row) {
  std::size_t size = kSizeMax;
  Costs costs = measure(row, size);
  while (!costs.comparable() && size / 2 >= kSizeMin) costs = measure(row, size /= 2);
  const std::string name(row.name);
  print_figure(name + ", size", static_cast<double>(size) / 1e6, "MB");
  print_figure(name + ", cost", costs.whole / 1e6, "ms");
  if (!costs.comparable()) return true;
  print_figure(name + ", 2n over n", costs.ratio(), "x");
  return costs.ratio() < kRatioMax;
}

}  // namespace

int run_linear(Arguments arguments) {
  keep_memory();
  const std::string_view wanted = arguments.empty() ? "" : arguments[0];
  std::size_t measured = 0, failed = 0;
  for (const auto rows : {value_rows(), requirements_rows(), file_rows(), archive_rows()}) {
    for (const LinearRow& row : rows) {
      if (row.name.find(wanted) == std::string_view::npos) continue;
      ++measured;
      failed += !report(row);
    }
  }
  std::fprintf(stderr, "pipit-bench: %zu rows, %zu not linear\n", measured, failed);
  return failed > 0 || measured == 0 ? 1 : 0;
}

}  // namespace pipit::bench
