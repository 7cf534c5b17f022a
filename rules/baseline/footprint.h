/* footprint.h - PUBLIC: what one device did, compared with its declaration over a whole capture.
 *
 * Feed it with judged conversations and messages, then ask for the result and render it. All memory
 * is reserved by ww_fp_new. One thread.
 */
#ifndef WW_RULES_FOOTPRINT_H
#define WW_RULES_FOOTPRINT_H
#include "rules/baseline/baseline.h"

struct ww_footprint;
struct ww_fp_words;

/** Keeps b and device until ww_fp_free. In: device as the user named it. */
enum ww_rc ww_fp_new(struct ww_footprint **out, const struct ww_baseline *b, const char *device,
                     struct ww_err *e) WW_MUST_CHECK;
void ww_fp_free(struct ww_footprint *fp);

/* What was counted of one conversation. */
struct ww_fp_facts {
    uint64_t first_frame; /* number in its file, from 1 */
    uint64_t packets;     /* both directions */
    uint64_t gap_bytes;   /* stream bytes not seen */
    bool midstream;       /* the beginning was not seen */
    bool unread;          /* answered, but no dissector knows what was said: encrypted or foreign */
};
/** One conversation, once, when it is over, with the verdict on all that was seen of it. */
void ww_fp_flow(struct ww_footprint *fp, const struct ww_bl_flow *f, const struct ww_bl_verdict *v,
                const struct ww_fp_facts *s);
/** One judged association, context, request or message. */
void ww_fp_medical(struct ww_footprint *fp, const struct ww_bl_verdict *v, uint64_t frame);
/** The device was seen otherwise (ARP, LLDP), so that it is known to be there. */
void ww_fp_seen(struct ww_footprint *fp);
/** Losses of the whole capture. In: packets dropped on the way to the sensor, WW_NULL64 = unknown
 * (a file does not say); packets seen; share of stream bytes that are missing, in ppm, WW_NULL32 =
 * unknown. */
void ww_fp_losses(struct ww_footprint *fp, uint64_t lost, uint64_t packets, uint32_t missing_ppm);

/** From which share of losses, and of TCP conversations in one direction only, an absence is no
 * longer shown. Units: parts per million. Without this call 1000 and 500000. */
void ww_fp_thresholds(struct ww_footprint *fp, uint32_t loss_ppm, uint32_t one_way_ppm);

/* Values are the exit codes of wardwatch validate. */
enum ww_fp_result { WW_FP_NONE_OBSERVED = 0, WW_FP_DEVIATION = 1, WW_FP_CANNOT_TELL = 4 };
/* Reasons for cannot tell, as bits; they are told beside a deviation too. */
enum {
    WW_FP_NEVER_SEEN = 1,
    WW_FP_ONE_WAY = 2,
    WW_FP_LOSS = 4,
    WW_FP_UNRESOLVED = 8,
    WW_FP_FULL = 16 /* a table was full */
};
enum ww_fp_result ww_fp_result(const struct ww_footprint *fp, unsigned *reasons);

/** Words in both languages. In: dir folder of --data, NULL for the built-in ones. */
enum ww_rc ww_fp_words_open(struct ww_fp_words **out, const char *dir,
                            struct ww_err *e) WW_MUST_CHECK;
void ww_fp_words_free(struct ww_fp_words *w);
/** In: lang "ja" for Japanese, anything else for English. */
void ww_fp_text(const struct ww_footprint *fp, const struct ww_fp_words *w, const char *lang,
                struct ww_out *o);
/** One JSON object and a line feed. */
void ww_fp_json(const struct ww_footprint *fp, struct ww_out *o);
#endif
