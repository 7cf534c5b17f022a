/* yang.c - the YANG modules, and validation of a declaration against them by libyang. */
#include "rules/baseline/bl.h"
#include "sensor/base/data.h"
#include <libyang/libyang.h>
#include <stdlib.h>

struct ww_yang {
    struct ly_ctx *ctx;
};

/* What libyang may ask for. ietf-yang-types is not here: libyang carries the one revision there is.
 */
struct module {
    const char *name, *revision;
    bool implement; /* the others are only imported */
};
static const struct module modules[] = {
    { "ietf-access-control-list", "2019-03-04", true },
    { "ietf-mud", "2019-01-28", true },
    { "ietf-acldns", "2019-01-28", true },
    { "wardwatch-medical", "2026-09-01", true },
    { "ietf-packet-fields", "2019-03-04", false },
    { "ietf-ethertypes", "2019-03-04", false },
    { "ietf-inet-types", "2024-10-21", false },
};
enum { NMODULES = sizeof(modules) / sizeof(modules[0]) };

struct texts {
    struct ww_data d[NMODULES];
};

/* Callback of libyang: hands out the text of a module. */
static LY_ERR import(const char *name, const char *revision, const char *sub, const char *sub_rev,
                     void *to, LYS_INFORMAT *format, const char **text,
                     void (**release)(void *text, void *to))
{
    const struct texts *t = to;
    (void)sub_rev;
    for (size_t i = 0; sub == NULL && i < NMODULES; i++) {
        if (strcmp(name, modules[i].name) != 0)
            continue;
        if (revision != NULL && strcmp(revision, modules[i].revision) != 0)
            continue;
        *format = LYS_IN_YANG;
        *text = (const char *)t->d[i].text.p; /* data files end with a NUL that is not counted */
        *release = NULL;
        return LY_SUCCESS;
    }
    return LY_ENOT;
}

static enum ww_rc load_texts(struct texts *t, const char *dir, struct ww_err *e)
{
    for (size_t i = 0; i < NMODULES; i++) {
        char name[96];
        struct ww_out o = ww_out(name, sizeof name - 1);
        ww_out_f(&o, "yang/%s@%s.yang", modules[i].name, modules[i].revision);
        name[o.n] = 0;
        enum ww_rc rc = ww_data_load(&t->d[i], dir, name, e);
        if (rc != WW_OK)
            return rc;
    }
    return WW_OK;
}

void ww_yang_free(struct ww_yang *y)
{
    if (y == NULL)
        return;
    ly_ctx_destroy(y->ctx);
    free(y);
}

/**
 * Builds the libyang context. The texts are needed only while this runs.
 * In: dir folder of --data, NULL for the built-in modules
 */
enum ww_rc ww_yang_open(struct ww_yang **out, const char *dir, struct ww_err *e)
{
    const char *all_features[] = { "*", NULL };
    enum ww_rc rc;
    struct texts t = { 0 };
    struct ww_yang *y = calloc(1, sizeof *y);
    if (y == NULL)
        return WW_FAIL(e, WW_E_SYS, "no memory for the YANG modules");
    /* libyang prints errors unless told otherwise, and can only be told for the whole process: its
     * thread-local setting is reset by its own union types. Nobody else here uses libyang. */
    (void)ly_log_options(LY_LOSTORE);
    rc = load_texts(&t, dir, e);
    if (rc != WW_OK)
        goto out;
    if (ly_ctx_new(NULL, LY_CTX_NO_YANGLIBRARY | LY_CTX_DISABLE_SEARCHDIRS, &y->ctx) !=
        LY_SUCCESS) {
        rc = WW_FAIL(e, WW_E_SYS, "libyang cannot start");
        goto out;
    }
    ly_ctx_set_module_imp_clb(y->ctx, import, &t);
    for (size_t i = 0; i < NMODULES; i++) {
        if (!modules[i].implement)
            continue;
        if (ly_ctx_load_module(y->ctx, modules[i].name, modules[i].revision, all_features) ==
            NULL) {
            rc = WW_FAIL(e, WW_E_CONF, "%s: libyang refuses the module: %s; restore the file",
                         t.d[i].origin, ly_errmsg(y->ctx) != NULL ? ly_errmsg(y->ctx) : "unknown");
            goto out;
        }
    }
    ly_ctx_set_module_imp_clb(y->ctx, NULL, NULL);
    *out = y;
    y = NULL;
out:
    for (size_t i = 0; i < NMODULES; i++)
        ww_data_free(&t.d[i]);
    ww_yang_free(y);
    return rc;
}

