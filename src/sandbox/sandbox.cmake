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
