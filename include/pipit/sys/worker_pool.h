// Executor: where CPU work runs. WorkerPool owns N threads and a bounded queue (post() blocks when it is full);
// InlineExecutor runs at once, for tests and for one core. If threads cannot be made (EAGAIN) the pool runs inline.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>

namespace pipit::sys {

class Executor {
 public:
  virtual ~Executor() = default;
  virtual void post(std::function<void()> task) = 0;
  virtual std::size_t width() const = 0;  // how many tasks can run at once
};

class InlineExecutor final : public Executor {
 public:
  void post(std::function<void()> task) override { task(); }
  std::size_t width() const override { return 1; }
};

class WorkerPool final : public Executor {
 public:
  explicit WorkerPool(std::size_t threads, std::size_t queue_max = 1024);  // threads start with the first task
  ~WorkerPool() override;  // finishes what was posted
  void post(std::function<void()> task) override;
  std::size_t width() const override;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// Runs task(i) for i in [0, count) on the executor and the calling thread; returns when all are done.
void parallel_for(Executor& executor, std::size_t count, const std::function<void(std::size_t)>& task);

std::size_t processor_count();

}  // namespace pipit::sys
