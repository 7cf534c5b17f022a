/* guide_int.h - inside of the guide, shared by its loader, its lint and its renderer. */
#ifndef WW_GUIDELINE_GUIDE_INT_H
#define WW_GUIDELINE_GUIDE_INT_H
#include "rules/guideline/guide.h"
#include "rules/guideline/yml.h"

enum ww_guide_file { WW_GF_ADDRESSEES, WW_GF_ACTIONS, WW_GF_CLASSES, WW_GF_TEXTS, WW_GUIDE_FILES };

/* Sentences and words that the renderer itself needs; the keys of "frames" in texts.yaml. */
#define WW_FRAMES(X)                                                                        \
    X(title)                                                                                \
    X(separator)                                                                            \
    X(unknown)                                                                              \
    X(once)                                                                                 \
    X(many_times)                                                                           \
    X(no_entry) X(no_contact) X(others) X(many_peers) X(recurrence) X(whom_in_house)        \
        X(whom_outside) X(whom_escalate) X(whom_flag) X(refs_clauses) X(refs_unregistered)  \
            X(refs_capabilities) X(refs_cia) X(refs_harm) X(limits) X(limits_gap)           \
                X(limits_one_way) X(limits_weight) X(limits_hypotheses) X(limits_exception) \
                    X(calculation)
enum ww_frame {
#define WW_X(n) WW_FR_##n,
    WW_FRAMES(WW_X)
#undef WW_X
        WW_FR_N
};

/* Typed values that a template may name. The first group comes from the record and may stand
 * anywhere; the second is set by the renderer for one frame and may stand in frames only. */
#define WW_PARAMS(X)                                                                            \
    X(dev)                                                                                      \
    X(peer)                                                                                     \
    X(peer_zone)                                                                                \
    X(zone)                                                                                     \
    X(service)                                                                                  \
    X(t0)                                                                                       \
    X(t1) X(n) X(times) X(variant) X(obs) X(decl) X(items) X(nsubj) X(bytes_out) X(conf) X(cov) \
        X(loss) X(name) X(level) X(gl_ref) X(mah_contact) X(svc_contact) X(why)
#define WW_FRAME_PARAMS(X) \
    X(others)              \
    X(prev)                \
    X(who)                 \
    X(contact)             \
    X(what)                \
    X(codes)               \
    X(edition) X(hyp) X(exception) X(h) X(d) X(sh) X(p) X(sp) X(l) X(mods) X(level_n) X(track)
enum ww_param {
#define WW_X(n) WW_PA_##n,
    WW_PARAMS(WW_X) WW_PA_RECORD_N,
    WW_PA_BEFORE_FRAMES = WW_PA_RECORD_N - 1, /* the numbering goes on without a hole */
    WW_FRAME_PARAMS(WW_X)
#undef WW_X
        WW_PA_N
};

/* Words for the bits of phi_kinds, in the order of the bits. */
enum { WW_PHI_WORDS = 14 };
extern const char *const ww_phi_words[WW_PHI_WORDS];

enum ww_addressee_kind { WW_AD_IN_HOUSE, WW_AD_OUTSIDE, WW_AD_DRAFT };
struct ww_addressee {
    const char *id;
    enum ww_addressee_kind kind;
    struct ww_bi name;
};
struct ww_level_add {
    uint8_t level;
    char track; /* 0 = both */
    struct ww_ids add;
};
struct ww_flag {
    const char *id;
    struct ww_bi name;
    struct ww_ids to;
};
struct ww_action {
    const char *id;
    unsigned line;
    uint16_t rank;
    bool do_not, auto_patient, needs_decider;
    struct ww_bi head, text;
    struct ww_ids refs[WW_GUIDE_EDITIONS];
};
struct ww_word {
    const char *id;
    struct ww_bi name;
};

struct ww_guide {
    struct ww_yml file[WW_GUIDE_FILES]; /* all strings point into these documents */
    unsigned version;
    size_t naddressees, nadds, nflags, nactions, neditions, nclasses, nwords;
    uint16_t class_steps_rank; /* own steps of a class stand before actions of a higher rank */
    struct ww_addressee addressee[WW_GUIDE_ADDRESSEES];
    struct ww_level_add add[WW_GUIDE_ADDS];
    struct ww_flag flag[WW_GUIDE_FLAGS];
    struct ww_action action[WW_GUIDE_ACTIONS];
    struct ww_edition edition[WW_GUIDE_EDITIONS];
    struct ww_word word[WW_GUIDE_WORDS];
    struct ww_bi level[WW_SEV_LEVEL_MAX + 1];
    struct ww_bi frame[WW_FR_N];
    struct ww_class *class;
};

const struct ww_addressee *ww_guide_addressee(const struct ww_guide *g, const char *id);
const struct ww_action *ww_guide_action(const struct ww_guide *g, const char *id);
const struct ww_flag *ww_guide_flag(const struct ww_guide *g, const char *id, size_t len);
const struct ww_word *ww_guide_word(const struct ww_guide *g, struct ww_slice id);
int ww_guide_edition_index(const struct ww_guide *g, const char *id);
bool ww_ids_has(const struct ww_ids *l, const char *id);
size_t ww_guide_whom(const struct ww_guide *g, const struct ww_class *c, unsigned level, char track,
                     const char *id[WW_CODES_MAX]);

/* Loader of texts.yaml, in a file of its own. */
void ww_guide_load_texts(struct ww_guide *g, struct ww_yml *y);
struct ww_bi ww_guide_bi(struct ww_yml *y, ww_yml_node n);
void ww_guide_load_refs(struct ww_guide *g, struct ww_yml *y, ww_yml_node n, struct ww_ids *refs);

/** Number of a parameter name, WW_PA_N when there is none. */
enum ww_param ww_guide_param(struct ww_slice name);

/**
 * Walks a template.
 * In:     at     where to go on; 0 at first
 * Out:    text   literal text before the parameter, or the rest
 *         param  name between braces; p NULL = no parameter follows
 * Return: false at the end of the template
 */
bool ww_guide_next(const char *tmpl, size_t *at, struct ww_slice *text, struct ww_slice *param);
#endif
