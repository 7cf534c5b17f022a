/* tell.c - events of FHIR. */
#include "dissectors/medical/fhir/fhir.h"

WW_EVENT_TYPE(fhir_request, "fhir.request", "A request to a FHIR server, told with its header", 0, FHIR_REQUEST_FIELDS);
WW_EVENT_TYPE(fhir_response, "fhir.response", "A response of a FHIR server, told with its header", 0, FHIR_RESPONSE_FIELDS);
WW_EVENT_TYPE(fhir_body, "fhir.body", "Resources that passed in a request or response", 0, FHIR_BODY_FIELDS);
WW_EVENT_TYPE(fhir_server, "fhir.server", "What a server says about itself", 0, FHIR_SERVER_FIELDS);
WW_EVENT_TYPE(fhir_device, "fhir.device", "A Device resource", 0, FHIR_DEVICE_FIELDS);
WW_EVENT_TYPE(fhir_token, "fhir.token", "A request for a SMART access token; the token itself is not read", 0,
              FHIR_TOKEN_FIELDS);

/* Search parameters (FHIR R4 searchparameter-registry); of a person only in searches for one. */
static const struct ww_query_name of_person[] = {
    { "name", WW_PHI_NAME },       { "family", WW_PHI_NAME },      { "given", WW_PHI_NAME },
    { "phonetic", WW_PHI_NAME },   { "identifier", WW_PHI_ID },    { "_id", WW_PHI_ID },
    { "birthdate", WW_PHI_BIRTH }, { "death-date", WW_PHI_BIRTH }, { "phone", WW_PHI_CONTACT },
    { "telecom", WW_PHI_CONTACT }, { "email", WW_PHI_CONTACT },    { "address", WW_PHI_CONTACT },
    { "address-city", WW_PHI_CONTACT }, { "address-postalcode", WW_PHI_CONTACT }, { "gender", WW_PHI_BODY },
    { NULL, 0 }
};
static const struct ww_query_name of_others[] = {
    { "patient", WW_PHI_ID },      { "subject", WW_PHI_ID },         { "encounter", WW_PHI_ORDER },
    { "performer", WW_PHI_STAFF }, { "practitioner", WW_PHI_STAFF }, { NULL, 0 }
};

static void tell_request(struct ww_cx *cx, enum ww_dir dir, const struct ww_content *m, const struct fhir_asked *a)
{
    struct fhir_request e = { .media_type.len = 0 };
    (void)WW_SET(e.interaction, ww_slice_str(ww_fhir_interaction(a->interaction)));
    (void)WW_SET(e.resource, a->type);
    (void)WW_SET(e.operation, a->operation);
    (void)WW_SET(e.sender_role, WW_SLICE_LIT("FHIR client"));
    (void)WW_SET(e.http_method, m->method);
    (void)WW_SET(e.media_type, m->media);
    struct ww_query q;
    bool person = ww_slice_eqs(a->type, "Patient") || ww_slice_eqs(a->type, "Person") || ww_slice_eqs(a->type, "RelatedPerson");
    ww_query(m->query, person ? of_person : of_others, &q);
    e.phi_kinds = q.phi_kinds;
    e.phi_count = q.phi_count;
    if (q.patient.n > 0)
        e.patient = ww_pseudonym(cx, q.patient);
    ww_emit(cx, &fhir_request_type, dir, &e);
}

/** The envelope of a message: what is asked, or how it went. */
void ww_fhir_tell_envelope(struct ww_cx *cx, enum ww_dir dir, const struct ww_content *m, const struct fhir_asked *a)
{
    if (m->status == 0) {
        tell_request(cx, dir, m, a);
        return;
    }
    struct fhir_response e = { .status = m->status, .latency_ms = m->pair.latency_ms, .request_frame = m->pair.frame };
    (void)WW_SET(e.sender_role, WW_SLICE_LIT("FHIR server"));
    if (m->method.n > 0) {
        (void)WW_SET(e.interaction, ww_slice_str(ww_fhir_interaction(a->interaction)));
        (void)WW_SET(e.resource, a->type);
        (void)WW_SET(e.operation, a->operation);
    }
    (void)WW_SET(e.media_type, m->media);
    ww_emit(cx, &fhir_response_type, dir, &e);
}

