/* The contract of sessions/store.h as test cases that hold for every implementation. The state of
 * each is a struct store_rig *. */
#ifndef WARUNG_TESTS_SUPPORT_STORE_CASES_H
#define WARUNG_TESTS_SUPPORT_STORE_CASES_H

#include "tests/support/store_rig.h"

struct store_case {
    const char *name;
    void (*run)(void **state);
};

/* NULL behind the last. */
const struct store_case *store_case_at(size_t place);
/* Those of outbox, timers and sets (store_cases_bucket.c), ended by a row without a name. */
extern const struct store_case store_bucket_cases[];
/* Those of logs, long lists and what is forgotten (store_cases_log.c). */
extern const struct store_case store_log_cases[];
/* ... and of what becomes of the outbox's entries (store_cases_messages.c). */
extern const struct store_case store_message_cases[];

/* A commit of a session alone. */
struct store_commit store_case_session(const char *msisdn, uint64_t version, const char *data);

#endif
