#include "gateway/ctl/dossier.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "gateway/ctl/access.h"
#include "gateway/ctl/shelf.h"
#include "gateway/turn/outbox.h"
#include "merchants/journal.h"
#include "merchants/msisdn.h"
#include "merchants/regno.h"
#include "sessions/parts.h"

enum { TRIES_MAX = 8 };

struct dossier *dossier_open(const struct ctl_call *call, enum ctl_status *status)
{
    struct dossier *d = mem_zalloc(sizeof(*d));

    *status = CTL_REFUSED;
    if (ctl_load_setup(call, SETUP_RECORDS, &d->setup)) {
        d->hand = hand_open(d->setup.config, d->setup.vault);
        if (d->hand == NULL)
            *status = CTL_UNREACHABLE;
        else if (shelf_route(d->hand, d->setup.config, d->setup.router))
            return d;
    }
    dossier_close(d);
    return NULL;
}

void dossier_close(struct dossier *d)
{
    hand_close(d->hand);
    setup_free(&d->setup);
    mem_free(d);
}

enum ctl_status dossier_with(const struct ctl_call *call, dossier_work_fn *fn)
{
    enum ctl_status status;
    struct dossier *d = dossier_open(call, &status);

    if (d == NULL)
        return status;
    status = fn(d, call);
    dossier_close(d);
    return status;
}

static enum ctl_status find_owner(struct dossier *d, const char *regno)
{
    unsigned bucket = regno_bucket(regno, hand_store(d->hand)->buckets);
    enum store_result result = hand_find(d->hand, bucket, regno, d->msisdn);

    if (result != STORE_OK)
        return hand_complain(result);
    if (d->msisdn[0] != '\0')
        return CTL_DONE;
    ctl_complain("no such registration: %s", regno);
    return CTL_REFUSED;
}

/* So many digits, and nothing else but these separators. */
static bool has_digits(const char *word, size_t count, const char *separators)
{
    size_t digits = 0;

    for (; *word != '\0'; word++)
        if (*word >= '0' && *word <= '9')
            digits++;
        else if (strchr(separators, *word) == NULL)
            return false;
    return digits == count;
}

static bool is_like_regno(const char *word)
{
    return has_digits(word, MERCHANT_REGNO_BYTES - 1, "- ");
}

/* One in ten subscribers' numbers of 11 digits passes for a registration's, too, but no regency's
 * code begins as theirs do. */
bool dossier_parse_regno(const char *word, char regno[MERCHANT_REGNO_BYTES])
{
    char number[MSISDN_BYTES];

    regno[0] = '\0';
    if (!regno_parse(word, regno))
        return false;
    if ((regno[0] == '0' || strncmp(regno, "628", 3) == 0) && msisdn_normalise(word, number))
        regno[0] = '\0';
    return regno[0] != '\0';
}

/* A roamer's number is served as it came. */
static bool read_number(const char *word, char msisdn[STORE_MSISDN_BYTES_MAX + 1])
{
    const char *digits = word + (*word == '+');
    size_t length = strlen(digits);

    if (msisdn_normalise(word, msisdn))
        return true;
    if (length < 7 || length > STORE_MSISDN_BYTES_MAX || !has_digits(digits, length, "") ||
        is_like_regno(word))
        return false;
    text_copy(msisdn, STORE_MSISDN_BYTES_MAX + 1, digits);
    return true;
}

bool dossier_is_number(const char *word)
{
    char regno[MERCHANT_REGNO_BYTES], number[STORE_MSISDN_BYTES_MAX + 1];

    if (dossier_parse_regno(word, regno) || read_number(word, number))
        return true;
    if (is_like_regno(word))
        ctl_complain("a digit of the registration number %s is wrong (a subscriber's number from "
                     "abroad begins with +)",
                     word);
    else
        ctl_complain("%s is neither a registration number (11 digits) nor a subscriber's number "
                     "(62..., 08... or +...)",
                     *word != '\0' ? word : "\"\"");
    return false;
}

enum ctl_status dossier_identify(struct dossier *d, const char *word,
                                 char regno[MERCHANT_REGNO_BYTES])
{
    char number[STORE_MSISDN_BYTES_MAX + 1];

    if (dossier_parse_regno(word, regno))
        return find_owner(d, regno);
    if (!dossier_is_number(word) || !read_number(word, number))
        return CTL_REFUSED;
    text_copy(d->msisdn, sizeof(d->msisdn), number);
    return CTL_DONE;
}

