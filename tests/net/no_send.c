/* no_send.c - a thread that called ww_privs_no_send dies of any call that could send, write, open a
 * socket or start a program, and can still do what capture, workers and judge need. Each attempt
 * has its own process. */
#include "sensor/privs.h"
#include <fcntl.h>
#include <net/if.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static int pair[2]; /* a connected pair of datagram sockets: what is sent on 0 can be read from 1 */
static int file[2]; /* a pipe */
static char byte = 'x';
static struct iovec one = { &byte, 1 };

static long do_send(void)
{
    return send(pair[0], &byte, 1, 0);
}
static long do_sendto(void)
{
    return sendto(pair[0], &byte, 1, 0, NULL, 0);
}
static long do_sendmsg(void)
{
    struct msghdr m = { .msg_iov = &one, .msg_iovlen = 1 };
    return sendmsg(pair[0], &m, 0);
}
static long do_sendmmsg(void)
{
    struct mmsghdr m = { .msg_hdr = { .msg_iov = &one, .msg_iovlen = 1 } };
    return syscall(SYS_sendmmsg, pair[0], &m, 1, 0);
}
static long do_write(void)
{
    return write(pair[0], &byte, 1);
}
static long do_writev(void)
{
    return writev(pair[0], &one, 1);
}
static long do_sendfile(void)
{
    int f = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
    return sendfile(pair[0], f, NULL, 1);
}
static long do_splice(void)
{
    return splice(file[0], NULL, pair[0], NULL, 1, 0);
}
static long do_vmsplice(void)
{
    return vmsplice(file[1], &one, 1, 0);
}
static long do_socket(void)
{
    return socket(AF_INET, SOCK_DGRAM, 0);
}
static long do_packet_socket(void)
{
    return socket(AF_PACKET, SOCK_RAW, 0);
}
static long do_connect(void)
{
    struct sockaddr a = { .sa_family = AF_UNSPEC };
    return connect(pair[0], &a, sizeof a);
}
static long do_bind(void)
{
    struct sockaddr a = { .sa_family = AF_UNIX };
    return bind(pair[0], &a, sizeof a);
}
static long do_exec(void)
{
    char *const argv[] = { NULL };
    return execve("/bin/true", argv, argv);
}
static long do_ptrace(void)
{
    return syscall(SYS_ptrace, 2, 0, 0, 0); /* peek at nobody */
}
static long do_uring(void)
{
    return syscall(SYS_io_uring_setup, 1, NULL);
}
#ifdef __x86_64__
/* The same through the gate of 32-bit programs: number 20 is getpid there, any number will do. */
static long do_other_gate(void)
{
    long r = 20;
    __asm__ volatile("int $0x80" : "+a"(r) : : "memory", "cc", "r8", "r9", "r10", "r11");
    return r;
}
#endif

/* What these threads do all day. Return: -1 when something failed. */
static long do_allowed(void)
{
    struct pollfd p = { .fd = pair[1], .events = POLLIN };
    struct timespec ts = { 0, 1000 };
    struct ifreq r = { .ifr_flags = 0 };
    char got = 0;
    (void)memcpy(r.ifr_name, "lo", 3);
    void *m = mmap(NULL, 1 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (m == MAP_FAILED || madvise(m, 1 << 20, MADV_DONTNEED) != 0 || munmap(m, 1 << 20) != 0)
        return -1;
    if (poll(&p, 1, 1000) != 1 || recv(pair[1], &got, 1, 0) != 1 || got != 'x')
        return -1;
    if (nanosleep(&ts, NULL) != 0 || clock_gettime(CLOCK_REALTIME, &ts) != 0 || sched_yield() != 0)
        return -1;
    (void)ioctl(pair[1], SIOCGIFFLAGS, &r);
    free(malloc(100000));
    return 0;
}

static const struct
try {
    const char *name;
    long (*fn)(void);
    bool dies;
}
tries[] = { { "send", do_send, true },
            { "sendto", do_sendto, true },
            { "sendmsg", do_sendmsg, true },
            { "sendmmsg", do_sendmmsg, true },
            { "write to a socket", do_write, true },
            { "writev to a socket", do_writev, true },
            { "sendfile", do_sendfile, true },
            { "splice", do_splice, true },
            { "vmsplice", do_vmsplice, true },
            { "socket", do_socket, true },
            { "packet socket", do_packet_socket, true },
            { "connect", do_connect, true },
            { "bind", do_bind, true },
            { "execve", do_exec, true },
            { "ptrace", do_ptrace, true },
            { "io_uring_setup", do_uring, true },
#ifdef __x86_64__
            { "a call through the 32-bit gate", do_other_gate, true },
#endif
            { "waiting, reading, memory, time", do_allowed, false } };

enum { REFUSED = 40, FAILED = 41, ALIVE = 42 };

struct job {
    const struct try *t;
    bool guard;
};

static void *thread(void *arg)
{
    const struct job *j = arg;
    struct ww_err e;
    if (j->guard && ww_privs_no_send(&e) != WW_OK)
        _exit(REFUSED);
    _exit(j->t->fn() < 0 && !j->t->dies ? FAILED : ALIVE);
}

/* Runs one attempt in a thread of a process of its own. Return: the status of wait. */
static int attempt(const struct try *t, bool guard)
{
    pid_t pid = fork();
    if (pid == 0) {
        (void)alarm(60); /* nothing here may wait for ever */
        struct job j = { t, guard };
        pthread_t p;
        /* a sanitizer must not turn the signal into an ordinary exit */
        (void)sigaction(SIGSYS, &(struct sigaction){ .sa_handler = SIG_DFL }, NULL);
        if (socketpair(AF_UNIX, SOCK_DGRAM, 0, pair) != 0 || pipe(file) != 0 ||
            write(pair[0], &byte, 1) != 1 || write(file[1], &byte, 1) != 1 ||
            pthread_create(&p, NULL, thread, &j) != 0)
            _exit(FAILED);
        (void)pthread_join(p, NULL);
        _exit(FAILED);
    }
    int status = -1;
    if (pid < 0 || waitpid(pid, &status, 0) != pid)
        return -1;
    return status;
}

int main(void)
{
    unsigned bad = 0;
    for (size_t i = 0; i < sizeof tries / sizeof tries[0]; i++) {
        int s = attempt(&tries[i], true);
        if (WIFEXITED(s) && WEXITSTATUS(s) == REFUSED) {
            (void)printf("SKIPPED: this kernel refuses system call filters\n");
            return 77;
        }
        bool killed = WIFSIGNALED(s) && WTERMSIG(s) == SIGSYS;
        bool alive = WIFEXITED(s) && WEXITSTATUS(s) == ALIVE;
        bool good = tries[i].dies ? killed : alive;
        /* the attempt itself must be real: without the filter nobody dies of it */
        int free_s = attempt(&tries[i], false);
        bool real = tries[i].fn == do_exec || (WIFEXITED(free_s) && WEXITSTATUS(free_s) == ALIVE) ||
                    (WIFSIGNALED(free_s) && strstr(tries[i].name, "gate") != NULL);
        (void)printf("%-7s %s: %s\n", good && real ? "ok" : "FAILED", tries[i].name,
                     killed  ? "killed by SIGSYS"
                     : alive ? "goes on"
                             : "other end");
        if (!real)
            (void)printf("        without the filter: status %#x\n", (unsigned)free_s);
        bad += !good || !real;
    }
    return bad > 0 ? 1 : 0;
}
