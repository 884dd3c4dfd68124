#include "index/file_shape.h"

#include "pipit/base/text.h"
#include "pipit/packaging/filename.h"

namespace pipit::index {
namespace {

NamedFile wheel(std::string_view filename, const std::string& normalized_name) {
  NamedFile named;
  named.shape = FileShape::invalid_wheel_name;
  auto parsed = packaging::WheelName::read(filename);
  if (!parsed) return named;
  named.shape = FileShape::other_project;
  if (parsed->normalized_name != normalized_name) return named;
  named.shape = FileShape::wheel;
  named.version = std::move(parsed->version);
  named.version_text = parsed->version_text;
  named.tags = ascii_lower(parsed->tags);
  return named;
}

// pip: `-py([123]\.?[0-9]?)$` at the end of an sdist's version names the one Python it is for.
void split_python_suffix(std::string& version, std::string& python) {
  const std::size_t at = version.rfind("-py");
  if (at == std::string::npos) return;
  const std::string_view rest = std::string_view(version).substr(at + 3);
  if (rest.empty() || rest.size() > 3 || rest[0] < '1' || rest[0] > '3') return;
  std::size_t i = 1;
  if (i < rest.size() && rest[i] == '.') ++i;
  if (i < rest.size() && rest[i] >= '0' && rest[i] <= '9') ++i;
  if (i != rest.size()) return;
  python = rest;
  version.resize(at);
}

NamedFile sdist(std::string_view filename, const std::string& normalized_name) {
  NamedFile named;
  named.shape = FileShape::no_version;
  std::optional<std::string> text = packaging::sdist_version_text(filename, normalized_name);
  if (!text || text->empty()) return named;
  split_python_suffix(*text, named.tags);
  named.version_text = std::move(*text);
  named.version = packaging::Version::try_parse(named.version_text);
  named.shape = named.version ? FileShape::sdist : FileShape::invalid_version;
  return named;
}

}  // namespace

NamedFile read_file_name(std::string_view filename, const std::string& normalized_name) {
  NamedFile named;
  const std::optional<std::string> suffix = packaging::archive_suffix(filename);
  if (!suffix) return named;
  if (*suffix == ".whl") return wheel(filename, normalized_name);
  if (*suffix == ".zip" && filename.find("macosx10") != filename.npos) {
    named.shape = FileShape::macosx10;
    return named;
  }
  return sdist(filename, normalized_name);
}

}  // namespace pipit::index
