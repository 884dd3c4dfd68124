#include "packaging/requirement_forms.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "packaging/paths.h"
#include "packaging/python_text.h"
#include "pipit/base/text.h"
#include "pipit/base/url.h"
#include "pipit/packaging/filename.h"
#include "pipit/packaging/name.h"

namespace pipit::packaging {
namespace {

// In pip's order, as its message lists them.
constexpr std::array<std::string_view, 22> kVcsSchemes{
    "bzr+http", "bzr+https", "bzr+ssh", "bzr+sftp", "bzr+ftp", "bzr+lp",   "bzr+file",       "git+http", "git+https", "git+ssh",   "git+git",
    "git+file", "hg+file",   "hg+http", "hg+https", "hg+ssh",  "hg+static-http", "svn+ssh", "svn+http", "svn+https", "svn+svn",  "svn+file"};

bool is_vcs_scheme(std::string_view scheme) { return std::find(kVcsSchemes.begin(), kVcsSchemes.end(), scheme) != kVcsSchemes.end(); }

bool is_url(std::string_view text) {
  const std::string scheme = url_scheme(text);
  return scheme == "http" || scheme == "https" || scheme == "file" || scheme == "ftp" || is_vcs_scheme(scheme);
}

bool looks_like_path(std::string_view text) { return text.find('/') != std::string_view::npos || text.starts_with('.'); }

Error form_error(std::string message) { return make_pip_error(kInvalidRequirementsLine, std::move(message)); }

// "sentence\n    text\n    caret" of a parser's error, as Python prints the exception.
std::string exception_text(const Error& error) {
  std::string out = error.message;
  for (const std::string& line : error.details) out += "\n    " + line;
  return out;
}

// Whether the first line of the file that says something is a requirement. As pip looks: no encodings, no options.
bool begins_with_requirement(const std::string& path, const RequirementsParseContext& context) {
  const auto file = context.load ? context.load(path) : Result<LoadedFile>(fail(make_error(kRequirementsFileUnreadable, "no loader")));
  if (!file) return false;
  std::string joined;
  for (std::string_view rest = file->bytes; !rest.empty();) {
    const std::size_t end = std::min(rest.find('\n'), rest.size());
    std::string_view line = trim_python_space(rest.substr(0, end));
    rest.remove_prefix(std::min(end + 1, rest.size()));
    if (line.empty() || line.starts_with('#')) continue;
    line = line.substr(0, line.find(" #"));
    joined += line;
    if (!joined.ends_with('\\')) break;
    joined.pop_back();
  }
  return joined.empty() || Requirement::parse(joined).has_value();
}

// What pip adds to a text that is neither requirement nor path.
std::string helpful_hint(const std::string& text, const RequirementsParseContext& context) {
  if (text.find('/') != std::string::npos) {
    const std::string path = absolute_path(context.current_directory, text);
    if (!context.path_exists || !context.path_exists(path)) return fmt::format("It looks like a path. File '{}' does not exist.", text);
    std::string hint = "It looks like a path. The path does exist. ";
    if (begins_with_requirement(path, context))
      hint += fmt::format("The argument you provided ({}) appears to be a requirements file. If that is the case, use the '-r' flag to install the "
                          "packages specified within it.", text);
    return hint;
  }
  static constexpr std::array<std::string_view, 8> kOperators{"~=", "==", "!=", "<=", ">=", "<", ">", "==="};
  const bool has_operator = std::any_of(kOperators.begin(), kOperators.end(), [&](std::string_view op) { return text.find(op) != std::string::npos; });
  return text.find('=') != std::string::npos && !has_operator ? "= is not a valid operator. Did you mean == ?" : "";
}

Result<Requirement> parse_named(const std::string& text, std::string_view source, const RequirementsParseContext& context) {
  auto requirement = Requirement::parse(text);
  if (requirement) return requirement;
  std::string message = fmt::format("Invalid requirement: {}: {}", python_repr(text), exception_text(requirement.error()));
  if (!source.empty()) message += fmt::format(" (from {})", source);
  if (const std::string hint = helpful_hint(text, context); !hint.empty()) message += "\nHint: " + hint;
  return fail(form_error(std::move(message)));
}

// "path[extra,extra]": the bracket part is cut off the path and its names go to `extras`.
Result<std::string_view> strip_extras(std::string_view path, std::vector<std::string>& extras) {
  if (!path.ends_with(']')) return path;
  const std::size_t open = path.rfind('[');
  const std::string_view inside = open == std::string_view::npos ? std::string_view{} : path.substr(open + 1, path.size() - open - 2);
  if (open == std::string_view::npos || open == 0 || inside.empty() || inside.find(']') != std::string_view::npos) return path;
  auto names = Requirement::parse("placeholder[" + ascii_lower(inside) + "]");
  if (!names) return fail(form_error(fmt::format("Invalid extras in {}: {}", python_repr(path), exception_text(names.error()))));
  extras = std::move(names->extras);
  return trim_python_space(path.substr(0, open));
}

Result<std::optional<Marker>> parse_marker(std::string_view text, std::string_view name) {
  text = trim_python_space(text);
  if (text.empty()) return std::optional<Marker>{};
  auto marker = Marker::parse(text);
  if (marker) return std::optional<Marker>(std::move(*marker));
  return fail(form_error(fmt::format("Invalid requirement: {}: {}", python_repr(name), exception_text(marker.error()))));
}

// The value of "#egg=" (or "&egg=") anywhere in a URL. It must be a bare project name.
Result<std::optional<std::string>> egg_name(std::string_view url) {
  const std::size_t hash = std::min(url.find("#egg="), url.find("&egg="));
  if (hash == std::string_view::npos) return std::optional<std::string>{};
  const std::string_view value = url.substr(hash + 5);
  const std::string name(value.substr(0, value.find('&')));
  if (is_valid_name(name)) return std::optional<std::string>(name);
  std::string hint;
  if (name.find_first_of("<>=") != std::string::npos) hint = "Version specifiers are silently ignored for URL references. Remove them. ";
  if (name.find('[') != std::string::npos && name.find(']') != std::string::npos)
    hint += "Try using the Direct URL requirement syntax: 'name[extra] @ URL'";
  if (hint.empty()) hint = "Egg fragments can only be a valid project name.";
  Error error = make_pip_error(kInvalidEggFragment, fmt::format("The '{}' egg fragment is invalid", name));
  error.layout = Layout::rich;
  error.details.push_back(fmt::format("from '{}'", mask_credentials(url)));
  return fail(std::move(error).hint(std::move(hint)));
}

bool is_installable_directory(const std::string& path, const RequirementsParseContext& context) {
  const auto is_file = [&](const std::string& file) { return context.path_exists(file) && !context.is_directory(file); };
  return context.path_exists && (is_file(path + "/pyproject.toml") || is_file(path + "/setup.py"));
}

// The file: URL of a name that is a local project or archive; empty if it is neither.
Result<std::string> url_of_path(const std::string& path, std::string_view name, const RequirementsParseContext& context) {
  const bool is_directory = context.is_directory && context.is_directory(path);
  if (looks_like_path(name) && is_directory) {
    if (is_installable_directory(path, context)) return path_to_url(path);
    return fail(form_error(fmt::format("Directory {} is not installable. Neither 'setup.py' nor 'pyproject.toml' found.", python_repr(name)))
                    .hint("name the directory that holds the project's pyproject.toml"));
  }
  if (!has_archive_suffix(path)) return std::string();
  if (context.path_exists && context.path_exists(path) && !is_directory) return path_to_url(path);
  const std::size_t at = name.find('@');
  if (at != std::string_view::npos && !looks_like_path(name.substr(0, at))) return std::string();
  if (context.diagnostics) {
    context.diagnostics->warn("missing-archive",
                              fmt::format("Requirement {} looks like a filename, but the file does not exist", python_repr(name)));
  }
  return path_to_url(path);
}

// What urllib refuses whatever it is asked for: unbalanced or strange brackets in the host part, a file: URL of another host.
Status check_url(std::string_view url) {
  const std::string scheme = url_scheme(url);
  std::string_view host = url.substr(std::min(scheme.size() + 1, url.size()));
  host = host.starts_with("//") ? host.substr(2, std::min(host.find_first_of("/?#", 2), host.size()) - 2) : std::string_view{};
  const std::size_t open = host.find('['), close = host.find(']');
  if (open != std::string_view::npos || close != std::string_view::npos) {
    const bool paired = open != std::string_view::npos && close != std::string_view::npos && open < close;
    const std::string_view inside = paired ? host.substr(open + 1, close - open - 1) : std::string_view{};
    if (inside.find_first_not_of("0123456789abcdefABCDEF:.") != std::string_view::npos || std::count(inside.begin(), inside.end(), ':') < 2)
      return fail(form_error(fmt::format("Invalid IPv6 URL: {}", mask_credentials(url))));
  }
  if (scheme != "file") return ok();
  if (!url.starts_with("file:")) return fail(form_error(fmt::format("You can only turn file: urls into filenames (not {})", python_repr(url))));
  if (host.empty() || host == "localhost") return ok();
  return fail(form_error(fmt::format("non-local file URIs are not supported on this platform: {}", python_repr(url))));
}

// A wheel names its project and version, another link perhaps its "#egg=".
Status name_from_link(std::string_view source, const RequirementsParseContext& context, RequirementLine& line) {
  std::string path = url_path(line.url);
  while (path.ends_with('/')) path.pop_back();
  std::optional<std::string> text;
  if (path_suffix(path) == ".whl") {
    const auto wheel = WheelFilename::parse(std::string_view(path).substr(path.rfind('/') + 1));
    if (!wheel) return fail(form_error(wheel.error().message));
    text = wheel->normalized_name + "==" + wheel->version.str();
  } else {
    PIPIT_TRY(text, egg_name(line.url));
  }
  if (!text) return ok();
  PIPIT_TRY(line.requirement, parse_named(*text, source, context));
  return ok();
}

// "file:../x" is relative to the current directory; pip rewrites such URLs, and only such.
void resolve_relative_file_url(const RequirementsParseContext& context, RequirementLine& line) {
  if (url_scheme(line.url) != "file" || line.url.find("../") == std::string::npos) return;
  line.url = path_to_url(absolute_path(context.current_directory, url_path(line.url)));
}

Status parse_line_form(std::string_view text, std::string_view source, const RequirementsParseContext& context, RequirementLine& line) {
  const bool url_form = is_url(text);
  const std::string_view separator = url_form ? "; " : ";";
  const std::size_t at = text.find(separator);
  const std::string_view name = trim_python_space(text.substr(0, at));
  if (at != std::string_view::npos) {
    PIPIT_TRY(line.marker, parse_marker(text.substr(at + separator.size()), name));
  }
  if (url_form) {
    line.url = std::string(name);
  } else if (looks_like_path(name) || name.ends_with(']') || has_archive_suffix(name)) {
    const std::string full = absolute_path(context.current_directory, name);
    PIPIT_TRY(const std::string_view stripped, strip_extras(full, line.extras));
    const std::string path = absolute_path(context.current_directory, stripped);  // once more: ".[extra]" left a "." behind
    PIPIT_TRY(line.url, url_of_path(path, name, context));
    std::vector<std::string> ignored;
    if (!line.url.empty()) {
      PIPIT_TRY(const std::string_view written, strip_extras(name, ignored));
      line.path = std::string(written);
    }
  }
  if (line.url.empty()) {
    PIPIT_TRY(line.requirement, parse_named(std::string(name), source, context));
    if (!line.marker) line.marker = line.requirement->marker;
    if (!line.requirement->url) return ok();
    PIPIT_CHECK(check_url(*line.requirement->url));
    PIPIT_CHECK(egg_name(*line.requirement->url));
    return ok();
  }
  resolve_relative_file_url(context, line);
  PIPIT_CHECK(check_url(line.url));
  return name_from_link(source, context, line);
}

tl::unexpected<Error> not_editable(std::string_view text) {
  std::string schemes;
  for (const std::string_view scheme : kVcsSchemes) schemes += (schemes.empty() ? "" : ", ") + std::string(scheme);
  return fail(form_error(fmt::format("{} is not a valid editable requirement. It should either be a path to a local project or a VCS URL "
                                     "(beginning with {}).", text, schemes)));
}

// "name[extra] @ vcs-or-file-url ; marker" behind -e. False if the text is of another form.
bool parse_direct_editable(std::string_view text, RequirementLine& line) {
  auto requirement = Requirement::parse(text);
  if (!requirement || !requirement->url) return false;
  line.url = *requirement->url;
  line.extras = requirement->extras;
  line.marker = requirement->marker;
  requirement->url.reset();
  requirement->extras.clear();
  line.requirement = std::move(*requirement);
  return true;
}

// "path[extra]" or "git+https://...#egg=name".
Status parse_plain_editable(std::string_view text, const RequirementsParseContext& context, RequirementLine& line) {
  PIPIT_TRY(const std::string_view path, strip_extras(text, line.extras));
  const std::string full = absolute_path(context.current_directory, path);
  if (context.is_directory && context.is_directory(full)) {
    line.path = std::string(path);
    line.url = path_to_url(full);
    return ok();
  }
  line.url = std::string(path);
  if (ascii_iequals(path.substr(0, 5), "file:")) return ok();
  line.extras.clear();
  line.url = std::string(text);
  for (const std::string_view system : {"bzr", "git", "hg", "svn"})
    if (ascii_iequals(text.substr(0, system.size() + 1), std::string(system) + ":")) line.url = std::string(system) + "+" + std::string(text);
  return ok();
}

Status parse_editable_form(std::string_view text, std::string_view source, const RequirementsParseContext& context, RequirementLine& line) {
  if (line.constraint) return fail(form_error("Editable requirements are not allowed as constraints"));
  if (!parse_direct_editable(text, line)) {
    PIPIT_CHECK(parse_plain_editable(text, context, line));
    PIPIT_TRY(const auto egg, egg_name(line.url));
    if (egg) {
      PIPIT_TRY(line.requirement, parse_named(*egg, source, context));
    }
  }
  PIPIT_CHECK(check_url(line.url));
  const bool local = line.url.starts_with("file:");
  if (!is_vcs_scheme(url_scheme(line.url)) && !local) return not_editable(text);
  if (!line.requirement && !local) {
    return fail(form_error(fmt::format("Could not detect requirement name for '{}', please specify one with your_package_name @ URL",
                                       mask_credentials(text))));
  }
  return ok();
}

}  // namespace

Status parse_requirement_form(std::string_view text, bool editable, std::string_view source, const RequirementsParseContext& context,
                              RequirementLine& line) {
  return editable ? parse_editable_form(text, source, context, line) : parse_line_form(text, source, context, line);
}

Result<RequirementLine> parse_requirement_argument(std::string_view text, bool editable, const RequirementsParseContext& context) {
  RequirementLine line;
  line.text = std::string(text);
  line.editable = editable;
  PIPIT_CHECK(parse_requirement_form(text, editable, {}, context, line));
  return line;
}

}  // namespace pipit::packaging
