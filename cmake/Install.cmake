# cmake --install: the program, and the rooms as static libraries with their front doors, for find_package(pipit). The static
# program of a release is installed alone: what is inside it is no library of the machine.
include(GNUInstallDirs)
install(TARGETS pipit RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
if(PIPIT_STATIC_PREFIX)
  return()
endif()

list(REMOVE_ITEM pipit_rooms cli)  # the door is the program's own
list(TRANSFORM pipit_rooms PREPEND pipit_ OUTPUT_VARIABLE room_targets)
install(TARGETS ${room_targets} EXPORT pipit-targets ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR})
install(DIRECTORY include/pipit DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} FILES_MATCHING PATTERN *.h)

include(CMakePackageConfigHelpers)
set(package_directory ${CMAKE_INSTALL_LIBDIR}/cmake/pipit)
install(EXPORT pipit-targets NAMESPACE pipit:: DESTINATION ${package_directory})
configure_package_config_file(cmake/pipit-config.cmake.in pipit-config.cmake INSTALL_DESTINATION ${package_directory})
write_basic_package_version_file(pipit-config-version.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/pipit-config.cmake ${CMAKE_CURRENT_BINARY_DIR}/pipit-config-version.cmake
        DESTINATION ${package_directory})
