/* When a connection to Redis that broke, or could not be made, is tried again; with a fake clock.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <event2/event.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/log.h"
#include "sessions/redis_conn.h"

enum { MIN_MS = 50, MAX_MS = 2000 };

struct rig {
    struct event_base *base;
    struct timer_queue timers;
    struct deferred_queue deferred;
    struct random_source random;
    struct redis_conn *conn;
    struct redis_address address;
    char folder[32];
    unsigned downs;
    int peer; /* the server's end */
};

static void on_up(void *ctx, struct redis_conn *c)
{
    (void)ctx;
    redis_conn_greeted(c);
}

static void on_down(void *ctx, struct redis_conn *c, const char *reason, bool was_ready)
{
    struct rig *r = ctx;

    (void)c;
    (void)reason;
    (void)was_ready;
    r->downs++;
}

static void set_address(struct rig *r, const char *name)
{
    char text[64];

    snprintf(text, sizeof(text), "unix:%s/%s", r->folder, name);
    assert_true(redis_address_parse(text, &r->address));
}

static void rig_init(struct rig *r)
{
    struct redis_conn_settings settings = {.connect_timeout_ms = 1000,
                                           .backoff_min_ms = MIN_MS,
                                           .backoff_max_ms = MAX_MS,
                                           .in_flight_max = 10,
                                           .output_bytes_max = 1000,
                                           .wait_replicas = 1,
                                           .wait_timeout_ms = 1000,
                                           .on_up = on_up,
                                           .on_down = on_down,
                                           .ctx = r};

    *r = (struct rig){.base = event_base_new(), .folder = "/tmp/warung-conn-XXXXXX"};
    assert_non_null(mkdtemp(r->folder));
    timer_queue_init(&r->timers, 1000);
    deferred_queue_init(&r->deferred);
    r->random.state = 1;
    set_address(r, "a");
    settings.base = r->base;
    settings.timers = &r->timers;
    settings.deferred = &r->deferred;
    settings.random = &r->random;
    r->conn = redis_conn_new(&settings, &r->address);
    redis_conn_start(r->conn);
}

static void rig_fini(struct rig *r)
{
    redis_conn_free(r->conn);
    timer_queue_fini(&r->timers);
    event_base_free(r->base);
    if (r->peer > 0)
        close(r->peer);
    rmdir(r->folder);
}

static uint64_t wait_ms(struct rig *r)
{
    uint64_t due_ms;

    assert_int_equal(redis_conn_state(r->conn), REDIS_CONN_WAITING);
    assert_true(timer_queue_next(&r->timers, &due_ms));
    return due_ms - r->timers.now_ms;
}

/* Tries, in vain: nobody listens there. */
static void fail_once(struct rig *r)
{
    unsigned before = r->downs;

    timer_queue_run(&r->timers, r->timers.now_ms + wait_ms(r));
    deferred_run(&r->deferred);
    assert_int_equal(r->downs, before + 1);
}

static void be_accepted(struct rig *r, int listener)
{
    timer_queue_run(&r->timers, r->timers.now_ms + wait_ms(r));
    while (!redis_conn_is_ready(r->conn)) {
        event_base_loop(r->base, EVLOOP_ONCE);
        deferred_run(&r->deferred);
    }
    r->peer = accept(listener, NULL, NULL);
    close(listener);
}

static void connect_once(struct rig *r)
{
    struct sockaddr_un name = {.sun_family = AF_UNIX};
    int listener = socket(AF_UNIX, SOCK_STREAM, 0);

    snprintf(name.sun_path, sizeof(name.sun_path), "%s", r->address.host);
    assert_int_equal(bind(listener, (struct sockaddr *)&name, sizeof(name)), 0);
    assert_int_equal(listen(listener, 1), 0);
    be_accepted(r, listener);
    unlink(name.sun_path);
}

