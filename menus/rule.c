#include "menus/rule.h"

#include "base/date.h"
#include "base/span.h"
#include "base/utf8.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char invalid[] = "invalid";

static size_t count_characters(const char *text)
{
    size_t n = 0;

    while (utf8_next(&text) != 0)
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
    *from = *to = utf8_next(at);
    if (*from == 0)
        return false;
    if ((*at)[0] == '-' && (*at)[1] != '\0') {
        (*at)++;
        *to = utf8_next(at);
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

    for (uint32_t c = utf8_next(&at); c != 0; c = utf8_next(&at))
        if (!is_in_set(rule->chars, c))
            return false;
    return is_length(rule, typed);
}

void menu_date_format(int64_t days, char text[11])
{
    struct date date = date_from_days(days);

    /* The remainders tell the compiler that the room is enough. */
    snprintf(text, 11, "%04u-%02u-%02u", (unsigned)date.year % 10000, date.month % 100,
             date.day % 100);
}

bool menu_date_parse(const char *text, int64_t *days)
{
    struct date date;
    char rest;

    if (strlen(text) != 10 ||
        sscanf(text, "%4d-%2u-%2u%c", &date.year, &date.month, &date.day, &rest) != 3 ||
        date.year < 1 || !date_is_real(date))
        return false;
    *days = date_to_days(date);
    return true;
}

static unsigned two_digits(const char *digits)
{
    return (unsigned)(digits[0] - '0') * 10 + (unsigned)(digits[1] - '0');
}

/* Digits in the order day, month, year. Of a two-digit year the century is the one that puts the
 * date into the rule's range, the older one first. */
static bool apply_date(const struct menu_input_rule *rule, const char *typed, char *value)
{
    char digits[16] = "", plain[MENU_VALUE_BYTES];
    size_t want = rule->is_short_year ? 6 : 8;
    struct date date;
    int year;

    text_copy(plain, sizeof(plain), typed);
    for (char *c = plain; *c != '\0'; c++)
        if (*c == '/')
            *c = '-';
    if (!keep_digits(plain, digits, sizeof(digits)) || strlen(digits) != want)
        return false;
    date.day = two_digits(digits);
    date.month = two_digits(digits + 2);
    year = atoi(digits + 4);
    for (int century = rule->is_short_year ? 1900 : 0; century <= 2000; century += 100) {
        int64_t days;

        date.year = year + century;
        if (date_is_real(date)) {
            days = date_to_days(date);
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
