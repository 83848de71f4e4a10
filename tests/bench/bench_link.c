/*
 * What a link costs: processor time of one PDU, memory of an idle partner, and what honest partners
 * notice of a flood of garbage.
 *
 *     build/bench/bench_link                 all of it
 *     build/bench/bench_link pdu
 *     build/bench/bench_link partners N [tls]
 *     build/bench/bench_link garbage N
 */
#include <errno.h>
#include <fcntl.h>
#include <openssl/ssl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/log.h"
#include "gateway/link/door.h"
#include "gateway/link/socket_util.h"
#include "gateway/loop.h"
#include "tests/support/tls_files.h"

enum { BATCH = 16, ROUNDS = 50000, REPEATS = 5, PINGS = 2000, GARBAGE_PAUSE_US = 200 };

static void die(const char *what)
{
    fprintf(stderr, "bench_link: %s: %s\n", what, strerror(errno));
    exit(1);
}

static double seconds(clockid_t clock)
{
    struct timespec now;

    clock_gettime(clock, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* ---- processor time of a PDU ---- */

/* A transport that takes everything and keeps nothing. */
struct sink {
    struct transport transport; /* first */
};

static size_t sink_write(struct transport *t, struct span bytes)
{
    (void)t;
    return bytes.size;
}

static void sink_close(struct transport *t)
{
    (void)t;
}

static const struct transport_ops sink_ops = {sink_write, sink_close, NULL, NULL};

static struct transport *sink_connect(void *ctx, const char *host, uint16_t port, unsigned first,
                                      const struct transport_events *events, void *events_ctx)
{
    struct sink *s = ctx;

    (void)host;
    (void)port;
    (void)first;
    s->transport = (struct transport){&sink_ops, events, events_ctx};
    return &s->transport;
}

struct pdu_bench {
    struct span submit;
    unsigned results;
};

static void on_result(void *arg, const struct link_result *result)
{
    struct pdu_bench *b = arg;

    (void)result;
    b->results++;
}

static void answer_and_submit(void *ctx, struct link *link, struct link_ticket ticket,
                              const struct smpp_pdu *pdu)
{
    struct pdu_bench *b = ctx;

    (void)pdu;
    link_answer(link, ticket, ESME_ROK, NULL);
    if (link_submit(link, LINK_LANE_DIALOGUE, b->submit, 0, on_result, b) == NULL)
        abort();
}

static void ignore_state(void *ctx, struct link *link, enum link_state state, const char *reason)
{
    (void)ctx;
    (void)link;
    (void)state;
    (void)reason;
}

static uint64_t no_random(void *ctx)
{
    (void)ctx;
    return 7;
}

static struct span make_message(uint32_t command_id, uint32_t sequence_number, uint8_t *buffer,
                                size_t bytes)
{
    struct smpp_message message = {
        .service_type = span_of_string("USSD"),
        .source = {1, 1, span_of_string("6281200000001")},
        .destination = {0, 1, span_of_string("384")},
        .short_message = span_of_string("1. Daftar usaha\n2. Cek status\n3. Bantuan"),
    };
    struct writer w;

    writer_init(&w, buffer, bytes);
    if (!smpp_message_encode(&w, command_id, sequence_number, &message, span_of(NULL, 0)))
        abort();
    return writer_span(&w);
}

static size_t make_responses(uint8_t *buffer, uint32_t *sequence_number)
{
    struct writer w;

    writer_init(&w, buffer, 4096);
    for (int i = 0; i < BATCH; i++)
        if (!smpp_message_resp_encode(&w, SMPP_SUBMIT_SM_RESP, ESME_ROK, (*sequence_number)++, ""))
            abort();
    return writer_size(&w);
}

/* A deliver_sm in, its answer and a submit_sm out, the response in: four PDUs, 16 of each a turn.
 */
static double time_turns(struct sink *sink, struct deferred_queue *deferred, struct span messages,
                         uint32_t *sequence_number)
{
    double start = seconds(CLOCK_PROCESS_CPUTIME_ID);
    uint8_t responses[4096];

    for (int i = 0; i < ROUNDS; i++) {
        size_t bytes;

        sink->transport.events->on_bytes(sink->transport.ctx, messages);
        deferred_run(deferred);
        bytes = make_responses(responses, sequence_number);
        sink->transport.events->on_bytes(sink->transport.ctx, span_of(responses, bytes));
        deferred_run(deferred);
    }
    return (seconds(CLOCK_PROCESS_CPUTIME_ID) - start) / (ROUNDS * BATCH);
}

static double time_codec(struct span message)
{
    double start = seconds(CLOCK_PROCESS_CPUTIME_ID);
    uint8_t octets[64];
    struct smpp_pdu pdu;
    unsigned sum = 0;

    for (int i = 0; i < ROUNDS * BATCH; i++) {
        struct writer w;

        sum += smpp_pdu_decode(message, &pdu);
        writer_init(&w, octets, sizeof(octets));
        smpp_message_resp_encode(&w, SMPP_DELIVER_SM_RESP, ESME_ROK, 1, "");
        writer_init(&w, octets, sizeof(octets));
        smpp_message_resp_encode(&w, SMPP_SUBMIT_SM_RESP, ESME_ROK, 1, "");
        sum += smpp_pdu_decode(writer_span(&w), &pdu);
    }
    if (sum != 0)
        abort();
    return (seconds(CLOCK_PROCESS_CPUTIME_ID) - start) / (ROUNDS * BATCH);
}

static void bench_pdu(void)
{
    static const uint8_t bind_resp[] = {0, 0, 0, 17, 0x80, 0, 0, 9, 0, 0, 0, 0, 0, 0, 0, 1, 0};
    struct timer_queue timers;
    struct deferred_queue deferred;
    struct link_env env = {.timers = &timers, .deferred = &deferred, .random = no_random};
    struct sink sink;
    struct transport_factory network = {sink_connect, &sink};
    struct link_owner owner = {answer_and_submit, ignore_state};
    struct link_client_settings settings = {
        .link = {.name = "bench", .window = 64}, .host = "", .system_id = "a", .password = "b"};
    struct pdu_bench b = {.results = 0};
    uint8_t submit[256];
    uint8_t messages[BATCH * 256];
    size_t bytes = 0;
    uint32_t sequence_number = 2;
    double best = 1;
    double codec = 1;
    struct link *link;

    timer_queue_init(&timers, 1000);
    deferred_queue_init(&deferred);
    b.submit = make_message(SMPP_SUBMIT_SM, 0, submit, sizeof(submit));
    for (uint32_t i = 0; i < BATCH; i++)
        bytes += make_message(SMPP_DELIVER_SM, i, messages + bytes, sizeof(messages) - bytes).size;
    link = link_client_new(&env, &network, &settings, &owner, &b);
    link_start(link);
    timer_queue_run(&timers, 1000);
    sink.transport.events->on_open(sink.transport.ctx);
    sink.transport.events->on_bytes(sink.transport.ctx, span_of(bind_resp, sizeof(bind_resp)));
    for (int i = 0; i < REPEATS; i++) {
        double turn = time_turns(&sink, &deferred, span_of(messages, bytes), &sequence_number);
        double pdus = time_codec(span_of(messages, bytes / BATCH));

        best = turn < best ? turn : best;
        codec = pdus < codec ? pdus : codec;
    }
    if (b.results != REPEATS * ROUNDS * BATCH)
        abort();
    printf("PDU: %.0f ns each, of which codec %.0f ns, link %.0f ns (best of %d)\n", best * 1e9 / 4,
           codec * 1e9 / 4, (best - codec) * 1e9 / 4, REPEATS);
    link_free(link);
    deferred_run(&deferred);
    timer_queue_fini(&timers);
}

/* ---- a server and its callers ---- */

struct world {
    struct loop *loop;
    struct link_env env;
    struct socket_factory *sockets;
    struct tls_factory *tls;
    struct link_server *server;
    struct door *door;
};

static void just_answer(void *ctx, struct link *link, struct link_ticket ticket,
                        const struct smpp_pdu *pdu)
{
    (void)ctx;
    (void)pdu;
    link_answer(link, ticket, ESME_ROK, "1");
}

static void world_init(struct world *w, unsigned partners, const struct tls_settings *tls)
{
    struct link_owner owner = {just_answer, ignore_state};
    struct link_account_settings account = {.system_id = "agg1",
                                            .password = "secret",
                                            .max_binds = partners,
                                            .link = {.enquire_link_s = 3600}};
    struct link_server_settings settings = {.connections_max = partners + 1000,
                                            .unbound_per_address_max = 1000,
                                            .failures_max = 1000000,
                                            .session_init_s = 3};
    char error_text[TLS_ERROR_BYTES];
    int error;

    memset(w, 0, sizeof(*w));
    w->loop = loop_new();
    w->env = (struct link_env){
        loop_timers(w->loop), loop_deferred(w->loop), loop_random, w->loop, NULL, NULL};
    w->sockets =
        socket_factory_new(loop_base(w->loop), loop_timers(w->loop), loop_deferred(w->loop));
    if (tls != NULL)
        w->tls = tls_factory_new(loop_base(w->loop), loop_timers(w->loop), loop_deferred(w->loop),
                                 tls, error_text);
    w->server = link_server_new(&w->env, &settings, &account, 1, NULL, &owner, NULL);
    w->door = door_new(loop_base(w->loop), loop_timers(w->loop), w->server, w->sockets, w->tls,
                       "127.0.0.1:0", &error);
    if (w->door == NULL)
        die("listen");
}

static void world_fini(struct world *w)
{
    bool never = false;

    door_free(w->door);
    link_server_free(w->server);
    loop_run_until(w->loop, &never, 50);
    if (w->tls != NULL)
        tls_factory_free(w->tls);
    socket_factory_free(w->sockets);
    loop_free(w->loop);
}

static int call_in(uint16_t port)
{
    struct netaddr to;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    netaddr_parse(&to, "127.0.0.1", port);
    if (fd < 0 || connect(fd, (struct sockaddr *)&to.storage, to.size) != 0)
        die("connect");
    socket_set_options(fd);
    return fd;
}

static size_t make_bind(uint8_t *buffer, size_t bytes)
{
    struct smpp_bind bind = {.system_id = span_of_string("agg1"),
                             .password = span_of_string("secret"),
                             .interface_version = SMPP_INTERFACE_VERSION};
    struct writer w;

    writer_init(&w, buffer, bytes);
    if (!smpp_bind_encode(&w, SMPP_BIND_TRANSCEIVER, 1, &bind))
        abort();
    return writer_size(&w);
}

static void bind_plain(int fd)
{
    uint8_t buffer[128];
    size_t bytes = make_bind(buffer, sizeof(buffer));

    if (write(fd, buffer, bytes) != (ssize_t)bytes || read(fd, buffer, sizeof(buffer)) < 16 ||
        buffer[11] != 0)
        die("bind");
}

static void bind_tls(int fd, SSL_CTX *ctx)
{
    uint8_t buffer[128];
    size_t bytes = make_bind(buffer, sizeof(buffer));
    SSL *ssl = SSL_new(ctx); /* stays: its end would end the connection */

    SSL_set_fd(ssl, fd);
    if (SSL_connect(ssl) != 1 || SSL_write(ssl, buffer, (int)bytes) != (int)bytes ||
        SSL_read(ssl, buffer, sizeof(buffer)) < 16 || buffer[11] != 0)
        die("bind over TLS");
}

/* Runs in a process of its own: binds N partners, says so, and stays until its parent goes. */
static void be_partners(uint16_t port, unsigned count, bool is_tls, int ready_fd)
{
    SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());
    char byte;

    for (unsigned i = 0; i < count; i++) {
        int fd = call_in(port);

        if (is_tls)
            bind_tls(fd, ctx);
        else
            bind_plain(fd);
    }
    if (write(ready_fd, "r", 1) != 1 || read(ready_fd, &byte, 1) < 0)
        exit(1);
    exit(0);
}

static size_t resident_bytes(void)
{
    FILE *file = fopen("/proc/self/statm", "r");
    unsigned long size;
    unsigned long resident;

    if (file == NULL || fscanf(file, "%lu %lu", &size, &resident) != 2)
        die("/proc/self/statm");
    fclose(file);
    return resident * (size_t)sysconf(_SC_PAGESIZE);
}

static void allow_descriptors(unsigned count)
{
    struct rlimit limit;

    getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = count + 200;
    if (limit.rlim_max < limit.rlim_cur)
        limit.rlim_max = limit.rlim_cur;
    if (setrlimit(RLIMIT_NOFILE, &limit) != 0)
        die("setrlimit");
}

static void bench_partners(unsigned count, bool is_tls)
{
    char folder[] = "/tmp/warung-bench-XXXXXX";
    struct tls_identity identity;
    struct tls_settings tls = {.is_server = true};
    struct world w;
    int pipe_fds[2];
    size_t before;
    size_t after;
    double start;
    pid_t child;
    bool never = false;

    if (mkdtemp(folder) == NULL || socketpair(AF_UNIX, SOCK_STREAM, 0, pipe_fds) != 0)
        die("setup");
    tls_identity_make(&identity, folder, "server", "DNS:localhost", NULL);
    tls.cert_file = identity.cert;
    tls.key_file = identity.key;
    allow_descriptors(count);
    world_init(&w, count, is_tls ? &tls : NULL);
    before = resident_bytes();
    start = seconds(CLOCK_MONOTONIC);
    child = fork();
    if (child == 0) {
        close(pipe_fds[0]); /* else it would wait for itself */
        be_partners(door_port(w.door), count, is_tls, pipe_fds[1]);
    }
    while (link_server_counters(w.server)->bound < count)
        loop_run_until(w.loop, &never, 20);
    after = resident_bytes();
    printf("%u idle partners%s: %.1f MiB, %.1f KiB each; bound in %.1f s\n", count,
           is_tls ? " over TLS" : "", (double)(after - before) / 1048576,
           (double)(after - before) / 1024 / count, seconds(CLOCK_MONOTONIC) - start);
    close(pipe_fds[0]);
    close(pipe_fds[1]);
    waitpid(child, NULL, 0);
    world_fini(&w);
    unlink(identity.cert);
    unlink(identity.key);
    rmdir(folder);
}

/* ---- garbage beside an honest partner ---- */

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a;
    double y = *(const double *)b;

    return (x > y) - (x < y);
}

