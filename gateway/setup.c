#include "gateway/setup.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "gateway/cdr/cdr_file.h"
#include "gateway/tls.h"
#include "merchants/programme.h"

struct hearer {
    source_fault_fn *on_fault;
    void *arg;
};

static void on_menu_fault(void *arg, const struct menu_fault *fault)
{
    const struct hearer *h = arg;
    char text[1024];

    snprintf(text, sizeof(text), "%s%s", fault->is_warning ? SOURCE_WARNING : "", fault->text);
    h->on_fault(h->arg, fault->file, fault->line, fault->column, text);
}

bool setup_load_menus(struct router *router, const struct config *config, source_fault_fn *on_fault,
                      void *arg)
{
    struct hearer h = {on_fault, arg};

    return router_load(router, config, &programme_vocabulary, on_menu_fault, &h);
}

struct auth *setup_load_users(const struct config *config, source_fault_fn *on_fault, void *arg)
{
    char error[512];
    struct auth *auth = auth_load(config->admin.users_file, error, sizeof(error));

    if (auth == NULL)
        on_fault(arg, config->at[CONFIG_AT_USERS_FILE].file, config->at[CONFIG_AT_USERS_FILE].line,
                 0, error);
    return auth;
}

/* Without a keys file records stand in the clear: said in the log by who starts with it. */
static struct vault *load_keys(const struct config *config, source_fault_fn *on_fault, void *arg)
{
    char error[512];
    struct vault *vault;

    if (config->keys_file[0] == '\0' || access(config->keys_file, F_OK) != 0)
        return vault_new_plain();
    vault = vault_open_file(config->keys_file, error, sizeof(error));
    if (vault == NULL)
        on_fault(arg, config->at[CONFIG_AT_KEYS_FILE].file, config->at[CONFIG_AT_KEYS_FILE].line, 0,
                 error);
    return vault;
}

static bool check_cdr_key(const struct config *config, source_fault_fn *on_fault, void *arg)
{
    const struct config_place *at = &config->at[CONFIG_AT_CDR_KEY_FILE];
    struct cdr_key *key;
    char error[512], text[640];

    if (config->cdr.directory[0] == '\0')
        return true;
    key = cdr_key_load_private(config->cdr.key_file, error, sizeof(error));
    if (key == NULL) {
        snprintf(text, sizeof(text),
                 "%s (cdr.key_file: `warungctl cdr init` makes one; under systemd "
                 "\"credential:cdr.key\")",
                 error);
        on_fault(arg, at->file, at->line, 0, text);
    }
    cdr_key_free(key);
    return key != NULL;
}

bool setup_load(struct setup *setup, const char *path, enum setup_for what,
                source_fault_fn *on_fault, void *arg)
{
    bool has_menus, has_files;

    memset(setup, 0, sizeof(*setup));
    setup->config = config_load(path, on_fault, arg);
    if (setup->config == NULL)
        return false;
    config_doubt(setup->config, on_fault, arg);
    setup->router = router_new();
    /* All are tried, so that one run reports everything. */
    has_menus =
        what == SETUP_RECORDS || setup_load_menus(setup->router, setup->config, on_fault, arg);
    setup->auth = setup_load_users(setup->config, on_fault, arg);
    setup->vault = load_keys(setup->config, on_fault, arg);
    has_files = tls_check_config(setup->config, on_fault, arg);
    config_doubt_certificates(setup->config, clock_wall_ms() / 1000, on_fault, arg);
    has_files = (what != SETUP_DAEMON || check_cdr_key(setup->config, on_fault, arg)) && has_files;
    if (has_menus && has_files && setup->auth != NULL && setup->vault != NULL)
        return true;
    setup_free(setup);
    return false;
}

void setup_free(struct setup *setup)
{
    if (setup->vault != NULL)
        vault_free(setup->vault);
    auth_free(setup->auth);
    if (setup->router != NULL)
        router_free(setup->router);
    config_free(setup->config);
    memset(setup, 0, sizeof(*setup));
}
