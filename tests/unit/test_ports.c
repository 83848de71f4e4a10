/*
 * gateway/centres and ports on a fake network: binds come up and go by the configuration, messages
 * become inputs, screens and SMS find their link, outcomes are told once.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "gateway/smpp/header.h"
#include "sessions/store_memory.h"
#include "tests/support/ports_fixture.h"

static void binds_are_spread_and_counted(void **state)
{
    struct ports_fixture *f = *state;

    f->smsc[0] = ports_fixture_smsc("op1", CONFIG_BIND_PAIR, 2);
    ports_fixture_apply(f, 1);
    assert_int_equal(f->net.network.connects, 1);
    ports_fixture_bind(f);
    assert_int_equal(centres_bound_count(f->centres), 1);
    assert_int_equal(centre_link_count(centres_find(f->centres, "op1")), 4);
    /* The second of a pair is the transmitter: only that can send, and it comes first. */
    assert_true(centres_room(f->centres) > 0);
    assert_string_equal(link_name(centre_transmitter(centres_find(f->centres, "op1"))), "op1:2");
    link_fixture_pass(&f->net, 1999);
    assert_int_equal(f->net.network.connects, 1);
    link_fixture_pass(&f->net, 1);
    assert_int_equal(f->net.network.connects, 2);
}

/* A link of 140 octets has them for UCS-2, too. */
static void a_limit_holds_in_both_codings(void **state)
{
    struct ports_fixture *f = *state;
    struct turn_ports ports = ports_for_turns(f->ports);

    f->smsc[0] = ports_fixture_smsc("op1", CONFIG_BIND_TRANSCEIVER, 1);
    f->smsc[1] = ports_fixture_smsc("op2", CONFIG_BIND_TRANSCEIVER, 1);
    f->smsc[1].limit = 160;
    ports_fixture_apply(f, 2);
    assert_int_equal(ports.traits(ports.ctx, "op1").limits.gsm_septets, 182);
    assert_int_equal(ports.traits(ports.ctx, "op1").limits.ucs2_units, 80);
    assert_int_equal(ports.traits(ports.ctx, "op2").limits.gsm_septets, 160);
    assert_int_equal(ports.traits(ports.ctx, "op2").limits.ucs2_units, 70);
}

static void a_reload_changes_what_differs(void **state)
{
    struct ports_fixture *f = *state;
    struct config_smsc again[2];
    struct link *kept;
    struct fake_transport *gone;

    f->smsc[0] = ports_fixture_smsc("op1", CONFIG_BIND_TRANSCEIVER, 1);
    f->smsc[1] = ports_fixture_smsc("op2", CONFIG_BIND_TRANSCEIVER, 1);
    ports_fixture_apply(f, 1);
    ports_fixture_bind(f);
    kept = centre_link(centres_find(f->centres, "op1"), 0);
    ports_fixture_apply(f, 2);
    assert_int_equal(f->net.network.connects, 2);
    gone = ports_fixture_bind(f);
    assert_ptr_equal(centre_link(centres_find(f->centres, "op1"), 0), kept);

    /* The same values in another configuration: nothing happens to the links. */
    memcpy(again, f->smsc, sizeof(again));
    centres_apply(f->centres, again, 2);
    link_fixture_pass(&f->net, 0);
    assert_int_equal(f->net.network.connects, 2);

    /* Another window: it unbinds, and comes back only when the old one has left. */
    f->smsc[1].window = 5;
    centres_apply(f->centres, f->smsc, 2);
    link_fixture_pass(&f->net, 0);
    assert_int_equal(f->net.network.connects, 2);
    assert_null(centres_find(f->centres, "op2"));
    assert_int_equal(fake_transport_take(gone).data[7], SMPP_UNBIND);
    fake_transport_lose(gone, "eof");
    link_fixture_pass(&f->net, 0);
    link_fixture_pass(&f->net, 0);
    assert_int_equal(f->net.network.connects, 3);
    assert_non_null(centres_find(f->centres, "op2"));

    /* Taken out. */
    centres_apply(f->centres, f->smsc, 1);
    link_fixture_pass(&f->net, 20000);
    assert_null(centres_at(f->centres, 1));
    centres_stop(f->centres);
    link_fixture_pass(&f->net, 20000);
    assert_true(centres_are_stopped(f->centres));
}

