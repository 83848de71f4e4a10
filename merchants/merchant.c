#include "merchants/merchant.h"

#include "merchants/msisdn.h"
#include "merchants/nik.h"

#include <assert.h>
#include <string.h>

/* Of the stored record: grows when a field is added, and decode keeps reading the older ones. */
enum { SUBSCRIBER_FORMAT = 1 };

static const char *const status_names[MERCHANT_STATUS_COUNT] = {
    [MERCHANT_DRAF] = "DRAF",
    [MERCHANT_TERKIRIM] = "TERKIRIM",
    [MERCHANT_DIPERIKSA] = "DIPERIKSA",
    [MERCHANT_PERLU_PERBAIKAN] = "PERLU_PERBAIKAN",
    [MERCHANT_DISETUJUI] = "DISETUJUI",
    [MERCHANT_DITOLAK] = "DITOLAK",
    [MERCHANT_DIBATALKAN] = "DIBATALKAN",
};

#define BIT(status) (1u << (status))

/* One row an event: where it is allowed, where it leads, what the merchant is told. */
static const struct {
    const char *name;
    unsigned from; /* BIT of each status */
    enum merchant_status to;
    const char *sms;
} transitions[MERCHANT_EVENT_COUNT] = {
    [MERCHANT_EVENT_SEND] = {"send", BIT(MERCHANT_DRAF), MERCHANT_TERKIRIM, "SMS_TERKIRIM"},
    [MERCHANT_EVENT_REVIEW] = {"review", BIT(MERCHANT_TERKIRIM), MERCHANT_DIPERIKSA,
                               "SMS_DIPERIKSA"},
    [MERCHANT_EVENT_FIX] = {"fix", BIT(MERCHANT_TERKIRIM) | BIT(MERCHANT_DIPERIKSA),
                            MERCHANT_PERLU_PERBAIKAN, "SMS_PERBAIKAN"},
    [MERCHANT_EVENT_CORRECT] = {"correct", BIT(MERCHANT_PERLU_PERBAIKAN), MERCHANT_TERKIRIM,
                                "SMS_UBAH"},
    [MERCHANT_EVENT_APPROVE] = {"approve", BIT(MERCHANT_DIPERIKSA), MERCHANT_DISETUJUI,
                                "SMS_DISETUJUI"},
    [MERCHANT_EVENT_REJECT] = {"reject", BIT(MERCHANT_DIPERIKSA), MERCHANT_DITOLAK, "SMS_DITOLAK"},
    [MERCHANT_EVENT_LAPSE] = {"lapse", BIT(MERCHANT_PERLU_PERBAIKAN), MERCHANT_DITOLAK,
                              "SMS_DITOLAK"},
    [MERCHANT_EVENT_CANCEL] = {"cancel",
                               BIT(MERCHANT_TERKIRIM) | BIT(MERCHANT_DIPERIKSA) |
                                   BIT(MERCHANT_PERLU_PERBAIKAN) | BIT(MERCHANT_DISETUJUI) |
                                   BIT(MERCHANT_DITOLAK),
                               MERCHANT_DIBATALKAN, "SMS_BATAL"},
};

static const char *const flag_names[MERCHANT_FLAG_COUNT] = {
    "nik-province", "nik-outside-lampung", "nik-region",     "nik-age",  "name-words",
    "sales-large",  "district-fuzzy",      "msisdn-unknown", "nik-used",
};

static const char *const ticket_names[TICKET_KIND_COUNT] = {
    [TICKET_CALL] = "call",   [TICKET_FRAUD] = "fraud", [TICKET_CHANGE] = "change",
    [TICKET_STUCK] = "stuck", [TICKET_ERASE] = "erase",
};

const char *merchant_status_name(enum merchant_status status)
{
    assert(status < MERCHANT_STATUS_COUNT);
    return status_names[status];
}

bool merchant_status_parse(const char *word, enum merchant_status *status)
{
    for (unsigned i = 0; i < MERCHANT_STATUS_COUNT; i++) {
        if (strcmp(status_names[i], word) == 0) {
            *status = (enum merchant_status)i;
            return true;
        }
    }
    return false;
}

