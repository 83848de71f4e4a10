/*
 * Dialects that keep a dialogue's facts in the text itself: Comviva's, "type|id:base64|...",
 * and Huawei's, "@code@text".
 */
#ifndef WARUNG_SMPP_DIALECT_BODY_H
#define WARUNG_SMPP_DIALECT_BODY_H

#include "base/span.h"

/* Items of a "type|id:base64|id:base64|..." body. */
enum body_item {
    BODY_MSISDN = 100,
    BODY_INPUT = 109,
    BODY_SESSION = 110,
    BODY_CODE = 115,
    BODY_STATUS = 116,
    BODY_FREE_FLOW = 117, /* "FC" continue, "FB" break */
    BODY_TEXT = 121,
    BODY_IS_NEW = 123,
};

/* The message type in front ("1" request, "2" clean-up); 0 when the text is no such body. */
unsigned body_type(struct span text);
/* Decodes an item into octets; false when there is none, it is no base64, or is too large. */
bool body_item(struct span text, unsigned id, uint8_t *octets, size_t octets_bytes,
               struct span *value);

void body_write_type(struct writer *w, unsigned type);
void body_write_item(struct writer *w, unsigned id, struct span value);

/* "@code@text": false when the text has not this form. */
bool body_split_at_code(struct span text, struct span *code, struct span *rest);

#endif
