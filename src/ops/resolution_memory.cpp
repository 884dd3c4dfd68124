#include "ops/resolution_memory.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <type_traits>

#include "pipit/base/checksum.h"
#include "pipit/sys/file.h"
#include "pipit/verify/digest.h"

namespace pipit::ops {
namespace {

constexpr std::uint64_t kFileMax = 32u << 20;
constexpr std::string_view kFirstWords = "pipit-resolution 1 ";

// One description of the form serves both directions: `io` either writes its argument or reads into it.
class Writer {
 public:
  static constexpr bool kReads = false;
  void number(std::uint64_t value) { text_.append(reinterpret_cast<const char*>(&value), sizeof value); }
  void text(const std::string& value) {
    number(value.size());
    text_ += value;
  }
  bool is_good() const { return true; }
  std::string take() { return std::move(text_); }

 private:
  std::string text_;
};

class Reader {
 public:
  static constexpr bool kReads = true;
  explicit Reader(std::string_view bytes) : rest_(bytes) {}
  void number(std::uint64_t& value) {
    good_ = good_ && rest_.size() >= sizeof value;
    if (!good_) return;
    std::memcpy(&value, rest_.data(), sizeof value);
    rest_.remove_prefix(sizeof value);
  }
  void text(std::string& value) {
    std::uint64_t size = 0;
    number(size);
    good_ = good_ && size <= rest_.size();
    if (!good_) return;
    value.assign(rest_.substr(0, size));
    rest_.remove_prefix(size);
  }
  bool is_good() const { return good_; }
  void refuse() { good_ = false; }
  bool is_at_end() const { return good_ && rest_.empty(); }

