#include "gateway/ctl/keys_census.h"

#include "base/mem.h"
#include "merchants/programme.h"

static struct keys_use *use_of(struct keys_census *c, struct span sealed)
{
    uint32_t id = vault_record_key(sealed);

    if (id == 0)
        return &c->plain;
    for (unsigned i = 0; i < c->count; i++)
        if (c->keys[i].id == id)
            return &c->uses[i];
    return &c->unknown;
}

static void on_person(void *arg, const struct hand_item *item, const struct store_subscriber *s)
{
    struct keys_census *c = arg;

    (void)item;
    if (s->merchant.version != 0)
        use_of(c, s->merchant.data)->records++;
    if (s->session.version != 0)
        use_of(c, s->session.data)->sessions++;
}

static void on_owed(void *arg, const struct store_taken *entry)
{
    use_of(arg, entry->body)->sms++;
}

/* The trainings: what all subscribers share. */
static enum store_result count_shared(struct keys_census *c)
{
    uint8_t *octets = mem_alloc(HAND_SHARED_BYTES);
    uint64_t version = 0;
    size_t size = 0;
    enum store_result result =
        hand_shared_load(c->hand, PROGRAMME_TRAININGS_KEY, &version, octets, &size);

    if (result == STORE_OK && size != 0)
        use_of(c, span_of(octets, size))->records++;
    mem_free(octets);
    return result;
}

enum store_result keys_census_take(struct keys_census *c)
{
    struct hand_items items;
    enum store_result result =
        hand_list(c->hand, (const char *const[]){STORE_PEOPLE_SET, NULL}, &items);

    if (result == STORE_OK)
        result = hand_load_items(c->hand, &items, on_person, c);
    hand_items_free(&items);
    if (result == STORE_OK)
        result = count_shared(c);
    for (unsigned bucket = 0; bucket < hand_store(c->hand)->buckets && result == STORE_OK; bucket++)
        result = hand_log_each(c->hand, bucket, STORE_LOG_OUTBOX, on_owed, c);
    return result;
}

bool keys_is_used(const struct keys_use *use)
{
    return use->records + use->sessions + use->sms > 0;
}
