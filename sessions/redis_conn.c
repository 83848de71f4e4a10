#include "sessions/redis_conn.h"

#include "base/clock.h"
#include "base/fsm.h"
#include "base/log.h"
#include "base/mem.h"
#include "sessions/redis_command.h"
#include "sessions/redis_reader.h"

#include <assert.h>
#include <event2/event.h>
#include <fcntl.h>
#include <hiredis/async.h>
#include <hiredis/hiredis.h>
#include <hiredis/sds.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { OUTPUT_ROOM_BYTES = 16384, OUTPUT_KEPT_BYTES = 131072 };

/* Adapter, connect timer, watchdog and back-off are our own: hiredis 0.14 has none, and its stock
 * adapter calls epoll_ctl twice a turn. */
struct redis_conn {
    struct redis_conn_settings settings;
    struct redis_address address;
    char name[REDIS_ADDRESS_BYTES];
    unsigned state;
    unsigned failures;

    redisAsyncContext *ac; /* nobody else keeps it */
    struct redis_reader reader;
    struct event *read_event;
    struct event *write_event;
    bool is_connected;
    bool is_writing; /* inside redisAsyncHandleWrite: what is left waits for the socket */
    bool is_freeing;
    const char *reason; /* why it is closing: a literal or the text below */
    char reason_text[128];
    bool was_ready;

    struct deferred flush;
    struct deferred close;
    struct timer retry;
    struct timer deadline; /* of connecting and greeting; then of the calls in flight */

    struct timer probe;
    struct redis_call ping;
    uint64_t replies, replies_before; /* all; when the probe began */

    struct list in_flight;
    struct list held;
    unsigned requests; /* that those in flight stand for */
    /* WAIT answers for every write before it: one a flush, and one in flight at most. */
    bool is_waiting;
    bool has_write; /* since the last WAIT */
    bool is_short;  /* the last WAIT found too few replicas */
    uint64_t short_waits;
    struct redis_call wait;
    struct redis_command wait_command;
};

static const struct fsm_state states[] = {
    [REDIS_CONN_STOPPED] = {.name = "stopped", .next = FSM_BIT(REDIS_CONN_WAITING)},
    [REDIS_CONN_WAITING] = {.name = "waiting", .next = FSM_BIT(REDIS_CONN_CONNECTING)},
    [REDIS_CONN_CONNECTING] = {.name = "connecting",
                               .next = FSM_BIT(REDIS_CONN_GREETING) | FSM_BIT(REDIS_CONN_CLOSING)},
    [REDIS_CONN_GREETING] = {.name = "greeting",
                             .next = FSM_BIT(REDIS_CONN_READY) | FSM_BIT(REDIS_CONN_CLOSING)},
    [REDIS_CONN_READY] = {.name = "ready", .next = FSM_BIT(REDIS_CONN_CLOSING)},
    [REDIS_CONN_CLOSING] = {.name = "closing", .next = FSM_BIT(REDIS_CONN_WAITING)},
};
static const struct fsm_table table = {
    .name = "redis_conn", .states = states, .state_count = sizeof(states) / sizeof(states[0])};

static void enter(struct redis_conn *c, enum redis_conn_state next, const char *reason)
{
    fsm_enter(&table, &c->state, next, c->name, reason);
}

/* --- hiredis's event hooks --- */

static void add_read(void *arg)
{
    struct redis_conn *c = arg;

    if (c->read_event != NULL)
        event_add(c->read_event, NULL);
}

static void del_read(void *arg)
{
    struct redis_conn *c = arg;

    if (c->read_event != NULL)
        event_del(c->read_event);
}

/* What one loop turn sends leaves in one write at its end; only what the socket did not take, and
 * the connecting itself, wait for the socket. */
static void add_write(void *arg)
{
    struct redis_conn *c = arg;

    if (c->is_connected && !c->is_writing)
        deferred_add(c->settings.deferred, &c->flush);
    else if (c->write_event != NULL)
        event_add(c->write_event, NULL);
}

static void del_write(void *arg)
{
    struct redis_conn *c = arg;

    if (c->write_event != NULL)
        event_del(c->write_event);
}

static void cleanup(void *arg)
{
    struct redis_conn *c = arg;

    deferred_cancel(c->settings.deferred, &c->flush);
    if (c->read_event != NULL)
        event_free(c->read_event);
    if (c->write_event != NULL)
        event_free(c->write_event);
    c->read_event = c->write_event = NULL;
}

/* hiredis frees its buffer after each write and begins the next without one: at some thousand
 * writes a second the heap is trimmed and grown all the time. So what the socket takes whole is
 * written here, and the buffer stays; the rest, and every error, is hiredis's. */
