/*
 * warungctl's commands as a table: one row a command, one file a group.
 */
#ifndef WARUNG_CTL_COMMAND_H
#define WARUNG_CTL_COMMAND_H

#include <jansson.h>

#include "gateway/setup.h"

enum ctl_status {
    CTL_DONE = 0,
    CTL_REFUSED = 1, /* bad configuration, or what was asked for cannot be */
    CTL_USAGE = 2,
    CTL_UNREACHABLE = 3, /* no store or no gateway */
};

/* Options beyond -c and --json; a command names those that it takes. */
enum ctl_option {
    CTL_OPTION_STATUS = 1 << 0,
    CTL_OPTION_REGENCY = 1 << 1,
    CTL_OPTION_REASON = 1 << 2,
    CTL_OPTION_CSV = 1 << 3,
    CTL_OPTION_REVEAL = 1 << 4,
    CTL_OPTION_LANG = 1 << 5,
    CTL_OPTION_LIMIT = 1 << 6,
    CTL_OPTION_ROLE = 1 << 7,
    CTL_OPTION_CODE = 1 << 8,
    CTL_OPTION_SEATS = 1 << 9,
    CTL_OPTION_LINK = 1 << 10,
    CTL_OPTION_FOR = 1 << 11,
    CTL_OPTION_MENU = 1 << 12,
    CTL_OPTION_PERCENT = 1 << 13,
    CTL_OPTION_NUMBERS = 1 << 14,
    CTL_OPTION_KEY = 1 << 15,
    CTL_OPTION_SCREEN = 1 << 16,
    CTL_OPTION_FROZEN = 1 << 17,
    CTL_OPTION_AGAIN = 1 << 18,
    CTL_OPTION_PLAIN = 1 << 19,
    CTL_OPTION_SEEN = 1 << 20,
};

/* What was asked for. Words live as long as the process. */
struct ctl_call {
    const char *config;  /* path */
    const char *control; /* of the gateway, where it was read before; NULL = config says it */
    bool is_json;
    const char *status, *regency, *reason, *lang, *role, *code; /* NULL = not given */
    const char *link, *menu, *screen, *numbers, *key, *seen;
    unsigned limit, seats, for_s, percent; /* 0 = not given */
    bool is_csv, is_revealed, is_frozen, is_again, is_plain;
    char **words; /* what follows the command's own words */
    int word_count;
};

struct ctl_command {
    const char *group; /* "merchants" */
    const char *verb;  /* "list"; NULL = the group is the command */
    const char *usage; /* of what follows */
    const char *help;
    unsigned options;         /* ctl_option */
    int words_min, words_max; /* -1 = any number */
    enum ctl_status (*run)(const struct ctl_call *call);
};

/* Ended by a row without a group. */
extern const struct ctl_command ctl_commands[];

/* Loads the configuration that the call names and all that it names; prints every fault. */
bool ctl_load_setup(const struct ctl_call *call, enum setup_for what, struct setup *setup);
/* A source_fault_fn: on the FILE `arg`, but for warnings. */
void ctl_print_fault(void *arg, const char *file, unsigned line, unsigned column, const char *text);
/* "warungctl: TEXT" on standard error. */
void ctl_complain(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* What --json gives, on standard output. */
void ctl_print_json(const json_t *value);
/* A time in it, "2026-11-28T02:00:00Z"; null for 0. The caller's reference. */
json_t *ctl_time(int64_t wall_ms);

/* One file a group. */
enum ctl_status ctl_merchants_list(const struct ctl_call *call);
enum ctl_status ctl_merchants_show(const struct ctl_call *call);
enum ctl_status ctl_merchants_export(const struct ctl_call *call);
enum ctl_status ctl_merchants_review(const struct ctl_call *call);
enum ctl_status ctl_merchants_approve(const struct ctl_call *call);
enum ctl_status ctl_merchants_reject(const struct ctl_call *call);
enum ctl_status ctl_merchants_fix(const struct ctl_call *call);
enum ctl_status ctl_merchants_freeze(const struct ctl_call *call);
enum ctl_status ctl_merchants_release(const struct ctl_call *call);
enum ctl_status ctl_erase(const struct ctl_call *call);
enum ctl_status ctl_export(const struct ctl_call *call);
enum ctl_status ctl_breach(const struct ctl_call *call);
enum ctl_status ctl_journal(const struct ctl_call *call);
enum ctl_status ctl_tickets_list(const struct ctl_call *call);
enum ctl_status ctl_tickets_done(const struct ctl_call *call);
enum ctl_status ctl_trainings_list(const struct ctl_call *call);
enum ctl_status ctl_trainings_add(const struct ctl_call *call);
enum ctl_status ctl_trainings_cancel(const struct ctl_call *call);
enum ctl_status ctl_push(const struct ctl_call *call);
enum ctl_status ctl_sessions_show(const struct ctl_call *call);
enum ctl_status ctl_outbox(const struct ctl_call *call);
enum ctl_status ctl_links(const struct ctl_call *call);
enum ctl_status ctl_links_disable(const struct ctl_call *call);
enum ctl_status ctl_links_enable(const struct ctl_call *call);
enum ctl_status ctl_links_drain(const struct ctl_call *call);
enum ctl_status ctl_trace(const struct ctl_call *call);
enum ctl_status ctl_pcap(const struct ctl_call *call);
enum ctl_status ctl_status(const struct ctl_call *call);
enum ctl_status ctl_drain(const struct ctl_call *call);
enum ctl_status ctl_reload(const struct ctl_call *call);
enum ctl_status ctl_keys_init(const struct ctl_call *call);
enum ctl_status ctl_keys_status(const struct ctl_call *call);
enum ctl_status ctl_keys_rotate(const struct ctl_call *call);
enum ctl_status ctl_keys_seal(const struct ctl_call *call);
enum ctl_status ctl_users_add(const struct ctl_call *call);
enum ctl_status ctl_users_list(const struct ctl_call *call);
enum ctl_status ctl_users_remove(const struct ctl_call *call);
enum ctl_status ctl_cdr_init(const struct ctl_call *call);
enum ctl_status ctl_cdr_verify(const struct ctl_call *call);
enum ctl_status ctl_menu_check(const struct ctl_call *call);
enum ctl_status ctl_menu_graph(const struct ctl_call *call);
enum ctl_status ctl_menu_play(const struct ctl_call *call);
enum ctl_status ctl_menu_test(const struct ctl_call *call);
enum ctl_status ctl_menu_versions(const struct ctl_call *call);
enum ctl_status ctl_menu_diff(const struct ctl_call *call);
enum ctl_status ctl_menu_rollback(const struct ctl_call *call);
enum ctl_status ctl_menu_canary(const struct ctl_call *call);
enum ctl_status ctl_menu_promote(const struct ctl_call *call);
enum ctl_status ctl_menu_withdraw(const struct ctl_call *call);
enum ctl_status ctl_menu_funnel(const struct ctl_call *call);

#endif
