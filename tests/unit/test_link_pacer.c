/* The token bucket of a link, and what throttling does to it. */
#include "gateway/link/pacer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

enum { START_MS = 5000000 };

/* Takes all that may leave in `ms`, looking every millisecond. */
static unsigned take_for(struct pacer *p, uint64_t *now_ms, uint64_t ms)
{
    unsigned taken = 0;
    uint8_t ticket;

    for (uint64_t end = *now_ms + ms; *now_ms < end; (*now_ms)++)
        while (pacer_take(p, *now_ms, &ticket) && taken < 1000000) {
            taken++;
            pacer_settle(p, *now_ms, ticket, PACER_TAKEN, 0);
            if (p->rate == 0 && taken % 10 == 0)
                break; /* no limit: ten a millisecond will do */
        }
    return taken;
}

static void test_no_limit(void **state)
{
    struct pacer p;
    uint8_t ticket;

    (void)state;
    pacer_init(&p, 0, START_MS);
    for (int i = 0; i < 100000; i++)
        assert_true(pacer_take(&p, START_MS, &ticket));
    assert_int_equal(pacer_wait_ms(&p, START_MS), 0);
}

static void test_rate_is_kept(void **state)
{
    static const unsigned rates[] = {1, 7, 10, 50, 333, 2000};

    (void)state;
    for (size_t i = 0; i < sizeof(rates) / sizeof(rates[0]); i++) {
        struct pacer p;
        uint64_t now = START_MS;
        unsigned first;
        unsigned more;

        pacer_init(&p, rates[i], now);
        first = take_for(&p, &now, 1000);
        more = take_for(&p, &now, 10000);
        /* A tenth of a second's worth may leave at once, then it is the rate. */
        assert_in_range(first, rates[i], rates[i] + rates[i] / 10 + 1);
        assert_in_range(more, rates[i] * 10 - 1, rates[i] * 10 + 1);
    }
}

static void test_wait_is_exact_enough(void **state)
{
    struct pacer p;
    uint64_t now = START_MS;
    uint8_t ticket;

    (void)state;
    pacer_init(&p, 4, now);
    assert_true(pacer_take(&p, now, &ticket));
    for (int i = 0; i < 100; i++) {
        uint64_t wait;

        assert_false(pacer_take(&p, now, &ticket));
        wait = pacer_wait_ms(&p, now);
        assert_in_range(wait, 249, 252);
        assert_false(pacer_take(&p, now + wait - 3, &ticket));
        now += wait;
        assert_int_equal(pacer_wait_ms(&p, now), 0);
        assert_true(pacer_take(&p, now, &ticket));
    }
}

static void test_idle_saves_nothing_up(void **state)
{
    struct pacer p;
    uint64_t now = START_MS;

    (void)state;
    pacer_init(&p, 100, now);
    now += 3600 * 1000;
    assert_in_range(take_for(&p, &now, 1), 1, 11);
}

/* As often as it takes. */
static void throttle(struct pacer *p, uint64_t now)
{
    uint8_t ticket;

    assert_true(pacer_take(p, now, &ticket));
    for (int i = 0; i < 3; i++) {
        assert_int_equal(p->state, PACER_RUNNING);
        pacer_settle(p, now, ticket, PACER_THROTTLED, 0);
    }
    assert_int_equal(p->state, PACER_PAUSED);
}

/* Answers in turn: 'x' is a refusal; false where they slow the link down. */
static bool is_borne(const char *answers, unsigned times)
{
    struct pacer p;
    uint8_t ticket;

    pacer_init(&p, 0, START_MS);
    for (unsigned i = 0; i < times; i++)
        for (const char *a = answers; *a != '\0'; a++) {
            assert_true(pacer_take(&p, START_MS, &ticket));
            pacer_settle(&p, START_MS, ticket, *a == 'x' ? PACER_THROTTLED : PACER_TAKEN, 0);
            if (p.state != PACER_RUNNING || p.rate != 0)
                return false;
        }
    return true;
}

