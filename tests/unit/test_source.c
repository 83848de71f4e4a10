/* base/source: each trap of libconfig is refused with its place; includes keep their places. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "base/mem.h"
#include "base/source.h"
#include "tests/support/files.h"

struct heard {
    unsigned count;
    char all[4096];
};

static void hear(void *arg, const char *file, unsigned line, unsigned column, const char *text)
{
    struct heard *h = arg;
    const char *name = strrchr(file, '/');
    size_t used = strlen(h->all);

    h->count++;
    snprintf(h->all + used, sizeof(h->all) - used, "%s:%u:%u: %s\n", name != NULL ? name + 1 : file,
             line, column, text);
}

static char folder[FILES_FOLDER_BYTES];

static int make_folder(void **state)
{
    (void)state;
    files_make_folder(folder, "source");
    return 0;
}

static int remove_folder(void **state)
{
    (void)state;
    return files_remove_folder(folder);
}

static const char *path_of(const char *name)
{
    return files_path(folder, name);
}

static void put(const char *name, const char *text)
{
    files_write(folder, name, text);
}

static struct source *from(const char *text, size_t size, struct heard *h)
{
    memset(h, 0, sizeof(*h));
    return source_from_text("t", span_of(text, size), hear, h);
}

static void accepts_plain_text(void **state)
{
    struct heard h;
    const char *text =
        "# c\n// c\n/* c\n */ a = 1; b : ( -2, 0x7fffffff, 9999999999L, 1.5e3 );\n"
        "c = { d = \"x\\n\\\"\\x41 # no comment /* \"; };\nnama = \"K\xc3\xa9\";\n"
        "e = # the \"owner's\"\n  \"two\nlines\";\n"
        "f = ( \"\n\", \"\n\"\"\n\"/**/ \"\n\"\n, \"\n\"\t); g = { h = [ \"\n\"]; i = \"\n\"};\n"
        "j = // the \"owner's\" 24\"\n  \"k\";";
    struct source *s = from(text, strlen(text), &h);

    (void)state;
    assert_string_equal(h.all, "");
    assert_non_null(s);
    assert_memory_equal(source_text(s), text, strlen(text));
    assert_int_equal(source_text(s)[source_text_bytes(s)], '\0');
    source_free(s);
}

