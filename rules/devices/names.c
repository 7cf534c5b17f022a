/* names.c - which names the answers of DNS gave to a device for an address. */
#include "rules/devices/names.h"
#include <stdlib.h>

static const uint64_t SEC = UINT64_C(1000000000);

struct name_key {
    uint64_t device;
    uint8_t b[16];
    uint8_t fam;
    uint8_t pad[7];
};
struct name_rec {
    struct name_key key;
    uint64_t name[WW_NAMES_PER_ADDRESS]; /* hash; 0 = none */
    uint64_t until[WW_NAMES_PER_ADDRESS];
};
struct text { /* many addresses share a name */
    uint64_t name;
    char text[WW_NAME_MAX];
};
struct asked_key {
    uint64_t device, name; /* hash */
};
struct asked {
    struct asked_key key;
    uint64_t until;
};
struct ww_names {
    struct ww_table addr, asked, text;
    struct ww_key key;
};

enum ww_rc ww_names_new(struct ww_names **out, uint32_t cap, struct ww_err *e)
{
    struct ww_names *n = calloc(1, sizeof *n);
    if (n == NULL)
        return WW_FAIL(e, WW_E_SYS, "names: no memory");
    n->key = ww_key_random();
    enum ww_rc rc = ww_table_init(&n->addr, "names of addresses", cap, sizeof(struct name_key),
                                  sizeof(struct name_rec), e);
    if (rc == WW_OK)
        rc = ww_table_init(&n->asked, "names", cap, sizeof(struct asked_key), sizeof(struct asked),
                           e);
    if (rc == WW_OK)
        rc = ww_table_init(&n->text, "texts of names", cap, 8, sizeof(struct text), e);
    if (rc != WW_OK) {
        ww_names_free(n);
        return rc;
    }
    *out = n;
    return WW_OK;
}

void ww_names_free(struct ww_names *n)
{
    if (n == NULL)
        return;
    ww_table_free(&n->addr);
    ww_table_free(&n->asked);
    ww_table_free(&n->text);
    free(n);
}

/* Lower case without the dot of the root: names compare so (RFC 4343). */
static void fold(char out[WW_NAME_MAX], struct ww_slice name)
{
    struct ww_out o = ww_out(out, WW_NAME_MAX - 1);
    if (name.n > 0 && ww_slice_at(name, name.n - 1) == '.')
        name.n--;
    for (size_t i = 0; i < name.n; i++) {
        uint8_t c = ww_slice_at(name, i);
        ww_out_c(&o, (char)(c >= 'A' && c <= 'Z' ? c + 32 : c));
    }
    out[o.n] = 0;
}

/* Of a name that was folded; never 0. */
static uint64_t hash_of(const struct ww_names *n, const char *name)
{
    return ww_mix_bytes(&n->key, name, strlen(name)) | 1;
}

static struct name_key addr_key(const struct ww_device *dev, const struct ww_ip *ip)
{
    struct name_key k = { .device = dev->serial, .fam = ip->fam };
    ww_copy(k.b, (struct ww_slice){ ip->b, sizeof k.b });
    return k;
}

void ww_names_put(struct ww_names *n, const struct ww_device *dev, struct ww_slice name,
                  const struct ww_ip *ip, uint32_t ttl_s, uint64_t now)
{
    char text[WW_NAME_MAX];
    bool fresh = false;
    fold(text, name);
    uint64_t until = now + ((uint64_t)ttl_s + WW_NAME_GRACE_S) * SEC;
    struct asked_key ak = { dev->serial, hash_of(n, text) };
    struct name_key nk = addr_key(dev, ip);
    uint32_t soon[] = { ww_table_soon(&n->asked, &ak), ww_table_soon(&n->addr, &nk) };
    (void)ww_table_soon_record(&n->asked, soon[0]);
    (void)ww_table_soon_record(&n->addr, soon[1]);
    struct asked *a = ww_table_get(&n->asked, &ak, &fresh);
    a->until = until;
    if (ip->fam == 0)
        return;
    struct name_rec *r = ww_table_get(&n->addr, &nk, &fresh);
    size_t use = 0;
    for (size_t i = 0; i < WW_NAMES_PER_ADDRESS; i++) {
        if (r->name[i] == ak.name) {
            use = i;
            break;
        }
        if (r->until[i] < r->until[use])
            use = i; /* free, or the one that ends first */
    }
    r->name[use] = ak.name;
    r->until[use] = until;
    struct text *t = ww_table_get(&n->text, &ak.name, &fresh);
    if (!fresh)
        return;
    struct ww_out o = ww_out(t->text, WW_NAME_MAX - 1);
    ww_out_s(&o, text);
    t->text[o.n] = 0;
}

const char *ww_names_of(struct ww_names *n, const struct ww_device *dev, const struct ww_ip *ip,
                        size_t i, uint64_t now)
{
    struct name_key nk = addr_key(dev, ip);
    const struct name_rec *r = ww_table_find(&n->addr, &nk);
    for (size_t k = 0; r != NULL && k < WW_NAMES_PER_ADDRESS; k++) {
        const struct text *t =
            r->name[k] != 0 && r->until[k] >= now ? ww_table_find(&n->text, &r->name[k]) : NULL;
        if (t != NULL && i-- == 0)
            return t->text;
    }
    return NULL;
}

bool ww_names_answered(struct ww_names *n, const struct ww_device *dev, const char *name,
                       uint64_t now)
{
    char text[WW_NAME_MAX];
    fold(text, ww_slice_str(name));
    struct asked_key ak = { dev->serial, hash_of(n, text) };
    const struct asked *a = ww_table_find(&n->asked, &ak);
    return a != NULL && a->until >= now;
}

uint64_t ww_names_evicted(const struct ww_names *n)
{
    return n->addr.evicted + n->asked.evicted + n->text.evicted;
}