/* A dialogue goes on by any entry of its centre. An unknown name may be what another gateway calls
 * it, or this one did; a partner is a centre of his own. */
static void entries_lead_to_one_centre(void **state)
{
    static struct config_smsc again[2];
    struct ports_fixture *f = *state;
    struct turn_ports ports = ports_for_turns(f->ports);
    struct config_account account = {
        .system_id = "agg1", .password = "", .password_hash = "", .spoken = dialect_find("spec34")};
    struct config_partners partners = {.accounts = &account, .account_count = 1};

    f->smsc[0] = ports_fixture_smsc("op1", CONFIG_BIND_TRANSCEIVER, 1);
    f->smsc[1] = ports_fixture_smsc("op2", CONFIG_BIND_TRANSCEIVER, 1);
    ports_fixture_apply(f, 2);
    partners_apply(f->partners, &partners);
    assert_true(ports.is_one_centre(ports.ctx, "op1", "op1"));
    assert_false(ports.is_one_centre(ports.ctx, "op1", "op2"));
    assert_true(ports.is_one_centre(ports.ctx, "of-another-gateway", "op2"));
    assert_true(ports.is_one_centre(ports.ctx, "agg1", "agg1"));
    assert_false(ports.is_one_centre(ports.ctx, "agg1", "op1"));
    assert_false(ports.is_one_centre(ports.ctx, "op1", "agg1"));
    assert_false(ports.is_one_centre(ports.ctx, "of-another-gateway", "agg1"));

    memcpy(again, f->smsc, sizeof(again));
    again[0].centre = again[1].centre = "both";
    centres_apply(f->centres, again, 2);
    /* Until it has left, its dialogues go on as they began. */
    assert_null(centres_find(f->centres, "op1"));
    assert_int_equal(ports.traits(ports.ctx, "op1").limits.gsm_septets, 182);
    link_fixture_pass(&f->net, 20000);
    assert_true(ports.is_one_centre(ports.ctx, "op1", "op2"));
}

static void an_sms_leaves_by_its_centre_or_another_with_the_code(void **state)
{
    struct ports_fixture *f = *state;
    static const char *mine[] = {"*384#"}, *other[] = {"*99#"};
    struct fake_transport *one, *two;
    struct span pdu;

    f->smsc[0] = ports_fixture_smsc("op1", CONFIG_BIND_TRANSCEIVER, 1);
    f->smsc[0].codes = (struct config_strings){other, 1};
    f->smsc[1] = ports_fixture_smsc("op2", CONFIG_BIND_TRANSCEIVER, 1);
    f->smsc[1].codes = (struct config_strings){mine, 1};
    ports_fixture_apply(f, 1);
    assert_false(ports_fixture_send_sms(f, "op1", "*384#", "hai")); /* not bound yet */
    assert_int_equal(ports_counters(f->ports)->unsent, 1);
    one = ports_fixture_bind(f);
    ports_fixture_apply(f, 2);
    two = ports_fixture_bind(f);

    assert_true(ports_fixture_send_sms(f, "op1", "*384#", "hai"));
    link_fixture_turn(&f->net);
    pdu = ports_fixture_answer(f, one, ESME_ROK, "abc");
    assert_non_null(memmem(pdu.data, pdu.size, "384", 4)); /* source: the menu's number */
    assert_int_equal(f->heard.count, 1);
    assert_int_equal(f->heard.sent.kind, TURN_SENT_OK);
    assert_string_equal(f->heard.message_id, "abc");

    assert_true(ports_fixture_send_sms(f, "elsewhere", "*384#", "hai"));
    link_fixture_turn(&f->net);
    ports_fixture_answer(f, two, ESME_RTHROTTLED, NULL);
    assert_int_equal(f->heard.sent.kind, TURN_SENT_TEMPORARY);
    assert_int_equal(f->heard.sent.command_status, ESME_RTHROTTLED);
    assert_true(f->heard.sent.is_slow_down);
    assert_false(ports_fixture_send_sms(f, "elsewhere", "*7#", "hai"));

    service_drain(centre_service(centres_find(f->centres, "op1")), 60, 600);
    assert_true(ports_fixture_send_sms(f, "op1", "*384#", "hai"));
    link_fixture_turn(&f->net);
    ports_fixture_answer(f, two, ESME_ROK, "def");
    assert_false(f->heard.sent.is_slow_down);
    assert_string_equal(f->heard.message_id, "def");
}

