// Unfinished: downloads that broke off, kept for the next run, which continues them by range. Only of files whose digest is
// known: the whole is checked against it in the end, so what lies here need not be trusted. Two files each below the
// directory: KEY.part (the bytes) and KEY.from (the validator they came with). Taking one removes it, so two runs never share.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "pipit/fetch/archive_fetcher.h"
#include "pipit/sys/file.h"

namespace pipit::fetch {

class Unfinished {
 public:
  // Empty: nothing is kept or found.
  explicit Unfinished(std::filesystem::path directory) : directory_(std::move(directory)) {}

  struct Begun {
    sys::MappedFile bytes;
    std::string validator;
  };
  std::optional<Begun> take(const FetchItem& item) const;
  // Moves the file at `path` here. Failing to is no failure of the run.
  void keep(const FetchItem& item, const std::filesystem::path& path, const std::string& validator) const;

  // What the file is called here; nullopt if nothing was promised of it.
  std::optional<std::string> key_of(const FetchItem& item) const;

 private:
  std::filesystem::path directory_;
};

}  // namespace pipit::fetch
