/* monitor.c - wardwatch monitor: the same pipeline, live. The main thread waits in libevent for signals
 * and timers; packets run in their own threads. */
#include "sensor/cli/cli.h"
#include <event2/event.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct live {
    struct ww_pipeline_cfg pc;
    struct ww_pipeline_result r;
    struct ww_err err;
    enum ww_rc rc;
    struct event_base *base;
    atomic_bool stop;
};

static void on_stop(evutil_socket_t sig, short what, void *arg)
{
    struct live *l = arg;
    (void)sig;
    (void)what;
    atomic_store_explicit(&l->stop, true, memory_order_relaxed);
    /* the pipeline thread ends the loop when it has drained everything */
}

/* Ends the loop from its own thread once the pipeline is done. */
static void on_poll(evutil_socket_t fd, short what, void *arg)
{
    struct live *l = arg;
    char byte;
    (void)what;
    if (read(fd, &byte, 1) >= 0)
        (void)event_base_loopbreak(l->base);
}

struct runner {
    struct live *l;
    int done[2];
};

static void *pipeline(void *arg)
{
    struct runner *r = arg;
    r->l->rc = ww_pipeline_live(&r->l->pc, &r->l->r, &r->l->err);
    (void)close(r->done[1]); /* wakes the main thread */
    return NULL;
}

/* Runs the pipeline in a thread and waits for signals. */
static enum ww_rc listen_until_stopped(struct live *l, struct ww_err *e)
{
    struct runner r = { .l = l };
    pthread_t t;
    enum ww_rc rc = WW_OK;
    if (pipe2(r.done, O_CLOEXEC) != 0)
        return WW_FAIL(e, WW_E_SYS, "cannot make a pipe");
    l->base = event_base_new();
    struct event *term = l->base ? evsignal_new(l->base, SIGTERM, on_stop, l) : NULL;
    struct event *intr = l->base ? evsignal_new(l->base, SIGINT, on_stop, l) : NULL;
    struct event *done = l->base ? event_new(l->base, r.done[0], EV_READ, on_poll, l) : NULL;
    if (term == NULL || intr == NULL || done == NULL || event_add(term, NULL) != 0 ||
        event_add(intr, NULL) != 0 || event_add(done, NULL) != 0) {
        rc = WW_FAIL(e, WW_E_SYS, "cannot set up the event loop");
        goto out;
    }
    if (pthread_create(&t, NULL, pipeline, &r) != 0) {
        rc = WW_FAIL(e, WW_E_SYS, "cannot start a thread");
        goto out;
    }
    (void)event_base_dispatch(l->base);
    (void)pthread_join(t, NULL);
    rc = l->rc;
    if (rc != WW_OK)
        *e = l->err;
out:
    if (term != NULL)
        event_free(term);
    if (intr != NULL)
        event_free(intr);
    if (done != NULL)
        event_free(done);
    if (l->base != NULL)
        event_base_free(l->base);
    (void)close(r.done[0]);
    return rc;
}

static void said_at_start(const struct ww_setup *s, const struct ww_opts *o)
{
    for (size_t i = 0; ww_judge_note(s->judge, i) != NULL; i++)
        ww_note("%s", ww_judge_note(s->judge, i));
    ww_note("listening on %zu interface%s, %u worker%s, up to %zu MiB of tables each; nothing is "
            "ever sent",
            o->ifaces.n, o->ifaces.n == 1 ? "" : "s", o->jobs, o->jobs == 1 ? "" : "s",
            ww_worker_budget(&o->worker) >> 20);
    if (o->db == NULL && o->events == NULL)
        ww_note("neither --db nor --events is given: a summary is printed at the end, nothing else "
                "is kept");
}

static int run(struct ww_setup *s, struct ww_opts *o)
{
    struct ww_err e;
    struct live l = { .rc = WW_OK };
    l.pc.worker = o->worker;
    l.pc.worker.dissectors = ww_dissectors;
    l.pc.worker.key = ww_key_random();
    l.pc.workers = o->jobs;
    l.pc.sources = o->ifaces.v;
    l.pc.nsources = (unsigned)o->ifaces.n;
    l.pc.filter = o->filter;
    l.pc.live = (struct ww_live_cfg){ .buffer_mib = (int)o->buffer_mib,
                                      .promisc = !o->promisc_off };
    l.pc.out = (struct ww_outlets){ .judge = s->judge, .store = s->store, .eve = s->eve };
    l.pc.stop = &l.stop;
    said_at_start(s, o);
    if (listen_until_stopped(&l, &e) != WW_OK)
        return ww_tell(&e);
    if (ww_store_sync(s->store, &e) != WW_OK)
        return ww_tell(&e);
    ww_note("%llu packets seen, %llu dropped by the kernel, %llu by full rings",
            (unsigned long long)l.r.stats.capture__packets,
            (unsigned long long)(l.r.stats.capture__kernel_drops == WW_NULL64
                                     ? 0
                                     : l.r.stats.capture__kernel_drops),
            (unsigned long long)l.r.stats.capture__ring_drops);
    if (l.r.unguarded > 0)
        ww_note("%u threads ran without the system call filter: the kernel refused it; nothing was "
                "sent, but nothing would have prevented it",
                l.r.unguarded);
    if (o->db != NULL || o->events != NULL)
        return WW_EXIT_OK;
    return ww_cli_summary(s, o, &e) == WW_OK ? WW_EXIT_OK : ww_tell(&e);
}

int ww_cmd_monitor(struct ww_opts *o)
{
    struct ww_setup s = { .judge = NULL };
    struct ww_err e;
    int code;
    char *own = NULL;
    if (o->nargs > 0) {
        (void)fprintf(stderr, "wardwatch: monitor: %s: an interface is named with -i\n", o->args[0]);
        return WW_EXIT_INPUT;
    }
    enum ww_rc rc = ww_config_read(o, &e);
    if (rc == WW_OK && o->ifaces.n == 0 && !o->test_config) {
        (void)fputs("wardwatch: monitor: no interface; name one with -i\n", stderr);
        return WW_EXIT_INPUT;
    }
    if (rc == WW_OK)
        rc = ww_cli_filter(o, &own, &e);
    if (rc == WW_OK)
        rc = ww_setup_open(&s, o, "monitor", o->ifaces.v, true, &e);
    if (rc != WW_OK) {
        code = ww_tell(&e);
        ww_setup_drop(&s);
    } else if (o->test_config) {
        (void)puts("configuration, site file and declarations are usable");
        code = WW_EXIT_OK;
        ww_setup_drop(&s);
    } else {
        if (!o->lang_given && ww_site_language(s.site)[0] != 0)
            o->lang_ja = strcmp(ww_site_language(s.site), "ja") == 0;
        code = run(&s, o);
        if (ww_setup_close(&s, &e) != WW_OK && code == WW_EXIT_OK)
            code = ww_tell(&e);
    }
    free(own);
    return code;
}