/* Round trips of an honest partner, one after the other; its 99th percentile in microseconds. */
static void be_honest(uint16_t port, int result_fd)
{
    static double us[PINGS];
    int fd = call_in(port);
    uint8_t message[256];
    struct span pdu = make_message(SMPP_SUBMIT_SM, 1, message, sizeof(message));

    bind_plain(fd);
    for (int i = 0; i < PINGS; i++) {
        uint8_t response[64];
        double start = seconds(CLOCK_MONOTONIC);

        if (write(fd, pdu.data, pdu.size) != (ssize_t)pdu.size ||
            read(fd, response, sizeof(response)) < 16)
            die("submit_sm");
        us[i] = (seconds(CLOCK_MONOTONIC) - start) * 1e6;
        usleep(500);
    }
    qsort(us, PINGS, sizeof(us[0]), compare);
    if (write(result_fd, &us[PINGS * 99 / 100], sizeof(us[0])) < 0)
        exit(1);
    exit(0);
}

/* Some thousand connections a second that send HTTP, absurd lengths, half a header, or nothing. */
static void be_garbage(uint16_t port, unsigned count)
{
    static const struct span kinds[] = {
        {(const uint8_t *)"GET / HTTP/1.0\r\n\r\n", 18},
        {(const uint8_t *)"\x7f\xff\xff\xff\0\0\0\4", 8},
        {(const uint8_t *)"\0\0", 2},
        {(const uint8_t *)"\x16\x03\x01\x02\0\1\0\1", 8},
        {NULL, 0},
    };
    int open[64];

    memset(open, -1, sizeof(open));
    for (unsigned i = 0; i < count; i++) {
        const struct span *kind = &kinds[i % 5];
        int *slot = &open[i % 64];

        if (*slot >= 0)
            close(*slot);
        *slot = call_in(port);
        if (kind->size != 0 && send(*slot, kind->data, kind->size, MSG_NOSIGNAL) < 0)
            continue; /* turned away already: all the better */
        usleep(GARBAGE_PAUSE_US);
    }
    exit(0);
}

