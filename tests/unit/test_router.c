/* gateway/router: codes to menus, the longest first; versions kept while dialogues may need them.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"
#include "gateway/router.h"
#include "tests/support/files.h"

static const struct menu_vocabulary no_vocabulary;

struct fixture {
    char folder[FILES_FOLDER_BYTES];
    struct router *router;
    struct config config;
    struct config_menu menus[3];
    const char *codes[3][2];
    const char *sms[3][2];
    char files[3][96];
    unsigned faults;
    const char *told; /* the word of those that are kept */
    char warnings[1024];
    char fault[512]; /* the last */
    const char *more_texts;
};

static int start(void **state)
{
    struct fixture *f = mem_zalloc(sizeof(*f));

    files_make_folder(f->folder, "router");
    f->told = "draft";
    f->more_texts = "";
    f->router = router_new();
    f->config.menus = f->menus;
    f->config.turn.draft_ttl_s = 7 * 86400;
    *state = f;
    return 0;
}

static int stop(void **state)
{
    struct fixture *f = *state;
    int status = files_remove_folder(f->folder);

    router_free(f->router);
    mem_free(f);
    return status;
}

static void on_fault(void *arg, const struct menu_fault *fault)
{
    struct fixture *f = arg;

    f->faults += !fault->is_warning;
    if (!fault->is_warning)
        snprintf(f->fault, sizeof(f->fault), "%s", fault->text);
    if (fault->is_warning && strstr(fault->text, f->told) != NULL)
        snprintf(f->warnings + strlen(f->warnings), sizeof(f->warnings) - strlen(f->warnings),
                 "%s: %s\n", strrchr(fault->file, '/') + 1, fault->text);
    if (f->faults == 1 && !fault->is_warning)
        print_error("%s:%u: %s\n", fault->file, fault->line, fault->text);
}

/* Writes a one-screen menu that says `text`. */
static void write_menu(struct fixture *f, unsigned i, const char *text)
{
    char path[96];
    FILE *file;

    snprintf(path, sizeof(path), "%s/m%u.cfg", f->folder, i);
    strcpy(f->files[i], path);
    file = fopen(f->files[i], "w");
    assert_non_null(file);
    fprintf(file,
            "menu = \"m%u\";\nlanguages = ( { code = \"id\"; name = \"Indonesia\"; } );\n"
            "start = \"A\";\nlines = { back = \"Kembali\"; main = \"Menu\"; next = \"Lanjut\"; "
            "};\nerrors = { invalid = \"E\"; too_many = \"E\"; busy = \"E\"; };\n"
            "texts = { E = \"salah\"; };\nscreens = { A = { text = \"%s\"; choices = ( { label = "
            "\"Info\"; to = \"E\"; } ); }; };\n",
            i, text);
    fclose(file);
    f->menus[i].file = f->files[i];
}

static void add_menu(struct fixture *f, const char *text, const char *code, const char *sms,
                     bool is_default)
{
    unsigned i = (unsigned)f->config.menu_count++;

    write_menu(f, i, text);
    f->codes[i][0] = code;
    f->sms[i][0] = sms;
    f->menus[i].codes = (struct config_strings){f->codes[i], code != NULL};
    f->menus[i].sms = (struct config_strings){f->sms[i], sms != NULL};
    f->menus[i].is_default = is_default;
}

static bool load(struct fixture *f)
{
    return router_load(f->router, &f->config, &no_vocabulary, on_fault, f);
}

static const char *menu_of(struct fixture *f, const char *code, bool is_sms)
{
    const struct menu *menu = router_find(f->router, "", code, is_sms, NULL, NULL);

    return menu != NULL ? menu_name(menu) : NULL;
}

static void codes_lead_to_menus(void **state)
{
    struct fixture *f = *state;

    add_menu(f, "a", "*384#", "384", false);
    add_menu(f, "b", "*384*5#", NULL, false);
    assert_true(load(f));
    assert_string_equal(menu_of(f, "*384#", false), "m0");
    assert_string_equal(menu_of(f, "*384*2#", false), "m0");
    assert_string_equal(menu_of(f, "*384*5#", false), "m1");
    assert_string_equal(menu_of(f, "*384*5*1#", false), "m1");
    assert_string_equal(menu_of(f, "*384*55#", false), "m0");
    assert_null(menu_of(f, "*3840#", false));
    assert_null(menu_of(f, "*38#", false));
    assert_string_equal(menu_of(f, "384", true), "m0");
    /* A dial that carries the bare number, and a timer of a subscriber known by SMS alone. */
    assert_string_equal(menu_of(f, "384", false), "m0");
    assert_null(menu_of(f, "385", true));
}

