/* decode_int.h - what the files of the decoder share. */
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

/** From an Ethernet header, or from what stands behind an EtherType, to the payload. */
enum ww_dec_outcome ww_dec_ethernet(struct ww_dec *d, struct ww_slice in);
enum ww_dec_outcome ww_dec_type(struct ww_dec *d, struct ww_slice in, uint16_t type);
/** Frames of every link type but Ethernet. */
enum ww_dec_outcome ww_dec_link(struct ww_dec *d, struct ww_slice in, uint16_t link);
#endif
