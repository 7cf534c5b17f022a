/* phi.h - kinds of patient-related data whose presence is told (phi_kinds); values never are.
 *
 * All medical dissectors use the same bits, so that a rule needs to know one list.
 */
#ifndef WW_LIB_PHI_H
#define WW_LIB_PHI_H

enum ww_phi {
    WW_PHI_NAME = 1,        /* patient name */
    WW_PHI_ID = 2,          /* patient identifier */
    WW_PHI_BIRTH = 4,       /* date of birth or death */
    WW_PHI_CONTACT = 8,     /* address, telephone, mail */
    WW_PHI_OTHER = 16,      /* other names and ids, insurance, numbers given by the state */
    WW_PHI_ORDER = 32,      /* accession, order, admission and visit numbers */
    WW_PHI_STAFF = 64,      /* physicians, operators, observers */
    WW_PHI_BODY = 128,      /* sex, age, size, weight, race, language */
    WW_PHI_TEXT = 256,      /* free text, which may hold any of these */
    WW_PHI_BURNED = 512,    /* written into an image */
    WW_PHI_DOCUMENT = 1024, /* an embedded document */
    WW_PHI_RELATIVE = 2048, /* relatives, guarantors, contact persons */
    WW_PHI_PLACE = 4096,    /* ward, room, bed */
    WW_PHI_CLINICAL = 8192, /* results, diagnoses, drugs */
    WW_PHI_DIRECT = WW_PHI_NAME | WW_PHI_ID | WW_PHI_BIRTH | WW_PHI_CONTACT | WW_PHI_OTHER |
                    WW_PHI_RELATIVE /* each alone can identify a person */
};
#endif
