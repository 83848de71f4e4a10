/*
 * A peer's octets in any slices into a bound link of either role, and its messages through a
 * dialect, between submits, answers, withdrawals, short writes and passing time. The input is a
 * script: an octet says what happens next, octets follow that it needs. Whatever comes: what the
 * link writes are whole PDUs, each request is called back exactly once or was withdrawn, and
 * nothing is lost at the end.
 */
#include "base/log.h"
#include "base/mem.h"
#include "base/random.h"
#include "gateway/link/server.h"
#include "gateway/smpp/dialect.h"

#include <assert.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { REQUESTS_MAX = 256, TICKETS_MAX = 256, OUT_BYTES = 32 << 10 };

struct fake {
    struct transport transport; /* first */
    uint8_t *out;
    size_t out_bytes;
    size_t room;
    bool is_closed;
};

struct world {
    struct timer_queue timers;
    struct deferred_queue deferred;
    struct random_source random;
    bool is_server;
    struct link_server *server;
    struct link *link; /* client: always; server: the one bound, or NULL */
    const struct dialect *dialect;
    struct fake *fake; /* the newest; the link owns it until it closes it */
    unsigned submitted;
    unsigned called_back;
    unsigned withdrawn;
    struct link_request *open[REQUESTS_MAX]; /* not called back yet */
    struct call *calls[REQUESTS_MAX];
    struct link_ticket tickets[TICKETS_MAX];
    unsigned ticket_count;
};

static uint64_t next_random(void *ctx)
{
    return random_next(ctx);
}

/* ---- the network ---- */

static size_t fake_write(struct transport *transport, struct span bytes)
{
    struct fake *f = (struct fake *)transport;
    size_t n = bytes.size < f->room ? bytes.size : f->room;

    assert(!f->is_closed);
    if (n > OUT_BYTES - f->out_bytes)
        n = OUT_BYTES - f->out_bytes;
    memcpy(f->out + f->out_bytes, bytes.data, n);
    f->out_bytes += n;
    f->room -= n;
    return n;
}

/* Every octet written belongs to a whole PDU, but for a last one that was cut short. */
static void check_output(const struct fake *f)
{
    size_t at = 0;
    struct smpp_header header;

    while (at < f->out_bytes) {
        enum smpp_frame kind = smpp_frame_look(span_of(f->out + at, f->out_bytes - at),
                                               SMPP_PDU_BYTES_DEFAULT, &header);

        if (kind == SMPP_FRAME_MORE)
            return;
        assert(kind == SMPP_FRAME_WHOLE && smpp_command_is_known(header.command_id));
        at += header.command_length;
    }
}

static void fake_close(struct transport *transport)
{
    struct fake *f = (struct fake *)transport;

    assert(!f->is_closed);
    f->is_closed = true;
    check_output(f);
}

static const struct transport_ops fake_ops = {fake_write, fake_close, NULL, NULL};

static void bury(struct world *w)
{
    if (w->fake == NULL || !w->fake->is_closed)
        return;
    mem_free(w->fake->out);
    mem_free(w->fake);
    w->fake = NULL;
}

static struct transport *fake_new(struct world *w, const struct transport_events *events, void *ctx)
{
    bury(w);
    assert(w->fake == NULL); /* at most one connection at a time */
    w->fake = mem_zalloc(sizeof(*w->fake));
    w->fake->out = mem_alloc(OUT_BYTES);
    w->fake->room = SIZE_MAX;
    w->fake->transport = (struct transport){&fake_ops, events, ctx};
    return &w->fake->transport;
}

static struct transport *fake_connect(void *ctx, const char *host, uint16_t port, unsigned first,
                                      const struct transport_events *events, void *events_ctx)
{
    struct world *w = ctx;

    (void)host;
    (void)port;
    (void)first;
    return fake_new(w, events, events_ctx);
}

static struct transport *fake_attach(void *ctx, int fd, const struct transport_events *events,
                                     void *events_ctx)
{
    (void)fd;
    return fake_new(ctx, events, events_ctx);
}

/* ---- the owner ---- */

