#include "menus/edge.h"
#include "menus/match.h"
#include "menus/run.h"

#include <assert.h>
#include <ctype.h>
#include <string.h>

enum { TEXT_UNITS_MAX = MENU_TEXT_BYTES };

static const struct menu_text *text_at(const struct menu *menu, uint16_t index)
{
    return &menu->texts[index];
}

static struct menu_target to_screen(uint16_t index)
{
    return (struct menu_target){MENU_TO_SCREEN, index};
}

static void init_run(struct menu_run *run, const struct menu *menu, struct menu_state *state,
                     const struct menu_event *event, const struct menu_facts *facts,
                     struct menu_limits limits, struct menu_outcome *outcome)
{
    run->menu = menu;
    run->state = state;
    run->event = event;
    run->limits = limits;
    run->outcome = outcome;
    run->view = (struct menu_view){.menu = menu,
                                   .state = state,
                                   .facts = facts,
                                   .code = event->code,
                                   .language = menu_find_language(menu, state->language),
                                   .now_ms = event->now_ms};
    run->is_sms = false;
    run->keyword = NULL;
    run->is_refusal = false;
    run->error = NULL;
    run->shown[0] = '\0';
    run->screen = NULL;
    run->text = NULL;
    outcome->text[0] = '\0';
    outcome->action = NULL;
    outcome->screen = "";
    outcome->was_invalid = false;
    outcome->was_back = false;
    outcome->was_paged = false;
}

/* Lays the shown screen out. After a refused input its pages make room for the error line; the
 * page is then the one that the subscriber looked at. */
static void lay_out(struct menu_run *run, const struct menu_items *items,
                    struct menu_layout *layout, unsigned error_units)
{
    struct menu_state *state = run->state;
    unsigned limit = menu_limit_of(run->menu, run->limits, run->view.language);
    struct menu_writer w;
    char text[MENU_TEXT_BYTES];
    unsigned first, page_units;

    menu_layout_make(&run->view, run->screen, items, run->limits, state->is_tight, layout);
    if (state->page >= layout->page_count)
        state->page = (uint16_t)(layout->page_count - 1);
    if (error_units == 0 || state->is_tight)
        return;
    menu_writer_init(&w, text, sizeof(text), run->menu->languages[run->view.language].is_ucs2,
                     limit);
    menu_layout_render(&run->view, run->screen, items, layout, state->page, &w);
    page_units = w.units;
    if (!w.is_full && error_units + 1 + page_units <= limit)
        return;
    first = layout->pages[state->page].count != 0 ? layout->pages[state->page].first : 0;
    state->is_tight = true;
    menu_layout_make(&run->view, run->screen, items, run->limits, true, layout);
    state->page = (uint16_t)(state->page != 0 ? menu_layout_page_of(layout, first) : 0);
}

static void render_error(struct menu_run *run, struct menu_writer *w)
{
    run->view.shown = run->shown;
    menu_template_render(&run->view, menu_view_template(&run->view, run->error), w);
    run->view.shown = NULL;
    menu_writer_text(w, "\n");
}

/* The page of run->screen that the state stands on. */
static void render_screen(struct menu_run *run)
{
    struct menu_outcome *outcome = run->outcome;
    bool is_ucs2 = run->menu->languages[run->view.language].is_ucs2;
    unsigned error_units = 0;
    struct menu_items items;
    struct menu_layout layout;
    struct menu_writer w;

    menu_count_steps(&run->view, run->screen);
    if (run->error != NULL) {
        run->view.shown = run->shown;
        error_units = menu_template_units(&run->view, menu_view_template(&run->view, run->error));
        run->view.shown = NULL;
    }
    menu_items_collect(&run->view, run->screen, &items);
    lay_out(run, &items, &layout, error_units);
    menu_writer_init(&w, outcome->text, sizeof(outcome->text), is_ucs2,
                     menu_limit_of(run->menu, run->limits, run->view.language));
    if (run->error != NULL)
        render_error(run, &w);
    menu_layout_render(&run->view, run->screen, &items, &layout, run->state->page, &w);
    outcome->kind =
        run->screen->kind == MENU_SCREEN_END && run->state->page + 1u >= layout.page_count
            ? MENU_END
            : MENU_ASK;
}

