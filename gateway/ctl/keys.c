/*
 * warungctl keys init | status | rotate
 */
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "gateway/ctl/access.h"
#include "gateway/ctl/table.h"

typedef bool file_fn(const struct config *config, char *error, size_t error_bytes);

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
    } else if (!fn(config, error, sizeof(error))) {
        ctl_complain("%s", error);
    } else {
        printf("%s: %s\n", config->keys_file, done);
        if (event != NULL)
            access_log_files(config, event, NULL);
        status = CTL_DONE;
    }
    config_free(config);
    return status;
}

/* ---- what the store has ---- */

/* What is sealed with which key; place [count] is for plain records, [count + 1] for keys that the
 * file lacks. */
struct use {
    unsigned records, sessions, sms;
};
struct census {
    struct hand *hand;
    struct vault_key keys[VAULT_KEYS_MAX];
    unsigned count;
    struct use uses[VAULT_KEYS_MAX + 2];
};

static struct use *use_of(struct census *c, struct span sealed)
{
    uint32_t id = vault_record_key(sealed);

    if (id == 0)
        return &c->uses[c->count];
    for (unsigned i = 0; i < c->count; i++)
        if (c->keys[i].id == id)
            return &c->uses[i];
    return &c->uses[c->count + 1];
}

static void on_person(void *arg, const struct hand_item *item, const struct store_subscriber *s)
{
    struct census *c = arg;

    (void)item;
    if (s->merchant.version != 0)
        use_of(c, s->merchant.data)->records++;
    if (s->session.version != 0)
        use_of(c, s->session.data)->sessions++;
}

static void on_owed(void *arg, const struct store_taken *entry)
{
    use_of(arg, entry->body)->sms++;
}

/* The trainings: what all subscribers share. */
static enum store_result count_shared(struct census *c)
{
    uint8_t *octets = mem_alloc(HAND_SHARED_BYTES);
    uint64_t version = 0;
    size_t size = 0;
    enum store_result result =
        hand_shared_load(c->hand, PROGRAMME_TRAININGS_KEY, &version, octets, &size);

    if (result == STORE_OK && size != 0)
        use_of(c, span_of(octets, size))->records++;
    mem_free(octets);
    return result;
}

static enum store_result take_census(struct census *c)
{
    struct hand_items items;
    enum store_result result =
        hand_list(c->hand, (const char *const[]){STORE_PEOPLE_SET, NULL}, &items);

    if (result == STORE_OK)
        result = hand_load_items(c->hand, &items, on_person, c);
    hand_items_free(&items);
    if (result == STORE_OK)
        result = count_shared(c);
    for (unsigned bucket = 0; bucket < hand_store(c->hand)->buckets && result == STORE_OK; bucket++)
        result = hand_log_each(c->hand, bucket, STORE_LOG_OUTBOX, on_owed, c);
    return result;
}

static bool is_used(const struct use *use)
{
    return use->records + use->sessions + use->sms > 0;
}

/* ---- init, rotate ---- */

/* Without keys so far: whatever is there stands in the clear, and is to be read on. */
static bool has_records(const struct config *config)
{
    struct census c = {.hand = hand_open(config, NULL)};
    bool is_told = c.hand == NULL; /* there may be no store yet */
    enum store_result result = is_told ? STORE_UNAVAILABLE : take_census(&c);

    if (result != STORE_OK && !is_told)
        hand_complain(result);
    if (result != STORE_OK)
        ctl_complain("so it is not known whether there are records from before: if so, add a line "
                     "\"plain\"");
    hand_close(c.hand);
    return is_used(&c.uses[0]);
}

static bool create(const struct config *config, char *error, size_t error_bytes)
{
    bool reads_plain = has_records(config);

    if (!vault_create_file(config->keys_file, reads_plain, error, error_bytes))
        return false;
    if (reads_plain)
        printf(
            "the store has records in the clear: they are read, and sealed when they are written; "
            "take the line \"plain\" out when `warungctl keys status` has none any more\n");
    return true;
}

