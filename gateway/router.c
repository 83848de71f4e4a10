#include "gateway/router.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "gateway/carrier.h"

/* Old and new routes together (each: file, in force, on trial), which a reload must never drop, and
 * what is kept beside them. */
#define ROOM (6 * (size_t)CONFIG_MENUS_MAX)
static_assert((size_t)ROUTER_VERSIONS_MAX < ROOM, "room for those kept");

typedef char code_text[ROUTER_CODE_BYTES];

struct route {
    /* Each is one of the versions. */
    struct menu *menu;  /* in force */
    struct menu *file;  /* as the file has it */
    struct menu *trial; /* NULL: none */
    struct release trial_rule;
    code_text *codes;
    size_t code_count;
    code_text *sms;
    size_t sms_count;
    code_text *peers;
    size_t peer_count; /* 0 = for all */
    bool is_default;
};

/* A code that is dialled through a peer, be it of a menu or not. */
struct carried {
    code_text peer, code;
};

struct router {
    struct route *routes;
    size_t route_count;
    struct carried *carried;
    size_t carried_count;
    struct menu *versions[ROOM]; /* oldest first; routes point into it */
    unsigned version_count;
};

struct router *router_new(void)
{
    return mem_zalloc(sizeof(struct router));
}

static void end_trial(struct route *route)
{
    mem_free(route->trial_rule.numbers);
    route->trial_rule = (struct release){.numbers = NULL};
    route->trial = NULL;
}

static void free_routes(struct route *routes, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        end_trial(&routes[i]);
        mem_free(routes[i].codes);
        mem_free(routes[i].sms);
        mem_free(routes[i].peers);
    }
    mem_free(routes);
}

void router_free(struct router *r)
{
    free_routes(r->routes, r->route_count);
    mem_free(r->carried);
    for (unsigned i = 0; i < r->version_count; i++)
        menu_free(r->versions[i]);
    mem_free(r);
}

static code_text *copy_codes(const struct config_strings *from)
{
    code_text *codes = mem_zalloc((from->count + 1) * sizeof(*codes));

    for (size_t i = 0; i < from->count; i++)
        text_copy(codes[i], sizeof(codes[i]), from->items[i]);
    return codes;
}

static void carry(struct carried **carried, size_t *count, const char *peer,
                  const struct config_strings *codes)
{
    *carried = mem_realloc_array(*carried, *count + codes->count + 1, sizeof(**carried));
    for (size_t i = 0; i < codes->count; i++) {
        struct carried *c = &(*carried)[(*count)++];

        text_copy(c->peer, sizeof(c->peer), peer);
        text_copy(c->code, sizeof(c->code), codes->items[i]);
    }
}

static size_t list_carried(const struct config *config, struct carried **carried)
{
    const struct config_partners *p = &config->partners;
    size_t count = 0;

    for (size_t i = 0; i < config->smsc_count; i++)
        carry(carried, &count, config->smsc[i].name, &config->smsc[i].codes);
    for (size_t i = 0; i < p->account_count; i++)
        carry(carried, &count, p->accounts[i].system_id, &p->accounts[i].codes);
    return count;
}

static struct menu *find_version(const struct router *r, const uint8_t *id)
{
    for (unsigned i = r->version_count; i-- > 0;)
        if (menu_id_is(r->versions[i], id))
            return r->versions[i];
    return NULL;
}

static bool is_needed(const struct route *routes, size_t count, const struct menu *menu)
{
    for (size_t i = 0; i < count; i++)
        if (routes[i].menu == menu || routes[i].file == menu || routes[i].trial == menu)
            return true;
    return false;
}

/* Lets the oldest versions go that neither the routes need nor those that will follow them; never
 * the newest, which whoever brought it is about to use. */
static void drop_oldest(struct router *r, const struct route *next, size_t next_count)
{
    for (unsigned i = 0; r->version_count > ROUTER_VERSIONS_MAX && i + 1 < r->version_count;) {
        if (is_needed(r->routes, r->route_count, r->versions[i]) ||
            is_needed(next, next_count, r->versions[i])) {
            i++;
            continue;
        }
        menu_free(r->versions[i]);
        memmove(&r->versions[i], &r->versions[i + 1],
                (r->version_count - i - 1) * sizeof(r->versions[0]));
        r->version_count--;
    }
}

