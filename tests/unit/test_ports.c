/*
 * gateway/centres and ports on a fake network: binds come up and go by the configuration, messages
 * become inputs, screens and SMS find their link, outcomes are told once.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"
#include "gateway/ports.h"
#include "gateway/smpp/header.h"
#include "merchants/programme.h"
#include "sessions/store_memory.h"
#include "sessions/vault.h"
#include "tests/support/link_fixture.h"

struct heard {
    unsigned count;
    struct turn_sent sent;
    char message_id[LINK_MESSAGE_ID_BYTES];
    char names[256]; /* what receipts may call it: "PART:NAME " each */
};

struct fixture {
    struct link_fixture net; /* clock, deferred work, fake network; its own link is not used */
    struct config_smsc smsc[2];
    const char *codes[2];
    struct centres *centres;
    struct partners *partners;
    struct router *router;
    struct ports *ports;
    struct memory_data *data;
    struct store *store;
    struct vault *vault;
    struct turn_engine *turns;
    unsigned messages, changes;
    uintptr_t bind;
    struct heard heard;
    uint32_t sequence; /* of the centre's */
};

static int64_t wall_ms(void *ctx)
{
    (void)ctx;
    return 1790000000000;
}

static uint64_t next_random(void *ctx)
{
    return random_next(ctx);
}

static void on_message(void *ctx, struct centre *centre, uintptr_t bind, struct link *link,
                       struct link_ticket ticket, const struct smpp_pdu *pdu)
{
    struct fixture *f = ctx;

    f->messages++;
    f->bind = bind;
    ports_on_message(f->ports, centre, bind, link, ticket, pdu);
}

static void on_change(void *ctx, struct centre *centre)
{
    struct fixture *f = ctx;

    (void)centre;
    f->changes++;
}

static struct config_smsc make_smsc(const char *name, enum config_bind bind, unsigned binds)
{
    return (struct config_smsc){.name = name,
                                .host = "centre.example",
                                .port = 2775,
                                .system_id = "warung",
                                .password = "secret",
                                .password_file = "",
                                .system_type = "",
                                .address_range = "",
                                .centre = "",
                                .bind = bind,
                                .binds = binds,
                                .window = 32,
                                .dialect = "spec34",
                                .spoken = dialect_find("spec34"),
                                .enquire_link_s = 3600,
                                .response_timeout_s = 10,
                                .tls = {.cert = "", .key = "", .ca = ""}};
}

static void make_engine(struct fixture *f)
{
    struct store_memory_settings store = {.timers = &f->net.timers, .deferred = &f->net.deferred};
    struct turn_settings settings = turn_settings_default();
    struct turn_env env = {.timers = &f->net.timers,
                           .wall_ms = wall_ms,
                           .random = next_random,
                           .ctx = &f->net.random,
                           .ports = ports_for_turns(f->ports)};

    f->data = memory_data_new(16, wall_ms, NULL);
    store.data = f->data;
    f->store = store_memory_new(&store);
    f->vault = vault_new_plain();
    env.store = f->store;
    env.vault = f->vault;
    settings.instance = "test";
    settings.sweep_ms = 1000000;
    f->turns = turn_engine_new(&env, &settings);
}

static void load_menu(struct fixture *f)
{
    static const char *codes[] = {"*384#"}, *sms[] = {"384"};
    struct config_menu menu = {
        .file = "conf/menus/terususaha.cfg", .codes = {codes, 1}, .sms = {sms, 1}};
    struct config config = {.menus = &menu, .menu_count = 1};

    f->router = router_new();
    assert_true(router_load(f->router, &config, &programme_vocabulary, NULL, NULL));
}

static int start(void **state)
{
    struct fixture *f = mem_zalloc(sizeof(*f));
    struct transport_factory network;
    struct centre_owner owner = {on_message, on_change, f};
    struct partners_owner partners_owner = {ports_on_partner_message, NULL};

    link_fixture_init(&f->net);
    network = fake_network_factory(&f->net.network);
    f->centres = centres_new(&f->net.env, NULL, &network, &owner);
    f->partners = partners_new(&f->net.env, NULL, NULL, &partners_owner);
    f->ports = ports_new();
    load_menu(f);
    make_engine(f);
    ports_connect(f->ports, f->centres, f->partners, f->router, f->turns, NULL, f->vault);
    *state = f;
    return 0;
}

