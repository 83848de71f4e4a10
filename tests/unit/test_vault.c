/* Sealing records, the keys file, rotation. */
#include "sessions/vault.h"

#include "base/whole_file.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

static const char number[] = "6281200000001";
static const char other_number[] = "6281200000002";

static int link_error; /* of link() below; 0 = the system's word */

/* The C library's gives way to this one. */
int link(const char *from, const char *to)
{
    if (link_error == 0)
        return linkat(AT_FDCWD, from, AT_FDCWD, to, 0);
    errno = link_error;
    return -1;
}

struct folder {
    char path[64];
    char keys[96];
};

static int set_up(void **state)
{
    static struct folder f;

    strcpy(f.path, "/tmp/warung-vault-XXXXXX");
    assert_non_null(mkdtemp(f.path));
    snprintf(f.keys, sizeof(f.keys), "%s/keys", f.path);
    *state = &f;
    return 0;
}

static int tear_down(void **state)
{
    struct folder *f = *state;
    char beside[128];

    snprintf(beside, sizeof(beside), "%s.warungctl", f->keys);
    (void)unlink(beside);
    (void)unlink(f->keys);
    return rmdir(f->path);
}

static struct vault *new_keys(struct folder *f)
{
    char error[200];
    struct vault *v;

    if (!vault_create_file(f->keys, false, error, sizeof(error)))
        fail_msg("%s", error);
    v = vault_open_file(f->keys, error, sizeof(error));
    if (v == NULL)
        fail_msg("%s", error);
    return v;
}

static struct span seal(struct vault *v, const char *text, uint8_t *octets, size_t octet_bytes)
{
    struct writer w;

    writer_init(&w, octets, octet_bytes);
    assert_true(vault_seal(v, VAULT_SESSION, number, span_of_string(text), &w));
    return writer_span(&w);
}

static bool opens_as(struct vault *v, enum vault_kind kind, const char *msisdn, struct span sealed,
                     const char *text)
{
    uint8_t octets[256];
    struct writer w;

    writer_init(&w, octets, sizeof(octets));
    writer_u8(&w, 0xee); /* what stands there already stays */
    if (!vault_open(v, kind, msisdn, sealed, &w)) {
        assert_int_equal(writer_size(&w), 1);
        assert_false(w.failed);
        return false;
    }
    assert_int_equal(octets[0], 0xee);
    return span_is_equal(span_of(octets + 1, writer_size(&w) - 1), span_of_string(text));
}

static void test_sealed_record_opens(void **state)
{
    struct vault *v = new_keys(*state);
    uint8_t octets[256];
    static const char *const texts[] = {"", "x", "Siti Aminah, NIK 1871015708990001"};

    assert_false(vault_is_plain(v));
    for (unsigned i = 0; i < 3; i++) {
        struct span sealed = seal(v, texts[i], octets, sizeof(octets));

        assert_int_equal(sealed.size, strlen(texts[i]) + VAULT_OVERHEAD_BYTES);
        assert_true(opens_as(v, VAULT_SESSION, number, sealed, texts[i]));
    }
    vault_free(v);
}

static void test_nothing_shows_and_nothing_repeats(void **state)
{
    struct vault *v = new_keys(*state);
    static const char text[] = "Siti Aminah Siti Aminah";
    uint8_t a[128], b[128];
    struct span first = seal(v, text, a, sizeof(a)), second = seal(v, text, b, sizeof(b));

    assert_null(memmem(first.data, first.size, "Siti", 4));
    assert_int_equal(first.size, second.size);
    assert_memory_not_equal(first.data + 5, second.data + 5, 12);
    assert_memory_not_equal(first.data + 17, second.data + 17, first.size - 17);
    vault_free(v);
}

static void test_moved_record_does_not_open(void **state)
{
    struct vault *v = new_keys(*state);
    uint8_t octets[128];
    struct span sealed = seal(v, "text", octets, sizeof(octets));

    assert_false(opens_as(v, VAULT_SESSION, other_number, sealed, "text"));
    assert_false(opens_as(v, VAULT_MERCHANT, number, sealed, "text"));
    assert_true(opens_as(v, VAULT_SESSION, number, sealed, "text"));
    vault_free(v);
}

