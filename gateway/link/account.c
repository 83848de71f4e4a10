#include "gateway/link/account.h"

#include "base/mem.h"

#include <assert.h>
#include <string.h>

enum { MAX_BINDS_DEFAULT = 4 };

void account_table_init(struct account_table *table, uint64_t seed)
{
    map_init(&table->by_system_id, seed);
}

static char *copy(const char *text)
{
    return text != NULL ? mem_strdup(text) : NULL;
}

static void clear_settings(struct account *a)
{
    mem_free_secret(a->password);
    mem_free_secret(a->password_hash);
    mem_free(a->allow);
}

void account_hold(struct account *a)
{
    a->holds++;
}

void account_release(struct account *a)
{
    assert(a->holds > 0);
    if (--a->holds != 0)
        return;
    assert(!a->is_configured && list_is_empty(&a->links));
    clear_settings(a);
    mem_free(a->numbers);
    mem_free(a->system_id);
    mem_free(a);
}

static void remove_account(struct account_table *table, struct account *a)
{
    map_remove(&table->by_system_id, &a->node);
    a->is_configured = false;
    account_release(a);
}

void account_table_fini(struct account_table *table)
{
    struct map_node *n;

    while ((n = map_first(&table->by_system_id)) != NULL)
        remove_account(table, MAP_ITEM(n, struct account, node));
    map_fini(&table->by_system_id);
}

/* ---- taking over settings ---- */

static bool is_same_text(const char *a, const char *b)
{
    return a == b || (a != NULL && b != NULL && strcmp(a, b) == 0);
}

static bool is_same_access(const struct account *a, const struct link_account_settings *s)
{
    return is_same_text(a->password, s->password) &&
           is_same_text(a->password_hash, s->password_hash) && a->allow_count == s->allow_count &&
           (s->allow_count == 0 ||
            memcmp(a->allow, s->allow, s->allow_count * sizeof(*s->allow)) == 0);
}

static void take_settings(struct account *a, const struct link_account_settings *s)
{
    a->password = copy(s->password);
    a->password_hash = copy(s->password_hash);
    a->allow_count = s->allow_count;
    a->allow = s->allow_count != 0 ? mem_dup(s->allow, s->allow_count * sizeof(*s->allow)) : NULL;
    a->max_binds = s->max_binds != 0 ? s->max_binds : MAX_BINDS_DEFAULT;
    a->in_rate.limit = s->in_tps;
    a->link = s->link;
    a->link.name = NULL;
}

static struct account *add_account(struct account_table *table,
                                   const struct link_account_settings *s)
{
    struct account *a = mem_zalloc(sizeof(*a));

    a->system_id = mem_strdup(s->system_id);
    a->is_configured = true;
    list_init(&a->links);
    take_settings(a, s);
    map_add(&table->by_system_id, &a->node, span_of_string(a->system_id));
    account_hold(a);
    return a;
}

static bool is_listed(const struct account *a, const struct link_account_settings *settings,
                      size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(a->system_id, settings[i].system_id) == 0)
            return true;
    return false;
}

static void remove_unlisted(struct account_table *table,
                            const struct link_account_settings *settings, size_t count,
                            void (*on_changed)(void *ctx, struct account *account), void *ctx)
{
    struct map_node *n = map_first(&table->by_system_id);

    while (n != NULL) {
        struct account *a = MAP_ITEM(n, struct account, node);

        n = map_next(&table->by_system_id, n);
        if (is_listed(a, settings, count))
            continue;
        account_hold(a);
        remove_account(table, a);
        on_changed(ctx, a);
        account_release(a);
    }
}

void account_table_set(struct account_table *table, const struct link_account_settings *settings,
                       size_t count, void (*on_changed)(void *ctx, struct account *account),
                       void *ctx)
{
    remove_unlisted(table, settings, count, on_changed, ctx);
    for (size_t i = 0; i < count; i++) {
        struct account *a = account_find(table, span_of_string(settings[i].system_id));
        bool is_same;

        assert(settings[i].password != NULL || settings[i].password_hash != NULL);
        if (a == NULL) {
            add_account(table, &settings[i]);
            continue;
        }
        is_same = is_same_access(a, &settings[i]);
        clear_settings(a);
        take_settings(a, &settings[i]);
        if (is_same)
            continue;
        a->access_changes++;
        on_changed(ctx, a);
    }
}

/* ---- numbers of binds ---- */

unsigned account_take_number(struct account *a)
{
    size_t word = 0;
    unsigned bit;

    while (word < a->number_words && a->numbers[word] == UINT64_MAX)
        word++;
    if (word == a->number_words) {
        a->numbers = mem_realloc_array(a->numbers, ++a->number_words, sizeof(a->numbers[0]));
        a->numbers[word] = 0;
    }
    bit = (unsigned)__builtin_ctzll(~a->numbers[word]);
    a->numbers[word] |= UINT64_C(1) << bit;
    return (unsigned)word * 64 + bit + 1;
}

void account_give_number(struct account *a, unsigned number)
{
    uint64_t bit = UINT64_C(1) << (number - 1) % 64;

    assert(number >= 1 && (a->numbers[(number - 1) / 64] & bit) != 0);
    a->numbers[(number - 1) / 64] &= ~bit;
}

/* ---- questions ---- */

struct account *account_find(const struct account_table *table, struct span system_id)
{
    struct map_node *n = map_find(&table->by_system_id, system_id);

    return n != NULL ? MAP_ITEM(n, struct account, node) : NULL;
}

bool account_allows(const struct account *a, const struct netaddr *peer)
{
    for (size_t i = 0; i < a->allow_count; i++)
        if (netblock_contains(&a->allow[i], peer))
            return true;
    return a->allow_count == 0;
}

bool account_table_allows(const struct account_table *table, const struct netaddr *peer)
{
    for (struct map_node *n = map_first(&table->by_system_id); n != NULL;
         n = map_next(&table->by_system_id, n))
        if (account_allows(MAP_ITEM(n, struct account, node), peer))
            return true;
    return false;
}
