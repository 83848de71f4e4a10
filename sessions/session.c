#include "sessions/session.h"

#include <assert.h>
#include <stddef.h>
#include <string.h>

/*
 * The record, format 3. Times are 46 bits of milliseconds with two flags above them, so that a debt
 * takes 14 octets; a typical open session with a full screen stays below 350.
 *
 *   u8  format
 *   u8  is_open (bit 0), reply (bits 1-2), debt_count (bits 4-7)
 *   u8  step
 *   u8  length + link, u8 length + code, u8 length + id
 *   48 bits  updated_ms
 *   u16 length + screen
 *   debts: u64 fingerprint, 48 bits: is_closed, is_exact, at_ms
 *   u16 length + state
 *   48 bits: is_pushed, is_unnamed, opened_ms         (from format 2 on)
 *   u16 length + parts                                (from format 2 on)
 *   u32 holder                                        (from format 3 on)
 */
enum {
    FORMAT = 3,
    FORMAT_WITHOUT_HOLDER = 2,
    FORMAT_WITHOUT_PARTS = 1,
    FLAG_OPEN = 0x01,
    FLAG_UNUSED = 0x08,
    REPLY_SHIFT = 1,
    REPLY_MASK = 0x03,
    COUNT_SHIFT = 4,
    TIME_BITS = 46,
    TIME_CLOSED = 2,
    TIME_EXACT = 1,
    TIME_PUSHED = 2,
    TIME_UNNAMED = 1,
};

void session_init(struct session *s)
{
    memset(s, 0, offsetof(struct session, screen));
    s->screen[0] = '\0';
    s->debt_count = 0;
    s->state_size = 0;
    s->parts_size = 0;
}

static void write_time(struct writer *w, int64_t ms, unsigned flags)
{
    uint64_t value = (uint64_t)ms;

    assert(ms >= 0 && value >> TIME_BITS == 0);
    value |= (uint64_t)flags << TIME_BITS;
    writer_u16(w, (uint16_t)(value >> 32));
    writer_u32(w, (uint32_t)value);
}

static int64_t read_time(struct reader *r, unsigned *flags)
{
    uint64_t value = (uint64_t)reader_u16(r) << 32;

    value |= reader_u32(r);
    *flags = (unsigned)(value >> TIME_BITS);
    return (int64_t)(value & ((UINT64_C(1) << TIME_BITS) - 1));
}

void session_encode(const struct session *s, struct writer *w)
{
    assert(s->debt_count <= SESSION_DEBTS_MAX && s->id_size <= SESSION_ID_BYTES);
    assert(s->state_size <= SESSION_STATE_BYTES && s->reply <= SESSION_REPLY_END);
    assert(s->parts_size <= PARTS_BYTES_MAX);
    writer_u8(w, FORMAT);
    writer_u8(w, (uint8_t)((s->is_open ? FLAG_OPEN : 0) | (unsigned)s->reply << REPLY_SHIFT |
                           s->debt_count << COUNT_SHIFT));
    writer_u8(w, s->step);
    writer_string8(w, s->link);
    writer_string8(w, s->code);
    writer_span8(w, span_of(s->id, s->id_size));
    write_time(w, s->updated_ms, 0);
    writer_string16(w, s->screen);
    for (unsigned i = 0; i < s->debt_count; i++) {
        const struct session_debt *d = &s->debts[i];

        writer_u64(w, d->fingerprint);
        write_time(w, d->at_ms,
                   (d->is_closed ? TIME_CLOSED : 0U) | (d->is_exact ? TIME_EXACT : 0U));
    }
    writer_span16(w, span_of(s->state, s->state_size));
    write_time(w, s->opened_ms,
               (s->is_pushed ? TIME_PUSHED : 0U) | (s->is_unnamed ? TIME_UNNAMED : 0U));
    writer_span16(w, span_of(s->parts, s->parts_size));
    writer_u32(w, s->holder);
}

static void read_debts(struct session *s, struct reader *r)
{
    for (unsigned i = 0; i < s->debt_count; i++) {
        struct session_debt *d = &s->debts[i];
        unsigned flags;

        d->fingerprint = reader_u64(r);
        d->at_ms = read_time(r, &flags);
        d->is_closed = (flags & TIME_CLOSED) != 0;
        d->is_exact = (flags & TIME_EXACT) != 0;
    }
}

/* A field of raw octets; fails when it is longer than its place. */
static size_t read_octets(struct reader *r, struct span s, uint8_t *field, size_t field_bytes)
{
    if (s.size > field_bytes) {
        r->failed = true;
        return 0;
    }
    if (s.size != 0)
        memcpy(field, s.data, s.size);
    return s.size;
}