static void test_damaged_record_does_not_open(void **state)
{
    struct vault *v = new_keys(*state);
    uint8_t octets[128];
    struct span sealed = seal(v, "text", octets, sizeof(octets));

    for (size_t i = 0; i < sealed.size; i++) {
        octets[i] ^= 0x10;
        assert_false(opens_as(v, VAULT_SESSION, number, sealed, "text"));
        octets[i] ^= 0x10;
    }
    for (size_t size = 0; size < sealed.size; size++)
        assert_false(opens_as(v, VAULT_SESSION, number, span_of(octets, size), "text"));
    vault_free(v);
}

static void test_no_room(void **state)
{
    struct vault *v = new_keys(*state);
    uint8_t octets[128], small[3];
    struct span sealed = seal(v, "text", octets, sizeof(octets));
    struct writer w;

    writer_init(&w, small, sizeof(small));
    assert_false(vault_open(v, VAULT_SESSION, number, sealed, &w));
    writer_init(&w, octets, 4 + VAULT_OVERHEAD_BYTES - 1);
    assert_false(vault_seal(v, VAULT_SESSION, number, span_of_string("text"), &w));
    assert_true(w.failed);
    vault_free(v);
    v = vault_new_plain();
    writer_init(&w, small, sizeof(small));
    assert_false(vault_open(v, VAULT_SESSION, number, seal(v, "text", octets, sizeof(octets)), &w));
    vault_free(v);
}

static void test_plain_vault_and_the_way_to_keys(void **state)
{
    struct folder *f = *state;
    struct vault *plain = vault_new_plain(), *v = new_keys(f);
    uint8_t octets[128], sealed_octets[128];
    char error[200];
    struct span record = seal(plain, "text", octets, sizeof(octets));
    struct span sealed = seal(v, "text", sealed_octets, sizeof(sealed_octets));

    assert_true(vault_is_plain(plain));
    assert_int_equal(vault_record_key(record), 0);
    assert_true(opens_as(plain, VAULT_SESSION, number, record, "text"));
    assert_false(opens_as(plain, VAULT_SESSION, number, sealed, "text"));
    /* Nobody who can write to the store alone makes a record. */
    assert_false(opens_as(v, VAULT_SESSION, number, record, "text"));
    vault_free(v);
    assert_int_equal(unlink(f->keys), 0);
    assert_true(vault_create_file(f->keys, true, error, sizeof(error)));
    v = vault_open_file(f->keys, error, sizeof(error));
    assert_non_null(v);
    assert_true(opens_as(v, VAULT_SESSION, number, record, "text"));
    assert_true(vault_rotate_file(f->keys, error, sizeof(error)));
    assert_true(vault_reload_file(v, f->keys, error, sizeof(error)));
    assert_true(opens_as(v, VAULT_SESSION, number, record, "text"));
    vault_free(plain);
    vault_free(v);
}

static void test_rotation(void **state)
{
    struct folder *f = *state;
    struct vault *v = new_keys(f);
    struct vault_key keys[VAULT_KEYS_MAX];
    uint8_t old_octets[128], new_octets[128];
    struct span old_record = seal(v, "old", old_octets, sizeof(old_octets)), new_record;
    char error[200];
    struct stat st;

    assert_int_equal(vault_record_key(old_record), 1);
    assert_true(vault_rotate_file(f->keys, error, sizeof(error)));
    assert_int_equal(stat(f->keys, &st), 0);
    assert_int_equal(st.st_mode & 07777, 0600);
    assert_true(vault_reload_file(v, f->keys, error, sizeof(error)));
    assert_int_equal(vault_keys(v, keys), 2);
    assert_int_equal(keys[0].id, 1);
    assert_false(keys[0].is_current);
    assert_int_equal(keys[1].id, 2);
    assert_true(keys[1].is_current);
    assert_int_equal(strlen(keys[1].created), 10);
    new_record = seal(v, "new", new_octets, sizeof(new_octets));
    assert_int_equal(vault_record_key(new_record), 2);
    assert_true(opens_as(v, VAULT_SESSION, number, old_record, "old"));
    assert_true(opens_as(v, VAULT_SESSION, number, new_record, "new"));
    vault_free(v);
}

