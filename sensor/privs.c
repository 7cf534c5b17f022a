/* privs.c - capabilities, no_new_privs, core files, and a seccomp filter without send calls. */
#include "sensor/privs.h"
#include <errno.h>
#include <seccomp.h>
#include <stddef.h>
#include <sys/capability.h>
#include <sys/prctl.h>
#include <sys/resource.h>

enum ww_rc ww_privs_process(struct ww_err *e)
{
    struct rlimit none = { 0, 0 };
    if (setrlimit(RLIMIT_CORE, &none) != 0 || prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0)
        return WW_FAIL(e, WW_E_SYS, "cannot switch core files off");
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
        return WW_FAIL(e, WW_E_SYS, "cannot give up new privileges");
    cap_t empty = cap_init();
    if (empty == NULL)
        return WW_FAIL(e, WW_E_SYS, "no memory for capabilities");
    int rc = cap_set_proc(empty);
    (void)cap_free(empty);
    if (rc != 0)
        return WW_FAIL(e, WW_E_SYS, "cannot give up capabilities");
    return WW_OK;
}

enum ww_rc ww_privs_no_send(struct ww_err *e)
{
    /* write(2) sends on a packet socket, too */
    static const int banned[] = { SCMP_SYS(sendto),     SCMP_SYS(sendmsg),  SCMP_SYS(sendmmsg),
                                  SCMP_SYS(write),      SCMP_SYS(writev),   SCMP_SYS(pwrite64),
                                  SCMP_SYS(pwritev),    SCMP_SYS(pwritev2), SCMP_SYS(sendfile),
                                  SCMP_SYS(splice),     SCMP_SYS(vmsplice), SCMP_SYS(tee),
                                  SCMP_SYS(socket),     SCMP_SYS(connect),  SCMP_SYS(bind),
                                  SCMP_SYS(execve),     SCMP_SYS(execveat), SCMP_SYS(fork),
                                  SCMP_SYS(vfork),      SCMP_SYS(ptrace),   SCMP_SYS(io_uring_setup),
                                  SCMP_SYS(io_submit) };
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
        return WW_FAIL(e, WW_E_SYS, "cannot give up new privileges");
    scmp_filter_ctx f = seccomp_init(SCMP_ACT_ALLOW);
    if (f == NULL)
        return WW_FAIL(e, WW_E_SYS, "no memory for a system call filter");
    /* calls by the gate of another architecture must not go round the filter */
    int rc = seccomp_attr_set(f, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS);
    for (size_t i = 0; i < sizeof banned / sizeof banned[0] && rc == 0; i++)
        rc = seccomp_rule_add(f, SCMP_ACT_KILL_PROCESS, banned[i], 0);
    if (rc == 0)
        rc = seccomp_load(f);
    seccomp_release(f);
    errno = -rc;
    return rc == 0 ? WW_OK : WW_FAIL(e, WW_E_SYS, "cannot load the system call filter");
}
