/* community_id.h - Community ID v1: the same name for a flow in every tool that sees it. */
#ifndef WW_STORE_COMMUNITY_ID_H
#define WW_STORE_COMMUNITY_ID_H
#include "sensor/event.h"

enum { WW_COMMUNITY_ID = 32 }; /* "1:" and 28 characters of base64, and the end */

/**
 * Community ID of a tuple.
 * In:     src, dst  two ends of one address family; ip_proto; for ICMP the ports are type and code
 * of the packet that src sent Out:    dst text  "1:LQU9qZlK+B5F3KDmev6m5PMibrg=" Return: NULL when
 * the ends have no address Source: https://github.com/corelight/community-id-spec, version 1, seed
 * 0
 */
const char *ww_community_id(char text[WW_COMMUNITY_ID], const struct ww_end *src,
                            const struct ww_end *dst, uint8_t ip_proto);
#endif
