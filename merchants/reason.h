/*
 * Reason codes of officers' decisions (P01-P06: correct something, T01-T06: not accepted) and the
 * short status notes that an SMS or a screen shows; none longer than 38 characters.
 */
#ifndef WARUNG_MERCHANTS_REASON_H
#define WARUNG_MERCHANTS_REASON_H

#include "merchants/merchant.h"

enum { REASON_TEXT_CHARACTERS_MAX = 38 };

struct reason {
    const char *code;
    enum merchant_status status; /* that it is a reason for */
    const char *text_id;
    const char *text_en;
    /* What to correct: "nama", "nik", "usaha", "jenis", "kab", "telepon"; or "". */
    const char *field;
};

/* NULL when there is no such code. */
const struct reason *reason_find(const char *code);
/* Row by row, for lists; NULL behind the last. */
const struct reason *reason_at(unsigned row);
/* The note that says where a registration stands ("TERKIRIM, menunggu diperiksa"). A draft has
 * none: asking for it is a bug. */
const struct reason *reason_of_status(enum merchant_status status);
/* ... of one that is on hold, whatever its status. */
const struct reason *reason_of_freeze(void);

#endif
