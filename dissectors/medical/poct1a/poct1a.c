/* poct1a.c - POCT1-A on a stream: XML documents one after another without framing, recognition,
 * loss. Source: CLSI POCT01-A2 annex B.4 (message syntax), B.6 (messages) */
#include "dissectors/medical/poct1a/poct1a.h"

enum {
    ROOT_LEN = 6,      /* bytes that tell a message: <HEL.R */
    PROBE_TOKEN = 512, /* bytes of one tag while it is recognised */
    PROBE_LOOKS = 8    /* places that are looked at inside a stream */
};

static bool blank(uint8_t b)
{
    return b == ' ' || b == '\t' || b == '\r' || b == '\n' || b == 0;
}

/* Blanks, NULs and a byte order mark. */
static size_t skip_blank(struct ww_slice in, size_t at)
{
    while (at < in.n) {
        uint8_t b = ww_slice_at(in, at);
        if (!blank(b) && b != 0xef && b != 0xbb && b != 0xbf)
            break;
        at++;
    }
    return at;
}

/* Offset of the next message that begins; in.n when there is none. *need > 0: its first bytes stand
 * at the end of the input. */
static size_t resync(struct ww_slice in, size_t at, size_t *need)
{
    for (at = ww_slice_find(in, at, '<'); at < in.n; at = ww_slice_find(in, at + 1, '<')) {
        struct ww_slice name = ww_slice_sub(in, at + 1, ROOT_LEN - 1);
        if (name.n == ROOT_LEN - 1) {
            if (ww_poct_root(name))
                return at;
        } else if (ww_slice_at(name, 0) != '/') {
            *need = ROOT_LEN;
            return at;
        }
    }
    return in.n;
}

/* No XML, or not ours: what was begun is dropped, the next message is searched. */
static void give_up(struct ww_cx *cx, struct poct_side *s, enum ww_dir dir, const char *why)
{
    if (s->m.open)
        ww_anomaly(cx, dir, why);
    s->m.open = false;
    s->lost = true;
}

static void start(struct ww_cx *cx, struct poct_state *st, enum ww_dir dir,
                  const struct ww_xml_tok *t)
{
    struct poct_side *s = &st->side[dir];
    if (s->m.open)
        ww_anomaly(cx, dir, "poct1a_message_not_closed");
    ww_poct_begin(&s->m, ww_xml_local(t->name));
    s->noise = 0;
}

/* One token. */
static void take(struct ww_cx *cx, struct poct_state *st, enum ww_dir dir,
                 const struct ww_xml_tok *t)
{
    struct poct_side *s = &st->side[dir];
    struct poct_msg *m = &s->m;
    switch ((enum ww_xml_kind)t->kind) {
    case WW_XML_OPEN:
    case WW_XML_EMPTY:
        if (ww_poct_root(ww_xml_local(t->name)))
            start(cx, st, dir, t);
        else if (m->open)
            ww_poct_element(cx, m, t);
        break;
    case WW_XML_CLOSE:
        if (m->open)
            ww_poct_close(m, t->name);
        break;
    case WW_XML_TEXT:
        if (m->open)
            ww_poct_text(cx, m, t->body);
        break;
    case WW_XML_DOCTYPE:
        give_up(cx, s, dir, "poct1a_doctype");
        break;
    case WW_XML_BAD:
        give_up(cx, s, dir, "poct1a_no_xml");
        break;
    case WW_XML_ASIDE:
    case WW_XML_MORE:
        break;
    }
    if (!m->open) {
        s->noise += (uint32_t)(t->used < POCT_NOISE_MAX ? t->used : POCT_NOISE_MAX);
        return;
    }
    m->hello.bytes += t->used;
    if (t->kind == WW_XML_EMPTY
            ? m->hello.bytes == t->used
            : t->kind == WW_XML_CLOSE &&
                  ww_slice_eq(ww_slice_trim(ww_xml_local(t->name)), WW_STR(m->hello.message_type)))
        ww_poct_tell(cx, st, dir);
}

/**
 * Takes bytes of one direction; see dissector.h.
 * Limits: a tag over POCT_TOKEN_MAX is no tag; its message is dropped with an anomaly
 */
static struct ww_parse poct_data(struct ww_cx *cx, void *state, enum ww_dir dir, struct ww_slice in)
{
    struct poct_state *st = state;
    struct poct_side *s = &st->side[dir];
    size_t at = 0, need = 0;
    while (at < in.n) {
        if (s->lost) {
            size_t from = at;
            at = resync(in, at, &need);
            s->noise += (uint32_t)(at - from);
            if (s->noise > POCT_NOISE_MAX)
                return ww_stop("no POCT1-A messages");
            if (need > 0)
                return ww_more(at, need);
            s->lost = at == in.n;
            continue;
        }
        if (!s->m.open && s->scan.n == 0 && (at = skip_blank(in, at)) == in.n)
            break;
        if (!s->m.open && ww_slice_at(in, at) != '<') {
            s->lost = true;
            continue;
        }
        struct ww_xml_tok t = ww_xml_next(&s->scan, ww_slice_sub(in, at, in.n), POCT_TOKEN_MAX);
        if (t.kind == WW_XML_MORE)
            return ww_more(at, in.n - at + 1);
        take(cx, st, dir, &t);
        at += t.used;
    }
    return ww_ok(in.n);
}