/* A text that is no screen: an end, or the answer to an SMS. */
static void render_text(struct menu_run *run, const struct menu_text *text)
{
    struct menu_writer w;

    run->view.shown = run->shown;
    menu_writer_init(&w, run->outcome->text, sizeof(run->outcome->text),
                     run->menu->languages[run->view.language].is_ucs2,
                     run->is_sms ? TEXT_UNITS_MAX
                                 : menu_limit_of(run->menu, run->limits, run->view.language));
    menu_template_render(&run->view, menu_view_template(&run->view, text), &w);
    run->outcome->kind = MENU_END;
}

/* An SMS has no pages, no keys and no choices. */
static void render_for_sms(struct menu_run *run)
{
    menu_count_steps(&run->view, run->screen);
    render_text(run, run->screen->text);
}

/* Is it an answer of the draft? The others go with their dialogue or SMS. */
static bool is_of_draft(const void *arg, const char *field)
{
    const struct menu_run *run = arg;
    uint16_t at = menu_find_field(run->menu, field);

    return run->state->has_draft && run->menu->begins_drafts && at != MENU_NONE &&
           run->menu->fields[at].in_flow;
}

/* Is the draft another menu's? So may be one that waits at a question which this menu has not. */
static bool may_be_foreign(const struct menu_run *run)
{
    const struct menu_state *state = run->state;
    const struct menu_screen *kept = menu_find_screen(run->menu, state->draft_screen);

    return !run->menu->begins_drafts ||
           (state->draft_screen[0] != '\0' && (kept == NULL || kept->flow == MENU_NONE));
}

/* What an SMS gave is its own: the action has taken what it wanted of it. */
static void end_sms(struct menu_state *state, const struct menu_run *run)
{
    menu_state_take_back(state, is_of_draft, run);
    if (!state->is_open && !state->has_draft) /* another menu's draft, which the SMS dropped */
        menu_state_clear_draft(state);
}

static void finish(struct menu_run *run, enum menu_arrival arrival)
{
    struct menu_outcome *outcome = run->outcome;

    outcome->ucs2 = run->menu->languages[run->view.language].is_ucs2;
    outcome->screen = run->screen != NULL ? run->screen->name
                      : run->text != NULL ? run->text->name
                                          : "";
    if (arrival == MENU_ARRIVED_ACTION) {
        assert(run->screen != NULL);
        outcome->kind = MENU_ACT;
        outcome->action = run->screen->action->name;
        return;
    }
    memset(&run->state->pending, 0, sizeof(run->state->pending));
    if (arrival == MENU_ARRIVED_SILENT) {
        outcome->kind = MENU_SILENT;
    } else if (run->screen == NULL) {
        render_text(run, run->text);
    } else if (run->is_sms) {
        render_for_sms(run);
    } else {
        render_screen(run);
    }
    if (run->is_sms)
        end_sms(run->state, run);
    else if (outcome->kind == MENU_END)
        menu_state_close_dialogue(run->state);
}

/* Answers behind the code of a dial, one after the other, until one does not fit. */
static enum menu_arrival walk(struct menu_run *run, enum menu_arrival arrival)
{
    struct menu_pending *pending = &run->state->pending;
    unsigned at = 0;

    while (arrival == MENU_ARRIVED_ASK && at < pending->walk_bytes) {
        char input[MENU_WALK_BYTES];
        struct menu_target target;
        const struct menu_text *error;

        text_copy(input, sizeof(input), pending->walk + at);
        at += (unsigned)strlen(input) + 1;
        if (!menu_answer(run, run->screen, input, &target, &error)) {
            at = pending->walk_bytes;
            break;
        }
        arrival = menu_navigate(run, target);
    }
    memmove(pending->walk, pending->walk + at, pending->walk_bytes - at);
    pending->walk_bytes = (uint8_t)(pending->walk_bytes - at);
    return arrival;
}