bool merchant_status_is_live(enum merchant_status status)
{
    return status != MERCHANT_DRAF && status != MERCHANT_DITOLAK && status != MERCHANT_DIBATALKAN;
}

bool merchant_status_is_editable(enum merchant_status status)
{
    return status == MERCHANT_TERKIRIM || status == MERCHANT_PERLU_PERBAIKAN;
}

const char *merchant_event_name(enum merchant_event event)
{
    assert(event < MERCHANT_EVENT_COUNT);
    return transitions[event].name;
}

bool merchant_next_status(enum merchant_status status, enum merchant_event event,
                          enum merchant_status *next)
{
    assert(status < MERCHANT_STATUS_COUNT && event < MERCHANT_EVENT_COUNT);
    if ((transitions[event].from & BIT(status)) == 0)
        return false;
    *next = transitions[event].to;
    return true;
}

const char *merchant_event_sms(enum merchant_event event)
{
    assert(event < MERCHANT_EVENT_COUNT);
    return transitions[event].sms;
}

const char *merchant_flag_name(unsigned bit)
{
    assert(bit < MERCHANT_FLAG_COUNT);
    return flag_names[bit];
}

const char *ticket_kind_name(enum ticket_kind kind)
{
    assert(kind < TICKET_KIND_COUNT);
    return ticket_names[kind];
}

static unsigned count_words(const char *text)
{
    unsigned words = 0;

    for (size_t i = 0; text[i] != '\0'; i++)
        words += text[i] != ' ' && (i == 0 || text[i - 1] == ' ');
    return words;
}

static uint32_t find_nik_flags(const char *digits, int64_t now_ms)
{
    struct nik nik;
    uint32_t flags = 0;

    if (digits[0] == '\0' || nik_check(digits, now_ms, &nik) != NIK_OK)
        return 0;
    if (nik.flags & NIK_FLAG_PROVINCE)
        flags |= MERCHANT_FLAG_NIK_PROVINCE;
    if (nik.flags & NIK_FLAG_OUTSIDE_LAMPUNG)
        flags |= MERCHANT_FLAG_NIK_OUTSIDE_LAMPUNG;
    if (nik.flags & NIK_FLAG_REGION)
        flags |= MERCHANT_FLAG_NIK_REGION;
    if (nik.flags & NIK_FLAG_AGE)
        flags |= MERCHANT_FLAG_NIK_AGE;
    return flags;
}

uint32_t merchant_find_flags(const struct merchant *m, const char *msisdn, int64_t now_ms)
{
    char normalised[MSISDN_BYTES];
    unsigned words = count_words(m->name);
    uint32_t flags = find_nik_flags(m->nik, now_ms);

    if (words < 2 || words > 5)
        flags |= MERCHANT_FLAG_NAME_WORDS;
    if (strcmp(m->sales, "5") == 0)
        flags |= MERCHANT_FLAG_SALES_LARGE;
    if (!msisdn_normalise(msisdn, normalised) || msisdn_find_prefix(normalised) == NULL)
        flags |= MERCHANT_FLAG_MSISDN_UNKNOWN;
    return flags;
}

void subscriber_init(struct subscriber *s)
{
    memset(s, 0, sizeof(*s));
}

static void encode_merchant(const struct merchant *m, struct writer *w)
{
    writer_string8(w, m->regno);
    writer_u8(w, (uint8_t)m->status);
    writer_string8(w, m->name);
    writer_string8(w, m->nik);
    writer_string8(w, m->business);
    writer_string8(w, m->category);
    writer_string8(w, m->regency);
    writer_string8(w, m->district);
    writer_string8(w, m->sales);
    writer_string8(w, m->smartphone);
    writer_string8(w, m->reason);
    writer_u64(w, (uint64_t)m->submitted_ms);
    writer_u64(w, (uint64_t)m->changed_ms);
    writer_u64(w, (uint64_t)m->deadline_ms);
    writer_u8(w, m->reminded);
    writer_u32(w, m->flags);
    writer_u64(w, (uint64_t)m->consent_ms);
    writer_string8(w, m->consent_version);
    writer_string8(w, m->consent_language);
}

