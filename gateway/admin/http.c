#include "gateway/admin/http.h"

#include <assert.h>
#include <errno.h>
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <event2/http.h>
#include <event2/listener.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/list.h"
#include "base/log.h"
#include "base/mem.h"
#include "gateway/admin/http_check.h"
#include "gateway/link/listener.h"
#include "merchants/journal.h"

enum {
    SWEEP_MS = 500,
    BACKLOG = 128,
    UNTOLD_UID = 65534, /* of whom our user namespace does not know (the kernel's overflowuid) */
    USER_BYTES = JOURNAL_WORD_BYTES,
    STATED_MAX = USER_BYTES - sizeof("unix:?"),
};

/* evhttp neither counts nor times connections and tells nobody when one goes. A reference of ours
 * keeps the bufferevent readable as memory until the sweep sees that evhttp has let go of it. */
struct connection {
    struct list_node node;
    struct bufferevent *stream;
    uint64_t accepted_ms;
};

struct http_server {
    struct http_settings settings;
    struct evhttp *evhttp;
    struct evconnlistener *listener;
    struct list connections;
    struct timer sweep;
    char *unix_path;
    unsigned port;
};

struct http_call {
    struct http_server *server;
    struct evhttp_request *request;
    char user[USER_BYTES];
    bool is_answered;
};

/* ---- connections ---- */

static bool is_gone(const struct connection *c)
{
    bufferevent_event_cb on_event = NULL;

    bufferevent_getcb(c->stream, NULL, NULL, &on_event, NULL);
    return on_event == NULL; /* bufferevent_free() took the callbacks away */
}

static void forget(struct http_server *s, struct connection *c)
{
    list_remove(&s->connections, &c->node);
    bufferevent_decref(c->stream);
    mem_free(c);
}

/* As many connections as may be: none more is accepted. */
static bool is_full(const struct http_server *s)
{
    return s->connections.count >= s->settings.connections_max;
}

/* Its time is over; sooner where others wait for its place and it does nothing with it. */
static bool must_go(const struct http_server *s, const struct connection *c, uint64_t now_ms)
{
    uint64_t age_ms = now_ms - c->accepted_ms;
    bool is_idle = evbuffer_get_length(bufferevent_get_output(c->stream)) == 0;

    return age_ms >= HTTP_CONNECTION_MS_MAX || (is_full(s) && is_idle && age_ms >= HTTP_CROWDED_MS);
}

static void on_sweep(struct timer *timer, void *arg)
{
    struct http_server *s = arg;
    uint64_t now_ms = s->settings.timers->now_ms;

    timer_start(s->settings.timers, timer, SWEEP_MS);
    LIST_FOREACH(node, &s->connections) {
        struct connection *c = LIST_ITEM(node, struct connection, node);

        if (is_gone(c))
            forget(s, c);
        else if (must_go(s, c, now_ms)) /* evhttp then meets the end of the stream */
            shutdown(bufferevent_getfd(c->stream), SHUT_RDWR);
    }
    if (!is_full(s))
        evconnlistener_enable(s->listener); /* also after on_accept_error() */
}

/* Called by evhttp for each connection that it accepted. */
static struct bufferevent *make_stream(struct event_base *base, void *arg)
{
    struct http_server *s = arg;
    struct connection *c = mem_zalloc(sizeof(*c));

    /* Closed with our reference, so that its number cannot be a new socket's meanwhile. */
    c->stream = bufferevent_socket_new(base, -1, BEV_OPT_CLOSE_ON_FREE);
    if (c->stream == NULL) {
        mem_free(c);
        return NULL;
    }
    bufferevent_incref(c->stream);
    timer_queue_set_now(s->settings.timers, clock_monotonic_ms());
    c->accepted_ms = s->settings.timers->now_ms;
    list_push_back(&s->connections, &c->node);
    if (is_full(s)) {
        evconnlistener_disable(s->listener);
        log_warning("http.full", LOG_U("connections", s->connections.count));
    }
    return c->stream;
}

/* Without this the listener would spin when descriptors run out; the sweep lets it try again. Its
 * argument is evhttp's, not ours. */
