# The shipped sets, compiled while Checkrein is built: a set that does not validate does not build.
file(GLOB policy_files CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/policies/*.cedar)
set(policy_images ${PROJECT_BINARY_DIR}/gen/policy_images.inc)
add_executable(policy_images tools/policy_images.cc src/policy/assemble.cc src/policy/words.cc)
target_link_libraries(policy_images PRIVATE checkrein_flags base cedar)
add_custom_command(OUTPUT ${policy_images}
  COMMAND ${CMAKE_COMMAND} -E make_directory ${PROJECT_BINARY_DIR}/gen
  COMMAND policy_images ${PROJECT_SOURCE_DIR}/policies/checkrein.cedarschema ${policy_files} ${policy_images}
  DEPENDS policy_images ${PROJECT_SOURCE_DIR}/policies/checkrein.cedarschema ${policy_files} VERBATIM)
target_sources(policy PRIVATE ${policy_images})
target_include_directories(policy PRIVATE ${PROJECT_BINARY_DIR}/gen)

# What a compiled set depends on besides its texts. A person's sets are kept compiled by a digest that has this in it: no other version's are used.
file(GLOB compiler_sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/src/cedar/*.cc ${PROJECT_SOURCE_DIR}/src/cedar/*.h ${PROJECT_SOURCE_DIR}/src/policy/assemble.* ${PROJECT_SOURCE_DIR}/src/policy/words.*)
list(FILTER compiler_sources EXCLUDE REGEX "_(test|fuzz)\\.cc$")
set(compiler_digests "")
foreach(source ${compiler_sources} ${PROJECT_SOURCE_DIR}/policies/checkrein.cedarschema)
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${source})
  file(SHA256 ${source} digest)
  string(APPEND compiler_digests ${digest})
endforeach()
string(SHA256 compiler_digest "${compiler_digests}")
set_source_files_properties(src/policy/compiled_cache.cc PROPERTIES COMPILE_DEFINITIONS CHECKREIN_POLICY_COMPILER="${compiler_digest}")
