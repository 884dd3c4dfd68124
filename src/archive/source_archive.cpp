#include "pipit/archive/source_archive.h"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <map>
#include <unordered_set>
#include <vector>

#include "archive/decompressor.h"
#include "archive/problems.h"
#include "archive/source_tree.h"
#include "archive/tar_header.h"
#include "pipit/archive/extractor.h"
#include "pipit/archive/zip_directory.h"
#include "pipit/base/text.h"
#include "pipit/sys/file_time.h"

namespace pipit::archive {
namespace {

constexpr std::uint64_t kExtensionMaxBytes = 1u << 20;
constexpr std::size_t kBlockBytes = 256u << 10;
constexpr std::string_view kMovedTop = ".pipit-unpacked-top";

mode_t mode_of(std::uint32_t mode) { return (mode & 0111) != 0 ? 0777 : 0666; }

std::string parent_of(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  return slash == std::string::npos ? std::string() : path.substr(0, slash);
}

// Where both kinds of archive write: the tree in memory says yes before the disk is touched.
class Unpacking {
 public:
  Unpacking(std::string_view filename, std::uint64_t archive_size, const sys::Dir& destination, const SourceLimits& limits)
      : filename_(filename), archive_size_(archive_size), destination_(destination), limits_(limits), tree_(filename) {}

  Status directory(std::string_view name) {
    PIPIT_CHECK(count(0));
    PIPIT_TRY(const std::string path, tree_.clean(name));
    if (path.empty()) return ok();
    PIPIT_CHECK(tree_.add(path, SourceTree::Kind::directory));
    return make_directories(path);
  }

  // The path to create; a file that occurs again replaces the first, as every tar does.
  Result<std::string> file(std::string_view name, std::uint64_t size) {
    PIPIT_CHECK(count(size));
    PIPIT_TRY(std::string path, tree_.clean(name));
    if (path.empty()) return fail(make_error(kTarBadPath, fmt::format("{}: a file has the name of the root", filename_)));
    PIPIT_TRY(const bool again, tree_.add(path, SourceTree::Kind::file));
    if (again) PIPIT_CHECK(destination_.remove_file(path));
    else PIPIT_CHECK(make_parent(path));
    return path;
  }

  Status symlink(std::string_view name, const std::string& target) {
    PIPIT_CHECK(count(0));
    PIPIT_TRY(const std::string path, tree_.clean(name));
    return tree_.add_link(path, target);
  }

  Status hard_link(std::string_view name, const std::string& target) {
    PIPIT_TRY(const std::string from, tree_.clean(target));
    if (!tree_.is_file(from))
      return fail(make_error(kTarLinkEscapes, fmt::format("{}: member {} is a hard link to {}, which is no file before it", filename_, quote_name(name), quote_name(target))));
    PIPIT_TRY(const std::string path, file(name, 0));
    return destination_.link(from, destination_, path);
  }

  // Links last: while files are written there is no link on the disk that could be followed.
  Status finish() {
    const std::string top = tree_.common_top();
    PIPIT_CHECK(tree_.check_links(top));
    for (const auto& [path, target] : tree_.links()) {
      PIPIT_CHECK(make_parent(path));
      PIPIT_CHECK(destination_.symlink(target, path));
    }
    return top.empty() ? ok() : take_off(top);
  }

 private:
  Status make_parent(const std::string& path) {
    const std::string parent = parent_of(path);
    return parent.empty() || made_.contains(parent) ? ok() : make_directories(parent);
  }

  // Each once: trees of tests are deep, and a look at every parent for every file costs more than the files.
  Status make_directories(const std::string& path) {
    for (std::size_t end = 0; end != std::string::npos;) {
      end = path.find('/', end + 1);
      const std::string directory = path.substr(0, end);
      if (!made_.insert(directory).second) continue;
      Status made = destination_.make_dir(directory);
      if (!made && made.error().os_errno == EEXIST) made = destination_.make_dirs(directory);  // it must be a directory
      PIPIT_CHECK(std::move(made));
    }
    return ok();
  }

