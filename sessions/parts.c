#include "sessions/parts.h"

#include <assert.h>
#include <string.h>

/*
 * Encoded: for each part
 *   u64 message, u64 fingerprint
 *   48 bits at_ms
 *   u8 number, u8 total
 *   u16 length + text; TAKEN instead of a length: none, its message was completed
 */
enum { TAKEN = 0xFFFF };

void parts_init(struct parts *p)
{
    p->count = p->text_bytes = p->dropped = 0; /* the rest is never read: it is large */
}

void parts_encode(const struct parts *p, struct writer *w)
{
    const char *text = p->text;

    for (unsigned i = 0; i < p->count; i++) {
        const struct part *part = &p->items[i];

        writer_u64(w, part->message);
        writer_u64(w, part->fingerprint);
        writer_u16(w, (uint16_t)((uint64_t)part->at_ms >> 32));
        writer_u32(w, (uint32_t)part->at_ms);
        writer_u8(w, part->number);
        writer_u8(w, part->total);
        if (part->is_taken)
            writer_u16(w, TAKEN);
        else
            writer_span16(w, span_of(text, part->text_bytes));
        text += part->text_bytes;
    }
}

static void read_part(struct parts *p, struct reader *r)
{
    struct part part = {.message = reader_u64(r), .fingerprint = reader_u64(r)};
    struct span text = {0};

    part.at_ms = (int64_t)((uint64_t)reader_u16(r) << 32);
    part.at_ms |= reader_u32(r);
    part.number = reader_u8(r);
    part.total = reader_u8(r);
    part.text_bytes = reader_u16(r);
    part.is_taken = part.text_bytes == TAKEN;
    if (part.is_taken)
        part.text_bytes = 0;
    text = reader_bytes(r, part.text_bytes);
    if (part.number == 0 || part.number > part.total || p->count == PARTS_MAX ||
        p->text_bytes + text.size >= PARTS_TEXT_BYTES)
        r->failed = true;
    if (r->failed)
        return;
    if (text.size != 0)
        memcpy(p->text + p->text_bytes, text.data, text.size);
    p->text_bytes += part.text_bytes;
    p->items[p->count++] = part;
}

bool parts_decode(struct parts *p, struct span octets)
{
    struct reader r;

    parts_init(p);
    reader_init(&r, octets);
    while (!r.failed && reader_left(&r) != 0)
        read_part(p, &r);
    if (r.failed)
        parts_init(p);
    return !r.failed;
}

static unsigned text_offset(const struct parts *p, unsigned place)
{
    unsigned offset = 0;

    for (unsigned i = 0; i < place; i++)
        offset += p->items[i].text_bytes;
    return offset;
}

static void drop_text(struct parts *p, unsigned place)
{
    unsigned offset = text_offset(p, place), size = p->items[place].text_bytes;

    memmove(p->text + offset, p->text + offset + size, p->text_bytes - offset - size);
    p->text_bytes -= size;
    p->items[place].text_bytes = 0;
}

static void remove_part(struct parts *p, unsigned place)
{
    if (!p->items[place].is_taken)
        p->dropped++;
    drop_text(p, place);
    p->count--;
    memmove(&p->items[place], &p->items[place + 1], (p->count - place) * sizeof(p->items[0]));
}

/* Of two messages with one name the taken one and the incomplete one are different ones. */
static bool is_of(const struct part *part, uint64_t message, bool is_taken)
{
    return part->message == message && part->is_taken == is_taken;
}

static void remove_message(struct parts *p, uint64_t message, bool is_taken)
{
    for (unsigned i = p->count; i-- > 0;)
        if (is_of(&p->items[i], message, is_taken))
            remove_part(p, i);
}

void parts_expire(struct parts *p, int64_t now_ms, int64_t keep_ms, int64_t horizon_ms)
{
    for (unsigned i = p->count; i-- > 0;) {
        const struct part *part = &p->items[i];

        if (now_ms - part->at_ms > (part->is_taken ? horizon_ms : keep_ms))
            remove_part(p, i);
    }
}

int64_t parts_oldest_ms(const struct parts *p)
{
    int64_t oldest_ms = 0;

    for (unsigned i = 0; i < p->count; i++)
        if (!p->items[i].is_taken && (oldest_ms == 0 || p->items[i].at_ms < oldest_ms))
            oldest_ms = p->items[i].at_ms;
    return oldest_ms;
}

/* Makes room by the oldest message that is not `message`; false when there is no other. */
static bool drop_oldest(struct parts *p, uint64_t message)
{
    const struct part *oldest = NULL;

    for (unsigned i = 0; i < p->count; i++)
        if (!is_of(&p->items[i], message, false) &&
            (oldest == NULL || p->items[i].at_ms < oldest->at_ms))
            oldest = &p->items[i];
    if (oldest == NULL)
        return false;
    remove_message(p, oldest->message, oldest->is_taken);
    return true;
}

static bool is_copy(const struct parts *p, const struct part *part)
{
    for (unsigned i = 0; i < p->count; i++)
        if (p->items[i].fingerprint == part->fingerprint)
            return true;
    return false;
}

/* What is there of the message: how many parts, and since when. */
static unsigned count_of(const struct parts *p, uint64_t message, int64_t *since_ms)
{
    unsigned count = 0;

    for (unsigned i = 0; i < p->count; i++)
        if (is_of(&p->items[i], message, false)) {
            *since_ms = p->items[i].at_ms;
            count++;
        }
    return count;
}

static bool has_number(const struct parts *p, const struct part *part)
{
    for (unsigned i = 0; i < p->count; i++)
        if (is_of(&p->items[i], part->message, false) && p->items[i].number == part->number)
            return true;
    return false;
}

static void join(struct parts *p, uint64_t message, unsigned total, int64_t now_ms, char *whole)
{
    for (unsigned number = 1; number <= total; number++)
        for (unsigned i = 0; i < p->count; i++)
            if (is_of(&p->items[i], message, false) && p->items[i].number == number) {
                memcpy(whole, p->text + text_offset(p, i), p->items[i].text_bytes);
                whole += p->items[i].text_bytes;
            }
    *whole = '\0';
    for (unsigned i = 0; i < p->count; i++)
        if (is_of(&p->items[i], message, false)) {
            drop_text(p, i);
            p->items[i].is_taken = true;
            p->items[i].at_ms = now_ms;
        }
}

enum parts_result parts_take(struct parts *p, const struct part *part, const char *text,
                             int64_t now_ms, char *whole)
{
    size_t size = strlen(text);
    struct part *added;
    int64_t since_ms = now_ms;
    unsigned there;

    assert(part->number >= 1 && part->number <= part->total);
    if (is_copy(p, part))
        return PARTS_COPY;
    if (has_number(p, part))
        remove_message(p, part->message, false);
    there = count_of(p, part->message, &since_ms);
    while (p->count == PARTS_MAX || p->text_bytes + size >= PARTS_TEXT_BYTES) {
        if (drop_oldest(p, part->message))
            continue;
        remove_message(p, part->message, false);
        return PARTS_TOO_LONG;
    }
    added = &p->items[p->count++];
    *added = *part;
    added->at_ms = since_ms;
    added->is_taken = false;
    added->text_bytes = (uint16_t)size;
    memcpy(p->text + p->text_bytes, text, size);
    p->text_bytes += (unsigned)size;
    if (there + 1 < part->total)
        return PARTS_KEPT;
    join(p, part->message, part->total, now_ms, whole);
    return PARTS_COMPLETE;
}
