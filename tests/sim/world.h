/*
 * A deterministic world for the real turn, link, menu and session code: virtual time, a seeded
 * network, store and centre, gateways that die and come back. The same seed gives the same history
 * to the last octet; the trace hash proves it.
 */
#ifndef WARUNG_SIM_WORLD_H
#define WARUNG_SIM_WORLD_H

#include "base/deferred.h"
#include "base/random.h"
#include "base/timer.h"
#include "gateway/config.h"
#include "gateway/turn/turn.h"
#include "sessions/store.h"

enum {
    WORLD_GATEWAYS_MAX = 4,
    WORLD_CENTRES_MAX = 2,
    WORLD_PORT = 2775,    /* of the first centre; the others' follow */
    WORLD_PULSE_MS = 500, /* a gateway that runs looks at its clock so often, as in gateway.c */
};

/* Chances in a million, per chance taken. */
struct world_faults {
    uint32_t commit_unknown; /* reply lost, write done or not */
    uint32_t store_unavailable;
    uint32_t connection_break; /* per octet burst */
    uint32_t submit_throttled;
    uint32_t submit_refused; /* of a screen, which ends its dialogue */
    uint32_t submit_resp_lost;
    uint32_t submit_resp_ms;    /* not in a million: it comes so late at most */
    uint32_t deliver_resp_lost; /* the centre does not see our answer, and sends again */
    uint32_t deliver_twice;
    uint32_t hang_up;
    uint32_t short_write; /* the kernel takes a part */
    /* Not in a million. Of each gateway: */
    uint32_t gateway_crashes_per_hour;
    uint32_t gateway_drains_per_hour;
    uint32_t partitions_per_hour; /* from the store */
    uint32_t clock_steps_per_hour;
    uint32_t standstills_per_hour;
    uint32_t reloads_per_hour;
    /* Of the world: */
    uint32_t slow_stores_per_hour;
    uint32_t failovers_per_hour;
    uint32_t menu_changes_per_hour;
    uint32_t sms_jams_per_hour;
    uint32_t officers_per_hour; /* commands */
};

/* What the store's servers are doing. */
enum world_store {
    WORLD_STORE_WELL,
    WORLD_STORE_SLOW,
    WORLD_STORE_ELECTING, /* refuses everything */
    WORLD_STORE_UNSAFE,   /* what is written now, the replica will not have; nobody is told OK */
};

struct sim_menus;

/* A gateway's: it runs nothing while it stands still, and then learns of all that came meanwhile.
 */
struct world_process {
    struct timer_queue timers;
    bool is_still;
};

struct world {
    struct timer_queue timers; /* of all that never stands still */
    struct world_process processes[WORLD_GATEWAYS_MAX];
    struct deferred_queue deferred;
    struct random_source random;
    struct world_faults faults;
    enum turn_token token; /* what the centre does */
    uint64_t trace;        /* running hash of everything that crossed a seam */
    bool is_verbose;
    enum world_store store;
    uint64_t store_until_ms; /* it lasts */
    const struct sim_menus *menus;
    unsigned menu; /* which version is in force */
    /* Of each gateway's entry for the centre: */
    enum config_bind bind;
    unsigned window, tps;
    unsigned centres;     /* of different operators: one or two, whose subscribers' numbers tell */
    bool tells;           /* receipts are asked for */
    bool is_exclusive;    /* one gateway at a time is bound, by a lease */
    bool is_busy;         /* subscribers dial every few seconds, answer fast, and do not wait */
    bool is_slow;         /* ... every few days, and correct nothing */
    uint32_t idle_ms_max; /* between two dialogues of a subscriber */
    bool erases;          /* the officer does, too */
    unsigned seats;       /* of the training that subscribers join; 0 = none is planned */
    bool calls_off;       /* the officer, that training */
    bool pushes;          /* the officer pushes screens */
    unsigned sms_expiry_s;
    bool is_sms_jammed; /* the centre takes none */
    uint64_t sms_jam_ended_ms;
    unsigned failovers, slow_stores, menu_changes, partitions, drains, clock_steps;
    unsigned standstills, reloads;
};

void world_init(struct world *w, uint64_t seed, const struct world_faults *faults);
void world_fini(struct world *w);
/* Runs events up to and including until_ms. */
void world_run(struct world *w, uint64_t until_ms);

/* What the numbers of a centre's subscribers begin with. */
const char *world_prefix(unsigned centre);

int64_t world_wall_ms(void *world);
uint64_t world_random(void *world);
/* True with a chance of per_million. */
bool world_chance(struct world *w, uint32_t per_million);
/* least .. most, both included */
uint64_t world_between(struct world *w, uint64_t least, uint64_t most);
/* A moment in an hour that has so many of them, from now in milliseconds. */
uint64_t world_next(struct world *w, uint32_t per_hour);
/* One line of the history, when it is to be told. */
void world_tell(const struct world *w, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* Mixes octets into the trace. */
void world_note(struct world *w, const void *data, size_t bytes);

/* Ends the process with the seed and the time: a broken promise, not a broken simulator. */
_Noreturn void world_violation(const struct world *w, const char *what, const char *msisdn,
                               const char *detail);

#endif
