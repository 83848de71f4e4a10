#include "tests/support/store_load.h"

#include "base/mem.h"

#include <stdio.h>
#include <string.h>

enum { RETRY_MS = 20, FINISH_LIMIT_MS = 30000, RECORD_BYTES = 120 };

struct stepper {
    struct store_load *load;
    char msisdn[32];
    uint64_t version;
    uint64_t counter; /* of the record as we know it */
    uint64_t told;    /* the counter of the last step that we were told is done */
    /* A version that we saw, and its counter: those behind it follow as long as no step is done
     * twice. 0 = none yet. */
    uint64_t seen, seen_counter;
    bool is_unknown;
    bool is_busy;
    struct store_owed_id owed;
    bool has_owed;
    struct timer retry;
};

struct store_load {
    struct store_rig *rig;
    struct stepper *steppers;
    unsigned count;
    bool owes;
    bool is_stopping;
    uint64_t last_ok_ms;
    struct store_load_result result;
};

static void step(struct stepper *p);

static void note_ok(struct store_load *l)
{
    uint64_t now_ms = l->rig->timers.now_ms;

    if (l->last_ok_ms != 0 && now_ms - l->last_ok_ms > l->result.longest_gap_ms)
        l->result.longest_gap_ms = (unsigned)(now_ms - l->last_ok_ms);
    l->last_ok_ms = now_ms;
    l->result.ok++;
}

static struct span record_of(uint64_t counter, uint8_t octets[RECORD_BYTES])
{
    struct writer w;

    memset(octets, 0, RECORD_BYTES);
    writer_init(&w, octets, RECORD_BYTES);
    writer_u64(&w, counter);
    return span_of(octets, RECORD_BYTES);
}

static void look_for_double(struct stepper *p, uint64_t version, uint64_t counter)
{
    uint8_t octets[RECORD_BYTES];
    uint64_t expected = p->seen;

    for (uint64_t i = p->seen_counter; expected != 0 && i < counter; i++)
        expected = store_next_version(expected, record_of(i + 1, octets));
    if (expected != 0 && counter >= p->seen_counter && version != expected)
        p->load->result.doubled++;
    else if (expected != 0)
        return;
    p->seen = version;
    p->seen_counter = counter;
}

/* What the record says against what we were told. What is only read may still be lost: it counts
 * with the next step that is told done, which the replicas have with all before it. */
static void compare(struct stepper *p, const struct store_record *record)
{
    struct store_load_result *result = &p->load->result;
    struct reader r;
    uint64_t there;

    reader_init(&r, record->data);
    there = record->version != 0 ? reader_u64(&r) : 0;
    if (there < p->told)
        result->lost += p->told - there;
    if (record->version != 0)
        look_for_double(p, record->version, there);
    if (p->is_unknown && there > p->counter)
        result->resolved_done++;
    else if (p->is_unknown)
        result->resolved_not++;
    p->is_unknown = false;
    p->counter = there;
    p->version = record->version;
}

static void wait_and_step(struct stepper *p)
{
    timer_start(&p->load->rig->timers, &p->retry, RETRY_MS);
}

static void on_loaded(void *arg, const struct store_reply *reply)
{
    struct stepper *p = arg;

    p->is_busy = false;
    if (reply->result != STORE_OK) {
        wait_and_step(p);
        return;
    }
    compare(p, &reply->subscriber.session);
    if (!p->load->is_stopping)
        step(p);
}

static void resolve(struct stepper *p)
{
    p->is_busy = true;
    (void)store_load(p->load->rig->store, p->msisdn, on_loaded, p);
}

static void on_committed(void *arg, const struct store_reply *reply)
{
    struct stepper *p = arg;
    struct store_load *l = p->load;

    p->is_busy = false;
    switch (reply->result) {
    case STORE_OK:
        note_ok(l);
        p->told = ++p->counter;
        p->version = reply->subscriber.session.version;
        if (p->seen == 0)
            look_for_double(p, p->version, p->counter);
        p->has_owed = l->owes;
        p->owed = reply->owed[0];
        if (!l->is_stopping)
            step(p);
        break;
    case STORE_CONFLICT:
        /* Nobody else writes these records: only our own unknown step may have. */
        l->result.conflicts++;
        compare(p, &reply->subscriber.session);
        wait_and_step(p);
        break;
    case STORE_UNKNOWN:
        l->result.unknown++;
        p->is_unknown = true;
        wait_and_step(p);
        break;
    case STORE_UNAVAILABLE:
        l->result.unavailable++;
        wait_and_step(p);
        break;
    }
}

static void step(struct stepper *p)
{
    uint8_t record[RECORD_BYTES];
    struct store_commit c = {.msisdn = p->msisdn,
                             .session_version = p->version,
                             .session = record_of(p->counter + 1, record),
                             .session_ttl_s = 600,
                             .owner = "load"};

    if (p->is_unknown) {
        resolve(p);
        return;
    }
    if (p->load->owes) {
        c.owed[c.owed_count++] = c.session;
        if (p->has_owed)
            c.settled[c.settled_count++] = p->owed;
    }
    p->is_busy = true;
    (void)store_commit(p->load->rig->store, &c, on_committed, p);
}

static void on_retry(struct timer *t, void *arg)
{
    struct stepper *p = arg;

    (void)t;
    if (!p->load->is_stopping || p->is_unknown)
        step(p);
}

struct store_load *store_load_new(struct store_rig *rig, unsigned series, unsigned dialogues,
                                  bool owes)
{
    struct store_load *l = mem_zalloc(sizeof(*l));

    l->rig = rig;
    l->count = dialogues;
    l->owes = owes;
    l->steppers = mem_zalloc(dialogues * sizeof(l->steppers[0]));
    for (unsigned i = 0; i < dialogues; i++) {
        struct stepper *p = &l->steppers[i];

        p->load = l;
        snprintf(p->msisdn, sizeof(p->msisdn), "62899%u%06u", series % 100, i);
        timer_init(&p->retry, on_retry, p);
        step(p);
    }
    return l;
}

void store_load_run(struct store_load *l, unsigned ms)
{
    store_rig_pass(l->rig, ms);
}

static bool is_settled(const struct store_load *l)
{
    for (unsigned i = 0; i < l->count; i++) {
        if (l->steppers[i].is_busy || l->steppers[i].is_unknown)
            return false;
    }
    return true;
}

static void settle(struct store_load *l)
{
    for (unsigned waited_ms = 0; !is_settled(l); waited_ms += 10) {
        if (waited_ms > FINISH_LIMIT_MS) {
            fprintf(stderr, "store_load: dialogues without an answer\n");
            l->result.lost++;
            return;
        }
        store_rig_pass(l->rig, 10);
    }
}

void store_load_finish(struct store_load *l, struct store_load_result *result)
{
    l->is_stopping = true;
    settle(l);
    for (unsigned i = 0; i < l->count; i++) {
        timer_stop(&l->rig->timers, &l->steppers[i].retry);
        resolve(&l->steppers[i]);
        if (i % 100 == 99)
            store_rig_turn(l->rig, 20);
    }
    settle(l);
    *result = l->result;
}

void store_load_free(struct store_load *l)
{
    for (unsigned i = 0; i < l->count; i++)
        timer_stop(&l->rig->timers, &l->steppers[i].retry);
    mem_free(l->steppers);
    mem_free(l);
}
