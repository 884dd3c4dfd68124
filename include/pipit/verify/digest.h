// Digests, and the one token that says "this is the byte string we were promised". Wraps OpenSSL. A Hasher belongs to one
// thread at a time. Checked can be minted only here: install takes only wheels that carry one, so that forgetting the
// check does not compile.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "pipit/base/result.h"
#include "pipit/base/sink.h"
#include "pipit/packaging/hash.h"

namespace pipit::verify {

inline constexpr ErrorCode kHashMismatch{"hash-mismatch"};
inline constexpr ErrorCode kUnsupportedHash{"unsupported-hash"};

using Sha256 = std::array<std::uint8_t, 32>;
Sha256 sha256(Bytes bytes);
std::string sha256_hex(Bytes bytes);
std::string record_hash(const Sha256& digest);  // "sha256=<base64url without padding>"

// Computes sha256 and whatever other algorithms are wanted in one pass. Algorithms: sha256 sha384 sha512 sha224 sha1 md5
// blake2b (for checking what an index advertises); others are ignored.
class Hasher final : public Sink {
 public:
  explicit Hasher(const std::vector<std::string>& further_algorithms = {});
  Hasher(Hasher&&) noexcept;
  ~Hasher() override;
  Status write(Bytes bytes) override;
  void reset();
  packaging::Hashes finish();       // sha256 first; reset() before the next stream
  Sha256 finish_sha256();           // the same for sha256 alone, without text
 private:
  struct State;
  std::unique_ptr<State> state_;
};

// What is demanded of an archive. `required`: the user's (any one match suffices); `advertised`: the index's (every
// algorithm that we know must match: it guards against corruption and lies).
struct Promise {
  packaging::Hashes required;
  packaging::Hashes advertised;
};

// Proof that an archive was checked: its digests, and what they were checked against. Not constructible elsewhere.
class Checked {
 public:
  enum class Basis { required, advertised, none };  // none: accepted without a digest by policy, on the record
  const packaging::Hashes& digests() const { return digests_; }  // computed; sha256 first
  std::string sha256_hex() const;
  Basis basis() const { return basis_; }

 private:
  friend Result<Checked> check(packaging::Hashes, const Promise&, const std::string&);
  Checked(packaging::Hashes digests, Basis basis) : digests_(std::move(digests)), basis_(basis) {}
  packaging::Hashes digests_;
  Basis basis_;
};

// Compares; fails with hash-mismatch (details: expected and got lines).
Result<Checked> check(packaging::Hashes computed, const Promise& promise, const std::string& what);

}  // namespace pipit::verify
