/* Sockets under links, on a real libevent loop: connect, refuse, resolve, write short, close, run
 * out of descriptors; and network addresses as values. */
#include "gateway/link/link.h"
#include "gateway/link/listener.h"
#include "gateway/link/transport_socket.h"

#include "base/log.h"
#include "base/mem.h"

#include <errno.h>
#include <event2/event.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

struct world {
    struct event_base *base;
    struct timer_queue timers;
    struct deferred_queue deferred;
    struct socket_factory *factory;
    struct transport_factory network;
    struct listener *listener;
    uint16_t port;
    int accepted; /* descriptor, -1 before */
    unsigned accepts;

    struct transport *transport;
    unsigned opens;
    unsigned writables;
    const char *lost;
    uint8_t *received;
    size_t received_bytes;
    bool is_inside; /* a call into the transport is on the stack: no callback may come */
};

static uint64_t now_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

static void turn(struct world *w)
{
    timer_queue_run(&w->timers, now_ms());
    deferred_run(&w->deferred);
    event_base_loop(w->base, EVLOOP_NONBLOCK);
    deferred_run(&w->deferred);
}

#define UNTIL(w, condition)                                                                        \
    do {                                                                                           \
        for (uint64_t end_ = now_ms() + 5000; !(condition) && now_ms() < end_;)                    \
            turn(w);                                                                               \
        assert_true(condition);                                                                    \
    } while (0)

static void on_open(void *ctx)
{
    struct world *w = ctx;

    assert_false(w->is_inside);
    w->opens++;
}

static void on_bytes(void *ctx, struct span bytes)
{
    struct world *w = ctx;

    assert_false(w->is_inside);
    w->received = mem_realloc_array(w->received, w->received_bytes + bytes.size, 1);
    memcpy(w->received + w->received_bytes, bytes.data, bytes.size);
    w->received_bytes += bytes.size;
}

static void on_writable(void *ctx)
{
    struct world *w = ctx;

    assert_false(w->is_inside);
    w->writables++;
}

static void on_lost(void *ctx, const char *reason)
{
    struct world *w = ctx;

    assert_false(w->is_inside);
    assert_null(w->lost);
    w->lost = reason;
}

static const struct transport_events events = {on_open, on_bytes, on_writable, on_lost, NULL};

static void on_accept(void *ctx, int fd, const struct netaddr *peer)
{
    struct world *w = ctx;
    char text[NETADDR_TEXT_BYTES];

    netaddr_format(peer, text);
    assert_true(strcmp(text, "127.0.0.1") == 0 || strcmp(text, "unix") == 0);
    if (w->accepted >= 0)
        close(w->accepted);
    w->accepted = fd;
    w->accepts++;
}

static void world_init(struct world *w, const char *listen)
{
    struct netaddr address;
    int error;

    memset(w, 0, sizeof(*w));
    log_set_level(LOG_LEVEL_OFF);
    w->base = event_base_new();
    timer_queue_init(&w->timers, now_ms());
    deferred_queue_init(&w->deferred);
    w->factory = socket_factory_new(w->base, &w->timers, &w->deferred);
    w->network = socket_factory_network(w->factory);
    w->accepted = -1;
    assert_true(netaddr_parse_listen(&address, listen));
    w->listener = listener_new(w->base, &w->timers, &address, on_accept, w, &error);
    assert_non_null(w->listener);
    w->port = listener_port(w->listener);
}

static void world_fini(struct world *w)
{
    if (w->transport != NULL)
        transport_close(w->transport);
    deferred_run(&w->deferred);
    if (w->listener != NULL)
        listener_free(w->listener);
    if (w->accepted >= 0)
        close(w->accepted);
    socket_factory_free(w->factory);
    assert_int_equal(w->timers.count, 0);
    timer_queue_fini(&w->timers);
    event_base_free(w->base);
    mem_free(w->received);
}

static void open_transport(struct world *w, const char *host, uint16_t port)
{
    w->is_inside = true;
    w->transport = w->network.connect(w->network.ctx, host, port, 0, &events, w);
    w->is_inside = false;
}

static size_t write_transport(struct world *w, const void *data, size_t bytes)
{
    size_t taken;

    w->is_inside = true;
    taken = transport_write(w->transport, span_of(data, bytes));
    w->is_inside = false;
    return taken;
}

