/*
 * Every menu of tests/menus/faulty is refused, and for the reason at the place that its markers
 * say:
 *
 *     //~ TEXT        an error on this line, whose sentence holds TEXT
 *     //~@COLUMN TEXT the same, at this column
 *     //~W TEXT       a warning
 *     //! LINE[:COLUMN] TEXT   on a line of its own, about another line of the same file
 *
 * Nothing else may be reported.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "tests/support/menus.h"

#define FOLDER "tests/menus/faulty"

enum { EXPECTED_MAX = 32, MENUS_MIN = 60 };

struct expected {
    unsigned line, column; /* 0: any */
    bool is_warning, is_met;
    char text[160];
};

struct sheet {
    const char *path;
    struct expected expected[EXPECTED_MAX];
    unsigned count;
    bool has_errors;
    char *wrong; /* what was not expected, or NULL */
};

static void note(char **notes, const char *format, ...)
{
    char line[600], *longer;
    va_list args;

    va_start(args, format);
    vsnprintf(line, sizeof(line), format, args);
    va_end(args);
    if (asprintf(&longer, "%s%s\n", *notes != NULL ? *notes : "", line) < 0)
        abort();
    free(*notes);
    *notes = longer;
}

static void add_expected(struct sheet *s, unsigned line, unsigned column, bool is_warning,
                         const char *text, size_t bytes)
{
    struct expected *e = &s->expected[s->count++];

    assert_true(s->count <= EXPECTED_MAX);
    *e = (struct expected){.line = line, .column = column, .is_warning = is_warning};
    while (bytes > 0 && text[bytes - 1] == ' ')
        bytes--;
    assert_true(bytes > 0 && bytes < sizeof(e->text));
    memcpy(e->text, text, bytes);
    s->has_errors = s->has_errors || !is_warning;
}

static void read_markers(struct sheet *s, const char *text, unsigned line)
{
    const char *at = text;

    while ((at = strstr(at, "//~")) != NULL) {
        const char *end = strstr(at + 3, "//~");
        unsigned column = 0;
        bool is_warning = at[3] == 'W';

        at += 3 + is_warning;
        if (*at == '@')
            column = (unsigned)strtoul(at + 1, (char **)&at, 10);
        at += strspn(at, " ");
        add_expected(s, line, column, is_warning, at,
                     end != NULL ? (size_t)(end - at) : strlen(at));
    }
    at = strstr(text, "//! ");
    if (at != NULL) {
        unsigned other, column = 0;
        int read = 0;

        if (sscanf(at, "//! %u:%u %n", &other, &column, &read) < 2 || read == 0)
            assert_int_equal(sscanf(at, "//! %u %n", &other, &read), 1);
        add_expected(s, other, column, false, at + read, strlen(at + read));
    }
}

/* Octet by octet: some of these files hold what no text may hold. */
static void read_sheet(struct sheet *s)
{
    FILE *f = fopen(s->path, "rb");
    char text[2048];
    size_t n = 0;
    unsigned line = 1;
    int c;

    assert_non_null(f);
    do {
        c = fgetc(f);
        if (c != '\n' && c != EOF) {
            assert_true(n + 1 < sizeof(text));
            text[n++] = c != 0 ? (char)c : '?';
            continue;
        }
        text[n] = '\0';
        read_markers(s, text, line++);
        n = 0;
    } while (c != EOF);
    fclose(f);
}

static void check_fault(void *arg, const struct menu_fault *fault)
{
    struct sheet *s = arg;

    for (unsigned i = 0; i < s->count; i++) {
        struct expected *e = &s->expected[i];

        if (!e->is_met && e->line == fault->line && e->is_warning == fault->is_warning &&
            (e->column == 0 || e->column == fault->column) &&
            strstr(fault->text, e->text) != NULL && strcmp(fault->file, s->path) == 0) {
            e->is_met = true;
            return;
        }
    }
    note(&s->wrong, "not expected: %s:%u:%u: %s%s", fault->file, fault->line, fault->column,
         fault->is_warning ? "warning: " : "", fault->text);
}

