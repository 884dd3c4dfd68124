#include "python/pyvenv_cfg.h"

#include <fmt/format.h>

#include "pipit/base/text.h"

namespace pipit::python {

PyvenvCfg parse_pyvenv_cfg(std::string_view text) {
  PyvenvCfg cfg;
  for (std::string_view line : split(text, '\n')) {
    const std::size_t equals = line.find('=');
    if (equals == std::string_view::npos) continue;
    const std::string key = ascii_lower(trim(line.substr(0, equals)));
    const std::string_view value = trim(line.substr(equals + 1));
    if (key == "home" && !cfg.home) cfg.home = std::string(value);
    if (key == "include-system-site-packages") cfg.system_site_packages = ascii_iequals(value, "true");
    if (key == "version" || (key == "version_info" && !cfg.version)) cfg.version = std::string(value);
  }
  return cfg;
}

std::string python_repr(std::string_view text) {
  const char quote = text.find('\'') != std::string_view::npos && text.find('"') == std::string_view::npos ? '"' : '\'';
  std::string out(1, quote);
  for (char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == quote || c == '\\') (out += '\\') += c;
    else if (c == '\n') out += "\\n";
    else if (c == '\r') out += "\\r";
    else if (c == '\t') out += "\\t";
    else if (byte < 0x20 || byte == 0x7f) out += fmt::format("\\x{:02x}", byte);
    else out += c;
  }
  return out += quote;
}

}  // namespace pipit::python
