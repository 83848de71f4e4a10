#include "tests/sim/dues.h"

#include "base/span.h"

#include <string.h>

static void drop(struct dues *d, unsigned place)
{
    if (place == d->count - 1)
        d->has_current = false;
    memmove(&d->items[place], &d->items[place + 1], (d->count - 1 - place) * sizeof(d->items[0]));
    d->count--;
}

static void add(struct dues *d, enum flow_step answered)
{
    if (d->count == DUES_MAX)
        drop(d, 0);
    d->items[d->count++] = answered;
    d->has_current = true;
}

void dues_add(struct dues *d, enum flow_step answered)
{
    d->waits_before = d->has_copies ? d->waits : 0;
    d->waits = 0;
    d->had_copies = answered != FLOW_UNKNOWN && d->has_copies;
    d->has_copies = false;
    d->before = d->newest;
    d->newest = answered;
    add(d, answered);
}

void dues_begin_anew(struct dues *d)
{
    if (d->has_current)
        d->items[d->count - 1] = FLOW_UNKNOWN;
}

void dues_note_copy(struct dues *d)
{
    d->has_copies = true;
}

bool dues_tell(struct dues *d, enum flow_step answered, enum flow_step screen)
{
    bool was_due = d->has_current;

    if (screen == FLOW_BUSY || screen == answered) /* no result; shown again, to a copy before it */
        return true;
    if (screen == FLOW_WAIT) {
        d->waits++;
        /* One of two copies was answered with a question that this text takes off the phone. */
        if (!was_due) {
            add(d, answered);
        } else if (d->had_copies) {
            /* Or one of the input before, whose result is pushed then. */
            drop(d, d->count - 1);
            add(d, d->before);
            add(d, d->newest);
        }
        return true;
    }
    if (was_due)
        drop(d, d->count - 1);
    return was_due;
}

static bool is_result_of(enum flow_step answered, enum flow_step result)
{
    if (answered == FLOW_UNKNOWN)
        return result == FLOW_LANG || result == FLOW_MAIN || result == FLOW_RESUME;
    return flow_may_follow(answered, result);
}

static unsigned count_results(enum flow_step answered)
{
    unsigned count = 0;

    for (unsigned next = 0; next < FLOW_UNKNOWN; next++)
        count += is_result_of(answered, (enum flow_step)next);
    return count;
}

bool dues_settle(struct dues *d, enum flow_step result, enum flow_step *answered)
{
    unsigned at = DUES_MAX;

    /* One that several wait for goes to who may get most else: the others keep what is theirs. */
    for (unsigned i = 0; i < d->count; i++)
        if (is_result_of(d->items[i], result) &&
            (at == DUES_MAX || count_results(d->items[i]) > count_results(d->items[at])))
            at = i;
    if (at == DUES_MAX)
        return false;
    *answered = d->items[at];
    drop(d, at);
    return true;
}

bool dues_settle_any(struct dues *d, enum flow_step *answered)
{
    if (d->count == 0)
        return false;
    *answered = FLOW_UNKNOWN;
    drop(d, 0);
    return true;
}

/* A gateway that asked to wait and has lost its store cannot know that another has carried out a
 * copy of the input: it says that the service is busy (docs/decisions/0008). */
static bool takes_apology(struct dues *d)
{
    unsigned *waits = d->has_copies && d->waits != 0 ? &d->waits : &d->waits_before;

    if (d->count != 0)
        return true;
    if (*waits == 0)
        return false;
    --*waits;
    return true;
}

bool dues_take_text(struct dues *d, const char *text)
{
    enum flow_step result = flow_recognise(text), answered;
    char *last = result == FLOW_BUSY ? d->apology : d->told;

    if (strcmp(text, last) == 0) /* an SMS is sent at least once (docs/custody.md, 5) */
        return true;
    text_copy(last, sizeof(d->told), text);
    return result == FLOW_BUSY ? takes_apology(d) : dues_settle(d, result, &answered);
}