/* NIK equality must outlive a change of keys. */
static void test_hash_is_keyed_and_stays(void **state)
{
    struct folder *f = *state;
    struct vault *v = new_keys(f), *plain = vault_new_plain();
    uint8_t first[VAULT_HASH_BYTES], again[VAULT_HASH_BYTES];
    struct span nik = span_of_string("1871015708990001");
    char error[200];

    vault_hash(v, "nik", nik, first);
    assert_true(vault_rotate_file(f->keys, error, sizeof(error)));
    assert_true(vault_reload_file(v, f->keys, error, sizeof(error)));
    vault_hash(v, "nik", nik, again);
    assert_memory_equal(first, again, sizeof(first));
    vault_hash(v, "msisdn", nik, again);
    assert_memory_not_equal(first, again, sizeof(first));
    vault_hash(plain, "nik", nik, again);
    assert_memory_not_equal(first, again, sizeof(first));
    vault_free(v);
    vault_free(plain);
}

/* What stored records hold must be found again by every later version. */
static void test_hash_is_an_hmac_of_an_hmac(void **state)
{
    static const uint8_t no_key[VAULT_HASH_BYTES];
    struct vault *v = vault_new_plain();
    uint8_t inner[VAULT_HASH_BYTES], expected[VAULT_HASH_BYTES], hash[VAULT_HASH_BYTES];
    struct span nik = span_of_string("1871015708990001");

    (void)state;
    HMAC(EVP_sha256(), no_key, sizeof(no_key), (const uint8_t *)"nik", 3, inner, NULL);
    HMAC(EVP_sha256(), inner, sizeof(inner), nik.data, nik.size, expected, NULL);
    for (unsigned i = 0; i < 2; i++) {
        vault_hash(v, "nik", nik, hash);
        assert_memory_equal(hash, expected, sizeof(hash));
    }
    vault_free(v);
}

static void test_created_file_is_private_and_never_overwritten(void **state)
{
    struct folder *f = *state;
    char error[200];
    struct stat st;

    umask(0);
    assert_true(vault_create_file(f->keys, false, error, sizeof(error)));
    umask(022);
    assert_int_equal(stat(f->keys, &st), 0);
    assert_int_equal(st.st_mode & 07777, 0600);
    assert_false(vault_create_file(f->keys, false, error, sizeof(error)));
    assert_non_null(strstr(error, f->keys));
    assert_non_null(strstr(error, ": there are keys already; nothing was changed"));
    assert_int_equal(unlink(f->keys), 0);
    link_error = EPERM; /* as a FAT says */
    assert_false(vault_create_file(f->keys, false, error, sizeof(error)));
    link_error = 0;
    assert_non_null(strstr(error, ": the keys need a file system that has hard links and rights"));
    assert_int_equal(access(f->keys, F_OK), -1);
}

#define HEX "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"

static void write_keys(const struct folder *f, const char *text, mode_t mode)
{
    int fd = open(f->keys, O_WRONLY | O_CREAT | O_TRUNC, 0600);

    assert_int_equal(write(fd, text, strlen(text)), strlen(text));
    assert_int_equal(fchmod(fd, mode), 0);
    close(fd);
}

static void read_keys(const struct folder *f, char *text, size_t text_bytes)
{
    int fd = open(f->keys, O_RDONLY);
    ssize_t size = read(fd, text, text_bytes - 1);

    assert_in_range(size, 1, text_bytes - 2);
    text[size] = '\0';
    close(fd);
}

static void refuse(struct folder *f, const char *text, mode_t mode, const char *says)
{
    char error[200] = "";

    write_keys(f, text, mode);
    assert_null(vault_open_file(f->keys, error, sizeof(error)));
    if (strstr(error, says) == NULL)
        fail_msg("\"%s\" does not say \"%s\"", error, says);
}

