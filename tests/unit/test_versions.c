/* gateway/versions on the store in memory: what was in force is found again by a gateway that
 * starts anew, and lists of several gateways grow together. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/log.h"
#include "base/mem.h"
#include "gateway/versions.h"
#include "sessions/store_memory.h"

static const struct menu_vocabulary no_vocabulary;

/* The world that gateways share. */
struct world {
    struct timer_queue timers;
    struct deferred_queue deferred;
    struct memory_data *data;
    int64_t wall_ms;
    char folder[64];
};

struct gateway_here {
    struct world *world;
    struct store *store;
    struct router *router;
    struct versions *versions;
    unsigned loaded;
};

static int64_t wall_ms(void *ctx)
{
    return ((struct world *)ctx)->wall_ms;
}

/* Both clocks go on together. */
static void pass(struct world *w, uint64_t ms)
{
    uint64_t end = w->timers.now_ms + ms, due;

    deferred_run(&w->deferred);
    while (timer_queue_next(&w->timers, &due) && due <= end) {
        if (due > w->timers.now_ms)
            w->wall_ms += (int64_t)(due - w->timers.now_ms);
        timer_queue_run(&w->timers, due > w->timers.now_ms ? due : w->timers.now_ms);
        deferred_run(&w->deferred);
    }
    w->wall_ms += (int64_t)(end - w->timers.now_ms);
    timer_queue_set_now(&w->timers, end);
}

static void on_loaded(void *ctx)
{
    ((struct gateway_here *)ctx)->loaded++;
}

/* Loads a menu whose one screen says `text`. */
static void load_menu(struct gateway_here *g, const char *text)
{
    static const char *codes[] = {"*1#"};
    char path[96];
    struct config_menu menu = {.file = path, .codes = {codes, 1}};
    struct config config = {.menus = &menu, .menu_count = 1};
    FILE *file;

    snprintf(path, sizeof(path), "%s/m.cfg", g->world->folder);
    file = fopen(path, "w");
    assert_non_null(file);
    fprintf(
        file,
        "menu = \"m\";\nlanguages = ( { code = \"id\"; name = \"Indonesia\"; } );\n"
        "start = \"A\";\nlines = { back = \"Kembali\"; main = \"Menu\"; next = \"Lanjut\"; };\n"
        "errors = { invalid = \"E\"; too_many = \"E\"; busy = \"E\"; };\n"
        "texts = { E = \"salah\"; };\n"
        "screens = { A = { text = \"%s\"; choices = ( { label = \"Info\"; to = \"E\"; } ); }; };\n",
        text);
    fclose(file);
    assert_true(router_load(g->router, &config, &no_vocabulary, NULL, NULL));
}

static const uint8_t *current_id(const struct gateway_here *g)
{
    return menu_id(router_at(g->router, 0));
}

static void start_gateway(struct gateway_here *g, struct world *w, const char *text)
{
    struct store_memory_settings store = {
        .data = w->data, .timers = &w->timers, .deferred = &w->deferred};
    struct versions_settings settings = {.timers = &w->timers,
                                         .wall_ms = wall_ms,
                                         .wall_ctx = w,
                                         .vocabulary = &no_vocabulary,
                                         .on_loaded = on_loaded,
                                         .ctx = g};

    memset(g, 0, sizeof(*g));
    g->world = w;
    g->router = router_new();
    load_menu(g, text);
    g->store = store_memory_new(&store);
    settings.store = g->store;
    settings.router = g->router;
    g->versions = versions_new(&settings);
    assert_int_equal(g->loaded, 0); /* nothing from inside */
}

static void stop_gateway(struct gateway_here *g)
{
    store_free(g->store);
    versions_free(g->versions);
    router_free(g->router);
}

static int start(void **state)
{
    struct world *w = mem_zalloc(sizeof(*w));

    log_set_level(LOG_LEVEL_OFF);
    w->wall_ms = 1790000000000;
    strcpy(w->folder, "/tmp/warung-versions.XXXXXX");
    assert_non_null(mkdtemp(w->folder));
    timer_queue_init(&w->timers, 1000);
    deferred_queue_init(&w->deferred);
    w->data = memory_data_new(16, wall_ms, w);
    *state = w;
    return 0;
}

