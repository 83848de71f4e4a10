/*
 * One SMPP session over a connection, in either role.
 *
 * As centre it accepts a bind; as ESME it binds. It answers by itself what a session must answer
 * (enquire_link, unbind, broken frames, unknown commands, wrong states) and hands messages and
 * responses up. Requests of its owner's carry a tag that comes back with the response.
 */
#ifndef WARUNG_SMSC_PEER_H
#define WARUNG_SMSC_PEER_H

#include "tests/smsc/conn.h"
#include "tests/smsc/wire.h"

struct peer;

enum peer_role { PEER_CENTRE, PEER_ESME };

struct peer_settings {
    enum peer_role role;
    /* As ESME what it binds with; as centre what a bind must bring, "" = anything will do. */
    const char *system_id;
    const char *password;
    const char *system_type;
    uint32_t bind_command;        /* as ESME */
    unsigned window;              /* requests of ours in flight */
    unsigned enquire_link_ms;     /* of silence; 0 = never ask */
    unsigned response_timeout_ms; /* for bind, unbind and enquire_link, and for the rest of a PDU;
                                     messages are the owner's */
    unsigned session_init_ms;     /* as centre: from accept to bind */
    bool trickle;
};

struct peer_owner {
    /* Bound, with WIRE_OK; as ESME also a refusal, before the connection is closed. */
    void (*on_bound)(void *ctx, struct peer *peer, uint32_t status);
    /* submit_sm, deliver_sm or data_sm: to be answered once with peer_answer(). The message's spans
     * are valid during the call. */
    void (*on_message)(void *ctx, struct peer *peer, const struct wire_header *header,
                       const struct wire_message *message);
    void (*on_response)(void *ctx, struct peer *peer, const struct wire_header *header, void *tag,
                        struct span message_id);
    /* Once for each request in flight when the connection went, before on_closed. */
    void (*on_lost)(void *ctx, struct peer *peer, void *tag);
    /* The last call; the owner frees the peer, now or later. */
    void (*on_closed)(void *ctx, struct peer *peer, const char *reason);
    /* Every whole PDU, ours (sent) and the peer's; may be NULL. */
    void (*on_pdu)(void *ctx, struct peer *peer, bool sent, struct span pdu);
};

/* The settings must outlive the peer. */
struct peer *peer_accept(struct loop *loop, int fd, const struct peer_settings *settings,
                         const struct peer_owner *owner, void *ctx);
/* NULL when the address makes no sense. */
struct peer *peer_connect(struct loop *loop, const char *address,
                          const struct peer_settings *settings, const struct peer_owner *owner,
                          void *ctx);
/* Without callbacks. */
void peer_free(struct peer *p);

/* Bound so that our messages may go to it (centre: receiver; ESME: transmitter). */
bool peer_takes_messages(const struct peer *p);
/* takes_messages and the window has room. */
bool peer_has_room(const struct peer *p);
/* 1, 2, 3... in the order made. */
void peer_set_number(struct peer *p, unsigned number);
unsigned peer_number(const struct peer *p);
/* What the bind said; as centre. */
uint32_t peer_bind_command(const struct peer *p);

/* Sends a request: a whole PDU whose sequence_number is replaced. peer_has_room() must hold. */
uint32_t peer_request(struct peer *p, struct span pdu, void *tag);
/* Nobody waits for this response any more: its room in the window is free again. */
void peer_forget(struct peer *p, uint32_t sequence_number);
/* Some that nobody waits for are unanswered still: they may be on their way. */
bool peer_is_behind(const struct peer *p);
void peer_answer(struct peer *p, uint32_t command_id, uint32_t sequence_number, uint32_t status,
                 const char *message_id);
/* Octets as they are, for tests of the other side's reader. */
void peer_write_raw(struct peer *p, struct span octets);
void peer_set_trickle(struct peer *p, bool trickle);
/* Asks to unbind, then closes. */
void peer_unbind(struct peer *p);
void peer_close(struct peer *p, const char *reason);
/* After everything written so far has left. */
void peer_close_after_flush(struct peer *p, const char *reason);

#endif
