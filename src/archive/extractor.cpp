#include "pipit/archive/extractor.h"

#include <algorithm>
#include <vector>

#include "archive/inflate.h"
#include "archive/libarchive_member.h"
#include "archive/zip_format.h"

namespace pipit::archive {
namespace {

constexpr std::size_t kBlockBytes = 256u << 10;
// Smaller files are cheaper to write together, by the sync that somebody waits for.
constexpr off_t kFlushedAlone = 64 << 10;

// The file first, then whoever wants a copy.
class Tee final : public Sink {
 public:
  Tee(sys::File& file, Sink* copy) : file_(file), copy_(copy) {}
  Status write(Bytes bytes) override {
    PIPIT_CHECK(file_.write_all(bytes));
    return copy_ == nullptr ? ok() : copy_->write(bytes);
  }

 private:
  sys::File& file_;
  Sink* copy_;
};

}  // namespace

struct Extractor::State {
  Bytes archive;
  const ZipDirectory& directory;
  Engine engine;
  Flush flush;
  Inflater inflater;
  std::unique_ptr<std::byte[]> buffer;  // not initialised: every byte of it is written before it is read
  std::size_t capacity = 0;

  std::span<std::byte> room(std::size_t size) {
    if (size > capacity) {
      capacity = std::max<std::size_t>(size, kBlockBytes);
      buffer.reset(new std::byte[capacity]);
    }
    return {buffer.get(), size};
  }
  // Block by block, each to all who want it, while it is in the processor's cache.
  Status pass_on(Bytes content, const ZipMember& member, Sink& out) const {
    std::uint32_t crc = 0;
    for (Bytes rest = content; !rest.empty();) {
      const Bytes block = rest.first(std::min(rest.size(), kBlockBytes));
      rest = rest.subspan(block.size());
      crc = crc32_of(block, crc);
      PIPIT_CHECK(out.write(block));
    }
    return crc == member.crc32 ? ok() : Status(fail(bad_crc(directory.archive_name(), member, crc)));
  }
  Status stream_whole(Bytes data, const ZipMember& member, Sink& out) {
    const std::span<std::byte> content = room(static_cast<std::size_t>(member.size));
    if (!inflater.inflate(data, content)) return fail(bad_data(directory.archive_name(), member));
    return pass_on(content, member, out);
  }
};

Extractor::Extractor(Bytes archive, const ZipDirectory& directory, Engine engine, Flush flush)
    : state_(new State{archive, directory, engine, flush, {}, nullptr}) {}
Extractor::Extractor(Extractor&&) noexcept = default;
Extractor::~Extractor() = default;

Status Extractor::stream(const ZipMember& member, Sink& out) {
  const Bytes data = slice(state_->archive, member.data_offset, member.compressed_size);
  if (!member.deflated) return state_->pass_on(data, member, out);
  if (state_->engine == Engine::fast && member.size <= kWholeMemberMaxBytes) return state_->stream_whole(data, member, out);
  return stream_by_libarchive(data, member, state_->directory.archive_name(), out);
}

Result<ExtractedFile> Extractor::extract(const ZipMember& member, const sys::Dir& destination, const std::string& name, mode_t mode,
                                         Sink* copy) {
  PIPIT_TRY(sys::File file, destination.create(name, mode));
  Tee tee(file, copy);
  Status written = stream(member, tee);
  if (!written) {
    static_cast<void>(destination.remove_file(name));
    return fail(std::move(written).error());
  }
  PIPIT_TRY(const struct stat facts, file.stat());
  if ((mode & 0111) != 0 && (facts.st_mode & 0111) != 0111) {
    const int result = file.os().fchmod(file.fd(), (facts.st_mode & 0777) | 0111);
    if (result < 0) return fail(sys::os_error(-result, "changing the mode of", name));
  }
  // What goes wrong with it is told by the sync.
  if (state_->flush == Flush::soon && facts.st_size >= kFlushedAlone) static_cast<void>(file.os().start_writeback(file.fd()));
  PIPIT_CHECK(file.close());
  return ExtractedFile{static_cast<std::uint64_t>(facts.st_size), std::int64_t{facts.st_mtim.tv_sec} * 1'000'000'000 + facts.st_mtim.tv_nsec};
}

}  // namespace pipit::archive
