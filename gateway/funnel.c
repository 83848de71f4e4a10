#include "gateway/funnel.h"

#include <assert.h>
#include <string.h>

#include "base/map.h"
#include "base/mem.h"

enum {
    AGES = 20, /* classes of age of what waits: a few more than the idle time has */
    AGES_OF_IDLE = 16,
    KEY_BYTES = MENU_ID_BYTES + 2 * MENU_NAME_BYTES,
};

const unsigned funnel_think_bounds_s[FUNNEL_THINK_BOUNDS] = {1,  2,  3,  5,  7,  10,  15,
                                                             20, 30, 45, 60, 90, 120, 180};

struct row {
    struct map_node node;
    uint8_t key[KEY_BYTES];
    struct funnel_row row;
    uint32_t waiting[AGES]; /* shown in the span of time i, i modulo AGES */
};

struct version {
    uint8_t id[MENU_ID_BYTES];
    int64_t used_ms;
};

struct funnel {
    struct timer_queue *timers;
    int64_t (*wall_ms)(void *ctx);
    void *wall_ctx;
    int64_t span_ms; /* of one class of age */
    int64_t idle_ms;
    int64_t oldest; /* span that may still wait */
    struct map by_key;
    struct row **rows; /* FUNNEL_ROWS_MAX */
    size_t row_count;
    struct version versions[FUNNEL_VERSIONS_MAX];
    unsigned version_count;
    uint64_t dropped;
    struct timer tick;
};

/* ---- rows ---- */

static void make_key(const struct turn_place *place, uint8_t key[KEY_BYTES])
{
    memset(key, 0, KEY_BYTES);
    memcpy(key, place->menu_id, MENU_ID_BYTES);
    text_copy((char *)key + MENU_ID_BYTES, MENU_NAME_BYTES, place->screen);
    text_copy((char *)key + MENU_ID_BYTES + MENU_NAME_BYTES, MENU_NAME_BYTES, place->language);
}

static void forget_version(struct funnel *f, const uint8_t *id)
{
    size_t kept = 0;

    for (size_t i = 0; i < f->row_count; i++) {
        struct row *row = f->rows[i];

        if (memcmp(row->row.place.menu_id, id, MENU_ID_BYTES) != 0) {
            f->rows[kept++] = row;
            continue;
        }
        map_remove(&f->by_key, &row->node);
        mem_free(row);
    }
    f->row_count = kept;
}

static void use_version(struct funnel *f, const uint8_t *id, int64_t now_ms)
{
    unsigned oldest = 0, at = 0;

    while (at < f->version_count && memcmp(f->versions[at].id, id, MENU_ID_BYTES) != 0)
        at++;
    if (at == FUNNEL_VERSIONS_MAX) {
        for (unsigned i = 1; i < f->version_count; i++)
            if (f->versions[i].used_ms < f->versions[oldest].used_ms)
                oldest = i;
        at = oldest;
        forget_version(f, f->versions[at].id);
    } else if (at == f->version_count) {
        f->version_count++;
    }
    memcpy(f->versions[at].id, id, MENU_ID_BYTES);
    f->versions[at].used_ms = now_ms;
}

static struct row *find_row(struct funnel *f, const struct turn_place *place)
{
    uint8_t key[KEY_BYTES];
    struct map_node *node;

    make_key(place, key);
    node = map_find(&f->by_key, span_of(key, sizeof(key)));
    return node != NULL ? MAP_ITEM(node, struct row, node) : NULL;
}

static struct row *get_row(struct funnel *f, const struct turn_place *place, int64_t now_ms)
{
    struct row *row = find_row(f, place);

    use_version(f, place->menu_id, now_ms);
    if (row != NULL)
        return row;
    if (f->row_count == FUNNEL_ROWS_MAX) {
        f->dropped++;
        return NULL;
    }
    row = mem_zalloc(sizeof(*row));
    make_key(place, row->key);
    row->row.place = *place;
    map_add(&f->by_key, &row->node, span_of(row->key, sizeof(row->key)));
    f->rows[f->row_count++] = row;
    return row;
}

/* ---- what waits ---- */

static int64_t span_at(const struct funnel *f, int64_t wall_ms)
{
    int64_t span = wall_ms / f->span_ms;

    return span > f->oldest ? span : f->oldest;
}

static void begin_waiting(struct funnel *f, struct row *row, int64_t now_ms)
{
    row->waiting[span_at(f, now_ms) % AGES]++;
    row->row.waiting++;
    if (!timer_is_running(&f->tick))
        timer_start(f->timers, &f->tick, (uint64_t)f->span_ms);
}

/* Takes one away that was shown then, else the newest before or after: an SMS in between, say, has
 * changed the time that the session knows. */
static void end_waiting(struct funnel *f, struct row *row, int64_t shown_ms)
{
    int64_t span = span_at(f, shown_ms);

    if (row->row.waiting == 0)
        return; /* it was shown before our start, or by another gateway, or has timed out */
    for (int i = 0; i < AGES; i++) {
        uint32_t *waiting = &row->waiting[(span + AGES - i) % AGES];

        if (*waiting == 0)
            continue;
        --*waiting;
        row->row.waiting--;
        return;
    }
    assert(!"what waits is in some class of age");
}

