#include "tests/smsc/mirror.h"

#include "base/map.h"
#include "base/mem.h"
#include "base/random.h"

#include <stdlib.h>
#include <string.h>

enum {
    PHONE_BYTES = 24,
    SCREEN_BYTES = 182,
    RESEND_MS = 50,
    PDU_BYTES = 400,
    END_BIT = 1,
    UNIT_STEP = 2, /* bits 7-1 of the second octet count the units */
    STATUS_BAD_FLOW = 2,
};

static const char *const bug_names[MIRROR_BUG_COUNT] = {
    [MIRROR_DOUBLE] = "double", [MIRROR_LOSE] = "lose",     [MIRROR_FORGETFUL] = "forgetful",
    [MIRROR_REFUSE] = "refuse", [MIRROR_NO_SMS] = "no-sms", [MIRROR_CHANGE] = "change",
};

struct dialogue {
    struct map_node node;
    char phone[PHONE_BYTES];
    uint8_t session;
    uint8_t unit; /* of the screen shown last */
    bool is_over;
    bool was_refused;
    unsigned step; /* of the flow that was shown last */
};

/* A message owed until its response came: a USSD screen that is turned away is not sent again (its
 * dialogue may be gone), a short message is. */
struct owed {
    struct list_node node;
    struct peer *peer; /* while in flight */
    uint32_t sequence_number;
    uint64_t due_us; /* when its response is missed */
    size_t size;
    uint8_t pdu[PDU_BYTES];
};

struct mirror {
    struct loop *loop;
    const struct peers_settings *settings;
    const struct flow *flow;
    struct random_source random;
    double bugs[MIRROR_BUG_COUNT]; /* percent */
    struct map dialogues;
    struct peers peers;
    struct list owed;      /* to be sent again */
    struct list in_flight; /* the oldest first */
    struct timer resend;
};

static bool has_bug(struct mirror *m, enum mirror_bug bug)
{
    return m->bugs[bug] > 0 && (double)random_below(&m->random, 1000000) < m->bugs[bug] * 10000;
}

static struct dialogue *find(struct mirror *m, struct span phone)
{
    struct map_node *node = map_find(&m->dialogues, phone);
    struct dialogue *d;

    if (node != NULL)
        return MAP_ITEM(node, struct dialogue, node);
    d = mem_zalloc(sizeof(*d));
    d->is_over = true;
    memcpy(d->phone, phone.data, phone.size < PHONE_BYTES ? phone.size : PHONE_BYTES - 1);
    map_add(&m->dialogues, &d->node, span_of_string(d->phone));
    return d;
}

/* The match text of the step, then the saved word at the end: what the flow must recognise. */
static size_t write_screen(struct mirror *m, const struct flow_match *match, bool is_end,
                           uint8_t *gsm)
{
    size_t size = match->size;

    memcpy(gsm, match->gsm, size);
    for (size_t i = 0; i < size; i++)
        if (gsm[i] == '?')
            gsm[i] = '1';
    if (!is_end || m->flow->save.size == 0)
        return size;
    gsm[size++] = '\n';
    memcpy(gsm + size, m->flow->save.gsm, m->flow->save.size);
    size += m->flow->save.size;
    return size + (size_t)snprintf((char *)gsm + size, SCREEN_BYTES - size, "%u", 1000000u);
}

static void watch(struct mirror *m)
{
    if (!timer_is_running(&m->resend))
        timer_start(&m->loop->timers, &m->resend, RESEND_MS);
}

/* The session itself where it may carry messages; of a pair the other half. */
static struct peer *find_room(struct mirror *m, struct peer *p)
{
    if (p != NULL && peer_has_room(p))
        return p;
    for (unsigned i = 0; i < m->peers.count; i++)
        if (peer_has_room(m->peers.all[i]))
            return m->peers.all[i];
    return NULL;
}

static void submit(struct mirror *m, struct peer *p, struct owed *o)
{
    watch(m);
    p = find_room(m, p);
    if (p == NULL) {
        list_push_back(&m->owed, &o->node);
        return;
    }
    o->peer = p;
    o->sequence_number = peer_request(p, span_of(o->pdu, o->size), o);
    o->due_us = m->loop->now_us + m->settings->peer.response_timeout_ms * UINT64_C(1000);
    list_push_back(&m->in_flight, &o->node);
}

