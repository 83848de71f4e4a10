#include "gateway/ctl/shelf.h"

#include <assert.h>
#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "menus/load.h"
#include "merchants/programme.h"

enum { TRIES_MAX = 8, PREFIX_LEAST = 4 };

static void ignore_fault(void *arg, const struct menu_fault *fault)
{
    (void)arg;
    (void)fault;
}

static void ignore_source_fault(void *arg, const char *file, unsigned line, unsigned column,
                                const char *text)
{
    (void)arg;
    (void)file;
    (void)line;
    (void)column;
    (void)text;
}

static enum ctl_status load_list(struct shelf *s)
{
    size_t size;
    enum store_result result =
        hand_shared_load(s->hand, RELEASES_RECORD, &s->version, s->octets, &size);

    if (result != STORE_OK)
        return hand_complain(result);
    if (releases_decode(&s->releases, span_of(s->octets, size)))
        return CTL_DONE;
    ctl_complain("the list of menu versions was written by another program");
    return CTL_REFUSED;
}

struct shelf *shelf_open(const struct ctl_call *call, enum ctl_status *status)
{
    struct shelf *s = mem_zalloc(sizeof(*s));

    s->call = call;
    s->octets = mem_alloc(HAND_SHARED_BYTES);
    releases_init(&s->releases);
    *status = CTL_REFUSED;
    s->config = config_load(call->config, config_print_fault, stderr);
    if (s->config != NULL) {
        s->hand = hand_open(s->config, NULL);
        *status = s->hand != NULL ? load_list(s) : CTL_UNREACHABLE;
    }
    if (*status == CTL_DONE)
        return s;
    shelf_close(s);
    return NULL;
}

void shelf_close(struct shelf *s)
{
    releases_fini(&s->releases);
    hand_close(s->hand);
    config_free(s->config);
    mem_free(s->octets);
    mem_free(s);
}

/* The name of the only menu of the configuration, "" when it has several or their files cannot be
 * read now. */
static void configured_name(const struct shelf *s, char name[MENU_NAME_BYTES])
{
    name[0] = '\0';
    for (size_t i = 0; i < s->config->menu_count; i++) {
        struct menu *menu =
            menu_load_file(s->config->menus[i].file, &programme_vocabulary, ignore_fault, NULL);
        bool is_other = menu == NULL || (name[0] != '\0' && strcmp(name, menu_name(menu)) != 0);

        if (menu != NULL && !is_other)
            text_copy(name, MENU_NAME_BYTES, menu_name(menu));
        if (menu != NULL)
            menu_free(menu);
        if (is_other) {
            name[0] = '\0';
            return;
        }
    }
}

static const char *find_in_force(const struct shelf *s, const char *name)
{
    const struct release *release = releases_in_force(&s->releases, name);

    return release != NULL ? release->menu : NULL;
}

static unsigned count_in_force(const struct shelf *s, const char **last)
{
    unsigned count = 0;

    for (unsigned i = 0; i < s->releases.count; i++)
        if (s->releases.list[i].state == RELEASE_IN_FORCE) {
            *last = s->releases.list[i].menu;
            count++;
        }
    return count;
}

const char *shelf_menu(const struct shelf *s)
{
    const char *name = NULL;
    char configured[MENU_NAME_BYTES];
    unsigned count;

    if (s->call->menu != NULL) {
        name = find_in_force(s, s->call->menu);
        if (name == NULL)
            ctl_complain("no menu called %s is in force", s->call->menu);
        return name;
    }
    count = count_in_force(s, &name);
    if (count > 1) { /* of other configurations on this store, of former ones */
        configured_name(s, configured);
        name = find_in_force(s, configured);
    }
    if (name == NULL)
        ctl_complain(count > 1 ? "there are several menus: say which with --menu"
                               : "no menu is in force yet: has warungd run with this store?");
    return name;
}

bool shelf_knows(const struct shelf *s, const char *menu)
{
    for (unsigned i = 0; menu != NULL && i < s->releases.count; i++)
        if (strcmp(s->releases.list[i].menu, menu) == 0)
            return true;
    if (menu != NULL)
        ctl_complain("there is no menu %s: see warungctl menu versions", menu);
    return menu == NULL;
}

static bool is_hex(const char *word)
{
    return word[strspn(word, "0123456789abcdef")] == '\0' && strlen(word) >= PREFIX_LEAST;
}

