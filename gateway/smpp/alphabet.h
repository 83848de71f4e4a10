/*
 * The GSM 03.38 default alphabet and its extension table (3GPP TS 23.038 6.2.1), code by code, and
 * what stands for a character that they lack.
 */
#ifndef WARUNG_SMPP_ALPHABET_H
#define WARUNG_SMPP_ALPHABET_H

#include <stdbool.h>
#include <stdint.h>

enum {
    GSM_CR = 0x0D,
    GSM_ESC = 0x1B,
    GSM_SEPTETS_MAX = 2,         /* of one character */
    ALPHABET_STAND_IN_BYTES = 4, /* the longest, with its NUL: "..." */
};

/* The character of a septet; of an octet above 0x7F, which is no septet, U+FFFD. */
uint32_t alphabet_of_septet(uint8_t septet);
/* The character of ESC and this septet. A septet without an extension character shows its default
 * one, a second ESC shows a space (TS 23.038). */
uint32_t alphabet_of_extension(uint8_t septet);
/* 1 or 2 septets; 0 when the character is not in the tables. */
unsigned alphabet_septets(uint32_t code_point, uint8_t septets[GSM_SEPTETS_MAX]);

/* What stands for a character outside the tables: a NUL-ended text, "" when it is left out. False
 * when nothing does. */
bool alphabet_stand_in(uint32_t code_point, char text[ALPHABET_STAND_IN_BYTES]);
/* The table's own character for a letter and a combining mark behind it; 0 when it has none. */
uint32_t alphabet_compose(uint32_t letter, uint32_t mark);

#endif
