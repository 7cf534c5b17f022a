/* inputs.h - the captures that a command line names: files, folders, standard input. */
#ifndef WW_CLI_INPUTS_H
#define WW_CLI_INPUTS_H
#include "sensor/base/err.h"
#include <stddef.h>

struct ww_inputs {
    const char **path; /* NULL-terminated */
    size_t n;
    char **owned;      /* names made from folders */
    size_t nowned;
};
/** Expands folders into their captures and orders all by the time of their first packet.
 * WW_E_CONF: nothing there. */
enum ww_rc ww_inputs_open(struct ww_inputs *in, const char *const *args, size_t n,
                          struct ww_err *e) WW_MUST_CHECK;
void ww_inputs_close(struct ww_inputs *in);
#endif
