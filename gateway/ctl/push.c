/*
 * warungctl push: a network-initiated dialogue owed to a subscriber. It is written into the store,
 * and the next gateway that looks sends it (gateway/turn/push.h): none has to run now.
 */
#include <jansson.h>
#include <openssl/rand.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/isotime.h"
#include "base/mem.h"
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
        ctl_complain(
            "the menu %s has no screen and no text %s that may be pushed: one that asks or "
            "tells something, not one that acts at once",
            name, screen);
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
    bool is_new;               /* nothing of the same was owed */
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

    /* Before and behind a write that replicas have confirmed, as in dossier.c. */
    for (int i = 0; i < 2; i++) {
        q->last = before;
        if (!hand_await(d->hand) || look(d, q) != STORE_OK ||
            (q->last.ms == before.ms && q->last.number == before.number) ||
            (i == 0 && hand_confirm(d->hand, d->msisdn) != STORE_OK))
            return false;
    }
    return true;
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
        return hand_complain(result);
    ctl_complain("the store did not answer; say it again: the same is not owed twice");
    return CTL_UNREACHABLE;
}

/* Looks, then owes: two officers at once would both find nothing. What is owed already must be so
 * behind a confirmed write, too. */
static enum ctl_status owe_once(struct dossier *d, struct request *q, bool is_again)
{
    enum store_result result = STORE_OK;

    for (int i = 0; i < 2 && result == STORE_OK && !q->is_new; i++) {
        if (i > 0)
            result = hand_confirm(d->hand, d->msisdn);
        q->last = (struct store_owed_id){0};
        if (result == STORE_OK)
            result = look(d, q);
        q->is_new = is_again || (int64_t)q->last.ms <= clock_wall_ms() - (int64_t)q->for_s * 1000;
    }
    if (result != STORE_OK)
        return hand_complain(result);
    return q->is_new ? owe(d, q) : CTL_DONE;
}

/* ---- one at a time ---- */

/* A shared record that stands for "somebody pushes to this subscriber just now". Who dies meanwhile
 * holds the others up for its life. */
enum { TURN_S = 10, TURN_WAIT_MS = 100, TURN_TRIES = (TURN_S + 2) * 1000 / TURN_WAIT_MS };

struct turnstile {
    char name[STORE_NAME_BYTES_MAX + 1]; /* by the keyed hash of the number */
    uint8_t token[16];                   /* ours */
};

static enum ctl_status turnstile_enter(struct turnstile *t, struct dossier *d)
{
    enum store_result result = STORE_CONFLICT;
    char subject[VAULT_SUBJECT_BYTES];

    vault_subject(d->setup.vault, d->msisdn, subject);
    (void)text_join(t->name, sizeof(t->name), "push", ':', subject);
    if (RAND_bytes(t->token, sizeof(t->token)) != 1) {
        ctl_complain("the system gives no random numbers");
        return CTL_REFUSED;
    }
    for (int i = 0; i < TURN_TRIES && result == STORE_CONFLICT; i++) {
        if (i > 0)
            hand_pause(d->hand, TURN_WAIT_MS);
        result =
            hand_shared_commit(d->hand, t->name, 0, span_of(t->token, sizeof(t->token)), TURN_S);
    }
    /* Without an answer nothing is owed yet either. */
    return hand_complain(result == STORE_UNKNOWN ? STORE_UNAVAILABLE : result);
}

static void turnstile_leave(const struct turnstile *t, struct dossier *d)
{
    uint8_t *octets = mem_alloc(HAND_SHARED_BYTES);
    uint64_t version;
    size_t size;

    if (hand_shared_load(d->hand, t->name, &version, octets, &size) == STORE_OK &&
        span_is_equal(span_of(octets, size), span_of(t->token, sizeof(t->token))))
        (void)hand_shared_commit(d->hand, t->name, version, span_of(NULL, 0), 0);
    mem_free(octets);
}

/* ---- what is told ---- */

static void print(const struct dossier *d, const struct ctl_call *call, const struct request *q)
{
    char at[ISOTIME_BYTES];

    if (call->is_json) {
        json_t *json =
            json_pack("{s:s, s:s, s:s, s:i, s:b}", "msisdn", d->msisdn, "menu", call->menu,
                      "screen", call->screen, "for_s", (int)q->for_s, "is_new", (int)q->is_new);

        ctl_print_json(json);
        json_decref(json);
    } else if (q->is_new) {
        printf("owed to %s for %u seconds\n", d->msisdn, q->for_s);
    } else {
        isotime_format((int64_t)q->last.ms, at);
        printf("the same was owed to %s at %s: nothing is done; --again owes another\n", d->msisdn,
               at);
    }
}

static enum ctl_status push(struct dossier *d, const struct ctl_call *call)
{
    const struct config *c = d->setup.config;
    struct request q = {.for_s = call->for_s != 0 ? call->for_s : c->turn.push_expiry_s};
    const char *code = find_code(&d->setup, call->menu, call->screen);
    char regno[MERCHANT_REGNO_BYTES];
    struct turnstile turnstile;
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
    status = turnstile_enter(&turnstile, d);
    if (status != CTL_DONE)
        return status;
    status = owe_once(d, &q, call->is_again);
    turnstile_leave(&turnstile, d);
    if (status == CTL_DONE)
        print(d, call, &q);
    return status;
}

enum ctl_status ctl_push(const struct ctl_call *call)
{
    if (call->menu != NULL && call->screen != NULL)
        return dossier_with(call, push);
    ctl_complain("push needs --menu and --screen");
    return CTL_USAGE;
}
