#include "pipit/sys/file_time.h"

#include <sys/stat.h>

#include <array>

namespace pipit::sys {

void set_modified(const File& file, std::int64_t nanoseconds) {
  constexpr std::int64_t kSecond = 1'000'000'000;
  if (nanoseconds < 0) return;
  const timespec time{static_cast<time_t>(nanoseconds / kSecond), static_cast<long>(nanoseconds % kSecond)};
  const std::array<timespec, 2> access_and_change{time, time};
  static_cast<void>(::futimens(file.fd(), access_and_change.data()));
}

}  // namespace pipit::sys