static void on_message(void *ctx, struct link *link, struct link_ticket ticket,
                       const struct smpp_pdu *pdu)
{
    struct world *w = ctx;
    uint32_t command_id = pdu->header.command_id;
    struct dialect_input input;

    assert(w->link == link && link_state(link) == LINK_BOUND);
    if (command_id == SMPP_DELIVER_SM || command_id == SMPP_DATA_SM ||
        command_id == SMPP_SUBMIT_SM) {
        enum smpp_status status = dialect_decode(w->dialect, pdu, &input);

        assert(status != ESME_ROK || memchr(input.text, 0, sizeof(input.text)) != NULL);
    }
    if (w->ticket_count < TICKETS_MAX)
        w->tickets[w->ticket_count++] = ticket;
}

static void on_state(void *ctx, struct link *link, enum link_state state, const char *reason)
{
    struct world *w = ctx;

    assert(link_state(link) == state && reason != NULL);
    if (w->is_server)
        w->link = state == LINK_CLOSED ? NULL : link;
}

static const struct link_owner owner = {on_message, on_state};
static const struct link_settings link_settings = {
    .name = "fuzz", .window = 4, .queue_max = 16, .in_flight_max = 8, .out_bytes_max = 4096};

struct call {
    struct world *world;
    unsigned slot;
};

static void on_result(void *arg, const struct link_result *result)
{
    struct call *call = arg;

    assert(result->kind <= LINK_RESULT_UNSENT);
    assert(call->world->open[call->slot] != NULL);
    call->world->open[call->slot] = NULL;
    call->world->called_back++;
    mem_free(call);
}

/* ---- the script's steps ---- */

static void submit(struct world *w, unsigned choice)
{
    static const uint8_t pdu[32] = {0, 0, 0, 32, 0, 0, 0, 4};
    struct call *call;
    unsigned slot = 0;

    if (w->link == NULL)
        return;
    while (slot < REQUESTS_MAX && w->open[slot] != NULL)
        slot++;
    if (slot == REQUESTS_MAX)
        return;
    call = mem_alloc(sizeof(*call));
    *call = (struct call){w, slot};
    w->calls[slot] = call;
    w->open[slot] =
        link_submit(w->link, (enum link_lane)(choice % LINK_LANE_COUNT), span_of(pdu, sizeof(pdu)),
                    choice & 4 ? w->timers.now_ms + choice * 10 : 0, on_result, call);
    if (w->open[slot] == NULL)
        mem_free(call);
    else
        w->submitted++;
}

static void withdraw(struct world *w, unsigned choice)
{
    for (unsigned slot = 0; slot < REQUESTS_MAX; slot++) {
        if (w->open[slot] == NULL || slot % 3 != choice % 3)
            continue;
        if (!link_withdraw(w->open[slot]))
            return;
        mem_free(w->calls[slot]);
        w->open[slot] = NULL;
        w->withdrawn++;
        return;
    }
}

static void answer(struct world *w, unsigned choice)
{
    unsigned pick;

    if (w->ticket_count == 0 || w->link == NULL)
        return;
    pick = choice % w->ticket_count;
    link_answer(w->link, w->tickets[pick], choice & 1 ? ESME_ROK : ESME_RX_T_APPN,
                choice & 2 ? "42" : NULL);
    w->tickets[pick] = w->tickets[--w->ticket_count];
}

static void end_turn(struct world *w)
{
    deferred_run(&w->deferred);
    bury(w);
}

static void pass(struct world *w, uint64_t ms)
{
    uint64_t end = w->timers.now_ms + ms;
    uint64_t due;

    for (int i = 0; i < 50 && timer_queue_next(&w->timers, &due) && due <= end; i++) {
        timer_queue_run(&w->timers, due > w->timers.now_ms ? due : w->timers.now_ms);
        end_turn(w);
    }
    timer_queue_set_now(&w->timers, end);
}

static void feed(struct world *w, struct span bytes)
{
    uint8_t *copy;

    if (w->fake == NULL || bytes.size == 0)
        return;
    copy = mem_dup(bytes.data, bytes.size);
    w->fake->transport.events->on_bytes(w->fake->transport.ctx, span_of(copy, bytes.size));
    mem_free(copy);
}

/* False when the address is banned for what came before. */
static bool call_in(struct world *w)
{
    struct netaddr peer;

    netaddr_parse(&peer, "192.0.2.1", 1);
    return w->fake != NULL || link_server_accept(w->server, 0, &peer, fake_attach, w);
}

/* A caller that binds well, if nobody is there; the script's octets may come before its bind. */
static void let_in(struct world *w)
{
    static const uint8_t bind[] = "\0\0\0\x1b\0\0\0\x09\0\0\0\0\0\0\0\1agg\0s\0\0\x34\0\0";

    if (w->link == NULL && call_in(w))
        feed(w, span_of(bind, sizeof(bind)));
}

