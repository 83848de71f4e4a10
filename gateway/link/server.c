#include "gateway/link/server.h"

#include "base/log.h"
#include "base/mem.h"
#include "gateway/link/account.h"
#include "gateway/link/guard.h"
#include "gateway/link/link_private.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

enum {
    SESSION_INIT_DEFAULT_S = 10,
    CONNECTIONS_DEFAULT = 10000,
    UNBOUND_DEFAULT = 1000,
    UNBOUND_PER_ADDRESS_DEFAULT = 5,
    FAILURES_DEFAULT = 5,
    BAN_DEFAULT_S = 60,
    ADDRESSES_MAX = 8192,
    NAME_BYTES = 48,
    SYSTEM_ID_BYTES = 17, /* one more than the letter allows: a long one is seen as such */
};

struct link_server {
    struct link_env env;
    struct link_server_settings settings; /* system_id is owned */
    struct account_table accounts;
    struct guard *guard;
    struct verifier *verifier;
    struct link_owner owner;
    void *owner_ctx;
    struct map connections; /* of struct server_link, by link->connection */
    struct list silent;     /* those that have sent no bind yet, the oldest first */
    bool is_stopping;
    struct link_server_counters counters;
};

struct server_link {
    struct link link; /* first: a link of this role is a server_link */
    struct link_server *server;
    struct map_node node;
    struct list_node in_silent;
    struct netaddr peer;
    bool is_unbound; /* counted by the guard */
    bool is_released;
    struct account *account;     /* held: of the bind, or of the one being checked */
    unsigned access_changes;     /* the account's, when the check began */
    struct list_node in_account; /* of account->links while bound */
    unsigned number;
    uint32_t bind_command;
    uint32_t bind_sequence;
    uint8_t interface_version; /* of the bind */
};

static struct server_link *server_link_of(struct link *link)
{
    return (struct server_link *)link;
}

static void log_refusal(const struct netaddr *peer, const char *why)
{
    char text[NETADDR_TEXT_BYTES];

    netaddr_format(peer, text);
    log_info("server.refused", LOG_S("peer", text), LOG_S("why", why));
}

/* ---- callers ---- */

/* Two hundred addresses that connect and say nothing would keep all partners out: of all that wait
 * for a bind the one that has said nothing longest gives its place to the next caller. False when
 * there is none. */
static bool make_room(struct link_server *s)
{
    struct list_node *n = list_first(&s->silent);
    struct server_link *oldest = n != NULL ? LIST_ITEM(n, struct server_link, in_silent) : NULL;

    if (oldest == NULL)
        return false;
    s->counters.refused_full++;
    log_refusal(&oldest->peer, "unbound_max");
    link_close(&oldest->link, "unbound_max");
    return true;
}

static enum guard_verdict ask_guard(struct link_server *s, const struct netaddr *peer)
{
    enum guard_verdict verdict = guard_admit(s->guard, peer, s->env.timers->now_ms);

    if (verdict == GUARD_FULL && make_room(s))
        verdict = guard_admit(s->guard, peer, s->env.timers->now_ms);
    return verdict;
}

static bool is_admitted(struct link_server *s, const struct netaddr *peer)
{
    struct link_server_counters *c = &s->counters;

    if (s->is_stopping)
        return false;
    if (!account_table_allows(&s->accounts, peer)) {
        c->refused_unknown++;
        log_refusal(peer, "unknown_address");
        return false;
    }
    if (c->connections >= s->settings.connections_max) {
        c->refused_full++;
        log_refusal(peer, "connections_max");
        return false;
    }
    switch (ask_guard(s, peer)) {
    case GUARD_ADMITTED:
        return true;
    case GUARD_BANNED:
        c->refused_banned++;
        return false; /* said when the ban began; a flood must not fill the log */
    case GUARD_ADDRESS_FULL:
        log_refusal(peer, "unbound_per_address_max");
        break;
    case GUARD_FULL:
        log_refusal(peer, "unbound_max");
        break;
    }
    c->refused_full++;
    return false;
}

static const struct link_role server_role;

bool link_server_accept(struct link_server *s, int fd, const struct netaddr *peer,
                        link_attach_fn *attach, void *attach_ctx)
{
    char name[NETADDR_TEXT_BYTES];
    struct link_settings unbound = {.name = name};
    struct server_link *sl;
    struct link *link;

    if (!is_admitted(s, peer))
        return false;
    netaddr_format(peer, name); /* until it has bound, it is its address */
    sl = mem_zalloc(sizeof(*sl));
    link = &sl->link;
    link_init(link, &server_role, &s->env, &unbound, &s->owner, s->owner_ctx);
    link->is_quiet = true;
    sl->server = s;
    sl->peer = *peer;
    sl->is_unbound = true;
    list_node_init(&sl->in_account);
    list_push_back(&s->silent, &sl->in_silent);
    link_attach(link, attach(attach_ctx, fd, &link_transport_events, link));
    map_add(&s->connections, &sl->node, span_of(&link->connection, sizeof(link->connection)));
    s->counters.accepted++;
    s->counters.connections++;
    timer_start(s->env.timers, &link->phase, (uint64_t)s->settings.session_init_s * 1000);
    link_enter(link, LINK_OPEN, "accepted");
    return true;
}