/* An operator gives "*123*7#": its 7 is no answer to the default's menu. */
static void what_a_peer_carries_is_a_code_of_the_default(void **state)
{
    struct fixture *f = *state;
    const char *codes[] = {"*123#", "*123*7#", "384"}, *account_codes[] = {"*123*8#"};
    const char *code = "";
    struct config_smsc smsc = {.name = "op1", .codes = {codes, 3}};
    struct config_account account = {.system_id = "agg1", .codes = {account_codes, 1}};

    f->config.smsc = &smsc;
    f->config.smsc_count = 1;
    f->config.partners.accounts = &account;
    f->config.partners.account_count = 1;
    add_menu(f, "a", NULL, NULL, true);
    add_menu(f, "b", "*384#", NULL, false);
    assert_true(load(f));
    assert_true(load(f)); /* a reload adds nothing */
    assert_string_equal(router_service_code(f->router, "op1", "*123*7#", "*123#"), "*123*7#");
    assert_string_equal(router_service_code(f->router, "op1", "*123*7*2#", "*123#"), "*123*7#");
    assert_string_equal(router_service_code(f->router, "op1", "*123*2#", "*123#"), "*123#");
    assert_string_equal(router_shown_code(f->router, "*123*7#"), "*123*7#");
    assert_string_equal(router_shown_code(f->router, "384"), "*123#"); /* nobody dials 384 */
    assert_non_null(router_find_text(f->router, "E", &code));
    assert_string_equal(code, "*123#");
    assert_string_equal(router_service_code(f->router, "agg1", "*123*8*1#", "*123#"), "*123*8#");
    assert_null(router_service_code(f->router, "agg1", "*123*7#", "*123#")); /* is another's */
    /* A dialect gives the menu's code: what is dialled names nothing. */
    assert_null(router_service_code(f->router, "op1", "*123*7#", "*384#"));
    codes[0] = "*384*9#";
    assert_true(load(f));
    assert_string_equal(router_service_code(f->router, "op1", "*384*9#", "*123#"),
                        "*384#"); /* of a menu */
}

static void unknown_codes_go_to_the_default(void **state)
{
    struct fixture *f = *state;

    add_menu(f, "a", "*384#", NULL, false);
    add_menu(f, "b", NULL, NULL, true);
    assert_true(load(f));
    assert_string_equal(menu_of(f, "*384#", false), "m0");
    assert_string_equal(menu_of(f, "*99#", false), "m1");
    assert_string_equal(menu_of(f, "99", true), "m1");
}

static void the_same_code_leads_each_peer_to_its_menu(void **state)
{
    static const char *mine[] = {"op2", "agg1"};
    struct fixture *f = *state;
    static const struct {
        const char *peer, *code, *menu;
    } rows[] = {{"op1", "*384#", "m0"}, {"op2", "*384#", "m1"},   {"agg1", "*384*2#", "m1"},
                {"", "*384#", "m1"},    {"op1", "*384*5#", "m2"}, {"op2", "*384*5#", "m2"},
                {"op1", "*77#", NULL}};

    add_menu(f, "all", "*384#", NULL, false);
    add_menu(f, "some", "*384#", NULL, false);
    add_menu(f, "longer", "*384*5#", NULL, false);
    f->menus[1].peers = (struct config_strings){mine, 2};
    assert_true(load(f));
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const struct menu *menu =
            router_find(f->router, rows[i].peer, rows[i].code, false, NULL, NULL);

        if (rows[i].menu != NULL && strcmp(rows[i].menu, "m2") == 0)
            assert_string_equal(router_service_code(f->router, rows[i].peer, rows[i].code, ""),
                                "*384*5#");
        if (rows[i].menu == NULL)
            assert_null(menu);
        else
            assert_string_equal(menu_name(menu), rows[i].menu);
    }
}