static void write_out(struct redis_conn *c)
{
    sds output = c->ac->c.obuf;
    size_t size = sdslen(output);
    ssize_t written = 0;

    if (c->is_connected && sdsalloc(output) <= OUTPUT_KEPT_BYTES)
        written = write(c->ac->c.fd, output, size);
    if (written > 0 && (size_t)written == size) {
        sdsclear(output);
        del_write(c);
        return;
    }
    if (written > 0)
        sdsrange(output, (int)written, -1);
    c->is_writing = true;
    redisAsyncHandleWrite(c->ac);
    c->is_writing = false;
}

static void on_readable(evutil_socket_t fd, short what, void *arg)
{
    struct redis_conn *c = arg;

    (void)fd;
    (void)what;
    timer_queue_set_now(c->settings.timers, clock_monotonic_ms());
    redisAsyncHandleRead(c->ac);
}

static void on_writable(evutil_socket_t fd, short what, void *arg)
{
    struct redis_conn *c = arg;

    (void)fd;
    (void)what;
    timer_queue_set_now(c->settings.timers, clock_monotonic_ms());
    write_out(c);
}

/* --- the end of a connection --- */

static void close_with(struct redis_conn *c, const char *reason)
{
    if (c->state == REDIS_CONN_CLOSING)
        return;
    c->was_ready = c->state == REDIS_CONN_READY;
    text_copy(c->reason_text, sizeof(c->reason_text), reason);
    c->reason = c->reason_text;
    enter(c, REDIS_CONN_CLOSING, c->reason);
    timer_stop(c->settings.timers, &c->deadline);
    timer_stop(c->settings.timers, &c->probe);
}

static void fail_held(struct redis_conn *c)
{
    struct list_node *n;

    while ((n = list_pop_front(&c->held)) != NULL) {
        struct redis_call *call = LIST_ITEM(n, struct redis_call, node);

        if (!c->is_freeing)
            call->held_fn(call, false);
    }
}

static uint64_t backoff_ms(struct redis_conn *c)
{
    uint64_t delay_ms = c->settings.backoff_min_ms;

    for (unsigned i = 0; i < c->failures && delay_ms < c->settings.backoff_max_ms; i++)
        delay_ms *= 2;
    if (delay_ms > c->settings.backoff_max_ms)
        delay_ms = c->settings.backoff_max_ms;
    c->failures++;
    /* Half of it fixed, half by chance: gateways that lost one server do not come back as one. */
    return delay_ms / 2 + random_below(c->settings.random, delay_ms / 2 + 1);
}

/* hiredis has freed its context, and every call has been told. */
static void finish_close(struct redis_conn *c)
{
    c->ac = NULL;
    c->is_connected = false;
    c->has_write = false;
    fail_held(c);
    if (c->is_freeing)
        return;
    assert(c->in_flight.count == 0);
    enter(c, REDIS_CONN_WAITING, c->reason);
    timer_start(c->settings.timers, &c->retry, backoff_ms(c));
    c->settings.on_down(c->settings.ctx, c, c->reason, c->was_ready);
}

/* Its last words are why it let nobody in ("-ERR max number of clients reached"): of a server that
 * hangs up before it is asked anything, hiredis reads them only where no write failed before. */
static void close_lost(struct redis_conn *c, const redisAsyncContext *ac)
{
    char words[sizeof(c->reason_text)];
    ssize_t size = recv(ac->c.fd, words, sizeof(words) - 1, MSG_DONTWAIT);

    if (size > 1 && words[0] == '-') {
        words[size] = '\0';
        words[strcspn(words, "\r\n")] = '\0';
        close_with(c, words + 1);
    } else {
        close_with(c, ac->c.errstr[0] != '\0' ? ac->c.errstr : "closed by the server");
    }
}

static void on_disconnect(const redisAsyncContext *ac, int status)
{
    struct redis_conn *c = ac->data;

    (void)status;
    if (c->reader.is_unasked)
        close_with(c, "a reply that nobody asked for");
    close_lost(c, ac);
    deferred_cancel(c->settings.deferred, &c->close);
    finish_close(c);
}

/* A clean stack: nothing of hiredis's is below us. */
static void on_close(struct deferred *d, void *arg)
{
    struct redis_conn *c = arg;

    (void)d;
    if (c->ac != NULL)
        redisAsyncFree(c->ac);
    /* on_disconnect has done the rest, unless the connection never stood. */
    if (c->state == REDIS_CONN_CLOSING)
        finish_close(c);
}

