/*
 * Wall clock times as text, ISO 8601 in UTC: "2026-11-24T09:40:12Z".
 */
#ifndef WARUNG_BASE_ISOTIME_H
#define WARUNG_BASE_ISOTIME_H

#include <stdint.h>

enum { ISOTIME_BYTES = 32 };

/* Whole seconds; a time out of the range of dates is written as an empty text. */
void isotime_format(int64_t wall_ms, char text[ISOTIME_BYTES]);

#endif
