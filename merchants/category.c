#include "merchants/category.h"

#include <stddef.h>
#include <string.h>

static const struct category categories[] = {
    {"WARUNG", "47112", "47112", "GrabMart, GrabKios"},
    {"KULINER", "56102;56103;56104;56306", "56101 (fixed building);56102 (not fixed)", "GrabFood"},
    {"JASA", "96112 (salon);14120 (tailor);45407 (motorcycle repair)",
     "96100 (laundry);95320 (motorcycle repair);96210 (hair)", "GrabExpress, training only"},
    {"FESYEN", "47711;14111", "47711", "GrabMart, GrabExpress"},
    {"KRIYA", "32903;16104", "16291;16293;13133 (batik);47781", "GrabExpress"},
    {"TANI", "01xxx;03xxx", "01xxx;03xxx", "training only"},
    {"OLAHAN", "10391 (tempe);10392 (tahu);10761 (coffee);10710 (bakery)",
     "10794 (keripik);10761;10710;10792 (kue basah)", "GrabMart, GrabExpress"},
    {"OJEK", "49424;53201", "49296;53200", "driver-partner route, not the UMKM route"},
    {"AGEN", "61999 (BPS casebook for pulsa)", "61201;66144", "GrabKios"},
    {"LAIN", "", "", "officer decides"},
};
enum { CATEGORY_COUNT = sizeof(categories) / sizeof(categories[0]) };

const struct category *category_find(const char *code)
{
    for (unsigned i = 0; i < CATEGORY_COUNT; i++) {
        if (strcmp(categories[i].code, code) == 0)
            return &categories[i];
    }
    return NULL;
}

const char *category_size_class(const char *sales)
{
    static const char *const classes[] = {"MIKRO", "MIKRO", "MIKRO", "KECIL", "MENENGAH"};

    if (strlen(sales) != 1 || sales[0] < '1' || sales[0] > '5')
        return "";
    return classes[sales[0] - '1'];
}
