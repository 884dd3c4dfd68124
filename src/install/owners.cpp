#include "install/owners.h"

#include <string_view>

#include "pipit/base/text.h"

namespace pipit::install {

// Nearly every row lies plainly below its site directory.
std::string recorded_path(const std::filesystem::path& location, const std::string& row_path) {
  const std::string& top = location.native();
  if (is_plain_path(row_path) && top.size() > 1 && top[0] == '/' && is_plain_path(std::string_view(top).substr(1))) return top + "/" + row_path;
  return (location / row_path).lexically_normal().string();
}

// A RECORD that cannot be read owns nothing; `check` and `verify` complain about it.
void Owners::read() {
  read_ = true;
  for (std::size_t i = 0; i < dists_.size(); ++i) {
    const auto rows = dists_[i].record();
    if (!rows) continue;
    for (const packaging::RecordRow& row : *rows)
      if (auto spot = layout_.locate(recorded_path(dists_[i].location, row.path))) owner_.emplace(std::move(*spot), i);
  }
}

const python::InstalledDist* Owners::of(const Spot& spot) {
  if (!read_) read();
  const auto found = owner_.find(spot);
  return found == owner_.end() ? nullptr : &dists_[found->second];
}

}  // namespace pipit::install
