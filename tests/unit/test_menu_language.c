/* Of the menu language, what neither the programme nor the market's menu uses: attempts of a single
 * screen, screens that two menus share, a window of dates and a quota. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/support/files.h"
#include "tests/support/menus.h"

#define HEAD                                                                                       \
    "languages = ( { code = \"a\"; name = \"A\"; } ); start = \"MAIN\";\n"                         \
    "lines = { back = \"Back\"; next = \"Next\"; };\n"                                             \
    "errors = { invalid = \"NO\"; too_many = \"ENOUGH\"; busy = \"NO\"; };\n"                      \
    "texts = { NO = \"No.\"; ENOUGH = \"Enough.\"; BYE = \"Bye.\"; };\n"

/* Tuesday 24 November 2026, 10:00 in Lampung; and a week later. */
#define NOW   INT64_C(1795489200000)
#define LATER (NOW + INT64_C(7) * 86400000)

static struct menu *load(const char *text)
{
    char *faults;
    struct menu *menu = menu_from_text(text, &menu_test_vocabulary, &faults);

    if (menu == NULL || faults != NULL)
        fail_msg("%s", faults);
    return menu;
}

static void a_screen_has_attempts_of_its_own(void **state)
{
    struct menu *menu = load(
        "menu = \"m\"; attempts = 2;\n" HEAD
        "screens = { MAIN = { text = \"M\"; choices = ( { label = \"Pin\"; to = \"PIN\"; } ); };\n"
        "  PIN = { text = \"P\"; attempts = 4; to = \"BYE\";\n"
        "          input = { field = \"pin\"; rule = { kind = \"digits\"; min = 4; max = 4; }; }; "
        "}; };\n");
    struct menu_phone p;

    (void)state;
    menu_phone_init(&p, menu);
    menu_phone_dial(&p, "*384#");
    assert_string_equal(menu_phone_type(&p, "9"), "No.\nM\n1. Pin");
    assert_string_equal(menu_phone_type(&p, "9"), "Enough.");
    menu_phone_dial(&p, "*384#");
    menu_phone_type(&p, "1");
    for (int i = 0; i < 3; i++)
        assert_string_equal(menu_phone_type(&p, "12"), "No.\nP\n0. Back");
    assert_string_equal(menu_phone_type(&p, "12"), "Enough.");
    menu_free(menu);
}

static void a_window_of_dates_and_a_quota(void **state)
{
    struct menu *menu =
        load("menu = \"m\"; utc_offset = \"+07:00\"; constants = { quota = \"0\"; };\n" HEAD
             "screens = { MAIN = { text = \"M\"; choices = (\n"
             "  { label = \"Now\"; to = \"BYE\"; when = \"today < 2026-12-01\"; },\n"
             "  { label = \"Then\"; to = \"BYE\"; when = \"today >= 2026-12-01 and today < "
             "2027-01-01\"; },\n"
             "  { label = \"Seat\"; to = \"BYE\"; when = \"quota > 0\"; },\n"
             "  { label = \"Wait\"; to = \"BYE\"; when = \"not quota > 0\"; } ); }; };\n");
    struct menu_phone p;

    (void)state;
    menu_phone_init(&p, menu);
    p.now_ms = NOW;
    assert_string_equal(menu_phone_dial(&p, "*384#"), "M\n1. Now\n2. Wait");
    p.now_ms = LATER;
    assert_string_equal(menu_phone_dial(&p, "*384#"), "M\n1. Then\n2. Wait");
    menu_free(menu);
}

static struct menu *load_file(const char *folder, const char *name)
{
    char *faults;
    struct menu *menu = menu_from_file(files_path(folder, name), &menu_test_vocabulary, &faults);

    if (menu == NULL)
        fail_msg("%s", faults);
    free(faults); /* BYE is not used here */
    return menu;
}

static void play_help(const struct menu *menu, const char *first)
{
    struct menu_phone p;

    menu_phone_init(&p, menu);
    assert_string_equal(menu_phone_dial(&p, "*384#"), first);
    assert_string_equal(menu_phone_type(&p, "1"), "Help\n1. Opening hours\n0. Back");
    assert_string_equal(menu_phone_type(&p, "1"), "From 8 to 4.\n0. Back");
    menu_phone_type(&p, "0");
    assert_string_equal(menu_phone_type(&p, "0"), first);
}

