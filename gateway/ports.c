#include "gateway/ports.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "gateway/carrier.h"
#include "gateway/cdr/cdr_writer.h"
#include "gateway/message_id.h"
#include "gateway/peers.h"
#include "gateway/queries.h"
#include "gateway/receipt_names.h"
#include "gateway/sendings.h"
#include "merchants/msisdn.h"

enum {
    RECEIPT_WANTED = 1, /* registered_delivery: of the message's end, good or bad (5.2.17) */
    TON_NATIONAL = 2,   /* of an address: 5.2.5 */
    PDU_BYTES = 4096,   /* a submit_sm or data_sm with a text of one page */
};

struct ports {
    struct peers peers;
    const struct router *router;
    struct turn_engine *engine;
    struct funnel *funnel; /* NULL: nothing is counted */
    struct sendings sendings;
    const struct vault *vault;
    uint32_t next_message_id; /* that partners are told */
    struct cdr_writer *cdr;   /* NULL: no records are wanted */
    enum cdr_number cdr_number;
    struct ports_counters counters;
};

/* ---- for the turn engine ---- */

static bool name_dialogue(void *ctx, const char *pushed_to, const struct link_result *result,
                          struct dialect_session *session)
{
    struct smpp_pdu response = {.message_id = result->message_id, .tlvs = result->tlvs};
    struct peer peer;

    return peers_find(&((const struct ports *)ctx)->peers, pushed_to, &peer) &&
           dialect_decode_response(peer.dialect, &response, session);
}

static bool submit(struct ports *p, struct sent *s, struct link *link, enum link_lane lane,
                   const struct writer *pdu, uint64_t deadline_ms)
{
    if (sent_submit(s, link, lane, writer_span(pdu), deadline_ms))
        return true;
    p->counters.unsent++;
    return false;
}

static void answer(void *ctx, const struct turn_origin *origin, uint32_t command_status)
{
    struct ports *p = ctx;
    struct link *link = peers_link(&p->peers, origin);
    struct link_ticket ticket = {origin->connection, origin->sequence_number, origin->command_id};
    struct message_origin message = {.source = origin->source};
    char message_id[MESSAGE_ID_BYTES];

    /* A connection that is gone needs no answer: the centre delivers again. */
    if (link == NULL)
        return;
    if (command_status != ESME_ROK || origin->link != PEERS_PARTNER_BIND) {
        link_answer(link, ticket, command_status, NULL);
    } else {
        message.account = link_account(link);
        message_id_make(p->vault, &message, clock_wall_ms(), p->next_message_id++, message_id);
        link_answer(link, ticket, command_status, message_id);
    }
}

static bool is_connected(void *ctx, const struct turn_origin *origin)
{
    const struct ports *p = ctx;
    struct link *link = peers_link(&p->peers, origin);

    return link != NULL && link_is_on(link, origin->connection);
}

static bool has_read(void *ctx, const struct turn_origin *origin, uint64_t mark)
{
    const struct ports *p = ctx;
    struct link *link = peers_link(&p->peers, origin);

    return link != NULL && link_has_read(link, origin->connection, mark);
}

/* An enquire_link behind the answer says that it was read. */
static uint64_t ask_read(void *ctx, const struct turn_origin *origin)
{
    const struct ports *p = ctx;

    return is_connected(ctx, origin) ? link_ask_read(peers_link(&p->peers, origin)) : 0;
}

/* Where answer and screen travel apart. */
static void ask_apart(struct ports *p, struct sent *s)
{
    if (peers_link(&p->peers, &s->origin) != s->link)
        s->read_mark = ask_read(p, &s->origin);
}

static void answer_with(void *ctx, struct sent *s, uint32_t command_status)
{
    answer(ctx, &s->origin, command_status);
    if (command_status == ESME_ROK)
        ask_apart(ctx, s);
}

/* By the link of the input, so that the response proves the answer was read; a receiver's centre
 * has another for sending: ask_apart(). */
static struct link *pick_for_reply(const struct ports *p, const struct turn_origin *origin,
                                   const struct peer *peer)
{
    struct link *link = peers_link(&p->peers, origin);

    return link != NULL && link_can_submit(link) ? link : peers_pick_link(&p->peers, peer);
}

