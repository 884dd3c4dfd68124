#include "dropin/packages.h"

#include "pipit/verify/digest.h"
#include "support/places.h"
#include "support/tar_maker.h"
#include "support/wheel_maker.h"

namespace pipit::test {

namespace {

WheelMaker module(const std::string& name, const std::string& version, const std::vector<std::string>& metadata_lines = {}) {
  WheelMaker maker(name, version);
  std::string file = name;
  for (char& c : file)
    if (c == '-' || c == '.') c = '_';
  maker.file(file + ".py", "version = '" + version + "'\n").method(kStored);
  for (const std::string& line : metadata_lines) maker.metadata_line(line);
  return maker;
}

Package package(const std::string& project, const WheelMaker& maker) { return {project, maker.filename(), maker.bytes(), false, "", "", ""}; }

Package tool() {
  return package("tool", module("tool", "1.0").script("tool", "tool:main").script("tool-admin", "tool:main").gui_script("tool-window", "tool:main")
                             .data("data", "share/tool/readme.txt", "read me\n").data("scripts", "tool.sh", "#!/bin/sh\n", 0100755)
                             .data("headers", "tool.h", "int tool;\n"));
}

Package described() {
  return package("described", module("described", "1.2.3").metadata(
      "Metadata-Version: 2.1\nName: described\nVersion: 1.2.3\nSummary: A package that says all about itself\nHome-page: https://example.org/described\n"
      "Author: Ada Lovelace\nAuthor-email: ada@example.org\nMaintainer: Charles Babbage\nLicense: MIT\nKeywords: engine,analytical\n"
      "Platform: any\nClassifier: Development Status :: 4 - Beta\nClassifier: Programming Language :: Python :: 3\n"
      "Requires-Dist: leaf\nRequires-Dist: acorn>=1; extra == \"nuts\"\nProvides-Extra: nuts\nRequires-Python: >=3.6\n"
      "Project-URL: Documentation, https://example.org/described/docs\nProject-URL: Source, https://example.org/described/code\n"
      "Description-Content-Type: text/markdown\n\n# described\n\nA body of two lines,\n  the second indented, with \xc3\xa9.\n")
      .entry_points("[console_scripts]\ndescribe = described:main\n\n[some.plugins]\none = described:one\n"));
}

Package indented() {
  return package("indented", module("indented", "1.0").metadata(
      "Metadata-Version: 2.1\nName: indented\nVersion: 1.0\nSummary: Licence of several lines\nLicense: First line\n        second line\n          third, deeper\n"
      "License-File: LICENSE\nKeywords: a b\n\nbody\n"));
}

std::string project_file(const std::string& name, const std::string& version, const std::string& dependencies) {
  return "[build-system]\nrequires = []\nbuild-backend = \"back\"\nbackend-path = [\".\"]\n\n[project]\nname = \"" + name + "\"\nversion = \"" + version +
         "\"\ndependencies = [" + dependencies + "]\n";
}

Package sdist(const std::string& name, const std::string& version, const std::string& back, const std::string& dependencies = "") {
  const std::string top = name + "-" + version + "/";
  TarMaker tar;
  tar.file(top + "PKG-INFO", "Metadata-Version: 2.1\nName: " + name + "\nVersion: " + version + "\n")
      .file(top + "pyproject.toml", project_file(name, version, dependencies)).file(top + "back.py", back).file(top + name + ".py", "version = '" + version + "'\n");
  return {name, name + "-" + version + ".tar.gz", tar.tar_gz(), false, "", "", ""};
}

std::string json_page(const std::string& project, const std::vector<Package>& packages) {
  std::string files;
  for (const Package& package : packages) {
    if (package.project != project) continue;
    files += (files.empty() ? "" : ", ") + std::string("{\"filename\": \"") + package.filename + "\", \"url\": \"/files/" + package.filename +
             "\", \"hashes\": {\"sha256\": \"" + verify::sha256_hex(as_bytes_view(package.bytes)) + "\"}, \"size\": " + std::to_string(package.bytes.size());
    if (package.yanked) files += ", \"yanked\": " + (package.yanked_reason.empty() ? "true" : "\"" + package.yanked_reason + "\"");
    if (!package.requires_python.empty()) files += ", \"requires-python\": \"" + package.requires_python + "\"";
    if (!package.core_metadata.empty())
      files += ", \"core-metadata\": {\"sha256\": \"" + verify::sha256_hex(as_bytes_view(package.core_metadata)) + "\"}";
    files += "}";
  }
  return "{\"meta\": {\"api-version\": \"1.1\"}, \"name\": \"" + project + "\", \"files\": [" + files + "]}";
}

std::string html_page(const std::string& project, const std::vector<Package>& packages) {
  std::string page = "<!DOCTYPE html><html><body>\n";
  for (const Package& package : packages) {
    if (package.project != project) continue;
    page += "<a href=\"/files/" + package.filename + "#sha256=" + verify::sha256_hex(as_bytes_view(package.bytes)) + "\"" +
            (package.yanked ? " data-yanked=\"" + package.yanked_reason + "\"" : "") + ">" + package.filename + "</a><br/>\n";
  }
  return page + "</body></html>\n";
}

Reply page_or_404(const std::string& page, const std::string& marker, const std::string& type) {
  if (page.find(marker) == std::string::npos) return Reply::text(404, "no such project");
  return Reply::text(200, page).with("Content-Type", type);
}

}  // namespace

std::vector<Package> sound_packages() {
  std::vector<Package> all;
  for (const char* version : {"1.0", "1.5", "2.0"}) all.push_back(package("leaf", module("leaf", version)));
  all.push_back(package("stem", module("stem", "1.0", {"Requires-Dist: leaf>=1.0"})));
  all.push_back(package("stem", module("stem", "2.0", {"Requires-Dist: leaf (>=1.5,<3)"})));
  all.push_back(package("tree", module("tree", "1.0", {"Provides-Extra: nuts", "Requires-Dist: stem", "Requires-Dist: acorn ; extra == 'nuts'"})));
  all.push_back(package("forest", module("forest", "1.0", {"Requires-Dist: tree[nuts]>=1", "Requires-Dist: leaf!=1.7"})));
  all.push_back(package("acorn", module("acorn", "1.0")));
  all.push_back(package("mixed-case-name", module("Mixed.Case_Name", "1.0")));
  all.push_back(package("wants-mixed", module("wants-mixed", "1.0", {"Requires-Dist: MIXED-case.name"})));
  all.push_back(package("old-leaf", module("old-leaf", "1.0", {"Requires-Dist: leaf<2"})));
  all.push_back(package("new-leaf", module("new-leaf", "1.0", {"Requires-Dist: leaf>=2"})));
  all.push_back(package("orphan", module("orphan", "1.0", {"Requires-Dist: nowhere>=1"})));
  for (const char* version : {"1.0", "2.0rc1"}) all.push_back(package("early", module("early", version)));
  all.push_back(package("onlypre", module("onlypre", "1.0a1")));
  all.push_back(package("modern", module("modern", "1.0")));
  all.push_back(package("modern", module("modern", "2.0", {"Requires-Python: >=3.99"})));
  all.back().requires_python = ">=3.99";
  all.push_back(package("recalled", module("recalled", "1.0")));
  all.push_back(package("recalled", module("recalled", "2.0")));
  all.back().yanked = true;
  all.back().yanked_reason = "it does not work";
  all.push_back(package("withdrawn", module("withdrawn", "1.0")));
  all.back().yanked = true;
  all.push_back(tool());
  all.push_back(described());
  all.back().core_metadata = "Metadata-Version: 2.1\nName: described\nVersion: 1.2.3\nSummary: A package that says all about itself\nRequires-Dist: leaf\n"
                             "Requires-Dist: acorn>=1; extra == \"nuts\"\nProvides-Extra: nuts\nRequires-Python: >=3.6\n\n# described\n\nThe body.\n";
  all.push_back(indented());
  all.push_back(sdist("built", "1.0", back_end()));
  all.push_back(sdist("built", "2.0", back_end(), "\"leaf>=1\""));
  return all;
}

std::vector<Package> broken_packages() {
  std::vector<Package> all;
  all.push_back({"notzip", "notzip-1.0-py3-none-any.whl", "this is no zip", false, "", "", ""});
  all.push_back(package("noinfo", module("noinfo", "1.0").dist_info("other")));
  all.push_back(package("noversion", module("noversion", "1.0").wheel_file("Root-Is-Purelib: true\n")));
  all.push_back(package("future", module("future", "1.0").wheel_file("Wheel-Version: 2.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")));
  all.push_back(package("foreign", WheelMaker("foreign", "1.0", "cp27-cp27mu-win32").file("foreign.py", "").method(kStored)));
  all.push_back(package("misnamed", module("misnamed", "1.0").filename("misnamed-2.0-py3-none-any.whl")));
  all.push_back(sdist("failing", "1.0", "raise RuntimeError('this back end does not load')\n"));
  all.push_back({"nobody", "nobody-1.0.tar.gz", TarMaker().file("nobody-1.0/readme.txt", "no project\n").tar_gz(), false, "", "", ""});
  return all;
}

HttpServer::Handler package_index() {
  return [packages = sound_packages()](const ServerRequest& request) {
    const std::string& target = request.target;
    auto project_in = [&](const char* root) {
      const std::string_view rest = std::string_view(target).substr(std::string_view(root).size());
      return std::string(rest.substr(0, rest.find('/')));
    };
    if (target.starts_with("/simple/")) return page_or_404(json_page(project_in("/simple/"), packages), "filename", "application/vnd.pypi.simple.v1+json");
    if (target.starts_with("/html/")) return page_or_404(html_page(project_in("/html/"), packages), "href", "text/html");
    if (target.starts_with("/down/")) return Reply::text(503, "come back later");
    if (target.starts_with("/denied/")) return Reply::text(401, "who are you?").with("WWW-Authenticate", "Basic realm=\"packages\"");
    if (target == "/reqs.txt") return Reply::text(200, "leaf==1.0\n").with("Content-Type", "text/plain; charset=utf-8");
    for (const Package& package : packages) {
      if (target == "/files/" + package.filename) return Reply::ranged(request, package.bytes, "\"1\"").with("Content-Type", "application/octet-stream");
      if (target == "/files/" + package.filename + ".metadata" && !package.core_metadata.empty()) return Reply::text(200, package.core_metadata);
    }
    return Reply::text(404, "no such thing here");
  };
}

std::string back_end() {
  return read_whole_file(fixtures() + "/dropin/back.py");
}

}  // namespace pipit::test
