/* The client (ESME) role: connect, bind, stay bound. Its functions are link.h's link_client_*(). */
#include "gateway/link/link_private.h"

#include "base/log.h"
#include "base/mem.h"

#include <assert.h>

enum {
    RETRY_BASE_MS = 1000,
    RETRY_MAX_MS = 60000,
    RETRY_REFUSED_MS = 300000, /* lock-out is common after repeated refusals */
    RETRY_FORGET_MS = 60000,   /* bound for so long: the next loss begins at the base again */
    RETRY_WORK_MIN = 8,        /* ... or so many messages: it ends again and again, and serves */
};

struct client {
    struct link link; /* first: a link of this role is a client */
    struct transport_factory network;
    char *host;
    uint16_t port;
    unsigned address; /* of the host's name, counted round: that of the last bind */
    enum link_bind bind;
    char *system_id;
    char *password;
    char *system_type;
    char *address_range;
    uint64_t reconnect_min_ms;
    struct timer retry;
    unsigned failures; /* in a row */
    bool was_bound;
    bool is_refused; /* the centre does not know us: hurry would make it worse */
    uint64_t bound_ms;
    uint64_t worked;    /* work(), when it was bound */
    bool has_connected; /* further attempts count as reconnects */
};

static const uint32_t bind_commands[] = {
    [LINK_TRANSCEIVER] = SMPP_BIND_TRANSCEIVER,
    [LINK_TRANSMITTER] = SMPP_BIND_TRANSMITTER,
    [LINK_RECEIVER] = SMPP_BIND_RECEIVER,
};

static struct client *client_of(struct link *link)
{
    return (struct client *)link;
}

/* ---- connecting ---- */

static void connect_now(struct client *c)
{
    struct link *link = &c->link;

    c->was_bound = false;
    c->is_refused = false;
    if (c->has_connected)
        link->counters.reconnects++;
    c->has_connected = true;
    link_attach(link, c->network.connect(c->network.ctx, c->host, c->port, c->address,
                                         &link_transport_events, link));
    link_enter(link, LINK_CONNECTING, "connect");
}

/* Messages taken, theirs and ours. */
static uint64_t work(const struct link *link)
{
    return link->counters.messages_in + link->counters.submits_taken;
}

/* Full jitter: random(0.5 .. 1) of the doubling delay. */
static uint64_t retry_delay_ms(struct client *c)
{
    struct link *link = &c->link;
    uint64_t delay = RETRY_MAX_MS;

    if (c->is_refused)
        return c->reconnect_min_ms > RETRY_REFUSED_MS ? c->reconnect_min_ms : RETRY_REFUSED_MS;
    if (c->was_bound && (link_now(link) - c->bound_ms >= RETRY_FORGET_MS ||
                         work(link) - c->worked >= RETRY_WORK_MIN))
        c->failures = 0;
    if (c->failures < 6)
        delay = (uint64_t)RETRY_BASE_MS << c->failures;
    c->failures++;
    delay = delay / 2 + link->env.random(link->env.random_ctx) % (delay / 2 + 1);
    return delay > c->reconnect_min_ms ? delay : c->reconnect_min_ms;
}

static void on_retry_timer(struct timer *timer, void *arg)
{
    (void)timer;
    connect_now(arg);
}

static void client_start(struct link *link)
{
    struct client *c = client_of(link);

    c->failures = 0; /* somebody wants it now */
    /* By a timer, so that nothing is called back from inside link_start(). */
    if (link->transport == NULL)
        timer_start(link->env.timers, &c->retry, 0);
}

static void client_on_closed(struct link *link)
{
    struct client *c = client_of(link);
    uint64_t delay;

    /* Who takes the connection and no bind, a balancer with nobody behind it perhaps, must not
     * stand in the way of the name's other addresses. */
    if (!c->was_bound)
        c->address++;
    if (!link->is_started)
        return;
    delay = retry_delay_ms(c);
    log_info("link.retry", LOG_S("link", link->settings.name), LOG_U("delay_ms", delay),
             LOG_U("failures", c->failures));
    timer_start(link->env.timers, &c->retry, delay);
}

/* ---- binding ---- */

