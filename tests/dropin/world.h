// Where one row runs: a directory of its own with a fresh virtual environment, HOME, TMPDIR and a working directory; the
// packages and their index are shared by all rows. The scripts see `pip` first in PATH, then the environment's programs,
// and these words:
//   $WHEELS $BROKEN $INDEX $HTML $HOST $DOWN   the packages, as directories and as URLs
//   $ENV $SITE                          the environment and its site-packages
//   offline ARGS                        pip install --no-index -f $WHEELS ARGS
//   online ARGS                         pip install -i $INDEX ARGS
//   project NAME VERSION [WANTED]       writes the source tree ./NAME
#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "dropin/row_file.h"
#include "pipit/sys/file.h"
#include "support/http_server.h"

namespace pipit::test {

class World {
 public:
  World();
  // With `real_pip` (the directory of pip's package) the scripts meet that pip, else pipit under the name pip.
  Answer run(const Row& row, const std::string& real_pip) const;

 private:
  struct Place;
  void make_program(const Place& place, const std::string& real_pip) const;
  std::string prelude(const Place& place) const;
  Answer answer_of(const Place& place, const std::string& script, bool is_pipit) const;
  std::string tree(const Place& place) const;

  sys::TempDir root_;
  HttpServer server_;
  std::uint16_t closed_;
};

}  // namespace pipit::test
