/*
 * warungctl menu versions | rollback | canary | promote | withdraw: on the list in the store, which
 * every gateway follows.
 */
#include <jansson.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/isotime.h"
#include "base/mem.h"
#include "gateway/ctl/access.h"
#include "gateway/ctl/daemon.h"
#include "gateway/ctl/shelf.h"
#include "gateway/ctl/table.h"
#include "merchants/msisdn.h"

/* What a command decided, to be told. */
struct decision {
    const struct ctl_call *call;
    const char *word; /* a version; NULL = not given */
    char chosen[RELEASES_HEX_BYTES];
    struct menu *loaded;
    char numbers[RELEASES_NUMBERS_MAX][RELEASES_MSISDN_BYTES];
    unsigned number_count;
    char menu[MENU_NAME_BYTES];
    uint8_t id[MENU_ID_BYTES];
    const char *state;
    char by[JOURNAL_WORD_BYTES]; /* who decided */
    char told[256];
    bool is_done_already; /* by what was read: the list is written as it is, to be sure */
};

/* ---- versions ---- */

/* The word of the gateway that runs here alone: what waits on each screen, what serves new dials.
 * NULL: none runs here. */
struct here {
    json_t *funnel, *status;
};

static struct here ask_here(const struct shelf *s)
{
    enum ctl_status status;
    struct here here = {NULL, NULL};

    if (access(s->config->control, F_OK) != 0)
        return here;
    here.funnel = ctl_ask(s->call, "/api/v1/menus/funnel", NULL, &status);
    if (here.funnel != NULL)
        here.status = ctl_ask(s->call, "/api/v1/status", NULL, &status);
    return here;
}

/* Is it in force, and the gateway here cannot load it? */
static bool is_passed_over(const struct here *here, const char *version)
{
    size_t index;
    json_t *menu;

    json_array_foreach(json_object_get(here->status, "menus"), index, menu)
    {
        if (strcmp(ctl_text(menu, "in_force"), version) == 0)
            return true;
    }
    return false;
}

static long long count_dialogues(const json_t *funnel, const char *version)
{
    long long count = 0;
    size_t index;
    json_t *row;

    json_array_foreach(funnel, index, row)
    {
        if (strcmp(ctl_text(row, "version"), version) == 0)
            count += ctl_number(row, "waiting");
    }
    return count;
}

static json_t *describe(const struct release *release, const struct here *here)
{
    static const char *const words[] = {"in_force", "on_trial", "superseded", "taken_back"};
    char hex[RELEASES_HEX_BYTES], since[ISOTIME_BYTES];
    json_t *json;

    releases_hex(release->id, hex);
    isotime_format(release->since_ms, since);
    json = json_pack("{s:s, s:s, s:s, s:s, s:s}", "menu", release->menu, "version", hex, "state",
                     words[release->state], "since", since, "by", release->by);
    if (release->state == RELEASE_ON_TRIAL) {
        json_object_set_new(json, "percent", json_integer(release->percent));
        json_object_set_new(json, "numbers", json_integer(release->number_count));
    }
    if (here->funnel != NULL)
        json_object_set_new(json, "dialogues", json_integer(count_dialogues(here->funnel, hex)));
    if (here->status != NULL && release->state == RELEASE_IN_FORCE)
        json_object_set_new(json, "is_loaded_here", json_boolean(!is_passed_over(here, hex)));
    return json;
}

static void add_row(struct table *t, const struct release *release, const struct here *here)
{
    char hex[RELEASES_HEX_BYTES], since[ISOTIME_BYTES], state[64], dialogues[24] = "";

    releases_hex(release->id, hex);
    isotime_format(release->since_ms, since);
    text_copy(state, sizeof(state), release_state_name(release->state));
    if (release->state == RELEASE_ON_TRIAL)
        snprintf(state, sizeof(state), "on trial: %u %%, %u numbers", release->percent,
                 release->number_count);
    if (is_passed_over(here, hex))
        text_copy(state, sizeof(state), "in force, cannot be loaded here");
    if (here->funnel != NULL)
        snprintf(dialogues, sizeof(dialogues), "%lld", count_dialogues(here->funnel, hex));
    table_add(t, (const char *const[]){release->menu, hex, state, since, release->by, dialogues});
}

static bool is_asked_for(const struct ctl_call *call, const struct release *release)
{
    return call->menu == NULL || strcmp(call->menu, release->menu) == 0;
}

static enum ctl_status print_versions(const struct shelf *s)
{
    const struct ctl_call *call = s->call;
    struct table *t;
    struct here here;
    json_t *list;

