#include "tests/support/link_fixture.h"

#include "base/log.h"
#include "tests/support/vectors.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

enum { HEX_BYTES = 140000 };

static uint64_t next_random(void *ctx)
{
    return random_next(ctx);
}

static bool free_if_asked(struct link_fixture *f)
{
    if (!f->is_freeing)
        return false;
    f->is_freeing = false;
    link_free(f->link);
    f->link = NULL;
    return true;
}

static void on_message(void *ctx, struct link *link, struct link_ticket ticket,
                       const struct smpp_pdu *pdu)
{
    struct link_fixture *f = ctx;

    assert_int_equal(pdu->header.command_id, ticket.command_id);
    assert_true(f->message_count < FIXTURE_MESSAGES_MAX);
    f->tickets[f->message_count++] = ticket;
    if (free_if_asked(f))
        return;
    if (f->is_answering)
        assert_true(link_answer(link, ticket, ESME_ROK, NULL));
}

static void on_state(void *ctx, struct link *link, enum link_state state, const char *reason)
{
    struct link_fixture *f = ctx;

    assert_int_equal(link_state(link), state);
    assert_true(f->state_count < FIXTURE_STATES_MAX);
    f->states[f->state_count] = state;
    snprintf(f->reasons[f->state_count], sizeof(f->reasons[0]), "%s", reason);
    f->state_count++;
    free_if_asked(f);
}

void link_fixture_init(struct link_fixture *f)
{
    memset(f, 0, sizeof(*f));
    log_set_level(LOG_LEVEL_OFF);
    timer_queue_init(&f->timers, 1000000);
    deferred_queue_init(&f->deferred);
    f->random.state = 1;
    f->env =
        (struct link_env){&f->timers, &f->deferred, next_random, &f->random, NULL, &f->endings};
    fake_network_init(&f->network);
    f->owner = (struct link_owner){on_message, on_state};
}

void link_fixture_fini(struct link_fixture *f)
{
    if (f->link != NULL)
        link_free(f->link);
    link_fixture_turn(f);
    assert_int_equal(f->timers.count, 0);
    timer_queue_fini(&f->timers);
    fake_network_fini(&f->network);
}

struct link_client_settings link_fixture_settings(void)
{
    return (struct link_client_settings){
        .link = {.name = "op1:1"},
        .host = "centre.example",
        .port = 2775,
        .bind = LINK_TRANSCEIVER,
        .system_id = "warung",
        .password = "secret",
    };
}

void link_fixture_client(struct link_fixture *f, const struct link_client_settings *settings)
{
    struct link_client_settings fallback = link_fixture_settings();
    struct transport_factory network = fake_network_factory(&f->network);

    f->link =
        link_client_new(&f->env, &network, settings != NULL ? settings : &fallback, &f->owner, f);
}

void link_fixture_bind(struct link_fixture *f, uint32_t command_status)
{
    struct span bind;
    uint32_t command_id;

    fake_transport_open(f->network.last);
    link_fixture_turn(f);
    bind = fake_transport_take(f->network.last);
    assert_true(bind.size >= SMPP_HEADER_BYTES);
    command_id = bind.data[7];
    link_fixture_feed_header(f, command_id | SMPP_RESPONSE_BIT, command_status, bind.data[15]);
}

void link_fixture_bound(struct link_fixture *f, const struct link_client_settings *settings)
{
    link_fixture_client(f, settings);
    link_start(f->link);
    link_fixture_pass(f, 0);
    link_fixture_bind(f, ESME_ROK);
    assert_int_equal(link_state(f->link), LINK_BOUND);
    f->state_count = 0;
}

void link_fixture_turn(struct link_fixture *f)
{
    deferred_run(&f->deferred);
}

void link_fixture_pass(struct link_fixture *f, uint64_t ms)
{
    uint64_t end = f->timers.now_ms + ms;
    uint64_t due;

    link_fixture_turn(f); /* what was put off comes before time passes */
    while (timer_queue_next(&f->timers, &due) && due <= end) {
        timer_queue_run(&f->timers, due > f->timers.now_ms ? due : f->timers.now_ms);
        link_fixture_turn(f);
    }
    timer_queue_set_now(&f->timers, end);
    link_fixture_turn(f);
}

uint64_t link_fixture_time_to_connect(struct link_fixture *f)
{
    unsigned before = f->network.connects;
    uint64_t start = f->timers.now_ms;

    f->state_count = 0;
    while (f->network.connects == before) {
        uint64_t due;

        assert_true(timer_queue_next(&f->timers, &due));
        link_fixture_pass(f, due - f->timers.now_ms);
    }
    return f->timers.now_ms - start;
}

void link_fixture_feed(struct link_fixture *f, struct span bytes)
{
    fake_transport_feed(f->network.last, bytes);
    link_fixture_turn(f);
}

