#include "merchants/dialog.h"

#include "merchants/calendar.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LINE_BYTES = 1024, FAULT_BYTES = 4096 };

/* One run through a text. */
struct player {
    struct rehearsal *rehearsal;
    const char *at;               /* next line */
    unsigned line;                /* number of the one in hand */
    enum menu_outcome_kind shown; /* the last thing that happened on the phone ... */
    char screen[MENU_TEXT_BYTES]; /* ... and what it showed */
    dialog_fault_fn *on_fault;
    void *arg;
};

static bool fault(struct player *p, unsigned line, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

static bool fault(struct player *p, unsigned line, const char *format, ...)
{
    char what[FAULT_BYTES];
    va_list args;

    va_start(args, format);
    vsnprintf(what, sizeof(what), format, args);
    va_end(args);
    p->on_fault(p->arg, line, what);
    return false;
}

/* --- lines ---------------------------------------------------------------------------------- */

/* The next line without its end; false behind the last. */
static bool next_line(struct player *p, char line[LINE_BYTES])
{
    size_t size = strcspn(p->at, "\n");

    if (*p->at == '\0')
        return false;
    p->line++;
    snprintf(line, LINE_BYTES, "%.*s", (int)(size < LINE_BYTES ? size : LINE_BYTES - 1), p->at);
    p->at += size + (p->at[size] == '\n');
    if (size > 0 && size < LINE_BYTES && line[size - 1] == '\r') /* as Windows ends a line */
        line[size - 1] = '\0';
    return true;
}

static void add_line(char *text, size_t text_bytes, const char *prefix, const char *line,
                     size_t size)
{
    size_t used = strlen(text);

    snprintf(text + used, text_bytes - used, "%s%s%.*s", used != 0 ? "\n" : "", prefix, (int)size,
             line);
}

/* The indented lines that follow. */
static void read_block(struct player *p, char text[MENU_TEXT_BYTES])
{
    text[0] = '\0';
    while (strncmp(p->at, "  ", 2) == 0) {
        char line[LINE_BYTES];

        next_line(p, line);
        add_line(text, MENU_TEXT_BYTES, "", line + 2, strlen(line + 2));
    }
}

/* --- comparing ------------------------------------------------------------------------------ */

static bool is_as_expected(const char *expected, const char *shown)
{
    size_t size = strlen(expected);

    if (strcmp(expected, "...") == 0)
        return true;
    if (size >= 4 && strcmp(expected + size - 4, "\n...") == 0)
        return strncmp(expected, shown, size - 4) == 0 &&
               (shown[size - 4] == '\0' || shown[size - 4] == '\n');
    return strcmp(expected, shown) == 0;
}

/* Line by line: "-" what was expected, "+" what is there, "  " where both agree. */
static void show_difference(const char *expected, const char *shown, char text[FAULT_BYTES])
{
    text[0] = '\0';
    while (*expected != '\0' || *shown != '\0') {
        size_t a = strcspn(expected, "\n"), b = strcspn(shown, "\n");
        bool is_same = a == b && memcmp(expected, shown, a) == 0;

        if (is_same) {
            add_line(text, FAULT_BYTES, "    ", expected, a);
        } else {
            if (*expected != '\0')
                add_line(text, FAULT_BYTES, "  - ", expected, a);
            if (*shown != '\0')
                add_line(text, FAULT_BYTES, "  + ", shown, b);
        }
        expected += a + (expected[a] == '\n');
        shown += b + (shown[b] == '\n');
    }
}

static bool compare(struct player *p, unsigned line, const char *what, const char *expected,
                    const char *shown)
{
    char difference[FAULT_BYTES];

    if (is_as_expected(expected, shown))
        return true;
    show_difference(expected, shown, difference);
    return fault(p, line, "%s is not as expected\n%.3900s", what, difference);
}

/* --- commands ------------------------------------------------------------------------------- */

static void take_outcome(struct player *p, const struct menu_outcome *outcome)
{
    p->shown = outcome->kind;
    text_copy(p->screen, sizeof(p->screen), outcome->kind == MENU_SILENT ? "" : outcome->text);
}

static bool run_dial(struct player *p, const char *rest)
{
    take_outcome(p, rehearsal_dial(p->rehearsal, rest));
    return true;
}

static bool run_answer(struct player *p, const char *rest)
{
    take_outcome(p, rehearsal_type(p->rehearsal, rest));
    return true;
}

static bool run_sms(struct player *p, const char *rest)
{
    take_outcome(p, rehearsal_sms(p->rehearsal, rest));
    return true;
}

static bool run_hangup(struct player *p, const char *rest)
{
    (void)rest;
    rehearsal_hang_up(p->rehearsal);
    p->shown = MENU_SILENT;
    return true;
}

static bool run_later(struct player *p, const char *rest)
{
    int64_t ms = 0;
    char *end;

    while (*rest != '\0') {
        long count = strtol(rest, &end, 10);
        int64_t unit_ms = *end == 'd'   ? CALENDAR_DAY_MS
                          : *end == 'h' ? CALENDAR_HOUR_MS
                          : *end == 'm' ? CALENDAR_MINUTE_MS
                          : *end == 's' ? CALENDAR_SECOND_MS
                                        : 0;

        if (end == rest || unit_ms == 0 || count < 0 || count > 100000)
            return fault(p, p->line, "later takes times such as 3d 4h 30m 10s");
        ms += count * unit_ms;
        rest = end + 1 + strspn(end + 1, " ");
    }
    rehearsal_wait(p->rehearsal, ms);
    return true;
}

static bool run_phone(struct player *p, const char *rest)
{
    if (rest[0] == '\0' || strlen(rest) >= PROGRAMME_NUMBER_BYTES)
        return fault(p, p->line, "phone takes a number");
    if (!rehearsal_take_phone(p->rehearsal, rest))
        return fault(p, p->line, "no more than %d phones", REHEARSAL_PHONES_MAX);
    p->shown = MENU_SILENT;
    return true;
}

static bool run_limit(struct player *p, const char *rest)
{
    unsigned septets = (unsigned)strtoul(rest, NULL, 10);

    if (septets < 60 || septets > 182)
        return fault(p, p->line, "limit takes 60 to 182 septets");
    rehearsal_set_limits(p->rehearsal, menu_limits_of(septets));
    return true;
}

/* False: no word of an officer's. */
static bool decide(struct rehearsal *r, const char *word, const char *reason,
                   enum programme_verdict *verdict)
{
    static const enum merchant_event events[] = {MERCHANT_EVENT_REVIEW, MERCHANT_EVENT_FIX,
                                                 MERCHANT_EVENT_APPROVE, MERCHANT_EVENT_REJECT};

    if (strcmp(word, "freeze") == 0 || strcmp(word, "release") == 0) {
        *verdict = rehearsal_freeze(r, word[0] == 'f');
        return true;
    }
    for (size_t i = 0; i < sizeof(events) / sizeof(events[0]); i++)
        if (strcmp(merchant_event_name(events[i]), word) == 0) {
            *verdict = rehearsal_decide(r, events[i], reason);
            return true;
        }
    return false;
}

static bool run_officer(struct player *p, const char *rest)
{
    char word[16] = "", reason[16] = "", no[16] = "";
    enum programme_verdict verdict;
    bool is_refusal;

    sscanf(rest, "%15s %15s %15s", word, reason, no);
    is_refusal = strcmp(reason, "refused") == 0 || strcmp(no, "refused") == 0;
    if (strcmp(reason, "refused") == 0)
        reason[0] = '\0';
    if (!decide(p->rehearsal, word, reason, &verdict))
        return fault(p, p->line,
                     "an officer can review, approve, reject T01, fix P01, freeze, release");
    if ((verdict == PROGRAMME_DONE) == is_refusal)
        return fault(p, p->line, "the programme says: %s", programme_verdict_name(verdict));
    return true;
}

/* "5d 09:00 20 1801 Foto produk; Balai Desa Natar" */
static bool run_training(struct player *p, const char *rest)
{
    struct training plan = {.id = ""};
    unsigned days, hour, minute, seats;
    char regency[TRAINING_REGENCY_BYTES], title[64], place[64];
    int64_t now_ms = rehearsal_now(p->rehearsal);
    enum training_verdict verdict;

    if (strncmp(rest, "off ", 4) == 0)
        return rehearsal_call_off(p->rehearsal, rest + 4) ||
               fault(p, p->line, "there is no training %s", rest + 4);
    if (sscanf(rest, "%ud %u:%u %u %4s %63[^;]; %63[^\n]", &days, &hour, &minute, &seats, regency,
               title, place) != 7)
        return fault(p, p->line, "training takes: 5d 09:00 20 1801 title; place");
    plan.at_ms = calendar_start_ms(calendar_date_at(now_ms + days * CALENDAR_DAY_MS)) +
                 hour * CALENDAR_HOUR_MS + minute * CALENDAR_MINUTE_MS;
    plan.seats = (uint16_t)seats;
    text_copy(plan.title, sizeof(plan.title), title);
    text_copy(plan.place, sizeof(plan.place), place);
    text_copy(plan.regency, sizeof(plan.regency), strcmp(regency, "-") != 0 ? regency : "");
    verdict = rehearsal_plan(p->rehearsal, &plan);
    return verdict == TRAINING_DONE ||
           fault(p, p->line, "the programme says: %s", training_verdict_name(verdict));
}

static bool expect_screen(struct player *p, unsigned line, bool is_end)
{
    char expected[MENU_TEXT_BYTES];

    read_block(p, expected);
    if (p->shown == MENU_SILENT)
        return fault(p, line, "the phone shows nothing");
    if (!compare(p, line, "the screen", expected, p->screen))
        return false;
    if (is_end != (p->shown == MENU_END))
        return fault(p, line, is_end ? "the dialogue is not over" : "the dialogue is over");
    return true;
}

static bool expect_sms(struct player *p, unsigned line)
{
    char expected[MENU_TEXT_BYTES];
    const char *sms = rehearsal_take_sms(p->rehearsal);

    read_block(p, expected);
    if (sms == NULL)
        return fault(p, line, "no SMS came");
    return compare(p, line, "the SMS", expected, sms);
}

static bool no_sms_waits(struct player *p, unsigned line)
{
    const char *sms = rehearsal_take_sms(p->rehearsal);

    return sms == NULL || fault(p, line, "an SMS came that nobody expected\n  + %s", sms);
}

static bool run_expect(struct player *p, const char *rest)
{
    unsigned line = p->line;

    if (strcmp(rest, "sms") == 0)
        return expect_sms(p, line);
    if (strcmp(rest, "nothing") == 0)
        return no_sms_waits(p, line) &&
               (p->shown == MENU_SILENT || fault(p, line, "it was answered\n  + %s", p->screen));
    if (rest[0] == '\0' || strcmp(rest, "end") == 0)
        return expect_screen(p, line, rest[0] != '\0');
    return fault(p, line, "expect, expect end, expect sms, expect nothing");
}

static const struct {
    const char *word;
    bool (*run)(struct player *p, const char *rest);
    bool needs_quiet; /* SMS that came must have been expected before */
} commands[] = {
    {"dial", run_dial, true},      {"answer", run_answer, true},   {"sms", run_sms, true},
    {"hangup", run_hangup, true},  {"later", run_later, true},     {"phone", run_phone, true},
    {"limit", run_limit, false},   {"officer", run_officer, true}, {"training", run_training, true},
    {"expect", run_expect, false},
};

static bool run_line(struct player *p, const char *line)
{
    size_t size = strcspn(line, " ");
    const char *rest = line + size + strspn(line + size, " ");

    for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
        if (strlen(commands[i].word) != size || strncmp(commands[i].word, line, size) != 0)
            continue;
        if (commands[i].needs_quiet && !no_sms_waits(p, p->line))
            return false;
        return commands[i].run(p, rest);
    }
    return fault(p, p->line, "%.*s: no such command", (int)size, line);
}

