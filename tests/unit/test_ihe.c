/* SOAP of IHE and CDA documents in content: recognition, transactions, what is told of patients and devices. */
#include "tests/support.h"
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>

extern const struct ww_dissector ww_dissector_ihe;
extern const struct ww_dissector ww_dissector_http;
static const struct ww_dissector *const readers[] = { &ww_dissector_ihe, NULL };

#define S(lit) WW_SLICE_LIT(lit)
#define SOAP(header, body)                                                                                      \
    "<?xml version='1.0'?><s:Envelope xmlns:s=\"http://www.w3.org/2003/05/soap-envelope\" xmlns:q=\"urn:oasis:names:tc:ebxml-regrep:xsd:query:3.0\">" \
    "<s:Header>" header "</s:Header><s:Body>" body "</s:Body></s:Envelope>"
static const char query[] = SOAP(
    "<wsa:Action xmlns:wsa=\"x\">urn:ihe:iti:2007:RegistryStoredQuery</wsa:Action><wsse:Security><saml2:Assertion ID=\"CANARY\"/></wsse:Security>",
    "<q:AdhocQueryRequest><AdhocQuery id=\"urn:uuid:14d4debf-8f97-4251-9a74-a90016b0af0d\"><Slot name=\"$XDSDocumentEntryPatientId\">"
    "<ValueList><Value>'CANARY0001^^^&amp;1.2.392&amp;ISO'</Value></ValueList></Slot><Slot name=\"$XDSDocumentEntryStatus\"><ValueList>"
    "<Value>('x')</Value></ValueList></Slot></AdhocQuery></q:AdhocQueryRequest>");
static const char answer[] = SOAP(
    "<a:Action>urn:ihe:iti:2007:RegistryStoredQueryResponse</a:Action>",
    "<q:AdhocQueryResponse status=\"urn:oasis:names:tc:ebxml-regrep:ResponseStatusType:PartialSuccess\"><o:RegistryObjectList><ExtrinsicObject id=\"d1\">"
    "<Slot name=\"sourcePatientInfo\"><ValueList><Value>PID-3|CANARY0001^^^&amp;1.2&amp;ISO</Value><Value>PID-5|CANARY^TARO</Value>"
    "<Value>PID-7|19600102</Value><Value>PID-8|M</Value><Value>PID-11|</Value></ValueList></Slot>"
    "<ExternalIdentifier value=\"CANARY0001^^^&amp;1.2&amp;ISO\"/><ExternalIdentifier value=\"1.2.3.4\"/></ExtrinsicObject><ExtrinsicObject id=\"d2\"/>"
    "</o:RegistryObjectList></q:AdhocQueryResponse>");
static const char v3[] = SOAP(
    "<Action>urn:hl7-org:v3:PRPA_IN201305UV02</Action>",
    "<PRPA_IN201305UV02 xmlns=\"urn:hl7-org:v3\"><controlActProcess><queryByParameter><parameterList><livingSubjectName><value><family>CANARY</family>"
    "</value></livingSubjectName><livingSubjectBirthTime><value value=\"1960\"/></livingSubjectBirthTime><livingSubjectId><value root=\"1.2\" extension=\"CANARY7\"/>"
    "</livingSubjectId></parameterList></queryByParameter></controlActProcess></PRPA_IN201305UV02>");
static const char fault[] = SOAP("<Action>urn:ihe:iti:2007:RetrieveDocumentSet</Action>", "<s:Fault><s:Code>x</s:Code></s:Fault>");
static const char cda[] =
    "\xef\xbb\xbf<?xml version=\"1.0\"?><?xml-stylesheet href=\"x\"?><ClinicalDocument xmlns=\"urn:hl7-org:v3\"><typeId root=\"2.16.840.1.113883.1.3\"/>"
    "<templateId root=\"1.2.392.100495.1\"/><templateId root=\"1.2.3\"/><code code=\"57133-1\" codeSystem=\"2.16.840.1.113883.6.1\"/><title>CANARY</title>"
    "<confidentialityCode code=\"N\"/><languageCode code=\"ja-JP\"/><recordTarget><patientRole><id extension=\"CANARY0001\" root=\"1.2\"/>"
    "<addr><city>CANARY</city></addr><telecom value=\"tel:1\"/><patient><name><family>\xe9\x87\x91\xe7\xb3\xb8\xe9\x9b\x80</family><given>\xe5\xa4\xaa</given></name>"
    "<administrativeGenderCode code=\"M\"/><birthTime value=\"19600102\"/><guardian><guardianPerson><name>CANARY</name></guardianPerson></guardian></patient>"
    "</patientRole></recordTarget><author><assignedAuthor><id extension=\"x\"/><assignedPerson><name><family>DR</family></name></assignedPerson>"
    "<assignedAuthoringDevice><manufacturerModelName>Acme Scribe</manufacturerModelName><softwareName>Scribe 2.0</softwareName></assignedAuthoringDevice>"
    "</assignedAuthor></author><component><structuredBody><component><section><text>CANARY</text></section></component></structuredBody></component></ClinicalDocument>";

