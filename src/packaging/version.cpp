#include "pipit/packaging/version.h"

#include <algorithm>
#include <array>
#include <functional>

#include "packaging/python_text.h"
#include "packaging/version_parts.h"
#include "pipit/base/text.h"

namespace pipit::packaging {
namespace {

using namespace version_key;

std::strong_ordering compare_numbers(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return a.size() <=> b.size();
  return a.compare(b) <=> 0;
}

// Cuts the next '.'-separated segment off the front.
std::string_view take_segment(std::string_view& rest) {
  const std::size_t dot = rest.find('.');
  const std::string_view segment = rest.substr(0, dot);
  rest.remove_prefix(dot == std::string_view::npos ? rest.size() : dot + 1);
  return segment;
}

std::strong_ordering compare_releases(std::string_view a, std::string_view b) {
  while (!a.empty() || !b.empty()) {
    const std::string_view left = a.empty() ? "0" : take_segment(a), right = b.empty() ? "0" : take_segment(b);
    if (const auto order = compare_numbers(left, right); order != 0) return order;
  }
  return std::strong_ordering::equal;
}

bool is_number(std::string_view segment) {
  return segment.front() >= '0' && segment.front() <= '9' &&
         std::all_of(segment.begin(), segment.end(), [](char c) { return c >= '0' && c <= '9'; });
}

// Words sort before numbers; a longer local part wins on a tie; no local part sorts before any.
std::strong_ordering compare_locals(std::string_view a, std::string_view b) {
  while (!a.empty() && !b.empty()) {
    const std::string_view left = take_segment(a), right = take_segment(b);
    const bool left_number = is_number(left), right_number = is_number(right);
    if (left_number != right_number) return left_number <=> right_number;
    const auto order = left_number ? compare_numbers(left, right) : left.compare(right) <=> 0;
    if (order != 0) return order;
  }
  return !a.empty() <=> !b.empty();
}

// Absent sorts first for post, last for dev; the caller says which through `absent_last`.
std::strong_ordering compare_optional(const std::optional<std::string>& a, const std::optional<std::string>& b,
                                      bool absent_last) {
  if (a.has_value() != b.has_value())
    return a.has_value() == absent_last ? std::strong_ordering::less : std::strong_ordering::greater;
  return a ? compare_numbers(*a, *b) : std::strong_ordering::equal;
}

// A run of digits: its text without leading zeros and, if it fits, its value.
struct Number {
  std::string_view digits = "0";
  std::uint64_t value = 0;
  bool fits(int bits) const { return digits.size() <= 18 && value <= mask(bits); }
  std::string str() const { return std::string(digits); }
};

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_separator(char c) { return c == '.' || c == '-' || c == '_'; }
char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

}  // namespace

// One pass over the text of appendix B's grammar; nothing is allocated unless the version does not fit the packed key.
class VersionParser {
 public:
  explicit VersionParser(std::string_view text) : at_(text.data()), end_(text.data() + text.size()) {}

  bool parse(Version& out) {
    if (at_ != end_ && lower(*at_) == 'v') ++at_;
    if (!read_release()) return false;
    if (at_ != end_ && (!read_pre() || !read_post() || !read_dev() || !read_local() || at_ != end_)) return false;
    build(out);
    return true;
  }

 private:
  Number read_number() {
    const char* begin = at_;
    std::uint64_t value = 0;
    while (at_ != end_ && is_digit(*at_)) value = value * 10 + static_cast<std::uint64_t>(*at_++ - '0');  // wraps; fits() tells
    while (begin + 1 < at_ && *begin == '0') ++begin;
    return {std::string_view(begin, static_cast<std::size_t>(at_ - begin)), value};
  }

