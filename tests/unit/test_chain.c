/* Chains of tags and tunnels: shared, counted, bounded. */
#include "sensor/chain.h"
#include "tests/support.h"
#include <criterion/criterion.h>
#include <criterion/new/assert.h>

static struct ww_chains t;
static const struct ww_key key = { { 1, 2 } };

static struct ww_dec vxlan(uint32_t id)
{
    struct ww_dec d = { .ntunnel = 1, .tunnel = { { .kind = WW_TUN_VXLAN, .id = id } } };
    return d;
}

Test(chain, two_tags_need_none)
{
    cr_assert(eq(int, ww_chains_init(&t, key), WW_OK));
    for (uint8_t n = 0; n <= 2; n++) {
        struct ww_dec d = { .nvlan = n, .vlan = { 1, 2 } };
        cr_assert(eq(int, ww_chain_get(&t, &d), 0));
    }
    ww_chain_put(&t, 0);
    cr_assert(eq(u32, t.slab.used, 0));
    ww_chains_free(&t);
}

Test(chain, shared_until_the_last_flow_is_over)
{
    cr_assert(eq(int, ww_chains_init(&t, key), WW_OK));
    struct ww_dec a = vxlan(7), b = vxlan(8);
    struct ww_dec tags = { .nvlan = 3, .vlan = { 1, 2, 3 } };
    struct ww_dec deep = { .nvlan = 1, .ntunnel = 2, .vlan = { 30 },
                           .tunnel = { { .kind = WW_TUN_ERSPAN2, .vlan = 9, .id = 33 }, { .kind = WW_TUN_VXLAN, .id = 7 } } };
    struct ww_dec other = deep;
    other.tunnel[0].vlan = 10;
    uint16_t ca = ww_chain_get(&t, &a), cb = ww_chain_get(&t, &b), ct = ww_chain_get(&t, &tags);
    uint16_t cd = ww_chain_get(&t, &deep), co = ww_chain_get(&t, &other);
    cr_assert(ca != 0 && cb != 0 && ca != cb && ct != ca && cd != co);
    cr_assert(eq(int, ww_chain_get(&t, &a), ca));
    cr_assert(eq(u32, t.slab.used, 5));
    struct ww_event e = { .nvlan = 0 };
    ww_chain_tell(&t, cd, &e);
    cr_assert(eq(int, e.nvlan, 1));
    cr_assert(eq(int, e.vlan[0], 30));
    cr_assert(eq(int, e.ntunnel, 2));
    cr_assert(eq(int, e.tunnel[0].kind, WW_TUN_ERSPAN2));
    cr_assert(eq(int, e.tunnel[0].vlan, 9));
    cr_assert(eq(u32, e.tunnel[1].id, 7));
    e = (struct ww_event){ .nvlan = 0 };
    ww_chain_tell(&t, ct, &e);
    cr_assert(eq(int, e.nvlan, 3));
    cr_assert(eq(int, e.vlan[2], 3));
    ww_chain_put(&t, ca);
    cr_assert(eq(u32, t.slab.used, 5)); /* one flow still has it */
    ww_chain_put(&t, ca);
    ww_chain_put(&t, cb);
    ww_chain_put(&t, ct);
    ww_chain_put(&t, cd);
    ww_chain_put(&t, co);
    cr_assert(eq(u32, t.slab.used, 0));
    ww_chains_free(&t);
}

Test(chain, a_full_table_says_that_it_does_not_know)
{
    cr_assert(eq(int, ww_chains_init(&t, key), WW_OK));
    static uint16_t of[WW_CHAINS];
    for (uint32_t i = 0; i < WW_CHAINS; i++) {
        struct ww_dec d = vxlan(i);
        of[i] = ww_chain_get(&t, &d);
        if (of[i] == 0 || of[i] == WW_CHAIN_LOST)
            t_die("chain %u found no room", i);
    }
    struct ww_dec more = vxlan(WW_CHAINS), known = vxlan(5);
    cr_assert(eq(int, ww_chain_get(&t, &more), WW_CHAIN_LOST));
    cr_assert(eq(u64, t.lost, 1));
    cr_assert(eq(int, ww_chain_get(&t, &known), of[5])); /* those that are there still serve */
    struct ww_event e = { .nvlan = 0 };
    ww_chain_tell(&t, WW_CHAIN_LOST, &e);
    cr_assert(eq(int, e.ntunnel, 1));
    cr_assert(eq(int, e.tunnel[0].kind, WW_TUN_UNKNOWN));
    ww_chain_put(&t, WW_CHAIN_LOST);
    ww_chain_put(&t, of[5]);
    for (uint32_t i = WW_CHAINS; i-- > 0;) /* buckets of several: also from their middle */
        ww_chain_put(&t, of[i ^ 1]);
    cr_assert(eq(u32, t.slab.used, 0));
    cr_assert(ne(int, ww_chain_get(&t, &more), WW_CHAIN_LOST));
    ww_chains_free(&t);
}
