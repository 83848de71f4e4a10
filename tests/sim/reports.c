#include "tests/sim/reports.h"

#include "base/list.h"
#include "base/mem.h"
#include "gateway/smpp/pdu.h"
#include "tests/sim/delivery.h"
#include "tests/sim/phone.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

enum {
    REPORTS_LATE_MS_MAX = 10 * 60 * 1000,
    REPORTS_SOON_MS_MAX = 20,
    REPORTS_ESM_CLASS = 0x04, /* SMPP 3.4, 5.2.12 */
    /* In a million: */
    REPORTS_NEVER = 50000,
    REPORTS_SOON = 500000,
    REPORTS_AGAIN = 100000,
};

struct one {
    struct list_node node;
    struct reports *reports;
    struct delivery delivery;
    struct timer due;
    const struct phone *phone;
    char message_id[16];
    const char *state; /* "DELIVRD" */
    bool is_delivered, is_told, is_taken;
};

struct reports {
    struct world *world;
    struct list list;
    uint64_t planned, taken, delivered; /* SMS; the last are told of, taken or not */
};

static struct connection *choose(void *ctx)
{
    const struct one *o = ctx;

    return phone_choose_connection(o->phone);
}

/* As most centres write it (SMPP 3.4, appendix B). */
static uint32_t write_receipt(void *ctx, struct connection *x, unsigned tries)
{
    struct one *o = ctx;
    uint32_t sequence_number = connection_next_sequence(x);
    char text[160];
    uint8_t octets[320];
    struct writer w;
    struct smpp_message m = {
        .source = {1, 1, span_of_string(o->phone->msisdn)},
        .destination = {0, 1, span_of_string("384")},
        .esm_class = REPORTS_ESM_CLASS,
    };

    snprintf(text, sizeof(text),
             "id:%s sub:001 dlvrd:001 submit date:2603021200 done date:2603021201 stat:%s err:000 "
             "text:",
             o->message_id, o->state);
    m.short_message = span_of_string(text);
    writer_init(&w, octets, sizeof(octets));
    smpp_message_encode(&w, SMPP_DELIVER_SM, sequence_number, &m, span_of(NULL, 0));
    assert(!w.failed);
    o->reports->delivered += o->is_delivered && !o->is_told;
    o->is_told = true;
    world_tell(o->reports->world, "%s: the receipt of SMS %s, %s, try %u", o->phone->msisdn,
               o->message_id, o->state, tries);
    connection_send(x, writer_span(&w));
    return sequence_number;
}

static void end(void *ctx)
{
    struct one *o = ctx;

    delivery_stop(&o->delivery);
    timer_stop(&o->reports->world->timers, &o->due);
    list_remove(&o->reports->list, &o->node);
    mem_free(o);
}

static void on_due(struct timer *timer, void *arg)
{
    struct one *o = arg;

    (void)timer;
    delivery_begin(&o->delivery);
}

void reports_plan(struct reports *r, const struct phone *phone, const char *message_id)
{
    static const struct delivery_owner owner = {choose, write_receipt, end};
    static const char *const states[] = {"DELIVRD", "DELIVRD", "DELIVRD", "UNDELIV", "EXPIRED"};
    struct one *o;

    r->planned++;
    if (world_chance(r->world, REPORTS_NEVER))
        return;
    o = mem_zalloc(sizeof(*o));
    o->reports = r;
    o->phone = phone;
    text_copy(o->message_id, sizeof(o->message_id), message_id);
    o->state = states[world_between(r->world, 0, sizeof(states) / sizeof(states[0]) - 1)];
    o->is_delivered = strcmp(o->state, states[0]) == 0;
    delivery_init(&o->delivery, r->world, &owner, o);
    timer_init(&o->due, on_due, o);
    list_push_back(&r->list, &o->node);
    timer_start(&r->world->timers, &o->due,
                world_between(r->world, 0,
                              world_chance(r->world, REPORTS_SOON) ? REPORTS_SOON_MS_MAX
                                                                   : REPORTS_LATE_MS_MAX));
}

bool reports_respond(struct reports *r, const struct connection *x, uint32_t sequence_number,
                     uint32_t command_status)
{
    LIST_FOREACH(n, &r->list) {
        struct one *o = LIST_ITEM(n, struct one, node);

        if (!delivery_awaits(&o->delivery, x, sequence_number))
            continue;
        if (command_status != ESME_ROK) {
            delivery_later(&o->delivery);
            return true;
        }
        r->taken += !o->is_taken;
        o->is_taken = true;
        if (world_chance(r->world, REPORTS_AGAIN)) {
            delivery_stop(&o->delivery);
            timer_start(&r->world->timers, &o->due,
                        world_between(r->world, 0, REPORTS_LATE_MS_MAX));
        } else {
            end(o);
        }
        return true;
    }
    return false;
}

void reports_lose_connection(struct reports *r, const struct connection *x)
{
    LIST_FOREACH(n, &r->list) {
        struct one *o = LIST_ITEM(n, struct one, node);

        if (o->delivery.connection == x)
            delivery_later(&o->delivery);
    }
}

uint64_t reports_delivered(const struct reports *r)
{
    return r->delivered;
}

uint64_t reports_missing(const struct reports *r)
{
    return r->planned - r->taken;
}

struct reports *reports_new(struct world *w)
{
    struct reports *r = mem_zalloc(sizeof(*r));

    r->world = w;
    list_init(&r->list);
    return r;
}

void reports_free(struct reports *r)
{
    struct list_node *n;

    while ((n = list_first(&r->list)) != NULL)
        end(LIST_ITEM(n, struct one, node));
    mem_free(r);
}
