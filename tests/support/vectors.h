/*
 * Rows of the tab-separated vector files in tests/vectors/ (the working folder is the project's).
 */
#ifndef WARUNG_TESTS_VECTORS_H
#define WARUNG_TESTS_VECTORS_H

#include "base/span.h"

enum { VECTOR_COLUMNS_MAX = 12 };

struct vector_row {
    unsigned line;
    char *columns[VECTOR_COLUMNS_MAX]; /* NULL behind the last */
};

struct vector_file {
    struct vector_row *rows;
    size_t count;
    char *text;
};

/* Lines that are empty or begin with # are left out. Fails the test when the file cannot be read.
 */
void vector_file_load(struct vector_file *file, const char *path);
void vector_file_free(struct vector_file *file);

/* "0a(41*254)00": hex digits, and repeated octets in brackets. Fails the test on anything else. */
struct span vector_octets(const char *notation, uint8_t *buffer, size_t buffer_bytes);
/* The same notation back; runs of 24 and more octets go into brackets. "-" for none. */
void vector_notation(struct span octets, char *notation, size_t notation_bytes);

#endif
