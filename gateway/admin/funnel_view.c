#include "gateway/admin/funnel_view.h"

#include <event2/buffer.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "gateway/admin/api.h"
#include "gateway/gateway.h"
#include "menus/model.h"

/* A row and what it is sorted by. */
struct line {
    const struct funnel_row *row;
    const struct menu *menu; /* NULL: the version is gone from the router */
    const char *name;
    char version[RELEASES_HEX_BYTES];
    size_t place; /* of the screen in its menu */
};

struct lines {
    struct line *items;
    size_t count;
};

/* Screens in the order of the file, then end texts. */
static size_t place_of(const struct menu *menu, const char *screen)
{
    const struct menu_screen *s = menu != NULL ? menu_find_screen(menu, screen) : NULL;

    return s != NULL ? (size_t)(s - menu->screens) : SIZE_MAX;
}

static int compare(const void *a, const void *b)
{
    const struct line *x = a, *y = b;
    int order = strcmp(x->name, y->name);

    if (order == 0)
        order = strcmp(x->version, y->version);
    if (order == 0)
        order = strcmp(x->row->place.language, y->row->place.language);
    if (order == 0)
        order = x->place < y->place ? -1 : x->place > y->place;
    return order != 0 ? order : strcmp(x->row->place.screen, y->row->place.screen);
}

/* Freed by the caller. */
static struct lines collect(const struct gateway *g)
{
    const struct funnel *funnel = gateway_funnel(g);
    struct lines lines = {NULL, 0};
    const struct funnel_row *row;

    lines.items = mem_zalloc((FUNNEL_ROWS_MAX + 1) * sizeof(*lines.items));
    for (size_t i = 0; (row = funnel_at(funnel, i)) != NULL; i++) {
        struct line *line = &lines.items[lines.count++];

        line->row = row;
        line->menu = router_version(gateway_router(g), row->place.menu_id);
        line->name = line->menu != NULL ? menu_name(line->menu) : "";
        line->place = place_of(line->menu, row->place.screen);
        releases_hex(row->place.menu_id, line->version);
    }
    qsort(lines.items, lines.count, sizeof(*lines.items), compare);
    return lines;
}

/* ---- JSON ---- */

static json_t *describe_thinking(const struct funnel_row *row)
{
    uint64_t count = 0;

    for (unsigned i = 0; i <= FUNNEL_THINK_BOUNDS; i++)
        count += row->thinks[i];
    return json_pack("{s:I, s:I, s:I, s:I}", "count", (json_int_t)count, "p50",
                     (json_int_t)funnel_row_think_ms(row, 50), "p90",
                     (json_int_t)funnel_row_think_ms(row, 90), "p99",
                     (json_int_t)funnel_row_think_ms(row, 99));
}

void funnel_view_on_funnel(void *ctx, struct http_call *call)
{
    struct lines lines = collect(ctx);
    json_t *list = json_array();

    for (size_t i = 0; i < lines.count; i++) {
        const struct line *line = &lines.items[i];
        const struct funnel_row *row = line->row;

        json_array_append_new(
            list,
            json_pack("{s:s, s:s, s:s, s:s, s:b, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:o}", "menu",
                      line->name, "version", line->version, "language", row->place.language,
                      "screen", row->place.screen, "is_end", (int)row->is_end, "entered",
                      (json_int_t)row->entered, "answered", (json_int_t)row->answered, "invalid",
                      (json_int_t)row->invalid, "back", (json_int_t)row->back, "timed_out",
                      (json_int_t)row->timed_out, "abandoned", (json_int_t)row->abandoned,
                      "waiting", (json_int_t)row->waiting, "think_ms", describe_thinking(row)));
    }
    mem_free(lines.items);
    api_reply(call, list);
}

/* ---- metrics ---- */

/* Names are restricted by the menu loader, so that nothing needs an escape. */
static void write_labels(struct evbuffer *out, const char *metric, const struct line *line)
{
    evbuffer_add_printf(
        out, "warung_menu_%s{menu=\"%s\",version=\"%s\",language=\"%s\",screen=\"%s\"", metric,
        line->name, line->version, line->row->place.language, line->row->place.screen);
}

static void write_head(struct evbuffer *out, const char *name, const char *type, const char *help)
{
    evbuffer_add_printf(out, "# HELP warung_menu_%s %s\n# TYPE warung_menu_%s %s\n", name, help,
                        name, type);
}

static void write_events(struct evbuffer *out, const struct line *line)
{
    const struct funnel_row *row = line->row;
    const struct {
        const char *event;
        uint64_t count;
    } events[] = {{"entered", row->entered},     {"answered", row->answered},
                  {"invalid", row->invalid},     {"back", row->back},
                  {"timed_out", row->timed_out}, {"abandoned", row->abandoned}};
    size_t count = row->is_end ? 1 : sizeof(events) / sizeof(events[0]);

    for (size_t i = 0; i < count; i++) {
        write_labels(out, "screen_events_total", line);
        evbuffer_add_printf(out, ",event=\"%s\"} %" PRIu64 "\n", events[i].event, events[i].count);
    }
}

static void write_thinking(struct evbuffer *out, const struct line *line)
{
    const struct funnel_row *row = line->row;
    uint64_t count = 0;

    for (unsigned i = 0; i < FUNNEL_THINK_BOUNDS; i++) {
        count += row->thinks[i];
        if (i % 2 == 0)
            continue; /* half of the classes will do for a graph */
        write_labels(out, "think_seconds_bucket", line);
        evbuffer_add_printf(out, ",le=\"%u\"} %" PRIu64 "\n", funnel_think_bounds_s[i], count);
    }
    count += row->thinks[FUNNEL_THINK_BOUNDS];
    write_labels(out, "think_seconds_bucket", line);
    evbuffer_add_printf(out, ",le=\"+Inf\"} %" PRIu64 "\n", count);
    write_labels(out, "think_seconds_sum", line);
    evbuffer_add_printf(out, "} %.3f\n", (double)row->think_ms / 1000);
    write_labels(out, "think_seconds_count", line);
    evbuffer_add_printf(out, "} %" PRIu64 "\n", count);
}

void funnel_view_write_metrics(const struct gateway *g, struct evbuffer *out)
{
    struct lines lines = collect(g);

    write_head(out, "screen_events_total", "counter",
               "What became of screens: entered, answered, invalid, back, timed_out, abandoned.");
    for (size_t i = 0; i < lines.count; i++)
        write_events(out, &lines.items[i]);
    write_head(out, "screen_waiting", "gauge", "Dialogues that wait on a screen.");
    for (size_t i = 0; i < lines.count; i++) {
        if (lines.items[i].row->is_end)
            continue;
        write_labels(out, "screen_waiting", &lines.items[i]);
        evbuffer_add_printf(out, "} %" PRIu64 "\n", lines.items[i].row->waiting);
    }
    write_head(out, "think_seconds", "histogram", "From a screen to what was typed on it.");
    for (size_t i = 0; i < lines.count; i++)
        if (!lines.items[i].row->is_end)
            write_thinking(out, &lines.items[i]);
    write_head(out, "screens_uncounted_total", "counter",
               "Screens that found no room among those counted.");
    evbuffer_add_printf(out, "warung_menu_screens_uncounted_total %" PRIu64 "\n",
                        funnel_dropped(gateway_funnel(g)));
    mem_free(lines.items);
}
