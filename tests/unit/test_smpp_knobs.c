/* The knobs of a dialect, and dialects.cfg. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "gateway/dialects.h"
#include "gateway/smpp/dialect_knobs.h"
#include "gateway/smpp/presets.h"

/* ---- presets and knobs ---- */

static void presets_are_found_by_name(void **state)
{
    static const char *const names[] = {"spec34",   "tata",    "mica",   "sixdee",
                                        "smppplus", "datasm",  "fdp",    "comviva",
                                        "bare",     "tlv1501", "letters"};

    (void)state;
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        assert_non_null(preset_at(i));
        assert_string_equal(dialect_name(preset_at(i)), names[i]);
        assert_ptr_equal(dialect_find(names[i]), preset_at(i));
    }
    assert_null(preset_at(sizeof(names) / sizeof(names[0])));
    assert_null(dialect_find("nonesuch"));
    assert_int_equal(dialect_limit(dialect_find("spec34"), false), 182);
    assert_int_equal(dialect_limit(dialect_find("spec34"), true), 80);
    assert_int_equal(dialect_limit(dialect_find("comviva"), true), 0);
    assert_int_equal(dialect_timers(dialect_find("spec34"))->app_reply_s, 8);
    assert_false(dialect_numbers_units(dialect_find("spec34")));
    assert_false(dialect_acks_abort(dialect_find("spec34")));
}

static void knobs_refuse_what_they_do_not_take(void **state)
{
    static const char *const rows[][3] = {
        {"colour", "red", "no dialect knob is called \"colour\""},
        {"pdu_in", "submit_sm", "pdu_in takes either, deliver_sm, data_sm, not \"submit_sm\""},
        {"text_out", "auto(255)", NULL},
        {"text_out", "auto(20)x", NULL},
        {"service_type_out", "TOOLONG", "service_type_out takes a short text, not \"TOOLONG\""},
        {"service_type_state", "letters3", NULL},
        {"ussd_match", "", NULL},
        {"ussd_match", "op nothing", NULL},
        {"ussd_match", "op:USSD", NULL},
        {"ussd_match", "service_type:FAR_TOO_LONG", NULL},
        {"op_tag", "65536", NULL},
        {"op_tag", "x", NULL},
        {"op_in", "1", NULL},
        {"op_in", "256:begin", NULL},
        {"op_in", "1:start", NULL},
        {"op_in", "", NULL},
        {"op_out", "mo_ask:256", NULL},
        {"op_out", "mo_ask:", NULL},
        {"op_out", "ask:2", NULL},
        {"abort_ack_op", "300", NULL},
        {"session_src", "tlv:1501", NULL},
        {"session_src", "tlv:1501,17", NULL},
        {"session_src", "tlv:1501,0", NULL},
        {"session_src", "head", NULL},
        {"session_mask", "0x10000", NULL},
        {"code_from", "fixed:", NULL},
        {"msisdn_from", "dst", NULL},
        {"addr_out", "reply 0/1", NULL},
        {"addr_out", "reply 0/1 256/1", NULL},
        {"addr_out", "123456789012345678901 0/1 1/1", NULL},
        {"addr_out", "reply 0/1 1/1 x", NULL},
        {"dcs_in", "256:gsm", NULL},
        {"dcs_in", "1:ebcdic", NULL},
        {"dcs_out", "gsm:none", NULL},
        {"dcs_out", "latin1:3", NULL},
        {"packing", "ucs2", NULL},
        {"max_gsm", "10", "max_gsm takes a number from 20 to 1000, not \"10\""},
        {"max_ucs2", "-1", NULL},
        {"timers", "8 120", NULL},
        {"timers", "0 120 180", NULL},
        {"timers", "8 120 180 9", NULL},
        {"status", "0x401", NULL},
        {"status", "0:temporary", NULL},
        {"status", "0x100000000:temporary", NULL},
        {"status", "0x401:ok", NULL},
        {"status", "none:temporary", NULL},
    };
    struct dialect *d = dialect_new("x", dialect_find("spec34"));
    struct dialect before = *d;

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char error[256] = "";

        if (dialect_set_knob(d, rows[i][0], rows[i][1], error, sizeof(error)))
            fail_msg("%s = \"%s\" is taken", rows[i][0], rows[i][1]);
        assert_true(strlen(error) > 10);
        if (rows[i][2] != NULL)
            assert_string_equal(error, rows[i][2]);
        assert_memory_equal(d, &before, sizeof(before));
    }
    dialect_free(d);
}

/* Every value that is taken, one knob after the other, changes the dialect; what each changes is
 * what the vectors show. */