#define M(m, act, st) { .carrier = "t", .media = S(m), .action = S(act), .method = S("POST"), .path = S("/xds"), .status = (st), .pair = { .latency_ms = WW_NULL32 } }
static const struct ww_content m_query = M("application/soap+xml", "urn:ihe:iti:2007:RegistryStoredQuery", 0);
static const struct ww_content m_answer = M("application/soap+xml", "urn:ihe:iti:2007:RegistryStoredQueryResponse", 200);
static const struct ww_content m_v3 = M("text/xml", "urn:hl7-org:v3:PRPA_IN201305UV02", 0);
static const struct ww_content m_fault = M("application/soap+xml", "", 500); /* known by its bytes */
static const struct ww_content m_cda = { .carrier = "t", .media = S("text/xml"), .part = true };
#define STEP(d, m, b) { .dir = (d), .p = (b), .n = sizeof(b) - 1, .meta = &(m), .parts = true }
static const struct t_step talk[] = { STEP(WW_A, m_query, query), STEP(WW_B, m_answer, answer), STEP(WW_A, m_v3, v3),
                                      STEP(WW_B, m_fault, fault), STEP(WW_A, m_cda, cda) };
static const struct t_talk t = { .d = &ww_dissector_ihe, T_STEPS(talk), .readers = readers };

Test(ihe, every_cut) { t_every_cut(&t); }
Test(ihe, every_prefix) { t_every_prefix(&t); }
Test(ihe, every_byte) { t_every_byte(&t); }
Test(ihe, every_gap) { t_every_gap(&t); }

Test(ihe, transactions_and_messages)
{
    struct t_feed *f = t_run(&t);
    cr_assert(eq(sz, t_count(f, "ihe.transaction"), 3));
    cr_assert(eq(sz, t_count(f, "ihe.message"), 4));
    cr_assert(eq(str, (char *)t_get_str(t_find(f, "ihe.transaction", 1), "transaction"), "ITI-18"));
    cr_assert(eq(str, (char *)t_get_str(t_find(f, "ihe.transaction", 2), "transaction"), "ITI-47"));
    const struct t_got *g = t_find(f, "ihe.message", 0);
    cr_assert(eq(str, (char *)t_get_str(g, "body"), "AdhocQueryRequest"));
    cr_assert(eq(str, (char *)t_get_str(g, "query"), "FindDocuments"));
    cr_assert(eq(u64, t_get_u64(g, "assertion"), 1));
    cr_assert(eq(u64, t_get_u64(g, "phi_kinds"), 2));
    cr_assert(eq(u64, t_get_u64(g, "phi_count"), 1));
    cr_assert(ne(u64, t_get_u64(g, "patient"), 0));
    g = t_find(f, "ihe.message", 1);
    cr_assert(eq(str, (char *)t_get_str(g, "outcome"), "PartialSuccess"));
    cr_assert(eq(u64, t_get_u64(g, "documents"), 2));
    cr_assert(eq(u64, t_get_u64(g, "phi_kinds"), 1 | 2 | 4 | 128));
    cr_assert(eq(u64, t_get_u64(g, "phi_count"), 4));
    g = t_find(f, "ihe.message", 2);
    cr_assert(eq(str, (char *)t_get_str(g, "body"), "PRPA_IN201305UV02"));
    cr_assert(eq(u64, t_get_u64(g, "phi_kinds"), 1 | 2 | 4));
    g = t_find(f, "ihe.message", 3);
    cr_assert(eq(str, (char *)t_get_str(g, "outcome"), "fault"));
    cr_assert(eq(str, (char *)t_get_str(g, "transaction"), "ITI-43"));
    cr_assert(eq(str, (char *)t_get_str(g, "body"), ""));
    cr_assert(eq(sz, f->nanomaly, 0));
    t_free(f);
}