static bool is_full(void *ctx, const struct turn_origin *origin)
{
    const struct ports *p = ctx;
    struct peer peer;
    const struct link *link =
        peers_find(&p->peers, origin->link_name, &peer) ? pick_for_reply(p, origin, &peer) : NULL;

    return link != NULL && link_is_full(link);
}

/* Of a bind that is not being ended nothing else says why each of its inputs is refused: a partner
 * whose receiver is bound to another gateway, or not at all, seems to be well. */
static bool has_way_back(void *ctx, const struct turn_origin *origin)
{
    struct ports *p = ctx;
    const struct link *link = peers_link(&p->peers, origin);
    struct peer peer;

    if (link == NULL || link_can_submit(link))
        return true;
    if (peers_find(&p->peers, origin->link_name, &peer) &&
        (peers_pick_link(&p->peers, &peer) != NULL || !peer_takes_replies(&peer)))
        return true;
    if (link_state(link) == LINK_BOUND)
        log_warning("screen.no_way_back", LOG_S("link", link_name(link)));
    return false;
}

static bool withdraw(void *ctx, struct turn_sending *sending)
{
    (void)ctx;
    return sent_withdraw((struct sent *)sending);
}

static void on_released(void *arg, const struct turn_sent *sent)
{
    (void)arg;
    (void)sent; /* the dialogue is over, or the centre's own timer ends it */
}

/* What should have been shown cannot be: the phone is let go, where the dialect can, and does not
 * wait until the centre gives up. */
static void release(struct ports *p, struct link *link, const struct peer *peer,
                    const struct turn_screen *screen, uint64_t deadline_ms)
{
    struct dialect_reply reply = screen->reply;
    uint8_t octets[PDU_BYTES];
    struct writer w;
    struct sent *s;

    if (reply.kind != DIALECT_ASK && reply.kind != DIALECT_END)
        return; /* no dialogue is open, or none any more */
    reply.kind = DIALECT_RELEASE;
    writer_init(&w, octets, sizeof(octets));
    if (!dialect_encode(peer->dialect, &reply, 0, &w))
        return;
    if (peer->partner != NULL)
        smpp_message_turn_around(w.start);
    s = sent_new(&p->sendings, on_released, NULL);
    if (!submit(p, s, link, LINK_LANE_DIALOGUE, &w, deadline_ms))
        sent_recycle(s);
}

/* Where it does not leave. What was refused stays so. */
static void give_answer(struct ports *p, const struct turn_screen *screen, uint32_t command_status)
{
    if (screen->answers)
        answer(p, &screen->origin,
               screen->answer_status != ESME_ROK ? screen->answer_status : command_status);
}

static struct turn_sending *unsent(struct ports *p, const struct turn_screen *screen,
                                   uint32_t command_status)
{
    p->counters.unsent++;
    give_answer(p, screen, command_status);
    return NULL;
}

static struct sent *reply_new(struct ports *p, const struct turn_screen *screen, struct link *link,
                              turn_sent_fn *fn, void *arg)
{
    struct sent *s = sent_new(&p->sendings, fn, arg);

    s->origin = screen->origin;
    s->origin.link_name = NULL; /* it does not live so long */
    s->link = link;
    s->holds_answer = screen->answers;
    s->answer_status = screen->answer_status;
    s->is_tied = screen->is_tied;
    if (!s->holds_answer)
        ask_apart(p, s);
    return s;
}

static struct turn_sending *show(void *ctx, const struct turn_screen *screen, uint64_t deadline_ms,
                                 turn_sent_fn *fn, void *arg)
{
    struct ports *p = ctx;
    struct link *link;
    uint8_t octets[PDU_BYTES];
    struct writer w;
    struct peer peer;
    struct sent *s;

    if (!peers_find(&p->peers, screen->origin.link_name, &peer))
        return unsent(p, screen, ESME_RX_T_APPN);
    link = pick_for_reply(p, &screen->origin, &peer);
    if (link == NULL)
        return unsent(p, screen, peer_takes_replies(&peer) ? ESME_RX_T_APPN : ESME_ROK);
    writer_init(&w, octets, sizeof(octets));
    if (!dialect_encode(peer.dialect, &screen->reply, 0, &w)) {
        p->counters.unencodable++;
        log_error("screen.unencodable", LOG_S("peer", peer.name),
                  LOG_MSISDN("msisdn", screen->reply.msisdn));
        give_answer(p, screen, ESME_ROK); /* again would be no better */
        release(p, link, &peer, screen, deadline_ms);
        return NULL;
    }
    if (peer.partner != NULL)
        smpp_message_turn_around(w.start);
    s = reply_new(p, screen, link, fn, arg);
    if (screen->reply.kind == DIALECT_PUSH)
        text_copy(s->pushed_to, sizeof(s->pushed_to), peer.name);
    if (screen->is_again ? sent_submit(s, link, LINK_LANE_AGAIN, writer_span(&w), deadline_ms)
                         : sent_submit_reply(s, writer_span(&w), deadline_ms))
        return (struct turn_sending *)s;
    sent_recycle(s);
    return unsent(p, screen, ESME_RX_T_APPN);
}

