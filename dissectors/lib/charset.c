/* charset.c - encodings of text on hospital wires: recognition and shift states.
 * Source: ISO/IEC 2022, RFC 1468 (ISO-2022-JP), JIS X 0201/0208, RFC 3629 (UTF-8) */
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
        uint8_t b = ww_rd_u8(&r); /* 8E: half-width katakana follows (EUC-JP code set 2) */
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
