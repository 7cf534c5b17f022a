/* DICOM: one whole association of vectors, its loops, and what its events say. */
#include "tests/support.h"
#include "tests/unit/dicom_vectors.h"
#include <criterion/criterion.h>
#include <criterion/new/assert.h>

extern const struct ww_dissector ww_dissector_dicom;

static const struct t_step talk_steps[] = {
    T_A(v_associate_rq), { .dir = WW_B, .p = v_associate_ac, .n = sizeof v_associate_ac },
    T_A(v_echo_rq),      T_B(v_echo_rsp),
    T_A(v_store_rq),     T_A(v_store_data),
    T_A(v_release_rq),   T_B(v_release_rp),
};
/* What may be less, or unknown, behind lost bytes. */
static const char *const degrades[] = {
    "latency_ms",
    "assoc_seen",
    "request_frame",
    "dataset_bytes",
    "phi_kinds",
    "phi_count",
    "patient",
    "calling_aet",
    "called_aet",
    "contexts_proposed",
    "duration_ms",
    "abstract_syntax",
    "abstract_syntax_name",
    "transfer_syntaxes",
    "requestor_scp",
    "sop_class",
    "sop_class_name",
    "transfer_syntax",
    "encoding",
    "encoding_guessed",
    "charsets",
    "modality",
    "manufacturer",
    "model",
    "software_versions",
    "serial",
    "station_name",
    "institution",
    "originating",
    "subject_ip",
    "subject_id",
    "collision",
    NULL,
};
static const struct t_talk talk = { .d = &ww_dissector_dicom,
                                    .degrades = degrades,
                                    T_STEPS(talk_steps) };

Test(dicom, every_cut)
{
    t_every_cut(&talk);
}
Test(dicom, every_prefix)
{
    t_every_prefix(&talk);
}
Test(dicom, every_byte)
{
    t_every_byte(&talk);
}
Test(dicom, every_gap)
{
    t_every_gap(&talk);
}

Test(dicom, what_is_told)
{
    struct t_feed *f = t_run(&talk);
    t_end(f);
    t_print(f);
    t_free(f);
}
