/* detectors.c - the list: one line per detector. The order is the order in which they are told. */
#include "rules/detect/detectors.h"

const struct ww_detector *const ww_detectors[] = {
    &ww_detect_unknown_device,  /* WD-501 */
    &ww_detect_no_baseline,     /* WD-502 */
    &ww_detect_peer,            /* WD-101 */
    &ww_detect_service,         /* WD-102 */
    &ww_detect_external,        /* WD-103 */
    &ww_detect_closed_internet, /* WD-104 */
    &ww_detect_external_name,   /* WD-103a, WD-104a: names that were only looked up */
    &ww_detect_dicom,           /* WD-105 */
    &ww_detect_hl7,             /* WD-106 */
    &ww_detect_cleartext_phi,   /* WD-301 */
    &ww_detect_malformed,       /* WD-702 */
    &ww_detect_clock_drift,     /* WD-802, WD-901f: all clocks against that of the capture */
    &ww_detect_sensor_blind,    /* WD-901 */
    &ww_detect_coverage_gap,    /* WD-903 */
    NULL,
};
