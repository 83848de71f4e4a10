/*
 * warungctl merchants list | show | export
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/ctl/access.h"
#include "gateway/ctl/registration.h"
#include "gateway/ctl/table.h"
#include "merchants/calendar.h"
#include "merchants/region.h"
#include "merchants/regno.h"

/* What a list is made of and where it goes. */
struct listing {
    const struct ctl_call *call;
    struct dossier *dossier;
    const char *sets[MERCHANT_STATUS_COUNT + 1];
    char regency[REGION_REGENCY_BYTES]; /* "" = all */
    json_t *json;                       /* --json */
    struct table *table;                /* for people */
    FILE *csv;                          /* what is shown is held back until it is logged */
    struct access_count shown;
    bool is_logged;
    unsigned count, unreadable;
};

static bool choose_sets(struct listing *l)
{
    enum merchant_status status;
    size_t count = 0;

    if (l->call->status != NULL) {
        if (!merchant_status_parse(l->call->status, &status)) {
            ctl_complain("%s is no status; they are TERKIRIM, DIPERIKSA, PERLU_PERBAIKAN, "
                         "DISETUJUI, DITOLAK, DIBATALKAN (drafts are in no list)",
                         l->call->status);
            return false;
        }
        if (status == MERCHANT_DRAF)
            ctl_complain("drafts are in no list: only what was sent is");
        l->sets[count++] = merchant_status_name(status);
    } else {
        for (int i = MERCHANT_DRAF + 1; i < MERCHANT_STATUS_COUNT; i++)
            l->sets[count++] = merchant_status_name((enum merchant_status)i);
    }
    l->sets[count] = NULL;
    return true;
}

static enum ctl_status open_listing(struct listing *l)
{
    const char *regency = l->call->regency;
    enum ctl_status status;

    if (!choose_sets(l))
        return CTL_USAGE;
    l->dossier = dossier_open(l->call, &status);
    if (l->dossier == NULL)
        return status;
    if (regency == NULL ||
        registration_take_regency(dossier_labels(&l->dossier->setup), regency, l->regency))
        return CTL_DONE;
    dossier_close(l->dossier);
    return CTL_USAGE;
}

static void print_csv_cell(FILE *out, const char *cell, bool is_last)
{
    /* A table program would run a cell that begins like a formula. */
    bool is_formula = strchr("=+-@\t\r", cell[0]) != NULL && cell[0] != '\0';

    putc('"', out);
    if (is_formula)
        putc('\'', out);
    for (; *cell != '\0'; cell++) {
        if (*cell == '"')
            putc('"', out);
        putc(*cell, out);
    }
    fputs(is_last ? "\"\r\n" : "\",", out);
}

static void print_csv(FILE *out, const struct registration *r)
{
    char cell[REGISTRATION_CELL_BYTES];

    for (size_t i = 0; i < registration_column_count; i++) {
        registration_cell(r, i, cell);
        print_csv_cell(out, cell, i + 1 == registration_column_count);
    }
}

static void add_row(struct table *t, const struct registration *r)
{
    const struct merchant *m = r->merchant;
    struct date sent = calendar_date_at(m->submitted_ms); /* the day that the merchant was told */
    char display[REGNO_DISPLAY_BYTES], day[40];

    regno_format(m->regno, display);
    snprintf(day, sizeof(day), "%04d-%02u-%02u", sent.year, sent.month, sent.day);
    table_add(t,
              (const char *const[]){display, merchant_status_name(m->status), day, r->msisdn,
                                    m->name, m->business, registration_label(r, "kab", m->regency),
                                    registration_label(r, "kec", m->district)});
}

/* One subscriber of the list; the record has the last word on the status, the index may be a moment
 * older. */
static void on_item(void *arg, const struct hand_item *item, const struct store_subscriber *s)
{
    struct listing *l = arg;
    const struct setup *setup = &l->dossier->setup;
    struct subscriber subscriber;
    struct registration r = {.msisdn = item->msisdn,
                             .subscriber = &subscriber,
                             .labels = dossier_labels(setup),
                             .is_revealed = l->call->is_revealed};

    if (!dossier_open_subscriber(setup, item->msisdn, s->merchant.data, &subscriber)) {
        l->unreadable++;
        return;
    }
    r.merchant = subscriber_find(&subscriber, item->member);
    if (r.merchant == NULL || l->call->is_frozen != (r.merchant->frozen_ms != 0) ||
        (l->regency[0] != '\0' && strcmp(l->regency, r.merchant->regency) != 0) ||
        (l->call->status != NULL &&
         strcmp(l->call->status, merchant_status_name(r.merchant->status)) != 0))
        return;
    l->count++;
    access_count_add(&l->shown, l->dossier, item->msisdn);
    if (l->json != NULL)
        json_array_append_new(l->json, registration_json(&r));
    else if (l->table != NULL)
        add_row(l->table, &r);
    else
        print_csv(l->csv, &r);
}