static void on_accept_error(struct evconnlistener *listener, void *arg)
{
    (void)arg;
    log_error("http.accept_failed", LOG_S("error", strerror(errno)));
    evconnlistener_disable(listener);
}

/* ---- calls ---- */

static void start_reply(struct http_call *call, const char *content_type)
{
    struct evkeyvalq *headers = evhttp_request_get_output_headers(call->request);

    assert(!call->is_answered);
    call->is_answered = true;
    evhttp_add_header(headers, "Content-Type", content_type);
    evhttp_add_header(headers, "Cache-Control", "no-store");
    evhttp_add_header(headers, "X-Content-Type-Options", "nosniff");
}

void http_reply_buffer(struct http_call *call, int status, const char *content_type,
                       struct evbuffer *body)
{
    char size[24];

    start_reply(call, content_type);
    if (evhttp_request_get_command(call->request) == EVHTTP_REQ_HEAD) {
        /* evhttp would send the body too. */
        snprintf(size, sizeof(size), "%zu", evbuffer_get_length(body));
        evhttp_add_header(evhttp_request_get_output_headers(call->request), "Content-Length", size);
        body = NULL;
    }
    evhttp_send_reply(call->request, status, NULL, body);
}

void http_reply_text(struct http_call *call, int status, const char *content_type, const char *body)
{
    struct evbuffer *buffer = evbuffer_new();

    assert(buffer != NULL);
    evbuffer_add(buffer, body, strlen(body));
    http_reply_buffer(call, status, content_type, buffer);
    evbuffer_free(buffer);
}

void http_reply_error(struct http_call *call, int status, const char *error)
{
    char body[512];
    size_t size = 0;

    size += (size_t)snprintf(body, sizeof(body), "{\"error\":\"");
    for (; *error != '\0' && size < sizeof(body) - 8; error++) {
        if (*error == '"' || *error == '\\')
            body[size++] = '\\';
        body[size++] = (unsigned char)*error < ' ' ? ' ' : *error;
    }
    memcpy(body + size, "\"}\n", 4);
    http_reply_text(call, status, "application/json", body);
}

struct span http_call_body(struct http_call *call)
{
    struct evbuffer *body = evhttp_request_get_input_buffer(call->request);

    return span_of(evbuffer_pullup(body, -1), evbuffer_get_length(body));
}

const char *http_call_user(const struct http_call *call)
{
    return call->user;
}

static const char *method_name(struct evhttp_request *request)
{
    switch (evhttp_request_get_command(request)) {
    case EVHTTP_REQ_GET:
    case EVHTTP_REQ_HEAD:
        return "GET";
    case EVHTTP_REQ_POST:
        return "POST";
    default:
        return "";
    }
}

/* Two routes of one path differ in their method; NULL when there is no such path. *is_allowed says
 * whether the method is one of them. */
static const struct http_route *find_route(const struct http_server *s, const char *path,
                                           const char *method, bool *is_allowed)
{
    const struct http_route *found = NULL;

    *is_allowed = false;
    for (size_t i = 0; i < s->settings.route_count; i++) {
        const struct http_route *route = &s->settings.routes[i];

        if (strcmp(route->path, path) != 0)
            continue;
        found = route;
        if (strcmp(route->method, method) == 0) {
            *is_allowed = true;
            return route;
        }
    }
    return found;
}

/* The users of this machine alone: a directory that does not answer (LDAP) would hold up the loop.
 */
static bool find_user(uid_t uid, char name[AUTH_NAME_BYTES])
{
    FILE *users = fopen("/etc/passwd", "re");
    const struct passwd *entry = NULL;

    if (users == NULL)
        return false;
    do
        entry = fgetpwent(users);
    while (entry != NULL && entry->pw_uid != uid);
    if (entry != NULL)
        text_copy(name, AUTH_NAME_BYTES, entry->pw_name);
    fclose(users);
    return entry != NULL;
}

/* What warungctl says of who runs it; NULL when that is no name. A directory's may be
 * "sri@kominfo.example", or "KOMINFO\sri". */