static void two_menus_share_screens(void **state)
{
    static const char shared[] = "HELP = { text = \"Help\"; choices = ( { label = \"Opening "
                                 "hours\"; to = \"HOURS\"; } ); };\n"
                                 "HOURS = { text = \"From 8 to 4.\"; };\n";
    char folder[FILES_FOLDER_BYTES];
    struct menu *a, *b, *again;

    (void)state;
    files_make_folder(folder, "shared");
    files_write(folder, "help.inc", shared);
    files_write(folder, "a.cfg",
                "menu = \"a\";\n" HEAD
                "screens = {\n  MAIN = { text = \"A\"; choices = ( { label = "
                "\"Help\"; to = \"HELP\"; } ); };\n@include \"help.inc\"\n};\n");
    files_write(folder, "b.cfg",
                "menu = \"b\";\n" HEAD
                "screens = {\n@include \"help.inc\"\n  MAIN = { text = \"B\"; "
                "choices = ( { label = \"Help\"; to = \"HELP\"; } ); };\n};\n");
    a = load_file(folder, "a.cfg");
    b = load_file(folder, "b.cfg");
    play_help(a, "A\n1. Help");
    play_help(b, "B\n1. Help");
    /* The shared part is part of the version. */
    files_write(folder, "help.inc", shared);
    again = load_file(folder, "a.cfg");
    assert_true(menu_id_is(again, menu_id(a)));
    menu_free(again);
    files_write(folder, "help.inc", "HELP = { text = \"Help: 8 to 4.\"; };\n");
    again = load_file(folder, "a.cfg");
    assert_false(menu_id_is(again, menu_id(a)));
    menu_free(again);
    menu_free(a);
    menu_free(b);
    assert_int_equal(files_remove_folder(folder), 0);
}

/* It may ask for the same field, or its action keep something under a name that the dialogue has.
 */
static void an_sms_leaves_the_answers_of_a_dialogue(void **state)
{
    struct menu *menu = load(
        "menu = \"m\";\n" HEAD "tables = { kab = ( { code = \"k1\"; label = \"One\"; }, { code = "
        "\"k2\"; label = \"Two\"; } );\n"
        "  kec = ( { code = \"c1\"; label = \"A\"; parent = \"k1\"; }, { code = \"c2\"; label = "
        "\"B\"; parent = \"k2\"; } ); };\n"
        "messages = { GOT = \"{name} {kab}\"; };\n"
        "sms = { otherwise = \"GOT\"; keywords = (\n"
        "  { words = [ \"NAME\" ]; to = \"FIND\"; set = { kab = \"k2\"; };\n"
        "    input = { field = \"name\"; rule = { kind = \"length\"; max = 9; }; error = \"GOT\"; "
        "}; } ); };\n"
        "screens = { MAIN = { text = \"Name?\"; to = \"KAB\";\n"
        "            input = { field = \"name\"; rule = { kind = \"length\"; max = 9; }; }; };\n"
        "  KAB = { text = \"Kab?\"; to = \"KEC\"; list = { table = \"kab\"; field = \"kab\"; }; "
        "};\n"
        "  KEC = { text = \"Kec?\"; to = \"ALL\"; list = { table = \"kec\"; field = \"kec\"; "
        "parent = \"kab\"; }; };\n"
        "  FIND = { action = \"find\"; results = { ok = \"GOT\"; wrong = \"GOT\"; }; };\n"
        "  ALL = { text = \"{name} {kab} {kec} {later}\"; to = \"BYE\";\n"
        "          input = { field = \"later\"; rule = { kind = \"length\"; max = 9; }; }; }; "
        "};\n");
    struct menu_phone p;

    (void)state;
    menu_phone_init(&p, menu);
    menu_phone_dial(&p, "*384#");
    menu_phone_type(&p, "Siti");
    menu_phone_type(&p, "1");
    assert_string_equal(menu_phone_type(&p, "1"), "Siti One A \n0. Back");
    menu_phone_sms(&p, "NAME Budi");
    assert_int_equal(p.outcome.kind, MENU_ACT);
    assert_null(menu_state_answer(&p.state, "kec")); /* the dialogue's are not the SMS's */
    assert_true(menu_state_set_answer(&p.state, "later", "x"));
    assert_string_equal(menu_phone_event(&p, MENU_EVENT_RESULT, "ok"), "Budi Two");
    assert_string_equal(menu_phone_type(&p, ""), "No.\nSiti One A \n0. Back");
    menu_free(menu);
}

