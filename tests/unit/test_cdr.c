/* Call detail records: a line each, files in a signed chain, a writer that never makes anybody
 * wait. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <glob.h>
#include <jansson.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>
#include <utime.h>

#include "base/clock.h"
#include "base/log.h"
#include "gateway/cdr/cdr_key.h"
#include "gateway/cdr/cdr_line.h"
#include "gateway/cdr/cdr_writer.h"
#include "sessions/vault.h"

static char folder[64], key_path[96], error[512];
static struct cdr_key *private_key, *public_key;
static struct timer_queue timers;

static int setup(void **state)
{
    char public_path[128];

    (void)state;
    strcpy(folder, "/tmp/warung-cdr-XXXXXX");
    assert_non_null(mkdtemp(folder));
    snprintf(key_path, sizeof(key_path), "%s/key", folder);
    snprintf(public_path, sizeof(public_path), "%s.pub", key_path);
    assert_true(cdr_key_create(key_path, error, sizeof(error)));
    assert_false(cdr_key_create(key_path, error, sizeof(error)));
    private_key = cdr_key_load_private(key_path, error, sizeof(error));
    public_key = cdr_key_load_public(public_path, error, sizeof(error));
    assert_non_null(private_key);
    assert_non_null(public_key);
    timer_queue_init(&timers, 0);
    error[0] = '\0';
    return 0;
}

static void each(const char *pattern, void (*fn)(const char *path))
{
    char whole[160];
    glob_t found;

    snprintf(whole, sizeof(whole), "%s/%s", folder, pattern);
    if (glob(whole, 0, NULL, &found) == 0)
        for (size_t i = 0; i < found.gl_pathc; i++)
            fn(found.gl_pathv[i]);
    globfree(&found);
}

static void remove_file(const char *path)
{
    assert_int_equal(unlink(path), 0);
}

static int teardown(void **state)
{
    (void)state;
    cdr_key_free(private_key);
    cdr_key_free(public_key);
    timer_queue_fini(&timers);
    each("*", remove_file);
    return rmdir(folder);
}

static const char *path_of(unsigned sequence, const char *end)
{
    static char path[160];

    snprintf(path, sizeof(path), "%s/cdr-gw1-%09u.jsonl%s", folder, sequence, end);
    return path;
}

static const char *fault_of(unsigned sequence)
{
    static struct cdr_verdict v;

    cdr_verify(path_of(sequence, ""), public_key, &v);
    return v.fault;
}

static void assert_fault(unsigned sequence, const char *begin)
{
    const char *fault = fault_of(sequence);

    if (strncmp(fault, begin, strlen(begin)) != 0)
        fail_msg("expected: %s\ngot: %s", begin, fault);
}

/* --- lines ---------------------------------------------------------------------------------- */

static void test_a_record_is_a_line_of_json(void **state)
{
    struct turn_record r = {.kind = TURN_RECORD_DIALOGUE,
                            .end = TURN_END_ABORT,
                            .began_ms = INT64_C(1795489200000),
                            .ended_ms = INT64_C(1795489260000),
                            .msisdn = "6281200000001",
                            .link = "op1",
                            .code = "*384\"\n#",
                            .menu_id = {0xab},
                            .turns = 3};
    struct vault *vault = vault_new_plain();
    char line[CDR_LINE_BYTES], subject[VAULT_SUBJECT_BYTES];
    size_t size = cdr_line_write(&r, CDR_NUMBER_MASKED, vault, line);
    json_t *json = json_loadb(line, size, 0, NULL);

    (void)state;
    assert_int_equal(line[size - 1], '\n');
    assert_non_null(json);
    assert_string_equal(json_string_value(json_object_get(json, "type")), "ussd");
    assert_string_equal(json_string_value(json_object_get(json, "cause")), "abort");
    assert_string_equal(json_string_value(json_object_get(json, "number")), "62812***0001");
    assert_string_equal(json_string_value(json_object_get(json, "code")), "*384__#");
    assert_string_equal(json_string_value(json_object_get(json, "menu")), "ab00000000000000");
    assert_string_equal(json_string_value(json_object_get(json, "began")), "2026-11-24T03:00:00Z");
    assert_int_equal(json_integer_value(json_object_get(json, "turns")), 3);
    json_decref(json);
    size = cdr_line_write(&r, CDR_NUMBER_HASHED, vault, line);
    vault_subject(vault, r.msisdn, subject);
    assert_non_null(strstr(line, subject));
    assert_null(strstr(line, r.msisdn));
    vault_free(vault);
}

