#include "archive/source_tree.h"

#include <fmt/format.h>

#include <algorithm>
#include <deque>

#include "archive/member_names.h"
#include "archive/problems.h"
#include "pipit/archive/source_archive.h"
#include "pipit/base/text.h"

namespace pipit::archive {
namespace {

constexpr int kLinkHopsMax = 40;  // as the kernel's limit

std::string joined(const std::vector<std::string>& parts) { return join(parts, "/"); }

}  // namespace

Error SourceTree::error(ErrorCode code, std::string_view path, std::string_view text) const {
  return make_error(code, fmt::format("{}: member {} {}", filename_, quote_name(path), text));
}

Result<std::string> SourceTree::clean(std::string_view name) const {
  const std::string_view whole = name;
  while (name.starts_with("./")) name.remove_prefix(2);
  while (name.ends_with('/') && name.size() > 1) name.remove_suffix(1);
  if (name == ".") return std::string();
  const auto problem = check_name(name, false, ZipLimits{});
  if (!problem || problem->code == kZipPathNotPortable) return std::string(name);
  const bool outside = problem->code == kZipPathEscapes || problem->code == kZipPathAbsolute;
  return fail(error(outside ? kTarPathEscapes : kTarBadPath, whole, problem->text));
}

Result<bool> SourceTree::add(const std::string& path, Kind kind) {
  for (std::size_t slash = path.find('/'); slash != std::string::npos; slash = path.find('/', slash + 1)) {
    const auto parent = kinds_.emplace(path.substr(0, slash), Kind::directory).first;
    if (parent->second == Kind::link) return fail(error(kTarPathEscapes, path, "would be written through a link"));
    if (parent->second == Kind::file) return fail(error(kTarBadPath, path, "lies below a file"));
  }
  const auto [at, fresh] = kinds_.emplace(path, kind);
  if (!fresh && at->second != kind) return fail(error(kTarBadPath, path, "occurs twice, as two kinds of file"));
  return !fresh;
}

Status SourceTree::add_link(const std::string& path, const std::string& target) {
  PIPIT_TRY(const bool again, add(path, Kind::link));
  if (again) return fail(error(kTarBadPath, path, "is a link that occurs twice"));
  if (target.empty() || target.size() > 4096 || target.find('\0') != std::string::npos)
    return fail(error(kTarLinkEscapes, path, "is a link without a usable target"));
  targets_.emplace(path, target);
  links_.emplace_back(path, target);
  return ok();
}

bool SourceTree::is_file(const std::string& path) const {
  const auto at = kinds_.find(path);
  return at != kinds_.end() && at->second == Kind::file;
}

std::string SourceTree::common_top() const {
  if (kinds_.empty()) return {};
  const std::string top = kinds_.begin()->first.substr(0, kinds_.begin()->first.find('/'));
  for (const auto& [path, kind] : kinds_)
    if (path != top && !path.starts_with(top + "/")) return {};
  return kinds_.at(top) == Kind::directory ? top : std::string();
}

Status SourceTree::check_links(const std::string& top) const {
  for (const auto& [path, target] : links_) PIPIT_CHECK(check_link(path, target, top));
  return ok();
}

const std::string* SourceTree::target_of(const std::string& path) const {
  const auto at = targets_.find(path);
  return at == targets_.end() ? nullptr : &at->second;
}

// Walks as the kernel would, over names only. What is still to be walked lies in `rest`.
Status SourceTree::check_link(const std::string& path, const std::string& target, const std::string& top) const {
  const auto outside = [&] { return fail(error(kTarLinkEscapes, path, fmt::format("links to {}, outside the archive", quote_name(target)))); };
  std::vector<std::string> where;
  for (const std::string_view part : split(path, '/')) where.emplace_back(part);
  where.pop_back();
  std::deque<std::string> rest;
  const auto walk_next = [&](std::string_view text) {
    const auto parts = split(text, '/');
    for (auto part = parts.rbegin(); part != parts.rend(); ++part) rest.emplace_front(*part);
  };
  if (target.front() == '/') return outside();
  walk_next(target);
  for (int hops = 0; !rest.empty();) {
    const std::string part = rest.front();
    rest.pop_front();
    if (part.empty() || part == ".") continue;
    if (part == "..") {
      if (where.size() <= (top.empty() ? 0u : 1u)) return outside();
      where.pop_back();
      continue;
    }
    where.push_back(part);
    const std::string* next = target_of(joined(where));
    if (next == nullptr) continue;
    if (++hops > kLinkHopsMax || rest.size() > 10'000) return fail(error(kTarLinkEscapes, path, "is a link that leads in circles"));
    if (next->front() == '/') return outside();
    where.pop_back();
    walk_next(*next);
  }
  return ok();
}

}  // namespace pipit::archive
