// What the three parts of Transfer share.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "pipit/base/text.h"
#include "pipit/net/http.h"

namespace pipit::net {

inline bool is_redirect(int status) { return status == 301 || status == 302 || status == 303 || status == 307 || status == 308; }

inline std::optional<std::string> header_of(const Headers& headers, std::string_view name) {
  for (const auto& [key, value] : headers)
    if (ascii_iequals(key, name)) return value;
  return std::nullopt;
}

}  // namespace pipit::net
