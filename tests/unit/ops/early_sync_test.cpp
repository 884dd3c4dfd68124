#include "ops/early_sync.h"

#include <catch2/catch_test_macros.hpp>

#include <atomic>

using namespace pipit;
using ops::EarlySync;

namespace {

constexpr std::uint64_t kMuch = 100u << 20;

Status broken_disk() { return fail(make_error(ErrorCode{"os-error"}, "sync: input/output error")); }

}  // namespace

TEST_CASE("a few megabytes are left to the sync before the commit", "[ops]") {
  std::atomic<int> calls = 0;
  {
    EarlySync early([&] { return ++calls, ok(); });
    early.note(1u << 20);
    CHECK(early.status());
  }
  CHECK(calls == 0);
}

TEST_CASE("what was unpacked goes to the disk before all is unpacked", "[ops]") {
  std::atomic<int> calls = 0;
  EarlySync early([&] { return ++calls, ok(); });
  early.note(kMuch);
  while (calls == 0) std::this_thread::yield();
  CHECK(early.status());
  CHECK(calls == 1);
}

TEST_CASE("a disk that fails to write early is not asked again and not forgiven", "[ops]") {
  std::atomic<int> calls = 0;
  EarlySync early([&] { return ++calls, broken_disk(); });
  early.note(kMuch);
  while (calls == 0) std::this_thread::yield();
  CHECK_FALSE(early.status());
  early.note(kMuch);
  CHECK_FALSE(early.status());
  CHECK(calls == 1);
}
