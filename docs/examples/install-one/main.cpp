// install_one PYTHON REQUIREMENT [DIRECTORY]: pipit as a library. Resolves a requirement (from the index, or from a directory of
// archives) and installs what it needs into the environment of PYTHON.
#include <pipit/ops/install.h>
#include <pipit/sys/file.h>

#include <cstdio>

struct Lines final : pipit::ops::Reporter {
  void say(const pipit::Diagnostic& line) override { std::fprintf(stderr, "%s\n", line.message.c_str()); }
  void data(const std::string& text) override { std::fputs(text.c_str(), stdout); }
  void transfer_planned(std::uint64_t, std::optional<std::uint64_t>) override {}
  void transfer_started(const std::string&, std::optional<std::uint64_t>) override {}
  void transfer_moved(const std::string&, std::uint64_t) override {}
  void transfer_ended(const std::string&) override {}
  void phase(const std::string&) override {}
  std::optional<bool> ask(const std::string&) override { return std::nullopt; }
};

int main(int argc, char** argv) {
  if (argc < 3) return std::fputs("usage: install_one PYTHON REQUIREMENT [DIRECTORY]\n", stderr), 2;
  pipit::ops::SessionOptions surroundings{.environment = pipit::sys::environment_variables(), .current_directory = pipit::sys::current_directory(), .python = argv[1]};
  surroundings.http.environment = surroundings.environment;  // proxies and certificates
  pipit::ops::InstallOptions wanted{.resolve = {.arguments = {{argv[2]}}}};
  wanted.resolve.files.index_urls = {pipit::ops::kDefaultIndexUrl};
  if (argc > 3) wanted.resolve.files.index_urls.clear(), wanted.resolve.files.no_index = true, wanted.resolve.files.find_links = {argv[3]};
  Lines lines;
  pipit::ops::Session session(surroundings, lines, {}, pipit::sys::real_os(), pipit::sys::real_clock());
  const auto report = pipit::ops::install(wanted, session);
  if (!report) return std::fprintf(stderr, "error: %s\n", report.error().message.c_str()), 1;
  for (const auto& package : report->installed) std::printf("%s %s\n", package.name.c_str(), package.version.c_str());
}
