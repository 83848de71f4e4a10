/*
 * Centres, ports and a turn engine on a fake network and the store in memory.
 */
#ifndef WARUNG_TESTS_SUPPORT_PORTS_FIXTURE_H
#define WARUNG_TESTS_SUPPORT_PORTS_FIXTURE_H

#include "gateway/ports.h"
#include "tests/support/link_fixture.h"

struct ports_heard {
    unsigned count;
    struct turn_sent sent;
    char message_id[LINK_MESSAGE_ID_BYTES];
    char names[256]; /* what receipts may call it: "PART:NAME " each */
    struct dialect_session session;
};

struct ports_fixture {
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
    unsigned messages;
    uintptr_t bind;
    struct ports_heard heard;
    uint32_t sequence; /* of the centre's */
};

/* For cmocka_unit_test_setup_teardown(). */
int ports_fixture_start(void **state);
int ports_fixture_stop(void **state);
struct config_smsc ports_fixture_smsc(const char *name, enum config_bind bind, unsigned binds);
/* The first `count` of f->smsc are the configuration. */
void ports_fixture_apply(struct ports_fixture *f, size_t count);
/* The newest connection opens and its bind is accepted. */
struct fake_transport *ports_fixture_bind(struct ports_fixture *f);
/* Callback of what is sent: fills f->heard. */
void ports_fixture_on_sent(void *arg, const struct turn_sent *sent);
/* Answers the submit_sm that stands next in what was written; the PDU. */
struct span ports_fixture_answer(struct ports_fixture *f, struct fake_transport *t, uint32_t status,
                                 const char *message_id);
/* A USSD operation of a subscriber's, in a dialogue of the number's last digit. */
void ports_fixture_ussd(struct ports_fixture *f, struct fake_transport *t, const char *msisdn,
                        uint8_t op, const char *text, bool is_end);
/* What stands next in what was written: the answer to an input. */
void ports_fixture_expect(struct fake_transport *t, enum smpp_status status);
bool ports_fixture_send_sms(struct ports_fixture *f, const char *name, const char *code,
                            const char *text);

#endif
