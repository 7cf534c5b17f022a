/* privs.h - what the program gives up before it looks at the first packet. */
#ifndef WW_PRIVS_H
#define WW_PRIVS_H
#include "sensor/base/err.h"

/**
 * For the whole process, once the capture handles and outputs are open and before further threads:
 * no new privileges, no capabilities, no core files (memory holds patient data in passing).
 */
enum ww_rc ww_privs_process(struct ww_err *e) WW_MUST_CHECK;
/**
 * For the calling thread, for good: any system call that could send or write, open a socket or start
 * a program kills the process. Capture, worker and judge threads need none of them: the sensor is
 * passive by construction, not by promise.
 */
enum ww_rc ww_privs_no_send(struct ww_err *e) WW_MUST_CHECK;
#endif
