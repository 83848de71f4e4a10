#include "menus/diff.h"

#include "base/mem.h"
#include "base/syntax.h"
#include "menus/model.h"

#include <assert.h>
#include <ctype.h>
#include <string.h>

enum {
    CELLS_MAX = 4 * 1000 * 1000, /* of the table of common lines; more: all old, then all new */
    CONTEXT = 1,                 /* unchanged lines told around a change */
};

/* A setting at the top, or a member of a group there. */
struct entry {
    char *section, *name;
    char **lines;
    size_t line_count;
    bool is_matched;
};

struct outline {
    struct entry *entries;
    size_t count;
};

/* ---- the outline of a source ---- */

struct scanner {
    const char *at;
};

static void skip_brackets(struct scanner *s)
{
    unsigned depth = 0;

    do {
        char c = *s->at;
        size_t skipped = c == '"' ? syntax_string(s->at) : syntax_gap(s->at);

        s->at += skipped;
        if (skipped == 0) {
            depth += c == '{' || c == '(' || c == '[';
            depth -= c == '}' || c == ')' || c == ']';
            s->at++;
        }
    } while (depth > 0 && *s->at != '\0');
}

/* Behind strings that are joined: the gaps between them are theirs, one behind the last is not. */
static void skip_strings(struct scanner *s)
{
    struct scanner behind = *s;

    while (*behind.at == '"') {
        behind.at += syntax_string(behind.at);
        *s = behind;
        behind.at += syntax_gap(behind.at);
    }
}

/* To behind a value and its ';', which may be left out. */
static void skip_value(struct scanner *s)
{
    const char *behind;

    if (*s->at == '"')
        skip_strings(s);
    else if (*s->at == '{' || *s->at == '(' || *s->at == '[')
        skip_brackets(s);
    else
        s->at += strcspn(s->at, " \t\r\n\f\v;,)}]#/");
    behind = s->at + syntax_gap(s->at);
    if (*behind == ';' || *behind == ',')
        s->at = behind + 1;
}

static char *copy_of(const char *text, size_t bytes)
{
    char *copy = mem_alloc(bytes + 1);

    memcpy(copy, text, bytes);
    copy[bytes] = '\0';
    return copy;
}

static void take_lines(struct entry *e, const char *from, const char *to)
{
    while (from < to) {
        const char *end = memchr(from, '\n', (size_t)(to - from));
        const char *last = end != NULL ? end : to;

        while (from < last && isspace((unsigned char)*from))
            from++;
        while (last > from && isspace((unsigned char)last[-1]))
            last--;
        if (last > from) {
            e->lines = mem_realloc_array(e->lines, e->line_count + 1, sizeof(*e->lines));
            e->lines[e->line_count++] = copy_of(from, (size_t)(last - from));
        }
        from = end != NULL ? end + 1 : to;
    }
}

static void add_entry(struct outline *o, const char *section, const char *name, size_t name_bytes,
                      const char *from, const char *to)
{
    struct entry *e;

    o->entries = mem_realloc_array(o->entries, o->count + 1, sizeof(*o->entries));
    e = &o->entries[o->count++];
    *e = (struct entry){.section = mem_strdup(section), .name = copy_of(name, name_bytes)};
    take_lines(e, from, to);
}

/* The settings from here to the end of the group. Those at the top that are groups are taken member
 * by member. The text has passed the loader: it is well formed. */
static void scan_group(struct outline *o, struct scanner *s, const char *section)
{
    while (s->at += syntax_gap(s->at), *s->at != '\0' && *s->at != '}') {
        const char *name = s->at;
        size_t bytes = syntax_name(name);

        s->at += bytes > 0 ? bytes : 1;
        if (bytes == 0)
            continue;
        s->at += syntax_gap(s->at);
        s->at += strspn(s->at, "=:");
        s->at += syntax_gap(s->at);
        if (*s->at == '{' && section[0] == '\0') {
            char *member_of = copy_of(name, bytes);

            s->at++;
            scan_group(o, s, member_of);
            mem_free(member_of);
            s->at += *s->at == '}';
            continue;
        }
        skip_value(s);
        add_entry(o, section, name, bytes, name, s->at);
    }
}

static struct outline outline_of(const struct menu *menu)
{
    struct outline o = {.entries = NULL};
    struct scanner s = {source_text(menu->source)};

    scan_group(&o, &s, "");
    return o;
}

static void outline_free(struct outline *o)
{
    for (size_t i = 0; i < o->count; i++) {
        for (size_t k = 0; k < o->entries[i].line_count; k++)
            mem_free(o->entries[i].lines[k]);
        mem_free(o->entries[i].lines);
        mem_free(o->entries[i].section);
        mem_free(o->entries[i].name);
    }
    mem_free(o->entries);
}

/* ---- the lines of one entry ---- */

struct teller {
    const struct menu_diff_listener *listener;
    const char **kept; /* unchanged lines not told yet */
    size_t kept_count;
    bool has_told;
};