static void test_octets_both_ways(void **state)
{
    static const char *const listens[] = {"127.0.0.1:0", "unix:/tmp/link-test.sock"};

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct world w;
        char path[80];
        char buffer[16];

        snprintf(path, sizeof(path), i == 0 ? "%s" : "%s.%d", listens[i], (int)getpid());
        world_init(&w, path);
        open_transport(&w, i == 0 ? "127.0.0.1" : path, w.port);
        assert_int_equal(w.opens, 0);
        UNTIL(&w, w.opens == 1 && w.accepted >= 0);
        assert_int_equal(write_transport(&w, "hello", 5), 5);
        usleep(1000);
        assert_int_equal(read(w.accepted, buffer, sizeof(buffer)), 5);
        assert_memory_equal(buffer, "hello", 5);
        assert_int_equal(write(w.accepted, "world!", 6), 6);
        UNTIL(&w, w.received_bytes == 6);
        assert_memory_equal(w.received, "world!", 6);
        close(w.accepted);
        w.accepted = -1;
        UNTIL(&w, w.lost != NULL);
        assert_string_equal(w.lost, "peer_closed");
        world_fini(&w);
    }
}

/* What lies at the path of a unix socket is not ours to remove: somebody listens there, or it is no
 * socket at all. */
static void test_taken_path(void **state)
{
    struct world w;
    struct netaddr address;
    char path[96], file[80];
    int fd, error = 0;

    (void)state;
    snprintf(path, sizeof(path), "unix:/tmp/link-taken.%d", (int)getpid());
    world_init(&w, path);
    assert_true(netaddr_parse_listen(&address, path));
    assert_null(listener_new(w.base, &w.timers, &address, on_accept, &w, &error));
    assert_int_equal(error, EADDRINUSE);
    open_transport(&w, path, 0);
    UNTIL(&w, w.opens == 1 && w.accepted >= 0);

    snprintf(file, sizeof(file), "/tmp/link-file.%d", (int)getpid());
    fd = open(file, O_WRONLY | O_CREAT, 0600);
    assert_int_equal(write(fd, "kept", 4), 4);
    close(fd);
    snprintf(path, sizeof(path), "unix:%s", file);
    assert_true(netaddr_parse_listen(&address, path));
    assert_null(listener_new(w.base, &w.timers, &address, on_accept, &w, &error));
    assert_int_equal(error, EADDRINUSE);
    assert_int_equal(unlink(file), 0);
    world_fini(&w);
}

/* Left from a process that was killed. */
static void test_stale_path(void **state)
{
    struct world w;
    struct netaddr address;
    char path[80];
    int fd;

    (void)state;
    snprintf(path, sizeof(path), "unix:/tmp/link-stale.%d", (int)getpid());
    assert_true(netaddr_parse_listen(&address, path));
    fd = listener_bind(&address);
    assert_true(fd >= 0);
    close(fd);
    world_init(&w, path);
    world_fini(&w);
}

static void test_refused(void **state)
{
    struct world w;

    (void)state;
    world_init(&w, "127.0.0.1:0");
    listener_free(w.listener);
    w.listener = NULL;
    open_transport(&w, "127.0.0.1", w.port);
    assert_null(w.lost);
    UNTIL(&w, w.lost != NULL);
    assert_string_equal(w.lost, "refused");
    assert_int_equal(w.opens, 0);
    transport_close(w.transport);
    w.lost = NULL;
    open_transport(&w, "unix:/tmp/warung-no-such-socket", 0);
    UNTIL(&w, w.lost != NULL);
    assert_string_equal(w.lost, "no_such_socket");
    world_fini(&w);
}

static void test_closed_while_connecting(void **state)
{
    struct world w;

    (void)state;
    world_init(&w, "127.0.0.1:0");
    open_transport(&w, "127.0.0.1", w.port);
    transport_close(w.transport);
    w.transport = NULL;
    for (int i = 0; i < 10; i++)
        turn(&w);
    assert_int_equal(w.opens, 0);
    assert_null(w.lost);
    world_fini(&w);
}

