/* guide.h - PUBLIC: the alert record, the alert classes and their texts in Japanese and English.
 *
 * An alert is ids, numbers and short typed strings (struct ww_alert). Its text is made where it is
 * shown, from the record and the data files; no prose is stored. Classes, coefficients, clause
 * numbers, actions, addressees and wording are data (rules/guideline/data, or the folder of the
 * option --data).
 */
#ifndef WW_GUIDELINE_GUIDE_H
#define WW_GUIDELINE_GUIDE_H
#include "rules/guideline/severity.h"
#include "sensor/event.h"

/* ---- the record ----------------------------------------------------------------------------- */
/* Alert model 3.1. What is unknown is empty or null, never 0 where 0 has a meaning. */
#define WW_ALERT_FIELDS(F, S)                                                                      \
    F(S, U64, alert_id, 0, NONE, "", "Number of the alert; grows, never used again")               \
    F(S, STR, what, 12, NONE, "",                                                                  \
      "Why the record was written: raised, risen (level rose), reminder, update (count), lapsed "  \
      "(the exception ended)")                                                                     \
    F(S, U16, class, 0, NONE, "", "Alert class: 104 is WD-104")                                    \
    F(S, STR, variant, 1, NONE, "", "Variant of the class, a letter")                              \
    F(S, U8, level, 0, NONE, "", "1 notice, 2 caution, 3 warning, 4 critical, 5 emergency")        \
    F(S, U8, level_raised, 0, NONE, "",                                                            \
      "Level when the alert was raised; later rises do not count for E5")                          \
    F(S, STR, track, 1, NONE, "", "H harm to people, P privacy and property")                      \
    F(S, U8, s_h, 0, NONE, "", "Severity of harm, 0 to 5")                                         \
    F(S, U8, s_p, 0, NONE, "", "Severity of leakage, 0 to 4")                                      \
    F(S, U8, likelihood, 0, NONE, "", "L after modifiers, 1 to 5")                                 \
    F(S, U8, weight, 0, NONE, "", "Weight D of the device, 0 to 4")                                \
    F(S, BOOL, weight_unknown, 0, NONE, "",                                                        \
      "Class or role is not in the ledger: D counts as medium (2)")                                \
    F(S, U8, r_h, 0, NONE, "", "Level from harm alone")                                            \
    F(S, U8, r_p, 0, NONE, "", "Level from leakage alone")                                         \
    F(S, U16, modifiers, 0, NONE, "", "Applied modifiers as bits: E1 is 1, E2 is 2, E10 is 512")   \
    F(S, TIME, first_seen, 0, NONE, "", "First observation")                                       \
    F(S, TIME, last_seen, 0, NONE, "", "Last observation")                                         \
    F(S, U64, count, 0, NONE, "", "Observations gathered in this alert")                           \
    F(S, U64, others, 0, NONE, "", "Observations whose observed value differs from the first")     \
    F(S, STR, asset_id, 64, NONE, "", "Device by its id in the inventory")                         \
    F(S, STR, device_label, 64, NONE, "", "Name of the device for people")                         \
    F(S, STR, zone, 48, NONE, "", "Zone of the device, or the zone the alert speaks of")           \
    F(S, STR, peer, 128, NONE, "",                                                                 \
      "Peer: address or name; * when further peers are gathered here")                             \
    F(S, STR, peer_role, 64, NONE, "",                                                             \
      "Name of the peer in the site file, else the service it gives, else the name that DNS told") \
    F(S, STR, peer_zone, 48, NONE, "", "Zone of the peer")                                         \
    F(S, U8, ip_proto, 0, NONE, "", "IP protocol number; 0 = not IP or not specific")              \
    F(S, U16, port, 0, NONE, "", "Server port; 0 = none or not specific")                          \
    F(S, STR, app, 24, NONE, "", "Protocol recognised by its content")                             \
    F(S, STR, observed, 160, NONE, "", "Observed value, without patient data")                     \
    F(S, STR, declared, 160, NONE, "", "Declared value; empty = no matching entry")                \
    F(S, U32, phi_kinds, 0, NONE, "",                                                              \
      "Kinds of patient-related elements that passed, as bits: 1 name, 2 id, 4 birth or death, "   \
      "8 contact, 16 other names and numbers, 32 order numbers, 64 staff, 128 sex, age or build, " \
      "256 free text, 512 burned into an image, 1024 document, 2048 relatives, 4096 place, "       \
      "8192 clinical")                                                                             \
    F(S, U32N, subjects, 0, NONE, "", "Estimated number of people concerned; null = unknown")      \
    F(S, U64N, bytes_out, 0, NONE, "bytes", "Sent by the device; null = unknown")                  \
    F(S, U64, evidence__frame, 0, NONE, "", "First frame, in the file or interface of the event")  \
    F(S, U64, evidence__last_frame, 0, NONE, "", "Last frame so far")                              \
    F(S, U64, evidence__flow, 0, NONE, "", "Flow of the first frame")                              \
    F(S, STR, evidence__field, 64, NONE, "", "Event field that shows it")                          \
    F(S, STR, evidence__reason, 64, NONE, "", "Reason code of the detector")                       \
    F(S, U8, confidence, 0, NONE, "", "1 low, 2 medium, 3 high")                                   \
    F(S, U8, hypotheses, 0, NONE, "",                                                              \
      "Possible causes as bits: attack 1, wrong setting 2, fault 4")                               \
    F(S, BOOL, coverage__ok, 0, NONE, "", "False: observation had gaps when this was raised")      \
    F(S, U32N, coverage__loss_ppm, 0, NONE, "ppm", "Lost share of packets; null = unknown")        \
    F(S, BOOL, coverage__one_way, 0, NONE, "", "Only one direction of the traffic is visible")     \
    F(S, STR, baseline__id, 128, NONE, "", "Declaration that was compared with")                   \
    F(S, STR, baseline__digest, 64, NONE, "", "SHA-256 of the declaration's file, hexadecimal")    \
    F(S, STR, exception, 32, NONE, "",                                                             \
      "Approved exception of the site that covers it (levels 1 to 3 only)")                        \
    F(S, U64, recurrence_of, 0, NONE, "", "Closed alert that this one repeats; 0 = none")          \
    F(S, U32, data_version, 0, NONE, "", "Version of classes.yaml that the level was computed with")
