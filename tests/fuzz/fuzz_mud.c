/* fuzz_mud.c - any bytes as a declaration: refused with a sentence, or compiled and asked.
 *
 * What a declaration says comes from a manufacturer or from whoever changed the file, so its texts
 * are input too: whatever was accepted is shown, judged and rendered.
 */
#include "rules/baseline/footprint.h"
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void ask(const struct ww_baseline *b)
{
    static const struct ww_bl_env nothing = { .ctx = NULL };
    static const uint16_t ports[] = { 0, 53, 67, 104, 445, 65535 };
    struct ww_bl_verdict v;
    struct ww_err e;
    struct ww_footprint *fp = NULL;
    struct ww_fp_facts facts = { .first_frame = 1, .packets = 1 };
    static char text[1 << 16];
    if (ww_fp_new(&fp, b, "x", &e) != WW_OK)
        abort();
    for (unsigned i = 0; i < 96; i++) {
        struct ww_bl_flow f = { .device = ww_ip4(0x0a000001),
                                .peer = ww_ip4(i % 2 ? 0x0a000002 : 0xc6336401),
                                .device_port = ports[i % 6],
                                .peer_port = ports[i / 6 % 6],
                                .ip_proto = (uint8_t)(i % 5 == 0   ? 0
                                                      : i % 5 == 1 ? 17
                                                                   : 6),
                                .ethertype = 0x0806,
                                .opener = (uint8_t)(i % 3),
                                .device_sent = true,
                                .peer_sent = i % 4 != 0 };
        ww_bl_flow(b, &nothing, &f, &v);
        ww_fp_flow(fp, &f, &v, &facts);
    }
    struct ww_slice s = WW_SLICE_LIT("1.2.840.10008.1.1");
    ww_bl_dicom_assoc(b, NULL, true, s, s, &v);
    ww_fp_medical(fp, &v, 1);
    ww_bl_dicom_request(b, NULL, s, s, s, WW_BL_SCU, s, &v);
    ww_fp_medical(fp, &v, 1);
    struct ww_bl_hl7 m = { .code = WW_SLICE_LIT("ACK"), .version = s, .sending_app = s };
    ww_bl_hl7_message(b, &m, &v);
    ww_fp_medical(fp, &v, 1);
    struct ww_out o = ww_out(text, sizeof text);
    ww_fp_json(fp, &o);
    for (size_t i = 0; i < o.n; i++) /* a JSON line has no control characters but its end */
        if ((unsigned char)text[i] < 0x20 && (i + 1 != o.n || text[i] != '\n'))
            abort();
    ww_fp_free(fp);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct ww_yang *y; /* loading the modules takes longer than a run */
    struct ww_err e = { .rc = WW_OK };
    struct ww_baseline *b = NULL;
    if (y == NULL && ww_yang_open(&y, NULL, &e) != WW_OK)
        abort();
    enum ww_rc rc = ww_baseline_parse(&b, "f", (struct ww_slice){ data, size }, y, NULL, NULL, &e);
    if ((rc == WW_OK) != (b != NULL) || (rc != WW_OK && e.text[0] == 0))
        abort();
    if (b != NULL)
        ask(b);
    ww_baseline_free(b);
    return 0;
}
