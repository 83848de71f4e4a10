/*
 * warung-sim: runs the real gateway code through simulated hours of trouble, seed by seed.
 *
 *     warung-sim [--seeds N] [--first S] [--hours H] [--subscribers N] [--gateways N]
 *                [--busy] [--quiet]
 *     warung-sim --seed S [...]     one seed, its history told line by line
 *
 * A violation prints the command that repeats it, and ends with status 3.
 */
#include "base/log.h"
#include "merchants/merchant.h"
#include "merchants/regno.h"
#include "sessions/vault.h"
#include "tests/sim/mail.h"
#include "tests/sim/menus.h"
#include "tests/sim/node.h"
#include "tests/sim/officer.h"
#include "tests/sim/phone.h"
#include "tests/sim/reports.h"
#include "tests/sim/seats.h"
#include "tests/sim/smsc.h"
#include "tests/sim/weather.h"

#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

enum {
    SIM_HOUR_MS = 3600000,
    SIM_DAY_MS = 24 * SIM_HOUR_MS,
    SIM_BUCKETS = 4, /* quiet hours are sweeps: a fourth of the gateway's buckets has fewer */
    SIM_SETTLE_MS = 20 * 60 * 1000,
    SIM_OWED_MS_MAX = 15 * 60 * 1000, /* one that failed often is tried every 32nd takeover */
    SIM_DUE_MS_MAX = 5 * 60 * 1000,
    SIM_IDLE_MS_MAX = SIM_HOUR_MS,
    SIM_IDLE_BUSY_MS_MAX = 20000,
    SIM_IDLE_SLOW_MS_MAX = 20 * SIM_DAY_MS,
    SIM_SLOW_OFFICER = 50000, /* of a million commands: as rare as the subscribers */
};

struct options {
    uint64_t first, seeds;
    unsigned hours, subscribers, gateways;
    bool is_busy; /* in all seeds */
    bool is_slow; /* subscribers dial every few days */
    bool is_quiet;
    bool is_told;
};

struct run {
    struct world world;
    struct memory_data *data;
    struct mail *mail;
    struct network *network;
    struct smsc *smsc;
    struct officer *officer;
    struct node *nodes[WORLD_GATEWAYS_MAX];
    struct weather *weather;
    struct turn_counters sum; /* of this seed's gateways */
    const struct options *options;
};

/* What all seeds did. */
struct totals {
    struct turn_counters turns;
    uint64_t crashes, drains, partitions, clock_steps, slow_stores, failovers, menu_changes;
    uint64_t standstills, reloads;
    uint64_t registrations, texts, seats, letters, corrections, cancellations;
    uint64_t decisions, erasures, called_off;
};

static struct world_faults choose_faults(struct random_source *r)
{
    static const uint32_t rates[] = {0, 1000, 10000, 50000};
    static const uint32_t standstills[] = {0, 0, 5, 20}, reloads[] = {0, 0, 3, 20};

    return (struct world_faults){
        .commit_unknown = rates[random_below(r, 4)],
        .store_unavailable = rates[random_below(r, 4)],
        .connection_break = rates[random_below(r, 3)],
        .submit_throttled = rates[random_below(r, 4)],
        .submit_resp_lost = rates[random_below(r, 4)],
        .deliver_resp_lost = rates[random_below(r, 4)],
        .deliver_twice = rates[random_below(r, 4)],
        .hang_up = rates[random_below(r, 4)],
        .short_write = rates[random_below(r, 4)],
        .gateway_crashes_per_hour = (uint32_t)random_below(r, 40),
        .gateway_drains_per_hour = (uint32_t)random_below(r, 5),
        .partitions_per_hour = (uint32_t)random_below(r, 10),
        .clock_steps_per_hour = (uint32_t)random_below(r, 10),
        .slow_stores_per_hour = (uint32_t)random_below(r, 10),
        .failovers_per_hour = (uint32_t)random_below(r, 30),
        .menu_changes_per_hour = (uint32_t)random_below(r, 5),
        .sms_jams_per_hour = (uint32_t)random_below(r, 6),
        .officers_per_hour = (uint32_t)random_below(r, 60),
        .standstills_per_hour = standstills[random_below(r, 4)],
        .reloads_per_hour = reloads[random_below(r, 4)],
    };
}

