/* lint.c - what a valid declaration still has wrong: rules of RFC 8520 that YANG cannot say. */
#include "rules/baseline/bl.h"
#include <libyang/libyang.h>
#include <stdarg.h>
#include <stdio.h>

enum { REMARKS_MAX = 100 }; /* each costs a walk over the text */

void ww_bl_say(struct bl_lint *l, enum ww_bl_level level, const char *id, const char *path,
               const char *fmt, ...)
{
    char text[400];
    va_list ap;
    va_start(ap, fmt);
    int n = vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    if (n < 0)
        text[0] = 0;
    if (level == WW_BL_ERROR)
        l->errors++;
    if (++l->remarks > REMARKS_MAX && (level != WW_BL_ERROR || l->errors > 1))
        return; /* counted, and told as a number at the end */
    unsigned line = ww_bl_line(l->text, path);
    if (level == WW_BL_ERROR && l->errors == 1) {
        struct ww_out o = ww_out(l->first, sizeof l->first - 1);
        ww_out_s(&o, text);
        l->first[o.n] = 0;
        l->first_line = line;
    }
    struct ww_bl_remark r = { level, id, line, text };
    if (l->fn != NULL)
        l->fn(l->to, &r);
}

/* Path of an entry, for the line number. */
static const char *where(char dst[96], const struct bl_ace *a, const char *below)
{
    (void)snprintf(dst, 96, "acls/acl[%u]/aces/ace[%u]%s", a->acl_at, a->ace_at, below);
    return dst;
}

static void lint_mud(const struct ww_baseline *b, struct bl_lint *l)
{
    if (b->mud_version != 1)
        ww_bl_say(l, WW_BL_ERROR, "mud-version", "mud/mud-version",
                  "mud-version is %u; RFC 8520 defines version 1 only", b->mud_version);
    if (strncmp(b->mud_url, "https://", 8) != 0)
        ww_bl_say(
            l, WW_BL_ERROR, "mud-url-https", "mud/mud-url",
            "mud-url does not begin with https://; RFC 8520 section 3.1 allows no other scheme");
    if (strlen(b->systeminfo) > 60)
        ww_bl_say(l, WW_BL_WARNING, "systeminfo-length", "mud/systeminfo",
                  "systeminfo has more than 60 bytes; displays will cut it, so shorten it");
    if (b->cache_hours < 24)
        ww_bl_say(l, WW_BL_WARNING, "cache-validity", "mud/cache-validity",
                  "cache-validity is %u hours; at least 24 are advised", b->cache_hours);
    if (!b->supported)
        ww_bl_say(l, WW_BL_WARNING, "not-supported", "mud/is-supported",
                  "is-supported is false: the manufacturer no longer updates the device or this "
                  "file; ask what replaces it");
    if (!b->has_policy[WW_BL_FROM_DEVICE])
        ww_bl_say(l, WW_BL_WARNING, "no-from-policy", "mud",
                  "there is no from-device-policy: nothing the device sends is declared");
    if (!b->has_policy[WW_BL_TO_DEVICE])
        ww_bl_say(
            l, WW_BL_WARNING, "no-to-policy", "mud",
            "there is no to-device-policy: nothing sent to the device is declared; answers to "
            "its own connections are accepted with a note");
}

static void lint_extensions(const struct ww_baseline *b, struct bl_lint *l)
{
    bool declared = ww_bl_is_in(&b->extensions, "wardwatch-medical");
    if (b->medical && !declared)
        ww_bl_say(l, WW_BL_ERROR, "extension-undeclared", "mud/wardwatch-medical:device",
                  "the file uses wardwatch-medical but its extensions do not list it; add it "
                  "(RFC 8520 section 14)");
    for (uint32_t i = 0; i < b->extensions.n; i++)
        if (strcmp(b->extensions.v[i], "wardwatch-medical") != 0)
            ww_bl_say(l, WW_BL_WARNING, "extension-unknown", "mud/extensions",
                      "extension %s is not known to this program and is not evaluated",
                      b->extensions.v[i]);
}

