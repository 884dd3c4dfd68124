// pipit-bench: a subcommand measures one thing and prints one line per figure: "name<TAB>value<TAB>unit".
#pragma once

#include <algorithm>
#include <chrono>
#include <span>
#include <string>
#include <string_view>

namespace pipit::bench {

using Arguments = std::span<char* const>;  // the words behind the subcommand

int run_packaging(Arguments arguments);  // versions, requirement lines, markers
int run_linear(Arguments arguments);     // time for 2n over time for n, per parser, up to 10 MB
int run_requirements(Arguments arguments);  // FILE: one requirements file

void print_figure(std::string_view name, double value, std::string_view unit);

// Keeps the optimizer from removing a computation whose result nobody reads.
template <class T>
void keep(const T& value) {
  asm volatile("" : : "g"(&value) : "memory");
}

// The best of `rounds` runs, in nanoseconds: noise only ever adds.
template <class F>
double best_ns(int rounds, const F& work) {
  double best = 1e300;
  for (int i = 0; i < rounds; ++i) {
    const auto begin = std::chrono::steady_clock::now();
    work();
    const std::chrono::duration<double, std::nano> took = std::chrono::steady_clock::now() - begin;
    best = std::min(best, took.count());
  }
  return best;
}

}  // namespace pipit::bench
