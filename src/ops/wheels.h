// Wheels: the store of unpacked wheels of this run: the shared one in the cache, or a private one where there is no cache or
// it cannot be written. Thread-safe: add() is called by workers.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "ops/early_sync.h"
#include "pipit/base/diagnostics.h"
#include "pipit/fetch/archive_fetcher.h"
#include "pipit/fetch/wheel_store.h"
#include "pipit/ops/session.h"
#include "pipit/wheel/prepared_wheel.h"

namespace pipit::ops {

class Wheels {
 public:
  enum class Sync { no, early };
  static Result<std::unique_ptr<Wheels>> open(Session& session, std::vector<std::string> allowances, Sync sync = Sync::no);
  ~Wheels();
  // The wheel whose archive has one of these sha256 digests, if it is stored; `fits` says whether the file is the one wanted.
  std::optional<wheel::PreparedWheel> find(const packaging::Hashes& digests);
  Result<wheel::PreparedWheel> add(const fetch::Archive& archive, const std::string& filename);
  // Forgets what is stored under this digest (it was edited through a link), so that it is made anew.
  void forget(const std::string& sha256);
  // Byte code of a wheel, from the store that can hold it.
  std::optional<fetch::ByteCode> find_code(const wheel::PreparedWheel& wheel, const std::string& key) const;
  Result<fetch::ByteCode> add_code(const wheel::PreparedWheel& wheel, const std::string& key, const std::vector<fetch::ByteCodeFile>& files);
  void forget_code(const wheel::PreparedWheel& wheel, const std::string& key);
  // After a run that added to the cache: what was not used for longest gives way, unless another pipit is at work.
  void keep_below(std::uint64_t size_max_bytes);
  // Did everything that was sent to the disk early arrive there?
  Status early_sync() { return early_sync_ ? early_sync_->status() : ok(); }
  const std::vector<std::string>& allowances() const { return allowances_; }

 private:
  Result<wheel::PreparedWheel> unpack(const fetch::Archive& archive, const std::string& filename);
  Wheels(Session& session, std::vector<std::string> allowances);
  Result<fetch::WheelStore*> own_store();
  Session& session_;
  std::vector<std::string> allowances_;
  struct Stores;
  std::unique_ptr<Stores> stores_;
  std::optional<EarlySync> early_sync_;  // ends before the stores do
};

}  // namespace pipit::ops
