/* Trainings from a subscriber's side: what is planned, a seat, a reminder, giving the seat back. */
#include "merchants/work.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PAGE = JOINING_PAGE, REMIND_HOUR = 10 };

/* What a list shows is kept as answers of the dialogue, so that its screens can be shown again
 * without the shared record: latih1 to latih3, which of them was chosen, and latih_hal: the page
 * and how many trainings there are, "1 7". */
static const char *const slots[PAGE] = {"latih1", "latih2", "latih3"};

static void to_seat(const struct training *t, struct seat *seat)
{
    memset(seat, 0, sizeof(*seat));
    text_copy(seat->id, sizeof(seat->id), t->id);
    seat->at_ms = t->at_ms;
    text_copy(seat->title, sizeof(seat->title), t->title);
    text_copy(seat->place, sizeof(seat->place), t->place);
}

bool joining_read_slot(const struct programme *p, unsigned place, struct seat *seat,
                       unsigned *seats_left)
{
    const char *text = place < PAGE ? programme_answer(p, slots[place]) : NULL;
    int title_at = 0;
    const char *title, *bar;

    memset(seat, 0, sizeof(*seat));
    if (text == NULL ||
        sscanf(text, "%8s %" SCNd64 " %u %n", seat->id, &seat->at_ms, seats_left, &title_at) != 3)
        return false;
    title = text + title_at;
    bar = strchr(title, '|'); /* no title or place has one */
    if (bar == NULL || (size_t)(bar - title) >= sizeof(seat->title))
        return false;
    memcpy(seat->title, title, (size_t)(bar - title));
    text_copy(seat->place, sizeof(seat->place), bar + 1);
    return true;
}

unsigned joining_read_page(const struct programme *p, unsigned *count)
{
    const char *text = programme_answer(p, "latih_hal");
    unsigned page = 0;

    *count = 0;
    /* One without a count was kept by an older gateway. */
    if (text == NULL || sscanf(text, "%u %u", &page, count) < 1 || page > TRAININGS_MAX / PAGE)
        page = 0;
    return page * PAGE;
}

static bool write_slot(struct menu_state *state, unsigned place, const struct training *t)
{
    char text[MENU_VALUE_BYTES] = "";

    if (t != NULL)
        snprintf(text, sizeof(text), "%s %" PRId64 " %u %s|%s", t->id, t->at_ms,
                 (unsigned)(t->seats - t->taken), t->title, t->place);
    return menu_state_set_answer(state, slots[place], text);
}

/* The shared record, decoded; NULL: p->need. One of a later format counts as none, and is never
 * written over. */
static struct trainings *read_trainings(struct programme *p)
{
    if (!p->has_shared) {
        p->need.kind = PROGRAMME_NEEDS_SHARED;
        text_copy(p->need.key, sizeof(p->need.key), PROGRAMME_TRAININGS_KEY);
        return NULL;
    }
    trainings_decode(&p->trainings, p->shared);
    return &p->trainings;
}

static const char *own_regency(struct programme *p)
{
    const struct merchant *m = programme_shown(p, 0);

    return m != NULL ? m->regency : "";
}

/* --- lists ---------------------------------------------------------------------------------- */

/* Fills the slots with a page; wraps round behind the last. *count: how many are planned. False:
 * the dialogue has no room for them. */
static bool fill_page(struct programme *p, struct menu_state *state, unsigned page, unsigned *count)
{
    const struct training *list[TRAININGS_MAX];
    bool has_room = true;
    char number[24];

    *count = trainings_upcoming(&p->trainings, own_regency(p), p->now_ms, list, TRAININGS_MAX);
    if (page * PAGE >= *count)
        page = 0;
    for (unsigned i = 0; i < PAGE; i++)
        has_room &= write_slot(state, i, page * PAGE + i < *count ? list[page * PAGE + i] : NULL);
    snprintf(number, sizeof(number), "%u %u", page, *count);
    return menu_state_set_answer(state, "latih_hal", number) && has_room;
}

