/* The template keeps the contract that its copies must keep. */
#include "dissectors/template.c"
#include "tests/support.h"
#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#define HEAD(kind, id, len) "TPL1" kind "\0" id "\0\0\0" len
static const char hello_msg[] = HEAD("\x01", "\0\0", "\x14") "\x01\x04"
                                                             "Acme\x02\x02P7\x03\x02S1\x04\x04"
                                                             "1.02";
static const char ask_msg[] = HEAD("\x02", "\0\x09", "\x05") "rate?";
static const char answer_msg[] = HEAD("\x03", "\0\x09", "\x03") "\0ok";
static const char bulk[] =
    HEAD("\x04", "\0\0", "\x08") "TPL1junk" HEAD("\x02", "\0\x0a", "\x01") "?";
static const struct t_step steps[] = {
    T_AS(hello_msg),
    T_AS(ask_msg),
    T_BS(answer_msg),
    { .dir = WW_A, .p = bulk, .n = sizeof bulk - 1, .parts = true }
};
static const char *const degrades[] = { "latency_ms", NULL };
static const struct t_talk talk = { .d = &ww_dissector_template,
                                    T_STEPS(steps),
                                    .degrades = degrades };

Test(template, loops)
{
    t_every_cut(&talk);
    t_every_prefix(&talk);
    t_every_byte(&talk);
    t_every_gap(&talk);
}

Test(template, what_is_told)
{
    struct t_feed *f = t_run(&talk);
    const struct t_got *g = t_find(f, "template.hello", 0);
    cr_assert(eq(str, (char *)t_get_str(g, "vendor"), "Acme"));
    cr_assert(eq(str, (char *)t_get_str(g, "model"), "P7"));
    cr_assert(eq(str, (char *)t_get_str(g, "serial"), "S1"));
    cr_assert(eq(str, (char *)t_get_str(g, "version"), "1.02"));
    cr_assert(eq(u64, t_get_u64(t_find(f, "template.ask", 0), "text_bytes"), 5));
    g = t_find(f, "template.answer", 0);
    cr_assert(eq(str, (char *)t_get_str(g, "status"), "done"));
    cr_assert(eq(u64, t_get_u64(g, "latency_ms"), 10));
    cr_assert(eq(sz, t_count(f, "template.ask"), 2)); /* what stood inside the bulk was not read */
    cr_assert(eq(int, f->client, WW_A));
    t_free(f);
}

Test(template, limits)
{
    static const char at[] = HEAD("\x02", "\0\x01", "\0"), over[] = "TPL1\x02\0\0\x01\0\0\x10\x01";
    struct t_feed *f = t_new(&ww_dissector_template);
    t_bytes(f, WW_A, at, sizeof at - 1);
    cr_assert(eq(sz, t_count(f, "template.ask"), 1));
    t_bytes(f, WW_A, over, sizeof over - 1);
    cr_assert(f->stopped);
    t_free(f);
}

Test(template, probe)
{
    cr_assert(
        eq(int, t_probe(&ww_dissector_template, WW_A, ask_msg, sizeof ask_msg - 1), WW_GUESS_YES));
    cr_assert(eq(int, t_probe(&ww_dissector_template, WW_A, "TPL", 3), WW_GUESS_MAYBE));
    cr_assert(eq(int, t_probe(&ww_dissector_template, WW_A, "TPL2", 4), WW_GUESS_NO));
    cr_assert(eq(int, t_probe(&ww_dissector_template, WW_A, "GET / HTTP/1.1", 14), WW_GUESS_NO));
}
