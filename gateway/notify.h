/*
 * sd_notify(3) without its library: state to systemd over the socket in NOTIFY_SOCKET.
 */
#ifndef WARUNG_GATEWAY_NOTIFY_H
#define WARUNG_GATEWAY_NOTIFY_H

#include <stdint.h>

/* "READY=1", "STOPPING=1", ...; several by newlines. Silent when there is no systemd. */
void notify_send(const char *state);
/* "RELOADING=1" with the clock value that systemd asks for beside it. */
void notify_send_reloading(void);
/* How often "WATCHDOG=1" is due; 0 = never. Half of what systemd waits. */
uint64_t notify_watchdog_ms(void);

#endif
