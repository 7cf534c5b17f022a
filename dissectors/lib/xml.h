/* xml.h - XML as a row of tokens, from a whole document or from a stream as it arrives.
 *
 * No tree, no recursion, no entities of a document's own, nothing is looked up elsewhere: what a
 * hostile document could do with them it cannot do here. Namespaces are prefixes that ww_xml_local
 * takes away.
 * Source: XML 1.0 (fifth edition)
 */
#ifndef WW_LIB_XML_H
#define WW_LIB_XML_H
#include "sensor/base/rd.h"

enum ww_xml_kind {
    WW_XML_MORE,    /* the token at the front is not complete yet */
    WW_XML_TEXT,    /* characters, or the inside of a CDATA section; long text comes in parts */
    WW_XML_OPEN,    /* <name attributes> */
    WW_XML_EMPTY,   /* <name attributes/> */
    WW_XML_CLOSE,   /* </name> */
    WW_XML_ASIDE,   /* a comment, <?xml ...?> or another instruction */
    WW_XML_DOCTYPE, /* <!DOCTYPE or another declaration: no protocol here needs one */
    WW_XML_BAD      /* no XML; used says how much to pass over */
};
struct ww_xml_tok {
    uint8_t kind;         /* enum ww_xml_kind */
    struct ww_slice name; /* of an element, prefix included */
    struct ww_slice body; /* attributes of an element, or the text; points into the input */
    size_t used;          /* bytes of the token, 0 for MORE */
};
/* What was looked at of a token that is not complete; all zero at the start of each token. */
struct ww_xml_scan {
    uint32_t n;    /* bytes that need not be looked at again */
    uint8_t quote; /* the quotation mark that is open there, 0 = none */
};

/**
 * Takes one token from the front of a stream.
 * In:     in   bytes from the start of a token on; max  bytes of one token, above 64
 * Out:    s    zeroed, or with MORE how far the search got: call again with the same start
 * Limits: text longer than max comes in parts, any other token longer than max is BAD
 */
struct ww_xml_tok ww_xml_next(struct ww_xml_scan *s, struct ww_slice in, size_t max);

/** Walks attributes: *at starts at 0. Return: false at the end. Value without its quotes. */
bool ww_xml_attr_next(struct ww_slice body, size_t *at, struct ww_slice *name,
                      struct ww_slice *value);
/** Value of one attribute, as it stands; p is NULL when it is not there. */
struct ww_slice ww_xml_attr(struct ww_slice body, const char *name);

/** A name without its namespace prefix. */
struct ww_slice ww_xml_local(struct ww_slice name);

/**
 * Text with its character references and the five predefined entities replaced (XML 1.0 4.6).
 * Return: in itself when there are none, else the text in buf, cut at cap
 */
struct ww_slice ww_xml_text(struct ww_slice in, char *buf, size_t cap);
#endif