/* Drawn behind all else, which the seeds that tests name stand for. */
static void choose_more_faults(struct random_source *r, struct world_faults *faults)
{
    static const uint32_t rates[] = {0, 1000, 10000}, delays[] = {0, 0, 1000, 12000};

    faults->submit_refused = rates[random_below(r, 3)];
    faults->submit_resp_ms = delays[random_below(r, 4)];
}

static void read_subscriber(struct run *run, struct vault *vault, const struct phone *phone,
                            struct subscriber *s)
{
    const char *msisdn = phone->msisdn;
    struct store_reply reply;
    uint8_t plain[STORE_MERCHANT_BYTES_MAX];
    struct writer w;

    memory_data_load(run->data, msisdn, &reply);
    writer_init(&w, plain, sizeof(plain));
    subscriber_init(s);
    if (phone_is_forgotten(phone) &&
        (reply.subscriber.merchant.version != 0 || reply.subscriber.session.version != 0))
        world_violation(&run->world, "an erased subscriber is back", msisdn, "");
    if (reply.subscriber.merchant.version != 0 &&
        (!vault_open(vault, VAULT_MERCHANT, msisdn, reply.subscriber.merchant.data, &w) ||
         !subscriber_decode(s, writer_span(&w))))
        world_violation(&run->world, "a record that cannot be read", msisdn, "");
}

static bool comes_by_sms(const struct run *run)
{
    return run->world.sms_expiry_s > SIM_SETTLE_MS / 1000 && run->sum.sms_failed == 0;
}

/* A number belongs to one subscriber; the SMS with it has come, where it had days to come. */
static void check_numbers(struct run *run, const struct phone *phone, const struct subscriber *s)
{
    const char *msisdn = phone->msisdn;
    size_t count;

    for (unsigned k = 0; k < s->merchant_count; k++) {
        struct store_listed item;

        count = memory_data_find(run->data, regno_bucket(s->merchants[k].regno, SIM_BUCKETS),
                                 s->merchants[k].regno, &item);
        if (count == 0 || strcmp(item.msisdn, msisdn) != 0)
            world_violation(&run->world, "a number that leads to somebody else", msisdn,
                            s->merchants[k].regno);
    }
    if (phone_is_unsure(phone))
        return;
    if (s->merchant_count != 0 && phone->receipts == 0 && comes_by_sms(run))
        world_violation(&run->world, "the SMS of a registration never came", msisdn, "");
    if (phone->writing.taken != 0 && phone->writing.replies == 0 && comes_by_sms(run))
        world_violation(&run->world, "an SMS was never answered", msisdn, "");
}

/* What has come due is done, by whatever gateway lives. It is told by day: so a day later at most.
 */
static void check_deadlines(const struct run *run, const char *msisdn, const struct subscriber *s)
{
    int64_t then_ms = world_wall_ms((void *)&run->world) - SIM_DAY_MS;

    for (unsigned i = 0; i < s->merchant_count; i++) {
        const struct merchant *m = &s->merchants[i];

        if (m->status != MERCHANT_PERLU_PERBAIKAN)
            continue;
        if (m->deadline_ms < then_ms)
            world_violation(&run->world, "a correction can be made for ever", msisdn, m->regno);
        if (!m->reminded && m->deadline_ms - 3 * SIM_DAY_MS < then_ms)
            world_violation(&run->world, "nobody was reminded of a correction", msisdn, m->regno);
    }
    if (s->pending_since_ms != 0 && s->pending_since_ms + 2 * SIM_DAY_MS < then_ms &&
        s->pending.changed_ms + 2 * SIM_DAY_MS < then_ms)
        world_violation(&run->world, "what was written without consent is kept", msisdn, "");
    for (unsigned i = 0; i < s->ticket_count; i++)
        if (s->tickets[i].kind == TICKET_ERASE && s->tickets[i].asked_ms + 2 * SIM_DAY_MS < then_ms)
            world_violation(&run->world, "who asked to be erased is not", msisdn, "");
}