static void test_wrong_files_are_refused(void **state)
{
    struct folder *f = *state;
    static const char good[] = "warung-keys 1\nhash " HEX "\nseal 1 2026-11-24 " HEX "\n";

    refuse(f, good, 0644, "keys: mode 0644");
    refuse(f, good, 0620, "keys: mode 0620");
    refuse(f, "", 0600, "keys:1: this is no keys file");
    refuse(f, "warung-keys 2\n", 0600, "keys:1: this is no keys file");
    refuse(f, "warung-keys 1\nhash " HEX "\n", 0600, "no seal key");
    refuse(f, "warung-keys 1\nseal 1 2026-11-24 " HEX "\n", 0600, "no hash key");
    refuse(f, "warung-keys 1\nhash abc\n", 0600, "keys:2: the hash key");
    refuse(f, "warung-keys 1\nhash " HEX "\nhash " HEX "\n", 0600, "keys:3: a second hash key");
    refuse(f, "warung-keys 1\n\nsalt 1\n", 0600, "keys:3: a line begins");
    refuse(f, "warung-keys 1\nseal 1 2026-11-24\n", 0600, "keys:2: a key is");
    refuse(f, "warung-keys 1\nseal 0 2026-11-24 " HEX "\n", 0600, "keys:2: \"0\" is no number");
    refuse(f, "warung-keys 1\nseal 1 2026-11-2x " HEX "\n", 0600, "keys:2: \"2026-11-2x\"");
    refuse(f, "warung-keys 1\nseal 1 2026-11-24 xyz\n", 0600, "keys:2: the key itself");
    refuse(f, "warung-keys 1\nseal 2 2026-11-24 " HEX "\nseal 2 2026-11-24 " HEX "\n", 0600,
           "keys:3: the numbers of keys must grow");
    refuse(f, "warung-keys 1\nseal 1 2026-11-24 " HEX " more\n", 0600, "keys:2: a key is");
}

/* As one that was put together by hand may be. */
static void test_file_of_too_many_keys_is_refused(void **state)
{
    struct folder *f = *state;
    char text[8192] = "warung-keys 1\nhash " HEX "\n";

    for (unsigned i = 1, n = (unsigned)strlen(text); i <= VAULT_KEYS_MAX + 1; i++)
        n += (unsigned)snprintf(text + n, sizeof(text) - n, "seal %u 2026-11-24 " HEX "\n", i);
    refuse(f, text, 0600, "keys:67: more than 64 keys");
}

static void test_group_may_read(void **state)
{
    struct folder *f = *state;
    struct vault *v = new_keys(f);
    char error[200];

    vault_free(v);
    assert_int_equal(chmod(f->keys, 0440), 0); /* as a systemd credential looks */
    v = vault_open_file(f->keys, error, sizeof(error));
    assert_non_null(v);
    vault_free(v);
    assert_null(vault_open_file("/nonexistent/keys", error, sizeof(error)));
    assert_non_null(strstr(error, "/nonexistent/keys: No such file"));
    assert_null(vault_open_file(f->path, error, sizeof(error)));
}

/* A file that went wrong leaves the keys in use alone. */
static void test_failed_reload_keeps_the_keys(void **state)
{
    struct folder *f = *state;
    struct vault *v = new_keys(f);
    uint8_t octets[128];
    struct span sealed = seal(v, "text", octets, sizeof(octets));
    char error[200];

    assert_int_equal(truncate(f->keys, 20), 0);
    assert_false(vault_reload_file(v, f->keys, error, sizeof(error)));
    assert_true(opens_as(v, VAULT_SESSION, number, sealed, "text"));
    /* Nor does another database's file take their place. */
    assert_int_equal(unlink(f->keys), 0);
    assert_true(vault_create_file(f->keys, false, error, sizeof(error)));
    assert_false(vault_reload_file(v, f->keys, error, sizeof(error)));
    assert_non_null(strstr(error, "hash key is another"));
    assert_true(opens_as(v, VAULT_SESSION, number, sealed, "text"));
    vault_free(v);
}

/* Records are sealed with the newest key: a copy of the file from before it, or one that was
 * rotated on another machine, would be the end of them. An older key may go. */