static void stop_waiting(struct server_link *sl)
{
    if (list_is_linked(&sl->in_silent))
        list_remove(&sl->server->silent, &sl->in_silent);
}

/* With the end of a link all that counts it must forget it, whichever way it ends. */
static void release(struct server_link *sl)
{
    struct link_server *s = sl->server;

    if (sl->is_released)
        return;
    sl->is_released = true;
    stop_waiting(sl);
    map_remove(&s->connections, &sl->node);
    s->counters.connections--;
    if (sl->is_unbound) {
        guard_leave(s->guard, &sl->peer);
        if (s->verifier != NULL)
            verifier_withdraw(s->verifier, s, sl->link.connection);
    }
    if (list_is_linked(&sl->in_account)) {
        list_remove(&sl->account->links, &sl->in_account);
        account_give_number(sl->account, sl->number);
        s->counters.bound--;
    }
    if (sl->account != NULL)
        account_release(sl->account);
    sl->account = NULL;
}

static void note_failure(struct server_link *sl, const char *system_id)
{
    struct link_server *s = sl->server;
    char text[NETADDR_TEXT_BYTES];

    if (!guard_fail(s->guard, &sl->peer, system_id, s->env.timers->now_ms))
        return;
    s->counters.bans++;
    netaddr_format(&sl->peer, text);
    log_warning("server.banned", LOG_S("peer", text), LOG_U("seconds", s->settings.ban_s));
}

static void server_on_closed(struct link *link)
{
    struct server_link *sl = server_link_of(link);

    /* Garbage instead of a bind is as good as a bad bind; a mere connect is not: load balancers
     * look whether the port is open. */
    if (sl->is_unbound && link->counters.malformed_in != 0)
        note_failure(sl, "");
    link_free(link);
}

/* ---- binding ---- */

static void write_bind_resp(struct server_link *sl, uint32_t command_status)
{
    struct link *link = &sl->link;
    struct writer w = link_write_begin(link, SMPP_PDU_BYTES_OPEN);
    bool fits = smpp_bind_resp_encode(&w, sl->bind_command | SMPP_RESPONSE_BIT, command_status,
                                      sl->bind_sequence, sl->server->settings.system_id,
                                      sl->interface_version);

    assert(fits);
    link_write_end(link, &w);
}

/* `system_id`: what the peer calls itself. */
static void refuse(struct server_link *sl, const char *system_id, enum smpp_status status,
                   const char *why)
{
    char text[NETADDR_TEXT_BYTES];

    netaddr_format(&sl->peer, text);
    log_warning("server.bind_refused", LOG_S("peer", text), LOG_S("system_id", system_id),
                LOG_S("why", why), LOG_S("command", smpp_command_name(sl->bind_command)),
                LOG_S("command_status", smpp_status_name(status)));
    sl->server->counters.bind_failures++;
    write_bind_resp(sl, status);
    link_close(&sl->link, smpp_status_name(status));
}

/* What a stranger says, for the log. */
static void copy_claim(struct span claim, char system_id[SYSTEM_ID_BYTES])
{
    size_t size = claim.size < SYSTEM_ID_BYTES ? claim.size : SYSTEM_ID_BYTES - 1;

    for (size_t i = 0; i < size; i++)
        system_id[i] = claim.data[i] >= ' ' && claim.data[i] <= '~' ? (char)claim.data[i] : '?';
    system_id[size] = '\0';
}

static enum link_bind bind_of(uint32_t command_id)
{
    return command_id == SMPP_BIND_TRANSMITTER ? LINK_TRANSMITTER
           : command_id == SMPP_BIND_RECEIVER  ? LINK_RECEIVER
                                               : LINK_TRANSCEIVER;
}

