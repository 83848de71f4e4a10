/*
 * From a parsed libconfig tree to the fields that config_table.c describes: types, ranges, words,
 * unknown and missing keys, every fault with its place.
 */
#ifndef WARUNG_GATEWAY_CONFIG_READER_H
#define WARUNG_GATEWAY_CONFIG_READER_H

#include <libconfig.h>

#include "base/source.h"
#include "gateway/config_table.h"

/* Blocks that live and die together. */
struct config_memory {
    void **blocks;
    size_t *sizes;
    size_t count;
};

/* Zeroed; aligned for anything. */
void *config_memory_alloc(struct config_memory *m, size_t bytes);
char *config_memory_dup(struct config_memory *m, const char *text);
/* Wipes and frees all blocks (passwords are among them) and m itself. */
void config_memory_free(struct config_memory *m);

struct config_reader {
    const struct source *source;
    struct config_memory *memory;
    /* Of the file: what relative paths start from; "" = the working directory. */
    const char *folder;
    source_fault_fn *on_fault;
    void *arg;
};

/* Fills a struct config (zeroed) from the root group: defaults first, then what the tree says. */
void config_reader_read(struct config_reader *r, const config_setting_t *root, void *config);

#endif
