#include "gateway/versions.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"

enum {
    LIST_FORMAT = 1,
    LIST_BYTES = 2 + VERSIONS_MAX * (MENU_ID_BYTES + 8),
    NAME_BYTES = 5 + 2 * MENU_ID_BYTES + 1, /* "menu:" and the hash */
    RETRY_MS = 5000,
};
#define LIST_NAME "menus"

struct version {
    uint8_t id[MENU_ID_BYTES];
    uint64_t in_force_ms; /* wall clock: when it last was */
};

/* One thing at a time, in this order; publishing begins again with the first current menu. */
enum phase { LOADING, PUBLISHING, LISTING, IDLE };

struct versions {
    struct versions_settings settings;
    enum phase phase;
    struct version list[VERSIONS_MAX]; /* newest first */
    unsigned count;
    unsigned next; /* loading: place in the list; publishing: current menu */
    bool is_loaded;
    bool is_asked; /* to publish once more when this round is over */
    struct timer again;
};

static void load_next(struct versions *v);
static void publish_next(struct versions *v);

static void make_name(const uint8_t id[MENU_ID_BYTES], char name[NAME_BYTES])
{
    strcpy(name, "menu:");
    for (int i = 0; i < MENU_ID_BYTES; i++)
        sprintf(name + 5 + 2 * i, "%02x", id[i]);
}

/* ---- the list ---- */

static void read_list(struct versions *v, struct span record)
{
    struct reader r;
    unsigned count;

    v->count = 0;
    reader_init(&r, record);
    if (record.size == 0 || reader_u8(&r) != LIST_FORMAT)
        return;
    count = reader_u8(&r);
    while (count-- > 0 && v->count < VERSIONS_MAX) {
        struct version *version = &v->list[v->count];
        struct span id = reader_bytes(&r, MENU_ID_BYTES);

        version->in_force_ms = reader_u64(&r);
        if (r.failed)
            return;
        memcpy(version->id, id.data, MENU_ID_BYTES);
        v->count++;
    }
}

static void write_list(const struct versions *v, struct writer *w)
{
    writer_u8(w, LIST_FORMAT);
    writer_u8(w, (uint8_t)v->count);
    for (unsigned i = 0; i < v->count; i++) {
        writer_bytes(w, v->list[i].id, MENU_ID_BYTES);
        writer_u64(w, v->list[i].in_force_ms);
    }
    assert(!w->failed);
}

/* Puts an id in front, out of its old place; the last one goes when there are too many. */
static void put_first(struct versions *v, const uint8_t *id, uint64_t now_ms)
{
    unsigned at = 0;

    while (at < v->count && memcmp(v->list[at].id, id, MENU_ID_BYTES) != 0)
        at++;
    if (at == v->count && v->count < VERSIONS_MAX)
        v->count++;
    if (at == VERSIONS_MAX)
        at--;
    memmove(&v->list[1], &v->list[0], at * sizeof(v->list[0]));
    memcpy(v->list[0].id, id, MENU_ID_BYTES);
    v->list[0].in_force_ms = now_ms;
}

static void note_current(struct versions *v)
{
    uint64_t now_ms = (uint64_t)v->settings.wall_ms(v->settings.wall_ctx);
    const struct menu *menu;

    for (unsigned i = 0; (menu = router_at(v->settings.router, i)) != NULL; i++)
        put_first(v, menu_id(menu), now_ms);
    while (v->count > 0 &&
           v->list[v->count - 1].in_force_ms + (uint64_t)VERSIONS_TTL_S * 1000 < now_ms)
        v->count--;
}

/* ---- loading ---- */

static void finish_loading(struct versions *v)
{
    if (v->is_loaded)
        return;
    v->is_loaded = true;
    versions_publish(v);
    v->settings.on_loaded(v->settings.ctx);
}

static void on_fault(void *arg, const struct menu_fault *fault)
{
    (void)arg;
    if (!fault->is_warning)
        log_warning("menu.version_unusable", LOG_S("text", fault->text),
                    LOG_U("line", fault->line));
}

/* A version that this program cannot load any more: its dialogues go on with the current one. */
static void take_menu(struct versions *v, struct span source)
{
    struct menu *menu = menu_load_source(source, v->settings.vocabulary, on_fault, NULL);

    if (menu != NULL)
        router_add_version(v->settings.router, menu);
}

