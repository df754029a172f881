# simdjson picks its on-demand code when it is compiled; without this it is the one for any processor, byte by byte. Vectorscan asks for
# the same instructions (x86-64-v2), so nobody loses a machine.
if(CMAKE_SYSTEM_PROCESSOR STREQUAL "x86_64")
  set_source_files_properties(src/release/expose/source_map.cc PROPERTIES COMPILE_OPTIONS "-msse4.2;-mpclmul" SKIP_PRECOMPILE_HEADERS ON)
endif()

# The scanner alone, which bench/gate builds and uses.
add_executable(bench_gate_scan EXCLUDE_FROM_ALL bench/gate/scan.cc)
target_link_libraries(bench_gate_scan PRIVATE checkrein_flags release hs)
add_executable(bench_gate_linear EXCLUDE_FROM_ALL bench/gate/linear.cc bench/gate/hostile.cc)
target_link_libraries(bench_gate_linear PRIVATE checkrein_flags release)
