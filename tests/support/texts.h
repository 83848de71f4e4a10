/*
 * A file of expected texts: "== NAMES" begins one, "#" lines before the first are remarks, blank
 * lines at the end of a text do not count.
 */
#ifndef WARUNG_TESTS_SUPPORT_TEXTS_H
#define WARUNG_TESTS_SUPPORT_TEXTS_H

#include <stddef.h>

struct expected_text {
    char *names; /* as they stand behind "== " */
    char *text;
};

struct expected_texts {
    struct expected_text *items;
    size_t count;
};

/* Aborts with a message when the file cannot be read. */
void texts_read(struct expected_texts *texts, const char *path);
void texts_free(struct expected_texts *texts);

#endif