/* All parts by one link, so that they arrive together. When one cannot be queued those before it
 * are on their way already: the whole is then known as not sent, and tried again as a whole. */
static struct turn_sending *submit_parts(struct ports *p, const struct peer *peer,
                                         const struct dialect_sms *sms, enum link_lane lane,
                                         uint64_t deadline_ms, turn_sent_fn *fn, void *arg)
{
    unsigned count = dialect_sms_parts(peer->dialect, sms->text), i;
    struct link *link = peers_pick_link(&p->peers, peer);
    struct sent *s = sent_new(&p->sendings, fn, arg);
    uint8_t octets[PDU_BYTES];
    struct writer w;

    if (sms->registered_delivery != 0)
        s->names = receipt_names_new(centre_teller(peer->centre),
                                     dialect_receipt_ids(peer->dialect), count);
    for (i = 0; i < count; i++) {
        writer_init(&w, octets, sizeof(octets));
        if (!dialect_encode_sms_part(peer->dialect, sms, i, 0, &w))
            break;
        if (peer->partner != NULL)
            smpp_message_turn_around(w.start);
        if (!submit(p, s, link, lane, &w, deadline_ms))
            break;
    }
    if (i < count)
        s->outcome.kind = TURN_SENT_NOT;
    if (s->parts > 0)
        return (struct turn_sending *)s;
    sent_recycle(s);
    return NULL;
}

static struct turn_sending *send_sms(void *ctx, const struct turn_sms *order, uint64_t deadline_ms,
                                     turn_sent_fn *fn, void *arg)
{
    struct ports *p = ctx;
    char source[ROUTER_CODE_BYTES];
    struct dialect_sms sms = {.source = source,
                              .msisdn = order->msisdn,
                              .text = order->text,
                              .reference = order->reference};
    struct peer peer;
    unsigned parts;

    if (!peers_find_sender(&p->peers, order, &peer)) {
        p->counters.unsent++;
        return NULL;
    }
    parts = dialect_sms_parts(peer.dialect, order->text);
    if (parts == 0) {
        p->counters.unencodable++;
        log_error("sms.unencodable", LOG_S("peer", peer.name), LOG_MSISDN("msisdn", order->msisdn));
        return NULL;
    }
    router_sms_source(p->router, order->source, source);
    sms.registered_delivery =
        peer_tells_receipts(&peer) && parts <= STORE_PARTS_MAX ? RECEIPT_WANTED : 0;
    if (peer.centre != NULL) { /* deliver_sm has none (4.6.1) */
        sms.validity_s = order->validity_s;
        sms.now_ms = order->now_ms;
    }
    return submit_parts(p, &peer, &sms, order->is_bulk ? LINK_LANE_BULK : LINK_LANE_SMS,
                        deadline_ms, fn, arg);
}

static bool has_sms_sender(void *ctx, const struct turn_sms *order)
{
    return peers_have_sender(&((const struct ports *)ctx)->peers, order);
}

static bool find_push_link(void *ctx, const char *preferred, const char *code, const char *msisdn,
                           char *name, size_t name_bytes)
{
    struct turn_sms order = {.link_name = preferred, .source = code, .msisdn = msisdn};
    struct peer peer;

    return peers_find_sender(&((const struct ports *)ctx)->peers, &order, &peer) &&
           text_copy(name, name_bytes, peer.name);
}

static const struct menu *find_menu(void *ctx, const char *link_name, const char *code, bool is_sms,
                                    const uint8_t *id, const char *msisdn)
{
    return router_find(((const struct ports *)ctx)->router, link_name, code, is_sms, id, msisdn);
}

static const struct menu *find_text(void *ctx, const char *text, const char **code)
{
    return router_find_text(((const struct ports *)ctx)->router, text, code);
}

