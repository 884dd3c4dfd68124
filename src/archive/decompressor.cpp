#include "archive/decompressor.h"

#include <archive_entry.h>
#include <fmt/format.h>

#include "archive/libarchive_handle.h"
#include "archive/zip_format.h"
#include "pipit/archive/source_archive.h"

namespace pipit::archive {

struct Decompressor::State {
  Bytes bytes;
  Compression compression;
  std::string filename;
  ReaderHandle reader;
  std::uint64_t delivered = 0;
};

Decompressor::Decompressor(std::unique_ptr<State> state) : state_(std::move(state)) {}
Decompressor::Decompressor(Decompressor&&) noexcept = default;
Decompressor::~Decompressor() = default;
std::uint64_t Decompressor::delivered() const { return state_->delivered; }

namespace {

int support(struct archive* reader, Compression compression) {
  switch (compression) {
    case Compression::gzip: return archive_read_support_filter_gzip(reader);
    case Compression::bzip2: return archive_read_support_filter_bzip2(reader);
    case Compression::xz: return archive_read_support_filter_xz(reader);
    case Compression::none: return archive_read_support_filter_none(reader);
  }
  return ARCHIVE_FATAL;
}

bool has_magic(Bytes bytes, Compression compression) {
  const std::string_view text = as_text(bytes);
  switch (compression) {
    case Compression::gzip: return text.starts_with("\x1f\x8b\x08");
    case Compression::bzip2: return text.starts_with("BZh");
    case Compression::xz: return text.starts_with(std::string_view("\xfd" "7zXZ\0", 6));
    case Compression::none: return true;
  }
  return false;
}

}  // namespace

Result<Decompressor> Decompressor::open(Bytes bytes, Compression compression, std::string_view filename) {
  auto state = std::make_unique<State>(State{bytes, compression, std::string(filename), ReaderHandle(archive_read_new())});
  archive_entry* entry = nullptr;
  struct archive* reader = state->reader.get();
  // Only the filter that the name promises is offered: a file that is something else is refused, not guessed at.
  if (!has_magic(bytes, compression) || reader == nullptr || support(reader, compression) != ARCHIVE_OK ||
      archive_read_support_format_raw(reader) != ARCHIVE_OK || archive_read_open_memory(reader, bytes.data(), bytes.size()) != ARCHIVE_OK ||
      archive_read_next_header(reader, &entry) != ARCHIVE_OK)
    return fail(make_error(kTarNotATar, fmt::format("{} is not an archive of the kind that its name says", filename)));
  return Decompressor(std::move(state));
}

Result<std::size_t> Decompressor::read(std::span<std::byte> out) {
  std::size_t filled = 0;
  while (filled < out.size()) {
    const la_ssize_t got = archive_read_data(state_->reader.get(), out.data() + filled, out.size() - filled);
    if (got == 0) break;
    if (got < 0)
      return fail(make_error(kTarTruncated, fmt::format("{} is cut short or damaged after {} unpacked bytes", state_->filename, state_->delivered + filled)));
    filled += static_cast<std::size_t>(got);
  }
  state_->delivered += filled;
  return filled;
}

Status Decompressor::check_end() const {
  const auto trailing = [&] {
    return fail(make_error(kTarTrailingBytes, fmt::format("{} has further bytes or a second stream behind its compressed data", state_->filename)));
  };
  if (archive_filter_bytes(state_->reader.get(), -1) < static_cast<la_int64_t>(state_->bytes.size())) return trailing();
  // RFC 1952: the last four bytes of a gzip member are its size modulo 2^32; with several members the sum differs.
  if (state_->compression == Compression::gzip &&
      (state_->bytes.size() < 18 || u32_at(state_->bytes, state_->bytes.size() - 4) != (state_->delivered & kFull32)))
    return trailing();
  return ok();
}

}  // namespace pipit::archive
