/* What DICOM services tell: storage commitment, procedure steps, printing, worklist; roles. */
#include "tests/unit/dicom_build.h"
#include <criterion/criterion.h>
#include <criterion/new/assert.h>

extern const struct ww_dissector ww_dissector_dicom;

#define STR(g, field, want) \
    cr_assert(eq(str, (char *)t_get_str((g), (field)), (char *)(uintptr_t)(want)))
#define NUM(g, field, want) cr_assert(eq(u64, t_get_u64((g), (field)), (want)), "%s", (field))
static const char PRINTER[] = "1.2.840.10008.5.1.1.16", JOB[] = "1.2.840.10008.5.1.1.14",
                  UPS[] = "1.2.840.10008.5.1.4.34.6.1";

static struct t_feed *opened(void)
{
    struct t_feed *f = t_new(&ww_dissector_dicom);
    b_open(f, EXPLICIT);
    return f;
}

/* A command set with an event type (0x1002) or action type (0x1008), 0 = neither. */
static void invoke(struct t_feed *f, enum ww_dir dir, uint8_t pcid, const char *sop, uint16_t field,
                   uint16_t id, uint16_t kind, uint16_t type, bool data)
{
    struct b *c = b_new(), *e = b_new();
    b_str(e, field == 0x0130 ? 0x00000003 : 0x00000002, sop);
    b_us(e, 0x00000100, field);
    b_us(e, (field & 0x8000) != 0 ? 0x00000120 : 0x00000110, id);
    b_us(e, 0x00000800, data ? 1 : 0x0101);
    if (kind != 0)
        b_us(e, kind, type);
    b_command(c, e);
    b_send(f, dir, pcid, c);
    free(c);
    free(e);
}

/* A sequence with items, of defined or undefined length, each naming one SOP instance. */
static void references(struct b *d, uint32_t tag, unsigned n, bool defined)
{
    struct b *item = b_new();
    b_ds(item, B_EXPLICIT, 0x00081150, "UI", "1.2.840.10008.5.1.4.1.1.2 ");
    b_ds(item, B_EXPLICIT, 0x00081155, "UI", "1.2.3.44");
    uint32_t one = (uint32_t)item->n;
    b_head(d, B_EXPLICIT, tag, "SQ", defined ? n * (one + 8) : 0xffffffff);
    for (unsigned i = 0; i < n; i++) {
        b_head(d, B_EXPLICIT, 0xfffee000, "", defined ? one : 0xffffffff);
        b_raw(d, item->p, item->n);
        if (!defined)
            b_head(d, B_EXPLICIT, 0xfffee00d, "", 0);
    }
    if (!defined)
        b_head(d, B_EXPLICIT, 0xfffee0dd, "", 0);
    free(item);
}

/* The PACS reports on the same association: all commits but one. */
Test(dicom_service, storage_commitment)
{
    for (int defined = 0; defined < 2; defined++) {
        struct t_feed *f = opened();
        struct b *d = b_new();
        invoke(f, WW_A, 13, COMMIT, 0x0130, 1, 0x1008, 1, true);
        b_ds(d, B_EXPLICIT, 0x00081195, "UI", "1.2.3.99");
        references(d, 0x00081199, 3, defined != 0);
        b_send_data(f, WW_A, 13, d, 11);
        const struct t_got *g = t_find(f, "dicom.request", 0);
        STR(g, "service", "storage_commitment");
        STR(g, "type_text", "request commitment");
        NUM(g, "references", 3);
        NUM(g, "references_failed", WW_NULL64);
        b_send_usual(f, WW_B, 13, COMMIT, 0x8130, 1, false, 0);
        d->n = 0;
        invoke(f, WW_B, 13, COMMIT, 0x0100, 1, 0x1002, 2, true);
        b_ds(d, B_EXPLICIT, 0x00081195, "UI", "1.2.3.99");
        references(d, 0x00081198, 1, defined != 0);
        references(d, 0x00081199, 2, defined == 0);
        b_send_data(f, WW_B, 13, d, 13);
        g = t_find(f, "dicom.request", 1);
        STR(g, "command", "N-EVENT-REPORT");
        STR(g, "type_text", "failures exist");
        NUM(g, "references", 2);
        NUM(g, "references_failed", 1);
        NUM(t_find(f, "dicom.response", 0), "references", WW_NULL64);
        cr_assert(eq(sz, f->nanomaly, 0));
        free(d);
        t_free(f);
    }
}

