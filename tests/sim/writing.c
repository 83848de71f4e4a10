#include "tests/sim/writing.h"

#include "tests/sim/phone.h"

#include <stdio.h>
#include <string.h>

enum {
    WRITING_PATIENCE_MS = 60 * 60 * 1000,
    WRITING_ASKED_MS = 47 * 3600 * 1000, /* for the two days that the service promises */
    WRITING_OVER_MS = 15 * 60 * 1000, /* then nothing of a letter that was given up is under way */
    /* In a million, where there is a choice: */
    WRITING_OF_SEATS = 500000,
    WRITING_OF_NAMES = 500000,
    WRITING_OF_ENDS = 600000,
    WRITING_END_MS_MAX = 3600 * 1000, /* until that is meant */
    WRITING_REGRETS_MS_MAX =
        4 * 24 * 3600 * 1000, /* until it dials again: erased by then, or not */
};

static uint64_t now_ms(const struct phone *s)
{
    return s->smsc->world->timers.now_ms;
}

static void go_to(struct phone *s, enum writing_step step)
{
    s->writing.step = step;
    s->writing.step_ms = now_ms(s);
}

/* --- sending --------------------------------------------------------------------------------- */

static void leave(struct phone *s)
{
    s->writing.about = WRITING_LEAVES;
    s->seat = SEAT_UNSURE;
    s->is_leaving = true;
    s->is_joining = false;
    letter_send(&s->writing.letter, "BATAL");
}

static void begin_registering(struct phone *s)
{
    s->writing.about = WRITING_REGISTERS;
    go_to(s, WRITING_ASKS);
    letter_send(&s->writing.letter, "DAFTAR#SITI AMINAH#WARUNG SITI#1#METRO#METRO BARAT");
}

static void agree(struct phone *s)
{
    s->writing.about = WRITING_REGISTERS;
    s->has_sent = true;
    go_to(s, WRITING_AGREES);
    letter_send(&s->writing.letter, "YA");
}

static void give_name(struct phone *s)
{
    char name[MERCHANT_NAME_BYTES], text[LETTER_BYTES];

    s->writing.about = WRITING_NAMES;
    s->writing.name_ms = now_ms(s);
    snprintf(text, sizeof(text), "NAMA %.40s", deeds_try_name(&s->deeds, name));
    s->writing.name = s->deeds.tried;
    letter_send(&s->writing.letter, text);
}

/* It was shown a registration, and has not been erased since: a cancelled one has a status, too. */
static bool is_known(const struct phone *s)
{
    return s->regno[0] != '\0' || s->deeds.cancelled[0] != '\0';
}

static void look(struct phone *s)
{
    if (!is_known(s))
        s->writing.unknown_ms = now_ms(s);
    s->writing.about = WRITING_LOOKS;
    letter_send(&s->writing.letter, "STATUS");
}

static void doubt(struct phone *s)
{
    s->writing.about = WRITING_ERASES;
    go_to(s, WRITING_DOUBTS);
    letter_send(&s->writing.letter, "HAPUS");
}

/* From now on nothing is sure but that all will be erased. */
static void end_all(struct phone *s)
{
    phone_forget(s);
    s->asked_ms = now_ms(s);
    s->writing.about = WRITING_ERASES;
    go_to(s, WRITING_ENDS);
    letter_send(&s->writing.letter, "HAPUS YA");
}

static bool may_end(const struct phone *s)
{
    const struct world *w = s->smsc->world;

    return w->is_slow && w->erases && !s->is_forgotten && (is_known(s) || s->has_consented);
}

/* No registration, and no draft, can be there. */
static bool may_register(const struct phone *s)
{
    return !s->has_consented && !s->has_sent && !s->is_forgotten;
}

bool writing_send(struct phone *s)
{
    struct world *w = s->smsc->world;

    if (letter_is_under_way(&s->writing.letter) || (w->is_busy && w->seats == 0))
        return false;
    s->has_come_back = true;
    if (w->seats != 0 && (w->is_busy || world_chance(w, WRITING_OF_SEATS)))
        leave(s);
    else if (may_end(s) && world_chance(w, WRITING_OF_ENDS))
        doubt(s);
    else if (may_register(s))
        begin_registering(s);
    else if (s->regno[0] != '\0' && deeds_are_over(&s->deeds) && world_chance(w, WRITING_OF_NAMES))
        give_name(s);
    else
        look(s);
    return true;
}

bool writing_goes_on(struct phone *s)
{
    struct writing *t = &s->writing;
    bool is_asked;

    if (t->step == WRITING_NOTHING || letter_is_under_way(&t->letter))
        return t->step != WRITING_NOTHING;
    is_asked = t->step == WRITING_IS_ASKED || t->step == WRITING_MAY_END;
    if (now_ms(s) - t->step_ms >= (is_asked ? WRITING_ASKED_MS : WRITING_PATIENCE_MS))
        go_to(s, WRITING_NOTHING);
    else if (t->step == WRITING_IS_ASKED)
        agree(s);
    else if (t->step == WRITING_MAY_END)
        end_all(s);
    return t->step != WRITING_NOTHING;
}