static void test_a_reload_keeps_the_key_that_seals(void **state)
{
    struct folder *f = *state;
    struct vault *v = new_keys(f);
    char before[2000], after[2000], error[200];
    uint8_t octets[128];
    struct span sealed;

    read_keys(f, before, sizeof(before));
    assert_true(vault_rotate_file(f->keys, error, sizeof(error)));
    read_keys(f, after, sizeof(after));
    assert_true(vault_reload_file(v, f->keys, error, sizeof(error)));
    sealed = seal(v, "text", octets, sizeof(octets));
    write_keys(f, before, 0600);
    assert_false(vault_reload_file(v, f->keys, error, sizeof(error)));
    assert_non_null(strstr(error, "keys: it lacks key 2, which seals new records"));
    assert_true(vault_rotate_file(f->keys, error, sizeof(error)));
    assert_false(vault_reload_file(v, f->keys, error, sizeof(error)));
    assert_non_null(strstr(error, "keys: its key 2 is another than that in use"));
    assert_true(opens_as(v, VAULT_SESSION, number, sealed, "text"));
    memset(strstr(after, "seal 1"), '#', 6);
    write_keys(f, after, 0600);
    assert_true(vault_reload_file(v, f->keys, error, sizeof(error)));
    assert_true(opens_as(v, VAULT_SESSION, number, sealed, "text"));
    vault_free(v);
}

static void test_file_of_keys_is_full_at_last(void **state)
{
    struct folder *f = *state;
    struct vault *v = new_keys(f);
    char error[200];

    for (unsigned i = 1; i < VAULT_KEYS_MAX; i++)
        assert_true(vault_rotate_file(f->keys, error, sizeof(error)));
    assert_false(vault_rotate_file(f->keys, error, sizeof(error)));
    assert_true(vault_reload_file(v, f->keys, error, sizeof(error)));
    vault_free(v);
}

/* What a rotation that was killed left behind is in nobody's way. */
static void test_rotation_after_a_killed_one(void **state)
{
    struct folder *f = *state;
    struct vault *v = new_keys(f);
    char error[200], beside[sizeof(f->keys) + 16];
    FILE *file;

    snprintf(beside, sizeof(beside), "%s.warungctl", f->keys);
    file = fopen(beside, "w");
    assert_non_null(file);
    fclose(file);
    assert_true(vault_rotate_file(f->keys, error, sizeof(error)));
    assert_true(vault_reload_file(v, f->keys, error, sizeof(error)));
    assert_int_equal(access(beside, F_OK), -1);
    vault_free(v);
}

/* The other gateway's file, say, that was carried here and is to be looked at first. */
static void test_files_beside_are_left_alone(void **state)
{
    struct folder *f = *state;
    char error[200], others[sizeof(f->keys) + 16];
    FILE *file;

    snprintf(others, sizeof(others), "%s.new", f->keys);
    file = fopen(others, "w");
    assert_non_null(file);
    fclose(file);
    assert_true(vault_create_file(f->keys, false, error, sizeof(error)));
    assert_true(vault_rotate_file(f->keys, error, sizeof(error)));
    assert_int_equal(unlink(others), 0);
}

/* The file may lie on another volume, where others look for it, too. */
static void test_rotation_of_a_file_that_a_link_leads_to(void **state)
{
    struct folder *f = *state;
    struct vault *v = new_keys(f);
    char error[200], aside[sizeof(f->keys) + 16];
    struct stat st;

    snprintf(aside, sizeof(aside), "%s.aside", f->keys);
    assert_int_equal(rename(f->keys, aside), 0);
    assert_int_equal(symlink(aside, f->keys), 0);
    assert_true(vault_rotate_file(f->keys, error, sizeof(error)));
    assert_int_equal(lstat(f->keys, &st), 0);
    assert_true(S_ISLNK(st.st_mode));
    assert_true(vault_rotate_file(aside, error, sizeof(error)));
    assert_true(vault_reload_file(v, f->keys, error, sizeof(error)));
    assert_int_equal(unlink(aside), 0);
    /* The volume is not there: no lock, so that nobody makes a new file in the link's place. */
    assert_int_equal(whole_file_lock(f->keys), -1);
    assert_int_equal(errno, ENOENT);
    assert_false(whole_file_replace(f->keys, span_of_string("x"), &st));
    assert_false(vault_create_file(f->keys, false, error, sizeof(error)));
    assert_non_null(strstr(error, "No such file"));
    vault_free(v);
}

