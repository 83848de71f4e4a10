#include "gateway/dialects.h"

#include <libconfig.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "base/syntax.h"

struct dialects {
    struct dialect *items[DIALECTS_MAX];
    size_t count;
};

struct loading {
    struct dialects *dialects;
    const struct source *source;
    source_fault_fn *on_fault;
    void *arg;
    bool is_faulty;
};

static void __attribute__((format(printf, 3, 4)))
report(struct loading *l, unsigned line, const char *format, ...)
{
    const char *file;
    unsigned file_line;
    char text[512];
    va_list args;

    va_start(args, format);
    vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    source_place(l->source, line, &file, &file_line);
    l->on_fault(l->arg, file, line != 0 ? file_line : 0, 0, text);
    l->is_faulty = true;
}

static unsigned line_of(const config_setting_t *setting)
{
    return config_setting_source_line(setting);
}

const struct dialect *dialects_find(const struct dialects *dialects, const char *name)
{
    if (dialects != NULL)
        for (size_t i = 0; i < dialects->count; i++)
            if (strcmp(dialect_name(dialects->items[i]), name) == 0)
                return dialects->items[i];
    return dialect_find(name);
}

/* A knob's value as text: numbers may be written as such. False for lists and the like. */
static bool value_of(const config_setting_t *setting, char *text, size_t text_bytes)
{
    switch (config_setting_type(setting)) {
    case CONFIG_TYPE_STRING:
        return text_copy(text, text_bytes, config_setting_get_string(setting));
    case CONFIG_TYPE_INT:
    case CONFIG_TYPE_INT64:
        snprintf(text, text_bytes, "%lld", config_setting_get_int64(setting));
        return true;
    default:
        return false;
    }
}

static void read_knob(struct loading *l, struct dialect *d, const config_setting_t *setting)
{
    const char *name = config_setting_name(setting);
    char value[1024], error[512];

    if (strcmp(name, "name") == 0 || strcmp(name, "base") == 0)
        return;
    if (!value_of(setting, value, sizeof(value)))
        report(l, line_of(setting), "%s: not a text or a number", name);
    else if (!dialect_set_knob(d, name, value, error, sizeof(error)))
        report(l, line_of(setting), "%s", error);
}

/* The name of a new dialect; NULL after a fault. */
static const char *read_name(struct loading *l, const config_setting_t *entry)
{
    const char *name;

    if (!config_setting_is_group(entry) || !config_setting_lookup_string(entry, "name", &name)) {
        report(l, line_of(entry), "a dialect is a group with a name");
        return NULL;
    }
    if (name[0] == '\0' || strlen(name) >= DIALECT_NAME_BYTES) {
        report(l, line_of(entry), "a dialect's name has 1 to %d characters",
               DIALECT_NAME_BYTES - 1);
        return NULL;
    }
    if (dialects_find(l->dialects, name) != NULL) {
        report(l, line_of(entry), "there is a dialect \"%s\" already", name);
        return NULL;
    }
    return name;
}

static void read_dialect(struct loading *l, const config_setting_t *entry)
{
    const char *name = read_name(l, entry), *base_name = "spec34";
    const config_setting_t *from = name != NULL ? config_setting_get_member(entry, "base") : NULL;
    const struct dialect *base;
    struct dialect *d;

    if (name == NULL)
        return;
    if (from != NULL && config_setting_type(from) != CONFIG_TYPE_STRING) {
        report(l, line_of(from), "base: the name of a dialect, in quotes");
        return;
    }
    if (from != NULL)
        base_name = config_setting_get_string(from);
    base = dialects_find(l->dialects, base_name);
    if (base == NULL) {
        report(l, line_of(entry), "no dialect \"%s\" to start from", base_name);
        return;
    }
    if (l->dialects->count == DIALECTS_MAX) {
        report(l, line_of(entry), "more than %d dialects", DIALECTS_MAX);
        return;
    }
    d = dialect_new(name, base);
    l->dialects->items[l->dialects->count++] = d;
    for (int i = 0; i < config_setting_length(entry); i++)
        read_knob(l, d, config_setting_get_elem(entry, (unsigned)i));
}

static void read_root(struct loading *l, const config_setting_t *root)
{
    for (int i = 0; i < config_setting_length(root); i++) {
        const config_setting_t *setting = config_setting_get_elem(root, (unsigned)i);

        if (strcmp(config_setting_name(setting), "dialects") != 0) {
            report(l, line_of(setting), "unknown key \"%s\"", config_setting_name(setting));
        } else if (!config_setting_is_list(setting)) {
            report(l, line_of(setting), "dialects is a list: ( { ... }, { ... } )");
        } else {
            for (int j = 0; j < config_setting_length(setting); j++)
                read_dialect(l, config_setting_get_elem(setting, (unsigned)j));
        }
    }
}

struct dialects *dialects_load(const char *path, source_fault_fn *on_fault, void *arg)
{
    struct source *source = source_read(path, on_fault, arg);
    struct loading l = {.source = source, .on_fault = on_fault, .arg = arg};
    struct syntax_fault fault;
    config_t tree;

    if (source == NULL)
        return NULL;
    l.dialects = mem_zalloc(sizeof(*l.dialects));
    config_init(&tree);
    if (!syntax_check(source_text(source), &fault))
        report(&l, fault.line, "%s", fault.text);
    else if (config_read_string(&tree, source_text(source)))
        read_root(&l, config_root_setting(&tree));
    else
        report(&l, (unsigned)config_error_line(&tree), "%s",
               syntax_explain(config_error_text(&tree)));
    config_destroy(&tree);
    source_free(source);
    if (l.is_faulty) {
        dialects_free(l.dialects);
        return NULL;
    }
    return l.dialects;
}

void dialects_free(struct dialects *dialects)
{
    if (dialects == NULL)
        return;
    for (size_t i = 0; i < dialects->count; i++)
        dialect_free(dialects->items[i]);
    mem_free(dialects);
}