/* An end screen in as many parts as it takes: an SMS has no pages. The dialogue is where it was. */
static void a_screen_that_answers_an_sms_is_whole(void **state)
{
#define FORTY "0123456789 123456789 123456789 123456789 "
    static const char whole[] = FORTY FORTY FORTY FORTY "end";
    char *faults;
    struct menu *menu = menu_from_text(
        "menu = \"m\";\n" HEAD
        "sms = { otherwise = \"BYE\"; keywords = ( { words = [ \"ALL\" ]; to = \"ALL\"; } ); };\n"
        "screens = { MAIN = { text = \"M\"; choices = ( { label = \"All\"; to = \"ALL\"; } ); };\n"
        "  ALL = { text = \"" FORTY FORTY FORTY FORTY "end\"; end = true; }; };\n",
        &menu_test_vocabulary, &faults);
    struct menu_phone p;

    (void)state;
    if (menu == NULL)
        fail_msg("%s", faults);
    free(faults); /* the check warns of it */
    menu_phone_init(&p, menu);
    p.limits.gsm_septets = 100;
    menu_phone_dial(&p, "*384#");
    assert_string_equal(menu_phone_sms(&p, "ALL"), whole);
    assert_int_equal(p.outcome.kind, MENU_END);
    assert_true(strlen(menu_phone_type(&p, "1")) <= p.limits.gsm_septets);
    menu_free(menu);
}

/* Nor does it take them away with a draft, or correct something in it. */
static void an_sms_drops_no_dialogue(void **state)
{
    struct menu *menu = load(
        "menu = \"m\";\n" HEAD "messages = { GONE = \"Gone.\"; };\n"
        "sms = { otherwise = \"GONE\"; keywords = ( { words = [ \"DROP\" ]; draft = \"drop\"; to = "
        "\"GONE\"; },\n"
        "  { words = [ \"FIND\" ]; to = \"FIND\"; } ); };\n"
        "screens = { MAIN = { text = \"Name?\"; to = \"TOWN\";\n"
        "            input = { field = \"name\"; rule = { kind = \"length\"; max = 9; }; }; };\n"
        "  TOWN = { text = \"Town of {name}?\"; to = \"ALL\";\n"
        "           input = { field = \"town\"; rule = { kind = \"length\"; max = 9; }; }; };\n"
        "  ALL = { text = \"{name}, {town}\"; choices = ( { label = \"Yes\"; draft = \"begin\"; to "
        "= \"BYE\"; } ); };\n"
        "  FIND = { action = \"find\"; results = { ok = { to = \"GONE\"; then = \"ALL\"; }; wrong "
        "= \"GONE\"; }; }; };\n");
    struct menu_phone p;

    (void)state;
    menu_phone_init(&p, menu);
    menu_phone_dial(&p, "*384#");
    menu_phone_sms(&p, "FIND");
    assert_string_equal(menu_phone_event(&p, MENU_EVENT_RESULT, "ok"), "Gone.");
    assert_string_equal(menu_phone_type(&p, "Siti"), "Town of Siti?\n0. Back");
    assert_string_equal(menu_phone_sms(&p, "DROP"), "Gone.");
    assert_string_equal(menu_phone_type(&p, "Metro"), "Siti, Metro\n1. Yes\n0. Back");
    menu_phone_event(&p, MENU_EVENT_ABORT, "");
    p.state.has_draft = true; /* of another menu */
    strcpy(p.state.draft_screen, "ELSEWHERE");
    assert_true(menu_state_set_answer(&p.state, "else", "x"));
    menu_phone_sms(&p, "DROP");
    assert_int_equal(p.state.answer_count, 0);
    menu_free(menu);
}

static void a_correction_that_is_given_up_is_over(void **state)
{
    struct menu *menu = load(
        "menu = \"m\"; notices = [ \"BYE\" ];\n" HEAD
        "screens = { MAIN = { text = \"M\"; choices = ( { label = \"Go\"; to = \"B\"; } ); };\n"
        "  A = { text = \"A\"; to = \"@main\"; input = { field = \"a\"; rule = { kind = "
        "\"length\"; max = 9; }; }; };\n"
        "  B = { text = \"B\"; to = \"C\"; choices = ( { label = \"Change\"; to = \"A\"; then = "
        "\"B\"; } );\n"
        "        input = { field = \"b\"; rule = { kind = \"length\"; max = 9; }; }; };\n"
        "  C = { text = \"C {a} {b}\"; }; };\n");
    struct menu_phone p;

    (void)state;
    menu_phone_init(&p, menu);
    menu_phone_dial(&p, "*384#");
    menu_phone_type(&p, "1");
    menu_phone_type(&p, "1");
    assert_string_equal(menu_phone_type(&p, "0"), "B\n1. Change\n0. Back");
    assert_string_equal(menu_phone_type(&p, "bee"), "C  bee\n0. Back");
    menu_phone_type(&p, "0");
    menu_phone_type(&p, "1");
    assert_string_equal(menu_phone_type(&p, "ay"), "B\n1. Change\n0. Back");
    assert_string_equal(menu_phone_type(&p, "be"), "C ay be\n0. Back");
    menu_free(menu);
}