static const char *list_page(struct programme *p, struct menu_state *state, unsigned page)
{
    unsigned count;

    if (read_trainings(p) == NULL)
        return NULL;
    if (!fill_page(p, state, page, &count))
        return PROGRAMME_NO_ROOM;
    return count == 0 ? "kosong" : count > PAGE ? "banyak" : "ada";
}

const char *joining_list(struct programme *p, struct menu_state *state)
{
    return list_page(p, state, 0);
}

const char *joining_list_more(struct programme *p, struct menu_state *state)
{
    unsigned count;

    if (programme_answer(p, "latih_hal") == NULL)
        return list_page(p, state, 0);
    return list_page(p, state, joining_read_page(p, &count) / PAGE + 1);
}

/* A number of the list that is not on the page shown: its page, and it is the chosen one. */
const char *joining_pick(struct programme *p, struct menu_state *state)
{
    const char *typed = programme_answer(p, "latih_nomor");
    unsigned number = typed != NULL ? (unsigned)strtoul(typed, NULL, 10) : 0;
    const struct training *list[TRAININGS_MAX];
    unsigned count;
    char place[2] = "1";

    if (read_trainings(p) == NULL)
        return NULL;
    if (number < 1 ||
        number > trainings_upcoming(&p->trainings, own_regency(p), p->now_ms, list, TRAININGS_MAX))
        return "salah";
    place[0] = (char)('1' + (number - 1) % PAGE);
    if (!fill_page(p, state, (number - 1) / PAGE, &count) ||
        !menu_state_set_answer(state, "latih_pilih", place))
        return PROGRAMME_NO_ROOM;
    return "ada";
}

/* By SMS the list is remembered, since the answer comes in another message. As fill_page(). */
static bool offer(struct programme *p, struct menu_state *state, unsigned *count)
{
    if (!fill_page(p, state, 0, count))
        return false;
    for (unsigned i = 0; i < PAGE; i++) {
        struct seat seat;
        unsigned left;

        joining_read_slot(p, i, &seat, &left);
        text_copy(p->subscriber.offered[i], sizeof(p->subscriber.offered[i]), seat.id);
    }
    p->record_changed = true;
    return true;
}

const char *joining_offer(struct programme *p, struct menu_state *state)
{
    static const char *const words[] = {"kosong", "satu", "dua", "tiga"};
    unsigned count;

    if (read_trainings(p) == NULL)
        return NULL;
    if (!offer(p, state, &count))
        return PROGRAMME_NO_ROOM;
    return words[count < PAGE ? count : PAGE];
}

/* Whether one of them is for where this merchant is; of a number that has not said where, any is.
 */
static bool is_any_near(struct programme *p)
{
    const char *regency = own_regency(p);
    const struct training *first;

    if (trainings_upcoming(&p->trainings, regency, p->now_ms, &first, 1) == 0)
        return false;
    return regency[0] == '\0' || first->regency[0] == '\0' || strcmp(first->regency, regency) == 0;
}

bool programme_announce(struct programme *p, struct menu_state *state)
{
    static const char *const texts[] = {NULL, "SMS_LATIH_DAFTAR1", "SMS_LATIH_DAFTAR2",
                                        "SMS_LATIH_DAFTAR"};
    unsigned count;

    p->need.kind = PROGRAMME_NEEDS_NOTHING;
    p->record_used = true;
    if (!p->subscriber.training_news)
        return true;
    if (read_trainings(p) == NULL)
        return false;
    if (!is_any_near(p) || !offer(p, state, &count))
        return true;
    programme_owe(p, texts[count < PAGE ? count : PAGE]);
    subscription_set_news(p, false, "officer");
    return true;
}

/* --- seats ---------------------------------------------------------------------------------- */

static void note_seat(struct programme *p, const char *id, bool is_taken, const char *event,
                      const char *actor)
{
    char member[PROGRAMME_MEMBER_BYTES];

    snprintf(member, sizeof(member), "%s/%s", id, p->msisdn);
    programme_note(p, member, is_taken ? NULL : PROGRAMME_TRAINING_SET,
                   is_taken ? PROGRAMME_TRAINING_SET : NULL, event, actor);
}

