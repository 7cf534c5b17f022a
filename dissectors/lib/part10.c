/* part10.c - what the preamble of a DICOM file is, by its first bytes (PS3.10 7.1, CVE-2019-11687).
 */
#include "dissectors/lib/part10.h"

static const struct {
    uint8_t n, b[4];
    uint8_t is; /* enum ww_preamble */
} magic[] = {
    { 4, { 'I', 'I', 42, 0 }, WW_PREAMBLE_TIFF }, /* TIFF 6.0 section 2 */
    { 4, { 'M', 'M', 0, 42 }, WW_PREAMBLE_TIFF },
    { 4, { 'I', 'I', 43, 0 }, WW_PREAMBLE_TIFF }, /* BigTIFF */
    { 4, { 'M', 'M', 0, 43 }, WW_PREAMBLE_TIFF },
    { 2, { 'M', 'Z' }, WW_PREAMBLE_PE },                   /* PE format, MS-DOS stub */
    { 4, { 0x7f, 'E', 'L', 'F' }, WW_PREAMBLE_ELF },       /* System V ABI, ELF header */
    { 4, { 0xca, 0xfe, 0xba, 0xbe }, WW_PREAMBLE_MACH_O }, /* loader.h, class file format */
    { 4, { 0xfe, 0xed, 0xfa, 0xce }, WW_PREAMBLE_MACH_O },
    { 4, { 0xfe, 0xed, 0xfa, 0xcf }, WW_PREAMBLE_MACH_O },
    { 4, { 0xce, 0xfa, 0xed, 0xfe }, WW_PREAMBLE_MACH_O },
    { 4, { 0xcf, 0xfa, 0xed, 0xfe }, WW_PREAMBLE_MACH_O },
    { 2, { '#', '!' }, WW_PREAMBLE_SCRIPT },        /* POSIX exec, interpreter scripts */
    { 4, { 'P', 'K', 3, 4 }, WW_PREAMBLE_ARCHIVE }, /* ZIP APPNOTE 4.3.7 */
    { 2, { '<', '?' }, WW_PREAMBLE_MARKUP },
    { 2, { '<', 'h' }, WW_PREAMBLE_MARKUP },
    { 2, { '<', 'H' }, WW_PREAMBLE_MARKUP },
    { 2, { '<', '!' }, WW_PREAMBLE_MARKUP },
    { 2, { '<', 's' }, WW_PREAMBLE_MARKUP },
    { 4, { '%', 'P', 'D', 'F' }, WW_PREAMBLE_PDF }, /* ISO 32000 7.5.2 */
};

/* Without a known beginning: only zeros, only text, or neither. */
static enum ww_preamble plain(struct ww_slice s)
{
    bool zero = true, text = true;
    struct ww_rd r = ww_rd(s);
    while (r.left > 0) {
        uint8_t c = ww_rd_u8(&r);
        zero = zero && c == 0;
        text = text && (c == 0 || c == '\n' || c == '\r' || c == '\t' || (c >= 0x20 && c < 0x7f));
    }
    return zero ? WW_PREAMBLE_ZERO : text ? WW_PREAMBLE_TEXT : WW_PREAMBLE_OTHER;
}

enum ww_preamble ww_part10_preamble(struct ww_slice in)
{
    if (!ww_slice_eqs(ww_slice_sub(in, WW_PART10_PREAMBLE, 4), "DICM"))
        return WW_PREAMBLE_NO_FILE;
    for (size_t i = 0; i < sizeof magic / sizeof magic[0]; i++)
        if (ww_slice_eq(ww_slice_sub(in, 0, magic[i].n),
                        (struct ww_slice){ magic[i].b, magic[i].n }))
            return (enum ww_preamble)magic[i].is;
    return plain(ww_slice_sub(in, 0, WW_PART10_PREAMBLE));
}

const char *ww_part10_name(enum ww_preamble p)
{
    static const char *const name[] = { "",    "zero",   "tiff",   "text",    "other",  "pe",
                                        "elf", "mach_o", "script", "archive", "markup", "pdf" };
    return name[p];
}
