// Pages for tests, made from file names and a few properties.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "pipit/index/packed_page.h"

namespace pipit::index::test {

struct MadeFile {
  std::string name;
  std::string requires_python = {};
  std::string sha256 = {};
  std::optional<std::string> yanked = {};
  std::string upload_time = {};
  std::string host = "https://files.example/";
};

inline ProjectPage made_page(const std::vector<MadeFile>& files) {
  ProjectPage page;
  for (const MadeFile& made : files) {
    model::DistFile file;
    file.filename = made.name;
    file.url = made.host + made.name;
    file.source = "https://index.example/simple/x/";
    if (!made.requires_python.empty()) file.requires_python = made.requires_python;
    if (!made.sha256.empty()) file.hashes = {{"sha256", made.sha256}};
    if (!made.upload_time.empty()) file.upload_time = made.upload_time;
    file.yanked = made.yanked;
    page.files.push_back(std::move(file));
  }
  return page;
}

inline std::shared_ptr<const PackedPage> packed(const ProjectPage& page, const std::string& name) {
  return *PackedPage::from_bytes(PackedPage::pack(page, name, {"https://index.example/simple/x/", "https://index.example/simple/x/", "id"}));
}

}  // namespace pipit::index::test
