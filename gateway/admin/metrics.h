/*
 * Prometheus's text format, version 0.0.4, into an evbuffer.
 */
#ifndef WARUNG_ADMIN_METRICS_H
#define WARUNG_ADMIN_METRICS_H

#include <stdint.h>

struct evbuffer;
struct gateway;

/* Everything the gateway counts. No personal data, no label that grows with subscribers. */
void metrics_write(const struct gateway *g, struct evbuffer *out);

#endif