static int stop(void **state)
{
    struct world *w = *state;
    char command[128];

    memory_data_free(w->data);
    timer_queue_fini(&w->timers);
    snprintf(command, sizeof(command), "rm -rf %s", w->folder);
    mem_free(w);
    return system(command);
}

static void a_gateway_that_starts_anew_has_the_old_version(void **state)
{
    struct world *w = *state;
    struct gateway_here g;
    uint8_t old[MENU_ID_BYTES];

    start_gateway(&g, w, "satu");
    pass(w, 10);
    assert_int_equal(g.loaded, 1);
    memcpy(old, current_id(&g), MENU_ID_BYTES);
    stop_gateway(&g);

    start_gateway(&g, w, "dua");
    assert_false(router_has_version(g.router, old));
    pass(w, 10);
    assert_int_equal(g.loaded, 1);
    assert_true(router_has_version(g.router, old));
    assert_memory_not_equal(current_id(&g), old, MENU_ID_BYTES);
    stop_gateway(&g);
}

static void a_reload_is_published_and_two_lists_become_one(void **state)
{
    struct world *w = *state;
    struct gateway_here a, b, c;
    uint8_t ids[3][MENU_ID_BYTES];

    start_gateway(&a, w, "satu");
    start_gateway(&b, w, "dua"); /* at the same moment: their lists conflict */
    pass(w, 20000);
    memcpy(ids[0], current_id(&a), MENU_ID_BYTES);
    memcpy(ids[1], current_id(&b), MENU_ID_BYTES);
    load_menu(&a, "tiga");
    versions_publish(a.versions);
    versions_publish(a.versions); /* asked twice is done once more, not wrong */
    pass(w, 10);
    memcpy(ids[2], current_id(&a), MENU_ID_BYTES);
    stop_gateway(&a);
    stop_gateway(&b);

    start_gateway(&c, w, "empat");
    pass(w, 10);
    for (int i = 0; i < 3; i++)
        assert_true(router_has_version(c.router, ids[i]));
    stop_gateway(&c);
}

static void what_was_long_out_of_force_is_forgotten(void **state)
{
    struct world *w = *state;
    struct gateway_here g;
    uint8_t old[MENU_ID_BYTES], kept[MENU_ID_BYTES];

    start_gateway(&g, w, "satu");
    pass(w, 10);
    memcpy(old, current_id(&g), MENU_ID_BYTES);
    load_menu(&g, "dua");
    versions_publish(g.versions);
    pass(w, (uint64_t)(VERSIONS_TTL_S + 2 * VERSIONS_REFRESH_S) * 1000);
    memcpy(kept, current_id(&g), MENU_ID_BYTES);
    stop_gateway(&g);

    start_gateway(&g, w, "tiga");
    pass(w, 10);
    assert_false(router_has_version(g.router, old));
    assert_true(router_has_version(g.router, kept)); /* refreshed each day while it was in force */
    stop_gateway(&g);
}

static void without_the_store_it_goes_on(void **state)
{
    struct world *w = *state;
    struct gateway_here g;

    start_gateway(&g, w, "satu");
    store_memory_set_ready(g.store, false);
    pass(w, 10);
    assert_int_equal(g.loaded, 1);
    store_memory_set_ready(g.store, true);
    pass(w, 20000); /* and publishes when it is back */
    stop_gateway(&g);
    start_gateway(&g, w, "dua");
    pass(w, 10);
    assert_int_equal(router_version_count(g.router), 2);
    stop_gateway(&g);
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, start, stop)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_gateway_that_starts_anew_has_the_old_version),
        TEST(a_reload_is_published_and_two_lists_become_one),
        TEST(what_was_long_out_of_force_is_forgotten),
        TEST(without_the_store_it_goes_on),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
