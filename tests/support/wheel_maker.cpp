#include "support/wheel_maker.h"

#include <algorithm>
#include <fstream>
#include <iterator>

#include "pipit/verify/digest.h"

namespace pipit::test {
namespace {

std::string csv_field(const std::string& text) {
  if (text.find_first_of(",\"\r\n") == std::string::npos) return text;
  std::string quoted = "\"";
  for (const char c : text) quoted += c == '"' ? std::string("\"\"") : std::string(1, c);
  return quoted + '"';
}

std::string underscored(std::string name) {
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
}

}  // namespace

std::string record_hash_and_size(std::string_view content) {
  return verify::record_hash(verify::sha256(as_bytes_view(content))) + "," + std::to_string(content.size());
}

void write_file(const std::filesystem::path& path, std::string_view content) {
  std::ofstream(path, std::ios::binary).write(content.data(), static_cast<std::streamsize>(content.size()));
}

std::string read_whole_file(const std::filesystem::path& path) {
  std::ifstream stream(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}

WheelMaker::WheelMaker(std::string name, std::string version, std::string tag)
    : name_(std::move(name)), version_(std::move(version)), tag_(std::move(tag)) {}

WheelMaker& WheelMaker::file(std::string path, std::string content, std::uint32_t mode) {
  files_.push_back({std::move(path), std::move(content), mode});
  return *this;
}
WheelMaker& WheelMaker::data(const std::string& key, const std::string& path, std::string content, std::uint32_t mode) {
  return file(underscored(name_) + "-" + version_ + ".data/" + key + "/" + path, std::move(content), mode);
}
WheelMaker& WheelMaker::script(const std::string& name, const std::string& value) {
  console_scripts_ += name + " = " + value + "\n";
  return *this;
}
WheelMaker& WheelMaker::gui_script(const std::string& name, const std::string& value) {
  gui_scripts_ += name + " = " + value + "\n";
  return *this;
}
WheelMaker& WheelMaker::entry_points(std::string text) {
  entry_points_ = std::move(text);
  return *this;
}
WheelMaker& WheelMaker::metadata_line(const std::string& line) {
  metadata_lines_ += line + "\n";
  return *this;
}
WheelMaker& WheelMaker::metadata(std::string text) {
  metadata_ = std::move(text);
  return *this;
}
WheelMaker& WheelMaker::wheel_file(std::string text) {
  wheel_file_ = std::move(text);
  return *this;
}
WheelMaker& WheelMaker::purelib(bool root_is_purelib) {
  purelib_ = root_is_purelib;
  return *this;
}
WheelMaker& WheelMaker::dist_info(std::string directory_name) {
  dist_info_ = std::move(directory_name);
  return *this;
}
WheelMaker& WheelMaker::without(std::string_view dist_info_file) {
  without_.emplace_back(dist_info_file);
  return *this;
}
WheelMaker& WheelMaker::record(std::string text) {
  record_ = std::move(text);
  return *this;
}
WheelMaker& WheelMaker::record_row(const std::string& path, const std::string& rest) {
  rows_[path] = rest;
  return *this;
}
WheelMaker& WheelMaker::without_record_row(const std::string& path) {
  rows_[path] = std::nullopt;
  return *this;
}
WheelMaker& WheelMaker::filename(std::string name) {
  filename_ = std::move(name);
  return *this;
}
WheelMaker& WheelMaker::method(std::uint16_t zip_method) {
  method_ = zip_method;
  return *this;
}
WheelMaker& WheelMaker::edit_zip(std::function<void(ZipMaker&)> edit) {
  edit_zip_ = std::move(edit);
  return *this;
}

std::string WheelMaker::filename() const {
  return filename_.value_or(underscored(name_) + "-" + version_ + "-" + tag_ + ".whl");
}
std::string WheelMaker::dist_info() const { return dist_info_.value_or(underscored(name_) + "-" + version_ + ".dist-info"); }

std::vector<WheelMaker::Member> WheelMaker::members() const {
  std::vector<Member> all = files_;
  const auto add = [&](const std::string& name, std::string content) {
    if (std::find(without_.begin(), without_.end(), name) == without_.end())
      all.push_back({dist_info() + "/" + name, std::move(content), 0100644});
  };
  std::string scripts;
  if (!console_scripts_.empty()) scripts += "[console_scripts]\n" + console_scripts_;
  if (!gui_scripts_.empty()) scripts += "[gui_scripts]\n" + gui_scripts_;
  if (entry_points_) scripts = *entry_points_;
  add("METADATA", metadata_.value_or("Metadata-Version: 2.1\nName: " + name_ + "\nVersion: " + version_ + "\n" + metadata_lines_ + "\n"));
  add("WHEEL", wheel_file_.value_or("Wheel-Version: 1.0\nGenerator: wheel-maker\nRoot-Is-Purelib: " +
                                    std::string(purelib_ ? "true" : "false") + "\nTag: " + tag_ + "\n"));
  if (!scripts.empty()) add("entry_points.txt", scripts);
  return all;
}

std::string WheelMaker::record_text() const {
  if (record_) return *record_;
  auto lies = rows_;
  std::string text;
  for (const Member& member : members()) {
    if (member.path.back() == '/') continue;
    const auto lie = lies.find(member.path);
    if (lie == lies.end()) text += csv_field(member.path) + "," + record_hash_and_size(member.content) + "\n";
    else if (lie->second) text += csv_field(member.path) + "," + *lie->second + "\n";
    if (lie != lies.end()) lies.erase(lie);
  }
  for (const auto& [path, rest] : lies)
    if (rest) text += csv_field(path) + "," + *rest + "\n";
  return text + dist_info() + "/RECORD,,\n";
}

std::string WheelMaker::bytes() const {
  ZipMaker zip;
  for (const Member& member : members()) zip.add(member.path, member.content, method_, member.mode);
  if (std::find(without_.begin(), without_.end(), "RECORD") == without_.end())
    zip.add(dist_info() + "/RECORD", record_text(), method_, 0100644);
  if (edit_zip_) edit_zip_(zip);
  return zip.finish();
}

std::filesystem::path WheelMaker::write_to(const std::filesystem::path& directory) const {
  const std::filesystem::path path = directory / filename();
  write_file(path, bytes());
  return path;
}

}  // namespace pipit::test
