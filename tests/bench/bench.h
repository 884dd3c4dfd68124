// pipit-bench: a subcommand measures one thing and prints one line per figure: "name<TAB>value<TAB>unit".
#pragma once

#include <algorithm>
#include <ctime>
#include <span>
#include <string>
#include <string_view>

namespace pipit::bench {

using Arguments = std::span<char* const>;  // the words behind the subcommand

int run_packaging(Arguments arguments);  // versions, requirement lines, markers
int run_inputs(Arguments arguments);     // NAME: the texts that `packaging` measures with, one a line, for other programs
int run_linear(Arguments arguments);     // [WORD]: work for 2n over work for n, per parser, up to 10 MB
int run_requirements(Arguments arguments);  // FILE: one requirements file

void print_figure(std::string_view name, double value, std::string_view unit);

// Keeps the optimizer from removing a computation whose result nobody reads.
template <class T>
void keep(const T& value) {
  asm volatile("" : : "g"(&value) : "memory");
}

// What one run costs this process, in nanoseconds of processor time: other programs on the machine do not count.
template <class F>
double cost_ns(const F& work) {
  const std::clock_t begin = std::clock();
  work();
  return static_cast<double>(std::clock() - begin) * (1e9 / CLOCKS_PER_SEC);
}

// The best of `rounds` runs: noise only ever adds.
template <class F>
double best_ns(int rounds, const F& work) {
  double best = 1e300;
  for (int i = 0; i < rounds; ++i) best = std::min(best, cost_ns(work));
  return best;
}

}  // namespace pipit::bench