/* Splits "*2*1#" behind the code "*384#" of "*384*2*1#" into "2" and "1". */
static void take_walk(struct menu_pending *pending, const char *dialled, const char *code)
{
    size_t n = code != NULL ? strlen(code) : 0;
    const char *at;

    pending->walk_bytes = 0;
    if (n > 0 && code[n - 1] == '#')
        n--;
    if (n == 0 || dialled == NULL || strncmp(dialled, code, n) != 0 || dialled[n] != '*')
        return;
    for (at = dialled + n; *at == '*';) {
        size_t bytes = strcspn(++at, "*#");

        if (pending->walk_bytes + bytes + 1 > sizeof(pending->walk))
            break;
        memcpy(pending->walk + pending->walk_bytes, at, bytes);
        pending->walk[pending->walk_bytes + bytes] = '\0';
        pending->walk_bytes = (uint8_t)(pending->walk_bytes + bytes + 1);
        at += bytes;
    }
}

/* Forgets a draft that is too old, and answers that belong to no draft. Where drafts are begun
 * elsewhere, they are judged there, and what may be an answer to another menu's question stays. */
static void forget(struct menu_run *run)
{
    struct menu_state *state = run->state;
    const struct menu *menu = run->menu;
    bool may_be_asked_elsewhere = may_be_foreign(run);

    if (!state->has_draft ||
        (menu->begins_drafts && run->event->now_ms - state->draft_since_ms > menu->draft_ms)) {
        menu_state_clear_draft(state);
        return;
    }
    for (unsigned i = state->answer_count; i-- > 0;) {
        const char *name = state->answers[i].field;

        if (!is_of_draft(run, name) &&
            !(may_be_asked_elsewhere && menu_find_field(menu, name) == MENU_NONE))
            menu_state_remove_answer(state, name);
    }
}

static void open_dialogue(struct menu_run *run)
{
    menu_state_close_dialogue(run->state);
    forget(run);
    memcpy(run->state->menu_id, run->menu->id, MENU_ID_BYTES);
    memset(&run->state->pending, 0, sizeof(run->state->pending));
    run->state->is_open = true;
}

static enum menu_arrival dial(struct menu_run *run, const char *dialled)
{
    const struct menu *menu = run->menu;
    uint16_t screen = menu->start;

    open_dialogue(run);
    take_walk(&run->state->pending, dialled, run->event->code);
    if (run->state->pending.walk_bytes == 0) {
        if (run->state->has_draft && menu->resume != MENU_NONE &&
            menu_draft_question(&run->view, NULL, NULL) != MENU_NONE)
            screen = menu->resume;
        if (run->state->language[0] == '\0' && menu->first != MENU_NONE)
            screen = menu->first;
    }
    return menu_navigate(run, to_screen(screen));
}

/* A page, not a message: those are written for SMS. */
static const struct menu_text *find_notice(const struct menu *menu, const char *name)
{
    const struct menu_text *text = menu_find_text(menu, name);

    return text != NULL && !text->is_message ? text : NULL;
}

static enum menu_arrival push(struct menu_run *run, const char *name)
{
    const struct menu_screen *screen = menu_find_screen(run->menu, name);

    if (screen == NULL) {
        run->text = find_notice(run->menu, name);
        return run->text != NULL ? MENU_ARRIVED_END : MENU_ARRIVED_SILENT;
    }
    open_dialogue(run);
    return menu_navigate(run, to_screen((uint16_t)(screen - run->menu->screens)));
}

bool menu_can_push(const struct menu *menu, const char *name)
{
    const struct menu_screen *screen = menu_find_screen(menu, name);

    /* Not what acts at once: nobody on the phone has asked for it. */
    return screen != NULL ? !menu_acts_at_once(menu, screen) : find_notice(menu, name) != NULL;
}

static enum menu_arrival take_input(struct menu_run *run, const char *input)
{
    const struct menu_screen *screen = menu_find_shown(run->menu, run->state->screen);
    struct menu_target target;
    const struct menu_text *error;

    memset(&run->state->pending, 0, sizeof(run->state->pending));
    /* No dialogue, or of a version that is not here: begin, rather than take the input for an
     * answer to something else. */
    if (!run->state->is_open || screen == NULL ||
        memcmp(run->state->menu_id, run->menu->id, MENU_ID_BYTES) != 0)
        return dial(run, NULL);
    if (!menu_answer(run, screen, input, &target, &error)) {
        if (menu_is_text_screen(run->menu, screen))
            return dial(run, NULL); /* no page is left of it: the link carries more by now */
        target = menu_refuse(run, screen, error);
    }
    run->outcome->was_paged = target.kind == MENU_TO_SAME;
    return menu_navigate(run, target);
}

