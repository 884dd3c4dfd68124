#include "pipit/index/index_memory.h"

#include <fmt/format.h>

#include <charconv>
#include <string_view>

#include "pipit/base/text.h"
#include "pipit/sys/file.h"

namespace pipit::index {
namespace {

constexpr std::array<std::string_view, static_cast<std::size_t>(Ability::count_)> kNames{"release-json", "project-json", "simple", "sidecar", "ranges"};
constexpr std::int64_t kNoIsForgottenAfter = 7 * 24 * 3600;
constexpr std::uint64_t kFileMax = 1u << 20;
constexpr std::size_t kServersMax = 2000;

}  // namespace

IndexMemory::IndexMemory(std::filesystem::path file, sys::Clock& clock) : file_(std::move(file)), clock_(&clock) {
  if (!file_.empty()) load();
}

std::int64_t IndexMemory::now() const {
  return std::chrono::duration_cast<std::chrono::seconds>(clock_->now().time_since_epoch()).count();
}

void IndexMemory::load() {
  const Result<std::string> text = sys::read_file(file_, kFileMax);
  if (!text) return;
  for (std::string_view line : split(*text, '\n')) {
    const std::vector<std::string_view> words = split_words(line);
    if (words.size() < 2 || servers_.size() >= kServersMax) continue;
    Facts& facts = servers_[std::string(words[0])];
    for (std::size_t w = 1; w < words.size(); ++w) {
      const std::size_t equals = words[w].find('='), at = words[w].find('@');
      if (equals == words[w].npos || at == words[w].npos || at < equals) continue;
      Fact fact;
      fact.can = words[w].substr(equals + 1, at - equals - 1) == "yes";
      const std::string_view time = words[w].substr(at + 1);
      std::from_chars(time.data(), time.data() + time.size(), fact.since);
      for (std::size_t i = 0; i < kNames.size(); ++i)
        if (kNames[i] == words[w].substr(0, equals)) facts[i] = fact;
    }
  }
}

std::optional<bool> IndexMemory::can(const std::string& server, Ability ability) const {
  const std::lock_guard lock(mutex_);
  const auto at = servers_.find(server);
  if (at == servers_.end()) return std::nullopt;
  const Fact& fact = at->second[static_cast<std::size_t>(ability)];
  if (fact.can == false && now() - fact.since > kNoIsForgottenAfter) return std::nullopt;
  return fact.can;
}

void IndexMemory::learn(const std::string& server, Ability ability, bool can) {
  if (server.empty() || server.find_first_of(" \t\r\n") != server.npos) return;
  const std::lock_guard lock(mutex_);
  Fact& fact = servers_[server][static_cast<std::size_t>(ability)];
  const bool is_stale_no = fact.can == false && now() - fact.since > kNoIsForgottenAfter;
  if (fact.can == can && !is_stale_no) return;
  fact = {can, now()};
  changed_ = true;
}

Status IndexMemory::save() {
  std::string text;
  {
    const std::lock_guard lock(mutex_);
    if (!changed_ || file_.empty()) return ok();
    for (const auto& [server, facts] : servers_) {
      std::string line = server;
      for (std::size_t i = 0; i < facts.size(); ++i)
        if (facts[i].can) line += fmt::format(" {}={}@{}", kNames[i], *facts[i].can ? "yes" : "no", facts[i].since);
      if (line.size() > server.size()) text += line + "\n";
    }
    changed_ = false;
  }
  PIPIT_CHECK(sys::make_directories(file_.parent_path()));
  return sys::replace_file(sys::real_os(), file_, text);
}

}  // namespace pipit::index
