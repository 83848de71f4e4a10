#include "merchants/merchant.h"

#include "merchants/msisdn.h"
#include "merchants/nik.h"
#include "merchants/pack.h"

#include <assert.h>
#include <stddef.h>
#include <string.h>

/* Of the stored record. A field more is a row more at the end of its table, and older records stay
 * readable; what older programs could not read needs the next format. (Format 1 had every field at
 * its full size; no release wrote it.) */
enum { SUBSCRIBER_FORMAT = 2 };

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

void merchant_note_change(struct merchant *m, int64_t now_ms)
{
    int64_t next_ms = (m->changed_ms / 1000 + 1) * 1000;

    m->changed_ms = now_ms > next_ms ? now_ms : next_ms;
}

bool merchant_is_editable(const struct merchant *m)
{
    return m->frozen_ms == 0 &&
           (m->status == MERCHANT_TERKIRIM || m->status == MERCHANT_PERLU_PERBAIKAN);
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
    unsigned words = count_words(m->name);
    uint32_t flags = find_nik_flags(m->nik, now_ms);

    if (words < 2 || words > 5)
        flags |= MERCHANT_FLAG_NAME_WORDS;
    if (strcmp(m->sales, "5") == 0)
        flags |= MERCHANT_FLAG_SALES_LARGE;
    if (!msisdn_has_known_prefix(msisdn))
        flags |= MERCHANT_FLAG_MSISDN_UNKNOWN;
    return flags;
}

const char *ticket_slot_name(char slot)
{
    switch (slot) {
    case '1':
        return "morning";
    case '2':
        return "noon";
    case '3':
        return "afternoon";
    default:
        return "any";
    }
}

void subscriber_init(struct subscriber *s)
{
    memset(s, 0, offsetof(struct subscriber, merchants));
}

/* --- the stored record ---------------------------------------------------------------------- */

#define MERCHANT(member, kind) PACK_FIELD(struct merchant, member, kind)
static const struct pack_field merchant_fields[] = {
    /* clang-format off */
    MERCHANT(regno, PACK_CODE), MERCHANT(status, PACK_NUMBER),
    MERCHANT(name, PACK_TEXT), MERCHANT(business, PACK_TEXT), MERCHANT(category, PACK_CODE),
    MERCHANT(regency, PACK_CODE), MERCHANT(district, PACK_CODE),
    MERCHANT(sales, PACK_CODE), MERCHANT(smartphone, PACK_CODE),
    MERCHANT(submitted_ms, PACK_TIME), MERCHANT(changed_ms, PACK_TIME),
    MERCHANT(consent_ms, PACK_TIME), MERCHANT(consent_version, PACK_CODE),
    MERCHANT(consent_language, PACK_CODE),
    MERCHANT(nik, PACK_CODE), MERCHANT(flags, PACK_NUMBER), MERCHANT(reason, PACK_CODE),
    MERCHANT(deadline_ms, PACK_TIME), MERCHANT(reminded, PACK_FLAG),
    MERCHANT(frozen_ms, PACK_TIME),
    /* clang-format on */
};

#define TICKET(member, kind) PACK_FIELD(struct ticket, member, kind)
static const struct pack_field ticket_fields[] = {
    TICKET(number, PACK_TEXT),   TICKET(kind, PACK_NUMBER),   TICKET(slot, PACK_NUMBER),
    TICKET(asked_ms, PACK_TIME), TICKET(again_ms, PACK_TIME),
};

#define SEAT(member, kind) PACK_FIELD(struct seat, member, kind)
static const struct pack_field seat_fields[] = {
    SEAT(id, PACK_TEXT),       SEAT(at_ms, PACK_TIME),    SEAT(title, PACK_TEXT),
    SEAT(place, PACK_TEXT),    SEAT(reminded, PACK_FLAG), SEAT(is_named, PACK_FLAG),
    SEAT(is_since, PACK_FLAG),
};