  bool read_release() {
    if (at_ == end_ || !is_digit(*at_)) return false;
    const char* begin = at_;
    Number number = read_number();
    if (at_ != end_ && *at_ == '!') {
      epoch_ = number;
      if (++at_ == end_ || !is_digit(*at_)) return false;
      begin = at_;
      number = read_number();
    }
    add_segment(number);
    while (at_ + 1 < end_ && *at_ == '.' && is_digit(at_[1])) {
      ++at_;
      add_segment(read_number());
    }
    release_ = std::string_view(begin, static_cast<std::size_t>(at_ - begin));
    return true;
  }

  void add_segment(const Number& number) {
    static constexpr std::array kBits{kRelease0Bits, kRelease1Bits, kRelease2Bits, kRelease3Bits};
    if (count_ < kBits.size()) {
      segments_[count_] = number.value;
      packable_ = packable_ && number.fits(kBits[count_]);
    } else {
      packable_ = packable_ && number.digits == "0";
    }
    ++count_;
  }

  // If one of the words stands here (behind at most one separator), passes it and its number.
  template <std::size_t N>
  std::optional<std::size_t> read_word(const std::array<std::string_view, N>& words, Number& number) {
    const char* start = at_ != end_ && is_separator(*at_) ? at_ + 1 : at_;
    const std::string_view rest(start, static_cast<std::size_t>(end_ - start));
    if (rest.empty()) return std::nullopt;
    const char first = lower(rest.front());
    for (std::size_t i = 0; i < N; ++i) {
      if (first != words[i].front() || !ascii_iequals(rest.substr(0, words[i].size()), words[i])) continue;
      at_ = start + words[i].size();
      if (at_ != end_ && is_separator(*at_)) ++at_;
      if (at_ != end_ && is_digit(*at_)) number = read_number();
      return i;
    }
    return std::nullopt;
  }

  bool read_pre() {
    static constexpr std::array<std::string_view, 8> kWords{"alpha", "a", "beta", "b", "preview", "pre", "c", "rc"};
    static constexpr std::array kKinds{PreKind::a,  PreKind::a,  PreKind::b,  PreKind::b,
                                       PreKind::rc, PreKind::rc, PreKind::rc, PreKind::rc};
    if (const auto word = read_word(kWords, pre_)) pre_kind_ = kKinds[*word];
    return true;
  }

  bool read_post() {
    if (at_ + 1 < end_ && *at_ == '-' && is_digit(at_[1])) {
      ++at_;
      post_ = read_number();
      return true;
    }
    static constexpr std::array<std::string_view, 3> kWords{"post", "rev", "r"};
    Number number;
    if (read_word(kWords, number)) post_ = number;
    return true;
  }

  bool read_dev() {
    static constexpr std::array<std::string_view, 1> kWords{"dev"};
    Number number;
    if (read_word(kWords, number)) dev_ = number;
    return true;
  }

  // Leaves local_ as the text behind the '+'. Fails on an empty segment or a stranger.
  bool read_local() {
    if (at_ == end_ || *at_ != '+') return true;
    const char* begin = ++at_;
    bool segment_open = false;
    for (; at_ != end_; ++at_) {
      const char c = lower(*at_);
      const bool letter = is_digit(c) || (c >= 'a' && c <= 'z');
      if (!letter && (!is_separator(c) || !segment_open)) return false;
      segment_open = letter;
    }
    local_ = std::string_view(begin, static_cast<std::size_t>(at_ - begin));
    return segment_open;
  }

  PreKind pre_kind() const { return pre_kind_ == PreKind::none && !post_ && dev_ ? PreKind::dev_only : pre_kind_; }

  bool fits_key() const {
    return packable_ && epoch_.digits == "0" && pre_.fits(kPreBits) &&
           (!post_ || (post_->fits(kPostBits) && post_->value + 1 <= mask(kPostBits))) &&
           (!dev_ || (dev_->fits(kDevBits) && dev_->value < kNoDev));
  }

