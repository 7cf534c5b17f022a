/* FHIR in content: recognition, interactions, bodies in JSON and XML, what is told of patients, devices and servers. */
#include "tests/support.h"
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>
#include <stdlib.h>

extern const struct ww_dissector ww_dissector_fhir;
extern const struct ww_dissector ww_dissector_http;
static const struct ww_dissector *const readers[] = { &ww_dissector_fhir, NULL };

#define S(lit) WW_SLICE_LIT(lit)
#define META(m, md, pth, st)                                                                       \
    { .carrier = "test", .media = S(m), .method = S(md), .path = S(pth), .status = (st), .size = WW_NULL64, \
      .pair = { .latency_ms = WW_NULL32 } }

static const char patient[] =
    "{\"resourceType\":\"Patient\",\"id\":\"p1\",\"meta\":{\"profile\":[\"http://jpfhir.jp/fhir/core/StructureDefinition/JP_Patient\"]},"
    "\"text\":{\"status\":\"generated\",\"div\":\"<div>CANARY TARO</div>\"},"
    "\"identifier\":[{\"system\":\"urn:oid:1.2\",\"value\":\"CANARY0001\"}],\"name\":[{\"family\":\"CANARY\",\"given\":[\"TARO\"]},"
    "{\"text\":\"\\u91d1\\u7cf8\\u96c0\"}],\"telecom\":[{\"value\":\"03-CANARY\"}],\"gender\":\"male\",\"birthDate\":\"1960-01-02\","
    "\"contact\":[{\"name\":{\"family\":\"CANARY\"}}],\"deceasedBoolean\":null}";
static const char bundle[] =
    "\xef\xbb\xbf {\"type\":\"transaction\",\"resourceType\":\"Bundle\",\"entry\":[{\"resource\":{\"resourceType\":\"Observation\","
    "\"status\":\"final\",\"subject\":{\"reference\":\"Patient/CANARY0002\",\"display\":\"CANARY HANAKO\"},\"performer\":[{\"display\":\"CANARY\"}],"
    "\"valueQuantity\":{\"value\":72},\"contained\":[{\"resourceType\":\"Device\",\"manufacturer\":\"ACME\",\"modelNumber\":\"M1\","
    "\"serialNumber\":\"SN7\",\"deviceName\":[{\"name\":\"Monitor\",\"type\":\"user-friendly-name\"}],\"version\":[{\"value\":\"2.1\"}],"
    "\"udiCarrier\":[{\"deviceIdentifier\":\"0401\"}],\"status\":\"active\"}]},\"request\":{\"method\":\"POST\",\"url\":\"Observation\"}},"
    "{\"resource\":{\"resourceType\":\"Encounter\",\"subject\":{\"reference\":\"Patient/CANARY0002\"},\"note\":\"CANARY\"}}]}";
static const char patient_xml[] =
    "<?xml version=\"1.0\"?><Bundle xmlns=\"http://hl7.org/fhir\"><type value=\"message\"/><entry><resource><Patient><id value=\"p1\"/>"
    "<text><div xmlns=\"http://www.w3.org/1999/xhtml\"><p>CANARY</p></div></text><identifier><value value=\"CANARY0001\"/></identifier>"
    "<name><family value=\"CANARY\"/></name><birthDate value=\"1960\"/></Patient></resource></entry><entry><resource><Device>"
    "<manufacturer value=\"A&amp;B\"/><serialNumber value=\"S1\"/></Device></resource></entry></Bundle>";
static const char capability[] =
    "{\"resourceType\":\"CapabilityStatement\",\"status\":\"active\",\"publisher\":\"Example Hospital\",\"kind\":\"instance\","
    "\"software\":{\"name\":\"HAPI FHIR Server\",\"version\":\"6.8.0\"},\"fhirVersion\":\"4.0.1\",\"rest\":[{\"resource\":[{\"type\":\"Patient\"}]}]}";
static const char outcome[] =
    "{\"resourceType\":\"OperationOutcome\",\"issue\":[{\"severity\":\"error\",\"code\":\"not-found\",\"diagnostics\":\"CANARY\"}]}";
static const char form[] = "grant_type=client_credentials&scope=system%2F%2A.read+launch%20openid&client_assertion_type=x&client_assertion=CANARYjwt&client_secret=CANARY";

