#include "cli/option_table.h"

#include <charconv>

namespace pipit::cli {

namespace {

constexpr unsigned kResolving = kInstall | kDownload | kWheel | kLock;
constexpr unsigned kNetworked = kResolving | kIndexVersions | kList | kVenv;
constexpr unsigned kEnvironmentReading = kFreeze | kList | kInspect;

const std::vector<OptionSpec>& option_storage() {
  using K = OptionKind;
  static const std::vector<OptionSpec> options = {
      // --- everywhere
      {"help", {"-h", "--help"}, K::flag, kGeneral, "", "Show help"},
      {"debug", {"--debug"}, K::flag, kGeneral, "", ""},
      {"isolated", {"--isolated"}, K::flag, kGeneral, "", "Ignore environment variables and the user's configuration"},
      {"require-virtualenv", {"--require-virtualenv", "--require-venv"}, K::flag, kGeneral, "", "Refuse to work outside a virtual environment"},
      {"python", {"--python"}, K::value, kGeneral, "EXE|DIR|VERSION", "The target: an interpreter, an environment or a version"},
      {"verbose", {"-v", "--verbose"}, K::count, kGeneral, "", "Say more; repeat for more still"},
      {"version", {"-V", "--version"}, K::flag, kGeneral, "", "Show the version"},
      {"quiet", {"-q", "--quiet"}, K::count, kGeneral, "", "Say less; repeat for less still"},
      {"log", {"--log", "--log-file", "--local-log"}, K::value, kGeneral, "FILE", "Append a full, dated log to FILE"},
      {"no-input", {"--no-input"}, K::flag, kGeneral, "", "Never ask"},
      {"keyring-provider", {"--keyring-provider"}, K::value, kGeneral, "KIND", "Where passwords are looked up: auto, subprocess, disabled",
       {"auto", "disabled", "import", "subprocess"}},
      {"proxy", {"--proxy"}, K::value, kGeneral, "URL", "Use this proxy; empty for none"},
      {"no-proxy-env", {"--no-proxy-env"}, K::flag, kGeneral, "", "Ignore the *_proxy variables"},
      {"retries", {"--retries"}, K::value, kGeneral, "N", "How often a broken connection is tried again (5)"},
      {"timeout", {"--timeout", "--default-timeout"}, K::value, kGeneral, "SECONDS", "Longest silence on a connection (15)"},
      {"resume-retries", {"--resume-retries"}, K::value, kGeneral, "N", "How often a broken download is continued (5)"},
      {"exists-action", {"--exists-action"}, K::list, kGeneral, "s|i|w|b|a", "What to do if a path exists already",
       {"s", "i", "w", "b", "a"}},
      {"trusted-host", {"--trusted-host"}, K::list, kGeneral, "HOST[:PORT]", "Accept http, or any certificate, from this host"},
      {"cert", {"--cert"}, K::value, kGeneral, "FILE", "Certificate authorities to trust instead of the system's"},
      {"client-cert", {"--client-cert"}, K::value, kGeneral, "FILE", "A PEM with our certificate and its key"},
      {"cache-dir", {"--cache-dir"}, K::value, kGeneral, "DIR", "Where wheels and pages are kept"},
      {"no-cache-dir", {"--no-cache-dir"}, K::flag, kGeneral, "", "Keep nothing between runs"},
      {"disable-pip-version-check", {"--disable-pip-version-check"}, K::flag, kGeneral, "", ""},
      {"no-color", {"--no-color"}, K::flag, kGeneral, "", "No colours"},
      {"no-python-version-warning", {"--no-python-version-warning"}, K::flag, kGeneral, "", ""},
      {"use-feature", {"--use-feature"}, K::list, kGeneral, "FEATURE", "",
       {"fast-deps", "inprocess-build-deps", "venv-isolation", "truststore", "no-binary-enable-wheel-cache", "build-constraint"}},
      {"use-deprecated", {"--use-deprecated"}, K::list, kGeneral, "FEATURE", "", {"legacy-resolver", "legacy-certs"}},
      {"cache-max-size", {"--cache-max-size"}, K::value, kGeneral, "SIZE", "What the cached wheels may take (10GB); the least recently used go first"},
      {"lock-timeout", {"--lock-timeout"}, K::value, kGeneral, "SECONDS", "How long to wait for another pipit (300)"},
      {"offline", {"--offline"}, K::flag, kGeneral, "", "Use only what is cached; never open a connection"},
      // --- index
      {"index-url", {"-i", "--index-url", "--pypi-url"}, K::value, kNetworked, "URL", "The package index"},
      {"extra-index-url", {"--extra-index-url"}, K::list, kNetworked, "URL", "A further index; all are equal"},
      {"no-index", {"--no-index"}, K::flag, kNetworked, "", "Ask no index, only --find-links"},
      {"find-links", {"-f", "--find-links"}, K::list, kNetworked, "DIR|FILE|URL", "Look for archives here too"},
      {"index-strategy", {"--index-strategy"}, K::value, kNetworked, "HOW", "With several indexes: merge, first-index, unsafe-best-match",
       {"merge", "first-index", "unsafe-best-match"}},
      {"refresh-package", {"--refresh-package"}, K::list, kNetworked, "NAMES", "Ask the index again for these names (:all:, :none:)"},
      {"uploaded-prior-to", {"--uploaded-prior-to", "--exclude-newer"}, K::value, kNetworked, "TIME|DURATION", "Only files uploaded before"},
      // --- selection
      {"pre", {"--pre"}, K::flag, kNetworked, "", "Take pre-releases too"},
      {"all-releases", {"--all-releases"}, K::list, kNetworked, "NAMES", "Pre-releases for these names (:all:, :none:)"},
      {"only-final", {"--only-final"}, K::list, kNetworked, "NAMES", "Never pre-releases for these names (:all:, :none:)"},
      {"no-binary", {"--no-binary"}, K::list, kNetworked, "NAMES", "No wheels for these names (:all:, :none:)"},
      {"only-binary", {"--only-binary"}, K::list, kNetworked, "NAMES", "Only wheels for these names (:all:, :none:)"},
      {"prefer-binary", {"--prefer-binary"}, K::flag, kNetworked, "", "An older wheel before a newer sdist"},
      {"no-build", {"--no-build"}, K::flag, kResolving, "", "Never build anything (the same as --only-binary :all:)"},
      {"resolution", {"--resolution"}, K::value, kResolving, "HOW", "highest, lowest or lowest-direct", {"highest", "lowest", "lowest-direct"}},
      // --- what to install
      {"requirement", {"-r", "--requirement"}, K::list, kResolving | kUninstall | kFreeze | kVenv | kVerify, "FILE", "Read requirements from FILE or a URL"},
      {"constraint", {"-c", "--constraint"}, K::list, kResolving | kVenv, "FILE", "Limit versions by FILE without installing from it"},
      {"build-constraint", {"--build-constraint"}, K::list, kResolving | kVenv, "FILE", "Limit versions (and hashes) of build requirements"},
      {"override", {"--override"}, K::list, kResolving, "FILE", "Requirements that replace what packages declare"},
      {"requirements-from-script", {"--requirements-from-script"}, K::list, kResolving, "FILE", "Read the inline metadata of a script"},
      {"group", {"--group"}, K::list, kResolving, "[PATH:]GROUP", "Install a dependency group of a pyproject.toml"},
      {"no-deps", {"--no-deps", "--no-dependencies"}, K::flag, kResolving | kVenv, "", "Do not install dependencies"},
      {"only-deps", {"--only-deps", "--only-dependencies"}, K::flag, kResolving, "", "Install the dependencies but not the packages named"},
      {"editable", {"-e", "--editable"}, K::list, kInstall | kWheel | kLock, "PATH|URL", "Install a project in editable mode"},
      {"dry-run", {"--dry-run"}, K::flag, kInstall, "", "Resolve and report, change nothing"},
      {"explain", {"--explain"}, K::list, kInstall, "NAME", "With --dry-run: say why this version"},
      {"target", {"-t", "--target"}, K::value, kInstall, "DIR", "Install into DIR"},
      {"platform", {"--platform"}, K::list, kResolving | kIndexVersions | kCheck | kDebug, "PLATFORM", "For this platform instead of the target's"},
      {"python-version", {"--python-version"}, K::value, kResolving | kIndexVersions | kCheck | kDebug, "X.Y[.Z]", "For this Python version"},
      {"implementation", {"--implementation"}, K::value, kResolving | kIndexVersions | kCheck | kDebug, "cp|pp|py", "For this implementation"},
      {"abi", {"--abi"}, K::list, kResolving | kIndexVersions | kCheck | kDebug, "ABI", "For this ABI"},
      {"user", {"--user"}, K::flag, kInstall | kEnvironmentReading, "", "The user's site directory"},
      {"no-user", {"--no-user"}, K::flag_off, kInstall, "", ""},
      {"root", {"--root"}, K::value, kInstall, "DIR", "Install below another root directory"},
      {"prefix", {"--prefix"}, K::value, kInstall, "DIR", "Install below another prefix"},
      {"src", {"--src", "--source", "--source-dir", "--source-directory"}, K::value, kResolving, "DIR", "Where editable checkouts go"},
      {"upgrade", {"-U", "--upgrade"}, K::flag, kInstall, "", "Take the newest version that fits"},
      {"upgrade-strategy", {"--upgrade-strategy"}, K::value, kInstall, "HOW", "With -U: only-if-needed or eager", {"only-if-needed", "eager"}},
      {"force-reinstall", {"--force-reinstall"}, K::flag, kInstall, "", "Install again what is installed"},
      {"ignore-installed", {"-I", "--ignore-installed"}, K::flag, kInstall, "", "Do not look at what is installed"},
      {"ignore-requires-python", {"--ignore-requires-python"}, K::flag, kResolving | kIndexVersions, "", "Do not check Requires-Python"},
      {"no-build-isolation", {"--no-build-isolation"}, K::flag_off, kResolving, "", "Build in the target environment"},
      {"check-build-dependencies", {"--check-build-dependencies"}, K::flag, kResolving, "", "Verify build requirements without isolation"},
      {"use-pep517", {"--use-pep517"}, K::flag, kResolving, "", ""},
      {"break-system-packages", {"--break-system-packages"}, K::flag, kInstall | kUninstall, "", "Change an externally managed Python"},
      {"config-settings", {"-C", "--config-setting", "--config-settings"}, K::list, kResolving | kVenv, "KEY=VALUE", "Tell the build back end"},
      {"compile", {"--compile"}, K::flag, kInstall, "", "Compile to bytecode"},
      {"no-compile", {"--no-compile"}, K::flag_off, kInstall, "", "Do not compile to bytecode (default)"},
      {"no-warn-script-location", {"--no-warn-script-location"}, K::flag_off, kInstall, "", "No warning for scripts outside PATH"},
      {"no-warn-conflicts", {"--no-warn-conflicts"}, K::flag_off, kInstall, "", "No warning for broken dependencies"},
      {"require-hashes", {"--require-hashes"}, K::flag, kResolving | kVenv, "", "Every archive needs a hash in a requirements file"},
      {"no-require-hashes", {"--no-require-hashes"}, K::flag, kResolving | kVenv, "", "A hash on one line does not oblige the others"},
      {"root-user-action", {"--root-user-action"}, K::value, kInstall | kUninstall, "warn|ignore", "When run as root outside an environment", {"warn", "ignore"}},
      {"report", {"--report"}, K::value, kInstall, "FILE", "Write a JSON report to FILE (- for standard output)"},
      {"no-clean", {"--no-clean"}, K::flag, kResolving, "", ""},
      {"progress-bar", {"--progress-bar"}, K::value, kResolving | kVenv, "auto|on|off|raw", "How progress is shown", {"auto", "on", "off", "raw"}},
      {"allow", {"--allow"}, K::list, kInstall | kDownload | kWheel | kVenv | kVerify, "ID:NAME", "Permit what is refused, for one package (bad-record:torch)"},
      {"link-mode", {"--link-mode"}, K::value, kInstall | kVenv, "HOW", "How files come from the store: auto, hardlink, reflink, copy",
       {"auto", "hardlink", "reflink", "copy"}},
      {"no-sync", {"--no-sync"}, K::flag, kInstall | kUninstall | kVenv, "", "Do not wait for the disk (not safe against power loss)"},
      {"build-sandbox", {"--build-sandbox"}, K::value, kResolving | kVenv, "auto|require|off", "Seal builds off from network and home", {"auto", "require", "off"}},
      {"build-network", {"--build-network"}, K::list, kResolving | kVenv, "NAME", "Let this package's build use the network"},
      {"build-jobs", {"--build-jobs"}, K::value, kResolving | kVenv, "N", "Builds side by side (default: processors)"},
      {"build-timeout", {"--build-timeout"}, K::value, kResolving | kVenv, "SECONDS", "How long each step of a build may take (default: 3600)"},
      {"json", {"--json"}, K::flag, kIndexVersions | kVerify | kCache, "", "Answer in JSON"},
      // --- the other commands
      {"dest", {"-d", "--dest", "--destination-dir", "--destination-directory"}, K::value, kDownload, "DIR", "Where the files go (here)"},
      {"wheel-dir", {"-w", "--wheel-dir"}, K::value, kWheel, "DIR", "Where the wheels go (here)"},
      {"no-verify", {"--no-verify"}, K::flag, kWheel, "", ""},
      {"output", {"-o", "--output"}, K::value, kLock, "FILE", "The lock file (pylock.toml; - for standard output)"},
      {"yes", {"-y", "--yes"}, K::flag, kUninstall, "", "Do not ask"},
      {"local", {"-l", "--local"}, K::flag, kEnvironmentReading, "", "Leave out what system-site-packages shows"},
      {"path", {"--path"}, K::list, kEnvironmentReading, "DIR", "Look into this directory instead"},
      {"all", {"--all"}, K::flag, kFreeze, "", "Show pip, setuptools, wheel and distribute too"},
      {"exclude-editable", {"--exclude-editable"}, K::flag, kFreeze | kList, "", "Leave out editable projects"},
      {"include-editable", {"--include-editable"}, K::flag, kList, "", "Show editable projects (default)"},
      {"exclude", {"--exclude"}, K::list, kFreeze | kList, "NAME", "Leave out NAME"},
      {"outdated", {"-o", "--outdated"}, K::flag, kList, "", "Only what has a newer version"},
      {"uptodate", {"-u", "--uptodate"}, K::flag, kList, "", "Only what is up to date"},
      {"editable-only", {"-e", "--editable"}, K::flag, kList, "", "Only editable projects"},
      {"format", {"--format"}, K::value, kList, "columns|freeze|json", "How to print", {"columns", "freeze", "json"}},
      {"not-required", {"--not-required"}, K::flag, kList, "", "Only what no other package needs"},
      {"files", {"-f", "--files"}, K::flag, kShow, "", "List the files of each package"},
      {"html", {"--html"}, K::value, kInspect, "FILE", "Write one self-contained page"},
      {"algorithm", {"-a", "--algorithm"}, K::value, kHash, "sha256|sha384|sha512", "Which hash (sha256)", {"sha256", "sha384", "sha512"}},
      {"peep", {"--peep"}, K::flag, kHash, "", "Print peep's comment lines"},
      {"cache-format", {"--format"}, K::value, kCache, "human|abspath", "How to list", {"human", "abspath"}},
      {"max-size", {"--max-size"}, K::value, kCache, "SIZE", "With `cache prune`: what may stay (--cache-max-size)"},
      {"editor", {"--editor"}, K::value, kConfig, "EDITOR", "Editor for `config edit`"},
      {"global", {"--global"}, K::flag, kConfig, "", "The system-wide file"},
      {"config-user", {"--user"}, K::flag, kConfig, "", "The user's file"},
      {"site", {"--site"}, K::flag, kConfig, "", "The environment's file"},
      {"bash", {"-b", "--bash"}, K::flag, kCompletion, "", "For bash"},
      {"zsh", {"-z", "--zsh"}, K::flag, kCompletion, "", "For zsh"},
      {"fish", {"-f", "--fish"}, K::flag, kCompletion, "", "For fish"},
      {"powershell", {"-p", "--powershell"}, K::flag, kCompletion, "", "For PowerShell"},
      {"names", {"--names"}, K::flag, kCompletion, "", ""},
      {"clear", {"--clear"}, K::flag, kVenv, "", "Empty DIR first"},
      {"prompt", {"--prompt"}, K::value, kVenv, "TEXT", "The name that the shell's prompt shows"},
      {"system-site-packages", {"--system-site-packages"}, K::flag, kVenv, "", "See the base interpreter's packages"},
      {"man", {"--man"}, K::flag, kHelp, "", "Print the manual page"},
      {"pip-shim", {"--pip-shim"}, K::flag, kVenv, "", "Make `python -m pip` run pipit there"},
  };
  return options;
}

const std::vector<CommandSpec>& command_storage() {
  static const std::vector<CommandSpec> commands = {
      {"install", kInstall | kIndex | kSelection, "Install packages",
       {"[options] <requirement specifier> [package-index-options] ...", "[options] -r <requirements file> [package-index-options] ...",
        "[options] [-e] <vcs project url> ...", "[options] [-e] <local project path> ...", "[options] <archive url/path> ..."},
       "Put packages in place",
       {"requirement", "constraint", "upgrade", "no-index", "find-links", "require-hashes", "no-deps", "dry-run", "target", "report"}},
      {"download", kDownload, "Download packages, for use without a network",
       {"[options] <requirement specifier> [package-index-options] ...", "[options] -r <requirements file> [package-index-options] ...", "[options] <vcs project url> ...",
        "[options] <local project path> ...", "[options] <archive url/path> ..."},
       "Put packages in place",
       {"dest", "requirement", "no-deps", "only-binary", "platform", "python-version", "index-url", "find-links", "require-hashes", "no-index"}},
      {"wheel", kWheel, "Build wheels", {"[options] <requirement specifier> ...", "[options] -r <requirements file> ..."},
       "Put packages in place",
       {"wheel-dir", "requirement", "no-deps", "no-build-isolation", "config-settings", "build-constraint", "no-binary", "index-url", "find-links", "no-index"}},
      {"uninstall", kUninstall, "Remove packages", {"[options] <package> ...", "[options] -r <requirements file> ..."},
       "Put packages in place", {"yes", "requirement", "break-system-packages", "root-user-action", "no-sync", "python"}},
      {"venv", kVenv, "Make a virtual environment, without running Python", {"[options] <dir>"},
       "Put packages in place", {"python", "requirement", "clear", "prompt", "system-site-packages", "pip-shim"}},
      {"lock", kLock, "Write a lock file", {"[options] <requirement specifier> ...", "[options] -r <requirements file> ..."},
       "Write it down", {"output", "requirement", "constraint", "only-binary", "index-url", "find-links"}},
      {"freeze", kFreeze, "List what is installed as requirements", {"[options]"}, "Write it down",
       {"requirement", "local", "path", "all", "exclude-editable", "exclude", "python"}},
      {"hash", kHash, "Print hashes of archives", {"[options] <file> ..."}, "Write it down", {"algorithm", "peep"}},
      {"port", kPort, "Turn a peep file into --hash lines", {"<requirements file> ..."}, "Write it down", {}},
      {"list", kList, "List what is installed", {"[options]"}, "Look",
       {"format", "outdated", "uptodate", "not-required", "local", "path", "exclude", "editable-only", "pre", "python"}},
      {"show", kShow, "Show what is known of a package", {"[options] <package> ..."}, "Look", {"files", "verbose"}},
      {"inspect", kInspect, "Describe the environment in JSON, or as a page", {"[options]"}, "Look", {"html", "local", "path", "user"}},
      {"index", kIndexVersions, "Ask the index for versions", {"versions <package>"}, "Look",
       {"json", "pre", "index-url", "extra-index-url", "platform", "python-version"}},
      {"check", kCheck, "Do the installed packages fit each other?", {"[options]"}, "Prove", {"python", "platform", "python-version"}},
      {"verify", kVerify, "Is every installed file still what was installed?", {"[options]"}, "Prove", {"requirement", "json", "python"}},
      {"repair", kRepair, "Finish or undo an interrupted run", {"[options]"}, "Prove", {"python"}},
      {"cache", kCache, "Look into the cache, and clean it",
       {"dir", "info", "list [<pattern>] [--format=[human, abspath]]", "remove <pattern>", "purge", "prune", "verify"}, "House-keeping", {"cache-format", "json", "max-size", "cache-dir"}},
      {"config", kConfig, "Read and write settings",
       {"[<file-option>] list", "[<file-option>] [--editor <editor-path>] edit", "[<file-option>] get command.option",
        "[<file-option>] set command.option value", "[<file-option>] unset command.option", "[<file-option>] debug"},
       "House-keeping", {"global", "config-user", "site", "editor"}},
      {"completion", kCompletion, "Print completion for a shell", {"--bash|--zsh|--fish|--powershell"}, "House-keeping",
       {"bash", "zsh", "fish", "powershell"}},
      {"debug", kDebug, "Show what pipit believes about the target", {"<options>"}, "House-keeping", {"python", "platform", "python-version"}},
      {"self", kSelf, "Prove what this program is, or put it into a repository", {"verify [<sha256>]", "embed <dir>"}, "House-keeping", {}},
      {"search", 0, "", {"<query>"}, "", {}, true},
      {"peep", kInstall, "Behave as peep", {"install -r <file> ...", "hash <file> ...", "port <file> ..."}, "", {}, true},
      {"help", kHelp, "Show help for a command", {"<command>"}, "House-keeping", {"man"}},
  };
  return commands;
}

}  // namespace

std::span<const OptionSpec> all_options() { return option_storage(); }
std::span<const CommandSpec> all_commands() { return command_storage(); }

const CommandSpec* find_command(std::string_view name) {
  for (const CommandSpec& command : command_storage())
    if (command.name == name) return &command;
  return nullptr;
}

std::vector<const OptionSpec*> options_of(const CommandSpec& command) {
  std::vector<const OptionSpec*> found;
  for (const OptionSpec& option : option_storage())
    if (option.groups & (command.groups | kGeneral)) found.push_back(&option);
  return found;
}

const OptionSpec* find_option_by_id(std::string_view id) {
  for (const OptionSpec& option : option_storage())
    if (option.id == id) return &option;
  return nullptr;
}

std::string_view number_kind(const OptionSpec& option) {
  if (option.id == "timeout") return "floating-point";
  return option.id == "retries" || option.id == "resume-retries" ? "integer" : "";
}

bool is_number(std::string_view kind, std::string_view text) {
  const char* end = text.data() + text.size();
  double real = 0;
  long long whole = 0;
  const auto read = kind == "integer" ? std::from_chars(text.data(), end, whole) : std::from_chars(text.data(), end, real);
  return read.ec == std::errc() && read.ptr == end;
}

}  // namespace pipit::cli
