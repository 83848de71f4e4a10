#include "tests/support/releases_admin.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void await(struct releases_admin *a)
{
    while (!a->is_done)
        deferred_run(a->deferred);
}

static void on_list(void *arg, const struct store_reply *reply)
{
    struct releases_admin *a = arg;

    assert_int_equal(reply->result, STORE_OK);
    a->version = reply->subscriber.session.version;
    assert_true(releases_decode(&a->releases, reply->subscriber.session.data));
    a->is_done = true;
}

void releases_admin_on_written(void *arg, const struct store_reply *reply)
{
    struct releases_admin *a = arg;

    assert_int_equal(reply->result, STORE_OK);
    a->is_done = true;
}

void releases_admin_begin(struct releases_admin *a, struct store *store,
                          struct deferred_queue *deferred)
{
    memset(a, 0, sizeof(*a));
    a->store = store;
    a->deferred = deferred;
    store_shared_load(a->store, RELEASES_RECORD, on_list, a);
    await(a);
}

void releases_admin_end(struct releases_admin *a)
{
    static uint8_t octets[RELEASES_BYTES_MAX];
    struct writer w;

    writer_init(&w, octets, sizeof(octets));
    releases_encode(&a->releases, &w);
    a->is_done = false;
    store_shared_commit(a->store, RELEASES_RECORD, a->version, writer_span(&w), 0,
                        releases_admin_on_written, a);
    await(a);
    releases_fini(&a->releases);
    store_free(a->store);
}
