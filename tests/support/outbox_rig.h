/*
 * The outbox against a store that settles and touches as it is told, and a link that does, too.
 */
#ifndef WARUNG_TESTS_SUPPORT_OUTBOX_RIG_H
#define WARUNG_TESTS_SUPPORT_OUTBOX_RIG_H

#include "gateway/turn/outbox.h"
#include "gateway/turn/wall.h"

enum { OUTBOX_RIG_SENDS_MAX = 32, OUTBOX_RIG_MARGIN_MS = 5000 };

struct outbox_rig_send {
    char msisdn[24];
    char text[64];
    turn_sent_fn *fn;
    void *arg;
    uint16_t reference;
};

struct outbox_rig {
    struct store store;
    struct timer_queue timers;
    struct vault *vault;
    int64_t wall_ms;
    struct turn_env env;
    struct turn_counters counters;
    struct wall wall;
    struct outbox *outbox;
    bool has_link;
    struct outbox_rig_send sends[OUTBOX_RIG_SENDS_MAX];
    unsigned send_count;
    store_reply_fn *settle_fn;
    void *settle_arg;
    unsigned settles, touches;
    uint64_t touched_ms; /* which one, by its id */
    store_reply_fn *touch_fn;
    void *touch_arg;
    bool has_left; /* what is being sent cannot be taken back */
    enum store_end end;
    int64_t until_ms;
    unsigned parts, key_count;
    char keys[4][32];
    unsigned left;
    enum turn_sent_kind left_kind;
};

int outbox_rig_set_up(void **state);
int outbox_rig_tear_down(void **state);
/* Lives for a second yet. */
struct outbox_entry outbox_rig_entry(const struct outbox_rig *f, const char *msisdn,
                                     const char *text);
void outbox_rig_owe(struct outbox_rig *f, uint64_t number, unsigned deliveries, const char *msisdn,
                    const char *text);
/* What the link says of the i-th that was sent, and the store of the last settled or touched. */
void outbox_rig_end_send(struct outbox_rig *f, unsigned i, enum turn_sent_kind kind);
void outbox_rig_end_settle(struct outbox_rig *f, enum store_result result);
void outbox_rig_end_touch(struct outbox_rig *f, uint64_t number);
void outbox_rig_pass(struct outbox_rig *f, uint64_t ms);

#endif
