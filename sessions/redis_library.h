/* functions.lua, as it was when this program was built. */
#ifndef WARUNG_SESSIONS_REDIS_LIBRARY_H
#define WARUNG_SESSIONS_REDIS_LIBRARY_H

#include "base/span.h"

struct span redis_library_code(void);
/* The number on the LIBRARY_VERSION line of a library's code; 0 = there is no such line. */
unsigned redis_library_version(struct span code);
/* It serves callers that were built with that version. */
bool redis_library_serves(struct span code, unsigned version);

#endif
