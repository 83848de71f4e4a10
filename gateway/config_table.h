/*
 * The keys of warung.cfg as data: one row a key.
 */
#ifndef WARUNG_GATEWAY_CONFIG_TABLE_H
#define WARUNG_GATEWAY_CONFIG_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum config_type {
    CONFIG_TEXT,
    CONFIG_PATH,   /* text, relative to the file it stands in; stays empty when empty */
    CONFIG_NUMBER, /* unsigned int */
    CONFIG_FLAG,   /* bool */
    CONFIG_WORD,   /* one of `words`, kept as its place in the list */
    CONFIG_TEXTS,  /* struct config_strings */
    CONFIG_GROUP,  /* named settings of the same structure */
    CONFIG_LIST,   /* of groups, each a structure of its own: pointer here, count in count_offset */
};

enum config_flag {
    CONFIG_RESTART = 1 << 0, /* a reload does not put a new value to work */
    CONFIG_REQUIRED = 1 << 1,
    CONFIG_SECRET = 1 << 2,   /* never in a message */
    CONFIG_PRESENCE = 1 << 3, /* CONFIG_GROUP: the bool at offset says that it is there */
};

struct config_row {
    /* "redis.servers", "smsc[].host"; a list's items live below its path + "[]" */
    const char *path;
    enum config_type type;
    unsigned flags;
    size_t offset; /* in struct config, or in the item of the innermost list */
    /* The default as written in a file, without quotes; NULL = empty or none. */
    const char *initial;
    int64_t min, max;         /* CONFIG_NUMBER: values; texts: characters, of each item */
    const char *const *words; /* NULL-ended */
    /* What is wrong with a value, or NULL. For CONFIG_TEXTS: of each item. */
    const char *(*check)(const char *value);
    size_t count_offset; /* CONFIG_LIST */
    size_t item_bytes;
};

extern const struct config_row config_rows[];
extern const size_t config_row_count;
enum { CONFIG_ROWS_MAX = 256 };

/* NULL when there is no such key. */
const struct config_row *config_row_find(const char *path);
/* Whether the row's offset counts in the structure of this scope: "" for struct config, "smsc[]".
 */
bool config_row_is_in(const struct config_row *row, const char *scope);
/* The known name nearest to what stands at the end of `path`, among its siblings; NULL when none is
 * near. */
const char *config_row_nearest(const char *path);

#endif
