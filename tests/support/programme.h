/*
 * One subscriber of the programme from turn to turn, without a menu: a state with answers stands
 * for the dialogue, and needs are satisfied as the driver does.
 */
#ifndef WARUNG_TESTS_SUPPORT_PROGRAMME_H
#define WARUNG_TESTS_SUPPORT_PROGRAMME_H

#include "merchants/programme.h"

#define WORLD_MSISDN "6281200000001"
/* Tuesday 24 November 2026, 10:00 in Lampung. */
#define WORLD_NOW INT64_C(1795489200000)

struct programme_world {
    struct programme p; /* of the last turn */
    struct menu_state state;
    uint8_t record[8192];
    size_t record_size;
    int64_t now_ms;
    uint64_t next_number;
    unsigned asked_numbers;
    /* somebody else's record, for lookups; other_msisdn NULL = there is none */
    struct subscriber other;
    const char *other_msisdn;
    struct programme_voice voice; /* of the menu; NULL = the dialogue's own */
};
extern struct programme_world world;

/* For cmocka_unit_test_setup(). */
int world_setup(void **state);
/* One turn: begin, do something with world.p, end (keeps the record if it changed). */
void world_begin(void);
void world_end(void);
/* Whole turns. */
const char *world_act(const char *action);
enum programme_verdict world_decide(const char *regno, enum merchant_event event,
                                    const char *reason);
void world_fire(const char *timer_kind);
/* Of the dialogue. */
void world_answer(const char *field, const char *value);
void world_fill_draft(void);
/* Registers a whole draft; gives its number, valid until the next. The clock moves on by a second.
 */
const char *world_register_merchant(void);
/* What the last turn left: a fact ("" = none), a registration, a timer (-1 = not touched). */
const char *world_fact(const char *name);
const struct merchant *world_merchant_at(unsigned i);
int64_t world_armed(const char *timer_kind);
/* Exactly this SMS is owed; NULL = none. */
void assert_owes(const char *text);
/* Set names may be NULL. */
void assert_changed(unsigned i, const char *leave, const char *enter, const char *event);

#endif
