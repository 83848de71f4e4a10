/* Call detail records: a line each, files in a signed chain. */
#include "tests/support/cdr_rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include <utime.h>

#include "gateway/cdr/cdr_line.h"
#include "gateway/cdr/cdr_tail.h"
#include "sessions/vault.h"

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

static void test_a_chain_goes_on_after_a_restart(void **state)
{
    struct cdr_verdict first, second;

    (void)state;
    cdr_rig_write_files(1);
    cdr_rig_write_files(1);
    cdr_verify(cdr_rig_path(1, ""), cdr_rig.public_key, &first);
    cdr_verify(cdr_rig_path(2, ""), cdr_rig.public_key, &second);
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
    snprintf(directory, sizeof(directory), "%s/cdr", cdr_rig.folder);
    assert_true(cdr_chain_init(&chain, directory, "gw1"));
    assert_true(cdr_chain_open(&chain, cdr_rig.private_key));
    assert_int_equal(rmdir(directory), 0);
}

/* The place is kept beside the files: they may be carried away. */
static void test_files_may_be_carried_away(void **state)
{
    struct cdr_verdict third;

    (void)state;
    cdr_rig_write_files(2);
    cdr_rig_remove(cdr_rig_path(1, ""));
    cdr_rig_remove(cdr_rig_path(2, ""));
    cdr_rig_write_files(1);
    cdr_verify(cdr_rig_path(3, ""), cdr_rig.public_key, &third);
    assert_string_equal(third.fault, "");
    assert_int_equal(strlen(third.previous), 64);
}

/* ... and is that behind the newest file where it was lost: its name would be taken again. */
static void test_a_lost_place_is_behind_the_newest_file(void **state)
{
    struct cdr_verdict second, third, fourth;
    char path[160];

    (void)state;
    cdr_rig_write_files(3);
    cdr_verify(cdr_rig_path(2, ""), cdr_rig.public_key, &second);
    cdr_rig_remove(cdr_rig_path(1, ""));
    snprintf(path, sizeof(path), "%s/cdr-gw1.state", cdr_rig.folder);
    cdr_rig_remove(path);
    cdr_rig_write_files(2);
    cdr_verify(cdr_rig_path(3, ""), cdr_rig.public_key, &third);
    cdr_verify(cdr_rig_path(4, ""), cdr_rig.public_key, &fourth);
    assert_string_equal(third.previous, second.sha256);
    assert_string_equal(fourth.previous, third.sha256);
    assert_int_equal(cdr_rig_size_of(cdr_rig_path(1, "")), -1);
    cdr_rig_assert_fault(5, "");
}

/* Nor is a file written over that has lost its end, and its place with it: a copy that met a full
 * disk. */
static void test_what_is_torn_is_not_written_over(void **state)
{
    struct cdr_verdict third;
    char path[160];
    long size;

    (void)state;
    cdr_rig_write_files(2);
    size = cdr_rig_size_of(cdr_rig_path(2, "")) - 10;
    assert_int_equal(truncate(cdr_rig_path(2, ""), size), 0);
    snprintf(path, sizeof(path), "%s/cdr-gw1.state", cdr_rig.folder);
    assert_int_equal(truncate(path, 0), 0);
    cdr_rig_write_files(1);
    assert_int_equal(cdr_rig_size_of(cdr_rig_path(2, "")), size);
    cdr_verify(cdr_rig_path(3, ""), cdr_rig.public_key, &third);
    assert_string_equal(third.fault, "");
    assert_string_equal(third.previous, "");
}

static void change(unsigned sequence, long at, const char *text)
{
    FILE *f = fopen(cdr_rig_path(sequence, ""), "r+");

    assert_non_null(f);
    assert_int_equal(fseek(f, at, at < 0 ? SEEK_END : SEEK_SET), 0);
    fputs(text, f);
    fclose(f);
}