/* Each SMS was answered once at most, and each new name taken once. */
static void check_mail(const struct run *run, const struct phone *phone)
{
    const struct letter *l = &phone->writing.letter;
    unsigned replies = mail_count(run->mail, phone->msisdn, MAIL_REPLY),
             changes = mail_count(run->mail, phone->msisdn, MAIL_CHANGED);
    char detail[80];

    snprintf(detail, sizeof(detail), "%u replies to %u SMS (%u copies), %u of %u names", replies,
             l->sent, l->doubled, changes, phone->deeds.tried);
    if (replies > l->sent + l->doubled || changes > phone->deeds.tried + l->doubled)
        world_violation(&run->world, "more was owed than asked for", phone->msisdn, detail);
    mail_compare(run->mail, phone->msisdn);
}

/* Whether it was done that it asked to be erased, and what it has sent since is there. */
static void check_wish(const struct run *run, const struct phone *phone, struct subscriber *s)
{
    uint64_t since_ms = phone->asked_by_ms;

    if (since_ms != 0 && phone->erased_ms < since_ms &&
        run->world.timers.now_ms - since_ms >= 3 * (uint64_t)SIM_DAY_MS)
        world_violation(&run->world, "has asked to be erased, and is not", phone->msisdn, "");
    if (phone->renewed[0] != '\0' && subscriber_find(s, phone->renewed) == NULL)
        world_violation(&run->world, "what was sent since is erased, too", phone->msisdn,
                        phone->renewed);
}

static unsigned count_live(const struct subscriber *s)
{
    unsigned count = 0;

    for (unsigned i = 0; i < s->merchant_count; i++)
        count += merchant_status_is_live(s->merchants[i].status);
    return count;
}

/* The stored registrations and seats against what the subscribers were told. */
static uint64_t check_registrations(struct run *run)
{
    struct vault *vault = vault_new_plain();
    uint64_t count = 0;
    struct seats seats;

    seats_begin(&seats, &run->world, run->data, vault, officer_training(run->officer));
    for (unsigned i = 0; i < smsc_subscribers(run->smsc); i++) {
        const struct phone *phone = smsc_phone(run->smsc, i);
        const char *msisdn = phone->msisdn;
        const char *regno = phone->regno;
        struct subscriber s;

        read_subscriber(run, vault, phone, &s);
        if (count_live(&s) > 1)
            world_violation(&run->world, "two registrations of one merchant", msisdn, regno);
        if (regno[0] != '\0' && subscriber_find(&s, regno) == NULL)
            world_violation(&run->world, "a confirmed registration is gone", msisdn, regno);
        if (phone->is_sent && s.merchant_count == 0)
            world_violation(&run->world, "an acknowledged registration is gone", msisdn, "");
        if (!phone_has_sent(phone) && s.merchant_count != 0)
            world_violation(&run->world, "a registration that nobody has sent", msisdn, "");
        officer_compare(run->officer, i, &s, comes_by_sms(run));
        check_numbers(run, phone, &s);
        check_mail(run, phone);
        outcome_check_push(&phone->outcome);
        check_wish(run, phone, &s);
        check_deadlines(run, msisdn, &s);
        deeds_compare(&phone->deeds, regno, &s, comes_by_sms(run));
        seats_compare(&seats, phone, &s, comes_by_sms(run));
        count += s.merchant_count;
    }
    seats_end(&seats);
    vault_free(vault);
    return count;
}

/* A reminder may have come due just now. */
static void check_outboxes(struct run *run)
{
    int64_t old_ms = world_wall_ms(&run->world) - SIM_OWED_MS_MAX;
    char detail[128];

    for (unsigned bucket = 0; bucket < SIM_BUCKETS; bucket++) {
        static struct store_taken taken[STORE_LIST_MAX];
        size_t count = memory_data_take(run->data, bucket, "-", 0, STORE_LIST_MAX, taken);

        for (size_t i = 0; i < count; i++) {
            if ((int64_t)taken[i].id.ms > old_ms)
                continue;
            snprintf(detail, sizeof(detail), "bucket %u, made at %" PRIu64 ", taken over %u times",
                     bucket, taken[i].id.ms, taken[i].deliveries);
            world_violation(&run->world, "SMS still owed at the end", "-", detail);
        }
    }
}

