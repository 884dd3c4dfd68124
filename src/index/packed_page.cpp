#include "pipit/index/packed_page.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <optional>
#include <unordered_map>
#include <unordered_set>

#include "index/file_shape.h"
#include "pipit/base/checksum.h"
#include "pipit/base/text.h"

namespace pipit::index {
namespace {

constexpr std::uint8_t kYanked = 1, kSidecar = 2, kHasSize = 4;
constexpr std::array<char, 8> kMagic{'P', 'I', 'P', 'I', 'T', 'P', 'G', '\0'};
constexpr std::uint32_t kFormat = 2;

struct Header {
  std::array<char, 8> magic = kMagic;
  std::uint32_t format = kFormat;
  std::uint32_t byte_order = 0x01020304;
  std::uint64_t checksum = 0;
  std::uint64_t total_size = 0;
  std::uint32_t release_count = 0, file_count = 0, text_count = 0, status = 0;
  PackedText url, final_url, payload_id, status_reason;
};
static_assert(sizeof(Header) == 80 && sizeof(PackedRelease) == 24 && sizeof(PackedFile) == 80 && sizeof(PackedText) == 8);

std::string_view after_checksum(std::string_view bytes) { return bytes.substr(offsetof(Header, total_size)); }

class Pool {
 public:
  PackedText add(std::string_view text) {
    const PackedText place{static_cast<std::uint32_t>(bytes_.size()), static_cast<std::uint32_t>(text.size())};
    bytes_ += text;
    return place;
  }
  const std::string& bytes() const { return bytes_; }

 private:
  std::string bytes_;
};

constexpr std::array<std::uint8_t, 256> kHexValues = [] {
  std::array<std::uint8_t, 256> values{};
  values.fill(0xFF);
  for (std::uint8_t i = 0; i < 10; ++i) values[static_cast<unsigned char>('0' + i)] = i;
  for (std::uint8_t i = 0; i < 6; ++i) values[static_cast<unsigned char>('a' + i)] = static_cast<std::uint8_t>(10 + i);
  return values;
}();

// Appends the bytes that lower-case hex digits, an even number of them, stand for; nothing if they are something else. Half of
// what a page holds are digests.
bool append_from_hex(std::string& out, std::string_view hex) {
  const std::size_t before = out.size();
  out.resize(before + hex.size() / 2);
  std::uint8_t all = 0;
  for (std::size_t i = 0; i + 1 < hex.size(); i += 2) {
    const std::uint8_t high = kHexValues[static_cast<unsigned char>(hex[i])], low = kHexValues[static_cast<unsigned char>(hex[i + 1])];
    all |= static_cast<std::uint8_t>(high | low);
    out[before + i / 2] = static_cast<char>(static_cast<std::uint8_t>(high << 4 | low));
  }
  if (all > 0xF) out.resize(before);
  return all <= 0xF;
}

// Digests as text: one letter for the algorithm and 32 bytes where they are sha256, "name:value\n" otherwise.
std::string pack_hashes(const packaging::Hashes& hashes) {
  std::string out;
  out.reserve(33 * hashes.size());
  for (const packaging::Hash& hash : hashes) {
    if (hash.algorithm == "sha256" && hash.hex.size() == 64) {
      out += '=';
      if (append_from_hex(out, hash.hex)) continue;
      out.pop_back();
    }
    if (hash.hex.find('\n') == std::string::npos) out += hash.algorithm + ":" + hash.hex + "\n";
  }
  return out;
}

// Texts that are views of `bytes`, which grows: known by the place they have there.
struct PlaceHash {
  using is_transparent = void;
  const std::string* bytes;
  std::size_t operator()(std::string_view text) const { return std::hash<std::string_view>()(text); }
  std::size_t operator()(PackedText place) const { return (*this)(std::string_view(*bytes).substr(place.offset, place.size)); }
};
struct PlaceEqual {
  using is_transparent = void;
  const std::string* bytes;
  std::string_view view(PackedText place) const { return std::string_view(*bytes).substr(place.offset, place.size); }
  static std::string_view view(std::string_view text) { return text; }
  bool operator()(const auto& a, const auto& b) const { return view(a) == view(b); }
};
using PlaceSet = std::unordered_set<PackedText, PlaceHash, PlaceEqual>;

struct Placed {
  PackedFile row;
  std::optional<packaging::Version> version;
};

// Newest first; names that tell no version last; page order otherwise.
bool comes_before(const Placed& a, const Placed& b) {
  if (a.version.has_value() != b.version.has_value()) return a.version.has_value();
  return a.version && *a.version > *b.version;
}

std::vector<std::pair<std::size_t, std::size_t>> release_ranges(const std::vector<Placed>& placed) {
  std::vector<std::pair<std::size_t, std::size_t>> ranges;
  for (std::size_t i = 0; i < placed.size(); ++i)
    if (i > 0 && placed[i].version == placed[i - 1].version) ++ranges.back().second;
    else ranges.push_back({i, 1});
  return ranges;
}

}  // namespace

struct PagePacker::State {
  explicit State(const std::string& name) : normalized_name(name) {}
  PackedText version(const std::string& text) {
    if (text != last_version) last_version = text, last_version_place = words.add(text);
    return last_version_place;
  }
  std::uint32_t intern(std::string_view text) {
    const auto [at, is_new] = numbers.try_emplace(std::string(text), static_cast<std::uint32_t>(texts.size()));
    if (is_new) texts.push_back(words.add(text));
    return at->second;
  }