Test(dicom_service, states)
{
    const struct {
        const char *sop, *service, *state, *text;
        uint32_t tag;
        uint16_t field, kind, type;
    } row[] = {
        { MPPS, "mpps", "IN PROGRESS", "", 0x00400252, 0x0140, 0, 0 },
        { MPPS, "mpps", "COMPLETED", "", 0x00400252, 0x0120, 0, 0 },
        { JOB, "print", "PRINTING", "printing", 0x21000020, 0x0100, 0x1002, 2 },
        { PRINTER, "print", "WARNING", "warning", 0x21100010, 0x0100, 0x1002, 2 },
        { UPS, "ups", "SCHEDULED", "", 0x00741000, 0x0140, 0, 0 },
        { UPS, "ups", "IN PROGRESS", "change state", 0x00741000, 0x0130, 0x1008, 1 },
        { "1.2.3.4.5", "other", "", "", 0x00080016, 0x0140, 0, 0 },
    };
    for (size_t i = 0; i < sizeof row / sizeof row[0]; i++) {
        struct t_feed *f = t_new(&ww_dissector_dicom);
        struct b *d = b_new();
        invoke(f, WW_A, 11, row[i].sop, row[i].field, 1, row[i].kind, row[i].type, true);
        b_ds(d, B_EXPLICIT, row[i].tag, "CS", row[i].tag == 0x00080016 ? "1.2" : row[i].state);
        b_send_data(f, WW_A, 11, d, 5);
        const struct t_got *g = t_find(f, "dicom.request", 0);
        STR(g, "service", row[i].service);
        STR(g, "state", row[i].state);
        STR(g, "type_text", row[i].text);
        free(d);
        t_free(f);
    }
}

/* A worklist query: keys inside the scheduled step count by their names. */
Test(dicom_service, worklist_keys)
{
    struct t_feed *f = opened();
    struct b *d = b_new();
    b_send_usual(f, WW_A, 9, MWL, 0x0020, 3, true, 0);
    b_ds(d, B_EXPLICIT, 0x00100010, "PN", "CANARY*");
    b_ds(d, B_EXPLICIT, 0x00100020, "LO", "");
    b_head(d, B_EXPLICIT, 0x00400100, "SQ", 0xffffffff);
    b_head(d, B_EXPLICIT, 0xfffee000, "", 0xffffffff);
    b_ds(d, B_EXPLICIT, 0x00080060, "CS", "CT");
    b_ds(d, B_EXPLICIT, 0x00400001, "AE", "CT01");
    b_ds(d, B_EXPLICIT, 0x00400002, "DA", "");
    b_head(d, B_EXPLICIT, 0xfffee00d, "", 0);
    b_head(d, B_EXPLICIT, 0xfffee0dd, "", 0);
    b_send_data(f, WW_A, 9, d, 9);
    const struct t_got *g = t_find(f, "dicom.request", 0);
    STR(g, "service", "worklist");
    STR(g, "query_keys", "PatientName,Modality,ScheduledStationAETitle");
    free(d);
    t_free(f);
}

/* Asynchronous operations: pending responses to several requests in turn, more than are counted. */
Test(dicom_service, pending_of_several_requests)
{
    struct t_feed *f = opened();
    for (uint16_t id = 1; id <= 9; id++)
        b_send_usual(f, WW_A, 5, FIND, 0x0020, id, false, 0);
    for (unsigned round = 1; round <= 3; round++)
        for (uint16_t id = 1; id <= 8; id++)
            b_send_usual(f, WW_B, 5, FIND, 0x8020, id, false, 0xff00);
    for (size_t i = 0; i < 24; i++)
        NUM(t_find(f, "dicom.response", i), "pending", i / 8 + 1);
    b_send_usual(f, WW_B, 5, FIND, 0x8020, 9, false,
                 0xff00); /* takes the place of request 1 or 2 */
    NUM(t_find(f, "dicom.response", 24), "pending", 1);
    b_send_usual(f, WW_B, 5, FIND, 0x8020, 8, false, 0);
    NUM(t_find(f, "dicom.response", 25), "pending", 3);
    b_send_usual(f, WW_B, 5, FIND, 0x8020, 5, false, 0xff00);
    NUM(t_find(f, "dicom.response", 26), "pending", 4);
    cr_assert(eq(sz, f->nanomaly, 0));
    t_free(f);
}

/* ---- roles ---- */

static void role(struct b *user, const char *sop, bool scu, bool scp)
{
    struct b *i = b_new();
    b_num(i, strlen(sop), 2, true);
    b_raw(i, sop, strlen(sop));
    b_num(i, scu, 1, true);
    b_num(i, scp, 1, true);
    b_item(user, 0x54, i->p, i->n);
    free(i);
}

