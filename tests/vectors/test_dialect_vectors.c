/* Every row of tests/vectors/dialects.tsv, in and out. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"
#include "gateway/dialects.h"
#include "tests/support/vectors.h"

enum {
    COLUMN_NAME,
    COLUMN_DIALECT,
    COLUMN_WAY,
    COLUMN_STATUS,
    COLUMN_KIND,
    COLUMN_MSISDN,
    COLUMN_CODE,
    COLUMN_SESSION,
    COLUMN_OCTETS,
    COLUMN_TEXT,
};
enum { PDU_BYTES = 4096, SEQUENCE_NUMBER = 7 };

/* What a row needs: itself, and the files that may name its dialect. */
struct case_state {
    const struct vector_row *row;
    struct dialects *const *files;
};

enum { FILES = 2 };

static const char *kind_name(enum dialect_kind kind)
{
    static const char *const names[] = {
        [DIALECT_BEGIN] = "begin",
        [DIALECT_ANSWER] = "answer",
        [DIALECT_ANSWER_LAST] = "answer_last",
        [DIALECT_NOTIFY_ACK] = "notify_ack",
        [DIALECT_ABORT] = "abort",
        [DIALECT_SMS] = "sms",
        [DIALECT_RECEIPT] = "receipt",
    };

    return names[kind];
}

static enum dialect_reply_kind reply_kind(const char *name)
{
    static const char *const names[] = {
        [DIALECT_ASK] = "ask",   [DIALECT_END] = "end",         [DIALECT_NOTIFY] = "notify",
        [DIALECT_PUSH] = "push", [DIALECT_RELEASE] = "release", [DIALECT_ABORT_ACK] = "abort_ack",
    };

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        if (strcmp(names[i], name) == 0)
            return (enum dialect_reply_kind)i;
    fail_msg("no reply kind %s", name);
    return DIALECT_ASK;
}

static const char *text_of(const char *column, char *text, size_t text_bytes)
{
    size_t used = 0;

    if (strcmp(column, "-") == 0)
        column = "";
    for (const char *p = column; *p != '\0'; p++) {
        assert_true(used + 1 < text_bytes);
        if (p[0] == '\\' && p[1] == 'n') {
            text[used++] = '\n';
            p++;
        } else {
            text[used++] = *p;
        }
    }
    text[used] = '\0';
    return text;
}

static void print_session(const struct dialect_session *s, char *text, size_t text_bytes)
{
    char name[40], token[40];

    vector_notation(span_of(s->octets, s->size), name, sizeof(name));
    vector_notation(span_of(s->token, s->token_size), token, sizeof(token));
    if (s->size == 0 && s->token_size == 0)
        snprintf(text, text_bytes, "-");
    else
        snprintf(text, text_bytes, "%s/%02x/%s%s", name, s->unit, token, s->is_phase_1 ? "p" : "");
}

static void parse_session(const char *column, struct dialect_session *s)
{
    char name[40], token[40];
    unsigned unit;

    memset(s, 0, sizeof(*s));
    if (strcmp(column, "-") == 0)
        return;
    assert_int_equal(sscanf(column, "%39[-0-9a-f]/%x/%39[-0-9a-f]", name, &unit, token), 3);
    s->size = (uint8_t)vector_octets(name, s->octets, sizeof(s->octets)).size;
    s->token_size = (uint8_t)vector_octets(token, s->token, sizeof(s->token)).size;
    s->unit = (uint8_t)unit;
    s->is_phase_1 = strchr(column, 'p') != NULL;
}

static void check_input(const struct dialect *d, struct span frame, char *const *columns)
{
    struct dialect_input *input = mem_alloc(sizeof(*input));
    enum smpp_status status;
    char session[96], text[DIALECT_TEXT_BYTES];
    struct smpp_pdu pdu;

    memset(input, 0xA5, sizeof(*input));
    assert_int_equal(smpp_pdu_decode(frame, &pdu), ESME_ROK);
    status = dialect_decode(d, &pdu, input);
    assert_string_equal(smpp_status_name(status), columns[COLUMN_STATUS]);
    if (status == ESME_ROK) {
        assert_string_equal(kind_name(input->kind), columns[COLUMN_KIND]);
        assert_string_equal(input->msisdn, columns[COLUMN_MSISDN]);
        assert_string_equal(input->code, columns[COLUMN_CODE]);
        print_session(&input->session, session, sizeof(session));
        assert_string_equal(session, columns[COLUMN_SESSION]);
        assert_string_equal(input->text, text_of(columns[COLUMN_TEXT], text, sizeof(text)));
    }
    mem_free(input);
}

