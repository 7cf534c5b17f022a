/* dicomweb.c - DICOMweb in content that others carry: which service is asked, how it went. DICOM files
 * in it are read by who reads DICOM files wherever they pass.
 * Source: DICOM PS3.18 8.7 (media types), 9 to 11 */
#include "dissectors/medical/dicomweb/dicomweb.h"

WW_EVENT_TYPE(web_request, "dicom.web_request", "A DICOMweb request, told with its header", 0, WEB_REQUEST_FIELDS);
WW_EVENT_TYPE(web_response, "dicom.web_response", "A DICOMweb response, told with its header", 0, WEB_RESPONSE_FIELDS);
WW_EVENT_TYPE(web_results, "dicom.web_results", "Data sets in the DICOM JSON model that passed", 0, WEB_RESULTS_FIELDS);

static bool dicom_media(struct ww_slice s)
{
    return ww_ascii_find(s, "application/dicom") < s.n;
}

static bool json_media(const struct ww_content *m)
{
    return ww_slice_eqs(m->media, "application/dicom+json");
}

/**
 * Is this DICOMweb? A media type proves it, or a path with a base by which its servers go, or with a UID
 * where one belongs. Parts are DICOM files: not for us. Bytes are only asked for with its JSON.
 */
static enum ww_guess probe(const struct ww_content *m, struct ww_slice in)
{
    struct web_asked a;
    if (m->part || in.n > 0)
        return WW_GUESS_NO;
    ww_web_path(m->method, m->path, m->query, &a);
    bool media = dicom_media(m->media) || dicom_media(m->accept) || dicom_media(m->parts);
    return (a.service != WS_NONE && (a.base || media)) || json_media(m) ? WW_GUESS_YES : WW_GUESS_NO;
}

/* Attributes by which searches go (PS3.18 10.6.1.2), by keyword and by tag. */
static const char *const keys[][2] = {
    { "PatientName", "00100010" },      { "PatientID", "00100020" },          { "PatientBirthDate", "00100030" },
    { "StudyDate", "00080020" },        { "StudyTime", "00080030" },          { "AccessionNumber", "00080050" },
    { "ModalitiesInStudy", "00080061" }, { "Modality", "00080060" },          { "StudyInstanceUID", "0020000D" },
    { "SeriesInstanceUID", "0020000E" }, { "SOPInstanceUID", "00080018" },    { "SOPClassUID", "00080016" },
    { "StudyDescription", "00081030" }, { "SeriesDescription", "0008103E" },  { "ReferringPhysicianName", "00080090" },
    { "InstitutionName", "00080080" },  { "StationName", "00081010" },        { "IssuerOfPatientID", "00100021" },
    { "OtherPatientIDs", "00101000" },  { "ScheduledProcedureStepStartDateTime", "00404005" },
};

static void query_keys(struct web_request *e, struct ww_slice query)
{
    for (unsigned n = 0; query.n > 0 && n < 64; n++) {
        struct ww_slice value = ww_ascii_until(&query, '&');
        struct ww_slice name = ww_ascii_until(&value, '=');
        for (size_t i = 0; value.n > 0 && i < sizeof keys / sizeof keys[0]; i++)
            if (ww_slice_eqs(name, keys[i][0]) || ww_slice_eqs(name, keys[i][1]))
                (void)WW_ADD(e->query_keys, ww_slice_str(keys[i][0]));
    }
}

/* A media type of a list, without parameters, if it is nothing else. */
static struct ww_slice first_media(struct ww_slice accept)
{
    struct ww_slice one = ww_ascii_trim(ww_ascii_until(&accept, ','));
    one = ww_ascii_trim(ww_ascii_until(&one, ';'));
    for (size_t i = 0; i < one.n; i++)
        if (!ww_ascii_token(ww_slice_at(one, i)) && ww_slice_at(one, i) != '/')
            return (struct ww_slice){ NULL, 0 };
    return one;
}

static void request(struct ww_cx *cx, enum ww_dir dir, const struct ww_content *m, const struct web_asked *a)
{
    struct web_request e = { .service.len = 0 };
    (void)WW_SET(e.service, ww_slice_str(ww_web_service(a->service)));
    (void)WW_SET(e.level, ww_slice_str(a->level));
    (void)WW_SET(e.sender_role, WW_SLICE_LIT("DICOMweb client"));
    (void)WW_SET(e.media_type, m->media);
    (void)WW_SET(e.parts_type, first_media(m->parts));
    (void)WW_SET(e.http_method, m->method);
    (void)WW_SET(e.accept, first_media(m->accept));
    query_keys(&e, m->query);
    ww_emit(cx, &web_request_type, dir, &e);
}

static void response(struct ww_cx *cx, enum ww_dir dir, const struct ww_content *m, const struct web_asked *a)
{
    struct web_response e = { .status = m->status, .latency_ms = m->pair.latency_ms, .request_frame = m->pair.frame };
    (void)WW_SET(e.service, ww_slice_str(ww_web_service(a->service)));
    (void)WW_SET(e.level, ww_slice_str(a->level));
    (void)WW_SET(e.sender_role, WW_SLICE_LIT("DICOMweb server"));
    (void)WW_SET(e.media_type, m->media);
    (void)WW_SET(e.parts_type, first_media(m->parts));
    ww_emit(cx, &web_response_type, dir, &e);
}

static struct ww_parse content(struct ww_cx *cx, void *state, const struct ww_content *m, enum ww_dir dir,
                               struct ww_slice in, bool last)
{
    struct web *w = state;
    if (!w->begun) {
        struct web_asked a;
        w->begun = true;
        ww_web_path(m->method, m->path, m->query, &a);
        w->service = a.service;
        if (m->status == 0)
            request(cx, dir, m, &a);
        else
            response(cx, dir, m, &a);
        if (!json_media(m))
            return ww_next(0); /* a file, an image: for others */
        return ww_ok(0);
    }
    return in.n == 0 && !last ? ww_ok(0) : ww_web_results(cx, w, dir, in, last);
}

static const struct ww_event_type *const events[] = { &web_request_type, &web_response_type, &web_results_type, NULL };

const struct ww_dissector ww_dissector_dicomweb = {
    .name = "dicomweb",
    .spec = "DICOM PS3.18",
    .events = events,
    .max_msg = 1,
    .content_size = sizeof(struct web),
    .content_probe = probe,
    .content = content,
};