/* What a full queue of a single phone, or an unlucky second, is not taken for. */
static void test_refusals_now_and_then_are_borne(void **state)
{
    (void)state;
    assert_true(is_borne("x.......", 1));
    assert_true(is_borne("xx", 1));
    assert_false(is_borne("xxx", 1));
    assert_true(is_borne("x..............xx", 1));
    assert_false(is_borne("x.............xx", 1));
    assert_true(is_borne("x...............", 100)); /* 1 in 16: four of 64 */
    assert_false(is_borne("x.............", 100));  /* 1 in 14 */
    assert_false(is_borne("x.......", 100));
}

static void test_throttled_pauses_then_probes(void **state)
{
    struct pacer p;
    uint64_t now = START_MS;
    uint8_t ticket;

    (void)state;
    pacer_init(&p, 100, now);
    throttle(&p, now);
    assert_int_equal(p.state, PACER_PAUSED);
    assert_int_equal((int)p.rate, 50);
    assert_int_equal(pacer_wait_ms(&p, now), 700); /* random 0: 1 s - 30 % */
    assert_false(pacer_take(&p, now + 699, &ticket));
    now += 700;
    assert_true(pacer_take(&p, now, &ticket));
    assert_int_equal(pacer_wait_ms(&p, now), UINT64_MAX);
    now += 60000;
    assert_false(pacer_take(&p, now, &ticket)); /* one probe, however long it takes */
    pacer_settle(&p, now, ticket, PACER_TAKEN, 0);
    assert_int_equal(p.state, PACER_RUNNING);
    assert_in_range(take_for(&p, &now, 1000), 50, 56);
    throttle(&p, now);
    assert_int_equal(pacer_wait_ms(&p, now), 700); /* a pause of its own, not a longer one */
}

/* Some phones' queues in a row at a quiet time, or the centre's own. */
static void test_full_queues_leave_the_rate(void **state)
{
    struct pacer p;
    uint64_t now = START_MS;
    uint8_t ticket;

    (void)state;
    pacer_init(&p, 0, now);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(p.state, PACER_RUNNING);
        assert_true(pacer_take(&p, now, &ticket));
        pacer_settle(&p, now, ticket, PACER_CROWDED, 0);
    }
    assert_int_equal(p.state, PACER_PAUSED);
    now += pacer_wait_ms(&p, now);
    assert_true(pacer_take(&p, now, &ticket));
    pacer_settle(&p, now, ticket, PACER_CROWDED, 0);
    assert_int_equal(p.state, PACER_PAUSED); /* full still */
    now += pacer_wait_ms(&p, now);
    assert_true(pacer_take(&p, now, &ticket));
    pacer_settle(&p, now, ticket, PACER_TAKEN, 0);
    assert_int_equal(p.state, PACER_RUNNING);
    assert_true(p.rate == 0);
}

static void test_what_lies_ahead(void **state)
{
    struct pacer p;
    uint64_t now = START_MS;
    uint8_t ticket;

    (void)state;
    pacer_init(&p, 0, now);
    assert_true(pacer_ahead(&p, now, 10) == UINT32_MAX);
    pacer_init(&p, 7, now);
    assert_int_equal(pacer_ahead(&p, now, 10), 70);
    throttle(&p, now);
    assert_int_equal(pacer_ahead(&p, now, 10), 0);
    now += pacer_wait_ms(&p, now);
    assert_int_equal(pacer_ahead(&p, now, 10), 1);
    assert_true(pacer_take(&p, now, &ticket));
    assert_int_equal(pacer_ahead(&p, now, 10), 1); /* the probe itself is in the count */
    pacer_settle(&p, now, ticket, PACER_TAKEN, 0);
    assert_int_equal(pacer_ahead(&p, now, 10), 35);
}

static void test_pause_doubles_to_a_minute(void **state)
{
    static const uint64_t least[] = {700, 1400, 2800, 5600, 11200, 22400, 42000, 42000, 42000};
    static const uint64_t most[] = {1300, 2600, 5200, 10400, 20800, 41600, 78000, 78000, 78000};

    (void)state;
    for (int extreme = 0; extreme < 2; extreme++) {
        struct pacer p;
        uint64_t now = START_MS;

        pacer_init(&p, 10, now);
        for (size_t i = 0; i < sizeof(least) / sizeof(least[0]); i++) {
            uint8_t ticket;
            uint64_t pause = (uint64_t)1000 << i;

            if (pause > 60000)
                pause = 60000;
            assert_true(pacer_take(&p, now, &ticket));
            for (unsigned before = i == 0 ? 2 : 0; before != 0; before--)
                pacer_settle(&p, now, ticket, PACER_THROTTLED, 0);
            pacer_settle(&p, now, ticket, PACER_THROTTLED, extreme ? pause * 6 / 10 : 0);
            assert_int_equal(pacer_wait_ms(&p, now), extreme ? most[i] : least[i]);
            now += pacer_wait_ms(&p, now);
        }
        assert_int_equal((int)p.rate, 5); /* a refused probe lengthens the pause, no more */
    }
}

