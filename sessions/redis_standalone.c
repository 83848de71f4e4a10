#include "base/mem.h"
#include "sessions/redis_router.h"

struct redis_standalone {
    struct redis_router router;
    struct redis_router_settings settings;
    struct redis_node *node;
};

static struct redis_standalone *of(struct redis_router *r)
{
    return (struct redis_standalone *)r;
}

static void on_ready(void *ctx, struct redis_node *n, bool is_ready)
{
    struct redis_standalone *s = ctx;

    (void)n;
    s->settings.on_ready(s->settings.ctx, is_ready);
}

static void on_refused(void *ctx, const char *reason)
{
    struct redis_standalone *s = ctx;

    s->settings.on_refused(s->settings.ctx, reason);
}

static void start(struct redis_router *r)
{
    redis_node_start(of(r)->node);
}

static struct redis_conn *pick(struct redis_router *r, uint16_t slot)
{
    (void)slot;
    return redis_node_pick(of(r)->node);
}

static void explain(const struct redis_router *r, char *text, size_t text_bytes)
{
    redis_node_explain(((const struct redis_standalone *)r)->node, text, text_bytes);
}

static void add_stats(const struct redis_router *r, struct redis_node_stats *stats)
{
    redis_node_add_stats(((const struct redis_standalone *)r)->node, stats);
}

static void free_router(struct redis_router *r)
{
    redis_node_free(of(r)->node);
    mem_free(r);
}

struct redis_router *redis_standalone_new(const struct redis_router_settings *settings)
{
    static const struct redis_router_ops ops = {.start = start,
                                                .pick = pick,
                                                .explain = explain,
                                                .add_stats = add_stats,
                                                .free = free_router};
    struct redis_standalone *s = mem_zalloc(sizeof(*s));
    struct redis_node_settings node = settings->node;

    s->router.ops = &ops;
    s->settings = *settings;
    node.on_ready = on_ready;
    node.on_refused = on_refused;
    node.ctx = s;
    s->node = redis_node_new(&node, &settings->servers[0]);
    return &s->router;
}