  Status count(std::uint64_t size) {
    total_ += std::min(size, limits_.total_size_max_bytes + 1);
    if (++members_ > limits_.members_max)
      return fail(make_error(kTarBomb, fmt::format("{} has more than {} members", filename_, limits_.members_max)));
    if (total_ > limits_.total_size_max_bytes || (total_ > limits_.ratio_floor_bytes && total_ / limits_.ratio_max > archive_size_))
      return fail(make_error(kTarBomb, fmt::format("{} would unpack to more than {} bytes", filename_, total_)));
    return ok();
  }

  // The top directory goes aside first, because it may hold something of its own name.
  Status take_off(const std::string& top) {
    const std::string aside(kMovedTop);
    PIPIT_CHECK(destination_.rename(top, destination_, aside));
    PIPIT_TRY(const sys::Dir dir, destination_.open_dir(aside));
    PIPIT_TRY(const auto entries, dir.list());
    for (const sys::DirEntry& entry : entries) PIPIT_CHECK(dir.rename(entry.name, destination_, entry.name));
    return destination_.remove_dir(aside);
  }

  std::string_view filename_;
  std::uint64_t archive_size_;
  const sys::Dir& destination_;
  const SourceLimits& limits_;
  SourceTree tree_;
  std::unordered_set<std::string> made_;  // directories
  std::uint64_t total_ = 0;
  std::uint32_t members_ = 0;
};

class TarReader {
 public:
  TarReader(Decompressor stream, std::string_view filename, const SourceLimits& limits, Unpacking& unpacking, const sys::Dir& destination)
      : stream_(std::move(stream)), filename_(filename), limits_(limits), unpacking_(unpacking), destination_(destination) {}

  Status run() {
    while (true) {
      PIPIT_TRY(const bool more, next());
      if (!more) break;
    }
    if (members_ == 0) return fail(make_error(kTarNotATar, fmt::format("{} holds no files", filename_)));
    PIPIT_CHECK(check_padding());
    return stream_.check_end();
  }

 private:
  Error bad(ErrorCode code, std::string_view text) const {
    return make_error(code, fmt::format("{}: the header at unpacked byte {} {}", filename_, header_at_, text));
  }

  Status read_block(TarBlock& block) {
    PIPIT_TRY(const std::size_t got, stream_.read(block));
    if (got == block.size()) return ok();
    return fail(make_error(kTarTruncated, fmt::format("{} ends in the middle, after {} unpacked bytes", filename_, stream_.delivered())));
  }

  // One member with the extensions before it; false at the end mark.
  Result<bool> next() {
    header_at_ = stream_.delivered();
    TarBlock block;
    PIPIT_CHECK(read_block(block));
    auto header = read_tar_header(block);
    if (!header) return fail(bad(members_ == 0 && header_at_ == 0 ? kTarNotATar : kTarBadHeader, header.error()));
    const bool pending = long_path_ || long_link_ || !pax_.empty();
    if (!*header) {
      if (pending) return fail(bad(kTarTruncated, "is missing: an extended header stands at the end"));
      return false;
    }
    TarHeader& h = **header;
    if (std::string_view("xgLK").find(h.type) != std::string_view::npos) {
      PIPIT_CHECK(read_extension(h));
      return true;
    }
    PIPIT_CHECK(apply_extensions(h));
    ++members_;
    PIPIT_CHECK(unpack(h));
    return true;
  }

  Status read_extension(const TarHeader& h) {
    if (h.size > kExtensionMaxBytes) return fail(bad(kTarBadHeader, "is an extension of more than 1 MiB"));
    if (++extensions_ > limits_.members_max) return fail(bad(kTarBomb, "is one extension too many"));
    PIPIT_TRY(std::string text, read_text(h.size));
    if (h.type == 'x' || h.type == 'g') return read_pax(h.type == 'g', text);
    while (!text.empty() && text.back() == '\0') text.pop_back();
    if (text.find('\0') != std::string::npos) return fail(bad(kTarBadHeader, "is a long name with a NUL"));
    std::optional<std::string>& slot = h.type == 'L' ? long_path_ : long_link_;
    if (slot) return fail(bad(kTarHeadersDisagree, "is a second long name for one member"));
    slot = std::move(text);
    return ok();
  }

