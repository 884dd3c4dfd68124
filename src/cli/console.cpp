#include "cli/console.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <ctime>
#include <utility>

#include "cli/progress.h"
#include "pipit/base/text.h"
#include "pipit/base/url.h"
#include "pipit/packaging/requirements_file.h"
#include "pipit/sys/file.h"

namespace pipit::cli {

struct Console::Progress : TransferProgress {};

namespace {

// The end of the last whole UTF-8 character within the first `size` bytes.
std::size_t floor_character(std::string_view text, std::size_t size) {
  while (size > 0 && (static_cast<unsigned char>(text[size]) & 0xC0) == 0x80) --size;
  return size;
}

// "user:secret@host" without a scheme, or with a broken one: what people type for a proxy, and mistype for an index.
std::string mask_bare_secret(std::string_view word) {
  const std::size_t at = word.rfind('@');
  if (at == std::string_view::npos || at + 1 == word.size()) return std::string(word);
  const std::size_t colon = word.substr(0, at).rfind(':');
  if (colon == std::string_view::npos || colon == 0) return std::string(word);
  const std::string_view secret = word.substr(colon + 1, at - colon - 1);
  if (secret.empty() || secret.find('/') != std::string_view::npos) return std::string(word);  // a scheme's or a port's colon
  return std::string(word.substr(0, colon + 1)) + "****" + std::string(word.substr(at));
}

// Whatever a sentence quotes, no password is shown: URLs first, then words that would be one.
std::string mask_secrets(std::string_view text) {
  const std::string masked = mask_credentials(text);
  if (masked.find('@') == std::string::npos) return masked;
  std::string out;
  for (std::string_view rest = masked; !rest.empty();) {
    const std::size_t end = std::min(rest.find_first_of(" \n\t"), rest.size());
    out += mask_bare_secret(rest.substr(0, end));
    out += rest.substr(end, 1);
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return out;
}

}  // namespace

std::string printable(std::string_view text) {
  std::string out;
  bool first = true;
  for (std::string_view line : split(text, '\n')) {
    if (!std::exchange(first, false)) out += '\n';
    std::string_view rest = line;
    while (!rest.empty()) {  // tabs are harmless and pip prints them
      const std::size_t tab = rest.find('\t');
      out += escape_for_terminal(rest.substr(0, tab));
      if (tab == std::string_view::npos) break;
      out += '\t';
      rest.remove_prefix(tab + 1);
    }
  }
  return out;
}

std::string readable(std::string_view text) {
  constexpr std::size_t kWordMax = 4096;
  std::string out;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find_first_of(" \n\t"), text.size() - 1) + 1;  // with the blank behind it
    std::string_view word = text.substr(0, end);
    text.remove_prefix(end);
    if (word.size() > kWordMax) {
      const std::size_t kept = floor_character(word, kWordMax);
      const bool blank = word.find_first_of(" \n\t") != std::string_view::npos;
      out += fmt::format("{}...({} more bytes)", word.substr(0, kept), word.size() - kept - (blank ? 1 : 0));
      word = blank ? word.substr(word.size() - 1) : std::string_view{};
    }
    out += word;
  }
  return printable(mask_secrets(out));
}

Console::Console(ConsoleOptions options) : options_(std::move(options)), progress_(std::make_unique<Progress>()) {
  if (options_.log_file.empty()) return;
  log_ = std::fopen(options_.log_file.c_str(), "ae");
  if (!log_) err(fmt::format("WARNING: the log file {} cannot be written\n", printable(options_.log_file)));
  log("", options_.command_line);
}

Console::~Console() {
  if (log_) std::fclose(log_);
}

std::string Console::paint(std::string_view text, const char* code) const {
  return options_.color ? fmt::format("\x1b[{}m{}\x1b[0m", code, text) : std::string(text);
}

void Console::out(std::string_view text) {
  progress_->clear();
  if (std::fwrite(text.data(), 1, text.size(), stdout) != text.size()) broken_ = true;
  if (options_.progress && std::fflush(stdout) != 0) broken_ = true;
}

void Console::err(std::string_view text) {
  progress_->clear();
  std::fflush(stdout);  // the two streams keep their order where they end in one place
  std::fwrite(text.data(), 1, text.size(), stderr);
}

void Console::log(std::string_view level, std::string_view text) {
  if (!log_) return;
  const std::time_t now = std::chrono::system_clock::to_time_t(std::chrono::system_clock::now());
  const std::string masked = mask_secrets(text);
  for (std::string_view line : split(masked, '\n'))
    fmt::print(log_, "{:%Y-%m-%dT%H:%M:%S} {}{}\n", fmt::gmtime(now), level, printable(line));
  std::fflush(log_);
}

