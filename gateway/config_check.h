/*
 * What a text of warung.cfg must look like. Each gives a sentence that says what is wrong, or NULL.
 */
#ifndef WARUNG_GATEWAY_CONFIG_CHECK_H
#define WARUNG_GATEWAY_CONFIG_CHECK_H

/* Letters, digits, dot, dash and underscore: names in logs, metrics and keys. */
const char *config_check_name(const char *value);
/* What metrics and JSON show: an escape (\xFF) may make an octet that both refuse whole. */
const char *config_check_utf8(const char *value);
const char *config_check_host(const char *value);
/* "unix:PATH" or "ADDRESS:PORT" ("[v6]:PORT"); no name, which would have to be looked up. */
const char *config_check_server(const char *value);
/* "ADDRESS:PORT" with an IP address, "*:PORT", "unix:PATH"; the empty text is "do not listen". */
const char *config_check_listen(const char *value);
/* "10.0.0.0/8", "192.0.2.1", "2001:db8::/32" */
const char *config_check_network(const char *value);
const char *config_check_hash(const char *value);
/* A service code: "*384#", "384" */
const char *config_check_code(const char *value);
/* Digits, and at least one. */
const char *config_check_digits(const char *value);

#endif
