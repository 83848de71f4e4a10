#include "menus/graph.h"

#include "base/mem.h"
#include "menus/edge.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { LABEL_BYTES = 128, LINE_CHARACTERS = 28, ROUNDS = 4 };

struct graph {
    const struct menu *menu;
    uint16_t language;
    menu_graph_print_fn *print;
    void *arg;
    bool *text_is_drawn;
    const char **groups; /* of each screen; NULL: in none */
};

static void __attribute__((format(printf, 2, 3)))
print(const struct graph *g, const char *format, ...)
{
    char text[1024];
    va_list args;

    va_start(args, format);
    vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    g->print(g->arg, text);
}

/* Safe between quotes of DOT, and not longer than a line. */
static void quote(const char *text, char label[LABEL_BYTES])
{
    size_t n = 0;

    for (const char *c = text; *c != '\0' && *c != '\n' && n + 3 < LABEL_BYTES; c++) {
        if (n >= LINE_CHARACTERS && ((unsigned char)*c & 0xC0) != 0x80)
            break;
        if (*c == '"' || *c == '\\')
            label[n++] = '\\';
        label[n++] = *c;
    }
    label[n] = '\0';
}

/* The template as an author wrote it, its first line. */
static void label_of(const struct graph *g, const struct menu_text *text, char label[LABEL_BYTES])
{
    const struct menu_template *t = &text->by_language[g->language];
    char whole[LABEL_BYTES] = "";

    for (unsigned i = 0; i < t->part_count; i++) {
        const struct menu_part *p = &t->parts[i];
        const char *word = p->kind == MENU_PART_LITERAL ? p->literal
                           : p->kind == MENU_PART_VALUE ? g->menu->values[p->value].name
                                                        : "..";
        size_t used = strlen(whole);

        snprintf(whole + used, sizeof(whole) - used, p->kind == MENU_PART_LITERAL ? "%s" : "{%s}",
                 word);
    }
    quote(whole, label);
}

static void draw_screen(const struct graph *g, const struct menu_screen *s)
{
    static const char *const styles[] = {
        [MENU_SCREEN_ASK] = "shape=box, style=rounded",
        [MENU_SCREEN_END] = "shape=box, peripheries=2",
        [MENU_SCREEN_ACTION] = "shape=ellipse, style=filled, fillcolor=\"#eeeeee\"",
        [MENU_SCREEN_ROUTE] = "shape=diamond",
    };
    char label[LABEL_BYTES] = "";

    if (s->kind == MENU_SCREEN_ACTION)
        snprintf(label, sizeof(label), "%s", s->action->name);
    else if (s->text != NULL)
        label_of(g, s->text, label);
    print(g, "    \"%s\" [label=\"%s%s%s\", %s];\n", s->name, s->name,
          label[0] != '\0' ? "\\n" : "", label, styles[s->kind]);
}

static bool same_group(const struct graph *g, unsigned a, unsigned b)
{
    return g->groups[a] != NULL && g->groups[b] != NULL && strcmp(g->groups[a], g->groups[b]) == 0;
}

static void lend_group(void *ctx, const struct menu_edge *edge)
{
    struct graph *g = ctx;
    const char *group = g->groups[edge->from - g->menu->screens];

    if (edge->to.kind == MENU_TO_SCREEN && g->groups[edge->to.index] == NULL)
        g->groups[edge->to.index] = group;
}

/* A screen that is in no group stands with the first that leads to it. */
static void find_groups(struct graph *g)
{
    const struct menu *menu = g->menu;

    for (unsigned i = 0; i < menu->screen_count; i++)
        g->groups[i] = menu->screens[i].group;
    for (unsigned i = 0; i < menu->keyword_count; i++)
        if (menu->keywords[i].to.kind == MENU_TO_SCREEN &&
            g->groups[menu->keywords[i].to.index] == NULL)
            g->groups[menu->keywords[i].to.index] = "SMS";
    for (unsigned round = 0; round < ROUNDS; round++)
        for (unsigned i = 0; i < menu->screen_count; i++)
            if (g->groups[i] != NULL)
                menu_edges_of(menu, &menu->screens[i], lend_group, g);
}