/* To a server that takes few octets before it reads. */
static void connect_by_tcp(struct rig *r)
{
    struct sockaddr_in name = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    socklen_t name_bytes = sizeof(name);
    int listener = socket(AF_INET, SOCK_STREAM, 0), few = 4096;
    char text[32];

    assert_int_equal(setsockopt(listener, SOL_SOCKET, SO_RCVBUF, &few, sizeof(few)), 0);
    assert_int_equal(bind(listener, (struct sockaddr *)&name, sizeof(name)), 0);
    assert_int_equal(listen(listener, 1), 0);
    assert_int_equal(getsockname(listener, (struct sockaddr *)&name, &name_bytes), 0);
    snprintf(text, sizeof(text), "127.0.0.1:%u", ntohs(name.sin_port));
    assert_true(redis_address_parse(text, &r->address));
    redis_conn_retarget(r->conn, &r->address);
    be_accepted(r, listener);
}

static void test_waits_longer_each_time(void **state)
{
    struct rig r;
    bool is_spread = false;

    (void)state;
    rig_init(&r);
    assert_int_equal(wait_ms(&r), 0);
    for (unsigned i = 0; i < 10; i++) {
        uint64_t full_ms = i < 6 ? MIN_MS << i : MAX_MS;

        fail_once(&r);
        assert_in_range(wait_ms(&r), full_ms / 2, full_ms);
        is_spread |= wait_ms(&r) < full_ms * 3 / 4;
    }
    assert_true(is_spread);
    rig_fini(&r);
}

/* A break behind a long absence is tried at once again, and so is another server. */
static void test_begins_anew(void **state)
{
    struct rig r;

    (void)state;
    rig_init(&r);
    for (unsigned i = 0; i < 10; i++)
        fail_once(&r);
    connect_once(&r);
    redis_conn_drop(r.conn, "test");
    deferred_run(&r.deferred);
    assert_in_range(wait_ms(&r), MIN_MS / 2, MIN_MS);
    for (unsigned i = 0; i < 10; i++)
        fail_once(&r);
    set_address(&r, "b");
    redis_conn_retarget(r.conn, &r.address);
    assert_int_equal(wait_ms(&r), 0);
    fail_once(&r);
    assert_in_range(wait_ms(&r), MIN_MS / 2, MIN_MS);
    rig_fini(&r);
}

static void on_reply(struct redis_call *call, const struct redisReply *reply)
{
    (void)call;
    (void)reply;
}

static void send_write(struct rig *r, struct redis_call *call, const char *command)
{
    struct span octets = {(const uint8_t *)command, strlen(command)};

    *call = (struct redis_call){.fn = on_reply, .is_write = true};
    assert_true(redis_conn_send(r->conn, call, octets, 1000, false));
    deferred_run(&r->deferred);
}

static void expect_sent(const struct rig *r, const char *expected)
{
    char text[256];
    ssize_t size = recv(r->peer, text, sizeof(text) - 1, MSG_DONTWAIT);

    text[size > 0 ? size : 0] = '\0';
    assert_string_equal(text, expected);
}

/* What was to be written while a WAIT had no answer leaves behind that, though nothing more comes.
 */
static void test_a_wait_lets_go_what_gathered(void **state)
{
    static const char wait[] = "*3\r\n$4\r\nWAIT\r\n$1\r\n1\r\n$4\r\n1000\r\n";
    struct redis_call calls[2];
    char expected[128];
    struct rig r;

    (void)state;
    rig_init(&r);
    connect_once(&r);
    for (unsigned i = 0; i < 2; i++) {
        snprintf(expected, sizeof(expected), "*1\r\n$2\r\nA%u\r\n", i);
        send_write(&r, &calls[i], expected);
        strcat(expected, wait);
        if (i == 0) {
            expect_sent(&r, expected);
            continue;
        }
        expect_sent(&r, "");
        assert_int_equal(send(r.peer, "+OK\r\n:1\r\n", 9, 0), 9);
        event_base_loop(r.base, EVLOOP_ONCE);
        deferred_run(&r.deferred);
        expect_sent(&r, expected);
    }
    rig_fini(&r);
}

/* The server was away, or the road to it: it is not to carry out behind the deadline what waited in
 * our kernel. */