/* Each of them has its key in the file at the end. */
static void test_rotations_at_once(void **state)
{
    enum { PROCESSES = 4, EACH = 8 };
    struct folder *f = *state;
    struct vault *v;
    struct vault_key keys[VAULT_KEYS_MAX];
    char error[200];
    int status;

    assert_true(vault_create_file(f->keys, false, error, sizeof(error)));
    for (int i = 0; i < PROCESSES; i++)
        if (fork() == 0) {
            bool is_good = true;

            for (int j = 0; j < EACH; j++)
                is_good = vault_rotate_file(f->keys, error, sizeof(error)) && is_good;
            _exit(is_good ? 0 : 1);
        }
    for (int i = 0; i < PROCESSES; i++) {
        assert_true(wait(&status) > 0);
        assert_int_equal(status, 0);
    }
    v = vault_open_file(f->keys, error, sizeof(error));
    assert_non_null(v);
    assert_int_equal(vault_keys(v, keys), 1 + PROCESSES * EACH);
    vault_free(v);
}

/* A disk that is full takes a part of a file: that is the reason told, and nothing is left of it.
 */
static void test_full_disk_leaves_no_half_file(void **state)
{
    struct folder *f = *state;
    struct rlimit before, few;
    char error[200] = "";

    signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    few = (struct rlimit){.rlim_cur = 30, .rlim_max = before.rlim_max};
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &few), 0);
    assert_false(vault_create_file(f->keys, false, error, sizeof(error)));
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
    signal(SIGXFSZ, SIG_DFL);
    assert_non_null(strstr(error, "keys: File too large"));
    assert_int_equal(access(f->keys, F_OK), -1);
}

static void test_plain_is_taken_out(void **state)
{
    struct folder *f = *state;
    char error[200], text[1024] = "";
    FILE *file;

    assert_true(vault_create_file(f->keys, true, error, sizeof(error)));
    file = fopen(f->keys, "a");
    assert_non_null(file);
    assert_true(fputs("# plain\nplain\nplain\n", file) >= 0 && fclose(file) == 0);
    for (int i = 0; i < 2; i++) {
        assert_true(vault_refuse_plain_file(f->keys, error, sizeof(error)));
        file = fopen(f->keys, "r");
        assert_non_null(file);
        text[fread(text, 1, sizeof(text) - 1, file)] = '\0';
        fclose(file);
        assert_null(strstr(text, "\nplain"));
        assert_null(strstr(text, "Records from before"));
        assert_non_null(strstr(text, "\n# plain\n"));
        vault_free(vault_open_file(f->keys, error, sizeof(error)));
    }
}

#define IN_FOLDER(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_FOLDER(test_sealed_record_opens),
        IN_FOLDER(test_nothing_shows_and_nothing_repeats),
        IN_FOLDER(test_moved_record_does_not_open),
        IN_FOLDER(test_damaged_record_does_not_open),
        IN_FOLDER(test_no_room),
        IN_FOLDER(test_plain_vault_and_the_way_to_keys),
        IN_FOLDER(test_rotation),
        IN_FOLDER(test_hash_is_keyed_and_stays),
        cmocka_unit_test(test_hash_is_an_hmac_of_an_hmac),
        IN_FOLDER(test_created_file_is_private_and_never_overwritten),
        IN_FOLDER(test_wrong_files_are_refused),
        IN_FOLDER(test_file_of_too_many_keys_is_refused),
        IN_FOLDER(test_group_may_read),
        IN_FOLDER(test_failed_reload_keeps_the_keys),
        IN_FOLDER(test_a_reload_keeps_the_key_that_seals),
        IN_FOLDER(test_file_of_keys_is_full_at_last),
        IN_FOLDER(test_rotation_after_a_killed_one),
        IN_FOLDER(test_files_beside_are_left_alone),
        IN_FOLDER(test_rotation_of_a_file_that_a_link_leads_to),
        IN_FOLDER(test_rotations_at_once),
        IN_FOLDER(test_full_disk_leaves_no_half_file),
        IN_FOLDER(test_plain_is_taken_out),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