static void test_changes_are_named(void **state)
{
    /* From what was dropped to the end, with the hash and the signature. */
    static const char rest[] = "0,\"recovered\":false,\"sha256\":\"\",\"signature\":\"\"}\n";
    const long dropped = -(long)(strlen(rest) + 64 + 88);

    (void)state;
    cdr_rig_write_files(6);
    change(1, 110, "y"); /* a record */
    cdr_rig_assert_fault(1, "tampered: its octets");
    change(2, 20, "9"); /* the head: {"warung_cdr":1,"instance"... */
    cdr_rig_assert_fault(2, "is no file of records");
    change(3, -30, "AAAA"); /* the signature */
    cdr_rig_assert_fault(3, "tampered: the signature");
    change(4, dropped, "1");
    cdr_rig_assert_fault(4, "tampered: the signature");
    change(4, dropped, "0");
    cdr_rig_assert_fault(4, "");
    assert_int_equal(truncate(cdr_rig_path(4, ""), cdr_rig_size_of(cdr_rig_path(4, "")) - 100), 0);
    cdr_rig_assert_fault(4, "truncated");
    assert_int_equal(truncate(cdr_rig_path(5, ""), cdr_rig_size_of(cdr_rig_path(5, "")) - 240), 0);
    cdr_rig_assert_fault(5, "truncated");
    change(6, 0, "");
    cdr_rig_assert_fault(6, "");
    {
        FILE *f = fopen(cdr_rig_path(6, ""), "a");

        fputs("{\"type\":\"x\"}\n", f);
        fclose(f);
    }
    cdr_rig_assert_fault(6, "tampered: lines were added");
    cdr_rig_assert_fault(7, "No such file");
}

/* A line taken out of the middle, the tail as it was. */
static void test_a_line_less_is_named(void **state)
{
    char octets[2048];
    size_t size;
    char *line;
    FILE *f;

    (void)state;
    cdr_rig_write_files(1);
    f = fopen(cdr_rig_path(1, ""), "r");
    size = fread(octets, 1, sizeof(octets) - 1, f);
    fclose(f);
    octets[size] = '\0';
    line = strstr(octets, "{\"type\"");
    f = fopen(cdr_rig_path(1, ""), "w");
    fwrite(octets, 1, (size_t)(line - octets), f);
    fputs(line + 13, f);
    fclose(f);
    cdr_rig_assert_fault(1, "tampered");
}

static void test_another_key_is_not_ours(void **state)
{
    char path[128];
    struct cdr_key *other;
    struct cdr_verdict v;

    (void)state;
    cdr_rig_write_files(1);
    snprintf(path, sizeof(path), "%s/other", cdr_rig.folder);
    assert_true(cdr_key_create(path, cdr_rig.error, sizeof(cdr_rig.error)));
    other = cdr_key_load_public(strcat(path, ".pub"), cdr_rig.error, sizeof(cdr_rig.error));
    cdr_verify(cdr_rig_path(1, ""), other, &v);
    assert_non_null(strstr(v.fault, "signature"));
    cdr_key_free(other);
}

/* Nothing is left of a pair that could not be made whole: the next try makes it. */
static void test_half_a_pair_is_none(void **state)
{
    char path[CDR_PATH_BYTES], public[CDR_PATH_BYTES];

    (void)state;
    snprintf(path, sizeof(path), "%.1000s/half", cdr_rig.folder);
    snprintf(public, sizeof(public), "%.1010s.pub", path);
    assert_int_equal(mkdir(public, 0700), 0);
    assert_false(cdr_key_create(path, cdr_rig.error, sizeof(cdr_rig.error)));
    assert_non_null(strstr(cdr_rig.error, "half.pub: File exists"));
    assert_int_equal(access(path, F_OK), -1);
    assert_int_equal(rmdir(public), 0);
    assert_true(cdr_key_create(path, cdr_rig.error, sizeof(cdr_rig.error)));
    cdr_key_free(cdr_key_load_private(path, cdr_rig.error, sizeof(cdr_rig.error)));
}

static void read_file(const char *path, char *text, size_t bytes)
{
    FILE *f = fopen(path, "r");

    assert_non_null(f);
    text[fread(text, 1, bytes - 1, f)] = '\0';
    fclose(f);
}

