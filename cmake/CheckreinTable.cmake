# checkrein_table(<module> <name> <input>...): compiles data into a module.
#
# tools/<name>.cc is built for this machine, linked with `base`, and run as `<name> <input>... <output>`; its output
# <build>/gen/<name>.inc can be included by sources of <module>. The tool refuses data that breaks its format, so a bad row
# fails the build. A tool of our own and not a script: a bare Debian has no Python.
function(checkrein_table module name)
  set(inputs)
  foreach(input ${ARGN})
    list(APPEND inputs ${PROJECT_SOURCE_DIR}/${input})
  endforeach()
  set(output ${PROJECT_BINARY_DIR}/gen/${name}.inc)
  add_executable(${name} tools/${name}.cc)
  target_link_libraries(${name} PRIVATE checkrein_flags base)
  add_custom_command(OUTPUT ${output}
    COMMAND ${CMAKE_COMMAND} -E make_directory ${PROJECT_BINARY_DIR}/gen
    COMMAND ${name} ${inputs} ${output}
    DEPENDS ${name} ${inputs} VERBATIM)
  target_sources(${module} PRIVATE ${output})
  target_include_directories(${module} PRIVATE ${PROJECT_BINARY_DIR}/gen)
endfunction()
