#include "menus/condition.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

struct parser {
    const char *start, *at;
    menu_condition_alloc_fn *alloc;
    void *ctx;
    struct menu_condition_step steps[MENU_CONDITION_STEPS_MAX];
    unsigned count, depth;
    const char *why; /* NULL: no fault yet */
    const char *fault_at;
};

enum { DEPTH_MAX = 16 };

static void parse_or(struct parser *p);

static void fail(struct parser *p, const char *at, const char *why)
{
    if (p->why == NULL) {
        p->why = why;
        p->fault_at = at;
    }
}

static void skip_blanks(struct parser *p)
{
    while (*p->at == ' ' || *p->at == '\t' || *p->at == '\n' || *p->at == '\r')
        p->at++;
}

static bool is_word_char(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           strchr("_-+.:", c) != NULL;
}

/* The length of the word at the next non-blank; 0 when there is none. */
static size_t word_length(struct parser *p)
{
    size_t n = 0;

    skip_blanks(p);
    while (p->at[n] != '\0' && is_word_char(p->at[n]))
        n++;
    return n;
}

static bool take_word(struct parser *p, const char *word)
{
    size_t n = word_length(p);

    if (n != strlen(word) || strncmp(p->at, word, n) != 0)
        return false;
    p->at += n;
    return true;
}

static bool take_mark(struct parser *p, const char *mark)
{
    skip_blanks(p);
    if (strncmp(p->at, mark, strlen(mark)) != 0)
        return false;
    p->at += strlen(mark);
    return true;
}

static const char *copy(struct parser *p, const char *from, size_t n)
{
    char *text = p->alloc(p->ctx, n + 1);

    memcpy(text, from, n);
    text[n] = '\0';
    return text;
}

static struct menu_condition_step *add_step(struct parser *p, enum menu_condition_step_kind kind)
{
    if (p->count == MENU_CONDITION_STEPS_MAX) {
        fail(p, p->at, "this condition has too many parts; use a route of several screens");
        p->count = 0;
    }
    p->steps[p->count] = (struct menu_condition_step){.kind = kind};
    return &p->steps[p->count++];
}

/* A bare word, or anything in single quotes. */
static const char *parse_value(struct parser *p)
{
    size_t n = word_length(p);
    const char *from = p->at, *close;

    if (*from == '\'') {
        close = strchr(from + 1, '\'');
        if (close == NULL) {
            fail(p, from, "this value has no closing quote");
            return "";
        }
        p->at = close + 1;
        return copy(p, from + 1, (size_t)(close - from - 1));
    }
    if (n == 0)
        fail(p, from, "a value is missing here");
    p->at += n;
    return copy(p, from, n);
}

static enum menu_compare parse_compare(struct parser *p)
{
    if (take_mark(p, "=="))
        return MENU_COMPARE_EQUAL;
    if (take_mark(p, "!="))
        return MENU_COMPARE_DIFFERENT;
    if (take_mark(p, "<="))
        return MENU_COMPARE_AT_MOST;
    if (take_mark(p, "<"))
        return MENU_COMPARE_LESS;
    if (take_mark(p, ">="))
        return MENU_COMPARE_AT_LEAST;
    if (take_mark(p, ">"))
        return MENU_COMPARE_MORE;
    if (take_word(p, "in"))
        return MENU_COMPARE_IN;
    if (take_mark(p, "="))
        fail(p, p->at - 1, "compare with ==");
    return MENU_COMPARE_TRUE;
}

/* A whole number of at most 18 characters. */
static bool parse_whole(const char *text, int64_t *number)
{
    char *end;

    if (*text == '\0' || strlen(text) > 18)
        return false;
    *number = strtoll(text, &end, 10);
    return *end == '\0';
}

static struct menu_condition_word parse_word(struct parser *p)
{
    struct menu_condition_word word = {.text = parse_value(p)};

    word.is_number = parse_whole(word.text, &word.number);
    return word;
}

static void parse_list(struct parser *p, struct menu_condition_step *step)
{
    struct menu_condition_word words[MENU_CONDITION_WORDS_MAX];
    unsigned count = 0;

    if (!take_mark(p, "("))
        fail(p, p->at, "after `in` comes a list: in (A, B)");
    do {
        if (count == MENU_CONDITION_WORDS_MAX) {
            fail(p, p->at, "this list has too many values");
            return;
        }
        words[count++] = parse_word(p);
    } while (p->why == NULL && take_mark(p, ","));
    if (p->why == NULL && !take_mark(p, ")"))
        fail(p, p->at, "this list has no closing )");
    step->words = p->alloc(p->ctx, count * sizeof(words[0]));
    memcpy(step->words, words, count * sizeof(words[0]));
    step->word_count = (uint16_t)count;
}

static const struct {
    const char *name;
    enum menu_operand_kind kind;
} operands[] = {
    {"language", MENU_OPERAND_LANGUAGE}, {"draft", MENU_OPERAND_DRAFT},
    {"today", MENU_OPERAND_TODAY},       {"time", MENU_OPERAND_TIME},
    {"weekday", MENU_OPERAND_WEEKDAY},
};
enum { OPERANDS = sizeof(operands) / sizeof(operands[0]) };

const char *menu_condition_operand(size_t i)
{
    return i < OPERANDS ? operands[i].name : NULL;
}

