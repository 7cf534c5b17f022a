/* probe.c - is this a laboratory link? By content alone: its ports are chosen by each site.
 * Source: LIS01-A2 6.2 (establishment), 6.3 (frames); LIS02-A2 6 (header record) */
#include "dissectors/medical/astm/astm.h"

enum {
    QUIET_MAX = 64, /* control characters alone that are waited on */
    TEXT_MIN = 16,  /* bytes of text that make a frame plausible without a record type */
    LOOKS = 8       /* places where a frame may begin that are looked at */
};

/* Text of a frame is printable, or in a Japanese encoding; a few control characters divide it. */
static bool readable(struct ww_slice text)
{
    for (struct ww_rd r = ww_rd(text); r.left > 0;) {
        uint8_t b = ww_rd_u8(&r);
        if (b == 0x7f || (b < ' ' && b != ASTM_CR && b != ASTM_LF && b != '\t' && b != 0x1b))
            return false;
    }
    return true;
}

/* A record type and the field delimiter behind it, or enough text of a continued record. */
static bool plausible(struct ww_slice text)
{
    uint8_t type = ww_slice_at(text, 0), sep = ww_slice_at(text, 1);
    bool record = type != 0 && ww_slice_find(WW_SLICE_LIT("HPORCQLMS"), 0, type) < 9 && sep > ' ' &&
                  sep < '0';
    return (record || sep == '|' || text.n >= TEXT_MIN) && readable(text);
}

/* A frame: its header record shows it, or its checksum. */
static enum ww_guess frame_at(struct ww_slice in)
{
    uint8_t number = ww_slice_at(in, 1);
    bool numbered = number >= '0' && number <= '7';
    struct ww_slice text = ww_slice_sub(in, numbered ? 2 : 1, in.n);
    if (in.n < 3)
        return in.n < 2 || numbered || number == 'H' ? WW_GUESS_MAYBE : WW_GUESS_NO;
    enum ww_guess h = ww_astm_header(text);
    if (h != WW_GUESS_NO || !numbered)
        return h;
    size_t etx = ww_slice_find(in, 2, ASTM_ETX);
    size_t end = ww_slice_find(ww_slice_sub(in, 0, etx), 2, ASTM_ETB);
    end = end < etx ? end : etx;
    struct ww_slice digits = ww_slice_sub(in, end + 1, 2);
    text = ww_slice_sub(in, 2, end - 2);
    if (digits.n < 2)
        return readable(text) ? WW_GUESS_MAYBE : WW_GUESS_NO;
    return plausible(text) && ww_astm_sum(ww_slice_sub(in, 0, end + 1), digits) == ASTM_SUM_GOOD
               ? WW_GUESS_YES
               : WW_GUESS_NO;
}

/* Inside a stream: a frame behind the end of another. */
static enum ww_guess inside(struct ww_slice in)
{
    size_t at = ww_slice_find(in, 0, ASTM_STX);
    for (size_t n = 0; at < in.n && n < LOOKS; n++) {
        if (frame_at(ww_slice_sub(in, at, in.n)) == WW_GUESS_YES)
            return WW_GUESS_YES;
        at = ww_slice_find(in, at + 1, ASTM_STX);
    }
    return WW_GUESS_NO;
}

/**
 * Is this a laboratory link?
 * Return: YES on a header record, framed or bare, or on a frame whose checksum is right; MAYBE on
 *         the control characters around it, which other protocols use too
 */
enum ww_guess ww_astm_probe(struct ww_slice in, enum ww_dir dir)
{
    (void)dir;
    size_t at = 0;
    bool line = true;
    for (; at < in.n && at < QUIET_MAX; at++) {
        uint8_t b = ww_slice_at(in, at);
        bool end = b == ASTM_CR || b == ASTM_LF;
        if (b != ASTM_ENQ && b != ASTM_ACK && b != ASTM_NAK && b != ASTM_EOT && !end)
            break;
        line &= end;
    }
    struct ww_slice rest = ww_slice_sub(in, at, in.n);
    if (rest.n == 0)
        return at < QUIET_MAX ? WW_GUESS_MAYBE : WW_GUESS_NO;
    enum ww_guess g = WW_GUESS_NO;
    if (ww_slice_at(rest, 0) == ASTM_STX)
        g = frame_at(rest);
    else if (line)
        g = ww_astm_header(rest);
    return g != WW_GUESS_NO ? g : inside(in);
}
