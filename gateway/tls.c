#include "gateway/tls.h"

#include <stdio.h>

#include "gateway/loop.h"

struct tls_factory *tls_make_factory(const struct config_tls *config, bool is_server,
                                     struct event_base *base, struct timer_queue *timers,
                                     struct deferred_queue *deferred, char error[TLS_ERROR_BYTES])
{
    struct tls_settings settings = {
        .is_server = is_server,
        .cert_file = config->cert,
        .key_file = config->key,
        .ca_file = config->ca,
        .verify = config->verify,
        .min_version = config->min_version == CONFIG_TLS_1_3 ? "1.3" : "1.2",
    };

    return tls_factory_new(base, timers, deferred, &settings, error);
}

static bool check_group(struct loop *loop, struct config_tls *tls, bool is_server,
                        char error[TLS_ERROR_BYTES])
{
    struct tls_factory *factory;

    if (!tls->is_on)
        return true;
    factory = tls_make_factory(tls, is_server, loop_base(loop), loop_timers(loop),
                               loop_deferred(loop), error);
    if (factory == NULL)
        return false;
    tls->expires_s = tls_factory_expiry(factory);
    tls_factory_free(factory);
    return true;
}

bool tls_check_config(struct config *config, source_fault_fn *on_fault, void *arg)
{
    struct loop *loop = loop_new();
    char error[TLS_ERROR_BYTES] = "no event loop";
    bool is_good = loop != NULL;

    for (size_t i = 0; loop != NULL && i < config->smsc_count; i++) {
        struct config_smsc *s = &config->smsc[i];

        if (check_group(loop, &s->tls, false, error))
            continue;
        on_fault(arg, s->place.file, s->place.line, 0, error);
        is_good = false;
    }
    if (loop != NULL && !check_group(loop, &config->partners.tls, true, error)) {
        on_fault(arg, config->at[CONFIG_AT_PARTNERS_TLS].file,
                 config->at[CONFIG_AT_PARTNERS_TLS].line, 0, error);
        is_good = false;
    }
    loop_free(loop);
    return is_good;
}
