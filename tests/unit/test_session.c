/* The session record: encoding, debts, and what a damaged record does. */
#include "sessions/session.h"
#include "sessions/store.h"
#include "sessions/vault.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

enum { NOW = 1000000, HORIZON = 600000, TRAILER = 12 /* of format 3 without parts */ };

static void fill_typical(struct session *s)
{
    session_init(s);
    text_copy(s->link, sizeof(s->link), "telkomsel");
    text_copy(s->code, sizeof(s->code), "*384#");
    memcpy(s->id, "\x12\x34", 2);
    s->id_size = 2;
    s->is_open = true;
    s->step = 7;
    s->updated_ms = INT64_C(1795513200123);
    s->reply = SESSION_REPLY_ASK;
    memset(s->screen, 'x', 130);
    s->screen[130] = '\0';
    session_add_debt(s, UINT64_C(0x0123456789abcdef), false, s->updated_ms - 9000, HORIZON);
    session_add_debt(s, UINT64_C(0xfedcba9876543210), true, s->updated_ms, HORIZON);
    memset(s->state, 0x5a, 90);
    s->state_size = 90;
}

static void fill_largest(struct session *s)
{
    session_init(s);
    memset(s->link, 'l', sizeof(s->link) - 1);
    memset(s->code, 'c', sizeof(s->code) - 1);
    memset(s->id, 0xff, sizeof(s->id));
    s->id_size = sizeof(s->id);
    s->is_open = true;
    s->step = 127;
    s->updated_ms = (INT64_C(1) << 46) - 1;
    s->reply = SESSION_REPLY_END;
    memset(s->screen, 's', sizeof(s->screen) - 1);
    s->screen[sizeof(s->screen) - 1] = '\0';
    for (unsigned i = 0; i < SESSION_DEBTS_MAX; i++)
        session_add_debt(s, ~UINT64_C(0) - i, true, s->updated_ms, HORIZON);
    memset(s->state, 0, sizeof(s->state));
    s->state_size = sizeof(s->state);
    s->is_pushed = s->is_unnamed = true;
    s->opened_ms = s->updated_ms;
    s->holder = UINT32_MAX;
    memset(s->parts, 'p', sizeof(s->parts));
    s->parts_size = sizeof(s->parts);
}

static void assert_same(const struct session *a, const struct session *b)
{
    assert_string_equal(a->link, b->link);
    assert_string_equal(a->code, b->code);
    assert_int_equal(a->id_size, b->id_size);
    assert_memory_equal(a->id, b->id, sizeof(a->id));
    assert_int_equal(a->is_open, b->is_open);
    assert_int_equal(a->step, b->step);
    assert_true(a->opened_ms == b->opened_ms);
    assert_true(a->updated_ms == b->updated_ms);
    assert_int_equal(a->is_pushed, b->is_pushed);
    assert_int_equal(a->is_unnamed, b->is_unnamed);
    assert_int_equal(a->parts_size, b->parts_size);
    assert_memory_equal(a->parts, b->parts, a->parts_size);
    assert_int_equal(a->reply, b->reply);
    assert_int_equal(a->holder, b->holder);
    assert_string_equal(a->screen, b->screen);
    assert_int_equal(a->debt_count, b->debt_count);
    for (unsigned i = 0; i < a->debt_count; i++) {
        assert_true(a->debts[i].fingerprint == b->debts[i].fingerprint);
        assert_true(a->debts[i].at_ms == b->debts[i].at_ms);
        assert_int_equal(a->debts[i].is_closed, b->debts[i].is_closed);
        assert_int_equal(a->debts[i].is_exact, b->debts[i].is_exact);
    }
    assert_int_equal(a->state_size, b->state_size);
    assert_memory_equal(a->state, b->state, a->state_size);
}

static size_t encode(const struct session *s, uint8_t *octets, size_t octet_bytes)
{
    struct writer w;

    writer_init(&w, octets, octet_bytes);
    session_encode(s, &w);
    assert_false(w.failed);
    return writer_size(&w);
}

