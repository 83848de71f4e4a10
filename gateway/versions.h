/*
 * Menu versions that outlive the process: each version in force is kept in the store by its content
 * hash, with a list of which were in force when, so that a gateway that starts anew serves
 * dialogues and drafts with the version that they began with.
 *
 * Store records: "menu:" and the hash in hex (the menu's source, VERSIONS_TTL_S after it was last
 * in force), "menus" (the list).
 */
#ifndef WARUNG_GATEWAY_VERSIONS_H
#define WARUNG_GATEWAY_VERSIONS_H

#include "base/timer.h"
#include "gateway/router.h"
#include "sessions/store.h"

enum {
    VERSIONS_MAX = 16,               /* in the list: the last ones in force */
    VERSIONS_TTL_S = 10 * 24 * 3600, /* no draft and no dialogue is older */
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
    /* The kept versions are in the router, or cannot be had (logged). Once. */
    void (*on_loaded)(void *ctx);
    void *ctx;
};

/* Begins to load; nothing is called back from inside. The store must be ready. */
struct versions *versions_new(const struct versions_settings *settings);
/* Puts the versions now in force into the store; also after each reload. */
void versions_publish(struct versions *v);
/* After the store: a request under way is forgotten with it. */
void versions_free(struct versions *v);

#endif
