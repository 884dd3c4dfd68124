#include "pipit/wheel/manifest.h"

#include <charconv>
#include <cstring>

#include "pipit/base/text.h"
#include "wheel/byte_codec.h"

namespace pipit::wheel {
namespace {

// manifest = magic checksum:8 body; the version stands in the magic. A reader of another version makes the entry anew.
constexpr std::string_view kMagic = "pipit manifest 2\n";
constexpr std::size_t kChecksumSize = 8;

// Finds damage, not forgery (who may write here may write the files as well). Eight bytes at a time, ~5 GB/s.
std::uint64_t checksum(std::string_view bytes) {
  std::uint64_t state = 0x9e3779b97f4a7c15u ^ bytes.size();
  const auto mix = [&](std::uint64_t word) {
    state = (state ^ word) * 0xff51afd7ed558ccdu;
    state ^= state >> 29;
  };
  while (!bytes.empty()) {
    std::uint64_t word = 0;
    const std::size_t size = bytes.size() < 8 ? bytes.size() : 8;
    std::memcpy(&word, bytes.data(), size);
    mix(word);
    bytes.remove_prefix(size);
  }
  return state;
}

std::string checksum_bytes(std::string_view body) {
  const std::uint64_t sum = checksum(body);
  std::string bytes(kChecksumSize, '\0');
  std::memcpy(bytes.data(), &sum, kChecksumSize);
  return bytes;
}

void write_file(ByteWriter& out, const ManifestFile& file) {
  out.text(file.path);
  out.text(std::to_string(file.size));
  out.number(file.executable ? 1 : 0);
  out.text(file.record_hash);
  out.number(static_cast<std::uint64_t>(file.mtime_ns));
}
// The size is written as text because RECORD wants it so.
bool read_size(std::string_view text, std::uint64_t& size) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), size);
  return error == std::errc() && end == text.data() + text.size();
}
ManifestFile read_file(ByteReader& in, std::vector<std::string_view>& sizes) {
  ManifestFile file;
  file.path = in.text();
  sizes.push_back(in.text());
  if (!read_size(sizes.back(), file.size)) in.give_up();
  file.executable = in.number() != 0;
  file.record_hash = in.text();
  file.mtime_ns = static_cast<std::int64_t>(in.number());
  return file;
}

// Rows nearly always stand in the order of the files and say the same: then one byte says so.
void write_rows(ByteWriter& out, const Manifest& m) {
  std::size_t i = 0;
  out.list(m.record, [&](const packaging::RecordRowView& row) {
    const ManifestFile* file = i < m.files.size() ? &m.files[i] : nullptr;
    const bool same = file != nullptr && row.path == file->path && row.hash == file->record_hash && row.size == std::to_string(file->size);
    out.number(same ? 1 : 0);
    if (same) ++i;
    else out.text(row.path), out.text(row.hash), out.text(row.size);
  });
}
void read_rows(ByteReader& in, Manifest& m, const std::vector<std::string_view>& sizes) {
  std::size_t i = 0;
  in.list(m.record, [&]() -> packaging::RecordRowView {
    const bool same = in.number() == 1;
    if (same && i < m.files.size()) {
      const ManifestFile& file = m.files[i];
      return {file.path, file.record_hash, sizes[i++]};
    }
    packaging::RecordRowView row;
    row.path = in.text();
    row.hash = in.text();
    row.size = in.text();
    return row;
  });
}

void write_body(ByteWriter& out, const Manifest& m) {
  for (const std::string* text : {&m.filename, &m.archive_sha256, &m.name, &m.version, &m.dist_info, &m.requires_python}) out.text(*text);
  out.number(m.root_is_purelib ? 1 : 0);
  out.texts(m.directories);
  out.list(m.files, [&](const ManifestFile& file) { write_file(out, file); });
  write_rows(out, m);
  out.list(m.scripts, [&](const packaging::EntryPoint& e) {
    for (const std::string* text : {&e.group, &e.name, &e.value, &e.module, &e.attribute}) out.text(*text);
  });
  out.list(m.tags, [&](const packaging::Tag& t) {
    for (const std::string* text : {&t.interpreter, &t.abi, &t.platform}) out.text(*text);
  });
  out.texts(m.requires_dist);
  out.texts(m.provides_extra);
  out.list(m.python_scripts, [&](const PythonScript& s) { out.text(s.path), out.text(s.content); });
  out.texts(m.allowances);
}

void read_body(ByteReader& in, Manifest& m) {
  for (std::string* text : {&m.filename, &m.archive_sha256, &m.name, &m.version, &m.dist_info, &m.requires_python}) *text = in.text();
  m.root_is_purelib = in.number() != 0;
  in.texts(m.directories);
  std::vector<std::string_view> sizes;
  in.list(m.files, [&] { return read_file(in, sizes); });
  read_rows(in, m, sizes);
  in.list(m.scripts, [&] {
    packaging::EntryPoint e;
    for (std::string* text : {&e.group, &e.name, &e.value, &e.module, &e.attribute}) *text = in.text();
    return e;
  });
  in.list(m.tags, [&] {
    packaging::Tag t;
    for (std::string* text : {&t.interpreter, &t.abi, &t.platform}) *text = in.text();
    return t;
  });
  in.texts(m.requires_dist);
  in.texts(m.provides_extra);
  in.list(m.python_scripts, [&] {
    PythonScript s;
    s.path = in.text();
    s.content = in.text();
    return s;
  });
  in.texts(m.allowances);
}

// Paths lead to files that are linked into environments, so even a checksummed manifest must not name "../x".
bool paths_are_safe(const Manifest& m) {
  for (const ManifestFile& file : m.files)
    if (!is_plain_path(file.path)) return false;
  for (const std::string_view directory : m.directories)
    if (!is_plain_path(directory)) return false;
  for (const PythonScript& script : m.python_scripts)
    if (!is_plain_path(script.path)) return false;
  return is_plain_path(m.dist_info) && m.dist_info.find('/') == std::string::npos;
}

tl::unexpected<Error> bad(std::string text) { return fail(make_error(kBadManifest, std::move(text))); }

}  // namespace

std::string Manifest::to_bytes() const {
  ByteWriter out;
  write_body(out, *this);
  const std::string body = out.take();
  return std::string(kMagic) + checksum_bytes(body) + body;
}

Result<Manifest> Manifest::from_bytes(std::string given) {
  const auto texts = std::make_shared<TextPool>();
  const std::string_view bytes = texts->take(std::move(given));
  if (bytes.substr(0, kMagic.size()) != kMagic || bytes.size() < kMagic.size() + kChecksumSize)
    return bad("the manifest of a stored wheel is of another version or no manifest");
  const std::string_view body = bytes.substr(kMagic.size() + kChecksumSize);
  if (bytes.substr(kMagic.size(), kChecksumSize) != checksum_bytes(body)) return bad("the manifest of a stored wheel is damaged");
  Manifest manifest;
  manifest.texts = texts;
  ByteReader in(body);
  read_body(in, manifest);
  if (!in.at_end()) return bad("the manifest of a stored wheel does not hold what it claims");
  if (!paths_are_safe(manifest)) return bad("the manifest of a stored wheel names a path outside its tree");
  return manifest;
}

}  // namespace pipit::wheel