static unsigned check_menu(const char *path, char **wrong)
{
    struct sheet s = {.path = path};
    struct menu *menu;

    read_sheet(&s);
    menu = menu_load_file(path, &menu_test_vocabulary, check_fault, &s);
    if (menu != NULL && s.has_errors)
        note(&s.wrong, "%s was accepted", path);
    if (s.count == 0)
        note(&s.wrong, "%s expects nothing", path);
    for (unsigned i = 0; i < s.count; i++)
        if (!s.expected[i].is_met)
            note(&s.wrong, "not reported: %s:%u:%u: %s", path, s.expected[i].line,
                 s.expected[i].column, s.expected[i].text);
    menu_free(menu);
    if (s.wrong != NULL)
        note(wrong, "%s", s.wrong);
    free(s.wrong);
    return s.has_errors;
}

static int is_menu(const struct dirent *entry)
{
    const char *dot = strrchr(entry->d_name, '.');

    return dot != NULL && strcmp(dot, ".cfg") == 0;
}

static void every_faulty_menu_is_refused_at_its_line(void **state)
{
    struct dirent **entries;
    int count = scandir(FOLDER, &entries, is_menu, alphasort);
    unsigned refused = 0;
    char *wrong = NULL;

    (void)state;
    assert_true(count > 0);
    for (int i = 0; i < count; i++) {
        char path[512];

        snprintf(path, sizeof(path), FOLDER "/%s", entries[i]->d_name);
        refused += check_menu(path, &wrong);
        free(entries[i]);
    }
    free(entries);
    if (wrong != NULL) {
        fputs(wrong, stderr);
        free(wrong);
        fail_msg("see above");
    }
    assert_true(refused >= MENUS_MIN);
}

static void a_file_that_is_too_large_is_refused(void **state)
{
    char path[] = "/tmp/warung-menu-XXXXXX", *faults;
    int fd = mkstemp(path);
    FILE *f = fdopen(fd, "w");

    (void)state;
    for (unsigned i = 0; i < 400000; i++)
        fputs("// a comment without end ", f);
    fclose(f);
    assert_null(menu_from_file(path, NULL, &faults));
    assert_non_null(strstr(faults, "too large"));
    free(faults);
    remove(path);
}

static void a_text_of_ten_thousand_levels_is_refused(void **state)
{
    char *text = malloc(30000), *faults;

    (void)state;
    strcpy(text, "a = ");
    memset(text + 4, '(', 10000);
    memset(text + 10004, ')', 10000);
    strcpy(text + 20004, ";\n");
    assert_null(menu_from_text(text, NULL, &faults));
    assert_non_null(strstr(faults, "nested deeper"));
    free(faults);
    free(text);
}

/* Faults by the thousand take bounded time and are told in bounded number. */
static void a_menu_of_faults_is_refused_in_time(void **state)
{
    enum { SCREENS = 900, CHOICES = 30 };
    struct menu *menu;
    char *text = malloc(1 << 20), *faults;
    size_t n =
        (size_t)sprintf(text, "menu = \"m\"; start = \"S0\"; languages = ( { code = \"a\"; name "
                              "= \"A\"; } ); lines = { back = \"B\"; next = \"N\"; };\n"
                              "errors = { invalid = \"E\"; too_many = \"E\"; busy = \"E\"; "
                              "}; texts = { E = \"E\"; };\nscreens = {\n");
    clock_t begin = clock();

    (void)state;
    for (unsigned i = 0; i < SCREENS; i++) {
        n += (size_t)sprintf(text + n, "S%u = { text = \"t\"; choices = (", i);
        for (unsigned k = 0; k < CHOICES; k++)
            n +=
                (size_t)sprintf(text + n, "%s{label=\"a\";to=\"T%u-%u\";}", k > 0 ? "," : "", i, k);
        n += (size_t)sprintf(text + n, "); };\n");
    }
    sprintf(text + n, "};\n");
    menu = menu_from_text(text, NULL, &faults);
    assert_null(menu);
    assert_non_null(strstr(faults, "26500 more faults are not shown\n"));
    assert_true((double)(clock() - begin) / CLOCKS_PER_SEC < 10);
    free(faults);
    free(text);
}

static void more_values_than_a_menu_holds_are_refused(void **state)
{
    char text[32768] = "menu = \"m\"; values = {\n", *faults;
    size_t n = strlen(text);

    (void)state;
    for (unsigned i = 0; i < 501; i++)
        n += (size_t)sprintf(text + n, "v%u = { fact = \"card\"; };\n", i);
    sprintf(text + n, "};\nlanguages = ( { code = \"a\"; name = \"A\"; } ); screens = { };\n");
    assert_null(menu_from_text(text, &menu_test_vocabulary, &faults));
    assert_non_null(strstr(faults, "more than 500 values\n"));
    free(faults);
}

