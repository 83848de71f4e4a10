#include "tests/smsc/peers.h"

#include <assert.h>
#include <errno.h>
#include <event2/event.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { RECONNECT_MS = 200, RECONNECT_REFUSED_MS = 2000 };

/* ---- callbacks handed on ---- */

static void on_bound(void *ctx, struct peer *p, uint32_t status)
{
    struct peers *set = ctx;

    set->is_refused = status != WIRE_OK;
    if (set->is_refused)
        fprintf(stderr, "warung-smsc: our bind was refused: %s\n", wire_status_name(status));
    set->owner->on_bound(set->ctx, p, status);
}

static void on_message(void *ctx, struct peer *p, const struct wire_header *h,
                       const struct wire_message *m)
{
    struct peers *set = ctx;

    set->owner->on_message(set->ctx, p, h, m);
}

static void on_response(void *ctx, struct peer *p, const struct wire_header *h, void *tag,
                        struct span message_id)
{
    struct peers *set = ctx;

    set->owner->on_response(set->ctx, p, h, tag, message_id);
}

static void on_lost(void *ctx, struct peer *p, void *tag)
{
    struct peers *set = ctx;

    set->owner->on_lost(set->ctx, p, tag);
}

static void on_pdu(void *ctx, struct peer *p, bool sent, struct span pdu)
{
    struct peers *set = ctx;

    set->owner->on_pdu(set->ctx, p, sent, pdu);
}

static void on_closed(void *ctx, struct peer *p, const char *reason)
{
    struct peers *set = ctx;

    for (unsigned i = 0; i < set->count; i++)
        if (set->all[i] == p) {
            set->all[i] = set->all[--set->count];
            break;
        }
    set->owner->on_closed(set->ctx, p, reason);
    peer_free(p);
    if (set->settings->listen == NULL && !set->stopping && !timer_is_running(&set->reconnect))
        timer_start(&set->loop->timers, &set->reconnect,
                    set->is_refused ? RECONNECT_REFUSED_MS : RECONNECT_MS);
}

static const struct peer_owner quiet_owner = {on_bound, on_message, on_response,
                                              on_lost,  on_closed,  NULL};
static const struct peer_owner full_owner = {on_bound, on_message, on_response,
                                             on_lost,  on_closed,  on_pdu};

static const struct peer_owner *owner_of(const struct peers *set)
{
    return set->owner->on_pdu != NULL ? &full_owner : &quiet_owner;
}

static void add(struct peers *set, struct peer *p)
{
    peer_set_number(p, ++set->numbers);
    set->all[set->count++] = p;
}

/* ---- accepting ---- */

static void on_accept(evutil_socket_t listener, short what, void *arg)
{
    struct peers *set = arg;
    int fd;

    (void)what;
    loop_clock_us(set->loop); /* nobody may have come for long */
    while ((fd = accept(listener, NULL, NULL)) >= 0) {
        if (set->count == PEERS_MAX || set->stopping)
            close(fd);
        else
            add(set, peer_accept(set->loop, fd, &set->settings->peer, owner_of(set), set));
    }
}

static bool start_listening(struct peers *set)
{
    set->listener = conn_listen(set->settings->listen);
    if (set->listener < 0) {
        fprintf(stderr, "warung-smsc: cannot listen on %s: %s\n", set->settings->listen,
                errno != 0 ? strerror(errno) : "no such host");
        return false;
    }
    set->accept_event =
        event_new(set->loop->base, set->listener, EV_READ | EV_PERSIST, on_accept, set);
    assert(set->accept_event != NULL);
    event_add(set->accept_event, NULL);
    return true;
}

/* ---- connecting ---- */

static const struct peer_settings *settings_of_next(const struct peers *set)
{
    unsigned transmitters = 0;

    if (!set->settings->pair)
        return &set->settings->peer;
    for (unsigned i = 0; i < set->count; i++)
        transmitters += peer_bind_command(set->all[i]) == WIRE_BIND_TRANSMITTER;
    return transmitters < set->settings->binds ? &set->transmitter : &set->settings->peer;
}

static bool connect_all(struct peers *set)
{
    unsigned wanted = set->settings->pair ? set->settings->binds * 2 : set->settings->binds;

    while (set->count < wanted && set->count < PEERS_MAX) {
        struct peer *p = peer_connect(set->loop, set->settings->connect, settings_of_next(set),
                                      owner_of(set), set);

        if (p == NULL) {
            fprintf(stderr, "warung-smsc: cannot connect to %s: no such host\n",
                    set->settings->connect);
            return false;
        }
        add(set, p);
    }
    return true;
}

static void on_reconnect(struct timer *t, void *arg)
{
    (void)t;
    connect_all(arg);
}

/* ---- life ---- */

bool peers_init(struct peers *set, struct loop *loop, const struct peers_settings *settings,
                const struct peer_owner *owner, void *ctx)
{
    memset(set, 0, sizeof(*set));
    set->loop = loop;
    set->settings = settings;
    set->transmitter = settings->peer;
    set->transmitter.bind_command = WIRE_BIND_TRANSMITTER;
    set->owner = owner;
    set->ctx = ctx;
    set->listener = -1;
    timer_init(&set->reconnect, on_reconnect, set);
    return settings->listen != NULL ? start_listening(set) : connect_all(set);
}

void peers_fini(struct peers *set)
{
    timer_stop(&set->loop->timers, &set->reconnect);
    for (unsigned i = 0; i < set->count; i++)
        peer_free(set->all[i]);
    set->count = 0;
    if (set->accept_event != NULL)
        event_free(set->accept_event);
    if (set->listener >= 0)
        close(set->listener);
}

unsigned peers_port(const struct peers *set)
{
    return set->listener >= 0 ? conn_port(set->listener) : 0;
}

void peers_stop(struct peers *set)
{
    set->stopping = true;
    for (unsigned i = 0; i < set->count; i++)
        peer_unbind(set->all[i]);
}
