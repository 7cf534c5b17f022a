/* schema.c - wardwatch schema: every event and field, from their one declaration. */
#include "sensor/cli/cli.h"
#include <string.h>

static const char *type_name(uint8_t t)
{
    static const char *const names[] = { "number",  "number", "number", "number", "number or null",
                                         "number or null", "true or false", "time", "IP address",
                                         "MAC address", "text", "list of texts",
                                         "keyed pseudonym, never written" };
    return t < sizeof names / sizeof names[0] ? names[t] : "?";
}

/* The JSON name of a field: nested members are written with a dot. */
static const char *json_name(char dst[64], const char *name)
{
    struct ww_out o = ww_out(dst, 63);
    const char *sep = strstr(name, "__");
    if (sep == NULL) {
        ww_out_s(&o, name);
    } else {
        ww_out_raw(&o, name, (size_t)(sep - name));
        ww_out_c(&o, '.');
        ww_out_s(&o, sep + 2);
    }
    dst[o.n] = 0;
    return dst;
}

static void table(struct ww_out *o, const struct ww_event_type *t, bool markdown)
{
    char name[64];
    if (markdown)
        ww_out_f(o, "\n## %s\n\n%s.\n\n| field | type | unit | meaning |\n| --- | --- | --- | --- |\n",
                 t->name, t->doc);
    else
        ww_out_f(o, "\n%s - %s\n", t->name, t->doc);
    for (uint16_t i = 0; i < t->nfields; i++) {
        const struct ww_field *f = &t->fields[i];
        if (markdown)
            ww_out_f(o, "| `%s` | %s | %s | %s |\n", json_name(name, f->name), type_name(f->type),
                     f->unit, f->doc);
        else
            ww_out_f(o, "  %-26s %-15s %s%s%s%s\n", json_name(name, f->name), type_name(f->type),
                     f->doc, f->unit[0] ? " [" : "", f->unit, f->unit[0] ? "]" : "");
    }
}

static void one_type(struct ww_out *o, const char *key, const struct ww_field *f)
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
        ww_json_open(o, "items", '{');
        ww_json_cstr(o, "type", "string");
        ww_json_close(o, '}');
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

/* One event as the JSON Schema of the object that has the event type's name. */
static void json_type(struct ww_out *o, const struct ww_event_type *t)
{
    char group[32] = "";
    ww_json_open(o, t->name, '{');
    ww_json_cstr(o, "description", t->doc);
    ww_json_cstr(o, "type", "object");
    ww_json_open(o, "properties", '{');
    for (uint16_t i = 0; i < t->nfields; i++) {
        const struct ww_field *f = &t->fields[i];
        const char *sep = strstr(f->name, "__");
        size_t n = sep ? (size_t)(sep - f->name) : 0;
        if (f->type == WW_FT_HASH || n >= sizeof group)
            continue;
        if (group[0] != 0 && (strlen(group) != n || strncmp(group, f->name, n) != 0)) {
            ww_json_close(o, '}');
            ww_json_close(o, '}');
            group[0] = 0;
        }
        if (n > 0 && group[0] == 0) {
            (void)snprintf(group, sizeof group, "%.*s", (int)n, f->name);
            ww_json_open(o, group, '{');
            ww_json_cstr(o, "type", "object");
            ww_json_open(o, "properties", '{');
        }
        one_type(o, sep ? sep + 2 : f->name, f);
    }
    if (group[0] != 0) {
        ww_json_close(o, '}');
        ww_json_close(o, '}');
    }
    ww_json_close(o, '}');
    ww_json_close(o, '}');
}

int ww_cmd_schema(struct ww_opts *o)
{
    static struct ww_sink sink;
    static struct ww_setup s;
    struct ww_err e;
    if (o->nargs > 0) {
        (void)fprintf(stderr, "wardwatch: schema: %s: takes no words\n", o->args[0]);
        return WW_EXIT_INPUT;
    }
    if (ww_setup_registry(&s, &e) != WW_OK ||
        ww_sink_open(&sink, o->out != NULL ? o->out : "-", &e) != WW_OK)
        return ww_tell(&e);
    if (o->format == WW_FMT_JSON) {
        ww_json_open(&sink.o, NULL, '{');
        ww_json_cstr(&sink.o, "$schema", "https://json-schema.org/draft/2020-12/schema");
        ww_json_cstr(&sink.o, "title", "wardwatch events, by proto.kind");
        ww_json_open(&sink.o, "$defs", '{');
        for (uint16_t i = 0; i < s.registry.n; i++)
            json_type(&sink.o, s.registry.type[i]);
        ww_json_close(&sink.o, '}');
        ww_json_close(&sink.o, '}');
        ww_out_c(&sink.o, '\n');
    } else {
        if (o->format == WW_FMT_MARKDOWN)
            ww_out_s(&sink.o, "# Events of wardwatch\n\nMade by `wardwatch schema --format markdown`.\n");
        for (uint16_t i = 0; i < s.registry.n; i++)
            table(&sink.o, s.registry.type[i], o->format == WW_FMT_MARKDOWN);
    }
    return ww_sink_close(&sink, &e) == WW_OK ? WW_EXIT_OK : ww_tell(&e);
}
