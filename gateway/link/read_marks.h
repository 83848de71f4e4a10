/*
 * How far a peer has read: marks of what was written, each an enquire_link with a number, and which
 * of them it has answered.
 *
 * A peer that answers a later mark has read what stood before it. The numbers are known of those
 * behind the last that was answered, READ_MARKS_MAX of them at most (at 10,000 inputs a second six
 * seconds of a peer's): of older ones a later one's answer tells. Pure.
 */
#ifndef WARUNG_LINK_READ_MARKS_H
#define WARUNG_LINK_READ_MARKS_H

#include <stdbool.h>
#include <stdint.h>

enum { READ_MARKS_MAX = 65536 };

struct read_marks {
    uint32_t *numbers; /* a ring by mark, with a bit for those answered; NULL: none set ever */
    uint32_t capacity; /* of the ring: a power of two, doubled as long as marks wait */
    uint64_t begin;    /* the last mark of earlier connections, or let go before the ring grew */
    uint64_t newest;   /* marks rise for ever; the first is 1 */
    uint64_t answered; /* the highest that was */
};

void read_marks_init(struct read_marks *m);
void read_marks_fini(struct read_marks *m);
/* A new connection, whose numbers begin again: those of the last one mean nothing any more. */
void read_marks_restart(struct read_marks *m);

/* The next mark goes with this number, 1 to 0x7FFFFFFF. Numbers of one connection rise from mark to
 * mark, and begin again at 1. */
uint64_t read_marks_add(struct read_marks *m, uint32_t number);
/* The peer has answered this number, whatever it is: true when it was a mark's, and the first
 * answer. Costs little: a peer may send any number of them. */
bool read_marks_answer(struct read_marks *m, uint32_t number);
/* That mark, or a later one, has been answered; never mark 0. */
bool read_marks_has(const struct read_marks *m, uint64_t mark);

#endif
