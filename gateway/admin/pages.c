#include "gateway/admin/pages.h"

#include <event2/buffer.h>
#include <stdlib.h>

#include "base/log.h"
#include "gateway/admin/api.h"
#include "gateway/admin/funnel_view.h"
#include "gateway/admin/metrics.h"
#include "gateway/gateway.h"

static void on_healthz(void *ctx, struct http_call *call)
{
    (void)ctx;
    http_reply_text(call, 200, "text/plain; charset=utf-8", "ok\n");
}

static void on_readyz(void *ctx, struct http_call *call)
{
    const char *missing = gateway_missing(ctx);

    if (missing == NULL)
        http_reply_text(call, 200, "text/plain; charset=utf-8", "ready\n");
    else
        http_reply_error(call, 503, missing);
}

static void on_metrics(void *ctx, struct http_call *call)
{
    struct evbuffer *body = evbuffer_new();

    if (body == NULL)
        abort(); /* out of memory */
    metrics_write(ctx, body);
    http_reply_buffer(call, 200, "text/plain; version=0.0.4; charset=utf-8", body);
    evbuffer_free(body);
}

static void on_drain(void *ctx, struct http_call *call)
{
    log_info("admin.drain", LOG_S("user", http_call_user(call)));
    access_log_write(gateway_access_log(ctx), http_call_user(call), "drain", NULL, NULL, NULL, 0);
    gateway_drain(ctx);
    http_reply_text(call, 202, "application/json", "{\"state\":\"draining\"}\n");
}

const struct http_route pages_routes[] = {
    {"GET", "/healthz", AUTH_NOBODY, on_healthz},
    {"GET", "/readyz", AUTH_NOBODY, on_readyz},
    {"GET", "/metrics", AUTH_NOBODY, on_metrics},
    {"GET", "/api/v1/status", AUTH_VIEWER, api_on_status},
    {"GET", "/api/v1/links", AUTH_VIEWER, api_on_links},
    {"POST", "/api/v1/links/enable", AUTH_ADMIN, api_on_links_enable},
    {"POST", "/api/v1/links/disable", AUTH_ADMIN, api_on_links_disable},
    {"POST", "/api/v1/links/drain", AUTH_ADMIN, api_on_links_drain},
    {"POST", "/api/v1/links/tap", AUTH_ADMIN, api_on_tap_open},
    {"POST", "/api/v1/links/tap/read", AUTH_ADMIN, api_on_tap_read},
    {"GET", "/api/v1/menus/funnel", AUTH_VIEWER, funnel_view_on_funnel},
    {"POST", "/api/v1/drain", AUTH_ADMIN, on_drain},
    {"POST", "/api/v1/reload", AUTH_ADMIN, api_on_reload},
};
const size_t pages_route_count = sizeof(pages_routes) / sizeof(pages_routes[0]);