bool dialog_run(const struct menu *menu, const char *code, int64_t now_ms, const char *text,
                dialog_fault_fn *on_fault, void *arg)
{
    struct player p = {.rehearsal = rehearsal_new(menu, code, now_ms),
                       .at = text,
                       .shown = MENU_SILENT,
                       .on_fault = on_fault,
                       .arg = arg};
    char line[LINE_BYTES];
    bool is_good = true, is_empty = true;

    while (is_good && next_line(&p, line)) {
        if (line[0] == '\0' || line[0] == '#')
            continue;
        is_empty = false;
        is_good = run_line(&p, line);
    }
    if (is_empty)
        is_good = fault(&p, p.line, "it tests nothing, and would pass");
    is_good = is_good && no_sms_waits(&p, p.line);
    rehearsal_free(p.rehearsal);
    return is_good;
}

bool dialog_order(struct rehearsal *r, const char *line, dialog_fault_fn *on_fault, void *arg)
{
    struct player p = {.rehearsal = r, .at = "", .on_fault = on_fault, .arg = arg};
    const char *rest = strchr(line, ' ');

    rest = rest != NULL ? rest + strspn(rest, " ") : "";
    if (strncmp(line, "phone", 5) == 0)
        return run_phone(&p, rest);
    if (strncmp(line, "officer", 7) == 0)
        return run_officer(&p, rest);
    if (strncmp(line, "training", 8) == 0)
        return run_training(&p, rest);
    return fault(&p, 0, "no such command");
}
