/* Names that are looked up by files that change under a running gateway. */
#include "gateway/link/resolver.h"
#include "gateway/loop.h"

#include "base/clock.h"
#include "base/timer.h"

#include <arpa/inet.h>
#include <event2/dns.h>
#include <event2/dns_struct.h>
#include <event2/event.h>
#include <ifaddrs.h>
#include <malloc.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

struct world {
    struct loop *loop;
    struct timer_queue timers; /* the resolver's clock: the loop does not wait when it leaps */
    struct resolver *resolver;
    struct resolution resolution;
    struct evdns_server_port *server;
    uint16_t port, dead_port;
    int dead_fd;
    unsigned found;
    unsigned turns; /* of turning.example */
    const char *why_none;
    char file[64];
};

static void on_found(void *ctx, const char *why_none)
{
    struct world *w = ctx;

    w->found++;
    w->why_none = why_none;
}

/* A name server that knows every name, as 192.0.2.7; one as so many machines, and by IPv6, too; one
 * as two in turn, as many name servers answer. */
static void on_question(struct evdns_server_request *request, void *arg)
{
    static const uint8_t address[5][4] = {
        {192, 0, 2, 7}, {192, 0, 2, 8}, {192, 0, 2, 9}, {192, 0, 2, 10}, {192, 0, 2, 11}};
    static const uint8_t turned[2][4] = {{192, 0, 2, 8}, {192, 0, 2, 7}};
    static const uint8_t other[16] = {0x20, 0x01, 0x0d, 0xb8, [15] = 7};
    struct world *w = arg;

    for (int i = 0; i < request->nquestions; i++) {
        const char *name = request->questions[i]->name;
        bool is_many = strcasecmp(name, "many.example") == 0; /* asked in any case */
        bool is_turning = strcasecmp(name, "turning.example") == 0;
        bool is_a = request->questions[i]->type == EVDNS_TYPE_A;

        if (is_turning && is_a)
            evdns_server_request_add_a_reply(request, name, 2,
                                             w->turns++ % 2 == 0 ? address : turned, 5);
        else if (is_a)
            evdns_server_request_add_a_reply(request, name, is_many ? 5 : 1, address, 5);
        else if (is_many)
            evdns_server_request_add_aaaa_reply(request, name, 1, other, 5);
    }
    evdns_server_request_respond(request, 0);
}

static int bind_udp(uint16_t *port)
{
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    socklen_t size = sizeof(a);
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0);

    assert_int_equal(bind(fd, (struct sockaddr *)&a, size), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&a, &size), 0);
    *port = ntohs(a.sin_port);
    return fd;
}

static void write_file(struct world *w, const char *text)
{
    FILE *file = fopen(w->file, "w");

    fputs(text, file);
    fclose(file);
}

static void name_server_is(struct world *w, uint16_t port)
{
    char text[128];

    snprintf(text, sizeof(text), "nameserver 127.0.0.1:%u\noptions timeout:1 attempts:1\n", port);
    write_file(w, text);
}

static void look_up(struct world *w)
{
    resolver_start(w->resolver, &w->resolution, "centre.example", 2775, 0, on_found, w);
}

static void await(struct world *w, unsigned found)
{
    for (int i = 0; i < 3000 && w->found < found; i++) {
        bool never = false;

        loop_run_until(w->loop, &never, 5);
    }
    assert_int_equal(w->found, found);
}

static int make_world(void **state)
{
    static struct world w;
    int fd;

    memset(&w, 0, sizeof(w));
    *state = &w;
    strcpy(w.file, "/tmp/warung-resolv-XXXXXX");
    fd = mkstemp(w.file);
    assert_true(fd >= 0);
    close(fd);
    w.loop = loop_new();
    timer_queue_init(&w.timers, clock_monotonic_ms());
    w.resolver = resolver_new(loop_base(w.loop), &w.timers, w.file);
    w.dead_fd = bind_udp(&w.dead_port); /* takes questions, answers none */
    w.server =
        evdns_add_server_port_with_base(loop_base(w.loop), bind_udp(&w.port), 0, on_question, &w);
    return 0;
}

static int end_world(void **state)
{
    struct world *w = *state;
    bool never = false;

    resolver_free(w->resolver);
    evdns_close_server_port(w->server);
    loop_run_until(w->loop, &never, 5);
    loop_free(w->loop);
    timer_queue_fini(&w->timers);
    close(w->dead_fd);
    unlink(w->file);
    return 0;
}

