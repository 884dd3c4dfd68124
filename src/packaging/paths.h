// Paths and URLs as text, by Python's rules (posixpath, urllib): no file is looked at. Pure.
#pragma once

#include <string>
#include <string_view>

namespace pipit::packaging {

// posixpath.normpath: "." and ".." resolved by text alone; two leading slashes stay.
std::string normalize_path(std::string_view path);
// posixpath.normpath(join(directory, path)); `directory` is absolute.
std::string absolute_path(std::string_view directory, std::string_view path);
// posixpath.dirname.
std::string directory_of(std::string_view path);
std::string join_path(std::string_view directory, std::string_view path);
// pip's path_to_url(): "file://" and the percent-encoded path. REQUIRES: absolute and normalised.
std::string path_to_url(std::string_view path);

// urllib.parse.urlsplit(text).scheme: lower case, or empty.
std::string url_scheme(std::string_view text);
// The decoded path of a URL (urlsplit().path, unquoted).
std::string url_path(std::string_view url);
// ".whl", ".tar.gz", ... of the last part of a path; "" if there is none (os.path.splitext, ".tar" taken along).
std::string path_suffix(std::string_view path);
// A suffix that pip takes for an archive, any case.
bool has_archive_suffix(std::string_view path);

}  // namespace pipit::packaging
