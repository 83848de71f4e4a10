/*
 * The answer to an input and the screen that goes with it leave together, or neither does, by
 * whichever connections they travel (gateway/ports, gateway/sendings).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/log.h"
#include "gateway/smpp/header.h"
#include "sessions/store_memory.h"
#include "tests/support/ports_fixture.h"

enum { BEGIN = 1, ANSWER = 18 }; /* ussd_service_op */

static char logged[160];

static void keep_event(void *kept, const char *line, size_t line_bytes)
{
    const char *at = memmem(line, line_bytes, "event=", 6);

    snprintf(kept, sizeof(logged), "%.*s", (int)(line + line_bytes - at), at);
}

static void listen_to_log(bool is_on)
{
    logged[0] = '\0';
    log_set_sink(is_on ? keep_event : NULL, logged);
    log_set_level(is_on ? LOG_LEVEL_WARNING : LOG_LEVEL_OFF);
}

/* Of a pair, the transmitter is not there: the input is taken, and comes again until its screen can
 * leave. A receiver alone has no screens to wait for. */
static void an_input_waits_for_the_transmitter(void **state)
{
    struct ports_fixture *f = *state;
    struct fake_transport *sender, *t;

    f->smsc[0] = ports_fixture_smsc("op1", CONFIG_BIND_PAIR, 1);
    ports_fixture_apply(f, 1);
    sender = ports_fixture_bind(f);
    link_fixture_pass(&f->net, 2000);
    t = ports_fixture_bind(f);
    fake_transport_lose(sender, "reset");
    link_fixture_turn(&f->net);
    listen_to_log(true);
    ports_fixture_ussd(f, t, "6281200000001", BEGIN, "*384#", false);
    ports_fixture_expect(t, ESME_RX_T_APPN);
    assert_string_equal(logged, "event=screen.no_way_back link=op1:1\n");
    listen_to_log(false);
    link_fixture_pass(&f->net, 1000); /* it connects anew */
    sender = ports_fixture_bind(f);
    ports_fixture_ussd(f, t, "6281200000001", BEGIN, "*384#", false);
    ports_fixture_expect(t, ESME_ROK);
    assert_non_null(
        memmem(ports_fixture_answer(f, sender, ESME_ROK, "1").data, 64, "6281200000001", 13));
    assert_int_equal(turn_counters(f->turns)->steps, 1);
    assert_int_equal(turn_counters(f->turns)->replays, 1);
    assert_int_equal(turn_counters(f->turns)->failed_screens, 0);

    f->smsc[0] = ports_fixture_smsc("op2", CONFIG_BIND_RECEIVER, 1);
    ports_fixture_apply(f, 1);
    t = ports_fixture_bind(f);
    ports_fixture_ussd(f, t, "6281200000002", BEGIN, "*384#", false);
    ports_fixture_expect(t, ESME_ROK);
}

/* With a window of one, the second subscriber's screen waits behind the first's. */
static void a_screen_whose_dialogue_is_over_is_not_sent(void **state)
{
    struct ports_fixture *f = *state;
    struct fake_transport *t;

    f->smsc[0] = ports_fixture_smsc("op1", CONFIG_BIND_TRANSCEIVER, 1);
    f->smsc[0].window = 1;
    ports_fixture_apply(f, 1);
    t = ports_fixture_bind(f);
    ports_fixture_ussd(f, t, "6281200000001", BEGIN, "*384#", false);
    ports_fixture_ussd(f, t, "6281200000002", BEGIN, "*384#", false);
    ports_fixture_ussd(f, t, "6281200000003", BEGIN, "*384#", false);
    ports_fixture_ussd(f, t, "6281200000002", ANSWER, "", true); /* hangs up */
    assert_int_equal(turn_counters(f->turns)->screens_withdrawn, 1);
    ports_fixture_expect(t, ESME_ROK);
    ports_fixture_answer(f, t, ESME_ROK, "1"); /* the first one's screen, which makes room */
    for (int i = 0; i < 3; i++)
        ports_fixture_expect(t, ESME_ROK);
    assert_non_null(
        memmem(ports_fixture_answer(f, t, ESME_ROK, "2").data, 64, "6281200000003", 13));
    link_fixture_pass(&f->net, 10);
    link_fixture_turn(&f->net);
    assert_int_equal(fake_transport_take(t).size, 0);
    assert_int_equal(turn_counters(f->turns)->screens, 2);
    assert_int_equal(turn_live(f->turns), 0);
}

