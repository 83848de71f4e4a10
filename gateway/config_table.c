#include "gateway/config_table.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "gateway/config.h"
#include "gateway/config_check.h"

/* clang-format off */
#define IN(structure, member) offsetof(struct structure, member)

static const char *const redis_modes[] = {"standalone", "sentinel", "cluster", NULL};
static const char *const binds[] = {"transceiver", "transmitter", "receiver", "pair", NULL};
static const char *const tokens[] = {"none", "echo", NULL};
static const char *const tls_versions[] = {"1.2", "1.3", NULL};
static const char *const levels[] = {"debug", "info", "warning", "error", "off", NULL};
static const char *const cdr_numbers[] = {"masked", "hashed", NULL};
static const char *const formats[] = {"logfmt", "json", NULL};

#define TEXT(p, f, o, d, least, most, chk) \
    {.path = p, .type = CONFIG_TEXT, .flags = f, .offset = o, .initial = d, .min = least, .max = most, .check = chk}
#define FILE_PATH(p, f, o, d) \
    {.path = p, .type = CONFIG_PATH, .flags = f, .offset = o, .initial = d, .max = 4000}
#define NUMBER(p, f, o, d, least, most) \
    {.path = p, .type = CONFIG_NUMBER, .flags = f, .offset = o, .initial = d, .min = least, .max = most}
#define FLAG(p, f, o, d) {.path = p, .type = CONFIG_FLAG, .flags = f, .offset = o, .initial = d}
#define WORD(p, f, o, d, w) {.path = p, .type = CONFIG_WORD, .flags = f, .offset = o, .initial = d, .words = w}
#define TEXTS(p, f, o, most, chk) {.path = p, .type = CONFIG_TEXTS, .flags = f, .offset = o, .min = 1, .max = most, .check = chk}
#define GROUP(p) {.path = p, .type = CONFIG_GROUP}
#define SWITCH(p, f, o) {.path = p, .type = CONFIG_GROUP, .flags = CONFIG_PRESENCE | (f), .offset = o}
#define LIST(p, f, o, n, t) \
    {.path = p, .type = CONFIG_LIST, .flags = f, .offset = o, .count_offset = n, .item_bytes = sizeof(struct t)}

