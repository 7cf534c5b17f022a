/* names.c - the names of verdicts in events, reports and rules: promises to other programs. */
#include "rules/baseline/bl.h"

const char *ww_bl_kind_name(enum ww_bl_kind k)
{
    switch (k) {
    case WW_BL_PERMITTED:
        return "permitted";
    case WW_BL_VIOLATION:
        return "violation";
    case WW_BL_INFRASTRUCTURE:
        return "infrastructure";
    case WW_BL_UNRESOLVED:
        return "unresolved";
    case WW_BL_UNBOUND:
        return "unbound";
    }
    return "unbound";
}

const char *ww_bl_layer_name(enum ww_bl_layer l)
{
    static const char *const names[] = { "",      "declaration", "default", "infrastructure",
                                         "never", "site",        "medical" };
    return (unsigned)l < sizeof(names) / sizeof(names[0]) ? names[l] : "";
}

const char *ww_bl_reason_name(enum ww_bl_reason r)
{
    static const char *const names[] = { "",
                                         "peer",
                                         "port",
                                         "external",
                                         "direction",
                                         "drop",
                                         "never",
                                         "class",
                                         "name",
                                         "local",
                                         "not_spoken",
                                         "ae_title",
                                         "sop_class",
                                         "role",
                                         "transfer_syntax",
                                         "dimse",
                                         "move_destination",
                                         "hl7_message",
                                         "hl7_direction",
                                         "hl7_application",
                                         "hl7_facility",
                                         "hl7_version" };
    static_assert(sizeof(names) / sizeof(names[0]) == WW_BL_R_HL7_VERSION + 1, "a name each");
    return (unsigned)r < sizeof(names) / sizeof(names[0]) ? names[r] : "";
}
