/*
 * warungctl keys init | status | rotate
 */
#include <jansson.h>
#include <stdio.h>

#include "gateway/ctl/command.h"
#include "gateway/ctl/table.h"

typedef bool file_fn(const char *path, char *error, size_t error_bytes);

static enum ctl_status change_file(const struct ctl_call *call, file_fn *fn, const char *done)
{
    struct config *config = config_load(call->config, config_print_fault, stderr);
    enum ctl_status status = CTL_REFUSED;
    char error[512];

    if (config == NULL)
        return CTL_REFUSED;
    if (config->keys_file[0] == '\0') {
        ctl_complain("keys_file is empty in %s", call->config);
    } else if (!fn(config->keys_file, error, sizeof(error))) {
        ctl_complain("%s", error);
    } else {
        printf("%s: %s\n", config->keys_file, done);
        status = CTL_DONE;
    }
    config_free(config);
    return status;
}

enum ctl_status ctl_keys_init(const struct ctl_call *call)
{
    return change_file(call, vault_create_file,
                       "made; keep a copy where the store's backups are not, for without it they "
                       "cannot be read; restart the gateways");
}

enum ctl_status ctl_keys_rotate(const struct ctl_call *call)
{
    return change_file(call, vault_rotate_file,
                       "a new key is current; give the file to every gateway and restart them; "
                       "older records are read with their own keys and take the new one when "
                       "they are written");
}

static json_t *describe(const struct vault_key *key)
{
    return json_pack("{s:I, s:s, s:b}", "id", (json_int_t)key->id, "created", key->created,
                     "is_current", (int)key->is_current);
}

static void print_keys(const struct ctl_call *call, const struct vault_key *keys, unsigned count)
{
    json_t *list = json_array();
    struct table *t;

    if (call->is_json) {
        for (unsigned i = 0; i < count; i++)
            json_array_append_new(list, describe(&keys[i]));
        json_dumpf(list, stdout, JSON_INDENT(2));
        putchar('\n');
    } else {
        t = table_new((const char *const[]){"KEY", "CREATED", "USED FOR", NULL});
        for (unsigned i = 0; i < count; i++) {
            char id[16];

            snprintf(id, sizeof(id), "%u", keys[i].id);
            table_add(t, (const char *const[]){id, keys[i].created,
                                               keys[i].is_current ? "new and old records"
                                                                  : "old records"});
        }
        table_print(t);
    }
    json_decref(list);
}

enum ctl_status ctl_keys_status(const struct ctl_call *call)
{
    struct config *config = config_load(call->config, config_print_fault, stderr);
    struct vault_key keys[VAULT_KEYS_MAX];
    char error[512];
    struct vault *vault;

    if (config == NULL)
        return CTL_REFUSED;
    vault = vault_open_file(config->keys_file, error, sizeof(error));
    config_free(config);
    if (vault == NULL) {
        ctl_complain("%s", error);
        return CTL_REFUSED;
    }
    print_keys(call, keys, vault_keys(vault, keys));
    vault_free(vault);
    return CTL_DONE;
}
