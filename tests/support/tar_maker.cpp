#include "support/tar_maker.h"

#include <cstdio>

#include "support/zip_maker.h"

namespace pipit::test {
namespace {

std::string octal(std::uint64_t value, std::size_t digits) {
  char text[32];
  std::snprintf(text, sizeof text, "%0*llo", static_cast<int>(digits), static_cast<unsigned long long>(value));
  return text;
}

}  // namespace

TarMaker& TarMaker::member(const Header& h, std::string_view content) {
  std::string block(512, '\0');
  const auto put = [&](std::size_t at, const std::string& text) { block.replace(at, text.size(), text); };
  put(0, h.name.substr(0, 100));
  put(100, octal(h.mode, 7));
  put(124, octal(h.size, 11));
  put(136, octal(h.modified, 11));
  put(148, "        ");
  block[156] = h.type;
  put(157, h.link.substr(0, 100));
  put(257, std::string("ustar\0" "00", 8));
  unsigned sum = h.bad_checksum ? 1 : 0;
  for (const char c : block) sum += static_cast<unsigned char>(c);
  put(148, octal(sum, 6) + std::string("\0 ", 2));
  bytes_ += block + std::string(content);
  bytes_.resize((bytes_.size() + 511) / 512 * 512, '\0');
  return *this;
}
TarMaker& TarMaker::file(const std::string& name, std::string_view content, std::uint32_t mode) {
  return member({name, {}, '0', mode, content.size()}, content);
}
TarMaker& TarMaker::directory(const std::string& name) { return member({name, {}, '5', 0755}, {}); }
TarMaker& TarMaker::symlink(const std::string& name, const std::string& target) { return member({name, target, '2', 0777}, {}); }
TarMaker& TarMaker::hard_link(const std::string& name, const std::string& target) { return member({name, target, '1'}, {}); }
TarMaker& TarMaker::pax(std::string_view records, char type) { return member({"pax", {}, type, 0644, records.size()}, records); }
TarMaker& TarMaker::raw(std::string_view bytes) {
  bytes_ += bytes;
  return *this;
}
std::string TarMaker::tar() const { return bytes_ + std::string(1024, '\0'); }
std::string TarMaker::tar_gz() const { return gzip(tar()); }

std::string TarMaker::record(const std::string& key, const std::string& value) {
  const std::string rest = " " + key + "=" + value + "\n";
  std::size_t length = rest.size() + 1;
  while (std::to_string(length).size() + rest.size() != length) ++length;
  return std::to_string(length) + rest;
}

}  // namespace pipit::test
