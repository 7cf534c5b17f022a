/* split.c - delimiters, fields and components of LIS02 records, in the character sets that occur.
 * Source: LIS02-A2 5.4 (delimiters), 5.4.6 (escapes); ISO-2022-JP and Shift_JIS as Japanese
 * instruments send them, where the second byte of a character may equal a delimiter */
#include "dissectors/lib/charset.h"
#include "dissectors/medical/astm/astm.h"
#include "sensor/base/scan.h"

static bool mark(uint8_t b)
{
    return b > ' ' && b < 0x7f && !(b >= '0' && b <= '9') && !(b >= 'A' && b <= 'Z') &&
           !(b >= 'a' && b <= 'z');
}

/* Delimiters behind the field delimiter of a header record; SIZE_MAX when there is something else
 * among them. *end: what ends them stands there. */
static size_t delimiters(struct ww_slice s, bool *end)
{
    uint8_t sep = ww_slice_at(s, 1);
    size_t n = 0;
    *end = false;
    for (size_t i = 2; i < s.n && i < ASTM_HEADER; i++, n++) {
        uint8_t b = ww_slice_at(s, i);
        *end = b == sep || b == ASTM_CR || b == ASTM_LF;
        if (*end)
            return n;
        if (!mark(b) || ww_slice_find(ww_slice_sub(s, 2, n), 0, b) < n)
            return SIZE_MAX;
    }
    return n;
}

/**
 * Does a header record begin here? H, the field delimiter, the other delimiters, and the field
 * delimiter again or the end: `H|\^&|`. Real senders leave delimiters out (`H|\&|`) or add one.
 * Return: MAYBE while there are fewer than ASTM_HEADER bytes and all of them fit
 */
enum ww_guess ww_astm_header(struct ww_slice s)
{
    bool end = false;
    if (s.n > 0 && ww_slice_at(s, 0) != 'H')
        return WW_GUESS_NO;
    if (s.n < 2)
        return WW_GUESS_MAYBE;
    size_t n = delimiters(s, &end);
    uint8_t sep = ww_slice_at(s, 1);
    if (!mark(sep) || n == SIZE_MAX || (end && n != 3 && (sep != '|' || n == 0)))
        return WW_GUESS_NO;
    return end ? WW_GUESS_YES : s.n < ASTM_HEADER ? WW_GUESS_MAYBE : WW_GUESS_NO;
}

/** The delimiters that a header record declares (LIS02-A2 5.4); usual ones where it has none. */
struct astm_seps ww_astm_seps(struct ww_slice header)
{
    bool end;
    size_t n = delimiters(header, &end);
    struct astm_seps s = {
        .field = ww_slice_at(header, 1), .repeat = '\\', .comp = '^', .esc = '&'
    };
    if (n == 3) {
        s.repeat = ww_slice_at(header, 2);
        s.comp = ww_slice_at(header, 3);
        s.esc = ww_slice_at(header, 4);
    }
    return s;
}

static uint8_t encoding(struct ww_slice s)
{
    struct ww_text_look look = ww_text_look(s);
    if (look.esc)
        return ASTM_ENC_ISO2022;
    if (look.high && !ww_utf8_valid(s) && ww_sjis_likely(s))
        return ASTM_ENC_SJIS;
    return ASTM_ENC_PLAIN;
}

/* Offset of the next delimiter at or after `from`, in.n when there is none. */
static size_t next(struct ww_slice in, size_t from, uint8_t sep, uint8_t enc)
{
    uint8_t shift = WW_SHIFT_ASCII;
    if (enc == ASTM_ENC_PLAIN)
        return ww_slice_find(in, from, sep);
    for (size_t at = from; at < in.n;) {
        struct ww_slice rest = ww_slice_sub(in, at, in.n);
        uint8_t b = ww_slice_at(rest, 0);
        if (enc == ASTM_ENC_ISO2022 && b == 0x1b) {
            at += ww_shift_escape(rest, &shift);
        } else if (enc == ASTM_ENC_ISO2022 && shift != WW_SHIFT_ASCII && b > 0x20) {
            at += ww_shift_char(rest, shift);
        } else if (enc == ASTM_ENC_SJIS && ww_sjis_lead(b) && ww_sjis_trail(ww_slice_at(rest, 1))) {
            at += 2;
        } else if (b == sep) {
            return at;
        } else {
            at++;
        }
    }
    return in.n;
}

