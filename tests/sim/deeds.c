#include "tests/sim/deeds.h"

#include <stdio.h>
#include <string.h>

static const char first_name[] = "SITI NUR";

enum {
    DEEDS_OVER_MS = 15 * 60 * 1000,
    DEEDS_LETTERS = 4, /* one for each digit: a name has no digits */
};

void deeds_init(struct deeds *d, const struct world *w, const char *msisdn)
{
    *d = (struct deeds){.world = w, .msisdn = msisdn};
}

const char *deeds_try_name(struct deeds *d, char name[MERCHANT_NAME_BYTES])
{
    size_t size = sizeof(first_name) - 1;

    d->tried++;
    d->last_ms = d->world->timers.now_ms;
    snprintf(name, MERCHANT_NAME_BYTES, "%s%0*u", first_name, DEEDS_LETTERS, d->tried);
    for (unsigned i = 0; i < DEEDS_LETTERS; i++)
        name[size + i] = (char)(name[size + i] - '0' + 'A');
    return name;
}

/* 0 = it was never corrected */
static unsigned number_of(const char *name)
{
    unsigned number = 0;

    if (strncmp(name, first_name, sizeof(first_name) - 1) != 0)
        return 0;
    for (const char *at = name + sizeof(first_name) - 1; *at != '\0'; at++)
        number = number * 10 + (unsigned)(*at - 'A');
    return number;
}

void deeds_note_name(struct deeds *d)
{
    d->done = d->tried;
}

void deeds_try_cancel(struct deeds *d)
{
    d->is_cancelling = true;
    d->last_ms = d->world->timers.now_ms;
}

void deeds_note_cancel(struct deeds *d, const char *regno)
{
    text_copy(d->cancelled, sizeof(d->cancelled), regno);
    d->is_cancelling = false;
    d->done = d->written = 0;
}

void deeds_note_written(struct deeds *d, unsigned name)
{
    d->written = name;
}

void deeds_forget(struct deeds *d)
{
    deeds_note_cancel(d, "");
}

bool deeds_are_over(const struct deeds *d)
{
    return d->last_ms == 0 || d->world->timers.now_ms - d->last_ms >= DEEDS_OVER_MS;
}

/* That a name was refused comes by SMS, too. */
void deeds_compare(const struct deeds *d, const char *regno, struct subscriber *record,
                   bool comes_by_sms)
{
    const struct merchant *m = subscriber_find(record, d->cancelled);
    char detail[64];

    if (d->cancelled[0] != '\0' && (m == NULL || m->status != MERCHANT_DIBATALKAN))
        world_violation(d->world, "a cancelled registration is not so", d->msisdn, d->cancelled);
    m = subscriber_find(record, regno);
    if (regno[0] == '\0' || m == NULL)
        return;
    snprintf(detail, sizeof(detail), "name %u, %u was shown as taken", number_of(m->name), d->done);
    if (number_of(m->name) < d->done)
        world_violation(d->world, "an older name has come back", d->msisdn, detail);
    if (comes_by_sms && number_of(m->name) < d->written)
        world_violation(d->world, "a name that was taken by SMS is not there", d->msisdn, detail);
}
