/*
 * The walk that takes away what is kept too long: every bucket in turn, every number that has a
 * record, spread over the time of day in which SMS may be sent, since who loses the last of it is
 * told. What is found becomes a turn of its own, with all its checks, so that several gateways may
 * walk at once and a crash costs nothing. Logs are trimmed on the way, and numbers that have given
 * the same NIK get a flag for the officer (twins.h).
 */
#ifndef WARUNG_TURN_RETENTION_H
#define WARUNG_TURN_RETENTION_H

struct turn_engine;
struct retention;

/* With settings.retention_s = 0 it trims logs and looks at no record. */
struct retention *retention_new(struct turn_engine *e);
/* The store is gone by now: nothing is called back. */
void retention_free(struct retention *r);

#endif