static void poct_gap(struct ww_cx *cx, void *state, enum ww_dir dir, uint64_t lost)
{
    struct poct_side *s = &((struct poct_state *)state)->side[dir];
    (void)cx;
    (void)lost;
    s->m.open = false;
    s->scan = (struct ww_xml_scan){ 0 };
    s->lost = true;
}

/* A message with the header that every one has: <HEL.R01><HDR ... (B.5.1). */
static enum ww_guess message_at(struct ww_slice in)
{
    static const char *const known[] = { "HEL.", "ACK.", "DST.", "OBS.", "REQ.", "EOT.", "EVS.",
                                         "OPL.", "PTL.", "DTV.", "KPA.", "ESC.", "END.", NULL };
    struct ww_xml_scan scan = { 0 };
    struct ww_xml_tok t = ww_xml_next(&scan, in, PROBE_TOKEN);
    bool root = false;
    if (t.kind == WW_XML_MORE) {
        struct ww_slice name = ww_slice_sub(in, 1, ROOT_LEN - 1);
        return name.n < ROOT_LEN - 1 || ww_poct_root(name) ? WW_GUESS_MAYBE : WW_GUESS_NO;
    }
    for (size_t i = 0; known[i] != NULL && t.kind == WW_XML_OPEN; i++)
        root |= ww_slice_starts(t.name, known[i]) && ww_poct_root(t.name);
    if (!root)
        return WW_GUESS_NO;
    size_t at = skip_blank(in, t.used);
    scan = (struct ww_xml_scan){ 0 };
    if (at == in.n)
        return WW_GUESS_MAYBE;
    t = ww_xml_next(&scan, ww_slice_sub(in, at, in.n), PROBE_TOKEN);
    if (t.kind == WW_XML_MORE)
        return WW_GUESS_MAYBE;
    return t.kind == WW_XML_OPEN && ww_slice_starts(t.name, "HDR") ? WW_GUESS_YES : WW_GUESS_NO;
}

/**
 * Is this POCT1-A?
 * Return: YES on a message of a known type whose first element is its header, at the start, after
 *         an XML declaration, or behind the end of another message
 */
static enum ww_guess poct_probe(struct ww_slice in, enum ww_dir dir)
{
    (void)dir;
    size_t at = skip_blank(in, 0);
    struct ww_xml_scan scan = { 0 };
    if (at == in.n)
        return in.n < ROOT_LEN ? WW_GUESS_MAYBE : WW_GUESS_NO;
    if (ww_slice_starts(ww_slice_sub(in, at, 2), "<?")) {
        struct ww_xml_tok t = ww_xml_next(&scan, ww_slice_sub(in, at, in.n), PROBE_TOKEN);
        if (t.kind == WW_XML_MORE)
            return WW_GUESS_MAYBE;
        if (t.kind != WW_XML_ASIDE)
            return WW_GUESS_NO;
        at = skip_blank(in, at + t.used);
        if (at == in.n)
            return WW_GUESS_MAYBE;
    }
    enum ww_guess first = message_at(ww_slice_sub(in, at, in.n));
    size_t need = 0;
    for (size_t n = 0; first == WW_GUESS_NO && n < PROBE_LOOKS; n++) {
        at = resync(in, at + 1, &need);
        if (at == in.n || need > 0)
            return WW_GUESS_NO;
        if (message_at(ww_slice_sub(in, at, in.n)) == WW_GUESS_YES)
            return WW_GUESS_YES;
    }
    return first;
}

static const struct ww_event_type *const events[] = { &poct1a_hello_type, &poct1a_message_type,
                                                      &poct1a_ack_type, NULL };
/* No port is registered or usual: each site chooses. The entry says that it runs over TCP. */
static const struct ww_port ports[] = { { WW_ON_TCP, 0 }, { WW_ON_END, 0 } };

const struct ww_dissector ww_dissector_poct1a = {
    .name = "poct1a",
    .spec = "CLSI POCT01-A2 annex B",
    .events = events,
    .ports = ports,
    .first = { [1] = 1 << ('\t' - 8) | 1 << ('\n' - 8) | 1 << ('\r' - 8),
               [' ' / 8] = 1 << ' ' % 8,
               ['<' / 8] = 1 << '<' % 8,
               [0xef / 8] = (uint8_t)(1u << 0xef % 8) },
    .state_size = sizeof(struct poct_state),
    .max_msg = POCT_BUF_MAX,
    .probe = poct_probe,
    .data = poct_data,
    .gap = poct_gap,
};
