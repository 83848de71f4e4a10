#include "menus/play.h"

#include "gateway/smpp/text.h"
#include "menus/model.h"
#include "menus/render.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FRAME_COLUMNS = 40 };

static void __attribute__((format(printf, 2, 3)))
print(struct menu_play *play, const char *format, ...)
{
    char text[2 * MENU_TEXT_BYTES];
    va_list args;

    va_start(args, format);
    vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    play->print(play->arg, text);
}

/* Where a screen or text stands in its file; false when there is none of that name. */
static bool find_place(const struct menu *menu, const char *name, const char **file, unsigned *line)
{
    const struct menu_screen *screen = menu_find_screen(menu, name);
    const struct menu_text *text = menu_find_text(menu, name);

    if (screen == NULL && text == NULL)
        return false;
    source_place(menu->source, screen != NULL ? screen->line : text->line, file, line);
    return true;
}

/* --- what is shown ------------------------------------------------------------------------ */

static void print_rule(struct menu_play *play)
{
    char rule[FRAME_COLUMNS + 3];

    memset(rule, '-', sizeof(rule) - 2);
    rule[0] = rule[FRAME_COLUMNS] = '+';
    rule[FRAME_COLUMNS + 1] = '\n';
    rule[FRAME_COLUMNS + 2] = '\0';
    play->print(play->arg, rule);
}

static void print_lines(struct menu_play *play, const char *text)
{
    while (*text != '\0') {
        size_t n = strcspn(text, "\n");

        print(play, "| %.*s\n", (int)n, text);
        text += n + (text[n] == '\n');
    }
}

/* "MAIN at menus/x.cfg:120, 128 of 182 septets, 54 left" */
static void print_cost(struct menu_play *play, const struct menu_outcome *o)
{
    bool ucs2 = o->ucs2 || play->is_ucs2;
    unsigned limit = ucs2 ? play->limits.ucs2_units : play->limits.gsm_septets;
    unsigned units = menu_text_units(o->text, ucs2);
    const char *file = "";
    unsigned line = 0;

    find_place(play->menu, o->screen, &file, &line);
    print(play, "  %s at %s:%u, %u of %u %s, %u left%s%s\n", o->screen, file, line, units, limit,
          ucs2 ? "UCS-2 units" : "septets", units < limit ? limit - units : 0,
          o->kind == MENU_END ? ", the dialogue is over" : "",
          o->was_invalid ? ", the input was refused" : "");
}

static void print_sms(struct menu_play *play)
{
    const char *text;

    while ((text = play->stage.take_sms(play->stage.ctx)) != NULL) {
        size_t units;
        bool is_gsm = text_units(TEXT_GSM, text, &units);

        print(play, "  SMS to the phone (%u %s):\n", menu_text_units(text, !is_gsm),
              is_gsm ? "septets" : "UCS-2 units");
        print_lines(play, text);
    }
}

static void show(struct menu_play *play, const struct menu_outcome *o)
{
    if (o->kind == MENU_ASK || o->kind == MENU_END) {
        print_rule(play);
        print_lines(play, o->text);
        print_rule(play);
        print_cost(play, o);
    }
    play->is_open = o->kind == MENU_ASK;
    print_sms(play);
}

/* --- commands ----------------------------------------------------------------------------- */

static void print_state(struct menu_play *play)
{
    const struct menu_state *s = play->stage.state(play->stage.ctx);

    print(play, "  language %s, screen %s, page %u, refused %u\n",
          s->language[0] != '\0' ? s->language : "not known",
          s->screen[0] != '\0' ? s->screen : "none", s->page + 1u, s->errors);
    for (unsigned i = s->back_count; i-- > 0;)
        print(play, "  back to %s\n", s->back[i]);
    if (s->has_draft)
        print(play, "  a draft is kept, last at %s\n", s->draft_screen);
    for (unsigned i = 0; i < s->answer_count; i++)
        print(play, "  %s = %s\n", s->answers[i].field, s->answer_bytes + s->answers[i].offset);
}

/* A page of so many septets has at most as many UCS-2 units. */
static void apply_limits(struct menu_play *play)
{
    struct menu_limits limits = play->limits;

    if (play->is_ucs2)
        limits.gsm_septets = limits.ucs2_units;
    play->stage.set_limits(play->stage.ctx, limits);
}

static void set_encoding(struct menu_play *play, const char *word)
{
    if (strcmp(word, "gsm") != 0 && strcmp(word, "ucs2") != 0) {
        print(play, "  .encoding takes gsm or ucs2\n");
        return;
    }
    play->is_ucs2 = word[0] == 'u';
    apply_limits(play);
    print(play, "  pages are sent %s\n",
          play->is_ucs2 ? "in UCS-2, whatever they hold"
                        : "in GSM 7 bit, or as their language says");
}

static void set_limit(struct menu_play *play, const char *word)
{
    unsigned limit = (unsigned)strtoul(word, NULL, 10);

    if (limit < 40 || limit > 182) {
        print(play, "  a limit is between 40 and 182 septets\n");
        return;
    }
    play->limits = menu_limits_of(limit);
    apply_limits(play);
    print(play, "  pages hold %u septets or %u UCS-2 units\n", play->limits.gsm_septets,
          play->limits.ucs2_units);
}

