/*
 * Octets on their way out: PDUs are written at its end, the transport takes from its front.
 *
 * One for each link; it grows by doubling, gives a large block back when it runs empty, and is
 * bounded by its owner (outbuf_size()).
 */
#ifndef WARUNG_LINK_OUTBUF_H
#define WARUNG_LINK_OUTBUF_H

#include "base/span.h"

struct outbuf {
    uint8_t *data;
    size_t start; /* octets before it are gone */
    size_t end;
    size_t capacity;
};

void outbuf_init(struct outbuf *b);
void outbuf_fini(struct outbuf *b);
void outbuf_clear(struct outbuf *b);
size_t outbuf_size(const struct outbuf *b);
/* What waits; valid until the next call that changes b. */
struct span outbuf_span(const struct outbuf *b);
/* A writer with room for at least `bytes` at the end; what it holds is added by outbuf_commit(). */
struct writer outbuf_writer(struct outbuf *b, size_t bytes);
void outbuf_commit(struct outbuf *b, const struct writer *w);
/* The first `bytes` have been taken. */
void outbuf_consume(struct outbuf *b, size_t bytes);

#endif