    if (!shelf_knows(s, call->menu))
        return CTL_REFUSED;
    here = ask_here(s);
    t = table_new(
        (const char *const[]){"MENU", "VERSION", "STATE", "SINCE", "BY", "DIALOGUES HERE", NULL});
    list = json_array();
    for (unsigned i = 0; i < s->releases.count; i++) {
        if (!is_asked_for(call, &s->releases.list[i]))
            continue;
        json_array_append_new(list, describe(&s->releases.list[i], &here));
        add_row(t, &s->releases.list[i], &here);
    }
    if (call->is_json) {
        ctl_print_json(list);
        table_free(t);
    } else {
        table_print(t);
    }
    json_decref(here.funnel);
    json_decref(here.status);
    json_decref(list);
    return CTL_DONE;
}

enum ctl_status ctl_menu_versions(const struct ctl_call *call)
{
    enum ctl_status status;
    struct shelf *s = shelf_open(call, &status);

    if (s == NULL)
        return status;
    status = print_versions(s);
    shelf_close(s);
    return status;
}

/* ---- decisions ---- */

static void note(struct decision *d, const char *menu, const uint8_t *id, const char *state)
{
    char name[MENU_NAME_BYTES];

    text_copy(name, sizeof(name), menu);
    text_copy(d->menu, sizeof(d->menu), name);
    memcpy(d->id, id, MENU_ID_BYTES);
    d->state = state;
}

/* The version given, or `otherwise`; NULL: told. */
static const struct release *choose(struct shelf *s, const struct decision *d,
                                    const struct release *otherwise, const char *none)
{
    const struct release *chosen = d->word != NULL ? shelf_find(s, d->word) : otherwise;

    if (chosen == NULL && d->word == NULL)
        ctl_complain("%s", none);
    return chosen;
}

/* Only what passes the check now comes into force, whatever it was once. */
static bool passes(struct shelf *s, const struct release *release)
{
    struct menu *menu = shelf_load(s, release);

    if (menu == NULL)
        return false;
    menu_free(menu);
    return true;
}

/* Which one it is stays as it was chosen first: by then the list may have it in force, by another
 * admin or by a try of ours that was heard of late, and a rollback would go another step back. */
static enum ctl_status put_in_force(struct shelf *s, struct decision *d,
                                    const struct release *chosen, enum release_state leaves_as)
{
    if (chosen == NULL)
        return CTL_REFUSED;
    note(d, chosen->menu, chosen->id, "in_force");
    d->is_done_already = chosen->state == RELEASE_IN_FORCE;
    if (d->is_done_already)
        return CTL_DONE;
    if (!passes(s, chosen))
        return CTL_REFUSED;
    releases_hex(d->id, d->chosen);
    d->word = d->chosen;
    releases_put_in_force(&s->releases, d->menu, d->id, leaves_as, d->by, clock_wall_ms());
    return CTL_DONE;
}

/* The menu of a word's version, else the one that is meant. */
static const char *menu_meant(struct shelf *s, const struct decision *d)
{
    return d->word == NULL ? shelf_menu(s) : "";
}

static enum ctl_status roll_back(struct shelf *s, void *arg)
{
    struct decision *d = arg;
    const char *menu = menu_meant(s, d);
    const struct release *trial;
    enum ctl_status status;

    if (menu == NULL)
        return CTL_REFUSED;
    status = put_in_force(s, d,
                          choose(s, d, releases_last_good(&s->releases, menu),
                                 "no earlier good version of this menu is kept"),
                          RELEASE_TAKEN_BACK);
    trial = status == CTL_DONE ? releases_on_trial(&s->releases, d->menu) : NULL;
    if (trial != NULL)
        snprintf(d->told, sizeof(d->told),
                 "A version is on trial beside it: warungctl menu withdraw ends that.\n");
    return status;
}

static enum ctl_status promote(struct shelf *s, void *arg)
{
    struct decision *d = arg;
    const char *menu = menu_meant(s, d);

    if (menu == NULL)
        return CTL_REFUSED;
    return put_in_force(
        s, d,
        choose(s, d, releases_on_trial(&s->releases, menu), "no version of this menu is on trial"),
        RELEASE_SUPERSEDED);
}

static enum ctl_status withdraw(struct shelf *s, void *arg)
{
    struct decision *d = arg;
    const char *menu = shelf_menu(s);
    const struct release *trial = menu != NULL ? releases_on_trial(&s->releases, menu) : NULL;

    if (trial == NULL) {
        if (menu != NULL)
            ctl_complain("no version of %s is on trial", menu);
        return CTL_REFUSED;
    }
    note(d, trial->menu, trial->id, "taken_back");
    releases_withdraw(&s->releases, d->menu, d->by, clock_wall_ms());
    return CTL_DONE;
}

