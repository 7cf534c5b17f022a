/* split.c - delimiters of an HL7 v2 message and splitting that knows characters from delimiters.
 * Source: HL7 v2.5.1 2.5.4 (delimiters), 2.15.9.18 (character sets), JAHIS and SS-MIX2 use */
#include "dissectors/lib/charset.h"
#include "dissectors/medical/hl7/hl7.h"

static bool delimiter(uint8_t b)
{
    return b > 0x20 && b < 0x7f && !(b >= '0' && b <= '9') && !(b >= 'A' && b <= 'Z') &&
           !(b >= 'a' && b <= 'z');
}

/**
 * Is this the start of a header segment: MSH, FHS or BHS, a separator and an encoding character?
 * In:     s  bytes at the place in question, as many as there are
 * Return: MAYBE when s is too short and agrees so far
 */
enum ww_guess ww_hl7_header(struct ww_slice s)
{
    uint8_t a = ww_slice_at(s, 0);
    if (s.n > 0 && a != 'M' && a != 'F' && a != 'B') /* nearly all segments end here */
        return WW_GUESS_NO;
    const char *rest = a == 'M' ? "SH" : "HS";
    for (size_t i = 1; i < 3 && i < s.n; i++)
        if (ww_slice_at(s, i) != (uint8_t)rest[i - 1])
            return WW_GUESS_NO;
    uint8_t f = ww_slice_at(s, 3), c = ww_slice_at(s, 4);
    if ((s.n > 3 && !delimiter(f)) || (s.n > 4 && (!delimiter(c) || c == f)))
        return WW_GUESS_NO;
    return s.n >= HL7_HEADER ? WW_GUESS_YES : WW_GUESS_MAYBE;
}

/**
 * Reads the delimiters from a header segment.
 * In:     seg  from its id on; ww_hl7_header said YES
 * Return: false when the encoding characters are not 1 to 6 delimiters
 */
bool ww_hl7_seps(struct ww_slice seg, struct hl7_seps *out)
{
    uint8_t f = ww_slice_at(seg, 3);
    size_t end = ww_slice_find(seg, 4, f);
    struct ww_slice e = ww_slice_sub(seg, 4, end - 4);
    *out = (struct hl7_seps){ .field = f };
    if (e.n < 1 || e.n > 6)
        return false;
    for (size_t i = 0; i < e.n; i++)
        if (!delimiter(ww_slice_at(e, i)))
            return false;
    out->comp = ww_slice_at(e, 0);
    out->rep = ww_slice_at(e, 1);
    if (e.n == 3 && ww_slice_at(e, 2) == '&') { /* escape character left out */
        out->sub = '&';
        return true;
    }
    out->esc = ww_slice_at(e, 2);
    /* ^~\\& : the escape character doubled by mistake */
    size_t sub = ww_slice_at(e, 3) == out->esc ? 4 : 3;
    out->sub = ww_slice_at(e, sub);
    out->trunc = ww_slice_at(e, sub + 1); /* since 2.7, normally # */
    return true;
}

/* Number of the part in "8859/15"; 0 when there is none. */
static uint8_t part_of_8859(struct ww_slice v)
{
    const uint8_t *p = v.n > 0 ? memmem(v.p, v.n, "8859", 4) : NULL;
    if (p == NULL)
        return 0;
    struct ww_rd r = ww_rd((struct ww_slice){ p, v.n - (size_t)(p - v.p) });
    ww_rd_skip(&r, 5); /* with the slash, or what is written for it */
    unsigned part = 0;
    for (unsigned d; r.left > 0 && part < 10 && (d = ww_rd_u8(&r) - (unsigned)'0') <= 9;)
        part = part * 10 + d;
    return (uint8_t)part;
}

/** Value of MSH-18: the set that decides how bytes form characters. Out: t  declared, part. */
void ww_hl7_declared(struct ww_slice v, struct hl7_text *t)
{
    t->declared = HL7_CS_NONE;
    t->part = 0;
    if (v.n == 0)
        return;
    static const struct {
        const char *in;
        uint8_t cs;
    } known[] = { { "UTF-8", HL7_CS_UTF8 }, { "IR14", HL7_CS_KANA },  { "IR 14", HL7_CS_KANA },
                  { "ISO IR", HL7_CS_JIS }, { "ISO-IR", HL7_CS_JIS }, { "8859", HL7_CS_SINGLE },
                  { "GB", HL7_CS_GBK },     { "BIG", HL7_CS_GBK },    { "KS X", HL7_CS_OTHER },
                  { "CNS", HL7_CS_OTHER } };
    for (size_t i = 0; i < sizeof known / sizeof known[0] && t->declared == HL7_CS_NONE; i++)
        if (memmem(v.p, v.n, known[i].in, strlen(known[i].in)) != NULL)
            t->declared = known[i].cs;
    if (t->declared == HL7_CS_SINGLE)
        t->part = part_of_8859(v);
}

/* Are all high bytes A1-DF, the katakana of JIS X 0201? */
static bool all_kana(struct ww_slice s)
{
    bool all = true;
    for (struct ww_rd r = ww_rd(s); r.left > 0;) {
        uint8_t b = ww_rd_u8(&r);
        all &= b < 0x80 || (b >= 0xa1 && b <= 0xdf);
    }
    return all;
}

/* How the characters of a segment with ESC or high bytes are formed: what the bytes show beats what
 * MSH-18 says. */
