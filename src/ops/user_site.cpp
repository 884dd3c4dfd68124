#include "ops/user_site.h"

#include "ops/place.h"
#include "pipit/sys/file.h"

namespace pipit::ops {

namespace {

// site.ENABLE_USER_SITE of that Python.
bool sees_user_site(const python::Interpreter& target, bool is_enabled) {
  return is_enabled && !target.user_site.empty() && !target.user_base.empty() && (!target.is_venv || target.system_site_packages);
}

}  // namespace

bool could_write(std::filesystem::path directory) {
  while (!sys::is_directory(directory) && directory.has_relative_path()) directory = directory.parent_path();
  return sys::is_writable(directory);
}

Result<bool> goes_to_user_site(const InstallOptions& options, const python::Interpreter& target, bool is_enabled, const std::filesystem::path& here,
                               const std::function<bool(const std::filesystem::path&)>& can_write) {
  if (options.user == false) return false;
  if (options.user) {
    if (target.is_venv && !target.system_site_packages)
      return fail(make_pip_error(kBadDestination, "Can not perform a '--user' install. User site-packages are not visible in this virtualenv."));
    if (!sees_user_site(target, is_enabled))
      return fail(make_pip_error(kBadDestination, "Can not perform a '--user' install. User site-packages are disabled for this Python."));
    return true;
  }
  if (options.prefix || options.target || !sees_user_site(target, is_enabled)) return false;
  auto writable = [&](const std::string& path) {
    return can_write(options.root ? (here / *options.root / std::filesystem::path(path).relative_path()).lexically_normal() : std::filesystem::path(path));
  };
  return !writable(target.paths.purelib) || !writable(target.paths.platlib);
}

}  // namespace pipit::ops
