/*
 * A crowd and a mirror in one process: a right gateway stays clean under every fault of the centre,
 * and each mistake of a wrong one is found.
 */
#include "tests/smsc/crowd.h"
#include "tests/smsc/mirror.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

enum { DIALOGUES = 200, AT_ONCE = 50, LIMIT_MS = 15000 };

struct scene {
    struct loop loop;
    char address[64];
    struct centre_settings centre_settings;
    struct peers_settings mirror_settings;
    struct crowd_settings crowd_settings;
    struct faults faults;
    struct flow *flow;
    struct centre_owner owner;
    struct crowd *crowd;
    struct centre *centre;
    struct mirror *mirror;
    unsigned begun;
    bool is_over;
};

static bool may_begin(void *ctx)
{
    struct scene *s = ctx;

    return crowd_started(s->crowd) < DIALOGUES;
}

static void on_step(void *ctx, uint64_t latency_us, bool ended)
{
    (void)ctx;
    (void)latency_us;
    (void)ended;
}

static void on_answer(void *ctx, uint64_t latency_us)
{
    (void)ctx;
    (void)latency_us;
}

static const struct crowd_owner crowd_owner = {may_begin, on_step, on_answer};

static void on_binds(void *ctx, unsigned count)
{
    struct scene *s = ctx;

    if (count < 2 || s->begun != 0)
        return;
    for (; s->begun < AT_ONCE; s->begun++)
        assert_true(crowd_begin(s->crowd, s->loop.now_us));
}

static void open_scene(struct scene *s, const char *faults, const char *bugs)
{
    const char *bad = NULL;

    memset(s, 0, sizeof(*s));
    snprintf(s->address, sizeof(s->address), "unix:/tmp/smsc-test-%d.sock", (int)getpid());
    loop_init(&s->loop);
    s->flow = flow_load("tests/smsc/flows/register.flow");
    assert_non_null(s->flow);
    faults_init(&s->faults, 7);
    assert_true(faults_parse(&s->faults, faults, &bad));
    s->centre_settings = (struct centre_settings){
        .peers = {.listen = s->address,
                  .peer = {.role = PEER_CENTRE,
                           .system_id = "",
                           .password = "",
                           .window = 16,
                           .response_timeout_ms = 1000}},
        .carrier = {.command_id = WIRE_DELIVER_SM,
                    .response_timeout_ms = 200,
                    .retry_ms = 50,
                    .give_up_ms = 10000,
                    .repeat_ms = 20},
        .late_ms = 50,
    };
    s->mirror_settings = (struct peers_settings){
        .connect = s->address,
        .binds = 2,
        .peer = {.role = PEER_ESME,
                 .system_id = "m",
                 .password = "m",
                 .system_type = "",
                 .bind_command = WIRE_BIND_TRANSCEIVER,
                 .window = 200,
                 .response_timeout_ms = 200},
    };
    s->crowd_settings = (struct crowd_settings){.first_phone = 6281300000000,
                                                .phones = 100000,
                                                .dialogues_max = AT_ONCE,
                                                .screen_timeout_us = 250000,
                                                .speech = speech_find("spec34"),
                                                .echo_unit = true,
                                                .seed = 7};
    s->crowd = crowd_new(&s->loop, &s->crowd_settings, s->flow, &s->faults, &crowd_owner, s);
    crowd_fill_owner(&s->owner);
    s->owner.on_binds = on_binds;
    s->owner.binds_ctx = s;
    s->centre = centre_new(&s->loop, &s->centre_settings, &s->faults, &s->owner, s->crowd);
    assert_non_null(s->centre);
    crowd_set_centre(s->crowd, s->centre);
    s->mirror = mirror_new(&s->loop, &s->mirror_settings, s->flow, 7);
    assert_non_null(s->mirror);
    assert_true(mirror_set_bugs(s->mirror, bugs));
}