static void more_fields_than_a_session_keeps_are_refused(void **state)
{
    char text[8192] = "menu = \"m\"; screens = {\n", *faults;
    size_t n = strlen(text);

    (void)state;
    for (unsigned i = 0; i < 65; i++)
        n += (size_t)sprintf(text + n, "S%u = { input = { field = \"f%u\"; }; };\n", i, i);
    sprintf(text + n, "};\nlanguages = ( { code = \"a\"; name = \"A\"; } );\n");
    assert_null(menu_from_text(text, NULL, &faults));
    assert_non_null(
        strstr(faults, "the field f64 is one too many: a session keeps the answers of 64\n"));
    free(faults);
}

/* A question that was added to a flow, and that no action knows; where the service tells what they
 * know. */
static void an_answer_for_nobody_is_doubted(void **state)
{
    static const char text[] =
        "menu = \"x\"; start = \"MAIN\"; languages = ( { code = \"id\"; name = \"I\"; } );\n"
        "lines = { back = \"B\"; next = \"N\"; };\n"
        "errors = { invalid = \"E\"; too_many = \"E\"; busy = \"E\"; }; texts = { E = \"E\"; };\n"
        "flows = { f = [ \"NUMBER\", \"NAME\", \"NIB\", \"SEEN\", \"LAST\" ]; };\n"
        "screens = {\n"
        "MAIN = { text = \"M\"; choices = ( { label = \"A\"; draft = \"begin\"; to = \"NUMBER\"; } "
        "); };\n"
        "NUMBER = { text = \"N\"; input = { field = \"number\"; rule = \"member\"; }; };\n"
        "NAME = { text = \"N\"; input = { field = \"name\"; rule = \"member\"; }; };\n"
        "NIB = { text = \"N?\"; choices = (\n{ label = \"Y\"; set = { nib = \"1\"; }; } ); };\n"
        "SEEN = { text = \"S?\"; choices = ( { label = \"Y\"; set = { seen = \"1\"; }; } ); };\n"
        "LAST = { text = \"{name}\"; choices = ( { label = \"C\"; to = \"JOIN\"; when = \"seen\"; "
        "} ); };\n"
        "JOIN = { action = \"join\"; results = { ok = \"E\"; full = \"E\"; }; };\n"
        "};\n";
    struct menu_vocabulary told = menu_test_vocabulary;
    char *faults;

    (void)state;
    told.answers = (const struct menu_kept[]){{.name = "number"}, {.name = NULL}};
    menu_free(menu_from_text(text, &told, &faults));
    assert_string_equal(faults,
                        "10:1: warning: the answer nib is kept for nobody: no text, condition "
                        "or action reads it, and it goes with the dialogue or the draft\n");
    free(faults);
    menu_free(menu_from_text(text, &menu_test_vocabulary, &faults));
    assert_null(faults);
}

