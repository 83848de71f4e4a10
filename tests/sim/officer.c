#include "tests/sim/officer.h"

#include "base/mem.h"
#include "gateway/ctl/dossier.h"
#include "gateway/turn/push.h"
#include "gateway/turn/turn.h"
#include "tests/sim/hand.h"
#include "tests/sim/menus.h"
#include "tests/sim/phone.h"
#include "tests/sim/planner.h"

#include <stdio.h>
#include <string.h>

enum {
    OFFICER_ERASES = 250000, /* of a million commands, where there are erasures */
    OFFICER_PUSHES = 300000, /* where there are pushes */
    OFFICER_PUSHES_FOR_MS = 300 * 1000,
    OFFICER_PLANS = 200000, /* where trainings are called off */
    OFFICER_KEEPS_D = 365,  /* longer than any history */
    OFFICER_WAITS_MS = 14 * 24 * 3600 * 1000,
    OFFICER_SKEW_MS = 10 * 60 * 1000, /* of clocks */
};

/* What a registration's status must be. */
struct decided {
    char regno[MERCHANT_REGNO_BYTES]; /* "" = he knows of none */
    enum merchant_status status;
    uint64_t at_ms;
};

struct officer {
    struct world *world;
    struct smsc *smsc;
    struct config_menu menu;
    struct config config;
    struct dossier dossier;
    unsigned subscriber;
    uint64_t choice; /* of the command at hand, however often it is made anew */
    struct decided doing;
    struct decided *decided; /* by subscriber */
    struct planner planner;
    struct officer_counters counters;
};

struct officer *officer_new(struct world *w, struct memory_data *data, struct smsc *smsc)
{
    static const char *codes[] = {"*384#"};
    struct officer *o = mem_zalloc(sizeof(*o));
    struct turn_settings settings = turn_settings_default();

    o->world = w;
    o->smsc = smsc;
    o->menu.codes = (struct config_strings){codes, 1};
    o->config.menus = &o->menu;
    o->config.menu_count = 1;
    o->config.turn.sms_expiry_s = w->sms_expiry_s;
    o->config.turn.draft_ttl_s = settings.draft_ttl_s;
    o->config.retention = (struct config_retention){
        OFFICER_KEEPS_D, OFFICER_KEEPS_D, OFFICER_KEEPS_D, OFFICER_KEEPS_D,
        OFFICER_KEEPS_D, OFFICER_KEEPS_D, OFFICER_KEEPS_D, 0};
    o->dossier.setup = (struct setup){
        .config = &o->config, .router = w->menus->router, .vault = vault_new_plain()};
    o->dossier.hand = sim_hand_new(w, data);
    planner_init(&o->planner, w, &o->dossier);
    o->decided = mem_zalloc(smsc_subscribers(smsc) * sizeof(*o->decided));
    return o;
}

/* Who was not shown his number would take himself for not registered: such are not rejected. */
static enum merchant_event choose_event(const struct officer *o, enum merchant_status status)
{
    if (status == MERCHANT_TERKIRIM)
        return MERCHANT_EVENT_REVIEW;
    if (o->choice % 3 == 0)
        return MERCHANT_EVENT_FIX;
    return o->choice % 3 == 1 && smsc_phone(o->smsc, o->subscriber)->regno[0] != '\0'
               ? MERCHANT_EVENT_REJECT
               : MERCHANT_EVENT_APPROVE;
}

static const struct merchant *find_live(const struct subscriber *s)
{
    for (unsigned i = 0; i < s->merchant_count; i++)
        if (merchant_status_is_live(s->merchants[i].status))
            return &s->merchants[i];
    return NULL;
}

static enum ctl_status decide(struct dossier *d, void *arg)
{
    static const char *const fix = "P01", *const reject = "T01";
    struct officer *o = arg;
    const struct merchant *m = find_live(&d->programme.subscriber);
    enum merchant_event event;

    if (m == NULL)
        return CTL_REFUSED;
    event = choose_event(o, m->status);
    if (programme_decide(&d->programme, m->regno, event,
                         event == MERCHANT_EVENT_FIX      ? fix
                         : event == MERCHANT_EVENT_REJECT ? reject
                                                          : NULL) != PROGRAMME_DONE)
        return CTL_REFUSED;
    text_copy(o->doing.regno, sizeof(o->doing.regno), m->regno);
    o->doing.status = m->status;
    o->doing.at_ms = o->world->timers.now_ms;
    return CTL_DONE;
}

static enum ctl_status erase(struct dossier *d, void *arg)
{
    (void)arg;
    if (d->records.merchant_version == 0 && d->records.session_version == 0)
        return CTL_REFUSED;
    programme_erase(&d->programme, "officer");
    return CTL_DONE;
}

/* Refused, or not known to be done: others may have changed it meanwhile, or it may be. */
static void decide_on(struct officer *o, unsigned i)
{
    struct decided *was = &o->decided[i];
    enum ctl_status status;

    o->doing = (struct decided){.regno = ""};
    status = dossier_change(&o->dossier, decide, o);
    if (status == CTL_DONE) {
        o->counters.decisions++;
        *was = o->doing;
        if (!deeds_are_over(&smsc_phone(o->smsc, i)->deeds))
            was->regno[0] = '\0';
    } else if (status != CTL_REFUSED || o->doing.regno[0] != '\0') {
        was->regno[0] = '\0';
    }
    world_tell(o->world, "the officer on %s: %s, status %d", o->dossier.msisdn,
               merchant_status_name(o->doing.status), (int)status);
}

