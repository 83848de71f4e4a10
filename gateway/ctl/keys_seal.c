/*
 * warungctl keys seal: what stands in the clear from before the keys is sealed, so that the keys
 * file need not let such records be read any more.
 *
 * Registrations and trainings are written anew, each by a commit that checks its version: gateways
 * may be at work, and who was cut off says it again. Sessions and SMS owed have an end of their
 * own, and are waited for.
 */
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/date.h"
#include "base/mem.h"
#include "gateway/ctl/access.h"
#include "gateway/ctl/keys_census.h"

enum { TRIES_MAX = 8, DAY_S = 86400, DAY_BYTES = 16 };

#define FIRST_KEY "keys-seal"

struct sealing {
    struct dossier *dossier;
    struct hand_items people;
    bool *is_plain; /* of each */
    unsigned sealed, unreadable;
    struct keys_census left;
    bool reads_plain; /* the file still says so */
};

static void on_person(void *arg, const struct hand_item *item, const struct store_subscriber *s)
{
    struct sealing *q = arg;

    q->is_plain[item - q->people.items] =
        s->merchant.version != 0 && vault_record_key(s->merchant.data) == 0;
}

/* ---- one record ---- */

/* STORE_CONFLICT: it is to be looked at again; STORE_UNKNOWN: what is seen then may be lost yet,
 * and only a write makes sure (must_write). */
static enum store_result seal_now(struct sealing *q, const char *msisdn, bool must_write,
                                  bool *is_readable)
{
    struct dossier *d = q->dossier;
    struct hand_records *r = &d->records;
    struct store_commit commit = {.msisdn = msisdn, .merchant_checked = true};
    uint8_t plain[STORE_MERCHANT_BYTES_MAX], sealed[STORE_MERCHANT_BYTES_MAX];
    enum store_result result = hand_load(d->hand, msisdn, r);
    struct span record = span_of(r->merchant, r->merchant_size);
    struct writer opened, w;

    if (result != STORE_OK || r->merchant_version == 0 ||
        (vault_record_key(record) != 0 && !must_write))
        return result;
    writer_init(&opened, plain, sizeof(plain));
    writer_init(&w, sealed, sizeof(sealed));
    *is_readable = vault_open(d->setup.vault, VAULT_MERCHANT, msisdn, record, &opened) &&
                   vault_seal(d->setup.vault, VAULT_MERCHANT, msisdn, writer_span(&opened), &w);
    if (!*is_readable)
        return STORE_OK;
    commit.merchant_version = r->merchant_version;
    commit.merchant = writer_span(&w);
    return hand_commit(d->hand, &commit);
}

static enum store_result seal_person(struct sealing *q, const char *msisdn)
{
    enum store_result result = STORE_CONFLICT;
    bool is_readable = true, is_unsure = false;

    for (int i = 0; i < TRIES_MAX; i++) {
        result = seal_now(q, msisdn, is_unsure, &is_readable);
        is_unsure = is_unsure || result == STORE_UNKNOWN;
        if (result != STORE_CONFLICT && !(result == STORE_UNKNOWN && hand_await(q->dossier->hand)))
            break;
    }
    if (result == STORE_OK)
        (*(is_readable ? &q->sealed : &q->unreadable))++;
    return result;
}

static enum ctl_status seal_people(struct sealing *q)
{
    struct hand *hand = q->dossier->hand;
    enum store_result result =
        hand_list(hand, (const char *const[]){STORE_PEOPLE_SET, NULL}, &q->people);

    q->is_plain = mem_zalloc(q->people.count + 1);
    if (result == STORE_OK)
        result = hand_load_items(hand, &q->people, on_person, q);
    for (size_t i = 0; result == STORE_OK && i < q->people.count; i++)
        if (q->is_plain[i])
            result = seal_person(q, q->people.items[i].msisdn);
    mem_free(q->is_plain);
    hand_items_free(&q->people);
    return hand_complain(result);
}

/* ---- the trainings ---- */

static enum store_result are_trainings_plain(struct dossier *d, bool *are_plain)
{
    uint8_t *octets = mem_alloc(HAND_SHARED_BYTES);
    uint64_t version = 0;
    size_t size = 0;
    enum store_result result =
        hand_shared_load(d->hand, PROGRAMME_TRAININGS_KEY, &version, octets, &size);

    *are_plain = size != 0 && vault_record_key(span_of(octets, size)) == 0;
    mem_free(octets);
    return result;
}

static enum ctl_status seal_trainings(struct sealing *q)
{
    struct dossier *d = q->dossier;
    bool are_plain = true;
    enum ctl_status status = CTL_DONE;
    enum store_result written = STORE_CONFLICT;

    for (int i = 0; i < TRIES_MAX && written != STORE_OK && status == CTL_DONE; i++) {
        enum store_result result = are_trainings_plain(d, &are_plain);

        if (result != STORE_OK)
            return hand_complain(result);
        if (!are_plain && written != STORE_UNKNOWN) /* else only a write makes sure */
            return CTL_DONE;
        status = dossier_load_trainings(d);
        if (status == CTL_REFUSED) { /* told */
            q->unreadable++;
            return CTL_DONE;
        }
        if (status == CTL_DONE)
            status = dossier_write_trainings(d, span_of(d->trainings, d->trainings_size), &written);
    }
    q->sealed += written == STORE_OK ? 1 : 0;
    return status == CTL_DONE ? hand_complain(written) : status;
}

/* ---- the line "plain" ---- */

/* When sealing was first said, in a shared record: gateways had the keys by then, which the age of
 * a key does not tell. An empty text: it was not known. */