static void refuses_each_trap(void **state)
{
    static const struct {
        const char *text;
        size_t size; /* 0 = strlen */
        const char *fault;
    } rows[] = {
        {"a = 1; /* never\nb = 2;", 0, "t:1:8: this comment has no closing */\n"},
        {"a = \"x\n;", 0, "t:1:5: this string has no closing quote\n"},
        {"a = 1;\nb = 2147483648;", 0,
         "t:2:5: the number 2147483648 does not fit in 32 bits; write it with an L at its end\n"},
        {"a = -2147483649;", 0,
         "t:1:5: the number -2147483649 does not fit in 32 bits; write it with an L at its end\n"},
        {"a = 0xFFFFFFFF;", 0,
         "t:1:5: the number 0xFFFFFFFF does not fit in 32 bits; write it with an L at its end\n"},
        {"a = 99999999999999999999L;", 0,
         "t:1:5: the number 99999999999999999999L does not fit in 64 bits\n"},
        {"a = 1e400;", 0, "t:1:5: the number 1e400 is too large\n"},
        {"a = \"b\0c\";", 10, "t:1:7: a NUL octet\n"},
        {"\xEF\xBB\xBF"
         "a = 1;",
         0, "t:1:1: the file begins with a byte order mark; save it without one\n"},
        {"a = 1;\nb = \"\xE9\";", 0, "t:2:6: octet 0xE9 is no UTF-8; save the file as UTF-8\n"},
        {"a = \"\xED\xA0\x80\";", 0, "t:1:6: octet 0xED is no UTF-8; save the file as UTF-8\n"},
        {"a = \"\\q\";", 0,
         "t:1:6: unknown escape \\q; known are \\n \\r \\t \\f \\\\ \\\" \\xHH\n"},
        {"a = \"x\ny\\x00\";", 0, "t:2:2: \\x00 would end the text\n"},
        {"a = { b = 1;\nc = ( 2 };", 0, "t:2:9: '}' does not close the '(' opened in line 2\n"},
        {"a = 1; )", 0, "t:1:8: ')' closes nothing: nothing is open here\n"},
        {"a = 1;\nb = {\nc = 1;", 0, "t:2:5: the '{' opened here is never closed\n"},
        /* What is left open is seldom what is told open at the end: the indentation tells more. */
        {"a = {\n  b = {\n    c = 1;\n  d = { e = 1; };\n};\n", 0,
         "t:1:5: the '{' opened here is never closed; perhaps one opened in line 2 is not\n"},
        {"a = {\n  b = {\n};\n  c = {\n};\n  d = (\n);\n", 0,
         "t:1:5: the '{' opened here is never closed; perhaps one opened in line 2 is not\n"},
        {"a = {\n  d = (\n);\n", 0, "t:1:5: the '{' opened here is never closed\n"},
        /* A quote that is missing turns all texts behind it inside out: only the first is told. */
        {"a = \"x;\nb = 9999999999; c = \"y 9999999999\";\n", 0,
         "t:1:5: this string goes on in the next line: is its closing quote missing?\n"},
        {"a = { b = \"x; };\nc = \"#y z\";\n", 0,
         "t:1:11: this string goes on in the next line: is its closing quote missing?\n"},
        {"a =\t#TerusUsaha: x \"\n\"y z\";\n", 0,
         "t:1:5: what begins with # is a remark: is the opening quote missing before it?\n"},
        {"a : #TerusUsaha: x \"\n\"y z\";\n", 0,
         "t:1:5: what begins with # is a remark: is the opening quote missing before it?\n"},
        {"@include \"x\"\n", 0, "t:1:1: @include is not possible here\n"},
        {"a = 1; @include \"x\"\n", 0, "t:1:8: an include is one line: @include \"file\"\n"},
        {"@include x\n", 0, "t:1:1: an include is one line: @include \"file\"\n"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct heard h;
        size_t size = rows[i].size != 0 ? rows[i].size : strlen(rows[i].text);

        assert_null(from(rows[i].text, size, &h));
        assert_string_equal(h.all, rows[i].fault);
    }
}

static void reports_all_faults_in_one_run(void **state)
{
    struct heard h;
    const char *text = "a = 3000000000;\nb = \"\\q\";\nc = 4000000000;\n";

    (void)state;
    assert_null(from(text, strlen(text), &h));
    assert_int_equal(h.count, 3);
}

static void bounds_nesting_names_and_faults(void **state)
{
    struct heard h;
    size_t size = 400000;
    char *text = mem_zalloc(size);
    char *at;

    (void)state;
    memset(text, '(', 10000);
    assert_null(from(text, 10000, &h));
    assert_non_null(strstr(h.all, "t:1:65: nested deeper than 64"));
    assert_int_equal(h.count, 1);

    at = text;
    for (int i = 0; i <= SOURCE_GROUP_NAMES_MAX; i++)
        at += sprintf(at, "n%d = 1;\n", i);
    assert_null(from(text, strlen(text), &h));
    assert_string_equal(h.all, "t:1001:7: more than 1000 settings in one group\n");

    at = text;
    for (int i = 0; i < 500; i++)
        at += sprintf(at, "\"\\q\"");
    *at = '\0';
    assert_null(from(text, strlen(text), &h));
    assert_int_equal(h.count, SOURCE_FAULTS_MAX);
    mem_free(text);
}

static void includes_keep_their_places(void **state)
{
    struct heard h = {0};
    struct source *s;
    const char *file;
    unsigned line, at = 0, seen = 0;

    (void)state;
    assert_int_equal(mkdir(path_of("sub"), 0700), 0);
    put("main.cfg", "a = 1;\n  @include \"sub/one.cfg\" # why\nb = 2;\n");
    put("sub/one.cfg", "c = 3;\n@include \"two.cfg\"\nd = 4;");
    put("sub/two.cfg", "e = 5;\n");
    s = source_read(path_of("main.cfg"), hear, &h);
    assert_string_equal(h.all, "");
    assert_non_null(s);
    for (const char *c = source_text(s); *c != '\0'; c++) {
        static const struct {
            char name;
            const char *file;
            unsigned line;
        } want[] = {{'a', "main.cfg", 1},
                    {'c', "one.cfg", 1},
                    {'e', "two.cfg", 1},
                    {'d', "one.cfg", 3},
                    {'b', "main.cfg", 3}};

        if (c == source_text(s) || c[-1] == '\n')
            at++;
        for (size_t i = 0; i < sizeof(want) / sizeof(want[0]); i++)
            if (*c == want[i].name && c[1] == ' ' && c[2] == '=') {
                source_place(s, at, &file, &line);
                assert_string_equal(strrchr(file, '/') + 1, want[i].file);
                assert_int_equal(line, want[i].line);
                seen++;
            }
    }
    assert_int_equal(seen, 5);
    assert_null(strstr(source_text(s), "@include"));
    source_place(s, 9999, &file, &line);
    assert_string_equal(strrchr(file, '/') + 1, "main.cfg");
    source_free(s);
}

/* Which group was left open tells only the indentation of one file. */
static void an_include_is_indented_for_itself(void **state)
{
    struct heard h = {0};

    (void)state;
    put("main.cfg", "a = {\n@include \"one.cfg\"\n");
    put("one.cfg", "  b = {\n};\n");
    assert_null(source_read(path_of("main.cfg"), hear, &h));
    assert_string_equal(h.all, "main.cfg:1:5: the '{' opened here is never closed\n");
    memset(&h, 0, sizeof(h));
    put("main.cfg", "a = {\n  b = {\n@include \"one.cfg\"\n");
    put("one.cfg", "};\n");
    assert_null(source_read(path_of("main.cfg"), hear, &h));
    assert_string_equal(h.all, "main.cfg:1:5: the '{' opened here is never closed\n");
}

/* An include that was cut off is noticed only behind it. */
static void a_group_left_open_by_an_include_is_named_with_its_file(void **state)
{
    struct heard h = {0};
    char expected[256];

    (void)state;
    put("main.cfg", "a = {\n@include \"one.cfg\"\n};\n");
    put("one.cfg", "b = (\n");
    assert_null(source_read(path_of("main.cfg"), hear, &h));
    snprintf(expected, sizeof(expected),
             "main.cfg:3:1: '}' does not close the '(' opened in line 1 of %s\n",
             path_of("one.cfg"));
    assert_string_equal(h.all, expected);
}

static void refuses_what_is_no_regular_file(void **state)
{
    struct heard h = {0};
    char text[SOURCE_BYTES_MAX / 2 + 2];

    (void)state;
    put("dir.cfg", "a = 1;\n@include \"sub\"\n");
    assert_null(source_read(path_of("dir.cfg"), hear, &h));
    assert_non_null(strstr(h.all, "dir.cfg:2:1: cannot read"));
    assert_non_null(strstr(h.all, "it is no regular file"));

    memset(&h, 0, sizeof(h));
    put("loop.cfg", "@include \"pool.cfg\"\n");
    put("pool.cfg", "# 1\n@include \"loop.cfg\"\n");
    assert_null(source_read(path_of("loop.cfg"), hear, &h));
    assert_non_null(strstr(h.all, "pool.cfg:2:1: cannot read"));
    assert_non_null(strstr(h.all, "it includes itself"));

    memset(&h, 0, sizeof(h));
    assert_null(source_read(path_of("none.cfg"), hear, &h));
    assert_non_null(strstr(h.all, "none.cfg:0:0: cannot read"));
    assert_non_null(strstr(h.all, "No such file"));

    memset(&h, 0, sizeof(h));
    memset(text, ' ', sizeof(text) - 1);
    text[sizeof(text) - 1] = '\0';
    put("half.cfg", text);
    put("big.cfg", "@include \"half.cfg\"\n@include \"half.cfg\"\n");
    assert_null(source_read(path_of("big.cfg"), hear, &h));
    assert_non_null(strstr(h.all, "big.cfg:2:1:"));
    assert_non_null(strstr(h.all, "too large"));
}

/* All files together, to the octet; an include that fills the room leaves none for the next. */
static void bounds_all_files_together(void **state)
{
    static const char main_text[] = "@include \"most.cfg\"\n\n\n@include \"one.cfg\"\n";
    static const char one_text[] = "a = 1;";
    static char text[SOURCE_BYTES_MAX];
    size_t most = sizeof(text) - strlen(main_text) - strlen(one_text);
    struct heard h = {0};
    struct source *s;

    (void)state;
    put("main.cfg", main_text);
    put("one.cfg", one_text);
    memset(text, ' ', most);
    put("most.cfg", text);
    s = source_read(path_of("main.cfg"), hear, &h);
    assert_non_null(s);
    source_free(s);

    text[most] = ' ';
    put("most.cfg", text);
    assert_null(source_read(path_of("main.cfg"), hear, &h));
    assert_non_null(strstr(h.all, "main.cfg:4:1: cannot read"));
    assert_non_null(strstr(h.all, "too large"));

    memset(&h, 0, sizeof(h));
    memset(text, ' ', sizeof(text) - 1);
    put("most.cfg", text);
    assert_null(source_read(path_of("main.cfg"), hear, &h));
    assert_non_null(strstr(h.all, "too large"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(accepts_plain_text),
        cmocka_unit_test(refuses_each_trap),
        cmocka_unit_test(reports_all_faults_in_one_run),
        cmocka_unit_test(bounds_nesting_names_and_faults),
        cmocka_unit_test(includes_keep_their_places),
        cmocka_unit_test(an_include_is_indented_for_itself),
        cmocka_unit_test(a_group_left_open_by_an_include_is_named_with_its_file),
        cmocka_unit_test(refuses_what_is_no_regular_file),
        cmocka_unit_test(bounds_all_files_together),
    };

    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
