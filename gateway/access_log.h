/*
 * Who ordered and looked at what through HTTP or the control socket, written into the journal
 * (merchants/journal.h) beside what warungctl and the turns write there.
 */
#ifndef WARUNG_GATEWAY_ACCESS_LOG_H
#define WARUNG_GATEWAY_ACCESS_LOG_H

#include "sessions/store.h"

struct access_log;

struct access_log *access_log_new(struct store *store);
/* After the store: nothing is called back any more. */
void access_log_free(struct access_log *log);

/* Exactly once, and not before access_log_write() returns; never after access_log_free(). */
typedef void access_logged_fn(void *ctx, uint64_t number, bool is_logged);
/* fn may be NULL: nobody waits for it. What cannot be written is at least in the log. */
void access_log_write(struct access_log *log, const char *who, const char *event,
                      const char *object, access_logged_fn *fn, void *ctx, uint64_t number);

#endif
