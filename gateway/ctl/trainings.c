/*
 * warungctl trainings list | add | cancel
 */
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "base/isotime.h"
#include "base/mem.h"
#include "gateway/ctl/planning.h"
#include "gateway/ctl/registration.h"
#include "gateway/ctl/table.h"
#include "gateway/ctl/when.h"

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
    enum ctl_status status = planning_load(d, t);

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

static void say(unsigned told)
{
    if (told > 0)
        fprintf(stderr, "%u subscribers get an SMS\n", told);
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

enum ctl_status ctl_trainings_add(const struct ctl_call *call)
{
    char id[TRAINING_ID_BYTES];
    struct training plan;
    enum ctl_status status;
    unsigned told;
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
    status = planning_add(d, &plan, id);
    if (status == CTL_DONE) {
        printf(call->is_json ? "{\"id\":\"%s\"}\n" : "%s\n", id);
        status = planning_announce(d, &told);
        say(told);
    }
    dossier_close(d);
    return status;
}

/* ---- cancel ---- */

static enum ctl_status cancel(struct dossier *d, const struct ctl_call *call)
{
    bool was_there;
    unsigned told;
    enum ctl_status status = planning_call_off(d, call->words[0], &was_there, &told);

    say(told);
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