static int stop(void **state)
{
    struct fixture *f = *state;

    store_free(f->store);
    centres_free(f->centres);
    partners_free(f->partners);
    turn_engine_free(f->turns);
    ports_free(f->ports);
    memory_data_free(f->data);
    vault_free(f->vault);
    router_free(f->router);
    link_fixture_fini(&f->net);
    mem_free(f);
    return 0;
}

static void apply(struct fixture *f, size_t count)
{
    centres_apply(f->centres, f->smsc, count);
    link_fixture_pass(&f->net, 0);
    link_fixture_pass(&f->net, 0);
}

/* The newest connection opens and its bind is accepted. */
static struct fake_transport *bind_newest(struct fixture *f)
{
    link_fixture_bind(&f->net, ESME_ROK);
    link_fixture_turn(&f->net);
    return f->net.network.last;
}

static void on_sent(void *arg, const struct turn_sent *sent)
{
    struct heard *h = arg;

    h->count++;
    h->sent = *sent;
    strcpy(h->message_id, sent->message_id);
    h->names[0] = '\0';
    for (unsigned i = 0; i < sent->key_count; i++) {
        size_t used = strlen(h->names);

        snprintf(h->names + used, sizeof(h->names) - used, "%u:%s ", sent->keys[i].part,
                 sent->keys[i].text);
    }
}

/* Answers the submit_sm that stands next in what was written; its sequence_number. */
static struct span answer_next(struct fixture *f, struct fake_transport *t, uint32_t status,
                               const char *message_id)
{
    static uint8_t copy[512];
    struct span pdu = fake_transport_take(t);
    uint8_t octets[64];
    struct writer w;

    assert_true(pdu.size > SMPP_HEADER_BYTES && pdu.size <= sizeof(copy));
    memcpy(copy, pdu.data, pdu.size);
    assert_int_equal(copy[7], SMPP_SUBMIT_SM);
    writer_init(&w, octets, sizeof(octets));
    assert_true(smpp_message_resp_encode(&w, SMPP_SUBMIT_SM | SMPP_RESPONSE_BIT, status,
                                         (uint32_t)copy[14] << 8 | copy[15], message_id));
    fake_transport_feed(t, writer_span(&w));
    link_fixture_turn(&f->net);
    return span_of(copy, pdu.size);
}

static bool send_sms(struct fixture *f, const char *name, const char *code, const char *text)
{
    struct turn_ports ports = ports_for_turns(f->ports);

    memset(&f->heard, 0, sizeof(f->heard));
    struct turn_sms sms = {
        .link_name = name, .source = code, .msisdn = "6281200000001", .text = text};

    return ports.send_sms(ports.ctx, &sms, 0, on_sent, &f->heard);
}

static void binds_are_spread_and_counted(void **state)
{
    struct fixture *f = *state;

    f->smsc[0] = make_smsc("op1", CONFIG_BIND_PAIR, 2);
    apply(f, 1);
    assert_int_equal(f->net.network.connects, 1);
    link_fixture_pass(&f->net, 1999);
    assert_int_equal(f->net.network.connects, 1);
    link_fixture_pass(&f->net, 1);
    assert_int_equal(f->net.network.connects, 2);
    bind_newest(f);
    assert_int_equal(centres_bound_count(f->centres), 1);
    assert_int_equal(centre_link_count(centres_find(f->centres, "op1")), 4);
    /* The second of a pair is the transmitter: only that can send. */
    assert_true(centres_room(f->centres) > 0);
    assert_string_equal(link_name(centre_transmitter(centres_find(f->centres, "op1"))), "op1:2");
}

