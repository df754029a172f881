add_library(checkrein_flags INTERFACE)
target_compile_features(checkrein_flags INTERFACE cxx_std_20)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_CXX_FLAGS_RELEASE "-O2 -DNDEBUG")  # no slower here than -O3, smaller, and a fifth of the time to compile less
find_program(CCACHE ccache)
if(CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CCACHE})
  set(CMAKE_C_COMPILER_LAUNCHER ${CCACHE})
endif()
# Half of the time of a compilation is reading the standard library. Not beside ccache, which cannot see into such headers; and whoever has
# ccache then also sees an include that is missing.
if(CCACHE OR NOT CMAKE_CXX_COMPILER_ID STREQUAL GNU)
  set(precompile OFF)
else()
  set(precompile ON)
endif()
option(CHECKREIN_PRECOMPILE "Precompile the standard library's headers" ${precompile})
set(CHECKREIN_PRECOMPILED <algorithm> <array> <charconv> <cstdint> <cstring> <filesystem> <functional> <map> <memory> <optional> <set> <span>
  <string> <string_view> <unordered_map> <utility> <variant> <vector>)

# checkrein_precompile(<target> <first> [<header>...]): target uses the headers precompiled for `first`, which is compiled with the same flags.
function(checkrein_precompile target first)
  if(NOT CHECKREIN_PRECOMPILE)
    return()
  endif()
  if(target STREQUAL first)
    target_precompile_headers(${target} PRIVATE ${CHECKREIN_PRECOMPILED} ${ARGN})
  else()
    target_precompile_headers(${target} REUSE_FROM ${first})
  endif()
endfunction()
target_compile_definitions(checkrein_flags INTERFACE _GNU_SOURCE)
target_compile_options(checkrein_flags INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion -Wimplicit-fallthrough -Werror
  $<$<AND:$<COMPILE_LANGUAGE:CXX>,$<CXX_COMPILER_ID:GNU>>:-Wno-restrict>  # g++ 12 sees overlaps in "x" + std::string that are not there (GCC bug 105651)
  $<$<AND:$<COMPILE_LANGUAGE:CXX>,$<CXX_COMPILER_ID:Clang>>:-Wno-deprecated-declarations>  # clang 19 sees them in libstdc++ 12's own stable_sort
  $<$<COMPILE_LANGUAGE:CXX>:-Wnon-virtual-dtor -Wold-style-cast>
  $<$<AND:$<COMPILE_LANGUAGE:CXX>,$<NOT:$<BOOL:$<TARGET_PROPERTY:CHECKREIN_EXCEPTIONS>>>>:-fno-exceptions>
  $<$<CONFIG:Release>:-D_FORTIFY_SOURCE=2 -fstack-protector-strong -fcf-protection>
  $<$<COMPILE_LANGUAGE:CXX>:-D_GLIBCXX_ASSERTIONS>)
target_link_options(checkrein_flags INTERFACE -Wl,-z,relro,-z,now,-z,noexecstack)
if(CHECKREIN_SANITIZE)
  target_compile_options(checkrein_flags INTERFACE -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer)
  target_link_options(checkrein_flags INTERFACE -fsanitize=address,undefined)
endif()
if(CHECKREIN_FUZZ)
  # Without this on every module the fuzzer runs blind: it reports no error and finds nothing.
  target_compile_options(checkrein_flags INTERFACE -fsanitize=fuzzer-no-link)
endif()
