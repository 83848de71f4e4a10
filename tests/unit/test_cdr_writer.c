/* The thread that writes call detail records, and full disks. */
#include "tests/support/cdr_rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "gateway/cdr/cdr_writer.h"

static bool has_right_clock;

static bool clock_agrees(void *arg)
{
    (void)arg;
    return has_right_clock;
}

static struct cdr_writer *open_writer(unsigned rotate_s, uint64_t rotate_bytes, size_t queue_bytes)
{
    struct cdr_writer_settings s = {.directory = cdr_rig.folder,
                                    .instance = "gw1",
                                    .key_file = cdr_rig.key_path,
                                    .rotate_s = rotate_s,
                                    .rotate_bytes = rotate_bytes,
                                    .queue_bytes = queue_bytes,
                                    .keep_s = 86400,
                                    .timers = &cdr_rig.timers,
                                    .clock_agrees = clock_agrees};
    struct cdr_writer *w = cdr_writer_new(&s, cdr_rig.error, sizeof(cdr_rig.error));

    if (w == NULL)
        fail_msg("%s", cdr_rig.error);
    return w;
}

static struct cdr_verdict verify(unsigned sequence)
{
    struct cdr_verdict v;

    cdr_verify(cdr_rig_path(sequence, ""), cdr_rig.public_key, &v);
    assert_string_equal(v.fault, "");
    return v;
}

static void put(struct cdr_writer *w, unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        cdr_writer_put(w, "{\"type\":\"x\"}\n", 13);
}

/* Until the thread has done what is asked for; fails after ten seconds. */
#define AWAIT(w, condition)                                                                        \
    do {                                                                                           \
        struct cdr_counters c;                                                                     \
        unsigned tries_ = 0;                                                                       \
        do {                                                                                       \
            usleep(5000);                                                                          \
            c = cdr_writer_counters(w);                                                            \
            assert_true(tries_++ < 2000);                                                          \
        } while (!(condition));                                                                    \
    } while (0)

static void test_the_writer_rotates_by_size_and_time(void **state)
{
    struct cdr_writer *w = open_writer(3600, 1000, 65536);

    (void)state;
    for (unsigned i = 1; i <= 3; i++) {
        put(w, 100);
        AWAIT(w, c.files == i);
        cdr_rig_assert_fault(i, "");
    }
    cdr_writer_free(w);
    w = open_writer(1, 1 << 20, 65536);
    put(w, 1);
    AWAIT(w, c.files == 1); /* nobody writes any more */
    cdr_rig_assert_fault(4, "");
    cdr_writer_free(w);
}

static void test_the_end_closes_the_file(void **state)
{
    struct cdr_writer *w = open_writer(3600, 1 << 20, 65536);
    struct cdr_verdict v;

    (void)state;
    put(w, 500);
    cdr_writer_free(w);
    v = verify(1);
    assert_int_equal(v.records, 500);
}

static char logged[4096];

static void keep_line(void *arg, const char *line, size_t size)
{
    (void)arg;
    if (strlen(logged) + size < sizeof(logged))
        strncat(logged, line, size);
}

static void test_a_file_that_is_taken_away(void **state)
{
    struct cdr_writer *w = open_writer(3600, 1 << 20, 65536);
    struct cdr_verdict v;

    (void)state;
    put(w, 3);
    AWAIT(w, c.written_bytes == 39);
    cdr_rig_remove(cdr_rig_path(1, ".part"));
    AWAIT(w, c.dropped == 3);
    put(w, 2);
    AWAIT(w, c.written_bytes == 65);
    assert_int_equal(rename(cdr_rig_path(1, ".part"), cdr_rig.key_path), 0); /* carried away */
    AWAIT(w, c.dropped == 5);
    put(w, 1);
    logged[0] = '\0';
    log_set_sink(keep_line, NULL);
    cdr_writer_free(w);
    log_set_sink(NULL, NULL);
    assert_non_null(strstr(logged, "event=cdr.lost"));
    assert_non_null(strstr(logged, "records=5 reason=\"No such file or directory\" dropped=5"));
    v = verify(1);
    assert_int_equal(v.records, 1);
    assert_int_equal(v.dropped, 5);
}

static void move(const char *from, const char *to)
{
    assert_int_equal(rename(from, to), 0);
}

