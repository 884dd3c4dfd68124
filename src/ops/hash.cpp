#include "pipit/ops/hash.h"

#include "pipit/sys/file.h"
#include "pipit/verify/digest.h"

namespace pipit::ops {

Result<std::string> hash_file(const std::filesystem::path& path, const std::string& algorithm) {
  PIPIT_TRY(auto mapped, sys::MappedFile::open(path));
  verify::Hasher hasher({algorithm});
  PIPIT_CHECK(hasher.write(mapped.bytes()));
  for (packaging::Hash& hash : hasher.finish())
    if (hash.algorithm == algorithm) return std::move(hash.hex);
  return fail(make_error(verify::kUnsupportedHash, "the hash " + algorithm + " is not known"));
}

}  // namespace pipit::ops