void Console::say(const Diagnostic& diagnostic) {
  std::lock_guard lock(mutex_);
  const std::string text = readable(diagnostic.message);
  const std::string place = diagnostic.where.empty() ? "" : fmt::format(" ({})", readable(diagnostic.where));
  switch (diagnostic.severity) {
    case Severity::debug:
      log("", text);
      if (options_.verbosity >= 1) options_.info_to_stderr || options_.debug_to_stderr ? err(text + "\n") : out(text + "\n");
      return;
    case Severity::info:
      log("", text);
      if (options_.verbosity >= 0) options_.info_to_stderr ? err(text + "\n") : out(text + "\n");
      return;
    case Severity::deprecation:
      log("DEPRECATION: ", text);
      if (options_.verbosity >= -1) err(paint("DEPRECATION: " + text + place, "33") + "\n");
      return;
    case Severity::warning:
      log("WARNING: ", text);
      if (options_.verbosity >= -1) err(paint("WARNING: " + text + place, "33") + "\n");
      return;
    case Severity::error:
      log("ERROR: ", text);
      err(paint("ERROR: " + text + place, "31") + "\n");  // however quiet the run: why it failed is always told
      return;
  }
}

void Console::data(const std::string& text) {
  std::lock_guard lock(mutex_);
  log("", text);
  out(text);
}

void Console::transfer_planned(std::uint64_t files, std::optional<std::uint64_t> size_bytes) {
  std::lock_guard lock(mutex_);
  progress_->plan(files, size_bytes);
}

void Console::transfer_started(const std::string& key, std::optional<std::uint64_t> size_bytes) {
  std::lock_guard lock(mutex_);
  progress_->start(key, size_bytes);
}

void Console::transfer_moved(const std::string& key, std::uint64_t received_bytes) {
  std::lock_guard lock(mutex_);
  progress_->move(key, received_bytes);
  if (options_.raw_progress) {
    out(progress_->raw_line(key));
  } else if (options_.progress && options_.verbosity >= 0) {
    progress_->draw(options_.color, options_.unicode);
  }
}

void Console::transfer_ended(const std::string& key) {
  std::lock_guard lock(mutex_);
  progress_->end(key);
}

void Console::phase(const std::string& what) {
  std::lock_guard lock(mutex_);
  log("", what);
  if (options_.progress && options_.verbosity >= 0) progress_->phase(printable(what), options_.color);
}

std::optional<bool> Console::ask(const std::string& question) {
  std::lock_guard lock(mutex_);
  if (!options_.may_ask) return std::nullopt;
  for (;;) {
    out(printable(question));
    std::fflush(stdout);
    char answer[256];
    if (!std::fgets(answer, sizeof answer, stdin)) return std::nullopt;
    const std::string word = ascii_lower(trim(answer));
    if (word.empty() || word == "y") return true;
    if (word == "n") return false;
    out(fmt::format("Your response ('{}') was not one of the expected responses: y, n, \n", printable(word)));
  }
}

namespace {

// The parser of options in requirements files shows its usage before it says "<program>: error: ...", as pip's does.
std::string usage_above(const Error& error) {
  const std::size_t newline = error.message.find('\n');
  if (error.code != packaging::kInvalidRequirementsOption || newline == std::string::npos) return {};
  const std::string says = error.message.substr(newline + 1), program = says.substr(0, says.find(": error: "));
  return program.size() < says.size() && program.find(' ') == std::string::npos ? "Usage: " + readable(program) + " [options]\n\n" : "";
}

}  // namespace

void Console::draw_one(const Error& error) {
  const bool unicode = options_.unicode;
  std::string text;
  if (error.layout == Layout::rich) {
    text += paint("error", "1;31") + ": " + std::string(error.code.id) + "\n\n";
    std::string mark = paint(unicode ? "×" : "x", "31");
    for (std::string_view line : split(error.message, '\n')) text += std::exchange(mark, unicode ? "│" : "|") + " " + readable(line) + "\n";
    for (std::size_t i = 0; i < error.details.size(); ++i)
      text += fmt::format("{} {}\n", i == 0 ? (unicode ? "╰─>" : "+->") : "   ", readable(error.details[i]));
    text += "\n";
  } else if (error.wording == Wording::pip) {
    text += usage_above(error) + paint("ERROR: ", "31") + readable(error.message) + "\n";
    for (const std::string& line : error.details) text += readable(line) + "\n";
    text += fmt::format("error: {}\n", error.code.id);
  } else {
    text += paint("ERROR: ", "31") + std::string(error.code.id) + ": " + readable(error.message) + "\n";
    for (const std::string& line : error.details) text += "  " + readable(line) + "\n";
  }
  if (!error.where.empty()) text += "  where: " + readable(error.where) + "\n";
  for (const std::string& line : error.because) text += "  while " + readable(line) + "\n";
  for (const std::string& hint : error.hints) text += paint("hint", "1;36") + ": " + readable(hint) + "\n";
  log("", text);
  err(text);
}

void Console::error(const Error& error) {
  std::lock_guard lock(mutex_);
  draw_one(error);
  for (const Error& other : error.also) draw_one(other);
}

void Console::usage(const Error& error) {
  std::lock_guard lock(mutex_);
  std::string text;
  for (const std::string& block : error.details) text += mask_secrets(block);
  err(text + (text.empty() ? "" : "\n") + (error.message.empty() ? "" : readable(error.message) + "\n"));
}

bool Console::finish() {
  std::lock_guard lock(mutex_);
  progress_->clear();
  if (std::fflush(stdout) != 0 || std::ferror(stdout)) broken_ = true;
  return !broken_;
}

}  // namespace pipit::cli
