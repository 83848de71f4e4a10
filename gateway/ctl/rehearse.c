/*
 * warungctl menu graph, play and test: a menu tried without a gateway, a store or a centre.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/text_file.h"
#include "gateway/ctl/command.h"
#include "menus/graph.h"
#include "menus/load.h"
#include "menus/play.h"
#include "merchants/dialog.h"

#define DEFAULT_CODE "*384#"

/* Golden dialogues begin on Tuesday 24 November 2026 at 10:00 in Lampung. */
static const int64_t dialogs_begin_ms = INT64_C(1795489200000);

static void print_error(void *arg, const struct menu_fault *fault)
{
    (void)arg;
    if (!fault->is_warning)
        config_print_fault(stderr, fault->file, fault->line, fault->column, fault->text);
}

static struct menu *load(const struct ctl_call *call)
{
    struct menu *menu = menu_load_file(call->words[0], &programme_vocabulary, print_error, NULL);

    if (menu == NULL || call->lang == NULL || menu_has_language(menu, call->lang))
        return menu;
    ctl_complain("%s has no language %s", call->words[0], call->lang);
    menu_free(menu);
    return NULL;
}

static void print_text(void *arg, const char *text)
{
    fputs(text, arg);
}

enum ctl_status ctl_menu_graph(const struct ctl_call *call)
{
    struct menu *menu = load(call);

    if (menu == NULL)
        return CTL_REFUSED;
    menu_graph_print(menu, call->lang, print_text, stdout);
    menu_free(menu);
    return CTL_DONE;
}

/* --- play --------------------------------------------------------------------------------- */

static const struct menu_outcome *stage_dial(void *ctx, const char *dialled)
{
    return rehearsal_dial(ctx, dialled);
}

static const struct menu_outcome *stage_type(void *ctx, const char *typed)
{
    return rehearsal_type(ctx, typed);
}

static const struct menu_outcome *stage_sms(void *ctx, const char *text)
{
    return rehearsal_sms(ctx, text);
}

static void stage_hang_up(void *ctx)
{
    rehearsal_hang_up(ctx);
}

static void stage_wait(void *ctx, int64_t ms)
{
    rehearsal_wait(ctx, ms);
}

static const char *stage_take_sms(void *ctx)
{
    return rehearsal_take_sms(ctx);
}

static const struct menu_state *stage_state(void *ctx)
{
    return rehearsal_state(ctx);
}

static const struct menu_outcome *stage_outcome(void *ctx)
{
    return rehearsal_outcome(ctx);
}

static void *stage_save(void *ctx)
{
    return rehearsal_copy(ctx);
}

static void stage_restore(void *ctx, void *saved)
{
    rehearsal_restore(ctx, saved);
}

static void stage_drop(void *saved)
{
    rehearsal_free(saved);
}

static void stage_set_limits(void *ctx, struct menu_limits limits)
{
    rehearsal_set_limits(ctx, limits);
}

static void stage_set_language(void *ctx, const char *language)
{
    rehearsal_set_language(ctx, language);
}

struct order {
    menu_play_print_fn *say;
    void *arg;
};

static void say_fault(void *arg, unsigned line, const char *what)
{
    struct order *order = arg;

    (void)line;
    order->say(order->arg, "  ");
    order->say(order->arg, what);
    order->say(order->arg, "\n");
}

static bool stage_order(void *ctx, const char *line, menu_play_print_fn *say, void *arg)
{
    struct order order = {say, arg};

    return dialog_order(ctx, line, say_fault, &order);
}

static struct menu_stage stage_of(struct rehearsal *r)
{
    return (struct menu_stage){.dial = stage_dial,
                               .type = stage_type,
                               .sms = stage_sms,
                               .hang_up = stage_hang_up,
                               .wait = stage_wait,
                               .take_sms = stage_take_sms,
                               .state = stage_state,
                               .outcome = stage_outcome,
                               .save = stage_save,
                               .restore = stage_restore,
                               .drop = stage_drop,
                               .set_limits = stage_set_limits,
                               .set_language = stage_set_language,
                               .order = stage_order,
                               .order_help =
                                   "  .phone 62...  take up another phone\n"
                                   "  .officer review | fix P01 | reject T01 | approve | freeze | "
                                   "release\n"
                                   "  .training 5d 09:00 20 1801 TITLE; PLACE, .training off ID\n",
                               .ctx = r};
}

static void play_lines(struct menu_play *play)
{
    bool is_terminal = isatty(STDIN_FILENO) != 0;
    char *line = NULL;
    size_t room = 0;

    while (!play->is_over) {
        if (is_terminal)
            fputs("> ", stdout);
        fflush(stdout);
        if (getline(&line, &room, stdin) < 0)
            break;
        line[strcspn(line, "\r\n")] = '\0';
        menu_play_line(play, line);
    }
    free(line);
}

enum ctl_status ctl_menu_play(const struct ctl_call *call)
{
    struct menu *menu = load(call);
    const char *code = call->code != NULL ? call->code : DEFAULT_CODE;
    struct rehearsal *r;
    struct menu_play play;

    if (menu == NULL)
        return CTL_REFUSED;
    r = rehearsal_new(menu, code, clock_wall_ms());
    play = (struct menu_play){
        .menu = menu, .stage = stage_of(r), .code = code, .print = print_text, .arg = stdout};
    if (call->limit != 0)
        play.limits = menu_limits_of(call->limit);
    menu_play_begin(&play, call->lang);
    play_lines(&play);
    menu_play_end(&play);
    rehearsal_free(r);
    menu_free(menu);
    return CTL_DONE;
}

/* --- test --------------------------------------------------------------------------------- */

static void print_difference(void *arg, unsigned line, const char *what)
{
    printf("%s:%u: %s\n", (const char *)arg, line, what);
}

enum ctl_status ctl_menu_test(const struct ctl_call *call)
{
    struct menu *menu = load(call);
    const char *code = call->code != NULL ? call->code : DEFAULT_CODE;
    unsigned passed = 0, failed = 0;

    if (menu == NULL)
        return CTL_REFUSED;
    for (int i = 1; i < call->word_count; i++) {
        const char *why;
        char *text = text_file_read(call->words[i], &why);

        if (text == NULL) /* an empty one tests nothing, and would pass */
            ctl_complain("%s: %s", call->words[i], why);
        if (text != NULL &&
            dialog_run(menu, code, dialogs_begin_ms, text, print_difference, call->words[i]))
            passed++;
        else
            failed++;
        mem_free(text);
    }
    menu_free(menu);
    printf("%u passed, %u failed\n", passed, failed);
    return failed > 0 ? CTL_REFUSED : CTL_DONE;
}
