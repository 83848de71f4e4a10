/*
 * The parts of the API that answer with JSON about the running gateway.
 */
#ifndef WARUNG_ADMIN_API_H
#define WARUNG_ADMIN_API_H

#include "gateway/admin/http.h"

/* {"instance", "version", "state", "store_ready", "started_at", "turns_live", "menus": [...]} */
http_handler_fn api_on_status;
/* [{"peer", "role": "smsc" or "partner", "link", "state", "in_flight", "queued", ...counters}]; a
 * centre's also "since" and "reason", a partner's "address" */
http_handler_fn api_on_links;

#endif
