/* charset.c - encodings of text on hospital wires: recognition, shift states, conversion.
 * Source: ISO/IEC 2022, RFC 1468 and RFC 1554 (ISO-2022-JP), JIS X 0201/0208/0212, ISO 8859,
 * RFC 3629 (UTF-8) */
#include "dissectors/lib/charset.h"
#include "sensor/base/out.h"

/* Mask with 80 in each byte of x that is zero; exact, no borrow between bytes. */
static uint64_t zero_bytes(uint64_t x)
{
    const uint64_t low = 0x7f7f7f7f7f7f7f7fu;
    return ~(((x & low) + low) | x | low);
}

struct ww_text_look ww_text_look(struct ww_slice s)
{
    struct ww_rd r = ww_rd(s);
    uint64_t esc = 0, high = 0;
    while (r.left >= 8) {
        uint64_t x = ww_rd_be64(&r);
        high |= x;
        esc |= zero_bytes(x ^ 0x1b1b1b1b1b1b1b1bu);
    }
    while (r.left > 0) {
        uint8_t b = ww_rd_u8(&r);
        high |= b;
        esc |= b == 0x1b;
    }
    return (struct ww_text_look){ esc != 0, (high & 0x8080808080808080u) != 0 };
}

bool ww_utf8_valid(struct ww_slice s)
{
    struct ww_rd r = ww_rd(s);
    while (r.left > 0) {
        unsigned n = ww_utf8_len((struct ww_slice){ r.p, r.left });
        if (n == 0)
            return false;
        ww_rd_skip(&r, n);
    }
    return true;
}

bool ww_euc_likely(struct ww_slice s)
{
    struct ww_rd r = ww_rd(s);
    bool any = false;
    while (r.left > 0) {
        uint8_t a = ww_rd_u8(&r);
        if (a < 0x80)
            continue;
        if (a == 0x8f) /* JIS X 0212 follows (EUC-JP code set 3) */
            a = ww_rd_u8(&r);
        uint8_t b = ww_rd_u8(&r); /* 8E: half-width katakana follows (code set 2) */
        if ((a != 0x8e && a < 0xa1) || a == 0xff || b < 0xa1 || b == 0xff)
            return false;
        any = true;
    }
    return any;
}

bool ww_sjis_likely(struct ww_slice s)
{
    struct ww_rd r = ww_rd(s);
    bool sure = false;
    while (r.left > 0) {
        uint8_t b = ww_rd_u8(&r);
        if (b < 0x80 || (b >= 0xa1 && b <= 0xdf)) /* ASCII, half-width katakana */
            continue;
        if (!ww_sjis_lead(b) || !ww_sjis_trail(ww_rd_u8(&r)))
            return false;
        sure |= b <= 0x9f;
    }
    return sure && !r.bad;
}

size_t ww_shift_escape(struct ww_slice s, uint8_t *shift)
{
    uint8_t a = ww_slice_at(s, 1), b = ww_slice_at(s, 2), c = ww_slice_at(s, 3);
    if (a == 0x24 && (b == 0x40 || b == 0x42)) {
        *shift = WW_SHIFT_0208;
        return 3;
    }
    if (a == 0x24 && b == 0x28 && s.n >= 4) { /* 44 is JIS X 0212; others are two-byte sets too */
        *shift = c == 0x42 || c == 0x40 ? WW_SHIFT_0208 : WW_SHIFT_0212;
        return 4;
    }
    if (a == 0x28 && s.n >= 3) {
        *shift = b == 0x49 ? WW_SHIFT_KANA : WW_SHIFT_ASCII;
        return 3;
    }
    if (a == 0x29 && s.n >= 3) /* a set for G1, the high bytes; G0 stays */
        return 3;
    return 1;
}

static const uint16_t jisx0208[84][94] = {
#include "dissectors/lib/jisx0208.inc"
};

static const uint16_t jisx0212[77][94] = {
#include "dissectors/lib/jisx0212.inc"
};

static const uint16_t iso8859[9][96] = {
    /* parts 2 to 9, 15 */
#include "dissectors/lib/iso8859.inc"
};

static unsigned from_0208(unsigned row, unsigned cell)
{
    unsigned u = row < 84 && cell < 94 ? jisx0208[row][cell] : 0;
    return u != 0 ? u : 0xfffd;
}

