# ww_embed(TARGET): turns all data files of the project into one C source of TARGET.
# The name of a file is its path without the room and the word data:
#   rules/guideline/data/classes.yaml -> guideline/classes.yaml
#   rules/baseline/yang/x.yang        -> yang/x.yang
function(ww_embed target)
  file(GLOB files CONFIGURE_DEPENDS RELATIVE ${PROJECT_SOURCE_DIR}
    ${PROJECT_SOURCE_DIR}/rules/*/data/* ${PROJECT_SOURCE_DIR}/rules/baseline/yang/*.yang
    ${PROJECT_SOURCE_DIR}/store/*/data/*)
  set(decl "")
  set(rows "")
  set(i 0)
  foreach(f IN LISTS files)
    string(REGEX REPLACE "^[a-z]+/([a-z]+)/data/" "\\1/" name "${f}")
    string(REGEX REPLACE "^rules/baseline/yang/" "yang/" name "${name}")
    string(APPEND decl "__asm__(\".section .rodata\\n.global ww_data_${i}\\n.balign 16\\nww_data_${i}:\\n.incbin \\\"${PROJECT_SOURCE_DIR}/${f}\\\"\\n.global ww_data_end_${i}\\nww_data_end_${i}:\\n.byte 0\\n.previous\\n\");\nextern const unsigned char ww_data_${i}[], ww_data_end_${i}[];\n")
    string(APPEND rows "    { \"${name}\", ww_data_${i}, ww_data_end_${i} },\n")
    math(EXPR i "${i} + 1")
    list(APPEND paths ${PROJECT_SOURCE_DIR}/${f})
  endforeach()
  set(src ${PROJECT_BINARY_DIR}/ww_data.c)
  file(CONFIGURE OUTPUT ${src} CONTENT
"/* Made by cmake/embed.cmake. */
#include \"sensor/base/data.h\"
@decl@
const struct ww_data_file ww_data_files[] = {
@rows@    { NULL, NULL, NULL }
};
" @ONLY)
  set_source_files_properties(${src} PROPERTIES OBJECT_DEPENDS "${paths}" COMPILE_OPTIONS -fno-lto)
  target_sources(${target} PRIVATE ${src})
endfunction()
