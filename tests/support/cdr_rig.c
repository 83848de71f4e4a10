#include "tests/support/cdr_rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct cdr_rig cdr_rig;

int cdr_rig_set_up(void **state)
{
    char public_path[128];

    (void)state;
    strcpy(cdr_rig.folder, "/tmp/warung-cdr-XXXXXX");
    assert_non_null(mkdtemp(cdr_rig.folder));
    snprintf(cdr_rig.key_path, sizeof(cdr_rig.key_path), "%s/key", cdr_rig.folder);
    snprintf(public_path, sizeof(public_path), "%s.pub", cdr_rig.key_path);
    assert_true(cdr_key_create(cdr_rig.key_path, cdr_rig.error, sizeof(cdr_rig.error)));
    assert_false(cdr_key_create(cdr_rig.key_path, cdr_rig.error, sizeof(cdr_rig.error)));
    cdr_rig.private_key =
        cdr_key_load_private(cdr_rig.key_path, cdr_rig.error, sizeof(cdr_rig.error));
    cdr_rig.public_key = cdr_key_load_public(public_path, cdr_rig.error, sizeof(cdr_rig.error));
    assert_non_null(cdr_rig.private_key);
    assert_non_null(cdr_rig.public_key);
    timer_queue_init(&cdr_rig.timers, 0);
    cdr_rig.error[0] = '\0';
    return 0;
}

void cdr_rig_each(void (*fn)(const char *path))
{
    char whole[160];
    glob_t found;

    snprintf(whole, sizeof(whole), "%s/*", cdr_rig.folder);
    if (glob(whole, 0, NULL, &found) == 0)
        for (size_t i = 0; i < found.gl_pathc; i++)
            fn(found.gl_pathv[i]);
    globfree(&found);
}

void cdr_rig_remove(const char *path)
{
    assert_int_equal(unlink(path), 0);
}

int cdr_rig_tear_down(void **state)
{
    (void)state;
    cdr_key_free(cdr_rig.private_key);
    cdr_key_free(cdr_rig.public_key);
    timer_queue_fini(&cdr_rig.timers);
    cdr_rig_each(cdr_rig_remove);
    return rmdir(cdr_rig.folder);
}

const char *cdr_rig_path(unsigned sequence, const char *end)
{
    static char path[160];

    snprintf(path, sizeof(path), "%s/cdr-gw1-%09u.jsonl%s", cdr_rig.folder, sequence, end);
    return path;
}

void cdr_rig_open_chain(struct cdr_chain *chain)
{
    assert_true(cdr_chain_init(chain, cdr_rig.folder, "gw1"));
    assert_true(cdr_chain_open(chain, cdr_rig.private_key));
}

struct cdr_file *cdr_rig_write_lines(const struct cdr_chain *chain, unsigned count)
{
    struct cdr_file *f = cdr_file_open(chain);

    assert_non_null(f);
    for (unsigned i = 0; i < count; i++)
        assert_int_equal(cdr_file_write(f, "{\"type\":\"x\"}\n", 13), 13);
    return f;
}

void cdr_rig_write_files(unsigned count)
{
    struct cdr_chain chain;

    cdr_rig_open_chain(&chain);
    for (unsigned i = 0; i < count; i++)
        assert_true(cdr_file_close(cdr_rig_write_lines(&chain, 3), &chain, cdr_rig.private_key));
}

void cdr_rig_assert_fault(unsigned sequence, const char *begin)
{
    struct cdr_verdict v;

    cdr_verify(cdr_rig_path(sequence, ""), cdr_rig.public_key, &v);
    if (strncmp(v.fault, begin, strlen(begin)) != 0 || (begin[0] == '\0' && v.fault[0] != '\0'))
        fail_msg("expected: %s\ngot: %s", begin, v.fault);
}

long cdr_rig_size_of(const char *path)
{
    struct stat st;

    return stat(path, &st) == 0 ? (long)st.st_size : -1;
}
