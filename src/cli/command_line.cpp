#include "cli/command_line.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <charconv>
#include <map>
#include <memory>

#include "pipit/base/text.h"

namespace pipit::cli {

namespace {

bool takes_value(const OptionSpec& spec) { return spec.kind == OptionKind::value || spec.kind == OptionKind::list; }

Error usage_error(const CommandSpec* command, std::string_view program, std::string message) {
  Error error = make_pip_error(kUsageError, std::move(message));
  error.details.push_back(usage_text(command, program));
  return error;
}

// As Python's textwrap.fill(): of values that are taken apart while the command line is read, pip complains in lines of 70.
std::string filled(const std::string& sentence) {
  std::string text;
  std::size_t column = 0;
  for (std::string_view word : split(sentence, ' ')) {
    const bool breaks = column != 0 && column + 1 + word.size() > 70;
    if (column != 0) text += breaks ? '\n' : ' ';
    column = breaks || column == 0 ? word.size() : column + 1 + word.size();
    text += word;
  }
  return text;
}

// Turns what people type into `--id` and `--id=:value`, which CLI11 then binds. The ':' keeps empty values and values that
// look like options or lists apart from CLI11's own conventions.
class Normaliser {
 public:
  Normaliser(std::vector<const OptionSpec*> options, const CommandSpec* command, std::string_view program)
      : options_(std::move(options)), command_(command), program_(program) {}

  // With `until_argument` the walk ends at the first word that is no option: the command.
  Status run(std::span<const std::string> words, bool until_argument) {
    for (position_ = 0; position_ < words.size(); ++position_) {
      const std::string& word = words[position_];
      if (only_arguments_ || word.size() < 2 || word[0] != '-') {
        if (until_argument) return ok();
        arguments.push_back(word);
      } else if (word == "--") {
        if (until_argument) return ++position_, ok();
        only_arguments_ = true;
      } else if (word[1] == '-') {
        PIPIT_CHECK(long_option(words));
      } else {
        PIPIT_CHECK(short_options(words));
      }
    }
    return ok();
  }
  std::size_t position() const { return position_; }

  std::vector<GivenOption> given;
  std::vector<std::string> arguments;

 private:
  Status long_option(std::span<const std::string> words) {
    const std::string& word = words[position_];
    const std::size_t equals = word.find('=');
    PIPIT_TRY(const OptionSpec* spec, find_long(std::string_view(word).substr(0, equals)));
    const std::string name(find_exact(std::string_view(word).substr(0, equals)) ? word.substr(0, equals) : whole_name(*spec, word.substr(0, equals)));
    if (!takes_value(*spec)) {
      if (equals != std::string::npos) return fail(problem(fmt::format("{} option does not take a value", name)));
      return add(*spec, {}, name);
    }
    if (equals != std::string::npos) return add(*spec, word.substr(equals + 1), name);
    return add_next(*spec, words, name);
  }

  Status short_options(std::span<const std::string> words) {
    const std::string word = words[position_];
    for (std::size_t i = 1; i < word.size(); ++i) {
      const std::string name{'-', word[i]};
      const OptionSpec* spec = find_exact(name);
      if (!spec) return fail(problem("no such option: " + name));
      if (!takes_value(*spec)) {
        PIPIT_CHECK(add(*spec, {}, name));
        continue;
      }
      if (i + 1 < word.size()) return add(*spec, word.substr(i + 1), name);
      return add_next(*spec, words, name);
    }
    return ok();
  }

  Status add_next(const OptionSpec& spec, std::span<const std::string> words, const std::string& name) {
    if (position_ + 1 >= words.size()) return fail(problem(fmt::format("{} option requires 1 argument", name)));
    return add(spec, words[++position_], name);
  }

