// The stamp of an environment (install/stamp.h) as a run leaves it and as `verify` reads it.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "ops/place.h"
#include "pipit/install/stamp.h"

namespace pipit::ops {

// The bytes of the stamp once `added` is there beside `staying`. A stamp that is not believed is begun anew, with a warning; one
// that cannot be read now is no reason to lose it.
Result<std::string> next_stamp(const std::filesystem::path& root, const std::vector<python::InstalledDist>& staying, std::vector<install::Stamped> added, Session& session);

// What will be said of the projects of a request; images stand in the order of its projects.
std::vector<install::Stamped> stamped(const PlaceRequest& request, const std::vector<wheel::InstallImage>& images, sys::Executor& workers);

// Of the RECORD as it is now; nullopt if there is none.
std::optional<std::string> record_sha256(const python::InstalledDist& dist);

// Looks projects up in the stamps of several roots.
class Stamps {
 public:
  void read(const std::filesystem::path& root, Session& session);
  // What pipit noted of the distribution when it installed it, whatever has become of it since; nullptr if it did not.
  const install::Stamped* noted(const python::InstalledDist& dist) const;
  // The archive that pipit installed this from; nullptr if it did not install what is there now.
  const packaging::Hashes* archive_of(const python::InstalledDist& dist) const;
  // Why a stamp was not believed; "" if all were.
  const std::string& complaint() const { return complaint_; }

 private:
  std::vector<install::Stamp> stamps_;
  std::string complaint_;
};

}  // namespace pipit::ops