/* From /etc/hosts, so that no name server is asked. */
static void test_name(void **state)
{
    struct world w;

    (void)state;
    world_init(&w, "127.0.0.1:0");
    open_transport(&w, "localhost", w.port);
    assert_int_equal(w.opens, 0);
    UNTIL(&w, w.opens == 1 || w.lost != NULL);
    assert_int_equal(w.opens, 1);
    world_fini(&w);
}

static void test_name_lookup_cancelled(void **state)
{
    struct world w;

    (void)state;
    world_init(&w, "127.0.0.1:0");
    open_transport(&w, "centre.warung.invalid", w.port);
    transport_close(w.transport);
    w.transport = NULL;
    turn(&w);
    assert_int_equal(w.opens, 0);
    assert_null(w.lost);
    world_fini(&w);
}

static void test_short_write_and_room_again(void **state)
{
    enum { BYTES = 8 << 20 };
    struct world w;
    uint8_t *out = mem_alloc(BYTES);
    uint8_t *in = mem_alloc(BYTES);
    size_t taken;
    size_t got = 0;

    (void)state;
    for (size_t i = 0; i < BYTES; i++)
        out[i] = (uint8_t)(i * 2654435761u >> 24);
    world_init(&w, "127.0.0.1:0");
    open_transport(&w, "127.0.0.1", w.port);
    UNTIL(&w, w.opens == 1 && w.accepted >= 0);
    taken = write_transport(&w, out, BYTES);
    assert_true(taken > 0 && taken < BYTES);
    turn(&w);
    assert_int_equal(w.writables, 0);
    for (uint64_t end = now_ms() + 5000; got < BYTES && now_ms() < end;) {
        ssize_t n = read(w.accepted, in + got, BYTES - got);
        unsigned before = w.writables;

        if (n > 0)
            got += (size_t)n;
        turn(&w);
        if (w.writables != before && taken < BYTES)
            taken += write_transport(&w, out + taken, BYTES - taken);
    }
    assert_int_equal(got, BYTES);
    assert_memory_equal(in, out, BYTES);
    for (int i = 0; i < 5; i++)
        turn(&w);
    got = w.writables;
    for (int i = 0; i < 5; i++)
        turn(&w);
    assert_int_equal(w.writables, got); /* not watched for writing without need */
    mem_free(out);
    mem_free(in);
    world_fini(&w);
}

static void test_write_to_a_peer_that_went(void **state)
{
    struct world w;
    struct linger hard = {1, 0};

    (void)state;
    world_init(&w, "127.0.0.1:0");
    open_transport(&w, "127.0.0.1", w.port);
    UNTIL(&w, w.opens == 1 && w.accepted >= 0);
    setsockopt(w.accepted, SOL_SOCKET, SO_LINGER, &hard, sizeof(hard));
    close(w.accepted);
    w.accepted = -1;
    usleep(1000);
    assert_int_equal(write_transport(&w, "x", 1), 0);
    assert_int_equal(write_transport(&w, "x", 1), 0);
    assert_null(w.lost); /* told at the end of the turn, not from inside */
    deferred_run(&w.deferred);
    assert_non_null(w.lost);
    for (int i = 0; i < 5; i++)
        turn(&w);
    world_fini(&w);
}

/* The last answer must arrive though the peer goes on sending what we do not read. */
static void test_close_does_not_reset(void **state)
{
    struct world w;
    char buffer[64];
    static char flood[100000];

    (void)state;
    world_init(&w, "127.0.0.1:0");
    open_transport(&w, "127.0.0.1", w.port);
    UNTIL(&w, w.opens == 1 && w.accepted >= 0);
    assert_true(write(w.accepted, flood, sizeof(flood)) > 0);
    usleep(2000);
    assert_int_equal(write_transport(&w, "last words", 10), 10);
    transport_close(w.transport);
    w.transport = NULL;
    usleep(2000);
    assert_int_equal(read(w.accepted, buffer, sizeof(buffer)), 10);
    assert_int_equal(read(w.accepted, buffer, sizeof(buffer)), 0);
    world_fini(&w);
}