  const std::string normalized_name;
  // What choosing looks at lies together; addresses, digests and times, nine tenths of a page, are read of the chosen files
  // only. Offsets are counted from each pool's own start while packing and moved once the number of texts is known.
  Pool words, details;
  std::vector<Placed> placed;
  std::vector<PackedText> texts;
  std::unordered_map<std::string, std::uint32_t> numbers;  // of texts
  PlaceSet urls{0, PlaceHash{&details.bytes()}, PlaceEqual{&details.bytes()}};
  std::string last_version;
  PackedText last_version_place;
};

PagePacker::PagePacker(const std::string& normalized_name) : state_(std::make_unique<State>(normalized_name)) {}
PagePacker::~PagePacker() = default;

void PagePacker::take(const model::DistFile& file) {
  State& s = *state_;
  if (s.urls.find(std::string_view(file.url)) != s.urls.end()) return;  // a link that is listed twice counts where it came first
  NamedFile named = read_file_name(file.filename, s.normalized_name);
  PackedFile row;
  row.url = s.details.add(file.url);
  s.urls.insert(row.url);
  // Nearly always the name is the tail of the URL, letter for letter.
  if (file.url.ends_with(file.filename)) {
    const auto size = static_cast<std::uint32_t>(file.filename.size());
    row.filename = {row.url.offset + row.url.size - size, size};
  } else {
    row.filename = s.details.add(file.filename);
  }
  row.version = s.version(named.version_text);
  row.tags = named.tags.empty() ? kNoText : s.intern(named.tags);
  row.requires_python = file.requires_python ? s.intern(*file.requires_python) : kNoText;
  row.hashes = s.details.add(pack_hashes(file.hashes));
  row.sidecar_hashes = s.details.add(pack_hashes(file.core_metadata_hashes));
  if (file.upload_time) row.upload_time = s.details.add(*file.upload_time);
  if (file.yanked) row.yanked = s.details.add(*file.yanked);
  row.size_bytes = file.size_bytes.value_or(0);
  row.flags = static_cast<std::uint8_t>((file.yanked ? kYanked : 0) | (file.core_metadata ? kSidecar : 0) | (file.size_bytes ? kHasSize : 0));
  row.shape = named.shape;
  row.order = static_cast<std::uint32_t>(s.placed.size());
  s.placed.push_back({row, std::move(named.version)});
}

std::string PagePacker::finish(const ProjectPage& page, const PageKey& key) {
  State& s = *state_;
  for (const model::DistFile& file : page.files) take(file);
  if (page.status == ProjectStatus::quarantined) s.placed.clear();
  std::stable_sort(s.placed.begin(), s.placed.end(), comes_before);
  const auto ranges = release_ranges(s.placed);

  Header header;
  header.release_count = static_cast<std::uint32_t>(ranges.size());
  header.file_count = static_cast<std::uint32_t>(s.placed.size());
  header.text_count = static_cast<std::uint32_t>(s.texts.size());
  header.status = static_cast<std::uint32_t>(page.status);
  header.url = s.words.add(key.url);
  header.final_url = s.words.add(key.final_url);
  header.payload_id = s.words.add(key.payload_id);
  header.status_reason = s.words.add(page.status_reason);

  const std::size_t pool_start = sizeof(Header) + ranges.size() * sizeof(PackedRelease) + s.placed.size() * sizeof(PackedFile) +
                                 s.texts.size() * sizeof(PackedText);
  const std::size_t details_start = pool_start + s.words.bytes().size();
  header.total_size = details_start + s.details.bytes().size();
  std::string out;
  out.reserve(header.total_size);
  const auto append = [&](const auto& row) { out.append(reinterpret_cast<const char*>(&row), sizeof row); };
  const auto move = [](PackedText& place, std::size_t start) { place.offset += static_cast<std::uint32_t>(start); };
  for (PackedText* place : {&header.url, &header.final_url, &header.payload_id, &header.status_reason}) move(*place, pool_start);
  append(header);
  for (Placed& one : s.placed) {
    move(one.row.version, pool_start);
    for (PackedText* place : {&one.row.filename, &one.row.url, &one.row.yanked, &one.row.upload_time, &one.row.hashes, &one.row.sidecar_hashes}) move(*place, details_start);
  }
  for (const auto& [first, count] : ranges)
    append(PackedRelease{s.placed[first].row.version, static_cast<std::uint32_t>(first), static_cast<std::uint32_t>(count), s.placed[first].version ? 1u : 0u, 0});
  for (const Placed& one : s.placed) append(one.row);
  for (PackedText place : s.texts) {
    move(place, pool_start);
    append(place);
  }
  out += s.words.bytes();
  out += s.details.bytes();
  state_.reset();  // as large as what was made of it
  header.checksum = checksum_of(after_checksum(out)).low;
  std::memcpy(out.data() + offsetof(Header, checksum), &header.checksum, sizeof header.checksum);
  return out;
}

std::string PackedPage::pack(const ProjectPage& page, const std::string& normalized_name, const PageKey& key) { return PagePacker(normalized_name).finish(page, key); }

Status PackedPage::adopt(std::string_view bytes) {
  const auto bad = [](const char* why) { return fail(make_error(kBadPackedPage, std::string("a kept index page cannot be used: ") + why)); };
  Header header;
  if (bytes.size() < sizeof header) return bad("it is cut off");
  std::memcpy(&header, bytes.data(), sizeof header);
  if (header.magic != kMagic || header.format != kFormat || header.byte_order != Header().byte_order) return bad("it has another format");
  if (header.total_size != bytes.size() || header.checksum != checksum_of(after_checksum(bytes)).low) return bad("it is damaged");
  const std::uint64_t tables = std::uint64_t{header.release_count} * sizeof(PackedRelease) +
                               std::uint64_t{header.file_count} * sizeof(PackedFile) + std::uint64_t{header.text_count} * sizeof(PackedText);
  if (tables > bytes.size() - sizeof header || header.status > static_cast<std::uint32_t>(ProjectStatus::deprecated)) return bad("its tables do not fit");
  const char* at = bytes.data() + sizeof header;
  releases_ = {reinterpret_cast<const PackedRelease*>(at), header.release_count};
  at += releases_.size_bytes();
  files_ = {reinterpret_cast<const PackedFile*>(at), header.file_count};
  at += files_.size_bytes();
  texts_ = {reinterpret_cast<const PackedText*>(at), header.text_count};
  for (const PackedRelease& release : releases_)
    if (release.first_file > files_.size() || release.file_count > files_.size() - release.first_file) return bad("a release names files it lacks");
  bytes_ = bytes;
  url_ = header.url, final_url_ = header.final_url, payload_id_ = header.payload_id, status_reason_ = header.status_reason;
  status_ = static_cast<ProjectStatus>(header.status);
  return ok();
}

Result<std::shared_ptr<const PackedPage>> PackedPage::from_bytes(std::string bytes) {
  std::shared_ptr<PackedPage> page(new PackedPage);
  page->owned_ = std::move(bytes);
  PIPIT_CHECK(page->adopt(page->owned_));
  return std::shared_ptr<const PackedPage>(std::move(page));
}

Result<std::shared_ptr<const PackedPage>> PackedPage::map(const std::filesystem::path& path) {
  std::shared_ptr<PackedPage> page(new PackedPage);
  PIPIT_TRY(page->mapped_, sys::MappedFile::open(path));
  PIPIT_CHECK(page->adopt(page->mapped_.text()));
  page->mapped_.let_go();  // the checksum saw all of it, hardly any of it is needed
  return std::shared_ptr<const PackedPage>(std::move(page));
}

std::string_view PackedPage::text(PackedText place) const {
  if (place.offset > bytes_.size() || place.size > bytes_.size() - place.offset) return {};
  return bytes_.substr(place.offset, place.size);
}

std::string_view PackedPage::interned(std::uint32_t number) const { return number < texts_.size() ? text(texts_[number]) : std::string_view(); }
std::string_view PackedPage::source() const { return text(final_url_); }
std::string_view PackedPage::status_reason() const { return text(status_reason_); }
ProjectStatus PackedPage::status() const { return status_; }
PageKey PackedPage::key() const { return {std::string(text(url_)), std::string(text(final_url_)), std::string(text(payload_id_))}; }
bool PackedPage::yanked(const PackedFile& file) const { return (file.flags & kYanked) != 0; }

packaging::Hashes PackedPage::hashes(PackedText place) const {
  constexpr std::size_t kSha256 = 32;
  packaging::Hashes out;
  for (std::string_view rest = text(place); !rest.empty();) {
    if (rest.front() == '=' && rest.size() > kSha256) {
      const auto* raw = reinterpret_cast<const std::uint8_t*>(rest.data() + 1);
      out.push_back({"sha256", to_hex({raw, kSha256})});
      rest.remove_prefix(kSha256 + 1);
      continue;
    }
    const std::size_t colon = rest.find(':'), end = rest.find('\n');
    if (colon == rest.npos || end == rest.npos || colon > end) break;
    out.push_back({std::string(rest.substr(0, colon)), std::string(rest.substr(colon + 1, end - colon - 1))});
    rest.remove_prefix(end + 1);
  }
  return out;
}

model::DistFile PackedPage::dist_file(const PackedFile& row) const {
  model::DistFile file;
  file.filename = text(row.filename);
  file.url = text(row.url);
  file.hashes = hashes(row.hashes);
  if (row.flags & kHasSize) file.size_bytes = row.size_bytes;
  if (row.requires_python != kNoText) file.requires_python = std::string(interned(row.requires_python));
  if (row.flags & kYanked) file.yanked = std::string(text(row.yanked));
  file.core_metadata = (row.flags & kSidecar) != 0;
  file.core_metadata_hashes = hashes(row.sidecar_hashes);
  if (row.upload_time.size > 0) file.upload_time = std::string(text(row.upload_time));
  file.source = source();
  return file;
}

}  // namespace pipit::index
