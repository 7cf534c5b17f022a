/* eve_schema.c - JSON Schema of an event line, made from the declarations of the events.
 * Source: https://json-schema.org/draft/2020-12 */
#include "sensor/event_core.h"
#include "store/export/eve_type.h"
#include "store/texts.h"
#include <stdio.h>

/* The engine's and the judge's events are not messages of one side. */
static enum ww_eve_kind kind_of(const char *name, const char *proto)
{
    static const char *const inner[] = { "flow.start", "flow.open", "flow.app" };
    static const char *const plain[] = { "flow", "anomaly", "stats", "device", "baseline" };
    for (size_t i = 0; i < sizeof inner / sizeof inner[0]; i++)
        if (strcmp(inner[i], name) == 0)
            return WW_EVE_SKIP;
    for (size_t i = 0; i < sizeof plain / sizeof plain[0]; i++)
        if (strcmp(plain[i], proto) == 0)
            return WW_EVE_PLAIN;
    return strcmp(proto, "alert") == 0 ? WW_EVE_ALERT : WW_EVE_MESSAGE;
}

void ww_eve_type_of(struct ww_eve_type *t, const char *name)
{
    const char *dot = strchr(name, '.');
    *t = (struct ww_eve_type){ .type = dot != NULL ? dot + 1 : NULL };
    struct ww_out o = ww_out(t->object, sizeof t->object - 1);
    ww_out_raw(&o, name, dot != NULL ? (size_t)(dot - name) : strlen(name));
    t->kind = (uint8_t)kind_of(name, t->object);
}

/* What stands before the event's own object, in the order in which it is written. */
static const struct {
    const char *key, *type, *doc;
} header[] = {
    { "timestamp", "string", "Time of the packet, UTC: 2026-01-02T03:04:05.678901+0000" },
    { "flow_id", "integer", "Conversation; the same number for all its events in this run" },
    { "pcap_filename", "string", "Capture file, as it was named" },
    { "in_iface", "string", "Interface, when live" },
    { "pcap_cnt", "integer", "Frame number in its capture, from 1" },
    { "event_type", "string", "Name of the object that follows" },
    { "src_ip", "string", "Client of the conversation" },
    { "src_port", "integer", "Port of the client" },
    { "dest_ip", "string", "Server of the conversation" },
    { "dest_port", "integer", "Port of the server" },
    { "proto", "string", "IP protocol: TCP, UDP, ICMP, IPv6-ICMP, or its number" },
    { "community_id", "string", "Community ID version 1 of the innermost conversation" },
    { "app_proto", "string", "Dissector that told the event" },
    { "direction", "string", "Who sent the message: to_server, to_client" },
    { NULL, NULL, NULL },
};

static void open_typed(struct ww_out *o, const char *key, const char *type)
{
    ww_json_open(o, key, '{');
    ww_json_cstr(o, "type", type);
}

static void strings(struct ww_out *o, const char *key)
{
    open_typed(o, key, "array");
    open_typed(o, "items", "string");
    ww_json_close(o, '}');
    ww_json_close(o, '}');
}

static void plain(struct ww_out *o, const char *key, const char *type)
{
    open_typed(o, key, type);
    ww_json_close(o, '}');
}

/* Opens an object whose members are all listed; end_object closes it. */
static void begin_object(struct ww_out *o, const char *key)
{
    open_typed(o, key, "object");
    ww_json_bool(o, "additionalProperties", false);
    ww_json_open(o, "properties", '{');
}

static void end_object(struct ww_out *o)
{
    ww_json_close(o, '}');
    ww_json_close(o, '}');
}

