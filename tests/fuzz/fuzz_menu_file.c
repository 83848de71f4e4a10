/*
 * Any text as a menu file: refused with faults, or a menu that can be dialled, drawn and stored.
 */
#include "menus/diff.h"
#include "menus/graph.h"
#include "menus/load.h"
#include "tests/support/menus.h"

#include <assert.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void count_fault(void *arg, const struct menu_fault *fault)
{
    unsigned *errors = arg;

    assert(fault->file != NULL && fault->text != NULL && fault->text[0] != '\0');
    if (!fault->is_warning)
        ++*errors;
}

static void ignore(void *arg, const char *text)
{
    (void)arg;
    (void)text;
}

static void ignore_entry(void *arg, const struct menu_diff_entry *entry)
{
    (void)arg;
    (void)entry;
}

static void ignore_line(void *arg, char sign, const char *text)
{
    (void)arg;
    (void)sign;
    (void)text;
}

/* Nothing differs from itself; from a small one it may, and ends. */
static void compare(const struct menu *menu)
{
    static const struct menu_diff_listener listener = {ignore_entry, ignore_line, NULL};
    static struct menu *small;

    if (small == NULL)
        small = menu_load_source(
            span_of_string("menu = \"m\"; languages = ( { code = \"a\"; name = \"A\"; } );\n"
                           "start = \"A\"; lines = { back = \"B\"; next = \"N\"; };\n"
                           "errors = { invalid = \"E\"; too_many = \"E\"; busy = \"E\"; };\n"
                           "texts = { E = \"E\"; }; screens = { A = { text = \"A\"; choices = ( { "
                           "label = \"L\"; to = \"E\"; } ); }; };"),
            NULL, NULL, NULL);
    assert(small != NULL && menu_diff(menu, menu, &listener) == 0);
    menu_diff(small, menu, &listener);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const inputs[] = {"1", "98", "2", "0", "abc", "1", "98", "00", "7"};
    unsigned errors = 0;
    struct menu *menu =
        menu_load_source(span_of(data, size), &menu_test_vocabulary, count_fault, &errors);
    struct menu_phone phone;

    assert((menu == NULL) == (errors > 0));
    if (menu == NULL)
        return 0;
    menu_phone_init(&phone, menu);
    menu_phone_dial(&phone, "*384*1*2#");
    for (unsigned i = 0; i < sizeof(inputs) / sizeof(inputs[0]); i++) {
        if (phone.outcome.kind == MENU_ACT)
            menu_phone_event(&phone, MENU_EVENT_RESULT, "ok");
        else
            menu_phone_type(&phone, inputs[i]);
    }
    menu_phone_sms(&phone, "daftar#a#b");
    menu_graph_print(menu, NULL, ignore, NULL);
    compare(menu);
    menu_free(menu);
    return 0;
}
