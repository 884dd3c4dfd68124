// ResolutionMemory: what was chosen in earlier runs, so that a run in which nothing has changed need not choose again. The
// solver is deterministic: the same question, and the same pages to answer it from, give the same resolution. The question is
// the file's name (a digest of everything static); the pages are named inside, by address and payload. Whoever recalls must
// find out that those pages are still the answer (IndexClient::still_hold) before believing the rest.
// One file a question: CACHE/resolutions-v1/DIGEST, with a checksum, and beside it DIGEST.metadata once a report was printed;
// the oldest give way to new ones. What cannot be read is not there. The checksum guards against damage, as that of the kept pages does; no password is ever written: addresses are
// those of kept pages, and the question is only a digest. Threads: any.
#pragma once

#include <cstddef>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "pipit/base/text_pool.h"
#include "pipit/index/index_client.h"
#include "pipit/model/resolution.h"
#include "pipit/sys/os.h"

namespace pipit::ops {

struct Remembered {
  std::vector<index::IndexClient::Basis> bases;
  std::vector<std::string> rejected;  // names of which a release was found not to fit, in the order in which that was told
  model::Resolution resolution;
};

// What a report prints as the metadata of the chosen: most of its text, and the same as long as the choice is. By normalised name.
class PrintedMetadata {
 public:
  std::optional<std::string_view> find(const std::string& name) const;
  std::string_view add(const std::string& name, std::string text);
  // `begin`: bytes in front that are not its own.
  std::string to_bytes(std::size_t begin = 0) const;
  static std::optional<PrintedMetadata> from_bytes(std::string bytes, std::size_t begin = 0);

 private:
  TextPool pool_;
  std::map<std::string_view, std::string_view> texts_;
};

// The file's bytes without its head. Only candidates of index pages can be told: wheels and sdists without a direct reference.
std::optional<std::string> print_remembered(const Remembered& remembered);
// Nullopt for bytes that print_remembered cannot have made. Linear; asks for no memory that the bytes do not pay for.
std::optional<Remembered> parse_remembered(std::string_view bytes);

// A question as text: every part with its length, so that no two questions share one.
class QuestionText {
 public:
  void add(std::string_view part);
  void add(std::uint64_t number);
  std::string digest() const;

 private:
  std::string text_;
};

// One answer to one question.
struct AnswerId {
  std::string question, answer;  // its digest, and the checksum of what was remembered
  friend bool operator==(const AnswerId&, const AnswerId&) = default;
};

class ResolutionMemory {
 public:
  static constexpr std::size_t kFilesMax = 256;
  // No directory: no memory.
  ResolutionMemory(sys::Os& os, std::optional<std::filesystem::path> directory) : os_(os), directory_(std::move(directory)) {}
  bool is_on() const { return directory_.has_value(); }
  struct Known {
    Remembered answer;
    AnswerId id;
  };
  std::optional<Known> recall(const std::string& digest) const;
  // A memory that cannot be written costs thinking again, nothing else: nullopt.
  std::optional<AnswerId> remember(const std::string& digest, const Remembered& remembered) const;
  // Of that answer, and of no other to the same question. Empty if there is none.
  PrintedMetadata recall_printed(const AnswerId& id) const;
  void remember_printed(const AnswerId& id, const PrintedMetadata& printed) const;

 private:
  bool write(const std::string& name, std::string_view file) const;
  void make_room() const;
  sys::Os& os_;
  std::optional<std::filesystem::path> directory_;
};

}  // namespace pipit::ops
