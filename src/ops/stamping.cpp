#include "ops/stamping.h"

#include <algorithm>

#include "pipit/sys/file.h"
#include "pipit/verify/digest.h"

namespace pipit::ops {

namespace {

constexpr std::uint64_t kRecordMaxBytes = 1u << 30;

// The digests of the archive that was asked for: of the sdist where the wheel was built from one.
packaging::Hashes archive_of(const model::Candidate& candidate, const PlaceRequest& request) {
  if (auto known = request.archives.find(candidate.name); known != request.archives.end() && !known->second.empty()) return known->second;
  if (candidate.kind == model::CandidateKind::wheel) return request.wheels.at(candidate.name).checked.digests();
  return candidate.kind == model::CandidateKind::sdist ? candidate.file.hashes : packaging::Hashes{};
}

}  // namespace

Result<std::string> next_stamp(const std::filesystem::path& root, const std::vector<python::InstalledDist>& staying, std::vector<install::Stamped> added, Session& session) {
  install::Stamp stamp;
  if (auto before = install::read_stamp(session.os(), root)) {
    stamp = std::move(*before);
  } else if (before.error().code != install::kBadStamp) {
    return fail(std::move(before).error());
  } else {
    session.reporter().warn("stamp", before.error().message + "; a new one is begun, and what was installed earlier has no proof of its archive any more");
  }
  std::erase_if(stamp.projects, [&](const install::Stamped& project) {
    return std::none_of(staying.begin(), staying.end(), [&](const python::InstalledDist& dist) { return dist.metadata_path.filename() == project.dist_info; }) ||
           std::any_of(added.begin(), added.end(), [&](const install::Stamped& other) { return other.dist_info == project.dist_info; });
  });
  for (install::Stamped& project : added) stamp.projects.push_back(std::move(project));
  std::sort(stamp.projects.begin(), stamp.projects.end(), [](const auto& a, const auto& b) { return a.name < b.name; });
  return stamp.to_bytes();
}

std::vector<install::Stamped> stamped(const PlaceRequest& request, const std::vector<wheel::InstallImage>& images, sys::Executor& workers) {
  std::vector<install::Stamped> projects(images.size());
  sys::parallel_for(workers, images.size(), [&](std::size_t i) {
    const wheel::InstallImage& image = images[i];
    const auto record = std::find_if(image.files.rbegin(), image.files.rend(), [&](const wheel::ImageFile& file) { return file.path() == image.dist_info + "/RECORD"; });
    if (record == image.files.rend()) return;
    const model::Candidate& candidate = request.projects[i]->resolved.candidate;
    projects[i] = {candidate.name, image.version, std::filesystem::path(image.dist_info).filename().string(),
                        verify::sha256_hex(as_bytes_view(record->content)), archive_of(candidate, request)};
  });
  std::erase_if(projects, [](const install::Stamped& project) { return project.name.empty(); });
  return projects;
}

void Stamps::read(const std::filesystem::path& root, Session& session) {
  auto stamp = install::read_stamp(session.os(), root);
  if (stamp) stamps_.push_back(std::move(*stamp));
  else complaint_ = stamp.error().message;
}

const install::Stamped* Stamps::noted(const python::InstalledDist& dist) const {
  for (const install::Stamp& stamp : stamps_)
    if (const install::Stamped* project = stamp.find(dist.metadata_path.filename().string())) return project;
  return nullptr;
}

const packaging::Hashes* Stamps::archive_of(const python::InstalledDist& dist) const {
  const install::Stamped* project = noted(dist);
  const auto record = record_sha256(dist);
  return project != nullptr && record == project->record_sha256 ? &project->archive : nullptr;
}

std::optional<std::string> record_sha256(const python::InstalledDist& dist) {
  const auto record = sys::read_file(dist.metadata_path / "RECORD", kRecordMaxBytes);
  return record ? std::optional(verify::sha256_hex(as_bytes_view(*record))) : std::nullopt;
}

}  // namespace pipit::ops
