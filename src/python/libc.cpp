#include "python/libc.h"

#include <algorithm>
#include <string>
#include <vector>

#include "pipit/base/text.h"
#include "pipit/sys/file.h"
#include "python/numbers.h"

namespace pipit::python {
namespace {

// "2.36." or "1.2.5\0" -> its first two numbers.
std::optional<std::pair<int, int>> two_numbers(std::string_view text) {
  const auto major = take_number(text);
  if (!major || text.empty() || text[0] != '.') return std::nullopt;
  text.remove_prefix(1);
  const auto minor = take_number(text);
  if (!minor) return std::nullopt;
  return std::pair(*major, *minor);
}

// Of the first banner in these bytes that tells a version.
std::optional<std::pair<int, int>> banner_in(std::string_view libc) {
  constexpr std::string_view kBanner = "GNU C Library ", kRelease = "release version ";
  while (true) {
    const std::size_t banner = find_in_long_text(libc, kBanner);
    if (banner == std::string_view::npos) return std::nullopt;
    libc.remove_prefix(banner + kBanner.size());
    const std::string_view line = libc.substr(0, std::min(libc.find('\n'), std::size_t{300}));
    const std::size_t release = line.find(kRelease);
    if (release == std::string_view::npos) continue;
    if (auto version = two_numbers(line.substr(release + kRelease.size()))) return version;
  }
}

}  // namespace

// From the end: the texts lie behind a megabyte of code, which need not be read.
std::optional<std::pair<int, int>> glibc_banner_version(std::string_view libc) {
  constexpr std::size_t kWindow = 256u << 10, kOverlap = 512;
  for (std::size_t end = libc.size(); end > 0;) {
    const std::size_t begin = end > kWindow ? end - kWindow : 0;
    if (auto version = banner_in(libc.substr(begin, end - begin + kOverlap))) return version;
    end = begin;
  }
  return std::nullopt;
}

std::optional<std::pair<int, int>> musl_loader_version(std::string_view loader) {
  constexpr std::string_view kStart("\0" "1.", 3);
  for (std::size_t at = loader.find(kStart); at != std::string_view::npos; at = loader.find(kStart, at + 1)) {
    std::string_view rest = loader.substr(at + 1, 32);
    const std::string_view lone = rest.substr(0, rest.find('\0'));
    if (lone.size() == rest.size() || std::count(lone.begin(), lone.end(), '.') != 2) continue;
    // A git build adds "-git-20-gabcdef".
    const std::string_view number = lone.substr(0, lone.find("-git"));
    if (number.find_first_not_of("0123456789.") != std::string_view::npos || number.back() == '.') continue;
    if (auto version = two_numbers(number)) return version;
  }
  return std::nullopt;
}

std::optional<std::pair<int, int>> glibc_asked_for(std::string_view program) {
  constexpr std::string_view kStart("\0GLIBC_", 7);
  std::optional<std::pair<int, int>> newest;
  for (std::size_t at = program.find(kStart); at != std::string_view::npos; at = program.find(kStart, at + 1)) {
    const std::string_view rest = program.substr(at + kStart.size(), 16), number = rest.substr(0, rest.find('\0'));
    if (number.size() == rest.size() || number.find_first_not_of("0123456789.") != std::string_view::npos) continue;
    if (const auto version = two_numbers(number)) newest = std::max(newest.value_or(*version), *version);
  }
  return newest;
}

LibcFacts libc_of_loader(const std::filesystem::path& loader, std::string_view program) {
  if (loader.empty()) return {};
  const std::string name = loader.filename().string();
  const bool musl = name.rfind("ld-musl-", 0) == 0;
  LibcFacts facts{musl ? packaging::Libc::musl : packaging::Libc::glibc, 0, 0, false};
  std::vector<std::filesystem::path> candidates;
  if (musl) {
    candidates = {loader};
  } else {
    if (auto real = sys::real_path(loader)) candidates.push_back(real->parent_path() / "libc.so.6");
    candidates.push_back(loader.parent_path() / "libc.so.6");
  }
  bool any = false;
  for (const std::filesystem::path& candidate : candidates) {
    any = any || sys::exists(candidate);
    const auto mapped = sys::MappedFile::open(candidate);
    if (!mapped) continue;
    const auto version = musl ? musl_loader_version(mapped->text()) : glibc_banner_version(mapped->text());
    if (!version) continue;
    facts.major = version->first;
    facts.minor = version->second;
    facts.known = true;
    return facts;
  }
  const auto asked = any || musl ? std::nullopt : glibc_asked_for(program);
  return asked ? LibcFacts{packaging::Libc::glibc, asked->first, asked->second, true} : facts;
}

}  // namespace pipit::python