  Status add(const OptionSpec& spec, std::string value, const std::string& name) {
    if (!spec.choices.empty() && std::find(spec.choices.begin(), spec.choices.end(), value) == spec.choices.end()) {
      std::string choices;
      for (std::string_view choice : spec.choices) choices += fmt::format("{}'{}'", choices.empty() ? "" : ", ", choice);
      return fail(problem(fmt::format("option {}: invalid choice: '{}' (choose from {})", name, value, choices)));
    }
    if (const std::string_view kind = number_kind(spec); !kind.empty() && !is_number(kind, value))
      return fail(problem(fmt::format("option {}: invalid {} value: '{}'", name, kind, value)));
    if (const std::string words = wrong_words(spec, value); !words.empty()) return fail(problem(words));
    if (spec.id == "config-settings" && (value.find('=') == std::string::npos || value[0] == '='))
      return fail(problem(fmt::format("Arguments to {} must be of the form KEY=VAL", name)));
    given.push_back({&spec, std::move(value)});
    return ok();
  }

  static std::string wrong_words(const OptionSpec& spec, const std::string& value) {
    if (spec.id == "python-version") {
      const auto version = parse_python_version(value);
      return version ? std::string() : version.error().message;
    }
    const std::size_t colon = value.rfind(':');
    if (spec.id != "group" || colon == std::string::npos) return {};
    const std::string file = value.substr(value.rfind('/', colon) == std::string::npos ? 0 : value.rfind('/', colon) + 1, std::string::npos);
    const std::string name = file.substr(0, file.rfind(':'));
    if (name.empty() || name == "pyproject.toml" || name == "pylock.toml") return {};
    return filled("--group error: group paths use local 'pyproject.toml' or 'pylock.toml' files");
  }

  // The long name that an abbreviation stands for.
  static std::string whole_name(const OptionSpec& spec, const std::string& typed) {
    const auto name = std::find_if(spec.names.begin(), spec.names.end(), [&](std::string_view each) { return each.starts_with(typed); });
    return name == spec.names.end() ? typed : std::string(*name);
  }

  const OptionSpec* find_exact(std::string_view name) const {
    for (const OptionSpec* option : options_)
      if (std::find(option->names.begin(), option->names.end(), name) != option->names.end()) return option;
    return nullptr;
  }

  Result<const OptionSpec*> find_long(std::string_view name) const {
    if (const OptionSpec* exact = find_exact(name)) return exact;
    std::vector<std::string> matches;
    const OptionSpec* found = nullptr;
    bool one = true;
    for (const OptionSpec* option : options_)
      for (std::string_view candidate : option->names)
        if (candidate.starts_with(name) && candidate.starts_with("--")) {
          matches.emplace_back(candidate);
          if (found && found != option) one = false;
          found = option;
        }
    if (!found) return fail(problem(fmt::format("no such option: {}", name)));
    std::sort(matches.begin(), matches.end());
    if (!one) return fail(problem(fmt::format("ambiguous option: {} ({}?)", name, fmt::join(matches, ", "))));
    return found;
  }

  Error problem(std::string message) const { return usage_error(command_, program_, std::move(message)); }

