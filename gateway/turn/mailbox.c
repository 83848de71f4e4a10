#include "gateway/turn/mailbox.h"

#include "base/mem.h"

#include <assert.h>
#include <string.h>

enum {
    COPY_GRAIN_BYTES = 32,
    CHUNK_BYTES = 16, /* what the allocator takes for itself, about */
};

void copy_set(struct copy *c, uint64_t version, struct span data)
{
    if (data.size > c->capacity) {
        c->capacity =
            (uint32_t)((data.size + COPY_GRAIN_BYTES - 1) & ~(size_t)(COPY_GRAIN_BYTES - 1));
        c->data = mem_realloc_array(c->data, c->capacity, 1);
    }
    if (data.size != 0)
        memcpy(c->data, data.data, data.size);
    c->size = (uint32_t)data.size;
    c->version = version;
}

struct span copy_span(const struct copy *c)
{
    return span_of(c->data, c->size);
}

static void copy_clear(struct copy *c)
{
    mem_free(c->data);
    memset(c, 0, sizeof(*c));
}

static size_t copy_bytes(const struct copy *c)
{
    return c->capacity != 0 ? c->capacity + (size_t)CHUNK_BYTES : 0;
}

static size_t box_bytes(const struct box *box)
{
    return sizeof(*box) + CHUNK_BYTES + copy_bytes(&box->session) + copy_bytes(&box->merchant);
}

void mailbox_drop_copies(struct mailbox *m, struct box *box)
{
    size_t bytes = list_is_linked(&box->idle) ? box_bytes(box) : 0;

    copy_clear(&box->session);
    copy_clear(&box->merchant);
    box->has_copies = false;
    if (bytes != 0)
        m->idle_bytes -= bytes - box_bytes(box);
}

void mailbox_forget(struct mailbox *m, struct box *box)
{
    mailbox_drop_copies(m, box);
    mailbox_unprove(m, box, MAILBOX_PROOFS_MAX);
}

void mailbox_prove(struct mailbox *m, struct box *box, const struct session_proof *proof,
                   uint64_t now_ms)
{
    if (box->proof_count == MAILBOX_PROOFS_MAX)
        mailbox_unprove(m, box, 1);
    box->proofs[box->proof_count++] = *proof;
    mailbox_unsettle(m, box, now_ms);
}

void mailbox_unsettle(struct mailbox *m, struct box *box, uint64_t since_ms)
{
    box->proved_ms = since_ms;
    if (list_is_linked(&box->unsettled))
        list_remove(&m->unsettled, &box->unsettled);
    list_push_back(&m->unsettled, &box->unsettled);
}

void mailbox_unprove(struct mailbox *m, struct box *box, unsigned count)
{
    if (count > box->proof_count)
        count = box->proof_count;
    box->proof_count -= count;
    memmove(box->proofs, box->proofs + count, box->proof_count * sizeof(box->proofs[0]));
    if (box->proof_count == 0 && list_is_linked(&box->unsettled))
        list_remove(&m->unsettled, &box->unsettled);
}

struct box *mailbox_next_unsettled(struct mailbox *m, uint64_t since_ms)
{
    struct list_node *node = list_first(&m->unsettled);
    struct box *box = node != NULL ? LIST_ITEM(node, struct box, unsettled) : NULL;

    if (box == NULL || box->proved_ms > since_ms)
        return NULL;
    list_remove(&m->unsettled, node);
    return box;
}

void mailbox_init(struct mailbox *m, size_t idle_max, size_t idle_bytes_max, uint64_t seed)
{
    map_init(&m->boxes, seed);
    list_init(&m->idle);
    list_init(&m->unsettled);
    m->idle_bytes = 0;
    m->idle_max = idle_max;
    m->idle_bytes_max = idle_bytes_max;
}

static void add_idle(struct mailbox *m, struct box *box)
{
    list_push_back(&m->idle, &box->idle);
    m->idle_bytes += box_bytes(box);
}

static void remove_idle(struct mailbox *m, struct box *box)
{
    list_remove(&m->idle, &box->idle);
    m->idle_bytes -= box_bytes(box);
}

static void box_free(struct mailbox *m, struct box *box)
{
    assert(list_is_empty(&box->waiting) && box->live == NULL && box->shown == NULL);
    map_remove(&m->boxes, &box->by_msisdn);
    mailbox_forget(m, box);
    mem_free(box);
}

static void drop_oldest(struct mailbox *m)
{
    struct box *box = LIST_ITEM(list_first(&m->idle), struct box, idle);

    remove_idle(m, box);
    box_free(m, box);
}

void mailbox_fini(struct mailbox *m)
{
    while (!list_is_empty(&m->idle))
        drop_oldest(m);
    assert(map_count(&m->boxes) == 0);
    map_fini(&m->boxes);
}

struct box *mailbox_find(const struct mailbox *m, const char *msisdn)
{
    struct map_node *node = map_find(&m->boxes, span_of_string(msisdn));

    return node != NULL ? MAP_ITEM(node, struct box, by_msisdn) : NULL;
}

struct box *mailbox_take(struct mailbox *m, const char *msisdn)
{
    struct box *box = mailbox_find(m, msisdn);

    if (box != NULL) {
        if (list_is_linked(&box->idle))
            remove_idle(m, box);
        return box;
    }
    box = mem_zalloc(sizeof(*box));
    text_copy(box->msisdn, sizeof(box->msisdn), msisdn);
    list_init(&box->waiting);
    list_node_init(&box->idle);
    list_node_init(&box->unsettled);
    map_add(&m->boxes, &box->by_msisdn, span_of_string(box->msisdn));
    return box;
}

void mailbox_release(struct mailbox *m, struct box *box)
{
    /* A proof stands nowhere else until it is stored: no cache is so small that it may go. */
    if (box->live != NULL || box->shown != NULL || box->proof_count > 0 ||
        !list_is_empty(&box->waiting))
        return;
    if (!box->has_copies) {
        if (list_is_linked(&box->idle))
            remove_idle(m, box);
        box_free(m, box);
        return;
    }
    if (!list_is_linked(&box->idle))
        add_idle(m, box);
    while (m->idle.count > m->idle_max || m->idle_bytes > m->idle_bytes_max)
        drop_oldest(m);
}
