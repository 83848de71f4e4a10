#include "gateway/receipt_names.h"

#include <assert.h>
#include <string.h>

#include "base/mem.h"

struct receipt_names {
    char peer[DIALECT_NAME_BYTES];
    enum receipt_ids ids;
    unsigned parts;
    unsigned parts_max;
    unsigned count;
    bool is_lacking;                   /* a part was taken without an id */
    char (*texts)[RECEIPT_NAME_BYTES]; /* behind `keys` */
    struct store_receipt_key keys[];
};

static_assert(DIALECT_NAME_BYTES + RECEIPT_ID_BYTES <= RECEIPT_NAME_BYTES, "never cut");

unsigned receipt_names_make(const char *peer, enum receipt_ids ids, enum receipt_id_from from,
                            const char *id, char names[RECEIPT_KEYS_MAX][RECEIPT_NAME_BYTES])
{
    char keys[RECEIPT_KEYS_MAX][RECEIPT_ID_BYTES];
    unsigned count = receipt_keys(ids, from, id, keys);

    for (unsigned i = 0; i < count; i++)
        text_join(names[i], RECEIPT_NAME_BYTES, peer, '/', keys[i]);
    return count;
}

/* One block, and no larger than its message needs: nearly all have one part. */
struct receipt_names *receipt_names_new(const char *peer, enum receipt_ids ids, unsigned parts)
{
    size_t max = (size_t)parts * RECEIPT_KEYS_MAX;
    struct receipt_names *n =
        mem_alloc(sizeof(*n) + max * (sizeof(n->keys[0]) + sizeof(n->texts[0])));

    memset(n, 0, sizeof(*n));
    text_copy(n->peer, sizeof(n->peer), peer);
    n->ids = ids;
    n->parts_max = parts;
    n->texts = (void *)&n->keys[max];
    return n;
}

void receipt_names_add_part(struct receipt_names *n, const char *id)
{
    unsigned count;

    assert(n->parts < n->parts_max);
    count = receipt_names_make(n->peer, n->ids, RECEIPT_ID_FROM_RESP, id, &n->texts[n->count]);

    n->is_lacking = n->is_lacking || count == 0;
    for (unsigned i = 0; i < count; i++, n->count++)
        n->keys[n->count] = (struct store_receipt_key){n->texts[n->count], (uint8_t)n->parts};
    n->parts++;
}

void receipt_names_give(const struct receipt_names *n, struct turn_sent *sent)
{
    if (n->is_lacking)
        return;
    sent->keys = n->keys;
    sent->key_count = n->count;
    sent->parts = n->parts;
}
