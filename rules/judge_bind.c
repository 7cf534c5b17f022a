/* judge_bind.c - which declaration belongs to which device: by the ledger, by --device, by the MUD
 * URL that a device told (RFC 8520 section 10: unauthenticated, so it may select, never widen). */
#include "rules/judge_int.h"
#include <dirent.h>
#include <stdlib.h>
#include <sys/stat.h>

static int by_name(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*a)->d_name, (*b)->d_name);
}

static int is_json(const struct dirent *d)
{
    size_t n = strlen(d->d_name);
    return n > 5 && d->d_name[0] != '.' && strcmp(d->d_name + n - 5, ".json") == 0;
}

/* Reads one declaration unless its path was read already. */
static enum ww_rc add(struct ww_judge *j, const char *path, char *owned, bool by_option,
                      struct ww_err *e)
{
    for (size_t i = 0; i < j->nbl; i++)
        if (strcmp(j->bl[i].path, path) == 0) {
            free(owned);
            return WW_OK;
        }
    if (j->nbl == JUDGE_BL_MAX) {
        free(owned);
        return WW_FAIL(e, WW_E_LIMIT, "%s: more than %d declarations", path, JUDGE_BL_MAX);
    }
    struct judge_bl *b = &j->bl[j->nbl];
    enum ww_rc rc = ww_baseline_load(&b->bl, path, j->yang, e);
    if (rc != WW_OK) {
        free(owned);
        return rc;
    }
    b->path = path;
    b->owned_path = owned;
    b->by_option = by_option;
    j->nbl++;
    return WW_OK;
}

/* All *.json of a folder, in the order of their names. */
static enum ww_rc add_folder(struct ww_judge *j, const char *dir, struct ww_err *e)
{
    struct dirent **list = NULL;
    enum ww_rc rc = WW_OK;
    int n = scandir(dir, &list, is_json, by_name);
    if (n < 0)
        return WW_FAIL(e, WW_E_SYS, "%s: cannot read the folder", dir);
    if (n == 0)
        rc = WW_FAIL(e, WW_E_CONF,
                     "%s: no declaration (*.json) in this folder; name another or "
                     "leave --baseline out",
                     dir);
    for (int i = 0; i < n; i++) {
        size_t room = strlen(dir) + strlen(list[i]->d_name) + 2;
        char *path = rc == WW_OK ? malloc(room) : NULL;
        if (rc == WW_OK && path == NULL)
            rc = WW_FAIL(e, WW_E_SYS, "%s: no memory", dir);
        if (path != NULL) {
            struct ww_out o = ww_out(path, room - 1);
            ww_out_f(&o, "%s/%s", dir, list[i]->d_name);
            path[o.n] = 0;
            rc = add(j, path, path, true, e);
        }
        free(list[i]);
    }
    free(list);
    return rc;
}

/* What the ledger says about the titles of a device, in the form of the medical questions. */
static enum ww_rc map_dicom(struct ww_judge *j, struct ww_err *e)
{
    size_t n;
    const struct ww_site_device *d = ww_site_devices(j->cfg.site, &n);
    j->site_dicom = calloc(n > 0 ? n : 1, sizeof *j->site_dicom);
    if (j->site_dicom == NULL)
        return WW_FAIL(e, WW_E_SYS, "devices: no memory");
    for (size_t i = 0; i < n; i++) {
        if (d[i].nae == 0)
            continue;
        j->site_dicom[i].ae = calloc(d[i].nae, sizeof *j->site_dicom[i].ae);
        if (j->site_dicom[i].ae == NULL)
            return WW_FAIL(e, WW_E_SYS, "devices: no memory");
        j->site_dicom[i].n = d[i].nae;
        for (size_t k = 0; k < d[i].nae; k++)
            j->site_dicom[i].ae[k] = (struct ww_bl_site_ae){ .id = d[i].ae[k].id,
                                                             .title = d[i].ae[k].title,
                                                             .remote = d[i].ae[k].remote,
                                                             .nremote = d[i].ae[k].nremote };
    }
    return WW_OK;
}