static enum menu_operand_kind operand_kind(const char *name)
{
    for (size_t i = 0; i < OPERANDS; i++)
        if (strcmp(name, operands[i].name) == 0)
            return operands[i].kind;
    return MENU_OPERAND_NAME;
}

bool menu_condition_is_operand(const char *name)
{
    return operand_kind(name) != MENU_OPERAND_NAME;
}

static void parse_test(struct parser *p)
{
    size_t n = word_length(p);
    struct menu_condition_step *step;

    if (n == 0) {
        fail(p, p->at, "a name is missing here");
        return;
    }
    step = add_step(p, MENU_CONDITION_TEST);
    step->offset = (uint32_t)(p->at - p->start);
    step->name = copy(p, p->at, n);
    step->operand = operand_kind(step->name);
    p->at += n;
    step->compare = parse_compare(p);
    if (step->compare == MENU_COMPARE_IN) {
        parse_list(p, step);
    } else if (step->compare != MENU_COMPARE_TRUE) {
        step->words = p->alloc(p->ctx, sizeof(step->words[0]));
        step->words[0] = parse_word(p);
        step->word_count = 1;
    }
}

static void parse_not(struct parser *p)
{
    if (p->depth++ == DEPTH_MAX) {
        fail(p, p->at, "this condition is nested too deeply");
    } else if (take_word(p, "not")) {
        parse_not(p);
        add_step(p, MENU_CONDITION_NOT);
    } else if (take_mark(p, "(")) {
        parse_or(p);
        if (p->why == NULL && !take_mark(p, ")"))
            fail(p, p->at, "a closing ) is missing here");
    } else {
        parse_test(p);
    }
    p->depth--;
}

static void parse_and(struct parser *p)
{
    parse_not(p);
    while (p->why == NULL && take_word(p, "and")) {
        parse_not(p);
        add_step(p, MENU_CONDITION_AND);
    }
}

static void parse_or(struct parser *p)
{
    parse_and(p);
    while (p->why == NULL && take_word(p, "or")) {
        parse_and(p);
        add_step(p, MENU_CONDITION_OR);
    }
}

struct menu_condition *menu_condition_compile(const char *text, menu_condition_alloc_fn *alloc,
                                              void *ctx, unsigned *column, const char **why)
{
    struct parser p = {.start = text, .at = text, .alloc = alloc, .ctx = ctx};
    struct menu_condition *c;

    parse_or(&p);
    skip_blanks(&p);
    if (*p.at != '\0')
        fail(&p, p.at, "`and`, `or` or the end is expected here");
    if (p.why != NULL) {
        *column = (unsigned)(p.fault_at - text) + 1;
        *why = p.why;
        return NULL;
    }
    c = alloc(ctx, sizeof(*c));
    c->text = copy(&p, text, strlen(text));
    c->steps = alloc(ctx, p.count * sizeof(p.steps[0]));
    memcpy(c->steps, p.steps, p.count * sizeof(p.steps[0]));
    c->step_count = (uint16_t)p.count;
    return c;
}

/* As numbers when both are, else by octets (dates and times sort right as written). */
static int compare(const char *value, const struct menu_condition_word *word)
{
    int64_t number;

    if (word->is_number && parse_whole(value, &number))
        return number < word->number ? -1 : number > word->number;
    return strcmp(value, word->text);
}

static bool test_holds(const struct menu_condition_step *step, menu_condition_get_fn *get,
                       void *ctx)
{
    char room[MENU_VALUE_BYTES];
    const char *value = get(ctx, step, room);
    int order;

    if (value == NULL)
        return step->compare == MENU_COMPARE_DIFFERENT;
    if (step->compare == MENU_COMPARE_TRUE)
        return value[0] != '\0' && strcmp(value, "0") != 0;
    if (step->compare == MENU_COMPARE_IN) {
        for (unsigned i = 0; i < step->word_count; i++)
            if (compare(value, &step->words[i]) == 0)
                return true;
        return false;
    }
    order = compare(value, &step->words[0]);
    switch (step->compare) {
    case MENU_COMPARE_EQUAL:
        return order == 0;
    case MENU_COMPARE_DIFFERENT:
        return order != 0;
    case MENU_COMPARE_LESS:
        return order < 0;
    case MENU_COMPARE_AT_MOST:
        return order <= 0;
    case MENU_COMPARE_MORE:
        return order > 0;
    default:
        return order >= 0;
    }
}

bool menu_condition_holds(const struct menu_condition *condition, menu_condition_get_fn *get,
                          void *ctx)
{
    bool stack[MENU_CONDITION_STEPS_MAX] = {false};
    unsigned depth = 0;

    for (unsigned i = 0; i < condition->step_count; i++) {
        const struct menu_condition_step *step = &condition->steps[i];

        switch (step->kind) {
        case MENU_CONDITION_TEST:
            stack[depth++] = test_holds(step, get, ctx);
            break;
        case MENU_CONDITION_NOT:
            assert(depth >= 1);
            stack[depth - 1] = !stack[depth - 1];
            break;
        case MENU_CONDITION_AND:
            assert(depth >= 2);
            depth--;
            stack[depth - 1] = stack[depth - 1] && stack[depth];
            break;
        case MENU_CONDITION_OR:
            assert(depth >= 2);
            depth--;
            stack[depth - 1] = stack[depth - 1] || stack[depth];
            break;
        }
    }
    assert(depth == 1);
    return stack[0];
}