WW_EVENT_DECLARE(ww_alert, WW_ALERT_FIELDS);

enum ww_confidence { WW_CONF_UNKNOWN, WW_CONF_LOW, WW_CONF_MID, WW_CONF_HIGH };
enum ww_hypothesis { WW_HYP_ATTACK = 1, WW_HYP_MISCONFIGURATION = 2, WW_HYP_FAULT = 4 };

extern const struct ww_event_type *const ww_guide_events[]; /* the alert; ends with NULL */

/** Variant and track of a record as letters; 0 = none. */
char ww_alert_variant(const struct ww_alert *a);
char ww_alert_track(const struct ww_alert *a);
/** Signature number for EVE: 9000000 + class * 10 + variant, a = 1. */
uint32_t ww_alert_signature_id(const struct ww_alert *a);

/* ---- the data ------------------------------------------------------------------------------- */
enum ww_lang { WW_LANG_JA, WW_LANG_EN, WW_LANGS };

enum { /* limits of the data files; more is an error with file and line */
       WW_GUIDE_CLASSES = 128,
       WW_GUIDE_VARIANTS = 16,
       WW_GUIDE_ACTIONS = 64,
       WW_GUIDE_ADDRESSEES = 32,
       WW_GUIDE_EDITIONS = 16,
       WW_GUIDE_FLAGS = 32,
       WW_GUIDE_WORDS = 256,
       WW_GUIDE_LIST = 16, /* ids in one list of a class */
       WW_GUIDE_STEPS = 4, /* own steps of a class */
       WW_GUIDE_ADDS = 8
};

struct ww_bi { /* a text in both languages and where it stands; s[...] NULL = absent */
    const char *s[WW_LANGS];
    unsigned line[WW_LANGS];
};

struct ww_ids { /* codes such as action ids; they live as long as the guide */
    uint8_t n;
    const char *id[WW_GUIDE_LIST];
};

struct ww_text { /* wording of a class, or of a variant where it differs */
    struct ww_bi seen, declared, meaning, do_not, whom;
    struct ww_bi do_first[WW_GUIDE_STEPS];
    uint8_t ndo_first;
};

struct ww_variant {
    char id;
    uint8_t h, p, l; /* of the class where the variant has none of its own */
    struct ww_bi name;
    struct ww_text text; /* only what differs from the class */
};

struct ww_class {
    uint16_t id;
    unsigned line;
    const char *mnemonic, *cia;
    struct ww_bi name, harm;
    struct ww_sev_coef k;
    uint16_t no_modifiers; /* E bits that do not apply */
    bool sensor;           /* speaks of the sensor, not of a device */
    struct ww_ids capabilities, actions, addressees, flags;
    uint64_t action_bits;                  /* actions, by index of the action in the guide */
    struct ww_ids refs[WW_GUIDE_EDITIONS]; /* by index of the edition */
    uint8_t nvariants;
    struct ww_variant variant[WW_GUIDE_VARIANTS];
    struct ww_text text;
    unsigned text_line; /* 0 = texts.yaml has no text for it */
};

