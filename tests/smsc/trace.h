/* One readable line for a PDU. */
#ifndef WARUNG_SMSC_TRACE_H
#define WARUNG_SMSC_TRACE_H

#include "base/span.h"

#include <stdio.h>

/* "submit_sm seq=7 384>6281200000001 op=2 its=0x0102 dcs=0 text=..."; false, and nothing written,
 * when it is no whole PDU. */
bool trace_describe(FILE *out, struct span pdu);
/* "3 < submit_sm seq=7 384>6281200000001 op=2 its=0x0102 dcs=0 text=..." with a newline. */
void trace_pdu(FILE *out, unsigned session, bool sent, struct span pdu);

#endif
