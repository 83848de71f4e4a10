#include "merchants/msisdn.h"

#include "base/span.h"

#include <string.h>

enum { NATIONAL_DIGITS_MIN = 9, NATIONAL_DIGITS_MAX = 12, TYPED_DIGITS_MAX = 24 };

#define TELKOMSEL "Telkomsel"
#define IOH       "Indosat Ooredoo Hutchison"
#define XLSMART   "XLSmart"

/* The first row that matches holds, so by.U's share of 0851 stands before the rest of it. */
static const struct msisdn_prefix prefixes[] = {
    {"0811", "Telkomsel", TELKOMSEL}, {"0812", "Telkomsel", TELKOMSEL},
    {"0813", "Telkomsel", TELKOMSEL}, {"0814", "Indosat", IOH},
    {"0815", "Indosat", IOH},         {"0816", "Indosat", IOH},
    {"0817", "XL", XLSMART},          {"0818", "XL", XLSMART},
    {"0819", "XL", XLSMART},          {"0821", "Telkomsel", TELKOMSEL},
    {"0822", "Telkomsel", TELKOMSEL}, {"0823", "Telkomsel", TELKOMSEL},
    {"0831", "AXIS", XLSMART},        {"0832", "AXIS", XLSMART},
    {"0833", "AXIS", XLSMART},        {"0838", "AXIS", XLSMART},
    {"085154", "by.U", TELKOMSEL},    {"085155", "by.U", TELKOMSEL},
    {"085156", "by.U", TELKOMSEL},    {"085157", "by.U", TELKOMSEL},
    {"085158", "by.U", TELKOMSEL},    {"0851", "Telkomsel", TELKOMSEL},
    {"0852", "Telkomsel", TELKOMSEL}, {"0853", "Telkomsel", TELKOMSEL},
    {"0855", "Indosat", IOH},         {"0856", "Indosat", IOH},
    {"0857", "Indosat", IOH},         {"0858", "Indosat", IOH},
    {"0859", "XL", XLSMART},          {"0877", "XL", XLSMART},
    {"0878", "XL", XLSMART},          {"0879", "XL", XLSMART},
    {"0881", "Smartfren", XLSMART},   {"0882", "Smartfren", XLSMART},
    {"0883", "Smartfren", XLSMART},   {"0887", "Smartfren", XLSMART},
    {"0888", "Smartfren", XLSMART},   {"0889", "Smartfren", XLSMART},
    {"0895", "Tri (3)", IOH},         {"0896", "Tri (3)", IOH},
    {"0897", "Tri (3)", IOH},         {"0898", "Tri (3)", IOH},
    {"0899", "Tri (3)", IOH},
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

const struct msisdn_prefix *msisdn_prefixes(size_t *count)
{
    *count = sizeof(prefixes) / sizeof(prefixes[0]);
    return prefixes;
}

const struct msisdn_prefix *msisdn_find_prefix(const char *msisdn)
{
    if (strncmp(msisdn, "62", 2) != 0)
        return NULL;
    for (size_t i = 0; i < sizeof(prefixes) / sizeof(prefixes[0]); i++) {
        const char *national = prefixes[i].prefix + 1;

        if (strncmp(msisdn + 2, national, strlen(national)) == 0)
            return &prefixes[i];
    }
    return NULL;
}