/* Whoever chose one that is cut would be shown the code, and officers another. */
static void a_code_that_actions_would_not_keep_is_refused(void **state)
{
    static const char *const join[] = {"other", "join", NULL}, *const other[] = {"other", NULL};
    struct menu_kept answers[] = {{"kind", join, 6, 0},
                                  {"place", join, 0, 4},
                                  {"place2", join, 0, 4},
                                  {"name", join, 2, 0},
                                  {.name = NULL}};
    static const char text[] =
        "menu = \"x\"; start = \"NAME\"; languages = ( { code = \"id\"; name = \"I\"; } );\n"
        "lines = { back = \"B\"; next = \"N\"; }; errors = { invalid = \"E\"; too_many = \"E\"; "
        "busy = \"E\"; }; texts = { E = \"E\"; };\n"
        "tables = { kinds = ( { code = \"WARUNG\"; label = \"W\"; },\n"
        "{ code = \"WARUNGS\"; label = \"S\"; } );\n"
        "places = ( { code = \"1801\"; label = \"A\"; },\n"
        "{ code = \"180\"; label = \"B\"; },\n"
        "{ code = \"180A\"; label = \"C\"; } ); };\n"
        "screens = { NAME = { text = \"N\"; input = { field = \"name\"; rule = \"member\"; }; to = "
        "\"KIND\"; };\n"
        "KIND = { text = \"K\"; list = { table = \"kinds\"; field = \"kind\"; }; to = \"PLACE\"; "
        "};\n"
        "PLACE = { text = \"P\"; list = { table = \"places\"; field = \"place\"; }; to = "
        "\"PLACE2\"; "
        "};\n"
        "PLACE2 = { text = \"Q\"; list = { table = \"places\"; field = \"place2\"; }; to = "
        "\"OTHER\"; "
        "};\n"
        "OTHER = { text = \"R\"; choices = (\n"
        "{ label = \"None\"; set = { kind = \"\"; place = \"\"; }; to = \"JOIN\"; },\n"
        "{ label = \"Good\"; set = { kind = \"WARUNG\"; place = \"1801\"; }; to = \"JOIN\"; }, "
        "{ label = \"Card\"; set = { place = \"1{card}\"; }; to = \"JOIN\"; },\n"
        "{ label = \"Shop\"; set = { kind = \"WARUNGKU\"; place = \"METR\"; }; to = \"JOIN\"; } ); "
        "};\n"
        "JOIN = { action = \"join\"; results = { ok = \"E\"; full = \"E\"; }; };\n"
        "};\n";
    struct menu_vocabulary told = menu_test_vocabulary;
    char *faults;

    (void)state;
    told.answers = answers;
    menu_free(menu_from_text(text, &told, &faults));
    assert_string_equal(faults,
                        "4:1: the code WARUNGS is kept as the answer kind, of 6 characters: 1 too "
                        "many\n"
                        "6:1: the code 180 is kept as the answer place, which has 4 digits\n"
                        "6:1: the code 180 is kept as the answer place2, which has 4 digits\n"
                        "15:1: the code WARUNGKU is kept as the answer kind, of 6 characters: 2 "
                        "too many\n"
                        "15:1: the code METR is kept as the answer place, which has 4 digits\n");
    free(faults);
    for (unsigned i = 0; answers[i].name != NULL; i++)
        answers[i].actions = other; /* the menu has no action that keeps them */
    menu_free(menu_from_text(text, &told, &faults));
    assert_null(faults);
}

/* Without it everybody would answer in vain. */
static void what_an_action_needs_must_be_given(void **state)
{
    static const char *const name[] = {"name", NULL};
    static const struct menu_need needs[] = {
        {"join", name, true}, {"find", name, true}, {"join", name, false}};
    static const char text[] =
        "menu = \"x\"; start = \"MAIN\"; languages = ( { code = \"id\"; name = \"I\"; } );\n"
        "lines = { back = \"B\"; next = \"N\"; }; errors = { invalid = \"E\"; too_many = \"E\"; "
        "busy = \"E\"; }; texts = { E = \"E\"; };\n"
        "screens = {\n"
        "MAIN = { text = \"%s\"; choices = ( { label = \"A\"; %s to = \"JOIN\"; } ); };\n"
        "JOIN = { action = \"join\"; results = { ok = \"E\"; full = \"E\"; }; };\n"
        "};\n";
    struct menu_vocabulary needing = menu_test_vocabulary;
    char *faults, made[1024];

    (void)state;
    needing.needs = needs;
    needing.need_count = 2; /* the other is none of this menu's actions */
    snprintf(made, sizeof(made), text, "M", "");
    menu_free(menu_from_text(made, &needing, &faults));
    assert_string_equal(faults, "5:1: the action join never succeeds without a draft: add draft = "
                                "\"begin\" to the choice that is the consent\n"
                                "5:1: the action join never succeeds without the answer name: ask "
                                "for it\n");
    free(faults);
    needing.needs = needs + 2;
    needing.need_count = 1;
    menu_free(menu_from_text(made, &needing, &faults));
    assert_string_equal(
        faults, "5:1: the action join never succeeds without the answer name: ask for it\n");
    free(faults);
    needing.needs = needs;
    needing.need_count = 2;
    snprintf(made, sizeof(made), text, "{name}", "set = { name = \"1\"; }; draft = \"begin\";");
    menu_free(menu_from_text(made, &needing, &faults));
    assert_null(faults);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_faulty_menu_is_refused_at_its_line),
        cmocka_unit_test(a_file_that_is_too_large_is_refused),
        cmocka_unit_test(a_menu_of_faults_is_refused_in_time),
        cmocka_unit_test(more_values_than_a_menu_holds_are_refused),
        cmocka_unit_test(more_fields_than_a_session_keeps_are_refused),
        cmocka_unit_test(an_answer_for_nobody_is_doubted),
        cmocka_unit_test(a_code_that_actions_would_not_keep_is_refused),
        cmocka_unit_test(what_an_action_needs_must_be_given),
        cmocka_unit_test(a_text_of_ten_thousand_levels_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