static void check_output(const struct dialect *d, struct span frame, char *const *columns)
{
    bool expected = strcmp(columns[COLUMN_STATUS], "ok") == 0;
    uint8_t octets[PDU_BYTES];
    char text[DIALECT_TEXT_BYTES];
    struct dialect_reply reply = {
        .kind = reply_kind(columns[COLUMN_KIND]),
        .msisdn = columns[COLUMN_MSISDN],
        .code = columns[COLUMN_CODE],
        .text = text_of(columns[COLUMN_TEXT], text, sizeof(text)),
        .network_initiated = strcmp(columns[COLUMN_WAY], "ni") == 0,
    };
    struct writer w;

    parse_session(columns[COLUMN_SESSION], &reply.session);
    writer_init(&w, octets, sizeof(octets));
    assert_true(dialect_encode(d, &reply, SEQUENCE_NUMBER, &w) == expected);
    assert_int_equal(writer_size(&w), expected ? frame.size : 0);
    if (expected)
        assert_memory_equal(octets, frame.data, frame.size);
    /* Not an octet more room than needed; one less is refused, and nothing written. */
    if (expected) {
        writer_init(&w, octets, frame.size);
        assert_true(dialect_encode(d, &reply, SEQUENCE_NUMBER, &w));
        writer_init(&w, octets, frame.size - 1);
        assert_false(dialect_encode(d, &reply, SEQUENCE_NUMBER, &w));
        assert_int_equal(writer_size(&w), 0);
    }
}

static void dialect_behaves_as_its_row_says(void **state)
{
    const struct case_state *cs = *state;
    char *const *c = cs->row->columns;
    const struct dialect *d = dialects_find(cs->files[0], c[COLUMN_DIALECT]);
    uint8_t octets[PDU_BYTES];
    struct span frame;

    if (d == NULL)
        d = dialects_find(cs->files[1], c[COLUMN_DIALECT]);
    assert_non_null(c[COLUMN_TEXT]);
    assert_non_null(d);
    assert_string_equal(dialect_name(d), c[COLUMN_DIALECT]);
    frame = vector_octets(c[COLUMN_OCTETS], octets, sizeof(octets));
    if (strcmp(c[COLUMN_WAY], "in") == 0)
        check_input(d, frame, c);
    else
        check_output(d, frame, c);
}

static void on_fault(void *arg, const char *file, unsigned line, unsigned column, const char *text)
{
    (void)arg;
    fprintf(stderr, "%s:%u:%u: %s\n", file, line, column, text);
}

/* One test a row, named after it. */
int main(void)
{
    struct dialects *files[FILES] = {
        dialects_load("conf/dialects.cfg", on_fault, NULL),
        dialects_load("tests/vectors/dialects.cfg", on_fault, NULL),
    };
    struct vector_file file;
    struct CMUnitTest *tests;
    struct case_state *cases;
    int failed;

    vector_file_load(&file, "tests/vectors/dialects.tsv");
    tests = mem_realloc_array(NULL, file.count, sizeof(tests[0]));
    cases = mem_realloc_array(NULL, file.count, sizeof(cases[0]));
    for (size_t i = 0; i < file.count; i++) {
        cases[i] = (struct case_state){&file.rows[i], files};
        tests[i] = (struct CMUnitTest){.name = file.rows[i].columns[COLUMN_NAME],
                                       .test_func = dialect_behaves_as_its_row_says,
                                       .initial_state = &cases[i]};
    }
    failed = _cmocka_run_group_tests("dialects", tests, file.count, NULL, NULL);
    mem_free(cases);
    mem_free(tests);
    vector_file_free(&file);
    for (size_t i = 0; i < FILES; i++)
        dialects_free(files[i]);
    return failed;
}