static bool decode_merchant(struct merchant *m, struct reader *r)
{
    uint8_t status;

    reader_string8(r, m->regno, sizeof(m->regno));
    status = reader_u8(r);
    reader_string8(r, m->name, sizeof(m->name));
    reader_string8(r, m->nik, sizeof(m->nik));
    reader_string8(r, m->business, sizeof(m->business));
    reader_string8(r, m->category, sizeof(m->category));
    reader_string8(r, m->regency, sizeof(m->regency));
    reader_string8(r, m->district, sizeof(m->district));
    reader_string8(r, m->sales, sizeof(m->sales));
    reader_string8(r, m->smartphone, sizeof(m->smartphone));
    reader_string8(r, m->reason, sizeof(m->reason));
    m->submitted_ms = (int64_t)reader_u64(r);
    m->changed_ms = (int64_t)reader_u64(r);
    m->deadline_ms = (int64_t)reader_u64(r);
    m->reminded = reader_u8(r) != 0;
    m->flags = reader_u32(r);
    m->consent_ms = (int64_t)reader_u64(r);
    reader_string8(r, m->consent_version, sizeof(m->consent_version));
    reader_string8(r, m->consent_language, sizeof(m->consent_language));
    if (status >= MERCHANT_STATUS_COUNT)
        return false;
    m->status = (enum merchant_status)status;
    return !r->failed;
}

static void encode_tries(const struct tries *t, struct writer *w)
{
    writer_u8(w, t->count);
    writer_u64(w, (uint64_t)t->since_ms);
}

static void decode_tries(struct tries *t, struct reader *r)
{
    t->count = reader_u8(r);
    t->since_ms = (int64_t)reader_u64(r);
}

static void encode_ticket(const struct ticket *t, struct writer *w)
{
    writer_string8(w, t->number);
    writer_u8(w, (uint8_t)t->kind);
    writer_u8(w, (uint8_t)t->slot);
    writer_u64(w, (uint64_t)t->asked_ms);
}

static bool decode_ticket(struct ticket *t, struct reader *r)
{
    uint8_t kind;

    reader_string8(r, t->number, sizeof(t->number));
    kind = reader_u8(r);
    t->slot = (char)reader_u8(r);
    t->asked_ms = (int64_t)reader_u64(r);
    if (kind >= TICKET_KIND_COUNT)
        return false;
    t->kind = (enum ticket_kind)kind;
    return !r->failed;
}

static void encode_seat(const struct seat *seat, struct writer *w)
{
    writer_string8(w, seat->id);
    writer_u64(w, (uint64_t)seat->at_ms);
    writer_string8(w, seat->title);
    writer_string8(w, seat->place);
    writer_u8(w, seat->reminded);
}

static void decode_seat(struct seat *seat, struct reader *r)
{
    reader_string8(r, seat->id, sizeof(seat->id));
    seat->at_ms = (int64_t)reader_u64(r);
    reader_string8(r, seat->title, sizeof(seat->title));
    reader_string8(r, seat->place, sizeof(seat->place));
    seat->reminded = reader_u8(r) != 0;
}

void subscriber_encode(const struct subscriber *s, struct writer *w)
{
    assert(s->merchant_count <= SUBSCRIBER_MERCHANTS_MAX);
    writer_u8(w, SUBSCRIBER_FORMAT);
    writer_u8(w, (uint8_t)s->merchant_count);
    for (unsigned i = 0; i < s->merchant_count; i++)
        encode_merchant(&s->merchants[i], w);
    writer_string8(w, s->language);
    writer_string8(w, s->link);
    writer_string8(w, s->code);
    writer_u8(w, s->info_sms_stopped);
    writer_u8(w, s->training_news);
    writer_u64(w, (uint64_t)s->erase_asked_ms);
    writer_u64(w, (uint64_t)s->pending_since_ms);
    if (s->pending_since_ms != 0)
        encode_merchant(&s->pending, w);
    encode_tries(&s->status_tries, w);
    encode_tries(&s->help_sms, w);
    writer_u8(w, (uint8_t)s->ticket_count);
    for (unsigned i = 0; i < s->ticket_count; i++)
        encode_ticket(&s->tickets[i], w);
    writer_u8(w, (uint8_t)s->seat_count);
    for (unsigned i = 0; i < s->seat_count; i++)
        encode_seat(&s->seats[i], w);
    for (unsigned i = 0; i < SUBSCRIBER_OFFERED_MAX; i++)
        writer_string8(w, s->offered[i]);
}