static void test_round_trip(void **state)
{
    static void (*const fills[])(struct session *) = {session_init, fill_typical, fill_largest};
    uint8_t octets[STORE_SESSION_BYTES_MAX];
    struct session before, after;

    (void)state;
    for (size_t i = 0; i < sizeof(fills) / sizeof(fills[0]); i++) {
        size_t size;

        fills[i](&before);
        size = encode(&before, octets, sizeof(octets));
        assert_true(session_decode(&after, span_of(octets, size)));
        assert_same(&before, &after);
    }
}

static void test_sizes(void **state)
{
    uint8_t octets[STORE_SESSION_BYTES_MAX];
    struct session s;

    (void)state;
    fill_typical(&s);
    assert_in_range(encode(&s, octets, sizeof(octets)), 200, 300);
    fill_largest(&s);
    assert_in_range(encode(&s, octets, sizeof(octets)), 3500,
                    sizeof(octets) - VAULT_OVERHEAD_BYTES); /* the store has it sealed */
}

static bool prove(struct session *s, uint64_t fingerprint, int64_t debt_ms)
{
    return session_close_debt(s, &(struct session_proof){fingerprint, debt_ms});
}

static void test_closed_and_exact_survive(void **state)
{
    uint8_t octets[STORE_SESSION_BYTES_MAX];
    struct session before, after;

    (void)state;
    for (unsigned bits = 0; bits < 4; bits++) {
        size_t size;

        session_init(&before);
        session_add_debt(&before, 5, (bits & 1) != 0, NOW, HORIZON);
        if ((bits & 2) != 0)
            assert_true(prove(&before, 5, NOW));
        size = encode(&before, octets, sizeof(octets));
        assert_true(session_decode(&after, span_of(octets, size)));
        assert_same(&before, &after);
    }
}

/* Every shorter or longer record is refused, and leaves an empty session. */
static void test_cut_record_is_refused(void **state)
{
    uint8_t octets[STORE_SESSION_BYTES_MAX];
    struct session s, empty;
    size_t size;

    (void)state;
    session_init(&empty);
    fill_typical(&s);
    size = encode(&s, octets, sizeof(octets));
    for (size_t cut = 0; cut < size; cut++) {
        assert_false(session_decode(&s, span_of(octets, cut)));
        assert_same(&s, &empty);
    }
    octets[size] = 0;
    assert_false(session_decode(&s, span_of(octets, size + 1)));
}

static void refuse(const uint8_t *octets, size_t size, size_t place, uint8_t value)
{
    uint8_t changed[STORE_SESSION_BYTES_MAX];
    struct session s;

    memcpy(changed, octets, size);
    changed[place] = value;
    assert_false(session_decode(&s, span_of(changed, size)));
    assert_int_equal(s.debt_count, 0);
}

static void test_wrong_octets_are_refused(void **state)
{
    uint8_t octets[STORE_SESSION_BYTES_MAX];
    struct session s;
    size_t size;

    (void)state;
    fill_typical(&s);
    size = encode(&s, octets, sizeof(octets));
    refuse(octets, size, 0, 0); /* another format */
    refuse(octets, size, 0, 4);
    refuse(octets, size, 1, 0x2b);                  /* an unused flag */
    refuse(octets, size, 1, 0x27);                  /* no such reply */
    refuse(octets, size, 1, 0x93);                  /* nine debts */
    refuse(octets, size, 3, 32);                    /* a link name longer than its place */
    refuse(octets, size, 4, 0);                     /* a NUL inside it */
    refuse(octets, size, 19, 17);                   /* an id of 17 octets */
    refuse(octets, size, 22, 0x40);                 /* flags beside the time */
    refuse(octets, size, size - TRAILER - 92, 255); /* a state longer than the record */
    refuse(octets, size, size - 5, 1);              /* parts behind its end */
}

/* As gateways wrote it before there were parts and pushes (1), and holders (2). */
static void test_older_formats_are_read(void **state)
{
    uint8_t octets[STORE_SESSION_BYTES_MAX];
    struct session s, read;
    size_t size;

    (void)state;
    fill_typical(&s);
    s.opened_ms = 0;
    size = encode(&s, octets, sizeof(octets));
    for (uint8_t format = 1; format <= 2; format++) {
        octets[0] = format;
        assert_false(session_decode(&read, span_of(octets, size)));
        assert_true(session_decode(&read, span_of(octets, size - (format == 1 ? TRAILER : 4))));
        assert_same(&s, &read);
    }
}