static void on_menu_loaded(void *arg, const struct store_reply *reply)
{
    struct versions *v = arg;

    if (reply->result == STORE_OK && reply->subscriber.session.version != 0)
        take_menu(v, reply->subscriber.session.data);
    v->next++;
    load_next(v);
}

static void load_next(struct versions *v)
{
    char name[NAME_BYTES];

    while (v->next < v->count && router_has_version(v->settings.router, v->list[v->next].id))
        v->next++;
    if (v->next == v->count) {
        finish_loading(v);
        return;
    }
    make_name(v->list[v->next].id, name);
    store_shared_load(v->settings.store, name, on_menu_loaded, v);
}

static void on_list_loaded(void *arg, const struct store_reply *reply)
{
    struct versions *v = arg;

    if (reply->result == STORE_OK)
        read_list(v, reply->subscriber.session.data);
    else
        log_warning("menu.versions_not_loaded", LOG_S("result", store_result_name(reply->result)));
    v->next = 0;
    load_next(v);
}

/* ---- publishing ---- */

static void rest(struct versions *v, uint64_t delay_ms)
{
    v->phase = IDLE;
    if (v->is_asked) {
        v->is_asked = false;
        delay_ms = 0;
    }
    timer_start(v->settings.timers, &v->again, delay_ms);
}

static void on_list_written(void *arg, const struct store_reply *reply)
{
    struct versions *v = arg;

    /* Conflict: another gateway has noted its own meanwhile; ours are added to that. */
    rest(v, reply->result == STORE_OK ? (uint64_t)VERSIONS_REFRESH_S * 1000 : RETRY_MS);
}

static void on_list_read_again(void *arg, const struct store_reply *reply)
{
    struct versions *v = arg;
    uint8_t octets[LIST_BYTES];
    struct writer w;

    if (reply->result != STORE_OK) {
        rest(v, RETRY_MS);
        return;
    }
    read_list(v, reply->subscriber.session.data);
    note_current(v);
    writer_init(&w, octets, sizeof(octets));
    write_list(v, &w);
    store_shared_commit(v->settings.store, LIST_NAME, reply->subscriber.session.version,
                        writer_span(&w), 0, on_list_written, v);
}

static void on_menu_written(void *arg, const struct store_reply *reply)
{
    struct versions *v = arg;

    /* Conflict: another gateway has just written the same. */
    if (reply->result != STORE_OK && reply->result != STORE_CONFLICT) {
        rest(v, RETRY_MS);
        return;
    }
    v->next++;
    publish_next(v);
}

/* Written again where it is already: that keeps it for another VERSIONS_TTL_S. */
static void on_menu_looked_up(void *arg, const struct store_reply *reply)
{
    struct versions *v = arg;
    const struct menu *menu = router_at(v->settings.router, v->next);
    char name[NAME_BYTES];

    if (reply->result != STORE_OK || menu == NULL) { /* NULL: a reload took it out meanwhile */
        rest(v, RETRY_MS);
        return;
    }
    make_name(menu_id(menu), name);
    store_shared_commit(v->settings.store, name, reply->subscriber.session.version,
                        menu_source(menu), VERSIONS_TTL_S, on_menu_written, v);
}

static void publish_next(struct versions *v)
{
    const struct menu *menu = router_at(v->settings.router, v->next);
    char name[NAME_BYTES];

    if (menu == NULL) {
        v->phase = LISTING;
        store_shared_load(v->settings.store, LIST_NAME, on_list_read_again, v);
        return;
    }
    make_name(menu_id(menu), name);
    store_shared_load(v->settings.store, name, on_menu_looked_up, v);
}

static void on_again(struct timer *timer, void *arg)
{
    struct versions *v = arg;

    (void)timer;
    v->phase = PUBLISHING;
    v->next = 0;
    publish_next(v);
}

void versions_publish(struct versions *v)
{
    if (!v->is_loaded || v->phase == PUBLISHING || v->phase == LISTING) {
        v->is_asked = v->is_loaded; /* a first round follows the loading in any case */
        return;
    }
    v->phase = IDLE;
    timer_start(v->settings.timers, &v->again, 0);
}

struct versions *versions_new(const struct versions_settings *settings)
{
    struct versions *v = mem_zalloc(sizeof(*v));

    v->settings = *settings;
    timer_init(&v->again, on_again, v);
    store_shared_load(settings->store, LIST_NAME, on_list_loaded, v);
    return v;
}

void versions_free(struct versions *v)
{
    if (v == NULL)
        return;
    timer_stop(v->settings.timers, &v->again);
    mem_free(v);
}
