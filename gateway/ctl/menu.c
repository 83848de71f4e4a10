/*
 * warungctl menu check
 */
#include <jansson.h>
#include <stdio.h>

#include "gateway/ctl/command.h"
#include "menus/load.h"
#include "merchants/programme.h"

struct checking {
    const struct ctl_call *call;
    json_t *json;
    unsigned errors, warnings;
};

static void on_fault(void *arg, const struct menu_fault *fault)
{
    struct checking *c = arg;

    c->errors += !fault->is_warning;
    c->warnings += fault->is_warning;
    if (c->call->is_json) {
        json_array_append_new(
            c->json, json_pack("{s:s, s:i, s:i, s:s, s:s}", "file", fault->file, "line",
                               (int)fault->line, "column", (int)fault->column, "severity",
                               fault->is_warning ? "warning" : "error", "text", fault->text));
        return;
    }
    printf("%s:", fault->file);
    if (fault->line > 0)
        printf("%u:", fault->line);
    if (fault->column > 0)
        printf("%u:", fault->column);
    printf(" %s%s\n", fault->is_warning ? "warning: " : "", fault->text);
}

enum ctl_status ctl_menu_check(const struct ctl_call *call)
{
    struct checking c = {.call = call, .json = json_array()};

    for (int i = 0; i < call->word_count; i++) {
        struct menu *menu = menu_load_file(call->words[i], &programme_vocabulary, on_fault, &c);

        if (menu != NULL)
            menu_free(menu);
    }
    if (call->is_json) {
        ctl_print_json(c.json);
    } else {
        fprintf(stderr, "%u error%s, %u warning%s\n", c.errors, c.errors == 1 ? "" : "s",
                c.warnings, c.warnings == 1 ? "" : "s");
    }
    json_decref(c.json);
    return c.errors > 0 ? CTL_REFUSED : CTL_DONE;
}