static void test_debt_is_found_until_closed_or_old(void **state)
{
    struct session s;

    (void)state;
    session_init(&s);
    session_add_debt(&s, 1, false, NOW, HORIZON);
    assert_non_null(session_find_debt(&s, 1, NOW, HORIZON));
    assert_null(session_find_debt(&s, 2, NOW, HORIZON));
    assert_non_null(session_find_debt(&s, 1, NOW + HORIZON, HORIZON));
    assert_null(session_find_debt(&s, 1, NOW + HORIZON + 1, HORIZON));
    prove(&s, 1, NOW);
    assert_null(session_find_debt(&s, 1, NOW, HORIZON));
}

static void test_exact_debt_outlives_closing(void **state)
{
    struct session s;

    (void)state;
    session_init(&s);
    session_add_debt(&s, 1, true, NOW, HORIZON);
    prove(&s, 1, NOW);
    assert_non_null(session_find_debt(&s, 1, NOW, HORIZON));
    assert_null(session_find_debt(&s, 1, NOW + HORIZON + 1, HORIZON));
    session_add_debt(&s, 2, false, NOW + 1, HORIZON);
    assert_non_null(session_find_debt(&s, 1, NOW + 1, HORIZON));
}

static void test_a_buried_debt_is_closed_by_its_replay(void **state)
{
    struct session s;

    (void)state;
    session_init(&s);
    assert_false(prove(&s, 1, NOW));
    session_add_debt(&s, 1, false, NOW, HORIZON);
    session_add_debt(&s, 2, false, NOW, HORIZON);
    session_add_debt(&s, 1, false, NOW + 5, HORIZON);
    assert_true(prove(&s, 1, NOW + 5));
    assert_null(session_find_debt(&s, 1, NOW, HORIZON));
    assert_non_null(session_find_debt(&s, 2, NOW, HORIZON));
    assert_false(prove(&s, 1, NOW + 5)); /* nothing new */
}

/* A proof that comes late, when the same key was pressed again (model: PROOF_BY_TEXT): the newer
 * input may still come again. */
static void test_a_proof_leaves_newer_debts_open(void **state)
{
    struct session s;

    (void)state;
    session_init(&s);
    session_add_debt(&s, 1, false, NOW, HORIZON);
    session_add_debt(&s, 1, false, NOW + 5, HORIZON);
    assert_true(prove(&s, 1, NOW));
    assert_false(s.debts[0].is_closed);
    assert_true(s.debts[1].is_closed);
    assert_false(prove(&s, 1, NOW + 1)); /* of no debt here */
    assert_non_null(session_find_debt(&s, 1, NOW + 5, HORIZON));
}

/* "1", answered, then a genuine second "1": the new debt must not be hidden by the closed one. */
static void test_equal_input_after_closing_is_a_new_debt(void **state)
{
    struct session s;

    (void)state;
    session_init(&s);
    session_add_debt(&s, 1, false, NOW, HORIZON);
    prove(&s, 1, NOW);
    session_add_debt(&s, 1, false, NOW + 10, HORIZON);
    assert_int_equal(s.debt_count, 1);
    assert_non_null(session_find_debt(&s, 1, NOW + 10, HORIZON));
}

/* In one millisecond, or by another gateway's clock, which is behind: the proof of the first, that
 * comes once more, is not the second's. */
static void test_equal_debts_have_times_of_their_own(void **state)
{
    struct session s;
    int64_t first_ms;

    (void)state;
    for (int64_t behind_ms = 0; behind_ms <= 5000; behind_ms += 5000) {
        session_init(&s);
        session_add_debt(&s, 2, false, NOW - 1000, HORIZON);
        first_ms = session_add_debt(&s, 1, false, NOW, HORIZON);
        assert_int_equal(first_ms, NOW);
        prove(&s, 1, first_ms);
        assert_true(session_add_debt(&s, 1, false, NOW - behind_ms, HORIZON) > first_ms);
        assert_false(prove(&s, 1, first_ms));
        assert_non_null(session_find_debt(&s, 1, NOW, HORIZON));
        assert_non_null(session_find_debt(&s, 2, NOW, HORIZON));
        assert_int_equal(session_add_sms_debt(&s, 2, NOW - behind_ms, HORIZON),
                         behind_ms == 0 ? NOW : NOW - 999);
    }
}