static void test_older_answers_change_nothing(void **state)
{
    struct pacer p;
    uint64_t now = START_MS;
    uint8_t old[5];
    uint8_t probe;

    (void)state;
    pacer_init(&p, 1000, now);
    for (int i = 0; i < 5; i++)
        assert_true(pacer_take(&p, now, &old[i]));
    for (int i = 0; i < 4; i++)
        pacer_settle(&p, now, old[i], PACER_THROTTLED, 0);
    assert_int_equal((int)p.rate, 500);
    now += 700;
    assert_true(pacer_take(&p, now, &probe));
    pacer_settle(&p, now, old[4], PACER_TAKEN, 0); /* not the probe's answer */
    assert_int_equal(p.state, PACER_PROBING);
    pacer_settle(&p, now, probe, PACER_TAKEN, 0);
    for (int i = 0; i < 3; i++)
        pacer_settle(&p, now, old[4], PACER_THROTTLED, 0);
    assert_int_equal(p.state, PACER_RUNNING);
}

static void test_silent_probe_pauses_again(void **state)
{
    struct pacer p;
    uint64_t now = START_MS;
    uint8_t ticket;

    (void)state;
    pacer_init(&p, 10, now);
    assert_true(pacer_take(&p, now, &ticket));
    pacer_settle(&p, now, ticket, PACER_SILENCE, 0);
    assert_int_equal(p.state, PACER_RUNNING); /* silence is no throttling */
    now += 1000;
    throttle(&p, now);
    now += 700;
    assert_true(pacer_take(&p, now, &ticket));
    pacer_settle(&p, now, ticket, PACER_SILENCE, 0);
    assert_int_equal(p.state, PACER_PAUSED);
    assert_int_equal(pacer_wait_ms(&p, now), 1400);
}

static void end_pause(struct pacer *p, uint64_t *now)
{
    uint8_t ticket;

    *now += pacer_wait_ms(p, *now);
    assert_true(pacer_take(p, *now, &ticket));
    pacer_settle(p, *now, ticket, PACER_TAKEN, 0);
}

static void throttle_again(struct pacer *p, uint64_t *now)
{
    end_pause(p, now);
    *now += 20;
    throttle(p, *now);
}

/* Fast to near the rate that was refused, and beyond it; slowly past it. */
static void test_rate_recovers(void **state)
{
    struct pacer p;
    uint64_t now = START_MS;

    (void)state;
    pacer_init(&p, 1000, now);
    throttle(&p, now);
    throttle_again(&p, &now);
    assert_int_equal((int)p.rate, 250); /* of 500 */
    end_pause(&p, &now);
    assert_in_range(take_for(&p, &now, 1000), 249, 276);
    assert_in_range(take_for(&p, &now, 1000), 274, 304);
    take_for(&p, &now, 5000);
    assert_in_range((int)p.rate, 440, 500);
    assert_in_range(take_for(&p, &now, 9000), 9 * 440, 9 * 500);
    take_for(&p, &now, 15000);
    assert_in_range((int)p.rate, 520, 600);
    take_for(&p, &now, 18000);
    assert_true(p.rate == p.tps);
    assert_in_range(take_for(&p, &now, 10000), 9999, 10101);
    /* The next pause begins at its base again. */
    throttle(&p, now + 1000);
    assert_int_equal(pacer_wait_ms(&p, now + 1000), 700);
}