static bool create_reading_plain(const struct config *config, char *error, size_t error_bytes)
{
    return vault_create_file(config->keys_file, true, error, error_bytes);
}

enum ctl_status ctl_keys_init(const struct ctl_call *call)
{
    return change_file(
        call, call->is_plain ? create_reading_plain : create, NULL, /* there may be no store yet */
        "made; keep a copy where the store's backups are not, for without it they "
        "cannot be read; a gateway that runs takes it by `warungctl reload`, or, where "
        "systemd hands it over (credential:), by `systemctl restart warungd`");
}

static bool rotate(const struct config *config, char *error, size_t error_bytes)
{
    return vault_rotate_file(config->keys_file, error, error_bytes);
}

enum ctl_status ctl_keys_rotate(const struct ctl_call *call)
{
    return change_file(
        call, rotate, "keys-rotate",
        "a new key is current; give the file to every gateway, then `warungctl "
        "reload` each, or, where systemd hands it over (credential:), `systemctl "
        "restart warungd`; older records are read with their own keys and take the new "
        "one when they are written (`warungctl keys status` counts them)");
}

/* ---- status ---- */

static json_t *describe(const char *created, uint32_t id, bool is_current, const struct use *use)
{
    return json_pack("{s:I, s:s, s:b, s:i, s:i, s:i}", "id", (json_int_t)id, "created", created,
                     "is_current", (int)is_current, "records", (int)use->records, "sessions",
                     (int)use->sessions, "sms_owed", (int)use->sms);
}

static void print_json(const struct census *c)
{
    json_t *list = json_array();

    for (unsigned i = 0; i < c->count; i++)
        json_array_append_new(
            list, describe(c->keys[i].created, c->keys[i].id, c->keys[i].is_current, &c->uses[i]));
    ctl_print_json(list);
    json_decref(list);
}

static void add_row(struct table *t, const char *key, const char *created, const char *what,
                    const struct use *use)
{
    char numbers[3][16];

    snprintf(numbers[0], sizeof(numbers[0]), "%u", use->records);
    snprintf(numbers[1], sizeof(numbers[1]), "%u", use->sessions);
    snprintf(numbers[2], sizeof(numbers[2]), "%u", use->sms);
    table_add(t, (const char *const[]){key, created, what, numbers[0], numbers[1], numbers[2]});
}

static void print_table(const struct census *c)
{
    struct table *t = table_new((const char *const[]){"KEY", "CREATED", "USED FOR", "RECORDS",
                                                      "SESSIONS", "SMS OWED", NULL});

    for (unsigned i = 0; i < c->count; i++) {
        char id[16];

        snprintf(id, sizeof(id), "%u", c->keys[i].id);
        add_row(t, id, c->keys[i].created,
                c->keys[i].is_current ? "new and old records" : "old records", &c->uses[i]);
    }
    if (is_used(&c->uses[c->count]))
        add_row(t, "none", "-", "records in the clear", &c->uses[c->count]);
    if (is_used(&c->uses[c->count + 1]))
        add_row(t, "?", "-", "keys that the file lacks", &c->uses[c->count + 1]);
    table_print(t);
}

enum ctl_status ctl_keys_status(const struct ctl_call *call)
{
    enum ctl_status status;
    struct dossier *d = dossier_open(call, &status);
    struct census c = {0};
    enum store_result result;

    if (d == NULL)
        return status;
    if (vault_is_plain(d->setup.vault)) {
        ctl_complain("there are no keys: %s", d->setup.config->keys_file);
        dossier_close(d);
        return CTL_REFUSED;
    }
    c.hand = d->hand;
    c.count = vault_keys(d->setup.vault, c.keys);
    result = take_census(&c);
    if (result != STORE_OK)
        status = (enum ctl_status)hand_complain(result);
    else if (call->is_json)
        print_json(&c);
    else
        print_table(&c);
    dossier_close(d);
    return result == STORE_OK ? CTL_DONE : status;
}