static void knobs_take_their_values(void **state)
{
    static const char *const rows[][2] = {
        {"pdu_in", "data_sm"},
        {"pdu_out", "data_sm"},
        {"text_out", "short"},
        {"text_out", "payload"},
        {"text_out", "auto(140)"},
        {"body", "at_code"},
        {"body", "pipe_base64"},
        {"service_type_out", "CMT"},
        {"service_type_state", "letters2"},
        {"ussd_match", "service_type:US*, code"},
        {"op_tag", "0x1500"},
        {"op_absent", "abort"},
        {"op_in", "none 1:begin, 0x12:answer 146:answer_last"},
        {"op_in_unknown", "reject"},
        {"op_out", "mo_ask:3 abort:128 ni_end:none"},
        {"abort_ack_op", "0x32"},
        {"abort_ack_op", "none"},
        {"session_src", "umr"},
        {"session_src", "tlv:1501,4"},
        {"session_src", "body:110"},
        {"session_src", "none"},
        {"session_mask", "0xFFFE"},
        {"session_key", "msisdn"},
        {"session_out", "echo+unit"},
        {"session_ni", "zero"},
        {"ni_session_from", "resp_tlv"},
        {"end_bit", "out"},
        {"code_from", "begin_text"},
        {"code_from", "body:115"},
        {"code_from", "fixed:*384#"},
        {"msisdn_from", "body:100"},
        {"addr_out", "*384# 5/0 2/8"},
        {"dcs_in", "4:ascii 15:packed7 3:utf8"},
        {"dcs_out", "gsm:15 ucs2:72"},
        {"packing", "latin1"},
        {"max_gsm", "160"},
        {"max_ucs2", "70"},
        {"timers", "5 60 90"},
        {"sms_parts", "sar"},
        {"validity", "absolute"},
        {"receipt_match", "text"},
        {"receipt_ids", "resp_hex_dlr_dec"},
        {"status", "0x401:slow_down 1026:temporary, 0xFFFFFFFF:session"},
        {"status", "0x401:credentials"},
        {"status", "none 0x401:permanent"},
        {"status", "none"},
    };
    struct dialect *d = dialect_new("x", dialect_find("spec34"));

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct dialect before = *d;
        char error[256] = "";

        if (!dialect_set_knob(d, rows[i][0], rows[i][1], error, sizeof(error)))
            fail_msg("%s = \"%s\": %s", rows[i][0], rows[i][1], error);
        if (memcmp(d, &before, sizeof(before)) == 0)
            fail_msg("%s = \"%s\" changes nothing", rows[i][0], rows[i][1]);
    }
    dialect_free(d);
}

static void a_dialect_says_what_its_statuses_mean(void **state)
{
    struct dialect *base = dialect_new("x", dialect_find("spec34")), *d;
    const struct smpp_statuses *own;
    char error[128];

    (void)state;
    assert_true(dialect_set_knob(base, "status", "0x401:slow_down 0x402:temporary 0x0B:temporary",
                                 error, sizeof(error)));
    d = dialect_new("y", base);
    assert_true(dialect_set_knob(d, "status", "0x402:session", error, sizeof(error)));
    own = dialect_statuses(d);
    assert_int_equal(own->count, 3);
    assert_int_equal(smpp_statuses_class(own, 0x401), SMPP_CLASS_SLOW_DOWN);
    assert_int_equal(smpp_statuses_class(own, 0x402), SMPP_CLASS_SESSION);
    assert_int_equal(smpp_statuses_class(own, 0x403), SMPP_CLASS_PERMANENT);
    assert_int_equal(smpp_statuses_class(own, ESME_RINVDSTADR), SMPP_CLASS_TEMPORARY);
    assert_int_equal(smpp_statuses_class(own, ESME_ROK), SMPP_CLASS_OK);
    assert_int_equal(smpp_statuses_class(own, ESME_RTHROTTLED), SMPP_CLASS_SLOW_DOWN);
    assert_true(dialect_set_knob(d, "status",
                                 "none 1:session 2:session 3:session 4:session 5:session 6:session "
                                 "7:session 8:session 9:session 10:session 11:session 12:session "
                                 "13:session 14:session 15:session 16:session 1:session",
                                 error, sizeof(error)));
    assert_false(dialect_set_knob(d, "status", "17:session", error, sizeof(error)));
    dialect_free(d);
    dialect_free(base);
}

static void a_push_may_get_its_name_from_the_response(void **state)
{
    static const char resp[] = "\0\0\0\x1a\x80\0\0\x04\0\0\0\0\0\0\0\x01"
                               "A7b\0\x13\x83\0\x02\x0a\x02";
    struct dialect *d = dialect_new("x", dialect_find("spec34"));
    struct dialect_session session = {0};
    struct smpp_pdu pdu;
    char error[128];

    (void)state;
    assert_int_equal(smpp_pdu_decode(span_of(resp, sizeof(resp) - 1), &pdu), ESME_ROK);
    assert_false(dialect_decode_response(d, &pdu, &session));
    assert_true(dialect_set_knob(d, "ni_session_from", "resp_tlv", error, sizeof(error)));
    assert_true(dialect_decode_response(d, &pdu, &session));
    assert_true(span_is_equal(span_of(session.octets, session.size), span_of("\x0a\0", 2)));
    assert_true(span_is_equal(span_of(session.token, session.token_size), span_of("\x0a\x02", 2)));
    assert_true(dialect_set_knob(d, "ni_session_from", "resp_message_id", error, sizeof(error)));
    assert_true(dialect_decode_response(d, &pdu, &session));
    assert_true(span_is_equal(span_of(session.octets, session.size), span_of_string("A7b")));
    pdu.message_id = span_of("12345678901234567", 17);
    assert_false(dialect_decode_response(d, &pdu, &session));
    pdu.message_id = span_of(NULL, 0);
    assert_false(dialect_decode_response(d, &pdu, &session));
    dialect_free(d);
}

