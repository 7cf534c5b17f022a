/* oui.c - makers of network cards by address prefix: the registries of the IEEE as CSV files
 * (MA-L 24 bits, MA-M 28 bits, MA-S 36 bits), from the system's ieee-data when it is present.
 *
 * The maker of a card is a hint, never an identification of the device.
 */
#include "rules/devices/devices.h"
#include "sensor/base/data.h"
#include <ctype.h>
#include <stdlib.h>

enum { OUI_FILE_MAX = 32 << 20, OUI_NAME = 64 };

struct oui_row {
    uint64_t prefix; /* left-aligned in 48 bits */
    uint8_t bits;
    char name[OUI_NAME];
};
struct ww_oui {
    struct oui_row *row;
    size_t n, cap;
};

static int row_cmp(const void *a, const void *b)
{
    const struct oui_row *x = a, *y = b;
    if (x->bits != y->bits)
        return x->bits < y->bits ? -1 : 1;
    return x->prefix < y->prefix ? -1 : x->prefix > y->prefix;
}

/**
 * One field of a CSV line (RFC 4180); quotes are removed, a field may hold line ends.
 * In: r at the start of the field, over text that ends with a NUL. Out: name the text, cut at its
 * size; NULL passes over the field
 * Return: the byte that ended it: ',' or line end; 0 at the end of the file
 */
static uint8_t csv_field(struct ww_rd *r, char *name, size_t size)
{
    struct ww_out o = ww_out(name, name != NULL ? size - 1 : 0);
    bool quoted = false;
    uint8_t c = 0;
    while (r->left > 0) {
        size_t run = strcspn((const char *)r->p, quoted ? "\"\r\n" : "\",\r\n");
        struct ww_slice plain = ww_rd_bytes(r, run < r->left ? run : r->left);
        if (name != NULL)
            ww_out_raw(&o, plain.p, plain.n);
        c = ww_rd_u8(r);
        if (c == '"')
            quoted = !quoted;
        else if (!quoted && (c == ',' || c == '\n'))
            break;
        c = 0;
    }
    if (name != NULL)
        name[o.n] = 0;
    return c;
}

/* Adds a row; false when there is no memory. */
static bool add(struct ww_oui *o, const char *hex, const char *name)
{
    char *end = NULL;
    size_t digits = strlen(hex);
    if (digits < 6 || digits > 9 || strspn(hex, "0123456789abcdefABCDEF") != digits)
        return true; /* the header line */
    if (o->n == o->cap) {
        size_t cap = o->cap > 0 ? o->cap * 2 : 4096;
        struct oui_row *more = realloc(o->row, cap * sizeof *more);
        if (more == NULL)
            return false;
        o->row = more;
        o->cap = cap;
    }
    struct oui_row *row = &o->row[o->n++];
    row->bits = (uint8_t)(digits * 4);
    row->prefix = (uint64_t)strtoull(hex, &end, 16) << (48 - row->bits);
    struct ww_out t = ww_out(row->name, sizeof row->name - 1);
    /* cut between characters, not inside one */
    for (struct ww_slice s = ww_slice_str(name); s.n > 0;) {
        unsigned n = ww_utf8_len(s);
        if (n == 0 || t.n + n > sizeof row->name - 1)
            break;
        ww_out_raw(&t, s.p, n);
        s = ww_slice_sub(s, n, s.n);
    }
    row->name[t.n] = 0;
    return true;
}

/* Reads one registry; a missing file is no error. */
static bool read_file(struct ww_oui *o, const char *dir, const char *name)
{
    char path[512], field[512], hex[16];
    struct ww_err e;
    char *text = NULL;
    size_t n = 0;
    struct ww_out p = ww_out(path, sizeof path - 1);
    ww_out_f(&p, "%s/%s", dir, name);
    path[p.n] = 0;
    if (p.cut || ww_file_read(&text, &n, path, OUI_FILE_MAX, &e) != WW_OK)
        return true;
    struct ww_rd r = ww_rd((struct ww_slice){ (const uint8_t *)text, n });
    bool ok = true;
    while (r.left > 0 && ok) {
        /* Registry,Assignment,Organization Name,Organization Address */
        uint8_t c = csv_field(&r, NULL, 0);
        if (c == ',')
            c = csv_field(&r, hex, sizeof hex);
        if (c == ',') {
            c = csv_field(&r, field, sizeof field);
            ok = add(o, hex, field);
        }
        while (c == ',')
            c = csv_field(&r, NULL, 0);
    }
    free(text);
    return ok;
}

struct ww_oui *ww_oui_load(const char *dir, char *note, size_t note_size)
{
    struct ww_oui *o = calloc(1, sizeof *o);
    struct ww_out t = ww_out(note, note_size - 1);
    if (dir == NULL)
        dir = "/usr/share/ieee-data";
    bool ok = o != NULL && read_file(o, dir, "oui.csv") && read_file(o, dir, "mam.csv") &&
              read_file(o, dir, "oui36.csv");
    if (!ok || o->n == 0) {
        ww_out_f(&t,
                 "no list of network card makers in %s (Debian package ieee-data): makers stay "
                 "unknown",
                 dir);
        note[t.n] = 0;
        ww_oui_free(o);
        return NULL;
    }
    note[0] = 0;
    qsort(o->row, o->n, sizeof *o->row, row_cmp);
    return o;
}

void ww_oui_free(struct ww_oui *o)
{
    if (o != NULL)
        free(o->row);
    free(o);
}

size_t ww_oui_count(const struct ww_oui *o)
{
    return o != NULL ? o->n : 0;
}

const char *ww_oui_vendor(const struct ww_oui *o, const struct ww_mac *mac)
{
    static const uint8_t bits[] = { 36, 28, 24 };
    uint64_t v = 0;
    if (o == NULL || (mac->b[0] & 3) != 0) /* group or locally administered: nobody's prefix */
        return "";
    for (unsigned i = 0; i < 6; i++)
        v = v << 8 | mac->b[i];
    for (unsigned i = 0; i < sizeof bits; i++) {
        struct oui_row key = { .bits = bits[i] };
        key.prefix = v >> (48 - bits[i]) << (48 - bits[i]);
        const struct oui_row *row = bsearch(&key, o->row, o->n, sizeof *o->row, row_cmp);
        if (row != NULL)
            return row->name;
    }
    return "";
}