/* Takes a freshly loaded menu in, or lets it go for the equal version that is there. */
static struct menu *keep_version(struct router *r, struct menu *menu)
{
    struct menu *known = find_version(r, menu_id(menu));

    if (known != NULL) {
        menu_free(menu);
        return known;
    }
    assert(r->version_count < ROOM);
    r->versions[r->version_count++] = menu;
    return menu;
}

const struct menu *router_version(const struct router *r, const uint8_t id[MENU_ID_BYTES])
{
    return find_version(r, id);
}

bool router_has_version(const struct router *r, const uint8_t id[MENU_ID_BYTES])
{
    return find_version(r, id) != NULL;
}

void router_add_version(struct router *r, struct menu *menu)
{
    keep_version(r, menu);
    drop_oldest(r, NULL, 0);
}

/* Versions are kept by the menu's name: two menus of one name would take turns. */
static bool have_names_of_their_own(const struct config *config, struct menu **menus,
                                    menu_fault_fn *on_fault, void *arg)
{
    for (size_t i = 0; i < config->menu_count; i++)
        for (size_t j = 0; j < i; j++) {
            char text[512];
            struct menu_fault fault = {.file = config->menus[i].file, .line = 1, .text = text};

            if (strcmp(menu_name(menus[i]), menu_name(menus[j])) != 0 ||
                menu_id_is(menus[i], menu_id(menus[j])))
                continue;
            snprintf(text, sizeof(text),
                     "%.200s is a menu called %s too: give one of them another name",
                     config->menus[j].file, menu_name(menus[i]));
            on_fault(arg, &fault);
            return false;
        }
    return true;
}

/* Shown is the first that serves what was dialled: router_shown_code(). */
static bool is_shown(const struct config_strings *codes, size_t at)
{
    for (size_t i = 0; i < at; i++)
        if (carrier_serves(codes->items[i], codes->items[at]))
            return false;
    return true;
}

/* A part of a code would be dialled in vain. */
static bool is_code_shown_whole(const struct config_menu *m, const struct menu *menu,
                                const char *code, menu_fault_fn *on_fault, void *arg)
{
    struct menu_fault fault = {.file = m->place.file, .line = m->place.line};
    size_t size = strlen(code);
    char text[512];

    if (size <= menu_code_max(menu))
        return true;
    snprintf(text, sizeof(text),
             "the texts of %.300s show %u characters of %.40s: let its code_max be %zu", m->file,
             menu_code_max(menu), code, size);
    fault.text = text;
    on_fault(arg, &fault);
    return false;
}

static bool are_codes_shown_whole(const struct config_menu *m, const struct menu *menu,
                                  menu_fault_fn *on_fault, void *arg)
{
    const struct config_strings *codes = m->codes.count > 0 ? &m->codes : &m->sms;

    for (size_t i = 0; i < codes->count; i++)
        if (is_shown(codes, i) && !is_code_shown_whole(m, menu, codes->items[i], on_fault, arg))
            return false;
    return true;
}

static bool is_of_a_menu(const struct config *config, const char *code)
{
    for (size_t i = 0; i < config->menu_count; i++)
        for (size_t k = 0; k < config->menus[i].codes.count; k++)
            if (carrier_serves(config->menus[i].codes.items[k], code))
                return true;
    return false;
}

static bool is_among(const struct config_strings *peers, const char *peer)
{
    for (size_t i = 0; i < peers->count; i++)
        if (strcmp(peers->items[i], peer) == 0)
            return true;
    return peers->count == 0;
}

/* Of a default menu without codes of its own those are shown that its peers carry and no menu
 * names, to who writes to it, too: router_shown_code(). */
static bool are_all_shown_whole(const struct config *config, const struct config_menu *m,
                                const struct menu *menu, menu_fault_fn *on_fault, void *arg)
{
    struct carried *carried = NULL;
    size_t count = m->is_default && m->codes.count == 0 ? list_carried(config, &carried) : 0;
    bool has_dial = false, all = true;

    for (size_t i = 0; i < count && all; i++) {
        const struct carried *c = &carried[i];

        if (c->code[0] != '*' || !is_among(&m->peers, c->peer) || is_of_a_menu(config, c->code))
            continue;
        has_dial = true;
        all = is_code_shown_whole(m, menu, c->code, on_fault, arg);
    }
    mem_free(carried);
    return all && (has_dial || are_codes_shown_whole(m, menu, on_fault, arg));
}