 private:
  std::string_view rest_;
  bool good_ = true;
};

template <class Io, class Item>
void form(Io& io, Item& item);

template <class Io>
void form(Io& io, const std::string& text) {
  io.text(text);
}
template <class Io>
void form(Io& io, std::string& text) {
  io.text(text);
}

template <class Io, class Number>
void form_number(Io& io, Number& number) {
  std::uint64_t wide = 0;
  if constexpr (!Io::kReads) wide = static_cast<std::uint64_t>(number);
  io.number(wide);
  if constexpr (Io::kReads) number = static_cast<Number>(wide);
}

// Each item takes at least eight bytes, so a count that lies ends at the end of the bytes.
template <class Io, class List>
void form_list(Io& io, List& list) {
  std::uint64_t count = list.size();
  io.number(count);
  if constexpr (Io::kReads) {
    for (std::uint64_t i = 0; i < count && io.is_good(); ++i) form(io, list.emplace_back());
  } else {
    for (const auto& item : list) form(io, item);
  }
}

template <class Io, class Optional>
void form_optional(Io& io, Optional& optional) {
  std::uint64_t is_there = optional.has_value();
  io.number(is_there);
  if (is_there == 0) return;
  if constexpr (Io::kReads) {
    if (io.is_good()) form(io, optional.emplace());
  } else {
    form(io, *optional);
  }
}

template <class Io>
void form_version(Io& io, packaging::Version& version) {
  std::string text;
  form(io, text);
  const auto read = packaging::Version::try_parse(text);
  if (read) version = *read;
  else io.refuse();
}
template <class Io>
void form_version(Io& io, const packaging::Version& version) {
  form(io, version.str());
}

template <class Io, class Item>
void form(Io& io, Item& item) {
  using T = std::remove_const_t<Item>;
  if constexpr (std::is_integral_v<T> || std::is_enum_v<T>) {
    form_number(io, item);
  } else if constexpr (std::is_same_v<T, packaging::Hash>) {
    form(io, item.algorithm), form(io, item.hex);
  } else if constexpr (std::is_same_v<T, index::PageKey>) {
    form(io, item.url), form(io, item.final_url), form(io, item.payload_id);
  } else if constexpr (std::is_same_v<T, index::IndexClient::Basis>) {
    form(io, item.question.name), form_optional(io, item.question.pinned), form_list(io, item.pages);
  } else if constexpr (std::is_same_v<T, model::DistFile>) {
    form(io, item.filename), form(io, item.url), form_list(io, item.hashes), form_optional(io, item.size_bytes), form_optional(io, item.requires_python);
    form_optional(io, item.yanked), form(io, item.core_metadata), form_list(io, item.core_metadata_hashes), form_optional(io, item.upload_time), form(io, item.source);
  } else if constexpr (std::is_same_v<T, model::Candidate>) {
    form(io, item.name), form_version(io, item.version), form(io, item.version_text), form(io, item.kind), form(io, item.file), form(io, item.tag_rank);
    form(io, item.build.number), form(io, item.build.text);
  } else if constexpr (std::is_same_v<T, model::Edge>) {
    form(io, item.parent), form(io, item.requirement), form(io, item.extra), form(io, item.position);
    form(io, item.origin.file), form(io, item.origin.line), form(io, item.origin.constraint), form(io, item.origin.peep_file);
  } else {
    static_assert(std::is_same_v<T, model::Resolved>);
    form(io, item.candidate), form_list(io, item.extras), form_list(io, item.requested_by), form(io, item.user_requested), form_list(io, item.allowed_hashes);
  }
}

template <class Io, class Whole>
void form_whole(Io& io, Whole& remembered) {
  form_list(io, remembered.bases), form_list(io, remembered.rejected), form_list(io, remembered.resolution.projects);
}

bool can_be_told(const model::Candidate& candidate) {
  const bool is_archive = candidate.kind == model::CandidateKind::wheel || candidate.kind == model::CandidateKind::sdist;
  return is_archive && !candidate.direct_url && !candidate.editable && candidate.subdirectory.empty();
}

std::string checksum_text(std::string_view bytes) {
  const Checksum sum = checksum_of(bytes);
  return fmt::format("{:016x}{:016x}", sum.high, sum.low);
}

std::string head_of(const std::string& digest, std::string_view bytes) { return std::string(kFirstWords) + digest + " " + checksum_text(bytes) + "\n"; }

}  // namespace

std::optional<std::string> print_remembered(const Remembered& remembered) {
  const auto& projects = remembered.resolution.projects;
  if (!std::all_of(projects.begin(), projects.end(), [](const model::Resolved& resolved) { return can_be_told(resolved.candidate); })) return std::nullopt;
  Writer writer;
  form_whole(writer, remembered);
  return writer.take();
}

std::optional<Remembered> parse_remembered(std::string_view bytes) {
  Reader reader(bytes);
  Remembered remembered;
  form_whole(reader, remembered);
  const auto& projects = remembered.resolution.projects;
  const bool is_whole = reader.is_at_end() && std::all_of(projects.begin(), projects.end(), [](const model::Resolved& resolved) { return can_be_told(resolved.candidate); });
  return is_whole ? std::optional(std::move(remembered)) : std::nullopt;
}

void QuestionText::add(std::string_view part) {
  text_ += fmt::format("{}:", part.size());
  text_ += part;
}

void QuestionText::add(std::uint64_t number) { text_ += fmt::format("#{};", number); }

std::string QuestionText::digest() const { return verify::sha256_hex(as_bytes_view(text_)); }

std::optional<Remembered> ResolutionMemory::recall(const std::string& digest) const {
  if (!directory_) return std::nullopt;
  const auto text = sys::read_file(*directory_ / digest, kFileMax);
  const std::size_t head_size = kFirstWords.size() + digest.size() + 1 + 32 + 1;
  if (!text || text->size() < head_size) return std::nullopt;
  const std::string_view bytes = std::string_view(*text).substr(head_size);
  if (!text->starts_with(head_of(digest, bytes))) return std::nullopt;
  return parse_remembered(bytes);
}

void ResolutionMemory::remember(const std::string& digest, const Remembered& remembered) const {
  const auto bytes = directory_ ? print_remembered(remembered) : std::nullopt;
  if (!bytes || bytes->size() >= kFileMax || !sys::make_directories(*directory_, 0700)) return;
  make_room();
  static_cast<void>(sys::replace_file(os_, *directory_ / digest, head_of(digest, *bytes) + *bytes, 0600));
}

// The oldest half goes at once, so that it is looked through once in a hundred times.
void ResolutionMemory::make_room() const {
  auto entries = sys::list_directory(*directory_);
  if (!entries || entries->size() < kFilesMax) return;
  std::vector<std::pair<std::int64_t, std::filesystem::path>> files;
  for (const sys::DirEntry& entry : *entries)
    if (const auto stat = sys::stat_path(*directory_ / entry.name, sys::Follow::no); stat && *stat) files.emplace_back((*stat)->mtime_ns, *directory_ / entry.name);
  std::sort(files.begin(), files.end());
  for (std::size_t i = 0; i < files.size() / 2; ++i) static_cast<void>(sys::remove_tree(files[i].second));
}

}  // namespace pipit::ops
