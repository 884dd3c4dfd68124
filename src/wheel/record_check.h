// RECORD against the archive's members: every file has one row, every row one file, every hash is a strong one.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "pipit/archive/zip_directory.h"
#include "pipit/packaging/record.h"
#include "wheel/findings.h"

namespace pipit::wheel {

// RECORD itself and its signatures have no hash (PEP 376, PEP 427, PEP 815).
bool needs_no_hash(std::string_view path, std::string_view dist_info);

// The row of each member, in the members' order; directories and files without a row get an empty one.
std::vector<packaging::RecordRow> match_record(const std::vector<packaging::RecordRow>& rows, const std::vector<archive::ZipMember>& members,
                                               std::string_view dist_info, Findings& findings);

}  // namespace pipit::wheel
