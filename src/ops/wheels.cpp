#include "ops/wheels.h"

#include <fmt/format.h>

#include <atomic>
#include <cerrno>
#include <mutex>
#include <numeric>

#include "pipit/sys/file.h"

namespace pipit::ops {

struct Wheels::Stores {
  std::unique_ptr<fetch::WheelStore> shared, own;
  std::mutex mutex;  // guards the making of `own` and what is said
  bool shared_is_broken = false;
  std::atomic<std::uint64_t> added_bytes{0};  // to the shared one
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
      if (sync == Sync::early && shared->writable()) {
        shared->flush_soon();
        wheels->early_sync_.emplace([shared] { return shared->sync(); });
      }
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
    if (added && !added->from_store) {
      const std::uint64_t bytes = unpacked_bytes(*added->manifest);
      stores_->added_bytes += bytes;
      if (early_sync_) early_sync_->note(bytes);
    }
    if (added || !is_about_the_disk(added.error())) return say(std::move(added));
    std::lock_guard lock(stores_->mutex);
    if (!std::exchange(stores_->shared_is_broken, true))
      session_.reporter().warn("no-cache", fmt::format("the cache cannot be written ({}); this run goes on without it", added.error().message));
  }
  PIPIT_TRY(fetch::WheelStore * own, own_store());
  return say(own->add(archive.path, archive.checked, filename, allowances_, session_.workers(), diagnostics));
}

Result<fetch::WheelStore*> Wheels::own_store() {
  std::lock_guard lock(stores_->mutex);
  if (!stores_->own) {
    PIPIT_TRY(const std::filesystem::path scratch, session_.scratch_directory());
    PIPIT_TRY(stores_->own, fetch::WheelStore::temporary(session_.os(), scratch, session_.clock()));
  }
  return stores_->own.get();
}

std::optional<fetch::ByteCode> Wheels::find_code(const wheel::PreparedWheel& wheel, const std::string& key) const {
  for (const auto* store : {&stores_->shared, &stores_->own})
    if (*store)
      if (auto found = (*store)->find_code(wheel.manifest->archive_sha256, key)) return found;
  return std::nullopt;
}

Result<fetch::ByteCode> Wheels::add_code(const wheel::PreparedWheel& wheel, const std::string& key, const std::vector<fetch::ByteCodeFile>& files) {
  const bool is_shared = stores_->shared && wheel.tree.native().starts_with(stores_->shared->path().native() + "/");
  if (is_shared && stores_->shared->writable()) {
    auto added = stores_->shared->add_code(*wheel.manifest, key, files);
    if (added)
      for (const fetch::ByteCodeFile& file : files) stores_->added_bytes += file.bytes.size();
    if (added || session_.stop().stop_requested()) return added;
    session_.reporter().debug("byte code is not kept: " + added.error().message);
  }
  PIPIT_TRY(fetch::WheelStore * own, own_store());
  return own->add_code(*wheel.manifest, key, files);
}

void Wheels::forget_code(const wheel::PreparedWheel& wheel, const std::string& key) {
  if (stores_->shared) static_cast<void>(stores_->shared->forget_code(wheel.manifest->archive_sha256, key));
}

void Wheels::keep_below(std::uint64_t size_max_bytes) {
  if (!stores_->shared || stores_->added_bytes == 0) return;
  if (Status kept = stores_->shared->keep_below(size_max_bytes, stores_->added_bytes.exchange(0)); !kept)
    session_.reporter().debug("the cache was not cut to its size: " + kept.error().message);
}

void Wheels::forget(const std::string& sha256) {
  if (stores_->shared) static_cast<void>(stores_->shared->forget(sha256));
}

}  // namespace pipit::ops
