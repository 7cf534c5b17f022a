/* query.c - names of the parameters of a URL or form.
 * Source: RFC 3986 3.4; application/x-www-form-urlencoded (URL standard 5.1) */
#include "dissectors/lib/query.h"
#include "dissectors/lib/ascii.h"

static uint16_t phi_of(struct ww_slice name, const struct ww_query_name *names)
{
    name = ww_slice_sub(name, 0, ww_slice_find(name, 0, ':'));
    for (size_t dot = ww_slice_find(name, 0, '.'); dot < name.n; dot = ww_slice_find(name, 0, '.'))
        name = ww_slice_sub(name, dot + 1, name.n);
    for (size_t i = 0; names[i].name != NULL; i++)
        if (ww_ascii_is(name, names[i].name))
            return names[i].phi;
    return 0;
}

void ww_query(struct ww_slice in, const struct ww_query_name *names, struct ww_query *q)
{
    *q = (struct ww_query){ .count = 0 };
    while (in.n > 0 && q->count < 256) {
        struct ww_slice value = ww_ascii_until(&in, '&');
        struct ww_slice name = ww_ascii_until(&value, '=');
        uint16_t phi = value.n > 0 ? phi_of(name, names) : 0;
        q->count++;
        q->phi_count = (uint16_t)(q->phi_count + (phi != 0));
        q->phi_kinds |= phi;
        if (phi == WW_PHI_ID && q->patient.n == 0)
            q->patient = value;
    }
}
