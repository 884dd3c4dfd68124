// list, show, freeze, check, inspect: drawing what ops found, as pip draws it.
#include <fmt/format.h>

#include <algorithm>

#include "cli/bindings.h"
#include "cli/commands/commands.h"
#include "pipit/base/text.h"
#include "pipit/ops/inspect.h"
#include "pipit/sys/file.h"

namespace pipit::cli {

namespace {

constexpr ErrorCode kBadCombination{"bad-combination"};

// What pip writes as information: on standard output, and not with -q.
void tell(Console& console, std::string text) {
  if (text.empty()) return;
  if (text.ends_with('\n')) text.pop_back();
  console.info(text);
}

using Table = std::vector<std::vector<std::string>>;

std::string version_of(const python::InstalledDist& dist) { return dist.version_is_legacy ? dist.version_text : dist.version.str(); }

// Left-aligned columns, a rule under the header, no trailing blanks: pip's table.
std::string draw_table(Table rows) {
  if (rows.size() <= 1) return {};
  std::vector<std::size_t> widths(rows[0].size());
  for (const auto& row : rows)
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], row[i].size());
  std::vector<std::string> rule;
  for (std::size_t width : widths) rule.emplace_back(width, '-');
  rows.insert(rows.begin() + 1, rule);
  std::string text;
  for (const auto& row : rows) {
    std::string line;
    for (std::size_t i = 0; i < row.size(); ++i) line += fmt::format("{}{:<{}}", i ? " " : "", row[i], widths[i]);
    while (line.ends_with(' ')) line.pop_back();
    text += line + "\n";
  }
  return text;
}

Table package_table(const std::vector<ops::ListedPackage>& packages, bool outdated, bool verbose) {
  auto any = [&](auto predicate) { return std::any_of(packages.begin(), packages.end(), predicate); };
  const bool builds = any([](const auto& p) { return !p.build_tag.empty(); });
  const bool editables = any([](const auto& p) { return p.dist.editable_location.has_value(); });
  Table rows = {{"Package", "Version"}};
  if (outdated) rows[0].insert(rows[0].end(), {"Latest", "Type"});
  if (builds) rows[0].emplace_back("Build");
  if (editables) rows[0].emplace_back("Editable project location");
  if (verbose) rows[0].insert(rows[0].end(), {"Location", "Installer"});
  for (const ops::ListedPackage& package : packages) {
    std::vector<std::string> row = {package.dist.name, package.dist.version_text};
    if (outdated) row.insert(row.end(), {package.latest_version, package.latest_filetype});
    if (builds) row.push_back(package.build_tag);
    if (editables) row.push_back(package.dist.editable_location.value_or(""));
    if (verbose) row.insert(row.end(), {package.dist.location.string(), package.dist.installer});
    rows.push_back(std::move(row));
  }
  return rows;
}

// License-Expression came with metadata 2.4; pip does not look at it in older ones.
bool is_at_least_2_4(std::string_view metadata_version) {
  return metadata_version != "1.0" && metadata_version != "1.1" && metadata_version != "1.2" && metadata_version != "2.0" && metadata_version != "2.1" &&
         metadata_version != "2.2" && metadata_version != "2.3";
}

void print_package(Console& console, const ops::ShownPackage& package, bool verbose) {
  std::string text = fmt::format("Name: {}\nVersion: {}\nSummary: {}\nHome-page: {}\nAuthor: {}\nAuthor-email: {}\n", package.name, package.version,
                                 package.summary, package.homepage, package.author, package.author_email);
  const bool has_expression = !package.license_expression.empty() && is_at_least_2_4(package.metadata_version);
  text += !has_expression ? "License: " + package.license + "\n" : "License-Expression: " + package.license_expression + "\n";
  text += "Location: " + package.location + "\n";
  if (package.editable_location) text += "Editable project location: " + *package.editable_location + "\n";
  text += fmt::format("Requires: {}\nRequired-by: {}\n", join(package.requirements, ", "), join(package.required_by, ", "));
  auto listed = [&](const char* title, const std::vector<std::string>& lines) {
    text += std::string(title) + ":\n";
    for (const std::string& line : lines) text += "  " + line + "\n";
  };
  if (verbose) {
    text += fmt::format("Metadata-Version: {}\nInstaller: {}\n", package.metadata_version, package.installer);
    listed("Classifiers", package.classifiers);
    listed("Entry-points", package.entry_points);
    listed("Project-URLs", package.project_urls);
  }
  tell(console, text);
}

}  // namespace

