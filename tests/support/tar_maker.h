// TarMaker: writes tar archives in memory and lies on request. Plain value; the same calls give the same bytes.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace pipit::test {

class TarMaker {
 public:
  struct Header {
    std::string name, link;
    char type = '0';
    std::uint32_t mode = 0644;
    std::uint64_t size = 0;
    bool bad_checksum = false;
    std::uint64_t modified = 0;  // seconds
  };
  TarMaker& file(const std::string& name, std::string_view content, std::uint32_t mode = 0644);
  TarMaker& directory(const std::string& name);
  TarMaker& symlink(const std::string& name, const std::string& target);
  TarMaker& hard_link(const std::string& name, const std::string& target);
  TarMaker& pax(std::string_view records, char type = 'x');  // the raw text of an extension
  TarMaker& member(const Header& header, std::string_view content);
  TarMaker& raw(std::string_view bytes);
  std::string tar() const;  // with its end mark
  std::string tar_gz() const;
  // "20 path=x\n", with its length.
  static std::string record(const std::string& key, const std::string& value);

 private:
  std::string bytes_;
};

}  // namespace pipit::test
