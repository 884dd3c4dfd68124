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
constexpr std::size_t kChecksumDigits = 32;

// One description of the form serves both directions: `io` either writes its argument or reads into it.
class Writer {
 public:
  static constexpr bool kReads = false;
  void number(std::uint64_t value) { text_.append(reinterpret_cast<const char*>(&value), sizeof value); }
  void text(std::string_view value) {
    number(value.size());
    text_ += value;
  }
  bool is_good() const { return true; }
  // The first `begin` bytes are for others to fill.
  explicit Writer(std::size_t begin = 0, std::size_t size = 0) {
    text_.reserve(size);
    text_.resize(begin);
  }
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
  void view(std::string_view& value) {
    std::uint64_t size = 0;
    number(size);
    good_ = good_ && size <= rest_.size();
    if (!good_) return;
    value = rest_.substr(0, size);
    rest_.remove_prefix(size);
  }
  void text(std::string& value) {
    std::string_view seen;
    view(seen);
    value.assign(seen);
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

// A file is a line and what the line is about: words that name it, a checksum, the bytes.
std::string head_of(std::string_view names, std::string_view checksum) { return fmt::format("{} {}\n", names, checksum); }

std::size_t head_size(std::string_view names) { return names.size() + 1 + kChecksumDigits + 1; }

struct Content {
  std::string text;
  std::size_t begin = 0;
  std::string checksum;
  std::string_view bytes() const { return std::string_view(text).substr(begin); }
};

std::optional<Content> read_content(const std::filesystem::path& path, const std::string& names) {
  auto text = sys::read_file(path, kFileMax);
  const std::size_t begin = head_size(names);
  if (!text || text->size() < begin) return std::nullopt;
  std::string checksum = checksum_text(std::string_view(*text).substr(begin));
  if (!text->starts_with(head_of(names, checksum))) return std::nullopt;
  return Content{std::move(*text), begin, std::move(checksum)};
}

std::string answer_names(const std::string& question) { return "pipit-resolution 1 " + question; }
std::string printed_names(const AnswerId& id) { return fmt::format("pipit-printed 1 {} {}", id.question, id.answer); }
std::string printed_file(const AnswerId& id) { return id.question + ".metadata"; }

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

std::optional<std::string_view> PrintedMetadata::find(const std::string& name) const {
  const auto found = texts_.find(name);
  return found == texts_.end() ? std::nullopt : std::optional(found->second);
}

std::string_view PrintedMetadata::add(const std::string& name, std::string text) { return texts_[pool_.keep(name)] = pool_.take(std::move(text)); }

std::string PrintedMetadata::to_bytes(std::size_t begin) const {
  std::size_t size = begin;
  for (const auto& [name, text] : texts_) size += 2 * sizeof(std::uint64_t) + name.size() + text.size();
  Writer writer(begin, size);
  for (const auto& [name, text] : texts_) writer.text(name), writer.text(text);
  return writer.take();
}

std::optional<PrintedMetadata> PrintedMetadata::from_bytes(std::string bytes, std::size_t begin) {
  PrintedMetadata printed;
  Reader reader(printed.pool_.take(std::move(bytes)).substr(begin));
  while (!reader.is_at_end()) {
    std::string_view name, text;
    reader.view(name), reader.view(text);
    if (!reader.is_good()) return std::nullopt;
    printed.texts_.emplace(name, text);
  }
  return printed;
}

void QuestionText::add(std::string_view part) {
  fmt::format_to(std::back_inserter(text_), "{}:", part.size());
  text_ += part;
}

void QuestionText::add(std::uint64_t number) { fmt::format_to(std::back_inserter(text_), "#{};", number); }

std::string QuestionText::digest() const { return verify::sha256_hex(as_bytes_view(text_)); }

std::optional<ResolutionMemory::Known> ResolutionMemory::recall(const std::string& digest) const {
  if (!directory_) return std::nullopt;
  auto content = read_content(*directory_ / digest, answer_names(digest));
  if (!content) return std::nullopt;
  auto answer = parse_remembered(content->bytes());
  if (!answer) return std::nullopt;
  return Known{std::move(*answer), {digest, std::move(content->checksum)}};
}

std::optional<AnswerId> ResolutionMemory::remember(const std::string& digest, const Remembered& remembered) const {
  const auto bytes = directory_ ? print_remembered(remembered) : std::nullopt;
  if (!bytes) return std::nullopt;
  AnswerId id{digest, checksum_text(*bytes)};
  if (!write(digest, head_of(answer_names(digest), id.answer) + *bytes)) return std::nullopt;
  return id;
}

PrintedMetadata ResolutionMemory::recall_printed(const AnswerId& id) const {
  auto content = directory_ ? read_content(*directory_ / printed_file(id), printed_names(id)) : std::nullopt;
  auto printed = content ? PrintedMetadata::from_bytes(std::move(content->text), content->begin) : std::nullopt;
  return printed ? std::move(*printed) : PrintedMetadata();
}

void ResolutionMemory::remember_printed(const AnswerId& id, const PrintedMetadata& printed) const {
  if (!directory_) return;
  const std::string names = printed_names(id);
  const std::size_t begin = head_size(names);
  std::string file = printed.to_bytes(begin);
  file.replace(0, begin, head_of(names, checksum_text(std::string_view(file).substr(begin))));
  static_cast<void>(write(printed_file(id), file));
}

bool ResolutionMemory::write(const std::string& name, std::string_view file) const {
  if (file.size() >= kFileMax || !sys::make_directories(*directory_, 0700)) return false;
  make_room();
  return sys::replace_file(os_, *directory_ / name, file, 0600).has_value();
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