static void erase_all_of(struct officer *o, unsigned i)
{
    struct phone *s = smsc_phone(o->smsc, i);
    enum ctl_status status;

    phone_forget(s);
    s->officer_ms = o->world->timers.now_ms;
    status = dossier_change(&o->dossier, erase, NULL);
    s->officer_ms = o->world->timers.now_ms;
    world_tell(o->world, "the officer erases %s, status %d", o->dossier.msisdn, (int)status);
    o->decided[i].regno[0] = '\0';
    if (status != CTL_DONE)
        return;
    o->counters.erasures++;
    s->asked_ms = 0;
    phone_forgotten(s);
}

/* The help, by its name. Of who does not hear of it, it may be owed. */
static void push_to(struct officer *o, unsigned i)
{
    struct world *w = o->world;
    struct push_entry entry = {.code = "*384#",
                               .screen = "BANTUAN",
                               .expires_ms = world_wall_ms(w) + OFFICER_PUSHES_FOR_MS};
    uint8_t octets[STORE_OWED_BYTES_MAX];
    char subject[VAULT_SUBJECT_BYTES];
    struct store_commit commit = {.msisdn = o->dossier.msisdn, .owed_count = 1, .subject = subject};
    enum store_result result;
    struct writer writer;

    text_copy(entry.msisdn, sizeof(entry.msisdn), o->dossier.msisdn);
    vault_subject(o->dossier.setup.vault, o->dossier.msisdn, subject);
    writer_init(&writer, octets, sizeof(octets));
    if (!push_encode(&entry, o->dossier.setup.vault, &writer))
        world_violation(w, "a push that cannot be sealed", o->dossier.msisdn, "");
    commit.owed[0] = writer_span(&writer);
    phone_expect_push(smsc_phone(o->smsc, i),
                      w->timers.now_ms + OFFICER_PUSHES_FOR_MS + OFFICER_SKEW_MS);
    result = hand_commit(o->dossier.hand, &commit);
    outcome_ordered(&smsc_phone(o->smsc, i)->outcome, result == STORE_OK);
    if (result == STORE_UNAVAILABLE)
        phone_forget_push(smsc_phone(o->smsc, i));
    else if (result == STORE_UNKNOWN)
        phone_doubt_push(smsc_phone(o->smsc, i));
    world_tell(w, "the officer pushes to %s, result %d", o->dossier.msisdn, (int)result);
}

void officer_work(struct officer *o)
{
    struct world *w = o->world;
    unsigned i = (unsigned)world_between(w, 0, smsc_subscribers(o->smsc) - 1);

    if (w->calls_off && world_chance(w, OFFICER_PLANS)) {
        planner_work(&o->planner);
        return;
    }
    o->subscriber = i;
    o->choice = world_random(w);
    text_copy(o->dossier.msisdn, sizeof(o->dossier.msisdn), smsc_phone(o->smsc, i)->msisdn);
    if (w->pushes && world_chance(w, OFFICER_PUSHES)) {
        push_to(o, i);
        if (w->erases && world_chance(w, OFFICER_ERASES)) /* while it is owed */
            erase_all_of(o, i);
    } else if (w->erases && world_chance(w, OFFICER_ERASES))
        erase_all_of(o, i);
    else
        decide_on(o, i);
}

void officer_finish(struct officer *o)
{
    planner_finish(&o->planner);
    o->counters.called_off = o->planner.called_off;
}

size_t officer_pending(const struct officer *o)
{
    return sim_hand_pending(o->dossier.hand);
}

const struct officer_counters *officer_counters(const struct officer *o)
{
    return &o->counters;
}

/* He asked for a correction, two weeks have gone by. */
static bool has_lapsed(const struct officer *o, const struct decided *d, const struct merchant *m)
{
    return d->status == MERCHANT_PERLU_PERBAIKAN && m->status == MERCHANT_DITOLAK &&
           strcmp(m->reason, "T05") == 0 &&
           o->world->timers.now_ms - d->at_ms >= OFFICER_WAITS_MS - OFFICER_SKEW_MS;
}

void officer_compare(const struct officer *o, unsigned i, const struct subscriber *record,
                     bool comes_by_sms)
{
    const struct decided *known = &o->decided[i];
    const struct phone *phone = smsc_phone(o->smsc, i);
    const struct merchant *m = NULL;
    char detail[96];

    if (comes_by_sms && phone->asked_news_ms != 0 && phone->asked_news_ms < o->planner.announced_ms)
        world_violation(o->world, "a training was announced, but not to who had asked",
                        phone->msisdn, "");
    if (known->regno[0] == '\0' || phone->deeds.last_ms >= known->at_ms ||
        phone->asked_ms >= known->at_ms || phone->erased_ms >= known->at_ms)
        return;
    for (unsigned k = 0; k < record->merchant_count; k++)
        if (strcmp(record->merchants[k].regno, known->regno) == 0)
            m = &record->merchants[k];
    snprintf(detail, sizeof(detail), "%s: %s, is %s", known->regno,
             merchant_status_name(known->status),
             m != NULL ? merchant_status_name(m->status) : "not there");
    if (m == NULL || (m->status != known->status && !has_lapsed(o, known, m)))
        world_violation(o->world, "a decision is gone", phone->msisdn, detail);
    if (m->status != known->status && comes_by_sms &&
        (phone->reminded_ms < known->at_ms || phone->reminded_ms == 0))
        world_violation(o->world, "it was too late, and nobody had said so", phone->msisdn, detail);
    if (comes_by_sms && (phone->decisions >> known->status & 1) == 0)
        world_violation(o->world, "the SMS of a decision never came", phone->msisdn, detail);
}

unsigned officer_training(const struct officer *o)
{
    return o->planner.number;
}

void officer_free(struct officer *o)
{
    vault_free(o->dossier.setup.vault);
    hand_close(o->dossier.hand);
    mem_free(o->decided);
    mem_free(o);
}