static const struct ww_content m_create = META("application/fhir+json", "POST", "/fhir/Patient", 0);
static const struct ww_content m_made = META("application/fhir+json", "POST", "/fhir/Patient", 201);
static const struct ww_content m_bundle = META("application/json+fhir", "POST", "/fhir", 0);
static const struct ww_content m_xml = META("application/fhir+xml", "GET", "/fhir/Patient/p1/$everything", 200);
static const struct ww_content m_meta = META("application/fhir+json", "GET", "/fhir/metadata", 200);
static const struct ww_content m_bad = META("application/fhir+json", "GET", "/fhir/Patient/CANARY9", 404);
static const struct ww_content m_token = META("application/x-www-form-urlencoded", "POST", "/fhir/auth/token", 0);
#define STEP(d, m, b) { .dir = (d), .p = (b), .n = sizeof(b) - 1, .meta = &(m), .parts = true }
static const struct t_step talk[] = { STEP(WW_A, m_create, patient), STEP(WW_B, m_made, patient),   STEP(WW_A, m_bundle, bundle),
                                      STEP(WW_B, m_xml, patient_xml), STEP(WW_B, m_meta, capability), STEP(WW_B, m_bad, outcome),
                                      STEP(WW_A, m_token, form) };
static const struct t_talk t = { .d = &ww_dissector_fhir, T_STEPS(talk), .readers = readers };

Test(fhir, every_cut) { t_every_cut(&t); }
Test(fhir, every_prefix) { t_every_prefix(&t); }
Test(fhir, every_byte) { t_every_byte(&t); }
Test(fhir, every_gap) { t_every_gap(&t); }

Test(fhir, bodies)
{
    struct t_feed *f = t_run(&t);
    cr_assert(eq(sz, t_count(f, "fhir.request"), 3));
    cr_assert(eq(sz, t_count(f, "fhir.response"), 4));
    cr_assert(eq(sz, t_count(f, "fhir.body"), 6));
    cr_assert(eq(sz, f->nanomaly, 0));
    const struct t_got *g = t_find(f, "fhir.body", 0);
    cr_assert(eq(str, (char *)t_get_str(g, "resource"), "Patient"));
    cr_assert(eq(u64, t_get_u64(g, "phi_kinds"), 1 | 2 | 4 | 8 | 128 | 256 | 2048));
    cr_assert(eq(u64, t_get_u64(g, "phi_count"), 5));
    cr_assert(eq(u64, t_get_u64(g, "patients"), 1));
    cr_assert(eq(str, (char *)t_get_str(g, "profile"), "http://jpfhir.jp/fhir/core/StructureDefinition/JP_Patient"));
    uint64_t by_identifier = t_get_u64(g, "patient");
    cr_assert(ne(u64, by_identifier, 0));
    cr_assert(eq(u64, t_get_u64(t_find(f, "fhir.body", 3), "patient"), by_identifier)); /* the same patient in XML */
    g = t_find(f, "fhir.body", 2);
    cr_assert(eq(str, (char *)t_get_str(g, "resource"), "Bundle"));
    cr_assert(eq(str, (char *)t_get_str(g, "bundle_type"), "transaction"));
    cr_assert(eq(u64, t_get_u64(g, "resources"), 4));
    cr_assert(eq(str, (char *)t_get_str(g, "resource_types"), "Bundle,Observation,Device,Encounter"));
    cr_assert(eq(u64, t_get_u64(g, "phi_kinds"), 1 | 2 | 32 | 64 | 256 | 8192));
    g = t_find(f, "fhir.body", 3);
    cr_assert(eq(str, (char *)t_get_str(g, "format"), "xml"));
    cr_assert(eq(str, (char *)t_get_str(g, "bundle_type"), "message"));
    cr_assert(eq(u64, t_get_u64(g, "phi_kinds"), 1 | 2 | 4 | 256));
    g = t_find(f, "fhir.body", 5);
    cr_assert(eq(str, (char *)t_get_str(g, "issue_severity"), "error"));
    cr_assert(eq(str, (char *)t_get_str(g, "issue_code"), "not-found"));
    t_free(f);
}

