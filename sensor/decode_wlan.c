/* decode_wlan.c - data frames of IEEE 802.11, as an access point or a receiver in the air mirrors
 * them. */
#include "sensor/decode_int.h"

enum {
    FC_TO_DS = 0x01,
    FC_FROM_DS = 0x02,
    FC_MORE_FRAGMENTS = 0x04,
    FC_PROTECTED = 0x40,
    FC_ORDER = 0x80,
    TYPE_DATA = 2,
    SUB_NO_DATA = 4,
    SUB_QOS = 8,
    QOS_AMSDU = 0x80
};

/* IEEE 802.11-2020 9.3.2.1, table 9-30: where the addresses of the ends stand */
static void ends(struct ww_dec *d, struct ww_slice in, uint8_t ds)
{
    static const struct {
        uint8_t src, dst;
    } at[] = { { 10, 4 }, { 10, 16 }, { 16, 4 }, { 24, 16 } };
    ww_copy(&d->mac[0], ww_slice_sub(in, at[ds].src, 6));
    ww_copy(&d->mac[1], ww_slice_sub(in, at[ds].dst, 6));
}

/* IEEE 802.11-2020 9.2.4, 9.3.2 */
unsigned ww_dec_wlan(struct ww_dec *d, struct ww_slice in, unsigned how)
{
    unsigned turned = how & WW_WLAN_TURNED ? 1 : 0;
    uint8_t kind = ww_slice_at(in, turned);
    uint8_t flags = ww_slice_at(in, turned ^ 1);
    uint8_t sub = kind >> 4;
    if (in.n < 2)
        return WW_DEC_SHORT;
    d->payload = in;
    d->wire = (uint32_t)in.n;
    if ((kind & 3) != 0 || (kind >> 2 & 3) != TYPE_DATA || (sub & SUB_NO_DATA) != 0)
        return WW_DEC_NOT_IP; /* management, control, no data in it */
    uint8_t ds = flags & (FC_TO_DS | FC_FROM_DS);
    size_t len = ds == 3 ? 30 : 24;
    size_t qos = len;
    if (sub & SUB_QOS)
        len += flags & FC_ORDER ? 6 : 2; /* QoS control, HT control */
    if (how & WW_WLAN_PADDED)
        len = (len + 3) / 4 * 4;
    if (in.n < len)
        return WW_DEC_SHORT;
    ends(d, in, ds);
    if (flags & FC_PROTECTED)
        return WW_DEC_WLAN_PROTECTED;
    if ((flags & FC_MORE_FRAGMENTS) != 0 || (ww_slice_at(in, 22 + turned) & 0x0f) != 0)
        return WW_DEC_WLAN_FRAGMENT;
    if ((sub & SUB_QOS) != 0 && (ww_slice_at(in, qos + turned) & QOS_AMSDU) != 0)
        return WW_DEC_WLAN_AMSDU;
    return ww_dec_llc(d, ww_slice_from(in, len));
}