static void read_session(struct session *s, struct reader *r)
{
    uint8_t format = reader_u8(r);
    uint8_t flags = reader_u8(r);
    unsigned time_flags;

    s->is_open = (flags & FLAG_OPEN) != 0;
    s->reply = (enum session_reply)(flags >> REPLY_SHIFT & REPLY_MASK);
    s->debt_count = flags >> COUNT_SHIFT;
    if (format < FORMAT_WITHOUT_PARTS || format > FORMAT || (flags & FLAG_UNUSED) != 0 ||
        s->reply > SESSION_REPLY_END || s->debt_count > SESSION_DEBTS_MAX) {
        r->failed = true;
        return;
    }
    s->step = reader_u8(r);
    reader_string8(r, s->link, sizeof(s->link));
    reader_string8(r, s->code, sizeof(s->code));
    s->id_size = (uint8_t)read_octets(r, reader_span8(r), s->id, sizeof(s->id));
    s->updated_ms = read_time(r, &time_flags);
    if (time_flags != 0)
        r->failed = true;
    reader_string16(r, s->screen, sizeof(s->screen));
    read_debts(s, r);
    s->state_size = (uint16_t)read_octets(r, reader_span16(r), s->state, sizeof(s->state));
    if (format == FORMAT_WITHOUT_PARTS)
        return;
    s->opened_ms = read_time(r, &time_flags);
    s->is_pushed = (time_flags & TIME_PUSHED) != 0;
    s->is_unnamed = (time_flags & TIME_UNNAMED) != 0;
    s->parts_size = (uint16_t)read_octets(r, reader_span16(r), s->parts, sizeof(s->parts));
    if (format != FORMAT_WITHOUT_HOLDER)
        s->holder = reader_u32(r);
}

bool session_decode(struct session *s, struct span record)
{
    struct reader r;

    session_init(s);
    reader_init(&r, record);
    read_session(s, &r);
    if (r.failed || reader_left(&r) != 0) {
        session_init(s);
        return false;
    }
    return true;
}

bool session_is_newer(struct span record)
{
    return record.size != 0 && record.data[0] > FORMAT;
}

static bool is_expired(const struct session_debt *d, int64_t now_ms, int64_t horizon_ms)
{
    return now_ms - d->at_ms > horizon_ms;
}

/* An input equal to it is a copy, not a new one. */
static bool is_owed(const struct session_debt *d, int64_t now_ms, int64_t horizon_ms)
{
    return (!d->is_closed || d->is_exact) && !is_expired(d, now_ms, horizon_ms);
}

const struct session_debt *session_find_debt(const struct session *s, uint64_t fingerprint,
                                             int64_t now_ms, int64_t horizon_ms)
{
    for (unsigned i = 0; i < s->debt_count; i++) {
        const struct session_debt *d = &s->debts[i];

        if (d->fingerprint == fingerprint && is_owed(d, now_ms, horizon_ms))
            return d;
    }
    return NULL;
}

/* A proof names its debt by the time: an equal one has a later one, though taken in the same
 * millisecond, or by a clock that is behind. */
static int64_t debt_time(const struct session *s, uint64_t fingerprint, int64_t now_ms)
{
    int64_t at_ms = now_ms;

    for (unsigned i = 0; i < s->debt_count; i++)
        if (s->debts[i].fingerprint == fingerprint && s->debts[i].at_ms >= at_ms)
            at_ms = s->debts[i].at_ms + 1;
    return at_ms;
}

/* Behind the first `place` ones, which stay as they are. */
static int64_t add_debt(struct session *s, unsigned place, struct session_debt debt, int64_t now_ms,
                        int64_t horizon_ms)
{
    struct session_debt kept[SESSION_DEBTS_MAX];
    unsigned count = place;

    assert(place < SESSION_DEBTS_MAX);
    debt.at_ms = debt_time(s, debt.fingerprint, now_ms);
    memcpy(kept, s->debts, place * sizeof(kept[0]));
    kept[count++] = debt;
    for (unsigned i = place; i < s->debt_count && count < SESSION_DEBTS_MAX; i++) {
        if (is_owed(&s->debts[i], now_ms, horizon_ms))
            kept[count++] = s->debts[i];
    }
    memcpy(s->debts, kept, count * sizeof(kept[0]));
    s->debt_count = count;
    return debt.at_ms;
}

int64_t session_add_debt(struct session *s, uint64_t fingerprint, bool is_exact, int64_t now_ms,
                         int64_t horizon_ms)
{
    return add_debt(s, 0, (struct session_debt){.fingerprint = fingerprint, .is_exact = is_exact},
                    now_ms, horizon_ms);
}

int64_t session_add_sms_debt(struct session *s, uint64_t fingerprint, int64_t now_ms,
                             int64_t horizon_ms)
{
    /* Equal ones stay newest first, for session_close_debt(). */
    bool is_behind = s->debt_count != 0 && s->debts[0].fingerprint != fingerprint;

    return add_debt(s, is_behind ? 1 : 0, (struct session_debt){.fingerprint = fingerprint}, now_ms,
                    horizon_ms);
}

bool session_close_debt(struct session *s, const struct session_proof *proof)
{
    bool is_reached = false, has_closed = false;

    for (unsigned i = 0; i < s->debt_count; i++) {
        struct session_debt *d = &s->debts[i];

        if (d->fingerprint != proof->fingerprint)
            continue;
        is_reached = is_reached || d->at_ms == proof->debt_ms;
        has_closed = has_closed || (is_reached && !d->is_closed);
        d->is_closed = d->is_closed || is_reached;
    }
    return has_closed;
}