static void test_oldest_debt_goes_when_full(void **state)
{
    struct session s;

    (void)state;
    session_init(&s);
    for (unsigned i = 1; i <= SESSION_DEBTS_MAX + 1; i++)
        session_add_debt(&s, i, false, NOW + i, HORIZON);
    assert_int_equal(s.debt_count, SESSION_DEBTS_MAX);
    assert_true(s.debts[0].fingerprint == SESSION_DEBTS_MAX + 1);
    assert_null(session_find_debt(&s, 1, NOW + 9, HORIZON));
    assert_non_null(session_find_debt(&s, 2, NOW + 9, HORIZON));
}

/* The first is what the reply belongs to, however old. */
static void test_an_sms_goes_behind_the_first(void **state)
{
    struct session s;

    (void)state;
    session_init(&s);
    session_add_sms_debt(&s, 1, NOW, HORIZON);
    session_add_debt(&s, 2, true, NOW, HORIZON);
    for (unsigned i = 3; i <= 2 + SESSION_DEBTS_MAX; i++)
        session_add_sms_debt(&s, i, NOW + HORIZON + i, HORIZON);
    assert_int_equal(s.debt_count, SESSION_DEBTS_MAX);
    assert_true(s.debts[0].fingerprint == 2 && s.debts[1].fingerprint == 2 + SESSION_DEBTS_MAX &&
                !s.debts[1].is_exact);
    session_add_debt(&s, 1, false, NOW + HORIZON + 20, HORIZON);
    assert_true(s.debts[0].fingerprint == 1 && s.debts[1].fingerprint == 2 + SESSION_DEBTS_MAX);
}

static void test_an_equal_sms_stands_before_the_older_one(void **state)
{
    struct session s;

    (void)state;
    session_init(&s);
    session_add_sms_debt(&s, 1, NOW, HORIZON);
    assert_true(prove(&s, 1, NOW));
    session_add_sms_debt(&s, 1, NOW + 5, HORIZON);
    assert_true(s.debts[0].at_ms == NOW + 5);
    /* the proof of the older one, a second time, says nothing of the newer */
    assert_false(prove(&s, 1, NOW));
    assert_non_null(session_find_debt(&s, 1, NOW + 6, HORIZON));
}

static void test_expired_debts_are_dropped(void **state)
{
    struct session s;

    (void)state;
    session_init(&s);
    session_add_debt(&s, 1, true, NOW, HORIZON);
    session_add_debt(&s, 2, true, NOW + HORIZON, HORIZON);
    assert_int_equal(s.debt_count, 2);
    session_add_debt(&s, 3, true, NOW + HORIZON + 1, HORIZON);
    assert_int_equal(s.debt_count, 2);
    assert_true(s.debts[0].fingerprint == 3 && s.debts[1].fingerprint == 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_round_trip),
        cmocka_unit_test(test_an_sms_goes_behind_the_first),
        cmocka_unit_test(test_sizes),
        cmocka_unit_test(test_closed_and_exact_survive),
        cmocka_unit_test(test_cut_record_is_refused),
        cmocka_unit_test(test_wrong_octets_are_refused),
        cmocka_unit_test(test_older_formats_are_read),
        cmocka_unit_test(test_debt_is_found_until_closed_or_old),
        cmocka_unit_test(test_exact_debt_outlives_closing),
        cmocka_unit_test(test_a_buried_debt_is_closed_by_its_replay),
        cmocka_unit_test(test_a_proof_leaves_newer_debts_open),
        cmocka_unit_test(test_equal_input_after_closing_is_a_new_debt),
        cmocka_unit_test(test_equal_debts_have_times_of_their_own),
        cmocka_unit_test(test_oldest_debt_goes_when_full),
        cmocka_unit_test(test_an_equal_sms_stands_before_the_older_one),
        cmocka_unit_test(test_expired_debts_are_dropped),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