static enum ctl_status begin_trial(struct shelf *s, void *arg)
{
    struct decision *d = arg;
    const struct release *in_force = releases_in_force(&s->releases, menu_name(d->loaded));

    if (in_force == NULL) {
        ctl_complain("no version of a menu called %s is in force: there is nothing to try it "
                     "beside",
                     menu_name(d->loaded));
        return CTL_REFUSED;
    }
    if (menu_id_is(d->loaded, in_force->id)) {
        ctl_complain("that version is in force already");
        return CTL_REFUSED;
    }
    note(d, menu_name(d->loaded), menu_id(d->loaded), "on_trial");
    releases_try(&s->releases, d->menu, d->id, d->call->percent,
                 (const char(*)[RELEASES_MSISDN_BYTES])d->numbers, d->number_count, d->by,
                 clock_wall_ms());
    return CTL_DONE;
}

static void tell(const struct decision *d)
{
    char hex[RELEASES_HEX_BYTES];

    releases_hex(d->id, hex);
    if (d->call->is_json) {
        printf("{\"menu\":\"%s\",\"version\":\"%s\",\"state\":\"%s\"}\n", d->menu, hex, d->state);
        return;
    }
    if (strcmp(d->state, "taken_back") == 0)
        printf("%s: the trial of %s is over.\n", d->menu, hex);
    else if (strcmp(d->state, "on_trial") == 0)
        printf("%s: %s is on trial for %u %% of the subscribers and %u numbers.\n", d->menu, hex,
               d->call->percent, d->number_count);
    else
        printf("%s: %s is in force.\n", d->menu, hex);
    printf("%sNew dials follow within seconds on every gateway; dialogues under way end as they "
           "began.\n",
           d->told);
}

static enum ctl_status run(const struct ctl_call *call, shelf_change_fn *fn)
{
    struct decision d = {.call = call, .word = call->word_count > 0 ? call->words[0] : NULL};
    enum ctl_status status;
    struct shelf *s = shelf_open(call, &status);

    access_user(d.by);
    if (s == NULL)
        return status;
    status = shelf_change(s, fn, &d);
    if (status == CTL_DONE && d.is_done_already && call->word_count > 0) {
        ctl_complain("that version is in force already");
        status = CTL_REFUSED;
    }
    if (status == CTL_DONE)
        tell(&d);
    shelf_close(s);
    return status;
}

enum ctl_status ctl_menu_rollback(const struct ctl_call *call)
{
    return run(call, roll_back);
}

enum ctl_status ctl_menu_promote(const struct ctl_call *call)
{
    return run(call, promote);
}

enum ctl_status ctl_menu_withdraw(const struct ctl_call *call)
{
    return run(call, withdraw);
}

/* ---- canary ---- */

static bool take_numbers(struct decision *d, const char *list)
{
    char *copy = mem_strdup(list != NULL ? list : ""), *rest = NULL;
    bool is_good = true;

    for (char *word = strtok_r(copy, ",", &rest); word != NULL; word = strtok_r(NULL, ",", &rest)) {
        char number[MSISDN_BYTES];

        if (d->number_count == RELEASES_NUMBERS_MAX) {
            ctl_complain("at most %d numbers", RELEASES_NUMBERS_MAX);
            is_good = false;
            break;
        }
        if (!msisdn_normalise(word, number)) {
            ctl_complain("%s is no subscriber's number", word);
            is_good = false;
            break;
        }
        text_copy(d->numbers[d->number_count++], RELEASES_MSISDN_BYTES, number);
    }
    mem_free(copy);
    return is_good;
}

enum ctl_status ctl_menu_canary(const struct ctl_call *call)
{
    struct decision d = {.call = call};
    enum ctl_status status = CTL_REFUSED;
    struct shelf *s;

    if (!take_numbers(&d, call->numbers))
        return CTL_USAGE;
    if (call->percent == 0 && d.number_count == 0) {
        ctl_complain("say for whom: --percent N, --numbers A,B, or both");
        return CTL_USAGE;
    }
    access_user(d.by);
    s = shelf_open(call, &status);
    if (s == NULL)
        return status;
    d.loaded = shelf_load_word(s, call->words[0]);
    status = d.loaded != NULL ? shelf_keep(s, d.loaded) : CTL_REFUSED;
    if (status == CTL_DONE)
        status = shelf_change(s, begin_trial, &d);
    if (status == CTL_DONE)
        tell(&d);
    if (d.loaded != NULL)
        menu_free(d.loaded);
    shelf_close(s);
    return status;
}
