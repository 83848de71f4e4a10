#include "gateway/ctl/planning.h"

#include "base/clock.h"
#include "base/mem.h"
#include "gateway/ctl/access.h"

#include <stdio.h>
#include <string.h>

enum { TRIES_MAX = 8, PATIENCE_S = 60 };

enum ctl_status planning_load(struct dossier *d, struct trainings *t)
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

/* Nor before it begins: the plan is changed already. */
static enum ctl_status log_surely(struct dossier *d, const char *event, const char *id,
                                  const char *detail)
{
    enum ctl_status status = access_log_other(d, event, id, detail);

    for (int i = 0; i < PATIENCE_S && status == CTL_UNREACHABLE; i++) {
        hand_pause(d->hand, 1000);
        status = access_log_other(d, event, id, detail);
    }
    if (status != CTL_DONE)
        ctl_complain("%s is changed, and nobody was told: say it again", id);
    return status;
}

/* Runs a change on each subscriber who is listed in a set under members that begin so. One whose
 * record cannot be read is told of, and holds up nobody. */
static enum ctl_status tell(struct dossier *d, const char *set, const char *prefix,
                            dossier_change_fn *change, void *arg, unsigned *told)
{
    struct hand_items items;
    enum store_result result = hand_list(d->hand, (const char *const[]){set, NULL}, &items);
    enum ctl_status status = CTL_DONE;
    unsigned unreadable = 0;

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
        } else if (status == CTL_DONE) {
            *told += d->programme.sms_count > 0;
        }
    }
    hand_items_free(&items);
    if (status == CTL_DONE && unreadable > 0) {
        ctl_complain("%u could not be told", unreadable);
        status = CTL_REFUSED;
    }
    return status;
}

/* ---- adding ---- */

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

static enum ctl_status add(struct dossier *d, const struct training *plan, struct trainings *t,
                           char id[TRAINING_ID_BYTES])
{
    enum ctl_status status = CTL_DONE;
    enum store_result result = STORE_CONFLICT;

    for (int i = 0; i < TRIES_MAX && status == CTL_DONE && result != STORE_OK; i++) {
        status = planning_load(d, t);
        if (status == CTL_DONE)
            status = complain_about_plan(trainings_add(t, plan, clock_wall_ms(), id));
        if (status == CTL_DONE)
            status = write_back(d, t, &result);
    }
    return status == CTL_DONE ? hand_complain(result) : status;
}

static enum ctl_status announce(struct dossier *d, void *arg)
{
    (void)arg;
    if (programme_announce(&d->programme, &d->state))
        return CTL_DONE;
    ctl_complain("the trainings could not be read");
    return CTL_REFUSED;
}

enum ctl_status planning_add(struct dossier *d, const struct training *plan,
                             char id[TRAINING_ID_BYTES])
{
    struct trainings *t = mem_zalloc(sizeof(*t));
    enum ctl_status status = add(d, plan, t, id);

    mem_free(t);
    return status == CTL_DONE ? log_surely(d, "training-add", id, "ok") : status;
}

enum ctl_status planning_announce(struct dossier *d, unsigned *told)
{
    *told = 0;
    return tell(d, PROGRAMME_NEWS_SET, "", announce, NULL, told);
}

/* ---- calling off ---- */

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
        status = planning_load(d, t);
        if (status != CTL_DONE)
            break;
        if (trainings_cancel(t, id))
            *was_there = true;
        /* It may be gone by a try, or a command, before this one that got no answer: only a write
         * makes sure. */
        status = write_back(d, t, &result);
    }
    return status == CTL_DONE ? hand_complain(result) : status;
}

enum ctl_status planning_call_off(struct dossier *d, const char *id, bool *was_there,
                                  unsigned *told)
{
    char prefix[TRAINING_ID_BYTES + 1], training[TRAINING_ID_BYTES];
    struct trainings *t = mem_zalloc(sizeof(*t));
    enum ctl_status status;

    *told = 0;
    *was_there = false;
    status = remove_training(d, id, t, was_there);
    mem_free(t);
    /* Those who have a seat are told even when the training itself is gone: an earlier run may have
     * been cut off between the two. */
    text_copy(training, sizeof(training), id);
    snprintf(prefix, sizeof(prefix), "%.8s/", id);
    if (status == CTL_DONE)
        status = log_surely(d, "training-cancel", id, *was_there ? "ok" : "none");
    return status == CTL_DONE ? tell(d, PROGRAMME_TRAINING_SET, prefix, call_off, training, told)
                              : status;
}
