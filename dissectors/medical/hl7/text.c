/* text.c - text of a field for people: character set and escape sequences undone.
 * Source: HL7 v2.5.1 2.7 (escape sequences), 2.15.9.18 (character sets) */
#include "dissectors/lib/charset.h"
#include "dissectors/medical/hl7/hl7.h"

/* The delimiter that an escape sequence stands for; 0 when it is another kind of sequence. */
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
    }
    return 0;
}

/** Do the names of this header stand for themselves: no conversion, no escape sequence? */
bool ww_hl7_text_plain(const struct hl7_text *t, const struct hl7_fields *f)
{
    struct ww_slice all = f->seg;
    if (f->enc != HL7_ENC_PLAIN || t->seen_euc)
        return false;
    /* behind the encoding characters, which hold the escape character themselves */
    size_t from = ww_hl7_has(f, 2) ? f->mark[1] : 0;
    return t->seps.esc == 0 || ww_slice_find(all, from, t->seps.esc) == all.n;
}

/**
 * Text of a field in UTF-8, with escaped delimiters put back; other escape sequences stay.
 * In:     t  the message's delimiters and character sets; enc of the segment; buf room for HL7_TEXT
 * Return: the field itself when there is nothing to change, else the text in buf
 * Limits: names of applications and facilities only: patient text is never converted
 */
struct ww_slice ww_hl7_text(const struct hl7_text *t, uint8_t enc, struct ww_slice in, char *buf)
{
    enum ww_charset cs = enc == HL7_ENC_ISO2022                       ? WW_CS_ISO2022JP
                         : enc == HL7_ENC_SJIS                        ? WW_CS_SJIS
                         : t->seen_euc && t->declared != HL7_CS_OTHER ? WW_CS_EUCJP
                                                                      : WW_CS_AS_IS;
    char room[HL7_TEXT];
    in = ww_text_utf8(ww_slice_sub(in, 0, HL7_TEXT), cs, room, sizeof room);
    if (t->seps.esc == 0 || ww_slice_find(in, 0, t->seps.esc) == in.n) {
        struct ww_out same = ww_out(buf, HL7_TEXT);
        if (cs == WW_CS_AS_IS)
            return in;
        ww_out_raw(&same, in.p, in.n);
        return (struct ww_slice){ (const uint8_t *)buf, same.n };
    }
    struct ww_out o = ww_out(buf, HL7_TEXT);
    for (struct ww_rd r = ww_rd(in); r.left > 0;) {
        struct ww_slice rest = { r.p, r.left };
        uint8_t d = delimiter_of(&t->seps, ww_slice_at(rest, 1));
        if (ww_slice_at(rest, 0) == t->seps.esc && ww_slice_at(rest, 2) == t->seps.esc && d != 0) {
            ww_out_c(&o, (char)d);
            ww_rd_skip(&r, 3);
            continue;
        }
        ww_out_c(&o, (char)ww_rd_u8(&r));
    }
    return (struct ww_slice){ (const uint8_t *)buf, o.n };
}
