/*
 * Pages: whatever the names, texts and limits, no page breaks a limit, splits a character or loses
 * an item, and every item is chosen by the number that stands before it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/random.h"
#include "gateway/smpp/text.h"
#include "menus/model.h"
#include "tests/support/menus.h"

enum { MENUS = 150, ITEMS_MAX = 40, PAGES_MAX = 60, SOURCE_BYTES = 65536 };

struct source_text {
    char text[SOURCE_BYTES];
    size_t size;
    unsigned page_gsm, page_ucs2; /* the menu's own limits */
};

static struct menu *load_legal(const char *source, const struct menu_vocabulary *vocabulary)
{
    char *faults;
    struct menu *menu = menu_from_text(source, vocabulary, &faults);

    if (menu == NULL)
        fail_msg("%s", faults);
    free(faults);
    return menu;
}

static void __attribute__((format(printf, 2, 3)))
add(struct source_text *s, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    s->size += (size_t)vsnprintf(s->text + s->size, sizeof(s->text) - s->size, format, args);
    va_end(args);
    assert_true(s->size < sizeof(s->text));
}

/* A word of the alphabet, extension characters and letters of two octets among them. */
static void add_word(struct source_text *s, struct random_source *r, bool is_ucs2, unsigned most)
{
    static const char *const gsm[] = {
        "a",        "B",        "e", "i",  "n", "K", "r", "t", "7", "'", "[", "^", "\xE2\x82\xAC",
        "\xC3\xA9", "\xCE\x94", "|", "}}", "{{"};
    static const char *const wide[] = {"\xE5\xB8\x82", "\xE5\x9C\xBA", "\xF0\x9F\x90\x9F",
                                       "\xD0\x96"};
    unsigned letters = 1 + (unsigned)random_below(r, most);

    for (unsigned i = 0; i < letters; i++)
        add(s, "%s",
            is_ucs2 && random_below(r, 2) == 0
                ? wide[random_below(r, sizeof(wide) / sizeof(wide[0]))]
                : gsm[random_below(r, sizeof(gsm) / sizeof(gsm[0]) /
                                          (random_below(r, 4) == 0 ? 1 : 2))]);
}

static void add_words(struct source_text *s, struct random_source *r, bool is_ucs2, unsigned words)
{
    for (unsigned i = 0; i < words; i++) {
        if (i > 0)
            add(s, "%s", random_below(r, 9) == 0 ? "\\n" : " ");
        add_word(s, r, is_ucs2, 9);
    }
}

static void add_text(struct source_text *s, struct random_source *r, unsigned words)
{
    add(s, "{ a = \"");
    add_words(s, r, false, words);
    add(s, "\"; b = \"");
    add_words(s, r, false, words);
    add(s, "\"; u = \"");
    add_words(s, r, true, (words + 2) / 3);
    add(s, "\"; }");
}

/* A label is the row's number in letters, so that it can be told from all others, and a name. */
static void add_label(struct source_text *s, struct random_source *r, unsigned row)
{
    const char languages[] = "abu";

    add(s, "{ ");
    for (unsigned i = 0; i < 3; i++) {
        add(s, "%c = \"<%u>", languages[i], row);
        add_word(s, r, languages[i] == 'u', languages[i] == 'u' ? 8 : 16);
        add(s, "\"; ");
    }
    add(s, "}");
}

