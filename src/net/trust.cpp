#include "net/trust.h"

#include <fmt/format.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <openssl/x509_vfy.h>

#include <algorithm>
#include <array>

#include "net/environment.h"
#include "pipit/base/text.h"
#include "pipit/sys/file.h"

namespace pipit::net {

namespace {

Error unusable(std::string_view chosen_by, const std::string& path, std::string_view why) {
  const std::string named = path.empty() ? std::string(chosen_by) : fmt::format("{} (`{}`)", chosen_by, path);
  return make_error(kTrustUnusable, fmt::format("the certificate authorities named by {} cannot be used: {}", named, why))
      .hint("connections are refused rather than checked against other authorities; correct the path or unset it");
}

// What OpenSSL's directory look-up finds: eight hex digits of the subject's hash, a dot, a number.
bool is_hash_link(std::string_view name) {
  return name.size() >= 10 && name[8] == '.' && name.substr(0, 8).find_first_not_of("0123456789abcdef") == std::string::npos;
}

bool is_hashed_directory(const std::string& path) {
  if (!sys::is_directory(path)) return false;
  const auto entries = sys::list_directory(path);
  if (!entries) return false;
  for (const sys::DirEntry& entry : *entries)
    if (is_hash_link(entry.name)) return true;
  return false;
}

Status add_path(TrustSource& source, std::string_view chosen_by, const std::string& path, bool file_wanted, bool directory_wanted) {
  if (path.empty()) return fail(unusable(chosen_by, path, "it is set but empty"));
  auto stat = sys::stat_path(path);
  if (!stat) return fail(unusable(chosen_by, path, stat.error().message));
  if (!*stat) return fail(unusable(chosen_by, path, "there is no such file or directory"));
  const bool directory = (*stat)->kind == sys::FileStat::Kind::directory;
  if (directory && !directory_wanted) return fail(unusable(chosen_by, path, "it is a directory"));
  if (!directory && !file_wanted) return fail(unusable(chosen_by, path, "it is not a directory"));
  if (directory && !is_hashed_directory(path))
    return fail(unusable(chosen_by, path, "the directory holds no certificate under its hash (see `openssl rehash`)"));
  (directory ? source.directories : source.files).push_back(path);
  source.chosen_by = source.chosen_by.empty() ? std::string(chosen_by) : source.chosen_by + " and " + std::string(chosen_by);
  return ok();
}

Result<TrustSource> openssl_variables(const std::optional<std::string>& file, const std::optional<std::string>& directory) {
  TrustSource source;
  if (file) PIPIT_CHECK(add_path(source, "SSL_CERT_FILE", *file, true, false));
  if (!directory) return source;
  if (directory->empty()) return fail(unusable("SSL_CERT_DIR", *directory, "it is set but empty"));
  source.chosen_by = file ? "SSL_CERT_FILE and SSL_CERT_DIR" : "SSL_CERT_DIR";
  for (std::string_view one : split(*directory, ':')) {
    TrustSource part;
    PIPIT_CHECK(add_path(part, "SSL_CERT_DIR", std::string(one), false, true));
    source.directories.insert(source.directories.end(), part.directories.begin(), part.directories.end());
  }
  return source;
}

Result<TrustSource> trust_of(const SystemTrust& system) {
  TrustSource source;
  source.chosen_by = "the system";
  for (const std::string& directory : system.directories)
    if (is_hashed_directory(directory)) {
      source.directories.push_back(directory);
      return source;
    }
  for (const std::string& file : system.files)
    if (sys::is_regular_file(file)) {
      source.files.push_back(file);
      return source;
    }
  if (!system.inside.roots.empty()) {
    source.inside = system.inside;
    source.chosen_by = "pipit, as this machine has none";
    return source;
  }
  return fail(make_error(kTrustUnusable, "this machine has no list of trusted certificate authorities, so no https host can be checked")
                  .hint("install the package ca-certificates, or name a bundle with --cert"));
}

std::string openssl_reason() {
  const unsigned long code = ERR_peek_last_error();
  std::array<char, 256> text{};
  ERR_error_string_n(code, text.data(), text.size());
  ERR_clear_error();
  return code == 0 ? "it holds no certificate" : std::string(text.data());
}

X509* parse(const EmbeddedRoot& root) {
  const unsigned char* at = root.der.data();
  return d2i_X509(nullptr, &at, static_cast<long>(root.der.size()));
}

// The one that a store holds under a name, borrowed; null if there is none.
X509* find_in(X509_STORE* store, const X509_NAME* name) {
  X509_STORE_lock(store);
  const X509_OBJECT* found = X509_OBJECT_retrieve_by_subject(X509_STORE_get0_objects(store), X509_LU_X509, name);
  X509* certificate = found == nullptr ? nullptr : X509_OBJECT_get0_X509(found);
  X509_STORE_unlock(store);
  return certificate;
}

// OpenSSL asks by subject. Every root of that name goes into the store, which owns them from then on; the answer is one of
// them, borrowed from the store.
int find_inside(X509_LOOKUP* lookup, X509_LOOKUP_TYPE type, const X509_NAME* name, X509_OBJECT* answer) {
  if (type != X509_LU_X509) return 0;
  const auto* inside = static_cast<const EmbeddedRoots*>(X509_LOOKUP_get_method_data(lookup));
  X509_STORE* store = X509_LOOKUP_get_store(lookup);
  int known = 0;
  const auto hash = static_cast<std::uint32_t>(X509_NAME_hash_ex(name, nullptr, nullptr, &known));
  auto root = std::lower_bound(inside->roots.begin(), inside->roots.end(), hash,
                               [](const EmbeddedRoot& one, std::uint32_t wanted) { return one.subject_hash < wanted; });
  for (; known == 1 && root != inside->roots.end() && root->subject_hash == hash; ++root) {
    X509* certificate = parse(*root);
    if (certificate != nullptr && X509_NAME_cmp(X509_get_subject_name(certificate), name) == 0) X509_STORE_add_cert(store, certificate);
    X509_free(certificate);
  }
  ERR_clear_error();
  X509* found = find_in(store, name);
  if (found == nullptr || X509_OBJECT_set1_X509(answer, found) != 1) return 0;
  X509_free(found);  // set1 took a reference that the borrower of the answer will not give back
  return 1;
}

}  // namespace

SystemTrust system_trust() {
  return {{"/etc/ssl/certs", "/etc/pki/ca-trust/extracted/pem/directory-hash", "/etc/pki/tls/certs"},
          {"/etc/ssl/certs/ca-certificates.crt",                 // Debian, Arch, Gentoo
           "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",  // Fedora, RHEL
           "/etc/pki/tls/certs/ca-bundle.crt",                   // older Fedora and RHEL
           "/etc/ssl/ca-bundle.pem",                             // openSUSE
           "/etc/ssl/certs/ca-bundle.crt",                       // NixOS
           "/etc/ca-certificates/extracted/tls-ca-bundle.pem",   // Arch
           "/etc/ssl/cert.pem",                                  // Alpine
           "/usr/local/share/certs/ca-root-nss.crt"},
          embedded_roots()};
}

std::string TrustSource::describe() const {
  std::string places = inside.roots.empty() ? "" : fmt::format("{} roots of {}", inside.roots.size(), inside.label);
  for (const auto* list : {&files, &directories})
    for (const std::string& path : *list) places += (places.empty() ? "" : ", ") + path;
  return fmt::format("{} (chosen by {})", places, chosen_by);
}

Result<TrustSource> choose_trust(const HttpOptions& options, const SystemTrust& system) {
  TrustSource source;
  if (!options.ca_file.empty()) {
    PIPIT_CHECK(add_path(source, "--cert", options.ca_file, true, true));
    return source;
  }
  const auto file = environment_value(options.environment, "SSL_CERT_FILE");
  const auto directory = environment_value(options.environment, "SSL_CERT_DIR");
  if (file || directory) return openssl_variables(file, directory);
  for (const char* name : {"REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"})
    if (const auto value = environment_value(options.environment, name)) {
      PIPIT_CHECK(add_path(source, name, *value, true, true));
      return source;
    }
  return trust_of(system);
}

// The store and what its look-up needs for as long as it lives.
struct TrustStore::Parts {
  X509_STORE* store = X509_STORE_new();
  X509_LOOKUP_METHOD* method = X509_LOOKUP_meth_new("roots inside pipit");
  EmbeddedRoots inside;
  Parts() = default;
  Parts(const Parts&) = delete;
  Parts& operator=(const Parts&) = delete;
  ~Parts() {
    X509_STORE_free(store);
    X509_LOOKUP_meth_free(method);
  }
  bool look_inside(const EmbeddedRoots& roots) {
    inside = roots;
    if (X509_LOOKUP_meth_set_get_by_subject(method, &find_inside) != 1) return false;
    X509_LOOKUP* lookup = X509_STORE_add_lookup(store, method);
    return lookup != nullptr && X509_LOOKUP_set_method_data(lookup, &inside) == 1;
  }
};

Result<TrustStore> TrustStore::load(const TrustSource& source) {
  TrustStore trust;
  trust.parts_ = std::make_shared<Parts>();
  X509_STORE* store = trust.parts_->store;
  const bool made = store != nullptr && trust.parts_->method != nullptr;
  if (!made || (!source.inside.roots.empty() && !trust.parts_->look_inside(source.inside)))
    return fail(make_error(kInternalError, "OpenSSL cannot make a certificate store"));
  // A root whose issuer is absent is still an anchor when the user put it there (an intermediate in --cert).
  X509_STORE_set_flags(store, X509_V_FLAG_TRUSTED_FIRST | X509_V_FLAG_PARTIAL_CHAIN);
  for (const std::string& path : source.files) {
    ERR_clear_error();
    X509_LOOKUP* lookup = X509_STORE_add_lookup(store, X509_LOOKUP_file());
    if (lookup == nullptr || X509_load_cert_crl_file(lookup, path.c_str(), X509_FILETYPE_PEM) <= 0)
      return fail(unusable(source.chosen_by, path, openssl_reason()));
  }
  for (const std::string& path : source.directories) {
    X509_LOOKUP* lookup = X509_STORE_add_lookup(store, X509_LOOKUP_hash_dir());
    if (lookup == nullptr || X509_LOOKUP_add_dir(lookup, path.c_str(), X509_FILETYPE_PEM) <= 0)
      return fail(unusable(source.chosen_by, path, openssl_reason()));
  }
  return trust;
}

void TrustStore::attach(void* ssl_context) const {
  SSL_CTX_set1_cert_store(static_cast<SSL_CTX*>(ssl_context), parts_->store);
}

void initialise_openssl() { OPENSSL_init_ssl(OPENSSL_INIT_NO_LOAD_CONFIG, nullptr); }

std::string sha256_hex(std::string_view bytes) {
  std::array<std::uint8_t, EVP_MAX_MD_SIZE> digest{};
  unsigned size = 0;
  EVP_Digest(bytes.data(), bytes.size(), digest.data(), &size, EVP_sha256(), nullptr);
  return to_hex({digest.data(), size});
}

}  // namespace pipit::net
