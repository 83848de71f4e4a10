#include "sessions/redis_reader.h"

#include <stddef.h>

/* A callback leaves its list after its reply has been read. Refused, hiredis takes the object for
 * one that found no memory, and closes. */
static bool is_asked(const redisReadTask *task)
{
    struct redis_reader *r = task->privdata;

    if (task->parent != NULL || r->ac->replies.head != NULL)
        return true;
    r->is_unasked = true;
    return false;
}

static const redisReplyObjectFunctions *own(const redisReadTask *task)
{
    return ((const struct redis_reader *)task->privdata)->own;
}

static void *make_string(const redisReadTask *task, char *text, size_t size)
{
    return is_asked(task) ? own(task)->createString(task, text, size) : NULL;
}

static void *make_array(const redisReadTask *task, int count)
{
    return is_asked(task) ? own(task)->createArray(task, count) : NULL;
}

static void *make_integer(const redisReadTask *task, long long value)
{
    return is_asked(task) ? own(task)->createInteger(task, value) : NULL;
}

static void *make_nil(const redisReadTask *task)
{
    return is_asked(task) ? own(task)->createNil(task) : NULL;
}

void redis_reader_guard(struct redis_reader *r, redisAsyncContext *ac)
{
    r->ac = ac;
    r->own = ac->c.reader->fn;
    r->is_unasked = false;
    r->guarded = (redisReplyObjectFunctions){make_string, make_array, make_integer, make_nil,
                                             r->own->freeObject};
    ac->c.reader->fn = &r->guarded;
    ac->c.reader->privdata = r;
}
