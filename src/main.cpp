#include <malloc.h>

#include "cli/app.h"

// Where the C library lets this be set: what is larger than this goes back to the system when it is freed. By default the limit
// grows with the first large text, and every thread that has read an index page keeps room for another one to its end.
constexpr int kReturnedBytes = 1 << 20;

int main(int argc, char** argv) {
#ifdef M_MMAP_THRESHOLD
  mallopt(M_MMAP_THRESHOLD, kReturnedBytes);
#endif
  return pipit::cli::run(argc, argv);
}
