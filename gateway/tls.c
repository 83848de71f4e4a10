#include "gateway/tls.h"

static struct tls_settings settings_of(const struct config_tls *config, bool is_server)
{
    return (struct tls_settings){
        .is_server = is_server,
        .cert_file = config->cert,
        .key_file = config->key,
        .ca_file = config->ca,
        .verify = config->verify,
        .min_version = config->min_version == CONFIG_TLS_1_3 ? "1.3" : "1.2",
    };
}

struct tls_factory *tls_make_factory(const struct config_tls *config, bool is_server,
                                     struct event_base *base, struct timer_queue *timers,
                                     struct deferred_queue *deferred, char error[TLS_ERROR_BYTES])
{
    struct tls_settings settings = settings_of(config, is_server);

    return tls_factory_new(base, timers, deferred, &settings, error);
}

static bool check_group(struct config_tls *tls, bool is_server, char error[TLS_ERROR_BYTES])
{
    struct tls_settings settings = settings_of(tls, is_server);

    return !tls->is_on || tls_try_settings(&settings, &tls->expires_s, error);
}

bool tls_check_config(struct config *config, source_fault_fn *on_fault, void *arg)
{
    char error[TLS_ERROR_BYTES];
    bool is_good = true;

    for (size_t i = 0; i < config->smsc_count; i++) {
        struct config_smsc *s = &config->smsc[i];

        if (check_group(&s->tls, false, error))
            continue;
        on_fault(arg, s->place.file, s->place.line, 0, error);
        is_good = false;
    }
    if (!check_group(&config->partners.tls, true, error)) {
        on_fault(arg, config->at[CONFIG_AT_PARTNERS_TLS].file,
                 config->at[CONFIG_AT_PARTNERS_TLS].line, 0, error);
        is_good = false;
    }
    return is_good;
}