/* A number has one draft, and its answers are those of all menus. */
static void warn_of_drafts(const struct config *config, struct menu **menus, size_t i, size_t j,
                           menu_fault_fn *on_fault, void *arg)
{
    const char *file = config->menus[i].file, *shared = menu_shared_answer(menus[i], menus[j]);
    char text[512];
    struct menu_fault fault = {
        .file = config->menus[j].file, .line = 1, .text = text, .is_warning = true};

    if (!menu_begins_drafts(menus[i]) || menu_id_is(menus[i], menu_id(menus[j])))
        return;
    if (menu_begins_drafts(menus[j]))
        snprintf(text, sizeof(text),
                 "%.200s begins drafts, too: a number has one, which both go on with", file);
    else if (shared != NULL)
        snprintf(text, sizeof(text),
                 "a draft of %.200s has an answer %s, too: take another name, or one is taken for "
                 "the other",
                 file, shared);
    else
        return;
    on_fault(arg, &fault);
}

/* The menu forgets a draft at the one age, timers and the record's expiry drop it at the other, of
 * which one SMS tells the day. A menu that owes none may forget its drafts before. */
static void warn_of_two_ages(const struct config *config, size_t i, const struct menu *menu,
                             menu_fault_fn *on_fault, void *arg)
{
    unsigned menu_s = (unsigned)(menu_draft_ms(menu) / 1000), ttl_s = config->turn.draft_ttl_s;
    char text[256];
    struct menu_fault fault = {
        .file = config->menus[i].file, .line = 1, .text = text, .is_warning = true};

    if (!menu_begins_drafts(menu) || menu_s == ttl_s ||
        (menu_s < ttl_s && !menu_has_text(menu, "SMS_NUDGE")))
        return;
    snprintf(text, sizeof(text),
             "draft_days is %u, and turn.draft_ttl_s %u: a draft goes at the shorter of them, "
             "whatever texts say; make the latter %u",
             menu_s / 86400, ttl_s, menu_s);
    on_fault(arg, &fault);
}

/* It would swallow what people send to its numbers. */
static void warn_of_silence(const struct config_menu *m, const struct menu *menu,
                            menu_fault_fn *on_fault, void *arg)
{
    char text[512];
    struct menu_fault fault = {
        .file = m->place.file, .line = m->place.line, .text = text, .is_warning = true};

    if (m->sms.count == 0 || menu_says_sms(menu))
        return;
    snprintf(text, sizeof(text), "SMS to %s get no answer: %.400s has no sms = { ... }",
             m->sms.items[0], m->file);
    on_fault(arg, &fault);
}

/* A file that is not there is a fault of the line that names it. */
static bool is_readable(const struct config_menu *m, menu_fault_fn *on_fault, void *arg)
{
    struct menu_fault fault = {.file = m->place.file, .line = m->place.line};
    char text[512];

    if (access(m->file, R_OK) == 0)
        return true;
    snprintf(text, sizeof(text), "cannot read the menu %.400s: %s", m->file, strerror(errno));
    fault.text = text;
    on_fault(arg, &fault);
    return false;
}

static struct menu **load_all(const struct config *config, const struct menu_vocabulary *vocabulary,
                              menu_fault_fn *on_fault, void *arg)
{
    struct menu **menus = mem_zalloc((config->menu_count + 1) * sizeof(*menus));
    bool all = true;

    /* Every file is tried, so that one run reports the faults of all. */
    for (size_t i = 0; i < config->menu_count; i++) {
        if (is_readable(&config->menus[i], on_fault, arg))
            menus[i] = menu_load_file(config->menus[i].file, vocabulary, on_fault, arg);
        all = all && menus[i] != NULL;
    }
    for (size_t i = 0; i < config->menu_count && all; i++)
        all = are_all_shown_whole(config, &config->menus[i], menus[i], on_fault, arg);
    if (all && have_names_of_their_own(config, menus, on_fault, arg)) {
        for (size_t i = 0; i < config->menu_count; i++) {
            for (size_t j = 0; j < config->menu_count; j++)
                if (i != j)
                    warn_of_drafts(config, menus, i, j, on_fault, arg);
            warn_of_two_ages(config, i, menus[i], on_fault, arg);
            warn_of_silence(&config->menus[i], menus[i], on_fault, arg);
        }
        return menus;
    }
    for (size_t i = 0; i < config->menu_count; i++)
        if (menus[i] != NULL)
            menu_free(menus[i]);
    mem_free(menus);
    return NULL;
}

