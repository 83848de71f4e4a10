/*
 * Partner accounts of a server: who may bind, from where, how often.
 *
 * An account lives as long as it is configured or something holds on to it (a bound link, a
 * password being checked).
 */
#ifndef WARUNG_LINK_ACCOUNT_H
#define WARUNG_LINK_ACCOUNT_H

#include "base/map.h"
#include "gateway/link/link_private.h"
#include "gateway/link/server.h"

struct account {
    struct map_node node; /* by system_id */
    unsigned holds;
    bool is_configured;
    bool is_closed; /* by an operator, for a while */
    char *system_id;
    char *password;
    char *password_hash;
    struct netblock *allow;
    size_t allow_count;
    unsigned access_changes; /* of credentials and addresses: how often they did */
    unsigned max_binds;
    struct link_in_rate in_rate;
    struct link_settings link; /* its name is not set */
    struct list links;         /* bound */
    uint64_t *numbers;         /* one bit for each number that a bind has, the lowest is 1 */
    size_t number_words;
};

struct account_table {
    struct map by_system_id;
};

void account_table_init(struct account_table *table, uint64_t seed);
void account_table_fini(struct account_table *table);
/* Takes over these accounts; for each that went or whose credentials or addresses changed,
 * on_changed is called (it is still there during the call). */
void account_table_set(struct account_table *table, const struct link_account_settings *settings,
                       size_t count, void (*on_changed)(void *ctx, struct account *account),
                       void *ctx);
/* NULL when there is none. */
struct account *account_find(const struct account_table *table, struct span system_id);
bool account_allows(const struct account *account, const struct netaddr *peer);
/* Some account allows this address. */
bool account_table_allows(const struct account_table *table, const struct netaddr *peer);

/* The smallest free number, 1 and up: names of links, and of their metrics, stay few. */
unsigned account_take_number(struct account *account);
void account_give_number(struct account *account, unsigned number);

void account_hold(struct account *account);
void account_release(struct account *account);

#endif