/* Two binds with a window of one: a dial's screen waits at the first. */
static void wait_at_the_first(struct ports_fixture *f, struct fake_transport **slow,
                              struct fake_transport **quick)
{
    f->smsc[0] = ports_fixture_smsc("op1", CONFIG_BIND_TRANSCEIVER, 2);
    f->smsc[0].window = 1;
    ports_fixture_apply(f, 1);
    *slow = ports_fixture_bind(f);
    link_fixture_pass(&f->net, 2000);
    *quick = ports_fixture_bind(f);
    ports_fixture_ussd(f, *slow, "6281200000009", BEGIN, "*384#", false);
    ports_fixture_ussd(f, *slow, "6281200000001", BEGIN, "*384#", false);
    ports_fixture_expect(*slow, ESME_ROK); /* the first one's */
}

/* The dialogue goes on over the second. */
static void a_screen_that_is_overtaken_is_not_sent(void **state)
{
    struct ports_fixture *f = *state;
    struct fake_transport *slow, *quick;

    wait_at_the_first(f, &slow, &quick);
    ports_fixture_ussd(f, quick, "6281200000001", ANSWER, "1", false);
    ports_fixture_expect(quick, ESME_ROK);
    ports_fixture_answer(f, quick, ESME_ROK, "1");
    assert_int_equal(turn_counters(f->turns)->screens_withdrawn, 1);
    ports_fixture_answer(f, slow, ESME_ROK, "2");
    ports_fixture_expect(slow, ESME_ROK); /* the dial's, which has been answered by what came */
    assert_int_equal(fake_transport_take(slow).size, 0);
    assert_int_equal(turn_counters(f->turns)->screens, 2);
    assert_int_equal(turn_live(f->turns), 0);
}

/* ... also where the newer one cannot be shown, and comes again. */
static void nor_is_one_that_is_overtaken_by_a_lost_bind(void **state)
{
    struct ports_fixture *f = *state;
    struct fake_transport *slow, *quick;

    wait_at_the_first(f, &slow, &quick);
    store_memory_set_next(f->store, STORE_MEMORY_COMMIT,
                          (struct store_memory_fate){.kind = STORE_MEMORY_DONE, .there_ms = 50});
    ports_fixture_ussd(f, quick, "6281200000001", ANSWER, "1", false);
    fake_transport_lose(quick, "reset");
    link_fixture_pass(&f->net, 100);
    assert_int_equal(turn_counters(f->turns)->steps, 3);
    assert_int_equal(turn_counters(f->turns)->screens_withdrawn, 1);
    ports_fixture_answer(f, slow, ESME_ROK, "1");
    ports_fixture_expect(slow, ESME_ROK); /* the dial's */
    assert_int_equal(fake_transport_take(slow).size, 0);
    assert_int_equal(turn_live(f->turns), 0);
}

/* No room for a reply: nothing is done, and the centre is told to come again. */
static void a_full_queue_answers(void **state)
{
    struct ports_fixture *f = *state;
    struct fake_transport *t;
    struct span pdu;

    f->smsc[0] = ports_fixture_smsc("op1", CONFIG_BIND_TRANSCEIVER, 1);
    f->smsc[0].window = 1;
    f->smsc[0].queue_max = 1;
    ports_fixture_apply(f, 1);
    t = ports_fixture_bind(f);
    ports_fixture_ussd(f, t, "6281200000001", BEGIN, "*384#", false);
    ports_fixture_ussd(f, t, "6281200000002", BEGIN, "*384#", false);
    ports_fixture_ussd(f, t, "6281200000003", BEGIN, "*384#", false);
    assert_int_equal(turn_counters(f->turns)->steps, 2);
    assert_int_equal(turn_counters(f->turns)->throttled, 1);
    ports_fixture_expect(t, ESME_ROK);
    ports_fixture_answer(f, t, ESME_ROK, "1");
    pdu = fake_transport_take(t);
    assert_int_equal(pdu.data[7], SMPP_DELIVER_SM);
    assert_int_equal(pdu.data[11], ESME_RTHROTTLED);
    ports_fixture_expect(t, ESME_ROK); /* the second's, when its screen can leave */
    pdu = fake_transport_take(t);
    assert_int_equal(pdu.data[7], SMPP_SUBMIT_SM);
}

