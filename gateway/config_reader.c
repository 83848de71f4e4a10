#include "gateway/config_reader.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "gateway/config.h"

enum { PATH_BYTES = 128 };

/* One structure being filled: struct config itself or an entry of a list. */
struct scope {
    const char *name; /* "" or "smsc[]" */
    char *base;
    bool seen[CONFIG_ROWS_MAX];
};

static void read_group(struct config_reader *r, const config_setting_t *group, const char *prefix,
                       struct scope *scope);

void *config_memory_alloc(struct config_memory *m, size_t bytes)
{
    void *block = mem_zalloc(bytes > 0 ? bytes : 1);

    m->blocks = mem_realloc_array(m->blocks, m->count + 1, sizeof(*m->blocks));
    m->sizes = mem_realloc_array(m->sizes, m->count + 1, sizeof(*m->sizes));
    m->blocks[m->count] = block;
    m->sizes[m->count++] = bytes;
    return block;
}

char *config_memory_dup(struct config_memory *m, const char *text)
{
    size_t bytes = strlen(text) + 1;

    return memcpy(config_memory_alloc(m, bytes), text, bytes);
}

void config_memory_free(struct config_memory *m)
{
    for (size_t i = 0; i < m->count; i++) {
        explicit_bzero(m->blocks[i], m->sizes[i]);
        mem_free(m->blocks[i]);
    }
    mem_free(m->blocks);
    mem_free(m->sizes);
    mem_free(m);
}

static const char *join(struct config_memory *m, const char *folder, const char *between,
                        const char *name)
{
    size_t bytes = strlen(folder) + strlen(between) + strlen(name) + 1;
    char *whole = config_memory_alloc(m, bytes);

    snprintf(whole, bytes, "%s%s%s", folder, between, name);
    return whole;
}

/* systemd hands the files of the folder "secrets" to the daemon in a folder of its own, which names
 * them so (LoadCredential=secrets:FOLDER in the unit); who runs by hand reads the folder itself. */
static const char *credential_path(struct config_reader *r, const char *name)
{
    const char *handed = getenv("CREDENTIALS_DIRECTORY");

    if (handed != NULL)
        return join(r->memory, handed, "/secrets_", name);
    return r->folder[0] != '\0' ? join(r->memory, r->folder, "/secrets/", name)
                                : join(r->memory, "secrets/", "", name);
}

/* `path` as seen from the file's folder. */
static const char *resolve_path(struct config_reader *r, const char *path)
{
    static const char credential[] = "credential:";

    if (strncmp(path, credential, sizeof(credential) - 1) == 0)
        return credential_path(r, path + sizeof(credential) - 1);
    if (path[0] == '\0' || path[0] == '/' || r->folder[0] == '\0')
        return config_memory_dup(r->memory, path);
    return join(r->memory, r->folder, "/", path);
}

static struct config_place place_of(const struct config_reader *r, const config_setting_t *setting)
{
    struct config_place place;

    source_place(r->source, config_setting_source_line(setting), &place.file, &place.line);
    if (config_setting_is_root(setting))
        place.line = 1; /* what the whole file lacks */
    return place;
}

static void __attribute__((format(printf, 3, 4)))
report(struct config_reader *r, const config_setting_t *setting, const char *format, ...)
{
    struct config_place place = place_of(r, setting);
    char text[512];
    va_list args;

    va_start(args, format);
    vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    r->on_fault(r->arg, place.file, place.line, 0, text);
}

static const char *type_name(const config_setting_t *setting)
{
    switch (config_setting_type(setting)) {
    case CONFIG_TYPE_INT:
    case CONFIG_TYPE_INT64:
        return "a number";
    case CONFIG_TYPE_FLOAT:
        return "a number with a fraction";
    case CONFIG_TYPE_STRING:
        return "a text";
    case CONFIG_TYPE_BOOL:
        return "true or false";
    case CONFIG_TYPE_ARRAY:
        return "an array";
    case CONFIG_TYPE_LIST:
        return "a list";
    default:
        return "a group";
    }
}

static bool is_type(struct config_reader *r, const config_setting_t *setting,
                    const struct config_row *row, bool right, const char *wanted)
{
    if (!right)
        report(r, setting, "%s must be %s, not %s", row->path, wanted, type_name(setting));
    return right;
}

/* Whether a text suits its row; reports what does not. */
static bool check_text(struct config_reader *r, const config_setting_t *setting,
                       const struct config_row *row, const char *value)
{
    size_t length = strlen(value);
    const char *wrong;

    if ((int64_t)length > row->max || (int64_t)length < row->min) {
        if (length == 0)
            report(r, setting, "%s must not be empty", row->path);
        else
            report(r, setting, "%s has %zu characters; %lld are allowed", row->path, length,
                   (long long)row->max);
        return false;
    }
    wrong = row->check != NULL && (length > 0 || row->min > 0) ? row->check(value) : NULL;
    if (wrong != NULL)
        report(r, setting, "%s: \"%s\" %s", row->path,
               (row->flags & CONFIG_SECRET) != 0 ? "***" : value, wrong);
    return wrong == NULL;
}