static void remove_seat(struct programme *p, unsigned i, const char *event, const char *actor)
{
    struct subscriber *s = &p->subscriber;

    note_seat(p, s->seats[i].id, false, event, actor);
    s->seat_count--;
    memmove(&s->seats[i], &s->seats[i + 1], (s->seat_count - i) * sizeof(s->seats[0]));
}

/* The day before, in the morning. */
static int64_t remind_ms(const struct seat *seat)
{
    return calendar_start_ms(calendar_date_at(seat->at_ms)) - CALENDAR_DAY_MS +
           REMIND_HOUR * CALENDAR_HOUR_MS;
}

/* When a seat next needs looking at: its reminder, or its end. */
static int64_t due_ms(const struct seat *seat)
{
    return seat->reminded ? seat->at_ms + CALENDAR_DAY_MS : remind_ms(seat);
}

static void arm_seats(struct programme *p)
{
    int64_t first_ms = 0;

    for (unsigned i = 0; i < p->subscriber.seat_count; i++) {
        int64_t ms = due_ms(&p->subscriber.seats[i]);

        if (first_ms == 0 || ms < first_ms)
            first_ms = ms;
    }
    programme_arm(p, PROGRAMME_TIMER_TRAINING, first_ms);
}

/* So long a seat is kept. */
static bool is_over(int64_t at_ms, int64_t now_ms)
{
    return at_ms + CALENDAR_DAY_MS <= now_ms;
}

static void drop_past_seats(struct programme *p)
{
    for (unsigned i = p->subscriber.seat_count; i-- > 0;) {
        if (!is_over(p->subscriber.seats[i].at_ms, p->now_ms))
            continue;
        remove_seat(p, i, "training-over", "timer");
        programme_arm(p, PROGRAMME_TIMER_CLAIMS, p->now_ms);
    }
}

/* The first that has not begun; seat_count when there is none. */
static unsigned find_next(const struct subscriber *s, int64_t now_ms)
{
    unsigned at = 0;

    while (at < s->seat_count && s->seats[at].at_ms <= now_ms)
        at++;
    return at;
}

/* Each such text says that BATAL gives the seat back: the one that was named last. */
static void name_seat(struct programme *p, struct seat *seat, const char *text)
{
    struct subscriber *s = &p->subscriber;
    unsigned next = find_next(s, p->now_ms);

    for (unsigned i = 0; i < s->seat_count; i++) {
        bool is_named = &s->seats[i] == seat && i != next;

        p->record_changed = p->record_changed || s->seats[i].is_named != is_named;
        s->seats[i].is_named = is_named;
    }
    p->seat = *seat;
    programme_owe(p, text);
}

static struct seat *add_seat(struct programme *p, const struct training *t)
{
    struct subscriber *s = &p->subscriber;
    unsigned at = 0;

    while (at < s->seat_count && s->seats[at].at_ms <= t->at_ms)
        at++;
    memmove(&s->seats[at + 1], &s->seats[at], (s->seat_count - at) * sizeof(s->seats[0]));
    s->seat_count++;
    to_seat(t, &s->seats[at]);
    /* Whoever joins when the reminder would be due knows it already. */
    s->seats[at].reminded = remind_ms(&s->seats[at]) <= p->now_ms;
    return &s->seats[at];
}

static struct seat *find_seat(struct subscriber *s, const char *id)
{
    for (unsigned i = 0; i < s->seat_count; i++) {
        if (strcmp(s->seats[i].id, id) == 0)
            return &s->seats[i];
    }
    return NULL;
}

/* What is confirmed while an erasure waits for its day is none of what that means. */
static void confirm_seat(struct programme *p, struct seat *seat)
{
    seat->is_since = subscription_is_to_be_erased(&p->subscriber);
    p->record_changed = p->record_changed || seat->is_since;
    name_seat(p, seat, "SMS_LATIH_OK");
}

