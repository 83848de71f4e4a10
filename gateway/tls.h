/*
 * From a tls group of the configuration to a factory of TLS transports.
 */
#ifndef WARUNG_GATEWAY_TLS_H
#define WARUNG_GATEWAY_TLS_H

#include "gateway/config.h"
#include "gateway/link/transport_tls.h"

/* NULL on bad files; `error` then says which and why. */
struct tls_factory *tls_make_factory(const struct config_tls *config, bool is_server,
                                     struct event_base *base, struct timer_queue *timers,
                                     struct deferred_queue *deferred, char error[TLS_ERROR_BYTES]);

/* Tries the files of every tls group, and notes when its certificate ends; reports each fault. */
bool tls_check_config(struct config *config, source_fault_fn *on_fault, void *arg);

#endif