static void accept_bind(struct server_link *sl)
{
    struct link_server *s = sl->server;
    struct account *a = sl->account;
    struct link_settings settings = a->link;
    char name[NAME_BYTES];
    char text[NETADDR_TEXT_BYTES];

    guard_leave(s->guard, &sl->peer);
    guard_forgive(s->guard, &sl->peer, a->system_id);
    sl->is_unbound = false;
    sl->number = account_take_number(a);
    snprintf(name, sizeof(name), "%s:%u", a->system_id, sl->number);
    settings.name = name;
    link_configure(&sl->link, &settings);
    sl->link.in_rate = &a->in_rate;
    list_push_back(&a->links, &sl->in_account);
    s->counters.binds++;
    s->counters.bound++;
    netaddr_format(&sl->peer, text);
    log_info("link.bound", LOG_S("link", name), LOG_S("peer", text),
             LOG_S("command", smpp_command_name(sl->bind_command)),
             LOG_U("interface_version", sl->interface_version));
    write_bind_resp(sl, ESME_ROK);
    sl->link.is_quiet = false;
    link_enter_bound(&sl->link, bind_of(sl->bind_command));
}

static void decide(struct server_link *sl, bool is_right)
{
    struct account *a = sl->account;

    if (!is_right) {
        note_failure(sl, a->system_id);
        refuse(sl, a->system_id, ESME_RINVPASWD, "password");
    } else if (!a->is_configured || sl->server->is_stopping) {
        refuse(sl, a->system_id, ESME_RBINDFAIL, a->is_configured ? "stopping" : "unknown");
    } else if (a->access_changes != sl->access_changes) { /* what was right is so no longer */
        refuse(sl, a->system_id, ESME_RBINDFAIL, "changed");
    } else if (a->is_closed) {
        refuse(sl, a->system_id, ESME_RBINDFAIL, "disabled");
    } else if (a->links.count >= a->max_binds) {
        /* Who it is has been proved: no reason for a ban. */
        refuse(sl, a->system_id, ESME_RALYBND, "max_binds");
    } else {
        accept_bind(sl);
    }
}

static void on_verified(void *ctx, uint64_t id, bool is_right)
{
    struct link_server *s = ctx;
    struct map_node *n = map_find(&s->connections, span_of(&id, sizeof(id)));

    if (n != NULL && MAP_ITEM(n, struct server_link, node)->link.state == LINK_BINDING)
        decide(MAP_ITEM(n, struct server_link, node), is_right);
}

static void server_on_bind(struct link *link, const struct smpp_pdu *pdu, enum smpp_status status)
{
    struct server_link *sl = server_link_of(link);
    struct link_server *s = sl->server;
    char system_id[SYSTEM_ID_BYTES];
    struct account *a;

    stop_waiting(sl);
    sl->bind_command = pdu->header.command_id;
    sl->bind_sequence = pdu->header.sequence_number;
    sl->interface_version = pdu->bind.interface_version;
    copy_claim(pdu->bind.system_id, system_id);
    a = status == ESME_ROK ? account_find(&s->accounts, pdu->bind.system_id) : NULL;
    if (a == NULL || !account_allows(a, &sl->peer)) {
        note_failure(sl, system_id);
        refuse(sl, system_id, status != ESME_ROK ? status : ESME_RINVSYSID,
               status != ESME_ROK ? "malformed"
               : a == NULL        ? "unknown"
                                  : "address");
        return;
    }
    account_hold(a);
    sl->account = a;
    sl->access_changes = a->access_changes;
    link_enter(link, LINK_BINDING, "bind");
    if (a->password != NULL)
        decide(sl, verifier_is_equal(pdu->bind.password, span_of_string(a->password)));
    else if (!verifier_check(s->verifier, pdu->bind.password, a->password_hash, link->connection,
                             on_verified, s))
        refuse(sl, a->system_id, ESME_RTHROTTLED, "busy");
}

/* ---- the role ---- */

static void server_on_open(struct link *link)
{
    (void)link; /* a TLS handshake has ended; the bind is what counts */
}

static void server_quiesce(struct link *link)
{
    release(server_link_of(link));
}

static void server_destroy(struct link *link)
{
    link_fini(link);
    mem_free(server_link_of(link));
}

static const struct link_role server_role = {
    .is_server = true,
    .on_open = server_on_open,
    .on_bind = server_on_bind,
    .on_closed = server_on_closed,
    .quiesce = server_quiesce,
    .destroy = server_destroy,
};

/* ---- the server ---- */

static void set_default(unsigned *value, unsigned fallback)
{
    if (*value == 0)
        *value = fallback;
}

static void take_server_settings(struct link_server *s, const struct link_server_settings *settings)
{
    s->settings = *settings;
    s->settings.system_id =
        mem_strdup(settings->system_id != NULL ? settings->system_id : "warung");
    set_default(&s->settings.session_init_s, SESSION_INIT_DEFAULT_S);
    set_default(&s->settings.connections_max, CONNECTIONS_DEFAULT);
    set_default(&s->settings.unbound_max, UNBOUND_DEFAULT);
    set_default(&s->settings.unbound_per_address_max, UNBOUND_PER_ADDRESS_DEFAULT);
    set_default(&s->settings.failures_max, FAILURES_DEFAULT);
    set_default(&s->settings.ban_s, BAN_DEFAULT_S);
}

