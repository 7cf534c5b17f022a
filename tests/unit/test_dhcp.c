/* DHCP: the four messages of a lease, options, broken and foreign datagrams. */
#include "tests/support.h"
#include <criterion/criterion.h>
#include <criterion/new/assert.h>

extern const struct ww_dissector ww_dissector_dhcp;

/* A message under construction. */
struct msg {
    uint8_t b[600];
    size_t n;
};
static void put(struct msg *m, const void *p, size_t n)
{
    memcpy(m->b + m->n, p, n);
    m->n += n;
}
#define LIT(m, lit) put((m), (lit), sizeof(lit) - 1)

static struct msg start(uint8_t op)
{
    struct msg m = { .b = { op, 1, 6, 0, 0x68, 0x6b, 0xcf, 0x48 }, .n = 28 };
    LIT(&m, "\x00\x09\xfb\x10\x44\x41");
    m.n = 236;
    LIT(&m, "\x63\x82\x53\x63");
    return m;
}
static struct msg discover(void)
{
    struct msg m = start(1);
    LIT(&m, "\x35\x01\x01\x39\x02\x05\xdc\x37\x07\x01\x03\x06\x0c\x0f\x1c\x2a\x0c\x09IIC-BED07"
            "\x3c\x0cudhcp 1.20.2\x3d\x07\x01\x00\x09\xfb\x10\x44\x41"
            "\x51\x0e\x04\0\0\x05"
            "bed07\x03lan\0\xa1\x1ahttps://mud.example/p.json\xff\0\0");
    return m;
}
static struct msg ack(void)
{
    struct msg m = start(2);
    memcpy(m.b + 16, "\x0a\x1e\x32\x32", 4);
    LIT(&m,
        "\x35\x01\x05\x36\x04\x0a\x1e\x01\x0a\x33\x04\0\0\0\x78\x3a\x04\0\0\0\x3c\x3b\x04\0\0\0\x69"
        "\x01\x04\xff\xff\0\0\x0f\x0cward.example\x2a\x04\x0a\x1e\x01\x0b"
        "\x06\x08\x0a\x1e\x01\x0a\x0a\x1e\x01\x0b\x03\x04\x0a\x1e\x01\x01\xff");
    return m;
}
#define HAS(g, field, want) cr_assert(eq(str, (char *)t_get_str((g), (field)), (char *)(want)))

Test(dhcp, lease)
{
    struct msg d = discover(), a = ack();
    struct t_step steps[] = { { .dir = WW_A, .p = d.b, .n = d.n, .parts = true },
                              { .dir = WW_B, .p = a.b, .n = a.n } };
    struct t_talk talk = { .d = &ww_dissector_dhcp, T_STEPS(steps), .datagram = true };
    struct t_feed *f = t_run(&talk);
    const struct t_got *g = t_find(f, "dhcp.message", 0);
    HAS(g, "op", "request");
    HAS(g, "dhcp_type", "discover");
    HAS(g, "client_mac", "00:09:fb:10:44:41");
    HAS(g, "subject_mac", "00:09:fb:10:44:41");
    HAS(g, "hostname", "IIC-BED07");
    HAS(g, "vendor_class_identifier", "udhcp 1.20.2");
    HAS(g, "params", "1,3,6,12,15,28,42");
    HAS(g, "client_id", "010009fb104441");
    HAS(g, "fqdn", "bed07.lan");
    HAS(g, "mud_url", "https://mud.example/p.json");
    HAS(g, "assigned_ip", "");
    cr_assert(eq(u64, t_get_u64(g, "lease_time"), WW_NULL64));
    g = t_find(f, "dhcp.message", 1);
    HAS(g, "op", "reply");
    HAS(g, "dhcp_type", "ack");
    HAS(g, "assigned_ip", "10.30.50.50");
    HAS(g, "server_id", "10.30.1.10");
    HAS(g, "subnet_mask", "255.255.0.0");
    HAS(g, "routers", "10.30.1.1");
    HAS(g, "dns_servers", "10.30.1.10,10.30.1.11");
    HAS(g, "ntp_servers", "10.30.1.11");
    HAS(g, "domain", "ward.example");
    cr_assert(eq(u64, t_get_u64(g, "lease_time"), 120));
    cr_assert(eq(u64, t_get_u64(g, "renewal_time"), 60));
    cr_assert(eq(u64, t_get_u64(g, "id"), 0x686bcf48));
    cr_assert(f->client_known);
    cr_assert(eq(int, f->client, WW_A));
    t_free(f);
    t_every_prefix(
        &(struct t_talk){ .d = &ww_dissector_dhcp, .step = steps, .n = 2, .datagram = true });
    t_every_byte(&talk);
}

Test(dhcp, overloaded_header_fields)
{
    struct msg m = start(2);
    LIT(&m, "\x34\x01\x03\x35\x01\x02\xff");
    memcpy(m.b + 108,
           "\x0c\x03"
           "abc\xff",
           6); /* file */
    memcpy(m.b + 44,
           "\x0f\x03"
           "lan\xff",
           6); /* sname */
    struct t_feed *f = t_new(&ww_dissector_dhcp);
    t_datagram(f, WW_B, m.b, m.n);
    HAS(t_find(f, "dhcp.message", 0), "hostname", "abc");
    HAS(t_find(f, "dhcp.message", 0), "domain", "lan");
    HAS(t_find(f, "dhcp.message", 0), "boot_file", "");
    t_free(f);
    m.b[108 + 5] = 0; /* no end option in the file field: NULs until its end */
    f = t_new(&ww_dissector_dhcp);
    t_datagram(f, WW_B, m.b, m.n);
    cr_assert(eq(sz, f->ngot, 0));
    cr_assert(t_anomaly(f, "dhcp_malformed"));
    t_free(f);
}

Test(dhcp, broken_messages_are_told_and_given_up)
{
    struct msg m = start(1);
    LIT(&m, "\x35\x01\x01\x0c\xffshort");
    struct t_feed *f = t_new(&ww_dissector_dhcp);
    for (int i = 0; i < 2; i++) {
        t_datagram(f, WW_A, m.b, m.n);
        cr_assert(not(f->stopped));
    }
    t_datagram(f, WW_A, m.b, m.n);
    cr_assert(f->stopped);
    cr_assert(eq(sz, f->ngot, 0));
    t_free(f);
}

Test(dhcp, long_values_are_marked)
{
    struct msg m = start(1);
    LIT(&m, "\x35\x01\x01\x3d\xff");
    memset(m.b + m.n, 7, 255);
    m.n += 255;
    LIT(&m, "\xff");
    struct t_feed *f = t_new(&ww_dissector_dhcp);
    t_datagram(f, WW_A, m.b, m.n);
    cr_assert(ne(int, t_find(f, "dhcp.message", 0)->e->flags &WW_EV_TRUNCATED, 0));
    t_free(f);
}

Test(dhcp, probe)
{
    struct msg m = discover();
    cr_assert(eq(int, t_probe(&ww_dissector_dhcp, WW_A, m.b, m.n), WW_GUESS_YES));
    cr_assert(eq(int, t_probe(&ww_dissector_dhcp, WW_A, m.b, 239), WW_GUESS_NO));
    m.b[0] = 3;
    cr_assert(eq(int, t_probe(&ww_dissector_dhcp, WW_A, m.b, m.n), WW_GUESS_NO));
    cr_assert(eq(int, t_probe(&ww_dissector_dhcp, WW_A, "\x01\x01\x06", 3), WW_GUESS_NO));
}