void redis_conn_drop(struct redis_conn *c, const char *reason)
{
    if (c->state != REDIS_CONN_CONNECTING && c->state != REDIS_CONN_GREETING &&
        c->state != REDIS_CONN_READY)
        return;
    close_with(c, reason);
    deferred_add(c->settings.deferred, &c->close);
}

/* --- its beginning --- */

static void on_connect(const redisAsyncContext *ac, int status)
{
    struct redis_conn *c = ac->data;

    if (status != REDIS_OK) {
        /* hiredis frees the context as soon as we return, and does not call on_disconnect. */
        close_with(c, ac->c.errstr);
        c->ac = NULL;
        deferred_add(c->settings.deferred, &c->close);
        return;
    }
    if (c->state != REDIS_CONN_CONNECTING)
        return; /* given up in this very loop turn */
    c->is_connected = true;
    enter(c, REDIS_CONN_GREETING, "connected");
    c->settings.on_up(c->settings.ctx, c);
}

static redisAsyncContext *open_context(const struct redis_address *a)
{
    return a->port == 0 ? redisAsyncConnectUnix(a->host) : redisAsyncConnect(a->host, a->port);
}

/* What is not at the server when the connection ends, by our close or our death, goes with it. Else
 * the kernel goes on trying for minutes, and a commit that was given up is done behind all that
 * came since: a number's first input brings back what an officer has erased. */
