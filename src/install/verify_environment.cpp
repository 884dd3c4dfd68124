#include "pipit/install/verify_environment.h"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <unordered_map>
#include <unordered_set>

#include "install/owners.h"
#include "pipit/base/text.h"
#include "pipit/sys/file.h"
#include "pipit/verify/digest.h"

namespace pipit::install {
namespace {

using Kind = Finding::Kind;

struct Claim {
  std::size_t dist;
  std::string path;
  packaging::RecordRow row;
};

std::string title(const python::InstalledDist& dist) { return dist.name + " " + dist.version_text; }

std::string algorithm_of(std::string_view recorded) { return std::string(recorded.substr(0, recorded.find('='))); }

constexpr std::size_t kBufferBytes = 256u << 10;
constexpr std::uint64_t kBunchBytes = 1u << 20;
constexpr std::size_t kBunchFiles = 128;

template <class Call>
auto again_if_interrupted(Call call) {
  auto value = call();
  while (value == -EINTR) value = call();
  return value;
}

// Fills the buffer as far as the file goes.
Result<Bytes> read_on(const sys::File& file, std::vector<std::byte>& buffer) {
  std::size_t filled = 0;
  while (filled < buffer.size()) {
    const ssize_t got = again_if_interrupted([&] { return file.os().read(file.fd(), buffer.data() + filled, buffer.size() - filled); });
    if (got < 0) return fail(sys::os_error(static_cast<int>(-got), "read", ""));
    if (got == 0) break;
    filled += static_cast<std::size_t>(got);
  }
  return Bytes(buffer.data(), filled);
}

// RECORD spells digests in base64url without padding; Hasher gives hex.
std::string spelled(const packaging::Hashes& hashes, const std::string& algorithm) {
  for (const packaging::Hash& hash : hashes)
    if (hash.algorithm == algorithm)
      if (const auto digest = from_hex(hash.hex)) return algorithm + "=" + to_base64url(*digest);
  return {};
}

Result<std::string> hash_of(const sys::File& file, const std::string& algorithm, std::vector<std::byte>& buffer) {
  PIPIT_TRY(Bytes bytes, read_on(file, buffer));
  if (bytes.size() < buffer.size() && algorithm == "sha256") return verify::record_hash(verify::sha256(bytes));
  verify::Hasher hasher({algorithm});
  while (!bytes.empty()) {
    PIPIT_CHECK(hasher.write(bytes));
    PIPIT_TRY(bytes, read_on(file, buffer));
  }
  return spelled(hasher.finish(), algorithm);
}

class Verifier {
 public:
  Verifier(const std::vector<python::InstalledDist>& dists, sys::Executor& executor, std::stop_token stop)
      : dists_(dists), executor_(executor), stop_(std::move(stop)) {}

  Result<Verification> run() {
    for (std::size_t i = 0; i < dists_.size(); ++i) collect(i);
    listed_.reserve(claims_.size());
    for (const Claim& claim : claims_) listed_.insert(claim.path);
    check_claims();
    if (stop_.stop_requested()) return fail(make_error(kCancelled, "the verification was cancelled"));
    find_unlisted();
    std::stable_sort(found_.begin(), found_.end(), [](const auto& a, const auto& b) {
      return a.first != b.first ? a.first < b.first : a.second.path < b.second.path;
    });
    for (auto& [dist, finding] : found_) out_.findings.push_back(std::move(finding));
    out_.distributions = dists_.size();
    return std::move(out_);
  }

 private:
  void report(std::size_t dist, Kind kind, std::string path, std::string expected = {}, std::string got = {}) {
    found_.emplace_back(dist, Finding{kind, title(dists_[dist]), std::move(path), std::move(expected), std::move(got)});
  }

  void collect(std::size_t index) {
    const python::InstalledDist& dist = dists_[index];
    const auto rows = dist.record();
    if (!rows) return report(index, Kind::no_record, (dist.metadata_path / "RECORD").string());
    for (const packaging::RecordRow& row : *rows) {
      claims_.push_back({index, recorded_path(dist.location, row.path), row});
    }
  }

  // Large files first, so that no single one is left for the end; small ones go by the bunch. Results keep their own places.
  void check_claims() {
    std::vector<std::optional<Finding>> results(claims_.size());
    std::vector<std::uint64_t> sizes(claims_.size(), 0), recorded(claims_.size(), 0);
    std::vector<std::size_t> order(claims_.size()), begins;
    for (std::size_t i = 0; i < order.size(); ++i) {
      order[i] = i;
      recorded[i] = recorded_size(i);
    }
    std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return recorded[a] > recorded[b]; });
    std::uint64_t bytes = kBunchBytes;
    for (std::size_t i = 0; i < order.size(); ++i) {
      if (bytes >= kBunchBytes || i - begins.back() >= kBunchFiles) {
        begins.push_back(i);
        bytes = 0;
      }
      bytes += std::min(recorded[order[i]], kBunchBytes);
    }
    begins.push_back(order.size());
    sys::parallel_for(executor_, begins.size() - 1, [&](std::size_t bunch) {
      std::vector<std::byte> buffer(kBufferBytes);
      for (std::size_t i = begins[bunch]; i < begins[bunch + 1] && !stop_.stop_requested(); ++i)
        results[order[i]] = check_one(claims_[order[i]], sizes[order[i]], buffer);
    });
    for (std::size_t i = 0; i < results.size(); ++i) {
      out_.bytes += sizes[i];
      if (results[i]) found_.emplace_back(claims_[i].dist, std::move(*results[i]));
    }
    out_.files = claims_.size();
  }

