#include "pipit/install/stamp.h"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>

#include "install/private_folder.h"
#include "pipit/base/text.h"
#include "pipit/sys/dir.h"
#include "pipit/verify/digest.h"

namespace pipit::install {
namespace {

constexpr std::string_view kHead = "pipit-stamp 1\n";
constexpr std::uint64_t kStampMaxBytes = 64u << 20;
constexpr std::size_t kChecksumSize = 65;  // with its LF

Error bad(std::string_view why) { return make_error(kBadStamp, fmt::format("the environment's stamp {}", why)); }

bool is_hex(std::string_view text) { return !text.empty() && text.find_first_not_of("0123456789abcdef") == std::string_view::npos; }

bool is_word(std::string_view text) {
  return !text.empty() && std::none_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) <= ' ' || c == 0x7f; });
}

bool can_be_written(const Stamped& project) {
  const bool digests = std::all_of(project.archive.begin(), project.archive.end(), [](const auto& hash) { return is_word(hash.algorithm) && is_hex(hash.hex); });
  return is_word(project.name) && is_word(project.version) && is_word(project.dist_info) && is_hex(project.record_sha256) && !project.archive.empty() && digests;
}

Result<Stamped> parse_line(std::string_view line) {
  const std::vector<std::string_view> words = split(line, ' ');
  if (words.size() < 5) return fail(bad("is damaged"));
  Stamped project{std::string(words[0]), std::string(words[1]), std::string(words[2]), std::string(words[3]), {}};
  for (std::size_t i = 4; i < words.size(); ++i) {
    const auto hash = packaging::parse_hash(words[i], ':');
    if (!hash) return fail(bad("is damaged"));
    project.archive.push_back(*hash);
  }
  if (!can_be_written(project)) return fail(bad("is damaged"));
  return project;
}

// Whoever may write to the environment may speak for it; nobody else.
Status check_writers(const sys::FileStat& root, const sys::FileStat& there, std::string_view what) {
  if (root.kind != sys::FileStat::Kind::directory) return fail(bad("lies in no directory"));
  const std::uint32_t more = there.mode & ~root.mode & 0022;
  if (more != 0) return fail(bad(fmt::format("is not believed: others may write to {} (mode {:04o})", what, there.mode)));
  const bool owned = there.uid == root.uid || there.uid == 0 || (root.mode & 0022) != 0;
  if (!owned) return fail(bad(fmt::format("is not believed: {} belongs to another user (uid {})", what, there.uid)));
  return ok();
}

}  // namespace

const Stamped* Stamp::find(std::string_view dist_info) const {
  const auto found = std::find_if(projects.begin(), projects.end(), [&](const Stamped& project) { return project.dist_info == dist_info; });
  return found == projects.end() ? nullptr : &*found;
}

std::string Stamp::to_bytes() const {
  std::string text(kHead);
  for (const Stamped& project : projects) {
    if (!can_be_written(project)) continue;
    text += fmt::format("{} {} {} {}", project.name, project.version, project.dist_info, project.record_sha256);
    for (const packaging::Hash& hash : project.archive) text += fmt::format(" {}:{}", hash.algorithm, hash.hex);
    text += '\n';
  }
  if (text.size() == kHead.size()) return {};
  return text + verify::sha256_hex(as_bytes_view(text)) + "\n";
}

Result<Stamp> Stamp::from_bytes(std::string_view bytes) {
  if (!bytes.starts_with(kHead) || bytes.size() < kHead.size() + kChecksumSize || bytes.back() != '\n') return fail(bad("is damaged"));
  const std::string_view text = bytes.substr(0, bytes.size() - kChecksumSize);
  if (bytes.substr(text.size(), kChecksumSize - 1) != verify::sha256_hex(as_bytes_view(text)) || text.back() != '\n') return fail(bad("is damaged"));
  Stamp stamp;
  const std::string_view lines = text.substr(kHead.size());
  if (lines.empty()) return fail(bad("is damaged"));
  for (const std::string_view line : split(lines.substr(0, lines.size() - 1), '\n')) {
    PIPIT_TRY(Stamped project, parse_line(line));
    stamp.projects.push_back(std::move(project));
  }
  return stamp;
}

Result<Stamp> read_stamp(sys::Os& os, const std::filesystem::path& root) {
  PIPIT_TRY(const auto there, sys::stat_path(root / kPrivateFolder / kStampFile, sys::Follow::no));
  if (!there) return Stamp();
  PIPIT_TRY(const sys::Dir environment, sys::Dir::open(os, root));
  PIPIT_TRY(const auto folder, environment.stat(kPrivateFolder));
  PIPIT_TRY(const auto file, environment.stat(std::string(kPrivateFolder) + "/" + kStampFile));
  PIPIT_TRY(const auto top, sys::stat_path(root));
  if (!file || !folder || !top) return Stamp();
  if (file->kind != sys::FileStat::Kind::regular) return fail(bad("is no regular file"));
  PIPIT_CHECK(check_writers(*top, *folder, "its folder"));
  PIPIT_CHECK(check_writers(*top, *file, "it"));
  PIPIT_TRY(const std::string bytes, environment.read_file(std::string(kPrivateFolder) + "/" + kStampFile, kStampMaxBytes));
  return Stamp::from_bytes(bytes);
}

}  // namespace pipit::install
