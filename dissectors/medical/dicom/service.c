/* service.c - names of services, and what their event and action types mean (PS3.4). */
#include "dissectors/medical/dicom/dicom.h"

static const char *const names[] = {
    [SV_NONE] = "",
    [SV_OTHER] = "other",
    [SV_VERIFICATION] = "verification",
    [SV_STORAGE] = "storage",
    [SV_QUERY] = "query_retrieve",
    [SV_WORKLIST] = "worklist",
    [SV_MPPS] = "mpps",
    [SV_COMMITMENT] = "storage_commitment",
    [SV_PRINT] = "print",
    [SV_UPS] = "ups",
    [SV_MEDIA] = "media_creation",
    [SV_NOTIFICATION] = "notification",
};

#define PRINT_JOB "1.2.840.10008.5.1.1.14"
#define PRINTER   "1.2.840.10008.5.1.1.16"
static const struct {
    uint8_t service; /* enum service */
    bool event;      /* else action */
    uint16_t id;
    const char *uid; /* only for this SOP class; NULL = for all of the service */
    const char *text;
} types[] = {
    { SV_COMMITMENT, false, 1, NULL, "request commitment" }, /* PS3.4 J.3.2 */
    { SV_COMMITMENT, true, 1, NULL, "all committed" },       /* PS3.4 J.3.3 */
    { SV_COMMITMENT, true, 2, NULL, "failures exist" },
    { SV_PRINT, false, 1, NULL, "print" },       /* PS3.4 H.4.1.2, H.4.2.2 */
    { SV_PRINT, true, 1, PRINT_JOB, "pending" }, /* PS3.4 H.4.5.2 */
    { SV_PRINT, true, 2, PRINT_JOB, "printing" },
    { SV_PRINT, true, 3, PRINT_JOB, "done" },
    { SV_PRINT, true, 4, PRINT_JOB, "failure" },
    { SV_PRINT, true, 1, PRINTER, "normal" }, /* PS3.4 H.4.6.2 */
    { SV_PRINT, true, 2, PRINTER, "warning" },
    { SV_PRINT, true, 3, PRINTER, "failure" },
    { SV_UPS, false, 1, NULL, "change state" }, /* PS3.4 CC.2 */
    { SV_UPS, false, 2, NULL, "request cancel" },
    { SV_UPS, false, 3, NULL, "subscribe" },
    { SV_UPS, false, 4, NULL, "unsubscribe" },
    { SV_UPS, false, 5, NULL, "suspend global subscription" },
    { SV_UPS, true, 1, NULL, "state report" },
    { SV_UPS, true, 2, NULL, "cancel requested" },
    { SV_UPS, true, 3, NULL, "progress report" },
    { SV_UPS, true, 4, NULL, "SCP status change" },
    { SV_UPS, true, 5, NULL, "assigned" },
    { SV_MEDIA, false, 1, NULL, "initiate creation" }, /* PS3.4 S.3.2.2 */
    { SV_MEDIA, false, 2, NULL, "cancel creation" },
};

const char *ww_dicom_service_name(enum service s)
{
    return names[s];
}

/** What an event or action type means. In: sop  NULL when its class is not known. Return: "" when
 * our table does not have it */
const char *ww_dicom_type_text(const struct uid_row *sop, bool event, uint16_t id)
{
    for (size_t i = 0; sop != NULL && i < sizeof types / sizeof types[0]; i++)
        if (types[i].service == sop->service && types[i].event == event && types[i].id == id &&
            (types[i].uid == NULL || strcmp(types[i].uid, sop->uid) == 0))
            return types[i].text;
    return "";
}