/* Killed between the two: the next try makes the other half, of the same pair. */
static void test_a_key_gets_its_public_half(void **state)
{
    char path[CDR_PATH_BYTES], public[CDR_PATH_BYTES], before[256] = "", after[256] = "";

    (void)state;
    snprintf(path, sizeof(path), "%.1000s/alone", cdr_rig.folder);
    snprintf(public, sizeof(public), "%.1010s.pub", path);
    assert_true(cdr_key_create(path, cdr_rig.error, sizeof(cdr_rig.error)));
    read_file(public, before, sizeof(before));
    assert_int_equal(unlink(public), 0);
    assert_true(cdr_key_create(path, cdr_rig.error, sizeof(cdr_rig.error)));
    read_file(public, after, sizeof(after));
    assert_string_equal(after, before);
    assert_false(cdr_key_create(path, cdr_rig.error, sizeof(cdr_rig.error)));
    assert_non_null(strstr(cdr_rig.error, "alone: File exists"));
    assert_int_equal(truncate(path, 10), 0);
    assert_int_equal(unlink(public), 0);
    assert_false(cdr_key_create(path, cdr_rig.error, sizeof(cdr_rig.error)));
    assert_non_null(strstr(cdr_rig.error, "alone: is no Ed25519 key"));
}

static void test_keys_that_others_read_are_refused(void **state)
{
    (void)state;
    assert_int_equal(chmod(cdr_rig.key_path, 0440), 0); /* a credential of systemd's */
    cdr_key_free(cdr_key_load_private(cdr_rig.key_path, cdr_rig.error, sizeof(cdr_rig.error)));
    assert_string_equal(cdr_rig.error, "");
    assert_int_equal(chmod(cdr_rig.key_path, 0644), 0);
    assert_null(cdr_key_load_private(cdr_rig.key_path, cdr_rig.error, sizeof(cdr_rig.error)));
    assert_non_null(strstr(cdr_rig.error, "others may read it"));
    assert_null(cdr_key_load_public("/dev/null", cdr_rig.error, sizeof(cdr_rig.error)));
}

/* kill -9 with a file open, half a line at its end. */
static void test_what_a_crash_left_is_closed(void **state)
{
    struct cdr_verdict v;
    struct cdr_chain chain;
    struct cdr_file *f;

    (void)state;
    cdr_rig_open_chain(&chain);
    f = cdr_rig_write_lines(&chain, 2);
    assert_int_equal(cdr_file_write(f, "{\"type\":\"ha", 11), 11);
    cdr_file_abandon(f);
    cdr_rig_open_chain(&chain);
    assert_int_equal(chain.sequence, 2);
    cdr_verify(cdr_rig_path(1, ""), cdr_rig.public_key, &v);
    assert_string_equal(v.fault, "");
    assert_int_equal(v.records, 2);
    assert_true(v.is_recovered);
    assert_int_equal(cdr_rig_size_of(cdr_rig_path(1, ".part")), -1);
}

/* ... between the tail and the new name, and between that and the place. */
static void test_a_crash_while_closing(void **state)
{
    char part[160], state_path[160];
    struct cdr_chain chain;

    (void)state;
    cdr_rig_write_files(1);
    snprintf(part, sizeof(part), "%s", cdr_rig_path(1, ".part"));
    snprintf(state_path, sizeof(state_path), "%s/cdr-gw1.state", cdr_rig.folder);
    cdr_rig_remove(state_path);
    cdr_rig_open_chain(&chain);
    assert_int_equal(chain.sequence, 2);
    assert_int_equal(strlen(chain.previous), 64);
    cdr_rig_remove(state_path);
    assert_int_equal(rename(cdr_rig_path(1, ""), part), 0);
    cdr_rig_open_chain(&chain);
    assert_int_equal(chain.sequence, 2);
    cdr_rig_assert_fault(1, "");
}

static void test_an_empty_left_over_goes(void **state)
{
    struct cdr_chain chain;

    (void)state;
    fclose(fopen(cdr_rig_path(1, ".part"), "w"));
    cdr_rig_open_chain(&chain);
    assert_int_equal(chain.sequence, 1);
    assert_int_equal(cdr_rig_size_of(cdr_rig_path(1, ".part")), -1);
}