/* The queue is full only when the commit is there: what the screen was to be is used again, for an
 * SMS, which answers nobody. */
static void what_found_no_room_answers_once(void **state)
{
    struct ports_fixture *f = *state;
    struct fake_transport *t, *other;

    f->smsc[0] = ports_fixture_smsc("op1", CONFIG_BIND_TRANSCEIVER, 1);
    f->smsc[0].window = 1;
    f->smsc[0].queue_max = 1;
    f->smsc[1] = ports_fixture_smsc("op2", CONFIG_BIND_TRANSCEIVER, 1);
    ports_fixture_apply(f, 1);
    t = ports_fixture_bind(f);
    ports_fixture_apply(f, 2);
    other = ports_fixture_bind(f);
    ports_fixture_ussd(f, t, "6281200000001", BEGIN, "*384#", false);
    store_memory_set_next(f->store, STORE_MEMORY_COMMIT,
                          (struct store_memory_fate){.kind = STORE_MEMORY_DONE, .there_ms = 50});
    ports_fixture_ussd(f, t, "6281200000002", BEGIN, "*384#", false);
    ports_fixture_ussd(f, t, "6281200000003", BEGIN, "*384#", false);
    link_fixture_pass(&f->net, 100);
    assert_true(ports_fixture_send_sms(f, "op2", "384", "Halo"));
    link_fixture_turn(&f->net);
    ports_fixture_answer(f, other, ESME_ROK, "1");
    ports_fixture_expect(t, ESME_ROK);
    ports_fixture_answer(f, t, ESME_ROK, "2");
    ports_fixture_expect(t, ESME_RX_T_APPN);
    ports_fixture_expect(t, ESME_ROK);
    ports_fixture_answer(f, t, ESME_ROK, "3");
    assert_int_equal(fake_transport_take(t).size, 0);
}

/* ---- the screen waits for the window ---- */

static enum config_bind the_bind; /* of the run */

struct two {
    struct fake_transport *in, *out; /* inputs and screens: one connection, or the two of a pair */
};

/* Binds with a window of one, which somebody else's screen has taken. */
static struct two take_the_room_of(struct ports_fixture *f, const struct config_smsc *smsc)
{
    struct two two;

    f->smsc[0] = *smsc;
    f->smsc[0].window = 1;
    ports_fixture_apply(f, 1);
    two.out = two.in = ports_fixture_bind(f);
    if (smsc->bind == CONFIG_BIND_PAIR) {
        link_fixture_pass(&f->net, 2000);
        two.in = ports_fixture_bind(f);
    }
    ports_fixture_ussd(f, two.in, "6281200000009", BEGIN, "*384#", false);
    ports_fixture_expect(two.in, ESME_ROK);
    return two;
}

static struct two take_the_room(struct ports_fixture *f, enum config_bind bind)
{
    struct config_smsc smsc = ports_fixture_smsc("op1", bind, 1);

    return take_the_room_of(f, &smsc);
}

/* ... and an input whose screen finds no room. */
static struct two wait_for_room(struct ports_fixture *f, enum config_bind bind)
{
    struct two two = take_the_room(f, bind);

    ports_fixture_ussd(f, two.in, "6281200000001", BEGIN, "*384#", false);
    return two;
}

/* All but the enquire_links that ask how far a receiver's peer has read. */
static struct span take(struct fake_transport *t)
{
    struct span pdu;

