#include <array>
#include <cstdint>

#include "bench/bench.h"
#include "bench/linear.h"
#include "pipit/archive/zip_directory.h"
#include "pipit/index/packed_page.h"
#include "pipit/index/simple_parser.h"
#include "pipit/wheel/manifest.h"

namespace pipit::bench {
namespace {

using namespace index;

const Url& page_url() {
  static const Url url = *Url::parse("https://index.example/simple/demo/");
  return url;
}

void json_page(std::string_view text) {
  const auto page = parse_simple_json(text, page_url());
  if (page) keep(PackedPage::from_bytes(PackedPage::pack(*page, "demo", {"u", page_url().str(), "i"})));
}
void pypi_json(std::string_view text) {
  keep(parse_pypi_json(text, page_url(), PypiDocument::project));
  keep(parse_pypi_json(text, page_url(), PypiDocument::release));
}
void html_page(std::string_view text) { keep(parse_simple_html(text, page_url())); }
void latin_page(std::string_view text) { keep(parse_simple_html(text, page_url(), "iso-8859-1")); }
void url(std::string_view text) {
  const auto parsed = Url::parse(text);
  if (parsed) keep(parsed->str());
  keep(page_url().join(text));
}
void zip(std::string_view text) { keep(archive::ZipDirectory::read(as_bytes_view(text), "a.zip")); }
void manifest(std::string_view text) { keep(wheel::Manifest::from_bytes(std::string(text))); }

void put(std::string& out, std::uint64_t value, int bytes) {
  for (int i = 0; i < bytes; ++i) out += static_cast<char>(value >> (8 * i));
}

// The part that both headers of an empty, stored member share.
void put_member(std::string& out, std::size_t name_size) {
  put(out, 20, 2);                      // version needed
  for (int i = 0; i < 4; ++i) put(out, i == 3 ? 0x21 : 0, 2);  // flags, method, time, date
  for (int i = 0; i < 3; ++i) put(out, 0, 4);  // CRC, both sizes
  put(out, name_size, 2);
  put(out, 0, 2);  // extra
}

std::string zip_with(std::size_t size, const std::string& prefix) {
  std::string locals, central;
  std::size_t members = 0;
  while (locals.size() + central.size() < size) {
    const std::string name = prefix + std::to_string(members++);
    const std::size_t offset = locals.size();
    put(locals, 0x04034b50, 4);
    put_member(locals, name.size());
    locals += name;
    put(central, 0x02014b50, 4);
    put(central, 20, 2);
    put_member(central, name.size());
    for (int i = 0; i < 3; ++i) put(central, 0, 2);  // comment, disk, internal attributes
    put(central, 0100644u << 16, 4);
    put(central, offset, 4);
    central += name;
  }
  const std::size_t start = locals.size(), length = central.size();
  std::string out = std::move(locals) + central;
  put(out, 0x06054b50, 4);
  put(out, 0, 4);
  for (int i = 0; i < 2; ++i) put(out, members, 2);
  put(out, length, 4);
  put(out, start, 4);
  put(out, 0, 2);
  return out;
}

std::string flat_zip(std::size_t size) { return zip_with(size, std::string(120, 'a')); }
std::string deep_zip(std::size_t size) {
  std::string prefix;
  for (int i = 0; i < 60; ++i) prefix += "a/";
  return zip_with(size, prefix);
}

std::string manifest_bytes(std::size_t size) {
  wheel::Manifest out;
  out.filename = "a-1-py3-none-any.whl";
  out.name = "a";
  out.version = "1";
  out.dist_info = "a-1.dist-info";
  out.archive_sha256.assign(64, '0');
  TextPool texts;
  for (std::size_t bytes = 0; bytes < size; bytes += 200) {
    const std::string_view path = texts.keep("a/" + std::to_string(bytes) + ".py");
    out.files.push_back({path, 0, false, "sha256=47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU", 0});
    out.record.push_back({path, "sha256=47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU", "0"});
  }
  return out.to_bytes();
}

constexpr std::string_view kJson = R"({"meta": {"api-version": "1.1"}, "name": "demo", "versions": [], "files": [)";

constexpr std::array kRows{
    LinearRow{"JSON page: files", kJson, R"({"filename": "demo-1.tar.gz", "url": "demo-1.{}.tar.gz", "hashes": {"sha256": "00"}, "size": 1},)",
              R"({"filename": "demo-1.tar.gz", "url": "demo-1.tar.gz", "hashes": {}, "size": 1}]})", json_page},
    LinearRow{"JSON page: bad files", kJson, R"({"filename": "a/b", "url": "ftp://h/a/b"},)", "{}]}", json_page},
    LinearRow{"JSON page: versions", R"({"meta": {"api-version": "1.1"}, "name": "demo", "files": [], "versions": [)", "\"1.{}\",", "\"1\"]}", json_page},
    LinearRow{"JSON page: one name", R"({"meta": {"api-version": "1.1"}, "files": [], "name": ")", "a", "\"}", json_page},
    LinearRow{"JSON page: unknown keys", R"({"meta": {"api-version": "1.1"}, "name": "demo", "files": [])", ", \"a{}\": 1", "}", json_page},
    LinearRow{"JSON page: hashes of one file", R"({"meta": {"api-version": "1.1"}, "name": "demo", "files": [{"filename": "a-1.zip", "url": "a-1.zip", "hashes": {"md5": "0")",
              ", \"a{}\": \"0\"", "}}]}", json_page},
    LinearRow{"JSON page: open arrays", "", "[", "", json_page},
    LinearRow{"JSON page: open objects", "", "{\"a\":", "", json_page},
    LinearRow{"JSON page: digits", "{\"a\": ", "1", "}", json_page},
    LinearRow{"JSON page: blanks", "", " ", "{}", json_page},
    LinearRow{"PyPI document: files", R"({"info": {"name": "demo", "version": "1"}, "releases": {"1": [)", R"({"filename": "demo-1.tar.gz", "url": "https://h/demo-1.tar.gz", "digests": {}},)",
              R"({"filename": "demo-1.tar.gz", "url": "https://h/demo-1.tar.gz", "digests": {}}]}})", pypi_json},
    LinearRow{"PyPI document: releases", R"({"info": {"name": "demo", "version": "1"}, "releases": {"1": [])", ", \"1.{}\": []", "}}", pypi_json},
    LinearRow{"HTML page: links", "<!DOCTYPE html><html><body>", "<a href=\"demo-1.{}.tar.gz#sha256=00\">demo-1.tar.gz</a>\n", "</body></html>", html_page},
    LinearRow{"HTML page: empty links", "<!DOCTYPE html>", "<a>", "", html_page},
    LinearRow{"HTML page: open tags", "<!DOCTYPE html>", "<a ", "", html_page},
    LinearRow{"HTML page: less-than signs", "<!DOCTYPE html>", "<", "", html_page},
    LinearRow{"HTML page: open comments", "<!DOCTYPE html>", "<!--", "", html_page},
    LinearRow{"HTML page: dashes of a comment", "<!DOCTYPE html><!--", "-", "", html_page},
    LinearRow{"HTML page: attributes", "<!DOCTYPE html><a ", "b{}=c ", ">", html_page},
    LinearRow{"HTML page: one attribute", "<!DOCTYPE html><a href='", "a", "'>", html_page},
    LinearRow{"HTML page: unclosed attribute", "<!DOCTYPE html><a href='", "<a href=", "", html_page},
    LinearRow{"HTML page: entities", "<!DOCTYPE html><a href='", "&amp;", "'>", html_page},
    LinearRow{"HTML page: open entities", "<!DOCTYPE html><a href='", "&#x", "'>", html_page},
    LinearRow{"HTML page: open scripts", "<!DOCTYPE html>", "<script>", "", html_page},
    LinearRow{"HTML page: declarations", "", "<!DOCTYPE html>", "", html_page},
    LinearRow{"HTML page: instructions", "<!DOCTYPE html>", "<?", "", html_page},
    LinearRow{"HTML page: blanks", "", " ", "<!DOCTYPE html>", html_page},
    LinearRow{"HTML page: bases", "<!DOCTYPE html>", "<base href='https://h/{}/'>", "", html_page},
    LinearRow{"HTML page: meta tags", "<!DOCTYPE html>", "<meta name=a content=b>", "", html_page},
    LinearRow{"HTML page: Latin-1", "<!DOCTYPE html>", "\xE9", "", latin_page},
    LinearRow{"URL: path", "https://h/", "a/", "", url},
    LinearRow{"URL: path up and down", "https://h/", "a/../", "", url},
    LinearRow{"URL: path up", "", "../", "", url},
    LinearRow{"URL: dots", "https://h/", "./", "", url},
    LinearRow{"URL: host", "https://", "a.", "", url},
    LinearRow{"URL: user", "https://", "a:@", "h/", url},
    LinearRow{"URL: percent signs", "https://h/", "%41", "", url},
    LinearRow{"URL: number signs", "https://h/", "#?", "", url},
    LinearRow{"zip: members", "", "", "", zip, flat_zip},
    LinearRow{"zip: deep members", "", "", "", zip, deep_zip},
    LinearRow{"zip: zeros", "", {"\0", 1}, "", zip},
    LinearRow{"zip: ends", "", {"PK\5\6", 4}, "", zip},
    LinearRow{"zip: headers", "", {"PK\3\4", 4}, "", zip},
    LinearRow{"manifest: files", "", "", "", manifest, manifest_bytes},
    LinearRow{"manifest: zeros", "", {"\0", 1}, "", manifest},
};

}  // namespace

std::span<const LinearRow> archive_rows() { return kRows; }

}  // namespace pipit::bench