static void check_timers(struct run *run)
{
    int64_t old_ms = world_wall_ms(&run->world) - SIM_DUE_MS_MAX;
    const char *member;

    for (unsigned bucket = 0; bucket < SIM_BUCKETS; bucket++)
        if (memory_data_due(run->data, bucket, old_ms, 1, &member) != 0)
            world_violation(&run->world, "a timer that nobody looks after", "-", member);
}

static uint64_t count_awaited(struct run *run, const char *msisdn)
{
    static struct store_message list[STORE_AWAITED_MAX + STORE_ENDED_MAX];
    struct vault *vault = vault_new_plain();
    char subject[VAULT_SUBJECT_BYTES];
    struct store_reply reply;
    uint64_t count = 0;

    vault_subject(vault, msisdn, subject);
    vault_free(vault);
    memory_data_messages(run->data, store_crc16(msisdn, strlen(msisdn)) % SIM_BUCKETS, subject,
                         list, &reply);
    for (size_t i = 0; i < reply.message_count; i++)
        count += list[i].end == STORE_END_AWAITED;
    return count;
}

/* Every SMS that was ever owed has ended in one way, or waits. */
static void check_tally(struct run *run)
{
    const struct reports *reports = smsc_reports(run->smsc);
    struct store_tally sum = {.owed = 0};
    struct store_reply reply;
    uint64_t ended, awaited = 0;
    char detail[64];

    for (unsigned bucket = 0; bucket < SIM_BUCKETS; bucket++) {
        const struct store_tally *t = &reply.tally;

        memory_data_tally(run->data, bucket, &reply);
        sum.owed += t->owed;
        sum.sent += t->sent;
        sum.delivered += t->delivered;
        sum.expired += t->expired;
        sum.failed += t->failed;
        sum.erased += t->erased;
        sum.waiting += t->waiting;
    }
    ended = sum.sent + sum.delivered + sum.expired + sum.failed + sum.erased + sum.waiting;
    for (unsigned i = 0; i < smsc_subscribers(run->smsc); i++)
        awaited += count_awaited(run, smsc_phone(run->smsc, i)->msisdn);
    ended += awaited;
    snprintf(detail, sizeof(detail), "%" PRIu64 " owed, %" PRIu64 " ended or wait", sum.owed,
             ended);
    if (sum.owed != ended)
        world_violation(&run->world, "SMS that are not accounted for", "-", detail);
    if (sum.delivered > reports_delivered(reports))
        world_violation(&run->world, "SMS that are delivered as nobody told", "-", "");
    snprintf(detail, sizeof(detail), "%" PRIu64 ", of %" PRIu64 " none was taken", awaited,
             reports_missing(reports));
    if (awaited > reports_missing(reports))
        world_violation(&run->world, "receipts that were taken are awaited", "-", detail);
}

static void check_indexes(struct run *run, uint64_t registrations)
{
    uint64_t count = 0;
    static struct store_listed items[STORE_LIST_MAX];
    bool more;

    for (unsigned bucket = 0; bucket < SIM_BUCKETS; bucket++)
        for (unsigned status = MERCHANT_TERKIRIM; status < MERCHANT_STATUS_COUNT; status++)
            count += memory_data_list(run->data, bucket, merchant_status_name(status),
                                      (struct store_cursor){0}, STORE_LIST_MAX, items, &more);
    if (count != registrations)
        world_violation(&run->world, "index and records differ", "-", "");
    check_outboxes(run);
    check_timers(run);
    check_tally(run);
}

