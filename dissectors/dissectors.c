/* dissectors.c - the list of all protocols, made from dissectors.def. */
#include "dissectors/dissector.h"

#define WW_DISSECTOR(group, name) extern const struct ww_dissector ww_dissector_##name;
#include "dissectors/dissectors.def"
#undef WW_DISSECTOR

const struct ww_dissector *const ww_dissectors[] = {
#define WW_DISSECTOR(group, name) &ww_dissector_##name,
#include "dissectors/dissectors.def"
#undef WW_DISSECTOR
    NULL
};
