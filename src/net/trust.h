// Whom TLS trusts. Choosing the source is one step (cheap, decided from names and file kinds); loading it into one
// X509_STORE that every connection shares is another. A bundle of 144 roots costs 17 ms to parse, a hashed directory a few
// microseconds, so directories come first among the system's places. A source that was named by the user and cannot be used
// is an error: never a silent fall back to other roots. A machine that has none gets those inside the program, each parsed when
// a chain first needs it (0.1 ms) instead of all at the start. trust.cpp is the one file of this room that sees OpenSSL.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "net/embedded_roots.h"
#include "pipit/base/result.h"
#include "pipit/net/http.h"

namespace pipit::net {

struct TrustSource {
  std::vector<std::string> files;        // PEM bundles
  std::vector<std::string> directories;  // hashed by c_rehash
  EmbeddedRoots inside;                  // those of the program, if they are the ones to use
  std::string chosen_by;                 // "--cert", "SSL_CERT_FILE", "the system"
  std::string describe() const;
};

// Where systems keep their authorities, in the order in which they are looked for, and what serves where there are none.
struct SystemTrust {
  std::vector<std::string> directories;  // hashed by c_rehash
  std::vector<std::string> files;
  EmbeddedRoots inside;
};
SystemTrust system_trust();

// --cert, then SSL_CERT_FILE and SSL_CERT_DIR (together, as OpenSSL reads them), REQUESTS_CA_BUNDLE, CURL_CA_BUNDLE, then the
// system's, then those inside the program.
Result<TrustSource> choose_trust(const HttpOptions& options, const SystemTrust& system = system_trust());

class TrustStore {
 public:
  static Result<TrustStore> load(const TrustSource& source);
  // REQUIRES: ssl_context is an SSL_CTX*. Shares the store with it and sets what every connection needs.
  void attach(void* ssl_context) const;

 private:
  struct Parts;
  std::shared_ptr<Parts> parts_;
};

// Before libcurl: keeps OpenSSL from reading a configuration file of the host.
void initialise_openssl();
// Lower-case hex SHA-256, for cache keys.
std::string sha256_hex(std::string_view bytes);

}  // namespace pipit::net