/* --- files ---------------------------------------------------------------------------------- */

static void open_chain(struct cdr_chain *chain)
{
    assert_true(cdr_chain_init(chain, folder, "gw1"));
    assert_true(cdr_chain_open(chain, private_key));
}

static struct cdr_file *write_lines(const struct cdr_chain *chain, unsigned count)
{
    struct cdr_file *f = cdr_file_open(chain);

    assert_non_null(f);
    for (unsigned i = 0; i < count; i++)
        assert_int_equal(cdr_file_write(f, "{\"type\":\"x\"}\n", 13), 13);
    return f;
}

static void write_files(unsigned count)
{
    struct cdr_chain chain;

    open_chain(&chain);
    for (unsigned i = 0; i < count; i++)
        assert_true(cdr_file_close(write_lines(&chain, 3), &chain, private_key));
}

static void test_a_chain_goes_on_after_a_restart(void **state)
{
    struct cdr_verdict first, second;

    (void)state;
    write_files(1);
    write_files(1);
    cdr_verify(path_of(1, ""), public_key, &first);
    cdr_verify(path_of(2, ""), public_key, &second);
    assert_string_equal(first.fault, "");
    assert_string_equal(second.fault, "");
    assert_int_equal(first.records, 3);
    assert_string_equal(first.instance, "gw1");
    assert_string_equal(first.previous, "");
    assert_string_equal(second.previous, first.sha256);
    assert_int_equal(second.sequence, 2);
    assert_false(second.is_recovered);
}

static void test_the_directory_is_made(void **state)
{
    struct cdr_chain chain;
    char directory[96];

    (void)state;
    snprintf(directory, sizeof(directory), "%s/cdr", folder);
    assert_true(cdr_chain_init(&chain, directory, "gw1"));
    assert_true(cdr_chain_open(&chain, private_key));
    assert_int_equal(rmdir(directory), 0);
}

/* The place is kept beside the files: they may be carried away. */
static void test_files_may_be_carried_away(void **state)
{
    struct cdr_verdict third;

    (void)state;
    write_files(2);
    remove_file(path_of(1, ""));
    remove_file(path_of(2, ""));
    write_files(1);
    cdr_verify(path_of(3, ""), public_key, &third);
    assert_string_equal(third.fault, "");
    assert_int_equal(strlen(third.previous), 64);
}

static void change(unsigned sequence, long at, const char *text)
{
    FILE *f = fopen(path_of(sequence, ""), "r+");

    assert_non_null(f);
    assert_int_equal(fseek(f, at, at < 0 ? SEEK_END : SEEK_SET), 0);
    fputs(text, f);
    fclose(f);
}

static long size_of(const char *path)
{
    struct stat st;

    return stat(path, &st) == 0 ? (long)st.st_size : -1;
}

static void test_changes_are_named(void **state)
{
    (void)state;
    write_files(6);
    change(1, 110, "y"); /* a record */
    assert_fault(1, "tampered: its octets");
    change(2, 20, "9"); /* the head: {"warung_cdr":1,"instance"... */
    assert_fault(2, "is no file of records");
    change(3, -30, "AAAA"); /* the signature */
    assert_fault(3, "tampered: the signature");
    assert_int_equal(truncate(path_of(4, ""), size_of(path_of(4, "")) - 100), 0);
    assert_fault(4, "truncated");
    assert_int_equal(truncate(path_of(5, ""), size_of(path_of(5, "")) - 240), 0);
    assert_fault(5, "truncated");
    change(6, 0, "");
    assert_fault(6, "");
    {
        FILE *f = fopen(path_of(6, ""), "a");

        fputs("{\"type\":\"x\"}\n", f);
        fclose(f);
    }
    assert_fault(6, "tampered: lines were added");
    assert_fault(7, "No such file");
}

