/* monitor.c - wardwatch monitor: the same pipeline, live. The main thread waits in libevent for signals
 * and timers; packets run in their own threads. */
#include "sensor/cli/cli.h"
#include "sensor/privs.h"
#include <event2/event.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

struct restore {
    struct ww_judge *judge;
    size_t n, lost;
};

static void restore(void *to, const struct ww_alert *a, const char *action)
{
    struct restore *r = to;
    bool kept = ww_judge_restore(r->judge, a, action);
    r->n += kept;
    r->lost += !kept;
}

struct live {
    const struct ww_opts *o;
    struct restore back;
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

/* Said only when it works: who made a mistake reads one sentence. */
static void said_when_ready(const struct live *l)
{
    const struct ww_opts *o = l->o;
    for (size_t i = 0; ww_judge_note(l->pc.out.judge, i) != NULL; i++)
        ww_note("%s", ww_judge_note(l->pc.out.judge, i));
    if (o->db == NULL && o->events == NULL)
        ww_note("neither --db nor --events is given: a summary is printed at the end, nothing else "
                "is kept");
    if (l->back.n > 0)
        ww_note("%zu stored alerts are taken up%s", l->back.n,
                l->back.lost > 0 ? "; older ones found no room" : "");
    ww_note("listening on %zu interface%s, %u worker%s, up to %zu MiB of tables each; nothing is "
            "ever sent",
            o->ifaces.n, o->ifaces.n == 1 ? "" : "s", o->jobs, o->jobs == 1 ? "" : "s",
            ww_worker_budget(&o->worker) >> 20);
}

/* A byte: everything is open and listened to. The end: the pipeline is done. */
static void on_word(evutil_socket_t fd, short what, void *arg)
{
    struct live *l = arg;
    struct ww_err e;
    char byte;
    (void)what;
    ssize_t n = read(fd, &byte, 1);
    if (n > 0) {
        /* the threads of the pipeline have given up theirs; privileges are each thread's own */
        if (ww_privs_process(&e) != WW_OK)
            ww_note("%s; one thread that sees no packets keeps the rights it was started with", e.text);
        said_when_ready(l);
    } else if (n == 0) {
        (void)event_base_loopbreak(l->base);
    }
}

struct runner {
    struct live *l;
    int words[2];
};

static void ready(void *to)
{
    const struct runner *r = to;
    (void)!write(r->words[1], "r", 1);
}

static void iface(void *to, const char *name, enum ww_iface state)
{
    const struct runner *r = to;
    switch (state) {
    case WW_IFACE_UP:
        ww_note("%s: the interface is up again", name);
        break;
    case WW_IFACE_DOWN:
        ww_note("%s: the interface is down, nothing is seen there; it goes on by itself once the "
                "interface is up",
                name);
        break;
    case WW_IFACE_GONE:
        if (r->l->o->ifaces.n > 1) /* else the run ends and says so */
            ww_note("%s: the interface is gone; other interfaces are still listened to", name);
        break;
    }
}

static void trouble(void *to, const struct ww_err *e, bool again)
{
    const struct runner *r = to;
    (void)ww_tell(e);
    if (again)
        ww_note("it goes on listening, and tries to store again every minute");
    else if (r->l->o->db != NULL)
        ww_note("it goes on with the database; start it again to write events");
    else /* nobody would ever see what it finds */
        atomic_store_explicit(&r->l->stop, true, memory_order_relaxed);
}

static void *pipeline(void *arg)
{
    struct runner *r = arg;
    r->l->pc.ready = ready;
    r->l->pc.ready_to = r;
    r->l->pc.iface = iface;
    r->l->pc.trouble = trouble;
    r->l->rc = ww_pipeline_live(&r->l->pc, &r->l->r, &r->l->err);
    (void)close(r->words[1]); /* wakes the main thread */
    return NULL;
}

/* Signals are the main thread's: libevent's handler writes, which the threads of the pipeline may
 * not. */
static bool start_quiet(pthread_t *t, struct runner *r)
{
    sigset_t all;
    sigset_t before;
    (void)sigfillset(&all);
    (void)pthread_sigmask(SIG_SETMASK, &all, &before);
    int rc = pthread_create(t, NULL, pipeline, r);
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    return rc == 0;
}

/* Runs the pipeline in a thread and waits for signals. */
static enum ww_rc listen_until_stopped(struct live *l, struct ww_err *e)
{
    struct runner r = { .l = l };
    pthread_t t;
    enum ww_rc rc = WW_OK;
    if (pipe2(r.words, O_CLOEXEC) != 0)
        return WW_FAIL(e, WW_E_SYS, "cannot make a pipe");
    l->base = event_base_new();
    struct event *term = l->base ? evsignal_new(l->base, SIGTERM, on_stop, l) : NULL;
    struct event *intr = l->base ? evsignal_new(l->base, SIGINT, on_stop, l) : NULL;
    struct event *done =
        l->base ? event_new(l->base, r.words[0], EV_READ | EV_PERSIST, on_word, l) : NULL;
    if (term == NULL || intr == NULL || done == NULL || event_add(term, NULL) != 0 ||
        event_add(intr, NULL) != 0 || event_add(done, NULL) != 0) {
        rc = WW_FAIL(e, WW_E_SYS, "cannot set up the event loop");
        goto out;
    }
    if (!start_quiet(&t, &r)) {
        (void)close(r.words[1]);
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
    (void)close(r.words[0]);
    return rc;
}

/* What was left out because packets came too fast: the operator can give it more. */
static void said_of_load(const struct ww_stats *s)
{
    uint64_t other = s->overload__body_bytes + s->overload__head_bytes;
    if (s->overload__raised == 0)
        return;
    ww_note("packets came faster than they could be taken: %llu KiB of bulk transfers and %llu KiB of "
            "other payload were not dissected, of %llu packets only the headers were looked at; "
            "more workers (-j) or processors help",
            (unsigned long long)(s->overload__bulk_bytes >> 10), (unsigned long long)(other >> 10),
            (unsigned long long)s->overload__cut_packets);
}

static int run(struct ww_setup *s, struct ww_opts *o, struct ww_pipeline_cfg *pc)
{
    struct ww_err e;
    struct live l = { .rc = WW_OK, .o = o, .back = { .judge = s->judge }, .pc = *pc };
    l.pc.live = (struct ww_live_cfg){ .buffer_mib = (int)o->buffer_mib,
                                      .promisc = !o->promisc_off };
    l.pc.stop = &l.stop;
    /* before the threads start: the judge becomes the judge thread's, the store the writer's */
    if (ww_store_replay(s->store, restore, &l.back, &e) != WW_OK)
        return ww_tell(&e);
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
    said_of_load(&l.r.stats);
    if (l.r.unguarded > 0)
        ww_note("%u threads ran without the system call filter: the kernel refused it; nothing was "
                "sent, but nothing would have prevented it",
                l.r.unguarded);
    if (l.r.unheard > 0)
        ww_note("%llu times decisions about alerts could not be taken over while it ran; the next "
                "start takes them up",
                (unsigned long long)l.r.unheard);
    if (o->db != NULL || o->events != NULL)
        return WW_EXIT_OK;
    return ww_cli_summary(s, o, &e) == WW_OK ? WW_EXIT_OK : ww_tell(&e);
}

int ww_cmd_monitor(struct ww_opts *o)
{
    if (o->nargs > 0) {
        (void)fprintf(stderr, "wardwatch: monitor: %s: an interface is named with -i\n", o->args[0]);
        return WW_EXIT_INPUT;
    }
    if (o->ifaces.n == 0 && !o->test_config) {
        (void)fputs("wardwatch: monitor: no interface; name one with -i\n", stderr);
        return WW_EXIT_INPUT;
    }
    return ww_setup_run(o, "monitor", o->ifaces.v, o->ifaces.n, true, run);
}