static void wait_for(struct menu_play *play, const char *word)
{
    static const struct {
        char unit;
        int64_t ms;
    } units[] = {{'s', 1000}, {'m', 60000}, {'h', 3600000}, {'d', 86400000}};
    char *unit;
    long n = strtol(word, &unit, 10);

    for (unsigned i = 0; i < sizeof(units) / sizeof(units[0]); i++)
        if (n > 0 && n <= 1000 && *unit == units[i].unit && unit[1] == '\0') {
            play->stage.wait(play->stage.ctx, n * units[i].ms);
            print(play, "  it is %s later\n", word);
            print_sms(play);
            return;
        }
    print(play, "  .later takes 30s, 5m, 2h or 3d\n");
}

/* --- back and forth ------------------------------------------------------------------------- */

static void forget(struct menu_play *play, struct menu_play_past *past)
{
    while (past->count > 0)
        play->stage.drop(past->saved[--past->count]);
}

static void remember(struct menu_play *play, struct menu_play_past *past)
{
    if (past->count == MENU_PLAY_BACK_MAX) {
        play->stage.drop(past->saved[0]);
        past->count--;
        memmove(&past->saved[0], &past->saved[1], past->count * sizeof(past->saved[0]));
    }
    past->saved[past->count++] = play->stage.save(play->stage.ctx);
}

/* From one past to the other: .undo and .redo. */
static void go(struct menu_play *play, struct menu_play_past *from, struct menu_play_past *to)
{
    const struct menu_outcome *o = play->stage.outcome(play->stage.ctx);

    if (from->count == 0) {
        print(play, "  there is nothing to go to\n");
        return;
    }
    remember(play, to);
    play->stage.restore(play->stage.ctx, from->saved[--from->count]);
    apply_limits(play);
    play->is_open = play->stage.state(play->stage.ctx)->is_open;
    if (play->is_open)
        show(play, o);
    else
        print(play, "  no dialogue is open\n");
}

void menu_play_end(struct menu_play *play)
{
    forget(play, &play->undo);
    forget(play, &play->redo);
}

/* Does the line change anything? */
static bool is_deed(const char *line)
{
    static const char *const looks[] = {".help",     ".state", ".quit", ".limit",
                                        ".encoding", ".undo",  ".redo"};
    size_t n = strcspn(line, " ");

    for (unsigned i = 0; i < sizeof(looks) / sizeof(looks[0]); i++)
        if (strlen(looks[i]) == n && strncmp(line, looks[i], n) == 0)
            return false;
    return line[0] != '\0';
}

static void print_help(struct menu_play *play)
{
    print(play,
          "  %s dials, %.*s*2# dials and answers; a line answers the screen\n"
          "  .sms TEXT     send an SMS          .hangup       end the dialogue\n"
          "  .lang CODE    change language      .limit 160    what a page may hold\n"
          "  .encoding ucs2, .encoding gsm      how pages are sent\n"
          "  .later 3d     let time pass        .state        what the menu keeps in mind\n"
          "  .undo         take a line back     .redo         and forth again\n"
          "  .quit         leave\n",
          play->code, (int)strcspn(play->code, "#"), play->code);
    if (play->stage.order != NULL)
        print(play, "%s", play->stage.order_help);
}

static void run_command(struct menu_play *play, const char *line)
{
    size_t n = strcspn(line, " ");
    const char *rest = line + n + strspn(line + n, " ");

#define IS(word) (n == strlen(word) && strncmp(line, word, n) == 0)
    if (IS(".quit")) {
        play->is_over = true;
    } else if (IS(".sms")) {
        play->stage.sms(play->stage.ctx, rest);
        print_sms(play);
    } else if (IS(".hangup")) {
        play->stage.hang_up(play->stage.ctx);
        play->is_open = false;
        print(play, "  the dialogue is over\n");
    } else if (IS(".lang")) {
        play->stage.set_language(play->stage.ctx, rest);
    } else if (IS(".limit")) {
        set_limit(play, rest);
    } else if (IS(".encoding")) {
        set_encoding(play, rest);
    } else if (IS(".later")) {
        wait_for(play, rest);
    } else if (IS(".state")) {
        print_state(play);
    } else if (IS(".undo")) {
        go(play, &play->undo, &play->redo);
    } else if (IS(".redo")) {
        go(play, &play->redo, &play->undo);
    } else if (play->stage.order != NULL && !IS(".help")) {
        if (play->stage.order(play->stage.ctx, line + 1, play->print, play->arg))
            print(play, "  done\n");
        play->is_open = play->stage.state(play->stage.ctx)->is_open; /* of the phone in hand now */
        print_sms(play);
    } else {
        print_help(play);
    }
#undef IS
}

void menu_play_begin(struct menu_play *play, const char *language)
{
    play->is_open = play->is_over = false;
    if (play->limits.gsm_septets == 0)
        play->limits = menu_limits_of(MENU_GSM_SEPTETS_MAX);
    apply_limits(play);
    if (language != NULL)
        play->stage.set_language(play->stage.ctx, language);
    print(play, "  %s: dial %s; .help for more\n", menu_name(play->menu), play->code);
}

void menu_play_line(struct menu_play *play, const char *line)
{
    if (is_deed(line)) {
        remember(play, &play->undo);
        forget(play, &play->redo);
    }
    if (line[0] == '.')
        run_command(play, line);
    else if (play->is_open)
        show(play, play->stage.type(play->stage.ctx, line));
    else if (line[0] == '*')
        show(play, play->stage.dial(play->stage.ctx, line));
    else if (line[0] != '\0')
        print_help(play);
}
