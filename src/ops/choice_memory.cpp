#include "ops/choice_memory.h"

#include <algorithm>

#include "pipit/base/text.h"
#include "pipit/sys/file.h"
#include "pipit/verify/digest.h"

namespace pipit::ops {

ChoiceMemory::ChoiceMemory(sys::Os& os, std::optional<std::filesystem::path> directory, std::function<std::string()> circumstances)
    : os_(os), directory_(std::move(directory)), tell_circumstances_(std::move(circumstances)) {}

const std::string& ChoiceMemory::circumstances() const {
  std::call_once(told_, [this] { circumstances_ = verify::sha256_hex(as_bytes_view(tell_circumstances_())); });
  return circumstances_;
}

std::filesystem::path ChoiceMemory::path_of(const std::string& name, const std::string& specifiers, const packaging::Hashes& hashes) const {
  packaging::Hashes sorted = hashes;
  std::sort(sorted.begin(), sorted.end());
  std::string text = circumstances() + "\n" + name + specifiers;
  for (const packaging::Hash& hash : sorted) text += "\n" + hash.algorithm + ":" + hash.hex;
  const std::string key = verify::sha256_hex(as_bytes_view(text));
  return *directory_ / key.substr(0, 2) / key;
}

std::optional<std::string> ChoiceMemory::recall(const std::string& name, const std::string& specifiers, const packaging::Hashes& hashes) const {
  if (!directory_) return std::nullopt;
  auto text = sys::read_file(path_of(name, specifiers, hashes), 64);
  if (!text || text->size() != 64 || !from_hex(*text)) return std::nullopt;
  // What is remembered can only narrow the user's own list.
  const bool allowed = std::any_of(hashes.begin(), hashes.end(), [&](const packaging::Hash& hash) { return hash.algorithm == "sha256" && hash.hex == *text; });
  return allowed ? std::optional(*text) : std::nullopt;
}

void ChoiceMemory::remember(const std::string& name, const std::string& specifiers, const packaging::Hashes& hashes, const std::string& sha256) const {
  if (!directory_) return;
  const std::filesystem::path path = path_of(name, specifiers, hashes);
  // A cache that cannot be written costs a question next time, nothing else.
  if (sys::make_directories(path.parent_path(), 0700)) static_cast<void>(sys::replace_file(os_, path, sha256));
}

}  // namespace pipit::ops