  Status read_pax(bool global, std::string_view text) {
    auto records = read_pax_records(text);
    if (!records) return fail(bad(kTarBadHeader, records.error()));
    for (const auto& [key, value] : *records) {
      const bool renames = key == "path" || key == "linkpath" || key == "size";
      if (key == "hdrcharset" || key.starts_with("GNU.sparse") || (global && renames))
        return fail(bad(kTarHeadersDisagree, fmt::format("has the pax record {}, which is not supported there", quote_name(key))));
    }
    if (global) return ok();  // a comment, a time: of no interest
    if (!pax_.empty()) return fail(bad(kTarHeadersDisagree, "is a second pax header for one member"));
    pax_ = std::move(*records);
    if (pax_.empty()) pax_.emplace("", "");  // so that it is known to stand there
    return ok();
  }

  Status apply_extensions(TarHeader& h) {
    const auto take = [&](std::string_view key, std::optional<std::string>& long_name, std::string& out) -> Status {
      const auto at = pax_.find(std::string(key));
      if (at != pax_.end() && long_name && *long_name != at->second) return fail(bad(kTarHeadersDisagree, "has two different long names"));
      if (at != pax_.end()) out = at->second;
      else if (long_name) out = *long_name;
      return ok();
    };
    PIPIT_CHECK(take("path", long_path_, h.path));
    PIPIT_CHECK(take("linkpath", long_link_, h.link));
    const auto size = pax_.find("size");
    if (size != pax_.end() && parse_decimal(size->second) != h.size)
      return fail(bad(kTarHeadersDisagree, fmt::format("gives {} bytes, its pax record {}", h.size, quote_name(size->second))));
    if (const auto time = pax_.find("mtime"); time != pax_.end()) h.modified_ns = parse_time(time->second);
    long_path_.reset();
    long_link_.reset();
    pax_.clear();
    return ok();
  }

  Status unpack(const TarHeader& h) {
    const bool is_directory = h.type == '5' || ((h.type == '0' || h.type == '7') && h.path.ends_with('/'));
    if (h.type != '0' && h.type != '7' && h.size != 0) return fail(bad(kTarBadHeader, "is no file, but claims data"));
    if (is_directory && h.size != 0) return fail(bad(kTarBadHeader, "is a directory that claims data"));
    if (is_directory) return unpacking_.directory(h.path);
    switch (h.type) {
      case '0': case '7': return unpack_file(h);
      case '1': return unpacking_.hard_link(h.path, h.link);
      case '2': return unpacking_.symlink(h.path, h.link);
      case '3': case '4': case '6': return fail(bad(kTarSpecialFile, fmt::format("makes {} a device or a FIFO", quote_name(h.path))));
      default: return fail(bad(kTarBadHeader, fmt::format("has the unsupported type {}", quote_name(std::string(1, h.type)))));
    }
  }

  Status unpack_file(const TarHeader& h) {
    PIPIT_TRY(const std::string path, unpacking_.file(h.path, h.size));
    PIPIT_TRY(sys::File file, destination_.create(path, mode_of(h.mode)));
    std::uint64_t left = h.size;
    while (left > 0) {
      const auto size = static_cast<std::size_t>(std::min<std::uint64_t>(left, buffer_.size()));
      PIPIT_CHECK(read_exactly(std::span(buffer_).first(size)));
      PIPIT_CHECK(file.write_all(Bytes(buffer_).first(size)));
      left -= size;
    }
    if (h.modified_ns) sys::set_modified(file, *h.modified_ns);
    PIPIT_CHECK(file.close());
    return skip_padding(h.size);
  }

