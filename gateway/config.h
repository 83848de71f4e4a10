/*
 * The configuration of one gateway: warung.cfg as an immutable value.
 *
 * config_load() reads, checks and copies everything at once and reports every fault; a reload is a
 * second config beside the first. Each key is one row of config_table.c, one field here, one item
 * of warung.cfg(5) and one line of conf/warung.cfg. Strings are never NULL; paths are absolute or
 * relative to the working directory (the file gives them relative to itself).
 */
#ifndef WARUNG_GATEWAY_CONFIG_H
#define WARUNG_GATEWAY_CONFIG_H

#include "base/log.h"
#include "base/source.h"
#include "gateway/cdr/cdr_line.h"
#include "gateway/dialects.h"
#include "gateway/turn/turn.h"
#include "merchants/periods.h"

enum { CONFIG_MENUS_MAX = 32 };
/* Characters of a password: ours in a bind has the letter's 8, a partner's may be longer. */
enum {
    CONFIG_SMSC_PASSWORD_MAX = 8,
    CONFIG_ACCOUNT_PASSWORD_MAX = 63,
    CONFIG_REDIS_PASSWORD_MAX = 255
};

struct config_strings {
    const char **items;
    size_t count;
};

/* Where an entry stands: for messages about it that come later. */
struct config_place {
    const char *file;
    unsigned line;
};

/* Keys whose faults are found when the file has been read, or what they name is. */
enum config_spot {
    CONFIG_AT_REDIS,
    CONFIG_AT_SERVERS,
    CONFIG_AT_CONTROL,
    CONFIG_AT_LISTEN, /* of the partners */
    CONFIG_AT_ACCOUNTS,
    CONFIG_AT_PARTNERS_TLS,
    CONFIG_AT_USERS_FILE,
    CONFIG_AT_KEYS_FILE,
    CONFIG_AT_CDR_KEY_FILE,
    CONFIG_AT_DIALECTS_FILE,
    CONFIG_SPOTS
};

enum config_redis_mode { CONFIG_REDIS_STANDALONE, CONFIG_REDIS_SENTINEL, CONFIG_REDIS_CLUSTER };
enum config_bind {
    CONFIG_BIND_TRANSCEIVER,
    CONFIG_BIND_TRANSMITTER,
    CONFIG_BIND_RECEIVER,
    CONFIG_BIND_PAIR /* one receiver and one transmitter */
};

enum config_tls_version { CONFIG_TLS_1_2, CONFIG_TLS_1_3 };
enum config_token { CONFIG_TOKEN_NONE, CONFIG_TOKEN_ECHO };

struct config_redis {
    enum config_redis_mode mode;
    struct config_strings servers; /* "unix:PATH" or "HOST:PORT" */
    const char *sentinel_name;
    const char *username;
    const char *password;
    const char *password_file;
    const char *sentinel_username;
    const char *sentinel_password;
    const char *sentinel_password_file;
    unsigned buckets;
    unsigned connect_timeout_ms;
    unsigned request_timeout_ms;
    unsigned in_flight_max;
    unsigned connections;
    unsigned wait_replicas; /* STORE_REDIS_WAIT_BY_MODE: -1 */
    unsigned wait_timeout_ms;
};

struct config_tls {
    bool is_on; /* the group is there */
    const char *cert;
    const char *key;
    const char *ca; /* empty = the system's */
    bool verify;
    enum config_tls_version min_version;
    int64_t expires_s; /* Unix time of `cert`'s end, when it was read; 0 = none */
};

struct config_smsc {
    struct config_place place; /* first: the reader fills it in for every entry of a list */
    const char *name;
    const char *host;
    unsigned port;
    const char *system_id;
    const char *password; /* what password_file holds, when that is set */
    const char *password_file;
    const char *system_type;
    const char *address_range;
    enum config_bind bind;
    unsigned binds;
    unsigned window;
    unsigned tps;
    const char *dialect;
    const struct dialect *spoken; /* what `dialect` names; lives as long as the config */
    enum config_token turn_token;
    bool receipts;                  /* asked for each SMS */
    const char *centre;             /* whose receipts are known by; empty = name */
    struct config_strings codes;    /* empty = all */
    struct config_strings prefixes; /* of subscribers' numbers; empty = all */
    unsigned enquire_link_s;
    unsigned response_timeout_s;
    unsigned pdu_timeout_s;
    unsigned in_flight_max;
    unsigned queue_max;
    unsigned pdu_bytes_max;
    unsigned reconnect_min_s; /* between two attempts; 0 = the usual back-off alone */
    unsigned limit;           /* page limit in septets; 0 = the dialect's */
    bool exclusive;           /* one gateway of several is bound */
    unsigned lease_s;
    struct config_tls tls;
};