/* A mv there and back, an editor, a copy put back: another file has the name. It is closed as one
 * that a crash has left, and the chain goes on. */
static void test_a_file_whose_name_another_has(void **state)
{
    struct cdr_writer *w = open_writer(3600, 1 << 20, 65536);
    struct cdr_verdict v;
    char aside[96];

    (void)state;
    snprintf(aside, sizeof(aside), "%s/aside", cdr_rig.folder);
    put(w, 3);
    AWAIT(w, c.written_bytes == 39);
    move(cdr_rig_path(1, ".part"), aside);
    AWAIT(w, c.dropped == 3);
    put(w, 2);
    AWAIT(w, c.written_bytes == 65);
    move(aside, cdr_rig_path(1, ".part")); /* over the new one */
    AWAIT(w, c.dropped == 5);
    put(w, 1);
    AWAIT(w, c.written_bytes == 78);
    cdr_writer_free(w);
    v = verify(1);
    assert_int_equal(v.records, 3);
    assert_int_equal(v.dropped, 3);
    assert_true(v.is_recovered);
    v = verify(2);
    assert_int_equal(v.records, 1);
    assert_int_equal(v.dropped, 2);
}

static void test_a_folder_that_is_taken_away(void **state)
{
    struct cdr_writer *w = open_writer(3600, 1 << 20, 65536);
    struct cdr_verdict v;
    char aside[96], part[160];

    (void)state;
    snprintf(aside, sizeof(aside), "%s-aside", cdr_rig.folder);
    snprintf(part, sizeof(part), "%s/cdr-gw1-000000001.jsonl.part", aside);
    put(w, 3);
    AWAIT(w, c.written_bytes == 39);
    move(cdr_rig.folder, aside);
    AWAIT(w, c.dropped == 3);
    put(w, 2);
    AWAIT(w, c.written_bytes == 65);
    cdr_writer_free(w);
    v = verify(1);
    assert_int_equal(v.records, 2);
    assert_int_equal(v.dropped, 3);
    cdr_rig_remove(part);
    cdr_rig_each(cdr_rig_remove);
    assert_int_equal(rmdir(cdr_rig.folder), 0);
    move(aside, cdr_rig.folder);
}

/* No file is open just then: the next one is made where it belongs, and the place is kept there,
 * for a start after a kill. */
static void test_a_folder_that_is_taken_away_between_files(void **state)
{
    struct cdr_writer *w = open_writer(3600, 1000, 65536);
    char aside[96], place[96];

    (void)state;
    snprintf(aside, sizeof(aside), "%s-aside", cdr_rig.folder);
    snprintf(place, sizeof(place), "%s/cdr-gw1.state", cdr_rig.folder);
    put(w, 100);
    AWAIT(w, c.files == 1);
    move(cdr_rig.folder, aside);
    put(w, 2);
    AWAIT(w, c.written_bytes == 1326 && access(place, F_OK) == 0);
    cdr_writer_free(w);
    assert_int_equal(verify(2).records, 2);
    cdr_rig_each(cdr_rig_remove);
    assert_int_equal(rmdir(cdr_rig.folder), 0);
    move(aside, cdr_rig.folder);
}

static void test_a_name_that_is_taken_before_the_file(void **state)
{
    struct cdr_writer *w = open_writer(3600, 1000, 65536);
    char large[1300]; /* one record: of several the thread may take some for the next file */
    FILE *other;

    (void)state;
    memset(large, 'x', sizeof(large));
    large[sizeof(large) - 1] = '\n';
    cdr_writer_put(w, large, sizeof(large));
    AWAIT(w, c.files == 1);
    other = fopen(cdr_rig_path(2, ".part"), "we");
    assert_non_null(other);
    fclose(other);
    put(w, 2);
    AWAIT(w, c.written_bytes == 1326);
    cdr_writer_free(w);
    assert_int_equal(verify(2).records, 2);
}

