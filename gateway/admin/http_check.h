/*
 * What evhttp lets through and two parsers could read differently: a second length, a header name
 * that ends with a blank, a Host that is missing or twice.
 */
#ifndef WARUNG_ADMIN_HTTP_CHECK_H
#define WARUNG_ADMIN_HTTP_CHECK_H

struct evhttp_request;

/* A sentence about what is wrong with the headers; NULL = clean. */
const char *http_check_find(struct evhttp_request *request);

#endif
