/*
 * warungctl trainings list | add | cancel
 */
#include <jansson.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/isotime.h"
#include "base/mem.h"
#include "gateway/ctl/access.h"
#include "gateway/ctl/registration.h"
#include "gateway/ctl/table.h"
#include "gateway/ctl/when.h"
#include "merchants/training.h"

enum { TRIES_MAX = 8, PATIENCE_S = 60 };

static enum ctl_status load(struct dossier *d, struct trainings *t)
{
    enum ctl_status status = dossier_load_trainings(d);

    if (status == CTL_DONE && !trainings_decode(t, span_of(d->trainings, d->trainings_size))) {
        ctl_complain("the trainings were written by a newer program");
        status = CTL_REFUSED;
    }
    return status;
}

static enum ctl_status write_back(struct dossier *d, const struct trainings *t,
                                  enum store_result *result)
{
    uint8_t *plain = mem_alloc(TRAININGS_BYTES_MAX);
    enum ctl_status status;
    struct writer w;

    writer_init(&w, plain, TRAININGS_BYTES_MAX);
    trainings_encode(t, &w);
    status = dossier_write_trainings(d, writer_span(&w), result);
    mem_free(plain);
    return status;
}

/* ---- list ---- */

static json_t *describe(const struct training *t)
{
    char at[ISOTIME_BYTES];

    isotime_format(t->at_ms, at);
    return json_pack("{s:s, s:s, s:s, s:s, s:s, s:i, s:i}", "id", t->id, "at", at, "title",
                     t->title, "place", t->place, "regency", t->regency, "seats", (int)t->seats,
                     "taken", (int)t->taken);
}

static void print_json(const struct trainings *t)
{
    json_t *list = json_array();

    for (unsigned i = 0; i < t->count; i++)
        json_array_append_new(list, describe(&t->items[i]));
    ctl_print_json(list);
    json_decref(list);
}

static void print_table(const struct trainings *t)
{
    struct table *table = table_new(
        (const char *const[]){"ID", "WHEN (LAMPUNG)", "TITLE", "PLACE", "REGENCY", "SEATS", NULL});

    for (unsigned i = 0; i < t->count; i++) {
        const struct training *one = &t->items[i];
        char when[TRAINING_TIME_BYTES], seats[24];

        training_format_time(one->at_ms, when);
        snprintf(seats, sizeof(seats), "%u of %u", one->taken, one->seats);
        table_add(table,
                  (const char *const[]){one->id, when, one->title, one->place,
                                        one->regency[0] != '\0' ? one->regency : "all", seats});
    }
    table_print(table);
}

static enum ctl_status list(struct dossier *d, const struct ctl_call *call)
{
    struct trainings *t = mem_zalloc(sizeof(*t));
    enum ctl_status status = load(d, t);

    if (status == CTL_DONE && call->is_json)
        print_json(t);
    else if (status == CTL_DONE)
        print_table(t);
    mem_free(t);
    return status;
}

enum ctl_status ctl_trainings_list(const struct ctl_call *call)
{
    return dossier_with(call, list);
}

/* ---- telling those whom it concerns ---- */

/* What is told to thousands must not end half-way because the store stood still for some seconds (a
 * rewrite of its file, a fail-over). Both changes do nothing where they are done already, so that
 * they may be tried again. */
static enum ctl_status change_surely(struct dossier *d, dossier_change_fn *change, void *arg)
{
    enum ctl_status status = dossier_change(d, change, arg);

    for (int i = 0; i < PATIENCE_S && status == CTL_UNREACHABLE; i++) {
        hand_pause(d->hand, 1000);
        status = dossier_change(d, change, arg);
    }
    return status;
}

/* Runs a change on each subscriber who is listed in a set under members that begin so. One whose
 * record cannot be read is told of, and holds up nobody. */
static enum ctl_status tell(struct dossier *d, const char *set, const char *prefix,
                            dossier_change_fn *change, void *arg)
{
    struct hand_items items;
    enum store_result result = hand_list(d->hand, (const char *const[]){set, NULL}, &items);
    enum ctl_status status = CTL_DONE;
    unsigned told = 0, unreadable = 0;

    if (result != STORE_OK)
        status = hand_complain(result);
    d->is_bulk = true;
    for (size_t i = 0; status == CTL_DONE && i < items.count; i++) {
        if (strncmp(items.items[i].member, prefix, strlen(prefix)) != 0)
            continue;
        text_copy(d->msisdn, sizeof(d->msisdn), items.items[i].msisdn);
        status = change_surely(d, change, arg);
        if (status == CTL_REFUSED && d->is_unreadable) {
            unreadable++;
            status = CTL_DONE;
        } else {
            told += d->programme.sms_count > 0;
        }
    }
    hand_items_free(&items);
    if (told > 0)
        fprintf(stderr, "%u subscribers get an SMS\n", told);
    if (status == CTL_DONE && unreadable > 0) {
        ctl_complain("%u could not be told", unreadable);
        status = CTL_REFUSED;
    }
    return status;
}

/* ---- add ---- */

