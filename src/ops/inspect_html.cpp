// One page about an environment that is whole in itself: no script, no font, no picture from elsewhere, and a policy in it that
// forbids them. Whatever a package says about itself is text here: escaped, never a link.
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <map>
#include <set>

#include "ops/conflicts.h"
#include "ops/inspect_parts.h"
#include "pipit/base/text.h"
#include "pipit/base/url.h"
#include "pipit/install/verify_environment.h"
#include "pipit/ops/inspect.h"
#include "pipit/ops/verify.h"
#include "pipit/packaging/name.h"
#include "pipit/sys/file.h"
#include "pipit/verify/digest.h"

namespace pipit::ops {

namespace {

constexpr std::uint64_t kRecordMaxBytes = 64u << 20;
constexpr std::size_t kFindingsShown = 200;

constexpr std::string_view kHead = R"~(<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<style>
:root{color-scheme:light dark;--paper:#fff;--ink:#1d2327;--soft:#5b656d;--rule:#d9dee2;--link:#0b5cad;--good:#1a7f45;--bad:#b3261e;--edge:#9aa7b1;--box:#f5f7f8}
@media(prefers-color-scheme:dark){:root{--paper:#15191c;--ink:#e4e8eb;--soft:#9aa5ad;--rule:#343c42;--link:#7db7f0;--good:#5fcf8e;--bad:#ff8a80;--edge:#5d6a74;--box:#1d2327}}
*{box-sizing:border-box}
body{margin:0 auto;max-width:72rem;padding:1rem;background:var(--paper);color:var(--ink);font:15px/1.5 system-ui,sans-serif}
h1{font-size:1.4rem;margin:.5rem 0;overflow-wrap:anywhere}
h2{font-size:1.1rem;margin:2rem 0 .5rem;border-bottom:1px solid var(--rule)}
p,dl{margin:.4rem 0}
a{color:var(--link);text-decoration:none}
a:hover{text-decoration:underline}
.soft{color:var(--soft)}
.good{color:var(--good)}
.bad{color:var(--bad)}
code{font:13px/1.5 ui-monospace,monospace;overflow-wrap:anywhere}
details{border-bottom:1px solid var(--rule)}
details:target{background:var(--box)}
summary{display:flex;gap:.8rem;padding:.35rem .2rem;cursor:pointer;align-items:baseline}
summary b{flex:0 1 auto;overflow-wrap:anywhere}
summary .fill{flex:1;min-width:0;overflow:hidden;text-overflow:ellipsis;white-space:nowrap}
summary .size{min-width:4.5rem;text-align:right;white-space:nowrap}
dl{display:grid;grid-template-columns:minmax(6rem,9rem) 1fr;gap:.15rem .8rem;padding:.2rem .2rem .8rem 1.2rem}
dt{color:var(--soft)}
dd{margin:0;min-width:0;overflow-wrap:anywhere}
.picture{overflow-x:auto}
svg{display:block;max-width:100%;height:auto}
svg text{font:13px system-ui,sans-serif;fill:var(--ink)}
svg .top{font-weight:600}
svg path{fill:none;stroke:var(--edge);stroke-width:1}
svg circle{fill:var(--edge)}
svg a:hover path,svg a:focus path{stroke:var(--link);stroke-width:2.5}
svg a:hover circle,svg a:focus circle{fill:var(--link)}
svg a:hover text,svg a:focus text{fill:var(--link)}
@media(max-width:40rem){summary .fill{display:none}summary b{flex:1}dl{grid-template-columns:1fr;padding-left:.4rem}dd{margin-bottom:.3rem}}
</style>
)~";

std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : escape_for_terminal(text)) switch (c) {
      case '&': out += "&amp;"; break;
      case '<': out += "&lt;"; break;
      case '>': out += "&gt;"; break;
      case '"': out += "&quot;"; break;
      case '\'': out += "&#39;"; break;
      default: out += c;
    }
  return out;
}

// What the page says of one package. `needs` and `needed_by` are positions in the list; `absent` are names.
struct Entry {
  const python::InstalledDist* dist = nullptr;
  std::string summary, license, record_digest;
  std::size_t files = 0;
  std::uint64_t bytes = 0;
  std::set<std::size_t> needs, needed_by;
  std::set<std::string> absent;
  std::vector<const install::Finding*> findings;
};

std::string anchor(const Entry& entry) { return "p-" + escaped(entry.dist->normalized_name); }

void add_record(Entry& entry) {
  const auto text = sys::read_file(entry.dist->metadata_path / "RECORD", kRecordMaxBytes);
  if (!text) return;
  entry.record_digest = verify::sha256_hex(as_bytes_view(*text));
  const auto rows = packaging::parse_record(*text);
  if (!rows) return;
  entry.files = rows->size();
  for (const packaging::RecordRow& row : *rows) {
    std::uint64_t size = 0;
    std::from_chars(row.size.data(), row.size.data() + row.size.size(), size);
    entry.bytes += size;
  }
}

std::vector<Entry> make_entries(const std::vector<python::InstalledDist>& packages, const packaging::MarkerEnvironment& markers, const install::Verification& verified) {
  std::vector<Entry> entries(packages.size());
  std::map<std::string, std::size_t> by_name, by_title;
  for (std::size_t i = 0; i < packages.size(); ++i) {
    by_name[packages[i].normalized_name] = i;
    by_title[packages[i].name + " " + packages[i].version_text] = i;
  }
  for (std::size_t i = 0; i < packages.size(); ++i) {
    Entry& entry = entries[i];
    entry.dist = &packages[i];
    add_record(entry);
    if (const auto metadata = packages[i].metadata()) {
      entry.summary = metadata->field("Summary").value_or("");
      entry.license = metadata->field("License-Expression").value_or(metadata->field("License").value_or(""));
    }
    for (const packaging::Requirement& requirement : dependencies(packages[i], markers)) {
      const auto found = by_name.find(requirement.normalized_name());
      if (found == by_name.end()) entry.absent.insert(requirement.normalized_name());
      else if (found->second != i) entry.needs.insert(found->second), entries[found->second].needed_by.insert(i);
    }
  }
  for (const install::Finding& finding : verified.findings)
    if (const auto found = by_title.find(finding.distribution); found != by_title.end()) entries[found->second].findings.push_back(&finding);
  return entries;
}

// From top to bottom so that arrows point down, whoever needs above what is needed, as far as there are no circles: the
// reverse of the order in which a walk in depth leaves the packages. Those that nobody needs come first.
std::vector<std::size_t> picture_order(const std::vector<Entry>& entries) {
  std::vector<std::size_t> order;
  std::vector<bool> seen(entries.size(), false);
  std::vector<std::pair<std::size_t, std::set<std::size_t>::const_reverse_iterator>> path;
  auto enter = [&](std::size_t at) {
    if (seen[at]) return;
    seen[at] = true;
    path.emplace_back(at, entries[at].needs.rbegin());
  };
  auto walk = [&](std::size_t root) {
    for (enter(root); !path.empty();) {
      auto& [at, next] = path.back();
      if (next == entries[at].needs.rend()) {
        order.push_back(at);
        path.pop_back();
      } else {
        enter(*next++);
      }
    }
  };
  for (const bool circles : {false, true})
    for (std::size_t i = entries.size(); i-- > 0;)
      if (circles || entries[i].needed_by.empty()) walk(i);
  std::reverse(order.begin(), order.end());
  return order;
}

constexpr double kRow = 20, kText = 210, kReach = 330;

// Each package is a line; a bow on the right leads from it to each that it needs. With a hundred packages that stays a list
// that can be read, and pointing at a name shows its bows alone.
std::string picture(const std::vector<Entry>& entries) {
  const std::vector<std::size_t> order = picture_order(entries);
  std::vector<double> line(entries.size());
  for (std::size_t i = 0; i < order.size(); ++i) line[order[i]] = kRow * (static_cast<double>(i) + 0.5);
  std::size_t longest = 1;
  for (const Entry& entry : entries)
    for (const std::size_t to : entry.needs) longest = std::max(longest, static_cast<std::size_t>(std::abs(line[to] - line[static_cast<std::size_t>(&entry - entries.data())]) / kRow));
  const double reach = std::min(kReach, 30.0 + 30.0 * std::sqrt(static_cast<double>(longest)));
  const double width = kText + reach + 12, height = kRow * static_cast<double>(entries.size());
  std::string text = fmt::format("<div class=\"picture\">\n<svg role=\"img\" aria-label=\"Who needs whom\" width=\"{0:.0f}\" height=\"{1:.0f}\" viewBox=\"0 0 {0:.0f} {1:.0f}\">\n", width, height);
  for (const std::size_t at : order) {
    const Entry& entry = entries[at];
    text += fmt::format("<a href=\"#{}\"><text{} x=\"{:.0f}\" y=\"{:.0f}\" text-anchor=\"end\">{}</text>", anchor(entry), entry.needed_by.empty() ? " class=\"top\"" : "", kText - 12,
                        line[at] + 4.5, escaped(entry.dist->name.size() <= 30 ? entry.dist->name : entry.dist->name.substr(0, 29) + "\u2026"));
    text += fmt::format("<circle cx=\"{:.0f}\" cy=\"{:.0f}\" r=\"3\"/>", kText, line[at]);
    for (const std::size_t to : entry.needs) {
      const double bow = std::min(reach, 30.0 * std::sqrt(std::abs(line[to] - line[at]) / kRow));
      text += fmt::format("<path d=\"M{0:.0f} {1:.0f}C{2:.0f} {1:.0f} {2:.0f} {3:.0f} {0:.0f} {3:.0f}\"/>", kText, line[at], kText + bow * 4 / 3, line[to]);
    }
    text += fmt::format("<title>{} needs {} and is needed by {}</title></a>\n", escaped(entry.dist->name), entry.needs.size(), entry.needed_by.size());
  }
  return text + "</svg>\n</div>\n";
}

std::string links(const std::vector<Entry>& entries, const std::set<std::size_t>& wanted, const std::set<std::string>& absent = {}) {
  std::string text;
  for (const std::size_t i : wanted)
    text += fmt::format("{}<a href=\"#{}\">{}</a>", text.empty() ? "" : ", ", anchor(entries[i]), escaped(entries[i].dist->name));
  for (const std::string& name : absent) text += fmt::format("{}<span class=\"bad\">{} (not installed)</span>", text.empty() ? "" : ", ", escaped(name));
  return text.empty() ? "nothing" : text;
}

std::string origin(const python::InstalledDist& dist) {
  if (dist.editable_location) return "editable project in <code>" + escaped(*dist.editable_location) + "</code>";
  if (dist.direct_url) return "<code>" + escaped(mask_credentials(direct_reference(*dist.direct_url, dist.name))) + "</code>";
  return "an index or a directory of archives (which one is not recorded)";
}

std::string row(std::string_view title, const std::string& html) { return fmt::format("<dt>{}</dt><dd>{}</dd>\n", title, html); }

std::string finding_line(const install::Finding& finding) {
  std::string text = fmt::format("<span class=\"bad\">{}</span>: <code>{}</code>", kind_name(finding.kind), escaped(finding.path));
  if (!finding.expected.empty()) text += fmt::format(", expected <code>{}</code>", escaped(finding.expected));
  if (!finding.got.empty()) text += fmt::format(", got <code>{}</code>", escaped(finding.got));
  return text;
}

std::string findings_text(const Entry& entry) {
  if (entry.findings.empty()) return entry.record_digest.empty() ? "not checked" : "<span class=\"good\">every file is what RECORD says</span>";
  std::string text;
  for (std::size_t i = 0; i < std::min(kFindingsShown, entry.findings.size()); ++i) text += (i == 0 ? "" : "<br>\n") + finding_line(*entry.findings[i]);
  if (entry.findings.size() > kFindingsShown) text += fmt::format("<br>\nand {} more", entry.findings.size() - kFindingsShown);
  return text;
}

std::string package(const std::vector<Entry>& entries, const Entry& entry) {
  const python::InstalledDist& dist = *entry.dist;
  std::string text = fmt::format("<details id=\"{}\"{}>\n<summary><b>{}</b><span>{}</span><span class=\"fill soft\">{}</span>", anchor(entry), entry.findings.empty() ? "" : " open",
                                 escaped(dist.name), escaped(dist.version_text), escaped(entry.summary));
  if (!entry.findings.empty()) text += fmt::format("<span class=\"bad\">{} problem{}</span>", entry.findings.size(), entry.findings.size() == 1 ? "" : "s");
  text += fmt::format("<span class=\"size\">{}</span></summary>\n<dl>\n", format_size(entry.bytes));
  if (!entry.summary.empty()) text += row("Summary", escaped(entry.summary));
  text += row("Needs", links(entries, entry.needs, entry.absent)) + row("Needed by", links(entries, entry.needed_by)) + row("Came from", origin(dist));
  if (!dist.installer.empty()) text += row("Installed by", escaped(dist.installer) + (dist.requested ? ", as asked for" : ""));
  if (!entry.license.empty()) text += row("License", escaped(entry.license.size() <= 200 ? entry.license : entry.license.substr(0, entry.license.find('\n'))));
  text += row("Lies in", "<code>" + escaped(dist.location.string()) + "</code>");
  if (!entry.record_digest.empty()) text += row("RECORD", fmt::format("{} files, <code>sha256:{}</code>", entry.files, entry.record_digest));
  return text + row("Verify", findings_text(entry)) + "</dl>\n</details>\n";
}

std::string verdict(const install::Verification& verified, const std::vector<std::string>& broken) {
  std::string text = verified.is_clean() ? fmt::format("<p class=\"good\">Verified: all {} recorded files are what they were when installed.</p>\n", verified.files)
                                         : fmt::format("<p class=\"bad\">Verified {} files: {} problem{} found.</p>\n", verified.files, verified.findings.size(),
                                                       verified.findings.size() == 1 ? "" : "s");
  for (const std::string& sentence : broken) text += fmt::format("<p class=\"bad\">{}</p>\n", escaped(sentence));
  return text;
}

std::string page(const python::Interpreter& target, const std::vector<Entry>& entries, const install::Verification& verified, const std::vector<std::string>& broken) {
  std::uint64_t bytes = 0;
  for (const Entry& entry : entries) bytes += entry.bytes;
  const std::string place = escaped(target.prefix);
  std::string text = fmt::format("{}<title>Packages in {}</title>\n</head>\n<body>\n<h1>Packages in {}</h1>\n", kHead, place, place);
  text += fmt::format("<p>{} packages, {}, for {} {}.</p>\n", entries.size(), format_size(bytes), escaped(target.implementation), escaped(target.full_version));
  text += verdict(verified, broken) + "<h2>Packages</h2>\n";
  for (const Entry& entry : entries) text += package(entries, entry);
  if (!entries.empty()) text += "<h2>Who needs whom</h2>\n<p class=\"soft\">A bow leads from a package to what it needs. Bold: needed by no other.</p>\n" + picture(entries);
  return text + fmt::format("<p class=\"soft\">Made by pipit {}. Sizes are those that RECORD lists; byte code is not among them.</p>\n</body>\n</html>\n", PIPIT_VERSION);
}

}  // namespace

Result<std::string> inspect_html(const ScopeOptions& scope, Session& session) {
  PIPIT_TRY(const python::Interpreter* target, session.target());
  PIPIT_TRY(const std::vector<python::InstalledDist> packages, installed_packages(scope, session));
  PIPIT_TRY(const install::Verification verified, install::verify_environment(packages, session.workers(), session.stop()));
  return page(*target, make_entries(packages, target->markers, verified), verified, broken_requirements(needs_of(packages, target->markers), std::nullopt));
}

}  // namespace pipit::ops
