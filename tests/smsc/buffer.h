/*
 * A growable octet queue: written at one end, read at the other. It keeps its memory, so that a
 * connection in steady state allocates nothing.
 */
#ifndef WARUNG_SMSC_BUFFER_H
#define WARUNG_SMSC_BUFFER_H

#include "base/span.h"

struct buffer {
    uint8_t *data;
    size_t begin;
    size_t end;
    size_t capacity;
};

void buffer_fini(struct buffer *b);
size_t buffer_size(const struct buffer *b);
struct span buffer_span(const struct buffer *b);
/* At least `bytes` writable octets behind the last one; what is written becomes part of the buffer
 * with buffer_commit(). The pointer is valid until the next call that changes the buffer. */
uint8_t *buffer_reserve(struct buffer *b, size_t bytes);
void buffer_commit(struct buffer *b, size_t bytes);
/* Drops octets at the front. */
void buffer_consume(struct buffer *b, size_t bytes);

#endif
