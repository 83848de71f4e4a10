/*
 * Cuts a byte stream into PDUs, however it was sliced.
 *
 * PDUs that lie whole in what was just read are handed on where they lie; only the rest behind the
 * last one is copied. Memory grows with the octets that came, never with the length announced.
 *
 *     framer_feed(&f, bytes);
 *     while (framer_next(&f, max, &frame, &header) == SMPP_FRAME_WHOLE)
 *         ...
 */
#ifndef WARUNG_LINK_FRAMER_H
#define WARUNG_LINK_FRAMER_H

#include "gateway/smpp/header.h"

struct framer {
    struct span input; /* of this read, not looked at yet */
    uint8_t *rest;     /* the beginning of a PDU whose end has not come */
    size_t rest_bytes;
    size_t rest_capacity;
    bool is_rest_used; /* the rest was handed out as a whole frame */
};

void framer_init(struct framer *f);
void framer_fini(struct framer *f);
/* Forgets what has come; a frame handed out stays readable until the next call with `f`. */
void framer_reset(struct framer *f);

/* The whole of the last bytes must have been cut (framer_next() said MORE) or forgotten. */
void framer_feed(struct framer *f, struct span bytes);
/* The next PDU, of at most max_bytes. The frame lives until the next call with `f`, or until the
 * fed octets go. MORE: everything fed was taken in. BAD_LENGTH and NOT_SMPP: the stream is
 * worthless. */
enum smpp_frame framer_next(struct framer *f, size_t max_bytes, struct span *frame,
                            struct smpp_header *header);
/* A PDU has begun and not ended. */
bool framer_is_partial(const struct framer *f);

#endif