/**
 * Splits a record into its fields.
 * In:     rec  one record without its end, at most ASTM_FRAME_MAX bytes
 * Limits: ASTM_FIELDS_MAX fields; the last takes no part of what follows
 */
void ww_astm_split(struct ww_slice rec, const struct astm_seps *seps, struct astm_fields *out)
{
    uint16_t mark[ASTM_FIELDS_MAX + WW_SCAN_STEP];
    struct ww_scan seen = ww_scan(rec, seps->field, mark, ASTM_FIELDS_MAX);
    bool plain = !seen.esc && !seen.high; /* so each delimiter is one, in the fields that are looked at */
    out->enc = plain ? ASTM_ENC_PLAIN : encoding(rec);
    out->n = 0;
    size_t at = 0;
    while (out->n < ASTM_FIELDS_MAX) {
        size_t end = !plain            ? next(rec, at, seps->field, out->enc)
                     : out->n < seen.n ? mark[out->n]
                                       : rec.n;
        out->f[++out->n] = ww_slice_sub(rec, at, end - at);
        if (end >= rec.n)
            break;
        at = end + 1;
    }
}

/** A field without blanks around it; empty when the record has fewer fields. */
struct ww_slice ww_astm_field(const struct astm_fields *f, size_t n)
{
    return n >= 1 && n <= f->n && n <= ASTM_FIELDS_MAX ? ww_slice_trim(f->f[n]) : (struct ww_slice){ NULL, 0 };
}

/** One part, from 0, of a field that a delimiter divides. */
struct ww_slice ww_astm_part(struct ww_slice s, uint8_t sep, uint8_t enc, size_t index)
{
    size_t at = 0, end = next(s, 0, sep, enc);
    for (; index > 0; index--) {
        if (end >= s.n)
            return (struct ww_slice){ NULL, 0 };
        at = end + 1;
        end = next(s, at, sep, enc);
    }
    return ww_slice_trim(ww_slice_sub(s, at, end - at));
}

/** Does a field say anything? Blanks, delimiters and "" do not. */
bool ww_astm_filled(struct ww_slice s, const struct astm_seps *seps)
{
    for (struct ww_rd r = ww_rd(s); r.left > 0;) {
        uint8_t b = ww_rd_u8(&r);
        if (b > ' ' && b != seps->comp && b != seps->repeat && b != '"')
            return true;
    }
    return false;
}

/* The delimiter that a letter between escape characters stands for; 0 = none (LIS02-A2 5.4.2). */
static uint8_t stands_for(const struct astm_seps *seps, uint8_t letter)
{
    switch (letter) {
    case 'F':
        return seps->field;
    case 'R':
        return seps->repeat;
    case 'S':
        return seps->comp;
    case 'E':
        return seps->esc;
    }
    return 0;
}

/**
 * A name with its escapes &F& &R& &S& &E& replaced by the delimiters that they stand for.
 * In: buf  ASTM_TEXT bytes
 */
struct ww_slice ww_astm_text(struct ww_slice in, const struct astm_seps *seps, char *buf)
{
    if (seps->esc == 0 || ww_slice_find(in, 0, seps->esc) == in.n)
        return in;
    struct ww_out o = ww_out(buf, ASTM_TEXT);
    for (size_t at = 0; at < in.n; at++) {
        uint8_t b = ww_slice_at(in, at);
        bool escape = b == seps->esc && ww_slice_at(in, at + 2) == seps->esc;
        uint8_t as = escape ? stands_for(seps, ww_slice_at(in, at + 1)) : 0;
        if (as != 0)
            at += 2;
        ww_out_c(&o, (char)(as != 0 ? as : b));
    }
    return (struct ww_slice){ (const uint8_t *)buf, o.n };
}