/* "TERKIRIM,1871": what was asked for. */
static enum ctl_status log_listing(struct listing *l, const char *event)
{
    char object[JOURNAL_WORD_BYTES];

    snprintf(object, sizeof(object), "%s,%s%s%s", l->call->status != NULL ? l->call->status : "all",
             l->regency[0] != '\0' ? l->regency : "all", l->call->is_frozen ? ",frozen" : "",
             l->call->is_revealed ? ",NIK" : "");
    return access_log_list(l->dossier, &l->shown, event, object);
}

static enum ctl_status run_listing(struct listing *l, const char *event)
{
    enum ctl_status status;
    struct hand_items items;
    enum store_result result = hand_list(l->dossier->hand, l->sets, &items);

    if (result == STORE_OK)
        result = hand_load_items(l->dossier->hand, &items, on_item, l);
    if (l->unreadable > 0)
        ctl_complain("%u records could not be opened", l->unreadable);
    hand_items_free(&items);
    if (result != STORE_OK)
        return hand_complain(result);
    status = log_listing(l, event);
    if (status != CTL_DONE)
        return status;
    l->is_logged = true;
    return l->unreadable > 0 ? CTL_REFUSED : CTL_DONE;
}

static void print_json(json_t *value)
{
    ctl_print_json(value);
    json_decref(value);
}

enum ctl_status ctl_merchants_list(const struct ctl_call *call)
{
    struct listing l = {.call = call};
    enum ctl_status status;

    status = open_listing(&l);
    if (status != CTL_DONE)
        return status;
    if (call->is_json)
        l.json = json_array();
    else
        l.table = table_new((const char *const[]){"NUMBER", "STATUS", "SENT", "PHONE", "NAME",
                                                  "BUSINESS", "REGENCY", "DISTRICT", NULL});
    access_count_init(&l.shown, l.dossier);
    status = run_listing(&l, "list");
    if (!l.is_logged) {
        json_decref(l.json);
        table_free(l.table);
    } else if (l.json != NULL) {
        print_json(l.json);
    } else {
        table_print(l.table);
    }
    access_count_free(&l.shown);
    dossier_close(l.dossier);
    return status;
}

enum ctl_status ctl_merchants_export(const struct ctl_call *call)
{
    struct listing l = {.call = call};
    enum ctl_status status;
    char *text = NULL;
    size_t text_bytes = 0;

    if (!call->is_csv || call->is_json) {
        ctl_complain("say --csv: it is the one form there is; as JSON, merchants list");
        return CTL_USAGE;
    }
    status = open_listing(&l);
    if (status != CTL_DONE)
        return status;
    access_count_init(&l.shown, l.dossier);
    l.csv = open_memstream(&text, &text_bytes);
    if (l.csv == NULL)
        abort(); /* out of memory */
    for (size_t i = 0; i < registration_column_count; i++)
        print_csv_cell(l.csv, registration_column_name(i), i + 1 == registration_column_count);
    status = run_listing(&l, "export");
    fclose(l.csv);
    if (l.is_logged)
        fwrite(text, 1, text_bytes, stdout);
    free(text);
    access_count_free(&l.shown);
    dossier_close(l.dossier);
    return status;
}

/* The registration that is meant: the one named, else the newest live one, else the newest. */
static const struct merchant *choose(struct subscriber *s, const char *regno)
{
    const struct merchant *chosen = NULL;

    if (regno[0] != '\0')
        return subscriber_find(s, regno);
    for (unsigned i = 0; i < s->merchant_count; i++) {
        const struct merchant *m = &s->merchants[i];

        if (chosen == NULL || merchant_status_is_live(m->status) ||
            !merchant_status_is_live(chosen->status))
            chosen = m;
    }
    return chosen;
}

static enum ctl_status show(struct dossier *d, const struct ctl_call *call)
{
    char regno[MERCHANT_REGNO_BYTES];
    enum ctl_status status = dossier_identify(d, call->words[0], regno);
    struct registration r = {.msisdn = d->msisdn,
                             .subscriber = &d->programme.subscriber,
                             .labels = dossier_labels(&d->setup),
                             .is_revealed = call->is_revealed};

    if (status == CTL_DONE)
        status = dossier_load(d);
    if (status != CTL_DONE)
        return status;
    r.merchant = choose(&d->programme.subscriber, regno);
    if (r.merchant == NULL) {
        ctl_complain("no such registration: %s", call->words[0]);
        return CTL_REFUSED;
    }
    status = access_log(d, "show", r.merchant->regno, call->is_revealed ? "ok,NIK" : "ok");
    if (status != CTL_DONE)
        return status;
    if (call->is_json)
        print_json(registration_json(&r));
    else
        registration_print(&r);
    return CTL_DONE;
}

enum ctl_status ctl_merchants_show(const struct ctl_call *call)
{
    return dossier_with(call, show);
}
