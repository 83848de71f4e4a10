#include "base/syntax.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { DEPTH_MAX = 70 };

enum token_kind { TOKEN_END, TOKEN_NAME, TOKEN_STRING, TOKEN_BOOL, TOKEN_NUMBER, TOKEN_MARK };

struct token {
    enum token_kind kind;
    char mark; /* TOKEN_MARK */
    const char *at, *line_start;
    unsigned line;
    size_t bytes;
};

struct parser {
    const char *at, *line_start;
    unsigned line;
    struct token token; /* the next one */
    /* The first string with a line break in it since the last setting without one (at = NULL:
     * none), and how many there were at all. */
    struct token broken_string;
    unsigned broken_strings;
    unsigned depth;
    struct syntax_fault *fault;
    bool has_fault;
};

static bool parse_value(struct parser *p);
static bool parse_settings(struct parser *p, char closer);

/* --- tokens ------------------------------------------------------------------------------- */

size_t syntax_gap(const char *at)
{
    const char *c = at, *close;

    for (;;) {
        if (isspace((unsigned char)*c)) {
            c++;
        } else if (*c == '#' || (c[0] == '/' && c[1] == '/')) {
            c += strcspn(c, "\n");
        } else if (c[0] == '/' && c[1] == '*') {
            close = strstr(c + 2, "*/");
            c = close != NULL ? close + 2 : c + strlen(c);
        } else {
            return (size_t)(c - at);
        }
    }
}

size_t syntax_string(const char *at)
{
    size_t n = 1;

    while (at[n] != '\0' && at[n] != '"')
        n += at[n] == '\\' && at[n + 1] != '\0' ? 2 : 1;
    return at[n] == '"' ? n + 1 : n;
}

static bool is_name_char(char c)
{
    return isalnum((unsigned char)c) || c == '_' || c == '-' || c == '*';
}

size_t syntax_name(const char *at)
{
    size_t n = 0;

    while (is_name_char(at[n]))
        n++;
    return n;
}

static void skip(struct parser *p, size_t bytes)
{
    for (; bytes > 0; bytes--, p->at++)
        if (*p->at == '\n') {
            p->line++;
            p->line_start = p->at + 1;
        }
}

static void take_string(struct parser *p)
{
    size_t n = syntax_string(p->at);
    bool is_broken = memchr(p->at, '\n', n) != NULL;

    skip(p, n);
    p->token.kind = TOKEN_STRING;
    if (!is_broken)
        return;
    p->broken_strings++;
    if (p->broken_string.at == NULL)
        p->broken_string = p->token;
}

static void take_word(struct parser *p)
{
    size_t n = syntax_name(p->at);

    p->token.kind = (n == 4 && strncasecmp(p->at, "true", 4) == 0) ||
                            (n == 5 && strncasecmp(p->at, "false", 5) == 0)
                        ? TOKEN_BOOL
                        : TOKEN_NAME;
    p->at += n;
}

static void take_number(struct parser *p)
{
    size_t n = 1;

    while (is_name_char(p->at[n]) || p->at[n] == '.' || p->at[n] == '+')
        n++;
    p->token.kind = TOKEN_NUMBER;
    p->at += n;
}

static void next(struct parser *p)
{
    char c;

    skip(p, syntax_gap(p->at));
    c = *p->at;
    p->token = (struct token){
        .kind = TOKEN_MARK, .mark = c, .at = p->at, .line_start = p->line_start, .line = p->line};
    if (c == '\0')
        p->token.kind = TOKEN_END;
    else if (c == '"')
        take_string(p);
    else if (isalpha((unsigned char)c) || c == '*')
        take_word(p);
    else if (isdigit((unsigned char)c) || c == '-' || c == '+' || c == '.')
        take_number(p);
    else
        for (p->at++; ((unsigned char)*p->at & 0xC0) == 0x80;) /* a whole character of UTF-8 */
            p->at++;
    p->token.bytes = (size_t)(p->at - p->token.at);
}

static bool is_mark(const struct parser *p, char mark)
{
    return p->token.kind == TOKEN_MARK && p->token.mark == mark;
}

/* --- faults ------------------------------------------------------------------------------- */

static void place(struct parser *p, const struct token *t)
{
    p->fault->line = t->line;
    p->fault->column = 1;
    for (const char *c = t->line_start; c < t->at; c++)
        p->fault->column += ((unsigned char)*c & 0xC0) != 0x80;
}

static bool __attribute__((format(printf, 3, 4)))
fail(struct parser *p, const struct token *t, const char *format, ...)
{
    va_list args;

    if (p->has_fault)
        return false;
    p->has_fault = true;
    /* What was taken for text up to the next quote explains every oddity after it. */
    if (p->broken_string.at != NULL) {
        place(p, &p->broken_string);
        snprintf(p->fault->text, sizeof(p->fault->text),
                 "this string goes on in the next line: is its closing quote missing?");
        return false;
    }
    place(p, t);
    va_start(args, format);
    vsnprintf(p->fault->text, sizeof(p->fault->text), format, args);
    va_end(args);
    return false;
}

/* What a word processor makes of a quote. */
static bool is_curly_quote(const struct token *t)
{
    static const char *const quotes[] = {"\xE2\x80\x9C", "\xE2\x80\x9D", "\xE2\x80\x9E",
                                         "\xE2\x80\x98", "\xE2\x80\x99", "\xC2\xAB"};

    for (size_t i = 0; i < sizeof(quotes) / sizeof(quotes[0]); i++)
        if (strncmp(t->at, quotes[i], strlen(quotes[i])) == 0)
            return true;
    return false;
}