static void run_begin(struct run *run, uint64_t seed, const struct sim_menus *menus)
{
    static const unsigned windows[] = {1, 2, 32, 32}, rates[] = {0, 0, 1, 5},
                          seats[] = {0, 0, 5, 20};
    struct random_source chooser = {.state = seed ^ 0x5eed};
    struct world_faults faults = choose_faults(&chooser);

    world_init(&run->world, seed, &faults);
    run->world.token = random_below(&chooser, 2) != 0 ? TURN_TOKEN_ECHO : TURN_TOKEN_NONE;
    run->world.menus = menus;
    sim_menus_put_in_force(menus, 0);
    run->world.bind = random_below(&chooser, 3) == 0 ? CONFIG_BIND_PAIR : CONFIG_BIND_TRANSCEIVER;
    run->world.window = windows[random_below(&chooser, 4)];
    run->world.tps = rates[random_below(&chooser, 4)];
    run->world.sms_expiry_s = random_below(&chooser, 4) != 0 ? 3 * 86400 : 120;
    run->world.is_busy = random_below(&chooser, 64) == 0 || run->options->is_busy;
    run->world.is_slow = run->options->is_slow;
    run->world.idle_ms_max = run->world.is_busy   ? SIM_IDLE_BUSY_MS_MAX
                             : run->world.is_slow ? SIM_IDLE_SLOW_MS_MAX
                                                  : SIM_IDLE_MS_MAX;
    run->world.seats = seats[random_below(&chooser, 4)];
    run->world.is_verbose = run->options->is_told;
    run->data = memory_data_new(SIM_BUCKETS, world_wall_ms, &run->world);
    if (run->world.seats != 0)
        seats_plan(&run->world, run->data);
    run->world.is_exclusive = random_below(&chooser, 4) == 0;
    run->world.centres =
        random_below(&chooser, 3) == 0 && !run->world.is_exclusive ? WORLD_CENTRES_MAX : 1;
    run->smsc = smsc_new(&run->world, run->options->subscribers);
    run->mail = mail_new(&run->world, run->data, run->smsc);
    run->world.tells = random_below(&chooser, 2) != 0;
    run->world.erases = random_below(&chooser, 2) != 0;
    run->world.calls_off =
        random_below(&chooser, 2) != 0 && run->world.seats != 0 && !run->world.is_busy;
    run->world.pushes = random_below(&chooser, 2) != 0 && !run->world.is_busy;
    choose_more_faults(&chooser, &run->world.faults);
    run->officer = officer_new(&run->world, run->data, run->smsc);
    run->network = network_new(&run->world, smsc_accept, run->smsc);
    for (unsigned i = 0; i < run->options->gateways; i++)
        run->nodes[i] = node_new(&run->world, i + 1, run->network, run->data);
    world_tell(&run->world, "steps are %s, binds are %s%s, window %u, %u a second%s",
               run->world.token == TURN_TOKEN_ECHO ? "numbered" : "not numbered",
               run->world.bind == CONFIG_BIND_PAIR ? "pairs" : "transceivers",
               run->world.is_exclusive ? " of one gateway" : "", run->world.window, run->world.tps,
               run->world.is_busy ? ", subscribers are busy" : "");
    run->weather = weather_new(&run->world, run->data, run->mail, run->nodes,
                               run->options->gateways, run->officer);
}

/* Busy subscribers are owed more SMS than a slow centre takes, which any may be by a reload. */
static uint64_t settle_ms(const struct run *run)
{
    return run->world.is_busy ? 4 * SIM_SETTLE_MS : SIM_SETTLE_MS;
}

/* The officer's commands wait for the store, and the world goes on meanwhile: they are no timers of
 * its. */
static void run_hours(struct run *run)
{
    struct world *w = &run->world;
    uint64_t until_ms = (uint64_t)run->options->hours * SIM_HOUR_MS;

    while (w->faults.officers_per_hour != 0 && w->timers.now_ms < until_ms) {
        world_run(w, w->timers.now_ms + world_next(w, w->faults.officers_per_hour));
        if (!w->is_slow || world_chance(w, SIM_SLOW_OFFICER))
            officer_work(run->officer);
    }
    world_run(w, until_ms);
}

/* What is under way ends, what is owed is sent. */
static void run_out(struct run *run)
{
    run->world.faults = (struct world_faults){0};
    weather_calm(run->weather);
    officer_finish(run->officer);
    smsc_close(run->smsc);
    for (unsigned i = 0; i < run->options->gateways; i++)
        node_spare(run->nodes[i]);
    world_run(&run->world, run->world.timers.now_ms + settle_ms(run));
}

