#include "support/places.h"

namespace pipit::test {

std::string fixtures() { return PIPIT_SOURCE_DIR "/fixtures"; }
std::string checkout() { return PIPIT_SOURCE_DIR; }
std::string pipit_program() { return PIPIT_BINARY; }

}  // namespace pipit::test
