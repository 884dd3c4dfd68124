// PeepBench: a Bench whose runs are started through a link named peep, against a virtualenv of their own, and an index that a
// loopback server makes of a project directory: the situation of peep's own tests. useless-1.0 and -2.0 are source archives
// that write their version into a telltale file when their code is run.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "cmdline/run_pipit.h"
#include "support/http_server.h"

namespace pipit::test {

class PeepBench : public Bench {
 public:
  PeepBench();
  Outcome peep(const Words& words) const { return start(path("bin/peep"), words); }
  // `peep install -r FILE`, offline, from wheels().
  Outcome peep_install(const Words& words) const;
  // Serves `files` below /useless/ as an index would. Once a bench.
  void serve(std::map<std::string, std::string> files);
  std::string index() const { return server_->url("/"); }
  std::string url(const std::string& filename) const { return server_->url("/useless/" + filename); }
  std::optional<std::string> telltale() const;  // what was written by code that ran

  std::filesystem::path env;

 private:
  std::unique_ptr<HttpServer> server_;
};

// The hash as peep writes it.
std::string peep_hash(std::string_view bytes);
// A source archive of "useless" whose back end lies in its own tree; its module says `version` and `mark`.
std::string useless_tar(const std::string& version, const std::string& mark = {});
std::string useless_zip(const std::string& version, const std::string& mark = {});

}  // namespace pipit::test