static uint8_t encoding(struct ww_slice seg, struct hl7_text *t, struct ww_text_look look)
{
    if (look.esc) {
        t->seen_2022 = true;
        return HL7_ENC_ISO2022;
    }
    if (ww_utf8_valid(seg)) {
        t->seen_utf8 = true;
        return HL7_ENC_PLAIN;
    }
    t->seen_high = true;
    if (t->declared == HL7_CS_GBK) {
        t->seen_gbk = true;
        return HL7_ENC_GBK;
    }
    if (t->declared == HL7_CS_SINGLE)
        return HL7_ENC_PLAIN;
    if (t->declared == HL7_CS_KANA && all_kana(seg)) {
        t->seen_kana = true;
        return HL7_ENC_PLAIN;
    }
    if (ww_sjis_likely(seg)) {
        t->seen_sjis = true;
        return HL7_ENC_SJIS;
    }
    t->seen_euc |= ww_euc_likely(seg);
    return HL7_ENC_PLAIN;
}

/* Length of the character at offset at; *shift is the ISO 2022 state. */
static size_t char_len(struct ww_slice s, size_t at, uint8_t enc, uint8_t *shift)
{
    uint8_t b = ww_slice_at(s, at), next = ww_slice_at(s, at + 1);
    switch ((enum hl7_enc)enc) {
    case HL7_ENC_PLAIN:
        break;
    case HL7_ENC_ISO2022:
        if (b == 0x1b)
            return ww_shift_escape(ww_slice_sub(s, at, 4), shift);
        return at + 1 < s.n ? ww_shift_char(ww_slice_sub(s, at, 2), *shift) : 1;
    case HL7_ENC_SJIS:
        return ww_sjis_lead(b) && ww_sjis_trail(next) ? 2 : 1;
    case HL7_ENC_GBK:
        return b >= 0x81 && b != 0xff && next >= 0x40 && next != 0x7f && next != 0xff ? 2 : 1;
    }
    return 1;
}

/* Offset of the first true separator at or after from; s.n when there is none. A text starts, and
 * after each separator stands, in the default set (HL7 v2.5.1 2.15.9.18). */
static size_t find_sep(struct ww_slice s, size_t from, uint8_t sep, uint8_t enc)
{
    if (enc == HL7_ENC_PLAIN)
        return ww_slice_find(s, from, sep);
    uint8_t shift = WW_SHIFT_ASCII;
    while (from < s.n) {
        uint8_t b = ww_slice_at(s, from);
        size_t n = char_len(s, from, enc, &shift);
        bool kana = shift == WW_SHIFT_KANA && b > 0x20 && b < 0x60;
        if (n == 1 && b == sep && !kana && shift < WW_SHIFT_0208)
            return from;
        from += n;
    }
    return s.n;
}

/* Splits where bytes may look like separators and be none. */
static void split_aware(struct hl7_fields *out, uint8_t sep, size_t max)
{
    size_t at = 0;
    while (at <= out->seg.n && out->marks < max) {
        size_t end = find_sep(out->seg, at, sep, out->enc);
        out->mark[out->marks++] = (uint16_t)end;
        at = end + 1;
    }
}

/**
 * Splits a segment into its fields.
 * In:     seg  without its end, at most HL7_SEG_MAX bytes; header whether it is MSH, FHS or BHS;
 *         t the message's delimiters and character sets; last the last field that is wanted
 * Out:    out  for ww_hl7_field
 * Limits: the first HL7_FIELDS_MAX fields
 */
void ww_hl7_split(struct ww_slice seg, bool header, struct hl7_text *t, struct hl7_fields *out,
                  size_t last)
{
    out->seg = seg;
    out->enc = HL7_ENC_PLAIN;
    out->header = header;
    size_t max = last + 1 - out->header;
    max = max < HL7_FIELDS_MAX ? max : HL7_FIELDS_MAX;
    struct ww_scan scan = ww_scan(seg, t->seps.field, out->mark, max);
    out->marks = (uint16_t)scan.n;
    if (out->marks < max)
        out->mark[out->marks++] = (uint16_t)seg.n;
    if (!scan.esc && !scan.high)
        return;
    out->enc = encoding(seg, t, ww_text_look(seg));
    if (out->enc == HL7_ENC_PLAIN)
        return;
    out->marks = 0;
    split_aware(out, t->seps.field, max);
}

/** Part `index` (from 0) of a field at a separator; empty when there is none. */
struct ww_slice ww_hl7_part(struct ww_slice s, uint8_t sep, uint8_t enc, size_t index)
{
    size_t at = 0;
    if (sep == 0)
        return index == 0 ? s : ww_slice_sub(s, s.n, 0);
    for (;;) {
        size_t end = find_sep(s, at, sep, enc);
        if (index == 0)
            return ww_slice_sub(s, at, end - at);
        if (end >= s.n)
            return ww_slice_sub(s, s.n, 0);
        index--;
        at = end + 1;
    }
}

/** Does a field say something: more than separators, blanks and the explicit null `""`? */
bool ww_hl7_filled(struct ww_slice s)
{
    for (size_t i = 0; i < s.n; i++) {
        uint8_t b = ww_slice_at(s, i);
        if (b >= 0x80 || b == 0x1b || (b > 0x20 && b != 0x7f && !delimiter(b)))
            return true;
    }
    return false;
}

/** A number of up to 9 digits; WW_NULL32 when it is none. */
uint32_t ww_hl7_number(struct ww_slice s)
{
    uint32_t v = 0;
    s = ww_slice_trim(s);
    if (s.n == 0 || s.n > 9)
        return WW_NULL32;
    for (struct ww_rd r = ww_rd(s); r.left > 0;) {
        uint8_t b = ww_rd_u8(&r);
        if (b < '0' || b > '9')
            return WW_NULL32;
        v = v * 10 + (b - '0');
    }
    return v;
}
