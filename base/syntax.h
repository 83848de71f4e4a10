/*
 * The grammar of a libconfig text, checked before libconfig parses it.
 *
 * libconfig says "syntax error" and often the line after the one that is wrong. This check finds
 * the same faults and says where they are and what is missing.
 */
#ifndef WARUNG_BASE_SYNTAX_H
#define WARUNG_BASE_SYNTAX_H

#include <stdbool.h>
#include <stddef.h>

struct syntax_fault {
    unsigned line, column; /* from 1; the column counts characters */
    char text[160];
};

/* `text` has passed source_read(): no includes, strings and comments closed. False at the first
 * fault. */
bool syntax_check(const char *text, struct syntax_fault *fault);

/* The bytes of what stands at `at`, in a text that ends with a NUL. What is not closed goes to the
 * end of the text. */
size_t syntax_gap(const char *at);    /* white space and comments; 0: none */
size_t syntax_name(const char *at);   /* 0: none */
size_t syntax_string(const char *at); /* from its opening quote to behind its closing one */

/* What libconfig says of a text that passed the check, in words for somebody who does not know it.
 */
const char *syntax_explain(const char *libconfig_says);

#endif
