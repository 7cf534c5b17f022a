/* oui.c - makers of network cards by address prefix: the registries of the IEEE as CSV files
 * (MA-L 24 bits, MA-M 28 bits, MA-S 36 bits), from the system's ieee-data when it is present.
 *
 * The maker of a card is a hint, never an identification of the device.
 */
#include "rules/devices/devices.h"
#include "sensor/base/data.h"
#include "sensor/base/hash.h"
#include <stdlib.h>

enum { OUI_FILE_MAX = 32 << 20, OUI_NAME = 64, OUI_FILES = 3 };

struct oui_row {
    uint64_t key; /* prefix, left-aligned in 48 bits, and its number of bits; 0 = free */
    uint32_t file, at; /* where the name's field begins */
};
struct ww_oui {
    char *text[OUI_FILES];
    size_t size[OUI_FILES];
    struct oui_row *row; /* by hash, next free place: a power of 2, at least twice the lines */
    size_t n, mask;
    char name[OUI_NAME]; /* the last answer */
};

/**
 * One field of a CSV line (RFC 4180); quotes are removed, a field may hold line ends.
 * In: in from the start of the field to the end of the file. Out: name the text, cut at its size
 */
static void csv_field(struct ww_slice in, char *name, size_t size)
{
    struct ww_out o = ww_out(name, size - 1);
    struct ww_rd r = ww_rd(in);
    bool quoted = false;
    while (r.left > 0) {
        uint8_t c = ww_rd_u8(&r);
        if (c == '"')
            quoted = !quoted;
        else if (!quoted && (c == ',' || c == '\n'))
            break;
        else if (c != '\r' && c != '\n')
            ww_out_c(&o, (char)c);
    }
    /* cut between characters, not inside one */
    size_t whole = 0;
    for (struct ww_slice s = { (const uint8_t *)name, o.n }; s.n > 0;) {
        unsigned n = ww_utf8_len(s);
        if (n == 0)
            break;
        whole += n;
        s = ww_slice_sub(s, n, s.n);
    }
    name[whole] = 0;
}

static struct oui_row *place(const struct ww_oui *o, uint64_t key)
{
    size_t i = (size_t)(ww_mix(key, UINT64_C(0x9e3779b97f4a7c15))) & o->mask;
    while (o->row[i].key != 0 && o->row[i].key != key)
        i = (i + 1) & o->mask;
    return &o->row[i];
}

static int digit(uint8_t c)
{
    return c >= '0' && c <= '9' ? c - '0' : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

static struct ww_slice text_of(const struct ww_oui *o, unsigned file, size_t from)
{
    struct ww_slice all = { (const uint8_t *)o->text[file], o->size[file] };
    return ww_slice_sub(all, from, all.n);
}

/* A line "Registry,Assignment,Organization Name,Organization Address"; others are no row. The first
 * of two rows with one prefix counts. */
static void line(struct ww_oui *o, unsigned file, size_t from)
{
    struct ww_slice in = text_of(o, file, from);
    uint64_t prefix = 0;
    size_t at = 5; /* behind the registry: MA-L, MA-M, MA-S */
    int d;
    if (!ww_slice_starts(in, "MA-"))
        return;
    for (; at < 5 + 9 && (d = digit(ww_slice_at(in, at))) >= 0; at++)
        prefix = prefix << 4 | (unsigned)d;
    unsigned bits = (unsigned)(at - 5) * 4;
    if (ww_slice_at(in, at) != ',' || bits < 24)
        return;
    uint64_t key = prefix << (48 - bits) << 8 | bits;
    struct oui_row *row = place(o, key);
    if (row->key != 0)
        return;
    *row = (struct oui_row){ key, file, (uint32_t)(from + at + 1) };
    o->n++;
}

/* Calls fn for the start of each line, NULL for none. Return: their number. */
static size_t lines(struct ww_oui *o, void (*fn)(struct ww_oui *o, unsigned file, size_t from))
{
    size_t n = 0;
    for (unsigned i = 0; i < OUI_FILES; i++)
        for (size_t at = 0; at < o->size[i]; n++) {
            if (fn != NULL)
                fn(o, i, at);
            struct ww_slice left = text_of(o, i, at);
            size_t end = ww_slice_find(left, 0, '\n');
            at = end < left.n ? at + end + 1 : o->size[i];
        }
    return n;
}

/* Reads the registries; a missing file is no error. Return: false when there is no memory */
static bool load(struct ww_oui *o, const char *dir)
{
    static const char *const files[OUI_FILES] = { "oui.csv", "mam.csv", "oui36.csv" };
    char path[512];
    struct ww_err e;
    for (unsigned i = 0; i < OUI_FILES; i++) {
        struct ww_out p = ww_out(path, sizeof path - 1);
        ww_out_f(&p, "%s/%s", dir, files[i]);
        path[p.n] = 0;
        if (p.cut || ww_file_read(&o->text[i], &o->size[i], path, OUI_FILE_MAX, &e) != WW_OK)
            o->size[i] = 0;
    }
    size_t n = lines(o, NULL), room = 16;
    while (room < 2 * n)
        room *= 2;
    o->row = calloc(room, sizeof *o->row);
    o->mask = room - 1;
    if (o->row != NULL)
        (void)lines(o, line);
    return o->row != NULL;
}

struct ww_oui *ww_oui_load(const char *dir, char *note, size_t note_size)
{
    struct ww_oui *o = calloc(1, sizeof *o);
    struct ww_out t = ww_out(note, note_size - 1);
    if (dir == NULL)
        dir = "/usr/share/ieee-data";
    if (o == NULL || !load(o, dir) || o->n == 0) {
        ww_out_f(&t,
                 "no list of network card makers in %s (Debian package ieee-data): makers stay "
                 "unknown",
                 dir);
        note[t.n] = 0;
        ww_oui_free(o);
        return NULL;
    }
    note[0] = 0;
    return o;
}

void ww_oui_free(struct ww_oui *o)
{
    if (o == NULL)
        return;
    for (unsigned i = 0; i < OUI_FILES; i++)
        free(o->text[i]);
    free(o->row);
    free(o);
}

size_t ww_oui_count(const struct ww_oui *o)
{
    return o != NULL ? o->n : 0;
}

const char *ww_oui_vendor(struct ww_oui *o, const struct ww_mac *mac)
{
    static const uint8_t bits[] = { 36, 28, 24 };
    uint64_t v = 0;
    if (o == NULL || (mac->b[0] & 3) != 0) /* group or locally administered: nobody's prefix */
        return "";
    for (unsigned i = 0; i < 6; i++)
        v = v << 8 | mac->b[i];
    for (unsigned i = 0; i < sizeof bits; i++) {
        const struct oui_row *row = place(o, v >> (48 - bits[i]) << (48 - bits[i]) << 8 | bits[i]);
        if (row->key == 0)
            continue;
        csv_field(text_of(o, row->file, row->at), o->name, sizeof o->name);
        return o->name;
    }
    return "";
}