static const char *service_code(void *ctx, const char *link_name, const char *dialled,
                                const char *code)
{
    return router_service_code(((const struct ports *)ctx)->router, link_name, dialled, code);
}

static const char *shown_code(void *ctx, const char *code)
{
    return router_shown_code(((const struct ports *)ctx)->router, code);
}

static struct turn_traits traits(void *ctx, const char *link_name)
{
    struct peer peer;

    if (!peers_find_origin(&((const struct ports *)ctx)->peers, link_name, &peer))
        return (struct turn_traits){.limits = {160, 70}}; /* the safest */
    return peer_traits(&peer);
}

static bool is_one_centre(void *ctx, const char *link_name, const char *other)
{
    return peers_are_one(&((const struct ports *)ctx)->peers, link_name, other);
}

static size_t sms_room(void *ctx)
{
    return peers_room(&((const struct ports *)ctx)->peers);
}

static void moved(void *ctx, const struct turn_move *move)
{
    struct ports *p = ctx;

    if (p->funnel != NULL)
        funnel_note(p->funnel, move);
}

static void write_record(void *ctx, const struct turn_record *record)
{
    struct ports *p = ctx;
    char line[CDR_LINE_BYTES];

    cdr_writer_put(p->cdr, line, cdr_line_write(record, p->cdr_number, p->vault, line));
}

void ports_set_cdr(struct ports *p, struct cdr_writer *writer, enum cdr_number number)
{
    p->cdr = writer;
    p->cdr_number = number;
}

struct turn_ports ports_for_turns(struct ports *p)
{
    return (struct turn_ports){.answer = answer,
                               .is_connected = is_connected,
                               .ask_read = ask_read,
                               .has_read = has_read,
                               .show = show,
                               .withdraw = withdraw,
                               .is_full = is_full,
                               .has_way_back = has_way_back,
                               .send_sms = send_sms,
                               .has_sms_sender = has_sms_sender,
                               .find_push_link = find_push_link,
                               .find_menu = find_menu,
                               .find_text = find_text,
                               .service_code = service_code,
                               .shown_code = shown_code,
                               .traits = traits,
                               .is_one_centre = is_one_centre,
                               .sms_room = sms_room,
                               .moved = moved,
                               .record = p->cdr != NULL ? write_record : NULL,
                               .ctx = p};
}

/* ---- from the links ---- */

/* New dialogues are not begun over a peer that is on its way out; its centre may know another. */
static enum smpp_status note_input(const struct peer *peer, const struct dialect_input *input)
{
    struct service *service = peer_service(peer);

    if (input->kind == DIALECT_BEGIN && service->state != SERVICE_SERVING)
        return ESME_RX_T_APPN;
    service_note_input(service);
    return ESME_ROK;
}

/* Whether the partner may speak for the code, so that none reaches the subscribers of another's:
 * what it was given is the menu's own code, or a dial that begins with it. The address of an answer
 * may be another, or name nothing: it goes on with the dialogue that a dial began over the same
 * link, and opens none. */
static bool is_permitted(const struct ports *p, const struct peer *peer,
                         struct dialect_input *input)
{
    const struct config_strings *codes;
    const char *own;

    if (peer->partner == NULL || input->kind == DIALECT_ABORT)
        return true;
    codes = partner_codes(peer->partner);
    own = input->kind == DIALECT_BEGIN
              ? router_service_code(p->router, peer->name, input->text, input->code)
              : NULL;
    if (own != NULL)
        return carrier_takes(codes, own) || carrier_takes(codes, input->text);
    if (carrier_takes(codes, input->code))
        return true;
    input->is_answer_only = true;
    return input->kind != DIALECT_BEGIN && input->kind != DIALECT_SMS;
}

/* What a partner says of our messages in its own words ends nothing: nobody asked for it. */
static void take_receipt(struct ports *p, const struct peer *peer, const struct turn_origin *origin,
                         const char *msisdn, const struct smpp_pdu *pdu)
{
    char names[RECEIPT_KEYS_MAX][RECEIPT_NAME_BYTES];
    const char *keys[RECEIPT_KEYS_MAX];
    struct turn_receipt told = {.msisdn = msisdn, .keys = keys};
    struct receipt receipt;

    if (receipt_read(pdu, &receipt) && peer->centre != NULL) {
        told.state = receipt.state;
        told.is_final = receipt.is_final;
        told.key_count =
            receipt_names_make(centre_teller(peer->centre), dialect_receipt_ids(peer->dialect),
                               RECEIPT_ID_FROM_DLR, receipt.id, names);
    }
    for (unsigned i = 0; i < told.key_count; i++)
        keys[i] = names[i];
    turn_take_receipt(p->engine, origin, &told);
}

