/* menus/graph.c: the whole drawing of a small menu. */
#include "menus/graph.h"
#include "tests/support/menus.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* Quotes, a backslash, two lines and a letter of two octets where the label ends; screens that are
 * lent a group over several steps; a screen that a refusal shows again; what the main menu is. */
static const char source[] =
    "menu = \"club\"; languages = ( { code = \"a\"; name = \"A\"; }, { code = \"b\"; name = \"B\"; "
    "} );\n"
    "start = \"MAIN\";\n"
    "lines = { back = \"Back\"; next = \"Next\"; };\n"
    "errors = { invalid = \"NO\"; too_many = \"ENOUGH\"; busy = \"NO\"; };\n"
    "texts = { NO = \"No.\"; ENOUGH = \"Enough.\"; BYE = { a = \"Bye.\"; b = \"Dadah.\"; };\n"
    "  SMS_HELP = \"Type CARD.\"; };\n"
    "screens = {\n"
    "  MAIN = { group = \"the \\\"first\\\"\"; text = \"Say \\\"it\\\" \\\\ now\\nor never\";\n"
    "    choices = ( { label = \"Pin, the words for a great \xC3\xA9lan\"; to = \"PIN\"; },\n"
    "                { label = \"End\"; to = \"BYE\"; }, { label = \"Again\"; to = \"BYE\"; } ); "
    "};\n"
    "  PIN = { text = \"P {pin}\"; to = \"JOIN\";\n"
    "    input = { field = \"pin\"; rule = { kind = \"digits\"; min = 4; max = 4; }; }; };\n"
    "  JOIN = { action = \"join\"; results = { ok = \"FORK\"; full = \"BYE\"; }; };\n"
    "  FORK = { route = ( { when = \"pin == 1111\"; to = \"@main\"; }, { to = \"LAST\"; } ); };\n"
    "  LAST = { text = \"L\"; end = true; };\n"
    "  CARD = { text = \"C\"; end = true; };\n"
    "};\n"
    "sms = { keywords = ( { words = [ \"CARD\", \"KARTU\" ]; to = \"CARD\"; } ); otherwise = "
    "\"SMS_HELP\"; };\n";

static const char wanted[] =
    "digraph \"club\" {\n"
    "  rankdir=LR; newrank=true;\n"
    "  node [fontname=\"sans-serif\", fontsize=10];\n"
    "  edge [fontname=\"sans-serif\", fontsize=9];\n"
    "  subgraph \"cluster_0\" {\n"
    "    label=\"the \\\"first\\\"\"; color=\"#bbbbbb\";\n"
    "    \"MAIN\" [label=\"MAIN\\nSay \\\"it\\\" \\\\ now\", shape=box, style=rounded];\n"
    "    \"PIN\" [label=\"PIN\\nP {pin}\", shape=box, style=rounded];\n"
    "    \"JOIN\" [label=\"JOIN\\njoin\", shape=ellipse, style=filled, fillcolor=\"#eeeeee\"];\n"
    "    \"FORK\" [label=\"FORK\", shape=diamond];\n"
    "    \"LAST\" [label=\"LAST\\nL\", shape=box, peripheries=2];\n"
    "  }\n"
    "  subgraph \"cluster_5\" {\n"
    "    label=\"SMS\"; color=\"#bbbbbb\";\n"
    "    \"CARD\" [label=\"CARD\\nC\", shape=box, peripheries=2];\n"
    "  }\n"
    "  \"MAIN\" -> \"PIN\" [label=\"Pin, the words for a great \xC3\xA9\"];\n"
    "  \"BYE\" [label=\"BYE\\nDadah.\", shape=box, peripheries=2];\n"
    "  \"MAIN\" -> \"BYE\" [label=\"End\"];\n"
    "  \"MAIN\" -> \"BYE\" [label=\"Again\"];\n"
    "  \"PIN\" -> \"JOIN\" [label=\"\"];\n"
    "  \"JOIN\" -> \"FORK\" [label=\"ok\"];\n"
    "  \"JOIN\" -> \"BYE\" [label=\"full\"];\n"
    "  \"FORK\" -> \"MAIN\" [label=\"pin == 1111\", style=dashed, color=\"#aaaaaa\", "
    "fontcolor=\"#888888\", constraint=false];\n"
    "  \"FORK\" -> \"LAST\" [label=\"else\"];\n"
    "  \"SMS_HELP\" [label=\"SMS_HELP\\nType CARD.\", shape=box, peripheries=2];\n"
    "  \"sms\" [label=\"SMS, else\", shape=cds];\n"
    "  \"sms\" -> \"SMS_HELP\";\n"
    "  \"sms 0\" [label=\"SMS CARD\", shape=cds];\n"
    "  \"sms 0\" -> \"CARD\";\n"
    "}\n";

static void add(void *arg, const char *text)
{
    char *drawing = arg;

    strcat(drawing, text);
}

static void test_the_whole_drawing(void **state)
{
    char *faults, drawing[8192] = "";
    struct menu *menu = menu_from_text(source, &menu_test_vocabulary, &faults);

    (void)state;
    if (menu == NULL)
        fail_msg("%s", faults);
    free(faults);
    menu_graph_print(menu, "b", add, drawing);
    assert_string_equal(drawing, wanted);
    menu_free(menu);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_the_whole_drawing)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
