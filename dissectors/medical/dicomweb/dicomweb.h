/* dicomweb.h - DICOMweb: what the files of this folder share.
 *
 * dicomweb.c  recognition, envelopes; the entry
 * path.c      service and level from method, path and query
 * results.c   bodies in the DICOM JSON model
 * Source: DICOM PS3.18 (6 to 11, annex F)
 */
#ifndef WW_DICOMWEB_H
#define WW_DICOMWEB_H
#include "dissectors/dissector.h"
#include "dissectors/lib/ascii.h"
#include "dissectors/lib/json.h"
#include "dissectors/lib/query.h"

enum {
    WEB_SEGMENTS = 12,      /* last segments of a path that are looked at */
    WEB_READ_MAX = 4 << 20, /* bytes of one body that are read */
    WEB_DEPTH = 16          /* nesting that is looked at */
};

/* clang-format off */
#define WEB_ASKED(F, S)                                                                            \
    F(S, STR, service, 12, NONE, "",                                                               \
      "qido (search), wado (retrieve), stow (store), ups (worklist), wado-uri, delete, "           \
      "capabilities; empty when the request was not seen")                                         \
    F(S, STR, level, 12, NONE, "",                                                                 \
      "studies, series, instances, frames, metadata, rendered, thumbnail, bulkdata, workitems")    \
    F(S, STR, sender_role, 20, NONE, "", "DICOMweb client or DICOMweb server")                     \
    F(S, STR, media_type, 48, NONE, "", "Media type of the body")                                  \
    F(S, STR, parts_type, 48, NONE, "", "Media type of the parts of a multipart body, as announced")
#define WEB_REQUEST_FIELDS(F, S)                                                                   \
    WEB_ASKED(F, S)                                                                                \
    F(S, STR, http_method, 16, NONE, "", "Method of the request")                                  \
    F(S, STR, accept, 48, NONE, "", "First media type that is asked for")                          \
    F(S, LIST, query_keys, 256, NONE, "", "Attributes that a search constrains, of those in our table; never values")
WW_EVENT_DECLARE(web_request, WEB_REQUEST_FIELDS);
#define WEB_RESPONSE_FIELDS(F, S)                                                                  \
    WEB_ASKED(F, S)                                                                                \
    F(S, U16, status, 0, NONE, "", "HTTP status")                                                  \
    F(S, U32N, latency_ms, 0, NONE, "ms", "Since the request")                                     \
    F(S, U64, request_frame, 0, NONE, "", "Frame that ended the request's header; 0 = not seen")
WW_EVENT_DECLARE(web_response, WEB_RESPONSE_FIELDS);
#define WEB_RESULTS_FIELDS(F, S)                                                                   \
    F(S, STR, service, 12, NONE, "", "Service that was asked")                                     \
    F(S, U32, matches, 0, NONE, "", "Data sets in the body")                                       \
    F(S, U32, stored, 0, NONE, "", "Instances stored (0008,1199)")                                 \
    F(S, U32, failed, 0, NONE, "", "Instances refused (0008,1198)")                                \
    F(S, U64, bytes, 0, NONE, "bytes", "Length that was read, decoded")                            \
    F(S, U32, phi_kinds, 0, NONE, "", "Kinds of patient data present, as bits: 1 name, 2 id, "     \
      "4 birth, 8 contact, 16 other ids, 32 order numbers, 64 staff, 128 sex and traits, 256 text") \
    F(S, U32, phi_count, 0, NONE, "", "Patient-related attributes that were not empty")            \
    F(S, HASH, patient, 0, NONE, "", "Pseudonym of the first patient id")
WW_EVENT_DECLARE(web_results, WEB_RESULTS_FIELDS);
/* clang-format on */

enum web_service { WS_NONE, WS_QIDO, WS_WADO, WS_STOW, WS_UPS, WS_URI, WS_DELETE, WS_CAPABILITIES };
struct web_asked {
    uint8_t service; /* enum web_service */
    bool base;       /* the path has a segment by which DICOMweb servers go, or a UID behind studies */
    const char *level;
};
void ww_web_path(struct ww_slice method, struct ww_slice path, struct ww_slice query, struct web_asked *a);
const char *ww_web_service(uint8_t s);

struct web {
    bool begun, over;
    uint8_t service;
    uint64_t read;
    struct ww_json json;
    uint32_t tag[WEB_DEPTH]; /* by level: the attribute that is open, 0 = none */
    uint8_t key;             /* enum in results.c: the member that was read last */
    uint32_t next_tag;
    struct web_results results;
};
struct ww_parse ww_web_results(struct ww_cx *cx, struct web *w, enum ww_dir dir, struct ww_slice in, bool last);
#endif