    do
        pdu = fake_transport_take(t);
    while (pdu.size != 0 && pdu.data[7] == SMPP_ENQUIRE_LINK);
    return pdu;
}

static void expect_answer(struct two two, enum smpp_status status)
{
    struct span pdu = take(two.in);

    assert_true(pdu.size != 0);
    assert_int_equal(pdu.data[4], 0x80);
    assert_int_equal(pdu.data[7], SMPP_DELIVER_SM);
    assert_int_equal(pdu.data[11], status);
}

static void an_answer_waits_with_its_screen(void **state)
{
    struct ports_fixture *f = *state;
    struct two two = wait_for_room(f, the_bind);

    ports_fixture_answer(f, two.out, ESME_ROK, "1");
    expect_answer(two, ESME_ROK);
    ports_fixture_answer(f, two.out, ESME_ROK, "2");
    assert_int_equal(turn_counters(f->turns)->screens, 2);
    assert_int_equal(take(two.in).size, 0);
}

static void no_answer_leaves_while_its_screen_waits(void **state)
{
    struct ports_fixture *f = *state;
    struct two two = wait_for_room(f, the_bind);

    if (two.in == two.out)
        assert_int_equal(take(two.out).data[7], SMPP_SUBMIT_SM); /* the first one's */
    assert_int_equal(take(two.in).size, 0);
    link_fixture_pass(&f->net, 2000);
    assert_int_equal(take(two.in).size, 0);
}

/* The centre's own timer is over soon: it is to bring the input again. */
static void a_screen_that_never_leaves_is_not_acknowledged(void **state)
{
    struct ports_fixture *f = *state;
    struct two two = wait_for_room(f, the_bind);

    assert_int_equal(take(two.out).data[7], SMPP_SUBMIT_SM);
    link_fixture_pass(&f->net, turn_settings_default().answer_window_ms);
    expect_answer(two, ESME_RX_T_APPN);
    assert_int_equal(turn_counters(f->turns)->failed_screens, 1);
}

static void a_bind_that_ends_leaves_its_screens_to_the_next(void **state)
{
    struct ports_fixture *f = *state;
    struct two two = wait_for_room(f, the_bind);

    assert_int_equal(take(two.out).data[7], SMPP_SUBMIT_SM);
    ports_fixture_apply(f, 0); /* it unbinds */
    expect_answer(two, ESME_RX_T_APPN);
}

/* Of a pair, only the transmitter goes: the receiver still takes the answer. */
static void a_lost_transmitter_leaves_its_screens_to_the_next(void **state)
{
    struct ports_fixture *f = *state;
    struct two two = wait_for_room(f, CONFIG_BIND_PAIR);

    fake_transport_lose(two.out, "reset");
    link_fixture_turn(&f->net);
    expect_answer(two, ESME_RX_T_APPN);
}

/* ... only the receiver: nobody is there to be answered. Shown without that, the subscriber would
 * go on from the screen, and the copy pass for the key after that. */
static void a_lost_receiver_keeps_its_screens_back(void **state)
{
    struct ports_fixture *f = *state;
    struct two two = wait_for_room(f, CONFIG_BIND_PAIR);

    fake_transport_lose(two.in, "reset");
    link_fixture_turn(&f->net);
    ports_fixture_answer(f, two.out, ESME_ROK, "1");
    assert_int_equal(take(two.out).size, 0);
    assert_int_equal(turn_counters(f->turns)->failed_screens, 1);
    link_fixture_pass(&f->net, 1000); /* it connects anew */
    two.in = ports_fixture_bind(f);
    ports_fixture_ussd(f, two.in, "6281200000001", BEGIN, "*384#", false);
    expect_answer(two, ESME_ROK);
    ports_fixture_answer(f, two.out, ESME_ROK, "2");
    assert_int_equal(turn_counters(f->turns)->steps, 2);
    assert_int_equal(turn_counters(f->turns)->replays, 1);
}

