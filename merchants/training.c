#include "merchants/training.h"

#include "merchants/calendar.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TRAININGS_FORMAT = 1 };

/* --- the record ----------------------------------------------------------------------------- */

static void encode_training(const struct training *t, struct writer *w)
{
    writer_string8(w, t->id);
    writer_u64(w, (uint64_t)t->at_ms);
    writer_string8(w, t->title);
    writer_string8(w, t->place);
    writer_string8(w, t->regency);
    writer_u16(w, t->seats);
    writer_u16(w, t->taken);
    for (unsigned i = 0; i < t->taken; i++)
        writer_u64(w, t->claims[i]);
}

static bool decode_training(struct training *t, struct reader *r)
{
    reader_string8(r, t->id, sizeof(t->id));
    t->at_ms = (int64_t)reader_u64(r);
    reader_string8(r, t->title, sizeof(t->title));
    reader_string8(r, t->place, sizeof(t->place));
    reader_string8(r, t->regency, sizeof(t->regency));
    t->seats = reader_u16(r);
    t->taken = reader_u16(r);
    if (r->failed || t->seats > TRAINING_SEATS_MAX || t->taken > t->seats)
        return false;
    for (unsigned i = 0; i < t->taken; i++)
        t->claims[i] = reader_u64(r);
    return !r->failed;
}

void trainings_encode(const struct trainings *t, struct writer *w)
{
    assert(t->count <= TRAININGS_MAX);
    writer_u8(w, TRAININGS_FORMAT);
    writer_u32(w, t->last_id);
    writer_u8(w, (uint8_t)t->count);
    for (unsigned i = 0; i < t->count; i++)
        encode_training(&t->items[i], w);
}

static bool decode_body(struct trainings *t, struct reader *r)
{
    if (reader_u8(r) != TRAININGS_FORMAT)
        return false;
    t->last_id = reader_u32(r);
    t->count = reader_u8(r);
    if (t->count > TRAININGS_MAX)
        return false;
    for (unsigned i = 0; i < t->count; i++) {
        if (!decode_training(&t->items[i], r))
            return false;
    }
    return !r->failed && reader_left(r) == 0;
}

bool trainings_decode(struct trainings *t, struct span record)
{
    struct reader r;

    memset(t, 0, sizeof(*t));
    if (record.size == 0)
        return true;
    reader_init(&r, record);
    if (decode_body(t, &r))
        return true;
    memset(t, 0, sizeof(*t));
    return false;
}

/* --- planning ------------------------------------------------------------------------------- */

const char *training_verdict_name(enum training_verdict verdict)
{
    switch (verdict) {
    case TRAINING_DONE:
        return "done";
    case TRAINING_TOO_MANY:
        return "too-many";
    case TRAINING_BAD_TEXT:
        return "bad-text";
    case TRAINING_BAD_SEATS:
        return "bad-seats";
    case TRAINING_PAST:
        return "past";
    case TRAINING_FAR:
        return "far";
    }
    abort();
}

static bool has_begun(const struct training *t, int64_t now_ms)
{
    return t->at_ms <= now_ms;
}

static void remove_at(struct trainings *t, unsigned i)
{
    t->count--;
    memmove(&t->items[i], &t->items[i + 1], (t->count - i) * sizeof(t->items[0]));
}

/* Plain characters that every phone shows at one septet each: titles stand in SMS that are full. */
static bool is_good_text(const char *text)
{
    size_t size = strlen(text);

    if (strspn(text, " ") == size || size > TRAINING_CHARACTERS_MAX)
        return false;
    for (; *text != '\0'; text++) {
        if (*text < ' ' || *text > '~' || strchr("^{}[]~\\|`", *text) != NULL)
            return false;
    }
    return true;
}

static const struct training *find_same(const struct trainings *t, const struct training *plan)
{
    for (unsigned i = 0; i < t->count; i++) {
        const struct training *one = &t->items[i];

        if (one->at_ms == plan->at_ms && one->seats == plan->seats &&
            strcmp(one->title, plan->title) == 0 && strcmp(one->place, plan->place) == 0 &&
            strcmp(one->regency, plan->regency) == 0)
            return one;
    }
    return NULL;
}

