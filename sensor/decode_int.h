/* decode_int.h - what the files of the decoder share.
 *
 * Each step returns an enum ww_dec_outcome, or says that a further layer may stand in d->payload:
 * ww_dec_peel goes on from there. So there is no recursion, and the usual way needs no loop.
 */
#ifndef WW_DECODE_INT_H
#define WW_DECODE_INT_H
#include "sensor/decode.h"

enum {
    WW_ET_IPV4 = 0x0800,
    WW_ET_VLAN = 0x8100,
    WW_ET_IPV6 = 0x86dd,
    WW_ET_QINQ = 0x88a8,
    WW_ET_QINQ_OLD = 0x9100,
    WW_ET_MIN = 0x0600 /* below: an 802.3 length */
};

/* Steps that are no outcome. */
enum {
    WW_MORE_TYPE = WW_DEC_N, /* behind EtherType d->ethertype, not IP; no tag */
    WW_MORE_PROTO,           /* behind IP protocol d->proto, none of TCP, UDP, ICMP */
    WW_MORE_PORT             /* a datagram from or to a port that tunnels use */
};

enum { WW_DEC_LAYERS = 16 /* layers of all kinds below which nothing is looked for */ };

/* Ports of tunnels lie between those of GTP-U and of the first VXLAN of Linux: one comparison tells
 * most datagrams apart. */
static inline bool ww_dec_tunnel_port(uint16_t port)
{
    enum { LOW = 2152, HIGH = 8472 };
    return (uint16_t)(port - LOW) <= HIGH - LOW;
}

unsigned ww_dec_ethernet(struct ww_dec *d, struct ww_slice in);
/** What stands behind an EtherType. */
unsigned ww_dec_type(struct ww_dec *d, struct ww_slice in, uint16_t type);
/** What stands behind an IP header with protocol d->proto. */
unsigned ww_dec_proto(struct ww_dec *d, struct ww_slice in);
/* Out of the way of the others, also when the whole program is optimised at once. */
/** Frames of every link type but Ethernet. */
__attribute__((cold, noinline)) unsigned ww_dec_link(struct ww_dec *d, struct ww_slice in,
                                                     uint16_t link);
/** Goes on from a step that is no outcome to the innermost packet. */
__attribute__((cold, noinline)) enum ww_dec_outcome ww_dec_peel(struct ww_dec *d, unsigned step);

/* Layers that link types and tunnels have in common. They return WW_DEC_NOT_IP with what they could
 * not read as the payload. */
unsigned ww_dec_llc(struct ww_dec *d, struct ww_slice in);
unsigned ww_dec_ppp(struct ww_dec *d, struct ww_slice in);
unsigned ww_dec_pppoe(struct ww_dec *d, struct ww_slice in);
unsigned ww_dec_wlan(struct ww_dec *d, struct ww_slice in, unsigned how);
/* how: the header is filled to a multiple of 4; the bytes of frame control,
 * sequence control and QoS control are changed over */
enum { WW_WLAN_PADDED = 1, WW_WLAN_TURNED = 2 };

/** Is this an IP header that fits its packet? Return: EtherType, 0 = no. */
uint16_t ww_dec_ip_type(const struct ww_dec *d, struct ww_slice in);
/** Notes a tunnel around what follows; false when there are too many. */
bool ww_dec_push(struct ww_dec *d, enum ww_tunnel_kind kind, uint32_t id);
/** What follows is another frame: the carrier's MAC addresses and tags are not its own. */
void ww_dec_new_frame(struct ww_dec *d);
/** GRE with all that it carries, in a file of its own. */
unsigned ww_dec_gre(struct ww_dec *d, struct ww_slice in);
#endif
