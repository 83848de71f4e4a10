#include "menus/check.h"

void menu_check(struct menu_loader *l)
{
    /* The rest looks at screens that are whole. */
    menu_check_lengths(l);
    menu_check_keys(l);
    menu_check_ways(l);
}