static void expect_address(const struct world *w)
{
    char text[NETADDR_TEXT_BYTES];

    assert_int_equal(w->resolution.count, 1);
    netaddr_format(&w->resolution.addresses[0], text);
    assert_string_equal(text, "192.0.2.7");
}

static void test_another_name_server(void **state)
{
    struct world *w = *state;

    name_server_is(w, w->dead_port);
    look_up(w);
    await(w, 1);
    assert_int_equal(w->resolution.count, 0);
    assert_string_equal(w->why_none, "lookup_failed");
    name_server_is(w, w->port);
    look_up(w);
    await(w, 2);
    expect_address(w);
}

/* This machine may have that kind alone. */
static void test_one_place_is_for_the_other_kind(void **state)
{
    static const char *const expected[RESOLVER_ADDRESSES_MAX] = {"192.0.2.7", "192.0.2.8",
                                                                 "192.0.2.9", "2001:db8::7"};
    struct world *w = *state;
    char text[NETADDR_TEXT_BYTES];

    name_server_is(w, w->port);
    resolver_start(w->resolver, &w->resolution, "many.example", 2775, 0, on_found, w);
    await(w, 1);
    assert_int_equal(w->resolution.count, RESOLVER_ADDRESSES_MAX);
    for (unsigned i = 0; i < RESOLVER_ADDRESSES_MAX; i++) {
        netaddr_format(&w->resolution.addresses[i], text);
        assert_string_equal(text, expected[i]);
    }
}

static void test_each_is_tried_once_from_where_it_is_said(void **state)
{
    struct world *w = *state;

    name_server_is(w, w->port);
    for (unsigned first = 0; first < 6; first++) {
        struct resolution *n = &w->resolution;

        resolver_start(w->resolver, n, "many.example", 2775, first, on_found, w);
        await(w, first + 1);
        for (unsigned i = 0; i < RESOLVER_ADDRESSES_MAX; i++)
            assert_ptr_equal(resolution_next(n),
                             &n->addresses[(first + i) % RESOLVER_ADDRESSES_MAX]);
        assert_null(resolution_next(n));
    }
    name_server_is(w, w->dead_port);
    look_up(w);
    await(w, 7);
    assert_null(resolution_next(&w->resolution));
}

/* The first that is tried goes round, whichever of them the name server puts first. */
static void test_each_comes_first_where_the_name_server_turns_them(void **state)
{
    struct world *w = *state;
    char text[NETADDR_TEXT_BYTES];
    unsigned times[2] = {0, 0};

    name_server_is(w, w->port);
    for (unsigned first = 0; first < 5; first++) {
        resolver_start(w->resolver, &w->resolution, "turning.example", 2775, first, on_found, w);
        await(w, first + 1);
        assert_int_equal(w->resolution.count, 2);
        netaddr_format(resolution_next(&w->resolution), text);
        times[strcmp(text, "192.0.2.7") == 0]++;
        netaddr_format(resolution_next(&w->resolution), text);
        assert_null(resolution_next(&w->resolution));
    }
    assert_int_equal(times[0], 2);
    assert_int_equal(times[1], 3);
}

static void test_a_lookup_outlives_its_file(void **state)
{
    static struct resolution other;
    struct world *w = *state;

    name_server_is(w, w->dead_port);
    look_up(w);
    name_server_is(w, w->port);
    resolver_start(w->resolver, &other, "other.example", 2775, 0, on_found, w);
    await(w, 2);
    assert_int_equal(other.count, 1);
    assert_int_equal(w->resolution.count, 0);
    /* It is gone after a while; the new one stays. */
    timer_queue_set_now(&w->timers, w->timers.now_ms + 61000);
    look_up(w);
    await(w, 3);
    expect_address(w);
}

static void on_one_kind(int result, char type, int count, int ttl, void *addresses, void *arg)
{
    struct world *w = arg;

    (void)type, (void)count, (void)ttl, (void)addresses;
    assert_int_equal(result, DNS_ERR_TIMEOUT);
    w->found++;
}

/* libevent asks a dead name server now and then whether it is back: such a question may be under
 * way when its time has come. It asks when one lookup has failed: of two at a time, as ours for
 * both kinds of address, the second one's end stops that. (A server may answer one kind alone.) */
