// Marker: an environment marker (PEP 508, 685, dependency-specifiers.rst), parsed and kept unevaluated until a target is
// known. Never recurses on input: the expression is a flat postfix program. Pure value.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "pipit/base/result.h"

namespace pipit::packaging {

inline constexpr ErrorCode kInvalidMarker{"invalid-marker"};
inline constexpr ErrorCode kUndefinedMarker{"undefined-marker"};  // undefined comparison or variable

// The eleven variables of the target interpreter (never of the machine pipit runs on by accident).
struct MarkerEnvironment {
  std::string implementation_name, implementation_version, os_name, platform_machine, platform_release, platform_system,
      platform_version, python_full_version, platform_python_implementation, python_version, sys_platform;
  friend bool operator==(const MarkerEnvironment&, const MarkerEnvironment&) = default;
};

enum class MarkerContext { metadata, requirement, lock_file };

// What besides the environment a marker may ask for.
struct MarkerExtras {
  MarkerContext context = MarkerContext::metadata;
  // metadata: the extras being asked for (normalised). `extra == "x"` holds if x is among them; with none, extra is "".
  std::vector<std::string> extras;
  // lock_file: dependency groups chosen.
  std::vector<std::string> dependency_groups;
  // Further names and their values. No standard defines any; the conformance suite does.
  std::map<std::string, std::string, std::less<>> others;
};

class Marker {
 public:
  Marker() = default;  // always true
  static Result<Marker> parse(std::string_view text);
  // Fails (undefined-marker) where packaging raises: undefined comparison, unknown variable, extra in a lock file.
  Result<bool> evaluate(const MarkerEnvironment& environment, const MarkerExtras& extras = {}) const;
  bool always_true() const { return program_ == nullptr; }
  bool mentions_extra() const;
  std::string str() const;  // canonical text as packaging prints it
  // Both must hold.
  static Marker conjunction(const Marker& a, const Marker& b);

  struct Program;

 private:
  friend struct MarkerAccess;
  explicit Marker(std::shared_ptr<const Program> program) : program_(std::move(program)) {}

  std::shared_ptr<const Program> program_;  // immutable, shared between copies
};

}  // namespace pipit::packaging
