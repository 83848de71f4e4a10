#include "tests/smsc/load.h"

#include "base/mem.h"
#include "tests/smsc/load_report.h"

#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

enum {
    STATUS_FAILED = 1,
    STATUS_BAD_FLOW = 2,
    STATUS_CANNOT_START = 3,
    STATUS_CANNOT_WRITE = 3,
    STOP_WAIT_MS = 2000,
    US_PER_S = 1000000,
    US_PER_MS = 1000,
    TICK_MS = 100,
    SAMPLES_MAX = 5,
    WARMUP_MS = 1000,
    CLOSED_DIALOGUES = 100,
    OPEN_DIALOGUES_MAX = 200000,
    PHONES_LIMIT = 100000000,
};

static uint64_t cpu_clock_us(void)
{
    struct rusage u;

    getrusage(RUSAGE_SELF, &u);
    return (uint64_t)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) * US_PER_S +
           (uint64_t)(u.ru_utime.tv_usec + u.ru_stime.tv_usec);
}

/* ---- what the crowd tells ---- */

static bool may_begin(void *ctx)
{
    const struct load *l = ctx;

    return (l->phase == LOAD_WARMING || l->phase == LOAD_MEASURING) &&
           (l->options->count == 0 || crowd_started(l->crowd) < l->options->count);
}

static void on_step(void *ctx, uint64_t latency_us, bool ended)
{
    struct load *l = ctx;

    if (l->phase != LOAD_MEASURING)
        return;
    l->steps++;
    l->finished += ended;
    histogram_add(&l->screen, latency_us);
}

static void on_answer(void *ctx, uint64_t latency_us)
{
    struct load *l = ctx;

    if (l->phase == LOAD_MEASURING)
        histogram_add(&l->answer, latency_us);
}

static const struct crowd_owner crowd_owner = {may_begin, on_step, on_answer};

/* ---- phases ---- */

static void enter_phase(struct load *l, enum load_phase phase, uint64_t duration_us)
{
    l->phase = phase;
    l->deadline_us = l->loop->now_us + duration_us;
}

static void start_measuring(struct load *l)
{
    uint64_t seconds = l->options->seconds;

    if (l->options->count != 0)
        seconds = 0;
    enter_phase(l, LOAD_MEASURING, seconds != 0 ? seconds * US_PER_S : UINT64_MAX / 2);
    l->measure_us = l->loop->now_us;
    l->cpu_start_us = cpu_clock_us();
}

static void start_draining(struct load *l)
{
    l->measured_us = l->loop->now_us;
    l->cpu_us = cpu_clock_us() - l->cpu_start_us;
    enter_phase(l, LOAD_DRAINING, l->options->drain_s * (uint64_t)US_PER_S);
}

static uint64_t warmup_ms(const struct load *l)
{
    if (l->options->warmup_ms != OPTIONS_AUTOMATIC)
        return l->options->warmup_ms;
    if (l->options->count != 0)
        return 0;
    /* In the open loop the load is whole when the first dialogues have reached their end. */
    return WARMUP_MS + (l->is_open_loop ? (uint64_t)l->options->think_ms * l->flow->inputs : 0);
}

/* Closed loop: a dialogue in every place that is free. */
static void fill(struct load *l)
{
    while (may_begin(l) && crowd_begin(l->crowd, l->loop->now_us))
        ;
}

static void start_all(struct load *l)
{
    enter_phase(l, LOAD_WARMING, warmup_ms(l) * US_PER_MS);
    l->next_start_us = (double)l->loop->now_us;
    if (!l->is_open_loop)
        fill(l);
}

static void start_due(struct load *l)
{
    while (may_begin(l) && l->next_start_us <= (double)l->loop->now_us) {
        if (!crowd_begin(l->crowd, (uint64_t)l->next_start_us))
            l->not_started++;
        l->next_start_us += crowd_inputs_per_dialogue(l->crowd) * US_PER_S / l->options->rate;
    }
    if (may_begin(l))
        loop_wake_at(l->loop, (uint64_t)l->next_start_us);
}

static void on_turn(void *ctx)
{
    struct load *l = ctx;
    bool is_over = l->loop->now_us >= l->deadline_us;

    if (l->is_open_loop && l->phase != LOAD_BINDING) {
        crowd_act(l->crowd);
        start_due(l);
    }
    if (l->phase == LOAD_WARMING && is_over)
        start_measuring(l);
    else if (l->phase == LOAD_MEASURING &&
             (is_over || (l->options->count != 0 && !may_begin(l) && crowd_is_idle(l->crowd))))
        start_draining(l);
}

static struct ledger_sum add_up(const struct load *l)
{
    size_t count;
    const struct ledger_row *rows = crowd_rows(l->crowd, &count);

    return ledger_add_up(rows, count, l->flow);
}

/* Every dialogue is over, every input and copy is answered, every message has come. */
static bool is_quiet(const struct load *l)
{
    struct ledger_sum sum;

    if (!crowd_is_idle(l->crowd) || carrier_pending(centre_carrier(l->centre)) != 0 ||
        carrier_repeating(centre_carrier(l->centre)) != 0 || centre_receipts_owed(l->centre) != 0)
        return false;
    sum = add_up(l);
    return sum.sms_missing == 0;
}

