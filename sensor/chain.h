/* chain.h - what stands around the packets of a flow: tags and tunnels, kept once for all flows
 * that share them; bounded.
 *
 * A flow in two tags or fewer and no tunnel has chain 0 and costs nothing here. The chain is that
 * of the flow's first packet: labels, TEIDs and sessions often differ between the two directions.
 */
#ifndef WW_CHAIN_H
#define WW_CHAIN_H
#include "sensor/base/hash.h"
#include "sensor/base/mem.h"
#include "sensor/decode.h"

enum {
    WW_CHAINS = 65534,
    WW_CHAIN_LOST = 65535 /* found no room: told as a tunnel of unknown kind */
};

struct ww_chain {
    struct ww_tunnel tunnel[WW_TUNNEL_MAX];
    uint16_t vlan[WW_VLAN_MAX];
    uint8_t nvlan, ntunnel;
    uint16_t next;  /* of the same bucket, + 1 */
    uint32_t flows; /* that have it */
};

struct ww_chains {
    struct ww_slab slab;
    uint16_t *bucket; /* index + 1 of the first chain */
    struct ww_key key;
    uint64_t lost; /* flows whose chain found no room */
};

enum ww_rc ww_chains_init(struct ww_chains *t, struct ww_key key) WW_MUST_CHECK;
void ww_chains_free(struct ww_chains *t);
/** Bytes of address space that the table reserves. */
size_t ww_chains_budget(void);

/** The chain of a packet that begins a flow: 0 when two tags say it all. */
uint16_t ww_chain_get(struct ww_chains *t, const struct ww_dec *d);
/** A flow is over; with its last flow a chain goes. */
void ww_chain_put(struct ww_chains *t, uint16_t chain);
/** Writes tags and tunnels into the header of an event. */
void ww_chain_tell(const struct ww_chains *t, uint16_t chain, struct ww_event *e);
#endif
