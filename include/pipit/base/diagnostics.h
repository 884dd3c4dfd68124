// Diagnostics: things worth saying that are not failures (warnings, notices). Rooms append; cli prints in order.
// Not thread-safe: one Diagnostics belongs to one thread; merge() joins a worker's at the edge.
#pragma once

#include <string>
#include <utility>
#include <vector>

namespace pipit {

enum class Severity { debug, info, warning, deprecation, error };

struct Diagnostic {
  Severity severity = Severity::warning;
  std::string id;       // kebab-case; may be empty where the text is pip's
  std::string message;  // may hold several lines
  std::string where;    // "requirements.txt:14" or empty
  friend bool operator==(const Diagnostic&, const Diagnostic&) = default;
};

class Diagnostics {
 public:
  void add(Diagnostic diagnostic) { items_.push_back(std::move(diagnostic)); }
  void warn(std::string id, std::string message, std::string where = {}) {
    add({Severity::warning, std::move(id), std::move(message), std::move(where)});
  }
  void info(std::string message) { add({Severity::info, {}, std::move(message), {}}); }
  void debug(std::string message) { add({Severity::debug, {}, std::move(message), {}}); }
  void merge(Diagnostics other) {
    for (Diagnostic& item : other.items_) items_.push_back(std::move(item));
  }
  std::vector<Diagnostic> take() { return std::exchange(items_, {}); }
  const std::vector<Diagnostic>& items() const { return items_; }

 private:
  std::vector<Diagnostic> items_;
};

}  // namespace pipit