struct config_account {
    struct config_place place; /* first: the reader fills it in for every entry of a list */
    const char *system_id;
    const char *password;
    const char *password_file;
    const char *password_hash;
    struct config_strings allow;
    const char *dialect;
    const struct dialect *spoken; /* what `dialect` names; lives as long as the config */
    unsigned window;
    unsigned tps;
    unsigned in_tps;
    unsigned max_binds;
    unsigned enquire_link_s;
    unsigned response_timeout_s;
    unsigned pdu_timeout_s;
    enum config_token turn_token;
    unsigned limit;
    struct config_strings codes;    /* empty = all */
    struct config_strings prefixes; /* of subscribers' numbers; empty = all */
};

struct config_partners {
    struct config_strings listen;
    const char *system_id; /* ours, in bind responses */
    unsigned connections_max;
    unsigned unbound_max;
    unsigned unbound_per_address_max;
    unsigned session_init_s;
    unsigned bind_failures_max;
    unsigned ban_s;
    struct config_tls tls;
    struct config_account *accounts;
    size_t account_count;
};

struct config_menu {
    struct config_place place; /* first: the reader fills it in for every entry of a list */
    const char *file;
    struct config_strings codes; /* USSD */
    struct config_strings sms;
    struct config_strings peers; /* smsc entries and accounts; empty = all */
    bool is_default;
};

struct config_admin {
    const char *listen; /* empty = no HTTP */
    const char *users_file;
    unsigned connections_max;
};

struct config_turn {
    unsigned turns_max;
    unsigned mailbox_max;
    unsigned cache_max;
    unsigned cache_mib;
    unsigned answer_window_ms;
    unsigned redelivery_horizon_s;
    unsigned session_idle_s;
    unsigned reply_deadline_ms;
    unsigned draft_ttl_s;
    unsigned remember_s;
    unsigned sms_expiry_s;
    unsigned receipt_margin_s;
    unsigned owed_idle_ms;
    unsigned sweep_ms;
    unsigned settle_ms;
    unsigned parts_max;
    unsigned parts_keep_s;
    unsigned push_expiry_s;
};

struct config_retention {
    unsigned approved_d;
    unsigned rejected_d;
    unsigned cancelled_d;
    unsigned ticket_d;
    unsigned other_d;
    unsigned journal_d;
    unsigned consent_d;
    unsigned every_s;
};

struct config_cdr {
    const char *directory; /* empty = none are written */
    const char *key_file;
    unsigned rotate_s;
    unsigned rotate_mib;
    unsigned queue_kib;
    unsigned keep_d; /* 0 = for ever */
    enum cdr_number number;
};

struct config_log {
    enum log_level level;
    enum log_format format;
    bool show_msisdn;
};

struct config {
    const char *path;                     /* of the file itself */
    struct config_place at[CONFIG_SPOTS]; /* its first line, where it does not have the key */
    const char *instance;
    struct config_redis redis;
    struct config_smsc *smsc;
    size_t smsc_count;
    struct config_partners partners;
    struct config_menu *menus;
    size_t menu_count;
    struct config_admin admin;
    const char *control; /* Unix socket for warungctl; empty = none */
    const char *keys_file;
    const char *dialects_file; /* empty = the presets alone */
    struct dialects *dialects;
    unsigned start_timeout_s;
    unsigned drain_timeout_s;
    struct config_log log;
    struct config_cdr cdr;
    struct config_retention retention;
    struct config_turn turn;
    struct config_memory *memory; /* owns all of the above */
};

/* NULL after any fault; each was reported, in order of file and line (line 0 = the whole file). */
struct config *config_load(const char *path, source_fault_fn *on_fault, void *arg);
void config_free(struct config *config);
/* `control` alone, for who asks a gateway that runs: faults of the rest are reported, too, and are
 * not in its way. NULL when the file cannot be read, or has a fault and does not say `control`
 * itself: the default may be another gateway's. The caller's (mem_free()). */
char *config_load_control(const char *path, source_fault_fn *on_fault, void *arg);

/* Gives the new configuration the old one's values of the keys that a reload does not put to work,
 * and calls on_changed with the path of each that differs. */
typedef void config_changed_fn(void *arg, const char *path);
void config_keep_until_restart(const struct config *old, struct config *new,
                               config_changed_fn *on_changed, void *arg);

/* What is allowed and hardly meant, each as a SOURCE_WARNING: codes that nothing routes, a port
 * taken twice, a door that nobody can open. */
void config_doubt(const struct config *config, source_fault_fn *on_doubt, void *arg);
/* The same of certificates that have ended, once tls_check_config() has read them. */
void config_doubt_certificates(const struct config *config, int64_t now_s,
                               source_fault_fn *on_doubt, void *arg);

/* How long what is kept. */
struct programme_periods config_periods(const struct config *config);
/* What the configuration says of turns; its strings are the configuration's. */
struct turn_settings config_turn_settings(const struct config *config);

/* True when both describe the same connections (everything but what a running link takes over). */
bool config_smsc_is_equal(const struct config_smsc *a, const struct config_smsc *b);

/* A printing source_fault_fn: "file:line: text", with "column N: " before the
 * text where it is known, or "file: text" to the FILE * in arg. */
void config_print_fault(void *file, const char *path, unsigned line, unsigned column,
                        const char *text);

#endif
