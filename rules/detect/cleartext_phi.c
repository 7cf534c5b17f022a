/* cleartext_phi.c - WD-301: items that identify a patient pass unencrypted (alert model 3.8). That
 * a dissector could read them is the proof. Presence and counts only; no value is known here.
 * Variants: a wired inside the hospital, b a wireless zone, c an end outside the hospital. */
#include "rules/detect/detectors.h"

enum {
    PHI_SUBJECTS_CAP = 65536,
    PHI_PAIRS_CAP = 4096,
    /* each alone can identify a person: name, id, birth, contact, other ids, relatives */
    PHI_DIRECT = 1 | 2 | 4 | 8 | 16 | 2048
};

struct pair_key {
    uint64_t device;
    uint8_t b[16];
    uint8_t fam;
    uint8_t pad[7];
};
struct pair {
    struct pair_key key;
    uint64_t serial; /* for the keys of the people counted in it */
    uint32_t subjects;
};
struct subject {
    uint64_t pair, person; /* a keyed pseudonym that never leaves memory */
};
struct source { /* an event that can carry such items */
    int type;
    const struct ww_field *kinds, *person; /* person: NULL when it tells none */
};
struct state {
    struct ww_table pairs, subjects;
    uint64_t serial;
    struct source source[14];
    const struct ww_field *command; /* of dicom.dataset */
};
static const char *const events[] = { "dicom.request", "dicom.response", "hl7.message", "hl7.ack",
                                      "astm.message",  "poct1a.message", "syslog.audit",
                                      "http.request",  "fhir.request",   "fhir.body",
                                      "dicom.web_results", "ihe.message", "cda.document", "dicom.dataset" };
static_assert(sizeof events / sizeof events[0] ==
                  sizeof((struct state *)0)->source / sizeof(struct source),
              "one source an event");

static enum ww_rc start(struct ww_detect *d, void *state, struct ww_err *e)
{
    struct state *s = state;
    enum ww_rc rc = ww_table_init(&s->pairs, "clear text pairs", PHI_PAIRS_CAP,
                                  sizeof(struct pair_key), sizeof(struct pair), e);
    if (rc == WW_OK)
        rc = ww_table_init(&s->subjects, "clear text subjects", PHI_SUBJECTS_CAP,
                           sizeof(struct subject), sizeof(struct subject), e);
    for (size_t i = 0; i < sizeof events / sizeof events[0] && rc == WW_OK; i++) {
        rc = ww_detect_field(d, events[i], "phi_kinds", &s->source[i].type, &s->source[i].kinds, e);
        bool data_set = strcmp(events[i], "dicom.dataset") == 0;
        if (rc == WW_OK && data_set)
            rc = ww_detect_field(d, events[i], "command", &s->source[i].type, &s->command, e);
        else if (rc == WW_OK)
            rc = ww_detect_field(d, events[i], "patient", &s->source[i].type, &s->source[i].person,
                                 e);
    }
    return rc;
}

static void stop(void *state)
{
    struct state *s = state;
    ww_table_free(&s->pairs);
    ww_table_free(&s->subjects);
}

static uint64_t evicted(const void *state)
{
    const struct state *s = state;
    return s->pairs.evicted + s->subjects.evicted;
}

/* The device and its peer, and the person between them; who is found is looked up later. */
static struct pair *pair_of(struct state *s, const struct ww_device *dev, const struct ww_ip *peer)
{
    struct pair_key key = { .device = dev->serial, .fam = peer->fam };
    bool fresh = false;
    ww_copy(key.b, (struct ww_slice){ peer->b, sizeof key.b });
    struct pair *p = ww_table_get(&s->pairs, &key, &fresh);
    if (fresh)
        p->serial = ++s->serial;
    return p;
}

/* How many different people were seen between the two. */
static uint32_t count(struct state *s, struct pair *p, const struct subject *who)
{
    bool fresh = false;
    if (who->person != 0)
        (void)ww_table_get(&s->subjects, who, &fresh);
    p->subjects += fresh;
    return p->subjects;
}

static char variant_of(struct ww_detect *d, const struct ww_event *e, const struct ww_found *x)
{
    const struct ww_site *site = ww_detect_cfg(d)->site;
    if (ww_site_external(site, &e->end[0].ip) || ww_site_external(site, &e->end[1].ip))
        return 'c';
    return x->f.wireless ? 'b' : 'a';
}

/* What the declaration says about encryption on this conversation. */
static void say_declared(struct ww_detect *d, struct ww_found *x, const struct ww_device *dev,
                         const struct ww_event *e)
{
    if (dev->bl == NULL)
        return;
    const char *app = ww_detect_app(d, e);
    for (size_t i = 0; i < ww_bl_conduits(dev->bl); i++) {
        struct ww_bl_conduit_info c;
        ww_bl_conduit(dev->bl, i, &c);
        if (app[0] != 0 && strncmp(c.application, app, strlen(app)) == 0 && c.encryption[0] != 0) {
            ww_found_declared(x, c.encryption);
            return;
        }
    }
}

static void event(struct ww_detect *d, void *state, const struct ww_event *e)
{
    struct state *s = state;
    const struct source *from = NULL;
    int type = ww_detect_type(d);
    for (size_t i = 0; i < sizeof events / sizeof events[0] && from == NULL; i++)
        from = s->source[i].type == type ? &s->source[i] : NULL;
    if (from == NULL)
        return;
    if (from->person == NULL && !ww_slice_eqs(ww_get_str(e, s->command), "file"))
        return; /* a data set of a message: its request told the same */
    uint32_t kinds = (uint32_t)ww_get_u64(e, from->kinds);
    if ((kinds & PHI_DIRECT) == 0)
        return;
    struct ww_devices *devices = ww_detect_cfg(d)->devices;
    enum ww_dir side = (enum ww_dir)(e->client & 1);
    struct ww_device *dev = ww_devices_end(devices, e, side, false);
    if (dev == NULL) { /* the client is outside: the device is the one that answers it */
        side = (enum ww_dir)(side ^ 1);
        dev = ww_devices_end(devices, e, side, false);
    }
    if (dev == NULL)
        return;
    struct ww_found x;
    struct pair *p = pair_of(s, dev, &e->end[side ^ 1].ip);
    struct subject who = { p->serial, from->person != NULL ? ww_get_u64(e, from->person) : 0 };
    uint32_t soon = ww_table_soon(&s->subjects, &who); /* comes while the finding is filled in */
    ww_found_device(d, &x, 301, 'a', e, dev, side);
    (void)ww_table_soon_record(&s->subjects, soon);
    x.f.variant = variant_of(d, e, &x);
    x.f.phi_kinds = kinds;
    uint32_t n = count(s, p, &who);
    x.f.subjects = n > 0 ? n : WW_NULL32;
    x.f.field = WW_SLICE_LIT("phi_kinds");
    x.f.hypotheses = WW_HYP_MISCONFIGURATION;
    say_declared(d, &x, dev, e);
    ww_found_raise(d, &x);
}

const struct ww_detector ww_detect_cleartext_phi = {
    .id = "WD-301", .state_size = sizeof(struct state), .start = start, .stop = stop, .event = event, .evicted = evicted
};