static void test_old_files_are_removed(void **state)
{
    struct utimbuf old = {1000, 1000};
    struct cdr_chain chain;

    (void)state;
    cdr_rig_write_files(2);
    cdr_rig_open_chain(&chain);
    assert_int_equal(utime(cdr_rig_path(1, ""), &old), 0);
    assert_int_equal(utime(cdr_rig.key_path, &old), 0);
    assert_int_equal(cdr_chain_remove_old(&chain, 2000), 1);
    assert_int_equal(cdr_rig_size_of(cdr_rig_path(1, "")), -1);
    assert_true(cdr_rig_size_of(cdr_rig_path(2, "")) > 0);
    assert_true(cdr_rig_size_of(cdr_rig.key_path) > 0);
}

/* The second was closed while the clock was far behind. */
static void test_no_gap_is_removed(void **state)
{
    const struct utimbuf old = {1000, 1000}, to_come = {time(NULL) + 86400, time(NULL) + 86400};
    struct cdr_chain chain;

    (void)state;
    cdr_rig_write_files(4);
    cdr_rig_open_chain(&chain);
    assert_int_equal(utime(cdr_rig_path(2, ""), &old), 0);
    assert_int_equal(cdr_chain_remove_old(&chain, 2000), 0);
    assert_true(cdr_rig_size_of(cdr_rig_path(2, "")) > 0);
    assert_int_equal(utime(cdr_rig_path(1, ""), &old), 0);
    assert_int_equal(cdr_chain_remove_old(&chain, 2000), 2);
    assert_int_equal(utime(cdr_rig_path(3, ""), &to_come), 0); /* by one that was ahead */
    assert_int_equal(cdr_chain_remove_old(&chain, 2000), 0);
    assert_int_equal(utime(cdr_rig_path(4, ""), &old), 0); /* so the third is old, too */
    assert_int_equal(cdr_chain_remove_old(&chain, 2000), 2);
}

/* The name cannot be had for a while: the file goes on, and has one tail at last. */
static void test_a_name_that_is_taken(void **state)
{
    struct cdr_chain chain;
    struct cdr_verdict v;
    struct cdr_file *f;

    (void)state;
    cdr_rig_open_chain(&chain);
    f = cdr_rig_write_lines(&chain, 2);
    assert_int_equal(mkdir(cdr_rig_path(1, ""), 0700), 0);
    assert_false(cdr_file_close(f, &chain, cdr_rig.private_key));
    assert_int_equal(cdr_file_write(f, "{\"type\":\"x\"}\n", 13), 13);
    assert_false(cdr_file_close(f, &chain, cdr_rig.private_key));
    assert_int_equal(rmdir(cdr_rig_path(1, "")), 0);
    assert_true(cdr_file_close(f, &chain, cdr_rig.private_key));
    cdr_verify(cdr_rig_path(1, ""), cdr_rig.public_key, &v);
    assert_string_equal(v.fault, "");
    assert_int_equal(v.records, 3);
}

/* Signs the first file anew, as it was before tails had `dropped`. */
static void sign_anew(unsigned records)
{
    char text[160], signature[CDR_SIGNATURE_BYTES], tail[400];
    struct cdr_verdict v;
    long size;
    FILE *f;

    cdr_verify(cdr_rig_path(1, ""), cdr_rig.public_key, &v);
    assert_true(v.has_dropped);
    snprintf(text, sizeof(text), "warung-cdr-1 %u closed %s", records, v.sha256);
    assert_true(cdr_key_sign(cdr_rig.private_key, text, signature));
    size = snprintf(tail, sizeof(tail),
                    "{\"records\":%u,\"recovered\":false,\"sha256\":\"%s\",\"signature\":\"%s\"}\n",
                    records, v.sha256, signature);
    /* {"dropped":0, is what it has less */
    assert_int_equal(
        truncate(cdr_rig_path(1, ""), cdr_rig_size_of(cdr_rig_path(1, "")) - size - 12), 0);
    f = fopen(cdr_rig_path(1, ""), "a");
    fputs(tail, f);
    fclose(f);
}

