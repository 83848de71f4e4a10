/*
 * One PDU as one line for people: names, addresses, numbers; never a text or a password.
 *
 *   deliver_sm seq=101 service_type=USSD source=62812***0061 destination=*384# dcs=0 octets=5
 *       op=1 session=0900
 *
 * Numbers of subscribers are masked, and of a dialled string only the code is shown: what follows
 * are answers.
 */
#ifndef WARUNG_SMPP_LINE_H
#define WARUNG_SMPP_LINE_H

#include "base/span.h"

enum { SMPP_LINE_BYTES = 640 };

/* A whole frame; one that cannot be decoded is told with the status that refuses it. */
void smpp_line_format(struct span frame, char line[SMPP_LINE_BYTES]);

#endif
