/* show.c - wardwatch baseline check and show: a declaration for people. */
#include "rules/baseline/bl.h"
#include "sensor/base/data.h"
#include <stdlib.h>

struct tally {
    struct ww_out *o;
    const char *path;
    unsigned errors, warnings;
};

static void print_remark(void *to, const struct ww_bl_remark *r)
{
    struct tally *t = to;
    bool error = r->level == WW_BL_ERROR;
    if (error)
        t->errors++;
    else
        t->warnings++;
    /* libyang's sentence names file and line itself */
    if (strcmp(r->id, "yang") != 0)
        ww_out_f(t->o, "%s:%u: ", t->path, r->line > 0 ? r->line : 1);
    ww_out_text(t->o, ww_slice_str(r->text));
    ww_out_f(t->o, " [%s: %s]\n", error ? "error" : "warning", r->id);
}

static int read_file(struct ww_baseline **b, const char *path, const struct ww_yang *y,
                     ww_bl_remark_fn *fn, struct tally *t)
{
    char *text = NULL;
    size_t n = 0;
    struct ww_err e;
    if (ww_file_read(&text, &n, path, WW_BL_FILE_MAX, &e) != WW_OK) {
        ww_out_f(t->o, "%s\n", e.text);
        return 2;
    }
    enum ww_rc rc =
        ww_baseline_parse(b, path, (struct ww_slice){ (const uint8_t *)text, n }, y, fn, t, &e);
    free(text);
    if (rc == WW_OK)
        return 0;
    if (t->errors == 0) { /* not told as a remark */
        ww_out_f(t->o, "%s\n", e.text);
        t->errors = 1;
    }
    return rc == WW_E_CONF || rc == WW_E_LIMIT ? 1 : 2;
}

int ww_baseline_check_file(const char *path, const struct ww_yang *y, struct ww_out *o)
{
    struct ww_baseline *b = NULL;
    struct tally t = { .o = o, .path = path };
    int rc = read_file(&b, path, y, print_remark, &t);
    if (rc == 2)
        return rc;
    ww_out_f(o, "%s: %s: %u errors, %u warnings", path, rc == 0 ? "good" : "bad", t.errors,
             t.warnings);
    if (b != NULL)
        ww_out_f(o, ", %zu entries, %zu conduits", b->nace, b->nconduit);
    ww_out_c(o, '\n');
    ww_baseline_free(b);
    return rc;
}

static void line(struct ww_out *o, const char *name, const char *value)
{
    if (value == NULL || value[0] == 0)
        return;
    ww_out_f(o, "  %-18s ", name);
    ww_out_text(o, ww_slice_str(value));
    ww_out_c(o, '\n');
}

static void words(struct ww_out *o, const char *name, const struct bl_strs *s)
{
    if (s->n == 0)
        return;
    ww_out_f(o, " %s=", name);
    for (uint32_t i = 0; i < s->n; i++) {
        ww_out_s(o, i > 0 ? "," : "");
        ww_out_text(o, ww_slice_str(s->v[i]));
    }
}

static void show_bits(struct ww_out *o, const char *name, unsigned bits, const char *const *names)
{
    if (bits == 0)
        return;
    ww_out_f(o, "  %-18s", name);
    for (unsigned i = 0; names[i] != NULL; i++)
        if ((bits & 1U << i) != 0)
            ww_out_f(o, " %s", names[i]);
    ww_out_c(o, '\n');
}

static void show_device(struct ww_out *o, const struct ww_baseline *b)
{
    static const char *const conn[] = {
        "none", "closed", "hospital", "internet", "remote-maintenance", NULL
    };
    static const char *const env[] = { "hospital", "home", "worn-implanted", "unspecified", NULL };
    static const char *const classes[] = { "", "I", "II", "III", "IV" };
    line(o, "mud-url", b->mud_url);
    line(o, "sha256", b->digest);
    line(o, "last-update", b->last_update);
    line(o, "manufacturer", ww_bl_maker(b));
    line(o, "model", b->model);
    line(o, "description", b->systeminfo);
    line(o, "declared by", b->declared_by);
    line(o, "kind of device", b->kind);
    line(o, "criticality", b->criticality);
    line(o, "class", classes[b->class_ <= 4 ? b->class_ : 0]);
    show_bits(o, "connection", b->connection, conn);
    show_bits(o, "environment", b->environment, env);
    line(o, "support ends", b->end_security);
    line(o, "OS support ends", b->end_os);
    line(o, "end of life", b->end_life);
}

