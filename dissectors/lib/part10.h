/* part10.h - the preamble of DICOM files (PS3.10 7.1). */
#ifndef WW_LIB_PART10_H
#define WW_LIB_PART10_H
#include "sensor/base/rd.h"

enum {
    WW_PART10_PREAMBLE = 128, /* bytes before the prefix DICM; programs may use them as they like */
    WW_PART10_HEAD = 132      /* bytes that ww_part10_preamble wants */
};

/* What the preamble makes of the file, besides DICOM. From WW_PREAMBLE_PE on it can be run, or is
 * opened by programs that run what is in it: the file may be code and image at once
 * (CVE-2019-11687). */
enum ww_preamble {
    WW_PREAMBLE_NO_FILE, /* no prefix DICM: no DICOM file, or too few bytes */
    WW_PREAMBLE_ZERO,    /* the usual one */
    WW_PREAMBLE_TIFF,    /* TIFF too: whole slide images (PS3.10 7.1) */
    WW_PREAMBLE_TEXT,    /* printable text and nothing that is known */
    WW_PREAMBLE_OTHER,
    WW_PREAMBLE_PE,      /* MZ: Windows and DOS programs */
    WW_PREAMBLE_ELF,     /* Linux programs */
    WW_PREAMBLE_MACH_O,  /* macOS programs, Java classes */
    WW_PREAMBLE_SCRIPT,  /* #! */
    WW_PREAMBLE_ARCHIVE, /* ZIP, Java archives, office documents */
    WW_PREAMBLE_MARKUP,  /* HTML, PHP, XML */
    WW_PREAMBLE_PDF
};
/** In: in  the first bytes of a content, as many as there are */
enum ww_preamble ww_part10_preamble(struct ww_slice in);
/** A word for it, for events; "" for WW_PREAMBLE_NO_FILE. */
const char *ww_part10_name(enum ww_preamble p);
static inline bool ww_part10_executable(enum ww_preamble p)
{
    return p >= WW_PREAMBLE_PE;
}
#endif