/* A machine whose clock is not set yet calls everything old. */
static void test_nothing_is_removed_by_a_doubtful_clock(void **state)
{
    static const struct timespec long_ago[2] = {{.tv_sec = 1}, {.tv_sec = 1}};
    struct cdr_writer *w;

    (void)state;
    w = open_writer(3600, 1000, 65536);
    put(w, 1);
    cdr_writer_free(w);
    assert_int_equal(utimensat(AT_FDCWD, cdr_rig_path(1, ""), long_ago, 0), 0);
    has_right_clock = false;
    w = open_writer(3600, 1000, 65536);
    timer_queue_run(&cdr_rig.timers, 2000);
    put(w, 1);
    AWAIT(w, c.written_bytes == 13);
    usleep(1200000); /* it has looked meanwhile */
    assert_int_equal(access(cdr_rig_path(1, ""), F_OK), 0);
    has_right_clock = true;
    timer_queue_run(&cdr_rig.timers, 4000);
    for (int i = 0; i < 500 && access(cdr_rig_path(1, ""), F_OK) == 0; i++)
        usleep(10000);
    assert_int_not_equal(access(cdr_rig_path(1, ""), F_OK), 0);
    cdr_writer_free(w);
}

/* Who cannot look whether the file is there has not lost it. */
static void test_a_folder_that_cannot_be_looked_into(void **state)
{
    struct cdr_writer *w = open_writer(3600, 1 << 20, 65536);
    struct cdr_verdict v;
    char aside[96];

    (void)state;
    snprintf(aside, sizeof(aside), "%s-aside", cdr_rig.folder);
    put(w, 3);
    AWAIT(w, c.written_bytes == 39);
    move(cdr_rig.folder, aside);
    assert_int_equal(symlink(cdr_rig.folder, cdr_rig.folder), 0); /* leads nowhere: ELOOP */
    usleep(1200000);                                              /* it has looked meanwhile */
    put(w, 2);
    AWAIT(w, c.written_bytes == 65);
    cdr_rig_remove(cdr_rig.folder);
    move(aside, cdr_rig.folder);
    assert_int_equal(cdr_writer_counters(w).dropped, 0);
    cdr_writer_free(w);
    v = verify(1);
    assert_int_equal(v.records, 5);
}

