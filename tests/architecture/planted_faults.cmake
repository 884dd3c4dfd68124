# Plants one fault at a time into an empty house and requires that CheckRooms.cmake names it.
cmake_minimum_required(VERSION 3.25)

function(planted file content expected)
  file(REMOVE_RECURSE ${WORK_DIR})
  file(WRITE ${WORK_DIR}/${file} "${content}\n")
  execute_process(COMMAND ${CMAKE_COMMAND} -D SOURCE_DIR=${WORK_DIR} -D TABLE=${SOURCE_DIR}/cmake/RoomTable.cmake
                          -P ${SOURCE_DIR}/cmake/CheckRooms.cmake
                  RESULT_VARIABLE result OUTPUT_VARIABLE output ERROR_VARIABLE output)
  if(result EQUAL 0)
    message(SEND_ERROR "not caught: ${content} in ${file}")
  elseif(NOT output MATCHES "${expected}")
    message(SEND_ERROR "caught with other words: ${content} in ${file}:\n${output}")
  endif()
endfunction()

planted(src/resolve/a.cpp "#include \"pipit/net/http.h\"" "room 'resolve' may not include 'net'")
planted(src/base/a.cpp "#include \"pipit/sys/file.h\"" "room 'base' may not include 'sys'")
planted(src/resolve/a.cpp "#include <fstream>" "belongs to room 'sys'")
planted(src/install/a.cpp "#include <curl/curl.h>" "may not be seen in room 'install'")
planted(include/pipit/archive/a.h "#include <archive.h>" "may not be seen in a front door")
planted(include/pipit/python/a.h "#include <nlohmann/json.hpp>" "may not be seen in a front door")
planted(src/net/a.cpp "#include <nlohmann/json.hpp>" "may not be seen in room 'net'")
planted(src/wheel/a.cpp "#include \"archive/zip.h\"" "private drawer of room 'archive'")
planted(src/ops/a.cpp "std::cout << 1\;" "nobody below cli prints")
planted(src/python/a.cpp "  return std::filesystem::exists(path)\;" "asked through room 'sys'")
planted(src/ops/a.cpp "#include <CLI/CLI.hpp>" "may not be seen in room 'ops'")

file(REMOVE_RECURSE ${WORK_DIR})
file(WRITE ${WORK_DIR}/src/net/a.cpp "#include <curl/curl.h>\n#include \"pipit/sys/file.h\"\n#include \"net/event_loop.h\"\n")
execute_process(COMMAND ${CMAKE_COMMAND} -D SOURCE_DIR=${WORK_DIR} -D TABLE=${SOURCE_DIR}/cmake/RoomTable.cmake
                        -P ${SOURCE_DIR}/cmake/CheckRooms.cmake RESULT_VARIABLE result OUTPUT_QUIET ERROR_VARIABLE output)
if(NOT result EQUAL 0)
  message(SEND_ERROR "an honest room was refused:\n${output}")
endif()
