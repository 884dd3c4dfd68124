// netrc, read by ourselves: `machine NAME login USER password SECRET`, quoted tokens, comments, `macdef` bodies skipped.
// A host gets an entry only if the names are equal (NAME may carry a port: host:8080 beats host). The `default` entry is
// not used: it would answer for every host a redirect can name. Pure; linear; a malformed rest is ignored.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace pipit::net {

struct NetrcEntry {
  std::string machine, login, password;
};

class NetrcFile {
 public:
  static NetrcFile parse(std::string_view text);
  // `host` in lower case. The first entry of that name counts.
  const NetrcEntry* find(std::string_view host, unsigned port) const;
  const std::vector<NetrcEntry>& entries() const { return entries_; }

 private:
  std::vector<NetrcEntry> entries_;
};

}  // namespace pipit::net
