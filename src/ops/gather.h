// Gathering: every archive of the plan is brought in, checked, validated and unpacked (or built) before anything is written.
// Hash problems are collected, not the first one.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "ops/choose.h"
#include "ops/hash_report.h"
#include "ops/sources.h"
#include "ops/wheels.h"
#include "pipit/install/plan.h"

namespace pipit::ops {

struct Gathered {
  std::map<std::string, wheel::PreparedWheel> wheels;      // by normalised name
  std::map<std::string, packaging::Hashes> digests;        // of the archives, where they were looked at
};

// Adds to choice.stored what the store has under a digest that the index promises: it needs no download.
void look_into_store(const std::vector<const install::PlannedProject*>& projects, Choice& choice, Wheels& wheels);

// `projects`: what is to be put in place. Adds to choice.report; fails with the report if anything in it.
Result<Gathered> gather(const std::vector<const install::PlannedProject*>& projects, const Wanted& wanted, Choice& choice, Chooser& chooser, Sources& sources,
                        Wheels& wheels, Session& session, fetch::FetchListener& listener);
// The same without unpacking or building: the archives are checked, wheels looked into, and both are at hand in `sources`.
// REQUIRES: nothing was chosen from the store.
Status gather_archives(const std::vector<const install::PlannedProject*>& projects, const Wanted& wanted, Choice& choice, Chooser& chooser, Sources& sources,
                       Wheels& wheels, Session& session, fetch::FetchListener& listener);

}  // namespace pipit::ops
