// LocalIndex: a package index on the loopback, in JSON (PEP 691) or HTML (PEP 503), and in as many ways dishonest as a
// test asks for. Files are set before the first run; handlers of one's own replace the answer to a path.
#pragma once

#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "cmdline/run_pipit.h"
#include "support/http_server.h"

namespace pipit::test {

class LocalIndex {
 public:
  enum class Form { json, html };
  explicit LocalIndex(Form form = Form::json);

  // Offers the archive; the index advertises `digest` (default: the true one; "-": none).
  void add(const std::string& project, const std::string& filename, const std::string& bytes, const std::string& digest = {});
  void add(const std::string& project, const WheelMaker& wheel, const std::string& digest = {}) { add(project, wheel.filename(), wheel.bytes(), digest); }
  // This path is answered so, whatever is offered.
  void answer(const std::string& path, HttpServer::Handler handler);

  std::string url() const { return server_.url("/simple/"); }
  std::string file_url(const std::string& filename) const { return server_.url("/files/" + filename); }
  std::string received() const { return server_.received(); }  // all that clients ever sent
  int asked(std::string_view path) const;  // how many requests for it so far

 private:
  struct Offer {
    std::string filename, bytes, digest;
  };
  Reply reply(const ServerRequest& request) const;
  Reply offered(const ServerRequest& request) const;
  std::string page(const std::vector<Offer>& offers, const std::string& project) const;

  Form form_;
  mutable std::mutex mutex_;  // guards what the server's threads read: offers_, answers_
  std::map<std::string, std::vector<Offer>> offers_;
  std::map<std::string, HttpServer::Handler> answers_;
  HttpServer server_;
};

}  // namespace pipit::test
