#include "tests/sim/letter.h"

#include "gateway/smpp/pdu.h"

#include <assert.h>

enum { LETTER_LONG = 333333 /* of a million are in parts */ };

static struct connection *choose(void *ctx)
{
    const struct letter_part *p = ctx;

    return p->letter->owner->choose(p->letter->ctx);
}

/* One octet of reference (3GPP TS 23.040, 9.2.3.24.1). */
static struct span part_of(const struct letter *l, unsigned place, uint8_t octets[LETTER_BYTES])
{
    struct span whole = span_of_string(l->text),
                part =
                    place == 0 ? span_of(whole.data, 1) : span_of(whole.data + 1, whole.size - 1);
    const uint8_t header[] = {5, 0, 3, l->reference, LETTER_PARTS_MAX, (uint8_t)(place + 1)};
    struct writer w;

    writer_init(&w, octets, LETTER_BYTES);
    writer_bytes(&w, header, sizeof(header));
    writer_bytes(&w, part.data, part.size);
    return writer_span(&w);
}

static uint32_t write_on(struct connection *x, const struct letter *l, unsigned place)
{
    uint32_t sequence_number = connection_next_sequence(x);
    uint8_t octets[256], part[LETTER_BYTES];
    struct writer w;
    struct smpp_message m = {
        .source = {1, 1, span_of_string(l->msisdn)},
        .destination = {0, 1, span_of_string("384")},
        .short_message = span_of_string(l->text),
    };

    if (l->part_count != 1) {
        m.esm_class = SMPP_ESM_UDHI;
        m.short_message = part_of(l, place, part);
    }
    writer_init(&w, octets, sizeof(octets));
    smpp_message_encode(&w, SMPP_DELIVER_SM, sequence_number, &m, span_of(NULL, 0));
    assert(!w.failed);
    connection_send(x, writer_span(&w));
    return sequence_number;
}

/* Twice, perhaps, by another bind: the copy's response says nothing. */
static uint32_t write_part(void *ctx, struct connection *x, unsigned tries)
{
    const struct letter_part *p = ctx;
    struct letter *l = p->letter;
    unsigned place = (unsigned)(p - l->parts);
    uint32_t sequence_number = write_on(x, l, place);

    world_tell(l->world, "%s sends SMS \"%s\", part %u of %u, try %u", l->msisdn, l->text,
               place + 1, l->part_count, tries);
    if (world_chance(l->world, l->world->faults.deliver_twice)) {
        (void)write_on(l->owner->choose(l->ctx), l, place);
        l->doubled++; /* two alive at a time: docs/custody.md, HALF_OPEN */
    }
    return sequence_number;
}

static void give_up(void *ctx)
{
    const struct letter_part *p = ctx;

    p->letter->owner->lost(p->letter->ctx);
}

void letter_init(struct letter *l, struct world *w, const char *msisdn,
                 const struct letter_owner *owner, void *ctx)
{
    static const struct delivery_owner part_owner = {choose, write_part, give_up};

    *l = (struct letter){.world = w, .msisdn = msisdn, .owner = owner, .ctx = ctx};
    for (unsigned i = 0; i < LETTER_PARTS_MAX; i++) {
        l->parts[i].letter = l;
        delivery_init(&l->parts[i].delivery, w, &part_owner, &l->parts[i]);
    }
}

void letter_send(struct letter *l, const char *text)
{
    text_copy(l->text, sizeof(l->text), text);
    l->part_count = world_chance(l->world, LETTER_LONG) ? LETTER_PARTS_MAX : 1;
    l->reference++;
    l->sent++;
    l->taken = 0;
    for (unsigned i = 0; i < l->part_count; i++)
        delivery_begin(&l->parts[i].delivery);
}

bool letter_is_under_way(const struct letter *l)
{
    bool is_under_way = false;

    for (unsigned i = 0; i < LETTER_PARTS_MAX; i++)
        is_under_way = is_under_way || l->parts[i].delivery.is_under_way;
    return is_under_way;
}

void letter_forget(struct letter *l)
{
    l->doubled += letter_is_under_way(l);
}

bool letter_respond(struct letter *l, const struct connection *x, uint32_t sequence_number,
                    uint32_t command_status)
{
    for (unsigned i = 0; i < LETTER_PARTS_MAX; i++) {
        struct delivery *d = &l->parts[i].delivery;

        if (!delivery_awaits(d, x, sequence_number))
            continue;
        if (command_status != ESME_ROK) {
            delivery_later(d);
            return true;
        }
        delivery_stop(d);
        if (++l->taken == l->part_count)
            l->owner->taken(l->ctx);
        return true;
    }
    return false;
}

void letter_lose_connection(struct letter *l, const struct connection *x)
{
    for (unsigned i = 0; i < LETTER_PARTS_MAX; i++)
        if (l->parts[i].delivery.connection == x)
            delivery_later(&l->parts[i].delivery);
}

void letter_stop(struct letter *l)
{
    for (unsigned i = 0; i < LETTER_PARTS_MAX; i++)
        delivery_stop(&l->parts[i].delivery);
}
