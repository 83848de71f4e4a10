#include "tests/smsc/script.h"

#include "base/mem.h"
#include "base/text_file.h"
#include "tests/smsc/control.h"

#include <assert.h>
#include <string.h>

enum { STEPS_FIRST = 64 };

enum argument { ARGUMENT_NONE, ARGUMENT_TEXT, ARGUMENT_NUMBER };

static const struct {
    const char *word;
    enum argument argument;
} verbs[SCRIPT_VERB_COUNT] = {
    [SCRIPT_PHONE] = {"phone", ARGUMENT_NUMBER},     [SCRIPT_DIAL] = {"dial", ARGUMENT_TEXT},
    [SCRIPT_ANSWER] = {"answer", ARGUMENT_TEXT},     [SCRIPT_HANGUP] = {"hangup", ARGUMENT_NONE},
    [SCRIPT_TEXT] = {"text", ARGUMENT_TEXT},         [SCRIPT_MESSAGE] = {"message", ARGUMENT_TEXT},
    [SCRIPT_SCREEN] = {"screen", ARGUMENT_NONE},     [SCRIPT_LINES] = {"|", ARGUMENT_NONE},
    [SCRIPT_SAME] = {"same", ARGUMENT_NONE},         [SCRIPT_ASKED] = {"asked", ARGUMENT_NONE},
    [SCRIPT_ENDED] = {"ended", ARGUMENT_NONE},       [SCRIPT_SAVE] = {"save", ARGUMENT_TEXT},
    [SCRIPT_NOTHING] = {"nothing", ARGUMENT_NUMBER}, [SCRIPT_WAIT] = {"wait", ARGUMENT_NUMBER},
    [SCRIPT_BINDS] = {"binds", ARGUMENT_NUMBER},     [SCRIPT_TAKEN] = {"taken", ARGUMENT_NONE},
    [SCRIPT_CONTROL] = {"", ARGUMENT_NONE},
};

struct parser {
    struct script *script;
    size_t capacity;
    unsigned line;
    bool failed;
};

static void fail(struct parser *p, const char *why, const char *what)
{
    p->failed = true;
    fprintf(stderr, "%s:%u: %s%s\n", p->script->name, p->line, why, what);
}

static struct script_step *add_step(struct parser *p, enum script_verb verb, const char *argument)
{
    struct script *s = p->script;
    struct script_step *step;

    if (s->count == p->capacity) {
        p->capacity = p->capacity != 0 ? p->capacity * 2 : STEPS_FIRST;
        s->steps = mem_realloc_array(s->steps, p->capacity, sizeof(*s->steps));
    }
    assert(s->steps != NULL); /* count < capacity */
    step = &s->steps[s->count++];
    *step = (struct script_step){verb, p->line, false, mem_strdup(argument)};
    return step;
}

/* "| text" joins the lines before it. */
static void read_expected(struct parser *p, const char *line)
{
    struct script *s = p->script;
    struct script_step *last = s->count != 0 ? &s->steps[s->count - 1] : NULL;
    const char *text = line[1] == ' ' ? line + 2 : line + 1;
    size_t old, more = strlen(text);

    if (last == NULL || last->verb != SCRIPT_LINES) {
        add_step(p, SCRIPT_LINES, text);
        return;
    }
    old = strlen(last->argument);
    last->argument = mem_realloc_array(last->argument, old + more + 2, 1);
    last->argument[old] = '\n';
    memcpy(last->argument + old + 1, text, more + 1);
}

static bool is_argument_right(enum argument kind, const char *text)
{
    switch (kind) {
    case ARGUMENT_NONE:
        return *text == '\0';
    case ARGUMENT_TEXT:
        return *text != '\0';
    case ARGUMENT_NUMBER:
        return *text != '\0' && strspn(text, "0123456789") == strlen(text);
    }
    return false;
}

