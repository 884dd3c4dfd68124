#include "pipit/ops/hash.h"

#include "pipit/base/text.h"
#include "pipit/sys/file.h"
#include "pipit/verify/digest.h"

namespace pipit::ops {

namespace {
constexpr std::uint64_t kPipeMaxBytes = 1u << 30;
}

Result<std::string> hash_file(const std::filesystem::path& path, const std::string& algorithm) {
  verify::Hasher hasher({algorithm});
  if (sys::is_regular_file(path) || !sys::exists(path) || sys::is_directory(path)) {
    PIPIT_TRY(auto mapped, sys::MappedFile::open(path));
    PIPIT_CHECK(hasher.write(mapped.bytes()));
  } else {  // a pipe, as from <(...)
    const int descriptor = sys::real_os().openat(AT_FDCWD, path.c_str(), O_RDONLY | O_CLOEXEC, 0);
    if (descriptor < 0) return fail(make_error(sys::kFileNotFound, "could not open `" + path.string() + "`"));
    sys::File stream(sys::real_os(), descriptor);
    PIPIT_TRY(const std::string text, stream.read_all(kPipeMaxBytes));
    PIPIT_CHECK(hasher.write(as_bytes_view(text)));
  }
  for (packaging::Hash& hash : hasher.finish())
    if (hash.algorithm == algorithm) return std::move(hash.hex);
  return fail(make_error(verify::kUnsupportedHash, "the hash " + algorithm + " is not known"));
}

}  // namespace pipit::ops