/* By its number a copy is known whatever came after it. */
static void nor_are_numbered_ones_kept_back(void **state)
{
    struct ports_fixture *f = *state;
    struct config_smsc smsc = ports_fixture_smsc("op1", CONFIG_BIND_PAIR, 1);
    struct two two;

    smsc.turn_token = CONFIG_TOKEN_ECHO;
    two = take_the_room_of(f, &smsc);
    ports_fixture_ussd(f, two.in, "6281200000001", BEGIN, "*384#", false);
    fake_transport_lose(two.in, "reset");
    link_fixture_turn(&f->net);
    ports_fixture_answer(f, two.out, ESME_ROK, "1");
    ports_fixture_answer(f, two.out, ESME_ROK, "2");
    assert_int_equal(take(two.in).size, 0);
    assert_int_equal(turn_counters(f->turns)->screens, 2);
}

/* Its copy would begin a dialogue elsewhere, which the busy text would end. */
static void a_refusal_waits_with_its_text(void **state)
{
    struct ports_fixture *f = *state;
    struct two two = take_the_room(f, the_bind);

    turn_drain(f->turns);
    ports_fixture_ussd(f, two.in, "6281200000001", BEGIN, "*384#", false);
    link_fixture_pass(&f->net, 2000);
    if (two.in != two.out)
        assert_int_equal(take(two.in).size, 0);
    ports_fixture_answer(f, two.out, ESME_ROK, "1");
    expect_answer(two, ESME_RX_T_APPN);
    assert_non_null(memmem(ports_fixture_answer(f, two.out, ESME_ROK, "2").data, 100, "sibuk", 5));
    assert_int_equal(turn_counters(f->turns)->steps, 1);
}

/* Nobody is there any more to be told: what was not taken is not acknowledged for that. */
static void a_refusal_is_one_when_its_text_is_withdrawn(void **state)
{
    struct ports_fixture *f = *state;
    struct two two = take_the_room(f, the_bind);

    turn_drain(f->turns);
    ports_fixture_ussd(f, two.in, "6281200000001", BEGIN, "*384#", false);
    assert_int_equal(take(two.out).data[7], SMPP_SUBMIT_SM);
    ports_fixture_ussd(f, two.in, "6281200000001", ANSWER, "", true); /* hangs up */
    assert_int_equal(turn_counters(f->turns)->screens_withdrawn, 1);
    expect_answer(two, ESME_RX_T_APPN);
    expect_answer(two, ESME_ROK);
}

static void a_refusal_whose_text_never_leaves_is_one_all_the_same(void **state)
{
    struct ports_fixture *f = *state;
    struct two two = take_the_room(f, the_bind);

    turn_drain(f->turns);
    ports_fixture_ussd(f, two.in, "6281200000001", BEGIN, "*384#", false);
    assert_int_equal(take(two.out).data[7], SMPP_SUBMIT_SM);
    link_fixture_pass(&f->net, turn_settings_default().answer_window_ms);
    expect_answer(two, ESME_RX_T_APPN);
    assert_int_equal(take(two.out).size, 0);
}

/* ... and nobody else is to have the dialogue that the text would end. */
static void a_refusal_does_not_outlive_its_receiver(void **state)
{
    struct ports_fixture *f = *state;
    struct two two = take_the_room(f, CONFIG_BIND_PAIR);

    turn_drain(f->turns);
    ports_fixture_ussd(f, two.in, "6281200000001", BEGIN, "*384#", false);
    fake_transport_lose(two.in, "reset");
    link_fixture_turn(&f->net);
    ports_fixture_answer(f, two.out, ESME_ROK, "1");
    assert_int_equal(take(two.out).size, 0);
    assert_int_equal(turn_counters(f->turns)->failed_screens, 1);
}