static bool decode_merchants(struct subscriber *s, struct reader *r)
{
    s->merchant_count = reader_u8(r);
    if (s->merchant_count > SUBSCRIBER_MERCHANTS_MAX)
        return false;
    for (unsigned i = 0; i < s->merchant_count; i++) {
        if (!decode_merchant(&s->merchants[i], r))
            return false;
    }
    return true;
}

static bool decode_tickets(struct subscriber *s, struct reader *r)
{
    s->ticket_count = reader_u8(r);
    if (s->ticket_count > SUBSCRIBER_TICKETS_MAX)
        return false;
    for (unsigned i = 0; i < s->ticket_count; i++) {
        if (!decode_ticket(&s->tickets[i], r))
            return false;
    }
    return true;
}

static bool decode_seats(struct subscriber *s, struct reader *r)
{
    s->seat_count = reader_u8(r);
    if (s->seat_count > SUBSCRIBER_SEATS_MAX)
        return false;
    for (unsigned i = 0; i < s->seat_count; i++)
        decode_seat(&s->seats[i], r);
    for (unsigned i = 0; i < SUBSCRIBER_OFFERED_MAX; i++)
        reader_string8(r, s->offered[i], sizeof(s->offered[i]));
    return !r->failed;
}

static bool decode_body(struct subscriber *s, struct reader *r)
{
    if (!decode_merchants(s, r))
        return false;
    reader_string8(r, s->language, sizeof(s->language));
    reader_string8(r, s->link, sizeof(s->link));
    reader_string8(r, s->code, sizeof(s->code));
    s->info_sms_stopped = reader_u8(r) != 0;
    s->training_news = reader_u8(r) != 0;
    s->erase_asked_ms = (int64_t)reader_u64(r);
    s->pending_since_ms = (int64_t)reader_u64(r);
    if (s->pending_since_ms != 0 && !decode_merchant(&s->pending, r))
        return false;
    decode_tries(&s->status_tries, r);
    decode_tries(&s->help_sms, r);
    return decode_tickets(s, r) && decode_seats(s, r) && !r->failed && reader_left(r) == 0;
}

bool subscriber_decode(struct subscriber *s, struct span record)
{
    struct reader r;

    subscriber_init(s);
    reader_init(&r, record);
    if (reader_u8(&r) != SUBSCRIBER_FORMAT || !decode_body(s, &r)) {
        subscriber_init(s);
        return false;
    }
    return true;
}

struct merchant *subscriber_find(struct subscriber *s, const char *regno)
{
    for (unsigned i = 0; i < s->merchant_count; i++) {
        if (strcmp(s->merchants[i].regno, regno) == 0)
            return &s->merchants[i];
    }
    return NULL;
}

unsigned subscriber_count_live(const struct subscriber *s)
{
    unsigned live = 0;

    for (unsigned i = 0; i < s->merchant_count; i++)
        live += merchant_status_is_live(s->merchants[i].status);
    return live;
}

/* Takes the oldest registration that is over out of the list. False when all are live. */
static bool drop_oldest_dead(struct subscriber *s, struct merchant *dropped)
{
    for (unsigned i = 0; i < s->merchant_count; i++) {
        if (merchant_status_is_live(s->merchants[i].status))
            continue;
        *dropped = s->merchants[i];
        s->merchant_count--;
        memmove(&s->merchants[i], &s->merchants[i + 1],
                (s->merchant_count - i) * sizeof(s->merchants[0]));
        return true;
    }
    return false;
}

struct merchant *subscriber_add(struct subscriber *s, struct merchant *dropped)
{
    struct merchant *m;

    memset(dropped, 0, sizeof(*dropped));
    if (s->merchant_count == SUBSCRIBER_MERCHANTS_MAX && !drop_oldest_dead(s, dropped))
        return NULL;
    m = &s->merchants[s->merchant_count++];
    memset(m, 0, sizeof(*m));
    return m;
}
