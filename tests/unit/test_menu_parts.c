/* The small parts of the menu engine: states, conditions, rules, matching, places of strings. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"
#include "menus/condition.h"
#include "menus/locate.h"
#include "menus/match.h"
#include "menus/rule.h"
#include "menus/state.h"

/* --- state -------------------------------------------------------------------------------- */

static void the_largest_state_fits(void **state)
{
    uint8_t octets[MENU_STATE_BYTES_MAX];
    struct menu_state s, again;
    struct writer w;
    char name[MENU_NAME_BYTES], value[MENU_VALUE_BYTES];

    (void)state;
    menu_state_init(&s);
    memset(name, 'n', sizeof(name) - 1);
    name[sizeof(name) - 1] = '\0';
    memset(s.language, 'l', sizeof(s.language) - 1);
    strcpy(s.screen, name);
    strcpy(s.then, name);
    strcpy(s.draft_screen, name);
    s.has_draft = s.is_open = s.is_tight = true;
    s.back_count = MENU_BACK_MAX;
    for (unsigned i = 0; i < MENU_BACK_MAX; i++)
        strcpy(s.back[i], name);
    for (unsigned i = 0; i < MENU_ANSWERS_MAX; i++) {
        snprintf(name, sizeof(name), "%031u", i);
        memset(value, 'v', sizeof(value));
        value[MENU_ANSWERS_BYTES / MENU_ANSWERS_MAX - 1] = '\0';
        assert_true(menu_state_set_answer(&s, name, value));
    }
    assert_false(menu_state_set_answer(&s, "one-more", ""));
    writer_init(&w, octets, sizeof(octets));
    menu_state_encode(&s, &w);
    assert_false(w.failed);
    assert_true(menu_state_decode(&again, writer_span(&w)));
    assert_int_equal(again.answer_count, MENU_ANSWERS_MAX);
    assert_string_equal(menu_state_answer(&again, name), value);
    for (size_t cut = 0; cut < writer_size(&w); cut++)
        assert_false(menu_state_decode(&again, span_of(octets, cut)));
    assert_int_equal(again.answer_count, 0);
}

static void answers_are_replaced_and_removed(void **state)
{
    struct menu_state s;
    char long_value[MENU_VALUE_BYTES + 1];

    (void)state;
    menu_state_init(&s);
    assert_true(menu_state_set_answer(&s, "a", "one"));
    assert_true(menu_state_set_answer(&s, "b", "two"));
    assert_true(menu_state_set_answer(&s, "c", ""));
    assert_true(menu_state_set_answer(&s, "a", "three"));
    assert_true(menu_state_set_answer(&s, "b", "owt"));
    assert_string_equal(menu_state_answer(&s, "a"), "three");
    assert_string_equal(menu_state_answer(&s, "b"), "owt");
    assert_string_equal(menu_state_answer(&s, "c"), "");
    assert_null(menu_state_answer(&s, "d"));
    menu_state_remove_answer(&s, "b");
    menu_state_remove_answer(&s, "d");
    assert_null(menu_state_answer(&s, "b"));
    assert_string_equal(menu_state_answer(&s, "a"), "three");
    assert_int_equal(s.answer_count, 2);
    assert_int_equal(s.answer_bytes_used, sizeof("three") + sizeof(""));
    memset(long_value, 'x', MENU_VALUE_BYTES);
    long_value[MENU_VALUE_BYTES] = '\0';
    assert_false(menu_state_set_answer(&s, "a", long_value));
    assert_string_equal(menu_state_answer(&s, "a"), "three");
    menu_state_clear_draft(&s);
    assert_int_equal(s.answer_count, 0);
}

