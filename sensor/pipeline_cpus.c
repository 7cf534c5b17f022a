/* pipeline_cpus.c - names of threads, and the processors that they run on. */
#include "sensor/pipeline_threads.h"
#include <sched.h>
#include <stdio.h>

enum ww_rc ww_cpus_check(const struct ww_pipeline_cfg *cfg, struct ww_err *e)
{
    cpu_set_t may;
    if (cfg->ncpus == 0)
        return WW_OK;
    if (sched_getaffinity(0, sizeof may, &may) != 0)
        return WW_FAIL(e, WW_E_SYS, "cannot find out which processors there are");
    for (unsigned i = 0; i < cfg->ncpus; i++)
        if (cfg->cpus[i] >= CPU_SETSIZE || !CPU_ISSET(cfg->cpus[i], &may))
            return WW_FAIL(e, WW_E_CONF,
                           "--cpus: processor %u is not there or not allowed; 'taskset -cp $$' tells "
                           "which are",
                           cfg->cpus[i]);
    return WW_OK;
}

void ww_cpus_here(const struct ww_pipeline_cfg *cfg, const char *name, unsigned i, unsigned turn)
{
    char text[16];
    cpu_set_t set;
    CPU_ZERO(&set);
    if (name != NULL) {
        (void)snprintf(text, sizeof text, "%s %u", name, i);
        (void)pthread_setname_np(pthread_self(), text);
    }
    if (cfg->ncpus == 0)
        return;
    for (unsigned k = 0; k < cfg->ncpus; k++)
        if (turn == WW_CPUS_ANY || k == turn % cfg->ncpus)
            CPU_SET(cfg->cpus[k], &set);
    /* they were there at the start; one that is taken away later costs speed, not packets */
    (void)sched_setaffinity(0, sizeof set, &set);
}