/* A line taken out of the middle, the tail as it was. */
static void test_a_line_less_is_named(void **state)
{
    char octets[2048];
    size_t size;
    char *line;
    FILE *f;

    (void)state;
    write_files(1);
    f = fopen(path_of(1, ""), "r");
    size = fread(octets, 1, sizeof(octets) - 1, f);
    fclose(f);
    octets[size] = '\0';
    line = strstr(octets, "{\"type\"");
    f = fopen(path_of(1, ""), "w");
    fwrite(octets, 1, (size_t)(line - octets), f);
    fputs(line + 13, f);
    fclose(f);
    assert_fault(1, "tampered");
}

static void test_another_key_is_not_ours(void **state)
{
    char path[128];
    struct cdr_key *other;
    struct cdr_verdict v;

    (void)state;
    write_files(1);
    snprintf(path, sizeof(path), "%s/other", folder);
    assert_true(cdr_key_create(path, error, sizeof(error)));
    other = cdr_key_load_public(strcat(path, ".pub"), error, sizeof(error));
    cdr_verify(path_of(1, ""), other, &v);
    assert_non_null(strstr(v.fault, "signature"));
    cdr_key_free(other);
}

static void test_keys_that_others_read_are_refused(void **state)
{
    (void)state;
    assert_int_equal(chmod(key_path, 0440), 0); /* a credential of systemd's */
    cdr_key_free(cdr_key_load_private(key_path, error, sizeof(error)));
    assert_string_equal(error, "");
    assert_int_equal(chmod(key_path, 0644), 0);
    assert_null(cdr_key_load_private(key_path, error, sizeof(error)));
    assert_non_null(strstr(error, "others may read it"));
    assert_null(cdr_key_load_public("/dev/null", error, sizeof(error)));
}

/* kill -9 with a file open, half a line at its end. */
static void test_what_a_crash_left_is_closed(void **state)
{
    struct cdr_verdict v;
    struct cdr_chain chain;
    struct cdr_file *f;

    (void)state;
    open_chain(&chain);
    f = write_lines(&chain, 2);
    assert_int_equal(cdr_file_write(f, "{\"type\":\"ha", 11), 11);
    cdr_file_abandon(f);
    open_chain(&chain);
    assert_int_equal(chain.sequence, 2);
    cdr_verify(path_of(1, ""), public_key, &v);
    assert_string_equal(v.fault, "");
    assert_int_equal(v.records, 2);
    assert_true(v.is_recovered);
    assert_int_equal(size_of(path_of(1, ".part")), -1);
}

/* ... between the tail and the new name, and between that and the place. */
static void test_a_crash_while_closing(void **state)
{
    char part[160], state_path[160];
    struct cdr_chain chain;

    (void)state;
    write_files(1);
    snprintf(part, sizeof(part), "%s", path_of(1, ".part"));
    snprintf(state_path, sizeof(state_path), "%s/cdr-gw1.state", folder);
    remove_file(state_path);
    open_chain(&chain);
    assert_int_equal(chain.sequence, 2);
    assert_int_equal(strlen(chain.previous), 64);
    remove_file(state_path);
    assert_int_equal(rename(path_of(1, ""), part), 0);
    open_chain(&chain);
    assert_int_equal(chain.sequence, 2);
    assert_fault(1, "");
}

static void test_an_empty_left_over_goes(void **state)
{
    struct cdr_chain chain;

    (void)state;
    fclose(fopen(path_of(1, ".part"), "w"));
    open_chain(&chain);
    assert_int_equal(chain.sequence, 1);
    assert_int_equal(size_of(path_of(1, ".part")), -1);
}

static void test_old_files_are_removed(void **state)
{
    struct utimbuf old = {1000, 1000};
    struct cdr_chain chain;

    (void)state;
    write_files(2);
    open_chain(&chain);
    assert_int_equal(utime(path_of(1, ""), &old), 0);
    assert_int_equal(utime(key_path, &old), 0);
    assert_int_equal(cdr_chain_remove_old(&chain, 2000), 1);
    assert_int_equal(size_of(path_of(1, "")), -1);
    assert_true(size_of(path_of(2, "")) > 0);
    assert_true(size_of(key_path) > 0);
}

