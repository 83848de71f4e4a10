/*
 * warungctl keys init | status | rotate (seal: keys_seal.c)
 */
#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "gateway/ctl/access.h"
#include "gateway/ctl/keys_census.h"
#include "gateway/ctl/table.h"
#include "sessions/store_redis.h"

typedef bool file_fn(const struct ctl_call *call, const struct config *config, char *error,
                     size_t error_bytes);

/* The caller's reference is taken. */
static void print_once(json_t *value)
{
    ctl_print_json(value);
    json_decref(value);
}

static enum ctl_status change_file(const struct ctl_call *call, file_fn *fn, const char *event,
                                   const char *done)
{
    struct config *config = config_load(call->config, config_print_fault, stderr);
    enum ctl_status status = CTL_REFUSED;
    char error[512];

    if (config == NULL)
        return CTL_REFUSED;
    if (config->keys_file[0] == '\0') {
        ctl_complain("keys_file is empty in %s", call->config);
    } else if (!fn(call, config, error, sizeof(error))) {
        ctl_complain("%s", error);
    } else {
        if (!call->is_json)
            printf("%s: %s\n", config->keys_file, done);
        if (event != NULL)
            access_log_files(config, event, NULL);
        status = CTL_DONE;
    }
    config_free(config);
    return status;
}

/* ---- init, rotate ---- */

/* What the store says of keys, before there is a file of them. */
struct before {
    bool are_sealed; /* its records, or those to come: with keys of another file */
    bool are_plain;  /* some of its records */
};

static enum store_result look(struct hand *hand, struct before *before)
{
    struct keys_census census = {.hand = hand};
    uint8_t *octets = mem_alloc(HAND_SHARED_BYTES);
    uint64_t version = 0;
    size_t size = 0;
    enum store_result result =
        hand_shared_load(hand, STORE_REDIS_KEYS_RECORD, &version, octets, &size);

    mem_free(octets);
    if (result == STORE_OK)
        result = keys_census_take(&census);
    before->are_sealed = size != 0;
    before->are_plain = keys_is_used(&census.plain);
    return result;
}

/* Keys come first of all: there may be no store yet, and what cannot be asked is no reason to have
 * none. */
static struct before look_before(const struct config *config, bool is_plain)
{
    struct before before = {false, false};
    struct hand *hand = hand_open(config, NULL);

    if ((hand == NULL || look(hand, &before) != STORE_OK) && !is_plain)
        ctl_complain("it is not known whether the store has records from before: if they are in "
                     "the clear, add a line \"plain\" to %s, and say `warungctl keys seal`; if "
                     "they are sealed, their own file is needed there",
                     config->keys_file);
    hand_close(hand);
    return before;
}

/* Without keys so far: whatever is there stands in the clear, and is to be read on. What is sealed
 * new keys do not open, and no gateway would start with them. */
static bool create(const struct ctl_call *call, const struct config *config, char *error,
                   size_t error_bytes)
{
    struct before before = {false, false};
    bool is_plain;

    if (access(config->keys_file, F_OK) != 0)
        before = look_before(config, call->is_plain);
    if (before.are_sealed) {
        snprintf(error, error_bytes,
                 "the store's records are sealed already, and new keys would not open them: put "
                 "their file, of a backup or of another gateway, to %s; none is made",
                 config->keys_file);
        return false;
    }
    is_plain = call->is_plain || before.are_plain;
    if (!vault_create_file(config->keys_file, is_plain, error, error_bytes))
        return false;
    if (call->is_json)
        print_once(
            json_pack("{s:s, s:b}", "keys_file", config->keys_file, "reads_plain", (int)is_plain));
    else if (is_plain)
        printf("records in the clear are read, and sealed when they are written: say `warungctl "
               "keys seal` when every gateway has the file\n");
    return true;
}

