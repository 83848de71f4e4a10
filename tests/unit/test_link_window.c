/* Requests of a link: sequence numbers, lanes, finding by number, recycling; and octets out. */
#include "gateway/link/outbuf.h"
#include "gateway/link/window.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const uint8_t pdu[64] = {0, 0, 0, 64, 0, 0, 0, 4};

static struct link_request *add(struct window *w, enum link_lane lane)
{
    struct link_request *r = window_request_new(w);

    r->lane = lane;
    r->command_id = SMPP_SUBMIT_SM;
    window_queue(w, r, span_of(pdu, sizeof(pdu)));
    return r;
}

static struct link_request *send_one(struct window *w)
{
    struct link_request *r = window_first_queued(w);

    window_unqueue(w, r);
    window_send(w, r, 0);
    return r;
}

static void settle(struct window *w, struct link_request *r)
{
    window_settle(w, r);
    window_request_free(w, r);
}

static void test_lanes_and_order(void **state)
{
    struct window w;
    struct link_request *bulk[2];
    struct link_request *sms[2];
    struct link_request *dialogue;

    (void)state;
    window_init(&w, 8, 100);
    assert_null(window_first_queued(&w));
    bulk[0] = add(&w, LINK_LANE_BULK);
    sms[0] = add(&w, LINK_LANE_SMS);
    bulk[1] = add(&w, LINK_LANE_BULK);
    sms[1] = add(&w, LINK_LANE_SMS);
    dialogue = add(&w, LINK_LANE_DIALOGUE);
    assert_int_equal(w.queued, 5);
    assert_ptr_equal(send_one(&w), dialogue);
    assert_ptr_equal(send_one(&w), sms[0]);
    assert_ptr_equal(send_one(&w), sms[1]);
    assert_ptr_equal(send_one(&w), bulk[0]);
    assert_ptr_equal(send_one(&w), bulk[1]);
    assert_null(window_first_queued(&w));
    assert_int_equal(w.queued, 0);
    assert_int_equal(window_in_flight(&w), 5);
    assert_ptr_equal(window_oldest(&w), dialogue);
    settle(&w, sms[0]); /* out of order */
    settle(&w, dialogue);
    assert_ptr_equal(window_oldest(&w), sms[1]);
    window_fini(&w);
}

static void test_found_by_number_and_command(void **state)
{
    struct window w;
    struct link_request *r;

    (void)state;
    window_init(&w, 4, 100);
    assert_null(window_find(&w, 1, SMPP_SUBMIT_SM_RESP));
    add(&w, LINK_LANE_SMS);
    r = send_one(&w);
    assert_int_equal(r->sequence_number, 1);
    assert_ptr_equal(window_find(&w, 1, SMPP_SUBMIT_SM_RESP), r);
    assert_ptr_equal(window_find(&w, 1, SMPP_GENERIC_NACK), r);
    assert_null(window_find(&w, 1, SMPP_DATA_SM_RESP));
    assert_null(window_find(&w, 1, SMPP_SUBMIT_SM));
    assert_null(window_find(&w, 0, SMPP_SUBMIT_SM_RESP));
    assert_null(window_find(&w, 1 + w.slot_count, SMPP_SUBMIT_SM_RESP)); /* the same slot */
    assert_null(window_find(&w, 0x80000001, SMPP_SUBMIT_SM_RESP));
    settle(&w, r);
    assert_null(window_find(&w, 1, SMPP_SUBMIT_SM_RESP));
    window_fini(&w);
}

static void test_sequence_wraps(void **state)
{
    struct window w;
    uint32_t expected[] = {0x7FFFFFFE, 0x7FFFFFFF, 1, 2};

    (void)state;
    window_init(&w, 16, 100);
    w.next_sequence = 0x7FFFFFFE;
    for (size_t i = 0; i < 4; i++) {
        struct link_request *r;

        add(&w, LINK_LANE_SMS);
        r = send_one(&w);
        assert_int_equal(r->sequence_number, expected[i]);
        assert_ptr_equal(window_find(&w, expected[i], SMPP_SUBMIT_SM_RESP), r);
    }
    window_fini(&w);
}

