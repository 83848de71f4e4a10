/*
 * warungctl journal
 */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "gateway/ctl/access.h"
#include "gateway/ctl/daemon.h"
#include "gateway/ctl/table.h"
#include "gateway/ctl/trail.h"

struct dated {
    json_t *entry;
    const char *at; /* the entry's */
    size_t index;   /* as it was found: entries of one second of a bucket stay as they are */
};

static int dated_compare(const void *a, const void *b)
{
    const struct dated *x = a, *y = b;
    int order = strcmp(x->at, y->at);

    if (order != 0)
        return order;
    return x->index < y->index ? -1 : 1;
}

/* The store has them bucket by bucket, and consents apart. The caller's reference. */
static json_t *by_time(const json_t *journal)
{
    size_t count = json_array_size(journal);
    struct dated *all = mem_alloc((count + 1) * sizeof(*all));
    json_t *sorted = json_array();

    for (size_t i = 0; i < count; i++) {
        json_t *entry = json_array_get(journal, i);

        all[i] = (struct dated){entry, ctl_text(entry, "at"), i};
    }
    qsort(all, count, sizeof(*all), dated_compare);
    for (size_t i = 0; i < count; i++)
        json_array_append(sorted, all[i].entry);
    mem_free(all);
    return sorted;
}

/* A consent stands among the entries of its person, as the merchant's own. */
static void print_entry(struct table *t, const json_t *e)
{
    const char *consent = json_string_value(json_object_get(e, "consent"));

    table_add(t,
              (const char *const[]){ctl_text(e, "at"), consent ? "merchant" : ctl_text(e, "who"),
                                    consent ? "consent" : ctl_text(e, "event"),
                                    ctl_text(e, "subject"), consent ? "-" : ctl_text(e, "object"),
                                    consent ? consent : ctl_text(e, "detail")});
}

static void print_people(const json_t *journal)
{
    struct table *t =
        table_new((const char *const[]){"AT", "WHO", "DID", "PERSON", "OF", "DETAIL", NULL});
    size_t index;
    json_t *e;

    json_array_foreach(journal, index, e) print_entry(t, e);
    table_print(t);
}

/* Whose journal: CTL_DONE or what was told. Somebody erased is known by the hash alone. */
static enum ctl_status choose(struct dossier *d, const struct ctl_call *call,
                              char regno[MERCHANT_REGNO_BYTES])
{
    regno[0] = '\0';
    if (call->word_count == 0 || dossier_parse_regno(call->words[0], regno))
        return CTL_DONE;
    return dossier_identify(d, call->words[0], regno);
}

static enum ctl_status show(struct dossier *d, const struct ctl_call *call)
{
    char regno[MERCHANT_REGNO_BYTES];
    enum ctl_status status = choose(d, call, regno);
    json_t *found = json_array(), *journal;
    enum store_result result = STORE_OK;

    /* Of one second the consent first: a YA by SMS is one commit with what it allows. */
    if (status == CTL_DONE && regno[0] == '\0')
        result = trail_add_consents(d, found);
    if (status == CTL_DONE && result == STORE_OK)
        result = trail_add_journal(d, regno, found);
    if (result != STORE_OK)
        status = hand_complain(result);
    if (status == CTL_DONE)
        status = d->msisdn[0] != '\0' ? access_log(d, "journal", NULL, "ok")
                                      : access_log_other(d, "journal", regno, "ok");
    journal = by_time(found);
    if (status == CTL_DONE && call->is_json)
        ctl_print_json(journal);
    else if (status == CTL_DONE)
        print_people(journal);
    json_decref(found);
    json_decref(journal);
    return status;
}

enum ctl_status ctl_journal(const struct ctl_call *call)
{
    return dossier_with(call, show);
}
