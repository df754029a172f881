# libcheckrein.so: the C interface of include/checkrein/checkrein.h over the modules. Shows ckr_* and nothing else (src/capi/exports.map).
include(GNUInstallDirs)
add_library(checkrein_capi SHARED src/capi/checkrein.cc include/checkrein/checkrein.h)
target_include_directories(checkrein_capi PUBLIC $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/include> $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>)
target_link_libraries(checkrein_capi PRIVATE checkrein_flags monitor policy)
target_link_options(checkrein_capi PRIVATE -Wl,--version-script=${PROJECT_SOURCE_DIR}/src/capi/exports.map -Wl,--gc-sections -Wl,--as-needed)
set_target_properties(checkrein_capi PROPERTIES OUTPUT_NAME checkrein VERSION ${PROJECT_VERSION} SOVERSION 1 CXX_VISIBILITY_PRESET hidden
  LINK_DEPENDS ${PROJECT_SOURCE_DIR}/src/capi/exports.map)
if(NOT CHECKREIN_SANITIZE)  # a sanitizer's runtime is in the program, not in the library
  target_link_options(checkrein_capi PRIVATE -Wl,-z,defs)
endif()

# Where checkrein.pc stands depends on the library folder (lib, or lib/x86_64-linux-gnu): it finds its prefix from there.
string(REGEX REPLACE "[^/]+" ".." pc_depth "${CMAKE_INSTALL_LIBDIR}")
string(REGEX REPLACE "^\\.\\." "" pc_up "${pc_depth}")
configure_file(${PROJECT_SOURCE_DIR}/cmake/checkrein.pc.in ${PROJECT_BINARY_DIR}/generated/checkrein.pc @ONLY)
install(TARGETS checkrein_capi LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR})
install(FILES include/checkrein/checkrein.h DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/checkrein)
install(FILES ${PROJECT_BINARY_DIR}/generated/checkrein.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)

if(BUILD_TESTING)
  add_executable(capi_test src/capi/checkrein_test.cc)  # C++ callers, over the shared library as everybody else
  target_link_libraries(capi_test PRIVATE checkrein_flags checkrein_capi GTest::gtest_main)
  add_test(NAME capi COMMAND capi_test)
  set_tests_properties(capi PROPERTIES LABELS unit)

  add_executable(capi_example examples/decide.c)  # C99 callers, with nothing of our own flags
  set_target_properties(capi_example PROPERTIES C_STANDARD 99 C_STANDARD_REQUIRED ON C_EXTENSIONS OFF)
  target_compile_options(capi_example PRIVATE -Wall -Wextra -Wpedantic -Werror)
  target_link_libraries(capi_example PRIVATE checkrein_capi)
  if(CHECKREIN_SANITIZE)
    target_link_options(capi_example PRIVATE -fsanitize=address,undefined)
  endif()
  add_test(NAME capi_example COMMAND ${PROJECT_SOURCE_DIR}/examples/decide_test.sh $<TARGET_FILE:capi_example> $<TARGET_FILE:checkrein_capi>)
endif()
