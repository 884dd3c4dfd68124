// Extractor: writes members of a checked zip as files. The names, sizes and checksums are ZipDirectory's; the bytes are
// decompressed by libarchive, or by libdeflate where a member is small enough to be whole in memory. What is written has
// exactly the declared size and CRC, or the call fails and the file is removed.
//
// An Extractor belongs to one thread; several of them may read one archive side by side. It holds at most
// kWholeMemberMaxBytes of a member in memory. It makes no directories and follows no links (sys::Dir).
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>

#include "pipit/archive/zip_directory.h"
#include "pipit/sys/dir.h"

namespace pipit::archive {

inline constexpr std::uint64_t kWholeMemberMaxBytes = 16u << 20;

// libarchive: every deflated member is streamed through libarchive. fast: small ones go through libdeflate.
enum class Engine { fast, libarchive };

struct ExtractedFile {
  std::uint64_t size = 0;
  std::int64_t mtime_ns = 0;  // as the file system recorded it
};

// When the bytes of a file shall go to the disk: when the kernel likes, or as soon as they are written, because somebody
// is going to wait for them.
enum class Flush { later, soon };

class Extractor {
 public:
  // `archive` and `directory` must outlive this.
  Extractor(Bytes archive, const ZipDirectory& directory, Engine engine = Engine::fast, Flush flush = Flush::later);
  Extractor(Extractor&&) noexcept;
  ~Extractor();
  // Creates `name` beneath `destination`. `mode` passes through the umask, but an executable file is so for all, as pip has
  // it. `copy`, if given, receives the same bytes in order (a hash).
  Result<ExtractedFile> extract(const ZipMember& member, const sys::Dir& destination, const std::string& name, mode_t mode, Sink* copy);
  // The bytes of a member, checked; a failure may come after some of them were delivered.
  Status stream(const ZipMember& member, Sink& out);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace pipit::archive
