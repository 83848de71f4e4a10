/*
 * An intrusive hash map from octet-string keys to items.
 *
 * The item embeds a struct map_node and keeps the key alive and unchanged while it is in the map.
 * The map owns only its bucket array. Iteration (map_foreach) is in insertion order, never by
 * address, so that a simulation repeats itself.
 */
#ifndef WARUNG_BASE_MAP_H
#define WARUNG_BASE_MAP_H

#include "base/list.h"
#include "base/span.h"

struct map_node {
    struct map_node *next_in_bucket;
    struct list_node order;
    struct span key;
    uint64_t hash;
};

struct map {
    struct map_node **buckets;
    size_t bucket_count; /* a power of two */
    struct list order;
    uint64_t seed;
};

#define MAP_ITEM(node, type, member) ((type *)((char *)(node)-offsetof(type, member)))

/* `seed` makes the hash unpredictable to a peer that chooses keys; any value will do in tests. */
void map_init(struct map *m, uint64_t seed);
/* The items must have been removed or forgotten; they are not touched. */
void map_fini(struct map *m);
size_t map_count(const struct map *m);
/* NULL when there is none. */
struct map_node *map_find(const struct map *m, struct span key);
/* The key must not be in the map yet. */
void map_add(struct map *m, struct map_node *node, struct span key);
void map_remove(struct map *m, struct map_node *node);
/* The first and the following node in insertion order; NULL at the end. */
struct map_node *map_first(const struct map *m);
struct map_node *map_next(const struct map *m, const struct map_node *node);

/* A keyed 64-bit hash of octets (not cryptographic). */
uint64_t map_hash(struct span key, uint64_t seed);

#endif
