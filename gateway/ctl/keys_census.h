/*
 * What of the store is sealed with which key.
 */
#ifndef WARUNG_CTL_KEYS_CENSUS_H
#define WARUNG_CTL_KEYS_CENSUS_H

#include "gateway/ctl/hand.h"
#include "sessions/vault.h"

struct keys_use {
    unsigned records, sessions, sms;
};

struct keys_census {
    struct hand *hand;
    struct vault_key keys[VAULT_KEYS_MAX];
    unsigned count;
    struct keys_use uses[VAULT_KEYS_MAX];
    struct keys_use plain, unknown; /* in the clear; with keys that the file lacks */
};

/* Counts with the keys that *c has, on top of what it has counted. Sessions of numbers without a
 * record are in no list, and not counted. */
enum store_result keys_census_take(struct keys_census *c);
bool keys_is_used(const struct keys_use *use);

#endif
