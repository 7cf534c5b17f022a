/* The flow table against a plain list: symmetric look-up, linear probing with deletion, caps, chains. */
#include "sensor/flow.h"
#include "tests/frames.h"
#include "tests/support.h"
#include <criterion/criterion.h>
#include <criterion/new/assert.h>

enum { CAP = 500, OPS = 200000 };

struct tuple {
    uint8_t ip[2][16];
    uint16_t port[2];
    uint8_t fam, proto;
};

static struct ww_dec dec_of(const struct tuple *t, bool turned)
{
    struct ww_dec d = { .fam = t->fam, .proto = t->proto };
    for (unsigned k = 0; k < 2; k++) {
        unsigned from = turned ? 1 - k : k;
        d.ip[k] = (struct ww_slice){ t->ip[from], t->fam == 4 ? 4 : 16 };
        d.port[k] = t->port[from];
    }
    return d;
}

static struct ww_flows table(uint32_t cap)
{
    struct ww_flows t;
    struct ww_key k = { { 5, 6 } };
    if (ww_flows_init(&t, cap, k) != WW_OK)
        t_die("no memory");
    return t;
}

/* Few values, so that tuples share ends and turn around. */
static struct tuple random_tuple(uint32_t *x)
{
    struct tuple t = { .fam = fr_rand(x) % 4 == 0 ? 6 : 4, .proto = fr_rand(x) % 3 == 0 ? 17 : 6 };
    for (unsigned k = 0; k < 2; k++) {
        t.ip[k][0] = 10;
        t.ip[k][3] = (uint8_t)(fr_rand(x) % 6);
        t.port[k] = (uint16_t)(100 + fr_rand(x) % 6);
        if (t.fam == 6)
            t.ip[k][15] = (uint8_t)(fr_rand(x) % 3);
    }
    return t;
}

static bool same(const struct tuple *a, const struct tuple *b, bool turned)
{
    if (a->fam != b->fam || a->proto != b->proto)
        return false;
    for (unsigned k = 0; k < 2; k++) {
        unsigned o = turned ? 1 - k : k;
        if (a->port[k] != b->port[o] || memcmp(a->ip[k], b->ip[o], 16) != 0)
            return false;
    }
    return true;
}

Test(flow, both_directions_are_one_flow)
{
    struct ww_flows t = table(16);
    for (uint32_t seed = 1; seed < 20000; seed++) {
        uint32_t x = seed;
        struct tuple u = random_tuple(&x);
        struct ww_dec ab = dec_of(&u, false), ba = dec_of(&u, true);
        cr_assert(eq(u32, ww_flow_hash(&t, &ab), ww_flow_hash(&t, &ba)));
    }
    struct tuple u = { .ip = { { 10, 0, 0, 1 }, { 10, 0, 0, 2 } }, .port = { 1000, 80 }, .fam = 4, .proto = 6 };
    struct ww_dec ab = dec_of(&u, false), ba = dec_of(&u, true);
    enum ww_dir dir;
    uint32_t h = ww_flow_hash(&t, &ab);
    cr_assert(eq(u32, ww_flow_find(&t, &ab, h, &dir), WW_NONE));
    uint32_t i = ww_flow_add(&t, &ba, h); /* the server spoke first: it is side A */
    cr_assert(eq(u32, ww_flow_find(&t, &ba, h, &dir), i));
    cr_assert(eq(int, dir, WW_A));
    cr_assert(eq(u32, ww_flow_find(&t, &ab, h, &dir), i));
    cr_assert(eq(int, dir, WW_B));
    cr_assert(eq(u16, ww_flow_at(&t, i)->port[0], 80));
    ww_flows_free(&t);
}

/* The same address and port on both sides: the direction is always A. */
Test(flow, a_flow_with_itself)
{
    struct ww_flows t = table(16);
    struct tuple u = { .ip = { { 10, 0, 0, 1 }, { 10, 0, 0, 1 } }, .port = { 123, 123 }, .fam = 4, .proto = 17 };
    struct ww_dec d = dec_of(&u, false);
    enum ww_dir dir = WW_B;
    uint32_t i = ww_flow_add(&t, &d, ww_flow_hash(&t, &d));
    cr_assert(eq(u32, ww_flow_find(&t, &d, ww_flow_hash(&t, &d), &dir), i));
    cr_assert(eq(int, dir, WW_A));
    ww_flows_free(&t);
}