static void settle(struct mirror *m, struct owed *o, bool sent)
{
    struct wire_message message;

    list_remove(&m->in_flight, &o->node);
    wire_message_decode(WIRE_SUBMIT_SM,
                        span_of(o->pdu + WIRE_HEADER_BYTES, o->size - WIRE_HEADER_BYTES), &message);
    if (sent || message.ussd_service_op != WIRE_NONE)
        mem_free(o);
    else
        list_push_back(&m->owed, &o->node);
}

static void on_resend(struct timer *t, void *arg)
{
    struct mirror *m = arg;
    struct list_node *node;

    (void)t;
    while ((node = list_first(&m->in_flight)) != NULL) {
        struct owed *o = LIST_ITEM(node, struct owed, node);

        if (o->due_us > m->loop->now_us)
            break;
        peer_forget(o->peer, o->sequence_number);
        settle(m, o, false);
    }
    while (find_room(m, NULL) != NULL && (node = list_pop_front(&m->owed)) != NULL)
        submit(m, NULL, LIST_ITEM(node, struct owed, node));
    if (!list_is_empty(&m->owed) || !list_is_empty(&m->in_flight))
        watch(m);
}

static void send(struct mirror *m, struct peer *p, struct dialogue *d, struct wire_message *out)
{
    struct owed *o = mem_alloc(sizeof(*o));
    struct writer w;

    list_node_init(&o->node);
    out->source = (struct wire_address){
        0, 1, span_of(m->flow->dial + 1, strspn(m->flow->dial + 1, "0123456789"))};
    out->destination = (struct wire_address){1, 1, span_of_string(d->phone)};
    writer_init(&w, o->pdu, sizeof(o->pdu));
    wire_message_encode(&w, m->settings->listen != NULL ? WIRE_DELIVER_SM : WIRE_SUBMIT_SM, 0, out);
    o->size = writer_size(&w);
    submit(m, p, o);
}

static void show(struct mirror *m, struct peer *p, struct dialogue *d, bool changed)
{
    const struct flow_step *step = &m->flow->steps[d->step];
    struct wire_message out;
    uint8_t gsm[SCREEN_BYTES + 32];
    size_t size = write_screen(m, &step->match, step->is_end, gsm);

    if (changed)
        gsm[size++] = '!';
    wire_message_init(&out);
    out.service_type = span_of_string("USSD");
    out.text = span_of(gsm, size);
    out.ussd_service_op = step->is_end ? WIRE_USSD_END : WIRE_USSD_ASK;
    out.its_session_info = d->session << 8 | d->unit | (step->is_end ? END_BIT : 0);
    send(m, p, d, &out);
}

static void send_sms(struct mirror *m, struct peer *p, struct dialogue *d)
{
    struct wire_message out;
    uint8_t gsm[SCREEN_BYTES + 32];

    if (!m->flow->wants_sms || has_bug(m, MIRROR_NO_SMS))
        return;
    wire_message_init(&out);
    out.registered_delivery = 1;
    out.text = span_of(gsm, write_screen(m, &m->flow->sms, false, gsm));
    send(m, p, d, &out);
}

static void step(struct mirror *m, struct peer *p, struct dialogue *d)
{
    unsigned last = m->flow->step_count - 1;

    if (d->step < last)
        d->step++;
    d->unit = (uint8_t)(d->unit + UNIT_STEP);
    d->is_over = m->flow->steps[d->step].is_end;
    show(m, p, d, false);
    if (d->is_over)
        send_sms(m, p, d);
}

static bool is_repeated(const struct dialogue *d, const struct wire_message *in)
{
    uint8_t session = (uint8_t)(in->its_session_info >> 8);
    uint8_t unit = (uint8_t)in->its_session_info & ~END_BIT;

    if (in->ussd_service_op == WIRE_USSD_BEGIN)
        return d->session == session && d->unit != 0;
    return d->session == session && (unit != d->unit || d->is_over);
}

static void begin(struct mirror *m, struct peer *p, struct dialogue *d,
                  const struct wire_message *in)
{
    d->session = (uint8_t)(in->its_session_info >> 8);
    d->step = 0;
    d->unit = UNIT_STEP;
    d->is_over = m->flow->steps[0].is_end;
    show(m, p, d, false);
}

static uint32_t judge(struct mirror *m, struct dialogue *d)
{
    if (!d->was_refused && has_bug(m, MIRROR_REFUSE)) {
        d->was_refused = true;
        return WIRE_RX_T_APPN;
    }
    d->was_refused = false;
    return WIRE_OK;
}

