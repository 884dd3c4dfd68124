#include "net/embedded_roots.h"

namespace pipit::net {

namespace {

#ifdef PIPIT_ROOTS
#include PIPIT_ROOTS
#else
constexpr std::span<const EmbeddedRoot> kRoots;
constexpr std::string_view kLabel;
#endif

}  // namespace

EmbeddedRoots embedded_roots() { return {kRoots, kLabel}; }

}  // namespace pipit::net