static void make_menu(struct source_text *s, struct random_source *r, unsigned items)
{
    bool is_list = random_below(r, 2) == 0;

    s->size = 0;
    add(s, "menu = \"m\"; languages = ( { code = \"a\"; name = \"A\"; }, { code = \"b\"; name = "
           "\"B\"; }, { code = \"u\"; name = \"U\"; ucs2 = true; } );\nstart = \"MAIN\"; exit = "
           "\"E\";\nlines = { back = \"Kembali\"; next = \"Lanjut\"; };\n");
    s->page_gsm = 100 + (unsigned)random_below(r, 83);
    s->page_ucs2 = 60 + (unsigned)random_below(r, 20);
    add(s, "page = { items = %u; gsm = %u; ucs2 = %u; };\n", 1 + (unsigned)random_below(r, 9),
        s->page_gsm, s->page_ucs2);
    add(s, "errors = { invalid = \"E\"; too_many = \"E\"; busy = \"E\"; };\ntexts = { E = ");
    add_text(s, r, 1 + (unsigned)random_below(r, 3));
    add(s, "; };\ntables = { t = (");
    for (unsigned i = 0; i < items; i++) {
        add(s, "%s\n  { code = \"c%u\"; label = ", i > 0 ? "," : "", i + 1);
        add_label(s, r, i + 1);
        add(s, "; }");
    }
    add(s, " ); };\nscreens = { MAIN = { text = ");
    add_text(s, r, (unsigned)random_below(r, 8) == 0 ? 25 : 1 + (unsigned)random_below(r, 4));
    if (random_below(r, 2) == 0)
        add(s, "; more = \"({page}/{pages})\"");
    add(s, "; back = true;");
    if (is_list) {
        add(s, " list = { table = \"t\"; field = \"f\"; }; to = \"GOT\"; };\n");
    } else {
        add(s, " choices = (");
        for (unsigned i = 0; i < items; i++) {
            add(s, "%s\n  { set = { f = \"c%u\"; }; label = ", i > 0 ? "," : "", i + 1);
            add_label(s, r, i + 1);
            add(s, "; to = \"GOT\"; }");
        }
        add(s, " ); };\n");
    }
    add(s, "  GOT = { text = \"{f}\"; }; };\n");
}

/* Texts may be too long for the check's taste and the table unused; nothing else may be wrong. */
static struct menu *load(const struct source_text *s)
{
    char *faults;
    struct menu *menu = menu_from_text(s->text, NULL, &faults);

    if (menu == NULL && strstr(faults, "too many: shorten") == NULL &&
        strstr(faults, "is the most: shorten") == NULL)
        fail_msg("%s\n%s", faults, s->text);
    free(faults);
    return menu;
}

static unsigned smaller(unsigned a, unsigned b)
{
    return a < b ? a : b;
}

/* Within the link's limit, and, without an error line, within the menu's; nothing cut off. */
static void check_limit(const struct menu_phone *p, const struct source_text *s)
{
    static const char last[] = "\n0. Kembali";
    enum text_coding coding = p->outcome.ucs2 ? TEXT_UCS2 : TEXT_GSM;
    unsigned link = p->outcome.ucs2 ? p->limits.ucs2_units : p->limits.gsm_septets;
    unsigned limit =
        p->outcome.was_invalid ? link : smaller(link, p->outcome.ucs2 ? s->page_ucs2 : s->page_gsm);
    size_t units = 0, size = strlen(p->outcome.text);

    if (!text_units(coding, p->outcome.text, &units))
        fail_msg("not in the alphabet: %s", p->outcome.text);
    if (units > limit)
        fail_msg("%zu units of %u: %s\n%s", units, limit, p->outcome.text, s->text);
    assert_true(text_is_utf8(p->outcome.text));
    if (size < strlen(last) || strcmp(p->outcome.text + size - strlen(last), last) != 0)
        fail_msg("cut off: %s\n%s", p->outcome.text, s->text);
}

/* Which rows a page shows: "12. <12>..." */
static void note_rows(const char *text, unsigned seen[ITEMS_MAX + 1])
{
    for (const char *line = text; line != NULL; line = strchr(line, '\n')) {
        unsigned number, row;
        int read = 0;

        line += *line == '\n';
        if (sscanf(line, "%u. <%u>%n", &number, &row, &read) == 2 && read > 0) {
            assert_int_equal(number, row);
            assert_in_range(row, 1, ITEMS_MAX);
            seen[row]++;
        }
    }
}

/* Turns all pages; after a refused input on one of them they must still show every row. */
static void turn_pages(struct menu_phone *p, unsigned items, unsigned refuse_on,
                       const struct source_text *s)
{
    unsigned seen[ITEMS_MAX + 1] = {0}, page;

    menu_phone_dial(p, "*384#");
    for (page = 0; page < PAGES_MAX; page++) {
        if (page == refuse_on) {
            menu_phone_type(p, "777");
            assert_true(p->outcome.was_invalid);
        }
        check_limit(p, s);
        note_rows(p->outcome.text, seen);
        if (strstr(p->outcome.text, "\n98. Lanjut") == NULL)
            break;
        menu_phone_type(p, "98");
        assert_int_equal(p->outcome.kind, MENU_ASK);
        assert_false(p->outcome.was_invalid);
    }
    assert_true(page < PAGES_MAX);
    for (unsigned i = 1; i <= items; i++)
        if (refuse_on == PAGES_MAX ? seen[i] != 1 : seen[i] == 0)
            fail_msg("row %u was shown %u times; %s", i, seen[i], s->text);
}