Result<int> command_list(CommandContext& context) {
  const Settings& settings = context.settings;
  const std::string format = settings.value("format").value_or("columns");
  ops::ListOptions options;
  options.scope = bind_scope(context);
  options.outdated = settings.flag("outdated");
  options.uptodate = settings.flag("uptodate");
  options.not_required = settings.flag("not-required");
  if (options.outdated && options.uptodate) return fail(make_pip_error(kBadCombination, "Options --outdated and --uptodate cannot be combined."));
  if (options.outdated && format == "freeze") return fail(make_pip_error(kBadCombination, "List format 'freeze' cannot be used with the --outdated option."));
  PIPIT_TRY(options.resolve, bind_resolve(context));
  PIPIT_TRY(auto session, context.session());
  PIPIT_TRY(const auto packages, ops::list_packages(options, *session));
  const bool verbose = settings.count("verbose") >= 1;
  if (format == "json") {
    tell(context.console, ops::list_json(packages, options.outdated, verbose));
  } else if (format == "freeze") {
    std::string text;
    for (const ops::ListedPackage& package : packages)
      text += fmt::format("{}{}{}{}\n", package.dist.name, package.dist.version_is_legacy ? "===" : "==", version_of(package.dist),
                          verbose ? " (" + package.dist.location.string() + ")" : "");
    tell(context.console, text);
  } else {
    tell(context.console, printable(draw_table(package_table(packages, options.outdated, verbose))));
  }
  return kSuccess;
}

Result<int> command_show(CommandContext& context) {
  if (context.line.arguments.empty()) {
    context.console.warn("", "ERROR: Please provide a package name or names.");  // pip says it so
    return kFailure;
  }
  PIPIT_TRY(auto session, context.session());
  PIPIT_TRY(const ops::ShowResult result, ops::show(context.line.arguments, context.settings.flag("files"), *session));
  if (!result.missing.empty()) context.console.warn("", "Package(s) not found: " + join(result.missing, ", "));
  const bool verbose = context.settings.count("verbose") >= 1;
  for (std::size_t i = 0; i < result.packages.size(); ++i) {
    if (i > 0) context.console.info("---");
    print_package(context.console, result.packages[i], verbose);
    if (!context.settings.flag("files")) continue;
    std::string text = "Files:\n";
    if (!result.packages[i].files) text += "Cannot locate RECORD or installed-files.txt\n";
    for (const std::string& file : result.packages[i].files.value_or(std::vector<std::string>())) text += "  " + file + "\n";
    tell(context.console, text);
  }
  return result.packages.empty() ? kFailure : kSuccess;
}

Result<int> command_freeze(CommandContext& context) {
  ops::FreezeOptions options;
  options.scope = bind_scope(context);
  options.requirement_files = context.settings.list("requirement");
  options.all = context.settings.flag("all");
  PIPIT_TRY(auto session, context.session());
  PIPIT_TRY(const auto lines, ops::freeze(options, *session));
  std::string text;
  for (const std::string& line : lines) text += line + "\n";
  context.console.data(printable(text));
  return kSuccess;
}

Result<int> command_check(CommandContext& context) {
  PIPIT_TRY(auto session, context.session());
  PIPIT_TRY(const ops::CheckResult found, ops::check(*session));
  std::string text;
  for (const std::string& problem : found.problems) text += problem + "\n";
  const bool sound = found.problems.empty() && found.all_read;
  if (sound || !text.empty()) tell(context.console, sound ? "No broken requirements found." : text);
  return sound ? kSuccess : kFailure;
}

Result<int> command_inspect(CommandContext& context) {
  PIPIT_TRY(auto session, context.session());
  if (const auto file = context.settings.value("html")) {
    PIPIT_TRY(const std::string page, ops::inspect_html(bind_scope(context), *session));
    if (*file == "-") return context.console.data(page), kSuccess;
    PIPIT_CHECK(sys::write_output(session->os(), context.current_directory / *file, page));
    context.console.info("Wrote " + *file);
    return kSuccess;
  }
  PIPIT_TRY(const std::string json, ops::inspect_json(bind_scope(context), *session));
  context.console.data(json);
  return kSuccess;
}

}  // namespace pipit::cli