/* Not on the page, nor after the attempts, of the screen that led to the action. */
static void a_refusal_begins_an_earlier_screen_anew(void **state)
{
    struct menu *menu =
        load("menu = \"m\"; page = { items = 1; };\n" HEAD
             "tables = { t = ( { code = \"x\"; label = \"X\"; }, { code = \"y\"; label = \"Y\"; } "
             "); };\n"
             "screens = { MAIN = { text = \"M\"; to = \"L\"; list = { table = \"t\"; field = "
             "\"m\"; }; };\n"
             "  L = { text = \"L\"; to = \"FIND\"; list = { table = \"t\"; field = \"l\"; }; };\n"
             "  FIND = { action = \"find\"; results = { ok = \"BYE\"; wrong = { to = \"MAIN\"; "
             "refuse = \"NO\"; }; }; "
             "}; };\n");
    struct menu_phone p;

    (void)state;
    menu_phone_init(&p, menu);
    menu_phone_dial(&p, "*384#");
    menu_phone_type(&p, "1");
    menu_phone_type(&p, "9");
    menu_phone_type(&p, "9");
    menu_phone_type(&p, "98");
    menu_phone_type(&p, "9");
    assert_string_equal(menu_phone_type(&p, "9"), "No.\n2. Y\n0. Back");
    menu_phone_type(&p, "2");
    assert_string_equal(menu_phone_event(&p, MENU_EVENT_RESULT, "wrong"), "No.\nM\n1. X\n98. Next");
    assert_string_equal(menu_phone_type(&p, "9"), "No.\nM\n1. X\n98. Next");
    assert_string_equal(menu_phone_type(&p, "9"), "Enough.");
    menu_free(menu);
}

static void what_depends_on_what_depends_is_forgotten(void **state)
{
    struct menu *menu =
        load("menu = \"m\"; notices = [ \"BYE\" ];\n" HEAD
             "tables = { a = ( { code = \"a1\"; label = \"A1\"; }, { code = "
             "\"a2\"; label = \"A2\"; } );\n"
             "  b = ( { code = \"b1\"; label = \"B1\"; parent = \"a1\"; }, { code = \"b2\"; label "
             "= \"B2\"; parent = \"a2\"; } );\n"
             "  c = ( { code = \"c1\"; label = \"C1\"; parent = \"b1\"; }, { code = \"c2\"; label "
             "= \"C2\"; parent = \"b2\"; } ); };\n"
             "screens = { MAIN = { text = \"{a} {b} {c}\"; to = \"B\"; list = { table = \"a\"; "
             "field = \"a\"; }; };\n"
             "  B = { text = \"{a} {b} {c}\"; to = \"C\"; list = { table = \"b\"; field = \"b\"; "
             "parent = \"a\"; }; };\n"
             "  C = { text = \"{a} {b} {c}\"; to = \"@main\"; list = { table = \"c\"; field = "
             "\"c\"; parent = \"b\"; }; }; };\n");
    struct menu_phone p;

    (void)state;
    menu_phone_init(&p, menu);
    menu_phone_dial(&p, "*384#");
    menu_phone_type(&p, "1");
    menu_phone_type(&p, "1");
    assert_string_equal(menu_phone_type(&p, "1"), "A1 B1 C1\n1. A1\n2. A2");
    assert_string_equal(menu_phone_type(&p, "2"), "A2  \n1. B2\n0. Back");
    menu_free(menu);
}

