/*
 * Days and times of the programme on the command line.
 */
#ifndef WARUNG_CTL_WHEN_H
#define WARUNG_CTL_WHEN_H

#include <stdbool.h>
#include <stdint.h>

/* The wall-clock time (milliseconds since 1970 UTC) of a text that is written as `format` of
 * strptime(3) says, in Lampung. False when it is not, or names a day that there is not. */
bool when_parse(const char *text, const char *format, int64_t *at_ms);

#endif