static const char *stated_user(const struct http_call *call)
{
    const char *name =
        evhttp_find_header(evhttp_request_get_input_headers(call->request), "Warung-User");

    for (const char *c = name; c != NULL && *c != '\0'; c++)
        if ((unsigned char)*c <= ' ' || (unsigned char)*c >= 0x7F)
            return NULL;
    return name != NULL && name[0] != '\0' ? name : NULL;
}

/* Who holds the other end of the control socket: the kernel knows. Behind sudo it is root, who may
 * say for whom. Under PrivateUsers= the kernel tells of root and of the gateway's own user alone:
 * a name that somebody else states is marked as not proved. */
static void name_peer(struct http_call *call)
{
    struct bufferevent *stream =
        evhttp_connection_get_bufferevent(evhttp_request_get_connection(call->request));
    const char *stated = stated_user(call);
    struct ucred peer;
    socklen_t size = sizeof(peer);
    char name[AUTH_NAME_BYTES];

    if (getsockopt(bufferevent_getfd(stream), SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0)
        return;
    if (stated != NULL && peer.uid == 0)
        snprintf(call->user, sizeof(call->user), "unix:%.*s", STATED_MAX, stated);
    else if (stated != NULL && peer.uid == UNTOLD_UID)
        snprintf(call->user, sizeof(call->user), "unix:%.*s?", STATED_MAX, stated);
    else if (find_user(peer.uid, name))
        snprintf(call->user, sizeof(call->user), "unix:%s", name);
    else
        snprintf(call->user, sizeof(call->user), "unix:%u", (unsigned)peer.uid);
}

static bool is_permitted(struct http_call *call, const struct http_route *route)
{
    const struct http_settings *settings = &call->server->settings;
    struct evkeyvalq *in = evhttp_request_get_input_headers(call->request);
    char name[AUTH_NAME_BYTES];
    enum auth_role role;

    text_copy(call->user, sizeof(call->user), "nobody");
    if (route->role == AUTH_NOBODY)
        return true;
    if (settings->auth == NULL) {
        name_peer(call);
        return true;
    }
    role = auth_check(*settings->auth, evhttp_find_header(in, "Authorization"), name);
    if (name[0] != '\0')
        snprintf(call->user, sizeof(call->user), "user:%s", name);
    if (role >= route->role)
        return true;
    if (role == AUTH_NOBODY)
        evhttp_add_header(evhttp_request_get_output_headers(call->request), "WWW-Authenticate",
                          "Bearer realm=\"warung\"");
    http_reply_error(call, role == AUTH_NOBODY ? 401 : 403,
                     role == AUTH_NOBODY ? "a token is needed" : "not allowed for this role");
    return false;
}

static void serve(struct http_call *call)
{
    struct http_server *s = call->server;
    struct evkeyvalq *in = evhttp_request_get_input_headers(call->request);
    const char *ambiguity = http_check_find(call->request);
    const char *path = evhttp_uri_get_path(evhttp_request_get_evhttp_uri(call->request));
    const char *method = method_name(call->request);
    const struct http_route *route;
    bool is_allowed;

    if (ambiguity != NULL) {
        evhttp_add_header(evhttp_request_get_output_headers(call->request), "Connection", "close");
        http_reply_error(call, 400, ambiguity);
        return;
    }
    if (method[0] == '\0') /* a body that it has may not have been read */
        evhttp_add_header(evhttp_request_get_output_headers(call->request), "Connection", "close");
    route = find_route(s, path != NULL ? path : "", method, &is_allowed);
    if (route == NULL) {
        http_reply_error(call, 404, "no such page");
    } else if (!is_allowed) {
        evhttp_add_header(evhttp_request_get_output_headers(call->request), "Allow",
                          strcmp(route->method, "GET") == 0 ? "GET, HEAD" : route->method);
        http_reply_error(call, 405, "not with this method");
    } else if (strcmp(method, "POST") == 0 && evhttp_find_header(in, "Origin") != NULL) {
        /* A page of some other site in an admin's browser must not give orders. */
        http_reply_error(call, 403, "not from a browser page");
    } else if (is_permitted(call, route)) {
        route->fn(s->settings.ctx, call);
    }
}

static void on_request(struct evhttp_request *request, void *arg)
{
    struct http_call call = {.server = arg, .request = request};

    timer_queue_set_now(call.server->settings.timers, clock_monotonic_ms());
    serve(&call);
    assert(call.is_answered);
}

/* ---- the server ---- */

struct http_server *http_server_new(const struct http_settings *settings)
{
    struct http_server *s = mem_zalloc(sizeof(*s));

    s->settings = *settings;
    list_init(&s->connections);
    timer_init(&s->sweep, on_sweep, s);
    timer_start(settings->timers, &s->sweep, SWEEP_MS);
    s->evhttp = evhttp_new(settings->base);
    assert(s->evhttp != NULL);
    evhttp_set_max_headers_size(s->evhttp, HTTP_HEADERS_BYTES_MAX);
    evhttp_set_max_body_size(s->evhttp, HTTP_BODY_BYTES_MAX);
    evhttp_set_timeout(s->evhttp, HTTP_IDLE_S);
    /* Also those that it does not know: serve() refuses them in our form, evhttp would in HTML. */
    evhttp_set_allowed_methods(s->evhttp, UINT16_MAX);
    evhttp_set_bevcb(s->evhttp, make_stream, s);
    evhttp_set_gencb(s->evhttp, on_request, s);
    return s;
}

void http_server_free(struct http_server *s)
{
    if (s == NULL)
        return;
    evhttp_free(s->evhttp); /* its listener and connections with it */
    LIST_FOREACH(node, &s->connections)
        forget(s, LIST_ITEM(node, struct connection, node));
    timer_stop(s->settings.timers, &s->sweep);
    if (s->unix_path != NULL)
        unlink(s->unix_path);
    mem_free(s->unix_path);
    mem_free(s);
}

/* Takes a bound socket; listens on it. False, and the socket is closed, when that fails. */
static bool listen_on(struct http_server *s, int fd)
{
    s->listener = evconnlistener_new(s->settings.base, NULL, NULL,
                                     LEV_OPT_CLOSE_ON_FREE | LEV_OPT_CLOSE_ON_EXEC, BACKLOG, fd);
    if (s->listener == NULL) {
        close(fd);
        return false;
    }
    if (evhttp_bind_listener(s->evhttp, s->listener) == NULL) {
        evconnlistener_free(s->listener);
        s->listener = NULL;
        return false;
    }
    evconnlistener_set_error_cb(s->listener, on_accept_error);
    return true;
}

bool http_server_listen(struct http_server *s, const char *address, char *error, size_t error_bytes)
{
    struct netaddr where;
    int fd;

    assert(s->listener == NULL);
    if (!netaddr_parse_listen(&where, address)) {
        snprintf(error, error_bytes, "cannot listen on %s: not an address", address);
        return false;
    }
    fd = listener_bind(&where);
    if (fd >= 0) {
        s->port = listener_port_of(fd);
        if (listen_on(s, fd))
            return true;
    }
    snprintf(error, error_bytes, "cannot listen on %s: %s", address, strerror(errno));
    return false;
}

bool http_server_listen_unix(struct http_server *s, const char *path, char *error,
                             size_t error_bytes)
{
    char text[sizeof("unix:") + sizeof(struct sockaddr_un)];
    struct netaddr where;
    mode_t mask;
    int fd;

    assert(s->listener == NULL);
    errno = ENAMETOOLONG;
    snprintf(text, sizeof(text), "unix:%s", path);
    if (netaddr_parse(&where, text, 0)) {
        mask = umask(0117); /* never open to others, not even for a moment */
        fd = listener_bind(&where);
        umask(mask);
        if (fd >= 0) {
            s->unix_path = mem_strdup(path);
            if (listen_on(s, fd))
                return true;
        }
    }
    snprintf(error, error_bytes, "cannot listen on %s: %s", path, strerror(errno));
    return false;
}

unsigned http_server_port(const struct http_server *s)
{
    return s->port;
}

unsigned http_server_connections(const struct http_server *s)
{
    return (unsigned)s->connections.count;
}