/* Appends the opened record; nothing for one that is not there. */
static bool open_record(const struct setup *setup, enum vault_kind kind, const char *msisdn,
                        struct span sealed, struct writer *w)
{
    if (sealed.size == 0 || vault_open(setup->vault, kind, msisdn, sealed, w))
        return true;
    ctl_complain("the record of %s cannot be opened: is it sealed with a key that %s lacks?",
                 msisdn, setup->config->keys_file);
    return false;
}

bool dossier_open_subscriber(const struct setup *setup, const char *msisdn, struct span sealed,
                             struct subscriber *subscriber)
{
    uint8_t plain[STORE_MERCHANT_BYTES_MAX];
    struct writer w;

    writer_init(&w, plain, sizeof(plain));
    if (!open_record(setup, VAULT_MERCHANT, msisdn, sealed, &w))
        return false;
    if (sealed.size == 0) {
        subscriber_init(subscriber);
        return true;
    }
    return subscriber_decode(subscriber, writer_span(&w));
}

static bool open_session(struct dossier *d)
{
    const struct hand_records *r = &d->records;
    uint8_t plain[STORE_SESSION_BYTES_MAX];
    struct writer w;
    bool is_read;

    session_init(&d->session);
    menu_state_init(&d->state);
    writer_init(&w, plain, sizeof(plain));
    if (!open_record(&d->setup, VAULT_SESSION, d->msisdn, span_of(r->session, r->session_size), &w))
        return false;
    /* What cannot be read counts as absent, as in a turn. */
    is_read = writer_size(&w) > 0 && session_decode(&d->session, writer_span(&w));
    if (is_read)
        menu_state_decode(&d->state, span_of(d->session.state, d->session.state_size));
    d->is_bare = is_read && d->session.updated_ms == 0;
    return true;
}

static bool begin_programme(struct dossier *d)
{
    const struct hand_records *r = &d->records;
    struct programme *p = &d->programme;
    uint8_t plain[STORE_MERCHANT_BYTES_MAX];
    struct writer w;

    writer_init(&w, plain, sizeof(plain));
    if (!open_record(&d->setup, VAULT_MERCHANT, d->msisdn, span_of(r->merchant, r->merchant_size),
                     &w))
        return false;
    if (!programme_begin(p, d->msisdn, writer_span(&w), clock_wall_ms(), &d->state)) {
        ctl_complain("the record of %s is of a newer program", d->msisdn);
        return false;
    }
    p->periods = config_periods(d->setup.config);
    p->bucket = store_bucket(hand_store(d->hand), d->msisdn);
    p->buckets = hand_store(d->hand)->buckets;
    p->touched_ms = d->session.updated_ms;
    p->has_shared = true;
    p->shared = span_of(d->trainings, d->trainings_size);
    if (d->state.language[0] == '\0')
        text_copy(d->state.language, sizeof(d->state.language), p->subscriber.language);
    return true;
}

enum ctl_status dossier_load_trainings(struct dossier *d)
{
    uint8_t *sealed = mem_alloc(HAND_SHARED_BYTES);
    size_t size = 0;
    enum store_result result =
        hand_shared_load(d->hand, PROGRAMME_TRAININGS_KEY, &d->trainings_version, sealed, &size);
    struct writer w;
    bool is_open;

    writer_init(&w, d->trainings, sizeof(d->trainings));
    is_open = result == STORE_OK && open_record(&d->setup, VAULT_SHARED, PROGRAMME_TRAININGS_KEY,
                                                span_of(sealed, size), &w);
    d->trainings_size = writer_size(&w);
    mem_free(sealed);
    if (result != STORE_OK)
        return hand_complain(result);
    return is_open ? CTL_DONE : CTL_REFUSED;
}

enum ctl_status dossier_write_trainings(struct dossier *d, struct span plain,
                                        enum store_result *result)
{
    size_t room = plain.size + VAULT_OVERHEAD_BYTES;
    uint8_t *sealed = mem_alloc(room);
    struct writer w;