const struct release *shelf_find(const struct shelf *s, const char *word)
{
    const struct release *found = NULL;
    char hex[RELEASES_HEX_BYTES];

    for (unsigned i = 0; is_hex(word) && i < s->releases.count; i++) {
        releases_hex(s->releases.list[i].id, hex);
        if (strncmp(hex, word, strlen(word)) != 0)
            continue;
        if (found != NULL) {
            ctl_complain("%s is the beginning of several versions", word);
            return NULL;
        }
        found = &s->releases.list[i];
    }
    if (found == NULL)
        ctl_complain("there is no version %s: see warungctl menu versions", word);
    return found;
}

static void print_fault(void *arg, const struct menu_fault *fault)
{
    const char *name = arg;

    if (!fault->is_warning)
        fprintf(stderr, "%s:%u:%u: %s\n", name != NULL ? name : fault->file, fault->line,
                fault->column, fault->text);
}

struct menu *shelf_load(struct shelf *s, const struct release *release)
{
    char key[RELEASES_KEY_BYTES];
    enum store_result result;
    uint64_t version;
    size_t size;
    struct menu *menu;

    releases_key(release->id, key);
    result = hand_shared_load(s->hand, key, &version, s->octets, &size);
    if (result != STORE_OK) {
        hand_complain(result);
        return NULL;
    }
    if (version == 0) {
        ctl_complain("version %s is not kept any more", key + strlen("menu:"));
        return NULL;
    }
    menu = menu_load_source(span_of(s->octets, size), &programme_vocabulary, print_fault, key);
    if (menu == NULL)
        ctl_complain("version %s does not pass the check", key + strlen("menu:"));
    return menu;
}

struct menu *shelf_load_word(struct shelf *s, const char *word)
{
    const struct release *release;

    if (access(word, F_OK) == 0 && (!is_hex(word) || strchr(word, '/') != NULL))
        return menu_load_file(word, &programme_vocabulary, print_fault, NULL);
    release = shelf_find(s, word);
    return release != NULL ? shelf_load(s, release) : NULL;
}

enum ctl_status shelf_keep(struct shelf *s, const struct menu *menu)
{
    char key[RELEASES_KEY_BYTES];
    enum store_result result;
    uint64_t version;
    size_t size;

    releases_key(menu_id(menu), key);
    result = hand_shared_load(s->hand, key, &version, s->octets, &size);
    if (result == STORE_OK)
        result = hand_shared_commit(s->hand, key, version, menu_source(menu), RELEASES_KEEP_S);
    /* A conflict: a gateway has just written the same. */
    return result == STORE_OK || result == STORE_CONFLICT ? CTL_DONE : hand_complain(result);
}

/* After a commit without an answer. What is there already is written once more: only a write makes
 * sure. STORE_CONFLICT: it is not there, and comes too late now. */
static enum store_result write_again(struct shelf *s, struct span written)
{
    enum store_result result = STORE_UNKNOWN;
    uint64_t before = s->version;
    size_t size;

    if (hand_await(s->hand) &&
        hand_shared_load(s->hand, RELEASES_RECORD, &s->version, s->octets, &size) == STORE_OK) {
        struct store_record now = {s->version, span_of(s->octets, size)};

        if (span_is_equal(now.data, written))
            result = hand_shared_commit(s->hand, RELEASES_RECORD, s->version, written, 0);
        else if (now.version <= before || store_is_next(before, &now))
            return STORE_CONFLICT;
    }
    return result == STORE_CONFLICT ? STORE_UNKNOWN : result; /* others have gone on from it */
}

static enum store_result write_list(struct shelf *s)
{
    uint8_t *octets = mem_alloc(RELEASES_BYTES_MAX);
    enum store_result result;
    struct writer w;

    writer_init(&w, octets, RELEASES_BYTES_MAX);
    releases_encode(&s->releases, &w);
    result = hand_shared_commit(s->hand, RELEASES_RECORD, s->version, writer_span(&w), 0);
    if (result == STORE_UNKNOWN)
        result = write_again(s, writer_span(&w));
    mem_free(octets);
    return result;
}

enum ctl_status shelf_change(struct shelf *s, shelf_change_fn *fn, void *arg)
{
    enum store_result result = STORE_CONFLICT;
    enum ctl_status status = CTL_DONE;

    for (unsigned tries = 0; tries < TRIES_MAX && result == STORE_CONFLICT; tries++) {
        if (tries > 0)
            status = load_list(s);
        if (status == CTL_DONE)
            status = fn(s, arg);
        if (status != CTL_DONE)
            return status;
        result = write_list(s);
    }
    return hand_complain(result);
}

