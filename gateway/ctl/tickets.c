/*
 * warungctl tickets list | done
 */
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "base/isotime.h"
#include "gateway/ctl/access.h"
#include "gateway/ctl/table.h"

static const char *const ticket_sets[] = {PROGRAMME_TICKET_SET, NULL};

struct listing {
    struct dossier *dossier;
    json_t *json;
    struct table *table;
    unsigned unreadable;
    struct access_count shown;
};

/* Whose name to ask for on the phone: the newest registration's. */
static const char *name_of(const struct subscriber *s)
{
    return s->merchant_count > 0 ? s->merchants[s->merchant_count - 1].name : "";
}

static void add_ticket(struct listing *l, const char *msisdn, const struct subscriber *s,
                       const struct ticket *t)
{
    char asked[ISOTIME_BYTES];

    access_count_add(&l->shown, l->dossier, msisdn);
    isotime_format(t->asked_ms, asked);
    if (l->json != NULL)
        json_array_append_new(l->json, json_pack("{s:s, s:s, s:s, s:s, s:s, s:s}", "number",
                                                 t->number, "kind", ticket_kind_name(t->kind),
                                                 "msisdn", msisdn, "name", name_of(s), "slot",
                                                 ticket_slot_name(t->slot), "asked_at", asked));
    else
        table_add(l->table, (const char *const[]){t->number, ticket_kind_name(t->kind), asked,
                                                  ticket_slot_name(t->slot), msisdn, name_of(s)});
}

static void on_item(void *arg, const struct hand_item *item, const struct store_subscriber *stored)
{
    struct listing *l = arg;
    struct subscriber s;

    if (!dossier_open_subscriber(&l->dossier->setup, item->msisdn, stored->merchant.data, &s)) {
        l->unreadable++;
        return;
    }
    for (unsigned i = 0; i < s.ticket_count; i++)
        if (strcmp(s.tickets[i].number, item->member) == 0)
            add_ticket(l, item->msisdn, &s, &s.tickets[i]);
}

static enum ctl_status run_listing(struct listing *l)
{
    struct hand_items items;
    enum store_result result = hand_list(l->dossier->hand, ticket_sets, &items);

    if (result == STORE_OK)
        result = hand_load_items(l->dossier->hand, &items, on_item, l);
    hand_items_free(&items);
    if (l->unreadable > 0)
        ctl_complain("%u records could not be opened", l->unreadable);
    if (result != STORE_OK)
        return hand_complain(result);
    return l->unreadable > 0 ? CTL_REFUSED : CTL_DONE;
}

enum ctl_status ctl_tickets_list(const struct ctl_call *call)
{
    enum ctl_status status, logged;
    struct listing l = {.dossier = dossier_open(call, &status)};

    if (l.dossier == NULL)
        return status;
    if (call->is_json)
        l.json = json_array();
    else
        l.table = table_new(
            (const char *const[]){"TICKET", "KIND", "ASKED", "CALL IN THE", "PHONE", "NAME", NULL});
    access_count_init(&l.shown, l.dossier);
    status = run_listing(&l);
    logged = access_log_list(l.dossier, &l.shown, "tickets", PROGRAMME_TICKET_SET);
    if (logged != CTL_DONE) {
        json_decref(l.json);
        table_free(l.table);
        status = logged;
    } else if (l.json != NULL) {
        ctl_print_json(l.json);
        json_decref(l.json);
    } else {
        table_print(l.table);
    }
    access_count_free(&l.shown);
    dossier_close(l.dossier);
    return status;
}

/* A ticket's number does not lead to its bucket: it is looked for in the list. */
static enum ctl_status find_owner(struct dossier *d, const char *number)
{
    struct hand_items items;
    enum store_result result = hand_list(d->hand, ticket_sets, &items);

    d->msisdn[0] = '\0';
    for (size_t i = 0; result == STORE_OK && i < items.count; i++)
        if (strcmp(items.items[i].member, number) == 0)
            text_copy(d->msisdn, sizeof(d->msisdn), items.items[i].msisdn);
    hand_items_free(&items);
    if (result != STORE_OK)
        return hand_complain(result);
    if (d->msisdn[0] != '\0')
        return CTL_DONE;
    ctl_complain("no such open ticket: %s", number);
    return CTL_REFUSED;
}

struct finish {
    const char *number;
    bool was_erasure;
};

static enum ctl_status finish(struct dossier *d, void *arg)
{
    struct finish *f = arg;
    const struct subscriber *s = &d->programme.subscriber;

    for (unsigned i = 0; i < s->ticket_count; i++)
        if (strcmp(s->tickets[i].number, f->number) == 0)
            f->was_erasure = s->tickets[i].kind == TICKET_ERASE;
    if (programme_finish_ticket(&d->programme, f->number))
        return CTL_DONE;
    ctl_complain("no such open ticket: %s", f->number);
    return CTL_REFUSED;
}

static enum ctl_status done(struct dossier *d, const struct ctl_call *call)
{
    struct finish f = {.number = call->words[0]};
    enum ctl_status status = find_owner(d, f.number);

    if (status == CTL_DONE)
        status = dossier_change(d, finish, &f);
    if (status != CTL_DONE)
        return status;
    printf("%s done\n", f.number);
    if (f.was_erasure)
        fprintf(stderr,
                "Nothing is erased: that erasure is called off. `warungctl erase %s` does it.\n",
                d->msisdn);
    return CTL_DONE;
}

enum ctl_status ctl_tickets_done(const struct ctl_call *call)
{
    return dossier_with(call, done);
}
