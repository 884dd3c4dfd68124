// Who owns an installed file: the RECORDs of the distributions that stay. They are read only when somebody asks, which is
// when a new file would land on one that is there.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "install/layout.h"
#include "pipit/python/installed.h"

namespace pipit::install {

// Absolute and lexically normal: RECORD paths are relative to the site directory ("../../../bin/x").
std::string recorded_path(const std::filesystem::path& location, const std::string& row_path);

class Owners {
 public:
  Owners(const std::vector<python::InstalledDist>& dists, const Layout& layout) : dists_(dists), layout_(layout) {}
  // The distribution that lists this file, or nullptr.
  const python::InstalledDist* of(const Spot& spot);

 private:
  void read();
  const std::vector<python::InstalledDist>& dists_;
  const Layout& layout_;
  bool read_ = false;
  std::map<Spot, std::size_t> owner_;
};

}  // namespace pipit::install