static void tell_seed(const struct run *run, uint64_t seed, uint64_t registrations)
{
    const struct smsc_counters *c = smsc_counters(run->smsc);

    printf("seed %" PRIu64 ": %" PRIu64 " dials, %" PRIu64 " answers, %" PRIu64 " screens (%" PRIu64
           " again, %" PRIu64 " busy, %" PRIu64 " wait, %" PRIu64 " pushed), %" PRIu64
           " redelivered, %" PRIu64 " refused, %" PRIu64 " silent, %" PRIu64
           " registrations, trace %016" PRIx64 "\n",
           seed, c->dials, c->answers, c->screens, c->screens_again, c->busy, c->waits, c->pushes,
           c->redelivered, c->refused, c->silences, registrations, run->world.trace);
}

static void add_up(const struct run *run, uint64_t registrations, struct totals *totals)
{
    const struct world *w = &run->world;

    counters_add(&totals->turns, &run->sum);
    totals->drains += w->drains;
    totals->partitions += w->partitions;
    totals->clock_steps += w->clock_steps;
    totals->standstills += w->standstills;
    totals->reloads += w->reloads;
    totals->slow_stores += w->slow_stores;
    totals->failovers += w->failovers;
    totals->menu_changes += w->menu_changes;
    totals->registrations += registrations;
    totals->texts += smsc_counters(run->smsc)->texts;
    totals->seats += smsc_counters(run->smsc)->seats;
    totals->letters += smsc_counters(run->smsc)->letters;
    totals->corrections += smsc_counters(run->smsc)->corrections;
    totals->cancellations += smsc_counters(run->smsc)->cancellations;
    totals->decisions += officer_counters(run->officer)->decisions;
    totals->erasures += officer_counters(run->officer)->erasures;
    totals->called_off += officer_counters(run->officer)->called_off;
    for (unsigned i = 0; i < run->options->gateways; i++)
        totals->crashes += node_crashes(run->nodes[i]);
}

static void run_free(struct run *run)
{
    for (unsigned i = 0; i < run->options->gateways; i++)
        node_free(run->nodes[i]);
    weather_free(run->weather);
    mail_free(run->mail);
    smsc_free(run->smsc);
    deferred_run(&run->world.deferred);
    network_free(run->network);
    officer_free(run->officer);
    memory_data_free(run->data);
    world_fini(&run->world);
}

static void run_seed(uint64_t seed, const struct options *options, const struct sim_menus *menus,
                     struct totals *totals)
{
    struct run run = {.options = options};
    uint64_t registrations;

    run_begin(&run, seed, menus);
    run_hours(&run);
    run_out(&run);
    for (unsigned i = 0; i < options->gateways; i++) {
        struct turn_counters c = node_counters(run.nodes[i]);

        counters_add(&run.sum, &c);
    }
    if (run.world.is_exclusive && weather_leases(run.weather) != 1)
        world_violation(&run.world, "no gateway has the lease", "-", "");
    registrations = check_registrations(&run);
    check_indexes(&run, registrations);
    if (!options->is_quiet)
        tell_seed(&run, seed, registrations);
    add_up(&run, registrations, totals);
    run_free(&run);
}

static uint64_t number(const char *text)
{
    return strtoull(text, NULL, 10);
}