static void on_message(void *ctx, struct peer *p, const struct wire_header *h,
                       const struct wire_message *in)
{
    struct mirror *m = ctx;
    struct dialogue *d = find(m, in->source.digits);
    uint32_t status = judge(m, d);

    peer_answer(p, h->command_id, h->sequence_number, status, "m1");
    if (status != WIRE_OK || in->ussd_service_op == WIRE_NONE)
        return;
    if (in->its_session_info & END_BIT) {
        d->is_over = true;
        return;
    }
    if (is_repeated(d, in) && !has_bug(m, MIRROR_FORGETFUL)) {
        show(m, p, d, has_bug(m, MIRROR_CHANGE));
        return;
    }
    if (has_bug(m, MIRROR_LOSE))
        return;
    if (in->ussd_service_op == WIRE_USSD_BEGIN)
        begin(m, p, d, in);
    else
        step(m, p, d);
    if (has_bug(m, MIRROR_DOUBLE) && !d->is_over)
        step(m, p, d);
}

static void on_bound(void *ctx, struct peer *p, uint32_t status)
{
    (void)ctx;
    (void)p;
    (void)status;
}

static void on_response(void *ctx, struct peer *p, const struct wire_header *h, void *tag,
                        struct span message_id)
{
    (void)p;
    (void)message_id;
    settle(ctx, tag, h->command_status == WIRE_OK);
}

static void on_lost(void *ctx, struct peer *p, void *tag)
{
    (void)p;
    settle(ctx, tag, false);
}

static void on_closed(void *ctx, struct peer *p, const char *reason)
{
    (void)ctx;
    (void)p;
    (void)reason;
}

static const struct peer_owner peer_owner = {on_bound, on_message, on_response,
                                             on_lost,  on_closed,  NULL};

struct mirror *mirror_new(struct loop *loop, const struct peers_settings *settings,
                          const struct flow *flow, uint64_t seed)
{
    struct mirror *m = mem_zalloc(sizeof(*m));

    m->loop = loop;
    m->settings = settings;
    m->flow = flow;
    m->random.state = seed;
    map_init(&m->dialogues, seed);
    timer_init(&m->resend, on_resend, m);
    list_init(&m->owed);
    list_init(&m->in_flight);
    if (peers_init(&m->peers, loop, settings, &peer_owner, m))
        return m;
    mirror_free(m);
    return NULL;
}

static void free_owed(struct list *list)
{
    LIST_FOREACH(node, list) {
        list_remove(list, node);
        mem_free(LIST_ITEM(node, struct owed, node));
    }
}

void mirror_free(struct mirror *m)
{
    struct map_node *node;

    timer_stop(&m->loop->timers, &m->resend);
    free_owed(&m->owed);
    free_owed(&m->in_flight);
    peers_fini(&m->peers);
    while ((node = map_first(&m->dialogues)) != NULL) {
        map_remove(&m->dialogues, node);
        mem_free(MAP_ITEM(node, struct dialogue, node));
    }
    map_fini(&m->dialogues);
    mem_free(m);
}

bool mirror_set_bugs(struct mirror *m, const char *list)
{
    while (*list != '\0') {
        size_t size = strcspn(list, "=");
        char *end;
        int bug = 0;

        while (bug < MIRROR_BUG_COUNT &&
               (strlen(bug_names[bug]) != size || memcmp(bug_names[bug], list, size) != 0))
            bug++;
        if (bug == MIRROR_BUG_COUNT || list[size] != '=')
            return false;
        m->bugs[bug] = strtod(list + size + 1, &end);
        if (end == list + size + 1 || (*end != '\0' && *end != ',') ||
            !(m->bugs[bug] >= 0 && m->bugs[bug] <= 100))
            return false;
        list = *end == ',' ? end + 1 : end;
    }
    return true;
}

int mirror_run(struct loop *loop, const struct options *options,
               const struct centre_settings *settings, struct faults *faults)
{
    struct flow *flow = flow_load(options->flow);
    struct mirror *m;
    int status = 0;

    (void)faults;
    if (flow == NULL)
        return STATUS_BAD_FLOW;
    m = mirror_new(loop, &settings->peers, flow, options->seed);
    if (m == NULL || (options->bug != NULL && !mirror_set_bugs(m, options->bug))) {
        fprintf(stderr, "warung-smsc: no mirror: the address or --bug NAME=PERCENT is wrong\n");
        status = STATUS_BAD_FLOW;
    } else
        loop_run(loop);
    if (m != NULL)
        mirror_free(m);
    flow_free(flow);
    return status;
}
