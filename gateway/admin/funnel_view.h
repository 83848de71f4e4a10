/*
 * The funnel (gateway/funnel.h) for those who look: JSON for people and programs, metrics.
 */
#ifndef WARUNG_ADMIN_FUNNEL_VIEW_H
#define WARUNG_ADMIN_FUNNEL_VIEW_H

#include "gateway/admin/http.h"

struct gateway;

/* [{"menu", "version", "language", "screen", "is_end", "entered", "answered", "invalid", "back",
 * "timed_out", "abandoned", "waiting", "think_ms": {"count", "p50", "p90", "p99"}}], by menu,
 * version, language, and the order of screens in the file. language "" = not chosen yet. */
http_handler_fn funnel_view_on_funnel;
void funnel_view_write_metrics(const struct gateway *g, struct evbuffer *out);

#endif
