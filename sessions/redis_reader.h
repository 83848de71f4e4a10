/*
 * A reply that nobody asked for ends the connection. hiredis 0.14 would end the process: an assert.
 */
#ifndef WARUNG_SESSIONS_REDIS_READER_H
#define WARUNG_SESSIONS_REDIS_READER_H

#include <hiredis/async.h>
#include <stdbool.h>

/* Lives as long as the context. */
struct redis_reader {
    redisAsyncContext *ac;
    const redisReplyObjectFunctions *own; /* hiredis's */
    redisReplyObjectFunctions guarded;
    bool is_unasked; /* that was why the connection ended */
};

void redis_reader_guard(struct redis_reader *reader, redisAsyncContext *ac);

#endif
