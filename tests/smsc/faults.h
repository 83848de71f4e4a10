/*
 * Faults by probability: what a centre does to a gateway in the field, repeatable by its seed.
 */
#ifndef WARUNG_SMSC_FAULTS_H
#define WARUNG_SMSC_FAULTS_H

#include "base/random.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum fault {
    FAULT_THROTTLE,    /* a submit is answered ESME_RTHROTTLED and not taken */
    FAULT_QUEUE_FULL,  /* ... ESME_RMSGQFUL */
    FAULT_SYSERR,      /* ... ESME_RSYSERR */
    FAULT_SWALLOW,     /* a submit is neither taken nor answered */
    FAULT_MUTE,        /* a submit is taken, its response never sent */
    FAULT_LATE,        /* a submit is taken, its response comes late_ms later */
    FAULT_SHUFFLE,     /* a response changes places with the next one */
    FAULT_DROP_BEFORE, /* the connection is dropped when a submit arrives, which is not taken */
    FAULT_DROP_AFTER,  /* the connection is dropped after a submit was taken and answered */
    FAULT_DROP_SENT,   /* the connection is dropped as soon as an input has been sent */
    FAULT_LOSE_RESP,   /* the answer to an input is not seen: the centre delivers it again */
    FAULT_REPEAT,      /* an input that was answered is delivered once more */
    FAULT_COUNT
};

struct faults {
    uint32_t threshold[FAULT_COUNT]; /* of 2^32; 0 = never */
    uint64_t struck[FAULT_COUNT];
    struct random_source random;
    bool is_any;
};

void faults_init(struct faults *f, uint64_t seed);
/* "throttle=5,mute=2,repeat=0.5": percent. False on an unknown name or a number outside 0..100;
 * then *bad points at the word. */
bool faults_parse(struct faults *f, const char *list, const char **bad);
bool faults_set(struct faults *f, enum fault fault, double percent);
/* Rolls the dice; counts when it strikes. */
bool faults_strikes(struct faults *f, enum fault fault);
const char *fault_name(enum fault fault);
/* FAULT_COUNT for another word. */
enum fault fault_find(const char *name, size_t name_bytes);

#endif
