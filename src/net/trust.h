// Whom TLS trusts. Choosing the source is one step (cheap, decided from names and file kinds); loading it into one
// X509_STORE that every connection shares is another. A bundle of 144 roots costs 17 ms to parse, a hashed directory a few
// microseconds, so directories come first among the system's places. A source that was named by the user and cannot be used
// is an error: never a silent fall back to other roots. trust.cpp is the one file of this room that sees OpenSSL.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "pipit/base/result.h"
#include "pipit/net/http.h"

namespace pipit::net {

struct TrustSource {
  std::vector<std::string> files;        // PEM bundles
  std::vector<std::string> directories;  // hashed by c_rehash
  std::string chosen_by;                 // "--cert", "SSL_CERT_FILE", "the system"
  std::string describe() const;
};

// --cert, then SSL_CERT_FILE and SSL_CERT_DIR (together, as OpenSSL reads them), REQUESTS_CA_BUNDLE, CURL_CA_BUNDLE, then the
// places where systems keep theirs.
Result<TrustSource> choose_trust(const HttpOptions& options);

class TrustStore {
 public:
  static Result<TrustStore> load(const TrustSource& source);
  // REQUIRES: ssl_context is an SSL_CTX*. Shares the store with it and sets what every connection needs.
  void attach(void* ssl_context) const;

 private:
  std::shared_ptr<void> store_;  // X509_STORE
};

// Before libcurl: keeps OpenSSL from reading a configuration file of the host.
void initialise_openssl();
// Lower-case hex SHA-256, for cache keys.
std::string sha256_hex(std::string_view bytes);

}  // namespace pipit::net