const struct config_row config_rows[] = {
    TEXT("instance", CONFIG_RESTART, IN(config, instance), "gw1", 1, 31, config_check_name),

    GROUP("redis"),
    WORD("redis.mode", CONFIG_RESTART, IN(config, redis.mode), "standalone", redis_modes),
    TEXTS("redis.servers", CONFIG_RESTART | CONFIG_REQUIRED, IN(config, redis.servers), 255, config_check_server),
    TEXT("redis.sentinel_name", CONFIG_RESTART, IN(config, redis.sentinel_name), "warung", 1, 63, config_check_name),
    TEXT("redis.username", CONFIG_RESTART, IN(config, redis.username), "", 0, 255, NULL),
    TEXT("redis.password", CONFIG_RESTART | CONFIG_SECRET, IN(config, redis.password), "", 0, CONFIG_REDIS_PASSWORD_MAX, NULL),
    FILE_PATH("redis.password_file", CONFIG_RESTART, IN(config, redis.password_file), ""),
    TEXT("redis.sentinel_username", CONFIG_RESTART, IN(config, redis.sentinel_username), "", 0, 255, NULL),
    TEXT("redis.sentinel_password", CONFIG_RESTART | CONFIG_SECRET, IN(config, redis.sentinel_password), "", 0, CONFIG_REDIS_PASSWORD_MAX, NULL),
    FILE_PATH("redis.sentinel_password_file", CONFIG_RESTART, IN(config, redis.sentinel_password_file), ""),
    NUMBER("redis.buckets", CONFIG_RESTART, IN(config, redis.buckets), "256", 1, 1000),
    NUMBER("redis.connect_timeout_ms", CONFIG_RESTART, IN(config, redis.connect_timeout_ms), "2000", 10, 60000),
    NUMBER("redis.request_timeout_ms", CONFIG_RESTART, IN(config, redis.request_timeout_ms), "2000", 10, 60000),
    NUMBER("redis.in_flight_max", CONFIG_RESTART, IN(config, redis.in_flight_max), "8192", 16, 1000000),
    NUMBER("redis.connections", CONFIG_RESTART, IN(config, redis.connections), "16", 1, 32),
    NUMBER("redis.wait_replicas", CONFIG_RESTART, IN(config, redis.wait_replicas), "-1", -1, 16),
    NUMBER("redis.wait_timeout_ms", CONFIG_RESTART, IN(config, redis.wait_timeout_ms), "500", 10, 60000),

    LIST("smsc", 0, IN(config, smsc), IN(config, smsc_count), config_smsc),
    TEXT("smsc[].name", 0, IN(config_smsc, name), "", 0, 23, config_check_name),
    TEXT("smsc[].host", 0, IN(config_smsc, host), "127.0.0.1", 1, 255, config_check_host),
    NUMBER("smsc[].port", 0, IN(config_smsc, port), "2775", 1, 65535),
    TEXT("smsc[].system_id", 0, IN(config_smsc, system_id), "warung", 0, 15, NULL),
    TEXT("smsc[].password", CONFIG_SECRET, IN(config_smsc, password), "", 0, CONFIG_SMSC_PASSWORD_MAX, NULL),
    FILE_PATH("smsc[].password_file", 0, IN(config_smsc, password_file), ""),
    TEXT("smsc[].system_type", 0, IN(config_smsc, system_type), "", 0, 12, NULL),
    TEXT("smsc[].address_range", 0, IN(config_smsc, address_range), "", 0, 40, NULL),
    WORD("smsc[].bind", 0, IN(config_smsc, bind), "transceiver", binds),
    NUMBER("smsc[].binds", 0, IN(config_smsc, binds), "1", 1, 64),
    NUMBER("smsc[].window", 0, IN(config_smsc, window), "32", 1, 10000),
    NUMBER("smsc[].tps", 0, IN(config_smsc, tps), "0", 0, 1000000),
    TEXT("smsc[].dialect", 0, IN(config_smsc, dialect), "spec34", 1, 23, NULL),
    WORD("smsc[].turn_token", 0, IN(config_smsc, turn_token), "none", tokens),
    FLAG("smsc[].receipts", 0, IN(config_smsc, receipts), "true"),
    TEXT("smsc[].centre", 0, IN(config_smsc, centre), "", 0, 23, NULL),
    TEXTS("smsc[].codes", 0, IN(config_smsc, codes), 23, config_check_code),
    TEXTS("smsc[].prefixes", 0, IN(config_smsc, prefixes), 15, config_check_digits),
    NUMBER("smsc[].enquire_link_s", 0, IN(config_smsc, enquire_link_s), "30", 1, 3600),
    NUMBER("smsc[].response_timeout_s", 0, IN(config_smsc, response_timeout_s), "10", 1, 600),
    NUMBER("smsc[].pdu_timeout_s", 0, IN(config_smsc, pdu_timeout_s), "10", 1, 600),
    NUMBER("smsc[].in_flight_max", 0, IN(config_smsc, in_flight_max), "4096", 1, 1000000),
    NUMBER("smsc[].queue_max", 0, IN(config_smsc, queue_max), "65536", 1, 1000000),
    NUMBER("smsc[].pdu_bytes_max", 0, IN(config_smsc, pdu_bytes_max), "70000", 512, 131072),
    NUMBER("smsc[].reconnect_min_s", 0, IN(config_smsc, reconnect_min_s), "0", 0, 3600),
    NUMBER("smsc[].limit", 0, IN(config_smsc, limit), "0", 0, 182),
    FLAG("smsc[].exclusive", 0, IN(config_smsc, exclusive), "false"),
    NUMBER("smsc[].lease_s", 0, IN(config_smsc, lease_s), "8", 4, 600),
    SWITCH("smsc[].tls", 0, IN(config_smsc, tls.is_on)),
    FILE_PATH("smsc[].tls.cert", 0, IN(config_smsc, tls.cert), ""),
    FILE_PATH("smsc[].tls.key", 0, IN(config_smsc, tls.key), ""),
    FILE_PATH("smsc[].tls.ca", 0, IN(config_smsc, tls.ca), ""),
    FLAG("smsc[].tls.verify", 0, IN(config_smsc, tls.verify), "true"),
    WORD("smsc[].tls.min_version", 0, IN(config_smsc, tls.min_version), "1.2", tls_versions),

    GROUP("partners"),
    TEXTS("partners.listen", CONFIG_RESTART, IN(config, partners.listen), 255, config_check_listen),
    TEXT("partners.system_id", CONFIG_RESTART, IN(config, partners.system_id), "warung", 1, 15, NULL),
    NUMBER("partners.connections_max", CONFIG_RESTART, IN(config, partners.connections_max), "10000", 1, 1000000),
    NUMBER("partners.unbound_max", CONFIG_RESTART, IN(config, partners.unbound_max), "1000", 1, 1000000),
    NUMBER("partners.unbound_per_address_max", CONFIG_RESTART, IN(config, partners.unbound_per_address_max), "5", 1, 1000000),
    NUMBER("partners.session_init_s", CONFIG_RESTART, IN(config, partners.session_init_s), "10", 1, 600),
    NUMBER("partners.bind_failures_max", CONFIG_RESTART, IN(config, partners.bind_failures_max), "5", 1, 1000000),
    NUMBER("partners.ban_s", CONFIG_RESTART, IN(config, partners.ban_s), "60", 1, 86400),
    SWITCH("partners.tls", CONFIG_RESTART, IN(config, partners.tls.is_on)),
    FILE_PATH("partners.tls.cert", CONFIG_RESTART, IN(config, partners.tls.cert), ""),
    FILE_PATH("partners.tls.key", CONFIG_RESTART, IN(config, partners.tls.key), ""),
    FILE_PATH("partners.tls.ca", CONFIG_RESTART, IN(config, partners.tls.ca), ""),
    FLAG("partners.tls.verify", CONFIG_RESTART, IN(config, partners.tls.verify), "false"),
    WORD("partners.tls.min_version", CONFIG_RESTART, IN(config, partners.tls.min_version), "1.2", tls_versions),
    LIST("partners.accounts", 0, IN(config, partners.accounts), IN(config, partners.account_count), config_account),
    TEXT("partners.accounts[].system_id", CONFIG_REQUIRED, IN(config_account, system_id), NULL, 1, 15, config_check_utf8),
    TEXT("partners.accounts[].password", CONFIG_SECRET, IN(config_account, password), "", 0, CONFIG_ACCOUNT_PASSWORD_MAX, NULL),
    FILE_PATH("partners.accounts[].password_file", 0, IN(config_account, password_file), ""),
    TEXT("partners.accounts[].password_hash", CONFIG_SECRET, IN(config_account, password_hash), "", 0, 255, config_check_hash),
    TEXTS("partners.accounts[].allow", 0, IN(config_account, allow), 63, config_check_network),
    TEXT("partners.accounts[].dialect", 0, IN(config_account, dialect), "spec34", 1, 23, NULL),
    NUMBER("partners.accounts[].window", 0, IN(config_account, window), "32", 1, 10000),
    NUMBER("partners.accounts[].tps", 0, IN(config_account, tps), "0", 0, 1000000),
    NUMBER("partners.accounts[].in_tps", 0, IN(config_account, in_tps), "0", 0, 1000000),
    NUMBER("partners.accounts[].enquire_link_s", 0, IN(config_account, enquire_link_s), "30", 1, 3600),
    NUMBER("partners.accounts[].response_timeout_s", 0, IN(config_account, response_timeout_s), "10", 1, 600),
    NUMBER("partners.accounts[].pdu_timeout_s", 0, IN(config_account, pdu_timeout_s), "10", 1, 600),
    WORD("partners.accounts[].turn_token", 0, IN(config_account, turn_token), "none", tokens),
    NUMBER("partners.accounts[].limit", 0, IN(config_account, limit), "0", 0, 182),
    NUMBER("partners.accounts[].max_binds", 0, IN(config_account, max_binds), "4", 1, 1000),
    TEXTS("partners.accounts[].codes", 0, IN(config_account, codes), 23, config_check_code),
    TEXTS("partners.accounts[].prefixes", 0, IN(config_account, prefixes), 15, config_check_digits),

    LIST("menus", CONFIG_REQUIRED, IN(config, menus), IN(config, menu_count), config_menu),
    FILE_PATH("menus[].file", CONFIG_REQUIRED, IN(config_menu, file), NULL),
    TEXTS("menus[].codes", 0, IN(config_menu, codes), 23, config_check_code),
    TEXTS("menus[].sms", 0, IN(config_menu, sms), 23, config_check_code),
    TEXTS("menus[].peers", 0, IN(config_menu, peers), 23, NULL),
    FLAG("menus[].default", 0, IN(config_menu, is_default), "false"),

    GROUP("admin"),
    TEXT("admin.listen", CONFIG_RESTART, IN(config, admin.listen), "127.0.0.1:8080", 0, 255, config_check_listen),
    FILE_PATH("admin.users_file", 0, IN(config, admin.users_file), "users"),
    NUMBER("admin.connections_max", CONFIG_RESTART, IN(config, admin.connections_max), "64", 1, 10000),

    FILE_PATH("control", CONFIG_RESTART, IN(config, control), "warungd.sock"),
    FILE_PATH("keys_file", CONFIG_RESTART, IN(config, keys_file), "keys"),
    FILE_PATH("dialects_file", 0, IN(config, dialects_file), ""),
    NUMBER("start_timeout_s", CONFIG_RESTART, IN(config, start_timeout_s), "10", 1, 3600),
    NUMBER("drain_timeout_s", 0, IN(config, drain_timeout_s), "10", 0, 3600),

    GROUP("log"),
    WORD("log.level", 0, IN(config, log.level), "info", levels),
    WORD("log.format", 0, IN(config, log.format), "logfmt", formats),
    FLAG("log.show_msisdn", 0, IN(config, log.show_msisdn), "false"),

    GROUP("retention"),
    NUMBER("retention.approved_d", CONFIG_RESTART, IN(config, retention.approved_d), "730", 0, 36500),
    NUMBER("retention.rejected_d", CONFIG_RESTART, IN(config, retention.rejected_d), "183", 0, 36500),
    NUMBER("retention.cancelled_d", CONFIG_RESTART, IN(config, retention.cancelled_d), "183", 0, 36500),
    NUMBER("retention.ticket_d", CONFIG_RESTART, IN(config, retention.ticket_d), "183", 0, 36500),
    NUMBER("retention.other_d", CONFIG_RESTART, IN(config, retention.other_d), "183", 0, 36500),
    NUMBER("retention.journal_d", CONFIG_RESTART, IN(config, retention.journal_d), "730", 0, 24000),
    NUMBER("retention.consent_d", CONFIG_RESTART, IN(config, retention.consent_d), "1825", 0, 24000),
    NUMBER("retention.every_s", CONFIG_RESTART, IN(config, retention.every_s), "21600", 0, 604800),

    GROUP("cdr"),
    FILE_PATH("cdr.directory", CONFIG_RESTART, IN(config, cdr.directory), ""),
    FILE_PATH("cdr.key_file", CONFIG_RESTART, IN(config, cdr.key_file), "cdr.key"),
    NUMBER("cdr.rotate_s", CONFIG_RESTART, IN(config, cdr.rotate_s), "3600", 1, 604800),
    NUMBER("cdr.rotate_mib", CONFIG_RESTART, IN(config, cdr.rotate_mib), "64", 1, 2048),
    NUMBER("cdr.queue_kib", CONFIG_RESTART, IN(config, cdr.queue_kib), "4096", 16, 262144),
    NUMBER("cdr.keep_d", CONFIG_RESTART, IN(config, cdr.keep_d), "90", 0, 36500),
    WORD("cdr.number", CONFIG_RESTART, IN(config, cdr.number), "masked", cdr_numbers),

    GROUP("turn"),
    NUMBER("turn.turns_max", CONFIG_RESTART, IN(config, turn.turns_max), "20000", 1, 1000000),
    NUMBER("turn.mailbox_max", CONFIG_RESTART, IN(config, turn.mailbox_max), "8", 1, 1000),
    NUMBER("turn.cache_max", CONFIG_RESTART, IN(config, turn.cache_max), "200000", 0, 10000000),
    NUMBER("turn.cache_mib", CONFIG_RESTART, IN(config, turn.cache_mib), "40", 0, 65536),
    NUMBER("turn.answer_window_ms", CONFIG_RESTART, IN(config, turn.answer_window_ms), "5000", 100, 600000),
    NUMBER("turn.redelivery_horizon_s", CONFIG_RESTART, IN(config, turn.redelivery_horizon_s), "600", 1, 604800),
    NUMBER("turn.session_idle_s", CONFIG_RESTART, IN(config, turn.session_idle_s), "180", 1, 86400),
    NUMBER("turn.reply_deadline_ms", CONFIG_RESTART, IN(config, turn.reply_deadline_ms), "8000", 100, 600000),
    NUMBER("turn.draft_ttl_s", CONFIG_RESTART, IN(config, turn.draft_ttl_s), "604800", 60, 31536000),
    NUMBER("turn.remember_s", CONFIG_RESTART, IN(config, turn.remember_s), "604800", 60, 31536000),
    NUMBER("turn.sms_expiry_s", CONFIG_RESTART, IN(config, turn.sms_expiry_s), "259200", 60, 2592000),
    NUMBER("turn.receipt_margin_s", CONFIG_RESTART, IN(config, turn.receipt_margin_s), "86400", 0, 2592000),
    NUMBER("turn.owed_idle_ms", CONFIG_RESTART, IN(config, turn.owed_idle_ms), "15000", 1000, 3600000),
    NUMBER("turn.sweep_ms", CONFIG_RESTART, IN(config, turn.sweep_ms), "1000", 50, 600000),
    NUMBER("turn.settle_ms", CONFIG_RESTART, IN(config, turn.settle_ms), "200", 1, 60000),
    NUMBER("turn.parts_max", CONFIG_RESTART, IN(config, turn.parts_max), "10", 2, 16),
    NUMBER("turn.parts_keep_s", CONFIG_RESTART, IN(config, turn.parts_keep_s), "86400", 60, 604800),
    NUMBER("turn.push_expiry_s", CONFIG_RESTART, IN(config, turn.push_expiry_s), "300", 1, 86400),
};
/* clang-format on */