/* What the kernel still held does not arrive any more: the peer hears of a reset. */
static void test_abort_resets(void **state)
{
    struct world w;
    char buffer[64];

    (void)state;
    world_init(&w, "127.0.0.1:0");
    open_transport(&w, "127.0.0.1", w.port);
    UNTIL(&w, w.opens == 1 && w.accepted >= 0);
    transport_abort(w.transport);
    w.transport = NULL;
    usleep(2000);
    assert_int_equal(read(w.accepted, buffer, sizeof(buffer)), -1);
    assert_int_equal(errno, ECONNRESET);
    world_fini(&w);
}

static void test_out_of_descriptors(void **state)
{
    struct world w;
    struct rlimit old;
    struct rlimit low;
    int hoard[256];
    int count = 0;
    int callers[3];
    uint64_t start;
    unsigned turns = 0;

    (void)state;
    world_init(&w, "127.0.0.1:0");
    getrlimit(RLIMIT_NOFILE, &old);
    low = old;
    low.rlim_cur = 128;
    for (int i = 0; i < 3; i++)
        callers[i] = socket(AF_INET, SOCK_STREAM, 0);
    setrlimit(RLIMIT_NOFILE, &low);
    while (count < 256 && (hoard[count] = dup(0)) >= 0)
        count++;
    for (int i = 0; i < 3; i++) {
        struct netaddr to;

        assert_true(netaddr_parse(&to, "127.0.0.1", w.port));
        assert_int_equal(connect(callers[i], (struct sockaddr *)&to.storage, to.size), 0);
    }
    turn(&w);
    assert_int_equal(w.accepts, 0);
    start = now_ms();
    while (now_ms() < start + 60) { /* it rests: the loop finds nothing to do */
        turn(&w);
        turns++;
        usleep(1000);
    }
    assert_int_equal(w.accepts, 0);
    while (count > 0)
        close(hoard[--count]);
    UNTIL(&w, w.accepts >= 2); /* one was turned away, the others are served */
    setrlimit(RLIMIT_NOFILE, &old);
    for (int i = 0; i < 3; i++)
        close(callers[i]);
    world_fini(&w);
}

/* A whole link over a real socket. */
struct peer {
    struct link *link;
    enum link_state state;
    unsigned messages;
};

static void on_message(void *ctx, struct link *link, struct link_ticket ticket,
                       const struct smpp_pdu *pdu)
{
    struct peer *p = ctx;

    (void)pdu;
    p->messages++;
    link_answer(link, ticket, ESME_ROK, NULL);
}

static void on_state(void *ctx, struct link *link, enum link_state state, const char *reason)
{
    struct peer *p = ctx;

    (void)link;
    (void)reason;
    p->state = state;
}

static uint64_t no_random(void *ctx)
{
    (void)ctx;
    return 7;
}

static void read_exactly(struct world *w, void *buffer, size_t bytes)
{
    size_t got = 0;

    while (got < bytes) {
        ssize_t n = read(w->accepted, (char *)buffer + got, bytes - got);

        if (n > 0)
            got += (size_t)n;
        turn(w);
    }
}

static void test_a_link_over_a_socket(void **state)
{
    static const uint8_t bind_resp[] = {0, 0, 0, 17, 0x80, 0, 0, 9, 0, 0, 0, 0, 0, 0, 0, 1, 0};
    static const uint8_t enquire[] = {0, 0, 0, 16, 0, 0, 0, 0x15, 0, 0, 0, 0, 0, 0, 0, 9};
    struct world w;
    struct peer p = {0};
    struct link_env env = {&w.timers, &w.deferred, no_random, NULL, NULL, NULL};
    struct link_owner owner = {on_message, on_state};
    struct link_client_settings settings = {.link = {.name = "op1:1"},
                                            .host = "127.0.0.1",
                                            .system_id = "warung",
                                            .password = "secret"};
    uint8_t buffer[128];

    (void)state;
    world_init(&w, "127.0.0.1:0");
    settings.port = w.port;
    p.link = link_client_new(&env, &w.network, &settings, &owner, &p);
    link_start(p.link);
    UNTIL(&w, w.accepted >= 0);
    read_exactly(&w, buffer, 16 + 7 + 7 + 1 + 4);
    assert_int_equal(buffer[7], 9);
    assert_int_equal(write(w.accepted, bind_resp, sizeof(bind_resp)), sizeof(bind_resp));
    UNTIL(&w, p.state == LINK_BOUND);
    assert_int_equal(write(w.accepted, enquire, sizeof(enquire)), sizeof(enquire));
    read_exactly(&w, buffer, 16);
    assert_int_equal(buffer[4], 0x80);
    link_stop(p.link);
    read_exactly(&w, buffer, 16);
    assert_int_equal(buffer[7], 6);
    buffer[4] = 0x80;
    assert_int_equal(write(w.accepted, buffer, 16), 16);
    UNTIL(&w, p.state == LINK_CLOSED);
    link_free(p.link);
    world_fini(&w);
}

