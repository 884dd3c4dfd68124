#include "pipit/net/about.h"

#include <curl/curl.h>
#include <fmt/format.h>

#include "net/embedded_roots.h"
#include "pipit/base/text.h"

namespace pipit::net {

namespace {

// "OpenSSL/3.0.22", "brotli/1.0.9", or a bare "1.2.13" whose name is known.
void add(std::vector<std::string>& lines, const char* text, std::string_view name = {}) {
  if (text == nullptr) return;
  std::string line = name.empty() ? std::string(text) : fmt::format("{} {}", name, text);
  if (const auto slash = line.find('/'); slash != std::string::npos) line[slash] = ' ';
  lines.push_back(std::move(line));
}

}  // namespace

std::vector<std::string> library_versions() {
  const curl_version_info_data* curl = curl_version_info(CURLVERSION_NOW);
  std::vector<std::string> lines;
  add(lines, curl->version, "libcurl");
  add(lines, curl->ssl_version);
  add(lines, curl->libz_version, "zlib");
  if (curl->age >= CURLVERSION_SECOND) add(lines, curl->ares, "c-ares");
  if (curl->age >= CURLVERSION_FIFTH) add(lines, curl->brotli_version, "brotli");
  if (curl->age >= CURLVERSION_SIXTH) add(lines, curl->nghttp2_version, "nghttp2");
  if (curl->age >= CURLVERSION_NINTH) add(lines, curl->zstd_version, "zstd");
  if (const EmbeddedRoots inside = embedded_roots(); !inside.roots.empty())
    lines.push_back(fmt::format("{} ({} roots)", inside.label, inside.roots.size()));
  return lines;
}

}  // namespace pipit::net