/* Of two binds one says nothing to what is sent: again and again would be the other's turn. */
static void what_one_bind_does_not_answer_goes_over_another(void **state)
{
    struct ports_fixture *f = *state;
    struct fake_transport *binds[2];
    unsigned sent[2] = {0, 0};

    f->smsc[0] = ports_fixture_smsc("op1", CONFIG_BIND_TRANSCEIVER, 2);
    f->smsc[0].response_timeout_s = 1;
    ports_fixture_apply(f, 1);
    binds[0] = ports_fixture_bind(f);
    link_fixture_pass(&f->net, 2000);
    binds[1] = ports_fixture_bind(f);
    for (unsigned i = 0; i < 4; i++) {
        assert_true(ports_fixture_send_sms(f, "op1", "384", "hai"));
        link_fixture_pass(&f->net, 5999); /* a late response would count */
        assert_int_equal(f->heard.count, 0);
        link_fixture_pass(&f->net, 1);
        assert_int_equal(f->heard.count, 1);
        assert_int_equal(f->heard.sent.kind, TURN_SENT_UNKNOWN);
        for (unsigned b = 0; b < 2; b++)
            sent[b] += fake_transport_take(binds[b]).size != 0;
    }
    assert_int_equal(sent[0], 2);
    assert_int_equal(sent[1], 2);
}

/* What receipts may call each part, in the order in which the centre named them. */
static void receipts_are_asked_where_they_are_told(void **state)
{
    struct ports_fixture *f = *state;
    struct fake_transport *t;
    struct smpp_pdu decoded;
    char text[400];
    struct span pdu;

    memset(text, 'a', sizeof(text) - 1);
    text[sizeof(text) - 1] = '\0';
    f->smsc[0] = ports_fixture_smsc("op1", CONFIG_BIND_TRANSCEIVER, 1);
    f->smsc[0].receipts = true;
    ports_fixture_apply(f, 1);
    t = ports_fixture_bind(f);
    assert_true(ports_fixture_send_sms(f, "op1", "384", text));
    link_fixture_turn(&f->net);
    ports_fixture_answer(f, t, ESME_ROK, "1A");
    ports_fixture_answer(f, t, ESME_ROK, "x");
    pdu = ports_fixture_answer(f, t, ESME_ROK, "020");
    assert_int_equal(f->heard.sent.parts, 3);
    assert_string_equal(f->heard.names, "0:op1/1a 0:op1/26 1:op1/x 2:op1/20 2:op1/32 ");
    assert_int_equal(smpp_pdu_decode(pdu, &decoded), ESME_ROK);
    assert_int_equal(decoded.message.registered_delivery, 1);

    /* A part without an id cannot be told of: then the whole is not awaited. */
    assert_true(ports_fixture_send_sms(f, "op1", "384", text));
    link_fixture_turn(&f->net);
    ports_fixture_answer(f, t, ESME_ROK, "1");
    ports_fixture_answer(f, t, ESME_ROK, "");
    ports_fixture_answer(f, t, ESME_ROK, "3");
    assert_int_equal(f->heard.sent.kind, TURN_SENT_OK);
    assert_string_equal(f->heard.names, "");
}