/* The name cannot be had for a while: the file goes on, and has one tail at last. */
static void test_a_name_that_is_taken(void **state)
{
    struct cdr_chain chain;
    struct cdr_verdict v;
    struct cdr_file *f;

    (void)state;
    open_chain(&chain);
    f = write_lines(&chain, 2);
    assert_int_equal(mkdir(path_of(1, ""), 0700), 0);
    assert_false(cdr_file_close(f, &chain, private_key));
    assert_int_equal(cdr_file_write(f, "{\"type\":\"x\"}\n", 13), 13);
    assert_false(cdr_file_close(f, &chain, private_key));
    assert_int_equal(rmdir(path_of(1, "")), 0);
    assert_true(cdr_file_close(f, &chain, private_key));
    cdr_verify(path_of(1, ""), public_key, &v);
    assert_string_equal(v.fault, "");
    assert_int_equal(v.records, 3);
}

/* As it was signed before tails had `dropped`. */
static void test_older_files_are_verified(void **state)
{
    char text[160], signature[CDR_SIGNATURE_BYTES], tail[400];
    struct cdr_verdict v;
    long size;
    FILE *f;

    (void)state;
    write_files(1);
    cdr_verify(path_of(1, ""), public_key, &v);
    assert_true(v.has_dropped);
    snprintf(text, sizeof(text), "warung-cdr-1 3 closed %s", v.sha256);
    assert_true(cdr_key_sign(private_key, text, signature));
    size = snprintf(tail, sizeof(tail),
                    "{\"records\":3,\"recovered\":false,\"sha256\":\"%s\",\"signature\":\"%s\"}\n",
                    v.sha256, signature);
    /* {"dropped":0, is what it has less */
    assert_int_equal(truncate(path_of(1, ""), size_of(path_of(1, "")) - size - 12), 0);
    f = fopen(path_of(1, ""), "a");
    fputs(tail, f);
    fclose(f);
    cdr_verify(path_of(1, ""), public_key, &v);
    assert_string_equal(v.fault, "");
    assert_int_equal(v.records, 3);
    assert_false(v.has_dropped);
    write_files(1); /* and is followed */
    assert_fault(2, "");
}

/* --- the writer ----------------------------------------------------------------------------- */

static struct cdr_writer *open_writer(unsigned rotate_s, uint64_t rotate_bytes, size_t queue_bytes)
{
    struct cdr_writer_settings s = {.directory = folder,
                                    .instance = "gw1",
                                    .key_file = key_path,
                                    .rotate_s = rotate_s,
                                    .rotate_bytes = rotate_bytes,
                                    .queue_bytes = queue_bytes,
                                    .keep_s = 86400,
                                    .timers = &timers};
    struct cdr_writer *w = cdr_writer_new(&s, error, sizeof(error));

    if (w == NULL)
        fail_msg("%s", error);
    return w;
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
        assert_fault(i, "");
    }
    cdr_writer_free(w);
    w = open_writer(1, 1 << 20, 65536);
    put(w, 1);
    AWAIT(w, c.files == 1); /* nobody writes any more */
    assert_fault(4, "");
    cdr_writer_free(w);
}

static void test_the_end_closes_the_file(void **state)
{
    struct cdr_writer *w = open_writer(3600, 1 << 20, 65536);
    struct cdr_verdict v;

    (void)state;
    put(w, 500);
    cdr_writer_free(w);
    cdr_verify(path_of(1, ""), public_key, &v);
    assert_string_equal(v.fault, "");
    assert_int_equal(v.records, 500);
}

static char logged[4096];

