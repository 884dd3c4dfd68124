#include "pipit/archive/about.h"

#include <archive.h>
#include <libdeflate.h>

#include "pipit/base/text.h"

namespace pipit::archive {

// libarchive tells of its own libraries in one line: "libarchive 3.6.2 zlib/1.2.13 liblzma/5.4.1 bz2lib/1.0.8 libzstd/1.5.4".
std::vector<std::string> library_versions() {
  std::vector<std::string> lines;
  for (std::string_view word : split(archive_version_details(), ' ')) {
    const std::size_t slash = word.find('/');
    if (slash != std::string_view::npos) lines.push_back(std::string(word.substr(0, slash)) + " " + std::string(word.substr(slash + 1)));
    else if (!lines.empty() && lines.back() == "libarchive") lines.back() += " " + std::string(word);
    else lines.emplace_back(word);
  }
  lines.emplace_back("libdeflate " LIBDEFLATE_VERSION_STRING);
  return lines;
}

}  // namespace pipit::archive
