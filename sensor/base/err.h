/* err.h - errors of set-up and I/O: a code for programs, one sentence for people. */
#ifndef WW_BASE_ERR_H
#define WW_BASE_ERR_H

#define WW_MUST_CHECK __attribute__((warn_unused_result))

/* For a large local variable on a busy path that is filled before it is read: the hardened release
 * build clears all others on entry (-ftrivial-auto-var-init). */
#if defined(__has_attribute)
#if __has_attribute(uninitialized)
#define WW_FILLED __attribute__((uninitialized))
#endif
#endif
#ifndef WW_FILLED
#define WW_FILLED
#endif

enum ww_rc {
    WW_OK = 0,
    WW_E_SYS = -1,   /* the system refused: file, memory, device */
    WW_E_CONF = -2,  /* the user's input is wrong: option, configuration, declaration */
    WW_E_LIMIT = -3, /* larger than a named limit */
    WW_E_DATA = -4,  /* input data broken beyond use */
    WW_E_FULL = -5,  /* the disk or the store is full */
    WW_E_VERSION = -6 /* made by a newer version of this program */
};

struct ww_err {
    enum ww_rc rc;
    char text[512];
};

/**
 * Fills an error: one readable sentence that names file, line or option and the remedy.
 * In: rc code; fmt printf format. WW_E_SYS appends the text of errno.
 */
void ww_err_set(struct ww_err *e, enum ww_rc rc, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

#define WW_FAIL(e, rc, ...) (ww_err_set((e), (rc), __VA_ARGS__), (rc))

/**
 * For things that only a bug of ours can break: aborts in builds with WW_STRICT (test, fuzz),
 * counts and goes on in release. Never used on input. Yields the truth of cond.
 */
#ifdef WW_STRICT
#define WW_INVARIANT(cond) ((cond) ? 1 : (ww_bug_abort(#cond, __FILE__, __LINE__), 0))
#else
#define WW_INVARIANT(cond) ((cond) ? 1 : (ww_bug_count(), 0))
#endif
_Noreturn void ww_bug_abort(const char *what, const char *file, int line);
void ww_bug_count(void);
/** Broken invariants since start, over all threads; shown in statistics. */
unsigned long ww_bugs(void);
#endif
