/*
 * The session record of one subscriber: what makes a step repeatable and a dialogue movable.
 *
 * Packed into one value of the store (docs/architecture.md: Redis): debts (inputs that the centre
 * may send once more), the last screen, and the menu state. The version stands outside, with the
 * store.
 */
#ifndef WARUNG_SESSIONS_SESSION_H
#define WARUNG_SESSIONS_SESSION_H

#include "base/span.h"
#include "sessions/parts.h"

enum {
    SESSION_DEBTS_MAX = 8,
    SESSION_SCREEN_BYTES = 1024,
    SESSION_STATE_BYTES = 4288,
    SESSION_ID_BYTES = 16,
};
_Static_assert(PARTS_BYTES_MAX <= UINT16_MAX, "their length is a u16");

/* What the centre may send again. Closed: proved answered within the answer window, so an equal
 * input is a new one (docs/custody.md: debt). Exact: its fingerprint holds the link's own step
 * number, so it is never closed before it expires (docs/custody.md: ledger). */
struct session_debt {
    uint64_t fingerprint;
    int64_t at_ms; /* wall clock; of equal ones each its own */
    bool is_closed;
    bool is_exact;
};

/* A debt of which it is proved that its input will not come again. Named by time as well: an equal
 * input taken later has a debt of its own. */
struct session_proof {
    uint64_t fingerprint;
    int64_t debt_ms; /* at_ms of the debt */
};

enum session_reply { SESSION_REPLY_NONE, SESSION_REPLY_ASK, SESSION_REPLY_END };

struct session {
    /* The last dialogue's name on its link, open or over; empty before the first. */
    char link[32];
    char code[24];
    uint8_t id[SESSION_ID_BYTES];
    uint8_t id_size;
    bool is_open;
    bool is_pushed;  /* the dialogue was opened by us (network-initiated) */
    bool is_unnamed; /* ... and the centre's name for it comes with the first answer */
    uint8_t step;    /* counts steps, modulo 128: the dialogue unit number we send */
    int64_t opened_ms;
    int64_t updated_ms;
    /* The reply owed for the first debt: what a copy of that input is answered with. */
    enum session_reply reply;
    uint32_t holder;                   /* the turn that is to show it, or to owe it; 0 = none */
    char screen[SESSION_SCREEN_BYTES]; /* UTF-8 and NUL */
    /* Newest first, but an SMS's behind that of the reply. */
    unsigned debt_count;
    struct session_debt debts[SESSION_DEBTS_MAX];
    /* menus/state.h, encoded */
    uint16_t state_size;
    uint8_t state[SESSION_STATE_BYTES];
    /* sessions/parts.h, encoded: long SMS of which parts are missing, and copies to be known */
    uint16_t parts_size;
    uint8_t parts[PARTS_BYTES_MAX];
};

/* Nobody's. What stands behind a count or a size is not cleared. */
void session_init(struct session *s);
/* At most STORE_SESSION_BYTES_MAX octets. Times must be wall-clock milliseconds from 0 to 2^46 - 1.
 */
void session_encode(const struct session *s, struct writer *w);
/* False when the octets are no session record (then as after init). */
bool session_decode(struct session *s, struct span record);
/* Of one that is not decoded: has a newer program written it? */
bool session_is_newer(struct span record);

/* The debt with this fingerprint that is open or exact, and not older than horizon_ms; NULL = none.
 */
const struct session_debt *session_find_debt(const struct session *s, uint64_t fingerprint,
                                             int64_t now_ms, int64_t horizon_ms);
/* Puts a new debt first; drops those that can match no input any more (expired, or closed and not
 * exact), then the oldest beyond the limit. Returns its at_ms. */
int64_t session_add_debt(struct session *s, uint64_t fingerprint, bool is_exact, int64_t now_ms,
                         int64_t horizon_ms);
/* The same for an SMS, which has no part in the dialogue: behind the first, to which the reply
 * belongs. */
int64_t session_add_sms_debt(struct session *s, uint64_t fingerprint, int64_t now_ms,
                             int64_t horizon_ms);
/* Closes the debt and older ones of its fingerprint, for one whose own proof was lost, and that
 * later steps have buried, would else have every equal input replayed until it expires. False when
 * there was none to close. */
bool session_close_debt(struct session *s, const struct session_proof *proof);

#endif
