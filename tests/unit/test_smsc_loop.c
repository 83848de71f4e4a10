/*
 * The simulated centre's loop: what comes after a long silence.
 */
#include "tests/smsc/input.h"
#include "tests/smsc/peers.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

enum { SILENCE_US = 300000, PATIENCE_MS = 200 };

struct typist {
    struct loop loop;
    struct input input;
    struct timer deadline;
    bool is_over;
};

static void on_deadline(struct timer *timer, void *arg)
{
    struct typist *t = arg;

    (void)timer;
    t->is_over = true;
}

static void on_line(void *ctx)
{
    struct typist *t = ctx;

    timer_start(&t->loop.timers, &t->deadline, PATIENCE_MS);
}

/* Else a phone that lay idle for longer than that gives the first dial up as it sends it. */
static void test_a_deadline_begins_with_what_was_typed(void **state)
{
    struct typist t = {.is_over = false};
    char line[INPUT_LINE_BYTES];
    int ends[2];

    (void)state;
    assert_int_equal(pipe(ends), 0);
    loop_init(&t.loop);
    timer_init(&t.deadline, on_deadline, &t);
    input_init(&t.input, &t.loop, ends[0], on_line, &t);
    usleep(SILENCE_US);
    assert_int_equal(write(ends[1], "*384#\n", 6), 6);
    loop_turn(&t.loop);
    assert_int_equal(input_next(&t.input, line, sizeof(line)), INPUT_LINE);
    assert_string_equal(line, "*384#");
    assert_false(t.is_over);
    while (!t.is_over)
        loop_turn(&t.loop);
    input_fini(&t.input);
    loop_fini(&t.loop);
    close(ends[0]);
    close(ends[1]);
}

static void on_closed(void *ctx, struct peer *peer, const char *reason)
{
    (void)peer;
    (void)reason;
    *(bool *)ctx = true;
}

/* Else the first connection behind a silence longer than that is closed before its bind is read. */
static void test_the_time_to_bind_begins_with_the_connection(void **state)
{
    const struct peers_settings settings = {
        .listen = "127.0.0.1:0",
        .peer = {.role = PEER_CENTRE, .window = 1, .session_init_ms = PATIENCE_MS},
    };
    const struct peer_owner owner = {.on_closed = on_closed};
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    struct peers peers;
    struct loop loop;
    bool is_over = false;
    int gateway = socket(AF_INET, SOCK_STREAM, 0);

    (void)state;
    loop_init(&loop);
    assert_true(peers_init(&peers, &loop, &settings, &owner, &is_over));
    address.sin_port = htons((uint16_t)peers_port(&peers));
    usleep(SILENCE_US);
    assert_int_equal(connect(gateway, (struct sockaddr *)&address, sizeof(address)), 0);
    while (peers.numbers == 0)
        loop_turn(&loop);
    assert_false(is_over);
    while (!is_over)
        loop_turn(&loop);
    close(gateway);
    peers_fini(&peers);
    loop_fini(&loop);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_deadline_begins_with_what_was_typed),
        cmocka_unit_test(test_the_time_to_bind_begins_with_the_connection),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