/* Who kept the index of a flow asks it first: its direction when the packet is one of it, no when the packet
 * is another's, and no once the flow is over, although its ends still stand in the memory. */
Test(flow, an_index_from_before_is_asked_before_it_is_believed)
{
    struct ww_flows t = table(16);
    struct tuple u = { .ip = { { 10, 0, 0, 1 }, { 10, 0, 0, 2 } }, .port = { 1000, 80 }, .fam = 4, .proto = 6 };
    struct tuple other = u;
    other.ip[1][3] = 3;
    struct ww_dec ab = dec_of(&u, false), ba = dec_of(&u, true), no = dec_of(&other, false);
    uint32_t i = ww_flow_add(&t, &ba, ww_flow_hash(&t, &ba));
    enum ww_dir dir = WW_A;
    cr_assert(ww_flow_is(ww_flow_at(&t, i), &ab, &dir));
    cr_assert(eq(int, dir, WW_B));
    cr_assert(not(ww_flow_is(ww_flow_at(&t, i), &no, &dir)));
    cr_assert(eq(int, dir, WW_B), "a direction was told for no flow");
    cr_assert(ww_flow_is(ww_flow_at(&t, i), &ba, &dir));
    cr_assert(eq(int, dir, WW_A));
    ww_flow_del(&t, i);
    cr_assert(not(ww_flow_is(ww_flow_at(&t, i), &ba, &dir)));
    ww_flows_free(&t);
}

/* In: one bucket or few force long chains, so that deletion has to move what follows. */
static void against_a_list(uint32_t mask, uint32_t set, uint32_t seed)
{
    struct ww_flows t = table(CAP);
    static struct tuple have[CAP];
    static bool used[CAP];
    memset(used, 0, sizeof used);
    uint32_t x = seed, n = 0;
    for (unsigned op = 0; op < OPS; op++) {
        struct tuple u = random_tuple(&x);
        bool turned = fr_rand(&x) & 1;
        struct ww_dec d = dec_of(&u, turned);
        uint32_t h = (ww_flow_hash(&t, &d) & mask) | set;
        uint32_t want = WW_NONE;
        for (uint32_t i = 0; i < CAP; i++)
            if (used[i] && (same(&have[i], &u, false) || same(&have[i], &u, true)))
                want = i;
        enum ww_dir dir = WW_A;
        ww_flow_prefetch(&t, h);
        ww_flow_prefetch2(&t, h);
        uint32_t i = ww_flow_find(&t, &d, h, &dir);
        if (i != want)
            t_die("operation %u: found %u instead of %u", op, i, want);
        if (i == WW_NONE) {
            i = ww_flow_add(&t, &d, h);
            if ((i == WW_NONE) != (n == CAP))
                t_die("operation %u: %u flows, the table says %s", op, n, i == WW_NONE ? "full" : "room");
            if (i == WW_NONE)
                continue;
            if (used[i])
                t_die("operation %u: flow %u is in use", op, i);
            used[i] = true;
            n++;
            have[i] = u;
            if (turned) {
                memcpy(have[i].ip[0], u.ip[1], 16);
                memcpy(have[i].ip[1], u.ip[0], 16);
                have[i].port[0] = u.port[1];
                have[i].port[1] = u.port[0];
            }
        } else if (fr_rand(&x) % (n > CAP / 2 ? 2 : 8) == 0) {
            ww_flow_del(&t, i);
            used[i] = false;
            n--;
        }
        if (t.slab.used != n)
            t_die("operation %u: %u slots in use instead of %u", op, t.slab.used, n);
    }
    for (uint32_t i = 0; i < CAP; i++)
        if (used[i])
            ww_flow_del(&t, i);
    for (uint64_t s = 0; s <= t.mask; s++)
        cr_assert(eq(u32, t.slot[s].i, 0));
    ww_flows_free(&t);
}

