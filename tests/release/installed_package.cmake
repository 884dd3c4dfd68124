# Installs the build into a directory of its own, moves that (nothing may name the place it was installed to), builds
# docs/examples/install-one against it and lets the program fill an environment.
cmake_minimum_required(VERSION 3.25)

function(run what)
  execute_process(COMMAND ${ARGN} RESULT_VARIABLE result OUTPUT_VARIABLE output ERROR_VARIABLE output)
  if(NOT result EQUAL 0)
    message(FATAL_ERROR "${what} failed (${result}):\n${output}")
  endif()
  set(output "${output}" PARENT_SCOPE)
endfunction()

file(REMOVE_RECURSE ${WORK_DIR})
run("cmake --install" ${CMAKE_COMMAND} --install ${BUILD_DIR} --prefix ${WORK_DIR}/first)
file(RENAME ${WORK_DIR}/first ${WORK_DIR}/prefix)
file(COPY ${SOURCE_DIR}/docs/examples/install-one DESTINATION ${WORK_DIR})

set(flags "")
if(SANITIZE)
  set(flags -DCMAKE_CXX_FLAGS=-fsanitize=${SANITIZE})
endif()
run("configuring the example" ${CMAKE_COMMAND} -S ${WORK_DIR}/install-one -B ${WORK_DIR}/build -G Ninja
    -DCMAKE_BUILD_TYPE=${BUILD_TYPE} -DCMAKE_CXX_COMPILER=${COMPILER} -DCMAKE_PREFIX_PATH=${WORK_DIR}/prefix ${flags})
run("building the example" ${CMAKE_COMMAND} --build ${WORK_DIR}/build)

# The headers that were installed must be enough: none of the checkout's may have been opened.
file(STRINGS ${WORK_DIR}/build/build.ninja include_lines REGEX "INCLUDES =")
foreach(line IN LISTS include_lines)
  if(line MATCHES "${SOURCE_DIR}/(include|src)")
    message(FATAL_ERROR "the example was built with the checkout's headers: ${line}")
  endif()
endforeach()

run("pipit venv" ${WORK_DIR}/prefix/bin/pipit venv ${WORK_DIR}/environment)
run("install_one" ${CMAKE_COMMAND} -E env HOME=${WORK_DIR} ${WORK_DIR}/build/install_one ${WORK_DIR}/environment/bin/python harbour
    ${SOURCE_DIR}/fixtures/quickstart/wheels)
if(NOT output MATCHES "harbour 2.0.1" OR NOT EXISTS ${WORK_DIR}/environment/bin/harbour)
  message(FATAL_ERROR "install_one did not install harbour:\n${output}")
endif()
execute_process(COMMAND ${WORK_DIR}/build/install_one ${WORK_DIR}/environment/bin/python no-such-package ${SOURCE_DIR}/fixtures/quickstart/wheels
                RESULT_VARIABLE result OUTPUT_VARIABLE output ERROR_VARIABLE output)
if(NOT result EQUAL 1 OR NOT output MATCHES "error: .*no-such-package")
  message(FATAL_ERROR "install_one of an unknown package ended with ${result}:\n${output}")
endif()