/* What has waited too long times out. */
static void expire(struct funnel *f, int64_t now_ms)
{
    int64_t oldest = (now_ms - f->idle_ms) / f->span_ms;

    if (oldest - f->oldest > AGES)
        f->oldest = oldest - AGES;
    for (; f->oldest < oldest; f->oldest++)
        for (size_t i = 0; i < f->row_count; i++) {
            struct row *row = f->rows[i];
            uint32_t *waiting = &row->waiting[f->oldest % AGES];

            row->row.timed_out += *waiting;
            row->row.waiting -= *waiting;
            *waiting = 0;
        }
}

static void on_tick(struct timer *timer, void *arg)
{
    struct funnel *f = arg;

    expire(f, f->wall_ms(f->wall_ctx));
    for (size_t i = 0; i < f->row_count; i++)
        if (f->rows[i]->row.waiting > 0) {
            timer_start(f->timers, timer, (uint64_t)f->span_ms);
            return;
        }
}

/* ---- moves ---- */

static void note_think(struct funnel_row *row, int64_t think_ms)
{
    unsigned bound = 0;

    if (think_ms < 0)
        think_ms = 0; /* the clock was set */
    while (bound < FUNNEL_THINK_BOUNDS && think_ms > (int64_t)funnel_think_bounds_s[bound] * 1000)
        bound++;
    row->thinks[bound]++;
    row->think_ms += (uint64_t)think_ms;
}

static void note_from(struct funnel *f, struct row *row, const struct turn_move *move)
{
    bool was_here = row->row.waiting > 0;

    if (move->has_input)
        note_think(&row->row, move->now_ms - move->shown_ms);
    row->row.invalid += move->was_invalid;
    end_waiting(f, row, move->shown_ms);
    switch (move->leave) {
    case TURN_LEFT_NOT:
        if (was_here)
            begin_waiting(f, row, move->now_ms);
        break;
    case TURN_LEFT_ANSWERED:
        row->row.answered++;
        break;
    case TURN_LEFT_BACK:
        row->row.back++;
        break;
    case TURN_LEFT_ABANDONED:
        row->row.abandoned++;
        break;
    }
}

void funnel_note(struct funnel *f, const struct turn_move *move)
{
    struct row *row;

    expire(f, move->now_ms);
    if (move->from.screen[0] != '\0') {
        row = get_row(f, &move->from, move->now_ms);
        if (row != NULL)
            note_from(f, row, move);
    }
    if (!move->is_entered || move->to.screen[0] == '\0')
        return;
    row = get_row(f, &move->to, move->now_ms);
    if (row == NULL)
        return;
    row->row.entered++;
    row->row.is_end = move->is_end;
    if (!move->is_end)
        begin_waiting(f, row, move->now_ms);
}

/* ---- for those who look ---- */

const struct funnel_row *funnel_at(const struct funnel *f, size_t index)
{
    return index < f->row_count ? &f->rows[index]->row : NULL;
}

uint64_t funnel_dropped(const struct funnel *f)
{
    return f->dropped;
}

uint64_t funnel_row_think_ms(const struct funnel_row *row, unsigned percent)
{
    uint64_t all = 0, below = 0;
    double wanted;

    for (unsigned i = 0; i <= FUNNEL_THINK_BOUNDS; i++)
        all += row->thinks[i];
    wanted = (double)all * percent / 100;
    for (unsigned i = 0; i < FUNNEL_THINK_BOUNDS && all > 0; i++) {
        double low = i > 0 ? funnel_think_bounds_s[i - 1] : 0, high = funnel_think_bounds_s[i];

        if (row->thinks[i] > 0 && (double)(below + row->thinks[i]) >= wanted)
            return (uint64_t)(1000 * (low + (high - low) * (wanted - (double)below) /
                                                (double)row->thinks[i]));
        below += row->thinks[i];
    }
    return all > 0 ? 1000 * (uint64_t)funnel_think_bounds_s[FUNNEL_THINK_BOUNDS - 1] : 0;
}

/* ---- lifetime ---- */

struct funnel *funnel_new(struct timer_queue *timers, int64_t (*wall_ms)(void *ctx), void *wall_ctx,
                          unsigned idle_s)
{
    struct funnel *f = mem_zalloc(sizeof(*f));

    f->timers = timers;
    f->wall_ms = wall_ms;
    f->wall_ctx = wall_ctx;
    f->idle_ms = (int64_t)idle_s * 1000;
    f->span_ms = f->idle_ms / AGES_OF_IDLE > 0 ? f->idle_ms / AGES_OF_IDLE : 1;
    f->oldest = (wall_ms(wall_ctx) - f->idle_ms) / f->span_ms;
    f->rows = mem_zalloc(FUNNEL_ROWS_MAX * sizeof(struct row *));
    map_init(&f->by_key, 0);
    timer_init(&f->tick, on_tick, f);
    return f;
}

void funnel_free(struct funnel *f)
{
    if (f == NULL)
        return;
    timer_stop(f->timers, &f->tick);
    for (size_t i = 0; i < f->row_count; i++) {
        map_remove(&f->by_key, &f->rows[i]->node);
        mem_free(f->rows[i]);
    }
    map_fini(&f->by_key);
    mem_free(f->rows);
    mem_free(f);
}