/* As a disk that is full from here on; 0 = there is room again. */
static void fill_disk(rlim_t octets)
{
    struct rlimit limit;

    signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
    limit.rlim_cur = octets != 0 ? octets : limit.rlim_max;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

/* The end, on a full disk; then there is room again. */
static void end_with_a_loss(struct cdr_writer *w)
{
    logged[0] = '\0';
    log_set_sink(keep_line, NULL);
    cdr_writer_free(w);
    log_set_sink(NULL, NULL);
    fill_disk(0);
    assert_non_null(strstr(logged, "event=cdr.lost"));
}

/* No file may grow beyond 2,000 octets: as a full disk, and it can be emptied again. */
static void write_until_full(struct cdr_writer *w)
{
    fill_disk(2000);
    put(w, 200);
    AWAIT(w, c.is_failing);
}

static void test_a_full_disk_blocks_nobody(void **state)
{
    struct cdr_writer *w = open_writer(3600, 1 << 20, 4096);
    uint64_t began_ms = clock_monotonic_ms();
    struct cdr_counters now;
    struct cdr_verdict v;

    (void)state;
    write_until_full(w);
    put(w, 100000);
    now = cdr_writer_counters(w);
    assert_true(now.dropped > 99000);
    assert_int_equal(now.records, 100200);
    assert_true(now.queued_bytes <= 4096);
    timer_queue_run(&cdr_rig.timers, 2000); /* says so */
    fill_disk(0);
    AWAIT(w, !c.is_failing && c.queued_bytes == 0);
    now = cdr_writer_counters(w);
    cdr_writer_free(w);
    v = verify(1);
    assert_int_equal(v.records, now.records - now.dropped);
    assert_int_equal(v.dropped, now.dropped);
    assert_true(clock_monotonic_ms() - began_ms < 60000);
}

/* What the end found no room for is counted, told, and in the next file that is signed. */
static void test_the_end_on_a_full_disk(void **state)
{
    struct cdr_writer *w = open_writer(3600, 1 << 20, 4096);
    struct cdr_counters now;
    struct cdr_verdict v;

    (void)state;
    write_until_full(w);
    put(w, 1000);
    now = cdr_writer_counters(w);
    assert_true(now.dropped > 0);
    end_with_a_loss(w);
    cdr_writer_free(open_writer(3600, 1 << 20, 4096));
    v = verify(1);
    assert_true(v.is_recovered);
    assert_true(v.records > 100 && v.dropped > now.dropped);
    assert_int_equal(v.records + v.dropped, 1200);
    cdr_rig_write_files(1);
    v = verify(2);
    assert_true(v.has_dropped);
    assert_int_equal(v.dropped, 0); /* said once */
}

/* A crash, and the disk is full still: no reason not to serve. */
static void test_a_start_on_a_full_disk(void **state)
{
    struct cdr_chain chain;
    struct cdr_writer *w;
    struct cdr_verdict v;
    uint64_t dropped;

    (void)state;
    cdr_rig_open_chain(&chain);
    cdr_file_abandon(cdr_rig_write_lines(&chain, 20));
    fill_disk((rlim_t)cdr_rig_size_of(cdr_rig_path(1, ".part")));
    logged[0] = '\0';
    log_set_sink(keep_line, NULL);
    w = open_writer(3600, 1 << 20, 1000);
    log_set_sink(NULL, NULL);
    assert_non_null(strstr(logged, "event=cdr.failing"));
    assert_true(cdr_writer_counters(w).is_failing);
    put(w, 1000); /* more than queue and hand hold */
    AWAIT(w, c.failures > 1);
    fill_disk(0);
    AWAIT(w, !c.is_failing && c.queued_bytes == 0);
    cdr_writer_free(w);
    v = verify(1);
    assert_true(v.is_recovered);
    assert_int_equal(v.records, 20);
    assert_true(v.dropped > 0);
    dropped = v.dropped;
    v = verify(2);
    assert_int_equal(v.records + v.dropped + dropped, 1000);
}

/* An empty file beside the place looks like one that was lost. */
static void test_a_place_that_has_no_room(void **state)
{
    struct cdr_chain chain;
    char fresh[160];

    (void)state;
    cdr_rig_open_chain(&chain);
    assert_true(cdr_chain_save(&chain));
    fill_disk(50);
    cdr_chain_save(&chain);
    fill_disk(0);
    snprintf(fresh, sizeof(fresh), "%s/cdr-gw1.state.new", cdr_rig.folder);
    assert_int_equal(access(fresh, F_OK), -1);
}

/* The disk is full before the new file has its head; the next file has the number. */
static void test_the_end_without_a_head(void **state)
{
    struct cdr_writer *w;
    struct cdr_verdict v;
    uint64_t lost;

    (void)state;
    cdr_rig_write_files(1); /* the place is there: 107 octets; the next head has some 160 */
    fill_disk(120);
    w = open_writer(3600, 1 << 20, 4096);
    put(w, 10);
    AWAIT(w, c.is_failing);
    lost = cdr_writer_counters(w).records;
    end_with_a_loss(w);
    w = open_writer(3600, 1 << 20, 4096);
    put(w, 1);
    cdr_writer_free(w);
    v = verify(2);
    assert_int_equal(v.dropped, lost);
}

/* How many records file 1 has, and how many the next start would know to be lost. */
static void look_from_outside(unsigned *records, unsigned *lost)
{
    FILE *part = fopen(cdr_rig_path(1, ".part"), "re");
    char path[96];
    FILE *place;

    *records = *lost = 0;
    for (int c; part != NULL && (c = fgetc(part)) != EOF;)
        *records += c == '\n';
    *records -= *records > 0; /* the head */
    if (part != NULL)
        fclose(part);
    snprintf(path, sizeof(path), "%s/cdr-gw1.state", cdr_rig.folder);
    place = fopen(path, "re");
    if (place == NULL)
        return;
    if (fscanf(place, "%*u %*s %u", lost) != 1)
        *lost = 0;
    fclose(place);
}

static void write_until_killed(bool has_room_again)
{
    struct cdr_writer *w;
    unsigned records, lost = 0;

    prctl(PR_SET_PDEATHSIG, SIGKILL);
    w = open_writer(3600, 1 << 20, 65536);
    write_until_full(w);
    put(w, 300);
    for (; lost == 0; usleep(5000))
        look_from_outside(&records, &lost);
    fill_disk(has_room_again ? 0 : 2000);
    for (;;)
        pause();
}

/* A writer of another process, killed when it has told what waits, or that nothing waits any more.
 */
static struct cdr_verdict killed(bool has_room_again)
{
    unsigned records = 0, lost = 0, tries = 0;
    pid_t child = fork();

    assert_true(child >= 0);
    if (child == 0) {
        write_until_killed(has_room_again);
    }
    while (records + lost != 500 || (lost == 0) != has_room_again) {
        usleep(5000);
        look_from_outside(&records, &lost);
        assert_true(tries++ < 4000);
    }
    kill(child, SIGKILL);
    waitpid(child, NULL, 0);
    cdr_writer_free(open_writer(3600, 1 << 20, 65536));
    return verify(1);
}

/* kill -9 while the disk is full: what waited in memory is told by the file that it was to be in.
 */
static void test_killed_on_a_full_disk(void **state)
{
    struct cdr_verdict v = killed(false);

    (void)state;
    assert_true(v.is_recovered);
    assert_true(v.records > 100 && v.dropped >= 300);
    assert_int_equal(v.records + v.dropped, 500);
}

static void test_killed_when_there_is_room_again(void **state)
{
    struct cdr_verdict v = killed(true);

    (void)state;
    assert_true(v.is_recovered);
    assert_int_equal(v.records, 500);
    assert_int_equal(v.dropped, 0);
}

static void test_bad_starts(void **state)
{
    struct cdr_writer_settings s = {.directory = "/nowhere/here",
                                    .instance = "gw1",
                                    .key_file = cdr_rig.key_path,
                                    .queue_bytes = 100,
                                    .timers = &cdr_rig.timers};

    (void)state;
    assert_null(cdr_writer_new(&s, cdr_rig.error, sizeof(cdr_rig.error)));
    assert_non_null(strstr(cdr_rig.error, "/nowhere/here"));
    s.directory = cdr_rig.folder;
    s.key_file = "/nowhere/key";
    assert_null(cdr_writer_new(&s, cdr_rig.error, sizeof(cdr_rig.error)));
    assert_non_null(strstr(cdr_rig.error, "/nowhere/key"));
}

/* A second start by mistake, or of a configuration that was copied: what the first one writes is no
 * crash's. */
static void test_a_second_writer_of_the_instance(void **state)
{
    struct cdr_writer_settings s = {.directory = cdr_rig.folder,
                                    .instance = "gw1",
                                    .key_file = cdr_rig.key_path,
                                    .queue_bytes = 100,
                                    .timers = &cdr_rig.timers};
    struct cdr_writer *w = open_writer(3600, 1 << 20, 65536), *other;

    (void)state;
    put(w, 3);
    AWAIT(w, c.written_bytes == 39);
    assert_null(cdr_writer_new(&s, cdr_rig.error, sizeof(cdr_rig.error)));
    assert_non_null(strstr(cdr_rig.error, "another gateway"));
    s.instance = "gw2";
    other = cdr_writer_new(&s, cdr_rig.error, sizeof(cdr_rig.error));
    assert_non_null(other);
    cdr_writer_free(other);
    put(w, 2);
    cdr_writer_free(w);
    assert_int_equal(verify(1).records, 5);
    assert_false(verify(1).is_recovered);
    cdr_writer_free(open_writer(3600, 1 << 20, 65536));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, cdr_rig_set_up, cdr_rig_tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_the_writer_rotates_by_size_and_time),
        TEST(test_the_end_closes_the_file),
        TEST(test_a_file_that_is_taken_away),
        TEST(test_a_file_whose_name_another_has),
        TEST(test_a_folder_that_is_taken_away),
        TEST(test_a_folder_that_is_taken_away_between_files),
        TEST(test_a_name_that_is_taken_before_the_file),
        TEST(test_nothing_is_removed_by_a_doubtful_clock),
        TEST(test_a_folder_that_cannot_be_looked_into),
        TEST(test_a_full_disk_blocks_nobody),
        TEST(test_the_end_on_a_full_disk),
        TEST(test_a_place_that_has_no_room),
        TEST(test_a_start_on_a_full_disk),
        TEST(test_the_end_without_a_head),
        TEST(test_killed_on_a_full_disk),
        TEST(test_killed_when_there_is_room_again),
        TEST(test_bad_starts),
        TEST(test_a_second_writer_of_the_instance),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
