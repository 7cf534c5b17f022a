/* charset.h - what encoding do these bytes look like, and text from it as UTF-8. */
#ifndef WW_LIB_CHARSET_H
#define WW_LIB_CHARSET_H
#include "sensor/base/rd.h"

/* Facts about bytes, gathered in one pass. */
struct ww_text_look {
    bool esc;  /* holds ESC (1B) */
    bool high; /* holds a byte of 80 or more */
};
struct ww_text_look ww_text_look(struct ww_slice s);

/** Every high byte is part of a well-formed UTF-8 sequence (RFC 3629). */
bool ww_utf8_valid(struct ww_slice s);
/** Every high byte is part of a pair A1-FE A1-FE (EUC-JP code set 1, EUC-KR, EUC-CN), which 8F may
 * precede (EUC-JP code set 3). */
bool ww_euc_likely(struct ww_slice s);
/** Reads as Shift_JIS throughout, with at least one lead byte 81-9F, which Latin text has not. */
bool ww_sjis_likely(struct ww_slice s);

static inline bool ww_sjis_lead(uint8_t b)
{
    return (b >= 0x81 && b <= 0x9f) || (b >= 0xe0 && b <= 0xfc);
}
static inline bool ww_sjis_trail(uint8_t b)
{
    return b >= 0x40 && b <= 0xfc && b != 0x7f;
}

/* ISO 2022 shift state of a 7-bit text (ISO/IEC 2022, RFC 1468). */
enum ww_shift {
    WW_SHIFT_ASCII, /* also JIS X 0201 Roman: every byte is itself */
    WW_SHIFT_KANA,  /* JIS X 0201 katakana, 21-5F: 5C, 5E and 26 are characters */
    WW_SHIFT_0208,  /* two bytes a character, 21-7E each */
    WW_SHIFT_0212
};
/**
 * Length of the escape sequence at the start of s (which is ESC) and the state after it.
 * Return: 3 or 4; 1 when it is not a designation that is known (state stays)
 */
size_t ww_shift_escape(struct ww_slice s, uint8_t *shift);

/** Length of the character at the start of s in a shift state; a byte below 21 ends a pair. */
static inline size_t ww_shift_char(struct ww_slice s, uint8_t shift)
{
    return shift >= WW_SHIFT_0208 && ww_slice_at(s, 0) > 0x20 && ww_slice_at(s, 1) > 0x20 ? 2 : 1;
}

/* Encodings that are converted; everything else stays as it is. Single bytes 80-FF in ISO-2022-JP
 * are the katakana of JIS X 0201. */
enum ww_charset {
    WW_CS_AS_IS,
    WW_CS_ISO2022JP, /* JIS X 0201, 0208, 0212 */
    WW_CS_SJIS,
    WW_CS_EUCJP,
    WW_CS_8859, /* with the number of a part added, see ww_cs_8859 */
    WW_CS_8859_MAX = WW_CS_8859 + 15
};
/** ISO 8859 parts 1 to 9 and 15; other parts stay as they are. */
static inline enum ww_charset ww_cs_8859(unsigned part)
{
    bool known = (part >= 1 && part <= 9) || part == 15;
    return known ? (enum ww_charset)(WW_CS_8859 + part) : WW_CS_AS_IS;
}
/**
 * Text as UTF-8.
 * In:     cs  how it is encoded; buf room for the result
 * Return: in itself for WW_CS_AS_IS, else the text in buf, cut at cap on a character's end; what
 * has no character becomes U+FFFD
 */
struct ww_slice ww_text_utf8(struct ww_slice in, enum ww_charset cs, char *buf, size_t cap);
#endif
