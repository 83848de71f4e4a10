#include "gateway/link/outbuf.h"

#include "base/mem.h"

#include <assert.h>
#include <string.h>

enum {
    OUTBUF_BYTES_FIRST = 256,     /* an idle link sends 16 octets now and then */
    OUTBUF_BYTES_KEPT = 64 << 10, /* more is given back once less than a quarter of it is used */
};

void outbuf_init(struct outbuf *b)
{
    memset(b, 0, sizeof(*b));
}

void outbuf_fini(struct outbuf *b)
{
    mem_free(b->data);
    memset(b, 0, sizeof(*b));
}

void outbuf_clear(struct outbuf *b)
{
    bool is_used = b->end >= b->capacity / 4;

    b->start = b->end = 0;
    if (b->capacity > OUTBUF_BYTES_KEPT && !is_used)
        outbuf_fini(b);
}

size_t outbuf_size(const struct outbuf *b)
{
    return b->end - b->start;
}

struct span outbuf_span(const struct outbuf *b)
{
    return b->data != NULL ? span_of(b->data + b->start, outbuf_size(b)) : span_of(NULL, 0);
}

static void make_room(struct outbuf *b, size_t bytes)
{
    size_t capacity = b->capacity != 0 ? b->capacity : OUTBUF_BYTES_FIRST;

    if (b->capacity - b->end >= bytes)
        return;
    /* Moving at least half away keeps the cost of moving below that of writing. */
    if (b->start != 0 && b->start >= b->capacity / 2) {
        memmove(b->data, b->data + b->start, outbuf_size(b));
        b->end -= b->start;
        b->start = 0;
    }
    while (capacity - b->end < bytes)
        capacity *= 2;
    if (capacity == b->capacity)
        return;
    b->data = mem_realloc_array(b->data, capacity, 1);
    b->capacity = capacity;
}

struct writer outbuf_writer(struct outbuf *b, size_t bytes)
{
    struct writer w;

    make_room(b, bytes);
    writer_init(&w, b->data + b->end, b->capacity - b->end);
    return w;
}

void outbuf_commit(struct outbuf *b, const struct writer *w)
{
    assert(!w->failed && w->start == b->data + b->end);
    b->end += writer_size(w);
}

void outbuf_consume(struct outbuf *b, size_t bytes)
{
    assert(bytes <= outbuf_size(b));
    b->start += bytes;
    if (b->start == b->end)
        outbuf_clear(b);
}
