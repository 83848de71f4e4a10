#include "tests/smsc/buffer.h"

#include "base/mem.h"

#include <assert.h>
#include <string.h>

enum { BUFFER_FIRST_BYTES = 4096 };

void buffer_fini(struct buffer *b)
{
    mem_free(b->data);
    memset(b, 0, sizeof(*b));
}

size_t buffer_size(const struct buffer *b)
{
    return b->end - b->begin;
}

struct span buffer_span(const struct buffer *b)
{
    return span_of(b->data + b->begin, buffer_size(b));
}

uint8_t *buffer_reserve(struct buffer *b, size_t bytes)
{
    size_t used = buffer_size(b);

    if (b->capacity - b->end >= bytes)
        return b->data + b->end;
    if (b->begin != 0) {
        memmove(b->data, b->data + b->begin, used);
        b->begin = 0;
        b->end = used;
    }
    if (b->capacity - b->end < bytes) {
        size_t capacity = b->capacity != 0 ? b->capacity : BUFFER_FIRST_BYTES;

        while (capacity - used < bytes)
            capacity *= 2;
        b->data = mem_realloc_array(b->data, capacity, 1);
        b->capacity = capacity;
    }
    return b->data + b->end;
}

void buffer_commit(struct buffer *b, size_t bytes)
{
    assert(bytes <= b->capacity - b->end);
    b->end += bytes;
}

void buffer_consume(struct buffer *b, size_t bytes)
{
    assert(bytes <= buffer_size(b));
    b->begin += bytes;
    if (b->begin == b->end)
        b->begin = b->end = 0;
}
