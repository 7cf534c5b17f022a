/* XML tokens and time stamps: the shared helpers of text protocols. */
#include "dissectors/lib/when.h"
#include "dissectors/lib/xml.h"
#include "sensor/base/out.h"
#include "tests/support.h"
#include <criterion/criterion.h>
#include <criterion/new/assert.h>

static const char kinds[] = {
    [WW_XML_MORE] = '.',  [WW_XML_TEXT] = 't',  [WW_XML_OPEN] = 'o',    [WW_XML_EMPTY] = 'e',
    [WW_XML_CLOSE] = 'c', [WW_XML_ASIDE] = 'a', [WW_XML_DOCTYPE] = 'd', [WW_XML_BAD] = 'b'
};

/* Reads a text that arrives `piece` bytes at a time: kind, name and body of each token. */
static void read_all(struct ww_out *o, const char *text, size_t n, size_t piece, size_t max)
{
    struct ww_xml_scan scan = { 0 };
    size_t at = 0, have = 0;
    for (size_t rounds = 0; rounds < 10000; rounds++) {
        struct ww_slice in = t_guard(text + at, have - at);
        struct ww_xml_tok t = ww_xml_next(&scan, in, max);
        if (t.kind != WW_XML_MORE) {
            cr_assert(gt(sz, t.used, 0));
            cr_assert(le(sz, t.used, in.n));
            ww_out_c(o, kinds[t.kind]);
            ww_out_raw(o, t.name.p, t.name.n);
            ww_out_c(o, '{');
            ww_out_raw(o, t.body.p, t.body.n);
            ww_out_c(o, '}');
        }
        at += t.used;
        t_unguard(in);
        if (t.kind == WW_XML_MORE && have == n)
            break;
        if (t.kind == WW_XML_MORE)
            have = have + piece < n ? have + piece : n;
    }
    ww_out_c(o, 0);
}

static void same(const char *text, const char *want)
{
    for (size_t piece = 1; piece <= strlen(text) + 1; piece++) {
        char buf[1024];
        struct ww_out o = ww_out(buf, sizeof buf);
        read_all(&o, text, strlen(text), piece, 200);
        cr_assert(eq(str, buf, (char *)want), "pieces of %zu", piece);
    }
}

Test(xml, tokens)
{
    same("<?xml version=\"1.0\"?><a b='1'>x<c/></a>\n",
         "a{xml version=\"1.0\"}oa{ b='1'}t{x}ec{}ca{}");
    same("<a x=\"1>2\" y='\"'/>", "ea{ x=\"1>2\" y='\"'}");
    same("<!-- a > b --><b><![CDATA[<x>]]></b>", "a{ a > b }ob{}t{<x>}cb{}");
    same("<p:a  z = \"1\" ><b />", "op:a{  z = \"1\" }eb{ }");
    same("<!---->x<", "a{}t{x}");
    same("<!-->-->x<", "a{>}t{x}");
    same("<?" "?><a>", "a{}oa{}");
}

Test(xml, what_is_no_xml)
{
    same("<1a>", "b{}");
    same("<a <b>", "b{}ob{}");
    same("<a b=\"<c>", "b{}oc{}");
    same("<!DOCTYPE a><b>", "d{DOCTYPE a}ob{}");
    same("< a><", "b{}t{ a>}");
    same("</>x<", "b{}t{x}");
}

Test(xml, limits)
{
    char text[600], buf[2048];
    struct ww_out t = ww_out(text, sizeof text);
    for (size_t i = 0; i < 450; i++)
        ww_out_c(&t, 'x');
    ww_out_s(&t, "<a>");
    struct ww_out o = ww_out(buf, sizeof buf);
    read_all(&o, text, t.n, 7, 200); /* text over the limit comes in parts of the limit */
    cr_assert(eq(chr, buf[0], 't'));
    cr_assert(eq(chr, buf[1 + 202], 't'));
    cr_assert(eq(str, buf + 2 * 203 + 1 + 52, (char *)"oa{}"));
    for (size_t n = 199; n <= 201; n++) { /* a tag of n bytes */
        t = ww_out(text, sizeof text);
        ww_out_s(&t, "<a b='");
        while (t.n < n - 2)
            ww_out_c(&t, 'y');
        ww_out_s(&t, "'>");
        o = ww_out(buf, sizeof buf);
        read_all(&o, text, t.n, 1000, 200);
        cr_assert(eq(chr, buf[0], n <= 200 ? 'o' : 'b'), "%zu bytes", n);
    }
}