/* Not only the next one: none may be missing where the correction goes on. */
static void a_correction_asks_all_that_depends(void **state)
{
    struct menu *menu = load(
        "menu = \"m\";\n" HEAD "tables = { a = ( { code = \"a1\"; label = \"A1\"; }, { code = "
        "\"a2\"; label = \"A2\"; } );\n"
        "  b = ( { code = \"b1\"; label = \"B1\"; parent = \"a1\"; }, { code = \"b2\"; label = "
        "\"B2\"; parent = \"a2\"; } );\n"
        "  c = ( { code = \"c1\"; label = \"C1\"; parent = \"a1\"; }, { code = \"c2\"; label = "
        "\"C2\"; parent = \"a2\"; } );\n"
        "  d = ( { code = \"d1\"; label = \"D1\"; parent = \"b1\"; }, { code = \"d2\"; label = "
        "\"D2\"; parent = \"b2\"; } ); };\n"
        "flows = { f = [ \"MAIN\", \"NAME\", \"B\", \"C\", \"D\", \"ALL\" ]; };\n"
        "screens = { MAIN = { text = \"A\"; list = { table = \"a\"; field = \"a\"; }; };\n"
        "  NAME = { text = \"N\"; input = { field = \"name\"; rule = { kind = \"length\"; max = 9; "
        "}; }; "
        "};\n"
        "  B = { text = \"B\"; list = { table = \"b\"; field = \"b\"; parent = \"a\"; }; };\n"
        "  C = { text = \"C\"; list = { table = \"c\"; field = \"c\"; parent = \"a\"; }; };\n"
        "  D = { text = \"D\"; list = { table = \"d\"; field = \"d\"; parent = \"b\"; }; };\n"
        "  ALL = { text = \"{a} {name} {b} {c} {d}\"; choices = ( { label = \"Change\"; to = "
        "\"MAIN\"; "
        "then = \"ALL\"; }, { label = \"Send\"; to = \"BYE\"; } ); }; };\n");
    struct menu_phone p;

    (void)state;
    menu_phone_init(&p, menu);
    menu_phone_dial(&p, "*384*1*Siti*1*1#");
    assert_string_equal(menu_phone_type(&p, "1"), "A1 Siti B1 C1 D1\n1. Change\n2. Send\n0. Back");
    menu_phone_type(&p, "1");
    assert_string_equal(menu_phone_type(&p, "2"), "B\n1. B2\n0. Back");
    assert_string_equal(menu_phone_type(&p, "1"), "C\n1. C2\n0. Back");
    assert_string_equal(menu_phone_type(&p, "1"), "D\n1. D2\n0. Back");
    assert_string_equal(menu_phone_type(&p, "1"), "A2 Siti B2 C2 D2\n1. Change\n2. Send\n0. Back");
    menu_free(menu);
}

#define SHOP(kab, kec)                                                                             \
    "menu = \"m\"; resume = \"RESUME\";\n" HEAD "tables = { kab = ( " kab " );\n  kec = ( " kec    \
    " ); };\n"                                                                                     \
    "flows = { f = [ \"KAB\", \"KEC\", \"NAME\" ]; };\n"                                           \
    "screens = { MAIN = { text = \"M\"; choices = ( { label = \"Go\"; draft = \"begin\"; to = "    \
    "\"KAB\"; } ); };\n"                                                                           \
    "  RESUME = { text = \"{n} of {t}\"; choices = ( { label = \"On\"; to = \"@draft\"; } ); };\n" \
    "  KAB = { text = \"Kab\"; list = { table = \"kab\"; field = \"kab\"; }; };\n"                 \
    "  KEC = { text = \"Kec\"; list = { table = \"kec\"; field = \"kec\"; parent = \"kab\"; }; "   \
    "};\n"                                                                                         \
    "  NAME = { text = \"Name\"; to = \"BYE\"; input = { field = \"name\"; rule = { kind = "       \
    "\"length\"; max = 9; }; }; }; };\n"
#define ROW(code, parent) "{ code = \"" code "\"; label = \"" code "\"; " parent "}"

/* What a draft chose from a list may have gone, or moved, before it goes on. */
static void a_draft_outlives_the_rows_of_a_table(void **state)
{
    static const char *const later[][2] = {
        {SHOP(ROW("k2", ""), ROW("c2", "parent = \"k2\"; ")), "1 of 3\n1. On\n0. Back"},
        {SHOP(ROW("k1", ""), ROW("c2", "parent = \"k1\"; ")), "2 of 3\n1. On\n0. Back"},
        {SHOP(ROW("k1", "") ", " ROW("k2", ""),
              ROW("c1", "parent = \"k2\"; ") ", " ROW("c2", "parent = \"k1\"; ")),
         "2 of 3\n1. On\n0. Back"},
        {SHOP(ROW("k1", ""), ROW("c1", "parent = \"k1\"; ")), "3 of 3\n1. On\n0. Back"}};
    struct menu *menu = load(SHOP(ROW("k1", ""), ROW("c1", "parent = \"k1\"; ")));
    struct menu_phone p;

    (void)state;
    menu_phone_init(&p, menu);
    menu_phone_dial(&p, "*384#");
    menu_phone_type(&p, "1");
    menu_phone_type(&p, "1");
    assert_string_equal(menu_phone_type(&p, "1"), "Name\n0. Back");
    for (unsigned i = 0; i < sizeof(later) / sizeof(later[0]); i++) {
        struct menu *changed = load(later[i][0]);

        p.menu = changed;
        assert_string_equal(menu_phone_dial(&p, "*384#"), later[i][1]);
        menu_free(changed);
    }
    menu_free(menu);
}

