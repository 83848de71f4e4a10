/*
 * What store_redis costs on top of the bound (bound.c): the same load through store_commit().
 *
 *   bench_store [-f always|everysec|no] [-m standalone|sentinel] [-c connections] [-d dialogues]
 *               [-t seconds]
 *
 * sentinel: a master, two replicas and three sentinels, and each commit waits for one replica.
 */
#include "tests/smsc/histogram.h"
#include "tests/support/redis_group.h"
#include "tests/support/store_rig.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

enum { RECORD_BYTES = 292, WARM_UP_US = 500000, MS = 1000 };

struct dialogue {
    struct bench *bench;
    char msisdn[16];
    uint64_t version;
    uint64_t began_us;
};

struct bench {
    struct store_rig *rig;
    uint8_t record[RECORD_BYTES];
    uint64_t counted_from_us, end_us;
    uint64_t done, counted, failed;
    struct histogram latencies;
};

static uint64_t now_us(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

static void step(struct dialogue *d);

static void on_committed(void *arg, const struct store_reply *reply)
{
    struct dialogue *d = arg;
    struct bench *b = d->bench;
    uint64_t at_us = now_us();

    b->done++;
    if (reply->result != STORE_OK) {
        b->failed++;
        return;
    }
    d->version = reply->subscriber.session.version;
    if (at_us >= b->counted_from_us) {
        b->counted++;
        histogram_add(&b->latencies, at_us - d->began_us);
    }
    if (at_us < b->end_us)
        step(d);
}

static void step(struct dialogue *d)
{
    struct store_commit c = {.msisdn = d->msisdn,
                             .session_version = d->version,
                             .session = span_of(d->bench->record, RECORD_BYTES),
                             .session_ttl_s = 600};

    d->began_us = now_us();
    (void)store_commit(d->bench->rig->store, &c, on_committed, d);
}

static double cpu_us(void)
{
    struct rusage usage;

    getrusage(RUSAGE_SELF, &usage);
    return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1e6 +
           (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec);
}

struct options {
    const char *appendfsync, *mode;
    unsigned connections, dialogues, seconds;
};

static void parse(struct options *o, int argc, char **argv)
{
    int option;

    while ((option = getopt(argc, argv, "f:m:c:d:t:")) != -1) {
        unsigned number = optarg != NULL ? (unsigned)strtoul(optarg, NULL, 10) : 0;

        switch (option) {
        case 'f':
            o->appendfsync = optarg;
            break;
        case 'm':
            o->mode = optarg;
            break;
        case 'c':
            o->connections = number;
            break;
        case 'd':
            o->dialogues = number;
            break;
        case 't':
            o->seconds = number;
            break;
        default:
            exit(2);
        }
    }
}

static void run(struct bench *b, const struct options *o)
{
    struct dialogue *all = calloc(o->dialogues, sizeof(all[0]));
    double began_cpu = cpu_us();

    b->counted_from_us = now_us() + WARM_UP_US;
    b->end_us = b->counted_from_us + (uint64_t)o->seconds * 1000000;
    for (unsigned i = 0; i < o->dialogues; i++) {
        all[i].bench = b;
        snprintf(all[i].msisdn, sizeof(all[i].msisdn), "62899%08u", i);
        step(&all[i]);
    }
    while (now_us() < b->end_us)
        store_rig_turn(b->rig, 20);
    printf("store %s appendfsync=%s dialogues=%u connections=%u: %.0f steps/s  p50 %.2f ms  p99 "
           "%.2f ms  client %.2f us/step  failed %llu\n",
           o->mode, o->appendfsync, o->dialogues, o->connections, (double)b->counted / o->seconds,
           (double)histogram_quantile(&b->latencies, 0.50) / MS,
           (double)histogram_quantile(&b->latencies, 0.99) / MS,
           (cpu_us() - began_cpu) / (double)b->done, (unsigned long long)b->failed);
    store_rig_pass(b->rig, 500);
    free(all);
}

int main(int argc, char **argv)
{
    struct options o = {.appendfsync = "always",
                        .mode = "standalone",
                        .connections = 16,
                        .dialogues = 2000,
                        .seconds = 5};
    struct redis_server_options options = {0};
    struct redis_server *server = NULL;
    struct redis_group *group = NULL;
    struct store_redis_settings settings;
    static struct bench b;

    parse(&o, argc, argv);
    store_redis_settings_init(&settings);
    settings.instance = "bench";
    settings.connections = o.connections;
    if (strcmp(o.mode, "sentinel") == 0) {
        group = redis_group_start_sentinels(o.appendfsync, 5000);
        redis_group_settings(group, &settings);
        b.rig = store_rig_new_servers(&settings);
        store_rig_await_ready(b.rig, b.rig->store, true, 5000);
    } else {
        options.appendfsync = o.appendfsync;
        server = redis_server_start(&options);
        b.rig = store_rig_new_redis(server, &settings);
    }
    run(&b, &o);
    store_rig_free(b.rig);
    redis_server_stop(server);
    redis_group_stop(group);
    return b.failed != 0;
}
