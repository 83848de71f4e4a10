/*
 * An SMS to the simulated service, in one part or two that go each their own way: whole for the
 * service when it has taken both.
 */
#ifndef WARUNG_SIM_LETTER_H
#define WARUNG_SIM_LETTER_H

#include "tests/sim/delivery.h"

enum { LETTER_PARTS_MAX = 2, LETTER_BYTES = 80 };

struct letter_owner {
    struct connection *(*choose)(void *ctx);
    void (*taken)(void *ctx); /* the last part of it */
    void (*lost)(void *ctx);  /* a part was given up */
};

struct letter {
    struct world *world;
    const char *msisdn;
    const struct letter_owner *owner;
    void *ctx;
    uint8_t reference;
    char text[LETTER_BYTES];
    unsigned part_count, taken; /* of this one */
    unsigned sent, doubled;     /* ever: together, so often at most it may be carried out */
    struct letter_part {
        struct letter *letter;
        struct delivery delivery;
    } parts[LETTER_PARTS_MAX];
};

void letter_init(struct letter *l, struct world *w, const char *msisdn,
                 const struct letter_owner *owner, void *ctx);
/* Of two characters or more. */
void letter_send(struct letter *l, const char *text);
bool letter_is_under_way(const struct letter *l);
/* All that is known of its sender is erased: of one that is under way, too. */
void letter_forget(struct letter *l);
/* A response: false when it is none to a part of this one. */
bool letter_respond(struct letter *l, const struct connection *x, uint32_t sequence_number,
                    uint32_t command_status);
void letter_lose_connection(struct letter *l, const struct connection *x);
void letter_stop(struct letter *l);

#endif
