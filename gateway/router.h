/*
 * Which menu answers which code, and the versions of menus that dialogues are pinned to.
 *
 * New dials get the version in force, or the one on trial; older ones are kept for dialogues that
 * began with them (ROUTER_VERSIONS_MAX in all, the oldest go first).
 */
#ifndef WARUNG_GATEWAY_ROUTER_H
#define WARUNG_GATEWAY_ROUTER_H

#include "gateway/config.h"
#include "gateway/releases.h"
#include "menus/load.h"

enum { ROUTER_VERSIONS_MAX = 64, ROUTER_CODE_BYTES = 24 };

struct router;

struct router *router_new(void);
void router_free(struct router *r);

/* Loads every menu of the configuration. Its files' versions are in force until router_apply() says
 * otherwise. False after any error, each reported: then nothing has changed. */
bool router_load(struct router *r, const struct config *config,
                 const struct menu_vocabulary *vocabulary, menu_fault_fn *on_fault, void *arg);
/* ... these, one for each of the configuration, which are the router's from now on. */
void router_take(struct router *r, const struct config *config, struct menu *const *menus);

/* The menu that serves a code, in the version with this id (MENU_ID_BYTES; NULL or zeros = the one
 * for that subscriber: on trial, or in force; msisdn NULL = in force). `peer` is the smsc or
 * account that asks: a menu for it goes before one for all; "" = whoever. USSD: "*384*2#" is served
 * by the menu of "*384#". A code that only the other kind names is served too. NULL when no menu
 * serves the code or that version is gone. */
const struct menu *router_find(const struct router *r, const char *peer, const char *code,
                               bool is_sms, const uint8_t *id, const char *msisdn);
/* The version in force of the menu that serves a service code of either kind; NULL = none. */
const struct menu *router_find_any(const struct router *r, const char *code);

/* The longest USSD code of a menu for this peer that the dialled string begins with; of the peer's
 * own codes where none has one and none serves `code`, which the dialect made of the string (a
 * default menu's, then). NULL = none. Valid until the next router_load(). */
const char *router_service_code(const struct router *r, const char *peer, const char *dialled,
                                const char *code);
/* What texts call the service of a code: the first USSD code of the menu that serves it, of a
 * default menu without any the first that a peer carries; the code itself when there is none. Valid
 * until the next router_load(). */
const char *router_shown_code(const struct router *r, const char *code);
/* The first menu that has this text; *code is what texts call its service ("" = it has none). NULL
 * when none has it. Valid until the next router_load(). */
const struct menu *router_find_text(const struct router *r, const char *text, const char **code);
/* The short number that SMS about a service come from: the first `sms` number of the menu that
 * serves the code; when it has none, the digits of the code. */
void router_sms_source(const struct router *r, const char *code, char source[ROUTER_CODE_BYTES]);

/* NULL when that version is not here. */
const struct menu *router_version(const struct router *r, const uint8_t id[MENU_ID_BYTES]);
bool router_has_version(const struct router *r, const uint8_t id[MENU_ID_BYTES]);
/* Takes an older version in, for dialogues that began with it; a known one is freed. */
void router_add_version(struct router *r, struct menu *menu);

/* Menus in the order of the configuration, in the version in force; NULL at the end. */
const struct menu *router_at(const struct router *r, unsigned index);
/* ... as their files have them. */
const struct menu *router_file_at(const struct router *r, unsigned index);
/* ... on trial; NULL = none. */
const struct menu *router_trial_at(const struct router *r, unsigned index);

/* From now on each menu serves new dials with the version that is in force there, and with the one
 * on trial. A version that is not here (router_has_version()) is passed over. */
void router_apply(struct router *r, const struct releases *releases);
unsigned router_version_count(const struct router *r);

#endif