/* The choice beside a list that answers in its place is no row of it. */
static void a_list_that_was_skipped_is_answered(void **state)
{
    struct menu *menu =
        load("menu = \"m\"; resume = \"RESUME\";\n" HEAD
             "tables = { kab = ( { code = \"k1\"; label = \"K\"; } ); }; flows = { f = [ \"KAB\", "
             "\"NAME\" ]; };\n"
             "screens = { MAIN = { text = \"M\"; choices = ( { label = \"Go\"; draft = \"begin\"; "
             "to = \"KAB\"; } ); };\n"
             "  RESUME = { text = \"{n} of {t}\"; choices = ( { label = \"On\"; to = \"@draft\"; } "
             "); back = false; };\n"
             "  KAB = { text = \"Kab\"; list = { table = \"kab\"; field = \"kab\"; };\n"
             "          choices = ( { label = \"Skip\"; set = { kab = \"\"; }; } ); };\n"
             "  NAME = { text = \"Name\"; to = \"BYE\"; input = { field = \"name\"; rule = { kind "
             "= \"length\"; max = 9; }; }; "
             "}; };\n");
    struct menu_phone p;

    (void)state;
    menu_phone_init(&p, menu);
    menu_phone_dial(&p, "*384#");
    menu_phone_type(&p, "1");
    assert_string_equal(menu_phone_type(&p, "2"), "Name\n0. Back");
    assert_string_equal(menu_phone_dial(&p, "*384#"), "2 of 2\n1. On");
    menu_free(menu);
}

#define TOWNS(code, other)                                                                         \
    "menu = \"m\"; resume = \"RESUME\";\n" HEAD "tables = { town = ( " ROW(                        \
        code, "") " ); };\n"                                                                       \
                  "flows = { f = [ \"TOWN\", \"NAME\" ]; };\n"                                     \
                  "screens = { MAIN = { text = \"M\"; choices = ( { label = \"Go\"; draft = "      \
                  "\"begin\"; to = "                                                               \
                  "\"TOWN\"; } ); };\n"                                                            \
                  "  RESUME = { text = \"{n} of {t}\"; choices = ( { label = \"On\"; to = "        \
                  "\"@draft\"; } ); };\n"                                                          \
                  "  TOWN = { text = \"Town\"; list = { table = \"town\"; field = \"town\"; };\n"  \
                  "    choices = ( { label = \"Other\"; to = \"OTHER\"; }, { label = \"Skip\"; "   \
                  "set = { town = "                                                                \
                  "\"\"; }; } ); };\n"                                                             \
                  "  OTHER = { text = \"Which?\"; to = \"NAME\"; " other " };\n"                   \
                  "  NAME = { text = \"Name\"; to = \"BYE\"; input = { field = \"name\"; rule = "  \
                  "{ kind = "                                                                      \
                  "\"length\"; max = 9; }; }; }; };\n"
#define TYPED "input = { field = \"town\"; rule = { kind = \"length\"; max = 9; }; };"
#define EAST  "choices = ( { label = \"East\"; set = { town = \"east\"; }; } );"

/* "Other" leads to a screen that answers in its place; only what nothing in the menu can have given
 * is asked again. */
static void a_list_may_be_answered_elsewhere(void **state)
{
    static const struct {
        const char *menu, *later;
        const char *typed[3];
        const char *resumed;
    } cases[] = {
        {TOWNS("a", TYPED), TOWNS("b", TYPED), {"1", "2", "x"}, "2 of 2\n1. On\n0. Back"},
        {TOWNS("a", EAST), TOWNS("b", EAST), {"1", "2", "1"}, "2 of 2\n1. On\n0. Back"},
        {TOWNS("a", EAST), TOWNS("b", EAST), {"1", "3"}, "2 of 2\n1. On\n0. Back"},
        {TOWNS("a", EAST), TOWNS("b", EAST), {"1", "1"}, "1 of 2\n1. On\n0. Back"},
    };

    (void)state;
    for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct menu *menu = load(cases[i].menu), *later = load(cases[i].later);
        struct menu_phone p;

        menu_phone_init(&p, menu);
        menu_phone_dial(&p, "*384#");
        for (unsigned k = 0; k < 3 && cases[i].typed[k] != NULL; k++)
            menu_phone_type(&p, cases[i].typed[k]);
        assert_string_equal(p.outcome.text, "Name\n0. Back");
        p.menu = later;
        assert_string_equal(menu_phone_dial(&p, "*384#"), cases[i].resumed);
        menu_free(menu);
        menu_free(later);
    }
}

