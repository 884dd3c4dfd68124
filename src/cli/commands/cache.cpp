// cache: pip's actions and texts, and two of our own (prune, verify). What pip counts as "locally built wheels" are all
// wheels here: everything is unpacked once.
#include <fmt/format.h>

#include <algorithm>

#include "cli/bindings.h"
#include "cli/commands/commands.h"
#include "pipit/base/text.h"
#include "pipit/ops/cache.h"

namespace pipit::cli {

namespace {

using Words = std::vector<std::string>;

bool wants_json(const CommandContext& context) { return context.settings.flag("json"); }

Result<int> show_directory(CommandContext& context, ops::Session& session, const Words& words) {
  if (!words.empty()) return complain(context, "Too many arguments");
  PIPIT_TRY(const auto folder, ops::cache_folder(session));
  context.console.data(printable(folder.string()) + "\n");
  return kSuccess;
}

Result<int> show_summary(CommandContext& context, ops::Session& session, const Words& words) {
  if (!words.empty()) return complain(context, "Too many arguments");
  PIPIT_TRY(const ops::CacheSummary summary, ops::cache_summary(session));
  if (wants_json(context)) return context.console.data(ops::cache_json(summary)), kSuccess;
  context.console.data(printable(fmt::format("Package index page cache location: {}\nPackage index page cache size: {}\nNumber of HTTP files: {}\n"
                                             "Wheels location: {}\nWheels size: {}\nNumber of wheels: {}\n",
                                             summary.pages.string(), format_size(summary.page_bytes), summary.page_files, summary.wheels.string(),
                                             format_size(summary.wheel_bytes), summary.wheel_count)));
  return kSuccess;
}

Result<int> list_wheels(CommandContext& context, ops::Session& session, const Words& words) {
  if (words.size() > 1) return complain(context, "Too many arguments");
  PIPIT_TRY(const auto wheels, ops::cached_wheels(words.empty() ? "*" : words[0], session));
  if (wants_json(context)) return context.console.data(ops::cache_json(wheels)), kSuccess;
  const bool human = context.settings.value("cache-format").value_or("human") == "human";
  std::string text;
  if (human) text = wheels.empty() ? "No locally built wheels cached.\n" : "Cache contents:\n\n";
  for (const ops::CachedWheel& wheel : wheels)
    text += human ? fmt::format(" - {} ({})\n", wheel.filename, format_size(wheel.size_bytes)) : wheel.path.string() + "\n";
  context.console.data(printable(text));
  return kSuccess;
}

Result<int> say_removed(CommandContext& context, const ops::CacheRemoval& removal) {
  if (wants_json(context)) return context.console.data(ops::cache_json(removal)), kSuccess;
  context.console.info(fmt::format("Files removed: {} ({})", removal.files, format_size(removal.bytes)));
  context.console.info(fmt::format("Directories removed: {}", removal.directories));
  return kSuccess;
}

Result<int> remove_wheels(CommandContext& context, ops::Session& session, const Words& words) {
  if (words.size() > 1) return complain(context, "Too many arguments");
  if (words.empty()) return complain(context, "Please provide a pattern");
  PIPIT_TRY(const ops::CacheRemoval removal, ops::remove_from_cache(words[0], session));
  if (removal.files == 0) context.console.warn("", words[0] == "*" ? "No matching packages" : fmt::format("No matching packages for pattern \"{}\"", words[0]));
  return say_removed(context, removal);
}

Result<int> purge(CommandContext& context, ops::Session& session, const Words& words) {
  if (!words.empty()) return complain(context, "Too many arguments");
  return remove_wheels(context, session, {"*"});
}

Result<int> prune(CommandContext& context, ops::Session& session, const Words& words) {
  if (!words.empty()) return complain(context, "Too many arguments");
  std::uint64_t size_max = session.options().cache_size_max_bytes;
  if (auto text = context.settings.value("max-size")) {
    auto size = ops::parse_size(*text);
    if (!size) return complain(context, fmt::format("invalid --max-size '{}': it must be a size like 500MB or 2GB", *text));
    size_max = *size;
  }
  PIPIT_TRY(const ops::CacheRemoval removal, ops::prune_cache(size_max, session));
  return say_removed(context, removal);
}

Result<int> verify(CommandContext& context, ops::Session& session, const Words& words) {
  if (!words.empty()) return complain(context, "Too many arguments");
  PIPIT_TRY(const ops::CacheCheck check, ops::verify_cache(session));
  if (wants_json(context)) {
    context.console.data(ops::cache_json(check));
    return check.damage.empty() ? kSuccess : kFailure;
  }
  for (const ops::CacheDamage& damage : check.damage)
    context.console.data(printable(fmt::format("damaged: {} (sha256 {}): {}\n", damage.filename, damage.sha256,
                                               damage.paths.empty() ? "its manifest cannot be read" : join(damage.paths, ", "))));
  context.console.info(fmt::format("Verified {} wheels ({}): {}", check.wheels, format_size(check.bytes),
                                   check.damage.empty() ? "nothing is wrong." : fmt::format("{} damaged and removed; they are fetched again when needed.", check.damage.size())));
  return check.damage.empty() ? kSuccess : kFailure;
}

struct Action {
  std::string_view name;
  Result<int> (*run)(CommandContext&, ops::Session&, const Words&);
};
constexpr Action kActions[] = {{"dir", show_directory}, {"info", show_summary}, {"list", list_wheels}, {"remove", remove_wheels},
                               {"purge", purge},        {"prune", prune},       {"verify", verify}};

}  // namespace

Result<int> command_cache(CommandContext& context) {
  PIPIT_TRY(auto session, context.session());
  auto folder = ops::cache_folder(*session);
  if (!folder) return complain(context, folder.error().message);
  const Words& words = context.line.arguments;
  for (const Action& action : kActions)
    if (!words.empty() && words[0] == action.name) return action.run(context, *session, {words.begin() + 1, words.end()});
  return complain(context, "Need an action (dir, info, list, prune, purge, remove, verify) to perform.");
}

}  // namespace pipit::cli