static void make_bound(struct world *w)
{
    static const uint8_t bind_resp[] = {0, 0, 0, 17, 0x80, 0, 0, 9, 0, 0, 0, 0, 0, 0, 0, 1, 0};

    if (w->is_server) {
        let_in(w);
        return;
    }
    if (w->fake == NULL || link_state(w->link) != LINK_CONNECTING)
        return;
    w->fake->transport.events->on_open(w->fake->transport.ctx);
    end_turn(w);
    feed(w, span_of(bind_resp, sizeof(bind_resp)));
}

static void change_network(struct world *w, unsigned choice)
{
    if (w->fake == NULL)
        return;
    if (choice % 4 == 0) {
        w->fake->transport.events->on_lost(w->fake->transport.ctx, "reset");
    } else {
        w->fake->room = choice % 4 == 1 ? choice : SIZE_MAX;
        if (w->link == NULL || link_state(w->link) != LINK_CONNECTING)
            w->fake->transport.events->on_writable(w->fake->transport.ctx);
    }
}

static void step(struct world *w, struct reader *r)
{
    uint8_t code = reader_u8(r);
    unsigned choice = code >> 3;

    switch (code & 7) {
    case 0:
        submit(w, choice);
        break;
    case 1:
        answer(w, choice);
        break;
    case 2:
        if (choice % 4 == 3)
            withdraw(w, choice);
        pass(w, (uint64_t)choice * choice * 50);
        make_bound(w);
        break;
    case 3:
        change_network(w, choice);
        break;
    default: { /* half of all steps: octets of the peer's */
        size_t wanted = code & 1 ? (size_t)choice + 1 : ((size_t)choice + 1) * 16;
        size_t left = reader_left(r);

        feed(w, reader_bytes(r, wanted < left ? wanted : left));
    }
    }
    end_turn(w);
}

static void start_client(struct world *w, const struct link_env *env, unsigned choice)
{
    struct transport_factory network = {fake_connect, w};
    struct link_client_settings settings = {.link = link_settings,
                                            .host = "peer",
                                            .bind = (enum link_bind)(choice % 3),
                                            .system_id = "warung",
                                            .password = "secret"};

    w->link = link_client_new(env, &network, &settings, &owner, w);
    link_start(w->link);
    pass(w, 0);
}

static void start_server(struct world *w, const struct link_env *env)
{
    struct link_account_settings account = {
        .system_id = "agg", .password = "s", .in_tps = 100, .link = link_settings};
    struct link_server_settings settings = {.failures_max = 3, .ban_s = 20};

    w->server = link_server_new(env, &settings, &account, 1, NULL, &owner, w);
}

static void stop(struct world *w)
{
    if (w->is_server)
        link_server_stop(w->server);
    else
        link_stop(w->link);
    end_turn(w);
    pass(w, 600000);
    assert(w->is_server ? w->link == NULL : link_state(w->link) == LINK_CLOSED);
    assert(w->called_back + w->withdrawn == w->submitted);
    if (w->is_server)
        link_server_free(w->server);
    else
        link_free(w->link);
    end_turn(w);
    assert(w->fake == NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const dialects[] = {"spec34", "mica", "bare", "smppplus"};
    struct world w;
    struct link_env env = {&w.timers, &w.deferred, next_random, &w.random, NULL, NULL};
    struct reader r;
    uint8_t choice;

    memset(&w, 0, sizeof(w));
    log_set_level(LOG_LEVEL_OFF);
    timer_queue_init(&w.timers, 1000);
    deferred_queue_init(&w.deferred);
    reader_init(&r, span_of(data, size));
    choice = reader_u8(&r);
    w.dialect = dialect_find(dialects[choice >> 6]);
    assert(w.dialect != NULL);
    w.is_server = (choice & 0x20) != 0;
    if (w.is_server)
        start_server(&w, &env);
    else
        start_client(&w, &env, choice);
    if ((choice & 0x10) == 0)
        make_bound(&w); /* else octets come first, or a second bind */
    else if (w.is_server)
        call_in(&w);
    while (reader_left(&r) != 0)
        step(&w, &r);
    stop(&w);
    timer_queue_fini(&w.timers);
    return 0;
}
