#include "base/map.h"

#include "base/mem.h"

#include <assert.h>
#include <string.h>

enum { MAP_FIRST_BUCKETS = 64 };

static uint64_t mix(uint64_t h)
{
    h ^= h >> 32;
    h *= 0xd6e8feb86659fd93ULL;
    h ^= h >> 32;
    h *= 0xd6e8feb86659fd93ULL;
    return h ^ h >> 32;
}

/* The last octets, fewer than eight, as memcpy() into a zero would give them; a store of some
 * octets and a load of all eight behind it would wait for each other. Fingerprints in records are
 * made of these hashes: they never change. */
static uint64_t last_word(const uint8_t *p, size_t left)
{
    uint64_t word = 0;

    for (size_t i = 0; i < left; i++)
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
        word |= (uint64_t)p[i] << (8 * i);
#else
        word |= (uint64_t)p[i] << (8 * (7 - i));
#endif
    return word;
}

uint64_t map_hash(struct span key, uint64_t seed)
{
    uint64_t h = seed ^ (key.size * 0x9e3779b97f4a7c15ULL);
    const uint8_t *p = key.data;
    size_t left = key.size;

    while (left >= 8) {
        uint64_t word;

        memcpy(&word, p, 8);
        h = mix(h ^ word);
        p += 8;
        left -= 8;
    }
    if (left != 0)
        h = mix(h ^ last_word(p, left));
    return mix(h);
}

void map_init(struct map *m, uint64_t seed)
{
    m->bucket_count = MAP_FIRST_BUCKETS;
    m->buckets = mem_zalloc(m->bucket_count * sizeof(*m->buckets));
    list_init(&m->order);
    m->seed = seed;
}

void map_fini(struct map *m)
{
    mem_free(m->buckets);
    m->buckets = NULL;
}

size_t map_count(const struct map *m)
{
    return m->order.count;
}

struct map_node *map_find(const struct map *m, struct span key)
{
    uint64_t hash = map_hash(key, m->seed);
    struct map_node *node = m->buckets[hash & (m->bucket_count - 1)];

    while (node != NULL && (node->hash != hash || !span_is_equal(node->key, key)))
        node = node->next_in_bucket;
    return node;
}

static void link_into_bucket(struct map *m, struct map_node *node)
{
    struct map_node **bucket = &m->buckets[node->hash & (m->bucket_count - 1)];

    node->next_in_bucket = *bucket;
    *bucket = node;
}

static void grow(struct map *m)
{
    mem_free(m->buckets);
    m->bucket_count *= 2;
    m->buckets = mem_zalloc(m->bucket_count * sizeof(*m->buckets));
    LIST_FOREACH(n, &m->order)
        link_into_bucket(m, LIST_ITEM(n, struct map_node, order));
}

void map_add(struct map *m, struct map_node *node, struct span key)
{
    assert(map_find(m, key) == NULL);
    if (m->order.count >= m->bucket_count)
        grow(m);
    node->key = key;
    node->hash = map_hash(key, m->seed);
    link_into_bucket(m, node);
    list_push_back(&m->order, &node->order);
}

void map_remove(struct map *m, struct map_node *node)
{
    struct map_node **link = &m->buckets[node->hash & (m->bucket_count - 1)];

    while (*link != node) {
        assert(*link != NULL);
        link = &(*link)->next_in_bucket;
    }
    *link = node->next_in_bucket;
    list_remove(&m->order, &node->order);
}

struct map_node *map_first(const struct map *m)
{
    if (list_is_empty(&m->order))
        return NULL;
    return LIST_ITEM(m->order.head.next, struct map_node, order);
}

struct map_node *map_next(const struct map *m, const struct map_node *node)
{
    if (node->order.next == &m->order.head)
        return NULL;
    return LIST_ITEM(node->order.next, struct map_node, order);
}
