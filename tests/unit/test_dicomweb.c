/* DICOMweb in content: services, levels, envelopes that leave the bytes to others, bodies in the DICOM JSON model. */
#include "tests/support.h"
#include <criterion/criterion.h>
#include <criterion/new/assert.h>

extern const struct ww_dissector ww_dissector_dicomweb;
extern const struct ww_dissector ww_dissector_dicom;
extern const struct ww_dissector ww_dissector_http;
static const struct ww_dissector *const readers[] = { &ww_dissector_dicomweb, NULL };

#define S(lit) WW_SLICE_LIT(lit)
static const char found[] =
    "[{\"00080005\":{\"vr\":\"CS\",\"Value\":[\"ISO_IR 192\"]},\"00100010\":{\"vr\":\"PN\",\"Value\":[{\"Alphabetic\":\"CANARY^TARO\","
    "\"Ideographic\":\"\xe9\x87\x91\xe7\xb3\xb8\xe9\x9b\x80^\xe5\xa4\xaa\"}]},\"00100020\":{\"vr\":\"LO\",\"Value\":[\"CANARY0001\"]},"
    "\"00100030\":{\"vr\":\"DA\",\"Value\":[\"19600102\"]},\"00100040\":{\"vr\":\"CS\"},\"00080050\":{\"vr\":\"SH\",\"Value\":[null,\"\"]},"
    "\"00081199\":{\"vr\":\"SQ\",\"Value\":[{\"00081150\":{\"vr\":\"UI\",\"Value\":[\"1.2\"]}},{\"00081150\":{\"vr\":\"UI\",\"Value\":[\"1.2\"]}}]}},"
    "{\"00100010\":{\"vr\":\"PN\",\"Value\":[{\"Alphabetic\":\"CANARY^HANAKO\"}]}}]";
static const char stored[] =
    "{\"00081190\":{\"vr\":\"UR\",\"Value\":[\"http://h/studies/1\"]},\"00081198\":{\"vr\":\"SQ\",\"Value\":[{\"00081197\":{\"vr\":\"US\","
    "\"Value\":[272]}}]},\"00081199\":{\"vr\":\"SQ\",\"Value\":[{\"00081150\":{\"vr\":\"UI\",\"Value\":[\"1\"]},\"00081155\":{\"vr\":\"UI\","
    "\"Value\":[\"2\"]}},{}]}}";
static const struct ww_content m_found = { .carrier = "t", .media = S("application/dicom+json"), .method = S("GET"),
                                           .path = S("/dicom-web/studies"), .status = 200, .pair = { true, 7, 3 } };
static const struct ww_content m_stored = { .carrier = "t", .media = S("application/dicom+json"), .method = S("POST"),
                                            .path = S("/dicom-web/studies"), .status = 202, .pair = { .latency_ms = WW_NULL32 } };
static const struct t_step talk[] = { { .dir = WW_B, .p = found, .n = sizeof found - 1, .meta = &m_found, .parts = true },
                                      { .dir = WW_B, .p = stored, .n = sizeof stored - 1, .meta = &m_stored, .parts = true } };
static const struct t_talk t = { .d = &ww_dissector_dicomweb, T_STEPS(talk), .readers = readers };

Test(dicomweb, every_cut) { t_every_cut(&t); }
Test(dicomweb, every_prefix) { t_every_prefix(&t); }
Test(dicomweb, every_byte) { t_every_byte(&t); }
Test(dicomweb, every_gap) { t_every_gap(&t); }

Test(dicomweb, results)
{
    struct t_feed *f = t_run(&t);
    const struct t_got *g = t_find(f, "dicom.web_results", 0);
    cr_assert(eq(u64, t_get_u64(g, "matches"), 2));
    cr_assert(eq(u64, t_get_u64(g, "phi_kinds"), 1 | 2 | 4));
    cr_assert(eq(u64, t_get_u64(g, "phi_count"), 5));
    cr_assert(ne(u64, t_get_u64(g, "patient"), 0));
    cr_assert(eq(str, (char *)t_get_str(g, "service"), "qido"));
    cr_assert(eq(u64, t_get_u64(g, "bytes"), sizeof found - 1));
    g = t_find(f, "dicom.web_results", 1);
    cr_assert(eq(u64, t_get_u64(g, "matches"), 1));
    cr_assert(eq(u64, t_get_u64(g, "stored"), 2));
    cr_assert(eq(u64, t_get_u64(g, "failed"), 1));
    cr_assert(eq(u64, t_get_u64(g, "phi_kinds"), 0));
    g = t_find(f, "dicom.web_response", 0);
    cr_assert(eq(u64, t_get_u64(g, "status"), 200));
    cr_assert(eq(u64, t_get_u64(g, "latency_ms"), 7));
    cr_assert(eq(u64, t_get_u64(g, "request_frame"), 3));
    cr_assert(eq(sz, f->nanomaly, 0));
    t_free(f);
}