static void a_long_sms_goes_in_parts_with_one_outcome(void **state)
{
    struct ports_fixture *f = *state;
    struct fake_transport *t;
    struct smpp_pdu decoded;
    struct span pdu;
    char text[400];

    memset(text, 'a', sizeof(text) - 1);
    text[sizeof(text) - 1] = '\0';
    f->smsc[0] = ports_fixture_smsc("op1", CONFIG_BIND_TRANSCEIVER, 1);
    ports_fixture_apply(f, 1);
    t = ports_fixture_bind(f);
    assert_true(ports_fixture_send_sms(f, "op1", "384", text));
    link_fixture_turn(&f->net);
    ports_fixture_answer(f, t, ESME_ROK, "1");
    ports_fixture_answer(f, t, ESME_ROK, "2");
    assert_int_equal(f->heard.count, 0);
    pdu = ports_fixture_answer(f, t, ESME_ROK, "3");
    assert_int_equal(smpp_pdu_decode(pdu, &decoded), ESME_ROK);
    assert_memory_equal(decoded.message.short_message.data, "\5\0\3\xA7\3\3", 6);
    assert_int_equal(f->heard.count, 1);
    assert_int_equal(f->heard.sent.kind, TURN_SENT_OK);
    assert_string_equal(f->heard.message_id, "1");

    /* One part refused for good: the whole is. */
    assert_true(ports_fixture_send_sms(f, "op1", "384", text));
    link_fixture_turn(&f->net);
    ports_fixture_answer(f, t, ESME_ROK, "1");
    ports_fixture_answer(f, t, ESME_RINVDSTADR, NULL);
    ports_fixture_answer(f, t, ESME_ROK, "3");
    assert_int_equal(f->heard.count, 1);
    assert_int_equal(f->heard.sent.kind, TURN_SENT_PERMANENT);

    /* The connection goes with parts under way: unknown. */
    assert_true(ports_fixture_send_sms(f, "op1", "384", text));
    link_fixture_turn(&f->net);
    ports_fixture_answer(f, t, ESME_ROK, "1");
    fake_transport_lose(t, "reset");
    link_fixture_turn(&f->net);
    assert_int_equal(f->heard.count, 1);
    assert_int_equal(f->heard.sent.kind, TURN_SENT_UNKNOWN);
}

/* A dial comes in as deliver_sm: answered after the commit, then the screen, on that connection. */
static void a_dial_is_answered_and_then_shown(void **state)
{
    struct ports_fixture *f = *state;
    struct fake_transport *t;
    uint8_t octets[256], tlvs[16];
    struct writer w, tlv;
    struct smpp_message m = {.service_type = span_of_string("USSD"),
                             .source = {1, 1, span_of_string("6281200000001")},
                             .destination = {0, 1, span_of_string("384")},
                             .short_message = span_of_string("*384#")};
    struct span pdu;

    f->smsc[0] = ports_fixture_smsc("op1", CONFIG_BIND_TRANSCEIVER, 1);
    ports_fixture_apply(f, 1);
    t = ports_fixture_bind(f);
    writer_init(&tlv, tlvs, sizeof(tlvs));
    smpp_tlv_write_u8(&tlv, 0x0501, 1);
    writer_init(&w, octets, sizeof(octets));
    assert_true(smpp_message_encode(&w, SMPP_DELIVER_SM, 77, &m, writer_span(&tlv)));
    fake_transport_feed(t, writer_span(&w));
    link_fixture_pass(&f->net, 10);
    assert_int_equal(f->messages, 1);
    pdu = fake_transport_take(t);
    assert_int_equal(pdu.data[7], SMPP_DELIVER_SM);
    assert_int_equal(pdu.data[4], 0x80);
    assert_int_equal(pdu.data[11], ESME_ROK);
    assert_int_equal(pdu.data[15], 77);
    pdu = ports_fixture_answer(f, t, ESME_ROK, "1");
    assert_non_null(memmem(pdu.data, pdu.size, "Pilih bahasa", 12));
    assert_int_equal(turn_counters(f->turns)->steps, 1);
}

static bool show_push(struct ports_fixture *f, enum dialect_reply_kind kind)
{
    struct turn_ports ports = ports_for_turns(f->ports);
    struct turn_screen screen = {.origin = {.link_name = "op1"},
                                 .reply = {.kind = kind,
                                           .msisdn = "6281200000001",
                                           .code = "*384#",
                                           .text = "hai",
                                           .network_initiated = true}};

    memset(&f->heard, 0, sizeof(f->heard));
    return ports.show(ports.ctx, &screen, 0, ports_fixture_on_sent, &f->heard);
}

