#include "pipit/model/resolution.h"

namespace pipit::model {

const Resolved* Resolution::find(const std::string& normalized_name) const {
  for (const Resolved& project : projects)
    if (project.candidate.name == normalized_name) return &project;
  return nullptr;
}

}  // namespace pipit::model