Test(dicomweb, services)
{
    static const char *const c[][5] = {
        /* method, path, query, service, level; service "-": not taken */
        { "GET", "/dicom-web/studies", "PatientID=CANARY", "qido", "studies" },
        { "GET", "/x/aets/A/rs/studies/1.2.3/series", "", "qido", "series" },
        { "GET", "/dicom-web/series", "", "qido", "series" },
        { "GET", "/rs/studies/1.2/instances", "", "qido", "instances" },
        { "GET", "/rs/studies/1.2", "", "wado", "studies" },
        { "GET", "/rs/studies/1.2/series/3.4", "", "wado", "series" },
        { "GET", "/rs/studies/1.2/series/3.4/instances/5.6", "", "wado", "instances" },
        { "GET", "/rs/studies/1.2/series/3.4/instances/5.6/frames/1,2", "", "wado", "frames" },
        { "GET", "/rs/studies/1.2/metadata", "", "wado", "metadata" },
        { "GET", "/rs/studies/1.2/rendered", "", "wado", "rendered" },
        { "GET", "/rs/studies/1.2/series/1/instances/1/pixeldata", "", "wado", "bulkdata" },
        { "POST", "/dicomweb/studies", "", "stow", "studies" },
        { "POST", "/rs/studies/1.2", "", "stow", "studies" },
        { "DELETE", "/rs/studies/1.2", "", "delete", "studies" },
        { "GET", "/wado", "requestType=WADO&studyUID=1", "wado-uri", "instances" },
        { "POST", "/dicom-web/workitems", "", "ups", "workitems" },
        { "OPTIONS", "/dicom-web/", "", "capabilities", "" },
        { "GET", "/studies", "", "-", "" }, /* also the way of others, Orthanc's own among them */
        { "GET", "/studies/CANARY/series", "", "-", "" },
        { "GET", "/workitems", "", "-", "" },
        { "GET", "/dicom-web/index.html", "", "-", "" },
    };
    for (size_t i = 0; i < sizeof c / sizeof c[0]; i++) {
        struct ww_content m = { .carrier = "t", .method = ww_slice_str(c[i][0]), .path = ww_slice_str(c[i][1]),
                                .query = ww_slice_str(c[i][2]), .pair = { .latency_ms = WW_NULL32 } };
        struct t_feed *f = t_new(&ww_dissector_dicomweb);
        f->readers = readers;
        (void)t_content(f, &m, WW_A, "", 0, true);
        cr_assert(eq(sz, t_count(f, "dicom.web_request"), c[i][3][0] != '-'), "%s %s", c[i][0], c[i][1]);
        if (c[i][3][0] != '-') {
            const struct t_got *g = t_find(f, "dicom.web_request", 0);
            cr_assert(eq(str, (char *)t_get_str(g, "service"), (char *)c[i][3]), "%s %s", c[i][0], c[i][1]);
            cr_assert(eq(str, (char *)t_get_str(g, "level"), (char *)c[i][4]), "%s %s", c[i][0], c[i][1]);
        }
        t_free(f);
    }
    struct ww_content m = { .carrier = "t", .method = S("GET"), .path = S("/studies"), .accept = S("Application/dicom+json ; q=1, */*"),
                            .query = S("PatientName=CANARY*&00100020=CANARY&includefield=x&StudyDate=&PatientBirthDate=1") };
    struct t_feed *f = t_new(&ww_dissector_dicomweb);
    f->readers = readers;
    (void)t_content(f, &m, WW_A, "", 0, true); /* the media type makes it one */
    cr_assert(eq(str, (char *)t_get_str(t_find(f, "dicom.web_request", 0), "query_keys"), "PatientName,PatientID,PatientBirthDate"));
    cr_assert(eq(str, (char *)t_get_str(t_find(f, "dicom.web_request", 0), "accept"), "Application/dicom+json"));
    t_free(f);
}

/* Through HTTP: the envelope is for this dissector, the file for that of DICOM. */
Test(dicomweb, a_file_is_left_to_who_reads_files)
{
    static const struct ww_dissector *const both[] = { &ww_dissector_dicom, &ww_dissector_dicomweb, NULL };
    static char msg[2000] = "POST /dicom-web/studies HTTP/1.1\r\nContent-Length: 283\r\n"
                            "Content-Type: multipart/related; type=\"application/dicom\"; boundary=b\r\n\r\n--b\r\nContent-Type: application/dicom\r\n\r\n";
    size_t n = strlen(msg);
    memcpy(msg + n, "MZ", 2);
    memcpy(msg + n + 128, "DICM\x02\0\x10\0UI\x14\0" "1.2.840.10008.1.2.1\0", 32);
    memcpy(msg + n + 160, "\x10\0\x10\0PN\x0c\0" "CANARY^TARO \x10\0\x20\0LO\x02\0" "1 \r\n--b--\r\n", 39);
    struct t_feed *f = t_new(&ww_dissector_http);
    f->readers = both;
    t_bytes(f, WW_A, msg, n + 199);
    cr_assert(eq(str, (char *)t_get_str(t_find(f, "dicom.web_request", 0), "service"), "stow"));
    cr_assert(eq(str, (char *)t_get_str(t_find(f, "dicom.web_request", 0), "parts_type"), "application/dicom"));
    cr_assert(eq(sz, t_count(f, "dicom.file"), 1));
    cr_assert(t_anomaly(f, "preamble_executable"));
    t_free(f);
}

Test(dicomweb, broken_bodies)
{
    static const char *const c[][2] = { { "[{\"00100010\":{\"vr\":\"PN\"}", "body_truncated" }, { "<html>", "body_malformed" } };
    for (size_t i = 0; i < 2; i++) {
        struct ww_content m = m_found;
        struct t_feed *f = t_new(&ww_dissector_dicomweb);
        f->readers = readers;
        m.id = 1;
        (void)t_content(f, &m, WW_B, "", 0, false);
        (void)t_content(f, &m, WW_B, c[i][0], strlen(c[i][0]), true);
        cr_assert(t_anomaly(f, c[i][1]));
        cr_assert(eq(sz, t_count(f, "dicom.web_results"), 0));
        t_free(f);
    }
}
