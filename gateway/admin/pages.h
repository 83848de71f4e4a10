/*
 * What the admin port and the control socket serve: health, metrics, and the API under /api/v1/.
 * The context of the routes is the gateway.
 */
#ifndef WARUNG_ADMIN_PAGES_H
#define WARUNG_ADMIN_PAGES_H

#include "gateway/admin/http.h"

extern const struct http_route pages_routes[];
extern const size_t pages_route_count;

#endif
