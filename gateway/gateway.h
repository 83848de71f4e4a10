/*
 * The composition: store, turn engine, ports, centres, HTTP, on one loop. It starts, reloads and
 * drains; what the parts do is theirs.
 */
#ifndef WARUNG_GATEWAY_GATEWAY_H
#define WARUNG_GATEWAY_GATEWAY_H

#include "gateway/access_log.h"
#include "gateway/centres.h"
#include "gateway/loop.h"
#include "gateway/partners.h"
#include "gateway/ports.h"
#include "gateway/setup.h"
#include "gateway/taps.h"
#include "gateway/turn/turn.h"

struct cdr_writer;
struct gateway;

struct gateway_owner {
    /* The store is there and the menus are loaded; links may still be connecting. Once. */
    void (*on_ready)(void *ctx);
    /* gateway_config() is another. */
    void (*on_reloaded)(void *ctx);
    /* Drained and unbound, or failed (is_clean false: the store was not there in time, or is not
     * for us). The loop may be stopped, and then the gateway freed. Once. */
    void (*on_stopped)(void *ctx, bool is_clean);
    void *ctx;
};

enum gateway_state { GATEWAY_STARTING, GATEWAY_READY, GATEWAY_DRAINING, GATEWAY_STOPPED };
const char *gateway_state_name(enum gateway_state state);

/* Opens the ports and begins to connect. Takes everything in *setup when it succeeds. NULL, with a
 * text for the administrator, when a port or the store's address cannot be had. */
struct gateway *gateway_new(struct loop *loop, struct setup *setup,
                            const struct gateway_owner *owner, char *error, size_t error_bytes);
/* Outside of all callbacks, after the loop. What is under way is dropped: custody is the store's.
 */
void gateway_free(struct gateway *g);

/* Reads the configuration again. False when it is faulty (each fault is in the log), or the gateway
 * is draining: then nothing has changed, but that keys which were added are known. */
bool gateway_reload(struct gateway *g);
/* New dials get the busy screen, live turns end, links unbind; then on_stopped. */
void gateway_drain(struct gateway *g);

/* For health, metrics and the API. */
struct gateway_counters {
    uint64_t reloads, reloads_rejected;
    int64_t started_ms;  /* wall clock */
    int64_t reloaded_ms; /* of the last good load of the configuration, wall clock */
};
enum gateway_state gateway_state(const struct gateway *g);
/* Why dialogues cannot be served now; NULL = they can: the store and a bind are there. */
const char *gateway_missing(const struct gateway *g);
/* Nothing is missing but leases: every centre is exclusive and another gateway's, and there are no
 * partners that could be bound. */
bool gateway_is_standby(const struct gateway *g);
/* Another gateway uses the store under our instance's name. */
bool gateway_has_namesake(const struct gateway *g);
const struct gateway_counters *gateway_counters(const struct gateway *g);
const struct config *gateway_config(const struct gateway *g);
/* Keys that the last reload found changed and that only a restart takes, with a blank between them.
 */
const char *gateway_needs_restart(const struct gateway *g);
const struct centres *gateway_centres(const struct gateway *g);
/* The time by the clock of its timers. */
uint64_t gateway_now_ms(const struct gateway *g);
struct taps *gateway_taps(const struct gateway *g);
const struct link_endings *gateway_link_endings(const struct gateway *g);
/* Of the centre or account of this name; NULL when there is none. */
struct service *gateway_service(const struct gateway *g, const char *name);
struct partners *gateway_partners(const struct gateway *g);
const struct router *gateway_router(const struct gateway *g);
/* Which menu versions are in force; NULL until the store is there. */
const struct releases *gateway_releases(const struct gateway *g);
const struct funnel *gateway_funnel(const struct gateway *g);
const struct ports *gateway_ports(const struct gateway *g);
struct access_log *gateway_access_log(const struct gateway *g);
/* NULL when no records are written. */
struct cdr_writer *gateway_cdr(const struct gateway *g);
const struct turn_engine *gateway_turns(const struct gateway *g);
const struct store *gateway_store(const struct gateway *g);

#endif
