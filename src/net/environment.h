// Environment variables as a value: look-up in the list that HttpOptions carries.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace pipit::net {

inline std::optional<std::string> environment_value(const std::vector<std::pair<std::string, std::string>>& environment,
                                                    std::string_view name) {
  for (const auto& [key, value] : environment)
    if (key == name) return value;
  return std::nullopt;
}

}  // namespace pipit::net