static void test_retired_while_a_dead_server_is_asked(void **state)
{
    struct world *w = *state;
    char text[128], question[512];
    bool is_asked = false;

    snprintf(text, sizeof(text),
             "nameserver 127.0.0.1:%u\noptions timeout:1 attempts:1 initial-probe-timeout:1\n",
             w->dead_port);
    write_file(w, text);
    assert_non_null(evdns_base_resolve_ipv4(resolver_dns(w->resolver), "smsc.example",
                                            DNS_QUERY_NO_SEARCH, on_one_kind, w));
    await(w, 1);
    while (recv(w->dead_fd, question, sizeof(question), 0) > 0)
        continue;
    name_server_is(w, w->port);
    look_up(w);
    await(w, 2);
    for (int i = 0; i < 600 && !is_asked; i++) {
        bool never = false;

        loop_run_until(w->loop, &never, 5);
        is_asked = recv(w->dead_fd, question, sizeof(question), 0) > 0;
    }
    assert_true(is_asked);
    timer_queue_set_now(&w->timers, w->timers.now_ms + 61000);
    look_up(w);
    await(w, 3);
    expect_address(w);
}

static void test_freed_with_a_lookup_under_way(void **state)
{
    struct world *w = *state;
    bool never = false;

    name_server_is(w, w->dead_port);
    look_up(w);
    write_file(w, "");
    resolver_free(w->resolver);
    loop_run_until(w->loop, &never, 5);
    assert_int_equal(w->found, 1);
    w->resolver = resolver_new(loop_base(w->loop), &w->timers, w->file);
    look_up(w);
    await(w, 2);
    assert_string_equal(w->why_none, "no_name_servers");
}

/* A network of our own and the centre's, without name servers: /etc/hosts is enough. */
static void test_hosts_without_name_servers(void **state)
{
    struct world *w = *state;
    char text[NETADDR_TEXT_BYTES];

    for (int is_gone = 0; is_gone < 2; is_gone++) {
        write_file(w, "search example\n");
        if (is_gone)
            unlink(w->file);
        resolver_start(w->resolver, &w->resolution, "localhost", 2775, 0, on_found, w);
        await(w, 1);
        assert_true(w->resolution.count > 0);
        netaddr_format(&w->resolution.addresses[0], text);
        assert_true(strcmp(text, "127.0.0.1") == 0 || strcmp(text, "::1") == 0);
        look_up(w);
        await(w, 2);
        assert_int_equal(w->resolution.count, 0);
        assert_string_equal(w->why_none, "no_name_servers");
        w->found = 0;
    }
}

/* Here this machine has nothing but IPv6, as where that is up first after a loss of power: what is
 * asked for then may have IPv4 alone, and that comes a moment later. */
int getifaddrs(struct ifaddrs **list)
{
    static struct sockaddr_in6 address = {.sin6_family = AF_INET6,
                                          .sin6_addr = {{{0x20, 0x01, 0x0d, 0xb8, [15] = 1}}}};
    static char name[] = "eth0";
    static struct ifaddrs only = {.ifa_name = name, .ifa_addr = (struct sockaddr *)&address};

    *list = &only;
    return 0;
}

void freeifaddrs(struct ifaddrs *list)
{
    (void)list;
}

/* libevent does not get away with addresses that it reads of freed memory. */
static void spoil_and_free(void *memory)
{
    if (memory != NULL)
        explicit_bzero(memory, malloc_usable_size(memory));
    free(memory);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_another_name_server, make_world, end_world),
        cmocka_unit_test_setup_teardown(test_one_place_is_for_the_other_kind, make_world,
                                        end_world),
        cmocka_unit_test_setup_teardown(test_each_is_tried_once_from_where_it_is_said, make_world,
                                        end_world),
        cmocka_unit_test_setup_teardown(test_each_comes_first_where_the_name_server_turns_them,
                                        make_world, end_world),
        cmocka_unit_test_setup_teardown(test_a_lookup_outlives_its_file, make_world, end_world),
        cmocka_unit_test_setup_teardown(test_retired_while_a_dead_server_is_asked, make_world,
                                        end_world),
        cmocka_unit_test_setup_teardown(test_freed_with_a_lookup_under_way, make_world, end_world),
        cmocka_unit_test_setup_teardown(test_hosts_without_name_servers, make_world, end_world),
    };

    event_set_mem_functions(malloc, realloc, spoil_and_free);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
