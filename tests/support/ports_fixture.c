#include "tests/support/ports_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"
#include "gateway/smpp/header.h"
#include "merchants/programme.h"
#include "sessions/store_memory.h"
#include "sessions/vault.h"

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
    struct ports_fixture *f = ctx;

    f->messages++;
    f->bind = bind;
    ports_on_message(f->ports, centre, bind, link, ticket, pdu);
}

struct config_smsc ports_fixture_smsc(const char *name, enum config_bind bind, unsigned binds)
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

static void make_engine(struct ports_fixture *f)
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

static void load_menu(struct ports_fixture *f)
{
    static const char *codes[] = {"*384#"}, *sms[] = {"384"};
    struct config_menu menu = {
        .file = "conf/menus/terususaha.cfg", .codes = {codes, 1}, .sms = {sms, 1}};
    struct config config = {.menus = &menu, .menu_count = 1, .turn.draft_ttl_s = 7 * 86400};

    f->router = router_new();
    assert_true(router_load(f->router, &config, &programme_vocabulary, NULL, NULL));
}

int ports_fixture_start(void **state)
{
    struct ports_fixture *f = mem_zalloc(sizeof(*f));
    struct transport_factory network;
    struct partners_owner partners_owner = {ports_on_partner_message, NULL};

    link_fixture_init(&f->net);
    network = fake_network_factory(&f->net.network);
    f->centres = centres_new(&f->net.env, NULL, &network, on_message, f);
    f->partners = partners_new(&f->net.env, NULL, NULL, &partners_owner);
    f->ports = ports_new();
    load_menu(f);
    make_engine(f);
    ports_connect(f->ports, f->centres, f->partners, f->router, f->turns, NULL, f->vault);
    *state = f;
    return 0;
}

int ports_fixture_stop(void **state)
{
    struct ports_fixture *f = *state;

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

void ports_fixture_apply(struct ports_fixture *f, size_t count)
{
    centres_apply(f->centres, f->smsc, count);
    link_fixture_pass(&f->net, 0);
    link_fixture_pass(&f->net, 0);
}

/* The newest connection opens and its bind is accepted. */
struct fake_transport *ports_fixture_bind(struct ports_fixture *f)
{
    link_fixture_bind(&f->net, ESME_ROK);
    link_fixture_turn(&f->net);
    return f->net.network.last;
}

void ports_fixture_on_sent(void *arg, const struct turn_sent *sent)
{
    struct ports_heard *h = arg;

    h->count++;
    h->sent = *sent;
    h->session = sent->session != NULL ? *sent->session : (struct dialect_session){.size = 0};
    strcpy(h->message_id, sent->message_id);
    h->names[0] = '\0';
    for (unsigned i = 0; i < sent->key_count; i++) {
        size_t used = strlen(h->names);

        snprintf(h->names + used, sizeof(h->names) - used, "%u:%s ", sent->keys[i].part,
                 sent->keys[i].text);
    }
}

/* Answers the submit_sm that stands next in what was written; its sequence_number. */
struct span ports_fixture_answer(struct ports_fixture *f, struct fake_transport *t, uint32_t status,
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

bool ports_fixture_send_sms(struct ports_fixture *f, const char *name, const char *code,
                            const char *text)
{
    struct turn_ports ports = ports_for_turns(f->ports);

    memset(&f->heard, 0, sizeof(f->heard));
    struct turn_sms sms = {.link_name = name,
                           .source = code,
                           .msisdn = "6281200000001",
                           .text = text,
                           .reference = 0x12A7};

    return ports.send_sms(ports.ctx, &sms, 0, ports_fixture_on_sent, &f->heard);
}

/* A USSD operation of a subscriber's, in a dialogue of the number's last digit. */
void ports_fixture_ussd(struct ports_fixture *f, struct fake_transport *t, const char *msisdn,
                        uint8_t op, const char *text, bool is_end)
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

void ports_fixture_expect(struct fake_transport *t, enum smpp_status status)
{
    struct span pdu = fake_transport_take(t);

    assert_int_equal(pdu.data[4], 0x80);
    assert_int_equal(pdu.data[7], SMPP_DELIVER_SM);
    assert_int_equal(pdu.data[11], status);
}