Test(ihe, documents)
{
    struct t_feed *f = t_run(&t);
    const struct t_got *g = t_find(f, "cda.document", 0);
    cr_assert(eq(str, (char *)t_get_str(g, "code"), "57133-1"));
    cr_assert(eq(str, (char *)t_get_str(g, "templates"), "1.2.392.100495.1,1.2.3"));
    cr_assert(eq(str, (char *)t_get_str(g, "confidentiality"), "N"));
    cr_assert(eq(str, (char *)t_get_str(g, "language"), "ja-JP"));
    cr_assert(eq(str, (char *)t_get_str(g, "authoring_device"), "Acme Scribe"));
    cr_assert(eq(str, (char *)t_get_str(g, "authoring_software"), "Scribe 2.0"));
    cr_assert(eq(u64, t_get_u64(g, "phi_kinds"), 1 | 2 | 4 | 8 | 64 | 128 | 1024 | 2048 | 8192));
    cr_assert(ne(u64, t_get_u64(g, "patient"), 0));
    t_free(f);
}

static struct t_feed *read_one(const struct ww_content *m, const char *p)
{
    struct t_feed *f = t_new(&ww_dissector_ihe);
    struct ww_content x = *m;
    f->readers = readers;
    x.id = 1;
    (void)t_content(f, &x, WW_A, "", 0, false);
    (void)t_content(f, &x, WW_A, p, strlen(p), true);
    return f;
}

Test(ihe, broken_bodies)
{
    static const char *const c[][2] = { { "<Envelope><Body>", "body_truncated" }, { "<Envelope><Bo", "body_truncated" },
                                        { "<!DOCTYPE x><Envelope/>", "xml_doctype" }, { "<Envelope><<", "body_malformed" } };
    for (size_t i = 0; i < 4; i++) {
        struct t_feed *f = read_one(&m_query, c[i][0]);
        cr_assert(t_anomaly(f, c[i][1]), "%s", c[i][0]);
        cr_assert(eq(sz, t_count(f, "ihe.message"), 0));
        t_free(f);
    }
    static char deep[3000];
    for (int levels = 250; levels <= 251; levels++) {
        deep[0] = 0;
        for (int i = 0; i < levels; i++)
            strcat(deep, "<a>");
        for (int i = 0; i < levels; i++)
            strcat(deep, "</a>");
        struct t_feed *f = read_one(&m_query, deep);
        cr_assert(eq(int, t_anomaly(f, "body_too_deep"), levels > 250));
        t_free(f);
    }
}

Test(ihe, not_ours)
{
    static const char *const bodies[] = { "<html><body>urn:ihe:</body></html>", "{\"a\":1}", "<Envelope xmlns=\"urn:x\"/>", "ClinicalDocument urn:hl7-org:v3" };
    for (size_t i = 0; i < 4; i++) {
        struct t_feed *f = read_one(&m_fault, bodies[i]);
        cr_assert(eq(sz, f->ngot, 0), "%s", bodies[i]);
        cr_assert(eq(sz, f->nanomaly, 0));
        t_free(f);
    }
    struct ww_content m = m_query;
    m.action = S("urn:ihe:x CANARY");
    struct t_feed *f = read_one(&m, "x");
    cr_assert(eq(sz, f->ngot, 0));
    t_free(f);
}

/* MTOM: the message is the first part, the document another. */
Test(ihe, a_package)
{
    static char msg[9000];
    int body = 0;
    struct t_feed *f = t_new(&ww_dissector_http);
    f->readers = readers;
    static char parts[8000];
    body = snprintf(parts, sizeof parts, "--b\r\nContent-Type: application/xop+xml; type=\"application/soap+xml\"\r\n\r\n%s\r\n--b\r\nContent-Type: text/xml\r\n\r\n%s\r\n--b--\r\n",
                    query, cda);
    int n = snprintf(msg, sizeof msg, "POST /xds HTTP/1.1\r\nContent-Length: %d\r\nContent-Type: multipart/related; boundary=b; type=\"application/xop+xml\"; "
                     "action=\"urn:ihe:iti:2007:ProvideAndRegisterDocumentSet-b\"\r\n\r\n%s", body, parts);
    t_bytes(f, WW_A, msg, (size_t)n);
    cr_assert(eq(str, (char *)t_get_str(t_find(f, "ihe.transaction", 0), "transaction"), "ITI-41"));
    cr_assert(eq(sz, t_count(f, "ihe.message"), 1));
    cr_assert(eq(sz, t_count(f, "cda.document"), 1));
    t_free(f);
}
