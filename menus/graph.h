/*
 * A menu as a drawing: Graphviz DOT, for `dot -Tsvg`.
 *
 * Screens stand together in their groups; a question is a box, an end a double box, an action an
 * ellipse, a route a diamond. Refusals, corrections and ways back to the main menu are quiet.
 */
#ifndef WARUNG_MENUS_GRAPH_H
#define WARUNG_MENUS_GRAPH_H

#include "menus/menu.h"

typedef void menu_graph_print_fn(void *arg, const char *text);

/* In the language given (NULL: the fallback). */
void menu_graph_print(const struct menu *menu, const char *language, menu_graph_print_fn *print,
                      void *arg);

#endif