/* Nor is the text that asks to wait. */
static void nor_does_a_text_to_wait(void **state)
{
    struct ports_fixture *f = *state;
    struct two two = take_the_room(f, CONFIG_BIND_PAIR);

    store_memory_set_next(f->store, STORE_MEMORY_COMMIT,
                          (struct store_memory_fate){.kind = STORE_MEMORY_DONE, .there_ms = 20000});
    ports_fixture_ussd(f, two.in, "6281200000001", BEGIN, "*384#", false);
    link_fixture_pass(&f->net, turn_settings_default().answer_window_ms);
    assert_int_equal(turn_counters(f->turns)->late_answers, 1);
    fake_transport_lose(two.in, "reset");
    link_fixture_turn(&f->net);
    ports_fixture_answer(f, two.out, ESME_ROK, "1");
    assert_int_equal(take(two.out).size, 0);
}

/* ---- the screen's response comes before the word that the answer was read ---- */

static void take_question(struct two two, uint8_t asked[SMPP_HEADER_BYTES])
{
    struct span pdu;

    expect_answer(two, ESME_ROK);
    pdu = fake_transport_take(two.in);
    assert_int_equal(pdu.size, SMPP_HEADER_BYTES);
    assert_int_equal(pdu.data[7], SMPP_ENQUIRE_LINK);
    memcpy(asked, pdu.data, pdu.size);
}

static void say_read(struct two two, uint8_t asked[SMPP_HEADER_BYTES])
{
    asked[4] = 0x80;
    fake_transport_feed(two.in, span_of(asked, SMPP_HEADER_BYTES));
}

/* An answer "1" of a pair's, shown and answered; the enquire_link behind its answer is not. */
static void show_unread(struct ports_fixture *f, struct two *two, uint8_t asked[SMPP_HEADER_BYTES])
{
    f->smsc[0] = ports_fixture_smsc("op1", CONFIG_BIND_PAIR, 1);
    ports_fixture_apply(f, 1);
    two->out = ports_fixture_bind(f);
    link_fixture_pass(&f->net, 2000);
    two->in = ports_fixture_bind(f);
    ports_fixture_ussd(f, two->in, "6281200000001", BEGIN, "*384#", false);
    ports_fixture_answer(f, two->out, ESME_ROK, "1");
    take_question(*two, asked);
    say_read(*two, asked);
    ports_fixture_ussd(f, two->in, "6281200000001", ANSWER, "1", false);
    ports_fixture_answer(f, two->out, ESME_ROK, "2");
    assert_int_equal(turn_counters(f->turns)->screens, 2);
    take_question(*two, asked);
    ports_fixture_ussd(f, two->in, "6281200000001", ANSWER, "1", false);
    assert_int_equal(fake_transport_take(two->in).size, 0); /* a copy, or another? */
}

static void the_same_key_waits_for_the_word(void **state)
{
    struct ports_fixture *f = *state;
    struct two two;
    uint8_t asked[SMPP_HEADER_BYTES];

    show_unread(f, &two, asked);
    link_fixture_pass(&f->net, 100);
    say_read(two, asked);
    link_fixture_pass(&f->net, 200);
    expect_answer(two, ESME_ROK);
    assert_int_equal(turn_counters(f->turns)->steps, 3);
    assert_int_equal(turn_counters(f->turns)->replays, 0);
}

/* It does not come: no longer than for a moment. */
static void the_same_key_is_a_copy_without_the_word(void **state)
{
    struct ports_fixture *f = *state;
    struct two two;
    uint8_t asked[SMPP_HEADER_BYTES];

    show_unread(f, &two, asked);
    link_fixture_pass(&f->net, 1000);
    assert_int_equal(fake_transport_take(two.in).size, 0);
    link_fixture_pass(&f->net, 300);
    expect_answer(two, ESME_ROK);
    assert_int_equal(turn_counters(f->turns)->steps, 2);
    assert_int_equal(turn_counters(f->turns)->replays, 1);
}

/* Nor does whoever thinks for longer than a busy centre takes to say it. */
static void the_same_key_later_is_no_copy_behind_the_word(void **state)
{
    struct ports_fixture *f = *state;
    struct two two;
    uint8_t asked[SMPP_HEADER_BYTES];

    show_unread(f, &two, asked);
    link_fixture_pass(&f->net, 1300);
    take_question(two, asked); /* behind the answer to the copy */
    ports_fixture_answer(f, two.out, ESME_ROK, "3");
    link_fixture_pass(&f->net, 1500);
    say_read(two, asked);
    link_fixture_pass(&f->net, 1000);
    ports_fixture_ussd(f, two.in, "6281200000001", ANSWER, "1", false);
    expect_answer(two, ESME_ROK);
    assert_int_equal(turn_counters(f->turns)->steps, 3);
    assert_int_equal(turn_counters(f->turns)->replays, 1);
}

