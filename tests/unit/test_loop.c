/* gateway/loop and notify: timers, deferred work, what was asked for before a wait, and systemd. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include <event2/event.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "base/clock.h"
#include "gateway/loop.h"
#include "gateway/notify.h"

struct heard {
    struct loop *loop;
    unsigned count;
    uint64_t at_ms;
    bool is_done;
};

static void on_timer(struct timer *timer, void *arg)
{
    struct heard *h = arg;

    (void)timer;
    h->count++;
    h->at_ms = clock_monotonic_ms();
    h->is_done = true;
}

static void on_deferred(struct deferred *d, void *arg)
{
    (void)d;
    ((struct heard *)arg)->is_done = true;
}

static void timers_run_on_time(void **state)
{
    struct heard h = {.loop = loop_new()}, late = {.loop = h.loop};
    struct timer first, second;
    uint64_t begun = clock_monotonic_ms();

    (void)state;
    timer_init(&first, on_timer, &h);
    timer_init(&second, on_timer, &late);
    timer_start(loop_timers(h.loop), &second, 400);
    timer_start(loop_timers(h.loop), &first, 20); /* an earlier one after a later one */
    assert_true(loop_run_until(h.loop, &h.is_done, 5000));
    assert_in_range(h.at_ms - begun, 19, 399);
    assert_false(late.is_done);
    assert_true(loop_run_until(h.loop, &late.is_done, 5000));
    assert_in_range(late.at_ms - begun, 399, 5000);
    loop_free(h.loop);
}

static void a_wait_has_an_end(void **state)
{
    struct loop *loop = loop_new();
    bool never = false;

    (void)state;
    assert_false(loop_run_until(loop, &never, 10));
    loop_free(loop);
}

/* Without this a command that is flushed at the end of a turn would wait for some other event. */
static void deferred_work_from_before_is_done_first(void **state)
{
    struct heard h = {.loop = loop_new()};
    struct deferred d;

    (void)state;
    deferred_init(&d, on_deferred, &h);
    deferred_add(loop_deferred(h.loop), &d);
    assert_true(loop_run_until(h.loop, &h.is_done, 0));
    loop_free(h.loop);
}

static void on_event(evutil_socket_t fd, short what, void *arg)
{
    struct heard *h = arg;

    (void)fd;
    (void)what;
    h->count++;
    loop_stop(h->loop);
}

static void it_stops_from_inside(void **state)
{
    struct heard h = {.loop = loop_new()};
    struct timeval soon = {0, 1000};
    struct event *event = evtimer_new(loop_base(h.loop), on_event, &h);

    (void)state;
    event_add(event, &soon);
    loop_run(h.loop);
    assert_int_equal(h.count, 1);
    event_free(event);
    loop_free(h.loop);
}

static void random_numbers_differ(void **state)
{
    struct loop *a = loop_new(), *b = loop_new();

    (void)state;
    assert_int_not_equal(loop_random(a), loop_random(b));
    loop_free(a);
    loop_free(b);
}

static void systemd_is_told(void **state)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    char text[128] = "";
    int fd = socket(AF_UNIX, SOCK_DGRAM, 0);
    socklen_t size;

    (void)state;
    /* An abstract address, as containers have it. */
    size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 +
                       (size_t)snprintf(address.sun_path + 1, sizeof(address.sun_path) - 1,
                                        "warung-notify-%ld", (long)getpid()));
    assert_int_equal(bind(fd, (struct sockaddr *)&address, size), 0);
    snprintf(text, sizeof(text), "@%s", address.sun_path + 1);
    setenv("NOTIFY_SOCKET", text, 1);
    notify_send("READY=1");
    memset(text, 0, sizeof(text));
    assert_int_equal(recv(fd, text, sizeof(text) - 1, MSG_DONTWAIT), 7);
    assert_string_equal(text, "READY=1");
    notify_send_reloading();
    assert_true(recv(fd, text, sizeof(text) - 1, MSG_DONTWAIT) > 0);
    assert_int_equal(strncmp(text, "RELOADING=1\nMONOTONIC_USEC=", 27), 0);
    setenv("NOTIFY_SOCKET", "relative", 1);
    notify_send("READY=1"); /* is no address: nothing happens */
    unsetenv("NOTIFY_SOCKET");
    notify_send("READY=1");
    assert_true(recv(fd, text, sizeof(text) - 1, MSG_DONTWAIT) < 0);
    close(fd);
}

static void the_watchdog_is_fed_twice_in_its_time(void **state)
{
    char pid[16];

    (void)state;
    unsetenv("WATCHDOG_USEC");
    assert_int_equal(notify_watchdog_ms(), 0);
    setenv("WATCHDOG_USEC", "10000000", 1);
    assert_int_equal(notify_watchdog_ms(), 5000);
    setenv("WATCHDOG_PID", "1", 1);
    assert_int_equal(notify_watchdog_ms(), 0); /* meant for another process */
    snprintf(pid, sizeof(pid), "%ld", (long)getpid());
    setenv("WATCHDOG_PID", pid, 1);
    assert_int_equal(notify_watchdog_ms(), 5000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(timers_run_on_time),
        cmocka_unit_test(a_wait_has_an_end),
        cmocka_unit_test(deferred_work_from_before_is_done_first),
        cmocka_unit_test(it_stops_from_inside),
        cmocka_unit_test(random_numbers_differ),
        cmocka_unit_test(systemd_is_told),
        cmocka_unit_test(the_watchdog_is_fed_twice_in_its_time),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