/* ---- dialects.cfg ---- */

struct faults {
    unsigned count;
    char text[512];
    unsigned line;
};

static void on_fault(void *arg, const char *file, unsigned line, unsigned column, const char *text)
{
    struct faults *f = arg;

    (void)file;
    (void)column;
    if (f->count++ == 0)
        snprintf(f->text, sizeof(f->text), "%s", text);
    if (f->count == 1)
        f->line = line;
}

static struct dialects *load_text(const char *text, struct faults *f)
{
    char path[] = "/tmp/test_smpp_dialect.XXXXXX";
    int fd = mkstemp(path);
    FILE *file = fdopen(fd, "w");
    struct dialects *dialects;

    assert_non_null(file);
    fputs(text, file);
    fclose(file);
    *f = (struct faults){0};
    dialects = dialects_load(path, on_fault, f);
    remove(path);
    return dialects;
}

static void faults_of_a_dialects_file_have_their_lines(void **state)
{
    static const struct {
        const char *text;
        unsigned line;
        const char *fault;
    } rows[] = {
        {"dialects = (\n{ name = \"a\"; colour = \"red\"; } );", 2,
         "no dialect knob is called \"colour\""},
        {"dialects = (\n\n{ name = \"a\";\npacking = \"x\"; } );", 4, NULL},
        {"dialects = ( { base = \"mica\"; } );", 1, "a dialect is a group with a name"},
        {"dialects = ( 7 );", 1, "a dialect is a group with a name"},
        {"dialects = ( { name = \"\"; } );", 1, NULL},
        {"dialects = ( { name = \"mica\"; } );", 1, "there is a dialect \"mica\" already"},
        {"dialects = ( { name = \"a\"; },\n{ name = \"a\"; } );", 2,
         "there is a dialect \"a\" already"},
        {"dialects = ( { name = \"a\"; base = \"b\"; } );", 1, "no dialect \"b\" to start from"},
        {"dialects = ( { name = \"a\";\nbase = 5; } );", 2,
         "base: the name of a dialect, in quotes"},
        {"dialects = ( { name = \"a\"; max_gsm = 1.5; } );", 1, "max_gsm: not a text or a number"},
        {"dialects = ( { name = \"a\"; text_out = \"auto(120\"; } );", 1,
         "text_out takes short, payload or auto(octets, at most 254), not \"auto(120\""},
        {"dialects = ( { name = \"a\"; text_out = \"auto(4294967396)\"; } );", 1, NULL},
        {"dialects = ( { name = \"a\"; session_src = \"tlv:1501,4294967300\"; } );", 1, NULL},
        {"dialects = 5;", 1, "dialects is a list: ( { ... }, { ... } )"},
        {"dialect = ();", 1, "unknown key \"dialect\""},
        {"dialects = (", 1, NULL},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct faults f;

        assert_null(load_text(rows[i].text, &f));
        assert_int_equal(f.line, rows[i].line);
        if (rows[i].fault != NULL)
            assert_string_equal(f.text, rows[i].fault);
    }
}

static void a_dialect_may_start_from_an_earlier_one(void **state)
{
    struct faults f;
    struct dialects *dialects = load_text("dialects = ( { name = \"a\"; max_gsm = 160; },\n"
                                          "{ name = \"b\"; base = \"a\"; max_ucs2 = \"70\"; } );",
                                          &f);
    const struct dialect *b;

    (void)state;
    assert_non_null(dialects);
    b = dialects_find(dialects, "b");
    assert_non_null(b);
    assert_int_equal(dialect_limit(b, false), 160);
    assert_int_equal(dialect_limit(b, true), 70);
    assert_ptr_equal(dialects_find(dialects, "mica"), dialect_find("mica"));
    assert_null(dialects_find(dialects, "c"));
    assert_ptr_equal(dialects_find(NULL, "mica"), dialect_find("mica"));
    dialects_free(dialects);
    dialects_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(presets_are_found_by_name),
        cmocka_unit_test(knobs_refuse_what_they_do_not_take),
        cmocka_unit_test(knobs_take_their_values),
        cmocka_unit_test(a_dialect_says_what_its_statuses_mean),
        cmocka_unit_test(a_push_may_get_its_name_from_the_response),
        cmocka_unit_test(faults_of_a_dialects_file_have_their_lines),
        cmocka_unit_test(a_dialect_may_start_from_an_earlier_one),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
