/*
 * What an input accepts: a rule of the vocabulary, or one of the general kinds.
 */
#ifndef WARUNG_MENUS_RULE_H
#define WARUNG_MENUS_RULE_H

#include <regex.h>
#include <stdbool.h>
#include <stdint.h>

#include "menus/vocabulary.h"

enum menu_rule_kind {
    MENU_RULE_NAMED,
    MENU_RULE_LENGTH,
    MENU_RULE_DIGITS,
    MENU_RULE_NUMBER,
    MENU_RULE_CHARSET,
    MENU_RULE_DATE,
    MENU_RULE_PATTERN,
};

struct menu_input_rule {
    enum menu_rule_kind kind;
    const struct menu_rule *named;
    bool is_upper;
    int64_t min, max; /* characters, digits, value, or days since 1970 */
    const char *chars;
    bool is_short_year; /* DDMMYY */
    regex_t *regex;
};

/* `typed` is trimmed, its spaces collapsed. NULL: accepted, `value` is what to keep. Else an error
 * word (of the named rule; "invalid" for the general kinds). */
const char *menu_rule_apply(const struct menu_input_rule *rule, const char *typed,
                            char value[MENU_VALUE_BYTES]);

/* The longest value that the rule accepts, in characters. */
unsigned menu_rule_value_max(const struct menu_input_rule *rule);

/* Days since 1970-01-01 of "YYYY-MM-DD"; false when it is no date. */
bool menu_date_parse(const char *text, int64_t *days);
/* Civil date of a day count; text has room for 11 octets. */
void menu_date_format(int64_t days, char text[11]);

#endif