static void choose_every_row(struct menu_phone *p, unsigned items)
{
    for (unsigned i = 1; i <= items; i++) {
        char number[16], got[32];

        snprintf(number, sizeof(number), "%u", i);
        menu_phone_dial(p, "*384#");
        menu_phone_type(p, number);
        snprintf(got, sizeof(got), "c%u", i);
        assert_string_equal(menu_state_answer(&p->state, "f"), got);
    }
}

static void no_page_breaks_a_limit_or_loses_an_item(void **state)
{
    static const char *const languages[] = {"a", "b", "u"};
    static const struct menu_limits limits[] = {{182, 80}, {160, 70}, {140, 60}};
    struct random_source random = {20261124};
    struct source_text *s = malloc(sizeof(*s));
    unsigned tried = 0;

    (void)state;
    for (unsigned n = 0; n < MENUS; n++) {
        unsigned items = 1 + (unsigned)random_below(&random, ITEMS_MAX);
        struct menu_phone p;
        struct menu *menu;

        make_menu(s, &random, items);
        menu = load(s);
        if (menu == NULL)
            continue;
        tried++;
        menu_phone_init(&p, menu);
        for (unsigned l = 0; l < 3; l++)
            for (unsigned k = 0; k < 3; k++) {
                strcpy(p.state.language, languages[l]);
                p.limits = limits[k];
                turn_pages(&p, items, PAGES_MAX, s);
                turn_pages(&p, items, (unsigned)random_below(&random, 3), s);
            }
        choose_every_row(&p, items);
        menu_free(menu);
    }
    free(s);
    assert_true(tried > MENUS / 3);
}

/* The same cut in every language: a number stands on the same page. */
static void languages_share_their_pages(void **state)
{
    static const char source[] =
        "menu = \"m\"; languages = ( { code = \"a\"; name = \"A\"; }, { code = \"b\"; name = "
        "\"B\"; } "
        ");\nstart = \"MAIN\"; lines = { back = \"Back\"; next = \"Next\"; }; page = { items = 7; "
        "gsm "
        "= 60; };\nerrors = { invalid = \"E\"; too_many = \"E\"; busy = \"E\"; }; texts = { E = "
        "\"E\"; };\nscreens = { MAIN = { text = \"M\"; choices = (\n"
        "{ label = { a = \"one\"; b = \"a label that is very long indeed, isn't it?\"; }; to = "
        "\"E\"; },\n"
        "{ label = { a = \"a label that is very long indeed, isn't it?\"; b = \"two\"; }; to = "
        "\"E\"; },\n"
        "{ label = \"three\"; to = \"E\"; } ); }; };\n";
    struct menu *menu = load_legal(source, NULL);
    struct menu_phone p;

    (void)state;
    menu_phone_init(&p, menu);
    strcpy(p.state.language, "a");
    assert_string_equal(menu_phone_dial(&p, "*384#"), "M\n1. one\n98. Next");
    assert_string_equal(menu_phone_type(&p, "98"),
                        "2. a label that is very long indeed, isn't it?\n3. three");
    strcpy(p.state.language, "b");
    assert_string_equal(menu_phone_dial(&p, "*384#"),
                        "M\n1. a label that is very long indeed, isn't it?\n98. Next");
    assert_string_equal(menu_phone_type(&p, "98"), "2. two\n3. three");
    menu_free(menu);
}

