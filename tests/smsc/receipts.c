#include "tests/smsc/receipts.h"

#include "base/mem.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

enum {
    ASK_MASK = 3, /* registered_delivery, bits 1-0 */
    ASKS_ALWAYS = 1,
    ASKS_ON_FAILURE = 2,
    STATE_DELIVERED = 2,
    STATE_UNDELIVERABLE = 5,
    ADDRESS_BYTES = 22,
    TEXT_BYTES = 21, /* the first 20 characters */
};

struct owed {
    struct list_node node;
    uint64_t due_ms;
    uint64_t number;
    bool has_failed;
    char from[ADDRESS_BYTES]; /* the subscriber */
    char to[ADDRESS_BYTES];
    char text[TEXT_BYTES];
};

static void copy_span(char *field, size_t field_bytes, struct span s)
{
    size_t size = s.size < field_bytes ? s.size : field_bytes - 1;

    if (size != 0)
        memcpy(field, s.data, size);
    field[size] = '\0';
}

static void write_text(const struct owed *o, const char *id, char *text, size_t text_bytes)
{
    char date[32]; /* YYMMDDhhmm */
    time_t now = time(NULL);
    struct tm tm;

    gmtime_r(&now, &tm);
    snprintf(date, sizeof(date), "%02d%02d%02d%02d%02d", tm.tm_year % 100, tm.tm_mon + 1,
             tm.tm_mday, tm.tm_hour, tm.tm_min);
    snprintf(text, text_bytes,
             "id:%s sub:001 dlvrd:%s submit date:%s done date:%s stat:%s err:%s text:%s", id,
             o->has_failed ? "000" : "001", date, date, o->has_failed ? "UNDELIV" : "DELIVRD",
             o->has_failed ? "011" : "000", o->text);
}

static void deliver(struct receipts *r, const struct owed *o)
{
    struct wire_message m;
    char id[24];
    char text[200];

    snprintf(id, sizeof(id), r->settings->is_decimal ? "%" PRIu64 : "%016" PRIx64, o->number);
    wire_message_init(&m);
    m.source = (struct wire_address){1, 1, span_of_string(o->from)};
    m.destination = (struct wire_address){0, 1, span_of_string(o->to)};
    m.esm_class = WIRE_ESM_RECEIPT;
    if (r->settings->form & RECEIPTS_TEXT) {
        write_text(o, id, text, sizeof(text));
        m.text = span_of_string(text);
    }
    if (r->settings->form & RECEIPTS_TLV) {
        m.receipted_message_id = span_of_string(id);
        m.message_state = o->has_failed ? STATE_UNDELIVERABLE : STATE_DELIVERED;
    }
    carrier_add(r->carrier, &m, false, NULL, 0, 0);
    r->sent++;
}

static void on_timer(struct timer *t, void *arg)
{
    struct receipts *r = arg;
    uint64_t now_ms = r->loop->timers.now_ms;

    LIST_FOREACH(node, &r->owed) {
        struct owed *o = LIST_ITEM(node, struct owed, node);

        if (o->due_ms > now_ms) {
            timer_start(&r->loop->timers, t, o->due_ms - now_ms);
            return;
        }
        deliver(r, o);
        list_remove(&r->owed, node);
        mem_free(o);
    }
}

void receipts_init(struct receipts *r, struct loop *loop, const struct receipts_settings *settings,
                   struct carrier *carrier, uint64_t seed)
{
    memset(r, 0, sizeof(*r));
    r->loop = loop;
    r->settings = settings;
    r->carrier = carrier;
    r->random.state = seed;
    list_init(&r->owed);
    timer_init(&r->timer, on_timer, r);
}

void receipts_fini(struct receipts *r)
{
    timer_stop(&r->loop->timers, &r->timer);
    LIST_FOREACH(node, &r->owed) {
        list_remove(&r->owed, node);
        mem_free(LIST_ITEM(node, struct owed, node));
    }
}

static bool is_wanted(const struct receipts *r, const struct wire_message *m, bool has_failed)
{
    if (r->settings->form == RECEIPTS_OFF || m->ussd_service_op != WIRE_NONE)
        return false;
    switch (m->registered_delivery & ASK_MASK) {
    case ASKS_ALWAYS:
        return true;
    case ASKS_ON_FAILURE:
        return has_failed;
    default:
        return false;
    }
}

void receipts_add(struct receipts *r, const struct wire_message *m, uint64_t number)
{
    bool has_failed =
        r->settings->fail_percent != 0 && random_below(&r->random, 100) < r->settings->fail_percent;
    struct owed *o;

    if (!is_wanted(r, m, has_failed))
        return;
    o = mem_zalloc(sizeof(*o));
    o->number = number;
    o->has_failed = has_failed;
    o->due_ms = r->loop->timers.now_ms + r->settings->delay_ms;
    copy_span(o->from, sizeof(o->from), m->destination.digits);
    copy_span(o->to, sizeof(o->to), m->source.digits);
    if (m->data_coding == 0 && !(m->esm_class & WIRE_ESM_UDHI))
        copy_span(o->text, sizeof(o->text), m->text);
    list_push_back(&r->owed, &o->node);
    if (!timer_is_running(&r->timer))
        timer_start(&r->loop->timers, &r->timer, r->settings->delay_ms);
}

size_t receipts_owed(const struct receipts *r)
{
    return r->owed.count;
}
