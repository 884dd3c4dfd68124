// What the process was given: its terminal and its environment. Declared in file.h.
#include <sys/ioctl.h>
#include <unistd.h>

#include <cstring>

#include "pipit/sys/file.h"

namespace pipit::sys {

bool is_terminal(int fd) { return ::isatty(fd) == 1; }

int terminal_columns(int fd, int otherwise) {
  winsize size{};
  return ::ioctl(fd, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : otherwise;
}

std::vector<std::pair<std::string, std::string>> environment_variables() {
  std::vector<std::pair<std::string, std::string>> variables;
  for (char** entry = environ; entry != nullptr && *entry != nullptr; ++entry) {
    const std::string_view text = *entry;
    const std::size_t equals = text.find('=', 1);
    if (equals != std::string_view::npos) variables.emplace_back(text.substr(0, equals), text.substr(equals + 1));
  }
  return variables;
}

}  // namespace pipit::sys
