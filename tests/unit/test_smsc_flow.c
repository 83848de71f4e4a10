/*
 * Flow files: what is understood, what is refused, how screens are recognised and answers made.
 */
#include "tests/smsc/flow.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static const char text[] = "# comment\n"
                           "dial *384#\n"
                           "maybe \"Pilih\" answer 1\n"
                           "screen \"Langkah ?/9\\nNama\" answer \"{name}\" # why\n"
                           "screen has \"{x}\" answer 1\n"
                           "end \"Selesai\" save \"No: \"\n"
                           "busy has \"sibuk\"\n"
                           "sms \"Halo\"\n";

static struct span gsm(const char *ascii)
{
    return span_of_string(ascii);
}

static void test_steps_are_read(void **state)
{
    struct flow *f = flow_parse("t", text);

    (void)state;
    assert_non_null(f);
    assert_string_equal(f->dial, "*384#");
    assert_int_equal(f->step_count, 4);
    assert_int_equal(f->inputs, 4);
    assert_true(f->steps[0].is_optional);
    assert_true(f->steps[3].is_end);
    assert_true(f->wants_sms);
    assert_true(flow_matches(&f->steps[1].match, gsm("Langkah 3/9\nNama lengkap")));
    assert_false(flow_matches(&f->steps[1].match, gsm("Langkah 3/9 Nama lengkap")));
    assert_false(flow_matches(&f->steps[1].match, gsm("Langkah 3/9")));
    assert_false(flow_matches(&f->steps[1].match, gsm("Maaf. Langkah 3/9\nNama")));
    assert_true(flow_matches(&f->steps[2].match, gsm("a \x1b\x28x\x1b\x29")));
    assert_true(flow_is_busy(f, gsm("Maaf, sibuk")));
    assert_false(flow_is_busy(f, gsm("sibu")));
    flow_free(f);
}

static void test_answers_depend_on_the_subscriber(void **state)
{
    struct flow *f = flow_parse("t", "dial *1#\n"
                                     "screen \"a\" answer \"{phone}-{n}\"\n"
                                     "screen \"b\" answer {3..5}\n"
                                     "screen \"c\" answer \"{name}@\"\n"
                                     "end \"d\"\n");
    struct flow_subscriber who = {"62812", 7, 1};
    uint8_t out[64];
    bool seen[3] = {false};

    (void)state;
    assert_non_null(f);
    assert_int_equal(flow_answer(f, 0, &who, out, sizeof(out)), 7);
    assert_memory_equal(out, "62812-7", 7);
    assert_int_equal(flow_answer(f, 0, &who, out, 6), 0);
    for (who.number = 0; who.number < 100; who.number++) {
        assert_int_equal(flow_answer(f, 1, &who, out, sizeof(out)), 1);
        assert_in_range(out[0], '3', '5');
        seen[out[0] - '3'] = true;
    }
    assert_true(seen[0] && seen[1] && seen[2]);
    who.number = 0;
    assert_int_equal(flow_answer(f, 2, &who, out, sizeof(out)), 12);
    assert_memory_equal(out, "SITI AMINAH\0", 12);
    flow_free(f);
}

static void test_the_saved_word_ends_at_a_blank(void **state)
{
    struct flow *f = flow_parse("t", text);
    char word[12];

    (void)state;
    flow_saved(f, gsm("Selesai\nNo: 1871-000042-1\nHasil"), word, sizeof(word));
    assert_string_equal(word, "1871-000042");
    flow_saved(f, gsm("Selesai\nNo: 42"), word, sizeof(word));
    assert_string_equal(word, "42");
    flow_saved(f, gsm("Selesai"), word, sizeof(word));
    assert_string_equal(word, "");
    flow_free(f);
}

/* What parsing writes to standard error. */
static void parse_and_read(const char *flow, char *message, size_t size)
{
    FILE *file = tmpfile();
    int kept = dup(STDERR_FILENO);
    struct flow *f;

    fflush(stderr);
    dup2(fileno(file), STDERR_FILENO);
    f = flow_parse("f.flow", flow);
    fflush(stderr);
    dup2(kept, STDERR_FILENO);
    close(kept);
    rewind(file);
    message[fread(message, 1, size - 1, file)] = '\0';
    fclose(file);
    assert_null(f);
}

static void test_faults_are_named_with_their_line(void **state)
{
    static const char *const rows[][2] = {
        {"screen \"a\" answer 1\nend \"b\"\n", "there is no dial line"},
        {"dial *1#\nscreen \"a\" answer 1\n", "there is no end line"},
        {"dial *1#\nscreen \"a\nend \"b\"\n", "f.flow:2: the text is not closed"},
        {"dial *1#\nscreen \"a\"\nend \"b\"\n", "f.flow:2: `answer TEXT` is missing"},
        {"dial *1#\nend \"b\"\nscreen \"a\" answer 1\n", "f.flow:3: no screen may follow"},
        {"dial *1#\nend \"\u4e00\"\n", "f.flow:2: this text is too long or not GSM"},
        {"dial *1#\nscreen \"a\" answer {nix}\nend \"b\"\n", "f.flow:2: unknown placeholder"},
        {"dial *1# *2#\nend \"b\"\n", "f.flow:1: too much on this line: *2#"},
        {"dail *1#\n", "f.flow:1: unknown word: dail"},
    };
    char message[256];

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        parse_and_read(rows[i][0], message, sizeof(message));
        if (strstr(message, rows[i][1]) == NULL)
            fail_msg("row %zu: %s", i, message);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_steps_are_read),
        cmocka_unit_test(test_answers_depend_on_the_subscriber),
        cmocka_unit_test(test_the_saved_word_ends_at_a_blank),
        cmocka_unit_test(test_faults_are_named_with_their_line),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
