/*
 * What the store alone can do: one pipelined FCALL of w_commit a step over a plain socket, and
 * nothing else: no SMPP, no menu, no seal. The row that `make bench` measures the gateway against.
 *
 *   bound [-f always|everysec|no] [-d dialogues] [-r steps/s] [-t seconds] [-b record octets]
 *         [-c connections] [-s unix socket of a running Redis that holds the library] [-p]
 *
 * One connection is the plain program that figures are compared with; -c 16 is what
 * store_redis uses, and what Redis can do with it.
 *
 * Without -r: closed loop, a dialogue's next step follows its answer. With -r: open loop, and a
 * latency counts from when the step was due, so that a stall shows in every step that it held up.
 *
 * -p: it and the Redis that it starts have the priority that the units of warungd and Redis give.
 */
#include "sessions/redis_command.h"
#include "sessions/redis_library.h"
#include "tests/smsc/histogram.h"
#include "tests/support/redis_server.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <hiredis/hiredis.h>
#include <poll.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

enum { CONNECTIONS_MAX = 32, BUCKETS = 256, MS = 1000, WARM_UP_US = 500000 };
enum { GRAIN_NS = 100000 }; /* of arrivals in the open loop, as warung-smsc load has it */

struct options {
    const char *appendfsync;
    const char *socket;
    unsigned dialogues, rate, seconds, record_bytes, connections;
    bool has_priority;
};

struct dialogue {
    char key[32];
    uint64_t version;
    uint64_t due_us; /* of the step in flight */
    bool is_busy;
};

/* One socket: what is to be written, and which dialogues wait, in the order of their commands. */
struct pipe_end {
    redisContext *context;
    char *out;
    size_t out_size, out_sent, out_capacity;
    unsigned *waiting;
    unsigned head, tail, capacity;
};

struct bound {
    struct options options;
    struct dialogue *dialogues;
    struct pipe_end ends[CONNECTIONS_MAX];
    struct redis_command command;
    char *record;
    unsigned next_dialogue;
    uint64_t began_us, counted_from_us, issued, done, counted, refused;
    struct histogram latencies;
};