    writer_init(&w, sealed, room);
    if (!vault_seal(d->setup.vault, VAULT_SHARED, PROGRAMME_TRAININGS_KEY, plain, &w))
        assert(!"there is room for it");
    *result = hand_shared_commit(d->hand, PROGRAMME_TRAININGS_KEY, d->trainings_version,
                                 writer_span(&w), 0);
    mem_free(sealed);
    /* Without an answer it is there, or will come too late for another of the same version. */
    if (*result == STORE_OK || *result == STORE_CONFLICT ||
        (*result == STORE_UNKNOWN && hand_await(d->hand)))
        return CTL_DONE;
    return hand_complain(*result);
}

enum ctl_status dossier_load(struct dossier *d)
{
    enum store_result result = hand_load(d->hand, d->msisdn, &d->records);
    enum ctl_status status;

    d->is_unreadable = false;
    if (result != STORE_OK)
        return hand_complain(result);
    status = dossier_load_trainings(d);
    if (status != CTL_DONE)
        return status;
    d->is_unreadable = !open_session(d) || !begin_programme(d);
    return d->is_unreadable ? CTL_REFUSED : CTL_DONE;
}

/* ---- the commit ---- */

/* What a commit points to. */
struct parcel {
    struct store_commit commit;
    uint8_t merchant[STORE_MERCHANT_BYTES_MAX];
    uint8_t owed[STORE_COMMIT_OWED_MAX][STORE_OWED_BYTES_MAX];
    uint8_t journal[STORE_COMMIT_JOURNAL_MAX][JOURNAL_BYTES];
    char subject[VAULT_SUBJECT_BYTES];
};

const struct menu *dossier_labels(const struct setup *setup)
{
    const struct menu *menu;

    for (unsigned i = 0; (menu = router_at(setup->router, i)) != NULL; i++)
        if (menu_has_table(menu, "kec"))
            return menu;
    return NULL;
}

/* The code last used; "" = none, or one that no menu serves any more. */
static const char *used_code(const struct dossier *d)
{
    const char *code = d->programme.subscriber.code;

    return code[0] != '\0' && router_find_any(d->setup.router, code) != NULL ? code : "";
}

static const struct menu *find_menu(const struct dossier *d)
{
    const char *code = used_code(d);

    return code[0] != '\0' ? router_find_any(d->setup.router, code) : router_at(d->setup.router, 0);
}

/* The code as the text shows it; a subscriber without one is told the first menu's. */
static const char *service_code(const struct dossier *d)
{
    const char *code = used_code(d);
    const struct config_menu *first = &d->setup.config->menus[0];

    if (code[0] != '\0')
        return router_shown_code(d->setup.router, code);
    return first->codes.count > 0 ? first->codes.items[0]
           : first->sms.count > 0 ? first->sms.items[0]
                                  : "";
}

static bool pack_sms(struct dossier *d, const char *name, struct parcel *parcel)
{
    struct store_commit *c = &parcel->commit;
    struct menu_facts facts = programme_facts(&d->programme);
    struct outbox_entry entry = {.expires_ms = d->programme.now_ms +
                                               (int64_t)d->setup.config->turn.sms_expiry_s * 1000,
                                 .is_bulk = d->is_bulk};
    const char *own = used_code(d), *code = service_code(d);
    const char *source = own[0] != '\0' ? own : code;
    const struct menu *menu = find_menu(d), *other;
    struct writer w;

    /* The code last used may be that of a menu which is none of the programme's. */
    other = menu_has_text(menu, name) ? NULL : router_find_text(d->setup.router, name, &code);
    if (other != NULL) {
        menu = other;
        source = code;
    }
    if (!menu_text(menu, &d->state, name, &facts, code, entry.text)) {
        /* A menu needs none of the programme's texts, and whoever it serves is forgotten too. */
        ctl_complain("the menu has no text %s; %s", name,
                     d->programme.is_erased ? "tell it by other means" : "nothing was changed");
        return d->programme.is_erased;
    }
    text_copy(entry.msisdn, sizeof(entry.msisdn), d->msisdn);
    text_copy(entry.link, sizeof(entry.link), d->programme.subscriber.link);
    text_copy(entry.source, sizeof(entry.source), source);
    writer_init(&w, parcel->owed[c->owed_count], sizeof(parcel->owed[0]));
    if (!outbox_encode(&entry, d->setup.vault, &w)) {
        ctl_complain("the text %s is too long; nothing was changed", name);
        return false;
    }
    c->owed[c->owed_count++] = writer_span(&w);
    return true;
}

