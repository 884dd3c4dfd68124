#include "ops/wheels.h"

#include <fmt/format.h>

#include <cerrno>
#include <mutex>
#include <numeric>

#include "pipit/sys/file.h"

namespace pipit::ops {

struct Wheels::Stores {
  std::unique_ptr<fetch::WheelStore> shared, own;
  std::mutex mutex;  // guards the making of `own` and what is said
  bool shared_is_broken = false;
};

namespace {

std::uint64_t unpacked_bytes(const wheel::Manifest& manifest) {
  return std::accumulate(manifest.files.begin(), manifest.files.end(), std::uint64_t{0},
                         [](std::uint64_t sum, const wheel::ManifestFile& file) { return sum + file.size; });
}

bool is_about_the_disk(const Error& error) {
  switch (error.os_errno) {
    case ENOSPC: case EDQUOT: case EROFS: case EACCES: case EPERM: case EIO: return true;
    default: return false;
  }
}

}  // namespace

Wheels::Wheels(Session& session, std::vector<std::string> allowances)
    : session_(session), allowances_(std::move(allowances)), stores_(std::make_unique<Stores>()) {}

Wheels::~Wheels() = default;

Result<std::unique_ptr<Wheels>> Wheels::open(Session& session, std::vector<std::string> allowances, Sync sync) {
  std::unique_ptr<Wheels> wheels(new Wheels(session, std::move(allowances)));
  if (const auto& cache = session.cache_directory()) {
    auto store = fetch::WheelStore::open(session.os(), *cache, sys::current_umask(), session.clock());
    if (store) {
      wheels->stores_->shared = std::move(*store);
      wheels->stores_->shared_is_broken = !wheels->stores_->shared->writable();
      fetch::WheelStore* shared = wheels->stores_->shared.get();
      if (sync == Sync::early && shared->writable()) wheels->early_sync_.emplace([shared] { return shared->sync(); });
    } else {
      session.reporter().warn("no-cache", "the cache is not used: " + store.error().message);
    }
  }
  return wheels;
}

std::optional<wheel::PreparedWheel> Wheels::find(const packaging::Hashes& digests) {
  if (!stores_->shared) return std::nullopt;
  for (const packaging::Hash& digest : digests)
    if (digest.algorithm == "sha256")
      if (auto found = stores_->shared->find(digest.hex, {}, allowances_); found && *found) return std::move(**found);
  return std::nullopt;
}

Result<wheel::PreparedWheel> Wheels::add(const fetch::Archive& archive, const std::string& filename) {
  PIPIT_CHECK(fetch::still_the_same(archive));
  auto added = unpack(archive, filename);
  if (!added) return added;
  if (auto same = fetch::still_the_same(archive); !same) {
    forget(archive.checked.sha256_hex());
    return fail(std::move(same).error());
  }
  return added;
}

Result<wheel::PreparedWheel> Wheels::unpack(const fetch::Archive& archive, const std::string& filename) {
  Diagnostics diagnostics;
  auto say = [&](Result<wheel::PreparedWheel> result) {
    std::lock_guard lock(stores_->mutex);
    session_.report(diagnostics);
    return result;
  };
  bool use_shared = false;
  {
    std::lock_guard lock(stores_->mutex);
    use_shared = stores_->shared && !stores_->shared_is_broken;
  }
  if (use_shared) {
    auto added = stores_->shared->add(archive.path, archive.checked, filename, allowances_, session_.workers(), diagnostics);
    if (added && early_sync_ && !added->from_store) early_sync_->note(unpacked_bytes(*added->manifest));
    if (added || !is_about_the_disk(added.error())) return say(std::move(added));
    std::lock_guard lock(stores_->mutex);
    if (!std::exchange(stores_->shared_is_broken, true))
      session_.reporter().warn("no-cache", fmt::format("the cache cannot be written ({}); this run goes on without it", added.error().message));
  }
  {
    std::lock_guard lock(stores_->mutex);
    if (!stores_->own) {
      PIPIT_TRY(const std::filesystem::path scratch, session_.scratch_directory());
      PIPIT_TRY(stores_->own, fetch::WheelStore::temporary(session_.os(), scratch, session_.clock()));
    }
  }
  return say(stores_->own->add(archive.path, archive.checked, filename, allowances_, session_.workers(), diagnostics));
}

void Wheels::forget(const std::string& sha256) {
  if (stores_->shared) static_cast<void>(stores_->shared->forget(sha256));
}

}  // namespace pipit::ops