static uint64_t now_us(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

static void die(const char *what)
{
    fprintf(stderr, "bound: %s\n", what);
    exit(1);
}

static void append(struct pipe_end *e, struct span octets)
{
    if (e->out_sent > e->out_size / 2) {
        memmove(e->out, e->out + e->out_sent, e->out_size - e->out_sent);
        e->out_size -= e->out_sent;
        e->out_sent = 0;
    }
    if (e->out_size + octets.size > e->out_capacity) {
        e->out_capacity = (e->out_size + octets.size) * 2;
        e->out = realloc(e->out, e->out_capacity);
        if (e->out == NULL)
            die("out of memory");
    }
    memcpy(e->out + e->out_size, octets.data, octets.size);
    e->out_size += octets.size;
}

static void put_version(char *octets, uint64_t version)
{
    for (unsigned i = 0; i < 8; i++)
        octets[i] = (char)(version >> (56 - 8 * i));
}

static void issue(struct bound *b, unsigned number, uint64_t due_us)
{
    struct dialogue *d = &b->dialogues[number];
    struct pipe_end *e = &b->ends[number % b->options.connections];
    struct redis_command *c = &b->command;
    char expected[8];

    put_version(expected, d->version);
    put_version(b->record, d->version + 1);
    redis_command_start(c, "FCALL");
    redis_command_add_string(c, "w_commit");
    redis_command_add_string(c, "1");
    redis_command_add_string(c, d->key);
    redis_command_add(c, span_of(expected, d->version != 0 ? 8 : 0));
    if (d->version != 0)
        redis_command_add(c, span_of(b->record, b->options.record_bytes));
    else
        redis_command_add(c, span_of(b->record + 8, b->options.record_bytes - 8));
    redis_command_add_string(c, "600");
    append(e, redis_command_end(c));
    e->waiting[e->tail++ % e->capacity] = number;
    d->due_us = due_us;
    d->is_busy = true;
    b->issued++;
}

static void on_reply(struct bound *b, struct pipe_end *e, const redisReply *reply, uint64_t at_us)
{
    unsigned number = e->waiting[e->head++ % e->capacity];
    struct dialogue *d = &b->dialogues[number];

    if (reply->type != REDIS_REPLY_INTEGER || reply->integer == 0)
        b->refused++;
    else
        d->version = d->version != 0 ? d->version + 1 : (uint64_t)reply->integer;
    d->is_busy = false;
    b->done++;
    if (at_us >= b->counted_from_us) {
        b->counted++;
        histogram_add(&b->latencies, at_us - d->due_us);
    }
    if (b->options.rate == 0)
        issue(b, number, at_us);
}

static void flush(struct pipe_end *e)
{
    while (e->out_sent < e->out_size) {
        ssize_t sent = write(e->context->fd, e->out + e->out_sent, e->out_size - e->out_sent);

        if (sent < 0 && errno == EAGAIN)
            return;
        if (sent <= 0)
            die("the connection broke");
        e->out_sent += (size_t)sent;
    }
    e->out_sent = e->out_size = 0;
}

static void drain(struct bound *b, struct pipe_end *e)
{
    uint64_t at_us;
    void *reply;

    if (redisBufferRead(e->context) != REDIS_OK)
        die("the connection broke");
    at_us = now_us();
    while (redisReaderGetReply(e->context->reader, &reply) == REDIS_OK && reply != NULL) {
        on_reply(b, e, reply, at_us);
        freeReplyObject(reply);
    }
}

/* Open loop: every step that is due by now, on the next dialogue that is not busy. */
static void issue_due(struct bound *b, uint64_t at_us)
{
    uint64_t due = (at_us - b->began_us) * b->options.rate / 1000000;

    while (b->issued < due) {
        unsigned tries = 0;

        while (b->dialogues[b->next_dialogue].is_busy) {
            b->next_dialogue = (b->next_dialogue + 1) % b->options.dialogues;
            if (++tries == b->options.dialogues)
                return;
        }
        issue(b, b->next_dialogue, b->began_us + b->issued * 1000000 / b->options.rate);
    }
}

static void wait_and_read(struct bound *b)
{
    /* A millisecond, poll()'s least, would stand in each latency of the open loop. */
    const struct timespec wait = {.tv_sec = b->options.rate == 0,
                                  .tv_nsec = b->options.rate != 0 ? GRAIN_NS : 0};
    struct pollfd fds[CONNECTIONS_MAX];
    unsigned count = b->options.connections;

    for (unsigned i = 0; i < count; i++)
        fds[i] =
            (struct pollfd){.fd = b->ends[i].context->fd,
                            .events = (short)(POLLIN | (b->ends[i].out_size != 0 ? POLLOUT : 0))};
    if (ppoll(fds, count, &wait, NULL) < 0)
        die("ppoll");
    for (unsigned i = 0; i < count; i++) {
        if ((fds[i].revents & (POLLIN | POLLHUP)) != 0)
            drain(b, &b->ends[i]);
    }
}

static void run(struct bound *b)
{
    uint64_t end_us;

    b->began_us = now_us();
    b->counted_from_us = b->began_us + WARM_UP_US;
    end_us = b->counted_from_us + (uint64_t)b->options.seconds * 1000000;
    for (unsigned i = 0; b->options.rate == 0 && i < b->options.dialogues; i++)
        issue(b, i, b->began_us);
    while (now_us() < end_us) {
        if (b->options.rate != 0)
            issue_due(b, now_us());
        for (unsigned i = 0; i < b->options.connections; i++)
            flush(&b->ends[i]);
        wait_and_read(b);
    }
}

static void open_end(struct bound *b, struct pipe_end *e, const char *path)
{
    e->context = redisConnectUnix(path);
    if (e->context == NULL || e->context->err != 0)
        die("cannot connect");
    fcntl(e->context->fd, F_SETFL, O_NONBLOCK);
    e->context->flags &= ~REDIS_BLOCK;
    e->capacity = b->options.dialogues + 1;
    e->waiting = calloc(e->capacity, sizeof(e->waiting[0]));
    if (e->waiting == NULL)
        die("out of memory");
}

static void set_up(struct bound *b, const char *path)
{
    b->dialogues = calloc(b->options.dialogues, sizeof(b->dialogues[0]));
    b->record = calloc(1, b->options.record_bytes);
    if (b->dialogues == NULL || b->record == NULL)
        die("out of memory");
    memset(b->record, 'x', b->options.record_bytes);
    for (unsigned i = 0; i < b->options.dialogues; i++)
        snprintf(b->dialogues[i].key, sizeof(b->dialogues[i].key), "{b%03u}s:62899%08u",
                 i % BUCKETS, i);
    for (unsigned i = 0; i < b->options.connections; i++)
        open_end(b, &b->ends[i], path);
    redis_command_init(&b->command);
}

static void tear_down(struct bound *b)
{
    for (unsigned i = 0; i < b->options.connections; i++) {
        redisFree(b->ends[i].context);
        free(b->ends[i].out);
        free(b->ends[i].waiting);
    }
    redis_command_fini(&b->command);
    free(b->dialogues);
    free(b->record);
}

static void report(const struct bound *b)
{
    struct rusage usage;
    double cpu_us;

    getrusage(RUSAGE_SELF, &usage);
    cpu_us = (double)usage.ru_utime.tv_sec * 1e6 + (double)usage.ru_utime.tv_usec +
             (double)usage.ru_stime.tv_sec * 1e6 + (double)usage.ru_stime.tv_usec;
    printf("bound appendfsync=%s dialogues=%u rate=%u connections=%u record=%u: %.0f steps/s  "
           "p50 %.2f ms  p99 %.2f ms  p99.9 %.2f ms  client %.2f us/step%s\n",
           b->options.appendfsync, b->options.dialogues, b->options.rate, b->options.connections,
           b->options.record_bytes, (double)b->counted / b->options.seconds,
           (double)histogram_quantile(&b->latencies, 0.50) / MS,
           (double)histogram_quantile(&b->latencies, 0.99) / MS,
           (double)histogram_quantile(&b->latencies, 0.999) / MS, cpu_us / (double)b->done,
           b->refused != 0 ? "  REFUSALS" : "");
}

/* As chrt --reset-on-fork --rr 1. */
static void prefer(pid_t pid)
{
    const struct sched_param lowest = {.sched_priority = 1};

    if (sched_setscheduler(pid, SCHED_RR | SCHED_RESET_ON_FORK, &lowest) != 0)
        die("no right to the priority of the units");
}

static struct redis_server *start_server(const struct options *o)
{
    const struct redis_server_options options = {.appendfsync = o->appendfsync};
    struct redis_server *server = redis_server_start(&options);
    struct span code = redis_library_code();
    redisReply *reply = redis_server_ask(server, "FUNCTION LOAD %b", code.data, code.size);

    if (reply == NULL || reply->type != REDIS_REPLY_STRING)
        die("cannot load the library");
    freeReplyObject(reply);
    return server;
}

static unsigned number_of(const char *text, unsigned least)
{
    char *end;
    unsigned long value = strtoul(text, &end, 10);

    if (*end != '\0' || value < least || value > 100000000)
        die("not a number that makes sense here");
    return (unsigned)value;
}

static void parse(struct options *o, int argc, char **argv)
{
    int option;

    while ((option = getopt(argc, argv, "f:d:r:t:b:c:s:p")) != -1) {
        switch (option) {
        case 'f':
            o->appendfsync = optarg;
            break;
        case 'd':
            o->dialogues = number_of(optarg, 1);
            break;
        case 'r':
            o->rate = number_of(optarg, 1);
            break;
        case 't':
            o->seconds = number_of(optarg, 1);
            break;
        case 'b':
            o->record_bytes = number_of(optarg, 9);
            break;
        case 'c':
            o->connections = number_of(optarg, 1);
            break;
        case 's':
            o->socket = optarg;
            break;
        case 'p':
            o->has_priority = true;
            break;
        default:
            exit(2);
        }
    }
    if (o->connections > CONNECTIONS_MAX)
        die("too many connections");
}

int main(int argc, char **argv)
{
    static struct bound b = {.options = {.appendfsync = "always",
                                         .dialogues = 2000,
                                         .seconds = 5,
                                         .record_bytes = 300,
                                         .connections = 1}};
    struct redis_server *server = NULL;

    parse(&b.options, argc, argv);
    if (b.options.socket == NULL)
        server = start_server(&b.options);
    if (b.options.has_priority) {
        prefer(0);
        if (server != NULL)
            prefer(redis_server_pid(server));
    }
    set_up(&b, server != NULL ? redis_server_name(server) + 5 : b.options.socket);
    run(&b);
    report(&b);
    tear_down(&b);
    redis_server_stop(server);
    return b.refused != 0;
}