static void pack_changes(const struct programme *p, struct parcel *parcel)
{
    struct store_commit *c = &parcel->commit;
    char who[JOURNAL_WORD_BYTES];
    struct journal_entry entry;

    access_who(who);
    for (unsigned i = 0; i < p->change_count; i++) {
        const struct programme_change *change = &p->changes[i];

        journal_fill_change(&entry, change, who, parcel->subject);
        c->journal[c->journal_count++] = journal_encode(&entry, parcel->journal[i]);
        c->index[c->index_count++] = (struct store_index){.member = change->member,
                                                          .leave_set = change->leave_set,
                                                          .enter_set = change->enter_set,
                                                          .at_ms = p->now_ms};
    }
    for (unsigned i = 0; i < p->timer_count; i++)
        c->timers[c->timer_count++] =
            (struct store_timer){.kind = p->timers[i].kind, .due_ms = p->timers[i].due_ms};
    if (!p->is_erased)
        return;
    c->timers[c->timer_count++] = (struct store_timer){.kind = PARTS_TIMER};
    /* Of a draft alone no change tells; and behind a commit that is not known to be done nobody
     * could say so any more: there is nothing to erase. */
    journal_fill(&entry, who, "erase", parcel->subject, NULL, "done");
    c->journal[c->journal_count] = journal_encode(&entry, parcel->journal[c->journal_count]);
    c->journal_count++;
}

static bool pack_record(struct dossier *d, struct parcel *parcel)
{
    struct store_commit *c = &parcel->commit;
    uint8_t plain[STORE_MERCHANT_BYTES_MAX - VAULT_OVERHEAD_BYTES];
    struct writer w, sealed;

    c->merchant_checked = true;
    c->merchant_version = d->records.merchant_version;
    if (d->programme.is_erased) {
        c->merchant_delete = c->session_delete = true; /* what is not there now may be then */
        c->session_version = d->records.session_version;
        return true;
    }
    writer_init(&w, plain, sizeof(plain));
    writer_init(&sealed, parcel->merchant, sizeof(parcel->merchant));
    programme_encode(&d->programme, &w);
    if (w.failed ||
        !vault_seal(d->setup.vault, VAULT_MERCHANT, d->msisdn, writer_span(&w), &sealed))
        return false;
    c->merchant = writer_span(&sealed);
    return true;
}

/* The SMS belong to nobody yet: the next sweep of any gateway takes and sends them. */
static bool pack(struct dossier *d, struct parcel *parcel)
{
    const struct programme *p = &d->programme;

    memset(&parcel->commit, 0, sizeof(parcel->commit));
    parcel->commit.msisdn = d->msisdn;
    parcel->commit.owner = NULL;
    vault_subject(d->setup.vault, d->msisdn, parcel->subject);
    parcel->commit.subject = parcel->subject;
    parcel->commit.owed_forgotten = p->is_erased;
    for (unsigned i = 0; i < p->sms_count; i++)
        if (!pack_sms(d, p->sms[i], parcel))
            return false;
    pack_changes(p, parcel);
    return pack_record(d, parcel);
}

/* A commit whose outcome is not known: sent, and no answer came. */
struct attempt {
    bool is_erasure;  /* version 0: there was a session alone */
    uint64_t version; /* of the record that it was made from */
    size_t size;
    uint8_t merchant[STORE_MERCHANT_BYTES_MAX]; /* as it was to be */
};
struct attempts {
    struct attempt made[TRIES_MAX];
    unsigned count;
};

static void remember(struct attempts *attempts, const struct store_commit *c)
{
    struct attempt *a = &attempts->made[attempts->count++];

    a->is_erasure = c->merchant_delete;
    a->version = c->merchant_version;
    a->size = c->merchant.size;
    if (a->size != 0)
        memcpy(a->merchant, c->merchant.data, a->size);
}

static bool is_done(const struct attempt *a, const struct hand_records *records)
{
    if (a->is_erasure)
        return a->version != 0 ? records->merchant_version == 0 : records->session_version == 0;
    return span_is_equal(span_of(a->merchant, a->size),
                         span_of(records->merchant, records->merchant_size));
}

