/* facts.c - what is told about devices: each fact once, each change when it comes. */
#include "rules/devices/dev_int.h"

struct dev_topic ww_devices_topic(const struct ww_devices *d, const char *attribute,
                                  const char *source)
{
    uint64_t a = ww_mix_bytes(&d->fact_key, attribute, strlen(attribute));
    uint64_t b = ww_mix_bytes(&d->fact_key, source, strlen(source));
    return (struct dev_topic){ attribute, source, ww_mix(a ^ d->fact_key.k[1], b | 1) };
}

void ww_devices_fact(struct ww_devices *d, struct ww_device *dev, const struct ww_event *cause,
                     const char *attribute, struct ww_slice value, const char *source,
                     uint8_t confidence)
{
    struct dev_topic topic = ww_devices_topic(d, attribute, source);
    ww_devices_fact_on(d, dev, cause, &topic, value, confidence);
}

void ww_devices_fact_on(struct ww_devices *d, struct ww_device *dev, const struct ww_event *cause,
                        const struct dev_topic *topic, struct ww_slice value, uint8_t confidence)
{
    bool fresh = false;
    if (value.n == 0)
        return;
    uint64_t odd = d->fact_key.k[1] | 1;
    uint64_t key = ww_mix_bytes(&d->fact_key, value.p, value.n < 200 ? value.n : 200);
    key = ww_mix(ww_mix(key ^ topic->hash, odd) ^ dev->serial, odd);
    if (ww_devices_lately(d, key))
        return;
    (void)ww_table_get(&d->fact, &key, &fresh);
    if (!fresh)
        return;
    struct ww_device_evidence *b = ww_tell_begin(d->cfg.tell, &ww_device_evidence_type, cause);
    WW_SET_S(b->id, dev->id);
    b->ip = dev->ip;
    b->mac = dev->mac;
    WW_SET_S(b->attribute, topic->attribute);
    (void)WW_SET(b->value, value);
    WW_SET_S(b->source, topic->source);
    b->confidence = confidence;
    ww_tell_end(d->cfg.tell);
}

void ww_devices_changed(struct ww_devices *d, const struct ww_device *dev,
                        const struct ww_event *cause, const char *what, const char *before,
                        const char *after)
{
    struct ww_device_change *b = ww_tell_begin(d->cfg.tell, &ww_device_change_type, cause);
    WW_SET_S(b->id, dev->id);
    WW_SET_S(b->what, what);
    WW_SET_S(b->before, before);
    WW_SET_S(b->after, after);
    ww_tell_end(d->cfg.tell);
}
