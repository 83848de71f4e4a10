/*
 * warungctl push: a network-initiated dialogue owed to a subscriber. It is written into the store,
 * and the next gateway that looks sends it (gateway/turn/push.h): none has to run now.
 */
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/isotime.h"
#include "gateway/ctl/access.h"
#include "gateway/ctl/dossier.h"
#include "gateway/turn/push.h"

/* The code by which the menu is dialled; NULL after telling why there is none. */
static const char *find_code(const struct setup *setup, const char *name, const char *screen)
{
    const struct config *c = setup->config;

    for (unsigned i = 0; i < c->menu_count; i++) {
        const struct menu *menu = router_at(setup->router, i);

        if (strcmp(menu_name(menu), name) != 0)
            continue;
        if (c->menus[i].codes.count == 0) {
            ctl_complain("the menu %s has no code to dial", name);
            return NULL;
        }
        if (menu_can_push(menu, screen))
            return c->menus[i].codes.items[0];
        ctl_complain("the menu %s has no screen and no text %s", name, screen);
        return NULL;
    }
    ctl_complain("no menu is called %s", name);
    return NULL;
}

static bool has_link(const struct config *c, const char *name)
{
    for (size_t i = 0; i < c->smsc_count; i++)
        if (strcmp(c->smsc[i].name, name) == 0)
            return true;
    for (size_t i = 0; i < c->partners.account_count; i++)
        if (strcmp(c->partners.accounts[i].system_id, name) == 0)
            return true;
    ctl_complain("no centre and no partner is called %s", name);
    return false;
}

/* ---- once ---- */

/* A push is written down by the commit that owes it: who says the same command again, because no
 * answer came, finds it there. The same is whatever the words of the entry hold; another once the
 * first one's time is over. */
struct request {
    struct push_entry entry;
    struct journal_entry journal;
    unsigned for_s;
    struct store_owed_id last; /* of the same, as it was written down; zeros = none */
};

enum { CLOCKS_DIFFER_S = 60 };

static void note(struct request *q, const struct dossier *d)
{
    char who[JOURNAL_WORD_BYTES], subject[VAULT_SUBJECT_BYTES], detail[96]; /* cut */

    access_who(who);
    vault_subject(d->setup.vault, d->msisdn, subject);
    snprintf(detail, sizeof(detail), "owed,%us,%s,%s", q->for_s, q->entry.code,
             q->entry.link[0] != '\0' ? q->entry.link : "-");
    journal_fill(&q->journal, who, "push", subject, q->entry.screen, detail);
}

static void on_noted(void *arg, const struct store_taken *taken)
{
    struct request *q = arg;
    struct journal_entry e;

    if (journal_decode(&e, taken->body) && strcmp(e.event, q->journal.event) == 0 &&
        strcmp(e.subject, q->journal.subject) == 0 && strcmp(e.object, q->journal.object) == 0 &&
        strcmp(e.detail, q->journal.detail) == 0)
        q->last = taken->id;
}

/* Finds q->last. */
static enum store_result look(struct dossier *d, struct request *q)
{
    int64_t since_ms = clock_wall_ms() - ((int64_t)q->for_s + CLOCKS_DIFFER_S) * 1000;

    return hand_log_since(d->hand, store_bucket(hand_store(d->hand), d->msisdn), STORE_LOG_JOURNAL,
                          since_ms, on_noted, q);
}

/* After a commit without an answer. */
static bool is_owed(struct dossier *d, struct request *q)
{
    struct store_owed_id before = q->last;

    return hand_await(d->hand) && look(d, q) == STORE_OK &&
           (q->last.ms != before.ms || q->last.number != before.number);
}

static enum ctl_status owe(struct dossier *d, struct request *q)
{
    char subject[VAULT_SUBJECT_BYTES];
    struct store_commit commit = {
        .msisdn = d->msisdn, .owed_count = 1, .journal_count = 1, .subject = subject};
    uint8_t octets[STORE_OWED_BYTES_MAX], line[JOURNAL_BYTES];
    enum store_result result;
    struct writer w;

    writer_init(&w, octets, sizeof(octets));
    if (!push_encode(&q->entry, d->setup.vault, &w)) {
        ctl_complain("the push cannot be sealed");
        return CTL_REFUSED;
    }
    vault_subject(d->setup.vault, d->msisdn, subject);
    commit.owed[0] = writer_span(&w);
    commit.journal[0] = journal_encode(&q->journal, line);
    result = hand_commit(d->hand, &commit);
    if (result == STORE_OK || (result == STORE_UNKNOWN && is_owed(d, q)))
        return CTL_DONE;
    if (result != STORE_UNKNOWN)
        return (enum ctl_status)hand_complain(result);
    ctl_complain("the store did not answer; say it again: the same is not owed twice");
    return CTL_UNREACHABLE;
}

/* CTL_DONE also when it was owed before. */
static enum ctl_status owe_once(struct dossier *d, struct request *q, bool is_again)
{
    enum store_result result = look(d, q);
    char at[ISOTIME_BYTES];

    if (result != STORE_OK)
        return (enum ctl_status)hand_complain(result);
    if (is_again || (int64_t)q->last.ms <= clock_wall_ms() - (int64_t)q->for_s * 1000)
        return owe(d, q);
    isotime_format((int64_t)q->last.ms, at);
    ctl_complain("the same was owed at %s, nothing is done; --again owes another", at);
    return CTL_DONE;
}

static enum ctl_status push(struct dossier *d, const struct ctl_call *call)
{
    const struct config *c = d->setup.config;
    struct request q = {.for_s = call->for_s != 0 ? call->for_s : c->turn.push_expiry_s};
    const char *code = find_code(&d->setup, call->menu, call->screen);
    char regno[MERCHANT_REGNO_BYTES];
    enum ctl_status status;

    if (code == NULL || (call->link != NULL && !has_link(c, call->link)))
        return CTL_REFUSED;
    status = dossier_identify(d, call->words[0], regno);
    if (status != CTL_DONE)
        return status;
    q.entry.expires_ms = clock_wall_ms() + (int64_t)q.for_s * 1000;
    text_copy(q.entry.msisdn, sizeof(q.entry.msisdn), d->msisdn);
    text_copy(q.entry.link, sizeof(q.entry.link), call->link != NULL ? call->link : "");
    text_copy(q.entry.code, sizeof(q.entry.code), code);
    if (!text_copy(q.entry.screen, sizeof(q.entry.screen), call->screen))
        return CTL_REFUSED;
    note(&q, d);
    status = owe_once(d, &q, call->is_again);
    if (status != CTL_DONE)
        return status;
    if (call->is_json)
        printf("{\"msisdn\": \"%s\", \"menu\": \"%s\", \"screen\": \"%s\", \"for_s\": %u}\n",
               d->msisdn, call->menu, call->screen, q.for_s);
    else
        printf("owed to %s for %u seconds\n", d->msisdn, q.for_s);
    return CTL_DONE;
}

enum ctl_status ctl_push(const struct ctl_call *call)
{
    enum ctl_status status = CTL_USAGE;
    struct dossier *d;

    if (call->menu == NULL || call->screen == NULL) {
        ctl_complain("push needs --menu and --screen");
        return CTL_USAGE;
    }
    d = dossier_open(call, &status);
    if (d == NULL)
        return status;
    status = push(d, call);
    dossier_close(d);
    return status;
}
