// One row of `pipit-bench linear`: a parser and the input that hurts it most.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace pipit::bench {

struct LinearRow {
  std::string_view name;
  // The input is head + repeated * n + tail. "{}" in the repeated part becomes the number of the repetition.
  std::string_view head, repeated, tail;
  void (*parse)(std::string_view);
  // Instead of the four above, for what is not text.
  std::string (*make)(std::size_t size) = nullptr;
};

std::span<const LinearRow> value_rows();         // versions, markers, requirements, names, tags
std::span<const LinearRow> requirements_rows();  // requirements files, peep
std::span<const LinearRow> file_rows();          // what wheels, projects and lock files carry
std::span<const LinearRow> archive_rows();       // index pages, URLs, archives

}  // namespace pipit::bench
