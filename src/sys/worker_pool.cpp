#include "pipit/sys/worker_pool.h"

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <system_error>
#include <thread>
#include <vector>

namespace pipit::sys {

// The stop flag and the queue share one mutex and are read under it just before sleeping, so no wake-up is lost.
struct WorkerPool::State {
  std::size_t threads_max, queue_max;
  std::mutex mutex;
  std::condition_variable task_added, task_taken;
  std::deque<std::function<void()>> queue;
  bool stopping = false, no_threads = false;
  std::vector<std::thread> threads;

  // A worker that posts while the queue is full would wait for itself; it works instead.
  static thread_local const State* mine;

  void work() {
    mine = this;
    std::unique_lock lock(mutex);
    for (;;) {
      task_added.wait(lock, [this] { return stopping || !queue.empty(); });
      if (queue.empty()) return;
      const std::function<void()> task = std::move(queue.front());
      queue.pop_front();
      lock.unlock();
      task_taken.notify_one();
      task();
      lock.lock();
    }
  }
  // REQUIRES: the mutex is held.
  void add_thread_if_useful() {
    if (no_threads || threads.size() >= threads_max || threads.size() > queue.size()) return;
    try {
      threads.emplace_back([this] { work(); });
    } catch (const std::system_error&) {
      no_threads = threads.empty();
      threads_max = threads.size();
    }
  }
};

thread_local const WorkerPool::State* WorkerPool::State::mine = nullptr;

WorkerPool::WorkerPool(std::size_t threads, std::size_t queue_max) : state_(std::make_unique<State>()) {
  state_->threads_max = std::max<std::size_t>(1, threads);
  state_->queue_max = std::max<std::size_t>(1, queue_max);
}

WorkerPool::~WorkerPool() {
  {
    const std::scoped_lock lock(state_->mutex);
    state_->stopping = true;
  }
  state_->task_added.notify_all();
  for (std::thread& thread : state_->threads) thread.join();
}

void WorkerPool::post(std::function<void()> task) {
  {
    std::unique_lock lock(state_->mutex);
    const bool ours = State::mine == state_.get();
    if (!ours) state_->task_taken.wait(lock, [this] { return state_->queue.size() < state_->queue_max; });
    if (state_->queue.size() < state_->queue_max) {
      state_->add_thread_if_useful();
      if (!state_->no_threads) {
        state_->queue.push_back(std::move(task));
        state_->task_added.notify_one();
        return;
      }
    }
  }
  task();
}

std::size_t WorkerPool::width() const {
  const std::scoped_lock lock(state_->mutex);
  return std::max<std::size_t>(1, state_->threads_max);
}

namespace {

// Outlives the call: a helper that starts late finds nothing left and must not touch the caller's stack.
struct Loop {
  std::size_t count;
  const std::function<void(std::size_t)>* task;
  std::atomic<std::size_t> next{0};
  std::mutex mutex;
  std::condition_variable finished;
  std::size_t done = 0;

  void run() {
    std::size_t mine = 0;
    for (std::size_t i = 0; (i = next.fetch_add(1)) < count; ++mine) (*task)(i);
    if (mine == 0) return;
    const std::scoped_lock lock(mutex);
    done += mine;
    if (done == count) finished.notify_all();
  }
};

}  // namespace

void parallel_for(Executor& executor, std::size_t count, const std::function<void(std::size_t)>& task) {
  const std::size_t helpers = std::min(executor.width(), count);
  if (helpers <= 1) {
    for (std::size_t i = 0; i < count; ++i) task(i);
    return;
  }
  const auto loop = std::make_shared<Loop>();
  loop->count = count;
  loop->task = &task;
  for (std::size_t i = 1; i < helpers; ++i) executor.post([loop] { loop->run(); });
  loop->run();
  std::unique_lock lock(loop->mutex);
  loop->finished.wait(lock, [&] { return loop->done == count; });
}

// What this process may use, which in a container or under taskset is less than what the machine has.
std::size_t processor_count() { return std::max<std::size_t>(1, std::thread::hardware_concurrency()); }

}  // namespace pipit::sys