Test(flow, random_operations) { against_a_list(UINT32_MAX, 0, 1); }
Test(flow, random_operations_with_long_chains) { against_a_list(0x3e0, 0, 2); }
Test(flow, random_operations_around_the_end_of_the_table) { against_a_list(7, 0x3f8, 3); }

Test(flow, full_full_plus_one_and_again)
{
    struct ww_flows t = table(8);
    struct tuple u = { .ip = { { 10, 0, 0, 1 }, { 10, 0, 0, 2 } }, .fam = 4, .proto = 6 };
    for (unsigned round = 0; round < 3; round++) {
        uint32_t i = 0;
        for (uint16_t p = 0; p < 9; p++) {
            u.port[0] = p;
            struct ww_dec d = dec_of(&u, false);
            i = ww_flow_add(&t, &d, ww_flow_hash(&t, &d));
            cr_assert(eq(int, i == WW_NONE, p == 8));
        }
        for (i = 0; i < 8; i++)
            ww_flow_del(&t, i);
    }
    cr_assert(eq(u64, t.total, 24));
    ww_flows_free(&t);
}

Test(flow, the_victim_is_closed_or_unanswered_or_long_silent)
{
    struct ww_flows t = table(20);
    struct tuple u = { .ip = { { 10, 0, 0, 1 }, { 10, 0, 0, 2 } }, .fam = 4, .proto = 6 };
    for (uint16_t p = 0; p < 20; p++) {
        u.port[0] = p;
        struct ww_dec d = dec_of(&u, false);
        struct ww_flow *f = ww_flow_at(&t, ww_flow_add(&t, &d, ww_flow_hash(&t, &d)));
        f->state = WW_FS_OPEN;
        f->last = 1000 - p;
    }
    cr_assert(eq(u32, ww_flow_victim(&t), 19)); /* all open: the longest silent */
    ww_flow_at(&t, 3)->state = WW_FS_NEW;
    cr_assert(eq(u32, ww_flow_victim(&t), 3));
    ww_flow_at(&t, 7)->state = WW_FS_CLOSED;
    ww_flow_at(&t, 7)->last = 5;
    cr_assert(eq(u32, ww_flow_victim(&t), 7));
    ww_flows_free(&t);
}

/* An outsider does not know the key: chains stay as short as chance makes them. */
Test(flow, chains_are_short_for_any_pattern_of_tuples)
{
    enum { N = 50000 };
    for (unsigned pattern = 0; pattern < 4; pattern++) {
        struct ww_flows t = table(N);
        uint64_t far = 0, sum = 0;
        for (uint32_t i = 0; i < N; i++) {
            struct tuple u = { .ip = { { 10, 0, 0, 1 }, { 10, 0, 0, 2 } }, .port = { 1, 80 }, .fam = 4, .proto = 6 };
            u.port[0] = (uint16_t)i;                       /* pattern 0: ports in order */
            u.ip[0][3] = (uint8_t)(i >> 16);
            if (pattern == 1)
                u.ip[0][1] = (uint8_t)(i >> 8), u.ip[0][2] = (uint8_t)i, u.port[0] = 1000; /* hosts in order */
            if (pattern == 2)
                u.port[0] = (uint16_t)(i * 256), u.port[1] = (uint16_t)(i / 256); /* low bits all the same */
            if (pattern == 3) {
                u.fam = 6;
                u.port[0] = 5;
                for (unsigned k = 0; k < 4; k++) /* both ends the same in all words but one */
                    u.ip[0][8 + k] = u.ip[1][8 + k] = (uint8_t)(i >> 8 * k);
            }
            struct ww_dec d = dec_of(&u, false);
            uint32_t h = ww_flow_hash(&t, &d);
            uint32_t n = ww_flow_add(&t, &d, h);
            uint64_t s = h & t.mask, steps = 0;
            while (t.slot[(s + steps) & t.mask].i != n + 1)
                steps++;
            far = steps > far ? steps : far;
            sum += steps;
        }
        cr_assert(lt(u64, far, 100), "pattern %u: a chain of %llu", pattern, (unsigned long long)far);
        cr_assert(lt(u64, sum, 2 * N), "pattern %u", pattern);
        ww_flows_free(&t);
    }
}
