#include "gateway/ctl/trail.h"

#include <string.h>

#include "merchants/journal.h"
#include "merchants/regno.h"

struct trail {
    const char *subject; /* NULL = everybody's */
    const char *regno;   /* "" = any */
    json_t *list;
};

static bool is_meant(const struct trail *t, const struct journal_entry *e)
{
    if (t->regno[0] != '\0')
        return strcmp(e->object, t->regno) == 0;
    return t->subject == NULL || strcmp(e->subject, t->subject) == 0 ||
           strcmp(e->subject, "*") == 0;
}

static void on_journal(void *arg, const struct store_taken *entry)
{
    struct trail *t = arg;
    struct journal_entry e;

    if (journal_decode(&e, entry->body) && is_meant(t, &e))
        json_array_append_new(t->list, json_pack("{s:o, s:s, s:s, s:s, s:s, s:s}", "at",
                                                 ctl_time((int64_t)entry->id.ms), "who", e.who,
                                                 "event", e.event, "subject", e.subject, "object",
                                                 e.object, "detail", e.detail));
}

static void on_consent(void *arg, const struct store_taken *entry)
{
    struct trail *t = arg;
    struct journal_consent c;

    if (journal_decode_consent(&c, entry->body) &&
        (t->subject == NULL || strcmp(t->subject, c.subject) == 0))
        json_array_append_new(
            t->list,
            json_pack("{s:o, s:s, s:o}", "at", ctl_time((int64_t)entry->id.ms), "subject",
                      c.subject, "consent",
                      json_sprintf("version=%s words=%s lang=%s by=%s link=%s session=%s",
                                   c.version, c.words[0] != '\0' ? c.words : "-", c.language,
                                   c.channel, c.link, c.session[0] != '\0' ? c.session : "-")));
}

static enum store_result walk(struct dossier *d, enum store_log log, hand_entry_fn *fn,
                              struct trail *t)
{
    struct store *store = hand_store(d->hand);
    enum store_result result = STORE_OK;
    char subject[VAULT_SUBJECT_BYTES];

    if (d->msisdn[0] != '\0') {
        vault_subject(d->setup.vault, d->msisdn, subject);
        t->subject = subject;
        return hand_log_each(d->hand, store_bucket(store, d->msisdn), log, fn, t);
    }
    if (t->regno[0] != '\0')
        return hand_log_each(d->hand, regno_bucket(t->regno, store->buckets), log, fn, t);
    for (unsigned bucket = 0; bucket < store->buckets && result == STORE_OK; bucket++)
        result = hand_log_each(d->hand, bucket, log, fn, t);
    return result;
}

enum store_result trail_add_journal(struct dossier *d, const char *regno, json_t *list)
{
    return walk(d, STORE_LOG_JOURNAL, on_journal, &(struct trail){.regno = regno, .list = list});
}

enum store_result trail_add_consents(struct dossier *d, json_t *list)
{
    return walk(d, STORE_LOG_CONSENT, on_consent, &(struct trail){.regno = "", .list = list});
}
