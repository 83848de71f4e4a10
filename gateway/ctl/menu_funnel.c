/*
 * warungctl menu funnel: what becomes of each screen, as the running gateway has counted it.
 */
#include <stdio.h>
#include <string.h>

#include "gateway/ctl/daemon.h"
#include "gateway/ctl/shelf.h"
#include "gateway/ctl/table.h"

enum { BAR_CELLS = 20, BAR_BYTES = 3 * BAR_CELLS + 1, CELL_BYTES = 24 };

static bool is_asked_for(const struct ctl_call *call, const json_t *row)
{
    const char *version = call->word_count > 0 ? call->words[0] : "";

    return strncmp(ctl_text(row, "version"), version, strlen(version)) == 0 &&
           (call->menu == NULL || strcmp(ctl_text(row, "menu"), call->menu) == 0) &&
           (call->lang == NULL || strcmp(ctl_text(row, "language"), call->lang) == 0);
}

/* Takes what was not asked for out of the list. */
static void choose(const struct ctl_call *call, json_t *rows)
{
    for (size_t i = json_array_size(rows); i-- > 0;)
        if (!is_asked_for(call, json_array_get(rows, i)))
            json_array_remove(rows, i);
}

static bool is_same_group(const json_t *a, const json_t *b)
{
    return a != NULL && b != NULL && strcmp(ctl_text(a, "version"), ctl_text(b, "version")) == 0 &&
           strcmp(ctl_text(a, "language"), ctl_text(b, "language")) == 0;
}

static void draw_bar(long long value, long long most, char bar[BAR_BYTES])
{
    static const char block[] = "\xE2\x96\x88"; /* full */
    long long cells = most > 0 ? (value * BAR_CELLS + most / 2) / most : 0;

    if (cells == 0 && value > 0)
        cells = 1;
    for (; cells > 0; cells--, bar += sizeof(block) - 1)
        memcpy(bar, block, sizeof(block) - 1);
    *bar = '\0';
}

/* A share of those who entered; "" for none. */
static void write_share(const json_t *row, const char *key, char cell[CELL_BYTES])
{
    long long of = ctl_number(row, "entered"), value = ctl_number(row, key);

    cell[0] = '\0';
    if (value > 0 && of > 0)
        snprintf(cell, CELL_BYTES, "%lld %%", (value * 100 + of / 2) / of);
    else if (value > 0)
        snprintf(cell, CELL_BYTES, "%lld", value);
}

static void write_thinking(const json_t *row, const char *key, char cell[CELL_BYTES])
{
    const json_t *think = json_object_get(row, "think_ms");

    cell[0] = '\0';
    if (ctl_number(think, "count") > 0)
        snprintf(cell, CELL_BYTES, "%.1f s", (double)ctl_number(think, key) / 1000);
}

static void add_row(struct table *t, const json_t *row, long long most)
{
    static const char *const shares[] = {"answered", "invalid", "back", "timed_out", "abandoned"};
    char entered[CELL_BYTES], waiting[CELL_BYTES] = "", share[5][CELL_BYTES], think[2][CELL_BYTES];
    char bar[BAR_BYTES];

    snprintf(entered, sizeof(entered), "%lld", ctl_number(row, "entered"));
    if (ctl_number(row, "waiting") > 0)
        snprintf(waiting, sizeof(waiting), "%lld", ctl_number(row, "waiting"));
    draw_bar(ctl_number(row, "entered"), most, bar);
    for (int i = 0; i < 5; i++)
        write_share(row, shares[i], share[i]);
    write_thinking(row, "p50", think[0]);
    write_thinking(row, "p90", think[1]);
    table_add(t, (const char *const[]){ctl_text(row, "screen"), entered, bar, share[0], share[1],
                                       share[2], share[3], share[4], waiting, think[0], think[1]});
}

/* The rows from `first` on that belong together; the place behind them. */
static size_t print_group(const json_t *rows, size_t first)
{
    const json_t *head = json_array_get(rows, first);
    const char *language = ctl_text(head, "language");
    struct table *t = table_new((const char *const[]){"SCREEN", "ENTERED", "", "ANSWERED",
                                                      "INVALID", "BACK", "TIMED OUT", "ABANDONED",
                                                      "WAITING", "THINK", "NINE IN TEN", NULL});
    long long most = 0;
    size_t end = first;

    for (; is_same_group(head, json_array_get(rows, end)); end++)
        if (ctl_number(json_array_get(rows, end), "entered") > most)
            most = ctl_number(json_array_get(rows, end), "entered");
    for (size_t i = first; i < end; i++)
        add_row(t, json_array_get(rows, i), most);
    printf("%s%s, version %s, %s%s\n", first > 0 ? "\n" : "", ctl_text(head, "menu"),
           ctl_text(head, "version"), language[0] != '\0' ? "language " : "before the choice of ",
           language[0] != '\0' ? language : "a language");
    table_print(t);
    return end;
}

/* Nothing was counted: because there is no such menu or version? */
static enum ctl_status look_up(const struct ctl_call *call)
{
    enum ctl_status status;
    struct shelf *s;

    if (call->menu == NULL && call->word_count == 0)
        return CTL_DONE;
    s = shelf_open(call, &status);
    if (s == NULL)
        return status;
    if (!shelf_knows(s, call->menu) ||
        (call->word_count > 0 && shelf_find(s, call->words[0]) == NULL))
        status = CTL_REFUSED;
    shelf_close(s);
    return status;
}

static void print_rows(const struct ctl_call *call, const json_t *rows, bool has_any)
{
    if (call->is_json)
        ctl_print_json(rows);
    else if (json_array_size(rows) == 0)
        puts(has_any ? "no screen of that menu, version or language has been shown yet"
                     : "no screen has been shown yet");
    for (size_t i = 0; !call->is_json && i < json_array_size(rows);)
        i = print_group(rows, i);
}

enum ctl_status ctl_menu_funnel(const struct ctl_call *call)
{
    enum ctl_status status;
    bool has_any;
    json_t *rows = ctl_ask(call, "/api/v1/menus/funnel", NULL, &status);

    if (rows == NULL)
        return status;
    has_any = json_array_size(rows) > 0;
    choose(call, rows);
    status = json_array_size(rows) == 0 ? look_up(call) : CTL_DONE;
    if (status == CTL_DONE)
        print_rows(call, rows, has_any);
    json_decref(rows);
    return status;
}
