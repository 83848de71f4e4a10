/*
 * All centres of the gateway: found by name, chosen for an SMS, changed by a reload.
 */
#ifndef WARUNG_GATEWAY_CENTRES_H
#define WARUNG_GATEWAY_CENTRES_H

#include "gateway/centre.h"

struct centres;
struct event_base;

/* The environment must outlive the set; `base` is for those that speak TLS, the network for the
 * others. */
struct centres *centres_new(const struct link_env *env, struct event_base *base,
                            const struct transport_factory *network, centre_message_fn *on_message,
                            void *ctx);
/* Before the first exclusive entry. The instance is copied: a reload frees the configuration. */
void centres_share(struct centres *cs, const struct centre_sharing *sharing);
/* Makes the set what the settings say: new entries connect, changed ones unbind and connect anew
 * (out of service they stay so), missing ones unbind and go. The settings must stay until the
 * following call has returned, which may be before this change has come to its end. */
void centres_apply(struct centres *cs, const struct config_smsc *settings, size_t count);
/* Cuts every connection; the links connect again. */
void centres_cut(struct centres *cs, const char *reason);
/* Unbinds all. */
void centres_stop(struct centres *cs);
bool centres_are_stopped(const struct centres *cs);
/* New connections use the certificates that stand in the files now. A centre whose files are faulty
 * keeps what it has; that is logged. */
void centres_reload_certificates(struct centres *cs);
/* Requests under way are not called back. Outside of all callbacks. */
void centres_free(struct centres *cs);

/* Those of the configuration, in its order; NULL at the end. */
struct centre *centres_at(const struct centres *cs, unsigned index);
/* NULL when there is none of that name in service. */
struct centre *centres_find(const struct centres *cs, const char *name);
/* One that comes into service when its predecessor has left; NULL = none. */
struct centre *centres_find_waiting(const struct centres *cs, const char *name);
/* One that is on its way out, whose last inputs are being worked on; NULL = none. */
struct centre *centres_find_leaving(const struct centres *cs, const char *name);
/* Does the entry `other`, on its way out or not, lead to the centre of `name` (smsc[].centre)? A
 * name that no entry has may be what another gateway calls that centre, or this one did: yes. */
bool centres_are_one(const struct centres *cs, const char *name, const char *other);
/* The link of a bind, of a centre on its way out too; NULL when it is gone. */
struct link *centres_find_link(const struct centres *cs, uintptr_t bind);
/* Of the centres that can send now, and carry the code and the number, the one with the longest
 * prefix, several such in turn; NULL when none can. */
struct centre *centres_for_sms(struct centres *cs, const char *code, const char *msisdn);
/* Is there one? Takes nobody's turn. */
bool centres_carry(const struct centres *cs, const char *code, const char *msisdn);
/* How many SMS their links would take now and send before long (link_room()). */
size_t centres_room(const struct centres *cs);
unsigned centres_bound_count(const struct centres *cs);

#endif