enum ctl_status ctl_keys_init(const struct ctl_call *call)
{
    return change_file(
        call, create, NULL, /* there may be no store yet */
        "made; keep a copy where the store's backups are not, for without it they "
        "cannot be read; a gateway that runs takes it by `warungctl reload`, or, where "
        "systemd hands it over (credential:), by `systemctl restart warungd`");
}

/* Told before it is done: of a key that nobody was told of, no other gateway would get the file. */
static bool rotate(const struct ctl_call *call, const struct config *config, char *error,
                   size_t error_bytes)
{
    if (call->is_json)
        print_once(json_pack("{s:s}", "keys_file", config->keys_file));
    else
        printf("a key is added to %s\n", config->keys_file);
    if (fflush(stdout) != 0) {
        snprintf(error, error_bytes, "cannot write the output: %s; no key is added",
                 strerror(errno));
        return false;
    }
    return vault_rotate_file(config->keys_file, error, error_bytes);
}

enum ctl_status ctl_keys_rotate(const struct ctl_call *call)
{
    return change_file(
        call, rotate, "keys-rotate",
        "a new key is current; give the file to every gateway, then `warungctl "
        "reload` each, or, where systemd hands it over (credential:), `systemctl "
        "restart warungd`; keep a new copy of it, too: that of before does not open what is "
        "written from then on; older records are read with their own keys and take the new "
        "one when they are written (`warungctl keys status` counts them)");
}

/* ---- status ---- */

static json_t *describe(const char *created, uint32_t id, bool is_current,
                        const struct keys_use *use)
{
    return json_pack("{s:I, s:s, s:b, s:i, s:i, s:i}", "id", (json_int_t)id, "created", created,
                     "is_current", (int)is_current, "records", (int)use->records, "sessions",
                     (int)use->sessions, "sms_owed", (int)use->sms);
}

static void print_json(const struct keys_census *c)
{
    json_t *list = json_array();

    for (unsigned i = 0; i < c->count; i++)
        json_array_append_new(
            list, describe(c->keys[i].created, c->keys[i].id, c->keys[i].is_current, &c->uses[i]));
    print_once(list);
}

static void add_row(struct table *t, const char *key, const char *created, const char *what,
                    const struct keys_use *use)
{
    char numbers[3][16];

    snprintf(numbers[0], sizeof(numbers[0]), "%u", use->records);
    snprintf(numbers[1], sizeof(numbers[1]), "%u", use->sessions);
    snprintf(numbers[2], sizeof(numbers[2]), "%u", use->sms);
    table_add(t, (const char *const[]){key, created, what, numbers[0], numbers[1], numbers[2]});
}

static void print_table(const struct keys_census *c)
{
    struct table *t = table_new((const char *const[]){"KEY", "CREATED", "USED FOR", "RECORDS",
                                                      "SESSIONS", "SMS OWED", NULL});

    for (unsigned i = 0; i < c->count; i++) {
        char id[16];

        snprintf(id, sizeof(id), "%u", c->keys[i].id);
        add_row(t, id, c->keys[i].created,
                c->keys[i].is_current ? "new and old records" : "old records", &c->uses[i]);
    }
    if (keys_is_used(&c->plain))
        add_row(t, "none", "-", "records in the clear", &c->plain);
    if (keys_is_used(&c->unknown))
        add_row(t, "?", "-", "keys that the file lacks", &c->unknown);
    table_print(t);
}

static enum ctl_status tell_status(struct dossier *d, const struct ctl_call *call)
{
    struct keys_census c = {.hand = d->hand};
    enum ctl_status status;

    if (vault_is_plain(d->setup.vault)) {
        ctl_complain("there are no keys: %s", d->setup.config->keys_file);
        return CTL_REFUSED;
    }
    c.count = vault_keys(d->setup.vault, c.keys);
    status = hand_complain(keys_census_take(&c));
    if (status == CTL_DONE && call->is_json)
        print_json(&c);
    else if (status == CTL_DONE)
        print_table(&c);
    return status;
}

enum ctl_status ctl_keys_status(const struct ctl_call *call)
{
    return dossier_with(call, tell_status);
}