static void keep_line(void *arg, const char *line, size_t size)
{
    (void)arg;
    if (strlen(logged) + size < sizeof(logged))
        strncat(logged, line, size);
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

/* No file may grow beyond 2,000 octets: as a full disk, and it can be emptied again. */
static void test_a_full_disk_blocks_nobody(void **state)
{
    struct cdr_writer *w = open_writer(3600, 1 << 20, 4096);
    uint64_t began_ms = clock_monotonic_ms();
    struct cdr_counters now;
    struct cdr_verdict v;

    (void)state;
    fill_disk(2000);
    put(w, 200);
    AWAIT(w, c.is_failing);
    put(w, 100000);
    now = cdr_writer_counters(w);
    assert_true(now.dropped > 99000);
    assert_int_equal(now.records, 100200);
    assert_true(now.queued_bytes <= 4096);
    timer_queue_run(&timers, 2000); /* says so */
    fill_disk(0);
    AWAIT(w, !c.is_failing && c.queued_bytes == 0);
    now = cdr_writer_counters(w);
    cdr_writer_free(w);
    cdr_verify(path_of(1, ""), public_key, &v);
    assert_string_equal(v.fault, "");
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
    fill_disk(2000);
    put(w, 200);
    AWAIT(w, c.is_failing);
    put(w, 1000);
    now = cdr_writer_counters(w);
    assert_true(now.dropped > 0);
    logged[0] = '\0';
    log_set_sink(keep_line, NULL);
    cdr_writer_free(w);
    log_set_sink(NULL, NULL);
    fill_disk(0);
    assert_non_null(strstr(logged, "event=cdr.lost"));
    cdr_writer_free(open_writer(3600, 1 << 20, 4096));
    cdr_verify(path_of(1, ""), public_key, &v);
    assert_string_equal(v.fault, "");
    assert_true(v.is_recovered);
    assert_true(v.records > 100 && v.dropped > now.dropped);
    assert_int_equal(v.records + v.dropped, 1200);
    write_files(1);
    cdr_verify(path_of(2, ""), public_key, &v);
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
    open_chain(&chain);
    cdr_file_abandon(write_lines(&chain, 20));
    fill_disk((rlim_t)size_of(path_of(1, ".part")));
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
    cdr_verify(path_of(1, ""), public_key, &v);
    assert_string_equal(v.fault, "");
    assert_true(v.is_recovered);
    assert_int_equal(v.records, 20);
    assert_true(v.dropped > 0);
    dropped = v.dropped;
    cdr_verify(path_of(2, ""), public_key, &v);
    assert_string_equal(v.fault, "");
    assert_int_equal(v.records + v.dropped + dropped, 1000);
}

/* The disk is full before the new file has its head; the next file has the number. */
static void test_the_end_without_a_head(void **state)
{
    struct cdr_writer *w;
    struct cdr_verdict v;
    uint64_t lost;

    (void)state;
    write_files(1); /* the place is there: 107 octets; the next head has some 160 */
    fill_disk(120);
    w = open_writer(3600, 1 << 20, 4096);
    put(w, 10);
    AWAIT(w, c.is_failing);
    lost = cdr_writer_counters(w).records;
    logged[0] = '\0';
    log_set_sink(keep_line, NULL);
    cdr_writer_free(w);
    log_set_sink(NULL, NULL);
    fill_disk(0);
    assert_non_null(strstr(logged, "event=cdr.lost"));
    w = open_writer(3600, 1 << 20, 4096);
    put(w, 1);
    cdr_writer_free(w);
    cdr_verify(path_of(2, ""), public_key, &v);
    assert_string_equal(v.fault, "");
    assert_int_equal(v.dropped, lost);
}

static void test_bad_starts(void **state)
{
    struct cdr_writer_settings s = {.directory = "/nowhere/here",
                                    .instance = "gw1",
                                    .key_file = key_path,
                                    .queue_bytes = 100,
                                    .timers = &timers};

    (void)state;
    assert_null(cdr_writer_new(&s, error, sizeof(error)));
    assert_non_null(strstr(error, "/nowhere/here"));
    s.directory = folder;
    s.key_file = "/nowhere/key";
    assert_null(cdr_writer_new(&s, error, sizeof(error)));
    assert_non_null(strstr(error, "/nowhere/key"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_a_record_is_a_line_of_json),
        TEST(test_a_chain_goes_on_after_a_restart),
        TEST(test_the_directory_is_made),
        TEST(test_files_may_be_carried_away),
        TEST(test_changes_are_named),
        TEST(test_a_line_less_is_named),
        TEST(test_another_key_is_not_ours),
        TEST(test_keys_that_others_read_are_refused),
        TEST(test_what_a_crash_left_is_closed),
        TEST(test_a_crash_while_closing),
        TEST(test_a_name_that_is_taken),
        TEST(test_older_files_are_verified),
        TEST(test_an_empty_left_over_goes),
        TEST(test_old_files_are_removed),
        TEST(test_the_writer_rotates_by_size_and_time),
        TEST(test_the_end_closes_the_file),
        TEST(test_a_full_disk_blocks_nobody),
        TEST(test_the_end_on_a_full_disk),
        TEST(test_a_start_on_a_full_disk),
        TEST(test_the_end_without_a_head),
        TEST(test_bad_starts),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