/* NULL when it is not kept any more, or not good for this program. */
static struct menu *fetch(struct hand *hand, const struct release *release, uint8_t *octets)
{
    char key[RELEASES_KEY_BYTES];
    uint64_t version;
    size_t size;

    releases_key(release->id, key);
    if (hand_shared_load(hand, key, &version, octets, &size) != STORE_OK || version == 0)
        return NULL;
    return menu_load_source(span_of(octets, size), &programme_vocabulary, ignore_fault, NULL);
}

/* The name of a menu whose file has a fault: a line of its own, as a rule, and read without the
 * rest. */
static bool peek_name(const char *path, char name[MENU_NAME_BYTES])
{
    FILE *file = fopen(path, "r");
    char line[256];
    bool is_found = false;

    static_assert(MENU_NAME_BYTES == 32, "the width of the name");
    while (file != NULL && !is_found && fgets(line, sizeof(line), file) != NULL)
        is_found = sscanf(line, " menu %*1[=:] \"%31[A-Za-z0-9_-]\"", name) == 1;
    if (file != NULL)
        fclose(file);
    return is_found;
}

/* Whoever edits a file stops nobody's work: what is in force does for it. */
static struct menu *load_or_fetch(struct hand *hand, const struct releases *releases,
                                  const char *path, uint8_t *octets, bool *is_fetched)
{
    struct menu *menu = menu_load_file(path, &programme_vocabulary, ignore_fault, NULL);
    const struct release *release;
    char name[MENU_NAME_BYTES];

    if (menu != NULL || !peek_name(path, name))
        return menu;
    release = releases_in_force(releases, name);
    menu = release != NULL ? fetch(hand, release, octets) : NULL;
    *is_fetched |= menu != NULL;
    if (menu != NULL)
        ctl_complain("%s has a fault (warungctl menu check tells it): the version in force is used",
                     path);
    return menu;
}

/* No file has a fault, and together they have: two of one name. */
static void complain_of_all(const struct config *config, struct router *router)
{
    if (setup_load_menus(router, config, ctl_print_fault, stderr))
        return;
    ctl_complain("no gateway takes these menu files together; this command goes on with them");
}

static bool take_menus(struct hand *hand, const struct config *config,
                       const struct releases *releases, uint8_t *octets, struct router *router)
{
    struct menu **menus;
    size_t count = 0;
    bool is_fetched = false;

    if (setup_load_menus(router, config, ignore_source_fault, NULL))
        return true;
    menus = mem_zalloc((config->menu_count + 1) * sizeof(*menus));
    while (count < config->menu_count &&
           (menus[count] =
                load_or_fetch(hand, releases, config->menus[count].file, octets, &is_fetched)))
        count++;
    if (count == config->menu_count) {
        if (!is_fetched)
            complain_of_all(config, router);
        router_take(router, config, menus);
    }
    for (size_t i = 0; count < config->menu_count && i < count; i++)
        menu_free(menus[i]);
    mem_free(menus);
    return count == config->menu_count || setup_load_menus(router, config, ctl_print_fault, stderr);
}

static void apply(struct hand *hand, const struct releases *releases, uint8_t *octets,
                  struct router *router)
{
    const struct menu *file;

    for (unsigned i = 0; (file = router_file_at(router, i)) != NULL; i++) {
        const struct release *release = releases_in_force(releases, menu_name(file));
        struct menu *menu = release != NULL && !router_has_version(router, release->id)
                                ? fetch(hand, release, octets)
                                : NULL;

        if (menu != NULL)
            router_add_version(router, menu);
    }
    router_apply(router, releases);
}

bool shelf_route(struct hand *hand, const struct config *config, struct router *router)
{
    uint8_t *octets = mem_alloc(HAND_SHARED_BYTES);
    struct releases *releases = mem_zalloc(sizeof(*releases));
    uint64_t version;
    size_t size;
    bool has_list = hand_shared_load(hand, RELEASES_RECORD, &version, octets, &size) == STORE_OK &&
                    releases_decode(releases, span_of(octets, size));
    bool has_menus = take_menus(hand, config, releases, octets, router);

    if (has_menus && has_list)
        apply(hand, releases, octets, router);
    releases_fini(releases);
    mem_free(releases);
    mem_free(octets);
    return has_menus;
}
