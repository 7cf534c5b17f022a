/* probe.c - recognises DICOM by its first bytes, from either side and in the middle (PS3.8 9.3). */
#include "dissectors/medical/dicom/dicom.h"

static bool printable(struct ww_slice s)
{
    struct ww_rd r = ww_rd(s);
    while (r.left > 0) {
        uint8_t c = ww_rd_u8(&r);
        if ((c < 0x20 && c != 0) || c > 0x7e || c == '\\') /* NUL padding is tolerated */
            return false;
    }
    return true;
}

/**
 * Tests A-ASSOCIATE-RQ and -AC.
 * In:     in  bytes from the PDU header on, as many as there are
 * Return: YES on the application context name of DICOM, or on another item behind printable titles
 * Source: PS3.8 9.3.2; the length, version and reserved fields must fit too
 */
static enum ww_guess associate(struct ww_slice in)
{
    static const char name[] = "1.2.840.10008.3.1.1.1";
    struct ww_rd r = ww_rd(in);
    ww_rd_skip(&r, 2);
    uint32_t len = ww_rd_be32(&r);
    if (r.bad)
        return WW_GUESS_MAYBE;
    if (len < ASSOC_FIXED || len > ASSOC_MAX)
        return WW_GUESS_NO;
    uint16_t version = ww_rd_be16(&r);
    uint16_t reserved = ww_rd_be16(&r);
    if (r.bad)
        return WW_GUESS_MAYBE;
    if ((version & 1) == 0 || version > 0xff || reserved != 0)
        return WW_GUESS_NO;
    struct ww_slice titles = ww_slice_sub(in, 10, (size_t)2 * DICOM_AET_MAX);
    ww_rd_skip(&r, 64);
    uint8_t item = ww_rd_u8(&r);
    uint8_t zero = ww_rd_u8(&r);
    uint16_t n = ww_rd_be16(&r);
    if (r.bad)
        return printable(titles) || in.n < 26 ? WW_GUESS_MAYBE : WW_GUESS_NO;
    if (zero != 0 || (size_t)n + 4 > len - ASSOC_FIXED)
        return WW_GUESS_NO;
    struct ww_slice text = ww_rd_rest(&r);
    size_t min = text.n < sizeof name - 1 ? text.n : sizeof name - 1;
    bool same =
        item == 0x10 && min > 0 &&
        ww_slice_eq(ww_slice_sub(text, 0, min), (struct ww_slice){ (const uint8_t *)name, min });
    if (same)
        return min == sizeof name - 1 ? WW_GUESS_YES : WW_GUESS_MAYBE;
    bool known = item == 0x10 || item == 0x20 || item == 0x21 || item == 0x50;
    if (!known || !printable(titles))
        return WW_GUESS_NO;
    return text.n > 0 ? WW_GUESS_YES : WW_GUESS_MAYBE;
}

/**
 * Tests a P-DATA-TF in the middle of a connection.
 * In:     in  at least RESYNC_LEN bytes from the PDU header on
 * Return: true for the first fragment of a command set, which starts with its group length
 *         (0000,0000), and for a PDU that holds exactly one PDV
 * Source: PS3.8 9.3.5, PS3.7 6.3.1; 32 bits that agree and fixed bytes make chance hits rare
 */
bool ww_dicom_is_pdata(struct ww_slice in)
{
    struct ww_rd r = ww_rd(in);
    uint16_t head = ww_rd_be16(&r);
    uint32_t len = ww_rd_be32(&r);
    uint32_t pdv = ww_rd_be32(&r);
    uint8_t pcid = ww_rd_u8(&r);
    uint8_t mch = ww_rd_u8(&r);
    uint32_t tag = ww_rd_le32(&r);
    uint32_t four = ww_rd_le32(&r);
    if (r.bad || head != 0x0400 || len < 6 || pdv < 2 || pdv > len - 4)
        return false;
    if ((pcid & 1) == 0 || mch > 3)
        return false;
    if ((mch & 1) != 0 && pdv >= 10)
        return tag == 0 && four == 4;
    return pdv == len - 4;
}

static enum ww_guess small(struct ww_slice in, uint8_t type)
{
    struct ww_rd r = ww_rd(in);
    ww_rd_skip(&r, 1);
    uint8_t zero = ww_rd_u8(&r);
    uint32_t len = ww_rd_be32(&r);
    uint8_t a = ww_rd_u8(&r), b = ww_rd_u8(&r), c = ww_rd_u8(&r), d = ww_rd_u8(&r);
    if (r.bad)
        return zero != 0 || (in.n >= 6 && len != 4) ? WW_GUESS_NO : WW_GUESS_MAYBE;
    if (zero != 0 || len != 4)
        return WW_GUESS_NO;
    bool good = a == 0 && b == 0 && c == 0 && d == 0; /* 05, 06: release */
    if (type == 3)
        good = a == 0 && b >= 1 && b <= 2 && c >= 1 && c <= 3 && d <= 10;
    if (type == 7)
        good = a == 0 && b == 0 && c <= 2 && d <= 6;
    return good ? WW_GUESS_YES : WW_GUESS_NO;
}

/** Bytes that the probe wants from the front of a PDU before it decides. */
size_t ww_dicom_probe_need(struct ww_slice in)
{
    uint8_t type = ww_slice_at(in, 0);
    if (type == 4)
        return RESYNC_LEN;
    return type <= 2 ? PROBE_LEN : PDU_HDR + 4;
}

enum ww_guess ww_dicom_probe(struct ww_slice in, enum ww_dir dir)
{
    (void)dir;
    uint8_t type = ww_slice_at(in, 0);
    if (in.n == 0)
        return WW_GUESS_MAYBE;
    if (type < 1 || type > 7 || (in.n > 1 && ww_slice_at(in, 1) != 0))
        return WW_GUESS_NO;
    if (type <= 2)
        return associate(in);
    if (type != 4)
        return small(in, type);
    if (in.n < RESYNC_LEN)
        return WW_GUESS_MAYBE;
    return ww_dicom_is_pdata(in) ? WW_GUESS_YES : WW_GUESS_NO;
}