static const char long_texts[] =
    "menu = \"m\"; languages = ( { code = \"a\"; name = \"A\"; } ); start = \"MAIN\";\n"
    "lines = { back = \"Back\"; next = \"Next\"; }; page = { gsm = 60; };\n"
    "errors = { invalid = \"E\"; too_many = \"E\"; busy = \"E\"; }; texts = { E = \"E\"; };\n"
    "screens = { MAIN = { text = \"the first page ends between two words and not inside any of "
    "them[] at all\"; choices = ( { label = \"Yes\"; to = \"LAST\"; } ); };\n"
    "  LAST = { text = \"an end text that is longer than a page of this menu is cut in two pages "
    "as well, with a way on\"; end = true; }; };\n";

/* "Yes" on one page and "No" on the next would be no fair question. */
static void a_few_choices_stay_together(void **state)
{
    static const char source[] =
        "menu = \"m\"; languages = ( { code = \"a\"; name = \"A\"; } ); start = \"MAIN\";\n"
        "lines = { back = \"Back\"; next = \"Next\"; }; page = { gsm = 70; };\n"
        "errors = { invalid = \"E\"; too_many = \"E\"; busy = \"E\"; }; texts = { E = \"E\"; };\n"
        "screens = { MAIN = { text = \"May we keep what you tell us, for a month?\"; choices = ( "
        "{ label = \"Yes, do\"; to = \"E\"; }, { label = \"No, do not\"; to = \"E\"; } ); }; };\n";
    struct menu *menu = load_legal(source, NULL);
    struct menu_phone p;

    (void)state;
    menu_phone_init(&p, menu);
    p.limits.gsm_septets = 65;
    assert_string_equal(menu_phone_dial(&p, "*384#"),
                        "May we keep what you tell us, for a month?\n98. Next");
    assert_string_equal(menu_phone_type(&p, "98"), "1. Yes, do\n2. No, do not");
    p.limits.gsm_septets = 70;
    assert_string_equal(menu_phone_dial(&p, "*384#"),
                        "May we keep what you tell us, for a month?\n1. Yes, do\n2. No, do not");
    menu_free(menu);
}

static void a_long_text_is_cut_between_words(void **state)
{
    struct menu *menu = load_legal(long_texts, NULL);
    struct menu_phone p;

    (void)state;
    menu_phone_init(&p, menu);
    assert_string_equal(menu_phone_dial(&p, "*384#"),
                        "the first page ends between two words and not\n98. Next");
    assert_string_equal(menu_phone_type(&p, "98"), "inside any of them[] at all\n1. Yes");
    assert_string_equal(menu_phone_type(&p, "1"),
                        "an end text that is longer than a page of this menu\n98. Next");
    assert_int_equal(p.outcome.kind, MENU_ASK);
    assert_string_equal(menu_phone_type(&p, "98"), "is cut in two pages as well, with a way on");
    assert_int_equal(p.outcome.kind, MENU_END);
    assert_false(p.state.is_open);
    menu_free(menu);
}

/* A named text that ends the dialogue has pages too, where the link carries less than it takes. */
static void a_long_end_text_has_pages(void **state)
{
    static const char source[] =
        "menu = \"m\"; languages = ( { code = \"a\"; name = \"A\"; } ); start = \"MAIN\";\n"
        "lines = { back = \"Back\"; next = \"Next\"; };\n"
        "errors = { invalid = \"E\"; too_many = \"E\"; busy = \"E\"; }; texts = { E = \"E\"; "
        "LAST = \"a text that ends a dialogue and is longer than some links can carry at once\"; "
        "};\n"
        "screens = { MAIN = { text = \"M\"; choices = ( { label = \"Go\"; to = \"LAST\"; } ); }; "
        "};\n";
    struct menu *menu = load_legal(source, NULL);
    struct menu_phone p;

    (void)state;
    menu_phone_init(&p, menu);
    menu_phone_dial(&p, "*384#");
    assert_string_equal(
        menu_phone_type(&p, "1"),
        "a text that ends a dialogue and is longer than some links can carry at once");
    assert_int_equal(p.outcome.kind, MENU_END);

    p.limits.gsm_septets = 60;
    menu_phone_dial(&p, "*384#");
    assert_string_equal(menu_phone_type(&p, "1"),
                        "a text that ends a dialogue and is longer than some\n98. Next");
    assert_int_equal(p.outcome.kind, MENU_ASK);
    assert_string_equal(p.outcome.screen, "LAST");
    assert_string_equal(menu_phone_type(&p, "98"), "links can carry at once");
    assert_int_equal(p.outcome.kind, MENU_END);
    assert_false(p.state.is_open);

    menu_phone_dial(&p, "*384#");
    menu_phone_type(&p, "1");
    p.limits.gsm_septets = 182; /* the next page is asked for by a link that needs none */
    assert_string_equal(menu_phone_type(&p, "98"), "M\n1. Go");
    menu_free(menu);
}

