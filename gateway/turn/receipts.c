#include "gateway/turn/receipts.h"

#include "base/log.h"
#include "base/mem.h"
#include "sessions/vault.h"

/* So long a receipt waits for its message: longer than any response may take
 * (docs/decisions/0007). */
enum { PARK_MS = 10 * 60 * 1000 };

struct under_way {
    struct list_node node;
    struct turn_engine *engine;
    struct turn_origin origin;
    char link_name[32];
};

static enum store_end end_of(enum receipt_state state)
{
    switch (state) {
    case RECEIPT_DELIVERED:
        return STORE_END_DELIVERED;
    case RECEIPT_EXPIRED:
        return STORE_END_EXPIRED;
    default:
        return STORE_END_FAILED;
    }
}

static void note(struct turn_engine *e, const struct under_way *u, const struct store_reply *reply)
{
    switch (reply->fate) {
    case STORE_FATE_GOES_ON:
    case STORE_FATE_ENDED:
    case STORE_FATE_TOLD:
        break;
    case STORE_FATE_PARKED:
        e->counters.receipts_early++;
        break;
    case STORE_FATE_AMBIGUOUS:
    case STORE_FATE_UNKNOWN:
        e->counters.receipts_unmatched++;
        log_warning("receipt.ambiguous", LOG_S("link", u->link_name));
        break;
    case STORE_FATE_CROWDED:
        e->counters.receipts_refused++;
        log_warning("receipt.crowded", LOG_S("link", u->link_name));
        break;
    }
    outbox_count(&e->counters, reply);
}

static void on_stored(void *arg, const struct store_reply *reply)
{
    struct under_way *u = arg;
    struct turn_engine *e = u->engine;
    bool is_done = reply->result == STORE_OK && reply->fate != STORE_FATE_CROWDED;

    if (reply->result == STORE_OK)
        note(e, u, reply);
    else
        e->counters.receipts_refused++;
    /* Whatever became of it, the centre may send it once more: it then counts once. */
    e->env.ports.answer(e->env.ports.ctx, &u->origin, is_done ? ESME_ROK : ESME_RX_T_APPN);
    list_remove(&e->receipts, &u->node);
    mem_free(u);
}

static void store(struct turn_engine *e, const struct turn_origin *origin,
                  const struct turn_receipt *receipt)
{
    struct under_way *u = mem_zalloc(sizeof(*u));
    int64_t now_ms = e->env.wall_ms(e->env.ctx);
    char subject[VAULT_SUBJECT_BYTES];
    struct store_receipt r = {.bucket = store_bucket(e->env.store, receipt->msisdn),
                              .subject = subject,
                              .end = end_of(receipt->state),
                              .keys = receipt->keys,
                              .key_count = receipt->key_count,
                              .now_ms = now_ms,
                              .park_until_ms = now_ms + PARK_MS};

    u->engine = e;
    u->origin = *origin;
    text_copy(u->link_name, sizeof(u->link_name), origin->link_name);
    u->origin.link_name = u->link_name;
    list_push_back(&e->receipts, &u->node);
    vault_subject(e->env.vault, receipt->msisdn, subject);
    store_receipt(e->env.store, &r, on_stored, u);
}

void turn_take_receipt(struct turn_engine *e, const struct turn_origin *origin,
                       const struct turn_receipt *receipt)
{
    const struct turn_ports *ports = &e->env.ports;

    e->counters.receipts++;
    if (receipt->is_final && (receipt->key_count == 0 || receipt->msisdn[0] == '\0')) {
        e->counters.receipts_unmatched++;
        log_warning("receipt.nameless", LOG_S("link", origin->link_name),
                    LOG_S("state", receipt_state_name(receipt->state)));
    } else if (receipt->is_final && e->receipts.count >= e->settings.turns_max) {
        e->counters.receipts_refused++;
        ports->answer(ports->ctx, origin, ESME_RTHROTTLED);
        return;
    } else if (receipt->is_final) {
        store(e, origin, receipt);
        return;
    }
    ports->answer(ports->ctx, origin, ESME_ROK);
}

static void on_lapsed(void *arg, const struct store_reply *reply)
{
    struct turn_engine *e = arg;

    if (reply->result != STORE_OK)
        return; /* the timer is still due */
    outbox_count(&e->counters, reply);
    log_info("outbox.lapsed", LOG_U("expired", reply->tally.expired),
             LOG_U("failed", reply->tally.failed));
}

void receipts_lapse(struct turn_engine *e, unsigned bucket, const char *subject)
{
    store_lapse(e->env.store, bucket, subject, e->env.wall_ms(e->env.ctx), on_lapsed, e);
}

void receipts_free(struct turn_engine *e)
{
    struct list_node *n;

    while ((n = list_pop_front(&e->receipts)) != NULL)
        mem_free(LIST_ITEM(n, struct under_way, node));
}
