/*
 * warung-sim: runs the real gateway code through simulated hours of trouble, seed by seed.
 *
 *     warung-sim [--seeds N] [--first S] [--hours H] [--subscribers N] [--gateways N] [--quiet]
 *
 * A violation prints the command that repeats it, and ends with status 3.
 */
#include "base/log.h"
#include "menus/load.h"
#include "merchants/programme.h"
#include "sessions/vault.h"
#include "tests/sim/centre.h"
#include "tests/sim/node.h"

#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { SIM_HOUR_MS = 3600000, SIM_BUCKETS = 16, SIM_SETTLE_MS = 10 * 60 * 1000 };

struct options {
    uint64_t first, seeds;
    unsigned hours, subscribers, gateways;
    bool is_quiet;
};

struct run {
    struct world world;
    struct memory_data *data;
    struct network *network;
    struct centre *centre;
    struct node *nodes[WORLD_GATEWAYS_MAX];
    const struct options *options;
};

static struct world_faults choose_faults(struct random_source *r)
{
    static const uint32_t rates[] = {0, 1000, 10000, 50000};

    return (struct world_faults){
        .commit_unknown = rates[random_below(r, 4)],
        .store_unavailable = rates[random_below(r, 4)],
        .connection_break = rates[random_below(r, 3)],
        .submit_throttled = rates[random_below(r, 4)],
        .submit_resp_lost = rates[random_below(r, 4)],
        .deliver_resp_lost = rates[random_below(r, 4)],
        .deliver_twice = rates[random_below(r, 4)],
        .hang_up = rates[random_below(r, 4)],
        .gateway_crashes_per_hour = (uint32_t)random_below(r, 40),
    };
}

/* The stored registrations against what the subscribers were told. */
static uint64_t check_registrations(struct run *run)
{
    struct vault *vault = vault_new_plain();
    uint64_t count = 0;

    for (unsigned i = 0; i < centre_subscribers(run->centre); i++) {
        const char *msisdn = centre_msisdn(run->centre, i);
        const char *regno = centre_regno(run->centre, i);
        struct store_reply reply;
        uint8_t plain[STORE_MERCHANT_BYTES_MAX];
        struct writer w;
        struct subscriber s;

        memory_data_load(run->data, msisdn, &reply);
        writer_init(&w, plain, sizeof(plain));
        subscriber_init(&s);
        if (reply.subscriber.merchant.version != 0 &&
            (!vault_open(vault, VAULT_MERCHANT, msisdn, reply.subscriber.merchant.data, &w) ||
             !subscriber_decode(&s, writer_span(&w))))
            world_violation(&run->world, "a record that cannot be read", msisdn, "");
        if (s.merchant_count > 1)
            world_violation(&run->world, "two registrations of one merchant", msisdn, regno);
        if (regno[0] != '\0' && subscriber_find(&s, regno) == NULL)
            world_violation(&run->world, "a confirmed registration is gone", msisdn, regno);
        if (centre_is_sent(run->centre, i) && s.merchant_count == 0)
            world_violation(&run->world, "an acknowledged registration is gone", msisdn, "");
        count += s.merchant_count;
    }
    vault_free(vault);
    return count;
}

static void check_indexes(struct run *run, uint64_t registrations)
{
    uint64_t count = 0;
    static struct store_listed items[STORE_LIST_MAX];
    bool more;

    for (unsigned bucket = 0; bucket < SIM_BUCKETS; bucket++)
        count +=
            memory_data_list(run->data, bucket, merchant_status_name(MERCHANT_TERKIRIM),
                             (struct store_cursor){.member = NULL}, STORE_LIST_MAX, items, &more);
    if (count != registrations)
        world_violation(&run->world, "index and records differ", "-", "");
    if (memory_data_owed_count(run->data) != 0)
        world_violation(&run->world, "SMS still owed at the end", "-", "");
}

static void run_seed(uint64_t seed, const struct options *options, const struct menu *menu,
                     struct turn_counters *sum)
{
    struct random_source chooser = {.state = seed ^ 0x5eed};
    struct world_faults faults = choose_faults(&chooser);
    struct run run = {.options = options};
    uint64_t registrations;