static bool read_plan(const struct ctl_call *call, struct training *plan)
{
    memset(plan, 0, sizeof(*plan));
    if (!when_parse(call->words[0], "%Y-%m-%dT%H:%M", &plan->at_ms)) {
        ctl_complain("%s is no time such as 2026-11-28T09:00", call->words[0]);
        return false;
    }
    if (call->seats == 0) {
        ctl_complain("trainings add needs --seats");
        return false;
    }
    plan->seats = (uint16_t)call->seats;
    if (text_copy(plan->title, sizeof(plan->title), call->words[1]) &&
        text_copy(plan->place, sizeof(plan->place), call->words[2]))
        return true;
    ctl_complain("a title and a place have at most %d characters", TRAINING_CHARACTERS_MAX);
    return false;
}

static enum ctl_status complain_about_plan(enum training_verdict verdict)
{
    switch (verdict) {
    case TRAINING_TOO_MANY:
        ctl_complain("%d trainings are planned already; call one off first", TRAININGS_MAX);
        break;
    case TRAINING_BAD_TEXT:
        ctl_complain("a title and a place have 1 to %d characters that every phone can show",
                     TRAINING_CHARACTERS_MAX);
        break;
    case TRAINING_BAD_SEATS:
        ctl_complain("--seats takes 1 to %d", TRAINING_SEATS_MAX);
        break;
    case TRAINING_PAST:
        ctl_complain("that time is over");
        break;
    case TRAINING_FAR:
        ctl_complain("that is in a hundred years: phones show two figures of a year");
        break;
    case TRAINING_DONE:
        return CTL_DONE;
    }
    return CTL_REFUSED;
}

static enum ctl_status announce(struct dossier *d, void *arg)
{
    (void)arg;
    if (programme_announce(&d->programme, &d->state))
        return CTL_DONE;
    ctl_complain("the trainings could not be read");
    return CTL_REFUSED;
}

static enum ctl_status add(struct dossier *d, const struct training *plan, struct trainings *t,
                           char id[TRAINING_ID_BYTES])
{
    enum ctl_status status = CTL_DONE;
    enum store_result result = STORE_CONFLICT;

    for (int i = 0; i < TRIES_MAX && status == CTL_DONE && result != STORE_OK; i++) {
        status = load(d, t);
        if (status == CTL_DONE)
            status = complain_about_plan(trainings_add(t, plan, clock_wall_ms(), id));
        if (status == CTL_DONE)
            status = write_back(d, t, &result);
    }
    return status == CTL_DONE ? hand_complain(result) : status;
}

enum ctl_status ctl_trainings_add(const struct ctl_call *call)
{
    char id[TRAINING_ID_BYTES];
    struct training plan;
    enum ctl_status status;
    struct trainings *t;
    struct dossier *d;

    if (!read_plan(call, &plan))
        return CTL_USAGE;
    d = dossier_open(call, &status);
    if (d == NULL)
        return status;
    if (call->regency != NULL &&
        !registration_take_regency(dossier_labels(&d->setup), call->regency, plan.regency)) {
        dossier_close(d);
        return CTL_USAGE;
    }
    t = mem_zalloc(sizeof(*t));
    status = add(d, &plan, t, id);
    mem_free(t);
    if (status == CTL_DONE)
        status = access_log_other(d, "training-add", id, "ok");
    if (status == CTL_DONE) {
        printf(call->is_json ? "{\"id\":\"%s\"}\n" : "%s\n", id);
        status = tell(d, PROGRAMME_NEWS_SET, "", announce, NULL);
    }
    dossier_close(d);
    return status;
}

/* ---- cancel ---- */

static enum ctl_status call_off(struct dossier *d, void *id)
{
    /* False: told already, by a run of this command that was cut off, or the seat was given back.
     */
    programme_training_cancelled(&d->programme, id);
    return CTL_DONE;
}

static enum ctl_status remove_training(struct dossier *d, const char *id, struct trainings *t,
                                       bool *was_there)
{
    enum ctl_status status = CTL_DONE;
    enum store_result result = STORE_CONFLICT;

    for (int i = 0; i < TRIES_MAX && status == CTL_DONE && result != STORE_OK; i++) {
        status = load(d, t);
        if (status != CTL_DONE)
            break;
        if (!trainings_cancel(t, id) && !*was_there)
            return CTL_DONE;
        /* At a second try it may be gone by the first, which got no answer: only a write makes
         * sure. */
        *was_there = true;
        status = write_back(d, t, &result);
    }
    return status == CTL_DONE ? hand_complain(result) : status;
}

static enum ctl_status cancel(struct dossier *d, const struct ctl_call *call)
{
    char prefix[TRAINING_ID_BYTES + 1];
    struct trainings *t = mem_zalloc(sizeof(*t));
    bool was_there = false;
    enum ctl_status status = remove_training(d, call->words[0], t, &was_there);

    mem_free(t);
    /* Those who have a seat are told even when the training itself is gone: an earlier run may have
     * been cut off between the two. */
    snprintf(prefix, sizeof(prefix), "%.8s/", call->words[0]);
    if (status == CTL_DONE)
        status = access_log_other(d, "training-cancel", call->words[0], was_there ? "ok" : "none");
    if (status == CTL_DONE)
        status = tell(d, PROGRAMME_TRAINING_SET, prefix, call_off, call->words[0]);
    if (status == CTL_DONE && !was_there) {
        ctl_complain("no such training: %s", call->words[0]);
        status = CTL_REFUSED;
    } else if (status == CTL_DONE) {
        printf("%s cancelled\n", call->words[0]);
    }
    return status;
}

enum ctl_status ctl_trainings_cancel(const struct ctl_call *call)
{
    return dossier_with(call, cancel);
}
