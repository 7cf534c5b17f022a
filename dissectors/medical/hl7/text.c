/* text.c - text of a field for people: character set and escape sequences undone.
 * Source: HL7 v2.5.1 2.7 (escape sequences), 2.15.9.18 (character sets) */
#include "dissectors/lib/charset.h"
#include "dissectors/medical/hl7/hl7.h"

/* How names of this header are encoded, as far as it is converted. */
static enum ww_charset charset_of(const struct hl7_text *t, uint8_t enc)
{
    if (enc == HL7_ENC_ISO2022)
        return WW_CS_ISO2022JP;
    if (enc == HL7_ENC_SJIS)
        return WW_CS_SJIS;
    if (enc != HL7_ENC_PLAIN || !t->seen_high)
        return WW_CS_AS_IS;
    if (t->seen_kana)
        return WW_CS_ISO2022JP; /* single bytes A1-DF */
    if (t->declared == HL7_CS_SINGLE)
        return ww_cs_8859(t->part);
    return t->seen_euc && t->declared != HL7_CS_OTHER ? WW_CS_EUCJP : WW_CS_AS_IS;
}

/** Do the names of this header stand for themselves: no conversion, no escape sequence? */
bool ww_hl7_text_plain(const struct hl7_text *t, const struct hl7_fields *f)
{
    if (charset_of(t, f->enc) != WW_CS_AS_IS)
        return false;
    /* behind the encoding characters, which hold the escape character themselves */
    size_t from = ww_hl7_has(f, 2) ? f->mark[1] : 0;
    return t->seps.esc == 0 || ww_slice_find(f->seg, from, t->seps.esc) == f->seg.n;
}

/* The delimiter that an escape sequence of one letter stands for; 0 when it is another one. */
static uint8_t delimiter_of(const struct hl7_seps *s, uint8_t letter)
{
    switch (letter) {
    case 'F':
        return s->field;
    case 'S':
        return s->comp;
    case 'T':
        return s->sub;
    case 'R':
        return s->rep;
    case 'E':
        return s->esc;
    case 'P': /* since 2.7 */
        return s->trunc;
    }
    return 0;
}

static unsigned hex_digit(uint8_t b)
{
    return b >= '0' && b <= '9'   ? b - (unsigned)'0'
           : b >= 'A' && b <= 'F' ? b - (unsigned)'A' + 10
           : b >= 'a' && b <= 'f' ? b - (unsigned)'a' + 10
                                  : 16;
}

/* \Xhh..\: bytes by their numbers. Only printable ASCII is put back. */
static bool hex(struct ww_out *o, struct ww_slice digits)
{
    char text[16];
    size_t n = 0;
    struct ww_rd r = ww_rd(digits);
    while (r.left > 1 && n < sizeof text) {
        unsigned hi = hex_digit(ww_rd_u8(&r)), lo = hex_digit(ww_rd_u8(&r));
        if (hi < 2 || hi > 7 || lo > 15 || (hi == 7 && lo == 15))
            return false;
        text[n++] = (char)(hi << 4 | lo);
    }
    if (r.left > 0 || n == 0)
        return false;
    ww_out_raw(o, text, n);
    return true;
}

/* Undoes an escape sequence. In: body  what stands between the escape characters. Return: false
 * when it is none, and the first of them stands for itself. */
static bool escape(struct ww_out *o, const struct hl7_seps *s, struct ww_slice body)
{
    uint8_t letter = ww_slice_at(body, 0);
    uint8_t d = body.n == 1 ? delimiter_of(s, letter) : 0;
    if (d != 0) {
        ww_out_c(o, (char)d);
        return true;
    }
    if (body.n == 1 && (letter == 'H' || letter == 'N')) /* highlighting says nothing here */
        return true;
    if (letter == 'X')
        return hex(o, ww_slice_sub(body, 1, body.n));
    /* formatting (2.7.6), other character sets (2.7.2) and local ones (2.7.7) stay as they are */
    if (letter != '.' && letter != 'C' && letter != 'M' && letter != 'Z')
        return false;
    ww_out_c(o, (char)s->esc);
    ww_out_raw(o, body.p, body.n);
    ww_out_c(o, (char)s->esc);
    return true;
}

/**
 * Text of a field in UTF-8, with escape sequences undone that stand for characters.
 * In:     t  the message's delimiters and character sets; enc of the segment; buf room for HL7_TEXT
 * Return: the field itself when there is nothing to change, else the text in buf
 * Limits: names of applications and facilities only: patient text is never converted
 */
struct ww_slice ww_hl7_text(const struct hl7_text *t, uint8_t enc, struct ww_slice in, char *buf)
{
    char room[HL7_TEXT];
    struct ww_out o = ww_out(buf, HL7_TEXT);
    in = ww_text_utf8(ww_slice_sub(in, 0, HL7_TEXT), charset_of(t, enc), room, sizeof room);
    for (size_t at = 0; at < in.n;) {
        size_t esc = t->seps.esc != 0 ? ww_slice_find(in, at, t->seps.esc) : in.n;
        struct ww_slice plain = ww_slice_sub(in, at, esc - at);
        ww_out_raw(&o, plain.p, plain.n);
        if (esc == in.n)
            break;
        size_t end = ww_slice_find(in, esc + 1, t->seps.esc);
        at = esc + 1;
        if (end < in.n && escape(&o, &t->seps, ww_slice_sub(in, esc + 1, end - esc - 1)))
            at = end + 1;
        else
            ww_out_c(&o, (char)t->seps.esc);
    }
    return (struct ww_slice){ (const uint8_t *)buf, o.n };
}