/* Nobody's input: by any bind of the one named. The response may name the dialogue. */
static void a_push_goes_by_name_and_gets_its_own(void **state)
{
    struct ports_fixture *f = *state;
    struct turn_ports ports = ports_for_turns(f->ports);
    struct dialect *named = dialect_new("named", dialect_find("spec34"));
    static const char *codes[] = {"*384#"};
    struct fake_transport *t;
    char name[32], error[128];
    struct span pdu;

    assert_true(
        dialect_set_knob(named, "ni_session_from", "resp_message_id", error, sizeof(error)));
    assert_true(dialect_set_knob(named, "timers", "3 40 50", error, sizeof(error)));
    assert_true(dialect_set_knob(named, "abort_ack_op", "0x32", error, sizeof(error)));
    f->smsc[0] = ports_fixture_smsc("op1", CONFIG_BIND_TRANSCEIVER, 1);
    f->smsc[0].spoken = named;
    f->smsc[0].codes = (struct config_strings){codes, 1};
    ports_fixture_apply(f, 1);
    dialect_free(named);
    assert_int_equal(ports.traits(ports.ctx, "op1").reply_limit_ms, 3000);
    assert_int_equal(ports.traits(ports.ctx, "op1").user_reply_s, 40);
    assert_int_equal(ports.traits(ports.ctx, "op1").session_max_s, 50);
    assert_true(ports.traits(ports.ctx, "op1").acks_abort);
    assert_int_equal(ports.traits(ports.ctx, "nobody").reply_limit_ms, 0);

    assert_false(show_push(f, DIALECT_PUSH)); /* not bound */
    assert_false(
        ports.find_push_link(ports.ctx, "op1", "*384#", "6281200000001", name, sizeof(name)));
    t = ports_fixture_bind(f);
    assert_true(
        ports.find_push_link(ports.ctx, "elsewhere", "*384#", "6281200000001", name, sizeof(name)));
    assert_string_equal(name, "op1");
    assert_false(ports.find_push_link(ports.ctx, "", "*7#", "6281200000001", name, sizeof(name)));

    assert_true(show_push(f, DIALECT_PUSH));
    link_fixture_turn(&f->net);
    pdu = ports_fixture_answer(f, t, ESME_ROK, "ab");
    assert_non_null(memmem(pdu.data, pdu.size, "\x05\x01\x00\x01\x02", 5)); /* USSR request */
    assert_int_equal(f->heard.sent.kind, TURN_SENT_OK);
    assert_int_equal(f->heard.session.size, 2);
    assert_memory_equal(f->heard.session.octets, "a\0", 2); /* its_session_info: octet 1 */

    assert_true(show_push(f, DIALECT_PUSH));
    link_fixture_turn(&f->net);
    ports_fixture_answer(f, t, ESME_RINVDSTADR, NULL);
    assert_int_equal(f->heard.sent.kind, TURN_SENT_PERMANENT);
    assert_int_equal(f->heard.session.size, 0);

    assert_true(show_push(f, DIALECT_NOTIFY));
    link_fixture_turn(&f->net);
    pdu = ports_fixture_answer(f, t, ESME_ROK, "ab");
    assert_non_null(memmem(pdu.data, pdu.size, "\x05\x01\x00\x01\x03", 5)); /* USSN request */
    assert_int_equal(f->heard.session.size, 0);
}