enum ww_edition_kind { WW_ED_SEED, WW_ED_GUIDELINE, WW_ED_CHECKLIST };

struct ww_edition {
    const char *id;
    enum ww_edition_kind kind;
    bool shown;      /* unless the site chooses its own editions */
    bool registered; /* false: the clause numbers are not in the data yet, and the text says so */
    struct ww_bi name;
};

struct ww_guide;

/**
 * Loads, cross-checks and lints the data files.
 * In:     dir  folder of the option --data, which holds guideline/, or NULL for the built-in files
 * Out:    out  freed with ww_guide_free(); untouched on failure
 * Return: on failure e names file and line
 */
enum ww_rc ww_guide_load(struct ww_guide **out, const char *dir, struct ww_err *e) WW_MUST_CHECK;
void ww_guide_free(struct ww_guide *g);

unsigned ww_guide_version(const struct ww_guide *g);
size_t ww_guide_nclasses(const struct ww_guide *g);
const struct ww_class *ww_guide_class_at(const struct ww_guide *g, size_t i);
const struct ww_class *ww_guide_class(const struct ww_guide *g, uint16_t id);
const struct ww_variant *ww_class_variant(const struct ww_class *c, char variant);
size_t ww_guide_neditions(const struct ww_guide *g);
const struct ww_edition *ww_guide_edition(const struct ww_guide *g, size_t i);
const char *ww_guide_level_name(const struct ww_guide *g, unsigned level, enum ww_lang lang);
const char *ww_guide_addressee_name(const struct ww_guide *g, const char *id, enum ww_lang lang);
const char *ww_guide_action_head(const struct ww_guide *g, const char *id, enum ww_lang lang);

/* ---- an alert as text ----------------------------------------------------------------------- */
enum ww_part {
    WW_PART_TITLE,
    WW_PART_SEEN,     /* observation; further items: other values, recurrence */
    WW_PART_DECLARED, /* declaration */
    WW_PART_MEANING,  /* inference */
    WW_PART_DO_FIRST, /* one step an item, in order */
    WW_PART_DO_NOT,
    WW_PART_WHOM,   /* one addressee an item, then what a responsible person is to judge */
    WW_PART_REFS,   /* clauses by edition, capabilities, property affected, chain of harm */
    WW_PART_LIMITS, /* what the observation cannot tell */
    WW_PART_CALC,   /* how the level came about */
    WW_PARTS
};

/**
 * Contact of an addressee (name, telephone) from the site file.
 * Return: false when none is registered; then the text says so
 */
typedef bool ww_contact_fn(void *arg, const char *addressee, const struct ww_alert *a,
                           struct ww_out *out);

struct ww_guide_opt {
    enum ww_lang lang;
    int utc_offset_min;     /* of printed times */
    ww_contact_fn *contact; /* or NULL */
    void *contact_arg;
    const char *const
        *editions; /* ids that the site adopts, ended by NULL; NULL = the data's choice */
};

/** Options for a language: times in JST (UTC+9), no contacts, editions as in the data. */
struct ww_guide_opt ww_guide_opt(enum ww_lang lang);

/**
 * Writes one item of a part of an alert's text.
 * In:     a     the record; values are filtered, so text from the wire cannot bring markup or
 * control characters item  from 0; parts with one sentence have item 0 only Out:    out   no
 * newline at the end Return: false when the part has no such item; then nothing was written Limits:
 * an alert whose class the data does not know has a title and nothing else
 */
bool ww_guide_text(const struct ww_guide *g, const struct ww_alert *a, enum ww_part part,
                   size_t item, const struct ww_guide_opt *opt, struct ww_out *out);

enum ww_codes { WW_CODES_ACTIONS, WW_CODES_ADDRESSEES, WW_CODES_FLAGS, WW_CODES_CAPABILITIES };
enum { WW_CODES_MAX = 48 };

/**
 * Codes that belong to an alert, with those that its level and weight add, in the order of the
 * text. Return: how many were written to id, at most WW_CODES_MAX
 */
size_t ww_guide_codes(const struct ww_guide *g, const struct ww_alert *a, enum ww_codes what,
                      const char *id[WW_CODES_MAX]);
#endif
