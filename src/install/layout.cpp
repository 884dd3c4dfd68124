#include "install/layout.h"

#include <algorithm>
#include <utility>

#include "pipit/base/text.h"
#include "pipit/sys/file.h"

namespace pipit::install {
namespace {

constexpr std::string_view kDistInfo = ".dist-info";

struct RealPath {
  std::filesystem::path existing;  // real
  std::filesystem::path rest;      // what is missing below it
  std::string whole() const { return rest.empty() ? existing.string() : (existing / rest).string(); }
};

// Links are followed this once. A link to nothing is an error: making directories through it would surprise everybody.
Result<RealPath> resolve_once(const std::filesystem::path& path) {
  RealPath real;
  std::filesystem::path at = sys::absolute(path);
  for (;; at = at.parent_path()) {
    PIPIT_TRY(const auto followed, sys::stat_path(at));
    if (followed) break;
    PIPIT_TRY(const auto link, sys::stat_path(at, sys::Follow::no));
    if (link) return fail(make_error(kInTheWay, "`" + at.string() + "` is a link to nothing").at(at.string()));
    real.rest = real.rest.empty() ? at.filename() : at.filename() / real.rest;
  }
  PIPIT_TRY(real.existing, sys::real_path(at));
  return real;
}

bool is_beneath(std::string_view path, std::string_view directory) {
  return path.size() > directory.size() && path.starts_with(directory) && (path[directory.size()] == '/' || directory == "/");
}

std::string_view below(std::string_view path, std::string_view directory) {
  const std::size_t skip = directory == "/" ? 1 : directory.size() + 1;
  return path.size() > skip ? path.substr(skip) : std::string_view();
}

Spot spot_below(const Spot& directory, std::string_view rest) {
  Spot spot{directory.anchor, {}};
  append_joined(spot.path, directory.path, rest);
  return spot;
}

}  // namespace

Result<Layout> Layout::resolve(sys::Os&, const Target& target) {
  Layout layout;
  PIPIT_TRY(const RealPath root, resolve_once(target.root));
  layout.root_ = root.whole();
  layout.root_exists_ = root.rest.empty();
  layout.anchors_.push_back(layout.root_);
  const wheel::Scheme& scheme = target.scheme;
  for (const std::string& directory : {scheme.purelib, scheme.platlib}) PIPIT_CHECK(layout.add_directory(directory, true));
  for (const std::string& directory : {scheme.scripts, scheme.data, scheme.headers, target.root.string()})
    PIPIT_CHECK(layout.add_directory(directory, false));
  std::stable_sort(layout.directories_.begin(), layout.directories_.end(),
                   [](const Directory& a, const Directory& b) { return a.prefix.size() > b.prefix.size(); });
  return layout;
}

Status Layout::add_directory(const std::string& directory, bool site) {
  if (directory.empty()) return ok();
  const std::string prefix = sys::absolute(directory).string();
  for (const Directory& known : directories_)
    if (known.prefix == prefix) return ok();
  PIPIT_TRY(const RealPath real, resolve_once(prefix));
  const std::string whole = real.whole();
  Spot spot;
  if (whole != root_ && !is_beneath(whole, root_)) {
    const std::string anchor = real.existing.string();
    const auto found = std::find(anchors_.begin() + 1, anchors_.end(), anchor);
    spot.anchor = static_cast<std::size_t>(found - anchors_.begin());
    if (found == anchors_.end()) anchors_.push_back(anchor);
  }
  spot.path = below(whole, spot.anchor == 0 ? root_ : anchors_[spot.anchor]);
  directories_.push_back({prefix, std::move(spot), site});
  return ok();
}

Result<Spot> Layout::locate(std::string_view absolute) const {
  for (const Directory& directory : directories_) {
    if (!is_beneath(absolute, directory.prefix)) continue;
    const std::string_view rest = below(absolute, directory.prefix);
    if (!is_plain_path(rest)) break;
    return spot_below(directory.spot, rest);
  }
  return fail(make_error(kOutsideScheme, "`" + std::string(absolute) + "` lies outside the environment's directories").at(std::string(absolute)));
}

void append_joined(std::string& text, std::string_view directory, std::string_view rest) {
  text.reserve(text.size() + directory.size() + 1 + rest.size());
  text.append(directory);
  if (!directory.empty()) text.push_back('/');
  text.append(rest);
}

bool Layout::Region::covers(std::string_view rest) const {
  return is_plain_path(rest) && std::none_of(inner.begin(), inner.end(), [&](std::string_view directory) { return is_beneath(rest, directory); });
}

std::optional<Layout::Region> Layout::region(std::string_view directory) const {
  Region region;
  bool found = false;
  for (const Directory& known : directories_) {
    if (is_beneath(known.prefix, directory)) {
      region.inner.emplace_back(below(known.prefix, directory));
      continue;
    }
    const bool is_same = known.prefix == directory;
    if (!is_same && !(is_beneath(directory, known.prefix) && is_plain_path(below(directory, known.prefix)))) continue;
    if (!std::exchange(found, true)) region.spot = is_same ? known.spot : spot_below(known.spot, below(directory, known.prefix));
    region.is_site = region.is_site || (is_same && known.site);
  }
  return found ? std::optional(std::move(region)) : std::nullopt;
}

bool Layout::is_fixed(std::size_t anchor, std::string_view path) const {
  return std::any_of(directories_.begin(), directories_.end(), [&](const Directory& directory) {
    return directory.spot.anchor == anchor && (path.empty() || directory.spot.path == path || is_beneath(directory.spot.path, path));
  });
}

bool Layout::is_in_site(std::size_t anchor, std::string_view path) const {
  return std::any_of(directories_.begin(), directories_.end(), [&](const Directory& directory) {
    return directory.site && directory.spot.anchor == anchor && (directory.spot.path.empty() || is_beneath(path, directory.spot.path));
  });
}

std::string_view Layout::metadata_directory_in_site(std::string_view rest) {
  const std::string_view top = rest.substr(0, rest.find('/'));
  return top.size() >= kDistInfo.size() && ascii_iequals(top.substr(top.size() - kDistInfo.size()), kDistInfo) ? top : std::string_view();
}

std::string_view Layout::metadata_directory(const Spot& spot) const {
  const std::string_view path = spot.path;
  for (const Directory& directory : directories_) {
    if (!directory.site || directory.spot.anchor != spot.anchor) continue;
    if (!directory.spot.path.empty() && !is_beneath(path, directory.spot.path)) continue;
    const std::string_view top = metadata_directory_in_site(path.substr(directory.spot.path.empty() ? 0 : directory.spot.path.size() + 1));
    if (!top.empty()) return top;
  }
  return {};
}

std::string Layout::shown(const Spot& spot) const { return (std::filesystem::path(anchors_[spot.anchor]) / spot.path).string(); }

}  // namespace pipit::install
