add_library(checkrein_flags INTERFACE)
target_compile_features(checkrein_flags INTERFACE cxx_std_20)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
find_program(CCACHE ccache)
if(CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CCACHE})
  set(CMAKE_C_COMPILER_LAUNCHER ${CCACHE})
endif()
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
