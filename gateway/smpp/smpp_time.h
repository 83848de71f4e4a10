/* Times as SMPP writes them (3.4, section 7.1.1), 16 characters and a NUL. */
#ifndef WARUNG_SMPP_SMPP_TIME_H
#define WARUNG_SMPP_SMPP_TIME_H

#include <stdint.h>

enum { SMPP_TIME_BYTES = 17 };

/* YYMMDDhhmmsstnnp: to a tenth of a second, UTC; at_ms since 1970. */
void smpp_time_write_absolute(int64_t at_ms, char text[SMPP_TIME_BYTES]);
/* YYMMDDhhmmss000R: so long after the centre's own time of arrival; more than 31 days are 31, since
 * a month has no length. */
void smpp_time_write_relative(uint32_t seconds, char text[SMPP_TIME_BYTES]);

#endif