/* ... and so has the busy text, where an action gave a result that the menu does not know. */
static void a_long_busy_text_has_pages(void **state)
{
    static const char source[] =
        "menu = \"m\"; languages = ( { code = \"a\"; name = \"A\"; } ); start = \"MAIN\";\n"
        "lines = { back = \"Back\"; next = \"Next\"; };\n"
        "errors = { invalid = \"E\"; too_many = \"E\"; busy = \"BUSY\"; }; texts = { E = \"E\"; "
        "BUSY = \"Something went wrong, nothing was done: please dial the same code again\"; };\n"
        "screens = { MAIN = { text = \"M\"; choices = ( { label = \"Go\"; to = \"E\"; } ); }; };\n";
    struct menu *menu = load_legal(source, NULL);
    struct menu_phone p;

    (void)state;
    menu_phone_init(&p, menu);
    p.limits.gsm_septets = 60;
    menu_phone_dial(&p, "*384#");
    assert_string_equal(menu_phone_event(&p, MENU_EVENT_RESULT, "odd"),
                        "Something went wrong, nothing was done: please dial\n98. Next");
    assert_int_equal(p.outcome.kind, MENU_ASK);
    assert_string_equal(menu_phone_type(&p, "98"), "the same code again");
    assert_int_equal(p.outcome.kind, MENU_END);
    menu_free(menu);
}

/* A question whose text is empty for somebody, on a link that hardly carries the error line. */
static void a_text_that_shows_nothing_has_a_page(void **state)
{
    static const char source[] =
        "menu = \"m\"; languages = ( { code = \"a\"; name = \"A\"; } ); start = \"MAIN\";\n"
        "lines = { back = \"Back\"; next = \"Next\"; };\n"
        "errors = { invalid = \"E\"; too_many = \"E\"; busy = \"E\"; };\n"
        "texts = { E = \"That is no choice, please try it once more.\"; };\n"
        "screens = { MAIN = { text = \"M\"; choices = ( { label = \"Go\"; to = \"ASK\"; } ); };\n"
        "  ASK = { text = \"{card}\"; to = \"E\";\n"
        "          input = { field = \"pin\"; rule = { kind = \"digits\"; min = 4; max = 4; }; }; "
        "}; };\n";
    struct menu *menu = load_legal(source, &menu_test_vocabulary);
    struct menu_phone p;

    (void)state;
    menu_phone_init(&p, menu);
    p.limits.gsm_septets = 48;
    menu_phone_dial(&p, "*384#");
    assert_string_equal(menu_phone_type(&p, "1"), "0. Back");
    for (int i = 0; i < 2; i++) {
        assert_string_equal(menu_phone_type(&p, "x"),
                            "That is no choice, please try it once more.\n0. B");
        assert_int_equal(p.state.page, 0);
    }
    assert_string_equal(menu_phone_type(&p, "0"), "M\n1. Go");
    menu_free(menu);
}

/* The number of the page in a text of ten pages and more has two digits on each: the text is cut in
 * one place for all of them. */
