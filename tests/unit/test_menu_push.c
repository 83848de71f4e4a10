/* What a push may begin with: what asks or tells something first. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/support/menus.h"

static const char text[] =
    "menu = \"m\"; start = \"MAIN\"; languages = ( { code = \"a\"; name = \"A\"; } );\n"
    "lines = { back = \"Back\"; next = \"Next\"; };\n"
    "errors = { invalid = \"NO\"; too_many = \"NO\"; busy = \"NO\"; };\n"
    "texts = { NO = \"No.\"; };\n"
    "flows = { f = [ \"ASKED\", \"SENT\" ]; };\n"
    "screens = {\n"
    "MAIN = { text = \"M\"; choices = ( { label = \"1\"; to = \"ACT\"; },\n"
    "  { label = \"2\"; to = \"ROUTE\"; }, { label = \"3\"; to = \"SURE\"; },\n"
    "  { label = \"4\"; to = \"LOOK\"; }, { label = \"5\"; to = \"ASKED\"; },\n"
    "  { label = \"6\"; to = \"ROUND\"; } ); };\n"
    "ACT = { action = \"join\"; results = { ok = \"NO\"; full = \"NO\"; }; };\n"
    "ROUTE = { route = ( { when = \"joined\"; to = \"MAIN\"; }, { to = \"ACT\"; } ); };\n"
    /* Not there unless one has joined: passed over to what it asks for. */
    "SURE = { when = \"joined\"; to = \"ACT\"; text = \"Sure?\";\n"
    "  input = { field = \"x\"; rule = { kind = \"length\"; max = 9; }; }; };\n"
    "LOOK = { action = \"find\"; entry = true; results = { ok = \"NO\"; wrong = \"NO\"; }; };\n"
    "ASKED = { when = \"joined\"; text = \"{x}?\";\n"
    "  input = { field = \"y\"; rule = { kind = \"length\"; max = 9; }; }; };\n"
    "SENT = { action = \"join\"; results = { ok = \"NO\"; full = \"NO\"; }; };\n"
    "ROUND = { route = ( { when = \"joined\"; to = \"SHOWN\"; }, { to = \"OTHER\"; } ); };\n"
    "SHOWN = { when = \"joined\"; to = \"ROUND\"; text = \"{y}.\"; };\n"
    "OTHER = { text = \"Other.\"; }; };\n";

static void what_acts_at_once_is_none(void **state)
{
    static const struct {
        const char *screen;
        bool may;
    } rows[] = {{"MAIN", true},  {"NO", true},     {"GONE", false}, {"ACT", false},
                {"LOOK", true},  {"ROUTE", false}, {"SURE", false}, {"ASKED", false},
                {"ROUND", true}, {"SHOWN", true},  {"OTHER", true}};
    char *faults;
    struct menu *menu = menu_from_text(text, &menu_test_vocabulary, &faults);

    (void)state;
    if (menu == NULL)
        fail_msg("%s", faults);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        if (menu_can_push(menu, rows[i].screen) != rows[i].may)
            fail_msg("%s", rows[i].screen);
    menu_free(menu);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(what_acts_at_once_is_none)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