/* Answers with a NUL within would end early wherever they are read. */
static void an_answer_with_a_nul_is_no_state(void **state)
{
    struct menu_state s;
    uint8_t octets[256];
    struct writer w;

    (void)state;
    menu_state_init(&s);
    menu_state_set_answer(&s, "field", "value");
    writer_init(&w, octets, sizeof(octets));
    menu_state_encode(&s, &w);
    assert_true(menu_state_decode(&s, writer_span(&w)));
    for (size_t back = 1; back <= sizeof("field value"); back++) {
        uint8_t *octet = octets + writer_size(&w) - back, kept = *octet;

        if (kept < 'a')
            continue; /* a length */
        *octet = '\0';
        assert_false(menu_state_decode(&s, writer_span(&w)));
        *octet = kept;
    }
    assert_true(menu_state_decode(&s, writer_span(&w)));
}

/* --- conditions --------------------------------------------------------------------------- */

static void *allocate(void *ctx, size_t bytes)
{
    void **blocks = ctx;
    void **block = calloc(1, sizeof(*block) + bytes);

    *block = *blocks;
    *blocks = block;
    return block + 1;
}

static void release(void *blocks)
{
    while (blocks != NULL) {
        void *next = *(void **)blocks;

        free(blocks);
        blocks = next;
    }
}

static const char *get(void *ctx, const struct menu_condition_step *step,
                       char room[MENU_VALUE_BYTES])
{
    (void)ctx;
    if (step->operand == MENU_OPERAND_TODAY)
        return "2026-11-24";
    if (step->operand == MENU_OPERAND_DRAFT)
        return "0";
    if (strcmp(step->name, "status") == 0)
        return "DISETUJUI";
    if (strcmp(step->name, "count") == 0)
        return strcpy(room, "10");
    return strcmp(step->name, "none") == 0 ? NULL : "";
}

static void conditions_hold_or_not(void **state)
{
    static const struct {
        const char *text;
        bool holds;
    } cases[] = {
        {"status", true},
        {"none", false},
        {"empty", false},
        {"draft", false},
        {"not draft", true},
        {"status == DISETUJUI", true},
        {"status != DISETUJUI", false},
        {"none == x", false},
        {"none != x", true},
        {"count > 9", true}, /* as numbers, not as letters */
        {"count >= 10 and count <= 10", true},
        {"count < 10 or count < 9", false},
        {"status in (A, B, DISETUJUI)", true},
        {"status in ( A )", false},
        {"today >= 2026-11-24 and today < 2026-12-01", true},
        {"not status == A and not (count == 1 or count == 2)", true},
        {"not (status == DISETUJUI)", false},
        {"draft or count == 10 and status", true},
        {"not not status", true},
        {"status == 'DISETUJUI'", true},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        void *blocks = NULL;
        unsigned column;
        const char *why = "";
        struct menu_condition *c =
            menu_condition_compile(cases[i].text, allocate, &blocks, &column, &why);

        if (c == NULL || menu_condition_holds(c, get, NULL) != cases[i].holds)
            fail_msg("%s %s", cases[i].text, why);
        release(blocks);
    }
}

static void wrong_conditions_are_placed(void **state)
{
    static const struct {
        const char *text;
        unsigned column;
    } cases[] = {
        {"", 1},        {"a ==", 5},  {"a = b", 3}, {"(a", 3},      {"a b", 3}, {"a in b", 6},
        {"a in (b", 8}, {"a and", 6}, {"== a", 1},  {"a == 'b", 6}, {"not", 4}, {"a)", 2},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        void *blocks = NULL;
        unsigned column = 0;
        const char *why = NULL;

        assert_null(menu_condition_compile(cases[i].text, allocate, &blocks, &column, &why));
        if (column != cases[i].column || why == NULL)
            fail_msg("%s: column %u", cases[i].text, column);
        release(blocks);
    }
}

static void a_condition_has_bounds(void **state)
{
    char text[4096] = "a";
    void *blocks = NULL;
    unsigned column;
    const char *why;

    (void)state;
    for (unsigned i = 0; i < 100; i++)
        strcat(text, " and a");
    assert_null(menu_condition_compile(text, allocate, &blocks, &column, &why));
    memset(text, '(', 1000);
    text[1000] = '\0';
    assert_null(menu_condition_compile(text, allocate, &blocks, &column, &why));
    release(blocks);
}

