/*
 * warungctl merchants review | approve | reject | fix | freeze | release, and erase
 */
#include <stdio.h>
#include <string.h>

#include "base/isotime.h"
#include "gateway/ctl/access.h"
#include "gateway/ctl/when.h"
#include "merchants/reason.h"
#include "merchants/regno.h"

struct decision {
    const struct ctl_call *call;
    const char *verb;
    enum merchant_event event; /* COUNT: none, but on hold or not */
    bool is_frozen;
    char regno[MERCHANT_REGNO_BYTES];
};

/* What an officer may say instead. */
static void complain_about_reason(const struct decision *decision)
{
    enum merchant_status status =
        decision->event == MERCHANT_EVENT_FIX ? MERCHANT_PERLU_PERBAIKAN : MERCHANT_DITOLAK;
    const char *verb = decision->verb;
    const char *code = decision->call->reason;
    const struct reason *known = code != NULL ? reason_find(code) : NULL;
    const struct reason *row;

    if (decision->event != MERCHANT_EVENT_FIX && decision->event != MERCHANT_EVENT_REJECT)
        ctl_complain("%s takes no reason", verb);
    else if (code == NULL)
        ctl_complain("%s needs a reason:", verb);
    else if (known != NULL && known->status != status)
        ctl_complain("reason %s is not for %s; these are:", code, verb);
    else
        ctl_complain("there is no reason %s for %s; these are:", code, verb);
    for (unsigned i = 0; (row = reason_at(i)) != NULL; i++)
        if (row->status == status && (row->code[0] == 'P' || row->code[0] == 'T'))
            fprintf(stderr, "  %s  %s\n", row->code, row->text_id);
}

/* What the officer decides on is what he was shown: another officer may have asked for a correction
 * since, and got it. */
static bool is_as_seen(const struct decision *decision, const struct merchant *m)
{
    char changed[ISOTIME_BYTES];

    if (decision->call->seen == NULL || m == NULL)
        return true;
    isotime_format(m->changed_ms, changed);
    if (strcmp(decision->call->seen, changed) == 0)
        return true;
    ctl_complain("it has changed since, at %s: look at it again; nothing was changed", changed);
    return false;
}

static enum ctl_status decide(struct dossier *d, void *arg)
{
    const struct decision *decision = arg;
    struct merchant *m = subscriber_find(&d->programme.subscriber, decision->regno);

    if (!is_as_seen(decision, m))
        return CTL_REFUSED;
    switch (decision->event == MERCHANT_EVENT_COUNT
                ? programme_freeze(&d->programme, decision->regno, decision->is_frozen)
                : programme_decide(&d->programme, decision->regno, decision->event,
                                   decision->call->reason)) {
    case PROGRAMME_DONE:
        return CTL_DONE;
    case PROGRAMME_NO_SUCH_REGISTRATION:
        ctl_complain("no such registration: %s", decision->regno);
        break;
    case PROGRAMME_NOT_ALLOWED:
        if (decision->event == MERCHANT_EVENT_COUNT)
            ctl_complain(decision->is_frozen ? "it is on hold already" : "it is not on hold");
        else
            ctl_complain("status is %s: %s is not allowed", merchant_status_name(m->status),
                         decision->verb);
        break;
    case PROGRAMME_FROZEN:
        ctl_complain("it is on hold, as its owner asked: %s is not allowed before a release",
                     decision->verb);
        break;
    case PROGRAMME_BAD_REASON:
        complain_about_reason(decision);
        return CTL_USAGE;
    }
    return CTL_REFUSED;
}

static enum ctl_status run_decision(struct dossier *d, struct decision *decision)
{
    enum ctl_status status = dossier_identify(d, decision->call->words[0], decision->regno);
    char display[REGNO_DISPLAY_BYTES];