/* ---- addresses ---- */

static void test_addresses(void **state)
{
    static const char *const good[] = {"127.0.0.1:2776", "[::1]:2776", "*:0", "[::]:1",
                                       "unix:/run/x.sock"};
    static const char *const bad[] = {"127.0.0.1",   "::1:2776",    "127.0.0.1:65536",
                                      "127.0.0.1:",  "127.0.0.1:x", "host:2776",
                                      "unix:",       "[::1]2776",   "",
                                      "256.0.0.1:1", "127.0.0.1:-1"};
    struct netaddr a;
    struct netaddr b;
    char text[NETADDR_TEXT_BYTES];

    (void)state;
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
        assert_true(netaddr_parse_listen(&a, good[i]));
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        assert_false(netaddr_parse_listen(&a, bad[i]));
    assert_true(netaddr_parse(&a, "::ffff:192.0.2.7", 5));
    netaddr_of(&b, (struct sockaddr *)&a.storage);
    netaddr_format(&b, text);
    assert_string_equal(text, "192.0.2.7");
}

static void test_blocks(void **state)
{
    static const struct {
        const char *block;
        const char *address;
        bool contains;
    } rows[] = {
        {"127.0.0.1/32", "127.0.0.1", true},
        {"127.0.0.1", "127.0.0.1", true},
        {"127.0.0.1", "127.0.0.2", false},
        {"10.0.0.0/8", "10.255.0.1", true},
        {"10.0.0.0/8", "11.0.0.1", false},
        {"0.0.0.0/0", "198.51.100.7", true},
        {"0.0.0.0/0", "::1", false},
        {"192.0.2.128/25", "192.0.2.127", false},
        {"192.0.2.128/25", "192.0.2.200", true},
        {"192.0.2.4/30", "192.0.2.7", true},
        {"192.0.2.4/30", "192.0.2.8", false},
        {"2001:db8::/33", "2001:db8:7fff::1", true},
        {"2001:db8::/33", "2001:db8:8000::1", false},
        {"::/0", "::1", true},
        {"::ffff:192.0.2.7", "192.0.2.7", true},
        {"::ffff:192.0.2.0/120", "192.0.2.7", true},
        {"::ffff:192.0.2.0/120", "192.0.3.7", false},
        {"::ffff:0:0/96", "198.51.100.7", true},
        {"::ffff:0:0/96", "::1", false},
    };
    static const char *const bad[] = {
        "",       "10.0.0.0/33", "10.0.0.1/8", "10.0.0.0/",   "10.0.0.0/x",
        "::/129", "host/8",      "unix:/x",    "10.0.0.0/-1", "10.0.0.0/8/8"};
    struct netblock block;
    struct netaddr address;

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        assert_true(netblock_parse(&block, rows[i].block));
        assert_true(netaddr_parse(&address, rows[i].address, 1));
        assert_int_equal(netblock_contains(&block, &address), rows[i].contains);
    }
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        assert_false(netblock_parse(&block, bad[i]));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_octets_both_ways),
        cmocka_unit_test(test_taken_path),
        cmocka_unit_test(test_stale_path),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_closed_while_connecting),
        cmocka_unit_test(test_name),
        cmocka_unit_test(test_name_lookup_cancelled),
        cmocka_unit_test(test_short_write_and_room_again),
        cmocka_unit_test(test_write_to_a_peer_that_went),
        cmocka_unit_test(test_close_does_not_reset),
        cmocka_unit_test(test_abort_resets),
        cmocka_unit_test(test_out_of_descriptors),
        cmocka_unit_test(test_a_link_over_a_socket),
        cmocka_unit_test(test_addresses),
        cmocka_unit_test(test_blocks),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
