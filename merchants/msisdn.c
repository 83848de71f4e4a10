#include "merchants/msisdn.h"

#include "base/span.h"

#include <string.h>

enum { NATIONAL_DIGITS_MIN = 9, NATIONAL_DIGITS_MAX = 12, TYPED_DIGITS_MAX = 24 };

/* Of the mobile operators, national. */
static const char *const prefixes[] = {
    "0811", "0812", "0813", "0814", "0815", "0816", "0817", "0818", "0819", "0821",
    "0822", "0823", "0831", "0832", "0833", "0838", "0851", "0852", "0853", "0855",
    "0856", "0857", "0858", "0859", "0877", "0878", "0879", "0881", "0882", "0883",
    "0887", "0888", "0889", "0895", "0896", "0897", "0898", "0899",
};

/* Digits without separators. False for anything else, and for more than any number has. */
static bool collect_digits(const char *text, char digits[TYPED_DIGITS_MAX + 1], bool *has_plus)
{
    size_t count = 0;

    *has_plus = false;
    for (const char *at = text; *at != '\0'; at++) {
        if (*at >= '0' && *at <= '9') {
            if (count == TYPED_DIGITS_MAX)
                return false;
            digits[count++] = *at;
        } else if (*at == '+' && count == 0 && !*has_plus) {
            *has_plus = true;
        } else if (strchr(" .-()", *at) == NULL) {
            return false;
        }
    }
    digits[count] = '\0';
    return true;
}

/* Steps over the country code and the trunk 0; NULL when the number is another country's. */
static const char *find_national(const char *digits, bool has_plus)
{
    if (!has_plus && strncmp(digits, "00", 2) == 0) {
        digits += 2;
        has_plus = true;
    }
    if (strncmp(digits, "62", 2) == 0)
        digits += 2;
    else if (has_plus)
        return NULL;
    return digits[0] == '0' ? digits + 1 : digits;
}

bool msisdn_normalise(const char *text, char out[MSISDN_BYTES])
{
    char digits[TYPED_DIGITS_MAX + 1] = "";
    const char *national;
    bool has_plus;
    size_t size;

    out[0] = '\0';
    if (!collect_digits(text, digits, &has_plus))
        return false;
    national = find_national(digits, has_plus);
    if (national == NULL)
        return false;
    size = strlen(national);
    if (size < NATIONAL_DIGITS_MIN || size > NATIONAL_DIGITS_MAX)
        return false;
    /* 80 and 84 are no mobile ranges. */
    if (national[0] != '8' || national[1] == '0' || national[1] == '4')
        return false;
    memcpy(out, "62", 2);
    memcpy(out + 2, national, size + 1);
    return true;
}

bool msisdn_has_known_prefix(const char *msisdn)
{
    if (strncmp(msisdn, "62", 2) != 0)
        return false;
    for (size_t i = 0; i < sizeof(prefixes) / sizeof(prefixes[0]); i++)
        if (strncmp(msisdn + 2, prefixes[i] + 1, strlen(prefixes[i] + 1)) == 0)
            return true;
    return false;
}