static const char *join(struct programme *p, const char *id)
{
    struct subscriber *s = &p->subscriber;
    struct trainings *trainings = read_trainings(p);
    struct seat *seat = find_seat(s, id);
    struct training *t;
    uint16_t taken;

    if (trainings == NULL)
        return NULL;
    t = trainings_find(trainings, id);
    if (t == NULL || t->at_ms <= p->now_ms)
        return "hilang";
    if (seat != NULL) {
        confirm_seat(p, seat);
        return "ikut";
    }
    drop_past_seats(p);
    taken = t->taken;
    if (s->seat_count == SUBSCRIBER_SEATS_MAX)
        return "cukup";
    if (!training_claim(t, p->msisdn))
        return "penuh";
    /* Written also where the claim is there: another gateway may be giving it back. */
    p->shared_changed = !p->shared_is_ours || t->taken != taken;
    confirm_seat(p, add_seat(p, t));
    note_seat(p, id, true, "training-join", "merchant");
    p->has_joined = true;
    arm_seats(p);
    return "ikut";
}

/* The one that was chosen of the page. */
static bool read_chosen(const struct programme *p, struct seat *seat)
{
    const char *chosen = programme_answer(p, "latih_pilih");
    unsigned left;

    return chosen != NULL && joining_read_slot(p, (unsigned)(chosen[0] - '1'), seat, &left);
}

const char *joining_join(struct programme *p, struct menu_state *state)
{
    const char *chosen = programme_answer(p, "latih_pilih"), *result;
    struct seat seat;

    if (!read_chosen(p, &seat))
        return "hilang";
    result = join(p, seat.id);
    /* The screen is shown again, and is not to say that there are seats. */
    if (result != NULL && strcmp(result, "penuh") == 0 &&
        !write_slot(state, (unsigned)(chosen[0] - '1'), trainings_find(&p->trainings, seat.id)))
        return PROGRAMME_NO_ROOM;
    return result;
}

const char *joining_accept(struct programme *p, struct menu_state *state)
{
    const char *number = menu_state_answer(state, "sms_ikut");
    unsigned place = number != NULL ? (unsigned)(number[0] - '1') : SUBSCRIBER_OFFERED_MAX;

    if (place >= SUBSCRIBER_OFFERED_MAX || p->subscriber.offered[place][0] == '\0')
        return "hilang";
    return join(p, p->subscriber.offered[place]);
}

const char *joining_inform(struct programme *p, struct menu_state *state)
{
    (void)state;
    if (!read_chosen(p, &p->seat))
        return "hilang";
    programme_owe(p, "SMS_LATIH_INFO");
    return "dikirim";
}

/* The claim is given back behind it, by its timer: before it, somebody else could have the seat
 * while a gateway that was killed has not noted that this one is gone. */
const char *joining_leave(struct programme *p, struct menu_state *state)
{
    struct subscriber *s = &p->subscriber;
    unsigned at = find_next(s, p->now_ms);

    (void)state;
    if (at == s->seat_count)
        return "kosong";
    for (unsigned i = at; i < s->seat_count; i++)
        if (s->seats[i].is_named)
            at = i;
    p->seat = s->seats[at];
    remove_seat(p, at, "training-leave", "merchant");
    programme_arm(p, PROGRAMME_TIMER_CLAIMS, p->now_ms);
    arm_seats(p);
    return "batal";
}

static void call_off(struct programme *p, unsigned i)
{
    p->seat = p->subscriber.seats[i];
    remove_seat(p, i, "training-cancel", "officer");
    arm_seats(p);
    programme_owe(p, "SMS_LATIH_BATAL");
}

bool programme_training_cancelled(struct programme *p, const char *id)
{
    struct seat *seat = find_seat(&p->subscriber, id);

    if (seat != NULL)
        call_off(p, (unsigned)(seat - p->subscriber.seats));
    return seat != NULL;
}

/* Tells of one that is gone from the record, whoever was to tell it: officers have called it off,
 * and were cut off, or read who has a seat before this one was noted. A record without any ever
 * (of a later format, say) tells nothing. False: there is none. */
