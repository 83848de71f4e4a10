/*
 * warungctl outbox
 */
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>

#include "base/isotime.h"
#include "gateway/ctl/dossier.h"
#include "gateway/ctl/table.h"
#include "sessions/vault.h"

static enum ctl_status tell_all(struct dossier *d, bool is_json)
{
    struct store_tally t;
    enum store_result result = hand_tally(d->hand, &t);
    const struct {
        const char *name, *help;
        uint64_t count;
    } rows[] = {
        {"owed", "SMS ever owed to subscribers", t.owed},
        {"waiting", "... to be sent", t.waiting},
        {"awaited", "... taken by a centre, receipts to come",
         t.owed - t.waiting - t.sent - t.delivered - t.failed - t.expired - t.erased},
        {"sent", "... taken by a peer that gives no receipts", t.sent},
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
    return (enum ctl_status)hand_complain(result);
}

static void print_messages(const struct store_message *list, size_t count, bool is_json)
{
    struct table *table = table_new((const char *const[]){"OWED", "STATE", "SINCE", NULL});
    json_t *json = json_array();

    for (size_t i = 0; i < count; i++) {
        const char *state = store_end_name(list[i].end);
        char owed[ISOTIME_BYTES], at[ISOTIME_BYTES];

        isotime_format((int64_t)list[i].id.ms, owed);
        isotime_format(list[i].at_ms, at);
        table_add(table, (const char *const[]){owed, state, at});
        json_array_append_new(
            json, json_pack("{s:s, s:s, s:s}", "owed_at", owed, "state", state, "since", at));
    }
    if (is_json) {
        ctl_print_json(json);
        table_free(table);
    } else {
        table_print(table);
    }
    json_decref(json);
}

static enum ctl_status tell_one(struct dossier *d, const struct ctl_call *call)
{
    struct store_message list[HAND_MESSAGES_MAX];
    char regno[MERCHANT_REGNO_BYTES], subject[VAULT_SUBJECT_BYTES];
    enum ctl_status status = dossier_identify(d, call->words[0], regno);
    enum store_result result;
    size_t count;

    if (status != CTL_DONE)
        return status;
    vault_subject(d->setup.vault, d->msisdn, subject);
    result =
        hand_messages(d->hand, store_bucket(hand_store(d->hand), d->msisdn), subject, list, &count);
    if (result == STORE_OK)
        print_messages(list, count, call->is_json);
    return (enum ctl_status)hand_complain(result);
}

enum ctl_status ctl_outbox(const struct ctl_call *call)
{
    enum ctl_status status;
    struct dossier *d = dossier_open(call, &status);

    if (d == NULL)
        return status;
    status = call->word_count > 0 ? tell_one(d, call) : tell_all(d, call->is_json);
    dossier_close(d);
    return status;
}