struct link_server *link_server_new(const struct link_env *env,
                                    const struct link_server_settings *settings,
                                    const struct link_account_settings *accounts,
                                    size_t account_count, struct verifier *verifier,
                                    const struct link_owner *owner, void *owner_ctx)
{
    struct link_server *s = mem_zalloc(sizeof(*s));
    struct guard_settings guard;

    s->env = *env;
    s->verifier = verifier;
    s->owner = *owner;
    s->owner_ctx = owner_ctx;
    take_server_settings(s, settings);
    guard = (struct guard_settings){
        .unbound_max = s->settings.unbound_max,
        .unbound_per_address_max = s->settings.unbound_per_address_max,
        .failures_max = s->settings.failures_max,
        .ban_ms = (uint64_t)s->settings.ban_s * 1000,
        .addresses_max = ADDRESSES_MAX,
    };
    s->guard = guard_new(&guard, env->random(env->random_ctx));
    account_table_init(&s->accounts, env->random(env->random_ctx));
    map_init(&s->connections, env->random(env->random_ctx));
    list_init(&s->silent);
    link_server_set_accounts(s, accounts, account_count);
    return s;
}

static void on_account_changed(void *ctx, struct account *a)
{
    (void)ctx;
    LIST_FOREACH(n, &a->links)
        link_stop(&LIST_ITEM(n, struct server_link, in_account)->link);
}

static void adjust(void *ctx, struct link *link)
{
    (void)ctx;
    link_adjust(link, &server_link_of(link)->account->link);
}

void link_server_set_accounts(struct link_server *s, const struct link_account_settings *accounts,
                              size_t account_count)
{
    for (size_t i = 0; i < account_count; i++)
        assert(accounts[i].password != NULL || s->verifier != NULL);
    account_table_set(&s->accounts, accounts, account_count, on_account_changed, s);
    link_server_each(s, adjust, NULL);
}

void link_server_close_account(struct link_server *s, const char *system_id, bool is_closed)
{
    struct account *a = account_find(&s->accounts, span_of_string(system_id));

    if (a == NULL)
        return;
    a->is_closed = is_closed;
    if (is_closed)
        on_account_changed(s, a);
}

void link_server_stop(struct link_server *s)
{
    s->is_stopping = true;
    for (struct map_node *n = map_first(&s->connections); n != NULL;
         n = map_next(&s->connections, n))
        link_stop(&MAP_ITEM(n, struct server_link, node)->link);
}

void link_server_free(struct link_server *s)
{
    struct map_node *n;

    if (s->verifier != NULL)
        verifier_forget(s->verifier, s);
    while ((n = map_first(&s->connections)) != NULL)
        link_free(&MAP_ITEM(n, struct server_link, node)->link);
    map_fini(&s->connections);
    account_table_fini(&s->accounts);
    guard_free(s->guard);
    mem_free((char *)s->settings.system_id);
    mem_free(s);
}

/* ---- questions ---- */

struct link *link_server_find(struct link_server *s, uint64_t connection)
{
    struct map_node *n = map_find(&s->connections, span_of(&connection, sizeof(connection)));
    struct server_link *sl = n != NULL ? MAP_ITEM(n, struct server_link, node) : NULL;

    return sl != NULL && list_is_linked(&sl->in_account) ? &sl->link : NULL;
}

struct link *link_server_pick(struct link_server *s, const char *system_id)
{
    struct account *a = account_find(&s->accounts, span_of_string(system_id));
    struct link *best = NULL;

    if (a == NULL)
        return NULL;
    LIST_FOREACH(n, &a->links) {
        struct link *link = &LIST_ITEM(n, struct server_link, in_account)->link;

        if (link_can_submit(link) && (best == NULL || link_suits_better(link, best)))
            best = link;
    }
    return best;
}

const char *link_account(const struct link *link)
{
    const struct server_link *sl = (const struct server_link *)link;

    if (!link->role->is_server || sl->account == NULL)
        return NULL;
    return sl->account->system_id;
}

void link_peer(const struct link *link, char text[NETADDR_TEXT_BYTES])
{
    assert(link->role->is_server);
    netaddr_format(&((const struct server_link *)link)->peer, text);
}

void link_server_each(struct link_server *s, void (*fn)(void *ctx, struct link *link), void *ctx)
{
    for (struct map_node *n = map_first(&s->connections); n != NULL;
         n = map_next(&s->connections, n)) {
        struct server_link *sl = MAP_ITEM(n, struct server_link, node);

        if (list_is_linked(&sl->in_account))
            fn(ctx, &sl->link);
    }
}

const struct link_server_counters *link_server_counters(const struct link_server *s)
{
    return &s->counters;
}