Test(fhir, devices_servers_tokens)
{
    struct t_feed *f = t_run(&t);
    cr_assert(eq(sz, t_count(f, "fhir.device"), 2));
    const struct t_got *g = t_find(f, "fhir.device", 0);
    cr_assert(eq(str, (char *)t_get_str(g, "manufacturer"), "ACME"));
    cr_assert(eq(str, (char *)t_get_str(g, "model"), "M1"));
    cr_assert(eq(str, (char *)t_get_str(g, "serial"), "SN7"));
    cr_assert(eq(str, (char *)t_get_str(g, "version"), "2.1"));
    cr_assert(eq(str, (char *)t_get_str(g, "device_name"), "Monitor"));
    cr_assert(eq(str, (char *)t_get_str(g, "subject_id"), "ACME/M1/SN7"));
    cr_assert(eq(str, (char *)t_get_str(t_find(f, "fhir.device", 1), "manufacturer"), "A&B"));
    g = t_find(f, "fhir.server", 0);
    cr_assert(eq(str, (char *)t_get_str(g, "software"), "HAPI FHIR Server"));
    cr_assert(eq(str, (char *)t_get_str(g, "software_version"), "6.8.0"));
    cr_assert(eq(str, (char *)t_get_str(g, "fhir_version"), "4.0.1"));
    cr_assert(eq(str, (char *)t_get_str(g, "publisher"), "Example Hospital"));
    g = t_find(f, "fhir.token", 0);
    cr_assert(eq(str, (char *)t_get_str(g, "grant_type"), "client_credentials"));
    cr_assert(eq(u64, t_get_u64(g, "scopes"), 3));
    cr_assert(eq(u64, t_get_u64(g, "system_scope"), 1));
    cr_assert(eq(u64, t_get_u64(g, "client_assertion"), 1));
    cr_assert(eq(u64, t_get_u64(g, "credential_present"), 1));
    t_free(f);
}

Test(fhir, interactions)
{
    static const char *const c[][5] = {
        /* method, path, interaction, type, operation */
        { "GET", "/fhir/metadata", "capabilities", "", "" },
        { "GET", "/fhir/Patient/CANARY-1", "read", "Patient", "" },
        { "HEAD", "/r4/t1/Patient/1", "read", "Patient", "" },
        { "GET", "/fhir/Patient/1/_history/2", "vread", "Patient", "" },
        { "GET", "/fhir/Patient/1/_history", "history", "Patient", "" },
        { "GET", "/fhir/_history", "history", "", "" },
        { "GET", "/fhir/Patient", "search", "Patient", "" },
        { "POST", "/fhir/Observation/_search", "search", "Observation", "" },
        { "GET", "/fhir/Patient/1/Observation", "search", "Patient", "" },
        { "POST", "/fhir/Patient", "create", "Patient", "" },
        { "PUT", "/fhir/Patient/1", "update", "Patient", "" },
        { "PUT", "/fhir/Patient", "update", "Patient", "" },
        { "PATCH", "/fhir/Patient/1", "patch", "Patient", "" },
        { "DELETE", "/fhir/Patient/1", "delete", "Patient", "" },
        { "GET", "/fhir/Patient/1/$everything", "operation", "Patient", "$everything" },
        { "POST", "/fhir/$process-message", "operation", "", "$process-message" },
        { "GET", "/fhir/Group/g1/$export", "operation", "Group", "$export" },
        { "POST", "/fhir/", "transaction", "", "" },
        { "GET", "/fhir/.well-known/smart-configuration", "smart-configuration", "", "" },
        { "POST", "/auth/fhir/token", "token", "", "" },
        { "GET", "/List/fhir/Basic/1", "read", "Basic", "" },
        { "GET", "/fhir/CANARY", "", "", "" },
    };
    for (size_t i = 0; i < sizeof c / sizeof c[0]; i++) {
        struct ww_content m = { .carrier = "t", .media = S("application/fhir+json"), .method = ww_slice_str(c[i][0]),
                                .path = ww_slice_str(c[i][1]), .pair = { .latency_ms = WW_NULL32 } };
        struct t_feed *f = t_new(&ww_dissector_fhir);
        f->readers = readers;
        (void)t_content(f, &m, WW_A, "", 0, true);
        const struct t_got *g = t_find(f, "fhir.request", 0);
        cr_assert(eq(str, (char *)t_get_str(g, "interaction"), (char *)c[i][2]), "%s %s", c[i][0], c[i][1]);
        cr_assert(eq(str, (char *)t_get_str(g, "resource"), (char *)c[i][3]), "%s %s", c[i][0], c[i][1]);
        cr_assert(eq(str, (char *)t_get_str(g, "operation"), (char *)c[i][4]), "%s %s", c[i][0], c[i][1]);
        t_free(f);
    }
}