static void set_tcp_options(redisContext *rc)
{
    const struct linger at_once = {.l_onoff = 1, .l_linger = 0};

    redisEnableKeepAlive(rc);
    setsockopt(rc->fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
}

static void attach(struct redis_conn *c)
{
    redisAsyncContext *ac = c->ac;

    redis_reader_guard(&c->reader, ac);
    ac->data = c;
    ac->ev.data = c;
    ac->ev.addRead = add_read;
    ac->ev.delRead = del_read;
    ac->ev.addWrite = add_write;
    ac->ev.delWrite = del_write;
    ac->ev.cleanup = cleanup;
    c->read_event = event_new(c->settings.base, ac->c.fd, EV_READ | EV_PERSIST, on_readable, c);
    c->write_event = event_new(c->settings.base, ac->c.fd, EV_WRITE, on_writable, c);
    assert(c->read_event != NULL && c->write_event != NULL);
    fcntl(ac->c.fd, F_SETFD, FD_CLOEXEC);
    if (c->address.port != 0)
        set_tcp_options(&ac->c);
    redisAsyncSetConnectCallback(ac, on_connect);
    redisAsyncSetDisconnectCallback(ac, on_disconnect);
}

static void on_retry(struct timer *t, void *arg)
{
    struct redis_conn *c = arg;

    (void)t;
    enter(c, REDIS_CONN_CONNECTING, "try");
    c->reason = NULL;
    c->ac = open_context(&c->address);
    assert(c->ac != NULL);
    if (c->ac->err != 0) {
        close_with(c, c->ac->errstr);
        deferred_add(c->settings.deferred, &c->close);
        return;
    }
    attach(c);
    timer_start(c->settings.timers, &c->deadline, c->settings.connect_timeout_ms);
}

void redis_conn_start(struct redis_conn *c)
{
    if (c->state != REDIS_CONN_STOPPED)
        return;
    enter(c, REDIS_CONN_WAITING, "start");
    timer_start(c->settings.timers, &c->retry, 0);
}

void redis_conn_retarget(struct redis_conn *c, const struct redis_address *address)
{
    bool is_same = redis_address_is_equal(&c->address, address);

    c->address = *address;
    redis_address_text(&c->address, c->name, sizeof(c->name));
    if (!is_same)
        c->failures = 0;
    if (c->state == REDIS_CONN_WAITING)
        timer_start(c->settings.timers, &c->retry, 0);
    else if (!is_same)
        redis_conn_drop(c, REDIS_CONN_REPLACED);
}

void redis_conn_greeted(struct redis_conn *c)
{
    enter(c, REDIS_CONN_READY, "greeted");
    c->failures = 0;
    timer_stop(c->settings.timers, &c->deadline);
}

/* --- calls --- */

static void arm_watchdog(struct redis_conn *c)
{
    uint64_t due_ms = UINT64_MAX, now_ms = c->settings.timers->now_ms;

    LIST_FOREACH(n, &c->in_flight) {
        const struct redis_call *call = LIST_ITEM(n, struct redis_call, node);

        if (call->deadline_ms < due_ms)
            due_ms = call->deadline_ms;
    }
    if (due_ms <= now_ms) {
        redis_conn_drop(c, "no reply within the deadline");
        if (c->settings.on_overdue != NULL)
            c->settings.on_overdue(c->settings.ctx, c);
    } else if (due_ms != UINT64_MAX) {
        timer_start(c->settings.timers, &c->deadline, due_ms - now_ms);
    }
}

/* Started with the first call and looked at again only when it runs out: no timer is touched for
 * each call. */
static void on_deadline(struct timer *t, void *arg)
{
    struct redis_conn *c = arg;

    (void)t;
    if (c->state == REDIS_CONN_READY)
        arm_watchdog(c);
    else
        redis_conn_drop(c, "connecting took too long");
}

static void watch(struct redis_conn *c, const struct redis_call *call)
{
    if (c->state != REDIS_CONN_READY)
        return; /* the deadline of connecting covers the greeting */
    if (!timer_is_running(&c->deadline) || call->deadline_ms < c->deadline.due_ms)
        timer_start(c->settings.timers, &c->deadline,
                    call->deadline_ms - c->settings.timers->now_ms);
}

static void on_reply(redisAsyncContext *ac, void *reply, void *privdata)
{
    struct redis_conn *c = ac->data;
    struct redis_call *call = privdata;

    list_remove(&c->in_flight, &call->node);
    c->requests -= 1 + call->more;
    c->replies += reply != NULL;
    if (c->is_freeing)
        return;
    if (reply == NULL)
        close_lost(c, ac);
    call->fn(call, reply);
}

static bool has_room(const struct redis_conn *c)
{
    return c->requests < c->settings.in_flight_max &&
           sdslen(c->ac->c.obuf) < c->settings.output_bytes_max;
}

static void put(struct redis_conn *c, struct redis_call *call, struct span command,
                unsigned timeout_ms)
{
    call->deadline_ms = c->settings.timers->now_ms + timeout_ms;
    list_push_back(&c->in_flight, &call->node);
    c->requests += 1 + call->more;
    /* hiredis begins with no room, and would move what gathers again and again. */
    if (sdslen(c->ac->c.obuf) == 0)
        c->ac->c.obuf = sdsMakeRoomFor(c->ac->c.obuf, OUTPUT_ROOM_BYTES);
    if (redisAsyncFormattedCommand(c->ac, on_reply, call, (const char *)command.data,
                                   command.size) != REDIS_OK)
        assert(!"hiredis takes commands while it is connected");
    watch(c, call);
}

bool redis_conn_send(struct redis_conn *c, struct redis_call *call, struct span command,
                     unsigned timeout_ms, bool is_greeting)
{
    if (c->state != REDIS_CONN_READY && !(is_greeting && c->state == REDIS_CONN_GREETING))
        return false;
    if (!has_room(c))
        return false;
    put(c, call, command, timeout_ms);
    c->has_write |= call->is_write;
    return true;
}

static void on_pong(struct redis_call *call, const struct redisReply *reply)
{
    (void)call;
    (void)reply; /* whatever it says, the server lives */
}

static void on_probe(struct timer *t, void *arg)
{
    struct redis_conn *c = arg;

    (void)t;
    if (c->replies == c->replies_before)
        redis_conn_drop(c, "no reply, as on another connection");
}

void redis_conn_probe(struct redis_conn *c, unsigned timeout_ms)
{
    static const char ping[] = "*1\r\n$4\r\nPING\r\n";

    if (c->state != REDIS_CONN_READY || c->is_waiting || timer_is_running(&c->probe))
        return;
    c->replies_before = c->replies;
    if (c->in_flight.count == 0)
        put(c, &c->ping, span_of(ping, sizeof(ping) - 1), c->settings.connect_timeout_ms);
    timer_start(c->settings.timers, &c->probe, timeout_ms);
}

void redis_conn_hold(struct redis_conn *c, struct redis_call *call)
{
    assert(c->settings.wait_replicas != 0 && call->held_fn != NULL);
    list_push_back(&c->held, &call->node);
}

/* --- replicas --- */

/* Said once while it lasts: commits count for nothing meanwhile, and nothing else says so. */
static void tell_short(const struct redis_conn *c, const struct redisReply *reply)
{
    if (reply->type == REDIS_REPLY_INTEGER)
        log_warning("store.not_replicated", LOG_S("server", c->name),
                    LOG_I("replicas", reply->integer),
                    LOG_U("waited_for", c->settings.wait_replicas));
    else /* it refuses to wait: our user may not, say */
        log_warning("store.not_replicated", LOG_S("server", c->name),
                    LOG_S("reply", reply->str != NULL ? reply->str : ""),
                    LOG_U("waited_for", c->settings.wait_replicas));
}

static void note_replicas(struct redis_conn *c, const struct redisReply *reply, bool is_short)
{
    if (is_short && !c->is_short)
        tell_short(c, reply);
    if (!is_short && c->is_short)
        log_info("store.replicated", LOG_S("server", c->name));
    c->is_short = is_short;
    c->short_waits += is_short;
}

static void on_wait_reply(struct redis_call *call, const struct redisReply *reply)
{
    struct redis_conn *c = LIST_ITEM(call, struct redis_conn, wait);
    bool is_replicated = reply != NULL && reply->type == REDIS_REPLY_INTEGER &&
                         reply->integer >= (long long)c->settings.wait_replicas;
    size_t count = c->held.count;

    c->is_waiting = false;
    if (reply != NULL)
        note_replicas(c, reply, !is_replicated);
    if (reply != NULL)
        deferred_add(c->settings.deferred, &c->flush); /* of what has gathered meanwhile */
    /* Whatever is held was written before this WAIT: the server answers nothing behind it sooner.
     */
    while (count-- != 0) {
        struct redis_call *held = LIST_ITEM(list_pop_front(&c->held), struct redis_call, node);

        held->held_fn(held, is_replicated);
    }
}

void redis_conn_set_wait_replicas(struct redis_conn *c, unsigned replicas)
{
    assert(c->settings.wait_replicas != 0 && replicas != 0);
    c->settings.wait_replicas = replicas;
}

static void send_wait(struct redis_conn *c)
{
    redis_command_start(&c->wait_command, "WAIT");
    redis_command_add_number(&c->wait_command, c->settings.wait_replicas);
    redis_command_add_number(&c->wait_command, c->settings.wait_timeout_ms);
    put(c, &c->wait, redis_command_end(&c->wait_command),
        c->settings.wait_timeout_ms + c->settings.connect_timeout_ms);
    c->has_write = false;
    c->is_waiting = true;
}

/* The end of a loop turn. */
static void on_flush(struct deferred *d, void *arg)
{
    struct redis_conn *c = arg;

    (void)d;
    if (c->ac == NULL || c->state == REDIS_CONN_CLOSING)
        return;
    /* The server runs nothing behind a WAIT before it has answered it. So what comes meanwhile
     * gathers here and shares the next one, instead of one for each loop turn, one after the other.
     */
    if (c->is_waiting)
        return;
    if (c->settings.wait_replicas != 0 && c->has_write)
        send_wait(c);
    deferred_cancel(c->settings.deferred, &c->flush);
    write_out(c);
}

/* --- life --- */

struct redis_conn *redis_conn_new(const struct redis_conn_settings *settings,
                                  const struct redis_address *address)
{
    struct redis_conn *c = mem_zalloc(sizeof(*c));

    c->settings = *settings;
    c->address = *address;
    redis_address_text(address, c->name, sizeof(c->name));
    c->state = REDIS_CONN_STOPPED;
    list_init(&c->in_flight);
    list_init(&c->held);
    deferred_init(&c->flush, on_flush, c);
    deferred_init(&c->close, on_close, c);
    timer_init(&c->retry, on_retry, c);
    timer_init(&c->deadline, on_deadline, c);
    timer_init(&c->probe, on_probe, c);
    c->ping.fn = on_pong;
    c->wait.fn = on_wait_reply;
    redis_command_init(&c->wait_command);
    return c;
}

void redis_conn_free(struct redis_conn *c)
{
    if (c == NULL)
        return;
    c->is_freeing = true;
    if (c->ac != NULL)
        redisAsyncFree(c->ac);
    timer_stop(c->settings.timers, &c->retry);
    timer_stop(c->settings.timers, &c->deadline);
    timer_stop(c->settings.timers, &c->probe);
    deferred_cancel(c->settings.deferred, &c->flush);
    deferred_cancel(c->settings.deferred, &c->close);
    redis_command_fini(&c->wait_command);
    mem_free(c);
}

const struct redis_address *redis_conn_address(const struct redis_conn *c)
{
    return &c->address;
}

enum redis_conn_state redis_conn_state(const struct redis_conn *c)
{
    return (enum redis_conn_state)c->state;
}

bool redis_conn_is_ready(const struct redis_conn *c)
{
    return c->state == REDIS_CONN_READY;
}

unsigned redis_conn_in_flight(const struct redis_conn *c)
{
    return c->requests;
}

uint64_t redis_conn_short_waits(const struct redis_conn *c)
{
    return c->short_waits;
}
