#include "menus/rule.h"

#include "base/span.h"
#include "gateway/smpp/text.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char invalid[] = "invalid";

static size_t count_characters(const char *text)
{
    size_t n = 0;

    while (text_next_code_point(&text) != 0)
        n++;
    return n;
}

static bool is_length(const struct menu_input_rule *rule, const char *text)
{
    int64_t n = (int64_t)count_characters(text);

    return n >= rule->min && n <= rule->max;
}

/* Drops what people put between digits; false when anything else is not a digit. */
static bool keep_digits(const char *typed, char *digits, size_t digits_bytes)
{
    size_t n = 0;

    for (; *typed != '\0'; typed++) {
        if (strchr(" .-", *typed) != NULL)
            continue;
        if (*typed < '0' || *typed > '9' || n + 1 == digits_bytes)
            return false;
        digits[n++] = *typed;
    }
    digits[n] = '\0';
    return n > 0;
}

static bool apply_digits(const struct menu_input_rule *rule, const char *typed, char *value)
{
    int64_t n;

    if (!keep_digits(typed, value, MENU_VALUE_BYTES))
        return false;
    n = (int64_t)strlen(value);
    return n >= rule->min && n <= rule->max;
}

static bool apply_number(const struct menu_input_rule *rule, const char *typed, char *value)
{
    const char *digits = typed + (*typed == '-');
    size_t n = strspn(digits, "0123456789");
    int64_t number;

    if (n == 0 || n > 15 || digits[n] != '\0')
        return false;
    number = strtoll(typed, NULL, 10);
    snprintf(value, MENU_VALUE_BYTES, "%lld", (long long)number);
    return number >= rule->min && number <= rule->max;
}

/* One character, or a range a-z, of the set at *at. */
static bool next_in_set(const char **at, uint32_t *from, uint32_t *to)
{
    *from = *to = text_next_code_point(at);
    if (*from == 0)
        return false;
    if ((*at)[0] == '-' && (*at)[1] != '\0') {
        (*at)++;
        *to = text_next_code_point(at);
    }
    return true;
}

static bool is_in_set(const char *set, uint32_t code_point)
{
    uint32_t from, to;

    while (next_in_set(&set, &from, &to))
        if (code_point >= from && code_point <= to)
            return true;
    return false;
}

static bool apply_charset(const struct menu_input_rule *rule, const char *typed)
{
    const char *at = typed;

    for (uint32_t c = text_next_code_point(&at); c != 0; c = text_next_code_point(&at))
        if (!is_in_set(rule->chars, c))
            return false;
    return is_length(rule, typed);
}

/* Days since 1970-01-01 of a proleptic Gregorian date (H. Hinnant's days_from_civil). */
static int64_t days_from_civil(int64_t y, unsigned m, unsigned d)
{
    int64_t era, yoe, doy;

    y -= m <= 2;
    era = (y >= 0 ? y : y - 399) / 400;
    yoe = y - era * 400;
    doy = (153 * ((int64_t)m + (m > 2 ? -3 : 9)) + 2) / 5 + (int64_t)d - 1;
    return era * 146097 + yoe * 365 + yoe / 4 - yoe / 100 + doy - 719468;
}

void menu_date_format(int64_t days, char text[11])
{
    int64_t z = days + 719468, era = (z >= 0 ? z : z - 146096) / 146097, doe = z - era * 146097;
    int64_t yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
    int64_t doy = doe - (365 * yoe + yoe / 4 - yoe / 100), mp = (5 * doy + 2) / 153;
    unsigned d = (unsigned)(doy - (153 * mp + 2) / 5 + 1),
             m = (unsigned)(mp < 10 ? mp + 3 : mp - 9);

    snprintf(text, 11, "%04u-%02u-%02u", (unsigned)(yoe + era * 400 + (m <= 2)) % 10000, m % 100,
             d % 100);
}

