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
    WW_LINK_PPP = 9,
    WW_LINK_RAW_BSD = 12,
    WW_LINK_PPP_HDLC = 50,
    WW_LINK_PPP_ETHER = 51,
    WW_LINK_RAW = 101,
    WW_LINK_C_HDLC = 104,
    WW_LINK_WLAN = 105,
    WW_LINK_LOOP = 108,
    WW_LINK_SLL = 113,
    WW_LINK_RADIOTAP = 127,
    WW_LINK_PKTAP_OLD = 149, /* LINKTYPE_USER2, which old macOS programs wrote for PKTAP */
    WW_LINK_IPV4 = 228,
    WW_LINK_IPV6 = 229,
    WW_LINK_PKTAP = 258,
    WW_LINK_SLL2 = 276
};

/* Outcome of decoding, one counter each. */
#define WW_DEC_OUTCOMES(X)                                                                         \
    X(OK, "ok")                                                                                    \
    X(NOT_IP, "not_ip") /* ARP and other EtherTypes: payload is the frame's body */                \
    X(LINK, "unknown_link_type")                                                                   \
    X(SHORT, "short_header")                                                                       \
    X(IP_VERSION, "ip_version")                                                                    \
    X(IP_HLEN, "ip_header_length")                                                                 \
    X(IP_LEN, "ip_total_length")                                                                   \
    X(IP6_EXT, "ipv6_extension_headers")                                                           \
    X(TCP_HLEN, "tcp_header_length")                                                               \
    X(UDP_LEN, "udp_length")                                                                       \
    X(DEPTH, "nesting_depth")           /* more tags or tunnels than are followed */               \
    X(WLAN_PROTECTED, "wlan_protected") /* encrypted on the air */                                 \
    X(WLAN_AMSDU, "wlan_amsdu")         /* several frames in one, not taken apart */               \
    X(WLAN_FRAGMENT, "wlan_fragment")                                                              \
    X(WLAN_FCS, "wlan_bad_fcs") /* the receiver says that the frame is damaged */
enum ww_dec_outcome {
#define WW_X(id, name) WW_DEC_##id,
    WW_DEC_OUTCOMES(WW_X)
#undef WW_X
        WW_DEC_N
};

enum {
    WW_TCP_FIN = 1,
    WW_TCP_SYN = 2,
    WW_TCP_RST = 4,
    WW_TCP_PSH = 8,
    WW_TCP_ACK = 16,
    WW_TCP_URG = 32
};

/* What may stand around the innermost packet; in events by these names. */
#define WW_TUNNEL_KINDS(X)                                                                         \
    X(UNKNOWN, "unknown")                                                                          \
    X(MPLS, "mpls")          /* id: bottom label */                                                \
    X(PPPOE, "pppoe")        /* id: session */                                                     \
    X(PPTP, "pptp")          /* id: call */                                                        \
    X(PBB, "pbb")            /* IEEE 802.1ah; id: I-SID */                                         \
    X(MACSEC, "macsec")   /* authenticated, not encrypted */                                       \
    X(FABRICPATH, "fabricpath") /* id: forwarding tag */                                           \
    X(VNTAG, "vntag")        /* id: source << 16 | destination virtual interface */                \
    X(CMD, "cisco_metadata") /* id: security group tag */                                          \
    X(IPIP, "ipip")          /* IPv4 in IPv4 */                                                    \
    X(IP6IN4, "6in4")                                                                              \
    X(IP4IN6, "4in6")                                                                              \
    X(IP6IN6, "6in6")                                                                              \
    X(SRV6, "srv6")       /* Ethernet in IPv6 */                                                   \
    X(ETHERIP, "etherip")                                                                          \
    X(GRE, "gre")     /* id: key */                                                                \
    X(NVGRE, "nvgre") /* id: VSID */                                                               \
    X(ERSPAN1, "erspan1")                                                                          \
    X(ERSPAN2, "erspan2") /* id: session */                                                        \
    X(ERSPAN3, "erspan3") /* id: session */                                                        \
    X(VXLAN, "vxlan")     /* id: VNI */                                                            \
    X(GENEVE, "geneve")   /* id: VNI */                                                            \
    X(CAPWAP, "capwap")   /* id: radio */                                                          \
    X(TEREDO, "teredo")                                                                            \
    X(GTPU, "gtpu") /* id: TEID */
enum ww_tunnel_kind {
#define WW_X(id, name) WW_TUN_##id,
    WW_TUNNEL_KINDS(WW_X)
#undef WW_X
        WW_TUN_N
};

enum ww_mirror_dir { WW_MIRROR_UNKNOWN, WW_MIRROR_INGRESS, WW_MIRROR_EGRESS };

/* What the outermost ERSPAN header says about the mirrored frame. Numbers that its type does not
 * have are WW_NULL32 and WW_NULL64. */
struct ww_span {
    uint8_t version; /* 1, 2, 3; 0 = no ERSPAN */
    uint8_t at;      /* index in tunnel[] */
    uint8_t dir;     /* enum ww_mirror_dir, seen from the switch */
    bool truncated;  /* the switch cut the frame */
    uint32_t vlan;   /* that the frame had at the switch */
    uint32_t port;   /* port ID or index */
    uint32_t switch_id, sgt;
    uint32_t unit_ns; /* of timestamp */
    uint32_t seq;     /* of the GRE header: gaps are mirrored frames that did not arrive */
    uint64_t timestamp;
};

/* What is known of one packet. Everything before `tunnel` is set for each packet; what stands
 * behind it only as far as its count says. */
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
    uint32_t wire;         /* payload bytes that the packet had on the wire (>= payload.n) */
    struct ww_mac mac[2];  /* source, destination */
    struct ww_slice ip[2]; /* source, destination: 4 or 16 bytes of the packet */
    struct ww_slice l4; /* transport header and what follows; empty for a fragment */
    struct ww_slice payload;
    struct ww_tunnel tunnel[WW_TUNNEL_MAX]; /* ntunnel of them, outermost first */
    /* source and destination of the IP header around tunnel i, 8 or 32 bytes; empty: none */
    struct ww_slice carrier[WW_TUNNEL_MAX];
    struct ww_span span; /* valid when ntunnel > 0 */
};

/**
 * Takes a frame apart down to the payload of its innermost packet.
 * In:     p   the packet
 * Out:    d   everything found; slices point into p. Addresses, ports, MACs and tags are those of
 * the innermost packet (no MAC and no tag when a tunnel carries bare IP); tunnel[] is what stands
 * around it. A fragment ends the way inwards: see ww_decode_transport. Return: the outcome, also in
 * d->outcome; what was found before a fault stays valid Limits: WW_VLAN_MAX tags a frame,
 * WW_TUNNEL_MAX tunnels, WW_DEC_LAYERS layers: WW_DEC_DEPTH beyond Source: IEEE 802.3, 802.1Q; RFC
 * 791, 8200, 793, 768, 792, 4443; LINKTYPE registry
 */
enum ww_dec_outcome ww_decode(const struct ww_pkt *p, struct ww_dec *d);

/** The way on, for a datagram put together from fragments; d is what the last fragment gave. The
 * datagram may carry a tunnel: then d is that of its innermost packet, which may be a fragment. */
enum ww_dec_outcome ww_decode_transport(struct ww_dec *d, struct ww_slice in);

/** Can frames of this link type be taken apart at all? */
bool ww_link_known(uint16_t link);
/** Name of an outcome in snake case. */
const char *ww_dec_name(enum ww_dec_outcome o);
/** Name of a tunnel kind, as in events. */
const char *ww_tunnel_name(uint8_t kind);
#endif
