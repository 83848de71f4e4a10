#include "gateway/turn/twins.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

enum { SLOTS_MIN = 1024, FLAGGED_BIT = 63 };

/* 16 octets a NIK: the number as one number, with what is known of it in the highest bit. */
struct slot {
    uint64_t hash;
    uint64_t who; /* 0: free */
};

struct twins {
    struct slot *slots;
    size_t slot_count; /* a power of two */
    size_t count;
};

struct twins *twins_new(void)
{
    struct twins *t = mem_zalloc(sizeof(*t));

    t->slot_count = SLOTS_MIN;
    t->slots = mem_zalloc(t->slot_count * sizeof(t->slots[0]));
    return t;
}

void twins_free(struct twins *t)
{
    if (t == NULL)
        return;
    mem_free(t->slots);
    mem_free(t);
}

void twins_clear(struct twins *t)
{
    mem_free(t->slots);
    t->slot_count = SLOTS_MIN;
    t->slots = mem_zalloc(t->slot_count * sizeof(t->slots[0]));
    t->count = 0;
}

/* The hash is keyed: nobody can choose where it falls. */
static struct slot *find(struct slot *slots, size_t slot_count, uint64_t hash)
{
    size_t at = (size_t)hash & (slot_count - 1);

    while (slots[at].who != 0 && slots[at].hash != hash)
        at = (at + 1) & (slot_count - 1);
    return &slots[at];
}

static void grow(struct twins *t)
{
    size_t slot_count = 2 * t->slot_count;
    struct slot *slots = mem_zalloc(slot_count * sizeof(slots[0]));

    for (size_t i = 0; i < t->slot_count; i++)
        if (t->slots[i].who != 0)
            *find(slots, slot_count, t->slots[i].hash) = t->slots[i];
    mem_free(t->slots);
    t->slots = slots;
    t->slot_count = slot_count;
}

bool twins_note(struct twins *t, uint64_t hash, const char *msisdn, bool is_flagged,
                struct twin *other)
{
    uint64_t number = strtoull(msisdn, NULL, 10), flag = UINT64_C(1) << FLAGGED_BIT;
    struct slot *slot = find(t->slots, t->slot_count, hash);

    if (number == 0 || number >= flag || strlen(msisdn) > 18)
        return false;
    if (slot->who != 0) {
        if ((slot->who & ~flag) == number)
            return false; /* several registrations of one number */
        snprintf(other->msisdn, sizeof(other->msisdn), "%" PRIu64, slot->who & ~flag);
        other->is_flagged = (slot->who & flag) != 0;
        slot->who |= flag; /* it will be */
        return true;
    }
    if (t->count == TWINS_MAX)
        return false;
    *slot = (struct slot){hash, number | (is_flagged ? flag : 0)};
    if (++t->count > t->slot_count / 10 * 7)
        grow(t);
    return false;
}
