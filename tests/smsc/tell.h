/* `warung-smsc tell PATH COMMAND`: one command for a running centre's control socket. */
#ifndef WARUNG_SMSC_TELL_H
#define WARUNG_SMSC_TELL_H

/* Prints the reply. The program's exit status: 0 done, 1 refused, 3 nobody listens there. */
int tell_run(const char *path, const char *command);

#endif
