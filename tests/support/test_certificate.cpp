#include "support/test_certificate.h"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <cstdio>
#include <memory>
#include <stdexcept>

namespace pipit::test {

namespace {

constexpr long kDay = 24 * 3600;

template <auto Free>
struct Freer {
  template <class T>
  void operator()(T* object) const {
    Free(object);
  }
};
using Key = std::unique_ptr<EVP_PKEY, Freer<EVP_PKEY_free>>;
using Certificate = std::unique_ptr<X509, Freer<X509_free>>;
using Bio = std::unique_ptr<BIO, Freer<BIO_vfree>>;

[[noreturn]] void broken() { throw std::runtime_error("OpenSSL cannot make a test certificate"); }

Key new_key() {
  Key key(EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", "P-256"));
  if (!key) broken();
  return key;
}

void add_extension(X509* certificate, X509* issuer, int id, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, &context, id, value.c_str());
  if (extension == nullptr) broken();
  X509_add_ext(certificate, extension, -1);
  X509_EXTENSION_free(extension);
}

struct Plan {
  std::string name;
  long from = -kDay, until = 30 * kDay;
  bool authority = false;
  std::string alternative_names;
};

Certificate issue(const Plan& plan, EVP_PKEY* key, X509* issuer, EVP_PKEY* issuer_key) {
  static long serial = 1000;
  Certificate certificate(X509_new());
  X509* x = certificate.get();
  X509_set_version(x, 2);
  ASN1_INTEGER_set(X509_get_serialNumber(x), ++serial);
  X509_gmtime_adj(X509_getm_notBefore(x), plan.from);
  X509_gmtime_adj(X509_getm_notAfter(x), plan.until);
  X509_set_pubkey(x, key);
  X509_NAME* name = X509_get_subject_name(x);
  X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8, reinterpret_cast<const unsigned char*>(plan.name.c_str()), -1, -1, 0);
  X509_set_issuer_name(x, issuer != nullptr ? X509_get_subject_name(issuer) : name);
  X509* parent = issuer != nullptr ? issuer : x;
  add_extension(x, parent, NID_basic_constraints, plan.authority ? "critical,CA:TRUE" : "critical,CA:FALSE");
  if (plan.authority) add_extension(x, parent, NID_key_usage, "critical,keyCertSign,cRLSign");
  if (!plan.alternative_names.empty()) add_extension(x, parent, NID_subject_alt_name, plan.alternative_names);
  if (X509_sign(x, issuer_key, EVP_sha256()) == 0) broken();
  return certificate;
}

std::string text_of(const Bio& bio) {
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio.get(), &data);
  return {data, static_cast<std::size_t>(size)};
}

std::string pem_of(X509* certificate) {
  Bio bio(BIO_new(BIO_s_mem()));
  PEM_write_bio_X509(bio.get(), certificate);
  return text_of(bio);
}

std::string pem_of(EVP_PKEY* key) {
  Bio bio(BIO_new(BIO_s_mem()));
  PEM_write_bio_PrivateKey(bio.get(), key, nullptr, nullptr, 0, nullptr, nullptr);
  return text_of(bio);
}

Certificate certificate_from(const std::string& pem) {
  Bio bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  return Certificate(PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr));
}

}  // namespace

TestCertificate TestCertificate::make(const Flaw& flaw) {
  const Key authority_key = new_key(), key = new_key(), client_key = new_key();
  Plan root{"pipit test authority", -kDay, 30 * kDay, true, ""};
  const Certificate authority = issue(root, authority_key.get(), nullptr, authority_key.get());
  Plan leaf{flaw.host, flaw.not_yet_valid ? 10 * kDay : -2 * kDay, flaw.expired ? -kDay : 20 * kDay, false, ""};
  leaf.alternative_names = flaw.wrong_host ? "DNS:elsewhere.example" : "DNS:" + flaw.host + ",IP:127.0.0.1";
  const Certificate server = flaw.self_signed ? issue(leaf, key.get(), nullptr, key.get())
                                              : issue(leaf, key.get(), authority.get(), authority_key.get());
  Plan person{"client", -kDay, 20 * kDay, false, ""};
  const Certificate client = issue(person, client_key.get(), authority.get(), authority_key.get());
  TestCertificate made;
  made.authority_pem = pem_of(authority.get());
  char hash[16];
  std::snprintf(hash, sizeof hash, "%08lx", X509_subject_name_hash(authority.get()));
  made.authority_hash = hash;
  made.certificate_pem = pem_of(server.get());
  made.key_pem = pem_of(key.get());
  made.client_pem = pem_of(client.get()) + pem_of(client_key.get());
  made.old_protocol = flaw.old_protocol;
  return made;
}

SSL_CTX* server_context(const TestCertificate& certificate) {
  OPENSSL_init_ssl(OPENSSL_INIT_NO_LOAD_CONFIG, nullptr);
  SSL_CTX* context = SSL_CTX_new(TLS_server_method());
  Bio key_bio(BIO_new_mem_buf(certificate.key_pem.data(), static_cast<int>(certificate.key_pem.size())));
  const Key key(PEM_read_bio_PrivateKey(key_bio.get(), nullptr, nullptr, nullptr));
  const Certificate shown = certificate_from(certificate.certificate_pem);
  if (certificate.old_protocol) {
    SSL_CTX_set_security_level(context, 0);
    SSL_CTX_set_min_proto_version(context, TLS1_VERSION);
    SSL_CTX_set_max_proto_version(context, TLS1_1_VERSION);
  }
  if (SSL_CTX_use_certificate(context, shown.get()) != 1 || SSL_CTX_use_PrivateKey(context, key.get()) != 1) broken();
  if (!certificate.wants_client_certificate) return context;
  const Certificate authority = certificate_from(certificate.authority_pem);
  X509_STORE_add_cert(SSL_CTX_get_cert_store(context), authority.get());
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
  return context;
}

}  // namespace pipit::test
