/* resource.c - members of resources as they pass, from JSON or XML: which types there are, which
 * members that could name a patient have a value, what Device and CapabilityStatement say. Values of
 * patients are not kept; identifiers leave as pseudonyms.
 * Source: FHIR R4 resource definitions; json.html, xml.html (one member is one element) */
#include "dissectors/medical/fhir/fhir.h"

static const char *const types[] = {
#define X(w) #w,
#include "dissectors/lib/fhir_types.inc"
#undef X
};
enum { TYPES = sizeof types / sizeof types[0] };
static const char *const keys[] = { "",
#define X(k) #k,
                                    FHIR_KEYS(X)
#undef X
};

static int compare(struct ww_slice s, const char *word)
{
    size_t n = strlen(word), m = s.n < n ? s.n : n;
    for (size_t i = 0; i < m; i++)
        if (ww_slice_at(s, i) != (uint8_t)word[i])
            return ww_slice_at(s, i) < (uint8_t)word[i] ? -1 : 1;
    return s.n == n ? 0 : s.n < n ? -1 : 1;
}

/** Number of a resource type + 1, 0 when there is none of that name. */
unsigned ww_fhir_type(struct ww_slice name)
{
    size_t from = 0, to = TYPES;
    while (from < to) {
        size_t mid = from + (to - from) / 2;
        int c = compare(name, types[mid]);
        if (c == 0)
            return (unsigned)mid + 1;
        if (c < 0)
            to = mid;
        else
            from = mid + 1;
    }
    return 0;
}

const char *ww_fhir_type_name(unsigned number)
{
    return number == 0 ? "" : types[number - 1];
}

uint8_t ww_fhir_key(struct ww_slice name)
{
    for (size_t i = 1; i < sizeof keys / sizeof keys[0]; i++)
        if (ww_slice_eqs(name, keys[i]))
            return (uint8_t)i;
    return FK_NONE;
}

static struct fhir_frame *frame(struct fhir *f)
{
    return f->nframes > 0 ? &f->frame[f->nframes - 1] : NULL;
}

static bool is_type(const struct fhir_frame *r, const char *name)
{
    return r->type != 0 && strcmp(types[r->type - 1], name) == 0;
}

/* The member of level n, counted from the resource: 1 is its own member. */
static uint8_t member(const struct fhir *f, const struct fhir_frame *r, unsigned n)
{
    unsigned level = r->depth + n;
    return level < f->depth && level < FHIR_DEPTH ? (uint8_t)(f->key[level] & ~FK_LIST) : FK_NONE;
}

/** The member at whose level the reading stands, with FK_LIST when it is a list. */
uint8_t ww_fhir_level(const struct fhir *f)
{
    return f->depth > 0 && f->depth <= FHIR_DEPTH ? f->key[f->depth - 1] : FK_NONE;
}

/* ---- structure ---------------------------------------------------------------------------------------------- */

/** Does a resource stand under this member? Other things are called resource too (CapabilityStatement.rest.resource). */
bool ww_fhir_holds(const struct fhir *f, uint8_t key)
{
    uint8_t level = ww_fhir_level(f) & (uint8_t)~FK_LIST;
    return f->depth == 0 || key == FK_contained || (key == FK_resource && (level == FK_entry || level == FK_parameter));
}

/** A member begins that has members (in JSON an object, or an array of them). */
void ww_fhir_open(struct fhir *f, uint8_t key)
{
    if (f->depth >= FHIR_DEPTH) {
        f->depth++; /* counted, not looked at */
        return;
    }
    bool resource = ww_fhir_holds(f, key);
    f->key[f->depth++] = key;
    if (resource && f->nframes < FHIR_FRAMES) {
        f->frame[f->nframes++] = (struct fhir_frame){ .depth = (uint8_t)(f->depth - 1) };
        f->body.resources++;
        f->device = (struct fhir_device){ .status.len = 0 };
    }
}

/** A list begins; its elements stand under the same member. */
void ww_fhir_list(struct fhir *f, uint8_t key)
{
    if (f->depth < FHIR_DEPTH)
        f->key[f->depth] = key | FK_LIST;
    f->depth++;
}

/** The resource at hand says its type. */
void ww_fhir_typed(struct fhir *f, struct ww_slice name)
{
    struct fhir_frame *r = frame(f);
    unsigned t = ww_fhir_type(name);
    if (r == NULL || t == 0 || r->type != 0)
        return;
    r->type = (uint8_t)t;
    f->typed = true;
    if (f->nframes == 1 && f->first_type == 0)
        f->first_type = (uint8_t)t;
    for (size_t i = 0; i < f->ntypes; i++)
        if (f->types[i] == t)
            return;
    if (f->ntypes < FHIR_TYPES)
        f->types[f->ntypes++] = (uint8_t)t;
    (void)WW_ADD(f->body.resource_types, ww_slice_str(types[t - 1]));
}

/* ---- patient data --------------------------------------------------------------------------------------------- */

#define BIT(k) ((uint64_t)1 << FK_##k)

