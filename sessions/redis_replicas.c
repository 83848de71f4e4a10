#include "sessions/redis_replicas.h"

#include <hiredis/hiredis.h>
#include <stdlib.h>
#include <string.h>

/* The value of a field; "" when there is none. */
static const char *field_of(const redisReply *row, const char *name)
{
    for (size_t i = 0; row->type == REDIS_REPLY_ARRAY && i + 1 < row->elements; i += 2) {
        if (row->element[i]->type == REDIS_REPLY_STRING &&
            row->element[i + 1]->type == REDIS_REPLY_STRING &&
            strcmp(row->element[i]->str, name) == 0)
            return row->element[i + 1]->str;
    }
    return "";
}

/* As Sentinel itself chooses (sentinelSelectSlave): it must have heard from it (a replica that it
 * only heard of has no run id) and not have lost it; the replica may have been without its master
 * for ten times down-after. One that is merely disconnected counts until it is called down: a
 * promotion cuts the connections of all sentinels to the replica that is promoted. */
static bool is_promotable(const redisReply *row)
{
    const char *flags = field_of(row, "flags");
    long long lost_ms = strtoll(field_of(row, "master-link-down-time"), NULL, 10);
    long long down_after_ms = strtoll(field_of(row, "down-after-milliseconds"), NULL, 10);

    return strstr(flags, "slave") != NULL && strstr(flags, "down") == NULL &&
           field_of(row, "runid")[0] != '\0' && lost_ms <= 10 * down_after_ms;
}

static bool is_at(const redisReply *row, const struct redis_address *address)
{
    struct redis_address own;

    return redis_address_set(&own, field_of(row, "ip"), strtoll(field_of(row, "port"), NULL, 10)) &&
           redis_address_is_equal(&own, address);
}

static bool is_not_yet_demoted(const redisReply *row, const struct redis_address *former)
{
    return former != NULL && is_at(row, former) &&
           strcmp(field_of(row, "role-reported"), "master") == 0 &&
           strstr(field_of(row, "flags"), "promoted") == NULL;
}

bool redis_replicas_promotable(const struct redisReply *reply, const struct redis_address *master,
                               const struct redis_address *former, unsigned *count)
{
    *count = 0;
    if (reply->type != REDIS_REPLY_ARRAY)
        return false;
    for (size_t i = 0; i < reply->elements; i++) {
        const redisReply *row = reply->element[i];

        *count += is_promotable(row) && !is_at(row, master) && !is_not_yet_demoted(row, former);
    }
    return true;
}

bool redis_replicas_copying(const struct redisReply *reply, unsigned *count)
{
    const char *line;

    *count = 0;
    if (reply->type != REDIS_REPLY_STRING || strstr(reply->str, "role:master") == NULL)
        return false;
    for (line = strstr(reply->str, "\r\nslave"); line != NULL;
         line = strstr(line + 1, "\r\nslave")) {
        size_t size = strcspn(line + 2, "\r\n");
        const char *state = strstr(line, ",state=");

        *count += state != NULL && state < line + 2 + size &&
                  strncmp(state, ",state=online", strlen(",state=online")) != 0;
    }
    return true;
}
