/* gateway/versions and gateway/releases on the store in memory: what was in force is found again by
 * a gateway that starts anew, several gateways agree, and what an admin decided stays. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/log.h"
#include "base/mem.h"
#include "gateway/versions.h"
#include "sessions/store_memory.h"
#include "tests/support/files.h"
#include "tests/support/releases_admin.h"

static const struct menu_vocabulary no_vocabulary;

/* The world that gateways share. */
struct world {
    struct timer_queue timers;
    struct deferred_queue deferred;
    struct memory_data *data;
    int64_t wall_ms;
    char folder[FILES_FOLDER_BYTES];
};

struct gateway_here {
    struct world *world;
    struct store *store;
    struct router *router;
    struct versions *versions;
    unsigned loaded;
    unsigned load_refused; /* the store's first, second ... load from now on; 0 = none */
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

static struct store_memory_fate fate(void *ctx, enum store_memory_call call)
{
    struct gateway_here *g = ctx;
    struct store_memory_fate fate = {.kind = STORE_MEMORY_DONE};

    if (call == STORE_MEMORY_SHARED_LOAD && g->load_refused != 0 && --g->load_refused == 0)
        fate.kind = STORE_MEMORY_REFUSED;
    return fate;
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

static void start_as(struct gateway_here *g, struct world *w, const char *name, const char *text)
{
    struct store_memory_settings store = {.data = w->data,
                                          .timers = &w->timers,
                                          .deferred = &w->deferred,
                                          .fate = fate,
                                          .fate_ctx = g};
    struct versions_settings settings = {.timers = &w->timers,
                                         .wall_ms = wall_ms,
                                         .wall_ctx = w,
                                         .vocabulary = &no_vocabulary,
                                         .instance = name,
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

static void start_gateway(struct gateway_here *g, struct world *w, const char *text)
{
    start_as(g, w, "gw1", text);
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
    files_make_folder(w->folder, "versions");
    timer_queue_init(&w->timers, 1000);
    deferred_queue_init(&w->deferred);
    w->data = memory_data_new(16, wall_ms, w);
    *state = w;
    return 0;
}

static int stop(void **state)
{
    struct world *w = *state;
    int status = files_remove_folder(w->folder);

    memory_data_free(w->data);
    timer_queue_fini(&w->timers);
    mem_free(w);
    return status;
}

/* What an admin does, by one of the functions of releases.h in between. */
static void begin_change(struct releases_admin *a, struct world *w)
{
    struct store_memory_settings store = {
        .data = w->data, .timers = &w->timers, .deferred = &w->deferred};

    releases_admin_begin(a, store_memory_new(&store), &w->deferred);
}

static void roll_back(struct world *w)
{
    struct releases_admin a;

    begin_change(&a, w);
    assert_non_null(releases_last_good(&a.releases, "m"));
    releases_put_in_force(&a.releases, "m", releases_last_good(&a.releases, "m")->id,
                          RELEASE_TAKEN_BACK, "admin", w->wall_ms);
    releases_admin_end(&a);
    pass(w, VERSIONS_POLL_MS + 10);
}

static void reload(struct gateway_here *g, const char *text)
{
    load_menu(g, text);
    versions_offer_files(g->versions);
}

static void file_id(const struct gateway_here *g, uint8_t id[MENU_ID_BYTES])
{
    memcpy(id, menu_id(router_file_at(g->router, 0)), MENU_ID_BYTES);
}

static void assert_in_force(const struct gateway_here *g, const uint8_t *id)
{
    assert_memory_equal(current_id(g), id, MENU_ID_BYTES);
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

    start_gateway(&g, w, "satu"); /* the file was taken back: that is a change of it too */
    pass(w, 10);
    assert_in_force(&g, old);
    stop_gateway(&g);
}

static void two_gateways_agree(void **state)
{
    struct world *w = *state;
    struct gateway_here a, b, c;
    uint8_t ids[4][MENU_ID_BYTES];

    start_as(&a, w, "gw1", "satu");
    start_as(&b, w, "gw2", "dua"); /* at the same moment: their lists conflict */
    pass(w, 20000);
    file_id(&a, ids[0]);
    file_id(&b, ids[1]);
    assert_in_force(&a, current_id(&b));
    reload(&a, "tiga");
    file_id(&a, ids[2]);
    assert_in_force(&a, ids[2]); /* at once */
    reload(&a, "tiga");          /* asked twice is done once more, not wrong */
    pass(w, VERSIONS_POLL_MS + 10);
    assert_in_force(&b, ids[2]);
    reload(&b, "dua"); /* its own file is as it was: the other's stays */
    pass(w, VERSIONS_POLL_MS + 10);
    assert_in_force(&a, ids[2]);
    assert_in_force(&b, ids[2]);

    start_as(&c, w, "gw3", "satu"); /* new here, with a version known for long */
    pass(w, 10);
    assert_in_force(&c, ids[2]);
    for (int i = 0; i < 3; i++)
        assert_true(router_has_version(c.router, ids[i]));
    stop_gateway(&c);
    stop_gateway(&b);
    stop_gateway(&a);
}

static void a_rollback_stays_until_the_file_is_another(void **state)
{
    struct world *w = *state;
    struct gateway_here a, b;
    uint8_t good[MENU_ID_BYTES], bad[MENU_ID_BYTES];

    start_as(&a, w, "gw1", "baik");
    start_as(&b, w, "gw2", "baik");
    pass(w, 20000);
    file_id(&a, good);
    reload(&a, "buruk");
    file_id(&a, bad);
    pass(w, VERSIONS_POLL_MS + 10);
    assert_in_force(&b, bad);
    roll_back(w);
    assert_in_force(&a, good);
    assert_in_force(&b, good);

    reload(&a, "buruk"); /* a reload for another reason */
    assert_in_force(&a, good);
    reload(&b, "buruk"); /* the bad file comes to the other one too */
    assert_in_force(&b, good);
    pass(w, 20000);
    stop_gateway(&a);
    start_as(&a, w, "gw1", "buruk"); /* a restart */
    pass(w, 10);
    assert_in_force(&a, good);
    assert_true(router_has_version(a.router, bad)); /* dialogues that began with it */

    reload(&a, "lebih baik");
    assert_memory_equal(current_id(&a), menu_id(router_file_at(a.router, 0)), MENU_ID_BYTES);
    pass(w, VERSIONS_POLL_MS + 10);
    assert_in_force(&b, current_id(&a));
    roll_back(w);
    assert_in_force(&b, good); /* not what was taken back before */
    stop_gateway(&a);
    stop_gateway(&b);
}

static void a_trial_serves_its_share_until_it_ends(void **state)
{
    static const char numbers[][RELEASES_MSISDN_BYTES] = {"6281200000001", "6281200000002"};
    struct world *w = *state;
    struct gateway_here a, b;
    uint8_t old[MENU_ID_BYTES], tried[MENU_ID_BYTES];
    struct releases_admin admin;
    unsigned share = 0;

    start_as(&a, w, "gw1", "lama");
    start_as(&b, w, "gw2", "lama");
    pass(w, 20000);
    file_id(&a, old);
    reload(&a, "baru"); /* so that the store has it */
    file_id(&a, tried);
    pass(w, 20000);
    roll_back(w);
    begin_change(&admin, w);
    releases_try(&admin.releases, "m", tried, 20, numbers, 2, "admin", w->wall_ms);
    releases_admin_end(&admin);
    pass(w, VERSIONS_POLL_MS + 10);

    for (unsigned i = 0; i < 2; i++)
        assert_true(menu_id_is(router_find(b.router, "", "*1#", false, NULL, numbers[i]), tried));
    for (unsigned i = 0; i < 1000; i++) {
        char msisdn[24];
        const struct menu *menu;

        snprintf(msisdn, sizeof(msisdn), "62813%08u", i);
        menu = router_find(a.router, "", "*1#", false, NULL, msisdn);
        assert_true(
            menu_id_is(router_find(b.router, "", "*1#", false, NULL, msisdn), menu_id(menu)));
        share += menu_id_is(menu, tried);
    }
    assert_in_range(share, 140, 260);
    assert_true(menu_id_is(router_find(a.router, "", "*1#", false, NULL, NULL), old));
    reload(&a, "baru"); /* the file on trial read again: still on trial */
    assert_in_force(&a, old);
    reload(&b, "baru"); /* it comes to the other one, too */
    assert_in_force(&b, old);

    begin_change(&admin, w);
    releases_withdraw(&admin.releases, "m", "admin", w->wall_ms);
    releases_admin_end(&admin);
    pass(w, VERSIONS_POLL_MS + 10);
    assert_true(menu_id_is(router_find(a.router, "", "*1#", false, NULL, numbers[0]), old));
    assert_true(router_has_version(a.router, tried)); /* its dialogues end on it */
    stop_gateway(&a);
    stop_gateway(&b);
}

static void what_was_long_out_of_force_is_forgotten(void **state)
{
    struct world *w = *state;
    struct gateway_here g;
    uint8_t old[MENU_ID_BYTES], good[MENU_ID_BYTES], kept[MENU_ID_BYTES];

    start_gateway(&g, w, "satu");
    pass(w, 10);
    memcpy(old, current_id(&g), MENU_ID_BYTES);
    reload(&g, "satu setengah");
    pass(w, 20000);
    memcpy(good, current_id(&g), MENU_ID_BYTES);
    reload(&g, "dua");
    pass(w, (uint64_t)(RELEASES_KEEP_S + VERSIONS_REFRESH_S / 2) * 1000);
    memcpy(kept, current_id(&g), MENU_ID_BYTES);
    stop_gateway(&g);

    start_gateway(&g, w, "tiga");
    pass(w, 10);
    assert_false(router_has_version(g.router, old));
    assert_true(router_has_version(g.router, good)); /* what a rollback returns to */
    assert_true(router_has_version(g.router, kept)); /* refreshed each day while it was in force */
    stop_gateway(&g);
}

/* More are remembered than a gateway has room for: it must not fetch the oldest again at each
 * change, and lose for them those that dialogues began with a moment ago. */
static void of_many_versions_the_newest_stay(void **state)
{
    enum { CHANGES = 80, WATCHED = 24 };
    struct world *w = *state;
    struct gateway_here g;
    uint8_t ids[CHANGES][MENU_ID_BYTES];
    const struct menu *before[WATCHED];
    char text[16];

    start_gateway(&g, w, "satu");
    pass(w, 10);
    for (int i = 0; i < CHANGES; i++) {
        snprintf(text, sizeof(text), "ke-%d", i);
        reload(&g, text);
        pass(w, 2500);
        memcpy(ids[i], current_id(&g), MENU_ID_BYTES);
        for (int k = 0; k < WATCHED && i == CHANGES - 2; k++) {
            before[k] = router_version(g.router, ids[i - k]);
            assert_non_null(before[k]);
        }
    }
    for (int k = 0; k < WATCHED; k++)
        assert_ptr_equal(router_version(g.router, ids[CHANGES - 2 - k]), before[k]);
    stop_gateway(&g);

    start_gateway(&g, w, text); /* which has none of them in memory */
    pass(w, 10);
    for (int k = 0; k < WATCHED; k++)
        assert_true(router_has_version(g.router, ids[CHANGES - 2 - k]));
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

/* A record that this program cannot read is left alone. */
static void the_list_of_a_newer_program_is_not_written_over(void **state)
{
    struct world *w = *state;
    struct releases_admin admin;
    struct gateway_here g;

    begin_change(&admin, w);
    admin.is_done = false;
    store_shared_commit(admin.store, RELEASES_RECORD, 0, span_of("\x7Fnewer", 6), 0,
                        releases_admin_on_written, &admin);
    while (!admin.is_done)
        deferred_run(&w->deferred);
    start_gateway(&g, w, "satu");
    pass(w, 5000);
    assert_int_equal(g.loaded, 1);
    reload(&g, "dua");
    pass(w, 5000);
    assert_in_force(&g, menu_id(router_file_at(g.router, 0)));
    stop_gateway(&g);
    releases_init(&admin.releases);
    admin.is_done = true;
    store_free(admin.store);
}

/* The record's version: who has nothing to say does not write. */
static uint64_t list_version(struct world *w)
{
    struct releases_admin a;

    begin_change(&a, w);
    releases_fini(&a.releases);
    store_free(a.store);
    return a.version;
}

static void it_writes_once_a_day(void **state)
{
    struct world *w = *state;
    struct gateway_here g;
    uint64_t version;

    start_gateway(&g, w, "satu");
    pass(w, 20000);
    version = list_version(w);
    pass(w, (uint64_t)VERSIONS_REFRESH_S * 500);
    assert_int_equal(list_version(w), version);
    pass(w, (uint64_t)VERSIONS_REFRESH_S * 600);
    assert_int_not_equal(list_version(w), version);
    stop_gateway(&g);
}

/* Tries so many versions, each of which takes the place of the one before. */
static void try_many(struct world *w, unsigned count)
{
    struct releases_admin admin;
    uint8_t id[MENU_ID_BYTES] = {0};
    unsigned on_trial = 0;

    begin_change(&admin, w);
    for (unsigned i = 0; i < count; i++) {
        id[0] = (uint8_t)i;
        id[1] = 0xFF;
        releases_try(&admin.releases, "m", id, 1, NULL, 0, "admin", w->wall_ms);
    }
    for (unsigned i = 0; i < admin.releases.count; i++)
        on_trial += admin.releases.list[i].state == RELEASE_ON_TRIAL;
    assert_int_equal(on_trial, 1);
    assert_int_equal(admin.releases.count, RELEASES_MAX);
    releases_admin_end(&admin);
    pass(w, VERSIONS_POLL_MS + 10);
}

static void what_is_in_force_outlives_many_trials(void **state)
{
    struct world *w = *state;
    struct gateway_here g;
    uint8_t good[MENU_ID_BYTES];

    start_gateway(&g, w, "baik");
    pass(w, 20000);
    file_id(&g, good);
    reload(&g, "buruk");
    pass(w, 20000);
    roll_back(w);
    try_many(w, RELEASES_MAX + 10);
    assert_in_force(&g, good);
    stop_gateway(&g);

    start_gateway(&g, w, "buruk");
    pass(w, 10);
    assert_in_force(&g, good);
    stop_gateway(&g);
}

/* Its file may lie somewhere still. */
static void what_was_taken_back_stays_so(void **state)
{
    struct world *w = *state;
    struct gateway_here a, b;
    uint8_t good[MENU_ID_BYTES];

    start_as(&a, w, "gw1", "baik");
    start_as(&b, w, "gw2", "baik");
    pass(w, 20000);
    file_id(&a, good);
    reload(&a, "buruk");
    pass(w, 20000);
    roll_back(w);
    pass(w, (uint64_t)(RELEASES_KEEP_S + 2 * VERSIONS_REFRESH_S) * 1000);
    reload(&b, "buruk");
    assert_in_force(&b, good);
    pass(w, 20000);
    assert_in_force(&a, good);
    stop_gateway(&a);
    stop_gateway(&b);
}

/* Else it would never be looked at again, and one gateway serves what was taken back. */
static void a_version_that_could_not_be_read_is_read_later(void **state)
{
    struct world *w = *state;
    struct gateway_here a, b;
    uint8_t bad[MENU_ID_BYTES];

    start_as(&a, w, "gw1", "baik");
    start_as(&b, w, "gw2", "baik");
    pass(w, 20000);
    reload(&a, "buruk");
    file_id(&a, bad);
    b.load_refused = 2; /* of the list, and of the source that it names */
    pass(w, 2 * VERSIONS_POLL_MS);
    assert_int_equal(b.load_refused, 0);
    assert_in_force(&b, bad);
    stop_gateway(&a);
    stop_gateway(&b);
}

static void on_source(void *arg, const struct store_reply *reply)
{
    ((struct releases_admin *)arg)->version = reply->subscriber.session.version;
}

/* With their names. */
static void count_unusable(void *arg, const char *line, size_t size)
{
    const char *version = memmem(line, size, " version=", 9);

    *(unsigned *)arg += memmem(line, size, "menu.version_unusable", 21) != NULL &&
                        version != NULL &&
                        strspn(version + 9, "0123456789abcdef") == 2 * MENU_ID_BYTES;
}

/* All that the list has get this source; empty: none. */
static void spoil_all(struct world *w, const struct span source)
{
    struct releases_admin a;
    char key[RELEASES_KEY_BYTES];

    begin_change(&a, w);
    for (unsigned i = 0; i < a.releases.count; i++) {
        releases_key(a.releases.list[i].id, key);
        store_shared_load(a.store, key, on_source, &a);
        deferred_run(&w->deferred);
        store_shared_commit(a.store, key, a.version, source, 0, releases_admin_on_written, &a);
        deferred_run(&w->deferred);
    }
    releases_fini(&a.releases);
    store_free(a.store);
}

/* Else anew at each change of the list, for as long as two releases serve side by side. */
static void what_cannot_be_loaded_is_told_once(void **state)
{
    struct world *w = *state;
    struct gateway_here g;
    char name[16];
    unsigned told = 0, at_first;

    start_gateway(&g, w, "satu");
    for (unsigned i = 0; i < 20; i++) {
        snprintf(name, sizeof(name), "versi %u", i);
        reload(&g, name);
        pass(w, 2 * VERSIONS_POLL_MS);
    }
    stop_gateway(&g);
    spoil_all(w, span_of_string("novelty = 1;")); /* of a newer program */

    log_set_level(LOG_LEVEL_ERROR);
    log_set_sink(count_unusable, &told);
    start_gateway(&g, w, "dua");
    pass(w, VERSIONS_POLL_MS);
    at_first = told;
    reload(&g, "tiga"); /* the list is another */
    pass(w, 2 * VERSIONS_POLL_MS);
    stop_gateway(&g);
    assert_true(at_first >= 20);
    assert_int_equal(told, at_first);

    spoil_all(w, span_of(NULL, 0)); /* what is gone is no fault */
    start_gateway(&g, w, "empat");
    pass(w, 2 * VERSIONS_POLL_MS);
    stop_gateway(&g);
    log_set_sink(NULL, NULL);
    log_set_level(LOG_LEVEL_OFF);
    assert_int_equal(told, at_first);
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, start, stop)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_gateway_that_starts_anew_has_the_old_version),
        TEST(two_gateways_agree),
        TEST(a_rollback_stays_until_the_file_is_another),
        TEST(a_trial_serves_its_share_until_it_ends),
        TEST(what_was_long_out_of_force_is_forgotten),
        TEST(of_many_versions_the_newest_stay),
        TEST(without_the_store_it_goes_on),
        TEST(the_list_of_a_newer_program_is_not_written_over),
        TEST(it_writes_once_a_day),
        TEST(what_is_in_force_outlives_many_trials),
        TEST(what_was_taken_back_stays_so),
        TEST(a_version_that_could_not_be_read_is_read_later),
        TEST(what_cannot_be_loaded_is_told_once),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