static void texts_name_the_dial_and_sms_the_number(void **state)
{
    struct fixture *f = *state;
    char source[ROUTER_CODE_BYTES];

    add_menu(f, "a", "*384#", "3840", false);
    f->sms[0][1] = "384";
    f->menus[0].sms.count = 2;
    add_menu(f, "b", "*5*6#", NULL, false);
    assert_true(load(f));
    assert_string_equal(router_shown_code(f->router, "384"), "*384#");
    assert_string_equal(router_shown_code(f->router, "*384*2#"), "*384#");
    assert_string_equal(router_shown_code(f->router, "*9#"), "*9#");
    router_sms_source(f->router, "*384#", source);
    assert_string_equal(source, "3840");
    router_sms_source(f->router, "384", source);
    assert_string_equal(source, "384");
    router_sms_source(f->router, "*5*6#", source);
    assert_string_equal(source, "56");
}

static void versions_are_kept_for_those_who_began_with_them(void **state)
{
    struct fixture *f = *state;
    uint8_t first[MENU_ID_BYTES], none[MENU_ID_BYTES] = {0};
    const struct menu *kept;

    add_menu(f, "satu", "*384#", NULL, false);
    assert_true(load(f));
    memcpy(first, menu_id(router_find(f->router, "", "*384#", false, NULL, NULL)), MENU_ID_BYTES);
    assert_true(load(f)); /* the same file: no new version */
    assert_int_equal(router_version_count(f->router), 1);

    write_menu(f, 0, "dua");
    assert_true(load(f));
    assert_int_equal(router_version_count(f->router), 2);
    kept = router_find(f->router, "", "*384#", false, first, NULL);
    assert_non_null(kept);
    assert_ptr_not_equal(kept, router_find(f->router, "", "*384#", false, none, NULL));

    write_menu(f, 0, "satu"); /* taken back: the first version again */
    assert_true(load(f));
    assert_ptr_equal(router_find(f->router, "", "*384#", false, NULL, NULL), kept);
    assert_int_equal(router_version_count(f->router), 2);
}

static void old_versions_go_when_there_are_too_many(void **state)
{
    struct fixture *f = *state;
    uint8_t first[MENU_ID_BYTES];
    char text[32];

    add_menu(f, "0", "*384#", NULL, false);
    assert_true(load(f));
    memcpy(first, menu_id(router_find(f->router, "", "*384#", false, NULL, NULL)), MENU_ID_BYTES);
    for (int i = 1; i <= ROUTER_VERSIONS_MAX; i++) {
        snprintf(text, sizeof(text), "%d", i);
        write_menu(f, 0, text);
        assert_true(load(f));
    }
    assert_int_equal(router_version_count(f->router), ROUTER_VERSIONS_MAX);
    assert_null(router_find(f->router, "", "*384#", false, first, NULL));
    assert_non_null(router_find(f->router, "", "*384#", false, NULL, NULL));
}

/* The file of one menu is its first version again, in the reload in which another's new one needs
 * room. */
static void a_reload_drops_no_version_that_it_takes(void **state)
{
    struct fixture *f = *state;
    uint8_t first[MENU_ID_BYTES];
    char text[32];

    add_menu(f, "0", "*1#", NULL, false);
    add_menu(f, "0", "*2#", NULL, false);
    assert_true(load(f));
    memcpy(first, menu_id(router_at(f->router, 0)), MENU_ID_BYTES);
    for (int i = 1; router_version_count(f->router) < ROUTER_VERSIONS_MAX; i++) {
        snprintf(text, sizeof(text), "%d", i);
        write_menu(f, 0, text);
        assert_true(load(f));
    }
    write_menu(f, 0, "0");
    write_menu(f, 1, "new");
    assert_true(load(f));
    assert_true(router_has_version(f->router, first));
    assert_ptr_equal(router_at(f->router, 0), router_version(f->router, first));
    assert_int_equal(router_version_count(f->router), ROUTER_VERSIONS_MAX);
}

static void a_faulty_file_changes_nothing(void **state)
{
    struct fixture *f = *state;
    const struct menu *before;
    FILE *file;

    add_menu(f, "a", "*1#", NULL, false);
    add_menu(f, "b", "*2#", NULL, false);
    assert_true(load(f));
    before = router_find(f->router, "", "*1#", false, NULL, NULL);
    write_menu(f, 0, "new");
    file = fopen(f->files[1], "a");
    fputs("nonsense = 1;\n", file);
    fclose(file);
    f->faults = 1; /* do not print */
    assert_false(load(f));
    assert_ptr_equal(router_find(f->router, "", "*1#", false, NULL, NULL), before);
    assert_int_equal(router_version_count(f->router), 2);
    assert_ptr_equal(router_at(f->router, 0), before);
    assert_null(router_at(f->router, 2));
}

