// pipit-bench [SUBCOMMAND [ARGUMENT...]]; without words, `packaging`.
#include <array>
#include <cstdio>

#include "bench/bench.h"

namespace pipit::bench {

void print_figure(std::string_view name, double value, std::string_view unit) {
  std::printf("%.*s\t%.2f\t%.*s\n", static_cast<int>(name.size()), name.data(), value, static_cast<int>(unit.size()),
              unit.data());
  std::fflush(stdout);
}

namespace {

struct Subcommand {
  std::string_view name;
  int (*run)(Arguments);
};
constexpr std::array kSubcommands{Subcommand{"packaging", run_packaging}, Subcommand{"inputs", run_inputs}, Subcommand{"linear", run_linear},
                                  Subcommand{"requirements", run_requirements}};

int dispatch(int argc, char** argv) {
  const std::string_view wanted = argc > 1 ? argv[1] : "packaging";
  for (const Subcommand& subcommand : kSubcommands) {
    if (subcommand.name == wanted) return subcommand.run(Arguments(argv + std::min(argc, 2), argv + argc));
  }
  std::fprintf(stderr, "pipit-bench: no such measurement\n");
  return 2;
}

}  // namespace
}  // namespace pipit::bench

int main(int argc, char** argv) { return pipit::bench::dispatch(argc, argv); }
