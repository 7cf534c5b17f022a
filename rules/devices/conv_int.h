/* conv_int.h - private to rules/devices/conv*.c. */
#ifndef WW_RULES_DEVICES_CONV_INT_H
#define WW_RULES_DEVICES_CONV_INT_H
#include "rules/devices/conversation.h"

/* One record for the two ends, from the view of the one that asked if it is a device. */
struct conv_key {
    uint64_t device; /* serial */
    uint8_t peer[16];
    uint8_t fam, direction, ip_proto, app;
    uint16_t port;
    uint16_t day; /* since 1970 */
};
static_assert(sizeof(struct conv_key) == 32, "all bytes are significant");
enum conv_direction { CONV_UNKNOWN, CONV_OUT, CONV_IN };

struct conv {
    struct conv_key key;
    uint64_t flows, bytes_out, bytes_in, first, last; /* since it was told */
    struct ww_device_key dev, other; /* say the ids, even of a device that is forgotten by now */
    const char *carries;             /* as in struct ww_flow_rec */
    uint32_t place;                  /* of the device in the inventory, to tell in its order */
    uint8_t verdict; /* enum ww_bl_kind + 1 */
    bool dirty;
};

struct conv_place { /* of the inventory, while conversations are told */
    char id[WW_DEVICE_ID];
    uint32_t n; /* conversations to tell; 0 = the id is not known */
};

struct ww_conv {
    struct ww_conv_cfg cfg;
    uint32_t napps; /* names in cfg.app_names */
    struct ww_table conv, flow;
    struct ww_flow_rec *last; /* flow of the last event, NULL = gone */
    uint32_t *order;          /* for telling: records in order */
    uint32_t *turn;           /* for telling: places in order */
    struct conv_place *place;
    uint8_t octet[256]; /* which place a number has among the numbers 0 to 255 as texts */
    uint64_t told_ns;
    int t_update, t_end;
    const struct ww_field *to_server[2], *to_client[2], *start[2], *end[2], *pk_server[2],
        *pk_client[2]; /* 0 update, 1 end */
};

const char *ww_conv_direction(uint8_t direction);
/** Of the conversation that an event of a flow belongs to, seen from one side. In: device its serial;
 * last time of the last packet */
struct conv_key ww_conv_key(const struct ww_event *e, uint8_t app, enum ww_dir side,
                            uint64_t device, uint64_t last);

/* ---- conv_order.c ---- */
enum ww_rc ww_conv_order_new(struct ww_conv *c, struct ww_err *e) WW_MUST_CHECK;
void ww_conv_order_free(struct ww_conv *c);
/** Puts the records that have something to tell into c->order. Return: their number. */
uint32_t ww_conv_order(struct ww_conv *c);
#endif