static void show_entries(struct ww_out *o, const struct ww_baseline *b)
{
    static const char *const head[] = { "from the device", "to the device" };
    for (unsigned d = 0; d < 2; d++) {
        ww_out_f(o, "\n%s:\n", head[d]);
        for (size_t i = 0; i < b->nace; i++) {
            const struct bl_ace *a = &b->ace[i];
            if (a->dir != d)
                continue;
            ww_out_f(o, "  %-6s ", a->action == BL_ACCEPT ? "accept" : "drop");
            ww_bl_text_ace(o, a);
            ww_out_f(o, "  [%s/%s]", a->acl, a->name);
            if (a->conduit >= 0)
                ww_out_f(o, " %s (%s)", b->conduit[a->conduit].application,
                         b->conduit[a->conduit].state);
            ww_out_c(o, '\n');
        }
    }
}

static void show_dicom(struct ww_out *o, const struct ww_baseline *b)
{
    static const char *const roles[] = { "", "SCU", "SCP" };
    ww_out_s(o, "\nDICOM:\n");
    for (size_t i = 0; i < b->nae; i++) {
        const struct bl_ae *ae = &b->ae[i];
        ww_out_f(o, "  %s title=", ae->id);
        ww_out_text(o, ww_slice_str(ae->title[0] != 0 ? ae->title : "any"));
        ww_out_f(o, "%s%s%s", ae->configurable ? " (configurable)" : "",
                 ae->initiator ? " initiates" : "", ae->acceptor ? " accepts" : "");
        words(o, "calling", &ae->calling);
        words(o, "move-to", &ae->move);
        ww_out_c(o, '\n');
        for (uint32_t k = 0; k < ae->ncap; k++) {
            ww_out_f(o, "    %s %s", roles[ae->cap[k].role], ae->cap[k].sop_class);
            words(o, "dimse", &ae->cap[k].dimse);
            ww_out_c(o, ' ');
            ww_out_text(o, ww_slice_str(ae->cap[k].name));
            ww_out_c(o, '\n');
        }
    }
}

static void show_hl7(struct ww_out *o, const struct ww_baseline *b)
{
    ww_out_s(o, "\nHL7:\n");
    for (size_t i = 0; i < b->nendpoint; i++) {
        const struct bl_endpoint *ep = &b->endpoint[i];
        ww_out_f(o, "  %s", ep->id);
        words(o, "version", &ep->version);
        words(o, "MSH-3", &ep->sending_app);
        words(o, "MSH-4", &ep->sending_fac);
        words(o, "MSH-5", &ep->receiving_app);
        words(o, "MSH-6", &ep->receiving_fac);
        ww_out_c(o, '\n');
        for (uint32_t k = 0; k < ep->nmsg; k++)
            ww_out_f(o, "    %s %s^%s\n", ep->msg[k].sends ? "sends" : "receives", ep->msg[k].code,
                     ep->msg[k].trigger);
    }
}

int ww_baseline_show_file(const char *path, const struct ww_yang *y, struct ww_out *o)
{
    struct ww_baseline *b = NULL;
    struct tally t = { .o = o, .path = path };
    int rc = read_file(&b, path, y, NULL, &t);
    if (rc != 0)
        return rc;
    ww_out_f(o, "%s\n", path);
    show_device(o, b);
    show_entries(o, b);
    if (b->dicom)
        show_dicom(o, b);
    if (b->hl7)
        show_hl7(o, b);
    if (b->nnever > 0)
        ww_out_s(o, "\nnever:\n");
    for (size_t i = 0; i < b->nnever; i++) {
        ww_out_f(o, "  %s: ", b->never[i].id);
        ww_out_text(o, ww_slice_str(b->never[i].description));
        words(o, "except", &b->never[i].except_state);
        ww_out_c(o, '\n');
    }
    ww_baseline_free(b);
    return 0;
}
