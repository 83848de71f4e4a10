/*
 * Many subscribers who walk one flow through a centre, with their accounts in a ledger.
 *
 * Cheap a step: nothing is allocated in steady state, and a subscriber in no dialogue costs a row.
 */
#ifndef WARUNG_SMSC_CROWD_H
#define WARUNG_SMSC_CROWD_H

#include "tests/smsc/centre.h"
#include "tests/smsc/ledger.h"
#include "tests/smsc/speech.h"

struct crowd;

struct crowd_settings {
    uint64_t first_phone; /* the subscribers' numbers: a range, used in turn */
    uint64_t phones;
    size_t dialogues_max;       /* at once */
    uint64_t screen_timeout_us; /* a screen missed this long is lost */
    /* 0 = a question is answered at once; else a subscriber acts every so often, by the clock, from
     * when his dialogue was due to begin. */
    uint64_t think_us;
    /* When only the last screen comes again, the subscriber types once more after so long; 0 = he
     * waits in vain. */
    uint64_t reenter_us;
    unsigned hang_up_percent;  /* of questions */
    unsigned walk_off_percent; /* likewise: the dialogue stays open, nothing is sent any more */
    const struct speech *speech;
    bool by_payload; /* text in message_payload */
    bool by_data_sm; /* inputs as data_sm, whatever the dialect */
    bool echo_unit;  /* answers carry the unit number of the last screen, else 0 */
    uint64_t seed;
    unsigned samples_max; /* wrong screens to print on standard error */
};

struct crowd_owner {
    /* A dialogue is over; true when the next subscriber shall take its place at once (only without
     * think_us). */
    bool (*may_begin)(void *ctx);
    /* An input's own screen came, so long after the input was due; `ended`: the flow's end. */
    void (*on_step)(void *ctx, uint64_t latency_us, bool ended);
    /* An input was answered 0, so long after it was due. */
    void (*on_answer)(void *ctx, uint64_t latency_us);
};

/* What is pointed to must outlive the crowd. */
struct crowd *crowd_new(struct loop *loop, const struct crowd_settings *settings,
                        const struct flow *flow, struct faults *faults,
                        const struct crowd_owner *owner, void *ctx);
void crowd_free(struct crowd *c);
/* The crowd is a centre's owner, but for on_binds: its callbacks, with the crowd as ctx. */
void crowd_fill_owner(struct centre_owner *owner);
/* Must come before the first dialogue. The centre must be gone before the crowd. */
void crowd_set_centre(struct crowd *c, struct centre *centre);

/* A subscriber in no dialogue dials. due_us: when he should have. False when there is none, or
 * dialogues_max are at once. */
bool crowd_begin(struct crowd *c, uint64_t due_us);
/* With think_us: lets everybody act whose time has come, and asks the loop to wake for the next. */
void crowd_act(struct crowd *c);
/* To be called every now and then: types again what was eaten, gives up screens that are overdue;
 * at the very end (`all`) all that are still awaited. */
void crowd_miss_screens(struct crowd *c, bool all);

/* Dialogues begun so far; at once, at most. */
uint64_t crowd_started(const struct crowd *c);
size_t crowd_at_once(const struct crowd *c);
/* Inputs of a dialogue, on average of those that reached the end; before that, the flow's. */
double crowd_inputs_per_dialogue(const struct crowd *c);
/* Nobody is in a dialogue. */
bool crowd_is_idle(const struct crowd *c);
const struct ledger_row *crowd_rows(const struct crowd *c, size_t *count);

#endif
