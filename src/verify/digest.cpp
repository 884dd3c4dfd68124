#include "pipit/verify/digest.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>

#include <cstddef>
#include <string_view>
#include <utility>

#include "pipit/base/text.h"

namespace pipit::verify {
namespace {

struct Algorithm {
  std::string_view name;          // as requirements files and indexes spell it
  const char* openssl;
};
constexpr Algorithm kAlgorithms[] = {{"sha256", "SHA2-256"}, {"sha384", "SHA2-384"}, {"sha512", "SHA2-512"}, {"sha224", "SHA2-224"},
                                     {"sha1", "SHA1"},       {"md5", "MD5"},         {"blake2b", "BLAKE2B-512"}};

struct FreeMd {
  void operator()(EVP_MD* md) const { EVP_MD_free(md); }
};
struct FreeContext {
  void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
};
using Md = std::unique_ptr<EVP_MD, FreeMd>;
using Context = std::unique_ptr<EVP_MD_CTX, FreeContext>;

// A host's openssl.cnf must neither break us nor cost 0.35 ms: it is never read.
Md fetch(const char* openssl_name) {
  OPENSSL_init_crypto(OPENSSL_INIT_NO_LOAD_CONFIG, nullptr);
  return Md(EVP_MD_fetch(nullptr, openssl_name, nullptr));
}

// An implementation handle is immutable and looked up once (the first fetch costs 340 us, an implicit one 0.44 us a call).
const EVP_MD* sha256_md() {
  static const Md md = fetch("SHA2-256");
  return md.get();
}

const Algorithm* find_algorithm(std::string_view name) {
  for (const Algorithm& algorithm : kAlgorithms)
    if (algorithm.name == name) return &algorithm;
  return nullptr;
}

struct Running {
  std::string name;
  Md owned;                       // empty for sha256, whose handle is shared
  const EVP_MD* md = nullptr;
  Context context;
};

Error broken_library(std::string_view algorithm) {
  return make_error(kInternalError, "the cryptographic library cannot compute " + std::string(algorithm));
}

std::string hash_line(std::string_view word, const packaging::Hash& hash) {
  std::string line(word);
  line.resize(10, ' ');
  return line + hash.algorithm + " " + hash.hex;
}

const packaging::Hash* same_algorithm(const packaging::Hashes& hashes, const std::string& algorithm) {
  for (const packaging::Hash& hash : hashes)
    if (hash.algorithm == algorithm) return &hash;
  return nullptr;
}

// How one list of demanded hashes compares with what was computed.
struct Comparison {
  bool any_known = false, any_match = false, all_match = true;
};
Comparison compare(const packaging::Hashes& demanded, const packaging::Hashes& computed) {
  Comparison result;
  for (const packaging::Hash& want : demanded) {
    const packaging::Hash* got = same_algorithm(computed, want.algorithm);
    if (got == nullptr) continue;
    result.any_known = true;
    (got->hex == want.hex ? result.any_match : result.all_match) = got->hex == want.hex;
  }
  return result;
}

Error mismatch(const packaging::Hashes& demanded, const packaging::Hashes& computed, std::string message) {
  Error error = make_error(kHashMismatch, std::move(message));
  std::string_view word = "expected";
  packaging::Hashes got;
  for (const packaging::Hash& want : demanded) {
    const packaging::Hash* computed_hash = same_algorithm(computed, want.algorithm);
    if (computed_hash == nullptr) continue;
    error.details.push_back(hash_line(std::exchange(word, "or"), want));
    if (same_algorithm(got, want.algorithm) == nullptr) got.push_back(*computed_hash);
  }
  for (const packaging::Hash& hash : got) error.details.push_back(hash_line("got", hash));
  return error;
}

}  // namespace

Sha256 sha256(Bytes bytes) {
  Sha256 digest{};
  unsigned int size = 0;
  EVP_Digest(bytes.data(), bytes.size(), digest.data(), &size, sha256_md(), nullptr);
  return digest;
}

std::string sha256_hex(Bytes bytes) { return to_hex(sha256(bytes)); }

std::string record_hash(const Sha256& digest) { return "sha256=" + to_base64url(digest); }

struct Hasher::State {
  std::vector<Running> running;  // sha256 first
};

Hasher::Hasher(const std::vector<std::string>& further_algorithms) : state_(std::make_unique<State>()) {
  state_->running.push_back({"sha256", nullptr, sha256_md(), Context(EVP_MD_CTX_new())});
  for (const std::string& name : further_algorithms) {
    const Algorithm* algorithm = find_algorithm(name);
    bool known = false;
    for (const Running& running : state_->running) known = known || running.name == name;
    if (algorithm == nullptr || known) continue;
    Md md = fetch(algorithm->openssl);
    if (md == nullptr) continue;  // a build of the library without md5, say: the same as an unknown algorithm
    const EVP_MD* handle = md.get();
    state_->running.push_back({name, std::move(md), handle, Context(EVP_MD_CTX_new())});
  }
  reset();
}
Hasher::Hasher(Hasher&&) noexcept = default;
Hasher::~Hasher() = default;

Status Hasher::write(Bytes bytes) {
  for (Running& running : state_->running)
    if (EVP_DigestUpdate(running.context.get(), bytes.data(), bytes.size()) != 1) return fail(broken_library(running.name));
  return ok();
}

void Hasher::reset() {
  for (Running& running : state_->running) EVP_DigestInit_ex2(running.context.get(), running.md, nullptr);
}

packaging::Hashes Hasher::finish() {
  packaging::Hashes hashes;
  for (Running& running : state_->running) {
    std::array<std::uint8_t, EVP_MAX_MD_SIZE> digest{};
    unsigned int size = 0;
    EVP_DigestFinal_ex(running.context.get(), digest.data(), &size);
    hashes.push_back({running.name, to_hex(std::span(digest.data(), size))});
  }
  return hashes;
}

Sha256 Hasher::finish_sha256() {
  Sha256 digest{};
  unsigned int size = 0;
  EVP_DigestFinal_ex(state_->running.front().context.get(), digest.data(), &size);
  return digest;
}

std::string Checked::sha256_hex() const {
  const packaging::Hash* hash = same_algorithm(digests_, "sha256");
  return hash == nullptr ? std::string() : hash->hex;
}

Result<Checked> check(packaging::Hashes computed, const Promise& promise, const std::string& what) {
  if (!promise.required.empty()) {
    const Comparison required = compare(promise.required, computed);
    if (!required.any_known)
      return fail(make_error(kUnsupportedHash, what + " cannot be checked: none of its required hashes uses an algorithm that was computed"));
    if (!required.any_match) return fail(mismatch(promise.required, computed, what + " is not the file that was promised"));
  }
  const Comparison advertised = compare(promise.advertised, computed);
  if (!advertised.all_match) return fail(mismatch(promise.advertised, computed, what + " is not the file that the index advertises"));
  Checked::Basis basis = Checked::Basis::none;
  if (!promise.required.empty()) basis = Checked::Basis::required;
  else if (advertised.any_known) basis = Checked::Basis::advertised;
  return Checked(std::move(computed), basis);
}

}  // namespace pipit::verify