Test(fhir, recognition)
{
    static const struct {
        const char *media, *method, *path, *accept, *body;
        bool yes;
    } c[] = {
        { "application/fhir+json", "GET", "/x", "", "", true },
        { "application/xml+fhir", "", "", "", "", true },
        { "", "GET", "/x", "text/html, application/fhir+json;q=0.9", "", true },
        { "application/json", "GET", "/fhir/Patient/1", "", "", true },
        { "application/json", "GET", "/api/Patient/1", "", "", false },
        { "", "GET", "/baseR4/metadata", "", "", true },
        { "application/json", "DELETE", "/4_0_1/Device/d1", "", "", true },
        { "", "GET", "/metadata", "", "", false },
        { "", "POST", "/fhir/upload", "", "", false },
        { "", "GET", "/.well-known/smart-configuration", "", "", true },
        { "application/json", "POST", "/store", "", " {\"resourceType\" : \"Patient\", \"id\": 1}", true },
        { "application/json", "POST", "/store", "", "{\"resourceType\":\"Nonsense\"}", false },
        { "application/json", "POST", "/store", "", "{\"id\":1}", false },
        { "text/xml", "POST", "/store", "", "<!-- x --><Patient xmlns=\"http://hl7.org/fhir\"/><x/>", false },
        { "text/xml", "POST", "/store", "", "<Patient xmlns=\"http://hl7.org/fhir\"><id value=\"1\"/></Patient>", true },
        { "text/xml", "POST", "/store", "", "<Patient xmlns=\"urn:x\"></Patient>", false },
        { "application/x-www-form-urlencoded", "POST", "/token", "", "a=b&scope=openid+fhirUser", true },
        { "application/x-www-form-urlencoded", "POST", "/token", "", "scope=mail&x=launch", false },
    };
    for (size_t i = 0; i < sizeof c / sizeof c[0]; i++) {
        struct ww_content m = { .carrier = "t", .media = ww_slice_str(c[i].media), .method = ww_slice_str(c[i].method),
                                .path = ww_slice_str(c[i].path), .accept = ww_slice_str(c[i].accept) };
        struct ww_slice g = t_guard(c[i].body, strlen(c[i].body));
        bool yes = ww_dissector_fhir.content_probe(&m, g) == WW_GUESS_YES;
        cr_assert(eq(int, yes, c[i].yes), "%zu: %s %s %s", i, c[i].media, c[i].path, c[i].body);
        t_unguard(g);
    }
}

static struct t_feed *body(const struct ww_content *m, const char *p, size_t n)
{
    struct t_feed *f = t_new(&ww_dissector_fhir);
    struct ww_content x = *m;
    f->readers = readers;
    x.id = 1;
    (void)t_content(f, &x, WW_A, "", 0, false);
    (void)t_content(f, &x, WW_A, p, n, true);
    return f;
}

Test(fhir, broken_bodies)
{
    static const char *const json[][2] = { { "{\"resourceType\":\"Patient\"", "body_truncated" }, { "{\"resourceType\":}", "body_malformed" },
                                           { "{\"resourceType\":\"Patient\",[]}", "body_malformed" } };
    static const char *const xml[][2] = { { "<Patient><id value=\"1\"/>", "body_truncated" }, { "<Patient><id val", "body_truncated" },
                                          { "<!DOCTYPE x []><Patient/>", "xml_doctype" }, { "<Patient><<", "body_malformed" } };
    for (size_t i = 0; i < 3; i++) {
        struct t_feed *f = body(&m_create, json[i][0], strlen(json[i][0]));
        cr_assert(t_anomaly(f, json[i][1]), "%s", json[i][0]);
        cr_assert(eq(sz, t_count(f, "fhir.body"), 0));
        t_free(f);
    }
    for (size_t i = 0; i < 4; i++) {
        struct t_feed *f = body(&m_xml, xml[i][0], strlen(xml[i][0]));
        cr_assert(t_anomaly(f, xml[i][1]), "%s", xml[i][0]);
        cr_assert(eq(sz, t_count(f, "fhir.body"), 0));
        t_free(f);
    }
    struct t_feed *f = body(&m_made, "<html>an error page</html>", 26); /* media types lie */
    cr_assert(eq(sz, f->nanomaly, 0));
    t_free(f);
}

