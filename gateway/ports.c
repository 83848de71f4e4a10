#include "gateway/ports.h"

#include <assert.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"

enum {
    PDU_BYTES = 4096,     /* a submit_sm or data_sm with a text of one page */
    SENT_POOL_MAX = 4096, /* records of requests kept for reuse */
};

/* A screen or SMS under way; its callback runs when every part has its outcome. */
struct sent {
    struct list_node node;
    struct ports *ports;
    unsigned parts;
    struct turn_sent outcome;
    char message_id[LINK_MESSAGE_ID_BYTES];
    turn_sent_fn *fn;
    void *arg;
};

struct ports {
    struct centres *centres;
    const struct router *router;
    struct turn_engine *engine;
    struct list under_way;
    struct list pool;
    struct ports_counters counters;
};

static struct sent *sent_new(struct ports *p, turn_sent_fn *fn, void *arg)
{
    struct list_node *node = list_pop_front(&p->pool);
    struct sent *s = node != NULL ? LIST_ITEM(node, struct sent, node) : mem_zalloc(sizeof(*s));

    s->ports = p;
    s->parts = 0;
    s->outcome = (struct turn_sent){.kind = TURN_SENT_OK, .message_id = s->message_id};
    s->message_id[0] = '\0';
    s->fn = fn;
    s->arg = arg;
    list_push_back(&p->under_way, &s->node);
    return s;
}

static void sent_recycle(struct sent *s)
{
    struct ports *p = s->ports;

    list_remove(&p->under_way, &s->node);
    if (p->pool.count < SENT_POOL_MAX)
        list_push_front(&p->pool, &s->node);
    else
        mem_free(s);
}

static enum turn_sent_kind kind_of(const struct link_result *result)
{
    switch (result->kind) {
    case LINK_RESULT_ANSWERED:
        break;
    case LINK_RESULT_TIMEOUT:
    case LINK_RESULT_LOST:
        return TURN_SENT_UNKNOWN;
    case LINK_RESULT_UNSENT:
        return TURN_SENT_NOT;
    }
    switch (smpp_status_class(result->command_status)) {
    case SMPP_CLASS_OK:
        return TURN_SENT_OK;
    case SMPP_CLASS_SLOW_DOWN:
    case SMPP_CLASS_TEMPORARY:
    case SMPP_CLASS_SESSION:
        return TURN_SENT_TEMPORARY;
    case SMPP_CLASS_CREDENTIALS:
    case SMPP_CLASS_PERMANENT:
        break;
    }
    return TURN_SENT_PERMANENT;
}

/* How much an outcome of one part decides about the whole: one that was refused for good ends the
 * message; one that may have been taken must not be sent again as if it were new. */
static unsigned weight(enum turn_sent_kind kind)
{
    static const unsigned weights[] = {
        [TURN_SENT_OK] = 0,      [TURN_SENT_NOT] = 1,       [TURN_SENT_TEMPORARY] = 2,
        [TURN_SENT_UNKNOWN] = 3, [TURN_SENT_PERMANENT] = 4,
    };

    return weights[kind];
}

static void take_id(struct sent *s, struct span id)
{
    size_t size = id.size < sizeof(s->message_id) ? id.size : sizeof(s->message_id) - 1;

    if (s->message_id[0] != '\0' || size == 0)
        return;
    memcpy(s->message_id, id.data, size);
    s->message_id[size] = '\0';
}

static void on_part(void *arg, const struct link_result *result)
{
    struct sent *s = arg;
    enum turn_sent_kind kind = kind_of(result);

    assert(s->parts > 0);
    take_id(s, result->message_id);
    if (weight(kind) >= weight(s->outcome.kind)) {
        s->outcome.kind = kind;
        s->outcome.command_status =
            result->kind == LINK_RESULT_ANSWERED ? result->command_status : 0;
        s->outcome.connection = result->connection;
    }
    if (--s->parts > 0)
        return;
    s->fn(s->arg, &s->outcome);
    sent_recycle(s);
}

static bool submit(struct sent *s, struct link *link, enum link_lane lane, const struct writer *pdu,
                   uint64_t deadline_ms)
{
    if (link_submit(link, lane, writer_span(pdu), deadline_ms, on_part, s) == NULL) {
        s->ports->counters.unsent++;
        return false;
    }
    s->parts++;
    return true;
}

/* ---- for the turn engine ---- */

static void answer(void *ctx, const struct turn_origin *origin, uint32_t command_status)
{
    struct ports *p = ctx;
    struct link *link = centres_find_link(p->centres, (uintptr_t)origin->link);
    struct link_ticket ticket = {origin->connection, origin->sequence_number, origin->command_id};

    /* A connection that is gone needs no answer: the centre delivers again. */
    if (link != NULL)
        link_answer(link, ticket, command_status, NULL);
}

/* By the link of the input, so that the response proves the answer was read; a receiver's centre
 * has another for sending. */
static struct link *link_for_screen(struct ports *p, const struct turn_origin *origin,
                                    struct centre **centre)
{
    struct link *link = centres_find_link(p->centres, (uintptr_t)origin->link);

    *centre = centres_find(p->centres, origin->link_name);
    if (*centre == NULL)
        return NULL;
    return link != NULL && link_can_submit(link) ? link : centre_transmitter(*centre);
}