static bool first_is(const struct fhir *f, const char *type)
{
    return strcmp(ww_fhir_type_name(f->first_type), type) == 0;
}

/** A body was read to its end, or as far as it is read (cut). */
void ww_fhir_tell_body(struct ww_cx *cx, struct fhir *f, enum ww_dir dir, bool cut)
{
    if (!f->typed)
        return;
    struct fhir_body *e = &f->body;
    (void)WW_SET(e->resource, ww_slice_str(ww_fhir_type_name(f->first_type)));
    (void)WW_SET(e->format, ww_slice_str(f->format == FMT_XML ? "xml" : "json"));
    if (!first_is(f, "Bundle"))
        e->bundle_type.len = 0;
    if (!first_is(f, "OperationOutcome")) {
        e->issue_severity.len = 0;
        e->issue_code.len = 0;
    }
    e->bytes = f->read;
    cx->ev_flags |= cut ? WW_EV_TRUNCATED : 0;
    ww_emit(cx, &fhir_body_type, dir, e);
    if (!cut && (first_is(f, "CapabilityStatement") || first_is(f, "Conformance")))
        ww_emit(cx, &fhir_server_type, dir, &f->server);
}

/** A Device resource is complete. */
void ww_fhir_tell_device(struct ww_cx *cx, struct fhir *f, enum ww_dir dir)
{
    struct fhir_device *d = &f->device;
    char id[sizeof d->subject_id.b];
    struct ww_out o = ww_out(id, sizeof id);
    if (f->ndevices == FHIR_DEVICES || (d->manufacturer.len | d->model.len | d->serial.len) == 0)
        return;
    f->ndevices++;
    ww_out_raw(&o, d->manufacturer.b, d->manufacturer.len);
    ww_out_c(&o, '/');
    ww_out_raw(&o, d->model.b, d->model.len);
    ww_out_c(&o, '/');
    ww_out_raw(&o, d->serial.b, d->serial.len);
    (void)WW_SET(d->subject_id, ((struct ww_slice){ (const uint8_t *)id, o.n }));
    ww_emit(cx, &fhir_device_type, dir, d);
}

/** A form that asks for a token (RFC 6749 4); names are looked at, of values only kinds. */
void ww_fhir_tell_token(struct ww_cx *cx, enum ww_dir dir, struct ww_slice form)
{
    static const char *const secrets[] = { "password", "client_secret", "code", "refresh_token", "assertion", "subject_token" };
    static const char *const grants[] = { "authorization_code", "client_credentials", "refresh_token", "password", NULL };
    struct fhir_token e = { .scopes = 0 };
    while (form.n > 0) {
        struct ww_slice v = ww_ascii_until(&form, '&');
        struct ww_slice name = ww_ascii_until(&v, '=');
        for (size_t i = 0; i < sizeof secrets / sizeof secrets[0]; i++)
            e.credential_present |= v.n > 0 && ww_slice_eqs(name, secrets[i]);
        if (ww_slice_eqs(name, "grant_type")) {
            const char *known = "other";
            for (size_t i = 0; grants[i] != NULL; i++)
                known = ww_slice_eqs(v, grants[i]) ? grants[i] : known;
            (void)WW_SET(e.grant_type, ww_slice_str(known));
        } else if (ww_slice_eqs(name, "client_assertion")) {
            e.client_assertion = true;
        } else if (ww_slice_eqs(name, "scope")) {
            e.system_scope = ww_ascii_find(v, "system%2f") < v.n || ww_ascii_find(v, "system/") < v.n;
            for (; v.n > 0 && e.scopes < UINT16_MAX; e.scopes++) {
                size_t plus = ww_slice_find(v, 0, '+'), pct = ww_ascii_find(v, "%20");
                v = ww_slice_sub(v, plus < pct ? plus + 1 : pct + 3, v.n);
            }
        }
    }
    if (e.grant_type.len > 0)
        ww_emit(cx, &fhir_token_type, dir, &e);
}