static void test_numbers_in_flight_are_skipped(void **state)
{
    struct window w;
    struct link_request *old;
    uint32_t seen_least = UINT32_MAX;

    (void)state;
    window_init(&w, 2, 100);
    add(&w, LINK_LANE_SMS);
    old = send_one(&w);
    assert_int_equal(old->sequence_number, 1);
    /* Once round: the number of the one that is never answered must not come again. */
    w.next_sequence = 0x7FFFFFF0;
    for (int i = 0; i < 100; i++) {
        struct link_request *r;
        uint32_t session_number = window_next_sequence(&w);

        add(&w, LINK_LANE_SMS);
        r = send_one(&w);
        assert_int_not_equal(r->sequence_number, 1);
        assert_int_not_equal(session_number, 1);
        assert_int_not_equal(r->sequence_number, session_number);
        assert_in_range(r->sequence_number, 1, 0x7FFFFFFF);
        assert_ptr_equal(window_find(&w, 1, SMPP_SUBMIT_SM_RESP), old);
        if (r->sequence_number < seen_least)
            seen_least = r->sequence_number;
        settle(&w, r);
    }
    assert_true(seen_least < 100); /* it did wrap */
    window_fini(&w);
}

/* Against a plain array as model: random sends and random-order answers. */
static void test_many_out_of_order(void **state)
{
    enum { LIMIT = 32 };
    struct window w;
    struct link_request *model[LIMIT];
    unsigned count = 0;

    (void)state;
    srand(7);
    window_init(&w, LIMIT, 100);
    w.next_sequence = 0x7FFFFFFF - 5000;
    for (int i = 0; i < 20000; i++) {
        if (count < LIMIT && rand() % 2) {
            assert_true(window_has_room(&w));
            add(&w, LINK_LANE_SMS);
            model[count++] = send_one(&w);
        } else if (count != 0) {
            unsigned pick = (unsigned)rand() % count;
            struct link_request *r =
                window_find(&w, model[pick]->sequence_number, SMPP_SUBMIT_SM_RESP);

            assert_ptr_equal(r, model[pick]);
            settle(&w, r);
            model[pick] = model[--count];
        }
        assert_int_equal(window_in_flight(&w), count);
        assert_int_equal(window_has_room(&w), count < LIMIT);
    }
    window_fini(&w);
}

static void test_resized_with_requests_in_flight(void **state)
{
    struct window w;
    struct link_request *all[21]; /* more than the first ring has places */

    (void)state;
    window_init(&w, 2, 100);
    w.next_sequence = 15; /* across the end of the first ring, and of the second */
    for (unsigned i = 0; i < 21; i++) {
        if (i == 2) {
            window_let_wait(&w, all[1]);
            window_resize(&w, 20, 50);
        }
        assert_true(window_has_room(&w));
        add(&w, LINK_LANE_SMS);
        all[i] = send_one(&w);
    }
    assert_false(window_has_room(&w));
    window_resize(&w, 1, 60);
    assert_int_equal(w.queue_max, 60);
    for (unsigned i = 0; i < 21; i++) {
        assert_ptr_equal(window_find(&w, 15 + i, SMPP_SUBMIT_SM_RESP), all[i]);
        assert_false(window_has_room(&w));
        settle(&w, all[i]);
    }
    assert_true(window_has_room(&w));
    window_fini(&w);
}

static void test_objects_and_octets_are_recycled(void **state)
{
    struct window w;
    struct link_request *first;
    uint8_t *octets;

    (void)state;
    window_init(&w, 4, 100);
    first = add(&w, LINK_LANE_SMS);
    octets = first->pdu;
    for (int i = 0; i < 10; i++) {
        struct link_request *r = i == 0 ? first : add(&w, LINK_LANE_SMS);

        assert_ptr_equal(r, first);
        assert_ptr_equal(r->pdu, octets);
        assert_memory_equal(r->pdu, pdu, sizeof(pdu));
        settle(&w, send_one(&w));
    }
    window_fini(&w);
}

