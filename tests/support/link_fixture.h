/*
 * A link on a fake network and a fake clock, and an owner that writes down what it is told.
 */
#ifndef WARUNG_TESTS_LINK_FIXTURE_H
#define WARUNG_TESTS_LINK_FIXTURE_H

#include "base/random.h"
#include "gateway/link/endings.h"
#include "gateway/link/link.h"
#include "tests/support/fake_transport.h"

enum { FIXTURE_STATES_MAX = 64, FIXTURE_MESSAGES_MAX = 256, FIXTURE_RESULTS_MAX = 512 };

struct fixture_result {
    unsigned tag;
    enum link_result_kind kind;
    uint32_t command_status;
    enum smpp_status_class status_class;
    uint64_t connection;
    uint32_t round_trip_ms;
    char message_id[80];
};

struct link_fixture {
    struct timer_queue timers;
    struct deferred_queue deferred;
    struct random_source random;
    struct link_env env;
    struct link_endings endings;
    struct fake_network network;
    struct link_owner owner;
    struct link *link;

    enum link_state states[FIXTURE_STATES_MAX];
    char reasons[FIXTURE_STATES_MAX][32];
    unsigned state_count;
    struct link_ticket tickets[FIXTURE_MESSAGES_MAX];
    unsigned message_count;
    struct fixture_result results[FIXTURE_RESULTS_MAX];
    unsigned result_count;

    bool is_answering;    /* on_message answers ESME_ROK at once */
    bool is_freeing;      /* the next callback of any kind frees the link */
    bool is_resubmitting; /* each result submits the next request */
};

/* Sets the log to silence. */
void link_fixture_init(struct link_fixture *f);
/* Frees the link if it is still there; fails the test when a timer still runs. */
void link_fixture_fini(struct link_fixture *f);

struct link_client_settings link_fixture_settings(void);
/* NULL: the settings above. */
void link_fixture_client(struct link_fixture *f, const struct link_client_settings *settings);
/* Makes, starts, opens and binds a transceiver; forgets the states so far. */
void link_fixture_bound(struct link_fixture *f, const struct link_client_settings *settings);
/* From a fresh connection: opens it and answers the bind. */
void link_fixture_bind(struct link_fixture *f, uint32_t command_status);

void link_fixture_turn(struct link_fixture *f); /* end of a loop turn */
/* Time passes, timer by timer. */
void link_fixture_pass(struct link_fixture *f, uint64_t ms);
/* Lets time pass until the next attempt to connect, and says how many milliseconds it was. */
uint64_t link_fixture_time_to_connect(struct link_fixture *f);

/* Feeds octets into the newest connection and ends the turn. */
void link_fixture_feed(struct link_fixture *f, struct span bytes);
void link_fixture_feed_header(struct link_fixture *f, uint32_t command_id, uint32_t command_status,
                              uint32_t sequence_number);
/* "00000010..." in the notation of vectors.h */
void link_fixture_feed_hex(struct link_fixture *f, const char *hex);
void link_fixture_feed_deliver(struct link_fixture *f, uint32_t sequence_number);

/* The next PDU the link wrote must be this one; returns it. */
struct span link_fixture_expect(struct link_fixture *f, uint32_t command_id,
                                uint32_t command_status, uint32_t sequence_number);
/* The next PDU's sequence_number, whatever it is; its command_id must be this. */
uint32_t link_fixture_expect_request(struct link_fixture *f, uint32_t command_id);
void link_fixture_expect_nothing(struct link_fixture *f);
void link_fixture_expect_closed(struct link_fixture *f, const char *reason);
bool link_fixture_is_closed(const struct link_fixture *f); /* the newest connection */

/* A submit_sm with a short text; the result lands in f->results with this tag. */
struct link_request *link_fixture_submit(struct link_fixture *f, enum link_lane lane, unsigned tag,
                                         uint64_t deadline_ms);
struct span link_fixture_message(uint32_t command_id, uint32_t sequence_number, uint8_t *buffer,
                                 size_t buffer_bytes);

#endif
