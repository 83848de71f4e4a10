/*
 * An intrusive doubly linked list. The item embeds a struct list_node; the list owns nothing.
 * A node that is in no list is self-linked (list_node_init) or was removed.
 */
#ifndef WARUNG_BASE_LIST_H
#define WARUNG_BASE_LIST_H

#include <assert.h>
#include <stdbool.h>
#include <stddef.h>

struct list_node {
    struct list_node *next;
    struct list_node *prev;
};

struct list {
    struct list_node head;
    size_t count;
};

#define LIST_ITEM(node, type, member) ((type *)((char *)(node)-offsetof(type, member)))

/* The body may remove the current node, no other. */
#define LIST_FOREACH(node, list)                                                                   \
    for (struct list_node *node = (list)->head.next, *node##_next = node->next;                    \
         node != &(list)->head; node = node##_next, node##_next = node->next)

static inline void list_init(struct list *l)
{
    l->head.next = l->head.prev = &l->head;
    l->count = 0;
}

static inline void list_node_init(struct list_node *n)
{
    n->next = n->prev = n;
}

static inline bool list_is_empty(const struct list *l)
{
    return l->count == 0;
}

static inline bool list_is_linked(const struct list_node *n)
{
    return n->next != n;
}

static inline void list_insert_before(struct list *l, struct list_node *where, struct list_node *n)
{
    assert(where->prev != NULL); /* the list was initialised */
    n->next = where;
    n->prev = where->prev;
    where->prev->next = n;
    where->prev = n;
    l->count++;
}

static inline void list_push_back(struct list *l, struct list_node *n)
{
    list_insert_before(l, &l->head, n);
}

static inline void list_push_front(struct list *l, struct list_node *n)
{
    list_insert_before(l, l->head.next, n);
}

static inline void list_remove(struct list *l, struct list_node *n)
{
    n->prev->next = n->next;
    n->next->prev = n->prev;
    list_node_init(n);
    l->count--;
}

/* NULL when the list is empty. */
static inline struct list_node *list_first(struct list *l)
{
    return l->count != 0 ? l->head.next : NULL;
}

static inline struct list_node *list_pop_front(struct list *l)
{
    struct list_node *n = list_first(l);

    if (n != NULL)
        list_remove(l, n);
    return n;
}

#endif
