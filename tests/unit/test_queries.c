/* query_sm, cancel_sm and replace_sm of partners, by the age of what they ask about. */
#include "gateway/queries.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "gateway/message_id.h"
#include "gateway/smpp/receipt.h"
#include "sessions/vault.h"
#include "tests/support/server_fixture.h"

#define GIVEN_MS   INT64_C(1795489200123)
#define TOLD_MS    ((int64_t)MESSAGE_ID_TOLD_S * 1000)
#define SUBSCRIBER "6281200000001"
#define SOMEONE    "6281200000002"

/* The PDU with this id and source; replace_sm's text is empty. */
static struct span make_request(uint32_t command_id, const char *id, const char *source,
                                uint8_t *octets, size_t size)
{
    struct writer w;

    writer_init(&w, octets, size);
    assert_true(smpp_header_only_encode(&w, command_id, 0, 7));
    if (command_id == SMPP_CANCEL_SM)
        writer_u8(&w, 0); /* service_type */
    writer_bytes(&w, id, strlen(id) + 1);
    writer_u16(&w, 0x0101);
    writer_bytes(&w, source, strlen(source) + 1);
    if (command_id == SMPP_CANCEL_SM)
        writer_bytes(&w,
                     "\1\1"
                     "384",
                     6);
    if (command_id == SMPP_REPLACE_SM)
        writer_bytes(&w, "\0\0\0\0",
                     5); /* two times, registered_delivery, sm_default_msg_id, length */
    octets[3] = (uint8_t)writer_size(&w);
    return writer_span(&w);
}

/* What agg1 is answered at that moment; the response stays readable until the next. */
static struct span ask(struct server_fixture *x, const struct vault *vault, uint32_t command_id,
                       const char *id, const char *source, int64_t now_ms, uint32_t status)
{
    uint8_t octets[256];
    struct span frame = make_request(command_id, id, source, octets, sizeof(octets));
    struct smpp_pdu pdu;

    assert_int_equal(smpp_pdu_decode(frame, &pdu), ESME_ROK);
    link_fixture_feed(&x->f, frame);
    assert_true(queries_answer(vault, "agg1", now_ms, x->f.link,
                               x->f.tickets[x->f.message_count - 1], &pdu));
    link_fixture_turn(&x->f);
    return link_fixture_expect(&x->f, command_id | SMPP_RESPONSE_BIT, status, 7);
}

/* Binds agg1, which was given this id for a message to SUBSCRIBER. */
static struct vault *give_id(struct server_fixture *x, char id[MESSAGE_ID_BYTES])
{
    struct message_origin origin = {"agg1", message_id_source(span_of_string(SUBSCRIBER))};
    struct vault *vault = vault_new_plain();

    server_fixture_init(x);
    assert_non_null(server_fixture_bound(x));
    message_id_make(vault, &origin, GIVEN_MS, 7, id);
    return vault;
}

static void an_answer_depends_on_the_age(void **state)
{
    static const struct {
        int64_t age_ms;
        uint32_t status;
    } rows[] = {
        {0, ESME_ROK},
        {-5000, ESME_ROK}, /* another gateway's clock runs ahead */
        {TOLD_MS, ESME_ROK},
        {TOLD_MS + 1, ESME_RQUERYFAIL},
        {100 * TOLD_MS, ESME_RQUERYFAIL},
    };
    char id[MESSAGE_ID_BYTES];
    struct server_fixture x = {0};
    struct vault *vault = give_id(&x, id);

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct smpp_pdu pdu;
        struct span answer = ask(&x, vault, SMPP_QUERY_SM, id, SUBSCRIBER,
                                 GIVEN_MS + rows[i].age_ms, rows[i].status);

        if (rows[i].status != ESME_ROK)
            continue;
        assert_int_equal(smpp_pdu_decode(answer, &pdu), ESME_ROK);
        assert_true(span_is_equal(pdu.query.message_id, span_of_string(id)));
        assert_true(span_is_equal(pdu.query.final_date, span_of_string("261124030000100+")));
        assert_int_equal(pdu.query.message_state, RECEIPT_DELIVERED);
        assert_int_equal(pdu.query.error_code, 0);
    }
    server_fixture_fini(&x);
    vault_free(vault);
}

static void nothing_is_left_to_cancel_or_replace_at_any_age(void **state)
{
    char id[MESSAGE_ID_BYTES];
    struct server_fixture x = {0};
    struct vault *vault = give_id(&x, id);

    (void)state;
    for (int64_t age_ms = 0; age_ms <= 2 * TOLD_MS; age_ms += TOLD_MS) {
        int64_t now_ms = GIVEN_MS + age_ms;

        ask(&x, vault, SMPP_CANCEL_SM, id, SUBSCRIBER, now_ms, ESME_RCANCELFAIL);
        ask(&x, vault, SMPP_CANCEL_SM, "", SUBSCRIBER, now_ms, ESME_RCANCELFAIL);
        ask(&x, vault, SMPP_REPLACE_SM, id, SUBSCRIBER, now_ms, ESME_RREPLACEFAIL);
        /* Whose it is not learns nothing, not even its age. */
        ask(&x, vault, SMPP_CANCEL_SM, id, SOMEONE, now_ms, ESME_RINVMSGID);
        ask(&x, vault, SMPP_REPLACE_SM, id, SOMEONE, now_ms, ESME_RINVMSGID);
        ask(&x, vault, SMPP_QUERY_SM, id, SOMEONE, now_ms, ESME_RINVMSGID);
        ask(&x, vault, SMPP_QUERY_SM, "", SUBSCRIBER, now_ms, ESME_RINVMSGID);
    }
    server_fixture_fini(&x);
    vault_free(vault);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_answer_depends_on_the_age),
        cmocka_unit_test(nothing_is_left_to_cancel_or_replace_at_any_age),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