static void test_what_is_given_up_does_not_arrive(void **state)
{
    enum { BYTES = 1000000 };
    static const char head[] = "*1\r\n$1000000\r\n", end[] = "\r\n";
    static char command[sizeof(head) - 1 + BYTES + sizeof(end) - 1];
    char read[4096];
    struct redis_call call = {.fn = on_reply};
    ssize_t size, arrived = 0;
    struct rig r;

    (void)state;
    rig_init(&r);
    connect_by_tcp(&r);
    memset(command, 'A', sizeof(command));
    memcpy(command, head, sizeof(head) - 1);
    memcpy(command + sizeof(head) - 1 + BYTES, end, sizeof(end) - 1);
    assert_true(redis_conn_send(r.conn, &call, span_of(command, sizeof(command)), 1000, false));
    deferred_run(&r.deferred);
    timer_queue_run(&r.timers, r.timers.now_ms + 1000);
    deferred_run(&r.deferred);
    assert_int_equal(redis_conn_state(r.conn), REDIS_CONN_WAITING);
    while ((size = recv(r.peer, read, sizeof(read), 0)) > 0)
        arrived += size;
    assert_int_equal(size, -1);
    assert_int_equal(errno, ECONNRESET);
    assert_in_range(arrived, 1, BYTES / 2);
    rig_fini(&r);
}

static void keep_event(void *arg, const char *line, size_t size)
{
    char *events = arg;
    const char *at = memmem(line, size, "event=", 6);

    assert_non_null(at);
    at += strlen("event=");
    strncat(events, at, strcspn(at, "\n"));
    strcat(events, ";");
}

/* Each reply behind one write of its own; what was logged. */
static void play_waits(struct rig *r, const char *const replies[], unsigned count, char *events)
{
    struct redis_call call;

    connect_once(r);
    log_set_sink(keep_event, events);
    for (unsigned i = 0; i < count; i++) {
        send_write(r, &call, "*1\r\n$1\r\nA\r\n");
        assert_int_equal(send(r->peer, replies[i], strlen(replies[i]), 0), strlen(replies[i]));
        event_base_loop(r->base, EVLOOP_ONCE);
        deferred_run(&r->deferred);
    }
    log_set_sink(NULL, NULL);
}

/* Else nobody reads anywhere why nothing is acknowledged. Once, and once that it is over. */
static void test_tells_when_replicas_do_not_have_it(void **state)
{
    static const char *const replies[] = {"+OK\r\n:1\r\n", "+OK\r\n:0\r\n", "+OK\r\n:1\r\n",
                                          "+OK\r\n:0\r\n", "+OK\r\n:0\r\n", "+OK\r\n:1\r\n"};
    static const char *const told[] = {"store.not_replicated", "store.replicated",
                                       "store.not_replicated", "store.replicated"};
    char events[512] = "";
    const char *at = events;
    struct rig r;

    (void)state;
    rig_init(&r);
    play_waits(&r, replies, 6, events);
    assert_int_equal(redis_conn_short_waits(r.conn), 3);
    assert_non_null(strstr(events, " replicas=0 waited_for=1;"));
    for (unsigned i = 0; i < 4; i++) {
        assert_ptr_equal(strstr(at, told[i]), at);
        at = strchr(at, ';') + 1;
    }
    assert_string_equal(at, "");
    rig_fini(&r);
}

/* As to a user without that right: it is as with no replica, and the words say what else. */
static void test_tells_when_it_may_not_wait(void **state)
{
    static const char *const replies[] = {"+OK\r\n-NOPERM no\r\n", "+OK\r\n-NOPERM no\r\n",
                                          "+OK\r\n:1\r\n"};
    char events[512] = "";
    struct rig r;

    (void)state;
    rig_init(&r);
    play_waits(&r, replies, 3, events);
    assert_int_equal(redis_conn_short_waits(r.conn), 2);
    assert_ptr_equal(strstr(events, "store.not_replicated"), events);
    assert_non_null(strstr(events, " reply=\"NOPERM no\" "));
    assert_ptr_equal(strchr(events, ';') + 1, strstr(events, "store.replicated"));
    rig_fini(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_waits_longer_each_time),
        cmocka_unit_test(test_begins_anew),
        cmocka_unit_test(test_a_wait_lets_go_what_gathered),
        cmocka_unit_test(test_what_is_given_up_does_not_arrive),
        cmocka_unit_test(test_tells_when_replicas_do_not_have_it),
        cmocka_unit_test(test_tells_when_it_may_not_wait),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
