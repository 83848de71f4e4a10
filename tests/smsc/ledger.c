#include "tests/smsc/ledger.h"

#include "base/map.h"

#include <string.h>

void ledger_on_dialogue(struct ledger_row *r)
{
    r->step = 0;
    r->is_repeated = r->is_apart = r->was_busy = false;
    memset(r->shown, 0, sizeof(r->shown));
    r->is_open = true;
}

void ledger_on_input(struct ledger_row *r)
{
    r->inputs++;
    r->is_waiting = true;
    r->is_accepted = false;
    r->is_disturbed = false;
}

static void close_dialogue(struct ledger_row *r)
{
    r->is_open = false;
    r->is_waiting = false;
}

void ledger_on_hang_up(struct ledger_row *r)
{
    r->inputs++;
    r->aborts++;
    close_dialogue(r);
}

void ledger_on_walk_off(struct ledger_row *r)
{
    close_dialogue(r);
}

void ledger_on_accepted(struct ledger_row *r, bool is_current)
{
    r->accepted++;
    if (is_current && r->is_waiting)
        r->is_accepted = true;
}

void ledger_on_repeat_accepted(struct ledger_row *r)
{
    r->repeats++;
    r->is_repeated = true;
}

void ledger_on_retry(struct ledger_row *r)
{
    r->is_repeated = true;
}

void ledger_on_adrift(struct ledger_row *r, uint16_t input)
{
    if (r->adrift == 0 || input < r->adrift)
        r->adrift = input;
}

void ledger_on_apart(struct ledger_row *r)
{
    r->is_apart = true;
}

void ledger_on_untaken(struct ledger_row *r, bool is_current)
{
    if (!is_current || !r->is_waiting)
        return;
    r->untaken++;
    close_dialogue(r);
}

void ledger_on_disturbed(struct ledger_row *r)
{
    if (r->is_waiting)
        r->is_disturbed = true;
}

void ledger_on_eaten(struct ledger_row *r)
{
    r->eaten++;
    r->is_waiting = false;
}

void ledger_on_no_screen(struct ledger_row *r)
{
    if (!r->is_waiting)
        return;
    if (r->is_disturbed)
        r->explained++;
    else if (r->is_accepted)
        r->lost++;
    else
        r->untaken++;
    close_dialogue(r);
}

static uint32_t hash_of(struct span gsm)
{
    uint32_t hash = (uint32_t)map_hash(gsm, 0);

    return hash != 0 ? hash : 1;
}

static void remember(struct ledger_row *r, struct span gsm)
{
    memmove(r->shown + 1, r->shown, sizeof(r->shown) - sizeof(r->shown[0]));
    r->shown[0] = hash_of(gsm);
}

/* With several binds the copy of an older screen may come behind a newer one. */
static bool was_shown(const struct ledger_row *r, struct span gsm)
{
    uint32_t hash = hash_of(gsm);

    for (int i = 0; i < LEDGER_SHOWN; i++)
        if (r->shown[i] == hash)
            return true;
    return false;
}

/* The step of the flow that this screen is, from the awaited one over optional ones; -1 = none. */
static int find_due(const struct ledger_row *r, const struct flow *f, struct span gsm)
{
    for (unsigned i = r->step; i < f->step_count; i++) {
        if (flow_matches(&f->steps[i].match, gsm))
            return (int)i;
        if (!f->steps[i].is_optional)
            break;
    }
    return -1;
}

static bool is_later(const struct ledger_row *r, const struct flow *f, struct span gsm)
{
    for (unsigned i = r->step; i < f->step_count; i++)
        if (flow_matches(&f->steps[i].match, gsm))
            return true;
    return false;
}

/* What was booked as lost, or as never taken, was done after all. */
static enum ledger_verdict on_late(struct ledger_row *r)
{
    if (r->lost != 0)
        r->lost--;
    else if (r->explained != 0)
        r->explained--;
    else
        r->untaken--;
    r->screens++;
    r->late++;
    return LEDGER_LATE;
}

/* A screen that nobody asked for. LEDGER_DOUBLE when it is one that comes later in the flow, stands
 * behind the end, or comes while the subscriber still reads his question. */
static enum ledger_verdict on_unexpected(struct ledger_row *r, const struct flow *f,
                                         struct span gsm)
{
    enum ledger_verdict verdict;