enum ww_rc ww_judge_load(struct ww_judge *j, struct ww_err *e)
{
    size_t n;
    const struct ww_site_device *d = ww_site_devices(j->cfg.site, &n);
    bool any = j->cfg.nbaselines > 0;
    for (size_t i = 0; i < n; i++)
        any = any || d[i].baseline[0] != 0;
    j->bl = calloc(JUDGE_BL_MAX, sizeof *j->bl);
    if (j->bl == NULL)
        return WW_FAIL(e, WW_E_SYS, "declarations: no memory");
    enum ww_rc rc = any ? ww_yang_open(&j->yang, j->cfg.data_dir, e) : WW_OK;
    for (size_t i = 0; i < j->cfg.nbaselines && rc == WW_OK; i++) {
        struct stat st;
        const char *path = j->cfg.baseline_paths[i];
        bool folder = stat(path, &st) == 0 && S_ISDIR(st.st_mode);
        rc = folder ? add_folder(j, path, e) : add(j, path, NULL, true, e);
    }
    for (size_t i = 0; i < n && rc == WW_OK; i++) {
        struct ww_err inner = { .rc = WW_OK };
        if (d[i].baseline[0] == 0)
            continue;
        rc = add(j, d[i].baseline, NULL, false, &inner);
        if (rc != WW_OK) {
            ww_err_set(e, rc == WW_E_SYS ? WW_E_CONF : rc, "%s:%u: the declaration of '%s': %s",
                       ww_site_file(j->cfg.site), d[i].line, d[i].id, inner.text);
            rc = e->rc;
        }
    }
    return rc == WW_OK ? map_dicom(j, e) : rc;
}

void ww_judge_unload(struct ww_judge *j)
{
    size_t n;
    (void)ww_site_devices(j->cfg.site, &n);
    for (size_t i = 0; i < j->nbl; i++) {
        ww_baseline_free(j->bl[i].bl);
        free(j->bl[i].owned_path);
    }
    free(j->bl);
    for (size_t i = 0; j->site_dicom != NULL && i < n; i++)
        free(j->site_dicom[i].ae);
    free(j->site_dicom);
    ww_yang_free(j->yang);
}

bool ww_judge_is_device(const struct ww_device *dev, const char *text)
{
    struct ww_ip ip;
    struct ww_mac mac;
    if (strcmp(dev->id, text) == 0)
        return true;
    if (ww_mac_parse(&mac, text))
        return ww_mac_eq(&dev->mac, &mac);
    if (!ww_ip_parse(&ip, text))
        return false;
    if (ww_ip_eq(&dev->ip, &ip))
        return true;
    for (size_t i = 0; dev->ledger != NULL && i < dev->ledger->nip; i++)
        if (ww_ip_eq(&dev->ledger->ip[i], &ip))
            return true;
    return false;
}

static void give(struct ww_judge *j, struct ww_device *dev, const struct ww_event *cause,
                 struct judge_bl *b, const char *by)
{
    dev->bl = b->bl;
    b->bound++;
    ww_devices_fact(j->devices, dev, cause, "baseline", ww_slice_str(b->path), by, 3);
}

void ww_judge_bind(struct ww_judge *j, struct ww_device *dev)
{
    if (dev->bl != NULL)
        return;
    /* what the user names on the command line is stronger than the ledger */
    for (size_t i = 0; i < j->cfg.nbind_to; i++)
        if (ww_judge_is_device(dev, j->cfg.bind_to[i]))
            for (size_t k = 0; k < j->nbl; k++)
                if (j->bl[k].by_option) {
                    give(j, dev, NULL, &j->bl[k], "option --device");
                    return;
                }
    if (dev->ledger == NULL || dev->ledger->baseline[0] == 0)
        return;
    for (size_t k = 0; k < j->nbl; k++)
        if (strcmp(j->bl[k].path, dev->ledger->baseline) == 0) {
            give(j, dev, NULL, &j->bl[k], "ledger");
            return;
        }
}

void ww_judge_bind_url(struct ww_judge *j, struct ww_device *dev, const struct ww_event *cause,
                       struct ww_slice url)
{
    if (url.n == 0)
        return;
    if (dev->bl != NULL) {
        if (!ww_slice_eqs(url, ww_bl_mud_url(dev->bl))) {
            char text[160];
            struct ww_out o = ww_out(text, sizeof text - 1);
            ww_out_text(&o, url);
            text[o.n] = 0;
            ww_devices_changed(j->devices, dev, cause, "mud_url", ww_bl_mud_url(dev->bl), text);
        }
        return;
    }
    for (size_t k = 0; k < j->nbl; k++)
        if (ww_slice_eqs(url, ww_bl_mud_url(j->bl[k].bl))) {
            give(j, dev, cause, &j->bl[k], "dhcp.message.mud_url");
            ww_devices_changed(j->devices, dev, cause, "baseline", "", j->bl[k].path);
            return;
        }
}
