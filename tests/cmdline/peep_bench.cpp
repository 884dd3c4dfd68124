#include "cmdline/peep_bench.h"

#include <catch2/catch_test_macros.hpp>

#include "pipit/base/text.h"
#include "pipit/verify/digest.h"
#include "support/tar_maker.h"
#include "support/zip_maker.h"
#include "support/places.h"

namespace pipit::test {

namespace fs = std::filesystem;

namespace {

std::map<std::string, std::string> useless_tree(const std::string& version, const std::string& mark) {
  const std::string backend =
      "import base64, hashlib, os, zipfile\n"
      "VERSION = '" + version + "'\n"
      "def build_wheel(wheel_directory, config_settings=None, metadata_directory=None):\n"
      "    with open(os.environ['TELLTALE'], 'a') as telltale:\n"
      "        telltale.write(VERSION)\n"
      "    name, info = 'useless-%s-py3-none-any.whl' % VERSION, 'useless-%s.dist-info' % VERSION\n"
      "    files = {'useless.py': 'mark = \"" + mark + "\"\\n',\n"
      "             info + '/METADATA': 'Metadata-Version: 2.1\\nName: useless\\nVersion: %s\\n' % VERSION,\n"
      "             info + '/WHEEL': 'Wheel-Version: 1.0\\nGenerator: t\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n'}\n"
      "    rows = ''\n"
      "    for path, text in files.items():\n"
      "        digest = base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).decode().rstrip('=')\n"
      "        rows += '%s,sha256=%s,%d\\n' % (path, digest, len(text))\n"
      "    files[info + '/RECORD'] = rows + info + '/RECORD,,\\n'\n"
      "    with zipfile.ZipFile(os.path.join(wheel_directory, name), 'w') as archive:\n"
      "        for path, text in files.items():\n"
      "            archive.writestr(path, text)\n"
      "    return name\n";
  std::string noise;  // does not compress, so that the archive has a size worth telling
  for (std::uint32_t i = 0, state = 1; i < 4000; ++i, state = state * 1664525u + 1013904223u) noise += static_cast<char>('0' + (state >> 16) % 64);
  const std::string root = "useless-" + version + "/";
  return {{root + "pyproject.toml", "[build-system]\nrequires = []\nbuild-backend = \"backend\"\nbackend-path = [\".\"]\n"},
          {root + "backend.py", backend},
          {root + "noise.txt", noise},
          {root + "PKG-INFO", "Metadata-Version: 2.1\nName: useless\nVersion: " + version + "\n"}};
}

}  // namespace

std::string peep_hash(std::string_view bytes) {
  const verify::Sha256 digest = verify::sha256(as_bytes_view(bytes));
  return to_base64url(digest);
}

std::string useless_tar(const std::string& version, const std::string& mark) {
  TarMaker tar;
  for (const auto& [name, content] : useless_tree(version, mark)) tar.file(name, content);
  return tar.tar_gz();
}

std::string useless_zip(const std::string& version, const std::string& mark) {
  ZipMaker zip;
  for (const auto& [name, content] : useless_tree(version, mark)) zip.add(name, content);
  return zip.finish();
}

PeepBench::PeepBench() {
  env = venv();
  fs::create_directory(path("bin"));
  fs::create_symlink(pipit::test::pipit_program(), path("bin/peep"));
  // The back ends here tell a file outside of their trees that they ran.
  variables = {{"VIRTUAL_ENV", env.string()}, {"TELLTALE", path("telltale").string()}, {"PIP_BUILD_SANDBOX", "off"}};
}

Outcome PeepBench::peep_install(const Words& words) const {
  Words all = {"install", "--no-index", "-f", wheels().string()};
  all.insert(all.end(), words.begin(), words.end());
  return peep(all);
}

std::optional<std::string> PeepBench::telltale() const {
  if (!fs::exists(path("telltale"))) return std::nullopt;
  return read_whole_file(path("telltale"));
}

void PeepBench::serve(std::map<std::string, std::string> files) {
  server_ = std::make_unique<HttpServer>([files = std::move(files)](const ServerRequest& request) {
    const std::string prefix = "/useless/";
    if (request.target == prefix) {
      std::string page = "<!DOCTYPE html><html><body>\n";
      for (const auto& [name, bytes] : files) page += "<a href=\"" + name + "\">" + name + "</a>\n";
      return Reply::text(200, page + "</body></html>\n").with("Content-Type", "text/html");
    }
    if (request.target.starts_with(prefix))
      if (auto found = files.find(request.target.substr(prefix.size())); found != files.end())
        return Reply::text(200, found->second).with("Content-Disposition", "attachment; filename=\"../../../escaped\"");
    return Reply::text(404, "no");
  });
}

}  // namespace pipit::test
