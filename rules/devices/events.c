/* events.c - types of the events about devices, and how the judge tells an event. */
#include "rules/devices/events.h"

WW_EVENT_TYPE(ww_device_evidence, "device.evidence", "Something that says what a device is",
              WW_EVT_KEEP, WW_DEVICE_EVIDENCE_FIELDS);
WW_EVENT_TYPE(ww_device_change, "device.change", "A device is new or another one than before",
              WW_EVT_KEEP, WW_DEVICE_CHANGE_FIELDS);
WW_EVENT_TYPE(ww_device_conversation, "device.conversation", "With whom a device spoke, added up",
              WW_EVT_KEEP, WW_DEVICE_CONVERSATION_FIELDS);

void *ww_tell_begin(struct ww_tell *t, const struct ww_event_type *type,
                    const struct ww_event *cause)
{
    struct ww_event *e = (struct ww_event *)(void *)t->room;
    if (cause != NULL) {
        *e = *cause;
    } else {
        memset(e, 0, sizeof *e);
        e->ts = t->now;
        e->dissector = WW_NO_DISSECTOR;
    }
    e->type = type;
    e->size = (uint32_t)(sizeof *e + type->size);
    e->seq = ++t->seq;
    e->flags = WW_EV_KEEP;
    memset(e->body, 0, type->size);
    return e->body;
}

void ww_tell_end(struct ww_tell *t)
{
    t->emit(t->to, (const struct ww_event *)(const void *)t->room);
}