  void build(Version& out) const {
    out.release_count_ = static_cast<std::uint32_t>(count_);
    out.packed_ = fits_key();
    out.high_ = out.low_ = 0;
    if (out.packed_) {
      out.high_ = segments_[0] << (kRelease1Bits + kRelease2Bits) | segments_[1] << kRelease2Bits | segments_[2];
      out.low_ = segments_[3] << kRelease3Shift | static_cast<std::uint64_t>(pre_kind()) << kPreKindShift |
                 pre_.value << kPreShift | (post_ ? post_->value + 1 : 0) << kPostShift |
                 (dev_ ? dev_->value : kNoDev) << kDevShift | (local_.empty() ? 0 : Version::kHasLocal);
    }
    out.parts_ = out.packed_ && local_.empty() ? nullptr : std::make_shared<const Version::Parts>(parts());
  }

  Version::Parts parts() const {
    Version::Parts parts;
    parts.epoch = epoch_.str();
    parts.release = normal_segments(release_);
    parts.pre_kind = pre_kind();
    parts.pre = pre_.str();
    if (post_) parts.post = post_->str();
    if (dev_) parts.dev = dev_->str();
    parts.local = normal_segments(local_);
    return parts;
  }

  // Lower case, '.' between segments, no leading zeros in numbers.
  static std::string normal_segments(std::string_view text) {
    std::string out;
    out.reserve(text.size());
    for (std::size_t at = 0; at < text.size();) {
      std::size_t end = at;
      bool number = true;
      for (; end < text.size() && !is_separator(text[end]); ++end) number = number && is_digit(text[end]);
      while (number && end - at > 1 && text[at] == '0') ++at;
      if (!out.empty()) out += '.';
      std::transform(text.begin() + static_cast<std::ptrdiff_t>(at), text.begin() + static_cast<std::ptrdiff_t>(end),
                     std::back_inserter(out), lower);
      at = end + 1;
    }
    return out;
  }