    if (!r->is_open && r->was_busy) {
        r->late++;
        return LEDGER_LATE;
    }
    if (!r->is_open && r->lost + r->explained + r->untaken != 0)
        return on_late(r);
    verdict = !r->is_waiting || is_later(r, f, gsm) ? LEDGER_DOUBLE : LEDGER_WRONG;
    if (verdict == LEDGER_DOUBLE)
        r->doubled++;
    else
        r->wrong++;
    if (r->is_waiting)
        r->screens++; /* the input had an effect, a wrong one */
    close_dialogue(r);
    return verdict;
}

static enum ledger_verdict on_due(struct ledger_row *r, const struct flow *f, struct span gsm,
                                  unsigned step)
{
    r->screens++;
    remember(r, gsm);
    r->is_waiting = false;
    r->step = (uint8_t)(step + 1);
    if (!f->steps[step].is_end)
        return LEDGER_STEP;
    r->finished++;
    flow_saved(f, gsm, r->saved, sizeof(r->saved));
    close_dialogue(r);
    return LEDGER_END;
}

enum ledger_verdict ledger_on_screen(struct ledger_row *r, const struct flow *f, struct span gsm,
                                     unsigned *step)
{
    int due = r->is_waiting ? find_due(r, f, gsm) : -1;

    /* The gateway answers an input before it shows its screen, on the same connection. The right
     * screen before the answer is the second effect of the input before. (Not so when an input of
     * this dialogue was repeated: the copy, on another bind, is answered with the newest screen.
     * Nor where screens and answers have a connection each; a second effect shows there a step
     * later.)
     */
    if (due >= 0 && !r->is_accepted && !r->is_repeated && !r->is_apart && !r->is_disturbed) {
        r->screens++;
        r->doubled++;
        close_dialogue(r);
        return LEDGER_DOUBLE;
    }
    if (due >= 0) {
        *step = (unsigned)due;
        return on_due(r, f, gsm, *step);
    }
    if (was_shown(r, gsm)) {
        r->duplicates++;
        return LEDGER_DUPLICATE;
    }
    if (r->is_waiting && flow_is_busy(f, gsm)) {
        r->screens++;
        r->busy++;
        r->was_busy = true;
        remember(r, gsm);
        close_dialogue(r);
        return LEDGER_BUSY;
    }
    return on_unexpected(r, f, gsm);
}

bool ledger_on_sms(struct ledger_row *r, const struct flow *f, struct span gsm)
{
    if (f->wants_sms && flow_matches(&f->sms, gsm)) {
        r->sms++;
        return true;
    }
    return false;
}

static void add_row(struct ledger_sum *s, const struct ledger_row *r, const struct flow *f)
{
    uint64_t done = (uint64_t)r->inputs - r->untaken;

    s->subscribers++;
    s->inputs += r->inputs;
    s->accepted += r->accepted;
    s->screens += r->screens;
    s->aborts += r->aborts;
    s->repeats += r->repeats;
    s->duplicates += r->duplicates;
    s->lost += r->lost;
    s->explained += r->explained;
    s->untaken += r->untaken;
    s->eaten += r->eaten;
    s->doubled += r->doubled;
    s->wrong += r->wrong;
    s->late += r->late;
    s->finished += r->finished;
    s->busy += r->busy;
    s->sms += r->sms;
    s->open += r->is_waiting;
    if (r->is_waiting && !r->is_accepted)
        done--;
    if (done > r->accepted)
        s->unanswered += done - r->accepted;
    if (f->wants_sms && r->sms < r->finished)
        s->sms_missing += (uint64_t)r->finished - r->sms;
}

struct ledger_sum ledger_add_up(const struct ledger_row *rows, size_t count, const struct flow *f)
{
    struct ledger_sum s;

    memset(&s, 0, sizeof(s));
    for (size_t i = 0; i < count; i++)
        if (rows[i].inputs != 0)
            add_row(&s, &rows[i], f);
    s.is_balanced =
        s.inputs == s.screens + s.aborts + s.lost + s.explained + s.untaken + s.eaten + s.open;
    return s;
}

bool ledger_is_clean(const struct ledger_sum *s)
{
    return s->lost == 0 && s->doubled == 0 && s->wrong == 0 && s->sms_missing == 0 &&
           s->is_balanced;
}
