/*
 * Memory that is either there or the process ends.
 *
 * Out of memory aborts (everything is bounded, and a crash is safe because custody is durable:
 * docs/custody.md), so no caller tests for NULL. Free with mem_free().
 */
#ifndef WARUNG_BASE_MEM_H
#define WARUNG_BASE_MEM_H

#include <stddef.h>

void *mem_alloc(size_t bytes);
void *mem_zalloc(size_t bytes);
/* Grows or shrinks to count * item_bytes; aborts when the product overflows. */
void *mem_realloc_array(void *block, size_t count, size_t item_bytes);
void *mem_dup(const void *data, size_t bytes);
char *mem_strdup(const char *text);
void mem_free(void *block);
/* Wipes a password before; NULL is nothing. */
void mem_free_secret(char *text);

#endif
