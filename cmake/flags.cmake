# ww_flags: everything. ww_warn: product targets only, linked PRIVATE.
include(CheckCCompilerFlag)
add_library(ww_flags INTERFACE)
target_include_directories(ww_flags INTERFACE ${PROJECT_SOURCE_DIR})
target_compile_definitions(ww_flags INTERFACE _GNU_SOURCE $<$<BOOL:${WW_STRICT}>:WW_STRICT>)
if(WW_SAN)
  target_compile_options(ww_flags INTERFACE -fsanitize=${WW_SAN} -fno-sanitize-recover=all -fno-omit-frame-pointer)
  target_link_options(ww_flags INTERFACE -fsanitize=${WW_SAN})
endif()
if(WW_FUZZ)
  target_compile_options(ww_flags INTERFACE -fsanitize=fuzzer-no-link)
endif()
if(CMAKE_BUILD_TYPE STREQUAL "Release")
  target_compile_options(ww_flags INTERFACE -D_FORTIFY_SOURCE=3 -fstack-protector-strong -fstack-clash-protection -fcf-protection)
  if(CMAKE_C_COMPILER_ID STREQUAL "GNU")
    target_compile_options(ww_flags INTERFACE -ftrivial-auto-var-init=zero)
  endif()
  target_link_options(ww_flags INTERFACE -Wl,-z,relro,-z,now)
  set(CMAKE_POSITION_INDEPENDENT_CODE ON)
endif()

add_library(ww_warn INTERFACE)
target_compile_options(ww_warn INTERFACE -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion
  -Wcast-qual -Wpointer-arith -Wstrict-prototypes -Wmissing-prototypes -Wvla -Wundef -Wimplicit-fallthrough
  -Wswitch-enum -Wformat=2 -Wnull-dereference -Walloca -Wframe-larger-than=8192
  $<$<BOOL:${WW_WERROR}>:-Werror>)
if(CMAKE_C_COMPILER_ID STREQUAL "GNU")
  target_compile_options(ww_warn INTERFACE -Wduplicated-cond -Wlogical-op -Wcast-align=strict)
endif()
