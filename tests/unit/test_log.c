/* Log lines: both formats, masking, hostile values; and the state machines that log each change. */
#include "base/log.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fsm.h"

struct capture {
    char text[8192];
    size_t size;
};

static void keep(void *arg, const char *line, size_t line_bytes)
{
    struct capture *c = arg;

    assert_true(c->size + line_bytes < sizeof(c->text));
    memcpy(c->text + c->size, line, line_bytes);
    c->size += line_bytes;
    c->text[c->size] = '\0';
}

static int set_up(void **state)
{
    static struct capture capture;

    memset(&capture, 0, sizeof(capture));
    log_set_sink(keep, &capture);
    log_set_level(LOG_LEVEL_DEBUG);
    log_set_format(LOG_FORMAT_LOGFMT);
    log_set_show_msisdn(false);
    *state = &capture;
    return 0;
}

/* The line without its time: "2026-11-24T09:40:12.123Z ". */
static const char *after_time(const struct capture *c)
{
    assert_true(c->size > 25);
    assert_int_equal(c->text[23], 'Z');
    return c->text + 25;
}

struct tally {
    unsigned lines, skipped;
};

static void tally(void *arg, const char *line, size_t line_bytes)
{
    struct tally *t = arg;
    char text[256];
    const char *skipped;

    assert_true(line_bytes < sizeof(text));
    memcpy(text, line, line_bytes);
    text[line_bytes] = '\0';
    skipped = strstr(text, " skipped=");
    t->lines++;
    if (skipped != NULL)
        t->skipped += (unsigned)strtoul(skipped + strlen(" skipped="), NULL, 10);
}

static void warn(void)
{
    log_warning("message.refused", LOG_S("link", "op1"));
}

/* A peer that does the same a thousand times a second does not fill the disk. */
static void test_a_flood_is_cut_and_counted(void **state)
{
    struct tally t = {0};

    (void)state;
    log_set_sink(tally, &t);
    for (int i = 0; i < 20000; i++)
        warn();
    assert_in_range(t.lines, LOG_LINES_AT_ONCE, LOG_LINES_AT_ONCE + 20 * LOG_LINES_A_SECOND);
    usleep(1100000);
    for (int i = 0; i < 20000; i++) /* it goes on */
        warn();
    assert_in_range(t.lines, LOG_LINES_AT_ONCE + LOG_LINES_A_SECOND, 2 * LOG_LINES_AT_ONCE - 1);
    for (int i = 0; i < 500; i++)
        log_error("outbox.unreadable"); /* each of them counts */
    assert_true(t.lines >= LOG_LINES_AT_ONCE + 500);
    usleep(1100000);
    warn();
    assert_int_equal(t.lines + t.skipped, 40000 + 500 + 1);
    warn();
    assert_int_equal(t.lines + t.skipped, 40000 + 500 + 2);
}

static void warn_of(const char *link)
{
    log_warning("link.lost", LOG_S("reason", "peer_closed"), LOG_S("link", link));
}

/* One that does the same again and again, over bind after bind, does not hide the others. */
static void test_a_flood_of_one_does_not_hide_others(void **state)
{
    static const char *const others[] = {"op1:1", "agg2:1", "agg3:4", "192.0.2.7", "agg4"};
    char link[16];
    struct tally t = {0};
    unsigned flood;

    (void)state;
    log_set_sink(tally, &t);
    for (unsigned i = 0; i < 20000; i++) {
        snprintf(link, sizeof(link), "agg1:%u", i % 40);
        warn_of(link);
    }
    assert_in_range(t.lines, LOG_LINES_AT_ONCE + LOG_OWN_AT_ONCE, LOG_LINES_AT_ONCE + 10 * 21);
    flood = t.lines;
    for (unsigned i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
        warn_of(others[i]);
        warn_of("agg1:1");
    }
    assert_true(t.lines - flood >= 5);
    for (unsigned i = 0; i < 20000; i++) { /* nor do names without end fill the disk */
        snprintf(link, sizeof(link), "198.51.100.%u", i % 250);
        warn_of(link);
    }
    assert_true(t.lines < 2 * LOG_LINES_AT_ONCE + LOG_NAMES * LOG_OWN_AT_ONCE);
}

static void log_to(int fd)
{
    log_set_sink(NULL, NULL);
    assert_int_equal(dup2(fd, STDERR_FILENO), STDERR_FILENO);
    close(fd);
}

static unsigned count_lines(int fd)
{
    char octets[4096];
    unsigned lines = 0;
    ssize_t size;

    while ((size = read(fd, octets, sizeof(octets))) > 0)
        for (ssize_t i = 0; i < size; i++)
            lines += octets[i] == '\n';
    return lines;
}

