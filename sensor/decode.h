/* decode.h - from a frame to the innermost addresses, ports and payload: a pure function. */
#ifndef WW_DECODE_H
#define WW_DECODE_H
#include "sensor/capture.h"
#include "sensor/event.h"

enum { WW_IPPROTO_ICMP = 1, WW_IPPROTO_TCP = 6, WW_IPPROTO_UDP = 17, WW_IPPROTO_ICMP6 = 58 };

/* LINKTYPE_ numbers of the tcpdump registry that are understood. */
enum {
    WW_LINK_NULL = 0,
    WW_LINK_ETHERNET = 1,
    WW_LINK_RAW_BSD = 12,
    WW_LINK_RAW = 101,
    WW_LINK_LOOP = 108,
    WW_LINK_SLL = 113,
    WW_LINK_IPV4 = 228,
    WW_LINK_IPV6 = 229,
    WW_LINK_SLL2 = 276
};

/* Outcome of decoding, one counter each. */
#define WW_DEC_OUTCOMES(X)                                                                         \
    X(OK, "ok")                                                                                    \
    X(NOT_IP, "not_ip")             /* ARP and other EtherTypes: payload is the frame's body */    \
    X(LINK, "unknown_link_type")                                                                   \
    X(SHORT, "short_header")                                                                       \
    X(IP_VERSION, "ip_version")                                                                    \
    X(IP_HLEN, "ip_header_length")                                                                 \
    X(IP_LEN, "ip_total_length")                                                                   \
    X(IP6_EXT, "ipv6_extension_headers")                                                           \
    X(TCP_HLEN, "tcp_header_length")                                                               \
    X(UDP_LEN, "udp_length")                                                                       \
    X(DEPTH, "nesting_depth")
enum ww_dec_outcome {
#define WW_X(id, name) WW_DEC_##id,
    WW_DEC_OUTCOMES(WW_X)
#undef WW_X
        WW_DEC_N
};

enum { WW_TCP_FIN = 1, WW_TCP_SYN = 2, WW_TCP_RST = 4, WW_TCP_PSH = 8, WW_TCP_ACK = 16, WW_TCP_URG = 32 };

/* What is known of one packet. Everything before `tunnel` is set for each packet; what stands behind
 * it only as far as its count says. */
struct ww_dec {
    uint8_t outcome; /* enum ww_dec_outcome */
    uint8_t fam;     /* 4, 6, 0 = not IP */
    uint8_t proto;   /* IP protocol after extension headers */
    uint8_t ttl;
    uint8_t nvlan, ntunnel;
    bool frag, more_frags; /* a fragment: payload is the fragment's body, ports are 0 */
    bool cut;              /* the capture holds less than the packet had */
    uint8_t tcp_flags, icmp_type, icmp_code;
    uint16_t ethertype;
    uint16_t window;
    uint16_t port[2]; /* source, destination */
    uint16_t vlan[WW_VLAN_MAX];
    uint32_t frag_off, frag_id; /* bytes; identification, of every IPv4 packet */
    uint32_t seq, ack;
    uint32_t wire; /* payload bytes that the packet had on the wire (>= payload.n) */
    struct ww_mac mac[2];  /* source, destination */
    struct ww_slice ip[2]; /* source, destination: 4 or 16 bytes of the packet */
    struct ww_slice l4; /* transport header and what follows; empty for a fragment */
    struct ww_slice payload;
    struct ww_tunnel tunnel[WW_TUNNEL_MAX];
};

/**
 * Takes a frame apart down to the transport payload.
 * In:     p   the packet
 * Out:    d   everything found; slices point into p
 * Return: the outcome, also in d->outcome; what was found before a fault stays valid
 * Source: IEEE 802.3, 802.1Q; RFC 791, 8200, 793, 768, 792, 4443; LINKTYPE registry
 */
enum ww_dec_outcome ww_decode(const struct ww_pkt *p, struct ww_dec *d);

/** Transport part only, for a datagram put together from fragments; d holds the rest already. */
enum ww_dec_outcome ww_decode_transport(struct ww_dec *d, struct ww_slice in);

/** Can frames of this link type be taken apart at all? */
bool ww_link_known(uint16_t link);
/** Name of an outcome in snake case. */
const char *ww_dec_name(enum ww_dec_outcome o);
/** Name of a tunnel kind. */
const char *ww_tunnel_name(uint8_t kind);
#endif