static bool fail_here(struct parser *p, const char *expected)
{
    const struct token *t = &p->token;

    if (is_curly_quote(t))
        return fail(p, t, "%.*s is no quote here: write a straight one, \"", (int)t->bytes, t->at);
    if (*t->at == '\'')
        return fail(p, t, "' is no quote here: write a double one, \"");
    if (strncmp(t->at, "\xC2\xA0", 2) == 0)
        return fail(p, t, "this space is no ordinary one (U+00A0): write it anew");
    if (t->kind == TOKEN_END)
        return fail(p, t, "the text ends here, but %s is expected", expected);
    return fail(p, t, "%s is expected before %.*s", expected, t->bytes < 40 ? (int)t->bytes : 40,
                t->at);
}

/* --- grammar ------------------------------------------------------------------------------ */

/* "10s" has its unit in the name of its key; libconfig would say "syntax error". */
static bool is_number(const struct token *t)
{
    char *end;

    (void)strtod(t->at, &end);
    for (int l = 0; l < 2 && *end == 'L'; l++)
        end++;
    return end >= t->at + t->bytes;
}

static bool parse_scalar(struct parser *p, enum token_kind *kind)
{
    *kind = p->token.kind;
    if (*kind == TOKEN_STRING) {
        while (p->token.kind == TOKEN_STRING)
            next(p);
        return true;
    }
    if (*kind != TOKEN_NUMBER && *kind != TOKEN_BOOL)
        return false;
    if (*kind == TOKEN_NUMBER && !is_number(&p->token))
        return fail(p, &p->token, "%.*s is no number",
                    p->token.bytes < 40 ? (int)p->token.bytes : 40, p->token.at);
    next(p);
    return true;
}

/* libconfig joins strings that follow one another. In a text that is meant; in an array it is two
 * values that have lost their comma, and neither is known then. */
static bool parse_element(struct parser *p, enum token_kind *kind)
{
    struct token second;

    if (p->token.kind != TOKEN_STRING)
        return parse_scalar(p, kind);
    *kind = TOKEN_STRING;
    next(p);
    second = p->token;
    return second.kind != TOKEN_STRING || fail(p, &second, "a comma is missing before this string");
}

/* After one element: a comma and another, or the end. False ends the loop. */
static bool parse_comma(struct parser *p, char closer)
{
    struct token comma = p->token;

    if (is_mark(p, closer))
        return false;
    if (!is_mark(p, ',')) {
        fail_here(p, "a comma or the closing bracket");
        return false;
    }
    next(p);
    if (is_mark(p, closer))
        return fail(p, &comma, "no comma may stand behind the last one");
    return true;
}

static bool parse_array(struct parser *p)
{
    enum token_kind first = TOKEN_END, kind;

    next(p);
    if (!is_mark(p, ']'))
        do {
            struct token t = p->token;

            if (!parse_element(p, &kind))
                return fail_here(p, is_mark(p, '{') || is_mark(p, '(') || is_mark(p, '[')
                                        ? "a string or number (groups stand in ( ), not in [ ])"
                                        : "a string, number, true or false");
            if (first != TOKEN_END && kind != first)
                return fail(p, &t, "an array has values of one kind only");
            first = kind;
        } while (parse_comma(p, ']'));
    next(p);
    return !p->has_fault;
}

static bool parse_list(struct parser *p)
{
    next(p);
    if (!is_mark(p, ')'))
        do {
            if (!parse_value(p))
                return false;
        } while (parse_comma(p, ')'));
    next(p);
    return !p->has_fault;
}

static bool parse_value(struct parser *p)
{
    enum token_kind kind;
    bool ok;

    if (p->depth++ == DEPTH_MAX)
        return fail(p, &p->token, "nested too deeply");
    if (is_mark(p, '[')) {
        ok = parse_array(p);
    } else if (is_mark(p, '(')) {
        ok = parse_list(p);
    } else if (is_mark(p, '{')) {
        next(p);
        ok = parse_settings(p, '}');
        next(p);
    } else if (p->token.kind == TOKEN_NAME) {
        ok = fail(p, &p->token, "a value is expected; is %.*s a text without its quotes?",
                  p->token.bytes < 40 ? (int)p->token.bytes : 40, p->token.at);
    } else {
        ok = parse_scalar(p, &kind) || fail_here(p, "a value");
    }
    p->depth--;
    return ok;
}

static bool parse_setting(struct parser *p)
{
    unsigned broken_strings = p->broken_strings;

    if (p->token.kind != TOKEN_NAME)
        return fail_here(p, "a name (and = and its value)");
    next(p);
    if (!is_mark(p, '=') && !is_mark(p, ':'))
        return fail_here(p, "=");
    next(p);
    if (!parse_value(p))
        return false;
    if (is_mark(p, ';') || is_mark(p, ','))
        next(p);
    if (p->broken_strings == broken_strings)
        p->broken_string.at = NULL;
    return true;
}

/* Up to the closer ('\0': the end of the text), which stays the next token. */
static bool parse_settings(struct parser *p, char closer)
{
    while (!(closer == '\0' ? p->token.kind == TOKEN_END : is_mark(p, closer)))
        if (!parse_setting(p))
            return false;
    return true;
}

bool syntax_check(const char *text, struct syntax_fault *fault)
{
    struct parser p = {.at = text, .line_start = text, .line = 1, .fault = fault};

    next(&p);
    return parse_settings(&p, '\0');
}

const char *syntax_explain(const char *libconfig_says)
{
    return strcmp(libconfig_says, "duplicate setting name") == 0
               ? "this name stands in its group already: take one of the two out"
               : libconfig_says;
}
