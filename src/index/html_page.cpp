// PEP 503 pages: every <a href> is a link, <base href> moves relative ones, <meta> tells version and status. A page that
// lists nothing but has a form or scripts is no index page (a login page, a captive portal) and is called so.
#include <algorithm>

#include "index/html_tags.h"
#include "index/page_builder.h"
#include "pipit/base/text.h"
#include "pipit/packaging/filename.h"

namespace pipit::index {
namespace {

std::string latin1_to_utf8(std::string_view bytes) {
  std::string out;
  out.reserve(bytes.size() + bytes.size() / 8);
  for (char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x80) {
      out += c;
    } else {
      out += static_cast<char>(0xC0 | (byte >> 6));
      out += static_cast<char>(0x80 | (byte & 63));
    }
  }
  return out;
}

bool is_latin1(std::string_view charset) {
  const std::string name = ascii_lower(trim(charset));
  return name == "iso-8859-1" || name == "latin-1" || name == "latin1" || name == "windows-1252" || name == "cp1252";
}

// "Links for NAME" is what every index has written over its lists since PEP 503's example; some add a form below it.
bool has_index_heading(std::string_view document) {
  constexpr std::string_view kHeading = "links for";
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
  return std::search(document.begin(), document.end(), kHeading.begin(), kHeading.end(),
                     [&](char a, char b) { return lower(a) == b; }) != document.end();
}

class HtmlPageReader {
 public:
  explicit HtmlPageReader(const Url& page_url) : builder_(page_url), url_(page_url) {}

  Result<ProjectPage> read(std::string_view document) {
    HtmlTags tags(document);
    HtmlTag tag;
    while (tags.next(tag)) PIPIT_CHECK(on_tag(tag));
    if (!saw_archive_ && saw_form_ && !has_index_heading(document))
      return fail(make_error(kNotAnIndexPage, "the answer is an HTML page with a form or a script and no package links: not an index, perhaps a login page")
                      .at(url_.display())
                      .hint("open the address in a browser; a proxy or a portal may want you to sign in"));
    return builder_.finish();
  }

 private:
  Status on_tag(const HtmlTag& tag) {
    if (tag.name == "a") return on_anchor(tag);
    if (tag.name == "base") on_base(tag);
    if (tag.name == "meta") return on_meta(tag);
    if (tag.name == "form" || tag.name == "input" || tag.name == "script" || tag.name == "iframe") saw_form_ = true;
    return ok();
  }

  // The first one counts, and only where it stays with http(s) (or file: for a local page).
  void on_base(const HtmlTag& tag) {
    const std::string* href = tag.attribute("href");
    if (!href || saw_base_) return;
    saw_base_ = true;
    Result<Url> base = url_.join(trim(*href));
    const bool usable = base && !base->has_userinfo && (base->scheme == "http" || base->scheme == "https" || base->scheme == url_.scheme);
    if (usable) {
      builder_.links().set_base(std::move(*base));
    } else {
      builder_.refuse(*href, "a base that is no http address is ignored");
    }
  }

  Status on_meta(const HtmlTag& tag) {
    const std::string* name = tag.attribute("name");
    const std::string* content = tag.attribute("content");
    if (const std::string* refresh = tag.attribute("http-equiv"); refresh && ascii_iequals(*refresh, "refresh")) saw_form_ = true;
    if (!name || !content) return ok();
    if (*name == "pypi:repository-version") return check_api_version(*content, url_);
    if (*name == "pypi:project-status") builder_.page().status = parse_status(*content);
    if (*name == "pypi:project-status-reason") builder_.page().status_reason = *content;
    return ok();
  }

  Status on_anchor(const HtmlTag& tag) {
    bool said_twice = false;
    const std::string* href = tag.attribute("href", &said_twice);
    if (!href || trim(*href).empty() || trim(*href).starts_with('#')) return ok();
    RawEntry entry;
    entry.url = std::string(trim(*href));
    read_attributes(tag, entry, said_twice);
    if (said_twice) entry.problem = "one of its attributes is given twice";
    const std::size_t before = builder_.page().files.size();
    if (!builder_.add(std::move(entry), builder_.page().files)) return fail(bad_page(url_, "it lists more files than any project has"));
    const auto& files = builder_.page().files;
    if (files.size() > before && packaging::archive_suffix(files.back().filename)) saw_archive_ = true;
    return ok();
  }

  static void read_attributes(const HtmlTag& tag, RawEntry& entry, bool& said_twice) {
    if (const std::string* python = tag.attribute("data-requires-python", &said_twice); python && !python->empty())
      entry.file.requires_python = *python;
    if (const std::string* yanked = tag.attribute("data-yanked", &said_twice)) entry.file.yanked = *yanked;
    const std::string* sidecar = tag.attribute("data-core-metadata", &said_twice);
    if (!sidecar) sidecar = tag.attribute("data-dist-info-metadata", &said_twice);
    if (!sidecar) return;
    const std::size_t equals = sidecar->find('=');
    entry.file.core_metadata = *sidecar == "true" || equals != sidecar->npos;
    if (equals != sidecar->npos)
      add_hash(entry.file.core_metadata_hashes, std::string_view(*sidecar).substr(0, equals), std::string_view(*sidecar).substr(equals + 1));
  }

  PageBuilder builder_;
  Url url_;
  bool saw_base_ = false, saw_archive_ = false, saw_form_ = false;
};

}  // namespace

Result<ProjectPage> parse_simple_html(std::string_view bytes, const Url& page_url, std::optional<std::string_view> charset) {
  if (charset && is_latin1(*charset)) {
    const std::string converted = latin1_to_utf8(bytes);
    return HtmlPageReader(page_url).read(converted);
  }
  if (!is_valid_utf8(bytes)) return fail(bad_page(page_url, "it is not UTF-8"));
  return HtmlPageReader(page_url).read(bytes);
}

}  // namespace pipit::index
