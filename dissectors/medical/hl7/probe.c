/* probe.c - is this HL7 v2? By content alone; ports only order the questions.
 * Source: HL7 v2.5.1 2.15.9 (MSH); what other protocols look like that carry such text */
#include "dissectors/medical/hl7/hl7.h"

/* A header with at least MSH-9: how sure? */
static enum ww_guess header_line(struct ww_slice s)
{
    enum ww_guess g = ww_hl7_header(s);
    if (g != WW_GUESS_YES)
        return g;
    uint8_t f = ww_slice_at(s, 3);
    size_t cr = ww_slice_find(s, 0, HL7_CR), lf = ww_slice_find(s, 0, HL7_LF);
    size_t end = cr < lf ? cr : lf;
    size_t n = 0;
    for (size_t at = ww_slice_find(s, 0, f); at < end; at = ww_slice_find(s, at + 1, f))
        n++;
    if (n >= 7) /* MSH-1 and six more: MSH-8 begins */
        return WW_GUESS_YES;
    return end < s.n || s.n > 1024 ? WW_GUESS_NO : WW_GUESS_MAYBE;
}

/* Bytes from inside a message: one segment id after each CR, all with one separator. */
static enum ww_guess inside(struct ww_slice s)
{
    size_t cr = ww_slice_find(s, 0, HL7_CR);
    bool pid = false;
    for (size_t n = 0; cr < s.n && n < 8; n++) {
        struct ww_slice seg = ww_slice_sub(s, cr + 1, 4);
        if (seg.n < 4 || ww_slice_at(seg, 0) == HL7_FS)
            break;
        for (size_t i = 0; i < 3; i++) {
            uint8_t b = ww_slice_at(seg, i);
            if (!(b >= 'A' && b <= 'Z') && !(i > 0 && b >= '0' && b <= '9'))
                return WW_GUESS_NO;
        }
        if (ww_slice_at(seg, 3) != '|')
            return WW_GUESS_NO;
        pid |= ww_slice_starts(seg, "PID|") || ww_slice_starts(seg, "OBX|") ||
               ww_slice_starts(seg, "MSA|") || ww_slice_starts(seg, "PV1|");
        cr = ww_slice_find(s, cr + 1, HL7_CR);
    }
    return pid ? WW_GUESS_YES : WW_GUESS_NO;
}

/* Bytes in front of a header that say nothing, at most eight. */
static size_t noise(struct ww_slice in)
{
    size_t at = 0;
    while (at < 8 && at < in.n) {
        uint8_t b = ww_slice_at(in, at);
        if (b != HL7_VT && b != HL7_LF && b != HL7_CR && b != ' ' && b != 0 && b != 0x02 &&
            b != 0xef && b != 0xbb && b != 0xbf)
            break;
        at++;
    }
    return at;
}

/** Does a header line begin here? MAYBE: more bytes may tell. */
enum ww_guess ww_hl7_begins(struct ww_slice in)
{
    return header_line(ww_slice_sub(in, noise(in), in.n));
}

/**
 * Is this HL7 v2?
 * Return: YES on a header line with MSH-9, after a few bytes of noise or after the end of a block;
 *         YES in the middle of a message where several segments say so
 */
enum ww_guess ww_hl7_probe(struct ww_slice in, enum ww_dir dir)
{
    (void)dir;
    size_t at = noise(in);
    struct ww_slice rest = ww_slice_sub(in, at, in.n);
    if (rest.n == 0)
        return in.n < 8 ? WW_GUESS_MAYBE : WW_GUESS_NO;
    enum ww_guess g = header_line(rest);
    if (g != WW_GUESS_NO)
        return g;
    if (at > 0 && ww_slice_at(in, at - 1) == HL7_VT && rest.n <= 3 && /* keep-alive, commit byte */
        (ww_slice_at(rest, 0) == HL7_FS || ww_slice_at(rest, 0) == HL7_ACK ||
         ww_slice_at(rest, 0) == HL7_NAK))
        return WW_GUESS_MAYBE;
    for (size_t vt = ww_slice_find(in, 0, HL7_VT); vt < in.n;
         vt = ww_slice_find(in, vt + 1, HL7_VT))
        if (ww_hl7_may_head(in, vt + 1) &&
            header_line(ww_slice_sub(in, vt + 1, in.n)) == WW_GUESS_YES)
            return WW_GUESS_YES;
    return inside(in);
}