static unsigned from_0212(unsigned row, unsigned cell)
{
    unsigned u = row < 77 && cell < 94 ? jisx0212[row][cell] : 0;
    return u != 0 ? u : 0xfffd;
}

static unsigned from_sjis(uint8_t lead, uint8_t trail)
{
    unsigned row = 2 * (unsigned)(lead >= 0xe0 ? lead - 0xc1 : lead - 0x81);
    if (trail >= 0x9f)
        return from_0208(row + 1, trail - 0x9fu);
    return from_0208(row, trail - (trail > 0x7f ? 0x41u : 0x40u));
}

/* Half-width katakana of JIS X 0201, by its 8-bit code. */
static unsigned from_kana(unsigned b)
{
    return b >= 0xa1 && b <= 0xdf ? 0xff61u + (b - 0xa1) : 0xfffd;
}

/* Next character of ISO-2022-JP; 0 = only the state changed. */
static unsigned next_2022(struct ww_rd *r, uint8_t *shift)
{
    struct ww_slice rest = { r->p, r->left };
    if (ww_slice_at(rest, 0) == 0x1b) {
        size_t n = ww_shift_escape(rest, shift);
        ww_rd_skip(r, n);
        return n == 1 ? 0xfffd : 0;
    }
    size_t n = ww_shift_char(rest, *shift);
    uint8_t b = ww_rd_u8(r);
    if (n == 2) {
        uint8_t c = ww_rd_u8(r);
        return *shift == WW_SHIFT_0208 ? from_0208(b - 0x21u, c - 0x21u)
                                       : from_0212(b - 0x21u, c - 0x21u);
    }
    if (b >= 0x80)
        return from_kana(b);
    return *shift == WW_SHIFT_KANA && b > 0x20 ? from_kana(b + 0x80u) : b;
}

static unsigned next_sjis(struct ww_rd *r)
{
    uint8_t b = ww_rd_u8(r);
    if (b < 0x80)
        return b;
    return ww_sjis_lead(b) && r->left > 0 ? from_sjis(b, ww_rd_u8(r)) : from_kana(b);
}

static unsigned next_euc(struct ww_rd *r)
{
    uint8_t b = ww_rd_u8(r);
    if (b < 0x80)
        return b;
    uint8_t c = ww_rd_u8(r);
    if (b == 0x8f)
        return from_0212(c - 0xa1u, ww_rd_u8(r) - 0xa1u);
    return b == 0x8e ? from_kana(c) : from_0208(b - 0xa1u, c - 0xa1u);
}

static unsigned next_8859(struct ww_rd *r, unsigned part)
{
    uint8_t b = ww_rd_u8(r);
    if (b < 0xa0 || part == 1)
        return b;
    unsigned u = iso8859[part == 15 ? 8 : part - 2][b - 0xa0];
    return u != 0 ? u : 0xfffd;
}

static unsigned next_of(struct ww_rd *r, enum ww_charset cs, uint8_t *shift)
{
    if (cs >= WW_CS_8859)
        return next_8859(r, (unsigned)cs - WW_CS_8859);
    return cs == WW_CS_ISO2022JP ? next_2022(r, shift)
           : cs == WW_CS_SJIS    ? next_sjis(r)
                                 : next_euc(r);
}

static void put_utf8(struct ww_out *o, unsigned u)
{
    size_t need = u < 0x80 ? 1 : u < 0x800 ? 2 : 3;
    if (o->cut || o->cap - o->n < need) {
        o->cut = true;
        return;
    }
    if (need == 1) {
        ww_out_c(o, (char)u);
        return;
    }
    if (need == 3)
        ww_out_c(o, (char)(0xe0 | u >> 12));
    ww_out_c(o, (char)(need == 3 ? 0x80 | (u >> 6 & 0x3f) : 0xc0 | u >> 6));
    ww_out_c(o, (char)(0x80 | (u & 0x3f)));
}

struct ww_slice ww_text_utf8(struct ww_slice in, enum ww_charset cs, char *buf, size_t cap)
{
    struct ww_rd r = ww_rd(in);
    struct ww_out o = ww_out(buf, cap);
    uint8_t shift = WW_SHIFT_ASCII;
    if (cs == WW_CS_AS_IS)
        return in;
    while (r.left > 0) {
        unsigned u = next_of(&r, cs, &shift);
        if (u != 0)
            put_utf8(&o, u);
    }
    return (struct ww_slice){ (const uint8_t *)buf, o.n };
}
