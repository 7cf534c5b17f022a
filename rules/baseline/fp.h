/* fp.h - private: the tables of a footprint. */
#ifndef WW_RULES_BASELINE_FP_H
#define WW_RULES_BASELINE_FP_H
#include "rules/baseline/footprint.h"

enum { FP_GROUPS = 2048, FP_PENDING = 64, FP_MEDICAL = 512, FP_APP = 24 };

/* Use of one entry. */
struct fp_ace {
    uint64_t flows, packets, first_frame;
    uint64_t broken, first_broken; /* conversations that it forbids */
};

/* Undeclared conversations that are the same to a reader. */
struct fp_group {
    struct ww_ip peer;
    uint8_t ip_proto, opener;
    enum ww_bl_reason reason;
    enum ww_bl_layer layer;
    unsigned notes;
    uint16_t port; /* of the service; 0 where nobody knows which side serves */
    char app[FP_APP];
    char rule[64];
    char observed[WW_BL_TEXT], declared[WW_BL_TEXT];
    uint64_t flows, packets, first_frame;
};

struct fp_pending {
    char what[128];
    enum ww_bl_reason reason;
    uint64_t flows, first_frame;
};

struct fp_fact {
    enum ww_bl_kind kind;
    enum ww_bl_reason reason;
    char rule[64];
    char observed[WW_BL_TEXT], declared[WW_BL_TEXT];
    uint64_t count, first_frame;
};

struct ww_footprint {
    const struct ww_baseline *b;
    const char *device;
    struct fp_ace *ace;
    struct fp_group *group;
    size_t ngroup;
    struct fp_pending pending[FP_PENDING];
    size_t npending;
    struct fp_fact *fact;
    size_t nfact;
    bool seen;
    uint64_t kind[WW_BL_UNBOUND + 1]; /* conversations by verdict */
    uint64_t medical_bad, medical_unresolved;
    uint64_t tcp, midstream, one_way, unread, gap_bytes, reply_undeclared;
    uint64_t dropped; /* kinds of traffic without room */
    uint64_t lost, packets;
    uint32_t missing_ppm;           /* stream bytes of the whole capture */
    uint32_t loss_ppm, one_way_ppm; /* limits */
};

/** Entries that accept, counted by meaning, and how many of them were used. */
void ww_fp_share(const struct ww_footprint *fp, size_t *used, size_t *all);
#endif
