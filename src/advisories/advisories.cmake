# Our own advisories, compiled while Checkrein is built: one that is not in order, or whose shield does not validate, does not build.
file(GLOB advisory_files CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/data/advisories/*.json)
set(advisory_images ${PROJECT_BINARY_DIR}/gen/advisory_images.inc)
add_executable(advisory_images tools/advisory_images.cc src/advisories/shield.cc src/advisories/osv/read.cc src/advisories/osv/version.cc src/policy/shields.cc src/policy/assemble.cc src/policy/words.cc)
target_include_directories(advisory_images PRIVATE ${PROJECT_SOURCE_DIR}/src)
target_link_libraries(advisory_images PRIVATE checkrein_flags base notation effect cedar)
add_custom_command(OUTPUT ${advisory_images}
  COMMAND ${CMAKE_COMMAND} -E make_directory ${PROJECT_BINARY_DIR}/gen
  COMMAND advisory_images ${PROJECT_SOURCE_DIR}/policies/checkrein.cedarschema ${advisory_files} ${advisory_images}
  DEPENDS advisory_images ${PROJECT_SOURCE_DIR}/policies/checkrein.cedarschema ${advisory_files} VERBATIM)
target_sources(advisories PRIVATE ${advisory_images})
target_include_directories(advisories PRIVATE ${PROJECT_BINARY_DIR}/gen)
