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
        ww_eve_schema(&sink.o, &s.registry);
    } else {
        if (o->format == WW_FMT_MARKDOWN)
            ww_out_s(&sink.o, "# Events of wardwatch\n\nMade by `wardwatch schema --format markdown`.\n");
        for (uint16_t i = 0; i < s.registry.n; i++)
            table(&sink.o, s.registry.type[i], o->format == WW_FMT_MARKDOWN);
    }
    return ww_sink_close(&sink, &e) == WW_OK ? WW_EXIT_OK : ww_tell(&e);
}
