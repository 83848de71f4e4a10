/*
 * What store_redis costs on top of the bound (bound.c): the same load through store_commit().
 *
 *   bench_store [appendfsync [connections [dialogues [seconds]]]]
 */
#include "tests/support/histogram.h"
#include "tests/support/store_rig.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

enum { RECORD_BYTES = 292, WARM_UP_US = 500000, MS = 1000, BUCKETS = 256 };

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

static unsigned argument(int argc, char **argv, int place, unsigned usual)
{
    return argc > place ? (unsigned)strtoul(argv[place], NULL, 10) : usual;
}

int main(int argc, char **argv)
{
    const struct redis_server_options options = {.appendfsync = argc > 1 ? argv[1] : "always"};
    struct redis_server *server = redis_server_start(&options);
    static struct bench b;
    struct store_redis_settings settings;
    unsigned dialogues, seconds;
    struct dialogue *all;
    double began_cpu;

    store_redis_settings_init(&settings);
    settings.instance = "bench";
    settings.buckets = BUCKETS;
    settings.connections = argument(argc, argv, 2, settings.connections);
    dialogues = argument(argc, argv, 3, 2000);
    seconds = argument(argc, argv, 4, 5);
    b.rig = store_rig_new_redis(server, &settings);
    b.counted_from_us = now_us() + WARM_UP_US;
    b.end_us = b.counted_from_us + (uint64_t)seconds * 1000000;
    began_cpu = cpu_us();
    all = calloc(dialogues, sizeof(all[0]));
    for (unsigned i = 0; i < dialogues; i++) {
        all[i].bench = &b;
        snprintf(all[i].msisdn, sizeof(all[i].msisdn), "62899%08u", i);
        step(&all[i]);
    }
    while (now_us() < b.end_us)
        store_rig_turn(b.rig, 20);
    printf("store appendfsync=%s dialogues=%u connections=%u: %.0f steps/s  p50 %.2f ms  p99 %.2f "
           "ms  client %.2f us/step  failed %llu\n",
           options.appendfsync, dialogues, settings.connections, (double)b.counted / seconds,
           (double)histogram_percentile(&b.latencies, 0.50) / MS,
           (double)histogram_percentile(&b.latencies, 0.99) / MS,
           (cpu_us() - began_cpu) / (double)b.done, (unsigned long long)b.failed);
    store_rig_pass(b.rig, 500);
    store_rig_free(b.rig);
    free(all);
    redis_server_stop(server);
    return b.failed != 0;
}
