/* events.h - the events about devices; each field is declared in one line. */
#ifndef WW_RULES_DEVICES_EVENTS_H
#define WW_RULES_DEVICES_EVENTS_H
#include "sensor/event.h"

enum { WW_DEVICE_ID = 80 };

#define WW_DEVICE_EVIDENCE_FIELDS(F, S)                                                            \
    F(S, STR, id, WW_DEVICE_ID, NONE, "", "Device: id of the ledger, mac:.. or ip:..@vlan")        \
    F(S, IP, ip, 0, NONE, "", "Its address, the first that was seen")                              \
    F(S, MAC, mac, 0, NONE, "", "Its MAC address, when it is on the link that is watched")         \
    F(S, STR, attribute, 24, NONE, "",                                                             \
      "What is told: name, location, department, zone, clinical_role, regulatory_class, mac, ip, " \
      "nic_vendor, vendor, model, serial, swver, os, class, hostname, ae_title, implementation, "  \
      "implementation_uid, hl7_application, laboratory_name, device_name, device_id, "             \
      "audit_source, software, role, service, dhcp_vendor_class, mud_url, baseline")                         \
    F(S, STR, value, 160, NONE, "", "What it is; never anything about a patient")                  \
    F(S, STR, source, 64, NONE, "", "Event and field that say so, ledger, or oui")                 \
    F(S, U8, confidence, 0, NONE, "",                                                              \
      "1 low (said by others, or a hint), 2 medium (said by the device), 3 high (ledger, or seen " \
      "on the link)")
WW_EVENT_DECLARE(ww_device_evidence, WW_DEVICE_EVIDENCE_FIELDS);

#define WW_DEVICE_CHANGE_FIELDS(F, S)                                                              \
    F(S, STR, id, WW_DEVICE_ID, NONE, "", "Device")                                                \
    F(S, STR, what, 24, NONE, "", "What changed: new, kind, ip, mac, baseline, mud_url")           \
    F(S, STR, before, 160, NONE, "", "Value before; empty = none")                                 \
    F(S, STR, after, 160, NONE, "", "Value now")
WW_EVENT_DECLARE(ww_device_change, WW_DEVICE_CHANGE_FIELDS);

/* What came since the last record with the same key: consumers add. One record tells the
 * conversation of both ends; it is the device's that asked, if that is one. */
#define WW_DEVICE_CONVERSATION_FIELDS(F, S)                                                        \
    F(S, STR, id, WW_DEVICE_ID, NONE, "", "Device")                                                \
    F(S, STR, peer, 48, NONE, "", "Address of the other end")                                      \
    F(S, STR, peer_id, WW_DEVICE_ID, NONE, "", "The other end as a device; empty when it is none") \
    F(S, STR, direction, 8, NONE, "", "out (the device asked), in (the peer asked), unknown")      \
    F(S, U8, ip_proto, 0, NONE, "", "IP protocol number")                                          \
    F(S, U16, port, 0, NONE, "", "Port of the server; 0 = none")                                   \
    F(S, STR, app, 24, NONE, "", "Protocol recognised by its content")                             \
    F(S, STR, carries, 24, NONE, "", "Of TLS: what is inside by the declaration of an end: dicom, hl7v2-mllp ...")  \
    F(S, STR, carries_by, 12, NONE, "", "declaration, when carries is told; what TLS itself shows is told in tls.*")  \
    F(S, STR, day, 10, NONE, "", "Day in UTC: 2026-11-23")                                         \
    F(S, U64, flows, 0, NONE, "flows", "Flows begun")                                              \
    F(S, U64, bytes_out, 0, NONE, "bytes", "Bytes on the wire sent by the device")                 \
    F(S, U64, bytes_in, 0, NONE, "bytes", "Bytes on the wire sent to the device")                  \
    F(S, TIME, first, 0, NONE, "", "First packet")                                                 \
    F(S, TIME, last, 0, NONE, "", "Last packet")                                                   \
    F(S, STR, verdict, 16, NONE, "",                                                               \
      "Last verdict, the worse of both ends: permitted, violation, infrastructure, unresolved, "   \
      "unbound")
WW_EVENT_DECLARE(ww_device_conversation, WW_DEVICE_CONVERSATION_FIELDS);

/* ---- telling an event that follows from another ---- */
/* Where the judge's events go. The record is built in place. */
struct ww_tell {
    ww_event_fn *emit;
    void *to;
    uint64_t now;
    uint64_t seq;
    _Alignas(16) uint8_t room[WW_EVENT_MAX];
};
/** Begins a record. cause: the event that it follows from, for its header; NULL = only the time.
 * Return: the zeroed body of the type */
void *ww_tell_begin(struct ww_tell *t, const struct ww_event_type *type,
                    const struct ww_event *cause);
void ww_tell_end(struct ww_tell *t);
/** Sets a STR member from a C string. */
#define WW_SET_S(dst, s) ((void)ww_str_set(&(dst).len, (dst).b, sizeof((dst).b), ww_slice_str(s)))
#endif
