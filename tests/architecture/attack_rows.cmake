# Every hostile answer of a network or an index that the design names has a test of its own: a Catch2 tag, [N7] or [X16]. A row
# that lost its last test is named here.
cmake_minimum_required(VERSION 3.25)

set(rows X1 X2 X3 X4 X5 X6 X8 X10 X14 X15 X16)
foreach(number RANGE 1 19)
  list(APPEND rows N${number})
endforeach()

file(GLOB_RECURSE sources ${SOURCE_DIR}/tests/unit/*.cpp ${SOURCE_DIR}/tests/cmdline/*.cpp)
set(heads "")
foreach(source IN LISTS sources)
  file(STRINGS ${source} lines REGEX "^TEST_CASE\\(")
  string(APPEND heads "${lines}")
endforeach()
if(heads STREQUAL "")
  message(FATAL_ERROR "no tests below ${SOURCE_DIR}/tests")
endif()
foreach(row IN LISTS rows)
  string(FIND "${heads}" "[${row}]" at)
  if(at EQUAL -1)
    message(SEND_ERROR "no test is tagged [${row}]")
  endif()
endforeach()
