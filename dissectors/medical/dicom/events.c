/* events.c - the event types of the DICOM dissector. */
#include "dissectors/medical/dicom/events.h"

WW_EVENT_TYPE(ww_dicom_associate, "dicom.associate", "A device asks for an association", 0,
              DICOM_ASSOCIATE_FIELDS);
WW_EVENT_TYPE(ww_dicom_accept, "dicom.accept", "An association is accepted", 0,
              DICOM_ACCEPT_FIELDS);
WW_EVENT_TYPE(ww_dicom_reject, "dicom.reject", "An association is refused", 0, DICOM_REJECT_FIELDS);
WW_EVENT_TYPE(ww_dicom_context, "dicom.context",
              "A presentation context and its answer, told when the association is accepted", 0,
              DICOM_CONTEXT_FIELDS);
WW_EVENT_TYPE(ww_dicom_request, "dicom.request", "A DIMSE request, at the end of its data set", 0,
              DICOM_REQUEST_FIELDS);
WW_EVENT_TYPE(ww_dicom_response, "dicom.response", "A DIMSE response, at the end of its data set",
              0, DICOM_RESPONSE_FIELDS);
WW_EVENT_TYPE(ww_dicom_release, "dicom.release", "An association ends in order", 0,
              DICOM_RELEASE_FIELDS);
WW_EVENT_TYPE(ww_dicom_abort, "dicom.abort", "An association is broken off", 0, DICOM_ABORT_FIELDS);
WW_EVENT_TYPE(ww_dicom_dataset, "dicom.dataset",
              "Equipment that an object tells of: the data set of a C-STORE, N-CREATE or file", 0,
              DICOM_DATASET_FIELDS);

WW_EVENT_TYPE(ww_dicom_file, "dicom.file", "A DICOM file that another protocol carries", 0,
              DICOM_FILE_FIELDS);

const struct ww_event_type *const ww_dicom_events[] = { &ww_dicom_associate_type,
                                                        &ww_dicom_accept_type,
                                                        &ww_dicom_reject_type,
                                                        &ww_dicom_context_type,
                                                        &ww_dicom_request_type,
                                                        &ww_dicom_response_type,
                                                        &ww_dicom_release_type,
                                                        &ww_dicom_abort_type,
                                                        &ww_dicom_dataset_type,
                                                        &ww_dicom_file_type,
                                                        NULL };