void router_take(struct router *r, const struct config *config, struct menu *const *menus)
{
    struct route *routes = mem_zalloc((config->menu_count + 1) * sizeof(*routes));

    for (size_t i = 0; i < config->menu_count; i++) {
        const struct config_menu *m = &config->menus[i];
        struct menu *menu = keep_version(r, menus[i]);

        routes[i] = (struct route){.menu = menu,
                                   .file = menu,
                                   .codes = copy_codes(&m->codes),
                                   .code_count = m->codes.count,
                                   .sms = copy_codes(&m->sms),
                                   .sms_count = m->sms.count,
                                   .peers = copy_codes(&m->peers),
                                   .peer_count = m->peers.count,
                                   .is_default = m->is_default};
    }
    r->carried_count = list_carried(config, &r->carried);
    drop_oldest(r, routes, config->menu_count);
    free_routes(r->routes, r->route_count);
    r->routes = routes;
    r->route_count = config->menu_count;
}

bool router_load(struct router *r, const struct config *config,
                 const struct menu_vocabulary *vocabulary, menu_fault_fn *on_fault, void *arg)
{
    struct menu **menus = load_all(config, vocabulary, on_fault, arg);

    if (menus == NULL)
        return false;
    router_take(r, config, menus);
    mem_free(menus);
    return true;
}

static bool is_for(const struct route *route, const char *peer)
{
    if (route->peer_count == 0 || peer[0] == '\0')
        return true;
    for (size_t i = 0; i < route->peer_count; i++)
        if (strcmp(route->peers[i], peer) == 0)
            return true;
    return false;
}

/* The longest of the route's codes that serves this one; NULL = none. */
static const char *longest_code(const struct route *route, const char *code, bool is_sms)
{
    const code_text *codes = is_sms ? route->sms : route->codes;
    size_t count = is_sms ? route->sms_count : route->code_count;
    const char *longest = NULL;

    for (size_t i = 0; i < count; i++)
        if (carrier_serves(codes[i], code) &&
            (longest == NULL || strlen(codes[i]) > strlen(longest)))
            longest = codes[i];
    return longest;
}

/* The route that names the code; the longest, so that "*384*5#" may have a menu of its own beside
 * "*384#"; of two alike the one that names the peer. NULL when none does. */
static const struct route *find_named(const struct router *r, const char *peer, const char *code,
                                      bool is_sms)
{
    const struct route *best = NULL;
    size_t best_length = 0;

    for (size_t i = 0; i < r->route_count; i++) {
        const struct route *route = &r->routes[i];
        const char *own = is_for(route, peer) ? longest_code(route, code, is_sms) : NULL;
        size_t length = own != NULL ? strlen(own) : 0;

        if (length == 0 || length < best_length ||
            (length == best_length && (best->peer_count > 0 || route->peer_count == 0)))
            continue;
        best = route;
        best_length = length;
    }
    return best;
}

static const struct route *find_default(const struct router *r, const char *peer)
{
    for (size_t i = 0; i < r->route_count; i++)
        if (r->routes[i].is_default && is_for(&r->routes[i], peer))
            return &r->routes[i];
    return NULL;
}

/* Named for its own kind, else for the other (a dial may come in with the bare number as its
 * address), else the default. */
static const struct route *find_route(const struct router *r, const char *peer, const char *code,
                                      bool is_sms)
{
    const struct route *route = find_named(r, peer, code, is_sms);

    if (route == NULL)
        route = find_named(r, peer, code, !is_sms);
    return route != NULL ? route : find_default(r, peer);
}

const struct menu *router_find(const struct router *r, const char *peer, const char *code,
                               bool is_sms, const uint8_t *id, const char *msisdn)
{
    static const uint8_t none[MENU_ID_BYTES];
    const struct route *route;

    if (id != NULL && memcmp(id, none, MENU_ID_BYTES) != 0)
        return find_version(r, id);
    route = find_route(r, peer, code, is_sms);
    if (route != NULL && route->trial != NULL && msisdn != NULL &&
        release_is_for(&route->trial_rule, msisdn))
        return route->trial;
    return route != NULL ? route->menu : NULL;
}