Test(fhir, large_and_deep)
{
    enum { MAX = 4 << 20 };
    static char text[MAX + 20200];
    memset(text, 'A', sizeof text);
    memcpy(text, "{\"resourceType\":\"Binary\",\"data\":\"", 33);
    memcpy(text + sizeof text - 2, "\"}", 2);
    struct t_feed *f = t_new(&ww_dissector_fhir);
    f->readers = readers;
    struct ww_content m = m_create;
    m.id = 1;
    (void)t_content(f, &m, WW_A, "", 0, false);
    uint64_t want = 0;
    for (m.at = 0; m.at < sizeof text && want == 0; m.at += 10000) {
        size_t n = sizeof text - m.at < 10000 ? sizeof text - (size_t)m.at : 10000;
        want = t_content(f, &m, WW_A, text + m.at, n, m.at + n == sizeof text);
    }
    cr_assert(eq(u64, want, WW_CONTENT_ALL)); /* the rest need not be handed on */
    cr_assert(eq(sz, t_count(f, "fhir.body"), 1));
    cr_assert(eq(int, t_find(f, "fhir.body", 0)->e->flags & WW_EV_TRUNCATED, WW_EV_TRUNCATED));
    t_free(f);
    char deep[2000] = "{\"resourceType\":\"Patient\",\"extension\":";
    for (int i = 0; i < 40; i++)
        strcat(deep, "{\"extension\":");
    strcat(deep, "1");
    for (int i = 0; i < 40; i++)
        strcat(deep, "}");
    strcat(deep, ",\"name\":[{\"text\":\"CANARY\"}]}");
    f = body(&m_create, deep, strlen(deep));
    cr_assert(eq(u64, t_get_u64(t_find(f, "fhir.body", 0), "phi_kinds"), 1));
    t_free(f);
}

Test(fhir, search_parameters)
{
    static const struct {
        const char *path, *query;
        unsigned kinds, count;
        bool patient;
    } c[] = {
        { "/fhir/Patient", "family:exact=CANARY&birthdate=1970&_count=5", 1 | 4, 2, false },
        { "/fhir/Patient", "identifier=CANARY&phone=&name", 2, 1, true },
        { "/fhir/Observation", "subject=Patient/CANARY&code=x&patient.name=y", 2, 1, true },
        { "/fhir/Organization", "name=x", 0, 0, false },
    };
    for (size_t i = 0; i < sizeof c / sizeof c[0]; i++) {
        struct ww_content m = { .carrier = "t", .method = S("GET"), .path = ww_slice_str(c[i].path), .query = ww_slice_str(c[i].query) };
        struct t_feed *f = t_new(&ww_dissector_fhir);
        f->readers = readers;
        (void)t_content(f, &m, WW_A, "", 0, true);
        const struct t_got *g = t_find(f, "fhir.request", 0);
        cr_assert(eq(u64, t_get_u64(g, "phi_kinds"), c[i].kinds), "%s", c[i].query);
        cr_assert(eq(u64, t_get_u64(g, "phi_count"), c[i].count), "%s", c[i].query);
        cr_assert(eq(int, t_get_u64(g, "patient") != 0, c[i].patient), "%s", c[i].query);
        t_free(f);
    }
}

/* Through the carrier, with the request's path for the response. */
Test(fhir, over_http)
{
    struct t_feed *f = t_new(&ww_dissector_http);
    f->readers = readers;
    static const char ask[] = "GET /fhir/Patient/CANARY1 HTTP/1.1\r\nHost: h\r\n\r\n";
    char answer[1000];
    int n = snprintf(answer, sizeof answer, "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %zu\r\n\r\n%s",
                     sizeof capability - 1, capability);
    t_bytes(f, WW_A, ask, sizeof ask - 1);
    t_time(f, f->cx.now + 7000000);
    t_bytes(f, WW_B, answer, (size_t)n);
    cr_assert(eq(str, (char *)t_get_str(t_find(f, "fhir.response", 0), "interaction"), "read"));
    cr_assert(eq(u64, t_get_u64(t_find(f, "fhir.response", 0), "latency_ms"), 7));
    cr_assert(eq(u64, t_get_u64(t_find(f, "fhir.response", 0), "request_frame"), 1));
    cr_assert(eq(sz, t_count(f, "fhir.server"), 1));
    t_free(f);
}
