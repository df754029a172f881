# The system call filters are compiled here, by a program that links libseccomp; what is built from them does not.
add_executable(sandbox_filter_gen src/sandbox/gen/filter_gen.cc)
target_link_libraries(sandbox_filter_gen PRIVATE checkrein_flags seccomp)
set(SANDBOX_GENERATED ${PROJECT_BINARY_DIR}/generated)
file(MAKE_DIRECTORY ${SANDBOX_GENERATED}/sandbox)
add_custom_command(OUTPUT ${SANDBOX_GENERATED}/sandbox/filters.inc
  COMMAND sandbox_filter_gen > ${SANDBOX_GENERATED}/sandbox/filters.inc.new
  COMMAND ${CMAKE_COMMAND} -E rename ${SANDBOX_GENERATED}/sandbox/filters.inc.new ${SANDBOX_GENERATED}/sandbox/filters.inc
  DEPENDS sandbox_filter_gen VERBATIM)
add_custom_target(sandbox_filters DEPENDS ${SANDBOX_GENERATED}/sandbox/filters.inc)
add_dependencies(sandbox sandbox_filters)
target_include_directories(sandbox PRIVATE ${SANDBOX_GENERATED})
if(TARGET sandbox_test)
  add_dependencies(sandbox_test sandbox_filters)
  target_include_directories(sandbox_test PRIVATE ${SANDBOX_GENERATED})
endif()

# The hostile programs are built without sanitizers: they look for ways out, not for their own mistakes.
if(BUILD_TESTING)
  file(GLOB hostile_sources CONFIGURE_DEPENDS src/sandbox/hostile/*.cc)
  add_executable(sandbox_hostile ${hostile_sources})
  target_compile_features(sandbox_hostile PRIVATE cxx_std_20)
  target_compile_definitions(sandbox_hostile PRIVATE _GNU_SOURCE)
  target_compile_options(sandbox_hostile PRIVATE -Wall -Wextra -Werror)
  target_include_directories(sandbox_hostile PRIVATE ${PROJECT_SOURCE_DIR}/src)
  add_dependencies(sandbox_test sandbox_hostile)
  target_compile_definitions(sandbox_test PRIVATE CHECKREIN_HOSTILE="$<TARGET_FILE:sandbox_hostile>")
endif()
