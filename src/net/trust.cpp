#include "net/trust.h"

#include <fmt/format.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <openssl/x509_vfy.h>

#include <array>

#include "net/environment.h"
#include "pipit/base/text.h"
#include "pipit/sys/file.h"

namespace pipit::net {

namespace {

constexpr std::array kSystemDirectories = {"/etc/ssl/certs", "/etc/pki/ca-trust/extracted/pem/directory-hash"};
constexpr std::array kSystemFiles = {"/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt",
                                     "/etc/ssl/ca-bundle.pem", "/etc/ssl/cert.pem"};

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

Result<TrustSource> system_trust() {
  TrustSource source;
  source.chosen_by = "the system";
  for (const char* directory : kSystemDirectories)
    if (is_hashed_directory(directory)) {
      source.directories.emplace_back(directory);
      return source;
    }
  for (const char* file : kSystemFiles)
    if (sys::is_regular_file(file)) {
      source.files.emplace_back(file);
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

}  // namespace

std::string TrustSource::describe() const {
  std::string places;
  for (const auto* list : {&files, &directories})
    for (const std::string& path : *list) places += (places.empty() ? "" : ", ") + path;
  return fmt::format("{} (chosen by {})", places, chosen_by);
}

Result<TrustSource> choose_trust(const HttpOptions& options) {
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
  return system_trust();
}

Result<TrustStore> TrustStore::load(const TrustSource& source) {
  TrustStore trust;
  X509_STORE* store = X509_STORE_new();
  if (store == nullptr) return fail(make_error(kInternalError, "OpenSSL cannot make a certificate store"));
  trust.store_ = std::shared_ptr<void>(store, [](void* p) { X509_STORE_free(static_cast<X509_STORE*>(p)); });
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
  SSL_CTX_set1_cert_store(static_cast<SSL_CTX*>(ssl_context), static_cast<X509_STORE*>(store_.get()));
}

void initialise_openssl() { OPENSSL_init_ssl(OPENSSL_INIT_NO_LOAD_CONFIG, nullptr); }

std::string sha256_hex(std::string_view bytes) {
  std::array<std::uint8_t, EVP_MAX_MD_SIZE> digest{};
  unsigned size = 0;
  EVP_Digest(bytes.data(), bytes.size(), digest.data(), &size, EVP_sha256(), nullptr);
  return to_hex({digest.data(), size});
}

}  // namespace pipit::net
