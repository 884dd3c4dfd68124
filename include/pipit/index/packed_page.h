// PackedPage: a project's page in the form everything above the parsers works with: one block of bytes, releases sorted
// newest first, texts that repeat (tags, requires-python) stored once. Made once from a ProjectPage; kept in the cache
// directory as is, so that a warm run maps the file and reads only what it looks at. It is about files and their names; it
// does not know any target.
//
// Layout (integers little endian, offsets from the start, every table aligned to 8):
//   Header      magic "PIPITPG", format number, checksum of all that follows, table places and counts
//   releases    PackedRelease[]   newest first; the last one may be the unversioned (valid = 0): names that tell no version
//   files       PackedFile[]      grouped by release, in page order within a release
//   texts       PackedText[]      interned tag texts and requires-python texts
//   pool        bytes             versions and interned texts; then all others, digests of 64 hex digits packed to 32 bytes
// The checksum guards against damage, not against malice (the cache belongs to the user); a view that points outside the
// block reads as empty, so that no bytes whatever can lead outside the mapping.
// Immutable after making; may be read from any thread.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "pipit/base/result.h"
#include "pipit/index/simple_parser.h"
#include "pipit/model/dist_file.h"
#include "pipit/sys/file.h"

namespace pipit::index {

inline constexpr ErrorCode kBadPackedPage{"bad-packed-page"};

// What a file's name says, before any target is known (pip's link filter, the parts that need no target).
enum class FileShape : std::uint8_t { wheel, sdist, not_an_archive, macosx10, invalid_wheel_name, other_project, no_version, invalid_version };

struct PackedText {
  std::uint32_t offset = 0, size = 0;
};
struct PackedRelease {
  PackedText version;  // as the first file of the release writes it
  std::uint32_t first_file = 0, file_count = 0;
  std::uint32_t valid = 0, reserved = 0;
};
struct PackedFile {
  std::uint64_t size_bytes = 0;
  PackedText filename, url, version, yanked, upload_time, hashes, sidecar_hashes;
  std::uint32_t tags = 0;             // text number: a wheel's tags, an sdist's "-pyX.Y"; kNoText if none
  std::uint32_t requires_python = 0;  // text number or kNoText
  FileShape shape = FileShape::not_an_archive;
  std::uint8_t flags = 0;
  std::uint16_t reserved = 0;
  std::uint32_t order = 0;            // position on the page
};
inline constexpr std::uint32_t kNoText = 0xFFFFFFFF;

// What tells whether kept bytes still answer for a response: the address asked, the one that answered after redirects (links
// are relative to it), both without credentials, and the payload id that net gives to the body.
struct PageKey {
  std::string url;
  std::string final_url;
  std::string payload_id;
  friend bool operator==(const PageKey&, const PageKey&) = default;
};

// Packs a page file by file.
class PagePacker final : public FileSink {
 public:
  // Files of other projects are kept with their shape, for explanations.
  explicit PagePacker(const std::string& normalized_name);
  ~PagePacker() override;
  void take(const model::DistFile& file) override;
  // Once. What was taken, then the files that `page` holds itself; none of them if it says that the project is quarantined.
  std::string finish(const ProjectPage& page, const PageKey& key);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

class PackedPage {
 public:
  static std::string pack(const ProjectPage& page, const std::string& normalized_name, const PageKey& key);
  // Fails with bad-packed-page if the bytes are damaged or of another format.
  static Result<std::shared_ptr<const PackedPage>> from_bytes(std::string bytes);
  static Result<std::shared_ptr<const PackedPage>> map(const std::filesystem::path& path);

  PageKey key() const;
  std::string_view source() const;         // the final address: `source` of every file
  ProjectStatus status() const;
  std::string_view status_reason() const;
  std::span<const PackedRelease> releases() const { return releases_; }
  std::span<const PackedFile> files() const { return files_; }
  std::size_t text_count() const { return texts_.size(); }
  std::string_view text(PackedText place) const;
  std::string_view interned(std::uint32_t number) const;
  bool yanked(const PackedFile& file) const;
  packaging::Hashes hashes(PackedText place) const;
  model::DistFile dist_file(const PackedFile& file) const;

 private:
  PackedPage() = default;
  Status adopt(std::string_view bytes);
  std::string owned_;
  sys::MappedFile mapped_;
  std::string_view bytes_;
  std::span<const PackedRelease> releases_;
  std::span<const PackedFile> files_;
  std::span<const PackedText> texts_;
  PackedText url_, final_url_, payload_id_, status_reason_;
  ProjectStatus status_ = ProjectStatus::active;
};

}  // namespace pipit::index
