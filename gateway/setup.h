/*
 * A configuration and all that it names, loaded and checked before anything starts: menus, keys,
 * users, certificates. The same for `warungd -n`, for a start, and for warungctl, but for the key
 * that signs call detail records: an officer cannot read it.
 */
#ifndef WARUNG_GATEWAY_SETUP_H
#define WARUNG_GATEWAY_SETUP_H

#include "gateway/admin/auth.h"
#include "gateway/config.h"
#include "gateway/router.h"
#include "sessions/vault.h"

struct setup {
    struct config *config;
    struct router *router;
    struct auth *auth;
    struct vault *vault;
};

enum setup_for {
    SETUP_DAEMON,  /* all of it */
    SETUP_RELOAD,  /* all but that key */
    SETUP_RECORDS, /* and no menus: the router is empty, for whoever needs them */
};

/* False after any fault; every one was reported, and *setup is empty. Warnings are
 * reported too (SOURCE_WARNING), but do no harm. */
bool setup_load(struct setup *setup, const char *path, enum setup_for what,
                source_fault_fn *on_fault, void *arg);
/* Frees what is still there; a taker sets what it took to NULL. */
void setup_free(struct setup *setup);

/* Parts of it, for a reload. */
struct auth *setup_load_users(const struct config *config, source_fault_fn *on_fault, void *arg);
bool setup_load_menus(struct router *router, const struct config *config, source_fault_fn *on_fault,
                      void *arg);

#endif