/* Lists that no policy names, or both. */
static void lint_references(const struct lyd_node *root, struct bl_lint *l)
{
    const struct lyd_node *mud = ww_bl_top(root, "mud");
    const char *const policy[] = { "from-device-policy", "to-device-policy" };
    unsigned at = 0;
    for (const struct lyd_node *acl = ww_bl_child(ww_bl_top(root, "acls"), "acl"); acl != NULL;
         acl = ww_bl_next(acl), at++) {
        const char *name = ww_bl_leaf(acl, "name");
        unsigned uses = 0;
        char path[48];
        (void)snprintf(path, sizeof path, "acls/acl[%u]", at);
        for (size_t p = 0; p < 2; p++) {
            const struct lyd_node *lists = ww_bl_child(ww_bl_child(mud, policy[p]), "access-lists");
            for (const struct lyd_node *r = ww_bl_child(lists, "access-list"); r != NULL;
                 r = ww_bl_next(r)) {
                const char *n = ww_bl_leaf(r, "name");
                uses += n != NULL && name != NULL && strcmp(n, name) == 0;
            }
        }
        if (uses == 0)
            ww_bl_say(l, WW_BL_WARNING, "acl-unused", path,
                      "no policy names the list %.64s, so it has no effect; name it in "
                      "from-device-policy or to-device-policy",
                      name);
        if (uses > 1)
            ww_bl_say(l, WW_BL_WARNING, "acl-twice", path,
                      "the list %.64s applies to both directions; its source and destination then "
                      "mean different ends, so write one list for each direction",
                      name);
    }
}

static void lint_ace(const struct bl_ace *a, struct bl_lint *l)
{
    char p[96];
    if ((a->flaw & BL_FLAW_PROTO) != 0)
        ww_bl_say(l, WW_BL_ERROR, "protocol-contradiction", where(p, a, "/matches"),
                  "entry %.64s: the IP protocol contradicts the tcp, udp or icmp conditions, so it "
                  "can never match; make them agree",
                  a->name);
    if ((a->flaw & BL_FLAW_FAMILY) != 0)
        ww_bl_say(
            l, WW_BL_ERROR, "family-contradiction", where(p, a, "/matches"),
            "entry %.64s: the list %.64s is of the other IP version; move the entry to a list "
            "of its own version",
            a->name, a->acl);
    if (a->wrong_dns[0] != 0)
        ww_bl_say(
            l, WW_BL_ERROR, "dns-name-side", where(p, a, "/matches"),
            "entry %.64s: the name %.80s stands on the device's side; RFC 8520 section 8 wants "
            "%s here",
            a->name, a->wrong_dns, a->dir == WW_BL_FROM_DEVICE ? "dst-dnsname" : "src-dnsname");
    if ((a->flaw & BL_FLAW_REJECT) != 0)
        ww_bl_say(l, WW_BL_WARNING, "action", where(p, a, "/actions"),
                  "entry %.64s: only accept and drop belong in a MUD file; it is read as drop",
                  a->name);
    if ((a->flaw & BL_FLAW_TWO) != 0)
        ww_bl_say(l, WW_BL_WARNING, "two-abstractions", where(p, a, "/matches/mud"),
                  "entry %.64s: several conditions on the peer must all hold; write one entry for "
                  "each if any of them is meant",
                  a->name);
    if ((a->flaw & BL_FLAW_HOST_BITS) != 0)
        ww_bl_say(l, WW_BL_WARNING, "host-bits", where(p, a, "/matches"),
                  "entry %.64s: a network has bits set behind its prefix length; they are ignored",
                  a->name);
    if ((a->flaw & BL_FLAW_DEVICE_NET) != 0)
        ww_bl_say(l, WW_BL_WARNING, "device-address", where(p, a, "/matches"),
                  "entry %.64s: an address on the device's own side; the direction says already "
                  "that it is the device, so remove it",
                  a->name);
    if ((a->flaw & BL_FLAW_LITERAL) != 0)
        ww_bl_say(
            l, WW_BL_WARNING, "literal-address", where(p, a, "/matches"),
            "entry %.64s: an address of a peer; a class or a name fits more than one hospital",
            a->name);
    if (a->catch_all && a->action == BL_ACCEPT)
        ww_bl_say(l, WW_BL_WARNING, "any-packet", where(p, a, ""),
                  "entry %.64s accepts every packet: nothing can deviate from this declaration",
                  a->name);
    if (a->not_evaluated)
        ww_bl_say(l, WW_BL_WARNING, "not-evaluated", where(p, a, "/matches"),
                  "entry %.64s has conditions on single packets that are not evaluated: an accept "
                  "counts without them, a drop is passed over",
                  a->name);
    if (strncmp(a->controller, "urn:ietf:params:mud:", 20) == 0 &&
        strcmp(a->controller, "urn:ietf:params:mud:dns") != 0 &&
        strcmp(a->controller, "urn:ietf:params:mud:ntp") != 0)
        ww_bl_say(l, WW_BL_WARNING, "unregistered-urn", where(p, a, "/matches/mud/controller"),
                  "entry %.64s: %.80s is not registered; use a class URI of your own", a->name,
                  a->controller);
}