    if (status != CTL_DONE)
        return status;
    if (decision->regno[0] == '\0') {
        ctl_complain("name a registration, not a subscriber: one may have several");
        return CTL_USAGE;
    }
    status = dossier_change(d, decide, decision);
    if (status == CTL_REFUSED) /* done is in the journal by the same commit */
        (void)access_log(d, decision->verb, decision->regno, "refused");
    if (status != CTL_DONE)
        return status;
    regno_format(decision->regno, display);
    if (decision->call->is_json)
        printf("{\"regno\":\"%s\",\"status\":\"%s\"}\n", decision->regno,
               merchant_status_name(
                   subscriber_find(&d->programme.subscriber, decision->regno)->status));
    else
        printf("%s %s\n", display,
               merchant_status_name(
                   subscriber_find(&d->programme.subscriber, decision->regno)->status));
    return CTL_DONE;
}

/* As isotime_format() writes it: its day and time alone matter here, not where they are. */
static bool is_time(const char *text)
{
    int64_t at_ms;

    return strlen(text) == strlen("2026-11-28T02:00:00Z") &&
           when_parse(text, "%Y-%m-%dT%H:%M:%SZ", &at_ms);
}

static enum ctl_status run(struct decision decision)
{
    const struct ctl_call *call = decision.call;
    enum ctl_status status;
    struct dossier *d;

    if (call->seen != NULL && !is_time(call->seen)) {
        ctl_complain("%s is no time such as 2026-11-28T02:00:00Z: --seen takes what merchants show "
                     "gave as changed",
                     call->seen);
        return CTL_USAGE;
    }
    d = dossier_open(call, &status);
    if (d == NULL)
        return status;
    status = run_decision(d, &decision);
    dossier_close(d);
    return status;
}

static enum ctl_status run_event(const struct ctl_call *call, enum merchant_event event)
{
    return run((struct decision){.call = call, .verb = merchant_event_name(event), .event = event});
}

enum ctl_status ctl_merchants_review(const struct ctl_call *call)
{
    return run_event(call, MERCHANT_EVENT_REVIEW);
}

enum ctl_status ctl_merchants_approve(const struct ctl_call *call)
{
    return run_event(call, MERCHANT_EVENT_APPROVE);
}

enum ctl_status ctl_merchants_reject(const struct ctl_call *call)
{
    return run_event(call, MERCHANT_EVENT_REJECT);
}

enum ctl_status ctl_merchants_fix(const struct ctl_call *call)
{
    return run_event(call, MERCHANT_EVENT_FIX);
}

enum ctl_status ctl_merchants_freeze(const struct ctl_call *call)
{
    return run((struct decision){
        .call = call, .verb = "freeze", .event = MERCHANT_EVENT_COUNT, .is_frozen = true});
}

enum ctl_status ctl_merchants_release(const struct ctl_call *call)
{
    return run((struct decision){.call = call, .verb = "release", .event = MERCHANT_EVENT_COUNT});
}

/* ---- erase ---- */

static enum ctl_status erase(struct dossier *d, void *arg)
{
    (void)arg;
    if (d->records.merchant_version == 0 && d->records.session_version == 0) {
        ctl_complain("nothing is stored of %s", d->msisdn);
        return CTL_REFUSED;
    }
    programme_erase(&d->programme, "officer");
    if (d->records.merchant_version == 0 && d->is_bare)
        d->programme.sms_count = 0; /* told by the erasure before */
    return CTL_DONE;
}

static enum ctl_status erase_subscriber(struct dossier *d, const struct ctl_call *call)
{
    char regno[MERCHANT_REGNO_BYTES];
    enum ctl_status status = dossier_identify(d, call->words[0], regno);

    if (status == CTL_DONE && regno[0] != '\0') {
        ctl_complain("name the subscriber, not a registration: everything of the number goes");
        return CTL_USAGE;
    }
    if (status == CTL_DONE)
        status = dossier_change(d, erase, NULL);
    if (status != CTL_DONE)
        return status;
    printf("erased %s\n", d->msisdn);
    return CTL_DONE;
}

enum ctl_status ctl_erase(const struct ctl_call *call)
{
    return dossier_with(call, erase_subscriber);
}