/* One that asks for `field`, as the flow of a draft or not. */
static void write_question(struct fixture *f, unsigned i, const char *field, bool begins)
{
    FILE *file = fopen(f->files[i], "w");

    assert_non_null(file);
    fprintf(file,
            "menu = \"m%u\";\nlanguages = ( { code = \"id\"; name = \"Indonesia\"; } );\n"
            "start = \"A\";\nlines = { back = \"Kembali\"; main = \"Menu\"; next = \"Lanjut\"; "
            "};\nerrors = { invalid = \"E\"; too_many = \"E\"; busy = \"E\"; };\n"
            "texts = { E = \"salah\"; %s };\nflows = { f = [ \"B\", \"C\" ]; };\n"
            "screens = { A = { text = \"A\"; choices = ( { label = \"Go\"; %s to = \"B\"; } ); };\n"
            "B = { text = \"B\"; input = { field = \"%s\"; rule = { kind = \"length\"; max = 9; }; "
            "}; };\nC = { text = \"C\"; choices = ( { label = \"Ok\"; to = \"E\"; } ); }; };\n",
            i, f->more_texts, begins ? "draft = \"begin\";" : "", field);
    fclose(file);
}

static void menus_that_share_a_draft_are_told(void **state)
{
    struct fixture *f = *state;
    char expected[512];

    add_menu(f, "", "*1#", NULL, false);
    add_menu(f, "", "*2#", NULL, false);
    write_question(f, 0, "name", true);
    write_question(f, 1, "other", false);
    assert_true(load(f));
    assert_string_equal(f->warnings, "");
    write_question(f, 1, "name", false);
    assert_true(load(f));
    snprintf(expected, sizeof(expected),
             "m1.cfg: a draft of %s has an answer name, too: take another name, or one is taken "
             "for the other\n",
             f->files[0]);
    assert_string_equal(f->warnings, expected);
    f->warnings[0] = '\0';
    write_question(f, 1, "other", true);
    assert_true(load(f));
    snprintf(expected, sizeof(expected),
             "m1.cfg: %s begins drafts, too: a number has one, which both go on with\n"
             "m0.cfg: %s begins drafts, too: a number has one, which both go on with\n",
             f->files[0], f->files[1]);
    assert_string_equal(f->warnings, expected);
}

static void a_draft_of_two_ages_is_told(void **state)
{
    struct fixture *f = *state;

    add_menu(f, "", "*1#", NULL, false);
    write_question(f, 0, "name", true);
    f->config.turn.draft_ttl_s = 14 * 86400;
    assert_true(load(f)); /* it tells nobody of a day */
    assert_string_equal(f->warnings, "");
    f->config.turn.draft_ttl_s = 6 * 86400;
    assert_true(load(f));
    assert_string_equal(f->warnings,
                        "m0.cfg: draft_days is 7, and turn.draft_ttl_s 518400: a draft goes at the "
                        "shorter of them, whatever texts say; make the latter 604800\n");
    f->warnings[0] = '\0';
    f->more_texts = "SMS_NUDGE = \"sampai besok\";";
    write_question(f, 0, "name", true);
    f->config.turn.draft_ttl_s = 14 * 86400;
    assert_true(load(f));
    assert_string_equal(f->warnings, "m0.cfg: draft_days is 7, and turn.draft_ttl_s 1209600: a "
                                     "draft goes at the shorter of them, whatever texts say; make "
                                     "the latter 604800\n");
    f->warnings[0] = '\0';
    write_question(f, 0, "name", false);
    assert_true(load(f));
    assert_string_equal(f->warnings, "");
}

static void a_code_that_texts_would_cut_is_refused(void **state)
{
    struct fixture *f = *state;
    char expected[256];

    add_menu(f, "a", "*384*123456#", NULL, false); /* whose texts show none */
    assert_true(load(f));
    write_menu(f, 0, "Tekan {kode}");
    assert_false(load(f));
    snprintf(expected, sizeof(expected),
             "the texts of %s show 9 characters of *384*123456#: let its code_max be 12",
             f->files[0]);
    assert_string_equal(f->fault, expected);
    f->codes[0][1] = f->codes[0][0];
    f->codes[0][0] = "*384#"; /* is shown to who dials the other */
    f->menus[0].codes.count = 2;
    assert_true(load(f));
}

