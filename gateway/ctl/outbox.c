/*
 * warungctl outbox
 */
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "base/isotime.h"
#include "gateway/ctl/access.h"
#include "gateway/ctl/table.h"
#include "gateway/turn/outbox.h"
#include "gateway/turn/push.h"
#include "sessions/vault.h"

static enum ctl_status tell_all(struct dossier *d, bool is_json)
{
    struct store_tally t;
    enum store_result result = hand_tally(d->hand, &t);
    const struct {
        const char *name, *help;
        uint64_t count;
    } rows[] = {
        {"owed", "SMS and pushes ever owed to subscribers", t.owed},
        {"waiting", "... to be sent", t.waiting},
        {"awaited", "... taken by a centre, receipts to come",
         t.owed - t.waiting - t.sent - t.delivered - t.failed - t.expired - t.erased},
        {"sent", "... taken by a peer that gives no receipts, as of pushes", t.sent},
        {"delivered", "... shown to be on the phone", t.delivered},
        {"failed", "... refused for good", t.failed},
        {"expired", "... not in time, or never heard of again", t.expired},
        {"erased", "... taken back when the subscriber was erased", t.erased},
    };
    json_t *json = json_object();

    for (size_t i = 0; result == STORE_OK && i < sizeof(rows) / sizeof(rows[0]); i++) {
        if (is_json)
            json_object_set_new(json, rows[i].name, json_integer((json_int_t)rows[i].count));
        else
            printf("%-10s %10" PRIu64 "  %s\n", rows[i].name, rows[i].count, rows[i].help);
    }
    if (result == STORE_OK && is_json) {
        ctl_print_json(json);
    }
    json_decref(json);
    return hand_complain(result);
}

/* The messages of one subscriber: one list, for people or for machines. */
struct messages {
    struct dossier *dossier;
    struct table *table;
    json_t *json;
    unsigned unreadable;
};

static void add_message(struct messages *m, int64_t owed_ms, const char *state, int64_t since_ms)
{
    char owed[ISOTIME_BYTES], since[ISOTIME_BYTES];

    isotime_format(owed_ms, owed);
    isotime_format(since_ms, since);
    table_add(m->table, (const char *const[]){owed, state, since});
    json_array_append_new(
        m->json, json_pack("{s:s, s:s, s:s}", "owed_at", owed, "state", state, "since", since));
}

/* What waits is in the bucket's outbox, among everybody's. */
static void on_waiting(void *arg, const struct store_taken *taken)
{
    struct messages *m = arg;
    struct vault *vault = m->dossier->setup.vault;
    struct outbox_entry entry;
    struct push_entry push;

    if (!outbox_decode(&entry, vault, taken->body))
        m->unreadable += !push_decode(&push, vault, taken->body); /* a dialogue is no message */
    else if (strcmp(entry.msisdn, m->dossier->msisdn) == 0)
        add_message(m, (int64_t)taken->id.ms, "waiting", (int64_t)taken->id.ms);
}

static enum store_result gather(struct messages *m)
{
    struct dossier *d = m->dossier;
    unsigned bucket = store_bucket(hand_store(d->hand), d->msisdn);
    struct store_message list[HAND_MESSAGES_MAX];
    char subject[VAULT_SUBJECT_BYTES];
    enum store_result result;
    size_t count;

    vault_subject(d->setup.vault, d->msisdn, subject);
    result = hand_messages(d->hand, bucket, subject, list, &count);
    if (result != STORE_OK)
        return result;
    for (size_t i = 0; i < count; i++)
        add_message(m, (int64_t)list[i].id.ms, store_end_name(list[i].end), list[i].at_ms);
    return hand_log_each(d->hand, bucket, STORE_LOG_OUTBOX, on_waiting, m);
}

static enum ctl_status tell_one(struct dossier *d, const struct ctl_call *call)
{
    char regno[MERCHANT_REGNO_BYTES];
    enum ctl_status status = dossier_identify(d, call->words[0], regno);
    struct messages m = {.dossier = d};
    enum store_result result;

    if (status != CTL_DONE)
        return status;
    m.table = table_new((const char *const[]){"OWED", "STATE", "SINCE", NULL});
    m.json = json_array();
    result = gather(&m);
    status = result == STORE_OK ? access_log(d, "outbox", NULL, "ok") : hand_complain(result);
    if (status == CTL_DONE && call->is_json)
        ctl_print_json(m.json);
    if (status == CTL_DONE && !call->is_json)
        table_print(m.table);
    else
        table_free(m.table);
    json_decref(m.json);
    if (m.unreadable > 0)
        ctl_complain("%u entries of the outbox could not be opened", m.unreadable);
    if (status == CTL_DONE && m.unreadable > 0)
        status = CTL_REFUSED; /* one may have been this subscriber's */
    return status;
}

static enum ctl_status tell(struct dossier *d, const struct ctl_call *call)
{
    return call->word_count > 0 ? tell_one(d, call) : tell_all(d, call->is_json);
}

enum ctl_status ctl_outbox(const struct ctl_call *call)
{
    return dossier_with(call, tell);
}