/* What the record as it is now says of them: STORE_OK = one was done; STORE_CONFLICT = none was,
 * nor will be that another try does not meet as a conflict; STORE_UNKNOWN = others have changed it
 * since. */
static enum store_result judge_attempts(const struct attempts *attempts,
                                        const struct hand_records *records)
{
    struct store_record now = {records->merchant_version,
                               span_of(records->merchant, records->merchant_size)};
    enum store_result result = STORE_CONFLICT;

    for (unsigned i = 0; i < attempts->count; i++) {
        const struct attempt *a = &attempts->made[i];

        if (is_done(a, records))
            return STORE_OK;
        /* The next one and not ours: another's took the place that ours would have had. */
        if (now.version > a->version && !store_is_next(a->version, &now))
            result = STORE_UNKNOWN;
    }
    return result;
}

/* After an unknown outcome: is it there? Waits for a store that is away. What is there must be so
 * before and behind a write that replicas have confirmed. */
static enum store_result read_back(struct dossier *d, const struct attempts *attempts)
{
    enum store_result result = STORE_UNKNOWN;

    for (int i = 0; i < 2; i++) {
        if (!hand_await(d->hand) || hand_load(d->hand, d->msisdn, &d->records) != STORE_OK)
            return STORE_UNKNOWN;
        result = judge_attempts(attempts, &d->records);
        if (result != STORE_OK)
            return result;
        if (i == 0 && hand_confirm(d->hand, d->msisdn) != STORE_OK)
            return STORE_UNKNOWN;
    }
    return result;
}

static bool has_something(const struct programme *p)
{
    return p->record_changed || p->is_erased || p->sms_count > 0 || p->change_count > 0;
}

/* One try; STORE_CONFLICT: it is to be made anew. */
static enum ctl_status try_change(struct dossier *d, dossier_change_fn *change, void *arg,
                                  struct parcel *parcel, enum store_result *result)
{
    enum ctl_status status = dossier_load(d);

    *result = STORE_CONFLICT;
    if (status == CTL_DONE)
        status = change(d, arg);
    if (status != CTL_DONE)
        return status;
    if (!has_something(&d->programme))
        *result = STORE_OK;
    else if (pack(d, parcel))
        *result = hand_commit(d->hand, &parcel->commit);
    else
        status = CTL_REFUSED;
    return status;
}

static enum ctl_status change_if_needed(struct dossier *d, dossier_change_fn *change, void *arg)
{
    struct parcel *parcel = mem_zalloc(sizeof(*parcel));
    struct attempts *attempts = mem_zalloc(sizeof(*attempts));
    enum store_result result = STORE_CONFLICT;
    enum ctl_status status = CTL_DONE;

    for (int i = 0; i < TRIES_MAX && result == STORE_CONFLICT && status == CTL_DONE; i++) {
        if (attempts->count != 0)
            result = read_back(d, attempts);
        if (result != STORE_CONFLICT)
            break;
        status = try_change(d, change, arg, parcel, &result);
        if (status != CTL_DONE || result != STORE_UNKNOWN)
            continue;
        remember(attempts, &parcel->commit);
        result = read_back(d, attempts);
    }
    mem_free(attempts);
    mem_free(parcel);
    if (status == CTL_DONE && result != STORE_OK)
        status = hand_complain(result);
    return status;
}

/* Done already or refused, by what was read: so it must be before and behind a write that replicas
 * have confirmed. */
enum ctl_status dossier_change(struct dossier *d, dossier_change_fn *change, void *arg)
{
    enum ctl_status status = change_if_needed(d, change, arg), confirmed;
    uint64_t versions[] = {d->records.session_version, d->records.merchant_version};

    if (status != CTL_REFUSED && (status != CTL_DONE || has_something(&d->programme)))
        return status;
    confirmed = hand_complain(hand_confirm(d->hand, d->msisdn));
    if (confirmed == CTL_DONE && status == CTL_REFUSED)
        confirmed = hand_complain(hand_load(d->hand, d->msisdn, &d->records));
    if (confirmed != CTL_DONE)
        return confirmed;
    if (status == CTL_REFUSED && versions[0] == d->records.session_version &&
        versions[1] == d->records.merchant_version)
        return CTL_REFUSED; /* told already */
    return change_if_needed(d, change, arg);
}