static void two_keys_that_are_one_number(void **state)
{
    struct menu *menu = load(
        "menu = \"m\";\n" HEAD
        "screens = { MAIN = { text = \"M\"; choices = ( { label = \"A\"; key "
        "= \"5\"; to = \"@main\"; }, { label = \"B\"; key = \"05\"; to = \"BYE\"; } ); }; };\n");
    struct menu_phone p;

    (void)state;
    menu_phone_init(&p, menu);
    menu_phone_dial(&p, "*384#");
    assert_string_equal(menu_phone_type(&p, "5."), "M\n5. A\n05. B");
    assert_string_equal(menu_phone_type(&p, "05"), "Bye.");
    menu_free(menu);
}

static bool get_number(void *ctx, const char *name, char value[MENU_VALUE_BYTES])
{
    (void)name;
    strcpy(value, ctx);
    return true;
}

/* The numbers of a page that would reach a key begin anew; two pages of any menu run on. */
static void numbers_that_run_on_reach_no_key(void **state)
{
    static const struct {
        const char *first, *shown;
    } cases[] = {{"3", "M\n3. A\n4. B\n50. C"},
                 {"48", "M\n48. A\n49. B\n50. C"},
                 {"49", "M\n1. A\n2. B\n50. C"},
                 {"90", "M\n1. A\n2. B\n50. C"}};
    struct menu *menu = load(
        "menu = \"m\";\n" HEAD
        "screens = { MAIN = { text = \"M\"; first = \"{card}\"; choices = ( { label = \"A\"; to = "
        "\"@main\"; },\n"
        "  { label = \"B\"; to = \"@main\"; }, { label = \"C\"; key = \"50\"; to = \"BYE\"; } ); "
        "}; };\n");
    struct menu_phone p;

    (void)state;
    menu_phone_init(&p, menu);
    for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        p.facts = (struct menu_facts){get_number, (void *)cases[i].first};
        assert_string_equal(menu_phone_dial(&p, "*384#"), cases[i].shown);
        assert_string_equal(menu_phone_type(&p, "50"), "Bye.");
    }
    menu_free(menu);
}

static void a_key_of_its_own_is_typed_as_numbers_are(void **state)
{
    static const char *const typed[] = {"9", "9.", "9)", "no 9", "09"};
    struct menu *menu =
        load("menu = \"m\";\n" HEAD "screens = { MAIN = { text = \"M\"; choices = ( { label = "
             "\"A\"; to = \"@main\"; }, { label = \"B\"; key = \"9\"; to = \"BYE\"; } ); }; };\n");
    struct menu_phone p;

    (void)state;
    menu_phone_init(&p, menu);
    for (unsigned i = 0; i < sizeof(typed) / sizeof(typed[0]); i++) {
        menu_phone_dial(&p, "*384#");
        assert_string_equal(menu_phone_type(&p, typed[i]), "Bye.");
    }
    menu_free(menu);
}

/* Below it phones and operators write their own words, and people thanks, or the next field. */
static void a_value_in_an_sms_is_a_line(void **state)
{
    static const struct {
        const char *sms, *answer;
    } cases[] = {
        {"name\nSiti  Aminah\r\nSent from my phone", "Siti Aminah"},
        {"name Siti \U0001F60A\n--\nthanks", "Siti"},
        {"where Metro\nthank you", "M"},
        {"where New\nTown", "N"}, /* the line is none */
    };
    struct menu *menu = load(
        "menu = \"m\";\n" HEAD "messages = { GOT = \"{name}{where}\"; };\n"
        "tables = { t = ( { code = \"M\"; label = \"Metro\"; }, { code = \"N\"; label = \"New "
        "Town\"; }, { code = \"S\"; label = \"New Sea\"; } ); };\n"
        "sms = { otherwise = \"GOT\"; keywords = ( { words = [ \"NAME\" ]; to = \"FIND\";\n"
        "  input = { field = \"name\"; rule = { kind = \"charset\"; chars = \"a-zA-Z \"; max = 20; "
        "}; "
        "error = \"NO\"; }; }, { words = [ \"WHERE\" ]; to = \"FIND\"; list = { table = \"t\"; "
        "field = \"where\"; names = true; error = \"NO\"; }; } ); };\n"
        "screens = { MAIN = { text = \"M\"; choices = ( { label = \"A\"; to = \"BYE\"; } ); };\n"
        "  FIND = { action = \"find\"; results = { ok = \"GOT\"; wrong = \"GOT\"; }; }; };\n");
    struct menu_phone p;

    (void)state;
    menu_phone_init(&p, menu);
    for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const char *field = cases[i].sms[0] == 'n' ? "name" : "where";

        menu_phone_sms(&p, cases[i].sms);
        assert_int_equal(p.outcome.kind, MENU_ACT);
        assert_string_equal(menu_state_answer(&p.state, field), cases[i].answer);
    }
    menu_free(menu);
}