/* A-ASSOCIATE with contexts 1 CT and 3 MR, and a role item for CT; answered: the acceptor grants
 * it. */
static void associate(struct b *m, uint8_t type, bool scu, bool scp, bool with_role)
{
    struct b *i = b_new(), *u = b_new();
    for (uint8_t k = 0; k < 2; k++) {
        if (type == 1)
            b_offer(i, (uint8_t)(2 * k + 1), k == 0 ? CT : MR, EXPLICIT, NULL);
        else
            b_answer(i, (uint8_t)(2 * k + 1), 0, EXPLICIT);
    }
    b_items(u, 0x52, "1.2.3.4");
    if (with_role)
        role(u, CT, scu, scp);
    b_item(i, 0x50, u->p, u->n);
    b_assoc(m, type, "PACS", "MOD", i);
    free(i);
    free(u);
}

static struct t_feed *with_roles(bool request, bool scu, bool scp, bool with_role)
{
    struct t_feed *f = t_new(&ww_dissector_dicom);
    struct b *m = b_new();
    if (request) {
        associate(m, 1, scu, scp, with_role);
        t_bytes(f, WW_A, m->p, m->n);
    }
    m->n = 0;
    associate(m, 2, scu, scp, with_role);
    t_bytes(f, WW_B, m->p, m->n);
    b_send_usual(f, WW_A, 3, MR, 0x0001, 1, false, 0); /* ends the wait for a late request */
    free(m);
    return f;
}

/* The default needs no proposal to be known; other roles do, because only it names the contexts. */
Test(dicom_service, roles_told)
{
    const struct {
        bool request, scu, scp, item;
        uint64_t want_scu, want_scp;
    } row[] = {
        { true, true, false, false, 1, 0 }, { true, false, true, true, 0, 1 },
        { true, true, true, true, 1, 1 },   { false, true, false, false, 1, 0 },
        { false, false, true, true, 0, 0 },
    };
    for (size_t i = 0; i < sizeof row / sizeof row[0]; i++) {
        struct t_feed *f = with_roles(row[i].request, row[i].scu, row[i].scp, row[i].item);
        NUM(t_find(f, "dicom.context", 0), "requestor_scu", row[i].want_scu);
        NUM(t_find(f, "dicom.context", 0), "requestor_scp", row[i].want_scp);
        NUM(t_find(f, "dicom.accept", 0), "role_selections", row[i].item);
        NUM(t_find(f, "dicom.accept", 0), "contexts_proposed", row[i].request ? 2 : WW_NULL64);
        if (row[i].request)
            STR(t_find(f, "dicom.associate", 0), "scp_classes", row[i].scp ? CT : "");
        t_free(f);
    }
}

/* The acceptance came first: its role items had no names to go with, so nothing is said of roles.
 */
Test(dicom_service, roles_of_a_late_request)
{
    struct t_feed *f = t_new(&ww_dissector_dicom);
    struct b *m = b_new();
    associate(m, 2, false, true, true);
    t_bytes(f, WW_B, m->p, m->n);
    m->n = 0;
    associate(m, 1, false, true, true);
    t_bytes(f, WW_A, m->p, m->n);
    STR(t_find(f, "dicom.context", 0), "abstract_syntax", CT);
    NUM(t_find(f, "dicom.context", 0), "requestor_scu", 0);
    NUM(t_find(f, "dicom.context", 0), "requestor_scp", 0);
    b_send_usual(f, WW_B, 1, CT, 0x0001, 1, false, 0);
    cr_assert(eq(sz, f->nanomaly, 0));
    free(m);
    t_free(f);
}

/* Who may ask what: the acceptor stores only where the requestor provides, only the SCP reports. */
Test(dicom_service, roles_kept)
{
    const struct {
        bool scu, scp, item;
        enum ww_dir dir;
        uint16_t field;
        bool bad;
    } row[] = {
        { true, false, false, WW_A, 0x0001, false }, { true, false, false, WW_B, 0x0001, true },
        { false, true, true, WW_B, 0x0001, false },  { false, true, true, WW_A, 0x0001, true },
        { true, true, true, WW_A, 0x0001, false },   { true, true, true, WW_B, 0x0001, false },
        { true, false, false, WW_B, 0x0100, false }, { true, false, false, WW_A, 0x0100, true },
        { false, true, true, WW_A, 0x0100, false },
    };
    for (size_t i = 0; i < sizeof row / sizeof row[0]; i++) {
        struct t_feed *f = with_roles(true, row[i].scu, row[i].scp, row[i].item);
        b_send_usual(f, row[i].dir, 1, CT, row[i].field, 2, false, 0);
        cr_assert(eq(int, t_anomaly(f, "role_not_negotiated"), row[i].bad), "row %zu", i);
        t_free(f);
    }
}

