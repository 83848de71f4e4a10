/*
 * Who may carry an SMS: by the service code that it is of, and by the number that it goes to.
 */
#ifndef WARUNG_GATEWAY_CARRIER_H
#define WARUNG_GATEWAY_CARRIER_H

#include "gateway/config.h"

enum { CARRIER_NONE = -1 };

/* "*384#" serves "*384#" and "*384*2#"; any other code serves itself. */
bool carrier_serves(const char *service, const char *code);
/* Whether one of these serves what came in for `code`, with or without the marks of a dial ("*384#"
 * is "384"); none is all. */
bool carrier_takes(const struct config_strings *codes, const char *code);

/* How well these codes and prefixes (either may be empty: all) suit: the digits of the longest
 * prefix that the number begins with, 0 where there are no prefixes, CARRIER_NONE = not at all. */
int carrier_rank(const struct config_strings *codes, const struct config_strings *prefixes,
                 const char *code, const char *msisdn);

#endif
