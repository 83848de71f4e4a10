/* The intrusive list and hash map, and work put off to the end of a turn. */
#include "base/map.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdint.h>
#include <stdio.h>

#include "base/deferred.h"

enum { ITEMS = 1000 };

struct item {
    struct map_node node;
    char key[16];
};

static void fill(struct map *m, struct item *items, int count)
{
    for (int i = 0; i < count; i++) {
        snprintf(items[i].key, sizeof(items[i].key), "key-%d", i);
        map_add(m, &items[i].node, span_of_string(items[i].key));
    }
}

static void test_finds_what_was_added_through_growth(void **state)
{
    static struct item items[ITEMS];
    struct map m;

    (void)state;
    map_init(&m, 7);
    fill(&m, items, ITEMS);
    assert_int_equal(map_count(&m), ITEMS);
    for (int i = 0; i < ITEMS; i++)
        assert_ptr_equal(map_find(&m, span_of_string(items[i].key)), &items[i].node);
    assert_null(map_find(&m, span_of_string("key-1000")));
    assert_null(map_find(&m, span_of(NULL, 0)));
    map_fini(&m);
}

static void test_removes_and_iterates_in_insertion_order(void **state)
{
    static struct item items[ITEMS];
    struct map m;
    int expected = 1;

    (void)state;
    map_init(&m, 7);
    fill(&m, items, ITEMS);
    for (int i = 0; i < ITEMS; i += 2)
        map_remove(&m, &items[i].node);
    assert_int_equal(map_count(&m), ITEMS / 2);
    for (struct map_node *n = map_first(&m); n != NULL; n = map_next(&m, n), expected += 2)
        assert_ptr_equal(MAP_ITEM(n, struct item, node), &items[expected]);
    assert_int_equal(expected, ITEMS + 1);
    for (int i = 0; i < ITEMS; i++)
        assert_int_equal(map_find(&m, span_of_string(items[i].key)) != NULL, i % 2);
    map_fini(&m);
}

static void test_keys_are_octets(void **state)
{
    struct item items[2];
    struct map m;

    (void)state;
    map_init(&m, 7);
    assert_null(map_first(&m));
    map_add(&m, &items[0].node, span_of("a\0b", 3));
    map_add(&m, &items[1].node, span_of("a\0c", 3));
    assert_ptr_equal(map_find(&m, span_of("a\0c", 3)), &items[1].node);
    assert_null(map_find(&m, span_of("a\0b", 2)));
    map_fini(&m);
}

static void test_seed_changes_the_hash(void **state)
{
    struct span key = span_of_string("6281200000001");

    (void)state;
    assert_true(map_hash(key, 1) == map_hash(key, 1));
    assert_true(map_hash(key, 1) != map_hash(key, 2));
    assert_true(map_hash(span_of("\0", 1), 1) != map_hash(span_of("\0\0", 2), 1));
}

static void test_list_order_and_removal_while_walking(void **state)
{
    struct list l;
    struct list_node n[5];
    int seen = 0;

    (void)state;
    list_init(&l);
    assert_null(list_first(&l));
    assert_null(list_pop_front(&l));
    for (int i = 0; i < 5; i++) {
        list_node_init(&n[i]);
        assert_false(list_is_linked(&n[i]));
        list_push_back(&l, &n[i]);
    }
    LIST_FOREACH(node, &l) {
        assert_ptr_equal(node, &n[seen]);
        if (seen++ % 2 == 0)
            list_remove(&l, node);
    }
    assert_int_equal(seen, 5);
    assert_int_equal(l.count, 2);
    list_push_front(&l, &n[0]);
    assert_ptr_equal(list_pop_front(&l), &n[0]);
    assert_ptr_equal(list_pop_front(&l), &n[1]);
    assert_ptr_equal(list_pop_front(&l), &n[3]);
    assert_true(list_is_empty(&l));
}

struct work {
    struct deferred_queue *queue;
    struct deferred *next;
    int runs;
};

static void do_work(struct deferred *d, void *arg)
{
    struct work *w = arg;

    (void)d;
    w->runs++;
    if (w->next != NULL)
        deferred_add(w->queue, w->next);
}

static void test_deferred_work_runs_once_and_what_it_adds_too(void **state)
{
    struct deferred_queue q;
    struct deferred first, second, third;
    struct work second_work = {0}, third_work = {0};
    struct work first_work = {.queue = &q, .next = &second};

    (void)state;
    deferred_queue_init(&q);
    deferred_init(&first, do_work, &first_work);
    deferred_init(&second, do_work, &second_work);
    deferred_init(&third, do_work, &third_work);
    deferred_add(&q, &first);
    deferred_add(&q, &first);
    deferred_add(&q, &third);
    deferred_cancel(&q, &third);
    deferred_cancel(&q, &third);
    deferred_run(&q);
    assert_int_equal(first_work.runs, 1);
    assert_int_equal(second_work.runs, 1);
    assert_int_equal(third_work.runs, 0);
    deferred_run(&q);
    assert_int_equal(first_work.runs, 1);
    /* What comes first adds nothing to what has run by then. */
    deferred_add(&q, &third);
    deferred_add_first(&q, &first);
    deferred_add_first(&q, &first);
    assert_ptr_equal(list_first(&q.pending), &first.node);
    deferred_run(&q);
    assert_int_equal(first_work.runs, 2);
    assert_int_equal(third_work.runs, 1);
}

/* Records hold fingerprints made of it, and gateways of several versions read them. */
static void test_a_hash_is_what_it_always_was(void **state)
{
    static const char text[] = "6281200000001";
    static const uint64_t hashes[] = {
        UINT64_C(0x793f9bd73383384a), UINT64_C(0xe7b84744d3fc290b), UINT64_C(0xe3bca006fda331fa),
        UINT64_C(0xca1e2f7770fd0740), UINT64_C(0x956911b0bd7b6efc), UINT64_C(0x9bd622b33c088bd9),
        UINT64_C(0xf22627c19a8b1716), UINT64_C(0xbdf724dc1605bf94), UINT64_C(0x4b59cc8b9a1b3cec),
        UINT64_C(0x557192264f288e91), UINT64_C(0xdb300955707dd54f), UINT64_C(0x3f602cdc4996c63c),
        UINT64_C(0x2ed179f3ffa02c0b), UINT64_C(0xea45972d4245a3e3),
    };

    (void)state;
    for (size_t size = 0; size < sizeof(hashes) / sizeof(hashes[0]); size++)
        assert_true(map_hash(span_of(text, size), 7) == hashes[size]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_hash_is_what_it_always_was),
        cmocka_unit_test(test_finds_what_was_added_through_growth),
        cmocka_unit_test(test_removes_and_iterates_in_insertion_order),
        cmocka_unit_test(test_keys_are_octets),
        cmocka_unit_test(test_seed_changes_the_hash),
        cmocka_unit_test(test_list_order_and_removal_while_walking),
        cmocka_unit_test(test_deferred_work_runs_once_and_what_it_adds_too),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