bool writing_names(const struct phone *s)
{
    const struct writing *t = &s->writing;

    return t->name_ms != 0 &&
           (letter_is_under_way(&t->letter) || now_ms(s) - t->name_ms < WRITING_OVER_MS);
}

/* --- what becomes of it ---------------------------------------------------------------------- */

static struct connection *choose(void *ctx)
{
    const struct phone *s = ctx;

    return phone_choose_connection(s);
}

static void lose(void *ctx)
{
    struct phone *s = ctx;

    s->is_leaving = false;
    if (s->writing.about == WRITING_NAMES)
        s->writing.name_ms = now_ms(s);
}

/* Of a dialogue before, an answer may be carried out still. */
static void end(void *ctx)
{
    struct phone *s = ctx;

    s->smsc->counters.letters++;
    if (s->writing.about == WRITING_NAMES)
        s->writing.name_ms = 0;
    if (s->writing.about == WRITING_ERASES && s->writing.step == WRITING_ENDS)
        s->asked_by_ms = now_ms(s);
    if (s->is_forgotten)
        return;
    if (s->writing.about == WRITING_NAMES && s->writing.name != 0)
        deeds_note_written(&s->deeds, s->writing.name);
    s->writing.taken++;
    if (s->is_leaving && s->dues.count == 0)
        s->seat = SEAT_NONE;
    if (s->writing.about == WRITING_REGISTERS && s->writing.step == WRITING_AGREES)
        s->is_sent = true;
    s->is_leaving = false;
}

static void go_on_within(struct phone *s, enum writing_step step, uint32_t ms_max)
{
    struct world *w = s->smsc->world;

    go_to(s, step);
    if (!s->is_open)
        timer_start(&w->timers, &s->think, world_between(w, 1000, ms_max));
}

static void take_number(struct phone *s, const char *text)
{
    char regno[MERCHANT_REGNO_BYTES];

    /* Of one before it may come once more. */
    if (s->is_forgotten || !flow_regno(text, regno, sizeof(regno)) ||
        strcmp(regno, s->deeds.cancelled) == 0)
        return;
    text_copy(s->regno, sizeof(s->regno), regno);
    go_to(s, WRITING_NOTHING);
}

/* It may not be changed, has gone, or is another that was put together by SMS. */
static void note_refused_name(struct phone *s, const char *text)
{
    static const char *const words[] = {"Cek lagi kapan saja", "ketik: DAFTAR#", "Balas YA."};

    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
        if (strstr(text, words[i]) != NULL) {
            s->writing.name = 0;
            deeds_note_written(&s->deeds, 0);
        }
}

/* What was asked before a registration was known may come late. */
static void check_status(const struct phone *s, const char *text)
{
    const struct writing *t = &s->writing;

    if (strstr(text, "nomor HP ini belum terdaftar") != NULL && is_known(s) && !s->is_forgotten &&
        (t->unknown_ms == 0 || now_ms(s) - t->unknown_ms >= WRITING_PATIENCE_MS))
        world_violation(s->smsc->world, "told by SMS that it is not registered", s->msisdn, "");
}

void writing_read(struct phone *s, const char *text)
{
    struct writing *t = &s->writing;
    bool is_sent = strstr(text, " terkirim. ") != NULL;

    note_refused_name(s, text);
    check_status(s, text);

    s->receipts += is_sent;
    t->replies++;
    if (t->step == WRITING_ASKS && strstr(text, "Balas YA.") != NULL)
        go_to(s, WRITING_IS_ASKED);
    if (t->step == WRITING_DOUBTS && strstr(text, " Balas HAPUS YA ") != NULL)
        go_on_within(s, WRITING_MAY_END, WRITING_END_MS_MAX);
    if (t->step == WRITING_ENDS && strstr(text, " permintaan hapus data ") != NULL)
        go_on_within(s, WRITING_NOTHING, WRITING_REGRETS_MS_MAX);
    if (t->step == WRITING_AGREES && is_sent)
        take_number(s, text);
}

void writing_forget(struct phone *s)
{
    s->writing.taken = s->writing.replies = 0;
    letter_forget(&s->writing.letter);
    s->writing.unknown_ms = now_ms(s);
    s->writing.step = WRITING_NOTHING;
}

void writing_init(struct phone *s)
{
    static const struct letter_owner owner = {choose, end, lose};

    letter_init(&s->writing.letter, s->smsc->world, s->msisdn, &owner, s);
}

void writing_stop(struct phone *s)
{
    letter_stop(&s->writing.letter);
}