/* One subscriber has one name, 62..., however a centre writes the number. Abroad begins with other
 * digits: without a 0 in front, "8..." is ours only where it is said to be national. */
static void name_subscriber(struct dialect_input *input, uint8_t ton)
{
    const char *digits = input->msisdn;
    char name[MSISDN_BYTES];

    if ((digits[0] != '0' && strncmp(digits, "620", 3) != 0 &&
         (digits[0] != '8' || ton != TON_NATIONAL)) ||
        !msisdn_normalise(digits, name))
        return;
    text_copy(input->session.subscriber, sizeof(input->session.subscriber), digits);
    text_copy(input->msisdn, sizeof(input->msisdn), name);
}

static void take_message(struct ports *p, const struct peer *peer, struct link *link,
                         const struct turn_origin *origin, struct link_ticket ticket,
                         const struct smpp_pdu *pdu)
{
    struct dialect_input input;
    enum smpp_status status = ESME_RINVCMDID;

    if (ticket.command_id == SMPP_DELIVER_SM || ticket.command_id == SMPP_SUBMIT_SM ||
        ticket.command_id == SMPP_DATA_SM)
        status = dialect_decode(peer->dialect, pdu, &input);
    else if (queries_answer(p->vault, peer->name, clock_wall_ms(), link, ticket, pdu))
        return;
    if (status == ESME_ROK)
        name_subscriber(&input, pdu->message.source.ton);
    if (status == ESME_ROK && input.kind == DIALECT_RECEIPT) {
        take_receipt(p, peer, origin, input.msisdn, pdu);
        return;
    }
    if (status == ESME_ROK)
        status = is_permitted(p, peer, &input) ? note_input(peer, &input) : ESME_RINVDSTADR;
    if (status == ESME_ROK) {
        turn_deliver(p->engine, origin, &input);
        return;
    }
    p->counters.refused_in++;
    log_warning("message.refused", LOG_S("link", link_name(link)),
                LOG_S("command_status", smpp_status_name(status)));
    link_answer(link, ticket, status, NULL);
}

static struct turn_origin origin_of(void *bind, const char *name, struct link_ticket ticket)
{
    return (struct turn_origin){.link = bind,
                                .link_name = name,
                                .connection = ticket.connection,
                                .sequence_number = ticket.sequence_number,
                                .command_id = ticket.command_id};
}

void ports_on_message(void *ctx, struct centre *centre, uintptr_t bind, struct link *link,
                      struct link_ticket ticket, const struct smpp_pdu *pdu)
{
    struct peer peer = peer_of_centre(centre);
    struct turn_origin origin = origin_of((void *)bind, peer.name, ticket);

    take_message(ctx, &peer, link, &origin, ticket, pdu);
}

void ports_on_partner_message(void *ctx, const struct partner *partner, struct link *link,
                              struct link_ticket ticket, const struct smpp_pdu *pdu)
{
    struct peer peer = peer_of_partner(partner);
    struct turn_origin origin = origin_of(PEERS_PARTNER_BIND, peer.name, ticket);

    if (ticket.command_id == SMPP_SUBMIT_SM || ticket.command_id == SMPP_DATA_SM)
        origin.source = message_id_source(pdu->message.source.digits);
    take_message(ctx, &peer, link, &origin, ticket, pdu);
}

struct ports *ports_new(void)
{
    struct ports *p = mem_zalloc(sizeof(*p));

    sendings_init(&p->sendings, name_dialogue, answer_with, is_connected, has_read, p);
    return p;
}

void ports_free(struct ports *p)
{
    sendings_fini(&p->sendings);
    mem_free(p);
}

void ports_connect(struct ports *p, struct centres *centres, struct partners *partners,
                   const struct router *router, struct turn_engine *engine, struct funnel *funnel,
                   const struct vault *vault)
{
    p->peers = (struct peers){centres, partners};
    p->router = router;
    p->engine = engine;
    p->funnel = funnel;
    p->vault = vault;
}

const struct ports_counters *ports_counters(const struct ports *p)
{
    return &p->counters;
}
