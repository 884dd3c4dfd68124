// Git references: "git+https://host/repo@rev#egg=name&subdirectory=dir", taken apart and checked out with the machine's git.
//
// What the URL or a repository says never becomes an option, a helper program or a submodule's URL: git is found outside of
// the current directory, speaks the URL's own protocol only, asks nobody, and is given revisions as full object names that
// were looked up first. Submodules are not fetched. Private to ops.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "pipit/ops/session.h"

namespace pipit::ops {

inline constexpr ErrorCode kBadVcsUrl{"invalid-vcs-url"};
inline constexpr ErrorCode kNoGit{"no-git"};
inline constexpr ErrorCode kGitFailed{"git-failed"};
inline constexpr ErrorCode kNoSuchRevision{"no-such-revision"};

struct GitReference {
  std::string url;                      // what git is given, with credentials
  std::string shown;                    // without
  std::optional<std::string> revision;
  std::string subdirectory, egg;

  // `text` as the requirement gives it. Other version control systems, insecure protocols and what could be taken for an
  // option are refused.
  static Result<GitReference> parse(const std::string& text);
};

// Clones into `directory`, which must not exist, or brings an earlier clone there up to date (`update`). Returns the commit.
enum class Existing { no, update };
Result<std::string> check_out(const GitReference& reference, const std::filesystem::path& directory, Existing existing, Session& session);

// What freeze says of a working tree: where it comes from and which commit it stands at; nullopt where there is none, or no
// git to ask.
struct WorkingTree {
  std::string remote;          // a URL; empty if there is none
  std::string invalid_remote;  // what is set instead of a URL
  std::string commit, subdirectory;
};
std::optional<WorkingTree> look_at_working_tree(const std::filesystem::path& directory, Session& session);

}  // namespace pipit::ops