static void field(struct ww_out *o, const char *key, const struct ww_field *f)
{
    ww_json_open(o, key, '{');
    switch ((enum ww_ftype)f->type) {
    case WW_FT_U8:
    case WW_FT_U16:
    case WW_FT_U32:
    case WW_FT_U64:
        ww_json_cstr(o, "type", "integer");
        ww_json_u64(o, "minimum", 0);
        break;
    case WW_FT_U32N:
    case WW_FT_U64N:
        ww_json_open(o, "type", '[');
        ww_json_cstr(o, NULL, "integer");
        ww_json_cstr(o, NULL, "null");
        ww_json_close(o, ']');
        break;
    case WW_FT_BOOL:
        ww_json_cstr(o, "type", "boolean");
        break;
    case WW_FT_LIST:
        ww_json_cstr(o, "type", "array");
        plain(o, "items", "string");
        break;
    case WW_FT_TIME:
        ww_json_cstr(o, "type", "string");
        ww_json_cstr(o, "format", "date-time");
        break;
    case WW_FT_IP:
    case WW_FT_MAC:
    case WW_FT_STR:
    case WW_FT_HASH:
        ww_json_cstr(o, "type", "string");
        break;
    }
    ww_json_cstr(o, "description", f->doc);
    if (f->unit[0] != 0)
        ww_json_cstr(o, "x-unit", f->unit);
    ww_json_close(o, '}');
}

/* Members of an event's body; "group__member" is a member of a nested object. */
static void members(struct ww_out *o, const struct ww_event_type *t)
{
    char group[32] = "";
    for (uint16_t i = 0; i < t->nfields; i++) {
        const struct ww_field *f = &t->fields[i];
        const char *sep = strstr(f->name, "__");
        size_t n = sep ? (size_t)(sep - f->name) : 0;
        if (f->type == WW_FT_HASH || n >= sizeof group)
            continue;
        if (group[0] != 0 && (strlen(group) != n || strncmp(group, f->name, n) != 0)) {
            end_object(o);
            group[0] = 0;
        }
        if (n > 0 && group[0] == 0) {
            (void)snprintf(group, sizeof group, "%.*s", (int)n, f->name);
            begin_object(o, group);
        }
        field(o, sep ? sep + 2 : f->name, f);
    }
    if (group[0] != 0)
        end_object(o);
}

static void definition(struct ww_out *o, const struct ww_event_type *t)
{
    struct ww_eve_type e;
    ww_eve_type_of(&e, t->name);
    begin_object(o, t->name);
    if (e.type != NULL) {
        ww_json_open(o, "type", '{');
        ww_json_cstr(o, "const", e.type);
        ww_json_close(o, '}');
    }
    members(o, t);
    ww_json_close(o, '}');
    ww_json_cstr(o, "description", t->doc);
    ww_json_close(o, '}');
}

/* Suricata's object, and the whole record with its texts. */
static void alert(struct ww_out *o, const struct ww_event_type *t)
{
    static const char *const lists[] = { "class", "level", "track" };
    begin_object(o, "alert");
    plain(o, "action", "string");
    plain(o, "gid", "integer");
    plain(o, "signature_id", "integer");
    plain(o, "rev", "integer");
    plain(o, "signature", "string");
    plain(o, "category", "string");
    plain(o, "severity", "integer");
    begin_object(o, "metadata");
    for (size_t i = 0; i < sizeof lists / sizeof lists[0]; i++)
        strings(o, lists[i]);
    end_object(o);
    end_object(o);
    begin_object(o, "wardwatch");
    members(o, t);
    for (const char *const *k = ww_texts_code_keys; *k != NULL; k++)
        strings(o, *k);
    begin_object(o, "text");
    for (int ja = 1; ja >= 0; ja--) {
        begin_object(o, ja ? "ja" : "en");
        for (const char *const *k = ww_texts_part_keys; *k != NULL; k++) {
            if (k == ww_texts_part_keys)
                plain(o, *k, "string"); /* the title is one line */
            else
                strings(o, *k);
        }
        end_object(o);
    }
    end_object(o);
    end_object(o);
}

static void ref(struct ww_out *o, const char *name)
{
    char path[96];
    (void)snprintf(path, sizeof path, "#/$defs/%s", name);
    ww_json_cstr(o, "$ref", path);
}

