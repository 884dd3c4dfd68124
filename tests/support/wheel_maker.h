// WheelMaker: builds a wheel in memory. What is not asked for otherwise is right: METADATA, WHEEL, and a RECORD with the
// hash and size of every file. Lies are asked for one at a time: a different RECORD row, other metadata, an edited zip.
//
//   const std::string bytes = WheelMaker("demo", "1.0").file("demo/__init__.py", "x = 1\n").script("demo", "demo:main").bytes();
//   WheelMaker("demo", "1.0").file("a.py", "").write_to(dir);            // -> dir/demo-1.0-py3-none-any.whl
//   WheelMaker("demo", "1.0").edit_zip([](ZipMaker& zip) { zip.at("a.py").local.crc ^= 1; });
//
// Plain value; one thread; the same calls give the same bytes.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "support/zip_maker.h"

namespace pipit::test {

class WheelMaker {
 public:
  explicit WheelMaker(std::string name, std::string version = "1.0", std::string tag = "py3-none-any");

  // A file of the archive; `mode` is a st_mode (0100755: executable).
  WheelMaker& file(std::string path, std::string content, std::uint32_t mode = 0100644);
  // A file below NAME-VERSION.data/KEY/.
  WheelMaker& data(const std::string& key, const std::string& path, std::string content, std::uint32_t mode = 0100644);
  WheelMaker& script(const std::string& name, const std::string& value);      // console_scripts
  WheelMaker& gui_script(const std::string& name, const std::string& value);  // gui_scripts
  WheelMaker& entry_points(std::string text);                                 // the whole file instead
  WheelMaker& metadata_line(const std::string& line);                         // "Requires-Dist: x>=1"
  WheelMaker& metadata(std::string text);                                     // the whole file instead
  WheelMaker& wheel_file(std::string text);                                   // the whole WHEEL file instead
  WheelMaker& purelib(bool root_is_purelib);
  WheelMaker& dist_info(std::string directory_name);                          // instead of NAME-VERSION.dist-info
  WheelMaker& without(std::string_view dist_info_file);                       // "RECORD", "METADATA" or "WHEEL"
  WheelMaker& record(std::string text);                                       // the whole RECORD instead
  WheelMaker& record_row(const std::string& path, const std::string& rest);   // "hash,size" for this path; adds or replaces
  WheelMaker& without_record_row(const std::string& path);
  WheelMaker& filename(std::string name);                                     // instead of NAME-VERSION-TAG.whl
  WheelMaker& method(std::uint16_t zip_method);                               // kDeflated (default) or kStored
  WheelMaker& edit_zip(std::function<void(ZipMaker&)> edit);                  // just before the archive is put together

  std::string filename() const;
  std::string dist_info() const;
  std::string record_text() const;
  std::string bytes() const;
  std::filesystem::path write_to(const std::filesystem::path& directory) const;

 private:
  struct Member {
    std::string path, content;
    std::uint32_t mode;
  };
  std::vector<Member> members() const;  // without RECORD

  std::string name_, version_, tag_;
  std::vector<Member> files_;
  std::string console_scripts_, gui_scripts_, metadata_lines_;
  std::optional<std::string> entry_points_, metadata_, wheel_file_, dist_info_, record_, filename_;
  std::vector<std::string> without_;
  std::map<std::string, std::optional<std::string>> rows_;
  bool purelib_ = true;
  std::uint16_t method_ = kDeflated;
  std::function<void(ZipMaker&)> edit_zip_;
};

// "sha256=<base64url>,<size>" of some content, as a RECORD row carries it.
std::string record_hash_and_size(std::string_view content);
void write_file(const std::filesystem::path& path, std::string_view content);
std::string read_whole_file(const std::filesystem::path& path);

}  // namespace pipit::test