static void test_floor(void **state)
{
    struct pacer p;
    uint64_t now = START_MS;

    (void)state;
    pacer_init(&p, 3, now);
    for (int i = 0; i < 5; i++) {
        throttle(&p, now);
        end_pause(&p, &now);
        now += 5000;
    }
    assert_true(p.rate == 1.0);
    pacer_init(&p, 1, now);
    throttle(&p, now);
    assert_true(p.rate == 1.0);
    end_pause(&p, &now);
    now += 11000;
    throttle(&p, now);
    assert_int_equal(pacer_wait_ms(&p, now), 700); /* the doubling was forgotten at the floor too */
}

/* Where one a second is all that is taken, a second one would be refused at once. */
static void test_probe_counts_for_the_rate(void **state)
{
    struct pacer p;
    uint64_t now = START_MS;
    uint8_t ticket;

    (void)state;
    pacer_init(&p, 1, now);
    assert_true(pacer_take(&p, now, &ticket));
    now += 900;
    assert_false(pacer_take(&p, now, &(uint8_t){0}));
    for (int i = 0; i < 3; i++)
        pacer_settle(&p, now, ticket, PACER_THROTTLED, 0);
    end_pause(&p, &now);
    assert_false(pacer_take(&p, now + 900, &ticket));
    assert_true(pacer_take(&p, now + 1000, &ticket));
}

static void test_no_limit_gets_one_while_throttled(void **state)
{
    struct pacer p;
    uint64_t now = START_MS;
    uint8_t ticket;

    (void)state;
    pacer_init(&p, 0, now);
    take_for(&p, &now, 60000); /* counts for nothing by now */
    now += 2000;
    for (int i = 0; i < 1000; i++)
        assert_true(pacer_take(&p, now + (uint64_t)i, &ticket));
    now += 1000;
    throttle(&p, now);
    assert_in_range((int)p.rate, 499, 501); /* half of the last second's thousand */
    end_pause(&p, &now);
    assert_in_range(take_for(&p, &now, 1000), 490, 560);
    assert_in_range(take_for(&p, &now, 1000), 540, 610); /* and grows from there, not freely */
    now += 200000;
    assert_true(pacer_take(&p, now, &ticket));
    assert_true(p.rate == 0); /* twice as fast as when it was refused, without a refusal: free */
    assert_int_equal(pacer_wait_ms(&p, now), 0);
}

static void test_what_did_not_leave_is_given_back(void **state)
{
    struct pacer p;
    uint64_t now = START_MS;
    uint8_t ticket;

    (void)state;
    pacer_init(&p, 1, now);
    for (int i = 0; i < 3; i++) {
        assert_true(pacer_take(&p, now, &ticket));
        pacer_give_back(&p);
    }
    assert_true(pacer_take(&p, now, &ticket));
    assert_false(pacer_take(&p, now, &ticket));
    pacer_init(&p, 0, now);
    for (int i = 0; i < 100; i++) {
        assert_true(pacer_take(&p, now, &ticket));
        if (i >= 10)
            pacer_give_back(&p);
    }
    for (int i = 0; i < 3; i++)
        pacer_settle(&p, now, ticket, PACER_THROTTLED, 0);
    assert_true(p.rate == 5);     /* half of what left */
    for (int i = 0; i < 3; i++) { /* nor has the pause's probe been refused */
        assert_true(pacer_take(&p, now + 1300, &ticket));
        pacer_give_back(&p);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_no_limit),
        cmocka_unit_test(test_rate_is_kept),
        cmocka_unit_test(test_wait_is_exact_enough),
        cmocka_unit_test(test_idle_saves_nothing_up),
        cmocka_unit_test(test_refusals_now_and_then_are_borne),
        cmocka_unit_test(test_throttled_pauses_then_probes),
        cmocka_unit_test(test_full_queues_leave_the_rate),
        cmocka_unit_test(test_what_lies_ahead),
        cmocka_unit_test(test_pause_doubles_to_a_minute),
        cmocka_unit_test(test_older_answers_change_nothing),
        cmocka_unit_test(test_silent_probe_pauses_again),
        cmocka_unit_test(test_rate_recovers),
        cmocka_unit_test(test_floor),
        cmocka_unit_test(test_probe_counts_for_the_rate),
        cmocka_unit_test(test_no_limit_gets_one_while_throttled),
        cmocka_unit_test(test_what_did_not_leave_is_given_back),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