static void tell_kept(struct teller *t, bool is_last)
{
    size_t before = t->has_told && t->kept_count > CONTEXT ? CONTEXT : t->kept_count;

    if (t->has_told)
        for (size_t i = 0; i < before; i++)
            t->listener->on_line(t->listener->arg, ' ', t->kept[i]);
    if (!is_last)
        for (size_t i = t->kept_count > CONTEXT ? t->kept_count - CONTEXT : 0; i < t->kept_count;
             i++)
            if (!t->has_told || i >= before)
                t->listener->on_line(t->listener->arg, ' ', t->kept[i]);
    t->kept_count = 0;
}

static void tell(struct teller *t, char sign, const char *text)
{
    if (sign == ' ') {
        t->kept[t->kept_count++] = text;
        return;
    }
    tell_kept(t, false);
    t->has_told = true;
    t->listener->on_line(t->listener->arg, sign, text);
}

/* common[i * (m + 1) + j]: how many lines old[i..] and new[j..] have in common, in order. */
static uint16_t *count_common(const struct entry *before, const struct entry *after)
{
    size_t n = before->line_count, m = after->line_count;
    uint16_t *common;

    if ((n + 1) * (m + 1) > CELLS_MAX || n > UINT16_MAX || m > UINT16_MAX)
        return NULL;
    common = mem_zalloc((n + 1) * (m + 1) * sizeof(*common));
    for (size_t i = n; i-- > 0;)
        for (size_t j = m; j-- > 0;) {
            uint16_t *cell = &common[i * (m + 1) + j];

            if (strcmp(before->lines[i], after->lines[j]) == 0)
                *cell = (uint16_t)(cell[m + 2] + 1);
            else
                *cell = cell[m + 1] > cell[1] ? cell[m + 1] : cell[1];
        }
    return common;
}

static void tell_lines(const struct entry *before, const struct entry *after,
                       const struct menu_diff_listener *listener)
{
    struct teller t = {.listener = listener};
    uint16_t *common = count_common(before, after);
    size_t n = before->line_count, m = after->line_count, i = 0, j = 0;

    t.kept = mem_alloc((n + 1) * sizeof(*t.kept));
    while (i < n || j < m) {
        const uint16_t *cell = common != NULL ? &common[i * (m + 1) + j] : NULL;

        if (cell != NULL && i < n && j < m && strcmp(before->lines[i], after->lines[j]) == 0) {
            tell(&t, ' ', before->lines[i]);
            i++, j++;
        } else if (i < n && (cell == NULL || j == m || cell[m + 1] >= cell[1])) {
            tell(&t, '-', before->lines[i++]);
        } else {
            tell(&t, '+', after->lines[j++]);
        }
    }
    tell_kept(&t, true);
    mem_free(t.kept);
    mem_free(common);
}

/* ---- all of it ---- */

static bool has_same_name(const struct entry *a, const struct entry *b)
{
    return strcmp(a->section, b->section) == 0 && strcmp(a->name, b->name) == 0;
}

static bool has_same_lines(const struct entry *a, const struct entry *b)
{
    if (a->line_count != b->line_count)
        return false;
    for (size_t i = 0; i < a->line_count; i++)
        if (strcmp(a->lines[i], b->lines[i]) != 0)
            return false;
    return true;
}

static struct entry *find(struct outline *o, const struct entry *like)
{
    for (size_t i = 0; i < o->count; i++)
        if (!o->entries[i].is_matched && has_same_name(&o->entries[i], like))
            return &o->entries[i];
    return NULL;
}

static void tell_entry(const struct entry *before, const struct entry *after,
                       const struct menu_diff_listener *listener)
{
    static const struct entry nothing;
    const struct entry *either = after != NULL ? after : before;
    struct menu_diff_entry entry;

    assert(either != NULL);
    entry = (struct menu_diff_entry){.kind = before == NULL  ? MENU_DIFF_ADDED
                                             : after == NULL ? MENU_DIFF_REMOVED
                                                             : MENU_DIFF_CHANGED,
                                     .section = either->section,
                                     .name = either->name};

    listener->on_entry(listener->arg, &entry);
    tell_lines(before != NULL ? before : &nothing, after != NULL ? after : &nothing, listener);
}

unsigned menu_diff(const struct menu *before, const struct menu *after,
                   const struct menu_diff_listener *listener)
{
    struct outline old = outline_of(before), new = outline_of(after);
    unsigned count = 0;

    for (size_t i = 0; i < new.count; i++) {
        struct entry *was = find(&old, &new.entries[i]);

        if (was != NULL)
            was->is_matched = true;
        if (was != NULL && has_same_lines(was, &new.entries[i]))
            continue;
        tell_entry(was, &new.entries[i], listener);
        count++;
    }
    for (size_t i = 0; i < old.count; i++) {
        if (old.entries[i].is_matched)
            continue;
        tell_entry(&old.entries[i], NULL, listener);
        count++;
    }
    outline_free(&old);
    outline_free(&new);
    return count;
}