/* Types that are about care: with a subject they are a patient's clinical data. */
static const char *const clinical[] = { "Observation", "Condition", "DiagnosticReport", "Procedure", "AllergyIntolerance",
                                        "Immunization", "CarePlan", "Composition", "ClinicalImpression", "FamilyMemberHistory",
                                        "MedicationRequest", "MedicationAdministration", "MedicationStatement",
                                        "MedicationDispense", "NutritionOrder", "RiskAssessment", "Flag", "Goal",
                                        "QuestionnaireResponse", "ImagingStudy", "Specimen", "DetectedIssue", "AdverseEvent", NULL };
static const char *const visits[] = { "Encounter", "EpisodeOfCare", "Appointment", "ServiceRequest", "ProcedureRequest",
                                      "DeviceRequest", "Account", "Claim", "ImagingSelection", NULL };
static const char *const documents[] = { "DocumentReference", "Binary", "Media", "DocumentManifest", NULL };

static bool among(const struct fhir_frame *r, const char *const *list)
{
    for (size_t i = 0; list[i] != NULL; i++)
        if (is_type(r, list[i]))
            return true;
    return false;
}

static void found(struct fhir *f, uint32_t kinds)
{
    f->body.phi_kinds |= kinds;
    for (uint32_t left = kinds & WW_PHI_DIRECT; left != 0; left &= left - 1)
        f->body.phi_count++;
}

/* Members of a person, each with the kind of data that it holds. */
static uint32_t person(uint64_t seen)
{
    uint32_t kinds = 0;
    kinds |= seen & BIT(name) ? WW_PHI_NAME : 0;
    kinds |= seen & BIT(identifier) ? WW_PHI_ID : 0;
    kinds |= seen & BIT(birthDate) ? WW_PHI_BIRTH : 0;
    kinds |= seen & (BIT(telecom) | BIT(address)) ? WW_PHI_CONTACT : 0;
    kinds |= seen & BIT(contact) ? WW_PHI_RELATIVE : 0;
    kinds |= seen & BIT(photo) ? WW_PHI_OTHER : 0;
    kinds |= seen & BIT(gender) ? WW_PHI_BODY : 0;
    return kinds | (seen & BIT(generalPractitioner) ? WW_PHI_STAFF : 0);
}

/* Of a resource that says something about a patient. */
static uint32_t about_patient(const struct fhir_frame *r)
{
    uint32_t kinds = among(r, clinical) ? WW_PHI_CLINICAL : 0;
    kinds |= among(r, visits) ? WW_PHI_ORDER : 0;
    kinds |= among(r, documents) ? WW_PHI_DOCUMENT : 0;
    return kinds | (r->seen & BIT(performer) ? WW_PHI_STAFF : 0);
}

static void judge(struct fhir *f, const struct fhir_frame *r)
{
    uint64_t seen = r->seen;
    bool about = r->display || r->reference;
    uint32_t kinds = seen & (BIT(note) | BIT(div)) ? WW_PHI_TEXT : 0;
    if (is_type(r, "Patient") || is_type(r, "Person")) {
        kinds |= person(seen);
        f->body.patients += is_type(r, "Patient");
    } else if (is_type(r, "RelatedPerson")) {
        kinds |= seen & (BIT(name) | BIT(telecom) | BIT(address)) ? WW_PHI_RELATIVE : 0;
    } else if (is_type(r, "Practitioner")) {
        kinds = seen & BIT(name) ? WW_PHI_STAFF : 0;
    } else if (is_type(r, "Coverage")) {
        kinds |= about || seen & BIT(beneficiary) ? WW_PHI_OTHER : 0;
    } else if (!about) {
        kinds = 0; /* of no patient: terminology, organisations, capabilities */
    } else {
        kinds |= about_patient(r);
    }
    if (about)
        kinds |= (r->display ? WW_PHI_NAME : 0) | (r->reference ? WW_PHI_ID : 0);
    found(f, kinds);
    if (f->body.patient == 0)
        f->body.patient = is_type(r, "Patient") && r->person != 0 ? r->person : r->about;
}

/** A member ends that had members. */
void ww_fhir_close(struct ww_cx *cx, struct fhir *f, enum ww_dir dir)
{
    struct fhir_frame *r = frame(f);
    if (f->depth == 0)
        return;
    f->depth--;
    if (r == NULL || f->depth != r->depth)
        return;
    judge(f, r);
    if (is_type(r, "Device"))
        ww_fhir_tell_device(cx, f, dir);
    f->nframes--;
}

/* ---- values ----------------------------------------------------------------------------------------------------- */

/* Patient/123, https://.../Patient/123, urn:uuid:...: the part that tells patients apart. */
static struct ww_slice referred(struct ww_slice v)
{
    size_t at = 0;
    for (size_t i = ww_slice_find(v, 0, '/'); i < v.n; i = ww_slice_find(v, i + 1, '/'))
        at = i + 1;
    return ww_slice_sub(v, at, v.n);
}