static void read_text(struct config_reader *r, const config_setting_t *setting,
                      const struct config_row *row, char *base)
{
    const char *value;

    if (!is_type(r, setting, row, config_setting_type(setting) == CONFIG_TYPE_STRING, "a text"))
        return;
    value = config_setting_get_string(setting);
    if (!check_text(r, setting, row, value))
        return;
    if (row->type == CONFIG_PATH && (row->flags & CONFIG_REQUIRED) != 0 && value[0] == '\0')
        report(r, setting, "%s must not be empty", row->path);
    *(const char **)(base + row->offset) =
        row->type == CONFIG_PATH ? resolve_path(r, value) : config_memory_dup(r->memory, value);
}

static void read_number(struct config_reader *r, const config_setting_t *setting,
                        const struct config_row *row, char *base)
{
    int type = config_setting_type(setting);
    long long value;

    if (!is_type(r, setting, row, type == CONFIG_TYPE_INT || type == CONFIG_TYPE_INT64,
                 type == CONFIG_TYPE_FLOAT ? "a whole number" : "a number"))
        return;
    value = config_setting_get_int64(setting);
    if (value < row->min || value > row->max) {
        report(r, setting, "%s is %lld; it must be %lld to %lld", row->path, value,
               (long long)row->min, (long long)row->max);
        return;
    }
    *(unsigned *)(base + row->offset) = (unsigned)value;
}

static int word_index(const struct config_row *row, const char *word)
{
    for (int i = 0; row->words[i] != NULL; i++)
        if (strcmp(row->words[i], word) == 0)
            return i;
    return -1;
}

static void read_word(struct config_reader *r, const config_setting_t *setting,
                      const struct config_row *row, char *base)
{
    char choices[128] = "";
    const char *value;
    int index;

    if (!is_type(r, setting, row, config_setting_type(setting) == CONFIG_TYPE_STRING, "a text"))
        return;
    value = config_setting_get_string(setting);
    index = word_index(row, value);
    if (index >= 0) {
        *(unsigned *)(base + row->offset) = (unsigned)index;
        return;
    }
    for (int i = 0; row->words[i] != NULL; i++)
        snprintf(choices + strlen(choices), sizeof(choices) - strlen(choices), "%s%s",
                 i > 0 ? ", " : "", row->words[i]);
    report(r, setting, "%s is \"%s\"; it must be one of %s", row->path, value, choices);
}

static void read_flag(struct config_reader *r, const config_setting_t *setting,
                      const struct config_row *row, char *base)
{
    if (is_type(r, setting, row, config_setting_type(setting) == CONFIG_TYPE_BOOL, "true or false"))
        *(bool *)(base + row->offset) = config_setting_get_bool(setting) != 0;
}

static void read_texts(struct config_reader *r, const config_setting_t *setting,
                       const struct config_row *row, char *base)
{
    struct config_strings *texts = (struct config_strings *)(base + row->offset);
    int type = config_setting_type(setting), count;

    if (!is_type(r, setting, row, type == CONFIG_TYPE_ARRAY || type == CONFIG_TYPE_LIST,
                 "an array of texts: [ \"...\" ]"))
        return;
    count = config_setting_length(setting);
    if (count == 0 && (row->flags & CONFIG_REQUIRED) != 0)
        report(r, setting, "%s must not be empty", row->path);
    texts->items = config_memory_alloc(r->memory, (size_t)count * sizeof(*texts->items));
    for (int i = 0; i < count; i++) {
        const config_setting_t *item = config_setting_get_elem(setting, (unsigned)i);

        if (!is_type(r, item, row, config_setting_type(item) == CONFIG_TYPE_STRING,
                     "an array of texts"))
            continue;
        if (check_text(r, item, row, config_setting_get_string(item)))
            texts->items[texts->count++] =
                config_memory_dup(r->memory, config_setting_get_string(item));
    }
}

static void set_number(char *base, const struct config_row *row)
{
    unsigned value = 0;

    if (row->initial != NULL)
        sscanf(row->initial, "%u", &value);
    *(unsigned *)(base + row->offset) = value;
}

static void set_default(struct config_reader *r, const struct config_row *row, char *base)
{
    switch (row->type) {
    case CONFIG_TEXT:
        *(const char **)(base + row->offset) = row->initial != NULL ? row->initial : "";
        break;
    case CONFIG_PATH:
        *(const char **)(base + row->offset) =
            resolve_path(r, row->initial != NULL ? row->initial : "");
        break;
    case CONFIG_NUMBER:
        set_number(base, row);
        break;
    case CONFIG_WORD:
        *(unsigned *)(base + row->offset) = (unsigned)word_index(row, row->initial);
        break;
    case CONFIG_FLAG:
        *(bool *)(base + row->offset) = strcmp(row->initial, "true") == 0;
        break;
    case CONFIG_TEXTS:
    case CONFIG_GROUP:
    case CONFIG_LIST:
        break; /* zeros */
    }
}