/* Words of libyang's message or of its path, and what to do about them. First match wins. */
static const struct {
    const char *words, *remedy;
} remedies[] = {
    { "\"access-lists\" not found in the \"ietf-access-control-list\"",
      "files from before 2018 name the container access-lists; RFC 8519 calls it acls" },
    { "No module named",
      "extensions other than wardwatch-medical are not known; remove the member" },
    { "namespace-qualified",
      "the root members are ietf-mud:mud and ietf-access-control-list:acls" },
    { "Duplicate", "give each entry of a list a name of its own" },
    { "Mandatory", "add the missing member" },
    { "Invalid leafref", "a reference names something that is not in the file; correct the name" },
    { "ethernet-acl-type", "RFC 8519 calls the type eth-acl-type" },
    { "/type\"", "use ipv4-acl-type or ipv6-acl-type" },
    { "/ethertype\"", "write the number in decimal (2048) or by name (ipv4)" },
    { "\"range\"", "there is no operator range; use lower-port and upper-port" },
    { "operator", "give either operator and port, or lower-port and upper-port" },
    { "lower-port", "give either operator and port, or lower-port and upper-port, lower first" },
    { "port\"", "ports are JSON numbers from 0 to 65535, not text" },
    { "my-controller", "a leaf of type empty is written [null]" },
    { "same-manufacturer", "a leaf of type empty is written [null]" },
    { "local-networks", "a leaf of type empty is written [null]" },
    { "controller\"", "a controller is a URI such as https://maker.example/class/pacs" },
    { "last-update", "write RFC 3339 with a zone, as in 2026-01-15T09:00:00Z" },
    { "cache-validity", "hours from 1 to 168" },
    { "ipv4-network", "write address and prefix length, as in 192.0.2.0/24" },
    { "ipv6-network", "write an IPv6 address and prefix length, as in 2001:db8::/32" },
    { "dnsname", "a host name has no wildcard and no underscore" },
    { "domain-name", "a host name has no wildcard and no underscore" },
    { "not found", "correct the spelling; members of another module carry its name as prefix" },
};

static const char *remedy_for(const char *message, const char *path)
{
    for (size_t i = 0; i < sizeof(remedies) / sizeof(remedies[0]); i++)
        if (strstr(message, remedies[i].words) != NULL || strstr(path, remedies[i].words) != NULL)
            return remedies[i].remedy;
    return "see RFC 8520 and the YANG module";
}

/* "... line number 28." or "(Line number 28.)": the number, 0 when there is none. */
static unsigned line_in(const char *s)
{
    const char *at = s != NULL ? strstr(s, "ine number ") : NULL;
    if (at == NULL)
        return 0;
    unsigned long n = strtoul(at + strlen("ine number "), NULL, 10);
    return n > 0 && n < UINT32_MAX ? (unsigned)n : 0;
}

/**
 * In:     name   for messages; text ends with a NUL
 * Out:    tree   valid data, free with lyd_free_all; line of an error, 0 = not known
 */
enum ww_rc ww_yang_validate(const struct ww_yang *y, const char *name, const char *text,
                            struct lyd_node **tree, unsigned *line, struct ww_err *e)
{
    enum ww_rc rc = WW_OK;
    *line = 0;
    *tree = NULL;
    ly_err_clean(y->ctx, NULL);
    LY_ERR r = lyd_parse_data_mem(y->ctx, text, LYD_JSON, LYD_PARSE_STRICT | LYD_PARSE_NO_STATE,
                                  LYD_VALIDATE_NO_STATE, tree);
    if (r != LY_SUCCESS) {
        const struct ly_err_item *first = ly_err_first(y->ctx);
        const char *msg = first != NULL && first->msg != NULL ? first->msg : "not valid JSON";
        const char *path = first != NULL && first->path != NULL ? first->path : "";
        *line = line_in(path) != 0 ? line_in(path) : line_in(msg);
        if (*line == 0)
            *line = 1; /* about the file as a whole */
        rc = WW_FAIL(e, WW_E_CONF, "%s:%u: %s (%s); %s", name, *line, msg, path,
                     remedy_for(msg, path));
        lyd_free_all(*tree);
        *tree = NULL;
        ly_err_clean(y->ctx, NULL);
    }
    return rc;
}
