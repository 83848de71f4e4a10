/*
 * The HTTP server of the admin port and of the control socket: libevent's evhttp, fenced in
 * where it has no bounds of its own: limits for headers, bodies and connections, an absolute
 * deadline for each connection, methods by table, and requests refused that two parsers could read
 * differently.
 *
 * A handler answers its call once, with one http_reply_*(), before it returns.
 */
#ifndef WARUNG_ADMIN_HTTP_H
#define WARUNG_ADMIN_HTTP_H

#include "base/span.h"
#include "base/timer.h"
#include "gateway/admin/auth.h"

struct event_base;
struct evbuffer;
struct http_call;
struct http_server;

enum {
    HTTP_HEADERS_BYTES_MAX = 8 * 1024,
    HTTP_BODY_BYTES_MAX = 64 * 1024,
    HTTP_CONNECTION_MS_MAX = 60 * 1000, /* from accept to close, whatever happens on it */
    HTTP_IDLE_S = 10,
    HTTP_CROWDED_MS = 1000, /* an idle one while there are as many as may be */
};

typedef void http_handler_fn(void *ctx, struct http_call *call);

struct http_route {
    const char *method;  /* "GET" (also serves HEAD) or "POST" */
    const char *path;    /* exact */
    enum auth_role role; /* the least that may; AUTH_NOBODY = everybody */
    http_handler_fn *fn;
};

struct http_settings {
    struct event_base *base;
    struct timer_queue *timers;
    const struct http_route *routes;
    size_t route_count;
    void *ctx; /* of the handlers */
    /* Who may: looked at for each call, so that a reload can replace it. NULL = whoever can connect
     * is an admin (a socket guarded by its file mode). */
    const struct auth *const *auth;
    unsigned connections_max;
};

/* What it points to must outlive the server. */
struct http_server *http_server_new(const struct http_settings *settings);
/* Connections are closed; no handler runs any more. */
void http_server_free(struct http_server *s);
/* False, with a text for the administrator, when the address cannot be had. A port of 0 takes any:
 * see http_server_port(). */
bool http_server_listen(struct http_server *s, const char *address, char *error,
                        size_t error_bytes);
/* A Unix socket of mode 0660; a file that is left there from an earlier run is replaced, one that
 * somebody answers on is not. It is removed when the server goes. */
bool http_server_listen_unix(struct http_server *s, const char *path, char *error,
                             size_t error_bytes);
unsigned http_server_port(const struct http_server *s);
unsigned http_server_connections(const struct http_server *s);

/* For handlers. The body lives during the call. */
struct span http_call_body(struct http_call *call);
/* "user:NAME" by the token, "unix:NAME" by the control socket; "nobody" when nobody had to say who
 * they are. Lives as long as the call. */
const char *http_call_user(const struct http_call *call);
/* Takes the octets out of `body`. */
void http_reply_buffer(struct http_call *call, int status, const char *content_type,
                       struct evbuffer *body);
void http_reply_text(struct http_call *call, int status, const char *content_type,
                     const char *body);
/* {"error":"..."} */
void http_reply_error(struct http_call *call, int status, const char *error);

#endif
