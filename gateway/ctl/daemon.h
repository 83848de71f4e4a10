/*
 * Asking the running gateway over its control socket.
 */
#ifndef WARUNG_CTL_DAEMON_H
#define WARUNG_CTL_DAEMON_H

#include <jansson.h>

#include "gateway/ctl/command.h"

struct ctl_reply {
    long status; /* of HTTP */
    char *text;  /* NUL-ended; may hold NULs; NULL = nothing came */
    size_t size;
};

/* What the configuration says of `control`; its faults are told. NULL where it cannot be known, the
 * caller's (mem_free()). For who asks more than once. */
char *ctl_control(const struct ctl_call *call);
/* GET, or POST when there is a body. False, after telling why, when no gateway answers or it
 * refuses; *status is then the command's. The reply's text is the caller's (mem_free()). */
bool ctl_request(const struct ctl_call *call, const char *path, const char *body,
                 struct ctl_reply *reply, enum ctl_status *status);
/* The same for an answer in JSON; the caller's reference. NULL where that has none. */
json_t *ctl_ask(const struct ctl_call *call, const char *path, const char *body,
                enum ctl_status *status);
/* POST; prints the answer with --json, else `done`. */
enum ctl_status ctl_order(const struct ctl_call *call, const char *path, const char *body,
                          const char *done);
/* "", or 0, when there is none. */
const char *ctl_text(const json_t *object, const char *key);
long long ctl_number(const json_t *object, const char *key);

#endif