static struct ledger_sum add_up(const struct scene *s)
{
    size_t count;
    const struct ledger_row *rows = crowd_rows(s->crowd, &count);

    return ledger_add_up(rows, count, s->flow);
}

static void on_limit(struct timer *t, void *arg)
{
    (void)t;
    ((struct scene *)arg)->is_over = true;
}

/* Wakes the loop even when nobody says anything. */
static void on_tick(struct timer *t, void *arg)
{
    struct scene *s = arg;

    timer_start(&s->loop.timers, t, 20);
}

/* Until everything has come to rest, for good or by the timeouts. */
static struct ledger_sum play(struct scene *s, bool wait_for_sms)
{
    struct timer limit;
    struct timer tick;

    timer_init(&tick, on_tick, s);
    timer_start(&s->loop.timers, &tick, 20);
    timer_init(&limit, on_limit, s);
    timer_start(&s->loop.timers, &limit, LIMIT_MS);
    while (!s->is_over) {
        loop_turn(&s->loop);
        crowd_miss_screens(s->crowd, false);
        if (s->begun != 0 && crowd_is_idle(s->crowd) &&
            carrier_pending(centre_carrier(s->centre)) == 0 &&
            carrier_repeating(centre_carrier(s->centre)) == 0 &&
            (!wait_for_sms || add_up(s).sms_missing == 0))
            break;
    }
    timer_stop(&s->loop.timers, &limit);
    timer_stop(&s->loop.timers, &tick);
    return add_up(s);
}

static void close_scene(struct scene *s)
{
    mirror_free(s->mirror);
    centre_free(s->centre);
    crowd_free(s->crowd);
    flow_free(s->flow);
    loop_fini(&s->loop);
    unlink(s->address + strlen("unix:"));
}

static void test_a_right_gateway_is_clean_under_every_fault(void **state)
{
    static const char *const rows[] = {
        "",
        "repeat=5",
        "lose-response=5",
        "mute=5,late=5,shuffle=10",
        "throttle=0.3,queue-full=0.3,syserr=0.3",
        "swallow=0.5",
        "drop-before=0.2,drop-after=0.2,drop-sent=0.2",
        "repeat=3,lose-response=3,mute=1,late=1,shuffle=5,throttle=0.3,drop-after=0.1",
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct scene s;
        struct ledger_sum sum;

        open_scene(&s, rows[i], "");
        sum = play(&s, true);
        if (s.is_over || !ledger_is_clean(&sum) || sum.subscribers != DIALOGUES ||
            sum.finished + sum.explained != DIALOGUES || sum.unanswered != 0)
            fail_msg("%s: lost %d double %d wrong %d sms %d finished %d explained %d", rows[i],
                     (int)sum.lost, (int)sum.doubled, (int)sum.wrong, (int)sum.sms_missing,
                     (int)sum.finished, (int)sum.explained);
        close_scene(&s);
    }
}

static void test_faults_do_happen(void **state)
{
    struct scene s;
    struct ledger_sum sum;

    (void)state;
    open_scene(&s, "repeat=5,lose-response=5", "refuse=5");
    sum = play(&s, true);
    assert_true(sum.repeats > 50);
    assert_true(sum.duplicates > 50);
    assert_true(centre_stats(s.centre).carrier.temporary > 50);
    assert_int_equal(sum.repeats, s.faults.struck[FAULT_REPEAT]);
    assert_int_equal(sum.finished, DIALOGUES);
    close_scene(&s);
}

static void turn_for(struct scene *s, uint64_t ms)
{
    struct timer tick;

    timer_init(&tick, on_tick, s);
    timer_start(&s->loop.timers, &tick, 20);
    for (uint64_t end_us = s->loop.now_us + ms * 1000; s->loop.now_us < end_us;) {
        loop_turn(&s->loop);
        crowd_miss_screens(s->crowd, false);
    }
    timer_stop(&s->loop.timers, &tick);
}