  std::vector<const OptionSpec*> options_;
  const CommandSpec* command_;
  std::string_view program_;
  std::size_t position_ = 0;
  bool only_arguments_ = false;
};

// Hands the normalised words to CLI11, which owns the grammar of what may be repeated and how often.
Status bind(const CommandSpec* command, std::string_view program, std::vector<GivenOption>& given) {
  ::CLI::App app;
  app.set_help_flag();
  app.option_defaults()->multi_option_policy(::CLI::MultiOptionPolicy::TakeAll);
  std::map<const ::CLI::Option*, std::pair<const OptionSpec*, std::size_t>> seen;
  std::map<const OptionSpec*, std::unique_ptr<std::vector<std::string>>> values;
  std::map<const OptionSpec*, ::CLI::Option*> bound;
  std::vector<std::string> words;
  for (const GivenOption& option : given) {
    const std::string name = "--" + std::string(option.spec->id);
    if (!bound.count(option.spec)) {
      if (takes_value(*option.spec)) {
        auto& target = values[option.spec] = std::make_unique<std::vector<std::string>>();
        bound[option.spec] = app.add_option(name, *target)->expected(1)->allow_extra_args(false)->take_all();
      } else {
        bound[option.spec] = app.add_flag(name)->take_all();
      }
      seen[bound[option.spec]] = {option.spec, 0};
    }
    words.push_back(takes_value(*option.spec) ? name + "=:" + option.value : name);
  }
  std::reverse(words.begin(), words.end());
  try {
    app.parse(words);
  } catch (const ::CLI::ParseError& error) {
    return fail(usage_error(command, program, error.what()));
  }
  std::vector<GivenOption> ordered;
  for (const ::CLI::Option* option : app.parse_order()) {
    auto& [spec, index] = seen.at(option);
    ordered.push_back({spec, takes_value(*spec) ? option->results().at(index++).substr(1) : std::string()});
  }
  given = std::move(ordered);
  return ok();
}

Error unknown_command(const std::string& name) {
  std::vector<std::string> names;
  for (const CommandSpec& command : all_commands())
    if (!command.hidden) names.emplace_back(command.name);
  std::string message = fmt::format("unknown command \"{}\"", name);
  if (auto near = nearest_word(ascii_lower(name), names)) message += fmt::format(" - maybe you meant \"{}\"", *near);
  return make_pip_error(kUnknownCommand, std::move(message));
}

}  // namespace

Result<std::vector<int>> parse_python_version(std::string_view text) {
  const auto refuse = [&](std::string_view why) {
    return fail(make_pip_error(kUsageError, filled(fmt::format("--python-version error: invalid --python-version value: '{}': {}", text, why))));
  };
  std::vector<int> numbers;
  if (text.empty()) return numbers;
  std::vector<std::string_view> parts = split(text, '.');
  if (parts.size() > 3) return refuse("at most three version parts are allowed");
  if (parts.size() == 1 && text.size() > 1) parts = {text.substr(0, 1), text.substr(1)};
  for (const std::string_view part : parts) {
    const auto [end, problem] = std::from_chars(part.data(), part.data() + part.size(), numbers.emplace_back());
    if (problem != std::errc() || end != part.data() + part.size() || numbers.back() < 0) return refuse("each version part must be an integer");
  }
  return numbers;
}

bool CommandLine::has(std::string_view id) const {
  return std::any_of(options.begin(), options.end(), [&](const GivenOption& option) { return option.spec->id == id; });
}

std::string usage_text(const CommandSpec* command, std::string_view program) {
  const bool on_one_line = command && command->name == "hash";  // as pip's own tables have it
  if (on_one_line) return fmt::format("\nUsage:   {} {} {}\n", program, command->name, command->usage[0]);
  std::string text = "\nUsage:   \n";
  if (!command) return text + fmt::format("  {} <command> [options]\n", program);
  for (std::string_view usage : command->usage) text += fmt::format("  {} {} {}\n", program, command->name, usage);
  return text;
}

Result<CommandLine> parse_command_line(std::span<const std::string> words, std::string_view program) {
  static const CommandSpec no_command{"", 0, "", {}, "", {}, true};
  CommandLine line;
  Normaliser general(options_of(no_command), nullptr, program);
  PIPIT_CHECK(general.run(words, true));
  line.options = std::move(general.given);
  if (general.position() < words.size()) {
    const std::string& name = words[general.position()];
    line.command = find_command(name);
    if (!line.command) {
      if (line.has("help") || line.has("version")) return line;
      return fail(unknown_command(name));
    }
    Normaliser own(options_of(*line.command), line.command, program);
    PIPIT_CHECK(own.run(words.subspan(general.position() + 1), false));
    line.options.insert(line.options.end(), own.given.begin(), own.given.end());
    line.arguments = std::move(own.arguments);
  }
  PIPIT_CHECK(bind(line.command, program, line.options));
  return line;
}

std::string command_line_library() { return "CLI11 " CLI11_VERSION; }

}  // namespace pipit::cli