void link_fixture_feed_header(struct link_fixture *f, uint32_t command_id, uint32_t command_status,
                              uint32_t sequence_number)
{
    uint8_t buffer[SMPP_HEADER_BYTES];
    struct writer w;

    writer_init(&w, buffer, sizeof(buffer));
    writer_u32(&w, SMPP_HEADER_BYTES);
    writer_u32(&w, command_id); /* unknown ones too */
    writer_u32(&w, command_status);
    writer_u32(&w, sequence_number);
    link_fixture_feed(f, writer_span(&w));
}

void link_fixture_feed_hex(struct link_fixture *f, const char *hex)
{
    static uint8_t buffer[HEX_BYTES];

    link_fixture_feed(f, vector_octets(hex, buffer, sizeof(buffer)));
}

struct span link_fixture_message(uint32_t command_id, uint32_t sequence_number, uint8_t *buffer,
                                 size_t buffer_bytes)
{
    struct smpp_message message = {
        .source = {1, 1, span_of_string("6281200000001")},
        .destination = {0, 1, span_of_string("384")},
        .short_message = span_of_string("STATUS"),
    };
    struct writer w;

    if (command_id == SMPP_DATA_SM)
        message.short_message = span_of(NULL, 0); /* it has none */
    writer_init(&w, buffer, buffer_bytes);
    assert_true(smpp_message_encode(&w, command_id, sequence_number, &message, span_of(NULL, 0)));
    return writer_span(&w);
}

void link_fixture_feed_deliver(struct link_fixture *f, uint32_t sequence_number)
{
    uint8_t buffer[256];

    link_fixture_feed(
        f, link_fixture_message(SMPP_DELIVER_SM, sequence_number, buffer, sizeof(buffer)));
}

static uint32_t field(struct span pdu, size_t offset)
{
    const uint8_t *p = pdu.data + offset;

    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

struct span link_fixture_expect(struct link_fixture *f, uint32_t command_id,
                                uint32_t command_status, uint32_t sequence_number)
{
    struct span pdu = fake_transport_take(f->network.last);

    assert_true(pdu.size >= SMPP_HEADER_BYTES);
    assert_int_equal(field(pdu, 4), command_id);
    assert_int_equal(field(pdu, 8), command_status);
    assert_int_equal(field(pdu, 12), sequence_number);
    return pdu;
}

uint32_t link_fixture_expect_request(struct link_fixture *f, uint32_t command_id)
{
    struct span pdu = fake_transport_take(f->network.last);

    assert_true(pdu.size >= SMPP_HEADER_BYTES);
    assert_int_equal(field(pdu, 4), command_id);
    return field(pdu, 12);
}

void link_fixture_expect_nothing(struct link_fixture *f)
{
    assert_int_equal(f->network.last->looked_at, f->network.last->written_bytes);
}

void link_fixture_expect_closed(struct link_fixture *f, const char *reason)
{
    assert_true(f->state_count > 0);
    assert_int_equal(f->states[f->state_count - 1], LINK_CLOSED);
    assert_string_equal(f->reasons[f->state_count - 1], reason);
}

bool link_fixture_is_closed(const struct link_fixture *f)
{
    return f->network.last->is_closed;
}

/* The tag travels as the callback's argument, as an offset into the fixture: no allocation. */
static struct link_fixture *the_fixture;

static void on_result(void *arg, const struct link_result *result)
{
    struct link_fixture *f = the_fixture;
    struct fixture_result *r = &f->results[f->result_count++];
    size_t size = result->message_id.size;

    assert_true(f->result_count <= FIXTURE_RESULTS_MAX && size < sizeof(r->message_id));
    r->tag = (unsigned)(uintptr_t)arg;
    r->kind = result->kind;
    r->command_status = result->command_status;
    r->status_class = result->status_class;
    r->connection = result->connection;
    r->round_trip_ms = result->round_trip_ms;
    if (size != 0)
        memcpy(r->message_id, result->message_id.data, size);
    r->message_id[size] = '\0';
    if (free_if_asked(f))
        return;
    if (f->is_resubmitting)
        link_fixture_submit(f, LINK_LANE_SMS, r->tag + 1000, 0);
}

struct link_request *link_fixture_submit(struct link_fixture *f, enum link_lane lane, unsigned tag,
                                         uint64_t deadline_ms)
{
    uint8_t buffer[256];
    struct span pdu = link_fixture_message(SMPP_SUBMIT_SM, 0, buffer, sizeof(buffer));
    struct link_request *r;
    unsigned before = f->result_count;

    the_fixture = f;
    r = link_submit(f->link, lane, pdu, deadline_ms, on_result, (void *)(uintptr_t)tag);
    assert_int_equal(f->result_count, before); /* never from inside link_submit() */
    return r;
}