static bool is_date(int y, int m, int d)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool is_leap = (y % 4 == 0 && y % 100 != 0) || y % 400 == 0;

    return y >= 1 && m >= 1 && m <= 12 && d >= 1 && d <= days[m - 1] + (m == 2 && is_leap);
}

bool menu_date_parse(const char *text, int64_t *days)
{
    int y, m, d;
    char rest;

    if (strlen(text) != 10 || sscanf(text, "%4d-%2d-%2d%c", &y, &m, &d, &rest) != 3 ||
        !is_date(y, m, d))
        return false;
    *days = days_from_civil(y, (unsigned)m, (unsigned)d);
    return true;
}

/* Digits in the order day, month, year. Of a two-digit year the century is the one that puts the
 * date into the rule's range, the older one first. */
static bool apply_date(const struct menu_input_rule *rule, const char *typed, char *value)
{
    char digits[16] = "", plain[MENU_VALUE_BYTES];
    size_t want = rule->is_short_year ? 6 : 8;
    int d, m, y;

    text_copy(plain, sizeof(plain), typed);
    for (char *c = plain; *c != '\0'; c++)
        if (*c == '/')
            *c = '-';
    if (!keep_digits(plain, digits, sizeof(digits)) || strlen(digits) != want)
        return false;
    d = (digits[0] - '0') * 10 + digits[1] - '0';
    m = (digits[2] - '0') * 10 + digits[3] - '0';
    y = atoi(digits + 4);
    for (int century = rule->is_short_year ? 1900 : 0; century <= 2000; century += 100) {
        int64_t days;

        if (is_date(y + century, m, d)) {
            days = days_from_civil(y + century, (unsigned)m, (unsigned)d);
            menu_date_format(days, value);
            if (days >= rule->min && days <= rule->max)
                return true;
        }
        if (!rule->is_short_year)
            break;
    }
    return false;
}

static bool apply_pattern(const struct menu_input_rule *rule, const char *typed)
{
    regmatch_t match;

    return is_length(rule, typed) && regexec(rule->regex, typed, 1, &match, 0) == 0 &&
           match.rm_so == 0 && (size_t)match.rm_eo == strlen(typed);
}

/* ASCII only: what GSM 03.38 has in both cases beyond it is no more than a handful of letters. */
static bool copy_typed(const struct menu_input_rule *rule, const char *typed, char *value)
{
    bool is_whole = text_copy(value, MENU_VALUE_BYTES, typed);

    if (rule->is_upper)
        for (char *c = value; *c != '\0'; c++)
            *c = (char)toupper((unsigned char)*c);
    return is_whole;
}

const char *menu_rule_apply(const struct menu_input_rule *rule, const char *typed,
                            char value[MENU_VALUE_BYTES])
{
    bool ok;

    if (rule->kind == MENU_RULE_NAMED)
        return rule->named->fn(typed, value);
    if (!copy_typed(rule, typed, value))
        return invalid;
    switch (rule->kind) {
    case MENU_RULE_LENGTH:
        ok = is_length(rule, value);
        break;
    case MENU_RULE_DIGITS:
        ok = apply_digits(rule, typed, value);
        break;
    case MENU_RULE_NUMBER:
        ok = apply_number(rule, typed, value);
        break;
    case MENU_RULE_CHARSET:
        ok = apply_charset(rule, value);
        break;
    case MENU_RULE_DATE:
        ok = apply_date(rule, typed, value);
        break;
    default:
        ok = apply_pattern(rule, value);
        break;
    }
    return ok ? NULL : invalid;
}

unsigned menu_rule_value_max(const struct menu_input_rule *rule)
{
    char number[24];
    int low, high;

    switch (rule->kind) {
    case MENU_RULE_NAMED:
        return rule->named->value_max;
    case MENU_RULE_NUMBER:
        low = snprintf(number, sizeof(number), "%lld", (long long)rule->min);
        high = snprintf(number, sizeof(number), "%lld", (long long)rule->max);
        return (unsigned)(low > high ? low : high);
    case MENU_RULE_DATE:
        return 10;
    default:
        return (unsigned)rule->max;
    }
}