static bool parse(int argc, char **argv, struct options *o)
{
    static const struct option long_options[] = {{"seeds", required_argument, NULL, 's'},
                                                 {"seed", required_argument, NULL, 'S'},
                                                 {"first", required_argument, NULL, 'f'},
                                                 {"hours", required_argument, NULL, 'h'},
                                                 {"subscribers", required_argument, NULL, 'n'},
                                                 {"gateways", required_argument, NULL, 'g'},
                                                 {"busy", no_argument, NULL, 'b'},
                                                 {"slow", no_argument, NULL, 'l'},
                                                 {"quiet", no_argument, NULL, 'q'},
                                                 {0}};
    int c;

    while ((c = getopt_long(argc, argv, "", long_options, NULL)) != -1) {
        switch (c) {
        case 's':
            o->seeds = number(optarg);
            break;
        case 'S':
            o->first = number(optarg);
            o->seeds = 1;
            o->is_told = true;
            break;
        case 'f':
            o->first = number(optarg);
            break;
        case 'h':
            o->hours = (unsigned)number(optarg);
            break;
        case 'n':
            o->subscribers = (unsigned)number(optarg);
            break;
        case 'g':
            o->gateways = (unsigned)number(optarg);
            break;
        case 'b':
            o->is_busy = true;
            break;
        case 'l':
            o->is_slow = true;
            break;
        case 'q':
            o->is_quiet = true;
            break;
        default:
            return false;
        }
    }
    return optind == argc && o->gateways >= 1 && o->gateways <= WORLD_GATEWAYS_MAX &&
           o->subscribers >= 1 && o->hours >= 1;
}

static void tell_totals(const struct options *o, const struct totals *t)
{
    double hours = (double)(o->seeds * o->hours);
    struct rusage usage;
    double cpu_s;

    getrusage(RUSAGE_SELF, &usage);
    cpu_s = (double)usage.ru_utime.tv_sec + (double)usage.ru_utime.tv_usec / 1e6;
    printf("%.0f simulated hours in %.1f s of CPU (%.0f a minute): %" PRIu64 " steps, %" PRIu64
           " replays, %" PRIu64 " conflicts, %" PRIu64 " unknown commits, %" PRIu64
           " overdue, %" PRIu64 " registrations, %" PRIu64 " seats, %" PRIu64
           " given back, %" PRIu64 " corrections, %" PRIu64 " cancellations, %" PRIu64
           " SMS (%" PRIu64 " expired), %" PRIu64 " decisions, %" PRIu64 " erasures, %" PRIu64
           " trainings called off; %" PRIu64 " kills, %" PRIu64 " drains, %" PRIu64
           " partitions, %" PRIu64 " clock steps, %" PRIu64 " standstills, %" PRIu64
           " slow stores, %" PRIu64 " fail-overs, %" PRIu64 " menu changes, %" PRIu64
           " reloads; no violation\n",
           hours, cpu_s, hours * 60 / cpu_s, t->turns.steps, t->turns.replays, t->turns.conflicts,
           t->turns.unknown_commits, t->turns.overdue, t->registrations, t->seats, t->letters,
           t->corrections, t->cancellations, t->texts, t->turns.sms_expired, t->decisions,
           t->erasures, t->called_off, t->crashes, t->drains, t->partitions, t->clock_steps,
           t->standstills, t->slow_stores, t->failovers, t->menu_changes, t->reloads);
}

int main(int argc, char **argv)
{
    struct options options = {
        .first = 1, .seeds = 20, .hours = 2, .subscribers = 40, .gateways = 3};
    struct totals totals = {0};
    static struct sim_menus menus;

    if (!parse(argc, argv, &options)) {
        fprintf(stderr,
                "usage: warung-sim [--seeds N] [--first S] [--hours H] [--subscribers N] "
                "[--gateways 1-4] [--busy | --slow] [--quiet]\n       warung-sim --seed S [...]\n");
        return 2;
    }
    log_set_level(LOG_LEVEL_OFF);
    if (!sim_menus_load(&menus))
        return 1;
    for (uint64_t i = 0; i < options.seeds; i++) {
        if (!options.is_told)
            fprintf(stderr,
                    "\r%" PRIu64 " of %" PRIu64 ", repeat: warung-sim --seed %" PRIu64
                    " --hours %u --subscribers %u --gateways %u%s ",
                    i + 1, options.seeds, options.first + i, options.hours, options.subscribers,
                    options.gateways,
                    options.is_busy   ? " --busy"
                    : options.is_slow ? " --slow"
                                      : "");
        run_seed(options.first + i, &options, &menus, &totals);
    }
    fprintf(stderr, "\n");
    tell_totals(&options, &totals);
    sim_menus_free(&menus);
    return 0;
}