/* What cannot be shown ends its dialogue where the dialect has an operation for that. */
static void a_dialogue_is_released_when_its_screen_cannot_be_carried(void **state)
{
    static const uint8_t release_op[] = {0x05, 0x01, 0, 1, 128},
                         session[] = {0x02, 0x04, 0, 2, 7, 9};
    static const struct {
        const char *dialect;
        enum dialect_reply_kind kind;
        bool is_released;
    } rows[] = {{"smppplus", DIALECT_ASK, true},
                {"smppplus", DIALECT_END, true},
                {"smppplus", DIALECT_PUSH, false}, /* nothing is open */
                {"spec34", DIALECT_ASK, false}};
    struct ports_fixture *f = *state;
    struct turn_ports ports = ports_for_turns(f->ports);
    static char text[400];

    memset(text, 'a', sizeof(text) - 1); /* longer than a screen */
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct turn_screen screen = {.origin = {.link_name = "op1"},
                                     .reply = {.kind = rows[i].kind,
                                               .msisdn = "6281200000001",
                                               .code = "*384#",
                                               .text = text,
                                               .session = {.octets = {7, 9}, .size = 2}}};
        struct fake_transport *t;
        struct span pdu;

        f->smsc[0] = ports_fixture_smsc("op1", CONFIG_BIND_TRANSCEIVER, 1);
        f->smsc[0].window = (unsigned)i + 3; /* another one: it binds anew */
        f->smsc[0].dialect = rows[i].dialect;
        f->smsc[0].spoken = dialect_find(rows[i].dialect);
        ports_fixture_apply(f, 1);
        t = ports_fixture_bind(f);
        assert_false(ports.show(ports.ctx, &screen, 0, ports_fixture_on_sent, &f->heard));
        link_fixture_turn(&f->net);
        if (rows[i].is_released) {
            pdu = ports_fixture_answer(f, t, ESME_ROK, "x");
            assert_non_null(memmem(pdu.data, pdu.size, release_op, sizeof(release_op)));
            assert_non_null(memmem(pdu.data, pdu.size, session, sizeof(session)));
        }
        assert_int_equal(fake_transport_take(t).size, 0);
        assert_int_equal(f->heard.count, 0); /* show() said no */
        ports_fixture_apply(f, 0);
        fake_transport_lose(t, "eof");
        link_fixture_pass(&f->net, 20000);
    }
}

/* A PDU that the dialect cannot read gets the dialect's status; its link stays. */
static void an_unreadable_message_is_refused(void **state)
{
    struct ports_fixture *f = *state;
    struct fake_transport *t;
    uint8_t octets[256], tlvs[16];
    struct writer w, tlv;
    struct smpp_message m = {.source = {1, 1, span_of_string("6281200000001")},
                             .destination = {0, 1, span_of_string("384")},
                             .short_message = span_of_string("*384#")};
    struct dialect *strict = dialect_new("strict", dialect_find("spec34"));
    char error[128];
    struct span pdu;

    assert_true(dialect_set_knob(strict, "op_in_unknown", "reject", error, sizeof(error)));
    f->smsc[0] = ports_fixture_smsc("op1", CONFIG_BIND_TRANSCEIVER, 1);
    f->smsc[0].spoken = strict;
    ports_fixture_apply(f, 1);
    dialect_free(strict); /* the centre has its own */
    t = ports_fixture_bind(f);
    writer_init(&tlv, tlvs, sizeof(tlvs));
    smpp_tlv_write_u8(&tlv, 0x0501, 99);
    writer_init(&w, octets, sizeof(octets));
    assert_true(smpp_message_encode(&w, SMPP_DELIVER_SM, 5, &m, writer_span(&tlv)));
    fake_transport_feed(t, writer_span(&w));
    link_fixture_pass(&f->net, 10);
    pdu = fake_transport_take(t);
    assert_int_equal(pdu.data[4], 0x80);
    assert_int_not_equal(pdu.data[11], ESME_ROK);
    assert_int_equal(ports_counters(f->ports)->refused_in, 1);
    assert_int_equal(centres_bound_count(f->centres), 1);
}

static void tells_whether_somebody_sends(void **state)
{
    struct ports_fixture *f = *state;
    struct turn_ports ports = ports_for_turns(f->ports);
    struct turn_sms sms = {.link_name = "gone", .source = "*384#", .msisdn = "6281200000001"};

    f->smsc[0] = ports_fixture_smsc("op1", CONFIG_BIND_TRANSCEIVER, 1);
    f->codes[0] = "*384#";
    f->smsc[0].codes = (struct config_strings){f->codes, 1};
    ports_fixture_apply(f, 1);
    assert_false(ports.has_sms_sender(ports.ctx, &sms));
    ports_fixture_bind(f);
    assert_true(ports.has_sms_sender(ports.ctx, &sms));
    sms.source = "*7#";
    assert_false(ports.has_sms_sender(ports.ctx, &sms));
    sms.link_name = "op1";
    assert_true(ports.has_sms_sender(ports.ctx, &sms));
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, ports_fixture_start, ports_fixture_stop)

