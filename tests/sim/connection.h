/*
 * The simulated centre's end of one connection: it lets every bind in, answers what needs no
 * thought, and hands the rest to its owner.
 */
#ifndef WARUNG_SIM_CONNECTION_H
#define WARUNG_SIM_CONNECTION_H

#include "gateway/smpp/pdu.h"
#include "tests/sim/network.h"

struct connection;

struct connection_owner {
    /* submit_sm and deliver_sm_resp */
    void (*on_pdu)(void *ctx, struct connection *x, const struct smpp_pdu *pdu);
    /* It frees itself afterwards. */
    void (*on_lost)(void *ctx, struct connection *x);
};

/* `centre`: by which of them it came. */
struct connection *connection_new(struct world *w, struct transport *transport, unsigned centre,
                                  const struct connection_owner *owner, void *ctx);
unsigned connection_centre(const struct connection *x);
void connection_free(struct connection *x);
/* What network_accept_fn gives back. */
struct network_peer connection_peer(struct connection *x);
/* It is bound, as a receiver or a transceiver. */
bool connection_takes_inputs(const struct connection *x);
uint32_t connection_next_sequence(struct connection *x);
void connection_send(struct connection *x, struct span pdu);
/* message_id: NULL for a response that has none. */
void connection_respond(struct connection *x, uint32_t command_id, uint32_t status,
                        uint32_t sequence_number, const char *message_id);
/* The same after so many milliseconds, unless the connection is gone by then. */
void connection_respond_in(struct connection *x, uint64_t ms, uint32_t command_id, uint32_t status,
                           uint32_t sequence_number, const char *message_id);

#endif
