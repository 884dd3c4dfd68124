// EventLoop: the net thread's day. It decides which transfer starts when (largest priority first, bounded per host and in
// total), lets libcurl move bytes, watches the limits that libcurl does not know, and carries out what a Transfer decided.
// libcurl is started with the first attempt that needs the network. One object, one thread; other threads use the Inbox.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "net/curl_handle.h"
#include "net/inbox.h"
#include "net/transfer.h"

namespace pipit::net {

class EventLoop {
 public:
  EventLoop(const HttpOptions& options, const ClientSeams& seams, Inbox& inbox);
  ~EventLoop();
  // Runs until the inbox says stop; then every transfer is answered with `cancelled`.
  void run();
  // Called by a job, on this thread.
  void add(HttpRequest request, Done done);

 private:
  using Owned = std::unique_ptr<Transfer>;
  struct Waiting {
    int priority;
    std::uint64_t number;
    friend bool operator<(const Waiting& a, const Waiting& b) {
      return a.priority != b.priority ? a.priority > b.priority : a.number < b.number;
    }
  };
  // What is known of one host, and what waits for it.
  struct Host {
    std::map<Waiting, Owned> waiting;
    std::size_t running = 0;
    bool multiplexes = false;    // an answer came by HTTP/2: many requests share one connection
    bool keeps_waiting = false;  // a request took longer than it takes to make another connection
    std::size_t connections() const { return multiplexes ? std::min<std::size_t>(running, 1) : running; }
  };
  struct Running {
    Owned transfer;
    EasyHandle easy;
    Host* host;  // in hosts_, where it stays as long as anything runs
    SteadyTime started;
  };

  void turn();
  void move_on();
  void sleep();
  int sleep_time_ms() const;
  bool start_curl();
  void enqueue(Owned transfer);
  void start_what_fits();
  bool has_room(const Host& host) const;
  Host* next_host();
  void start(Host& host, Owned transfer);
  void collect();
  void look_at_clock();
  void write_heads();
  std::optional<Running> take_off(CURL* easy);
  void carry_out(Owned transfer, Step step);
  void wake_delayed();
  void ask(Owned transfer);
  void ask_next();
  void answered(const std::optional<Credential>& credential);
  void cancel_all();
  CURLSH* pool_for(const std::string& identity);
  EasyHandle spare_easy();

  const HttpOptions& options_;
  Inbox& inbox_;
  CredentialBook credentials_;
  HttpCache cache_;
  Services services_;
  MultiHandle multi_;
  std::map<std::string, ShareHandle> pools_;  // one connection pool per identity; anonymous transfers use the multi's own
  std::map<std::string, Host> hosts_;
  std::map<CURL*, Running> running_;
  std::multimap<SteadyTime, Owned> delayed_;
  std::vector<EasyHandle> spares_;
  std::uint64_t numbered_ = 0;
  std::vector<Owned> questions_;              // the first is being asked by asker_
  std::jthread asker_;
};

}  // namespace pipit::net
