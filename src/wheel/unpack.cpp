// WheelSource::unpack: the files of a wheel onto the disk, several threads side by side, each file hashed while it is
// written and compared with its RECORD row.
#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <mutex>
#include <numeric>

#include "pipit/base/text.h"
#include "pipit/verify/digest.h"
#include "pipit/wheel/source.h"
#include "wheel/findings.h"

namespace pipit::wheel {
namespace {

constexpr std::uint64_t kBatchBytes = 4u << 20;
constexpr std::size_t kBatchFiles = 256;

// "sha512=..." as a RECORD row spells it.
std::string in_records_words(const packaging::Hashes& hashes, std::string_view algorithm) {
  for (const packaging::Hash& hash : hashes)
    if (hash.algorithm == algorithm) return fmt::format("{}={}", algorithm, to_base64url(from_hex(hash.hex).value_or(std::vector<std::uint8_t>{})));
  return {};
}

// Members in batches of a few megabytes, largest first, so that no thread is left with a long tail.
std::vector<std::vector<std::size_t>> make_batches(const std::vector<ManifestFile>& files) {
  std::vector<std::size_t> order(files.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  const auto is_large = [&](std::size_t i) { return files[i].size >= kBatchBytes; };
  const auto small = std::stable_partition(order.begin(), order.end(), is_large);
  std::stable_sort(order.begin(), small, [&](std::size_t a, std::size_t b) { return files[a].size > files[b].size; });
  std::vector<std::vector<std::size_t>> batches;
  std::uint64_t bytes = kBatchBytes;
  for (const std::size_t i : order) {
    if (bytes >= kBatchBytes || batches.back().size() >= kBatchFiles) {
      batches.emplace_back();
      bytes = 0;
    }
    batches.back().push_back(i);
    bytes += files[i].size;
  }
  return batches;
}

// `tree` is new and the caller's own: nobody planted anything in it, so each parent needs no opening of its own.
Status make_directories(const sys::Dir& tree, const std::vector<std::string_view>& directories) {
  for (const std::string_view name : directories) {
    const std::string directory(name);
    int made = -EINTR;
    while (made == -EINTR) made = tree.os().mkdirat(tree.fd(), directory.c_str(), 0755);
    if (made < 0) return fail(sys::os_error(-made, "make directory", (tree.path() / directory).string()));
  }
  return ok();
}

}  // namespace

Result<Manifest> WheelSource::unpack(const sys::Dir& tree, sys::Executor& executor, archive::Engine engine, archive::Flush flush) const {
  Manifest manifest = manifest_;
  PIPIT_CHECK(make_directories(tree, manifest.directories));
  std::mutex mutex;  // guards findings and broken
  Findings findings(manifest.filename, record_may_lie_ ? std::vector<std::string>{std::string(kBadRecord.id)} : std::vector<std::string>{});
  std::optional<Error> broken;
  std::atomic<bool> stop = false;

  const auto compare = [&](std::size_t i, const std::string& got, const ManifestFile& file) {
    const packaging::RecordRow& row = expected_[i];
    const bool same_hash = row.hash.empty() || row.hash == got;
    const bool same_size = row.size.empty() || row.size == std::to_string(file.size);
    if (same_hash && same_size) return;
    Error error = make_error(kBadRecord, fmt::format("{}: `{}` is not the file that RECORD describes", manifest.filename, escape_for_terminal(file.path)));
    error.details = {fmt::format("expected  {} {}", escape_for_terminal(row.hash), row.size), fmt::format("got       {} {}", got, file.size)};
    const std::scoped_lock lock(mutex);
    findings.add(std::move(error));
  };

  std::vector<std::string> digests(manifest.files.size());  // each slot is written by one thread
  const auto unpack_file = [&](std::size_t i, archive::Extractor& extractor, verify::Hasher& sha256) -> Status {
    ManifestFile& file = manifest.files[i];
    const std::string algorithm = expected_[i].hash.substr(0, expected_[i].hash.find('='));
    std::optional<verify::Hasher> both;  // rows with sha384 or sha512 are rare
    if (!algorithm.empty() && algorithm != "sha256") both.emplace(std::vector<std::string>{algorithm});
    verify::Hasher& hasher = both ? *both : sha256;
    hasher.reset();
    PIPIT_TRY(const archive::ExtractedFile written, extractor.extract(*members_[i], tree, std::string(file.path), file.executable ? 0777 : 0666, &hasher));
    file.mtime_ns = written.mtime_ns;
    if (both) {
      const packaging::Hashes hashes = hasher.finish();
      digests[i] = in_records_words(hashes, "sha256");
      compare(i, in_records_words(hashes, algorithm), file);
    } else {
      digests[i] = verify::record_hash(hasher.finish_sha256());
      compare(i, digests[i], file);
    }
    return ok();
  };

  const auto batches = make_batches(manifest.files);
  sys::parallel_for(executor, batches.size(), [&](std::size_t batch) {
    archive::Extractor extractor(archive_, directory_, engine, flush);
    verify::Hasher sha256;
    for (const std::size_t i : batches[batch]) {
      if (stop) return;
      Status status = unpack_file(i, extractor, sha256);
      if (status) continue;
      const std::scoped_lock lock(mutex);
      if (!broken) broken = std::move(status).error();
      stop = true;
    }
  });
  if (broken) return fail(std::move(*broken));
  PIPIT_CHECK(findings.status());
  const auto texts = std::make_shared<TextPool>();
  texts->hold(manifest.texts);
  for (std::size_t i = 0; i < digests.size(); ++i) manifest.files[i].record_hash = texts->keep(digests[i]);
  manifest.texts = texts;
  for (const std::string& id : findings.used())
    if (std::find(manifest.allowances.begin(), manifest.allowances.end(), id) == manifest.allowances.end()) manifest.allowances.push_back(id);
  return manifest;
}

}  // namespace pipit::wheel