/* ---- negotiation ---- */

Test(dicom_service, many_negotiations)
{
    for (unsigned n = 32; n <= 33; n++) {
        struct t_feed *f = t_new(&ww_dissector_dicom);
        struct b *i = b_new(), *u = b_new(), *m = b_new();
        b_offer(i, 1, CT, EXPLICIT, NULL);
        b_items(u, 0x52, "1.2.3.4");
        for (unsigned k = 0; k < n; k++)
            b_item(u, 0x56,
                   "\0\x03"
                   "1.2"
                   "\1",
                   6);
        b_item(i, 0x50, u->p, u->n);
        b_assoc(m, 1, "PACS", "MOD", i);
        t_bytes(f, WW_A, m->p, m->n);
        const struct t_got *g = t_find(f, "dicom.associate", 0);
        NUM(g, "extended_negotiations", n);
        cr_assert(eq(u16, ww_get_total(g->e, ww_type_field(g->e->type, "extended_classes")), n));
        cr_assert(eq(int, (g->e->flags & WW_EV_TRUNCATED) != 0, n > 32));
        free(i);
        free(u);
        free(m);
        t_free(f);
    }
}

/* Lengths inside the items of user information that lie. */
Test(dicom_service, lying_user_items)
{
    const struct {
        uint8_t type;
        const char *p;
        size_t n;
    } row[] = {
        { 0x53, "\0\1", 2 },
        { 0x54,
          "\0\x09"
          "1.2.3"
          "\1\1",
          9 },
        { 0x56,
          "\0\x09"
          "1.2.3",
          7 },
        { 0x57,
          "\0\x05"
          "1.2.3"
          "\0\x05"
          "1.2",
          12 },
        { 0x58,
          "\1\0\0\x09"
          "CANARY",
          10 },
        { 0x58,
          "\2\0\0\6"
          "CANARY"
          "\0\7"
          "CANARY",
          18 },
    };
    for (size_t k = 0; k < sizeof row / sizeof row[0]; k++) {
        struct t_feed *f = t_new(&ww_dissector_dicom);
        struct b *i = b_new(), *u = b_new(), *m = b_new();
        b_offer(i, 1, CT, EXPLICIT, NULL);
        b_items(u, 0x52, "1.2.3.4");
        b_item(u, row[k].type, row[k].p, row[k].n);
        b_item(i, 0x50, u->p, u->n);
        b_assoc(m, 1, "PACS", "MOD", i);
        t_bytes(f, WW_A, m->p, m->n);
        cr_assert(t_anomaly(f, "item_length_invalid"), "row %zu", k);
        cr_assert(eq(sz, t_count(f, "dicom.associate"), 1));
        free(i);
        free(u);
        free(m);
        t_free(f);
    }
}

/* Data of the side that ended the association; the other side's may still be under way. */
Test(dicom_service, data_after_the_end)
{
    const struct {
        const char *pdu;
        enum ww_dir from;
        bool rejects;
    } row[] = {
        { "\x07\0\0\0\0\4\0\0\0\0", WW_A, false },
        { "\x07\0\0\0\0\4\0\0\2\1", WW_B, false },
        { "\x03\0\0\0\0\4\0\1\1\1", WW_B, true },
    };
    for (size_t i = 0; i < sizeof row / sizeof row[0]; i++) {
        struct t_feed *f = row[i].rejects ? t_new(&ww_dissector_dicom) : opened();
        struct b *m = b_new();
        if (row[i].rejects) {
            associate(m, 1, true, false, false);
            t_bytes(f, WW_A, m->p, m->n);
        }
        t_bytes(f, row[i].from, row[i].pdu, 10);
        b_send_usual(f, ww_other(row[i].from), 1, CT, 0x0001, 1, false, 0);
        cr_assert(not(t_anomaly(f, "data_after_end")), "row %zu", i);
        b_send_usual(f, row[i].from, 1, CT, 0x8001, 1, false, 0);
        cr_assert(t_anomaly(f, "data_after_end"), "row %zu", i);
        free(m);
        t_free(f);
    }
}
