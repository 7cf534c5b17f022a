/* uid.c - names of UIDs (PS3.6 annex A) and their short form in the state of a connection. */
#include "dissectors/medical/dicom/dicom.h"

static const struct uid_row rows[] = {
#include "dissectors/medical/dicom/uids.inc"
};
enum { ROWS = sizeof rows / sizeof rows[0] };
static_assert(sizeof rows / sizeof rows[0] < UID_POOLED,
              "row numbers and pool offsets share 16 bits");

/* -1, 0, 1 like strcmp. */
static int order(struct ww_slice a, const char *b)
{
    size_t n = strlen(b), min = a.n < n ? a.n : n;
    int c = min > 0 ? memcmp(a.p, b, min) : 0;
    if (c != 0)
        return c;
    return a.n < n ? -1 : a.n > n;
}

static const struct uid_row *find(struct ww_slice uid)
{
    size_t lo = 0, hi = ROWS;
    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;
        int c = order(uid, rows[mid].uid);
        if (c == 0)
            return &rows[mid];
        if (c < 0)
            hi = mid;
        else
            lo = mid + 1;
    }
    return NULL;
}

/**
 * Finds the short form of a UID; one that the table does not have is kept in the pool.
 * In:     uid  text, already trimmed
 * Return: UID_NONE for an empty text, UID_LOST when the pool is full or the text is too long
 * Limits: UIDPOOL bytes of unknown UIDs per connection
 */
uint16_t ww_dicom_uid_keep(struct uid_pool *p, struct ww_slice uid)
{
    if (uid.n == 0)
        return UID_NONE;
    const struct uid_row *row = find(uid);
    if (row != NULL)
        return (uint16_t)(row - rows + 1);
    if (uid.n > DICOM_UID_MAX)
        return UID_LOST;
    size_t at = 0;
    while (at < p->n) {
        struct ww_slice have = { p->b + at + 1, p->b[at] };
        if (ww_slice_eq(have, uid))
            return (uint16_t)(UID_POOLED | at);
        at += have.n + 1;
    }
    if (uid.n + 1 > UIDPOOL - at)
        return UID_LOST;
    struct ww_rd r = ww_rd(uid);
    p->b[at] = (uint8_t)uid.n;
    for (size_t i = 1; i <= uid.n; i++)
        p->b[at + i] = ww_rd_u8(&r);
    p->n = (uint16_t)(at + 1 + uid.n);
    return (uint16_t)(UID_POOLED | at);
}

/** Digits and dots, at most 64 (PS3.5 9.1); anything else is not kept. */
bool ww_dicom_uid_good(struct ww_slice uid)
{
    struct ww_rd r = ww_rd(uid);
    while (r.left > 0) {
        uint8_t c = ww_rd_u8(&r);
        if (c != '.' && (c < '0' || c > '9'))
            return false;
    }
    return uid.n <= DICOM_UID_MAX;
}

/** Text of a short form; empty for UID_NONE and UID_LOST. */
struct ww_slice ww_dicom_uid_text(const struct uid_pool *p, uint16_t ref)
{
    if (ref == UID_NONE || ref == UID_LOST)
        return (struct ww_slice){ NULL, 0 };
    if ((ref & UID_POOLED) == 0)
        return ww_slice_str(rows[ref - 1].uid);
    size_t at = (size_t)ref - UID_POOLED;
    return (struct ww_slice){ p->b + at + 1, p->b[at] };
}

/** Row of a short form; NULL for UIDs that the table does not have. */
const struct uid_row *ww_dicom_uid_row(uint16_t ref)
{
    return ref == UID_NONE || (ref & UID_POOLED) != 0 ? NULL : &rows[ref - 1];
}

/** Row of a UID; NULL when the table does not have it. */
const struct uid_row *ww_dicom_uid_find(struct ww_slice uid)
{
    return find(uid);
}

/** Name of a UID, "" when the table does not have it. */
const char *ww_dicom_uid_name(struct ww_slice uid)
{
    const struct uid_row *row = find(uid);
    return row != NULL ? row->name : "";
}

/** UID of a transfer syntax by its number; empty beyond the last one. */
struct ww_slice ww_dicom_ts_uid(unsigned ts)
{
    for (size_t i = 0; i < ROWS; i++)
        if (rows[i].ts == ts)
            return ww_slice_str(rows[i].uid);
    return (struct ww_slice){ NULL, 0 };
}
