// The certificate authorities inside the program, for machines that have none of their own. Empty in a developer's build; a
// release is configured with PIPIT_ROOTS, a file that cmake/release/embed_roots.py makes of Debian's ca-certificates.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace pipit::net {

struct EmbeddedRoot {
  std::uint32_t subject_hash = 0;          // OpenSSL's X509_NAME_hash of the subject
  std::span<const unsigned char> der;
};

struct EmbeddedRoots {
  std::span<const EmbeddedRoot> roots;     // sorted by subject_hash
  std::string_view label;                  // "ca-certificates 20230311"
};

EmbeddedRoots embedded_roots();

}  // namespace pipit::net
