/* gateway/admin/auth: files of users, and whose a token is. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include <openssl/evp.h>
#include <sys/stat.h>

#include "base/mem.h"
#include "gateway/admin/auth.h"
#include "tests/support/files.h"

#define HASH "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

struct fixture {
    struct auth *auth;
    char folder[FILES_FOLDER_BYTES];
    char path[96];
    char token[AUTH_TOKEN_BYTES], viewer_token[AUTH_TOKEN_BYTES];
};

static int start(void **state)
{
    struct fixture *f = mem_zalloc(sizeof(*f));
    char hash[AUTH_HASH_BYTES], viewer_hash[AUTH_HASH_BYTES], text[512], error[256];

    files_make_folder(f->folder, "auth");
    snprintf(f->path, sizeof(f->path), "%s/users", f->folder);
    assert_true(auth_make_token(f->token, hash));
    assert_true(auth_make_token(f->viewer_token, viewer_hash));
    snprintf(text, sizeof(text), "# who may\n\nsri officer %s\nbudi viewer %s\n", hash,
             viewer_hash);
    files_write(f->folder, "users", text);
    f->auth = auth_load(f->path, error, sizeof(error));
    assert_non_null(f->auth);
    *state = f;
    return 0;
}

static int stop(void **state)
{
    struct fixture *f = *state;
    int status;

    auth_free(f->auth);
    status = files_remove_folder(f->folder);
    mem_free(f);
    return status;
}

static void users_files_are_checked(void **state)
{
    struct fixture *f = *state;
    static const struct {
        const char *text, *fault;
    } rows[] = {
        {"sri officer\n", ":1: a line is NAME ROLE HASH"},
        {"# a\nsri boss 00\n", ":2: the role must be viewer, officer or admin"},
        {"sri nobody " HASH "\n", ":1: the role must be viewer, officer or admin"},
        {"sri admin 0g\n", ":1: the hash must be 64 hex digits"},
        {"a-name-that-is-far-too-long-for-it admin 00\n", ":1: the name is too long"},
        {"sri admin " HASH "\n\nsri viewer " HASH "\n", ":3: this name was there already"},
        {"sri admin " HASH " more\n", ":1: a line is NAME ROLE HASH"},
    };
    char error[256];
    struct auth *a;

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        files_write(f->folder, "users", rows[i].text);
        assert_null(auth_load(f->path, error, sizeof(error)));
        assert_non_null(strstr(error, rows[i].fault));
    }
    chmod(f->path, 0666);
    assert_null(auth_load(f->path, error, sizeof(error)));
    assert_non_null(strstr(error, "others may write"));
    assert_null(
        auth_load("/proc/self/mem", error, sizeof(error))); /* a file, but no read succeeds */
    assert_non_null(strstr(error, "cannot read"));
    a = auth_load("/nonexistent/users", error, sizeof(error));
    assert_non_null(a);
    assert_int_equal(auth_check(a, "Bearer x", error), AUTH_NOBODY);
    auth_free(a);
}

/* "Basic " and base64 of NAME:TOKEN. */
static void make_basic(char *header, const char *name, const char *token)
{
    char plain[128];
    int size = snprintf(plain, sizeof(plain), "%s:%s", name, token);

    strcpy(header, "Basic ");
    EVP_EncodeBlock((unsigned char *)header + strlen(header), (unsigned char *)plain, size);
}

static void basic_carries_the_token_too(void **state)
{
    static const char *const names[] = {"sri", "", "budi", "ssri", "sr"};
    struct fixture *f = *state;
    char header[256], name[AUTH_NAME_BYTES];

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        make_basic(header, names[i], f->token);
        assert_int_equal(auth_check(f->auth, header, name), i < 2 ? AUTH_OFFICER : AUTH_NOBODY);
        assert_string_equal(name, i < 2 ? "sri" : "");
    }
    make_basic(header, "sri", f->viewer_token);
    assert_int_equal(auth_check(f->auth, header, name), AUTH_NOBODY);
    assert_int_equal(auth_check(f->auth, "Basic !!!!", name), AUTH_NOBODY);
    assert_int_equal(auth_check(f->auth, "Digest x", name), AUTH_NOBODY);
    assert_int_equal(auth_check(f->auth, NULL, name), AUTH_NOBODY);
}

/* A token is known by all of it: any other digit makes it nobody's. */
static void each_digit_of_a_token_counts(void **state)
{
    struct fixture *f = *state;
    char header[AUTH_TOKEN_BYTES + 16], name[AUTH_NAME_BYTES];
    char *token = header + strlen("Bearer ");

    for (size_t i = 0; i < AUTH_TOKEN_BYTES - 1; i++) {
        snprintf(header, sizeof(header), "Bearer %s", f->token);
        assert_int_equal(auth_check(f->auth, header, name), AUTH_OFFICER);
        token[i] = token[i] == '0' ? '1' : '0';
        assert_int_equal(auth_check(f->auth, header, name), AUTH_NOBODY);
    }
    snprintf(header, sizeof(header), "Bearer %.8s", f->token);
    assert_int_equal(auth_check(f->auth, header, name), AUTH_NOBODY);
    snprintf(header, sizeof(header), "Bearer %s0", f->token);
    assert_int_equal(auth_check(f->auth, header, name), AUTH_NOBODY);
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, start, stop)

int main(void)
{
    const struct CMUnitTest tests[] = {TEST(users_files_are_checked),
                                       TEST(basic_carries_the_token_too),
                                       TEST(each_digit_of_a_token_counts)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