  std::uint64_t recorded_size(std::size_t claim) const {
    const std::string& text = claims_[claim].row.size;
    std::uint64_t size = 0;
    std::from_chars(text.data(), text.data() + text.size(), size);
    return size;
  }

  // Found once by name: what was opened is what is looked at and read.
  std::optional<Finding> check_one(const Claim& claim, std::uint64_t& size, std::vector<std::byte>& buffer) const {
    const int fd = again_if_interrupted([&] { return os_.openat(AT_FDCWD, claim.path.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY, 0); });
    if (fd == -ENOENT || fd == -ENOTDIR) return is_byte_code(claim) ? std::nullopt : std::optional(finding(claim, Kind::missing));
    if (fd < 0) return finding(claim, Kind::unreadable);
    const sys::File file(os_, fd);
    const auto info = file.stat();
    if (!info || !S_ISREG(info->st_mode)) return finding(claim, Kind::unreadable);
    if (claim.row.hash.empty()) return std::nullopt;  // RECORD itself, byte code: nothing was promised
    return compare(claim, file, static_cast<std::uint64_t>(info->st_size), size, buffer);
  }

  Finding finding(const Claim& claim, Kind kind, std::string got = {}) const { return {kind, title(dists_[claim.dist]), claim.path, claim.row.hash, std::move(got)}; }

  // pip lists the byte code it made without a hash; Python may delete and remake it.
  static bool is_byte_code(const Claim& claim) { return claim.row.hash.empty() && claim.path.ends_with(".pyc"); }

  std::optional<Finding> compare(const Claim& claim, const sys::File& file, std::uint64_t there, std::uint64_t& size, std::vector<std::byte>& buffer) const {
    size = there;
    if (!claim.row.size.empty() && claim.row.size != std::to_string(size)) {
      Finding other = finding(claim, Kind::changed, std::to_string(size) + " bytes");
      other.expected = claim.row.size + " bytes";
      return other;
    }
    auto got = hash_of(file, algorithm_of(claim.row.hash), buffer);
    if (!got) return finding(claim, Kind::unreadable);
    if (*got == claim.row.hash) return std::nullopt;
    return finding(claim, Kind::changed, std::move(*got));
  }

  // Only where nobody else can be meant: directories in which every listed file belongs to one distribution.
  void find_unlisted() {
    for (const Claim& claim : claims_) note_users(claim);
    std::vector<std::string_view> owned;
    for (const auto& [directory, dist] : users_)
      if (dist != kSeveral && !directory.ends_with("/__pycache__")) owned.push_back(directory);
    std::vector<std::vector<std::string>> unlisted(owned.size());
    sys::parallel_for(executor_, owned.size(), [&](std::size_t i) {
      if (!stop_.stop_requested()) unlisted[i] = unlisted_in(owned[i]);
    });
    for (std::size_t i = 0; i < owned.size(); ++i)
      for (std::string& path : unlisted[i]) report(users_.at(owned[i]), Kind::unlisted, std::move(path));
  }

  // Whoever uses a directory uses those above it, so the way up ends where nothing changes.
  void note_users(const Claim& claim) {
    const std::string& top = dists_[claim.dist].location.native();
    std::string_view at = claim.path;
    while (true) {
      const std::size_t slash = at.rfind('/');
      if (slash == std::string_view::npos || slash <= top.size() || !at.starts_with(top)) return;
      at = at.substr(0, slash);
      const auto [user, is_first] = users_.try_emplace(at, claim.dist);
      if (is_first) continue;
      if (user->second == claim.dist || user->second == kSeveral) return;
      user->second = kSeveral;
    }
  }

  std::vector<std::string> unlisted_in(std::string_view directory) const {
    std::vector<std::string> unlisted;
    const auto entries = sys::list_directory(directory);
    if (!entries) return unlisted;
    std::string path;
    for (const sys::DirEntry& entry : *entries) {
      path.assign(directory).append("/").append(entry.name);
      if (entry.name != "__pycache__" && !listed_.contains(path) && !users_.contains(path)) unlisted.push_back(path);
    }
    return unlisted;
  }

  static constexpr std::size_t kSeveral = static_cast<std::size_t>(-1);

  const std::vector<python::InstalledDist>& dists_;
  sys::Os& os_ = sys::real_os();
  sys::Executor& executor_;
  std::stop_token stop_;
  std::vector<Claim> claims_;
  std::unordered_set<std::string_view> listed_;                  // paths of claims_
  std::unordered_map<std::string_view, std::size_t> users_;      // directory -> the distribution that uses it, or kSeveral
  std::vector<std::pair<std::size_t, Finding>> found_;
  Verification out_;
};

}  // namespace

Result<Verification> verify_environment(const std::vector<python::InstalledDist>& dists, sys::Executor& executor, std::stop_token stop) {
  return Verifier(dists, executor, std::move(stop)).run();
}

}  // namespace pipit::install
