/*
 * Commands for the centre while it runs: from a script, or line by line over a unix socket.
 *
 *     drop                   every connection, at once
 *     repeat                 the last accepted input once more
 *     fault NAME PERCENT     see faults.h; 0 ends it
 *     trickle on|off         octets of ours one by one
 *     pause | resume         inputs wait | leave again
 *     stats                  one JSON object
 *     quit                   ends the program
 *
 * Over the socket each line is answered with one line: "ok", the object, or "error: WHY".
 */
#ifndef WARUNG_SMSC_CONTROL_H
#define WARUNG_SMSC_CONTROL_H

#include "tests/smsc/centre.h"

enum { CONTROL_REPLY_BYTES = 1024 };

/* True when the word is one of the commands above. */
bool control_is_command(const char *line);
/* Does it; writes the reply. False on an error. */
bool control_execute(struct loop *loop, struct centre *centre, struct faults *faults,
                     const char *line, char *reply, size_t reply_bytes);

struct control;

/* Listens on a unix socket. NULL after a message on standard error. */
struct control *control_new(struct loop *loop, const char *path, struct centre *centre,
                            struct faults *faults);
void control_free(struct control *c);

#endif
