/* content.c - HL7 v2 that another protocol carries: a body of text, or the element of a SOAP
 * message. Source: HL7 v2 over HTTP (media types application/hl7-v2, x-application/hl7-v2+er7); IHE
 * PCD TF-2, PCD-01 as a web service (CommunicatePCDData): the message is the text of an element */
#include "dissectors/medical/hl7/hl7.h"

enum {
    SOAP_SEG = 4096, /* bytes of one segment inside XML that are read */
    REF_MAX = 6      /* bytes of the longest reference to a line end, &#x0D; without its first */
};

static bool holds(struct ww_slice s, const char *part)
{
    return s.n > 0 && memmem(s.p, s.n, part, strlen(part)) != NULL;
}

static bool soap(const struct ww_content *meta, struct ww_slice in)
{
    return holds(meta->action, "CommunicatePCDData") ||
           (ww_slice_at(in, 0) == '<' && holds(in, "urn:ihe:pcd:"));
}

/** Is this HL7 v2? By its first bytes, since media types are used loosely; SOAP by its action too.
 */
enum ww_guess ww_hl7_content_probe(const struct ww_content *meta, struct ww_slice in)
{
    if (soap(meta, in))
        return WW_GUESS_YES;
    return in.n > 0 ? ww_hl7_begins(in) : WW_GUESS_NO;
}

/* Length of the line end at the start of s, also as a character reference; 0 when there is none. */
static size_t line_end(struct ww_slice s)
{
    static const char *const refs[] = { "&#13;", "&#10;",  "&#xD;",  "&#xd;", "&#xA;",
                                        "&#xa;", "&#x0D;", "&#x0A;", NULL };
    uint8_t b = ww_slice_at(s, 0);
    if (b == HL7_CR || b == HL7_LF)
        return 1;
    for (size_t i = 0; b == '&' && refs[i] != NULL; i++)
        if (ww_slice_starts(s, refs[i]))
            return strlen(refs[i]);
    return 0;
}

/* Offset of the first line end at or after from; s.n when there is none. */
static size_t next_line_end(struct ww_slice s, size_t from)
{
    while (from < s.n && line_end(ww_slice_sub(s, from, REF_MAX + 1)) == 0)
        from++;
    return from;
}

/* One segment as it stands in XML. */
static void segment(const struct hl7_run *run, struct ww_slice seg)
{
    char room[SOAP_SEG];
    struct ww_slice text = ww_xml_text(seg, room, sizeof room);
    if (run->s->m.open || ww_hl7_header(text) == WW_GUESS_YES)
        ww_hl7_take(run, text, text.n == sizeof room);
    if (run->s->m.open)
        run->s->m.ev.bytes += text.n + 1;
}

/* The text of an element: segments, if a header begins it. */
static void element(const struct hl7_run *run, struct ww_slice text)
{
    for (size_t at = 0; at < text.n;) {
        size_t end = next_line_end(text, at);
        struct ww_slice seg = ww_slice_trim(ww_slice_sub(text, at, end - at));
        if (seg.n > 0)
            segment(run, seg);
        at = end + line_end(ww_slice_sub(text, end, REF_MAX + 1)) + (end == text.n);
    }
}

static void message_over(const struct hl7_run *run)
{
    if (run->s->m.open)
        ww_hl7_emit(run, run->carrier);
}

/* XML as it arrives. */
static struct ww_parse xml(const struct hl7_run *run, struct ww_xml_scan *scan, struct ww_slice in,
                           bool last)
{
    size_t at = 0;
    while (at < in.n) {
        struct ww_xml_tok tok = ww_xml_next(scan, ww_slice_sub(in, at, in.n), HL7_SEG_MAX);
        if (tok.kind == WW_XML_BAD)
            return ww_stop("no XML");
        if (tok.kind == WW_XML_MORE)
            return last ? ww_ok(in.n) : ww_more(at, in.n - at + 1);
        if (tok.kind == WW_XML_TEXT)
            element(run, tok.body);
        else if (tok.kind == WW_XML_CLOSE)
            message_over(run);
        *scan = (struct ww_xml_scan){ 0 };
        at += tok.used;
    }
    return ww_ok(in.n);
}

/* Text; its last segment may have no end. */
static struct ww_parse text(const struct hl7_run *run, struct ww_slice in, bool last)
{
    size_t need = 0, used = ww_hl7_bytes(run, in, &need);
    if (used == SIZE_MAX)
        return ww_next(in.n);
    if (!last)
        return need > 0 ? ww_more(used, need) : ww_ok(in.n);
    struct ww_slice rest = ww_slice_sub(in, used, in.n);
    if (rest.n > 0 && (run->s->m.open || ww_hl7_header(rest) == WW_GUESS_YES)) {
        ww_hl7_take(run, rest, false);
        run->s->m.ev.bytes += rest.n;
        run->s->quirks |= HL7_Q_NO_FINAL_CR;
    }
    message_over(run);
    return ww_ok(in.n);
}

/** Bytes of a content; see dissector.h. One that lost bytes ends without a word: nothing is told.
 */
struct ww_parse ww_hl7_content(struct ww_cx *cx, void *state, const struct ww_content *meta,
                               enum ww_dir dir, struct ww_slice in, bool last)
{
    struct hl7_content *c = state;
    struct hl7_run run = { .cx = cx, .s = &c->side, .carrier = meta->carrier, .dir = dir };
    if (!c->begun && in.n > 0) {
        c->begun = true;
        c->xml = ww_hl7_begins(in) == WW_GUESS_NO && soap(meta, in);
    }
    return c->xml ? xml(&run, &c->scan, in, last) : text(&run, in, last);
}
