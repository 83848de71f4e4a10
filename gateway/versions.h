/*
 * Menu versions in the store: which are in force (gateway/releases.h), and the source of each by
 * its content hash. The store is the authority: what this gateway's files say is offered to it,
 * what others have decided is followed within VERSIONS_POLL_MS, and dialogues and drafts find the
 * version that they began with, also after a restart and on another gateway.
 *
 * Store records: "menus" (struct releases), "menu:" and the hash in hex (a menu's source,
 * RELEASES_KEEP_S after it was last in use).
 */
#ifndef WARUNG_GATEWAY_VERSIONS_H
#define WARUNG_GATEWAY_VERSIONS_H

#include "base/timer.h"
#include "gateway/router.h"
#include "sessions/store.h"

enum {
    VERSIONS_POLL_MS = 1000,
    VERSIONS_REFRESH_S = 24 * 3600,
};

struct versions;

struct versions_settings {
    struct store *store;
    struct timer_queue *timers;
    int64_t (*wall_ms)(void *ctx);
    void *wall_ctx;
    struct router *router;
    const struct menu_vocabulary *vocabulary;
    const char *instance; /* copied */
    /* What is in force is known and in the router, or cannot be had (logged). Once. */
    void (*on_loaded)(void *ctx);
    void *ctx;
};

/* Begins to load; nothing is called back from inside. The store must be ready. */
struct versions *versions_new(const struct versions_settings *settings);
/* After each router_load(): the files may have changed. What serves new dials is decided and in the
 * router before this returns, by what is known of the store; it is written to it behind that. */
void versions_offer_files(struct versions *v);
/* What the router was told last. */
const struct releases *versions_releases(const struct versions *v);
/* After the store: a request under way is forgotten with it. */
void versions_free(struct versions *v);

#endif
