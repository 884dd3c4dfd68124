#include "pipit/sys/uname.h"

#include <sys/utsname.h>

namespace pipit::sys {

Uname uname() {
  struct utsname names = {};
  if (::uname(&names) != 0) return {};
  return {names.sysname, names.release, names.version, names.machine};
}

}  // namespace pipit::sys