static void a_reload_changes_what_differs(void **state)
{
    struct fixture *f = *state;
    struct config_smsc again[2];
    struct link *kept;
    struct fake_transport *gone;

    f->smsc[0] = make_smsc("op1", CONFIG_BIND_TRANSCEIVER, 1);
    f->smsc[1] = make_smsc("op2", CONFIG_BIND_TRANSCEIVER, 1);
    apply(f, 1);
    bind_newest(f);
    kept = centre_link(centres_find(f->centres, "op1"), 0);
    apply(f, 2);
    assert_int_equal(f->net.network.connects, 2);
    gone = bind_newest(f);
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

static void an_sms_leaves_by_its_centre_or_another_with_the_code(void **state)
{
    struct fixture *f = *state;
    static const char *mine[] = {"*384#"}, *other[] = {"*99#"};
    struct fake_transport *one, *two;
    struct span pdu;

    f->smsc[0] = make_smsc("op1", CONFIG_BIND_TRANSCEIVER, 1);
    f->smsc[0].codes = (struct config_strings){other, 1};
    f->smsc[1] = make_smsc("op2", CONFIG_BIND_TRANSCEIVER, 1);
    f->smsc[1].codes = (struct config_strings){mine, 1};
    apply(f, 1);
    assert_false(send_sms(f, "op1", "*384#", "hai")); /* not bound yet */
    assert_int_equal(ports_counters(f->ports)->unsent, 1);
    one = bind_newest(f);
    apply(f, 2);
    two = bind_newest(f);

    assert_true(send_sms(f, "op1", "*384#", "hai"));
    link_fixture_turn(&f->net);
    pdu = answer_next(f, one, ESME_ROK, "abc");
    assert_non_null(memmem(pdu.data, pdu.size, "384", 4)); /* source: the menu's number */
    assert_int_equal(f->heard.count, 1);
    assert_int_equal(f->heard.sent.kind, TURN_SENT_OK);
    assert_string_equal(f->heard.message_id, "abc");

    assert_true(send_sms(f, "elsewhere", "*384#", "hai"));
    link_fixture_turn(&f->net);
    answer_next(f, two, ESME_RTHROTTLED, NULL);
    assert_int_equal(f->heard.sent.kind, TURN_SENT_TEMPORARY);
    assert_int_equal(f->heard.sent.command_status, ESME_RTHROTTLED);
    assert_false(send_sms(f, "elsewhere", "*7#", "hai"));
}

/* What receipts may call each part, in the order in which the centre named them. */
static void receipts_are_asked_where_they_are_told(void **state)
{
    struct fixture *f = *state;
    struct fake_transport *t;
    struct smpp_pdu decoded;
    char text[400];
    struct span pdu;

    memset(text, 'a', sizeof(text) - 1);
    text[sizeof(text) - 1] = '\0';
    f->smsc[0] = make_smsc("op1", CONFIG_BIND_TRANSCEIVER, 1);
    f->smsc[0].receipts = true;
    apply(f, 1);
    t = bind_newest(f);
    assert_true(send_sms(f, "op1", "384", text));
    link_fixture_turn(&f->net);
    answer_next(f, t, ESME_ROK, "1A");
    answer_next(f, t, ESME_ROK, "x");
    pdu = answer_next(f, t, ESME_ROK, "020");
    assert_int_equal(f->heard.sent.parts, 3);
    assert_string_equal(f->heard.names, "0:op1/1a 0:op1/26 1:op1/x 2:op1/20 2:op1/32 ");
    assert_int_equal(smpp_pdu_decode(pdu, &decoded), ESME_ROK);
    assert_int_equal(decoded.message.registered_delivery, 1);

    /* A part without an id cannot be told of: then the whole is not awaited. */
    assert_true(send_sms(f, "op1", "384", text));
    link_fixture_turn(&f->net);
    answer_next(f, t, ESME_ROK, "1");
    answer_next(f, t, ESME_ROK, "");
    answer_next(f, t, ESME_ROK, "3");
    assert_int_equal(f->heard.sent.kind, TURN_SENT_OK);
    assert_string_equal(f->heard.names, "");
}

static void a_long_sms_goes_in_parts_with_one_outcome(void **state)
{
    struct fixture *f = *state;
    struct fake_transport *t;
    char text[400];

    memset(text, 'a', sizeof(text) - 1);
    text[sizeof(text) - 1] = '\0';
    f->smsc[0] = make_smsc("op1", CONFIG_BIND_TRANSCEIVER, 1);
    apply(f, 1);
    t = bind_newest(f);
    assert_true(send_sms(f, "op1", "384", text));
    link_fixture_turn(&f->net);
    answer_next(f, t, ESME_ROK, "1");
    answer_next(f, t, ESME_ROK, "2");
    assert_int_equal(f->heard.count, 0);
    answer_next(f, t, ESME_ROK, "3");
    assert_int_equal(f->heard.count, 1);
    assert_int_equal(f->heard.sent.kind, TURN_SENT_OK);
    assert_string_equal(f->heard.message_id, "1");

    /* One part refused for good: the whole is. */
    assert_true(send_sms(f, "op1", "384", text));
    link_fixture_turn(&f->net);
    answer_next(f, t, ESME_ROK, "1");
    answer_next(f, t, ESME_RINVDSTADR, NULL);
    answer_next(f, t, ESME_ROK, "3");
    assert_int_equal(f->heard.count, 1);
    assert_int_equal(f->heard.sent.kind, TURN_SENT_PERMANENT);

    /* The connection goes with parts under way: unknown. */
    assert_true(send_sms(f, "op1", "384", text));
    link_fixture_turn(&f->net);
    answer_next(f, t, ESME_ROK, "1");
    fake_transport_lose(t, "reset");
    link_fixture_turn(&f->net);
    assert_int_equal(f->heard.count, 1);
    assert_int_equal(f->heard.sent.kind, TURN_SENT_UNKNOWN);
}

/* A USSD operation of a subscriber's, in a dialogue of the number's last digit. */
static void feed_ussd(struct fixture *f, struct fake_transport *t, const char *msisdn, uint8_t op,
                      const char *text, bool is_end)
{
    uint8_t octets[256], tlvs[32];
    struct writer w, tlv;
    struct smpp_message m = {.service_type = span_of_string("USSD"),
                             .source = {1, 1, span_of_string(msisdn)},
                             .destination = {0, 1, span_of_string("384")},
                             .short_message = span_of_string(text)};

    writer_init(&tlv, tlvs, sizeof(tlvs));
    smpp_tlv_write_u8(&tlv, 0x0501, op);
    smpp_tlv_write_u16(&tlv, SMPP_TAG_ITS_SESSION_INFO,
                       (uint16_t)(msisdn[strlen(msisdn) - 1] << 8 | is_end));
    writer_init(&w, octets, sizeof(octets));
    assert_true(smpp_message_encode(&w, SMPP_DELIVER_SM, ++f->sequence, &m, writer_span(&tlv)));
    fake_transport_feed(t, writer_span(&w));
    link_fixture_pass(&f->net, 10);
}

static void expect_answer(struct fake_transport *t)
{
    struct span pdu = fake_transport_take(t);

    assert_int_equal(pdu.data[4], 0x80);
    assert_int_equal(pdu.data[7], SMPP_DELIVER_SM);
    assert_int_equal(pdu.data[11], ESME_ROK);
}

/* With a window of one, the second subscriber's screen waits behind the first's. */
static void a_screen_whose_dialogue_is_over_is_not_sent(void **state)
{
    enum { BEGIN = 1, ANSWER = 18 };
    struct fixture *f = *state;
    struct fake_transport *t;

    f->smsc[0] = make_smsc("op1", CONFIG_BIND_TRANSCEIVER, 1);
    f->smsc[0].window = 1;
    apply(f, 1);
    t = bind_newest(f);
    feed_ussd(f, t, "6281200000001", BEGIN, "*384#", false);
    feed_ussd(f, t, "6281200000002", BEGIN, "*384#", false);
    feed_ussd(f, t, "6281200000003", BEGIN, "*384#", false);
    feed_ussd(f, t, "6281200000002", ANSWER, "", true); /* hangs up */
    assert_int_equal(turn_counters(f->turns)->screens_withdrawn, 1);
    expect_answer(t);
    answer_next(f, t, ESME_ROK, "1"); /* the first one's screen, which makes room */
    for (int i = 0; i < 3; i++)
        expect_answer(t);
    assert_non_null(memmem(answer_next(f, t, ESME_ROK, "2").data, 64, "6281200000003", 13));
    link_fixture_pass(&f->net, 10);
    link_fixture_turn(&f->net);
    assert_int_equal(fake_transport_take(t).size, 0);
    assert_int_equal(turn_counters(f->turns)->screens, 2);
    assert_int_equal(turn_live(f->turns), 0);
}

/* No room for a reply: nothing is done, and the centre is told to come again. */
static void a_full_queue_answers(void **state)
{
    enum { BEGIN = 1 };
    struct fixture *f = *state;
    struct fake_transport *t;
    struct span pdu;

    f->smsc[0] = make_smsc("op1", CONFIG_BIND_TRANSCEIVER, 1);
    f->smsc[0].window = 1;
    f->smsc[0].queue_max = 1;
    apply(f, 1);
    t = bind_newest(f);
    feed_ussd(f, t, "6281200000001", BEGIN, "*384#", false);
    feed_ussd(f, t, "6281200000002", BEGIN, "*384#", false);
    feed_ussd(f, t, "6281200000003", BEGIN, "*384#", false);
    assert_int_equal(turn_counters(f->turns)->steps, 2);
    assert_int_equal(turn_counters(f->turns)->throttled, 1);
    expect_answer(t);
    answer_next(f, t, ESME_ROK, "1");
    expect_answer(t);
    pdu = fake_transport_take(t);
    assert_int_equal(pdu.data[7], SMPP_DELIVER_SM);
    assert_int_equal(pdu.data[11], ESME_RTHROTTLED);
}

/* A dial comes in as deliver_sm: answered after the commit, then the screen, on that connection. */
static void a_dial_is_answered_and_then_shown(void **state)
{
    struct fixture *f = *state;
    struct fake_transport *t;
    uint8_t octets[256], tlvs[16];
    struct writer w, tlv;
    struct smpp_message m = {.service_type = span_of_string("USSD"),
                             .source = {1, 1, span_of_string("6281200000001")},
                             .destination = {0, 1, span_of_string("384")},
                             .short_message = span_of_string("*384#")};
    struct span pdu;

    f->smsc[0] = make_smsc("op1", CONFIG_BIND_TRANSCEIVER, 1);
    apply(f, 1);
    t = bind_newest(f);
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
    pdu = answer_next(f, t, ESME_ROK, "1");
    assert_non_null(memmem(pdu.data, pdu.size, "Pilih bahasa", 12));
    assert_int_equal(turn_counters(f->turns)->steps, 1);
}

/* A PDU that the dialect cannot read gets the dialect's status; its link stays. */
static void an_unreadable_message_is_refused(void **state)
{
    struct fixture *f = *state;
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
    f->smsc[0] = make_smsc("op1", CONFIG_BIND_TRANSCEIVER, 1);
    f->smsc[0].spoken = strict;
    apply(f, 1);
    dialect_free(strict); /* the centre has its own */
    t = bind_newest(f);
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

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, start, stop)

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
    struct fixture *f = *state;
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
    const struct centre *c;

    lease_want(other, true);
    link_fixture_pass(&f->net, 100);
    assert_int_equal(lease_state(other), LEASE_HELD);
    centres_share(f->centres, &(struct centre_sharing){f->store, "test"});
    f->smsc[0] = make_smsc("op1", CONFIG_BIND_TRANSCEIVER, 1);
    f->smsc[0].exclusive = true;
    f->smsc[0].lease_s = 8;
    apply(f, 1);
    link_fixture_pass(&f->net, 20000);
    c = centres_find(f->centres, "op1");
    assert_int_equal(f->net.network.connects, 0);
    assert_string_equal(lease_holder(centre_lease(c)), "other");

    lease_want(other, false);
    link_fixture_pass(&f->net, 1100);
    assert_int_equal(f->net.network.connects, 1);
    bind_newest(f);
    assert_int_equal(centres_bound_count(f->centres), 1);
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
        TEST(a_reload_changes_what_differs),
        TEST(an_sms_leaves_by_its_centre_or_another_with_the_code),
        TEST(receipts_are_asked_where_they_are_told),
        TEST(a_long_sms_goes_in_parts_with_one_outcome),
        TEST(a_dial_is_answered_and_then_shown),
        TEST(a_screen_whose_dialogue_is_over_is_not_sent),
        TEST(a_full_queue_answers),
        TEST(an_unreadable_message_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
