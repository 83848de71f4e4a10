/*
 * Why bound connections ended, counted by reason, of all links of one environment.
 */
#ifndef WARUNG_LINK_ENDINGS_H
#define WARUNG_LINK_ENDINGS_H

#include <stdbool.h>
#include <stdint.h>

enum { LINK_ENDINGS_MAX = 48 }; /* reasons; further ones count as "other" */

struct link_ending {
    const char *reason; /* static */
    uint64_t smsc, partner;
};

struct link_endings {
    struct link_ending rows[LINK_ENDINGS_MAX];
    unsigned count;
};

/* Zeroed memory will do, too: then no reason is known before it comes. */
void link_endings_init(struct link_endings *e);
/* `reason` is static. */
void link_endings_note(struct link_endings *e, bool is_partner, const char *reason);

#endif
