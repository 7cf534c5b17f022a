/* names.h - which names the answers of DNS gave to a device for an address. */
#ifndef WW_RULES_DEVICES_NAMES_H
#define WW_RULES_DEVICES_NAMES_H
#include "rules/devices/devices.h"

enum { WW_NAME_MAX = 256, WW_NAMES_PER_ADDRESS = 4, WW_NAME_GRACE_S = 3600 };

struct ww_names;
enum ww_rc ww_names_new(struct ww_names **out, uint32_t cap, struct ww_err *e) WW_MUST_CHECK;
void ww_names_free(struct ww_names *n);
/** The device received an answer. An answer counts for its TTL and WW_NAME_GRACE_S more, because
 * programs keep addresses longer. */
void ww_names_put(struct ww_names *n, const struct ww_device *dev, struct ww_slice name,
                  const struct ww_ip *ip, uint32_t ttl_s, uint64_t now);
/** The i-th name of an address, in lower case; NULL ends. */
const char *ww_names_of(struct ww_names *n, const struct ww_device *dev, const struct ww_ip *ip,
                        size_t i, uint64_t now);
bool ww_names_answered(struct ww_names *n, const struct ww_device *dev, const char *name,
                       uint64_t now);
uint64_t ww_names_evicted(const struct ww_names *n);
#endif