/* A pipe, or the journal's socket: nobody reads, then somebody does, then the other end is gone. */
static void check_reader(int in, int out)
{
    int kept = dup(STDERR_FILENO);
    uint64_t lost = log_lost(), all;
    char octets[512];
    ssize_t size;

    log_to(in);
    alarm(30); /* blocking for good would be the loop's end */
    for (unsigned i = 0; i < 20000; i++)
        log_error("outbox.unreadable");
    alarm(0);
    all = log_lost() - lost;
    assert_true(all > 0);
    assert_int_equal(fcntl(out, F_SETFL, O_NONBLOCK), 0);
    assert_int_equal(count_lines(out) + all, 20000);
    log_error("x");
    size = read(out, octets, sizeof(octets) - 1);
    assert_true(size > 0);
    octets[size] = '\0';
    assert_int_equal(strtoull(strstr(octets, " lost=") + 6, NULL, 10), all);
    log_error("x");
    size = read(out, octets, sizeof(octets) - 1);
    octets[size] = '\0';
    assert_null(strstr(octets, "lost"));
    close(out);
    signal(SIGPIPE, SIG_IGN);
    log_error("x");
    log_to(kept);
    assert_int_equal(log_lost() - lost, all + 1);
}

static void test_nobody_reads(void **state)
{
    int ends[2];

    (void)state;
    assert_int_equal(pipe(ends), 0);
    check_reader(ends[1], ends[0]);
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
    check_reader(ends[1], ends[0]);
}

/* What comes from a terminal until nothing more does. */
static size_t read_all(int fd, char *octets, size_t room)
{
    struct pollfd in = {.fd = fd, .events = POLLIN};
    size_t size = 0;

    while (poll(&in, 1, 200) > 0) {
        ssize_t got = read(fd, octets + size, room - 1 - size);

        assert_true(got > 0);
        size += (size_t)got;
    }
    octets[size] = '\0';
    return size;
}

/* The other end of a terminal hangs: a stopped multiplexer, a dead line. */
static void test_nobody_reads_a_terminal(void **state)
{
    int kept = dup(STDERR_FILENO), ours = posix_openpt(O_RDWR | O_NOCTTY);
    uint64_t lost = log_lost();
    static char octets[1 << 20];

    (void)state;
    assert_true(ours >= 0 && grantpt(ours) == 0 && unlockpt(ours) == 0);
    log_to(open(ptsname(ours), O_WRONLY | O_NOCTTY));
    log_open_terminal();
    alarm(30);
    for (unsigned i = 0; i < 5000; i++)
        log_error("outbox.unreadable");
    alarm(0);
    lost = log_lost() - lost;
    assert_true(lost > 0 && lost < 5000);
    assert_int_equal(fcntl(STDERR_FILENO, F_GETFL) & O_NONBLOCK, 0); /* it is not ours alone */
    assert_true(read_all(ours, octets, sizeof(octets)) > 0);
    log_error("x");
    assert_true(read_all(ours, octets, sizeof(octets)) > 0);
    assert_non_null(strstr(octets, "event=x"));
    log_to(open("/dev/null", O_WRONLY));
    log_open_terminal();
    log_to(kept);
    close(ours);
}

/* A file that takes half a line: the next one begins a line of its own. */
static void test_a_full_disk(void **state)
{
    char path[] = "/tmp/warung-log-XXXXXX", octets[512];
    int kept = dup(STDERR_FILENO), fd = mkstemp(path);
    struct rlimit limit;
    uint64_t lost = log_lost();
    rlim_t before;

    (void)state;
    signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
    before = limit.rlim_cur;
    limit.rlim_cur = 30;
    log_to(fd);
    setrlimit(RLIMIT_FSIZE, &limit);
    log_error("first");
    log_error("second");
    limit.rlim_cur = before;
    setrlimit(RLIMIT_FSIZE, &limit);
    log_error("third");
    log_to(dup(kept));
    assert_int_equal(log_lost() - lost, 2);
    fd = open(path, O_RDONLY);
    octets[read(fd, octets, sizeof(octets) - 1)] = '\0';
    close(fd);
    unlink(path);
    assert_int_equal(octets[30], '\n');
    assert_non_null(strstr(octets + 31, "event=third lost="));
    log_to(open("/dev/full", O_WRONLY));
    log_error("fourth");
    log_to(kept);
    assert_int_equal(log_lost() - lost, 3);
}

static void test_logfmt(void **state)
{
    struct capture *c = *state;

    log_info("link.bound", LOG_S("link", "op1"), LOG_U("window", 32), LOG_I("delta", -5));
    assert_string_equal(after_time(c), "level=info event=link.bound link=op1 window=32 delta=-5\n");
}

static void test_values_cannot_break_a_line(void **state)
{
    struct capture *c = *state;

    log_error("x", LOG_S("a", "two words"), LOG_S("b", "\"q\\\n"), LOG_S("c", ""), LOG_S("d", NULL),
              LOG_S("e", "k=v"));
    assert_string_equal(after_time(c), "level=error event=x a=\"two words\" b=\"\\\"q\\\\\\u000a\" "
                                       "c=\"\" d=\"\" e=\"k=v\"\n");
}

static void test_json(void **state)
{
    struct capture *c = *state;

    log_set_format(LOG_FORMAT_JSON);
    log_warning("x.y", LOG_S("a", "b\"\t"), LOG_U("n", 7));
    assert_memory_equal(c->text, "{\"time\":\"20", 11);
    assert_non_null(strstr(
        c->text, "Z\",\"level\":\"warning\",\"event\":\"x.y\",\"a\":\"b\\\"\\u0009\",\"n\":7}\n"));
}