/* A number has one draft, and dials and texts other services meanwhile. */
static void another_menu_leaves_a_draft_alone(void **state)
{
    struct menu *menu = load(
        "menu = \"m\"; flows = { f = [ \"NAME\", \"WHERE\", \"ALL\" ]; };\n" HEAD
        "screens = { MAIN = { text = \"M\"; choices = ( { label = \"A\"; draft = \"begin\"; to = "
        "\"NAME\"; }, { label = \"B\"; to = \"@draft\"; when = \"draft\"; } ); };\n"
        "  NAME = { text = \"Name?\"; input = { field = \"name\"; rule = { kind = \"length\"; max "
        "= "
        "9; }; }; };\n"
        "  WHERE = { text = \"Where?\"; input = { field = \"where\"; rule = { kind = \"length\"; "
        "max = 9; }; }; };\n"
        "  ALL = { text = \"{name} {where}\"; choices = ( { label = \"Send\"; draft = \"drop\"; to "
        "= \"BYE\"; } ); }; };\n");
    struct menu *other =
        load("menu = \"o\"; draft_days = 1;\n" HEAD "messages = { GOT = \"{word}\"; };\n"
             "sms = { otherwise = \"GOT\"; keywords = ( { words = [ \"SAY\" ]; to = \"GOT\";\n"
             "  input = { field = \"word\"; rule = { kind = \"length\"; max = 9; }; error = "
             "\"GOT\"; }; } "
             "); };\n"
             "screens = { MAIN = { text = \"O\"; choices = ( { label = \"A\"; to = \"BYE\"; } ); "
             "}; };\n");
    struct menu_phone p;

    (void)state;
    menu_phone_init(&p, menu);
    menu_phone_dial(&p, "*384#");
    menu_phone_type(&p, "1");
    assert_string_equal(menu_phone_type(&p, "Siti"), "Where?\n0. Back");
    p.now_ms += INT64_C(2) * 86400000;
    p.menu = other;
    assert_string_equal(menu_phone_dial(&p, "*385#"), "O\n1. A");
    menu_phone_type(&p, "1");
    assert_string_equal(menu_phone_sms(&p, "SAY yes"), "yes");
    assert_null(menu_state_answer(&p.state, "word"));
    p.menu = menu;
    menu_phone_dial(&p, "*384#");
    assert_string_equal(menu_phone_type(&p, "2"), "Where?\n0. Back");
    assert_string_equal(menu_phone_type(&p, "Metro"), "Siti Metro\n1. Send\n0. Back");
    p.now_ms += INT64_C(6) * 86400000; /* too old where it belongs */
    assert_string_equal(menu_phone_dial(&p, "*384#"), "M\n1. A");
    menu_free(other);
    menu_free(menu);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_screen_has_attempts_of_its_own),
        cmocka_unit_test(a_window_of_dates_and_a_quota),
        cmocka_unit_test(two_menus_share_screens),
        cmocka_unit_test(an_sms_leaves_the_answers_of_a_dialogue),
        cmocka_unit_test(a_screen_that_answers_an_sms_is_whole),
        cmocka_unit_test(another_menu_leaves_a_draft_alone),
        cmocka_unit_test(an_sms_drops_no_dialogue),
        cmocka_unit_test(a_correction_that_is_given_up_is_over),
        cmocka_unit_test(a_refusal_begins_an_earlier_screen_anew),
        cmocka_unit_test(what_depends_on_what_depends_is_forgotten),
        cmocka_unit_test(a_correction_asks_all_that_depends),
        cmocka_unit_test(a_draft_outlives_the_rows_of_a_table),
        cmocka_unit_test(a_list_that_was_skipped_is_answered),
        cmocka_unit_test(a_list_may_be_answered_elsewhere),
        cmocka_unit_test(two_keys_that_are_one_number),
        cmocka_unit_test(numbers_that_run_on_reach_no_key),
        cmocka_unit_test(a_key_of_its_own_is_typed_as_numbers_are),
        cmocka_unit_test(a_value_in_an_sms_is_a_line),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
