/*
 * From the redis group of the configuration to the store's settings.
 */
#ifndef WARUNG_GATEWAY_REDIS_SETTINGS_H
#define WARUNG_GATEWAY_REDIS_SETTINGS_H

#include "gateway/config.h"
#include "gateway/loop.h"
#include "sessions/store_redis.h"

/* All but the callbacks. The strings are the configuration's; the store copies them. */
void redis_settings_fill(struct store_redis_settings *settings, const struct config *config,
                         struct loop *loop);

#endif
