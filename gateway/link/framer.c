#include "gateway/link/framer.h"

#include "base/mem.h"

#include <assert.h>
#include <string.h>

enum {
    REST_BYTES_FIRST = 128,
    REST_BYTES_KEPT = 4096, /* a larger buffer is given back after its PDU */
};

void framer_init(struct framer *f)
{
    memset(f, 0, sizeof(*f));
}

void framer_fini(struct framer *f)
{
    mem_free(f->rest);
    memset(f, 0, sizeof(*f));
}

void framer_reset(struct framer *f)
{
    /* The memory stays: a frame handed out may lie in it. */
    f->input = span_of(NULL, 0);
    f->rest_bytes = 0;
    f->is_rest_used = false;
}

void framer_feed(struct framer *f, struct span bytes)
{
    assert(f->input.size == 0);
    f->input = bytes;
}

bool framer_is_partial(const struct framer *f)
{
    return f->rest_bytes != 0 && !f->is_rest_used;
}

/* Moves octets of the input to the rest until it has `target`, or the input is used up. */
static void move_to_rest(struct framer *f, size_t target)
{
    size_t wanted = target - f->rest_bytes;
    size_t size = wanted < f->input.size ? wanted : f->input.size;

    if (f->rest_bytes + size > f->rest_capacity) {
        size_t capacity = f->rest_capacity != 0 ? f->rest_capacity : REST_BYTES_FIRST;

        while (capacity < f->rest_bytes + size)
            capacity *= 2;
        f->rest = mem_realloc_array(f->rest, capacity, 1);
        f->rest_capacity = capacity;
    }
    if (size != 0)
        memcpy(f->rest + f->rest_bytes, f->input.data, size);
    f->rest_bytes += size;
    f->input = span_of(f->input.data + size, f->input.size - size);
}

static void drop_used_rest(struct framer *f)
{
    if (!f->is_rest_used)
        return;
    f->is_rest_used = false;
    f->rest_bytes = 0;
    if (f->rest_capacity > REST_BYTES_KEPT) {
        mem_free(f->rest);
        f->rest = NULL;
        f->rest_capacity = 0;
    }
}

/* Completes the PDU whose beginning is in the rest. */
static enum smpp_frame next_in_rest(struct framer *f, size_t max_bytes, struct span *frame,
                                    struct smpp_header *header)
{
    enum smpp_frame kind = smpp_frame_look(span_of(f->rest, f->rest_bytes), max_bytes, header);

    while (kind == SMPP_FRAME_MORE && f->input.size != 0) {
        size_t target =
            f->rest_bytes < SMPP_HEADER_BYTES ? SMPP_HEADER_BYTES : (size_t)header->command_length;

        move_to_rest(f, target);
        kind = smpp_frame_look(span_of(f->rest, f->rest_bytes), max_bytes, header);
    }
    if (kind == SMPP_FRAME_WHOLE) {
        *frame = span_of(f->rest, header->command_length);
        f->is_rest_used = true;
    }
    return kind;
}

enum smpp_frame framer_next(struct framer *f, size_t max_bytes, struct span *frame,
                            struct smpp_header *header)
{
    enum smpp_frame kind;

    drop_used_rest(f);
    if (f->rest_bytes != 0)
        return next_in_rest(f, max_bytes, frame, header);
    if (f->input.size == 0)
        return SMPP_FRAME_MORE;
    kind = smpp_frame_look(f->input, max_bytes, header);
    if (kind == SMPP_FRAME_WHOLE) {
        *frame = span_of(f->input.data, header->command_length);
        f->input = span_of(f->input.data + frame->size, f->input.size - frame->size);
    } else if (kind == SMPP_FRAME_MORE) {
        move_to_rest(f, f->input.size);
    }
    return kind;
}