static void client_on_open(struct link *link)
{
    struct client *c = client_of(link);
    uint64_t connection = link->connection;
    struct smpp_bind bind = {
        .system_id = span_of_string(c->system_id),
        .password = span_of_string(c->password),
        .system_type = span_of_string(c->system_type),
        .interface_version = SMPP_INTERFACE_VERSION,
        .address_range = {.digits = span_of_string(c->address_range)},
    };
    struct writer w;

    link_enter(link, LINK_OPEN, "connected");
    if (!link_is_on(link, connection))
        return;
    link->bind_sequence = window_next_sequence(&link->window);
    w = link_write_begin(link, SMPP_PDU_BYTES_OPEN);
    if (!smpp_bind_encode(&w, bind_commands[c->bind], link->bind_sequence, &bind)) {
        c->is_refused = true;
        log_error("link.bind_too_long", LOG_S("link", link->settings.name),
                  LOG_S("what", "system_id, password, system_type or address_range"));
        link_lose(link, "bind_too_long");
        return;
    }
    link_write_end(link, &w);
    timer_start(link->env.timers, &link->phase, LINK_BIND_TIMEOUT_MS);
    link_enter(link, LINK_BINDING, "bind");
}

static void client_on_bind(struct link *link, const struct smpp_pdu *pdu, enum smpp_status status)
{
    struct client *c = client_of(link);
    const struct smpp_header *h = &pdu->header;
    uint32_t answer = h->command_id == SMPP_GENERIC_NACK ? (uint32_t)status : h->command_status;

    if (h->sequence_number != link->bind_sequence)
        log_debug("link.bind_sequence", LOG_S("link", link->settings.name),
                  LOG_U("sent", link->bind_sequence), LOG_U("got", h->sequence_number));
    if (answer == ESME_ROK) {
        c->was_bound = true;
        c->bound_ms = link_now(link);
        c->worked = work(link);
        log_info("link.bound", LOG_S("link", link->settings.name));
        link_enter_bound(link, c->bind);
        return;
    }
    link->end_status = answer;
    c->is_refused = smpp_statuses_class(&link->settings.statuses, answer) == SMPP_CLASS_CREDENTIALS;
    if (c->is_refused)
        log_error("link.bind_refused", LOG_S("link", link->settings.name),
                  LOG_S("command_status", smpp_status_name(answer)),
                  LOG_U("retry_s", RETRY_REFUSED_MS / 1000));
    else
        log_warning("link.bind_refused", LOG_S("link", link->settings.name),
                    LOG_S("command_status", smpp_status_name(answer)), LOG_U("status", answer));
    link_close(link, smpp_status_name(answer));
}

/* ---- lifetime ---- */

static void client_quiesce(struct link *link)
{
    timer_stop(link->env.timers, &client_of(link)->retry);
}

static void client_destroy(struct link *link)
{
    struct client *c = client_of(link);

    link_fini(link);
    mem_free(c->host);
    mem_free(c->system_id);
    mem_free_secret(c->password);
    mem_free(c->system_type);
    mem_free(c->address_range);
    mem_free(c);
}

static const struct link_role client_role = {
    .on_open = client_on_open,
    .on_bind = client_on_bind,
    .on_closed = client_on_closed,
    .start = client_start,
    .quiesce = client_quiesce,
    .destroy = client_destroy,
};

static char *copy(const char *text)
{
    return mem_strdup(text != NULL ? text : "");
}

struct link *link_client_new(const struct link_env *env, const struct transport_factory *network,
                             const struct link_client_settings *settings,
                             const struct link_owner *owner, void *owner_ctx)
{
    struct client *c = mem_zalloc(sizeof(*c));

    assert(settings->host != NULL && settings->system_id != NULL);
    link_init(&c->link, &client_role, env, &settings->link, owner, owner_ctx);
    c->network = *network;
    c->host = copy(settings->host);
    c->port = settings->port;
    c->bind = settings->bind;
    c->system_id = copy(settings->system_id);
    c->password = copy(settings->password);
    c->system_type = copy(settings->system_type);
    c->address_range = copy(settings->address_range);
    c->reconnect_min_ms = (uint64_t)settings->reconnect_min_s * 1000;
    timer_init(&c->retry, on_retry_timer, c);
    return &c->link;
}