static enum menu_arrival take_result(struct menu_run *run, const char *word)
{
    struct menu_state *state = run->state;
    const struct menu_screen *screen = menu_find_screen(run->menu, state->pending.screen);
    const struct menu_result *result = NULL;

    run->is_sms = state->pending.is_sms;
    run->outcome->was_invalid = state->pending.was_invalid;
    run->outcome->was_back = state->pending.was_back;
    if (state->pending.keyword != 0)
        run->keyword = &run->menu->keywords[state->pending.keyword - 1];
    for (unsigned i = 0; screen != NULL && i < screen->result_count && result == NULL; i++)
        if (strcmp(screen->results[i].word, word) == 0)
            result = &screen->results[i];
    if (!state->pending.is_on || result == NULL || !menu_apply(run, &result->effect))
        return menu_navigate(run, menu_busy_target(run));
    if (result->refuse == MENU_NONE || run->is_sms)
        return menu_navigate(run, result->to);
    menu_state_end_walk(state); /* an answer that does not fit */
    return menu_navigate(run, menu_refuse(run, &run->menu->screens[result->to.index],
                                          text_at(run->menu, result->refuse)));
}

/* Octets of the mark at `at` that may stand around a whole SMS; 0 when it is none. */
static size_t quoting_bytes(const char *at)
{
    static const char *const marks[] = {" ",      "\"",     "'",      "*",      "\u201C",
                                        "\u201D", "\u201E", "\u201F", "\u2018", "\u2019",
                                        "\u201A", "\u201B", "\u00AB", "\u00BB"};

    for (size_t i = 0; i < sizeof(marks) / sizeof(marks[0]); i++)
        if (strncmp(at, marks[i], strlen(marks[i])) == 0)
            return strlen(marks[i]);
    return 0;
}

/* Phones make a dash of a hyphen between blanks. */
static size_t dash_bytes(const char *at)
{
    return strncmp(at, "\u2013", 3) == 0 || strncmp(at, "\u2014", 3) == 0 ? 3 : 0;
}

/* Is this octet of one that says nothing? Marks, blanks and emoji: beside those of ASCII what lies
 * in U+0080-U+00BF and U+2000-U+2BFF (bullets, dots, directions, arrows, hearts), what follows
 * emoji (U+FE0F), and all that begins with 0xF0. Other octets from 0xC3 on begin letters of
 * languages. */
static bool is_mark(const char *at)
{
    unsigned char c = (unsigned char)at[0], second = (unsigned char)at[1];

    return (!isalnum(c) && (c <= 0xC2 || c >= 0xF0)) || (c == 0xE2 && second < 0xB0) ||
           (c == 0xEF && second == 0xB8);
}

static const char *skip_marks(const char *text)
{
    while (*text != '\0' && is_mark(text))
        text++;
    return text;
}

/* The octets of `text` behind a keyword, or NULL when it does not begin with it. */
static const char *behind_keyword(const char *text, const char *word)
{
    size_t n = strlen(word);

    if (strncmp(text, word, n) != 0)
        return NULL;
    text += n;
    if (*text >= 'A' && *text <= 'Z' && word[n - 1] >= 'A' && word[n - 1] <= 'Z')
        return NULL; /* "STOPKAN" is not "STOP" */
    if (*skip_marks(text) == '\0')
        return text + strlen(text); /* "STATUS?", and a pair of folded hands */
    while ((n = strspn(text, " #*;,.:=-\n") + dash_bytes(text)) != 0)
        text += n;
    return text;
}

struct keyword_match {
    const struct menu_keyword *keyword;
    size_t word_bytes;
    size_t rest; /* offset in the text */
};

static bool is_rule_match(const struct menu_run *run, const struct menu_keyword *k,
                          const char *text)
{
    char value[MENU_VALUE_BYTES];

    return k->rule->fn(text, value) == NULL && menu_view_holds(&run->view, k->when);
}