static uint64_t count_up(void *ctx)
{
    return ++*(uint64_t *)ctx;
}

static void ignore_change(void *ctx)
{
    (void)ctx;
}

/* Bound only with the lease of its name; another gateway's has it before, and after. */
static void an_exclusive_entry_binds_by_its_lease(void **state)
{
    struct ports_fixture *f = *state;
    struct store_memory_settings store = {
        .data = f->data, .timers = &f->net.timers, .deferred = &f->net.deferred};
    uint64_t number = 0;
    struct lease_settings settings = {.store = store_memory_new(&store),
                                      .timers = &f->net.timers,
                                      .random = count_up,
                                      .random_ctx = &number,
                                      .name = "op1",
                                      .instance = "other",
                                      .ttl_s = 8,
                                      .on_change = ignore_change};
    struct lease *other = lease_new(&settings);
    char instance[] = "test";
    const struct centre *c;

    lease_want(other, true);
    link_fixture_pass(&f->net, 100);
    assert_int_equal(lease_state(other), LEASE_HELD);
    centres_share(f->centres, &(struct centre_sharing){f->store, instance});
    memset(instance, 'x', strlen(instance)); /* of a configuration that a reload has replaced */
    f->smsc[0] = ports_fixture_smsc("op1", CONFIG_BIND_TRANSCEIVER, 1);
    f->smsc[0].exclusive = true;
    f->smsc[0].lease_s = 8;
    ports_fixture_apply(f, 1);
    link_fixture_pass(&f->net, 20000);
    c = centres_find(f->centres, "op1");
    assert_int_equal(f->net.network.connects, 0);
    assert_string_equal(lease_holder(centre_lease(c)), "other");

    lease_want(other, false);
    link_fixture_pass(&f->net, 1100);
    assert_int_equal(f->net.network.connects, 1);
    ports_fixture_bind(f);
    assert_int_equal(centres_bound_count(f->centres), 1);
    assert_string_equal(lease_holder(centre_lease(c)), "test");
    assert_true(centres_room(f->centres) > 0);
    lease_want(other, true);
    link_fixture_pass(&f->net, 20000);
    assert_int_equal(lease_state(other), LEASE_STANDBY);

    /* This process has slept: what comes on the old connection is not taken. */
    f->net.timers.now_ms += 8000;
    assert_int_equal(centres_room(f->centres), 0);
    assert_null(centres_find_link(f->centres, f->bind));
    f->net.timers.now_ms -= 8000;

    centres_stop(f->centres);
    link_fixture_pass(&f->net, 100);
    assert_int_equal(lease_state(other), LEASE_STANDBY); /* not before it has unbound */
    assert_false(centres_are_stopped(f->centres));
    link_fixture_pass(&f->net, 20000);
    assert_int_equal(lease_state(other), LEASE_HELD);
    assert_true(centres_are_stopped(f->centres));
    store_free(settings.store);
    lease_free(other);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(an_exclusive_entry_binds_by_its_lease),
        TEST(binds_are_spread_and_counted),
        TEST(a_limit_holds_in_both_codings),
        TEST(a_reload_changes_what_differs),
        TEST(entries_lead_to_one_centre),
        TEST(an_sms_leaves_by_its_centre_or_another_with_the_code),
        TEST(tells_whether_somebody_sends),
        TEST(what_one_bind_does_not_answer_goes_over_another),
        TEST(receipts_are_asked_where_they_are_told),
        TEST(a_long_sms_goes_in_parts_with_one_outcome),
        TEST(a_dial_is_answered_and_then_shown),
        TEST(a_push_goes_by_name_and_gets_its_own),
        TEST(a_dialogue_is_released_when_its_screen_cannot_be_carried),
        TEST(an_unreadable_message_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