/* A default without codes shows what a peer carries, and no menu names. */
static void a_carried_code_that_texts_would_cut_is_refused(void **state)
{
    struct fixture *f = *state;
    const char *codes[] = {"*384*123456#", "6281200000384"};
    struct config_smsc smsc = {.name = "op1", .codes = {codes, 2}};

    f->config.smsc = &smsc;
    f->config.smsc_count = 1;
    add_menu(f, "Tekan {kode}", NULL, NULL, true);
    assert_false(load(f));
    assert_non_null(strstr(f->fault, "show 9 characters of *384*123456#: let its code_max be 12"));
    f->menus[0].is_default = false;
    assert_true(load(f)); /* nobody dials it */
    f->menus[0].is_default = true;
    add_menu(f, "b", "*384#", NULL, false);
    assert_true(load(f)); /* is of that menu */
}

/* ... by a peer of its own; and a number of it for SMS is not shown beside such a code. */
static void a_code_that_no_text_shows_is_not_refused(void **state)
{
    struct fixture *f = *state;
    const char *codes[] = {"*384*123456#"}, *others[] = {"*123#", "6281200000384"};
    const char *peers[] = {"op2"};
    struct config_smsc smsc[] = {{.name = "op1", .codes = {codes, 1}},
                                 {.name = "op2", .codes = {others, 2}}};

    f->config.smsc = smsc;
    f->config.smsc_count = 2;
    add_menu(f, "Tekan {kode}", NULL, "6281200000384", true);
    f->menus[0].peers = (struct config_strings){peers, 1};
    assert_true(load(f));
    assert_string_equal(router_shown_code(f->router, "6281200000384"), "*123#");
    others[0] = "384";
    assert_false(load(f)); /* nothing is dialled for it: it calls itself by that number */
    assert_non_null(strstr(f->fault, "show 9 characters of 6281200000384"));
}

static void numbers_whose_sms_nobody_answers_are_told(void **state)
{
    struct fixture *f = *state;
    FILE *file;

    add_menu(f, "a", "*5#", NULL, false);
    add_menu(f, "b", NULL, "384", false);
    f->menus[1].place.file = "/warung.cfg";
    f->told = "SMS";
    assert_true(load(f));
    assert_non_null(strstr(f->warnings, "warung.cfg: SMS to 384 get no answer: "));
    f->warnings[0] = '\0';
    file = fopen(f->files[1], "a");
    fputs("sms = { otherwise = \"@silent\"; };\n", file);
    fclose(file);
    assert_true(load(f));
    assert_string_equal(f->warnings, "");
}

static void a_text_is_found_in_the_menu_that_has_it(void **state)
{
    struct fixture *f = *state;
    const char *code = "";

    add_menu(f, "a", "*5#", NULL, false);
    add_menu(f, "b", NULL, "384", false);
    assert_true(load(f));
    assert_string_equal(menu_name(router_find_text(f->router, "E", &code)), "m0");
    assert_string_equal(code, "*5#");
    assert_null(router_find_text(f->router, "A", &code));
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, start, stop)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(codes_lead_to_menus),
        TEST(menus_that_share_a_draft_are_told),
        TEST(a_draft_of_two_ages_is_told),
        TEST(a_code_that_texts_would_cut_is_refused),
        TEST(a_carried_code_that_texts_would_cut_is_refused),
        TEST(a_code_that_no_text_shows_is_not_refused),
        TEST(numbers_whose_sms_nobody_answers_are_told),
        TEST(what_a_peer_carries_is_a_code_of_the_default),
        TEST(unknown_codes_go_to_the_default),
        TEST(the_same_code_leads_each_peer_to_its_menu),
        TEST(texts_name_the_dial_and_sms_the_number),
        TEST(a_text_is_found_in_the_menu_that_has_it),
        TEST(versions_are_kept_for_those_who_began_with_them),
        TEST(old_versions_go_when_there_are_too_many),
        TEST(a_reload_drops_no_version_that_it_takes),
        TEST(a_faulty_file_changes_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