/* Of two keywords with the same word the first counts, unless it takes no value where the other
 * does (and no condition set it before). */
static bool takes_over(const struct menu_keyword *k, const struct menu_keyword *earlier)
{
    assert(earlier != NULL); /* no word is empty */
    return k->part_count != 0 && earlier->part_count == 0 && earlier->when == NULL;
}

/* A form of several fields is one only where something separates them. */
static bool has_its_parts(const struct menu_keyword *k, const char *behind_word, const char *rest)
{
    if (k->part_count == 0)
        return true;
    return *rest != '\0' && (k->part_count == 1 || strpbrk(behind_word, k->separators) != NULL);
}

static void match_words(const struct menu_run *run, const struct menu_keyword *k, const char *typed,
                        const char *folded, struct keyword_match *best)
{
    for (unsigned i = 0; i < k->word_count; i++) {
        const char *rest = behind_keyword(folded, k->words[i]);
        size_t bytes = strlen(k->words[i]);

        if (rest == NULL || bytes < best->word_bytes || !has_its_parts(k, typed + bytes, rest) ||
            (bytes == best->word_bytes && !takes_over(k, best->keyword)) ||
            !menu_view_holds(&run->view, k->when))
            continue;
        *best = (struct keyword_match){k, bytes, (size_t)(rest - folded)};
    }
}

static struct keyword_match find_keyword(const struct menu_run *run, const char *typed,
                                         const char *folded)
{
    struct keyword_match best = {0};

    for (unsigned i = 0; i < run->menu->keyword_count; i++) {
        const struct menu_keyword *k = &run->menu->keywords[i];

        if (k->rule != NULL && is_rule_match(run, k, typed))
            return (struct keyword_match){k, 0, strlen(typed)};
    }
    for (unsigned i = 0; i < run->menu->keyword_count; i++)
        match_words(run, &run->menu->keywords[i], typed, folded, &best);
    return best;
}

static bool is_separator(const char *separators, char c)
{
    return c != '\0' && strchr(separators, c) != NULL;
}

/* "DAFTAR#BUDI, S.E.#...": who begins with a separator and has one for every field uses no other,
 * so that the others may stand in a value. */
static const char *own_separator(const struct menu_keyword *k, const char *rest, char own[2])
{
    unsigned count = 0;

    own[0] = rest[0];
    own[1] = '\0';
    if (!is_separator(k->separators, own[0]))
        return k->separators;
    for (; *rest != '\0'; rest++)
        count += *rest == own[0];
    return count >= k->part_count ? own : k->separators;
}

/* Part by part; what is missing or refused has no answer afterwards, and the action says so. */
static void take_form(struct menu_run *run, const struct menu_keyword *k, const char *rest)
{
    static const char blanks[] = " .:\n";
    const char *separators;
    char own[2];

    if (is_separator(k->separators, rest[strspn(rest, blanks)]))
        rest += strspn(rest, blanks); /* a new line before "#" separates nothing */
    else
        rest += strspn(rest, " .:");
    separators = own_separator(k, rest, own);
    /* One before the first part: of two, an empty part stands between them. */
    if (is_separator(separators, *rest))
        rest += 1 + strspn(rest + 1, blanks);
    for (unsigned i = 0; i < k->part_count; i++) {
        size_t bytes = strcspn(rest, separators);
        char part[MENU_TEXT_BYTES];

        memcpy(part, rest, bytes);
        part[bytes] = '\0';
        if (!menu_answer_part(run, &k->parts[i], part))
            menu_state_remove_answer(run->state, run->menu->fields[k->parts[i].field].name);
        rest += bytes;
        if (*rest != '\0')
            rest++;
    }
}

/* Off the marks around "NAMA BUDI" or *STATUS*, and those before (STOP); where what was between
 * them begins. */
static char *unquote(char *text)
{
    size_t n = 0;

    text += skip_marks(text) - text;
    for (size_t at = 0; text[at] != '\0';) {
        size_t bytes = quoting_bytes(text + at);

        at += bytes != 0 ? bytes : 1;
        n = bytes != 0 ? n : at; /* behind the last that is no mark */
    }
    text[n] = '\0';
    return text;
}

