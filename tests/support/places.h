// Where tests find data and the program under test. One compiled file knows the checkout's path, so that all other
// objects are the same in every checkout and a compiler cache can share them.
#pragma once

#include <string>

namespace pipit::test {

std::string fixtures();       // the directory fixtures/
std::string checkout();       // the top of the source tree
std::string pipit_program();  // the built pipit

}  // namespace pipit::test
