/* arp.c - the Address Resolution Protocol: who says to have which address.
 * Source: RFC 826; RFC 5227 (probe and announcement) */
#include "dissectors/dissector.h"

#define ARP_FIELDS(F, S)                                                                    \
    F(S, STR, opcode, 16, NONE, "", "request, reply, or the number")                        \
    F(S, MAC, src_mac, 0, NONE, "", "Sender hardware address inside the message")           \
    F(S, IP, src_ip, 0, NONE, "", "Sender address; absent in a probe")                      \
    F(S, MAC, dest_mac, 0, NONE, "", "Target hardware address inside the message")          \
    F(S, IP, dest_ip, 0, NONE, "", "Target address")                                        \
    F(S, BOOL, gratuitous, 0, NONE, "", "Sender and target address are the same")           \
    F(S, BOOL, probe, 0, NONE, "", "The sender asks whether an address is free (RFC 5227)") \
    F(S, BOOL, src_differs, 0, NONE, "", "The frame's source is another than src_mac")
WW_EVENT_DEFINE(arp_message, "arp.message", "An ARP message", 0, ARP_FIELDS);

enum { ETHERNET = 1, IEEE_802 = 6, IPV4 = 0x0800, REQUEST = 1, REPLY = 2 };

/* in: the frame's payload after the Ethernet header; padding may follow. */
static struct ww_parse arp_data(struct ww_cx *cx, void *state, enum ww_dir dir, struct ww_slice in)
{
    struct ww_rd r = ww_rd(in);
    struct arp_message e = { 0 };
    char buf[8];
    (void)state;
    uint16_t hardware = ww_rd_be16(&r), protocol = ww_rd_be16(&r);
    uint8_t hlen = ww_rd_u8(&r), plen = ww_rd_u8(&r);
    uint16_t op = ww_rd_be16(&r);
    if (r.bad) {
        ww_anomaly(cx, dir, "arp_short");
        return ww_ok(in.n > 0 ? in.n : 1);
    }
    if ((hardware != ETHERNET && hardware != IEEE_802) || protocol != IPV4 || hlen != 6 ||
        plen != 4)
        return ww_ok(in.n); /* other media and protocols say nothing about IPv4 hosts */
    e.src_mac = ww_mac_of(ww_rd_bytes(&r, 6));
    struct ww_slice spa = ww_rd_bytes(&r, 4);
    e.dest_mac = ww_mac_of(ww_rd_bytes(&r, 6));
    struct ww_slice tpa = ww_rd_bytes(&r, 4);
    if (r.bad) {
        ww_anomaly(cx, dir, "arp_short");
        return ww_ok(in.n);
    }
    struct ww_out o = ww_out(buf, sizeof buf);
    ww_out_u64(&o, op);
    struct ww_slice number = { (const uint8_t *)buf, o.n };
    (void)WW_SET(e.opcode, op == REQUEST ? WW_SLICE_LIT("request") : number);
    if (op == REPLY)
        (void)WW_SET(e.opcode, WW_SLICE_LIT("reply"));
    struct ww_rd look = ww_rd(spa);
    bool none = ww_rd_be32(&look) == 0;
    if (!none)
        e.src_ip = ww_ip_of(spa);
    e.dest_ip = ww_ip_of(tpa);
    e.gratuitous = !none && ww_slice_eq(spa, tpa);
    e.probe = none && op == REQUEST;
    struct ww_mac frame = ww_end_at(cx, dir).mac;
    e.src_differs = !ww_mac_none(&frame) && !ww_mac_eq(&frame, &e.src_mac);
    ww_emit(cx, &arp_message_type, dir, &e);
    return ww_ok(in.n);
}

static const struct ww_event_type *const events[] = { &arp_message_type, NULL };
static const struct ww_port ports[] = { { WW_ON_ETHERTYPE, 0x0806 }, { WW_ON_END, 0 } };

const struct ww_dissector ww_dissector_arp = {
    .name = "arp",
    .spec = "RFC 826, RFC 5227",
    .events = events,
    .ports = ports,
    .data = arp_data,
};
