/*
 * The parts of the API that answer with JSON about the running gateway.
 */
#ifndef WARUNG_ADMIN_API_H
#define WARUNG_ADMIN_API_H

#include "gateway/admin/http.h"

/* {"instance", "version", "state", "store_ready", "started_at", "turns_live", "menus": [...]} */
http_handler_fn api_on_status;
/* [{"smsc", "link", "state", "since", "reason", "in_flight", "queued", ...counters}] */
http_handler_fn api_on_links;

#endif