const char *router_service_code(const struct router *r, const char *peer, const char *dialled,
                                const char *code)
{
    const struct route *route = find_named(r, peer, dialled, false);
    const char *longest = NULL;

    if (route != NULL)
        return longest_code(route, dialled, false);
    if (find_named(r, peer, code, false) != NULL || find_named(r, peer, code, true) != NULL)
        return NULL;
    /* The default's: "*123*7#" may be all of a code, not 7 on "*123#". */
    for (size_t i = 0; i < r->carried_count; i++)
        if (strcmp(r->carried[i].peer, peer) == 0 && carrier_serves(r->carried[i].code, dialled) &&
            (longest == NULL || strlen(r->carried[i].code) > strlen(longest)))
            longest = r->carried[i].code;
    return longest;
}

const struct menu *router_find_any(const struct router *r, const char *code)
{
    const struct route *route = find_route(r, "", code, false);

    return route != NULL ? route->menu : NULL;
}

/* What is dialled for a default menu without codes of its own, by who is known by SMS: the first
 * code that one of its peers carries and no menu names. */
static const char *dialled_for_default(const struct router *r, const struct route *route,
                                       const char *code)
{
    for (size_t i = 0; i < r->carried_count && code[0] != '*'; i++) {
        const struct carried *c = &r->carried[i];

        if (c->code[0] == '*' && is_for(route, c->peer) &&
            find_named(r, "", c->code, false) == NULL)
            return c->code;
    }
    return code;
}

const char *router_shown_code(const struct router *r, const char *code)
{
    const struct route *route = find_route(r, "", code, false);

    if (route == NULL || route->code_count == 0)
        return route != NULL && route->is_default ? dialled_for_default(r, route, code) : code;
    for (size_t i = 0; i < route->code_count; i++)
        if (carrier_serves(route->codes[i], code))
            return route->codes[i];
    return route->codes[0];
}

const struct menu *router_find_text(const struct router *r, const char *text, const char **code)
{
    for (size_t i = 0; i < r->route_count; i++) {
        const struct route *route = &r->routes[i];

        if (!menu_has_text(route->menu, text))
            continue;
        *code = route->code_count > 0 ? route->codes[0] : route->sms_count > 0 ? route->sms[0] : "";
        if (route->is_default && route->code_count == 0)
            *code = dialled_for_default(r, route, *code);
        return route->menu;
    }
    return NULL;
}

void router_sms_source(const struct router *r, const char *code, char source[ROUTER_CODE_BYTES])
{
    const struct route *route = find_route(r, "", code, false);
    size_t size = 0;

    if (route != NULL && route->sms_count > 0) {
        const code_text *sms = route->sms;

        assert(sms != NULL);
        for (size_t i = 0; i < route->sms_count; i++)
            if (strcmp(route->sms[i], code) == 0)
                sms = &route->sms[i]; /* an SMS is answered from the number it was sent to */
        text_copy(source, ROUTER_CODE_BYTES, *sms);
        return;
    }
    for (; *code != '\0' && size + 1 < ROUTER_CODE_BYTES; code++)
        if (*code >= '0' && *code <= '9')
            source[size++] = *code;
    source[size] = '\0';
}

const struct menu *router_at(const struct router *r, unsigned index)
{
    return index < r->route_count ? r->routes[index].menu : NULL;
}

const struct menu *router_file_at(const struct router *r, unsigned index)
{
    return index < r->route_count ? r->routes[index].file : NULL;
}

const struct menu *router_trial_at(const struct router *r, unsigned index)
{
    return index < r->route_count ? r->routes[index].trial : NULL;
}

/* The numbers are the route's own copy. */
static void begin_trial(struct route *route, struct menu *menu, const struct release *rule)
{
    route->trial = menu;
    route->trial_rule = *rule;
    route->trial_rule.numbers =
        rule->number_count > 0 ? mem_dup(rule->numbers, rule->number_count * sizeof(*rule->numbers))
                               : NULL;
}

void router_apply(struct router *r, const struct releases *releases)
{
    for (size_t i = 0; i < r->route_count; i++) {
        struct route *route = &r->routes[i];
        const char *name = menu_name(route->file);
        const struct release *in_force = releases_in_force(releases, name);
        const struct release *trial = releases_on_trial(releases, name);
        struct menu *menu = in_force != NULL ? find_version(r, in_force->id) : NULL;

        if (menu != NULL)
            route->menu = menu;
        end_trial(route);
        menu = trial != NULL ? find_version(r, trial->id) : NULL;
        if (menu != NULL)
            begin_trial(route, menu, trial);
    }
}

unsigned router_version_count(const struct router *r)
{
    return r->version_count;
}
