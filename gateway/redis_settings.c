#include "gateway/redis_settings.h"

void redis_settings_fill(struct store_redis_settings *settings, const struct config *config,
                         struct loop *loop)
{
    static const enum store_redis_mode modes[] = {
        [CONFIG_REDIS_STANDALONE] = STORE_REDIS_STANDALONE,
        [CONFIG_REDIS_SENTINEL] = STORE_REDIS_SENTINEL,
        [CONFIG_REDIS_CLUSTER] = STORE_REDIS_CLUSTER,
    };
    const struct config_redis *c = &config->redis;

    store_redis_settings_init(settings);
    settings->mode = modes[c->mode];
    settings->servers = c->servers.items;
    settings->server_count = (unsigned)c->servers.count;
    settings->sentinel_name = c->sentinel_name;
    settings->sentinel_username = c->sentinel_username;
    settings->sentinel_password = c->sentinel_password;
    settings->username = c->username;
    settings->password = c->password;
    settings->instance = config->instance;
    settings->buckets = c->buckets;
    settings->connections = c->connections;
    settings->connect_timeout_ms = c->connect_timeout_ms;
    settings->request_timeout_ms = c->request_timeout_ms;
    settings->in_flight_max = c->in_flight_max;
    settings->wait_replicas = c->wait_replicas;
    settings->wait_timeout_ms = c->wait_timeout_ms;
    settings->seed = loop_random(loop);
    settings->base = loop_base(loop);
    settings->timers = loop_timers(loop);
    settings->deferred = loop_deferred(loop);
}
