#include "net/netrc.h"

#include "pipit/base/text.h"

namespace pipit::net {

namespace {

class Tokens {
 public:
  explicit Tokens(std::string_view text) : rest_(text) {}

  std::optional<std::string> next() {
    skip_space_and_comments();
    if (rest_.empty()) return std::nullopt;
    return rest_.front() == '"' ? quoted() : word();
  }
  // A macro's body ends at the first empty line.
  void skip_macro() {
    const auto blank = rest_.find("\n\n");
    rest_ = blank == std::string_view::npos ? std::string_view() : rest_.substr(blank + 2);
  }

 private:
  void skip_space_and_comments() {
    while (!rest_.empty()) {
      if (rest_.front() == '#')
        rest_.remove_prefix(std::min(rest_.find('\n'), rest_.size()));
      else if (is_space(rest_.front()))
        rest_.remove_prefix(1);
      else
        return;
    }
  }
  std::string quoted() {
    std::string token;
    for (rest_.remove_prefix(1); !rest_.empty() && rest_.front() != '"'; rest_.remove_prefix(1)) {
      if (rest_.front() == '\\' && rest_.size() > 1) rest_.remove_prefix(1);
      token += rest_.front();
    }
    if (!rest_.empty()) rest_.remove_prefix(1);
    return token;
  }
  std::string word() {
    std::string token;
    for (; !rest_.empty() && !is_space(rest_.front()); rest_.remove_prefix(1)) {
      if (rest_.front() == '\\' && rest_.size() > 1) rest_.remove_prefix(1);
      token += rest_.front();
    }
    return token;
  }

  std::string_view rest_;
};

}  // namespace

NetrcFile NetrcFile::parse(std::string_view text) {
  NetrcFile file;
  Tokens tokens(text);
  NetrcEntry* entry = nullptr;
  NetrcEntry ignored;  // takes what belongs to `default`
  while (const auto token = tokens.next()) {
    if (*token == "default") {
      entry = &ignored;
    } else if (*token == "macdef") {
      tokens.skip_macro();
      entry = nullptr;
    } else if (*token == "machine" || *token == "login" || *token == "user" || *token == "password" || *token == "account") {
      auto value = tokens.next();
      if (!value) break;
      if (*token == "machine") {
        file.entries_.push_back({ascii_lower(*value), {}, {}});
        entry = &file.entries_.back();
      } else if (entry != nullptr && *token == "password") {
        entry->password = std::move(*value);
      } else if (entry != nullptr && *token != "account") {
        entry->login = std::move(*value);
      }
    }
  }
  return file;
}

const NetrcEntry* NetrcFile::find(std::string_view host, unsigned port) const {
  const std::string with_port = std::string(host) + ":" + std::to_string(port);
  for (const std::string_view wanted : {std::string_view(with_port), host})
    for (const NetrcEntry& entry : entries_)
      if (entry.machine == wanted) return &entry;
  return nullptr;
}

}  // namespace pipit::net
