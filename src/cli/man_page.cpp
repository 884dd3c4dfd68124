#include "cli/man_page.h"

#include <fmt/format.h>

#include "pipit/base/text.h"

namespace pipit::cli {

namespace {

// A line of text: roff's escapes kept apart, and no line taken for a request.
std::string roff(std::string_view text) {
  std::string out = text.starts_with('.') || text.starts_with('\'') ? "\\&" : "";
  for (char c : text) {
    if (c == '\\') out += "\\e";
    else if (c == '-') out += "\\-";
    else out += c;
  }
  return out;
}

std::string sentence(std::string_view text) { return roff(text) + (text.ends_with('?') ? "" : "."); }

std::string section(std::string_view title, std::string_view text) { return fmt::format(".SH {}\n{}", title, text); }

std::string heading(const std::string& page, std::string_view what) {
  return fmt::format(".\\\" Made by `pipit help --man`.\n.TH {} 1 \"\" \"pipit {}\" \"User Commands\"\n", ascii_upper(page), PIPIT_VERSION) +
         section("NAME", fmt::format("{} \\- {}\n", roff(page), roff(what)));
}

std::string option_entry(const OptionSpec& option) {
  std::string names;
  for (std::string_view name : option.names) names += fmt::format("{}\\fB{}\\fR", names.empty() ? "" : ", ", roff(name));
  if (!option.metavar.empty()) names += fmt::format(" \\fI{}\\fR", roff(option.metavar));
  return fmt::format(".TP\n{}\n{}\n", names, sentence(option.help));
}

// The options with help; the general ones or those of the command alone.
std::string option_entries(const CommandSpec& command, bool general) {
  std::string text;
  for (const OptionSpec* option : options_of(command))
    if (!option->help.empty() && ((option->groups & kGeneral) != 0) == general) text += option_entry(*option);
  return text;
}

std::string entry(std::string_view name, std::string_view text) { return fmt::format(".TP\n{}\n{}\n", name, sentence(text)); }

std::string overview_page() {
  static const CommandSpec none{};
  std::string commands;
  for (const CommandSpec& command : all_commands())
    if (!command.hidden) commands += entry(fmt::format("\\fBpipit\\-{}\\fR(1)", roff(command.name)), command.summary);
  return heading("pipit", "install Python packages") +
         section("SYNOPSIS", "\\fBpipit\\fR \\fIcommand\\fR [\\fIoptions\\fR]\n") +
         section("DESCRIPTION", roff("pipit takes the place of pip: the same commands, options, files, environment variables and exit codes, in one "
                                     "native program. Every archive is checked against its hash and its RECORD before anything is written, and a run "
                                     "either happens as a whole or leaves the environment as it was.") + "\n") +
         section("COMMANDS", commands) + section("OPTIONS", option_entries(none, true)) +
         section("ENVIRONMENT", entry("\\fBPIP_\\fIOPTION\\fR", "The value of a long option: PIP_INDEX_URL is --index-url") +
                                    entry("\\fBSSL_CERT_FILE\\fR, \\fBSSL_CERT_DIR\\fR, \\fBREQUESTS_CA_BUNDLE\\fR, \\fBCURL_CA_BUNDLE\\fR",
                                          "Certificate authorities to trust instead of the system's; --cert wins") +
                                    entry("\\fBVIRTUAL_ENV\\fR", "The target, where neither --python nor PIP_PYTHON names one")) +
         section("FILES", entry("/etc/pip.conf, ~/.config/pip/pip.conf, ~/.pip/pip.conf, \\fIENV\\fR/pip.conf", "Settings, as pip reads them") +
                              entry("~/.cache/pipit", "Unpacked wheels and index pages; can be deleted at any time")) +
         section("EXIT STATUS", entry("0", "Everything asked for is done") + entry("1", "It could not be done; nothing was changed") +
                                    entry("2", "The command line makes no sense") + entry("23", "No such package to install or show"));
}

std::string command_page(const CommandSpec& command) {
  std::string synopsis;
  for (std::string_view usage : command.usage)
    synopsis += fmt::format("{}\\fBpipit {}\\fR {}\n", synopsis.empty() ? "" : ".br\n", roff(command.name), roff(usage));
  std::string text = heading("pipit-" + std::string(command.name), std::string(command.summary)) + section("SYNOPSIS", synopsis) +
                     section("DESCRIPTION", sentence(command.summary) + "\n");
  if (const std::string own = option_entries(command, false); !own.empty()) text += section("OPTIONS", own);
  return text + section("GENERAL OPTIONS", option_entries(command, true)) + section("SEE ALSO", "\\fBpipit\\fR(1)\n");
}

}  // namespace

std::string man_page(const CommandSpec* command) { return command ? command_page(*command) : overview_page(); }

}  // namespace pipit::cli
