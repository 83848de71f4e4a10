/*
 * Looking at links while they work: a tap holds what passes, as lines or as a capture file, until
 * its reader fetches it.
 *
 * Bounded in number, time and octets: a tap that is not read for TAP_UNREAD_MS is taken down, and
 * PDUs for which there is no room are left out and counted. While there is no tap, links do no more
 * than look at a pointer.
 */
#ifndef WARUNG_GATEWAY_TAPS_H
#define WARUNG_GATEWAY_TAPS_H

#include "gateway/link/link.h"

struct evbuffer;
struct taps;

enum {
    TAPS_MAX = 8,
    TAP_BYTES_MAX = 8 * 1024 * 1024,
    TAP_SECONDS_MAX = 3600,
    TAP_UNREAD_MS = 15000,
};

enum tap_format { TAP_LINES, TAP_PCAP };

/* wall_ms: of the clock that is written beside each PDU. The queue must outlive the taps. */
struct taps *taps_new(struct timer_queue *timers, int64_t (*wall_ms)(void *ctx), void *wall_ctx);
/* After the links, or when no callback of theirs can come any more. */
void taps_free(struct taps *taps);
/* For link_env.watch. */
const struct link_watch *taps_watch(const struct taps *taps);

/* `name` is a link ("op1:2"), or a centre or account with all its links ("op1"); "" = everything,
 * strangers at the door too. The tap's number, above 0; 0 when there are TAPS_MAX already. */
uint64_t taps_open(struct taps *taps, const char *name, enum tap_format format, unsigned seconds);
/* Until it is released its reader gets nothing; what passes is held. */
void taps_hold(struct taps *taps, uint64_t number);
void taps_release(struct taps *taps, uint64_t number);
/* Its reader gets nothing but that; nothing happens when there is none of this number. */
void taps_refuse(struct taps *taps, uint64_t number);

enum tap_state {
    TAP_OPEN,    /* more may come */
    TAP_OVER,    /* its time is over and all of it has been read: it is gone with this answer */
    TAP_GONE,    /* there is none of this number */
    TAP_REFUSED, /* likewise gone with this answer */
};
/* Moves what is there into `out`. */
enum tap_state taps_read(struct taps *taps, uint64_t number, struct evbuffer *out);

#endif
