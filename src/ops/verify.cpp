#include "pipit/ops/verify.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "ops/json_forms.h"
#include "ops/stamping.h"
#include "ops/target_view.h"
#include "ops/wanted.h"
#include "ops/wheels.h"
#include "pipit/base/text.h"
#include "pipit/ops/inspect.h"

namespace pipit::ops {

namespace {

using python::InstalledDist;
using Kind = ArchiveFinding::Kind;

// The archive an installed project says it came from; nullopt: it does not say.
std::optional<std::string> recorded_archive(const InstalledDist& dist) {
  if (!dist.direct_url) return std::nullopt;
  const auto* archive = std::get_if<packaging::ArchiveInfo>(&dist.direct_url->info);
  if (!archive) return std::nullopt;
  for (const packaging::Hash& hash : archive->hashes)
    if (hash.algorithm == "sha256") return hash.hex;
  return std::nullopt;
}

// Every file of the archive that lands beside the dist-info must be listed there with the archive's digest. What .data
// holds lies elsewhere and may be rewritten (scripts); RECORD cannot list itself.
bool is_made_of(const std::vector<packaging::RecordRow>& installed, const wheel::Manifest& manifest) {
  std::map<std::string_view, std::string_view> digests;
  for (const packaging::RecordRow& row : installed) digests.emplace(row.path, row.hash);
  const std::string data = manifest.dist_info.substr(0, manifest.dist_info.rfind('.')) + ".data/";
  return std::all_of(manifest.files.begin(), manifest.files.end(), [&](const wheel::ManifestFile& file) {
    if (file.path.starts_with(data)) return true;
    auto found = digests.find(file.path);
    return found != digests.end() && found->second == file.record_hash;
  });
}

// What was installed, held against what is promised. Without a finding it is proved.
struct Judgement {
  std::optional<ArchiveFinding> finding;
  bool by_stamp = false;
};

bool share_one(const packaging::Hashes& a, const packaging::Hashes& b) {
  return std::any_of(a.begin(), a.end(), [&](const packaging::Hash& hash) { return std::find(b.begin(), b.end(), hash) != b.end(); });
}

Judgement other_archive(std::string detail) { return {ArchiveFinding{Kind::other_archive, {}, {}, std::move(detail)}, false}; }

std::string sha256_in(const packaging::Hashes& hashes) {
  for (const packaging::Hash& hash : hashes)
    if (hash.algorithm == "sha256") return hash.hex;
  return "unknown";
}

Judgement judge(const InstalledDist& dist, const packaging::Hashes& promised, Wheels& wheels, const Stamps& stamps) {
  if (auto recorded = recorded_archive(dist)) {
    if (share_one({{"sha256", *recorded}}, promised)) return {};
    return other_archive(fmt::format("installed from an archive with sha256 {}, which is not promised", *recorded));
  }
  auto rows = dist.record();
  std::size_t stored = 0;
  for (const packaging::Hash& hash : promised) {
    auto wheel = wheels.find({hash});
    if (!wheel) continue;
    ++stored;
    if (rows && is_made_of(*rows, *wheel->manifest)) return {};
  }
  const packaging::Hashes* archive = stamps.archive_of(dist);
  const bool stamp_agrees = archive && share_one(*archive, promised);
  // The promised archives are all here, and none of them holds these files: no stamp makes that good.
  if (stored != 0 && (stored == promised.size() || stamp_agrees)) return other_archive("the installed files are not those of the promised archive");
  if (stamp_agrees) return {std::nullopt, true};
  if (archive) return other_archive(fmt::format("installed from an archive with sha256 {}, which is not promised", sha256_in(*archive)));
  std::string why = "which archive it came from was not recorded: pipit did not install what is there now; install it again to prove it";
  if (!stamps.complaint().empty()) why = stamps.complaint() + "; install it again to prove it";
  return {ArchiveFinding{Kind::unproved, {}, {}, std::move(why)}, false};
}

Judgement check_line(const packaging::RequirementLine& line, const packaging::Hashes& promised, const InstalledDist* dist, Wheels& wheels, const Stamps& stamps) {
  if (!dist) return {ArchiveFinding{Kind::not_installed, {}, {}, "not installed"}, false};
  if (line.requirement && !dist->version_is_legacy && !line.requirement->specifiers.contains(dist->version, packaging::Prereleases::allow))
    return {ArchiveFinding{Kind::other_version, {}, {}, fmt::format("{} is installed", dist->version_text)}, false};
  if (promised.empty()) return {ArchiveFinding{Kind::no_hash, {}, {}, "the file promises no hash for it"}, false};
  return judge(*dist, promised, wheels, stamps);
}

// A line for a bare path or URL is found by the file name it recorded.
const InstalledDist* find_dist(const std::vector<InstalledDist>& dists, const packaging::RequirementLine& line) {
  for (const InstalledDist& dist : dists) {
    if (line.requirement && dist.normalized_name == line.requirement->normalized_name()) return &dist;
    if (!line.requirement && dist.direct_url && !line.url.empty() && line.url.substr(0, line.url.find('#')) == dist.direct_url->url) return &dist;
  }
  return nullptr;
}

Result<Stamps> stamps_of_target(Session& session) {
  PIPIT_TRY(const python::Interpreter* target, session.target());
  Stamps stamps;
  stamps.read(target->prefix, session);
  if (!target->is_venv && !target->user_base.empty()) stamps.read(target->user_base, session);
  return stamps;
}

// A RECORD that is damaged accuses files that are not: where pipit noted which RECORD it wrote, it is named before them.
void name_damaged_records(const std::vector<InstalledDist>& dists, const Stamps& stamps, std::vector<install::Finding>& findings) {
  for (const InstalledDist& dist : dists) {
    const auto accused = std::find_if(findings.begin(), findings.end(), [&](const install::Finding& finding) { return finding.distribution == dist.name + " " + dist.version_text; });
    const install::Stamped* noted = accused == findings.end() || dist.installer != "pipit" ? nullptr : stamps.noted(dist);
    const auto now = noted != nullptr ? record_sha256(dist) : std::nullopt;
    if (!now || *now == noted->record_sha256) continue;
    findings.insert(accused, {install::Finding::Kind::changed, accused->distribution, (dist.metadata_path / "RECORD").string(), "sha256:" + noted->record_sha256, "sha256:" + *now});
  }
}

Status check_archives(const ResolveOptions& options, const std::vector<InstalledDist>& dists, const Stamps& stamps, Session& session, VerifyReport& report) {
  PIPIT_TRY(const python::Interpreter* target, session.target());
  PIPIT_TRY(const TargetView view, view_target(*target, {}));
  PIPIT_TRY(const Wanted wanted, read_wanted(options, view.markers, "verify", session));
  for (const std::string& line : wanted.ignored) session.reporter().info(line);
  PIPIT_TRY(const std::unique_ptr<Wheels> wheels, Wheels::open(session, options.allowances));
  std::map<std::string, packaging::Hashes> constrained;  // a constraint's hashes speak for a line that has none
  for (const packaging::RequirementLine& line : wanted.constraints)
    if (line.requirement) constrained[line.requirement->normalized_name()] = line.hashes;
  const bool hashes_matter = wanted.hash_mode;
  for (const packaging::RequirementLine& line : wanted.requirements) {
    packaging::Hashes promised = line.hashes;
    if (promised.empty() && line.requirement)
      if (auto found = constrained.find(line.requirement->normalized_name()); found != constrained.end()) promised = found->second;
    auto [finding, by_stamp] = check_line(line, promised, find_dist(dists, line), *wheels, stamps);
    if (!finding) {
      ++report.archives_proved;
      report.archives_proved_by_stamp += by_stamp ? 1 : 0;
    } else if (finding->kind != Kind::no_hash || hashes_matter) {
      finding->requirement = line.text;
      finding->place = line.origin.str();
      report.archives.push_back(std::move(*finding));
    }
  }
  return ok();
}

}  // namespace

std::string_view kind_name(install::Finding::Kind kind) {
  switch (kind) {
    case install::Finding::Kind::missing: return "missing";
    case install::Finding::Kind::changed: return "changed";
    case install::Finding::Kind::unreadable: return "unreadable";
    case install::Finding::Kind::unlisted: return "extra";
    case install::Finding::Kind::no_record: return "no-record";
  }
  return "";
}

std::string_view kind_name(ArchiveFinding::Kind kind) {
  switch (kind) {
    case Kind::not_installed: return "not-installed";
    case Kind::other_version: return "other-version";
    case Kind::other_archive: return "other-archive";
    case Kind::unproved: return "unproved";
    case Kind::no_hash: return "no-hash";
  }
  return "";
}

Result<VerifyReport> verify_installed(const ResolveOptions& options, Session& session) {
  ScopeOptions scope;
  scope.local = true;  // what a system's site directory shows is not ours to judge
  PIPIT_TRY(const std::vector<InstalledDist> dists, installed_packages(scope, session));
  PIPIT_TRY(const Stamps stamps, stamps_of_target(session));
  VerifyReport report;
  if (!options.requirement_files.empty()) PIPIT_CHECK(check_archives(options, dists, stamps, session, report));
  PIPIT_TRY(report.environment, install::verify_environment(dists, session.workers(), session.stop()));
  name_damaged_records(dists, stamps, report.environment.findings);
  return report;
}

std::string verify_json(const VerifyReport& report) {
  Json findings = Json::array(), archives = Json::array();
  for (const install::Finding& finding : report.environment.findings)
    findings.push_back({{"kind", kind_name(finding.kind)},
                        {"distribution", finding.distribution},
                        {"path", finding.path},
                        {"expected", finding.expected},
                        {"got", finding.got}});
  for (const ArchiveFinding& finding : report.archives)
    archives.push_back(
        {{"kind", kind_name(finding.kind)}, {"requirement", finding.requirement}, {"where", finding.place}, {"detail", finding.detail}});
  return print_json(Json{{"clean", report.is_clean()},
                         {"distributions", report.environment.distributions},
                         {"files", report.environment.files},
                         {"bytes", report.environment.bytes},
                         {"archives_proved", report.archives_proved},
                         {"archives_proved_by_stamp", report.archives_proved_by_stamp},
                         {"findings", std::move(findings)},
                         {"archives", std::move(archives)}});
}

}  // namespace pipit::ops
