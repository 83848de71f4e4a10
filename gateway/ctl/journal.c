/*
 * warungctl journal
 */

#include "gateway/ctl/access.h"
#include "gateway/ctl/daemon.h"
#include "gateway/ctl/table.h"
#include "gateway/ctl/trail.h"

/* Consents stand among the entries of a person, as the merchant's own. */
static void print_people(const json_t *journal, const json_t *consents)
{
    struct table *t =
        table_new((const char *const[]){"AT", "WHO", "DID", "PERSON", "OF", "DETAIL", NULL});
    size_t index;
    json_t *e;

    json_array_foreach(journal, index, e)
        table_add(t, (const char *const[]){ctl_text(e, "at"), ctl_text(e, "who"),
                                           ctl_text(e, "event"), ctl_text(e, "subject"),
                                           ctl_text(e, "object"), ctl_text(e, "detail")});
    json_array_foreach(consents, index, e)
        table_add(t, (const char *const[]){ctl_text(e, "at"), "merchant", "consent",
                                           ctl_text(e, "subject"), "-", ctl_text(e, "consent")});
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
    json_t *journal = json_array(), *consents = json_array();
    enum store_result result = STORE_OK;

    if (status == CTL_DONE)
        result = trail_add_journal(d, regno, journal);
    if (status == CTL_DONE && result == STORE_OK && regno[0] == '\0')
        result = trail_add_consents(d, consents);
    if (result != STORE_OK)
        status = hand_complain(result);
    if (status == CTL_DONE)
        status = d->msisdn[0] != '\0' ? access_log(d, "journal", NULL, "ok")
                                      : access_log_other(d, "journal", regno, "ok");
    if (status == CTL_DONE && call->is_json) {
        json_array_extend(journal, consents);
        ctl_print_json(journal);
    } else if (status == CTL_DONE) {
        print_people(journal, consents);
    }
    json_decref(journal);
    json_decref(consents);
    return status;
}

enum ctl_status ctl_journal(const struct ctl_call *call)
{
    return dossier_with(call, show);
}