Test(xml, attributes)
{
    struct ww_slice body = WW_SLICE_LIT(" V=\"1\" SN = 'a\"b' empty=\"\" broken=x");
    cr_assert(ww_slice_eqs(ww_xml_attr(body, "V"), "1"));
    cr_assert(ww_slice_eqs(ww_xml_attr(body, "SN"), "a\"b"));
    cr_assert(eq(sz, ww_xml_attr(body, "empty").n, 0));
    cr_assert(ww_xml_attr(body, "empty").p != NULL);
    cr_assert(ww_xml_attr(body, "broken").p == NULL);
    cr_assert(ww_xml_attr(body, "N").p == NULL);
    cr_assert(ww_slice_eqs(ww_xml_local(WW_SLICE_LIT("ns:Name")), "Name"));
    cr_assert(ww_slice_eqs(ww_xml_local(WW_SLICE_LIT("Name")), "Name"));
}

static void decoded(const char *in, const char *want)
{
    char buf[32];
    struct ww_slice s = t_guard(in, strlen(in));
    struct ww_slice out = ww_xml_text(s, buf, sizeof buf);
    cr_assert(ww_slice_eqs(out, want), "%s gives %.*s", in, (int)out.n, (const char *)out.p);
    t_unguard(s);
}

Test(xml, references)
{
    decoded("plain", "plain");
    decoded("a&amp;b&lt;&gt;&quot;&apos;", "a&b<>\"'");
    decoded("&#65;&#x42;&#x3042;&#233;&#x1F600;", "AB\u3042\u00e9\U0001F600");
    decoded("&unknown;&", "&unknown;&");
    decoded("&lt", "&lt");
    decoded("&#0;&#xD800;&#x110000;", "\ufffd\ufffd\ufffd");
    decoded("&#;&#x;&#zz;", "&#;&#x;&#zz;");
    decoded("0123456789012345678901234567890&amp;123", "0123456789012345678901234567890&");
}

static uint64_t compact(const char *s)
{
    return ww_when_compact(ww_slice_str(s)).ns;
}
static uint64_t rfc3339(const char *s)
{
    return ww_when_rfc3339(ww_slice_str(s)).ns;
}
#define S 1000000000ull

Test(when, compact)
{
    cr_assert(eq(u64, compact("19700102"), 86400 * S));
    cr_assert(eq(u64, compact("20000229"), 951782400 * S));
    cr_assert(eq(u64, compact("20261123100203"), 1795428123 * S));
    cr_assert(eq(u64, compact("202611231002"), 1795428120 * S));
    cr_assert(eq(u64, compact("20261123100203+0900"), 1795395723 * S));
    cr_assert(ww_when_compact(WW_SLICE_LIT("20261123100203+0900")).zoned);
    cr_assert(not(ww_when_compact(WW_SLICE_LIT("20261123100203")).zoned));
    static const char *const none[] = {
        "",          "2026",           "2026112", "20261323",           "20261100",
        "20261123x", "20261123250000", "CANARY",  "20261123100203+9900"
    };
    for (size_t i = 0; i < sizeof none / sizeof none[0]; i++)
        cr_assert(eq(u64, compact(none[i]), 0), "%s", none[i]);
}

Test(when, rfc3339_times)
{
    cr_assert(eq(u64, rfc3339("2026-11-23T10:02:03Z"), 1795428123 * S));
    cr_assert(eq(u64, rfc3339("2026-11-23T10:02:03.25+09:00"), 1795395723 * S + S / 4));
    cr_assert(eq(u64, rfc3339("2026-11-23T10:02:03.123456789-00:30"), 1795429923 * S + 123456789));
    cr_assert(eq(u64, rfc3339("2026-11-23T10:02:03"), 1795428123 * S));
    static const char *const none[] = {
        "2026-11-23",           "2026-11-23T10:02",      "2026-11-23X10:02:03Z",
        "2026-11-23T10:02:03+", "2026-11-23T10:02:03Zx", "-"
    };
    for (size_t i = 0; i < sizeof none / sizeof none[0]; i++)
        cr_assert(eq(u64, rfc3339(none[i]), 0), "%s", none[i]);
}