static double honest_p99(struct world *w, unsigned garbage)
{
    int fds[2];
    double p99 = 0;
    pid_t honest;
    pid_t flood = -1;

    if (pipe(fds) != 0)
        die("pipe");
    fcntl(fds[0], F_SETFL, O_NONBLOCK);
    honest = fork();
    if (honest == 0)
        be_honest(door_port(w->door), fds[1]);
    if (garbage != 0 && (flood = fork()) == 0)
        be_garbage(door_port(w->door), garbage);
    while (read(fds[0], &p99, sizeof(p99)) != sizeof(p99)) {
        bool never = false;

        loop_run_until(w->loop, &never, 10);
    }
    waitpid(honest, NULL, 0);
    while (flood > 0 && waitpid(flood, NULL, WNOHANG) == 0) {
        bool never = false;

        loop_run_until(w->loop, &never, 10); /* it may be waiting for us */
    }
    close(fds[0]);
    close(fds[1]);
    return p99;
}

static void bench_garbage(unsigned count)
{
    struct world w;
    double alone;
    double beside;

    world_init(&w, 100, NULL);
    alone = honest_p99(&w, 0);
    beside = honest_p99(&w, count);
    printf("honest partner's p99: %.0f us alone, %.0f us beside %u garbage connections "
           "(%llu taken in)\n",
           alone, beside, count, (unsigned long long)link_server_counters(w.server)->accepted);
    world_fini(&w);
}

int main(int argc, char **argv)
{
    unsigned count = argc > 2 ? (unsigned)strtoul(argv[2], NULL, 10) : 5000;

    log_set_level(LOG_LEVEL_OFF);
    if (argc > 1 && strcmp(argv[1], "pdu") == 0) {
        bench_pdu();
    } else if (argc > 1 && strcmp(argv[1], "partners") == 0) {
        bench_partners(count, argc > 3);
    } else if (argc > 1 && strcmp(argv[1], "garbage") == 0) {
        bench_garbage(count);
    } else {
        bench_pdu();
        fflush(stdout);
        bench_partners(5000, false);
        fflush(stdout);
        bench_garbage(10000);
    }
    return 0;
}
