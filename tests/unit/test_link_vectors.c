/* Every vector through a link of either role, whole and in slices: what is answered, what is kept.
 */
#include "tests/support/server_fixture.h"
#include "tests/support/vectors.h"

#include "base/mem.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

enum { COLUMN_NAME, COLUMN_OCTETS, COLUMN_LOOK, COLUMN_STATUS };
enum { VECTOR_BYTES = 140000 };

/* The role under test, and its link with the peer that sends the vector. */
struct run {
    bool is_server;
    struct server_fixture x; /* a client uses x.f alone */
};

/* ---- a link that has bound, or is about to ---- */

static void start_client(struct run *run, bool is_bound)
{
    struct link_fixture *f = &run->x.f;

    link_fixture_init(f);
    if (is_bound) {
        link_fixture_bound(f, NULL);
        return;
    }
    link_fixture_client(f, NULL);
    link_start(f->link);
    link_fixture_pass(f, 0);
    fake_transport_open(f->network.last);
    link_fixture_turn(f);
    link_fixture_expect_request(f, SMPP_BIND_TRANSCEIVER);
}

static void start(struct run *run, bool is_bound)
{
    memset(&run->x, 0, sizeof(run->x));
    if (!run->is_server) {
        start_client(run, is_bound);
        return;
    }
    server_fixture_init(&run->x);
    if (is_bound)
        server_fixture_bound(&run->x);
    else
        assert_true(server_fixture_call_in(&run->x, "127.0.0.1"));
}

static void end(struct run *run)
{
    if (run->is_server)
        server_fixture_fini(&run->x);
    else
        link_fixture_fini(&run->x.f);
}

/* ---- what must come of a whole PDU ---- */

static uint32_t status_named(const char *name)
{
    for (uint32_t status = 0; status < 0x100; status++)
        if (strcmp(smpp_status_name(status), name) == 0)
            return status;
    fail_msg("no status %s", name);
    return 0;
}

static bool is_bind(uint32_t command_id)
{
    return command_id == SMPP_BIND_TRANSCEIVER || command_id == SMPP_BIND_TRANSMITTER ||
           command_id == SMPP_BIND_RECEIVER;
}

/* Messages that a centre (to a client) or a partner (to a server) may send over a transceiver. */
static bool is_taken(const struct run *run, uint32_t command_id)
{
    if (command_id == SMPP_DATA_SM)
        return true;
    return (command_id == SMPP_DELIVER_SM) != run->is_server;
}