static void test_large_octets_are_not_kept(void **state)
{
    static const uint8_t large[65536];
    struct window w;
    struct link_request *r;

    (void)state;
    window_init(&w, 4, 100);
    r = window_request_new(&w);
    r->lane = LINK_LANE_SMS;
    window_queue(&w, r, span_of(large, sizeof(large)));
    assert_int_equal(r->pdu_bytes, sizeof(large));
    settle(&w, send_one(&w));
    assert_null(r->pdu);
    /* The next has room of its own. */
    r = window_request_new(&w);
    r->lane = LINK_LANE_SMS;
    window_queue(&w, r, span_of(large, sizeof(large)));
    assert_memory_equal(r->pdu, large, sizeof(large));
    settle(&w, send_one(&w));
    window_fini(&w);
}

static void test_end(void **state)
{
    struct window w;
    struct link_request *r;

    (void)state;
    window_init(&w, 4, 100);
    for (int i = 0; i < 3; i++)
        add(&w, LINK_LANE_SMS);
    send_one(&w);
    send_one(&w);
    window_end_sent(&w);
    window_end_queued(&w);
    assert_int_equal(window_in_flight(&w), 0);
    assert_int_equal(w.queued, 0);
    for (int i = 0; i < 3; i++) {
        r = window_take_ending(&w);
        assert_int_equal(r->state, REQUEST_ENDING);
        assert_int_equal(r->was_sent, i < 2);
        window_request_free(&w, r);
    }
    assert_null(window_take_ending(&w));
    window_restart_sequence(&w);
    assert_int_equal(window_next_sequence(&w), 1);
    window_fini(&w);
}

static void put(struct outbuf *b, size_t bytes, uint8_t *next)
{
    struct writer w = outbuf_writer(b, bytes);

    for (size_t i = 0; i < bytes; i++)
        writer_u8(&w, (*next)++);
    outbuf_commit(b, &w);
}

/* Random amounts in and out: what comes out is what went in. */
static void test_outbuf_keeps_order(void **state)
{
    struct outbuf b;
    uint8_t next_in = 0;
    uint8_t next_out = 0;

    (void)state;
    srand(11);
    outbuf_init(&b);
    assert_int_equal(outbuf_size(&b), 0);
    for (int i = 0; i < 5000; i++) {
        struct span s;
        size_t take;

        put(&b, (size_t)rand() % (i % 500 == 0 ? 100000 : 300), &next_in);
        s = outbuf_span(&b);
        assert_int_equal(s.size, outbuf_size(&b));
        take = (size_t)rand() % (s.size + 1);
        if (i % 10 == 0)
            take = s.size;
        for (size_t k = 0; k < take; k++)
            assert_int_equal(s.data[k], next_out++);
        outbuf_consume(&b, take);
    }
    outbuf_clear(&b);
    assert_int_equal(outbuf_size(&b), 0);
    outbuf_fini(&b);
}

static void test_outbuf_drops_what_is_not_committed(void **state)
{
    struct outbuf b;
    struct writer w;
    uint8_t next = 1;

    (void)state;
    outbuf_init(&b);
    put(&b, 5, &next);
    w = outbuf_writer(&b, 100);
    writer_u64(&w, 0);
    assert_int_equal(outbuf_size(&b), 5);
    put(&b, 2, &next);
    assert_memory_equal(outbuf_span(&b).data, "\1\2\3\4\5\6\7", 7);
    outbuf_fini(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lanes_and_order),
        cmocka_unit_test(test_found_by_number_and_command),
        cmocka_unit_test(test_sequence_wraps),
        cmocka_unit_test(test_numbers_in_flight_are_skipped),
        cmocka_unit_test(test_many_out_of_order),
        cmocka_unit_test(test_resized_with_requests_in_flight),
        cmocka_unit_test(test_objects_and_octets_are_recycled),
        cmocka_unit_test(test_large_octets_are_not_kept),
        cmocka_unit_test(test_end),
        cmocka_unit_test(test_outbuf_keeps_order),
        cmocka_unit_test(test_outbuf_drops_what_is_not_committed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