static enum menu_arrival take_sms(struct menu_run *run, const char *text)
{
    char typed[MENU_TEXT_BYTES], folded[MENU_TEXT_BYTES], *at = typed;
    struct keyword_match match;
    bool is_cut;

    run->is_sms = true;
    memset(&run->state->pending, 0, sizeof(run->state->pending));
    if (!run->state->is_open)
        forget(run);
    /* A dialogue goes on with the answers that it had. */
    menu_state_set_aside(run->state, is_of_draft, run);
    menu_match_clean_lines(text, typed, sizeof(typed), &is_cut);
    menu_match_fold_keyword(typed, folded, sizeof(folded));
    match = find_keyword(run, typed, folded);
    if (match.keyword == NULL) {
        at = unquote(typed);
        menu_match_fold_keyword(at, folded, sizeof(folded));
        match = find_keyword(run, at, folded);
    }
    if (match.keyword == NULL && menu_match_join_letters(folded))
        match = find_keyword(run, at = folded, folded);
    run->keyword = match.keyword;
    if (match.keyword == NULL)
        return menu_navigate(run, run->menu->otherwise);
    if (match.keyword->separators != NULL) {
        take_form(run, match.keyword, at + match.word_bytes);
    } else if (match.keyword->part_count != 0 &&
               !menu_answer_keyword(run, &match.keyword->parts[0], at + match.rest)) {
        run->outcome->was_invalid = true;
        return menu_navigate(run, match.keyword->parts[0].refused);
    }
    if (!menu_apply(run, &match.keyword->effect))
        return menu_navigate(run, menu_busy_target(run));
    return menu_navigate(run, match.keyword->to);
}

static enum menu_arrival take_event(struct menu_run *run, const struct menu_event *event)
{
    const char *text = event->text != NULL ? event->text : "";

    switch (event->kind) {
    case MENU_EVENT_DIAL:
        return walk(run, dial(run, text));
    case MENU_EVENT_INPUT:
        return take_input(run, text);
    case MENU_EVENT_SMS:
        return take_sms(run, text);
    case MENU_EVENT_RESULT:
        return walk(run, take_result(run, text));
    case MENU_EVENT_PUSH:
        return push(run, text);
    case MENU_EVENT_ABORT:
        menu_state_close_dialogue(run->state);
        break;
    }
    return MENU_ARRIVED_SILENT;
}

void menu_step(const struct menu *menu, struct menu_state *state, const struct menu_event *event,
               const struct menu_facts *facts, struct menu_limits limits,
               struct menu_outcome *outcome)
{
    struct menu_run run;

    init_run(&run, menu, state, event, facts, limits, outcome);
    finish(&run, take_event(&run, event));
}

bool menu_text(const struct menu *menu, const struct menu_state *state, const char *name,
               const struct menu_facts *facts, const char *code, char text[MENU_TEXT_BYTES])
{
    const struct menu_text *found = menu_find_text(menu, name);
    struct menu_view view = {.menu = menu, .state = state, .facts = facts, .code = code};
    struct menu_writer w;

    if (found == NULL)
        return false;
    if (state != NULL) {
        view.language = menu_find_language(menu, state->language);
        menu_draft_question(&view, &view.draft_step, &view.steps);
    }
    menu_writer_init(&w, text, MENU_TEXT_BYTES, menu->languages[view.language].is_ucs2,
                     TEXT_UNITS_MAX);
    menu_template_render(&view, menu_view_template(&view, found), &w);
    return true;
}

void menu_busy_text(const struct menu *menu, const struct menu_state *state, const char *code,
                    char text[MENU_TEXT_BYTES])
{
    bool has_draft = state != NULL && state->has_draft;

    menu_text(menu, state, menu->texts[has_draft ? menu->busy : menu->busy_fresh].name, NULL, code,
              text);
}

void menu_wait_text(const struct menu *menu, const struct menu_state *state, const char *code,
                    char text[MENU_TEXT_BYTES])
{
    if (menu->wait == MENU_NONE)
        menu_busy_text(menu, state, code, text);
    else
        menu_text(menu, state, menu->texts[menu->wait].name, NULL, code, text);
}