static uint32_t field(struct span octets, size_t offset)
{
    const uint8_t *p = octets.data + offset;

    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static void check_whole(struct run *run, const struct vector_row *row, struct span octets)
{
    struct link_fixture *f = &run->x.f;
    uint32_t command_id = field(octets, 4);
    uint32_t sequence_number = field(octets, 12);
    uint32_t status = status_named(row->columns[COLUMN_STATUS]);
    uint32_t response_id = command_id | SMPP_RESPONSE_BIT;

    if (response_id == command_id || command_id == SMPP_OUTBIND ||
        command_id == SMPP_ALERT_NOTIFICATION)
        link_fixture_expect_nothing(f);
    else if (status == ESME_RINVCMDID)
        link_fixture_expect(f, SMPP_GENERIC_NACK, ESME_RINVCMDID, sequence_number);
    else if (command_id == SMPP_ENQUIRE_LINK || command_id == SMPP_UNBIND)
        link_fixture_expect(f, response_id, ESME_ROK, sequence_number);
    else if (is_bind(command_id))
        link_fixture_expect(f, response_id, run->is_server ? ESME_RALYBND : ESME_RINVBNDSTS,
                            sequence_number);
    else if (status != ESME_ROK)
        link_fixture_expect(f, response_id, status, sequence_number);
    else if (is_taken(run, command_id))
        assert_int_equal(f->message_count, 1);
    else
        link_fixture_expect(f, response_id, ESME_RINVBNDSTS, sequence_number);
    assert_int_equal(link_fixture_is_closed(f), command_id == SMPP_UNBIND);
}

/* ---- one vector ---- */

static void check(struct run *run, const struct vector_row *row, struct span octets)
{
    struct link_fixture *f = &run->x.f;
    const char *look = row->columns[COLUMN_LOOK];

    if (strcmp(look, "whole") == 0) {
        check_whole(run, row, octets);
    } else if (strcmp(look, "bad_length") == 0) {
        link_fixture_expect(f, SMPP_GENERIC_NACK, ESME_RINVCMDLEN, 0);
        assert_true(link_fixture_is_closed(f));
    } else if (strcmp(look, "not_smpp") == 0) {
        link_fixture_expect_nothing(f);
        assert_true(link_fixture_is_closed(f));
    } else {
        assert_false(link_fixture_is_closed(f));
        link_fixture_pass(f, 10000);
        assert_true(link_fixture_is_closed(f));
    }
}

/* Into a fresh link; all that it wrote and did goes into the record, to be compared. */
static void run_vector(struct run *run, const struct vector_row *row, struct span octets,
                       size_t slice, struct writer *record)
{
    struct fake_transport *t;

    start(run, strcmp(row->columns[COLUMN_LOOK], "not_smpp") != 0);
    t = run->x.f.network.last;
    for (size_t at = 0; at < octets.size; at += slice)
        link_fixture_feed(&run->x.f, span_of(octets.data + at,
                                             octets.size - at < slice ? octets.size - at : slice));
    writer_bytes(record, t->written + t->looked_at, t->written_bytes - t->looked_at);
    writer_u32(record, run->x.f.message_count);
    writer_u8(record, t->is_closed);
    check(run, row, octets);
    end(run);
}

static void run_all(bool is_server)
{
    static const size_t slices[] = {VECTOR_BYTES, 1, 3, 16, 17};
    struct vector_file file;
    uint8_t *buffer = mem_alloc(VECTOR_BYTES);
    struct run *run = mem_zalloc(sizeof(*run));
    uint8_t records[2][4096];
    unsigned bad = 0;

    run->is_server = is_server;
    vector_file_load(&file, "tests/vectors/smpp.tsv");
    assert_true(file.count >= 119);
    for (size_t i = 0; i < file.count; i++) {
        struct span octets =
            vector_octets(file.rows[i].columns[COLUMN_OCTETS], buffer, VECTOR_BYTES);

        bad += strncmp(file.rows[i].columns[COLUMN_NAME], "bad_", 4) == 0;
        for (size_t k = 0; k < sizeof(slices) / sizeof(slices[0]); k++) {
            struct writer w;

            if (octets.size > 10000 && slices[k] < 16)
                continue; /* as good as the others, and slow */
            writer_init(&w, records[k != 0], sizeof(records[0]));
            run_vector(run, &file.rows[i], octets, slices[k], &w);
            assert_false(w.failed);
            if (k != 0)
                assert_memory_equal(records[0], records[1], writer_size(&w));
        }
    }
    assert_true(bad >= 36);
    vector_file_free(&file);
    mem_free(run);
    mem_free(buffer);
}

static void test_from_a_centre(void **state)
{
    (void)state;
    run_all(false);
}

static void test_from_a_partner(void **state)
{
    (void)state;
    run_all(true);
}

/* An honest partner beside one that sends every malformed vector in turn, connection after
 * connection: it is served throughout. */
static void test_honest_partner_beside_all_of_them(void **state)
{
    struct server_fixture x = {.settings = {.failures_max = 1000, .unbound_per_address_max = 100}};
    struct vector_file file;
    uint8_t *buffer = mem_alloc(VECTOR_BYTES);
    uint8_t message[256];
    struct fake_transport *honest;
    uint32_t n = 0;

    (void)state;
    server_fixture_init(&x);
    server_fixture_bound(&x);
    honest = x.f.network.last;
    x.f.is_answering = true;
    vector_file_load(&file, "tests/vectors/smpp.tsv");
    for (size_t i = 0; i < file.count; i++) {
        struct span answer;

        assert_true(server_fixture_call_in(&x, "127.0.0.2"));
        link_fixture_feed(&x.f,
                          vector_octets(file.rows[i].columns[COLUMN_OCTETS], buffer, VECTOR_BYTES));
        fake_transport_feed(honest,
                            link_fixture_message(SMPP_SUBMIT_SM, ++n, message, sizeof(message)));
        link_fixture_pass(&x.f, 100);
        answer = fake_transport_take(honest);
        assert_true(answer.size > 16 && answer.data[7] == SMPP_SUBMIT_SM && answer.data[15] == n);
    }
    assert_false(honest->is_closed);
    vector_file_free(&file);
    mem_free(buffer);
    server_fixture_fini(&x);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_from_a_centre),
        cmocka_unit_test(test_from_a_partner),
        cmocka_unit_test(test_honest_partner_beside_all_of_them),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