static void test_subscriber_numbers_are_masked(void **state)
{
    struct capture *c = *state;
    char masked[24];

    log_info("x", LOG_MSISDN("msisdn", "6281200000001"));
    assert_string_equal(after_time(c), "level=info event=x msisdn=62812***0001\n");
    log_mask_msisdn("123456789", masked, sizeof(masked));
    assert_string_equal(masked, "***");
    c->size = 0;
    log_set_show_msisdn(true);
    log_info("x", LOG_MSISDN("msisdn", "6281200000001"));
    assert_string_equal(after_time(c), "level=info event=x msisdn=6281200000001\n");
}

static void test_level_decides(void **state)
{
    struct capture *c = *state;

    log_set_level(LOG_LEVEL_WARNING);
    log_debug("x");
    log_info("x");
    assert_int_equal(c->size, 0);
    log_warning("x");
    assert_string_equal(after_time(c), "level=warning event=x\n");
}

static void test_a_long_value_is_cut_and_the_line_ends(void **state)
{
    struct capture *c = *state;
    char value[5000];

    memset(value, 'v', sizeof(value) - 1);
    value[sizeof(value) - 1] = '\0';
    log_info("x", LOG_S("value", value));
    assert_true(c->size <= 2048);
    assert_int_equal(c->text[c->size - 1], '\n');
}

enum { DOOR_OPEN, DOOR_SHUT, DOOR_LOCKED };
static const struct fsm_state door_states[] = {
    {"OPEN", FSM_BIT(0), FSM_BIT(DOOR_SHUT)},
    {"SHUT", FSM_BIT(0) | FSM_BIT(1), FSM_BIT(DOOR_OPEN) | FSM_BIT(DOOR_LOCKED)},
    {"LOCKED", FSM_BIT(1), FSM_BIT(DOOR_SHUT)},
};
static const struct fsm_table door = {"door", door_states, 3};

static void test_state_changes_are_logged(void **state)
{
    struct capture *c = *state;
    unsigned at = DOOR_OPEN;

    assert_true(fsm_accepts(&door, DOOR_SHUT, 1));
    assert_false(fsm_accepts(&door, DOOR_OPEN, 1));
    assert_string_equal(fsm_state_name(&door, DOOR_LOCKED), "LOCKED");
    fsm_enter(&door, &at, DOOR_SHUT, "front", "wind");
    assert_int_equal(at, DOOR_SHUT);
    assert_string_equal(after_time(c),
                        "level=debug event=fsm.state machine=door who=front old=OPEN "
                        "new=SHUT reason=wind\n");
}

static void test_an_unlisted_change_aborts(void **state)
{
    int status;
    pid_t child;

    (void)state;
    child = fork();
    if (child == 0) {
        unsigned at = DOOR_OPEN;

        signal(SIGABRT, SIG_DFL);
        if (close(STDERR_FILENO) == 0)
            fsm_enter(&door, &at, DOOR_LOCKED, "front", "haste");
        _exit(0);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status));
    assert_int_equal(WTERMSIG(status), SIGABRT);
}

/* ... though it has no room for all of its own fields. */
static void test_a_long_line_tells_what_was_lost(void **state)
{
    static char text[3000];
    char octets[4096];
    int kept = dup(STDERR_FILENO), ends[2];
    ssize_t size;

    (void)state;
    memset(text, 'a', sizeof(text) - 1);
    log_to(open("/dev/full", O_WRONLY));
    log_error("x");
    assert_int_equal(pipe(ends), 0);
    log_to(ends[1]);
    log_error("x", LOG_S("reply", text));
    log_error("y");
    log_to(kept);
    size = read(ends[0], octets, sizeof(octets) - 1);
    octets[size] = '\0';
    close(ends[0]);
    assert_non_null(strstr(octets, "event=x lost="));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_logfmt, set_up),
        cmocka_unit_test_setup(test_a_flood_is_cut_and_counted, set_up),
        cmocka_unit_test_setup(test_a_flood_of_one_does_not_hide_others, set_up),
        cmocka_unit_test_setup(test_nobody_reads, set_up),
        cmocka_unit_test_setup(test_nobody_reads_a_terminal, set_up),
        cmocka_unit_test_setup(test_a_full_disk, set_up),
        cmocka_unit_test_setup(test_a_long_line_tells_what_was_lost, set_up),
        cmocka_unit_test_setup(test_values_cannot_break_a_line, set_up),
        cmocka_unit_test_setup(test_json, set_up),
        cmocka_unit_test_setup(test_subscriber_numbers_are_masked, set_up),
        cmocka_unit_test_setup(test_level_decides, set_up),
        cmocka_unit_test_setup(test_a_long_value_is_cut_and_the_line_ends, set_up),
        cmocka_unit_test_setup(test_state_changes_are_logged, set_up),
        cmocka_unit_test_setup(test_an_unlisted_change_aborts, set_up),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