  Status read_exactly(std::span<std::byte> out) {
    PIPIT_TRY(const std::size_t got, stream_.read(out));
    if (got == out.size()) return ok();
    return fail(make_error(kTarTruncated, fmt::format("{} ends in the middle of a file, after {} unpacked bytes", filename_, stream_.delivered())));
  }
  Status skip_padding(std::uint64_t size) {
    TarBlock padding;
    return read_exactly(std::span(padding).first(static_cast<std::size_t>((kTarBlock - size % kTarBlock) % kTarBlock)));
  }
  Result<std::string> read_text(std::uint64_t size) {
    std::string text(static_cast<std::size_t>(size), '\0');
    PIPIT_CHECK(read_exactly(std::as_writable_bytes(std::span(text.data(), text.size()))));
    PIPIT_CHECK(skip_padding(size));
    return text;
  }

  // Behind the end mark there may be zeros, and not more of them than a tape block has room for.
  Status check_padding() {
    std::uint64_t seen = 0;
    while (true) {
      PIPIT_TRY(const std::size_t got, stream_.read(buffer_));
      if (got == 0) return ok();
      seen += got;
      const bool zeros = std::all_of(buffer_.begin(), buffer_.begin() + static_cast<std::ptrdiff_t>(got), [](std::byte b) { return b == std::byte{0}; });
      if (!zeros || seen > (4u << 20)) return fail(make_error(kTarTrailingBytes, fmt::format("{} has bytes behind its end mark", filename_)));
    }
  }

  Decompressor stream_;
  std::string_view filename_;
  const SourceLimits& limits_;
  Unpacking& unpacking_;
  const sys::Dir& destination_;
  std::vector<std::byte> buffer_ = std::vector<std::byte>(kBlockBytes);
  std::optional<std::string> long_path_, long_link_;
  std::map<std::string, std::string> pax_;
  std::uint64_t header_at_ = 0;
  std::uint32_t members_ = 0, extensions_ = 0;
};

Status unpack_zip(Bytes archive, std::string_view filename, Unpacking& unpacking, const sys::Dir& destination) {
  PIPIT_TRY(const ZipDirectory directory, ZipDirectory::read(archive, filename, {}, {std::string(kZipPathNotPortable.id)}));
  Extractor extractor(archive, directory);
  for (const ZipMember& member : directory.members()) {
    if (member.directory) {
      PIPIT_CHECK(unpacking.directory(member.name));
      continue;
    }
    PIPIT_TRY(const std::string path, unpacking.file(member.name, member.size));
    PIPIT_CHECK(extractor.extract(member, destination, path, member.executable() ? 0777 : 0666, nullptr));
  }
  return ok();
}

std::optional<Compression> compression_of(std::string_view filename) {
  const std::string low = ascii_lower(filename);
  const std::pair<std::string_view, Compression> suffixes[] = {
      {".tar.gz", Compression::gzip}, {".tgz", Compression::gzip},   {".tar.bz2", Compression::bzip2}, {".tbz", Compression::bzip2},
      {".tar.xz", Compression::xz},   {".txz", Compression::xz},     {".tar", Compression::none}};
  for (const auto& [suffix, compression] : suffixes)
    if (low.ends_with(suffix)) return compression;
  return std::nullopt;
}

}  // namespace

Status unpack_source(Bytes archive, std::string_view filename, const sys::Dir& destination, const SourceLimits& limits) {
  Unpacking unpacking(filename, archive.size(), destination, limits);
  if (ascii_lower(filename).ends_with(".zip")) {
    PIPIT_CHECK(unpack_zip(archive, filename, unpacking, destination));
    return unpacking.finish();
  }
  const auto compression = compression_of(filename);
  if (!compression) return fail(make_error(kTarNotATar, fmt::format("{} has no suffix of a known kind of archive", filename)));
  PIPIT_TRY(Decompressor stream, Decompressor::open(archive, *compression, filename));
  PIPIT_CHECK(TarReader(std::move(stream), filename, limits, unpacking, destination).run());
  return unpacking.finish();
}

}  // namespace pipit::archive