static void test_older_files_are_verified(void **state)
{
    struct cdr_verdict v;

    (void)state;
    cdr_rig_write_files(1);
    sign_anew(3);
    cdr_verify(cdr_rig_path(1, ""), cdr_rig.public_key, &v);
    assert_string_equal(v.fault, "");
    assert_int_equal(v.records, 3);
    assert_false(v.has_dropped);
    cdr_rig_write_files(1); /* and is followed */
    cdr_rig_assert_fault(2, "");
}

/* What stands in or behind it is not signed. */
static void test_a_tail_is_a_whole_line(void **state)
{
    struct cdr_tail written = {.records = 3, .has_dropped = true, .dropped = 1}, read;
    char line[CDR_TAIL_BYTES + 2];
    size_t size;

    (void)state;
    memset(written.sha256, 'a', sizeof(written.sha256) - 1);
    size = cdr_tail_write(&written, cdr_rig.private_key, line);
    assert_true(cdr_tail_read(&read, line, size));
    assert_true(cdr_tail_is_signed(&read, cdr_rig.public_key));
    assert_int_equal(read.dropped, 1);
    assert_false(cdr_tail_read(&read, line, size - 1)); /* no newline */
    memcpy(line + size, "\0x", 2);
    assert_false(cdr_tail_read(&read, line, size + 2));
    memcpy(line + size - 1, " \n", 2);
    assert_false(cdr_tail_read(&read, line, size + 1));
    line[size] = '}';
    assert_false(cdr_tail_read(&read, line, size + 1));
}

static void test_a_signed_count_is_of_its_lines(void **state)
{
    (void)state;
    cdr_rig_write_files(1);
    sign_anew(2);
    cdr_rig_assert_fault(1, "tampered: it holds another number");
}

/* What somebody has put beside them, a packed copy say, is not ours to remove. */
static void test_only_closed_files_are_removed(void **state)
{
    static const char *const ends[] = {".gz", ".bak", ".old.jsonl"};
    const struct utimbuf old = {1000, 1000};
    struct cdr_chain chain;
    char notes[160];

    (void)state;
    cdr_rig_write_files(1);
    cdr_rig_open_chain(&chain);
    assert_int_equal(utime(cdr_rig_path(1, ""), &old), 0);
    for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
        fclose(fopen(cdr_rig_path(1, ends[i]), "w"));
        assert_int_equal(utime(cdr_rig_path(1, ends[i]), &old), 0);
    }
    snprintf(notes, sizeof(notes), "%s/cdr-gw1-000000001.notes", cdr_rig.folder);
    fclose(fopen(notes, "w"));
    assert_int_equal(utime(notes, &old), 0);
    assert_int_equal(cdr_chain_remove_old(&chain, 1000), 0); /* not before that */
    assert_int_equal(cdr_chain_remove_old(&chain, 2000), 1);
    for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++)
        assert_int_equal(cdr_rig_size_of(cdr_rig_path(1, ends[i])), 0);
    assert_int_equal(cdr_rig_size_of(notes), 0);
}

/* --- the writer ----------------------------------------------------------------------------- */

#define TEST(name) cmocka_unit_test_setup_teardown(name, cdr_rig_set_up, cdr_rig_tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_a_record_is_a_line_of_json),
        TEST(test_a_chain_goes_on_after_a_restart),
        TEST(test_the_directory_is_made),
        TEST(test_files_may_be_carried_away),
        TEST(test_changes_are_named),
        TEST(test_a_line_less_is_named),
        TEST(test_half_a_pair_is_none),
        TEST(test_a_key_gets_its_public_half),
        TEST(test_another_key_is_not_ours),
        TEST(test_keys_that_others_read_are_refused),
        TEST(test_what_a_crash_left_is_closed),
        TEST(test_a_crash_while_closing),
        TEST(test_a_name_that_is_taken),
        TEST(test_older_files_are_verified),
        TEST(test_a_tail_is_a_whole_line),
        TEST(test_a_signed_count_is_of_its_lines),
        TEST(test_only_closed_files_are_removed),
        TEST(test_an_empty_left_over_goes),
        TEST(test_old_files_are_removed),
        TEST(test_no_gap_is_removed),
        TEST(test_a_lost_place_is_behind_the_newest_file),
        TEST(test_what_is_torn_is_not_written_over),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
