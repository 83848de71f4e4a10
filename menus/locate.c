#include "menus/locate.h"

#include <ctype.h>
#include <string.h>

struct place {
    const char *at;
    const char *line_start;
    unsigned line;
};

static void move(struct place *p, size_t bytes)
{
    for (; bytes > 0 && *p->at != '\0'; bytes--, p->at++)
        if (*p->at == '\n') {
            p->line++;
            p->line_start = p->at + 1;
        }
}

/* Blanks and comments. */
static void skip_gap(struct place *p)
{
    for (;;) {
        if (isspace((unsigned char)*p->at)) {
            move(p, 1);
        } else if (*p->at == '#' || (p->at[0] == '/' && p->at[1] == '/')) {
            move(p, strcspn(p->at, "\n"));
        } else if (p->at[0] == '/' && p->at[1] == '*') {
            const char *close = strstr(p->at + 2, "*/");

            move(p, close != NULL ? (size_t)(close + 2 - p->at) : strlen(p->at));
        } else {
            return;
        }
    }
}

static int hex(char c)
{
    return isdigit((unsigned char)c) ? c - '0' : tolower((unsigned char)c) - 'a' + 10;
}

/* One octet of a string as libconfig reads it; the place moves behind it. */
static char take_octet(struct place *p)
{
    static const char from[] = "nrtf", to[] = "\n\r\t\f";
    const char *known;
    char c = *p->at;

    if (c != '\\') {
        move(p, 1);
        return c;
    }
    c = p->at[1];
    known = c != '\0' ? strchr(from, c) : NULL;
    if (c == 'x' && isxdigit((unsigned char)p->at[2]) && isxdigit((unsigned char)p->at[3])) {
        c = (char)(hex(p->at[2]) * 16 + hex(p->at[3]));
        move(p, 4);
        return c;
    }
    move(p, 2);
    return known != NULL ? to[known - from] : c;
}

static unsigned column_of(const struct place *p)
{
    unsigned column = 1;

    for (const char *c = p->line_start; c < p->at; c++)
        column += ((unsigned char)*c & 0xC0) != 0x80;
    return column;
}

/* Reads the (joined) string at p and compares it with value; the place of the octet `offset` goes
 * to *found. */
static bool compare_string(struct place *p, const char *value, size_t offset, struct place *found)
{
    size_t at = 0, size = strlen(value);
    bool is_same = true;

    *found = *p;
    while (*p->at == '"') {
        move(p, 1);
        while (*p->at != '"' && *p->at != '\0') {
            if (at == offset)
                *found = *p;
            if (take_octet(p) != value[at < size ? at : size])
                is_same = false;
            at++;
        }
        if (at == offset)
            *found = *p;
        move(p, 1);
        skip_gap(p);
    }
    return is_same && at == size;
}

static size_t name_length(const char *at)
{
    size_t n = 0;

    while (isalnum((unsigned char)at[n]) || at[n] == '_' || at[n] == '-' || at[n] == '*')
        n++;
    return n;
}

bool menu_locate_string(const char *text, unsigned line, const char *name, const char *value,
                        size_t offset, unsigned *found_line, unsigned *column)
{
    struct place p = {.at = text, .line_start = text, .line = 1}, found;
    bool is_named = name == NULL;

    while (p.line < line && (p.at = strchrnul(p.at, '\n'), *p.at != '\0'))
        move(&p, 1);
    while (*p.at != '\0') {
        size_t n;

        skip_gap(&p);
        n = name_length(p.at);
        if (n > 0) {
            bool is_it = name != NULL && strlen(name) == n && strncmp(p.at, name, n) == 0;

            move(&p, n);
            skip_gap(&p);
            if (*p.at == '=' || *p.at == ':')
                is_named = is_it || name == NULL;
        } else if (*p.at == '"') {
            if (compare_string(&p, value, offset, &found) && is_named) {
                *found_line = found.line;
                *column = column_of(&found);
                return true;
            }
        } else {
            move(&p, 1);
        }
    }
    return false;
}

unsigned menu_locate_name(const char *text, unsigned line, const char *name)
{
    struct place p = {.at = text, .line_start = text, .line = 1};
    unsigned first;

    while (p.line < line && (p.at = strchrnul(p.at, '\n'), *p.at != '\0'))
        move(&p, 1);
    move(&p, strspn(p.at, " \t"));
    first = column_of(&p);
    while (name != NULL && *p.at != '\0' && *p.at != '\n') {
        size_t n = name_length(p.at);
        struct place behind = p;

        if (n == strlen(name) && strncmp(p.at, name, n) == 0) {
            move(&behind, n);
            skip_gap(&behind);
            if (*behind.at == '=' || *behind.at == ':' || *behind.at == '{')
                return column_of(&p);
        }
        move(&p, n > 0 ? n : 1);
    }
    return first;
}
