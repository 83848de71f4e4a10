/*
 * warungctl menu diff
 */
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "gateway/ctl/shelf.h"
#include "menus/diff.h"

struct telling {
    bool is_json;
    json_t *list;
    json_t *lines; /* of the entry last told; the list's */
};

static const char *const kinds[] = {"added", "removed", "changed"};

static void on_entry(void *arg, const struct menu_diff_entry *entry)
{
    struct telling *t = arg;
    const char *slash = entry->section[0] != '\0' ? "/" : "";

    if (!t->is_json) {
        printf("%s%s%s: %s\n", entry->section, slash, entry->name, kinds[entry->kind]);
        return;
    }
    t->lines = json_array();
    json_array_append_new(t->list,
                          json_pack("{s:s, s:s, s:s, s:o}", "section", entry->section, "name",
                                    entry->name, "change", kinds[entry->kind], "lines", t->lines));
}

static void on_line(void *arg, char sign, const char *text)
{
    struct telling *t = arg;

    if (t->is_json)
        json_array_append_new(t->lines, json_sprintf("%c %s", sign, text));
    else
        printf("  %c %s\n", sign, text);
}

static void compare(const struct ctl_call *call, const struct menu *before,
                    const struct menu *after)
{
    struct telling t = {.is_json = call->is_json, .list = json_array()};
    struct menu_diff_listener listener = {on_entry, on_line, &t};
    unsigned count = menu_diff(before, after, &listener);

    if (call->is_json) {
        ctl_print_json(t.list);
    } else if (count == 0) {
        puts(menu_id_is(before, menu_id(after)) ? "they are the same"
                                                : "they differ in comments or layout only");
    }
    json_decref(t.list);
}

/* With one: from what is in force of its menu to it. */
static struct menu *load_in_force(struct shelf *s, const struct menu *menu)
{
    const struct release *release = releases_in_force(&s->releases, menu_name(menu));

    if (release == NULL)
        ctl_complain("no version of a menu called %s is in force", menu_name(menu));
    return release != NULL ? shelf_load(s, release) : NULL;
}

enum ctl_status ctl_menu_diff(const struct ctl_call *call)
{
    enum ctl_status status;
    struct shelf *s = shelf_open(call, &status);
    struct menu *before, *after = NULL;

    if (s == NULL)
        return status;
    before = shelf_load_word(s, call->words[0]);
    if (before != NULL && call->word_count > 1) {
        after = shelf_load_word(s, call->words[1]);
    } else if (before != NULL) {
        after = before;
        before = load_in_force(s, after);
    }
    if (before != NULL && after != NULL)
        compare(call, before, after);
    else
        status = CTL_REFUSED;
    if (before != NULL)
        menu_free(before);
    if (after != NULL)
        menu_free(after);
    shelf_close(s);
    return status;
}