/* --- rules -------------------------------------------------------------------------------- */

static void general_rules(void **state)
{
    static const struct {
        struct menu_input_rule rule;
        const char *typed;
        const char *value; /* NULL: refused */
    } cases[] = {
        {{.kind = MENU_RULE_LENGTH, .min = 2, .max = 4}, "a", NULL},
        {{.kind = MENU_RULE_LENGTH, .min = 2, .max = 4}, "abcd", "abcd"},
        {{.kind = MENU_RULE_LENGTH, .min = 2, .max = 4}, "abcde", NULL},
        {{.kind = MENU_RULE_LENGTH, .min = 1, .max = 2}, "\xC3\xA9\xC3\xA9", "\xC3\xA9\xC3\xA9"},
        {{.kind = MENU_RULE_LENGTH, .min = 1, .max = 9, .is_upper = true}, "budi", "BUDI"},
        {{.kind = MENU_RULE_DIGITS, .min = 4, .max = 4}, "12-3 4", "1234"},
        {{.kind = MENU_RULE_DIGITS, .min = 4, .max = 4}, "12345", NULL},
        {{.kind = MENU_RULE_DIGITS, .min = 4, .max = 4}, "12a4", NULL},
        {{.kind = MENU_RULE_DIGITS, .min = 1, .max = 9}, "...", NULL},
        {{.kind = MENU_RULE_DIGITS, .min = 1, .max = 4}, "\xEF\xBC\x91", NULL},
        {{.kind = MENU_RULE_NUMBER, .min = 5, .max = 10}, "007", "7"},
        {{.kind = MENU_RULE_NUMBER, .min = 5, .max = 10}, "11", NULL},
        {{.kind = MENU_RULE_NUMBER, .min = -5, .max = 10}, "-3", "-3"},
        {{.kind = MENU_RULE_NUMBER, .min = 0, .max = 10}, "1.5", NULL},
        {{.kind = MENU_RULE_NUMBER, .min = 0, .max = 10}, "-", NULL},
        {{.kind = MENU_RULE_CHARSET, .min = 1, .max = 9, .chars = "a-z-"}, "ab-c", "ab-c"},
        {{.kind = MENU_RULE_CHARSET, .min = 1, .max = 9, .chars = "a-z"}, "ab-c", NULL},
        {{.kind = MENU_RULE_CHARSET, .min = 1, .max = 9, .chars = "\xC3\xA0-\xC3\xBF"},
         "\xC3\xA9",
         "\xC3\xA9"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char value[MENU_VALUE_BYTES];
        const char *word = menu_rule_apply(&cases[i].rule, cases[i].typed, value);

        if ((word == NULL) != (cases[i].value != NULL) ||
            (word == NULL && strcmp(value, cases[i].value) != 0))
            fail_msg("%zu: %s", i, cases[i].typed);
    }
}

/* 160 letters of two octets each are within the length, and more than an answer holds. */
static void what_no_answer_holds_is_refused_and_not_cut(void **state)
{
    const struct menu_input_rule rule = {.kind = MENU_RULE_LENGTH, .min = 1, .max = 160};
    char typed[2 * 160 + 1] = "", value[MENU_VALUE_BYTES];

    (void)state;
    for (unsigned i = 0; i < 127; i++)
        strcat(typed, "\xC3\xA9");
    assert_null(menu_rule_apply(&rule, typed, value));
    assert_string_equal(value, typed);
    for (unsigned i = 127; i < 160; i++)
        strcat(typed, "\xC3\xA9");
    assert_string_equal(menu_rule_apply(&rule, typed, value), "invalid");
}

static void dates_as_people_type_them(void **state)
{
    int64_t early, late;
    static const struct {
        bool is_short;
        const char *typed;
        const char *value;
    } dates[] = {
        {false, "24112026", "2026-11-24"},
        {false, "24-11-2026", "2026-11-24"},
        {false, "24/11/2026", "2026-11-24"},
        {false, "29022025", NULL},
        {false, "29022024", "2024-02-29"},
        {false, "01012031", NULL},
        {false, "241126", NULL},
        {false, "00112026", NULL},
        {true, "241120", "2020-11-24"},
        {true, "241180", "1980-11-24"},
        {true, "311180", NULL},
    };

    (void)state;
    assert_true(menu_date_parse("1960-01-01", &early) && menu_date_parse("2030-12-31", &late));
    for (size_t i = 0; i < sizeof(dates) / sizeof(dates[0]); i++) {
        struct menu_input_rule rule = {
            .kind = MENU_RULE_DATE, .min = early, .max = late, .is_short_year = dates[i].is_short};
        char value[MENU_VALUE_BYTES];
        const char *word = menu_rule_apply(&rule, dates[i].typed, value);

        if ((word == NULL) != (dates[i].value != NULL) ||
            (word == NULL && strcmp(value, dates[i].value) != 0))
            fail_msg("%s", dates[i].typed);
    }
}

static void days_and_dates_agree(void **state)
{
    char text[11];
    int64_t days;

    (void)state;
    assert_true(menu_date_parse("1970-01-01", &days));
    assert_int_equal(days, 0);
    for (int64_t d = -40000; d < 60000; d += 13) {
        menu_date_format(d, text);
        assert_true(menu_date_parse(text, &days));
        assert_int_equal(days, d);
    }
    assert_false(menu_date_parse("2026-02-30", &days));
    assert_false(menu_date_parse("2026-2-3", &days));
    assert_false(menu_date_parse("2026-02-0x", &days));
}

/* --- matching ----------------------------------------------------------------------------- */

static void numbers_as_people_type_them(void **state)
{
    static const char *words[] = {"no", "nomor"};
    static const struct menu menu = {.number_words = words, .number_word_count = 2};
    static const struct {
        const char *typed;
        unsigned number;
    } cases[] = {
        {"1", 1},      {"12", 12},     {"1.", 1},  {"1)", 1}, {"no 1", 1}, {"No. 1", 1},
        {"NO.12", 12}, {"nomor 3", 3}, {"01", 1},  {"0", 0},  {"", 0},     {"1a", 0},
        {"1 2", 0},    {"12345", 0},   {"nol", 0}, {"no", 0}, {"-1", 0},   {"\xEF\xBC\x91", 0},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        if (menu_match_number(&menu, cases[i].typed) != cases[i].number)
            fail_msg("%s", cases[i].typed);
}

/* Their planes and their joints, and nothing beside: a letter of no emoji's plane is a value's. */
static void emoji_at_an_end_are_cut(void **state)
{
    static const uint32_t emoji[] = {0x1F000, 0x1FBFF, 0x2190, 0x2BFF, 0x200D, 0xFE0F};
    static const uint32_t letters[] = {0x1EFFF, 0x1FC00, 0x218F, 0x2C00, 0x200C, 0xFE0E, 0xFF21};
    char text[32];

    (void)state;
    for (size_t i = 0; i < sizeof(emoji) / sizeof(emoji[0]); i++) {
        strcpy(text, "SITI \n");
        text[6 + utf8_put(emoji[i], text + 6)] = '\0';
        menu_match_cut_emoji(text);
        assert_string_equal(text, "SITI");
    }
    for (size_t i = 0; i < sizeof(letters) / sizeof(letters[0]); i++) {
        size_t size = 5 + utf8_put(letters[i], strcpy(text, "SITI ") + 5);

        strcpy(text + size, " ");
        menu_match_cut_emoji(text);
        assert_int_equal(strlen(text), size);
    }
    strcpy(text, "\xE2\x9D\xA4 SITI \xE2\x9D\xA4 A"); /* those before its end stay */
    menu_match_cut_emoji(text);
    assert_string_equal(text, "\xE2\x9D\xA4 SITI \xE2\x9D\xA4 A");
}

static void distances(void **state)
{
    (void)state;
    assert_int_equal(menu_match_distance("kedaton", "kedaton", 2), 0);
    assert_int_equal(menu_match_distance("kedaton", "kedatno", 2), 1); /* neighbours swapped */
    assert_int_equal(menu_match_distance("kedaton", "kdaton", 2), 1);
    assert_int_equal(menu_match_distance("kedaton", "kedattonn", 2), 2);
    assert_int_equal(menu_match_distance("kedaton", "kemiling", 2), 3);
    assert_int_equal(menu_match_distance("", "ab", 2), 2);
    assert_int_equal(menu_match_distance("", "abc", 2), 3);
}

static const struct {
    const char *typed;
    const char *code; /* NULL: none */
    bool is_guess;
} names[] = {
    {"Metro Barat", "18.72.01", false},
    {"  METRO-BARAT ", "18.72.01", false},
    {"187201", "18.72.01", false},
    {"18.72.01", "18.72.01", false},
    {"metro", NULL, false},
    {"metro p", "b", false},
    {"metro brat", "18.72.01", true},
    {"me", NULL, false},
    {"halim", "c", false},
    {"way", "c", false},
    {"engal", "d", true},
    {"eng", "d", false},
    {"engel", NULL, false},  /* two of five letters: too many */
    {"ennggall", "d", true}, /* of eight not */
    {"septh", "j", true},    /* nor of a name of seven */
    {"kua", "k", true},
    {"ku", NULL, false},   /* of two none */
    {"wyhlim", "c", true}, /* of a name of eight not */
    {"kec wyhlim", NULL, false},
    {"kec engel", NULL, false},
    {"kec hali", NULL, false}, /* of four behind a word one is too many */
    {"metro bratt", "18.72.01", true},
    {"pusat", "b", true}, /* the end of a name is no misspelling of another */
    {"enxx", NULL, false},
    {"tanjung raja", "e", false},
    {"tanjung rajya", NULL, false},
    {"tanjung", NULL, false},
    {"barat", "18.72.01", true},
    {"Kec. Metro Barat", "18.72.01", true},
    {"kecamatan  metro brat", "18.72.01", true},
    {"raja", "e", true},
    {"kec raja", NULL, false},
    {"gunung raya", NULL, false}, /* not the other one that ends so */
    {"umbia", "h", true},         /* its first letter is missing */
    {"kec umbia", "h", true},
    {"kecamatan nggal", "d", true},
    {"Kec.Metro Barat", "18.72.01", true}, /* a mark ends a word, too */
    {"kec.putra rumbia", "g", true},
    {"Tj.Raya", "f", true}, /* the first word shortened */
    {"P. Rumbia", "g", true},
    {"K. Rumbia", "h", true},
    {"Tr. Raya", NULL, false},
    {"at", NULL, false},
    {"kec", NULL, false},
    {"", NULL, false},
    {"...", NULL, false},
};

static void names_mean_one_row(void **state)
{
    static const char *k0[] = {"metrobarat"}, *k1[] = {"metropusat"}, *k2[] = {"wayhalim", "halim"},
                      *k3[] = {"enggal"}, *k4[] = {"tanjungraja"}, *k5[] = {"tanjungraya"},
                      *k6[] = {"putrarumbia"}, *k7[] = {"rumbia"}, *k8[] = {"pusar"},
                      *k9[] = {"seputih"}, *k10[] = {"kue"};
    static struct menu_row rows[] = {
        {.code = "18.72.01", .keys = k0, .key_count = 1}, {.code = "b", .keys = k1, .key_count = 1},
        {.code = "c", .keys = k2, .key_count = 2},        {.code = "d", .keys = k3, .key_count = 1},
        {.code = "e", .keys = k4, .key_count = 1},        {.code = "f", .keys = k5, .key_count = 1},
        {.code = "g", .keys = k6, .key_count = 1},        {.code = "h", .keys = k7, .key_count = 1},
        {.code = "i", .keys = k8, .key_count = 1},        {.code = "j", .keys = k9, .key_count = 1},
        {.code = "k", .keys = k10, .key_count = 1},
    };
    static const struct menu_table table = {.rows = rows, .row_count = 11};
    static const struct menu_row_group all = {.first = 0, .count = 11};

    (void)state;
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        bool is_guess;
        const struct menu_row *row = menu_match_row(&table, &all, names[i].typed, true, &is_guess);

        if ((row == NULL) != (names[i].code == NULL) ||
            (row != NULL &&
             (strcmp(row->code, names[i].code) != 0 || is_guess != names[i].is_guess)))
            fail_msg("%s: %s %d", names[i].typed, row != NULL ? row->code : "none", is_guess);
        row = menu_match_row(&table, &all, names[i].typed, false, &is_guess);
        assert_true(row == NULL || strcmp(names[i].code, "18.72.01") == 0);
    }
}

/* --- places ------------------------------------------------------------------------------- */

static void strings_are_found_with_their_column(void **state)
{
    static const char text[] = "a = \"x\"; # \"quoted\" in a comment\n"
                               "g = { id = \"caf\xC3\xA9 \\\"b\\\"\"; id2 = \"one \"\n"
                               "   /* gap */ \"two\"; w = [ \"p\", \"q\" ]; };\n";
    unsigned line = 0, column = 0;

    (void)state;
    assert_true(menu_locate_string(text, 1, "a", "x", 0, &line, &column));
    assert_int_equal(line, 1);
    assert_int_equal(column, 6);
    assert_true(menu_locate_string(text, 2, "id", "caf\xC3\xA9 \"b\"", 6, &line, &column));
    assert_int_equal(line, 2);
    assert_int_equal(column, 18);
    assert_true(menu_locate_string(text, 2, "id2", "one two", 4, &line, &column));
    assert_int_equal(line, 3);
    assert_int_equal(column, 15);
    assert_true(menu_locate_string(text, 3, NULL, "q", 0, &line, &column));
    assert_int_equal(column, 33);
    assert_true(menu_locate_string(text, 1, "a", "x", 1, &line, &column)); /* at its end */
    assert_int_equal(column, 7);
    assert_false(menu_locate_string(text, 1, "a", "y", 0, &line, &column));
}

static void names_are_found_with_their_column(void **state)
{
    static const char text[] = "a = 1;\n"
                               "  b = a; ab = 2; a = 3; c : 4; d { e = \xC3\xA9; f = 5; };\n";

    (void)state;
    assert_int_equal(menu_locate_name(text, 1, "a"), 1);
    assert_int_equal(menu_locate_name(text, 2, "a"), 18);
    assert_int_equal(menu_locate_name(text, 2, "ab"), 10);
    assert_int_equal(menu_locate_name(text, 2, "c"), 25);
    assert_int_equal(menu_locate_name(text, 2, "d"), 32);
    assert_int_equal(menu_locate_name(text, 2, "f"), 43);
    assert_int_equal(menu_locate_name(text, 2, "g"), 3); /* where the line begins */
    assert_int_equal(menu_locate_name(text, 2, NULL), 3);
    assert_int_equal(menu_locate_name(text, 1, "b"), 1); /* of another line */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_largest_state_fits),
        cmocka_unit_test(answers_are_replaced_and_removed),
        cmocka_unit_test(an_answer_with_a_nul_is_no_state),
        cmocka_unit_test(conditions_hold_or_not),
        cmocka_unit_test(wrong_conditions_are_placed),
        cmocka_unit_test(a_condition_has_bounds),
        cmocka_unit_test(general_rules),
        cmocka_unit_test(what_no_answer_holds_is_refused_and_not_cut),
        cmocka_unit_test(dates_as_people_type_them),
        cmocka_unit_test(days_and_dates_agree),
        cmocka_unit_test(numbers_as_people_type_them),
        cmocka_unit_test(emoji_at_an_end_are_cut),
        cmocka_unit_test(distances),
        cmocka_unit_test(names_mean_one_row),
        cmocka_unit_test(strings_are_found_with_their_column),
        cmocka_unit_test(names_are_found_with_their_column),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