static void on_tick(struct timer *t, void *arg)
{
    struct load *l = arg;
    bool is_over = l->loop->now_us >= l->deadline_us;

    timer_start(&l->loop->timers, t, TICK_MS);
    crowd_miss_screens(l->crowd, false);
    if (!l->is_open_loop)
        fill(l); /* the places of those who were turned away */
    if (l->phase == LOAD_BINDING && is_over) {
        fprintf(stderr, "warung-smsc: %u of %u binds within %u s\n", centre_binds(l->centre),
                l->options->binds, l->options->wait_bind_s);
        loop_stop(l->loop);
    }
    if (l->phase == LOAD_DRAINING && !l->options->stay && (is_over || is_quiet(l)))
        loop_stop(l->loop);
}

static void on_binds(void *ctx, unsigned count)
{
    struct load *l = ctx;

    if (l->phase == LOAD_BINDING && count >= l->options->binds)
        start_all(l);
}

/* ---- life ---- */

static int report(struct load *l)
{
    struct ledger_sum sum;

    if (l->phase != LOAD_DRAINING) /* stopped by a signal */
        start_draining(l);
    l->phase = LOAD_DONE;
    crowd_miss_screens(l->crowd, true);
    sum = add_up(l);
    if (l->options->json)
        load_report_json(l, &sum, stdout);
    else
        load_report_print(l, &sum, stdout);
    if (l->options->ledger_out != NULL && !load_report_ledger(l, &sum, l->options->ledger_out))
        return STATUS_CANNOT_WRITE;
    if (sum.inputs != 0 && sum.accepted + sum.screens == 0) {
        fprintf(stderr, "warung-smsc: none of the inputs was taken\n");
        return STATUS_FAILED;
    }
    return ledger_is_clean(&sum) ? 0 : STATUS_FAILED;
}

static int run(struct load *l)
{
    struct timer tick;
    int status;

    timer_init(&tick, on_tick, l);
    timer_start(&l->loop->timers, &tick, TICK_MS);
    l->loop->on_turn = on_turn;
    l->loop->on_turn_ctx = l;
    enter_phase(l, LOAD_BINDING, l->options->wait_bind_s * (uint64_t)US_PER_S);
    loop_run(l->loop);
    status = l->phase == LOAD_BINDING ? STATUS_FAILED : report(l);
    l->loop->on_turn = NULL;
    timer_stop(&l->loop->timers, &tick);
    centre_stop(l->centre, STOP_WAIT_MS);
    return status;
}

static bool read_options(struct load *l)
{
    const struct options *o = l->options;
    char *end;

    l->is_open_loop = o->rate != 0;
    l->crowd_settings = (struct crowd_settings){
        .first_phone = strtoull(o->first_phone, &end, 10),
        .phones = o->phones,
        .dialogues_max = o->dialogues != 0 ? o->dialogues
                         : l->is_open_loop ? OPEN_DIALOGUES_MAX
                                           : CLOSED_DIALOGUES,
        .screen_timeout_us = o->screen_timeout_ms * (uint64_t)US_PER_MS,
        .think_us = l->is_open_loop ? o->think_ms * (uint64_t)US_PER_MS : 0,
        .reenter_us = o->reenter_ms * (uint64_t)US_PER_MS,
        .hang_up_percent = o->hang_up_percent,
        .walk_off_percent = o->walk_off_percent,
        .speech = speech_find(o->dialect),
        .by_payload = o->payload,
        .by_data_sm = o->data_sm,
        .echo_unit = strcmp(o->its, "echo") == 0,
        .seed = o->seed,
        .samples_max = SAMPLES_MAX,
    };
    if (*end == '\0' && o->phones != 0 && o->phones <= PHONES_LIMIT &&
        (!l->is_open_loop || o->think_ms != 0))
        return true;
    fprintf(stderr,
            "warung-smsc: --first-phone wants digits, --phones 1 to %u, --think 1 or more\n",
            (unsigned)PHONES_LIMIT);
    return false;
}

static int run_with_centre(struct load *l, const struct centre_settings *settings)
{
    int status = STATUS_CANNOT_START;

    l->crowd = crowd_new(l->loop, &l->crowd_settings, l->flow, l->faults, &crowd_owner, l);
    crowd_fill_owner(&l->centre_owner);
    l->centre_owner.on_binds = on_binds;
    l->centre_owner.binds_ctx = l;
    l->centre = centre_new(l->loop, settings, l->faults, &l->centre_owner, l->crowd);
    if (l->centre != NULL) {
        crowd_set_centre(l->crowd, l->centre);
        if (l->options->control != NULL)
            l->control = control_new(l->loop, l->options->control, l->centre, l->faults);
        if ((l->options->control == NULL || l->control != NULL) &&
            options_announce(l->options, centre_port(l->centre)))
            status = run(l);
        control_free(l->control);
        centre_free(l->centre);
    }
    crowd_free(l->crowd);
    return status;
}

int load_run(struct loop *loop, const struct options *options,
             const struct centre_settings *settings, struct faults *faults)
{
    struct load *l = mem_zalloc(sizeof(*l));
    int status = STATUS_BAD_FLOW;

    l->loop = loop;
    l->options = options;
    l->faults = faults;
    l->flow = flow_load(options->flow);
    if (l->flow != NULL && read_options(l))
        status = run_with_centre(l, settings);
    flow_free(l->flow);
    mem_free(l);
    return status;
}
