/*
 * Who may knock: counts of unbound connections and refused binds by address, with a temporary ban.
 *
 * An address is a host (IPv4) or a /64 (IPv6: who has one has them all). Memory is bounded: when
 * the table is full the one longest untouched and without a connection gives way. Pure: the time is
 * handed in.
 */
#ifndef WARUNG_LINK_GUARD_H
#define WARUNG_LINK_GUARD_H

#include "gateway/link/netaddr.h"

struct guard;

struct guard_settings {
    unsigned unbound_max;
    unsigned unbound_per_address_max;
    unsigned failures_max; /* within ban_ms */
    uint64_t ban_ms;
    unsigned addresses_max;
};

enum guard_verdict { GUARD_ADMITTED, GUARD_BANNED, GUARD_ADDRESS_FULL, GUARD_FULL };

/* `seed`: see map_init() */
struct guard *guard_new(const struct guard_settings *settings, uint64_t seed);
void guard_free(struct guard *guard);

/* A caller; admitted, it counts as unbound until guard_leave(). GUARD_FULL: it would be, were there
 * room among all. */
enum guard_verdict guard_admit(struct guard *guard, const struct netaddr *peer, uint64_t now_ms);
/* It has bound, or is gone. */
void guard_leave(struct guard *guard, const struct netaddr *peer);
/* It sent a bad bind as `system_id`, or garbage (""). True when that begins a ban. */
bool guard_fail(struct guard *guard, const struct netaddr *peer, const char *system_id,
                uint64_t now_ms);
/* It bound well as `system_id`: earlier failures as that one are forgotten, and a ban with them,
 * unless it failed as another, too: who has one account must not guess another's password. */
void guard_forgive(struct guard *guard, const struct netaddr *peer, const char *system_id);

unsigned guard_unbound(const struct guard *guard);
size_t guard_addresses(const struct guard *guard);

#endif