static enum store_result find_first(struct dossier *d, char day[DAY_BYTES])
{
    struct date today = date_from_days(clock_wall_ms() / 1000 / DAY_S);
    uint8_t *octets = mem_alloc(HAND_SHARED_BYTES);
    uint64_t version = 0;
    size_t size = 0;
    enum store_result result = hand_shared_load(d->hand, FIRST_KEY, &version, octets, &size);

    if (size != 0) {
        snprintf(day, DAY_BYTES, "%.*s", (int)size, (const char *)octets);
    } else if (result == STORE_OK) {
        snprintf(day, DAY_BYTES, "%04d-%02u-%02u", today.year % 10000, today.month % 100,
                 today.day % 100);
        result = hand_shared_commit(d->hand, FIRST_KEY, version, span_of_string(day), 0);
    }
    mem_free(octets);
    return result == STORE_CONFLICT ? STORE_OK : result; /* somebody has just said it, too */
}

/* Until then a number without a record may have a session from before the keys: those are in no
 * list. */
static int64_t last_session_day(const struct sealing *q, const char *first)
{
    const struct config *c = q->dossier->setup.config;
    unsigned life_s =
        c->turn.draft_ttl_s > c->turn.remember_s ? c->turn.draft_ttl_s : c->turn.remember_s;
    struct date day = {0};

    if (sscanf(first, "%d-%u-%u", &day.year, &day.month, &day.day) != 3 || !date_is_real(day))
        return INT64_MAX;
    return date_to_days(day) + 1 + life_s / DAY_S;
}

/* Takes it out, or says until when it has to stay. */
static enum ctl_status refuse_plain(struct sealing *q, char *why, size_t why_bytes)
{
    const char *path = q->dossier->setup.config->keys_file;
    char error[512], first[DAY_BYTES] = "";
    enum store_result result;
    struct date day;
    int64_t last;

    why[0] = '\0';
    if (!q->reads_plain)
        return CTL_DONE;
    result = find_first(q->dossier, first);
    if (result != STORE_OK) {
        snprintf(why, why_bytes, "the store went away");
        return hand_complain(result);
    }
    last = last_session_day(q, first);
    if (keys_is_used(&q->left.plain)) {
        snprintf(why, why_bytes, "what is left in the clear goes by itself");
        return CTL_DONE;
    }
    if (clock_wall_ms() / 1000 / DAY_S <= last) {
        day = date_from_days(last != INT64_MAX ? last : 0);
        snprintf(
            why, why_bytes,
            "sessions of numbers without a registration may be in the clear until %04d-%02u-%02u",
            day.year, day.month, day.day);
        return CTL_DONE;
    }
    if (!vault_refuse_plain_file(path, error, sizeof(error))) {
        snprintf(why, why_bytes, "the file cannot be changed");
        ctl_complain("%s", error);
        return CTL_REFUSED;
    }
    q->reads_plain = false;
    return CTL_DONE;
}

/* ---- what is told ---- */

static void print(const struct sealing *q, const char *why)
{
    const struct keys_use *left = &q->left.plain;
    const char *path = q->dossier->setup.config->keys_file;

    printf("sealed: %u; in the clear still: %u records, %u sessions, %u SMS owed\n", q->sealed,
           left->records, left->sessions, left->sms);
    if (why[0] != '\0')
        printf("%s: the line \"plain\" stays: %s; say it again then\n", path, why);
    else
        printf("%s: has no line \"plain\"; give it to every gateway, then `warungctl reload` each, "
               "or, where systemd hands it over (credential:), `systemctl restart warungd`\n",
               path);
}

static void print_json(const struct sealing *q)
{
    const struct keys_use *left = &q->left.plain;
    json_t *json =
        json_pack("{s:i, s:i, s:i, s:i, s:i, s:b}", "sealed", (int)q->sealed, "records",
                  (int)left->records, "sessions", (int)left->sessions, "sms_owed", (int)left->sms,
                  "unreadable", (int)q->unreadable, "reads_plain", (int)q->reads_plain);

    ctl_print_json(json);
    json_decref(json);
}

static enum ctl_status seal(struct sealing *q, bool is_json)
{
    struct dossier *d = q->dossier;
    char detail[32], why[128];
    enum ctl_status status = seal_people(q);

    if (status == CTL_DONE)
        status = seal_trainings(q);
    snprintf(detail, sizeof(detail), "%u-records", q->sealed);
    if (q->sealed > 0 && access_log_other(d, "keys-seal", NULL, detail) != CTL_DONE)
        status = CTL_UNREACHABLE;
    q->left.hand = d->hand;
    q->left.count = vault_keys(d->setup.vault, q->left.keys);
    if (status == CTL_DONE)
        status = hand_complain(keys_census_take(&q->left));
    if (status != CTL_DONE) {
        ctl_complain("%u records were sealed before that; say it again", q->sealed);
        return status;
    }
    status = refuse_plain(q, why, sizeof(why));
    if (is_json)
        print_json(q);
    else
        print(q, why);
    if (q->unreadable == 0)
        return status;
    ctl_complain("%u records in the clear cannot be read: they are damaged, or %s has no line "
                 "\"plain\"",
                 q->unreadable, d->setup.config->keys_file);
    return CTL_REFUSED;
}

enum ctl_status ctl_keys_seal(const struct ctl_call *call)
{
    struct sealing q = {.dossier = NULL};
    enum ctl_status status;

    q.dossier = dossier_open(call, &status);
    if (q.dossier == NULL)
        return status;
    if (vault_is_plain(q.dossier->setup.vault)) {
        ctl_complain("there are no keys: %s", q.dossier->setup.config->keys_file);
        status = CTL_REFUSED;
    } else {
        q.reads_plain = vault_reads_plain(q.dossier->setup.vault);
        status = seal(&q, call->is_json);
    }
    dossier_close(q.dossier);
    return status;
}