/* How many subscribers have a copy adrift; each of them stands as far as he may go. */
static unsigned count_held(const struct scene *s)
{
    size_t count;
    const struct ledger_row *rows = crowd_rows(s->crowd, &count);
    unsigned held = 0;

    for (size_t i = 0; i < count; i++)
        if (rows[i].adrift != 0) {
            assert_int_equal(rows[i].inputs - rows[i].adrift, CARRIER_BEHIND_MAX - 1);
            assert_true(rows[i].is_open);
            held++;
        }
    return held;
}

/* The kernel goes on bringing what was written to a connection that we closed. */
static void test_nobody_leaves_a_copy_far_behind(void **state)
{
    struct scene s;
    struct ledger_sum sum;
    int ends[2];
    char octet = 'x';

    (void)state;
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
    assert_int_equal(write(ends[0], &octet, 1), 1);
    open_scene(&s, "", "");
    while (s.begun == 0)
        loop_turn(&s.loop);
    loop_turn(&s.loop);
    adrift_close(&s.loop.adrift, ends[0]);
    centre_drop_all(s.centre);
    turn_for(&s, 1000);
    assert_in_range(count_held(&s), 10, AT_ONCE);
    assert_int_equal(read(ends[1], &octet, 1), 1);
    sum = play(&s, true);
    assert_false(s.is_over);
    assert_true(ledger_is_clean(&sum));
    assert_int_equal(sum.finished + sum.explained, DIALOGUES);
    assert_int_equal(count_held(&s), 0);
    close(ends[1]);
    close_scene(&s);
}

/* Without step numbers a subscriber answers a screen when its input has been answered. */
static void test_no_input_overtakes_one_without_an_answer(void **state)
{
    struct scene s;
    struct timer tick;
    size_t count;
    const struct ledger_row *rows;

    (void)state;
    open_scene(&s, "lose-response=20", "");
    s.crowd_settings.echo_unit = false;
    timer_init(&tick, on_tick, &s);
    timer_start(&s.loop.timers, &tick, 20);
    for (unsigned turns = 0; turns < 20000 && add_up(&s).accepted <= 200; turns++) {
        loop_turn(&s.loop);
        crowd_miss_screens(s.crowd, false);
        rows = crowd_rows(s.crowd, &count);
        for (size_t i = 0; i < count; i++)
            assert_in_range(rows[i].inputs - rows[i].accepted, 0, 1);
    }
    assert_true(s.faults.struck[FAULT_LOSE_RESP] > 10);
    assert_true(add_up(&s).accepted > 200);
    timer_stop(&s.loop.timers, &tick);
    close_scene(&s);
}

static struct ledger_sum play_wrong(const char *faults, const char *bugs)
{
    struct scene s;
    struct ledger_sum sum;

    open_scene(&s, faults, bugs);
    sum = play(&s, false);
    close_scene(&s);
    assert_false(ledger_is_clean(&sum));
    return sum;
}

static void test_every_mistake_is_found(void **state)
{
    struct ledger_sum forgetful;

    (void)state;
    assert_true(play_wrong("", "double=2").doubled > 10);
    assert_true(play_wrong("", "lose=2").lost > 10);
    assert_true(play_wrong("", "no-sms=10").sms_missing > 5);
    /* A step too many is none where we are so slow that screens come too late. */
    forgetful = play_wrong("repeat=5", "forgetful=100");
    assert_true(forgetful.doubled > 5 || forgetful.lost != 0);
    assert_true(forgetful.doubled + forgetful.wrong + forgetful.lost > 5);
    assert_true(play_wrong("repeat=5", "change=100").doubled > 5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_right_gateway_is_clean_under_every_fault),
        cmocka_unit_test(test_faults_do_happen),
        cmocka_unit_test(test_nobody_leaves_a_copy_far_behind),
        cmocka_unit_test(test_no_input_overtakes_one_without_an_answer),
        cmocka_unit_test(test_every_mistake_is_found),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
