#include "menus/locate.h"

#include "base/syntax.h"

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
        move(p, syntax_gap(p->at));
    }
    return is_same && at == size;
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

        move(&p, syntax_gap(p.at));
        n = syntax_name(p.at);
        if (n > 0) {
            bool is_it = name != NULL && strlen(name) == n && strncmp(p.at, name, n) == 0;

            move(&p, n);
            move(&p, syntax_gap(p.at));
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
        size_t n = syntax_name(p.at);
        struct place behind = p;

        if (n == strlen(name) && strncmp(p.at, name, n) == 0) {
            move(&behind, n);
            move(&behind, syntax_gap(behind.at));
            if (*behind.at == '=' || *behind.at == ':' || *behind.at == '{')
                return column_of(&p);
        }
        move(&p, n > 0 ? n : 1);
    }
    return first;
}
