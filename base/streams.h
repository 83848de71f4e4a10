/* Standard input, output and error of a program. */
#ifndef WARUNG_BASE_STREAMS_H
#define WARUNG_BASE_STREAMS_H

#include <stdbool.h>

/* The first call of main(): takes the places of those that are closed, so that no connection and no
 * file gets them, and what is meant for a terminal. Reading or writing them fails as before. */
void streams_guard(void);

/* The last one: whether all that was written to standard output has arrived. False after telling
 * on standard error, behind the program's name, that it has not. */
bool streams_finish(const char *program);

#endif