    world_init(&run.world, seed, &faults);
    run.world.token = random_below(&chooser, 2) != 0 ? TURN_TOKEN_ECHO : TURN_TOKEN_NONE;
    run.data = memory_data_new(SIM_BUCKETS, world_wall_ms, &run.world);
    run.centre = centre_new(&run.world, options->subscribers);
    run.network = network_new(&run.world, centre_accept, run.centre);
    for (unsigned i = 0; i < options->gateways; i++)
        run.nodes[i] = node_new(&run.world, i + 1, run.network, run.data, menu);
    world_run(&run.world, (uint64_t)options->hours * SIM_HOUR_MS);
    /* Peace: what is under way ends, what is owed is sent. */
    run.world.faults = (struct world_faults){0};
    centre_close(run.centre);
    for (unsigned i = 0; i < options->gateways; i++)
        node_spare(run.nodes[i]);
    world_run(&run.world, run.world.timers.now_ms + SIM_SETTLE_MS);
    registrations = check_registrations(&run);
    check_indexes(&run, registrations);
    if (!options->is_quiet) {
        const struct centre_counters *c = centre_counters(run.centre);

        printf("seed %" PRIu64 ": %" PRIu64 " dials, %" PRIu64 " answers, %" PRIu64
               " screens (%" PRIu64 " again, %" PRIu64 " busy), %" PRIu64 " redelivered, %" PRIu64
               " refused, %" PRIu64 " silent, %" PRIu64 " registrations, trace %016" PRIx64 "\n",
               seed, c->dials, c->answers, c->screens, c->screens_again, c->busy, c->redelivered,
               c->refused, c->silences, registrations, run.world.trace);
    }
    for (unsigned i = 0; i < options->gateways; i++) {
        struct turn_counters c = node_counters(run.nodes[i]);

        sum->steps += c.steps;
        sum->replays += c.replays;
        sum->conflicts += c.conflicts;
        sum->unknown_commits += c.unknown_commits;
        node_free(run.nodes[i]);
    }
    centre_free(run.centre);
    deferred_run(&run.world.deferred);
    network_free(run.network);
    memory_data_free(run.data);
    world_fini(&run.world);
}

static uint64_t number(const char *text)
{
    return strtoull(text, NULL, 10);
}

static bool parse(int argc, char **argv, struct options *o)
{
    static const struct option long_options[] = {{"seeds", required_argument, NULL, 's'},
                                                 {"first", required_argument, NULL, 'f'},
                                                 {"hours", required_argument, NULL, 'h'},
                                                 {"subscribers", required_argument, NULL, 'n'},
                                                 {"gateways", required_argument, NULL, 'g'},
                                                 {"quiet", no_argument, NULL, 'q'},
                                                 {0}};
    int c;

    while ((c = getopt_long(argc, argv, "", long_options, NULL)) != -1) {
        switch (c) {
        case 's':
            o->seeds = number(optarg);
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

static void print_fault(void *arg, const struct menu_fault *fault)
{
    (void)arg;
    fprintf(stderr, "%s:%u: %s\n", fault->file, fault->line, fault->text);
}

int main(int argc, char **argv)
{
    struct options options = {
        .first = 1, .seeds = 20, .hours = 2, .subscribers = 40, .gateways = 3};
    struct turn_counters sum = {0};
    struct timespec begin, end;
    struct menu *menu;
    double seconds;

    if (!parse(argc, argv, &options)) {
        fprintf(stderr, "usage: warung-sim [--seeds N] [--first S] [--hours H] [--subscribers N] "
                        "[--gateways 1-4] [--quiet]\n");
        return 2;
    }
    log_set_level(LOG_LEVEL_OFF);
    menu = menu_load_file("conf/menus/terususaha.cfg", &programme_vocabulary, print_fault, NULL);
    if (menu == NULL)
        return 1;
    clock_gettime(CLOCK_MONOTONIC, &begin);
    for (uint64_t i = 0; i < options.seeds; i++) {
        fprintf(stderr,
                "\r%" PRIu64 " of %" PRIu64 ", repeat: warung-sim --first %" PRIu64
                " --seeds 1 --hours %u --subscribers %u --gateways %u ",
                i + 1, options.seeds, options.first + i, options.hours, options.subscribers,
                options.gateways);
        run_seed(options.first + i, &options, menu, &sum);
    }
    clock_gettime(CLOCK_MONOTONIC, &end);
    seconds = (double)(end.tv_sec - begin.tv_sec) + (double)(end.tv_nsec - begin.tv_nsec) / 1e9;
    fprintf(stderr, "\n");
    printf("%" PRIu64 " simulated hours in %.1f s (%.0f a minute): %" PRIu64 " steps, %" PRIu64
           " replays, %" PRIu64 " conflicts, %" PRIu64 " unknown commits, no violation\n",
           options.seeds * options.hours, seconds,
           (double)(options.seeds * options.hours) * 60 / seconds, sum.steps, sum.replays,
           sum.conflicts, sum.unknown_commits);
    menu_free(menu);
    return 0;
}