/* The object of one event_type: one of its kinds. Written at the first event of the name. */
static void object(struct ww_out *o, const struct ww_registry *r, uint16_t first)
{
    struct ww_eve_type a;
    struct ww_eve_type b;
    ww_eve_type_of(&a, r->type[first]->name);
    ww_json_open(o, a.object, '{');
    ww_json_open(o, "oneOf", '[');
    for (uint16_t i = first; i < r->n; i++) {
        ww_eve_type_of(&b, r->type[i]->name);
        if (b.kind == WW_EVE_SKIP || strcmp(a.object, b.object) != 0)
            continue;
        ww_json_open(o, NULL, '{');
        ref(o, r->type[i]->name);
        ww_json_close(o, '}');
    }
    ww_json_close(o, ']');
    ww_json_close(o, '}');
}

/* Is no earlier event of the same event_type written? */
static bool first_of_object(const struct ww_registry *r, uint16_t at, struct ww_eve_type *t)
{
    ww_eve_type_of(t, r->type[at]->name);
    for (uint16_t i = 0; i < at; i++) {
        struct ww_eve_type b;
        ww_eve_type_of(&b, r->type[i]->name);
        if (b.kind != WW_EVE_SKIP && strcmp(t->object, b.object) == 0)
            return false;
    }
    return t->kind != WW_EVE_SKIP;
}

static void event_type(struct ww_out *o, const struct ww_registry *r)
{
    struct ww_eve_type t;
    ww_json_open(o, "enum", '[');
    for (uint16_t i = 0; i < r->n; i++)
        if (first_of_object(r, i, &t))
            ww_json_cstr(o, NULL, t.object);
    ww_json_close(o, ']');
}

static void layers(struct ww_out *o)
{
    open_typed(o, "vlan", "array");
    plain(o, "items", "integer");
    ww_json_cstr(o, "description", "VLAN tags, the outermost first");
    ww_json_close(o, '}');
    open_typed(o, "tunnel", "array");
    begin_object(o, "items");
    plain(o, "type", "string");
    plain(o, "id", "integer");
    plain(o, "vlan", "integer");
    end_object(o);
    ww_json_cstr(o, "description", "Tunnels around the packet, the outermost first");
    ww_json_close(o, '}');
    begin_object(o, "ether");
    plain(o, "src_mac", "string");
    plain(o, "dest_mac", "string");
    end_object(o);
}

void ww_eve_schema(struct ww_out *o, const struct ww_registry *r)
{
    struct ww_eve_type t;
    ww_json_open(o, NULL, '{');
    ww_json_cstr(o, "$schema", "https://json-schema.org/draft/2020-12/schema");
    ww_json_cstr(o, "title", "One line of wardwatch's events; the kinds are in $defs, by proto.kind");
    ww_json_cstr(o, "type", "object");
    ww_json_open(o, "required", '[');
    ww_json_cstr(o, NULL, "timestamp");
    ww_json_cstr(o, NULL, "event_type");
    ww_json_close(o, ']');
    ww_json_bool(o, "additionalProperties", false);
    ww_json_open(o, "properties", '{');
    for (size_t i = 0; header[i].key != NULL; i++) {
        open_typed(o, header[i].key, header[i].type);
        ww_json_cstr(o, "description", header[i].doc);
        if (strcmp(header[i].key, "event_type") == 0)
            event_type(o, r);
        ww_json_close(o, '}');
    }
    layers(o);
    for (uint16_t i = 0; i < r->n; i++) {
        if (!first_of_object(r, i, &t))
            continue;
        if (t.kind == WW_EVE_ALERT)
            alert(o, r->type[i]);
        else
            object(o, r, i);
    }
    ww_json_close(o, '}');
    ww_json_open(o, "$defs", '{');
    for (uint16_t i = 0; i < r->n; i++)
        definition(o, r->type[i]);
    ww_json_close(o, '}');
    ww_json_close(o, '}');
    ww_out_c(o, '\n');
}
