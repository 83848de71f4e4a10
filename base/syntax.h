/*
 * The grammar of a libconfig text, checked before libconfig parses it.
 *
 * libconfig says "syntax error" and often the line after the one that is wrong. This check finds
 * the same faults and says where they are and what is missing.
 */
#ifndef WARUNG_BASE_SYNTAX_H
#define WARUNG_BASE_SYNTAX_H

#include <stdbool.h>

struct syntax_fault {
    unsigned line, column; /* from 1; the column counts characters */
    char text[160];
};

/* `text` has passed source_read(): no includes, strings and comments closed. False at the first
 * fault. */
bool syntax_check(const char *text, struct syntax_fault *fault);

/* What libconfig says of a text that passed the check, in words for somebody who does not know it.
 */
const char *syntax_explain(const char *libconfig_says);

#endif