/* Is the entry y the other half of the pair that x begins? */
static bool mirror(const struct bl_ace *x, const struct bl_ace *y)
{
    return y->dir != x->dir && y->action == BL_ACCEPT && y->proto == x->proto &&
           (y->peer_port.op == BL_OP_ANY ||
            (y->peer_port.op == x->peer_port.op && y->peer_port.lo == x->peer_port.lo)) &&
           (y->device_port.op == BL_OP_ANY ||
            (y->device_port.op == x->device_port.op && y->device_port.lo == x->device_port.lo));
}

/* Remarks that would come once per entry: told once, with a count and the first place. */
static void lint_counts(const struct ww_baseline *b, struct bl_lint *l)
{
    const struct bl_ace *open = NULL;
    const struct bl_ace *single = NULL;
    size_t nopen = 0;
    size_t nsingle = 0;
    char p[96];
    for (size_t i = 0; i < b->nace; i++) {
        const struct bl_ace *a = &b->ace[i];
        if (a->action != BL_ACCEPT)
            continue;
        if (a->proto == 6 && a->initiated == BL_ANY_SIDE && nopen++ == 0)
            open = a;
        if ((a->proto != 6 && a->proto != 17) || !b->has_policy[WW_BL_TO_DEVICE] ||
            !b->has_policy[WW_BL_FROM_DEVICE] || b->ace[a->group].acl_at != a->acl_at)
            continue;
        bool found = false;
        for (size_t j = 0; !found && j < b->nace; j++)
            found = mirror(a, &b->ace[j]);
        bool group = a->peer_net.fam != 0 && (a->flaw & BL_FLAW_LITERAL) == 0;
        if (!found && !group && nsingle++ == 0)
            single = a;
    }
    if (open != NULL)
        ww_bl_say(
            l, WW_BL_WARNING, "no-direction", where(p, open, "/matches/tcp"),
            "%zu TCP entries have no direction-initiated (first: %.64s): either side may then "
            "open the connection; add it to both entries of a pair",
            nopen, open->name);
    if (single != NULL)
        ww_bl_say(l, WW_BL_WARNING, "one-way", where(p, single, ""),
                  "%zu entries have no counterpart in the other direction (first: %.64s): the "
                  "answers are not declared",
                  nsingle, single->name);
}

/**
 * All remarks on a valid file.
 * In: b the compiled form; root the tree it came from, for lists that no policy names
 */
void ww_bl_lint(const struct ww_baseline *b, const struct lyd_node *root, struct bl_lint *l)
{
    lint_mud(b, l);
    lint_extensions(b, l);
    lint_references(root, l);
    for (size_t i = 0; i < b->nace; i++)
        lint_ace(&b->ace[i], l);
    lint_counts(b, l);
    if (b->medical)
        ww_bl_lint_medical(b, l);
    if (l->remarks > REMARKS_MAX && l->fn != NULL) {
        char text[80];
        (void)snprintf(text, sizeof text, "%u more remarks; correct the first ones and look again",
                       l->remarks - REMARKS_MAX);
        struct ww_bl_remark r = { WW_BL_WARNING, "more", 0, text };
        l->fn(l->to, &r);
    }
}