static void ten_pages_and_more_lose_no_letter(void **state)
{
    static const char text[] = " abcde fghij klmno pqrst uvwxy zabcd efghi jklmn opqrs tuvwx yzabc "
                               "defgh ijklm nopqr stuvw "
                               "xyzab cdefg hijkl mnopq rstuv wxyza bcdef ghijk";
    char source[1024], all[512] = "";
    struct menu *menu;
    struct menu_phone p;

    (void)state;
    snprintf(
        source, sizeof(source),
        "menu = \"m\"; languages = ( { code = \"a\"; name = \"A\"; } ); start = \"MAIN\";\n"
        "lines = { back = \"Back\"; next = \"Next\"; };\n"
        "errors = { invalid = \"E\"; too_many = \"E\"; busy = \"E\"; };\n"
        "texts = { E = \"E\"; };\n"
        "screens = { MAIN = { text = \"{page}/{pages}%s {page}.\"; choices = ( { label = \"Go\"; "
        "to = \"E\"; } ); }; };\n",
        text);
    menu = load_legal(source, NULL);
    menu_phone_init(&p, menu);
    p.limits.gsm_septets = 21;
    menu_phone_dial(&p, "*384#");
    for (unsigned i = 0; i < 12; i++) {
        strcat(all, i == 0 ? "" : " ");
        strncat(all, p.outcome.text, strcspn(p.outcome.text, "\n"));
        menu_phone_type(&p, "98");
    }
    assert_memory_equal(all, "01/12", 5);
    assert_memory_equal(all + 5, text, strlen(text));
    assert_string_equal(all + 5 + strlen(text), " 12.");
    menu_free(menu);
}

/* Keys and numbers of three digits are counted before a screen is taken to fit one page. */
static void long_keys_are_counted(void **state)
{
    static const char source[] =
        "menu = \"m\"; languages = ( { code = \"a\"; name = \"A\"; } ); start = \"MAIN\";\n"
        "lines = { back = \"Back\"; next = \"Next\"; }; page = { gsm = 60; items = 12; };\n"
        "errors = { invalid = \"E\"; too_many = \"E\"; busy = \"E\"; }; texts = { E = \"E\"; };\n"
        "screens = { MAIN = { text = \"M\"; back = true; choices = (\n"
        "  { label = \"abcdefghijklmnopqrstuvwx\"; key = \"777\"; to = \"E\"; },\n"
        "  { label = \"abcdefghijklmnop\"; key = \"778\"; to = \"E\"; } ); }; };\n";
    struct menu *menu = load_legal(source, NULL);
    struct menu_phone p;

    (void)state;
    menu_phone_init(&p, menu);
    assert_string_equal(menu_phone_dial(&p, "*384#"),
                        "M\n777. abcdefghijklmnopqrstuvwx\n98. Next\n0. Back");
    assert_string_equal(menu_phone_type(&p, "98"), "778. abcdefghijklmnop\n0. Back");
    menu_free(menu);
}

/* In every language alike, though the text is long in one of them only. */
static void choices_stay_together_in_every_language(void **state)
{
    static const char source[] =
        "menu = \"m\"; languages = ( { code = \"a\"; name = \"A\"; }, { code = \"b\"; name = "
        "\"B\"; } );\n"
        "start = \"MAIN\"; lines = { back = \"Back\"; next = \"Next\"; }; page = { gsm = 60; };\n"
        "errors = { invalid = \"E\"; too_many = \"E\"; busy = \"E\"; }; texts = { E = \"E\"; };\n"
        "screens = { MAIN = { text = { a = \"thirty-one characters of a text\"; b = \"a few\"; };\n"
        "  choices = ( { label = \"to B, as it were\"; language = \"b\"; to = \"@main\"; },\n"
        "              { label = \"to A, as it were\"; language = \"a\"; to = \"@main\"; } ); }; "
        "};\n";
    struct menu *menu = load_legal(source, NULL);
    struct menu_phone p;

    (void)state;
    menu_phone_init(&p, menu);
    assert_string_equal(menu_phone_dial(&p, "*384#"), "thirty-one characters of a text\n98. Next");
    assert_string_equal(menu_phone_type(&p, "1"), "a few\n98. Next");
    assert_string_equal(menu_phone_type(&p, "98"), "1. to B, as it were\n2. to A, as it were");
    menu_free(menu);
}

/* The lowest of the menu's keys bounds them, whichever it is. */
static void numbers_that_run_on_end_before_every_key(void **state)
{
    static const char *const keys[] = {"back = \"30\"; main = \"40\"; next = \"50\";",
                                       "back = \"40\"; main = \"30\"; next = \"50\";",
                                       "back = \"50\"; main = \"40\"; next = \"30\";"};

    (void)state;
    for (unsigned i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
        static struct source_text s;
        struct menu *menu;

        s.size = 0;
        add(&s,
            "menu = \"m\"; keys = { %s }; start = \"MAIN\";\n"
            "languages = ( { code = \"a\"; name = \"A\"; } );\n"
            "lines = { back = \"B\"; next = \"N\"; };\n"
            "errors = { invalid = \"E\"; too_many = \"E\"; busy = \"E\"; }; texts = { E = \"E\"; "
            "};\n"
            "screens = { MAIN = { text = \"M\"; first = \"{card}\"; choices = ( { label = \"A\"; "
            "to = "
            "\"E\"; }, { label = \"B\"; to = \"E\"; } ); }; };\n",
            keys[i]);
        menu = load_legal(s.text, &menu_test_vocabulary);
        assert_int_equal(menu->screens[menu->start].first_max, 28); /* 28 and 29 */
        menu_free(menu);
    }
}