static void read_line(struct parser *p, const char *line)
{
    bool nowait = strncmp(line, "nowait ", 7) == 0;
    size_t size;

    line += nowait ? 7 : 0;
    if (*line == '\0' || *line == '#')
        return;
    if (*line == '|') {
        read_expected(p, line);
        return;
    }
    if (control_is_command(line)) {
        add_step(p, SCRIPT_CONTROL, line);
        return;
    }
    size = strcspn(line, " ");
    for (int verb = 0; verb < SCRIPT_CONTROL; verb++)
        if (strlen(verbs[verb].word) == size && memcmp(verbs[verb].word, line, size) == 0) {
            const char *argument = line + size + (line[size] == ' ');

            if (!is_argument_right(verbs[verb].argument, argument))
                fail(p, "this cannot follow the word: ", argument);
            add_step(p, (enum script_verb)verb, argument)->nowait = nowait;
            return;
        }
    fail(p, "unknown statement: ", line);
}

struct script *script_parse(const char *name, const char *text)
{
    struct parser p = {.script = mem_zalloc(sizeof(struct script))};
    char *copy = mem_strdup(text);
    char *rest = copy;
    char *line;

    p.script->name = mem_strdup(name);
    while (!p.failed && (line = strsep(&rest, "\n")) != NULL) {
        p.line++;
        read_line(&p, line);
    }
    mem_free(copy);
    if (!p.failed && p.script->count == 0)
        fail(&p, "nothing to do: it would pass", "");
    if (!p.failed)
        return p.script;
    script_free(p.script);
    return NULL;
}

struct script *script_load(const char *file)
{
    struct script *s = NULL;
    const char *why;
    char *text = text_file_read(file, &why);

    if (text != NULL)
        s = script_parse(file, text);
    else
        fprintf(stderr, "%s: %s\n", file, why);
    mem_free(text);
    return s;
}

void script_free(struct script *s)
{
    for (size_t i = 0; i < s->count; i++)
        mem_free(s->steps[i].argument);
    mem_free(s->steps);
    mem_free(s->name);
    mem_free(s);
}

/* ---- comparing ---- */

/* A line of text; `next` is NULL behind the last. */
struct line {
    const char *text;
    size_t size;
    const char *next;
};

static struct line first_line(const char *text)
{
    const char *end = strchrnul(text, '\n');

    return (struct line){text, (size_t)(end - text), *end == '\n' ? end + 1 : NULL};
}

static bool is_any_lines(const struct line *l)
{
    return l->size == 3 && memcmp(l->text, "...", 3) == 0;
}

/* * matches any run of characters; the newest one is tried again when the rest does not fit. */
static bool line_matches(const struct line *pattern, const struct line *text)
{
    size_t p = 0, t = 0;
    size_t star = SIZE_MAX, star_t = 0;

    while (t < text->size) {
        if (p < pattern->size && pattern->text[p] == '*') {
            star = p++;
            star_t = t;
        } else if (p < pattern->size && pattern->text[p] == text->text[t]) {
            p++;
            t++;
        } else if (star != SIZE_MAX) {
            p = star + 1;
            t = ++star_t;
        } else
            return false;
    }
    while (p < pattern->size && pattern->text[p] == '*')
        p++;
    return p == pattern->size;
}

bool script_matches(const char *pattern, const char *text)
{
    while (pattern != NULL) {
        struct line want = first_line(pattern);
        struct line have;

        if (is_any_lines(&want)) {
            if (want.next == NULL)
                return true;
            for (; text != NULL; text = have.next) {
                have = first_line(text);
                if (script_matches(want.next, text))
                    return true;
            }
            return false;
        }
        if (text == NULL)
            return false;
        have = first_line(text);
        if (!line_matches(&want, &have))
            return false;
        pattern = want.next;
        text = have.next;
    }
    return text == NULL;
}

void script_print_difference(const char *pattern, const char *text, FILE *out)
{
    while (pattern != NULL || text != NULL) {
        struct line want = {0}, have = {0};
        bool same;

        if (pattern != NULL)
            want = first_line(pattern);
        if (text != NULL)
            have = first_line(text);
        same = pattern != NULL && text != NULL && line_matches(&want, &have);
        if (pattern != NULL && !same)
            fprintf(out, "#   expected: %.*s\n", (int)want.size, want.text);
        if (text != NULL)
            fprintf(out, "#   %s %.*s\n", same ? "         " : "     got:", (int)have.size,
                    have.text);
        pattern = want.next;
        text = have.next;
    }
}