static bool notice_called_off(struct programme *p, struct trainings *trainings)
{
    for (unsigned i = 0; i < p->subscriber.seat_count && trainings->last_id != 0; i++) {
        const struct seat *seat = &p->subscriber.seats[i];

        if (seat->at_ms <= p->now_ms || trainings_find(trainings, seat->id) != NULL)
            continue;
        call_off(p, i);
        return true;
    }
    return false;
}

/* One text a commit, so that it is about one training. */
void joining_remind(struct programme *p)
{
    struct trainings *trainings = read_trainings(p);

    if (trainings == NULL)
        return;
    drop_past_seats(p);
    if (notice_called_off(p, trainings))
        return;
    for (unsigned i = 0; i < p->subscriber.seat_count; i++) {
        struct seat *seat = &p->subscriber.seats[i];
        /* Until then it may say "tomorrow"; and it is not to leave at night. */
        int64_t day_ms = calendar_start_ms(calendar_date_at(seat->at_ms));
        int64_t last_ms = day_ms - (24 - PROGRAMME_SMS_UNTIL_HOUR) * CALENDAR_HOUR_MS;

        if (seat->reminded || remind_ms(seat) > p->now_ms)
            continue;
        seat->reminded = true;
        p->record_changed = true;
        if (p->now_ms >= last_ms)
            continue;
        name_seat(p, seat, "SMS_LATIH_INGAT");
        p->sms_until_ms = day_ms;
        break;
    }
    arm_seats(p);
}

bool joining_match_claims(struct programme *p)
{
    struct trainings *trainings = read_trainings(p);

    if (trainings == NULL)
        return false;
    for (unsigned i = 0; i < trainings->count; i++) {
        struct training *t = &trainings->items[i];
        uint16_t taken = t->taken;

        if (find_seat(&p->subscriber, t->id) != NULL)
            (void)training_claim(t, p->msisdn); /* full meanwhile: one too many has come in */
        else if (!is_over(t->at_ms, p->now_ms))
            training_release(t, p->msisdn);
        else if (training_forget(t, p->msisdn))
            p->shared_changed = true;
        p->shared_changed = p->shared_changed || t->taken != taken;
    }
    return true;
}

/* So many that one which is due for twenty minutes still has another name than what is armed now.
 */
static const char *const watches[] = {PROGRAMME_TIMER_CLAIMS "-0", PROGRAMME_TIMER_CLAIMS "-1",
                                      PROGRAMME_TIMER_CLAIMS "-2", PROGRAMME_TIMER_CLAIMS "-3"};
enum { WATCHES = sizeof(watches) / sizeof(watches[0]) };

const char *programme_watch(int64_t now_ms)
{
    return watches[now_ms / PROGRAMME_WATCH_MS % WATCHES];
}

void joining_check(struct programme *p, const char *kind)
{
    if (!joining_match_claims(p) || p->shared_changed || notice_called_off(p, &p->trainings))
        return;
    programme_arm(p, kind, 0);
    /* The number of who was erased stands in their names, and no dialogue of his claims: that
     * would have touched the session with its timer. */
    for (unsigned i = 0; i < WATCHES && p->touched_ms == 0; i++)
        programme_arm(p, watches[i], 0);
}

void joining_mean_all(struct subscriber *s)
{
    for (unsigned i = 0; i < s->seat_count; i++)
        s->seats[i].is_since = false;
}

void joining_erase(struct programme *p, bool all, const char *actor)
{
    struct subscriber *s = &p->subscriber;

    for (unsigned i = s->seat_count; i-- > 0;) {
        if (!all && s->seats[i].is_since)
            continue;
        remove_seat(p, i, "erase", actor);
        programme_arm(p, PROGRAMME_TIMER_CLAIMS, p->now_ms);
    }
    if (all) /* what nobody has noted goes, too, and the timers of what was given back since */
        programme_arm(p, PROGRAMME_TIMER_CLAIMS, p->now_ms);
    arm_seats(p);
}