#define SUBSCRIBER(member, kind) PACK_FIELD(struct subscriber, member, kind)
static const struct pack_field subscriber_fields[] = {
    /* clang-format off */
    SUBSCRIBER(merchant_count, PACK_NUMBER), SUBSCRIBER(language, PACK_CODE),
    SUBSCRIBER(link, PACK_TEXT), SUBSCRIBER(code, PACK_TEXT),
    SUBSCRIBER(info_sms_stopped, PACK_FLAG), SUBSCRIBER(training_news, PACK_FLAG),
    SUBSCRIBER(ticket_count, PACK_NUMBER), SUBSCRIBER(seat_count, PACK_NUMBER),
    SUBSCRIBER(erase_asked_ms, PACK_TIME), SUBSCRIBER(pending_since_ms, PACK_TIME),
    SUBSCRIBER(status_tries.count, PACK_NUMBER), SUBSCRIBER(status_tries.since_ms, PACK_TIME),
    SUBSCRIBER(help_sms.count, PACK_NUMBER), SUBSCRIBER(help_sms.since_ms, PACK_TIME),
    SUBSCRIBER(offered[0], PACK_TEXT), SUBSCRIBER(offered[1], PACK_TEXT),
    SUBSCRIBER(offered[2], PACK_TEXT), SUBSCRIBER(is_news_since, PACK_FLAG),
    /* clang-format on */
};
static_assert(SUBSCRIBER_OFFERED_MAX == 3, "a row each");

void subscriber_encode(const struct subscriber *s, struct writer *w)
{
    assert(s->merchant_count <= SUBSCRIBER_MERCHANTS_MAX);
    writer_u8(w, SUBSCRIBER_FORMAT);
    pack_write(w, s, subscriber_fields, PACK_COUNT(subscriber_fields));
    for (unsigned i = 0; i < s->merchant_count; i++)
        pack_write(w, &s->merchants[i], merchant_fields, PACK_COUNT(merchant_fields));
    if (s->pending_since_ms != 0)
        pack_write(w, &s->pending, merchant_fields, PACK_COUNT(merchant_fields));
    for (unsigned i = 0; i < s->ticket_count; i++)
        pack_write(w, &s->tickets[i], ticket_fields, PACK_COUNT(ticket_fields));
    for (unsigned i = 0; i < s->seat_count; i++)
        pack_write(w, &s->seats[i], seat_fields, PACK_COUNT(seat_fields));
}

static void decode_merchant(struct merchant *m, struct reader *r)
{
    memset(m, 0, sizeof(*m));
    pack_read(r, m, merchant_fields, PACK_COUNT(merchant_fields));
    if (m->status >= MERCHANT_STATUS_COUNT)
        r->failed = true;
}

static bool decode_body(struct subscriber *s, struct reader *r)
{
    pack_read(r, s, subscriber_fields, PACK_COUNT(subscriber_fields));
    if (r->failed || s->merchant_count > SUBSCRIBER_MERCHANTS_MAX ||
        s->ticket_count > SUBSCRIBER_TICKETS_MAX || s->seat_count > SUBSCRIBER_SEATS_MAX)
        return false;
    for (unsigned i = 0; i < s->merchant_count; i++)
        decode_merchant(&s->merchants[i], r);
    if (s->pending_since_ms != 0)
        decode_merchant(&s->pending, r);
    for (unsigned i = 0; i < s->ticket_count; i++) {
        pack_read(r, &s->tickets[i], ticket_fields, PACK_COUNT(ticket_fields));
        if (s->tickets[i].kind >= TICKET_KIND_COUNT)
            r->failed = true;
    }
    for (unsigned i = 0; i < s->seat_count; i++)
        pack_read(r, &s->seats[i], seat_fields, PACK_COUNT(seat_fields));
    return !r->failed && reader_left(r) == 0;
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

bool subscriber_is_newer(struct span record)
{
    return record.size != 0 && record.data[0] > SUBSCRIBER_FORMAT;
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
