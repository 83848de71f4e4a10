/*
 * The parts of the API that answer with JSON about the running gateway: api.c, api_links.c.
 */
#ifndef WARUNG_ADMIN_API_H
#define WARUNG_ADMIN_API_H

#include <jansson.h>

#include "gateway/admin/http.h"

/* {"instance", "version", "state", "store_ready", "started_at", "turns_live", "menus": [...]} */
http_handler_fn api_on_status;
/* Reads the configuration again; tells what is in force of each menu, and what its file is. */
http_handler_fn api_on_reload;

/* [{"peer", "role": "smsc" or "partner", "service", "link", "state", "since", "bind", "window",
 * ..., "errors": [{"at", "name", "command_status"}], counters}]; a centre's link also has "reason",
 * a partner's "address". An account without a link has one entry too, "state": "closed". */
http_handler_fn api_on_links;
/* {"name": N}; the last also {"for_s": S}, default 600. Answered with {"name", "service"}. */
http_handler_fn api_on_links_enable;
http_handler_fn api_on_links_disable;
http_handler_fn api_on_links_drain;
/* {"link": L or "", "format": "lines" or "pcap", "for_s": S} -> {"tap": number} */
http_handler_fn api_on_tap_open;
/* {"tap": number} -> what has passed since the last time. Status 206: more may come; 200: it is
 * over; 404: there is no such tap; 503: the store did not take that somebody looks. */
http_handler_fn api_on_tap_read;

/* Answers 200; takes the value. */
void api_reply(struct http_call *call, json_t *value);
json_t *api_time(int64_t wall_ms);

#endif
