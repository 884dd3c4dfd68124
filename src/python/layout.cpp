// Where an installation keeps what: the schemes of sysconfig and the lists of site, for CPython as it is released, for
// Debian's patches, and for what an interpreter told us.
#include "python/located.h"

namespace pipit::python {
namespace {

std::string include_name(const BaseFacts& base) {
  if (base.implementation == "pypy") return "pypy" + base.xy();
  return "python" + base.xy() + base.abi_flags;
}

// site.getsitepackages() of one prefix, unpatched: PLATLIBDIR first where it is not "lib".
std::vector<std::string> plain_sites(const BaseFacts& base, const std::string& prefix) {
  std::vector<std::string> sites;
  if (base.platlibdir != "lib") sites.push_back(prefix + "/" + base.platlibdir + "/" + base.library_name + "/site-packages");
  sites.push_back(prefix + "/lib/" + base.library_name + "/site-packages");
  return sites;
}

// Debian's site.py: dist-packages everywhere, and site-packages only when an environment is active.
std::vector<std::string> debian_sites(const BaseFacts& base, const std::string& prefix, bool in_venv) {
  std::vector<std::string> sites;
  if (in_venv) sites.push_back(prefix + "/lib/python" + base.xy() + "/site-packages");
  sites.push_back(prefix + "/local/lib/python" + base.xy() + "/dist-packages");
  sites.push_back(prefix + "/lib/python3/dist-packages");
  sites.push_back(prefix + "/" + base.platlibdir + "/python" + base.xy() + "/dist-packages");
  return sites;
}

}  // namespace

SchemePaths base_paths(const BaseFacts& base) {
  if (base.vendor == Vendor::told) return base.told_paths;
  const std::string& prefix = base.prefix;
  SchemePaths paths;
  paths.stdlib = paths.platstdlib = base.stdlib();
  paths.headers = prefix + "/include/" + include_name(base);
  if (base.vendor == Vendor::debian) {
    paths.purelib = paths.platlib = prefix + "/local/lib/python" + base.xy() + "/dist-packages";
    paths.scripts = prefix + "/local/bin";
    paths.data = prefix + "/local";
    return paths;
  }
  paths.purelib = prefix + "/lib/" + base.library_name + "/site-packages";
  paths.platlib = prefix + "/" + base.platlibdir + "/" + base.library_name + "/site-packages";
  paths.scripts = prefix + "/bin";
  paths.data = prefix;
  return paths;
}

SchemePaths venv_paths(const BaseFacts& base, const std::string& prefix) {
  SchemePaths paths;
  paths.stdlib = base.vendor == Vendor::told ? base.told_paths.stdlib : base.stdlib();
  paths.platstdlib = prefix + "/" + base.platlibdir + "/" + base.library_name;
  paths.purelib = prefix + "/lib/" + base.library_name + "/site-packages";
  paths.platlib = prefix + "/" + base.platlibdir + "/" + base.library_name + "/site-packages";
  paths.scripts = prefix + "/bin";
  paths.data = prefix;
  paths.headers = prefix + "/include/site/python" + base.xy();  // pip's place; sysconfig names the base's
  return paths;
}

std::vector<std::string> base_site_packages(const BaseFacts& base, bool seen_from_venv) {
  if (base.vendor == Vendor::told) return base.told_site_packages;
  if (base.vendor == Vendor::debian) return debian_sites(base, base.prefix, seen_from_venv);
  return plain_sites(base, base.prefix);
}

std::vector<std::string> venv_site_packages(const BaseFacts& base, const std::string& prefix) {
  if (base.vendor == Vendor::debian) return debian_sites(base, prefix, true);
  return plain_sites(base, prefix);
}

}  // namespace pipit::python