static bool show(void *ctx, const struct turn_screen *screen, uint64_t deadline_ms,
                 turn_sent_fn *fn, void *arg)
{
    struct ports *p = ctx;
    struct centre *centre;
    struct link *link = link_for_screen(p, &screen->origin, &centre);
    uint8_t octets[PDU_BYTES];
    struct writer w;
    struct sent *s;

    if (link == NULL) {
        p->counters.unsent++;
        return false;
    }
    writer_init(&w, octets, sizeof(octets));
    if (!dialect_encode(centre_dialect(centre), &screen->reply, 0, &w)) {
        p->counters.unencodable++;
        log_error("screen.unencodable", LOG_S("smsc", centre_name(centre)),
                  LOG_MSISDN("msisdn", screen->reply.msisdn));
        return false;
    }
    s = sent_new(p, fn, arg);
    if (submit(s, link, LINK_LANE_DIALOGUE, &w, deadline_ms))
        return true;
    sent_recycle(s);
    return false;
}

static bool send_sms(void *ctx, const char *link_name, const char *code, const char *msisdn,
                     const char *text, uint64_t deadline_ms, turn_sent_fn *fn, void *arg)
{
    struct ports *p = ctx;
    struct centre *centre = centres_for_sms(p->centres, link_name, code);
    struct link *link = centre != NULL ? centre_transmitter(centre) : NULL;
    char source[ROUTER_CODE_BYTES];
    uint8_t octets[PDU_BYTES];
    struct writer w;
    struct sent *s;

    if (link == NULL) {
        p->counters.unsent++;
        return false;
    }
    router_sms_source(p->router, code, source);
    writer_init(&w, octets, sizeof(octets));
    if (!dialect_encode_sms(centre_dialect(centre), source, msisdn, text, 0, 0, &w)) {
        p->counters.unencodable++;
        log_error("sms.unencodable", LOG_S("smsc", centre_name(centre)),
                  LOG_MSISDN("msisdn", msisdn));
        return false;
    }
    s = sent_new(p, fn, arg);
    if (submit(s, link, LINK_LANE_SMS, &w, deadline_ms))
        return true;
    sent_recycle(s);
    return false;
}

static const struct menu *find_menu(void *ctx, const char *link_name, const char *code, bool is_sms,
                                    const uint8_t *id)
{
    const struct ports *p = ctx;

    (void)link_name;
    return router_find(p->router, code, is_sms, id);
}

static const char *shown_code(void *ctx, const char *code)
{
    const struct ports *p = ctx;

    return router_shown_code(p->router, code);
}

static struct turn_traits traits(void *ctx, const char *link_name)
{
    struct ports *p = ctx;
    struct centre *centre = centres_find(p->centres, link_name);
    static const struct turn_traits safest = {{160, 70}, TURN_TOKEN_NONE};

    if (centre == NULL)
        return safest;
    return (struct turn_traits){centre_limits(centre), centre_turn_token(centre)};
}

static bool can_send_sms(void *ctx)
{
    struct ports *p = ctx;

    return centres_can_send(p->centres);
}

struct turn_ports ports_for_turns(struct ports *p)
{
    return (struct turn_ports){.answer = answer,
                               .show = show,
                               .send_sms = send_sms,
                               .find_menu = find_menu,
                               .shown_code = shown_code,
                               .traits = traits,
                               .can_send_sms = can_send_sms,
                               .ctx = p};
}

/* ---- from the links ---- */

void ports_on_message(void *ctx, struct centre *centre, uintptr_t bind, struct link *link,
                      struct link_ticket ticket, const struct smpp_pdu *pdu)
{
    struct ports *p = ctx;
    struct turn_origin origin = {.link = (void *)bind,
                                 .link_name = centre_name(centre),
                                 .connection = ticket.connection,
                                 .sequence_number = ticket.sequence_number,
                                 .command_id = ticket.command_id};
    struct dialect_input input;
    enum smpp_status status = ESME_RINVCMDID;

    if (ticket.command_id == SMPP_DELIVER_SM || ticket.command_id == SMPP_DATA_SM)
        status = dialect_decode(centre_dialect(centre), pdu, &input);
    if (status == ESME_ROK) {
        turn_deliver(p->engine, &origin, &input);
        return;
    }
    p->counters.refused_in++;
    log_warning("message.refused", LOG_S("link", link_name(link)),
                LOG_S("command_status", smpp_status_name(status)));
    link_answer(link, ticket, status, NULL);
}

struct ports *ports_new(void)
{
    struct ports *p = mem_zalloc(sizeof(*p));

    list_init(&p->under_way);
    list_init(&p->pool);
    return p;
}

static void free_all(struct list *list)
{
    struct list_node *node;

    while ((node = list_pop_front(list)) != NULL)
        mem_free(LIST_ITEM(node, struct sent, node));
}

void ports_free(struct ports *p)
{
    free_all(&p->under_way);
    free_all(&p->pool);
    mem_free(p);
}

void ports_connect(struct ports *p, struct centres *centres, const struct router *router,
                   struct turn_engine *engine)
{
    p->centres = centres;
    p->router = router;
    p->engine = engine;
}

const struct ports_counters *ports_counters(const struct ports *p)
{
    return &p->counters;
}