/* A list and choices beside it, of which no page would show the last. */
static void more_items_than_a_screen_has_are_refused(void **state)
{
    static struct source_text s;
    char *faults;

    (void)state;
    add(&s,
        "menu = \"m\"; start = \"MAIN\"; languages = ( { code = \"a\"; name = \"A\"; } );\n"
        "lines = { back = \"B\"; next = \"N\"; };\n"
        "errors = { invalid = \"E\"; too_many = \"E\"; busy = \"E\"; }; texts = { E = \"E\"; };\n"
        "tables = { t = ( ");
    for (unsigned i = 0; i < MENU_ITEMS_MAX; i++)
        add(&s, "%s{ code = \"c%u\"; label = \"L%u\"; }", i == 0 ? "" : ",\n", i, i);
    add(&s,
        " ); };\nkeys = { back = \"0\"; main = \"00\"; next = \"998\"; };\n"
        "screens = { MAIN = { text = \"M\"; list = { table = \"t\"; field = \"f\"; }; to = \"E\"; "
        "choices = ( { label = \"B\"; to = \"E\"; } ); }; };\n");
    assert_null(menu_from_text(s.text, NULL, &faults));
    assert_non_null(strstr(faults, "MAIN can have 257 choices; 256 is the most"));
    free(faults);
}

static bool get_two_lines(void *ctx, const char *name, char value[MENU_VALUE_BYTES])
{
    (void)ctx;
    (void)name;
    strcpy(value, "one\ntwo\tthree");
    return true;
}

/* Else a name could add a choice to a screen. */
static void a_value_stays_in_its_line(void **state)
{
    struct menu *menu = load_legal(
        "menu = \"m\"; languages = ( { code = \"a\"; name = \"A\"; }, { code = \"u\"; name = "
        "\"U\"; ucs2 = true; } );\n"
        "start = \"MAIN\"; lines = { back = \"Back\"; next = \"Next\"; };\n"
        "errors = { invalid = \"NO\"; too_many = \"NO\"; busy = \"NO\"; }; texts = { NO = "
        "\"No.\"; };\n"
        "values = { card = { max = 40; }; };\n"
        "screens = { MAIN = { text = \"M {card}\"; choices = ( { label = \"N\"; to = \"NO\"; "
        "} ); }; };\n",
        &menu_test_vocabulary);
    struct menu_phone p;

    (void)state;
    menu_phone_init(&p, menu);
    p.facts.get = get_two_lines;
    assert_string_equal(menu_phone_dial(&p, "*384#"), "M one two three\n1. N");
    strcpy(p.state.language, "u");
    assert_string_equal(menu_phone_dial(&p, "*384#"), "M one two three\n1. N");
    menu_free(menu);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_page_breaks_a_limit_or_loses_an_item),
        cmocka_unit_test(languages_share_their_pages),
        cmocka_unit_test(a_few_choices_stay_together),
        cmocka_unit_test(a_long_text_is_cut_between_words),
        cmocka_unit_test(a_long_end_text_has_pages),
        cmocka_unit_test(a_long_busy_text_has_pages),
        cmocka_unit_test(ten_pages_and_more_lose_no_letter),
        cmocka_unit_test(long_keys_are_counted),
        cmocka_unit_test(choices_stay_together_in_every_language),
        cmocka_unit_test(a_text_that_shows_nothing_has_a_page),
        cmocka_unit_test(numbers_that_run_on_end_before_every_key),
        cmocka_unit_test(more_items_than_a_screen_has_are_refused),
        cmocka_unit_test(a_value_stays_in_its_line),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