const size_t config_row_count = sizeof(config_rows) / sizeof(config_rows[0]);
static_assert(sizeof(config_rows) / sizeof(config_rows[0]) <= CONFIG_ROWS_MAX, "no room for all");

const struct config_row *config_row_find(const char *path)
{
    for (size_t i = 0; i < config_row_count; i++)
        if (strcmp(config_rows[i].path, path) == 0)
            return &config_rows[i];
    return NULL;
}

/* Length of the part of a path that names the innermost list's items ("smsc[]"); 0 = none. */
static size_t scope_length(const char *path)
{
    const char *last = NULL;

    for (const char *at = path; (at = strstr(at, "[].")) != NULL; at++)
        last = at;
    return last != NULL ? (size_t)(last + 2 - path) : 0;
}

bool config_row_is_in(const struct config_row *row, const char *scope)
{
    size_t length = scope_length(row->path);

    return length == strlen(scope) && strncmp(row->path, scope, length) == 0;
}

static const char *last_name(const char *path)
{
    const char *dot = strrchr(path, '.');

    return dot != NULL ? dot + 1 : path;
}

/* Levenshtein's distance of two short names. */
static unsigned distance(const char *a, const char *b)
{
    enum { LONGEST = 40 };
    unsigned row[LONGEST + 1];
    size_t b_length = strlen(b);

    if (strlen(a) > LONGEST || b_length > LONGEST)
        return LONGEST;
    for (unsigned j = 0; j <= b_length; j++)
        row[j] = j;
    for (unsigned i = 1; a[i - 1] != '\0'; i++) {
        unsigned diagonal = row[0];

        row[0] = i;
        for (unsigned j = 1; j <= b_length; j++) {
            unsigned above = row[j], best = diagonal + (a[i - 1] != b[j - 1]);

            best = above + 1 < best ? above + 1 : best;
            best = row[j - 1] + 1 < best ? row[j - 1] + 1 : best;
            diagonal = above;
            row[j] = best;
        }
    }
    return row[b_length];
}

const char *config_row_nearest(const char *path)
{
    const char *name = last_name(path), *nearest = NULL;
    size_t parent_length = (size_t)(name - path);
    unsigned best = (unsigned)strlen(name) / 2 + 1;

    for (size_t i = 0; i < config_row_count; i++) {
        const char *other = last_name(config_rows[i].path);
        unsigned d;

        if ((size_t)(other - config_rows[i].path) != parent_length ||
            strncmp(config_rows[i].path, path, parent_length) != 0)
            continue;
        d = distance(name, other);
        if (d < best) {
            best = d;
            nearest = other;
        }
    }
    return nearest;
}