/* The screens come, and the link looks well: else nothing tells why the same key does nothing. */
static void a_word_that_never_comes_is_told(void **state)
{
    struct ports_fixture *f = *state;
    struct two two;
    uint8_t asked[SMPP_HEADER_BYTES];

    show_unread(f, &two, asked);
    listen_to_log(true);
    link_fixture_pass(&f->net, 1300);
    take_question(two, asked); /* behind the answer to the copy */
    ports_fixture_answer(f, two.out, ESME_ROK, "3");
    link_fixture_pass(&f->net, 3000);
    assert_string_equal(logged, "");
    link_fixture_pass(&f->net, 1500);
    assert_string_equal(logged, "event=answer.unread link=op1\n");
    assert_int_equal(turn_counters(f->turns)->answers_unread, 2);
    logged[0] = '\0';
    ports_fixture_ussd(f, two.in, "6281200000001", ANSWER, "2", false);
    take_question(two, asked);
    ports_fixture_answer(f, two.out, ESME_ROK, "4");
    link_fixture_pass(&f->net, 5200);
    assert_string_equal(logged, ""); /* not again so soon */
    assert_int_equal(turn_counters(f->turns)->answers_unread, 3);
    ports_fixture_ussd(f, two.in, "6281200000001", ANSWER, "3", false);
    take_question(two, asked);
    ports_fixture_answer(f, two.out, ESME_ROK, "5");
    link_fixture_pass(&f->net, 5050);
    say_read(two, asked); /* too late */
    link_fixture_pass(&f->net, 100);
    assert_string_equal(logged, "event=answer.unread link=op1\n");
    assert_int_equal(turn_counters(f->turns)->answers_unread, 4);
    listen_to_log(false);
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, ports_fixture_start, ports_fixture_stop)

int main(void)
{
    static const enum config_bind binds[] = {CONFIG_BIND_TRANSCEIVER, CONFIG_BIND_PAIR};
    const struct CMUnitTest tests[] = {
        TEST(an_input_waits_for_the_transmitter),
        TEST(a_screen_whose_dialogue_is_over_is_not_sent),
        TEST(a_screen_that_is_overtaken_is_not_sent),
        TEST(nor_is_one_that_is_overtaken_by_a_lost_bind),
        TEST(a_full_queue_answers),
        TEST(what_found_no_room_answers_once),
        TEST(an_answer_waits_with_its_screen),
        TEST(no_answer_leaves_while_its_screen_waits),
        TEST(a_screen_that_never_leaves_is_not_acknowledged),
        TEST(a_bind_that_ends_leaves_its_screens_to_the_next),
        TEST(a_lost_transmitter_leaves_its_screens_to_the_next),
        TEST(a_lost_receiver_keeps_its_screens_back),
        TEST(nor_are_numbered_ones_kept_back),
        TEST(a_refusal_waits_with_its_text),
        TEST(a_refusal_is_one_when_its_text_is_withdrawn),
        TEST(a_refusal_whose_text_never_leaves_is_one_all_the_same),
        TEST(a_refusal_does_not_outlive_its_receiver),
        TEST(nor_does_a_text_to_wait),
        TEST(the_same_key_waits_for_the_word),
        TEST(the_same_key_is_a_copy_without_the_word),
        TEST(the_same_key_later_is_no_copy_behind_the_word),
        TEST(a_word_that_never_comes_is_told),
    };
    int failed = 0;

    for (size_t i = 0; i < sizeof(binds) / sizeof(binds[0]); i++) {
        the_bind = binds[i];
        failed += cmocka_run_group_tests(tests, NULL, NULL);
    }
    return failed;
}