/* Whom is this about? Values under subject or patient. */
static void subject(struct ww_cx *cx, struct fhir_frame *r, uint8_t key, uint8_t under, struct ww_slice v)
{
    bool device = ww_slice_starts(v, "Device/") || ww_slice_starts(v, "Group/") || ww_slice_starts(v, "Location/");
    if (key == FK_display) {
        r->display = true;
    } else if ((key == FK_reference && !device) || (key == FK_value && under == FK_identifier)) {
        r->reference = true;
        if (r->about == 0)
            r->about = ww_pseudonym(cx, referred(v));
    }
}

static void of_server(struct fhir *f, uint8_t own, uint8_t key, struct ww_slice v)
{
    if (own == FK_software && key == FK_name)
        (void)WW_SET(f->server.software, v);
    else if (own == FK_software && key == FK_version)
        (void)WW_SET(f->server.software_version, v);
    else if (own == FK_publisher)
        (void)WW_SET(f->server.publisher, v);
    else if (own == FK_fhirVersion)
        (void)WW_SET(f->server.fhir_version, v);
    else if (own == FK_kind)
        (void)WW_SET(f->server.kind, v);
}

static void of_device(struct fhir *f, uint8_t own, uint8_t key, struct ww_slice v)
{
    if (own == FK_manufacturer)
        (void)WW_SET(f->device.manufacturer, v);
    else if (own == FK_modelNumber || own == FK_model)
        (void)WW_SET(f->device.model, v);
    else if (own == FK_serialNumber)
        (void)WW_SET(f->device.serial, v);
    else if (own == FK_version && (key == FK_value || key == FK_version))
        (void)WW_SET(f->device.version, v);
    else if (own == FK_deviceName && key == FK_name && f->device.device_name.len == 0)
        (void)WW_SET(f->device.device_name, v);
    else if (own == FK_udiCarrier && key == FK_deviceIdentifier)
        (void)WW_SET(f->device.device_identifier, v);
    else if (own == FK_status)
        (void)WW_SET(f->device.status, v);
}

static void of_person(struct ww_cx *cx, struct fhir_frame *r, uint8_t own, uint8_t key, struct ww_slice v)
{
    bool identifier = own == FK_identifier && key == FK_value;
    if ((identifier && !r->identified) || (own == FK_id && r->person == 0)) {
        r->person = ww_pseudonym(cx, v);
        r->identified = identifier;
    }
}

/* A profile that a standard body published: it names no patient. */
static void profile(struct fhir *f, struct ww_slice v)
{
    static const char *const from[] = { "http://jpfhir.jp/", "http://hl7.org/fhir/", "http://profiles.ihe.net/",
                                        "https://profiles.ihe.net/", NULL };
    for (size_t i = 0; from[i] != NULL && f->body.profile.len == 0; i++)
        if (ww_slice_starts(v, from[i]))
            (void)WW_SET(f->body.profile, v);
}

/* A word of a fixed vocabulary: small letters, digits and hyphens. */
static bool is_code(struct ww_slice v)
{
    for (size_t i = 0; i < v.n; i++) {
        uint8_t c = ww_slice_at(v, i);
        if ((c < 'a' || c > 'z') && !ww_ascii_digit(c) && c != '-')
            return false;
    }
    return v.n > 0;
}

static void of_outcome(struct fhir *f, uint8_t key, struct ww_slice v)
{
    if (key == FK_severity && f->body.issue_severity.len == 0 && is_code(v))
        (void)WW_SET(f->body.issue_severity, v);
    else if (key == FK_code && f->body.issue_code.len == 0 && is_code(v))
        (void)WW_SET(f->body.issue_code, v);
}

/**
 * A value of the resource at hand.
 * In:     key  the member it is the value of; v its text, at most WW_JSON_TEXT bytes
 */
void ww_fhir_scalar(struct ww_cx *cx, struct fhir *f, uint8_t key, struct ww_slice v)
{
    struct fhir_frame *r = frame(f);
    if (r == NULL || f->depth > FHIR_DEPTH || v.n == 0)
        return;
    uint8_t own = member(f, r, 1); /* the resource's own member */
    uint8_t under = f->depth > r->depth + 1u ? ww_fhir_level(f) & (uint8_t)~FK_LIST : FK_NONE;
    if (own == FK_NONE && f->depth == r->depth + 1u)
        own = key;
    r->seen |= own != FK_NONE ? (uint64_t)1 << own : 0;
    r->seen |= own == FK_text && key == FK_div ? BIT(div) : 0;
    if (own == FK_resourceType) {
        ww_fhir_typed(f, v);
        return;
    }
    if (own == FK_subject || own == FK_patient || own == FK_beneficiary)
        subject(cx, r, key, under, v);
    if (own == FK_meta && key == FK_profile)
        profile(f, v);
    if (own == FK_type && key == FK_type && f->nframes == 1 && is_code(v))
        (void)WW_SET(f->body.bundle_type, v);
    if (own == FK_issue)
        of_outcome(f, key, v);
    if (own == FK_identifier || own == FK_id)
        of_person(cx, r, own, key, v);
    if (f->nframes == 1)
        of_server(f, own, key, v);
    of_device(f, own, key, v);
}