enum training_verdict trainings_add(struct trainings *t, const struct training *plan,
                                    int64_t now_ms, char id[TRAINING_ID_BYTES])
{
    const struct training *same = find_same(t, plan);
    unsigned at = 0;

    if (!is_good_text(plan->title) || !is_good_text(plan->place))
        return TRAINING_BAD_TEXT;
    if (plan->seats < 1 || plan->seats > TRAINING_SEATS_MAX)
        return TRAINING_BAD_SEATS;
    if (has_begun(plan, now_ms))
        return TRAINING_PAST;
    if (calendar_date_at(plan->at_ms).year >= calendar_date_at(now_ms).year + 100)
        return TRAINING_FAR;
    if (same != NULL) {
        memcpy(id, same->id, TRAINING_ID_BYTES);
        return TRAINING_DONE;
    }
    for (unsigned i = t->count; i-- > 0;) {
        if (has_begun(&t->items[i], now_ms))
            remove_at(t, i);
    }
    if (t->count == TRAININGS_MAX)
        return TRAINING_TOO_MANY;

    while (at < t->count && t->items[at].at_ms <= plan->at_ms)
        at++;
    memmove(&t->items[at + 1], &t->items[at], (t->count - at) * sizeof(t->items[0]));
    t->count++;
    t->items[at] = *plan;
    t->items[at].taken = 0;
    snprintf(t->items[at].id, TRAINING_ID_BYTES, "L%u", ++t->last_id % 10000000);
    memcpy(id, t->items[at].id, TRAINING_ID_BYTES);
    return TRAINING_DONE;
}

struct training *trainings_find(struct trainings *t, const char *id)
{
    for (unsigned i = 0; i < t->count; i++) {
        if (strcmp(t->items[i].id, id) == 0)
            return &t->items[i];
    }
    return NULL;
}

bool trainings_cancel(struct trainings *t, const char *id)
{
    struct training *item = trainings_find(t, id);

    if (item == NULL)
        return false;
    remove_at(t, (unsigned)(item - t->items));
    return true;
}

/* --- seats ---------------------------------------------------------------------------------- */

/* FNV-1a of the number and the training. */
static uint64_t claim_of(const struct training *t, const char *msisdn)
{
    uint64_t hash = UINT64_C(14695981039346656037);

    for (; *msisdn != '\0'; msisdn++)
        hash = (hash ^ (unsigned char)*msisdn) * UINT64_C(1099511628211);
    for (const char *at = t->id; *at != '\0'; at++)
        hash = (hash ^ (unsigned char)*at) * UINT64_C(1099511628211);
    return hash;
}

static int find_claim(const struct training *t, uint64_t claim)
{
    for (unsigned i = 0; i < t->taken; i++) {
        if (t->claims[i] == claim)
            return (int)i;
    }
    return -1;
}

bool training_claim(struct training *t, const char *msisdn)
{
    uint64_t claim = claim_of(t, msisdn);

    if (find_claim(t, claim) >= 0)
        return true;
    if (t->taken >= t->seats)
        return false;
    t->claims[t->taken++] = claim;
    return true;
}

void training_release(struct training *t, const char *msisdn)
{
    int at = find_claim(t, claim_of(t, msisdn));

    if (at >= 0)
        t->claims[at] = t->claims[--t->taken];
}

bool training_forget(struct training *t, const char *msisdn)
{
    int at = find_claim(t, claim_of(t, msisdn));

    if (at >= 0)
        t->claims[at] = 0;
    return at >= 0;
}

/* --- listing -------------------------------------------------------------------------------- */

unsigned trainings_upcoming(const struct trainings *t, const char *regency, int64_t now_ms,
                            const struct training **list, unsigned max)
{
    unsigned count = 0;

    for (unsigned pass = 0; pass < 2; pass++) {
        for (unsigned i = 0; i < t->count; i++) {
            const struct training *item = &t->items[i];
            bool is_near = item->regency[0] == '\0' || strcmp(item->regency, regency) == 0;

            if (has_begun(item, now_ms) || is_near != (pass == 0))
                continue;
            if (count < max)
                list[count] = item;
            count++;
        }
    }
    return count;
}

void training_format_time(int64_t at_ms, char text[TRAINING_TIME_BYTES])
{
    struct date date = calendar_date_at(at_ms);
    unsigned minute = calendar_minute_at(at_ms);

    snprintf(text, TRAINING_TIME_BYTES, "%02u-%02u-%02u %02u.%02u", date.day % 100,
             date.month % 100, (unsigned)date.year % 100, minute / 60 % 100, minute % 60);
}
