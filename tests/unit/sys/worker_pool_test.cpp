#include "pipit/sys/worker_pool.h"

#include <atomic>
#include <catch2/catch_test_macros.hpp>
#include <numeric>
#include <vector>

using namespace pipit::sys;

TEST_CASE("every index runs exactly once, inline or on threads", "[sys]") {
  InlineExecutor inline_executor;
  WorkerPool pool(4, 2);
  for (Executor* executor : {static_cast<Executor*>(&inline_executor), static_cast<Executor*>(&pool)}) {
    std::vector<std::atomic<int>> hits(1000);
    parallel_for(*executor, hits.size(), [&](std::size_t i) { ++hits[i]; });
    for (const auto& hit : hits) CHECK(hit == 1);
  }
}

TEST_CASE("loops inside loops on one small pool end", "[sys]") {
  WorkerPool pool(2, 1);
  std::atomic<int> total{0};
  parallel_for(pool, 20, [&](std::size_t) { parallel_for(pool, 20, [&](std::size_t) { ++total; }); });
  CHECK(total == 400);
}

TEST_CASE("a pool finishes what was posted before it goes, a thousand times", "[sys]") {
  for (int round = 0; round < 1000; ++round) {
    std::atomic<int> done{0};
    {
      WorkerPool pool(2, 1);
      for (int i = 0; i < 5; ++i) pool.post([&] { ++done; });
    }
    REQUIRE(done == 5);
  }
}
