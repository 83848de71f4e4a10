/*
 * What an admin does to the menu versions in a store: reads the record, changes it by one of the
 * functions of gateway/releases.h, and writes it back.
 */
#ifndef WARUNG_TESTS_SUPPORT_RELEASES_ADMIN_H
#define WARUNG_TESTS_SUPPORT_RELEASES_ADMIN_H

#include "base/deferred.h"
#include "gateway/releases.h"
#include "sessions/store.h"

struct releases_admin {
    struct deferred_queue *deferred;
    struct store *store;
    struct releases releases;
    uint64_t version;
    bool is_done;
};

/* `store` is taken over. The record must be there; both wait for the store, and assert that it
 * does as told. */
void releases_admin_begin(struct releases_admin *a, struct store *store,
                          struct deferred_queue *deferred);
void releases_admin_end(struct releases_admin *a);
/* A store_shared_commit() of the admin's own is done; `arg` is the admin. */
void releases_admin_on_written(void *arg, const struct store_reply *reply);

#endif
