#include "fetch/unfinished.h"

#include "pipit/base/url.h"
#include "pipit/sys/dir.h"
#include "pipit/verify/digest.h"

namespace pipit::fetch {
namespace {

constexpr std::uint64_t kWorthKeepingBytes = 256u << 10;  // less is fetched anew sooner than looked up
constexpr std::uint64_t kValidatorMaxBytes = 4096;

}  // namespace

std::optional<std::string> Unfinished::key_of(const FetchItem& item) const {
  if (directory_.empty() || (item.promise.required.empty() && item.promise.advertised.empty())) return std::nullopt;
  const Result<Url> url = Url::parse(item.candidate.file.url);
  if (!url) return std::nullopt;
  std::string text = url->without_credentials();
  for (const packaging::Hashes* hashes : {&item.promise.required, &item.promise.advertised})
    for (const packaging::Hash& hash : *hashes) text += "\n" + hash.algorithm + ":" + hash.hex;
  return verify::sha256_hex(as_bytes_view(text)).substr(0, 40);
}

std::optional<Unfinished::Begun> Unfinished::take(const FetchItem& item) const {
  const auto key = key_of(item);
  if (!key || !sys::exists(directory_ / (*key + ".part"))) return std::nullopt;
  const Result<sys::Dir> directory = sys::Dir::open(sys::real_os(), directory_);
  if (!directory) return std::nullopt;
  const std::string part = *key + ".part", from = *key + ".from", mine = sys::random_name("taken-");
  const Result<std::string> validator = directory->read_file(from, kValidatorMaxBytes);
  if (!directory->rename(part, *directory, mine)) return std::nullopt;
  static_cast<void>(directory->remove_file(from));
  const Result<sys::File> file = directory->open_read(mine);
  static_cast<void>(directory->remove_file(mine));  // the mapping stays
  if (!file || !validator) return std::nullopt;
  Result<sys::MappedFile> mapped = sys::MappedFile::map(*file);
  if (!mapped || mapped->bytes().empty()) return std::nullopt;
  return Begun{std::move(*mapped), *validator};
}

void Unfinished::keep(const FetchItem& item, const std::filesystem::path& path, const std::string& validator) const {
  const auto key = key_of(item);
  if (!key || validator.empty() || validator.size() > kValidatorMaxBytes) return;
  const auto stat = sys::stat_path(path);
  if (!stat || !*stat || (*stat)->size < kWorthKeepingBytes || !sys::make_directories(directory_, 0700)) return;
  const Result<sys::Dir> source = sys::Dir::open(sys::real_os(), path.parent_path());
  const Result<sys::Dir> directory = sys::Dir::open(sys::real_os(), directory_);
  if (!source || !directory || !sys::replace_file(sys::real_os(), directory_ / (*key + ".from"), validator, 0600)) return;
  if (source->rename(path.filename().string(), *directory, *key + ".part")) return;
  // The scratch directory lies on another file system.
  if (const auto mapped = sys::MappedFile::open(path)) static_cast<void>(sys::replace_file(sys::real_os(), directory_ / (*key + ".part"), mapped->text(), 0600));
}

}  // namespace pipit::fetch
