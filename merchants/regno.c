#include "merchants/regno.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

enum { REGNO_DIGITS = REGNO_BYTES - 1, COUNTER_DIGITS = 6, COUNTER_MAX = 999999 };

/* Damm's quasigroup of order 10: weakly totally anti-symmetric with a zero diagonal, so it finds
 * every single wrong digit and every swap of neighbours, and a number with its check digit gives 0.
 */
static unsigned damm(const char *digits, size_t count)
{
    static const unsigned char table[10][10] = {
        {0, 3, 1, 7, 5, 9, 8, 6, 4, 2}, {7, 0, 9, 2, 1, 5, 4, 8, 6, 3},
        {4, 2, 0, 6, 8, 7, 1, 3, 5, 9}, {1, 7, 5, 0, 9, 8, 3, 4, 2, 6},
        {6, 1, 2, 3, 0, 4, 5, 9, 7, 8}, {3, 6, 7, 4, 2, 0, 9, 5, 8, 1},
        {5, 8, 6, 9, 7, 2, 0, 1, 3, 4}, {8, 9, 4, 5, 3, 6, 2, 0, 1, 7},
        {9, 4, 3, 8, 6, 1, 7, 2, 0, 5}, {2, 5, 8, 1, 4, 3, 6, 7, 9, 0},
    };
    unsigned interim = 0;

    for (size_t i = 0; i < count; i++)
        interim = table[interim][digits[i] - '0'];
    return interim;
}

static bool is_digits(const char *text, size_t count)
{
    return strlen(text) == count && strspn(text, "0123456789") == count;
}

bool regno_make(const char *regency, uint64_t number, unsigned bucket, unsigned buckets,
                char regno[REGNO_BYTES])
{
    uint64_t counter;

    assert(buckets > 0 && bucket < buckets);
    if (!is_digits(regency, REGNO_REGENCY_DIGITS) || number > COUNTER_MAX)
        return false;
    counter = number * buckets + bucket;
    if (counter > COUNTER_MAX)
        return false;
    snprintf(regno, REGNO_BYTES, "%.4s%06u", regency, (unsigned)counter % (COUNTER_MAX + 1));
    regno[REGNO_DIGITS - 1] = (char)('0' + damm(regno, REGNO_DIGITS - 1));
    regno[REGNO_DIGITS] = '\0';
    return true;
}

bool regno_parse(const char *typed, char regno[REGNO_BYTES])
{
    char digits[REGNO_BYTES];
    size_t count = 0;

    for (const char *at = typed; *at != '\0'; at++) {
        if (*at == '-' || *at == ' ' || *at == '.')
            continue;
        if (*at < '0' || *at > '9' || count == REGNO_DIGITS)
            return false;
        digits[count++] = *at;
    }
    if (count != REGNO_DIGITS || damm(digits, count) != 0)
        return false;
    digits[count] = '\0';
    memcpy(regno, digits, REGNO_BYTES);
    return true;
}

void regno_format(const char *regno, char display[REGNO_DISPLAY_BYTES])
{
    assert(is_digits(regno, REGNO_DIGITS));
    memcpy(display, regno, REGNO_REGENCY_DIGITS);
    display[REGNO_REGENCY_DIGITS] = '-';
    memcpy(display + REGNO_REGENCY_DIGITS + 1, regno + REGNO_REGENCY_DIGITS, COUNTER_DIGITS);
    display[REGNO_REGENCY_DIGITS + 1 + COUNTER_DIGITS] = '-';
    display[REGNO_REGENCY_DIGITS + 2 + COUNTER_DIGITS] = regno[REGNO_DIGITS - 1];
    display[REGNO_DISPLAY_BYTES - 1] = '\0';
}

unsigned regno_bucket(const char *regno, unsigned buckets)
{
    unsigned counter = 0;

    assert(is_digits(regno, REGNO_DIGITS) && buckets > 0);
    for (size_t i = REGNO_REGENCY_DIGITS; i < REGNO_DIGITS - 1; i++)
        counter = counter * 10 + (unsigned)(regno[i] - '0');
    return counter % buckets;
}
