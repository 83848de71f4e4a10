/*
 * Which version of each menu is in force, which is on trial, and which were: one value, kept in the
 * store as the record "menus", so that all gateways and warungctl agree. Pure: no clock, no I/O.
 *
 * A menu is known by its name, a version by its content hash. A file that a gateway loads is
 * offered, and counts when it has changed; a rollback, a trial and a promotion are an admin's. What
 * an admin has taken back does not come into force again because a file is read again, only by an
 * admin's word.
 */
#ifndef WARUNG_GATEWAY_RELEASES_H
#define WARUNG_GATEWAY_RELEASES_H

#include "menus/menu.h"

enum {
    RELEASES_MAX = 96,       /* versions remembered, of all menus */
    RELEASES_FILES_MAX = 64, /* files remembered, one an instance and menu */
    RELEASES_NUMBERS_MAX = 50,
    RELEASES_MSISDN_BYTES = 24,
    RELEASES_BY_BYTES = 32,
    RELEASES_KEEP_S = 10 * 24 * 3600, /* no draft and no dialogue is older */
    RELEASES_BYTES_MAX = 160 * 1024,  /* encoded, at most: all on trial with all their numbers */
    RELEASES_KEY_BYTES = 5 + 2 * MENU_ID_BYTES + 1,
    RELEASES_HEX_BYTES = 2 * MENU_ID_BYTES + 1,
};

#define RELEASES_RECORD "menus" /* in the store: this value */

enum release_state {
    RELEASE_IN_FORCE,
    RELEASE_ON_TRIAL,   /* for some of the new dials */
    RELEASE_SUPERSEDED, /* by another that was put in force */
    RELEASE_TAKEN_BACK, /* by a rollback or a withdrawal: not good */
};
const char *release_state_name(enum release_state state);

struct release {
    uint8_t id[MENU_ID_BYTES];
    char menu[MENU_NAME_BYTES];
    enum release_state state;
    int64_t since_ms;           /* wall clock: in this state */
    int64_t used_ms;            /* when it last was known to be used by new dials */
    char by[RELEASES_BY_BYTES]; /* who put it into this state: an instance, a user */
    /* On trial: the share of subscribers, and single ones. */
    uint8_t percent;
    uint8_t number_count;
    char (*numbers)[RELEASES_MSISDN_BYTES]; /* heap; NULL when there are none */
};

/* What an instance last read from its file of a menu. */
struct release_file {
    char instance[RELEASES_BY_BYTES];
    char menu[MENU_NAME_BYTES];
    uint8_t id[MENU_ID_BYTES];
};

struct releases {
    struct release list[RELEASES_MAX]; /* newest change first */
    unsigned count;
    struct release_file files[RELEASES_FILES_MAX]; /* newest change first */
    unsigned file_count;
};

void releases_init(struct releases *r);
void releases_fini(struct releases *r);
void releases_copy(struct releases *to, const struct releases *from); /* *to: initialised */
void releases_encode(const struct releases *r, struct writer *w);
/* An empty record is an empty value. False when it is of a format that this program does not know:
 * then it must not be written over. */
bool releases_decode(struct releases *r, struct span record);

/* NULL when there is none. */
const struct release *releases_find(const struct releases *r, const uint8_t id[MENU_ID_BYTES]);
const struct release *releases_in_force(const struct releases *r, const char *menu);
const struct release *releases_on_trial(const struct releases *r, const char *menu);
/* What a rollback returns to: the last one that was in force before, and was not taken back. */
const struct release *releases_last_good(const struct releases *r, const char *menu);
/* Must its source stay in the store, and its use be noted? In force, on trial, last good. */
bool releases_is_kept(const struct releases *r, const struct release *release);

enum releases_offer {
    RELEASES_PUBLISHED,  /* it is in force now */
    RELEASES_SAME,       /* it was in force already */
    RELEASES_UNCHANGED,  /* not a change of the file (as this instance read it before, or a version
                            known for long to an instance that is new): what is in force stays */
    RELEASES_TAKEN_BACK, /* an admin has taken it back: what is in force stays */
    RELEASES_TRIED,      /* it is on trial, and stays so */
};
/* An instance has read its file of a menu. */
enum releases_offer releases_offer(struct releases *r, const char *instance, const char *menu,
                                   const uint8_t id[MENU_ID_BYTES], int64_t now_ms);

/* Puts a version in force; the one that was becomes `leaves_as` (superseded or taken back). A trial
 * of the version ends with it. */
void releases_put_in_force(struct releases *r, const char *menu, const uint8_t id[MENU_ID_BYTES],
                           enum release_state leaves_as, const char *by, int64_t now_ms);
/* Begins or changes a trial; another one of that menu is taken back. The version in force cannot be
 * tried (a bug). */
void releases_try(struct releases *r, const char *menu, const uint8_t id[MENU_ID_BYTES],
                  unsigned percent, const char (*numbers)[RELEASES_MSISDN_BYTES],
                  unsigned number_count, const char *by, int64_t now_ms);
/* Ends a trial. */
void releases_withdraw(struct releases *r, const char *menu, const char *by, int64_t now_ms);

/* Notes that what new dials of a menu use is still used. */
void releases_refresh(struct releases *r, const char *menu, int64_t now_ms);
/* Forgets what no new dial has used for RELEASES_KEEP_S. */
void releases_expire(struct releases *r, int64_t now_ms);

/* Does this subscriber try the version? The same answer for a number on each gateway; raising the
 * percentage leaves those in who are. */
bool release_is_for(const struct release *trial, const char *msisdn);

/* "menu:" and the hash in hex: the record with the version's source. */
void releases_key(const uint8_t id[MENU_ID_BYTES], char key[RELEASES_KEY_BYTES]);
void releases_hex(const uint8_t id[MENU_ID_BYTES], char hex[RELEASES_HEX_BYTES]);

#endif