static void set_defaults(struct config_reader *r, const struct scope *scope)
{
    for (size_t i = 0; i < config_row_count; i++)
        if (config_row_is_in(&config_rows[i], scope->name))
            set_default(r, &config_rows[i], scope->base);
}

/* Where a key of the whole file would stand: in its group, when that is there. */
static const config_setting_t *holder_of(const config_setting_t *scope, const char *path)
{
    char name[PATH_BYTES];
    const config_setting_t *group;

    if (!config_setting_is_root(scope))
        return scope;
    snprintf(name, sizeof(name), "%.*s", (int)strcspn(path, "."), path);
    group = config_setting_get_member(scope, name);
    return group != NULL ? group : scope;
}

static void check_required(struct config_reader *r, const config_setting_t *group,
                           const struct scope *scope)
{
    for (size_t i = 0; i < config_row_count; i++) {
        const struct config_row *row = &config_rows[i];

        if ((row->flags & CONFIG_REQUIRED) == 0 || scope->seen[i] ||
            !config_row_is_in(row, scope->name))
            continue;
        report(r, holder_of(group, row->path), "%s is missing", row->path);
    }
}

static void read_entry(struct config_reader *r, const config_setting_t *group,
                       const struct config_row *row, char *base)
{
    char name[PATH_BYTES], prefix[PATH_BYTES + 1];
    struct scope scope = {.name = name, .base = base};

    snprintf(name, sizeof(name), "%s[]", row->path);
    snprintf(prefix, sizeof(prefix), "%s.", name);
    set_defaults(r, &scope);
    *(struct config_place *)base = place_of(r, group);
    read_group(r, group, prefix, &scope);
    check_required(r, group, &scope);
}

static void read_list(struct config_reader *r, const config_setting_t *setting,
                      const struct config_row *row, char *base)
{
    size_t *filled = (size_t *)(base + row->count_offset);
    int type = config_setting_type(setting), count;
    char *items;

    if (!is_type(r, setting, row, type == CONFIG_TYPE_LIST, "a list of groups: ( { ... } )"))
        return;
    count = config_setting_length(setting);
    if (count == 0 && (row->flags & CONFIG_REQUIRED) != 0)
        report(r, setting, "%s must have an entry", row->path);
    items = config_memory_alloc(r->memory, (size_t)count * row->item_bytes);
    *(char **)(base + row->offset) = items;
    for (int i = 0; i < count; i++) {
        const config_setting_t *item = config_setting_get_elem(setting, (unsigned)i);

        if (is_type(r, item, row, config_setting_is_group(item), "a list of groups"))
            read_entry(r, item, row, items + row->item_bytes * (*filled)++);
    }
}

static void read_setting(struct config_reader *r, const config_setting_t *setting,
                         const struct config_row *row, struct scope *scope)
{
    char prefix[PATH_BYTES + 1];

    switch (row->type) {
    case CONFIG_TEXT:
    case CONFIG_PATH:
        read_text(r, setting, row, scope->base);
        break;
    case CONFIG_NUMBER:
        read_number(r, setting, row, scope->base);
        break;
    case CONFIG_WORD:
        read_word(r, setting, row, scope->base);
        break;
    case CONFIG_FLAG:
        read_flag(r, setting, row, scope->base);
        break;
    case CONFIG_TEXTS:
        read_texts(r, setting, row, scope->base);
        break;
    case CONFIG_LIST:
        read_list(r, setting, row, scope->base);
        break;
    case CONFIG_GROUP:
        snprintf(prefix, sizeof(prefix), "%s.", row->path);
        if (!is_type(r, setting, row, config_setting_is_group(setting), "a group: { ... }"))
            break;
        if ((row->flags & CONFIG_PRESENCE) != 0)
            *(bool *)(scope->base + row->offset) = true;
        read_group(r, setting, prefix, scope);
        break;
    }
}

static void read_group(struct config_reader *r, const config_setting_t *group, const char *prefix,
                       struct scope *scope)
{
    int count = config_setting_length(group);

    for (int i = 0; i < count; i++) {
        const config_setting_t *setting = config_setting_get_elem(group, (unsigned)i);
        const char *name = config_setting_name(setting), *nearest;
        const struct config_row *row;
        char path[PATH_BYTES];

        snprintf(path, sizeof(path), "%s%s", prefix, name);
        row = config_row_find(path);
        if (row != NULL) {
            scope->seen[row - config_rows] = true;
            read_setting(r, setting, row, scope);
            continue;
        }
        nearest = config_row_nearest(path);
        report(r, setting, "unknown key %s%s%s%s", path, nearest != NULL ? "; did you mean " : "",
               nearest != NULL ? nearest : "", nearest != NULL ? "?" : "");
    }
}

void config_reader_read(struct config_reader *r, const config_setting_t *root, void *config)
{
    struct scope scope = {.name = "", .base = config};

    set_defaults(r, &scope);
    read_group(r, root, "", &scope);
    check_required(r, root, &scope);
}
