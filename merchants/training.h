/*
 * The programme's trainings: what officers plan, and who has a seat. One shared record, since seats
 * are counted over all subscribers; a claim is a hash of the number, so that a sign-up that is
 * tried twice (a write whose outcome was unknown) takes one seat.
 */
#ifndef WARUNG_MERCHANTS_TRAINING_H
#define WARUNG_MERCHANTS_TRAINING_H

#include "base/span.h"

enum {
    TRAININGS_MAX = 16,
    TRAINING_SEATS_MAX = 200,
    TRAINING_ID_BYTES = 9,     /* "L12" and NUL */
    TRAINING_TITLE_BYTES = 49, /* 24 characters of at most two octets, and NUL */
    TRAINING_PLACE_BYTES = 49,
    TRAINING_REGENCY_BYTES = 5,
    TRAINING_TIME_BYTES = 15,    /* "28-11-26 09.00" and NUL */
    TRAININGS_BYTES_MAX = 32768, /* one encoded record */
};
enum { TRAINING_CHARACTERS_MAX = 24 }; /* of a title or place: what texts have room for */

struct training {
    char id[TRAINING_ID_BYTES];
    int64_t at_ms; /* wall clock */
    char title[TRAINING_TITLE_BYTES];
    char place[TRAINING_PLACE_BYTES];
    char regency[TRAINING_REGENCY_BYTES]; /* empty = for all */
    uint16_t seats;
    uint16_t taken;
    uint64_t claims[TRAINING_SEATS_MAX]; /* the first `taken` */
};

struct trainings {
    uint32_t last_id;
    unsigned count;
    struct training items[TRAININGS_MAX]; /* in the order of their times */
};

void trainings_encode(const struct trainings *t, struct writer *w);
/* An empty record is no trainings. False when it is of no known format; then t is empty. */
bool trainings_decode(struct trainings *t, struct span record);

enum training_verdict {
    TRAINING_DONE,
    TRAINING_TOO_MANY,  /* TRAININGS_MAX are planned */
    TRAINING_BAD_TEXT,  /* title or place blank, longer than 24 characters, or not for a phone */
    TRAINING_BAD_SEATS, /* not 1 to TRAINING_SEATS_MAX */
    TRAINING_PAST,
    TRAINING_FAR, /* so far ahead that the year that is shown, of two figures, is another's */
};
const char *training_verdict_name(enum training_verdict verdict);

/* Plans one: title, place, regency, seats and at_ms of *plan; its id is made and copied to `id`.
 * The same again is no other: TRAINING_DONE and the id that it has. Those that are over are
 * forgotten first. */
enum training_verdict trainings_add(struct trainings *t, const struct training *plan,
                                    int64_t now_ms, char id[TRAINING_ID_BYTES]);
/* NULL when there is none of that id. */
struct training *trainings_find(struct trainings *t, const char *id);
/* False when there is none of that id. Who had a seat must be told: they are listed in the store's
 * set PROGRAMME_TRAINING_SET. */
bool trainings_cancel(struct trainings *t, const char *id);

/* Takes a seat for this number; again is no other. False when none is left. */
bool training_claim(struct training *t, const char *msisdn);
/* Gives it back; nothing happens when there was none. */
void training_release(struct training *t, const char *msisdn);
/* Of one that is over: that a seat was taken stays, whose it was does not. False: not this
 * number's.
 */
bool training_forget(struct training *t, const char *msisdn);

/* Those that have not begun at now_ms, the regency's own first, by time; at most `max` pointers are
 * written. Returns how many there are in all. */
unsigned trainings_upcoming(const struct trainings *t, const char *regency, int64_t now_ms,
                            const struct training **list, unsigned max);

/* "28-11-26 09.00", in Lampung. */
void training_format_time(int64_t at_ms, char text[TRAINING_TIME_BYTES]);

#endif