  const char* at_;
  const char* end_;
  Number epoch_, pre_;
  std::array<std::uint64_t, 4> segments_{};
  std::size_t count_ = 0;
  bool packable_ = true;
  std::string_view release_, local_;
  PreKind pre_kind_ = PreKind::none;
  std::optional<Number> post_, dev_;
};

Version::Version() : low_(static_cast<std::uint64_t>(PreKind::none) << kPreKindShift | kNoDev << kDevShift) {}

std::optional<Version> Version::try_parse(std::string_view text) {
  std::optional<Version> version(std::in_place);
  if (!VersionParser(trim_python_space(text)).parse(*version)) version.reset();
  return version;
}

Result<Version> Version::parse(std::string_view text) {
  if (auto version = try_parse(text)) return *std::move(version);
  return fail(make_error(kInvalidVersion, "Invalid version: " + python_repr(text)));
}

Version::Parts Version::parts() const {
  if (parts_) return *parts_;
  Parts parts;
  const std::array<std::uint64_t, 4> segments{high_ >> (kRelease1Bits + kRelease2Bits),
                                              field(high_, kRelease2Bits, kRelease1Bits), field(high_, 0, kRelease2Bits),
                                              field(low_, kRelease3Shift, kRelease3Bits)};
  parts.release = std::to_string(segments[0]);
  for (std::uint32_t i = 1; i < release_count_; ++i)
    (parts.release += '.') += i < segments.size() ? std::to_string(segments[i]) : "0";
  parts.pre_kind = static_cast<PreKind>(field(low_, kPreKindShift, kPreKindBits));
  parts.pre = std::to_string(field(low_, kPreShift, kPreBits));
  if (const auto post = field(low_, kPostShift, kPostBits)) parts.post = std::to_string(post - 1);
  if (const auto dev = field(low_, kDevShift, kDevBits); dev != kNoDev) parts.dev = std::to_string(dev);
  return parts;
}

std::strong_ordering Version::compare_parts(const Version& other) const {
  if (packed_ && other.packed_) return compare_locals(parts_->local, other.parts_->local);  // the keys are equal
  std::optional<Parts> own, others;
  const Parts& a = parts_ ? *parts_ : own.emplace(parts());
  const Parts& b = other.parts_ ? *other.parts_ : others.emplace(other.parts());
  if (const auto order = compare_numbers(a.epoch, b.epoch); order != 0) return order;
  if (const auto order = compare_releases(a.release, b.release); order != 0) return order;
  if (a.pre_kind != b.pre_kind) return a.pre_kind <=> b.pre_kind;
  if (const auto order = compare_numbers(a.pre, b.pre); order != 0) return order;
  if (const auto order = compare_optional(a.post, b.post, false); order != 0) return order;
  if (const auto order = compare_optional(a.dev, b.dev, true); order != 0) return order;
  return compare_locals(a.local, b.local);
}

std::string Version::base_str() const {
  const Parts p = parts();
  return p.epoch == "0" ? p.release : p.epoch + "!" + p.release;
}

std::string Version::public_str() const {
  std::string text = base_str();
  if (const auto number = pre()) (text += number->first) += number->second;
  if (const auto number = post()) (text += ".post") += *number;
  if (const auto number = dev()) (text += ".dev") += *number;
  return text;
}

std::string Version::str() const {
  std::string text = public_str();
  if (has_local()) (text += '+') += parts_->local;
  return text;
}

std::vector<std::string> Version::release() const {
  const Parts p = parts();
  std::vector<std::string> segments;
  for (const std::string_view segment : split(p.release, '.')) segments.emplace_back(segment);
  return segments;
}

std::string Version::epoch() const { return packed_ ? "0" : parts_->epoch; }

std::optional<std::pair<std::string, std::string>> Version::pre() const {
  const Parts p = parts();
  switch (p.pre_kind) {
    case PreKind::a:
      return std::pair(std::string("a"), p.pre);
    case PreKind::b:
      return std::pair(std::string("b"), p.pre);
    case PreKind::rc:
      return std::pair(std::string("rc"), p.pre);
    case PreKind::dev_only:
    case PreKind::none:
      break;
  }
  return std::nullopt;
}

std::optional<std::string> Version::post() const { return parts().post; }
std::optional<std::string> Version::dev() const { return parts().dev; }
std::string Version::local() const { return parts_ ? parts_->local : std::string(); }
bool Version::has_local() const { return parts_ && !parts_->local.empty(); }

bool Version::is_devrelease() const { return packed_ ? field(low_, kDevShift, kDevBits) != kNoDev : parts_->dev.has_value(); }
bool Version::is_postrelease() const { return packed_ ? field(low_, kPostShift, kPostBits) != 0 : parts_->post.has_value(); }
bool Version::is_prerelease() const {
  const PreKind kind = packed_ ? static_cast<PreKind>(field(low_, kPreKindShift, kPreKindBits)) : parts_->pre_kind;
  return kind != PreKind::none || is_devrelease();
}

Version Version::without_local() const {
  Version version = *this;
  version.low_ &= ~kHasLocal;
  if (packed_) {
    version.parts_.reset();
  } else if (has_local()) {
    Parts parts = *parts_;
    parts.local.clear();
    version.parts_ = std::make_shared<const Parts>(std::move(parts));
  }
  return version;
}

std::size_t Version::hash() const {
  const auto mix = [](std::size_t seed, std::size_t value) { return (seed ^ value) * 0x9E3779B97F4A7C15ull ^ (seed >> 29); };
  const std::hash<std::string_view> text;
  if (packed_) {
    const std::size_t key = mix(mix(0x51ED270B, high_), low_);
    return has_local() ? mix(key, text(parts_->local)) : key;
  }
  std::string_view release = parts_->release;
  while (release.ends_with(".0")) release.remove_suffix(2);
  std::size_t key = mix(mix(text(parts_->epoch), text(release)), static_cast<std::size_t>(parts_->pre_kind));
  key = mix(key, text(parts_->pre));
  key = mix(key, parts_->post ? text(*parts_->post) : 1);
  key = mix(key, parts_->dev ? text(*parts_->dev) : 2);
  return mix(key, text(parts_->local));
}

}  // namespace pipit::packaging
