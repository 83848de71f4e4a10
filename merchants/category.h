/*
 * Kinds of business. The programme stores its own code; official classifications (KBLI) change
 * meaning between editions, so they are mapped from the code, each under its year. Labels and
 * the words that people write live in the menu file.
 */
#ifndef WARUNG_MERCHANTS_CATEGORY_H
#define WARUNG_MERCHANTS_CATEGORY_H

struct category {
    const char *code; /* "WARUNG" */
    const char *kbli2020;
    const char *kbli2025;
    const char *route; /* the Grab products an officer may hand it over to */
};

/* NULL when there is no such code. */
const struct category *category_find(const char *code);

/* Yearly-sales class of an answer to "sales per month" (PP 7/2021 Art. 35): "MIKRO", "KECIL",
 * "MENENGAH", or "" when the merchant does not know. */
const char *category_size_class(const char *sales);

#endif