/* The groups in the order of their first screen. */
static void draw_groups(const struct graph *g)
{
    const struct menu *menu = g->menu;

    for (unsigned i = 0; i < menu->screen_count; i++) {
        const struct menu_screen *first = &menu->screens[i];
        bool is_drawn = false;
        char label[LABEL_BYTES];

        for (unsigned k = 0; k < i && !is_drawn; k++)
            is_drawn = same_group(g, k, i);
        if (is_drawn)
            continue;
        if (g->groups[i] == NULL) {
            draw_screen(g, first);
            continue;
        }
        quote(g->groups[i], label);
        print(g, "  subgraph \"cluster_%u\" {\n    label=\"%s\"; color=\"#bbbbbb\";\n", i, label);
        for (unsigned k = i; k < menu->screen_count; k++)
            if (same_group(g, k, i))
                draw_screen(g, &menu->screens[k]);
        print(g, "  }\n");
    }
}

static void draw_text(struct graph *g, uint16_t text)
{
    char label[LABEL_BYTES];

    if (g->text_is_drawn[text])
        return;
    g->text_is_drawn[text] = true;
    label_of(g, &g->menu->texts[text], label);
    print(g, "  \"%s\" [label=\"%s\\n%s\", shape=%s];\n", g->menu->texts[text].name,
          g->menu->texts[text].name, label,
          g->menu->texts[text].is_message ? "note" : "box, peripheries=2");
}

/* NULL: not drawn (a way back, no answer). */
static const char *target_name(struct graph *g, struct menu_target to)
{
    switch (to.kind) {
    case MENU_TO_SCREEN:
        return g->menu->screens[to.index].name;
    case MENU_TO_TEXT:
        draw_text(g, to.index);
        return g->menu->texts[to.index].name;
    case MENU_TO_MAIN:
        return g->menu->screens[g->menu->start].name;
    default:
        return NULL;
    }
}

static void draw_edge(void *ctx, const struct menu_edge *edge)
{
    struct graph *g = ctx;
    const char *to = target_name(g, edge->to);
    bool is_quiet = edge->kind == MENU_EDGE_THEN || edge->kind == MENU_EDGE_PASS ||
                    edge->kind == MENU_EDGE_BACK || edge->is_refusal || edge->is_correction ||
                    edge->to.kind == MENU_TO_MAIN;
    char label[LABEL_BYTES] = "";

    if (to == NULL || (edge->kind == MENU_EDGE_THEN && strcmp(to, edge->from->name) == 0))
        return;
    if (edge->label != NULL)
        label_of(g, edge->label, label);
    else if (edge->word != NULL)
        quote(edge->word, label);
    else if (edge->kind == MENU_EDGE_THEN || edge->kind == MENU_EDGE_PASS)
        snprintf(label, sizeof(label), "%s", edge->kind == MENU_EDGE_THEN ? "then" : "passed over");
    print(g, "  \"%s\" -> \"%s\" [label=\"%s\"%s];\n", edge->from->name, to, label,
          is_quiet ? ", style=dashed, color=\"#aaaaaa\", fontcolor=\"#888888\", constraint=false"
                   : "");
}

static void draw_keywords(struct graph *g)
{
    const struct menu *menu = g->menu;
    const char *otherwise = target_name(g, menu->otherwise);

    if (otherwise != NULL)
        print(g, "  \"sms\" [label=\"SMS, else\", shape=cds];\n  \"sms\" -> \"%s\";\n", otherwise);

    for (unsigned i = 0; i < menu->keyword_count; i++) {
        const struct menu_keyword *k = &menu->keywords[i];
        const char *to = target_name(g, k->to);

        if (to == NULL)
            continue;
        print(g, "  \"sms %u\" [label=\"SMS %s%s\", shape=cds];\n  \"sms %u\" -> \"%s\";\n", i,
              k->rule != NULL ? k->rule->name : k->words[0], k->part_count > 0 ? " .." : "", i, to);
    }
}

void menu_graph_print(const struct menu *menu, const char *language, menu_graph_print_fn *print_fn,
                      void *arg)
{
    struct graph g = {.menu = menu,
                      .language = menu_find_language(menu, language != NULL ? language : ""),
                      .print = print_fn,
                      .arg = arg,
                      .text_is_drawn = mem_zalloc(menu->text_count + 1u),
                      .groups = mem_zalloc((menu->screen_count + 1u) * sizeof(*g.groups))};

    find_groups(&g);
    print(&g,
          "digraph \"%s\" {\n  rankdir=LR; newrank=true;\n  node [fontname=\"sans-serif\", "
          "fontsize=10];\n"
          "  edge [fontname=\"sans-serif\", fontsize=9];\n",
          menu->name);
    draw_groups(&g);
    for (unsigned i = 0; i < menu->screen_count; i++)
        menu_edges_of(menu, &menu->screens[i], draw_edge, &g);
    draw_keywords(&g);
    print(&g, "}\n");
    mem_free(g.text_is_drawn);
    mem_free(g.groups);
}
