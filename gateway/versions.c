#include "gateway/versions.h"

#include <assert.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"

enum {
    AGAIN_MS = 50, /* after a conflict */
    /* So many of the newest are fetched. With as many as the router keeps, or more, each that is
     * fetched would push one out that is wanted, too, round after round. */
    NEWEST = ROUTER_VERSIONS_MAX * 3 / 4,
    UNUSABLE_MAX = RELEASES_MAX, /* that are remembered as told: all that a list may have */
};

/* One round: read the list, fetch what is not here, decide, and where that changed the list write
 * the sources, then the list; then rest. */
struct versions {
    struct versions_settings settings;
    bool is_resting;
    struct releases stored; /* as last read or written */
    uint64_t stored_version;
    bool has_stored;
    struct releases writing; /* what this round decided */
    struct releases applied; /* what the router was told */
    uint8_t *record;         /* `writing`, encoded: RELEASES_BYTES_MAX */
    unsigned next;           /* fetching, keeping: place in the list */
    bool is_loaded;
    bool is_unreadable;                            /* the list is of a newer program: left alone */
    bool has_offer;                                /* the files are still to be offered */
    bool was_offered;                              /* this round has */
    bool is_told;                                  /* what became of the offer was logged */
    bool is_asked;                                 /* for another round when this one is over */
    uint8_t unusable[UNUSABLE_MAX][MENU_ID_BYTES]; /* a ring */
    unsigned unusable_count;                       /* ever */
    int64_t refreshed_ms;
    struct timer again;
};

static void fetch_next(struct versions *v);
static void keep_next(struct versions *v);

static int64_t wall_ms(const struct versions *v)
{
    return v->settings.wall_ms(v->settings.wall_ctx);
}

static void rest(struct versions *v, uint64_t delay_ms)
{
    v->is_resting = true;
    if (v->is_asked)
        delay_ms = 0;
    v->is_asked = false;
    timer_start(v->settings.timers, &v->again, delay_ms);
}

/* ---- deciding ---- */

static void log_version(const struct release *release, bool is_trial)
{
    char hex[RELEASES_HEX_BYTES];

    releases_hex(release->id, hex);
    if (is_trial)
        log_info("menu.trial", LOG_S("menu", release->menu), LOG_S("version", hex),
                 LOG_S("by", release->by), LOG_U("percent", release->percent),
                 LOG_U("numbers", release->number_count));
    else
        log_info("menu.in_force", LOG_S("menu", release->menu), LOG_S("version", hex),
                 LOG_S("by", release->by));
}

/* Tells the router, and the log what is new. */
static void apply(struct versions *v, const struct releases *releases)
{
    const struct menu *file;

    for (unsigned i = 0; (file = router_file_at(v->settings.router, i)) != NULL; i++) {
        const struct release *now = releases_in_force(releases, menu_name(file));
        const struct release *before = releases_in_force(&v->applied, menu_name(file));
        const struct release *trial = releases_on_trial(releases, menu_name(file));
        const struct release *trial_before = releases_on_trial(&v->applied, menu_name(file));

        if (now != NULL && (before == NULL || memcmp(before->id, now->id, MENU_ID_BYTES) != 0))
            log_version(now, false);
        if (trial != NULL && (trial_before == NULL || trial_before->since_ms != trial->since_ms))
            log_version(trial, true);
    }
    releases_copy(&v->applied, releases);
    router_apply(v->settings.router, &v->applied);
}

static void tell_held(const struct releases *releases, const struct menu *file,
                      enum releases_offer offer)
{
    static const char *const whys[] = {[RELEASES_UNCHANGED] = "the file has not changed here",
                                       [RELEASES_TAKEN_BACK] = "it was taken back",
                                       [RELEASES_TRIED] = "it is on trial"};
    const struct release *in_force = releases_in_force(releases, menu_name(file));
    char of_file[RELEASES_HEX_BYTES], hex[RELEASES_HEX_BYTES];

    if (offer == RELEASES_PUBLISHED || offer == RELEASES_SAME || in_force == NULL)
        return;
    releases_hex(menu_id(file), of_file);
    releases_hex(in_force->id, hex);
    log_warning("menu.file_not_in_force", LOG_S("menu", menu_name(file)),
                LOG_S("file_version", of_file), LOG_S("version", hex), LOG_S("why", whys[offer]));
}

static void offer_files(struct versions *v, struct releases *releases)
{
    const struct menu *file;

    for (unsigned i = 0; (file = router_file_at(v->settings.router, i)) != NULL; i++) {
        enum releases_offer offer = releases_offer(releases, v->settings.instance, menu_name(file),
                                                   menu_id(file), wall_ms(v));

        if (!v->is_told)
            tell_held(releases, file, offer);
    }
    v->is_told = true;
}

void versions_offer_files(struct versions *v)
{
    struct releases decided;

    v->has_offer = true;
    v->is_told = false;
    if (!v->is_loaded)
        return; /* the first round does it */
    releases_init(&decided);
    releases_copy(&decided, &v->stored);
    offer_files(v, &decided);
    apply(v, &decided);
    releases_fini(&decided);
    v->was_offered = false;
    v->is_asked = true;
    if (v->is_resting)
        rest(v, 0);
}

static void finish_loading(struct versions *v)
{
    if (v->is_loaded)
        return;
    v->is_loaded = true;
    v->settings.on_loaded(v->settings.ctx);
}

/* Without the list: the files serve. */
static void go_without(struct versions *v)
{
    if (!v->is_loaded) {
        releases_fini(&v->writing);
        offer_files(v, &v->writing);
        apply(v, &v->writing);
    }
    v->is_told = false;
    finish_loading(v);
    rest(v, VERSIONS_POLL_MS);
}

static bool is_refresh_due(const struct versions *v)
{
    return v->refreshed_ms + (int64_t)VERSIONS_REFRESH_S * 1000 <= wall_ms(v);
}

static struct span encode(const struct versions *v, const struct releases *releases)
{
    struct writer w;

    writer_init(&w, v->record, RELEASES_BYTES_MAX);
    releases_encode(releases, &w);
    assert(!w.failed);
    return writer_span(&w);
}

static bool is_equal(const struct versions *v)
{
    struct span stored = encode(v, &v->stored);
    uint8_t *copy = mem_dup(stored.data, stored.size);
    bool equal = span_is_equal(span_of(copy, stored.size), encode(v, &v->writing));

    mem_free(copy);
    return equal;
}

static void refresh(struct versions *v, struct releases *releases)
{
    const struct menu *file;

    for (unsigned i = 0; (file = router_file_at(v->settings.router, i)) != NULL; i++)
        releases_refresh(releases, menu_name(file), wall_ms(v));
    releases_expire(releases, wall_ms(v));
}

static void decide(struct versions *v)
{
    /* No list any more: the store was emptied. What is in force here stays so. */
    releases_copy(&v->writing, v->stored_version != 0 ? &v->stored : &v->applied);
    if (v->has_offer)
        offer_files(v, &v->writing);
    v->was_offered = v->has_offer;
    if (is_refresh_due(v))
        refresh(v, &v->writing);
    apply(v, &v->writing);
    finish_loading(v);
    if (is_equal(v)) {
        v->has_offer = v->has_offer && !v->was_offered;
        rest(v, VERSIONS_POLL_MS);
        return;
    }
    v->next = 0;
    keep_next(v);
}

/* ---- reading ---- */

/* `arg`: its version in hex; NULL: it was told. */
static void on_fault(void *arg, const struct menu_fault *fault)
{
    if (arg != NULL && !fault->is_warning)
        log_error("menu.version_unusable", LOG_S("version", arg), LOG_U("line", fault->line),
                  LOG_S("text", fault->text));
}

static bool is_told_unusable(const struct versions *v, const uint8_t *id)
{
    for (unsigned i = 0; i < UNUSABLE_MAX && i < v->unusable_count; i++)
        if (memcmp(v->unusable[i], id, MENU_ID_BYTES) == 0)
            return true;
    return false;
}

/* Its faults are told once: it is fetched at each change of the list, for hours where gateways of
 * two releases serve side by side. */
static void load(struct versions *v, const uint8_t *id, struct span source)
{
    bool is_told = is_told_unusable(v, id);
    char hex[RELEASES_HEX_BYTES];
    struct menu *menu;

    releases_hex(id, hex);
    menu = menu_load_source(source, v->settings.vocabulary, on_fault, is_told ? NULL : hex);
    if (menu != NULL)
        router_add_version(v->settings.router, menu);
    else if (!is_told)
        memcpy(v->unusable[v->unusable_count++ % UNUSABLE_MAX], id, MENU_ID_BYTES);
}

/* A version that this program cannot load any more is passed over: its dialogues begin anew here
 * with the one that serves new dials (step.c). */
static void on_source(void *arg, const struct store_reply *reply)
{
    struct versions *v = arg;

    if (reply->result != STORE_OK) {
        v->has_stored = false;
        go_without(v);
        return;
    }
    if (reply->subscriber.session.version != 0)
        load(v, v->stored.list[v->next].id, reply->subscriber.session.data);
    v->next++;
    fetch_next(v);
}

static bool is_wanted(const struct versions *v, const struct release *release)
{
    return !router_has_version(v->settings.router, release->id) &&
           (releases_is_kept(&v->stored, release) ||
            (release < &v->stored.list[NEWEST] &&
             release->used_ms + (int64_t)RELEASES_KEEP_S * 1000 > wall_ms(v)));
}

static void fetch_next(struct versions *v)
{
    char key[RELEASES_KEY_BYTES];

    while (v->next < v->stored.count && !is_wanted(v, &v->stored.list[v->next]))
        v->next++;
    if (v->next == v->stored.count) {
        decide(v);
        return;
    }
    releases_key(v->stored.list[v->next].id, key);
    store_shared_load(v->settings.store, key, on_source, v);
}

static void on_list(void *arg, const struct store_reply *reply)
{
    struct versions *v = arg;
    const struct store_record *record = &reply->subscriber.session;

    if (reply->result != STORE_OK) {
        if (!v->is_loaded)
            log_warning("menu.versions_not_loaded",
                        LOG_S("result", store_result_name(reply->result)));
        go_without(v);
        return;
    }
    if (v->has_stored && record->version == v->stored_version && !v->has_offer &&
        !is_refresh_due(v)) {
        rest(v, VERSIONS_POLL_MS);
        return;
    }
    if (!releases_decode(&v->stored, record->data)) {
        if (!v->is_unreadable)
            log_error("menu.versions_unreadable",
                      LOG_S("what", "written by another program; the files serve"));
        v->is_unreadable = true;
        go_without(v);
        return;
    }
    v->is_unreadable = false;
    v->has_stored = true;
    v->stored_version = record->version;
    v->next = 0;
    fetch_next(v);
}

static void on_again(struct timer *timer, void *arg)
{
    struct versions *v = arg;

    (void)timer;
    v->is_resting = false;
    store_shared_load(v->settings.store, RELEASES_RECORD, on_list, v);
}

/* ---- writing ---- */

static void on_list_written(void *arg, const struct store_reply *reply)
{
    struct versions *v = arg;

    if (reply->result != STORE_OK) {
        /* Conflict: somebody has decided meanwhile; this is decided again on that. */
        v->has_stored = false;
        rest(v, reply->result == STORE_CONFLICT ? AGAIN_MS : VERSIONS_POLL_MS);
        return;
    }
    releases_copy(&v->stored, &v->writing);
    v->stored_version = reply->subscriber.session.version;
    if (is_refresh_due(v))
        v->refreshed_ms = wall_ms(v);
    v->has_offer = v->has_offer && !v->was_offered;
    rest(v, VERSIONS_POLL_MS);
}

static void on_source_written(void *arg, const struct store_reply *reply)
{
    struct versions *v = arg;

    /* Conflict: another gateway has just written the same. */
    if (reply->result != STORE_OK && reply->result != STORE_CONFLICT) {
        rest(v, VERSIONS_POLL_MS);
        return;
    }
    v->next++;
    keep_next(v);
}

/* Written again where it is already: that keeps it for another RELEASES_KEEP_S. */
static void on_source_looked_up(void *arg, const struct store_reply *reply)
{
    struct versions *v = arg;
    const uint8_t *id = v->writing.list[v->next].id;
    const struct menu *menu = router_version(v->settings.router, id);
    char key[RELEASES_KEY_BYTES];

    if (reply->result != STORE_OK || menu == NULL) { /* NULL: it had to make room meanwhile */
        rest(v, VERSIONS_POLL_MS);
        return;
    }
    releases_key(id, key);
    store_shared_commit(v->settings.store, key, reply->subscriber.session.version,
                        menu_source(menu), RELEASES_KEEP_S, on_source_written, v);
}

/* What has come into use, and from time to time all that is. */
static bool must_keep(const struct versions *v, const struct release *release)
{
    const struct release *before = releases_find(&v->stored, release->id);

    return releases_is_kept(&v->writing, release) &&
           router_has_version(v->settings.router, release->id) &&
           (is_refresh_due(v) || before == NULL || before->state != release->state);
}

static void keep_next(struct versions *v)
{
    char key[RELEASES_KEY_BYTES];

    while (v->next < v->writing.count && !must_keep(v, &v->writing.list[v->next]))
        v->next++;
    if (v->next < v->writing.count) {
        releases_key(v->writing.list[v->next].id, key);
        store_shared_load(v->settings.store, key, on_source_looked_up, v);
        return;
    }
    store_shared_commit(v->settings.store, RELEASES_RECORD, v->stored_version,
                        encode(v, &v->writing), 0, on_list_written, v);
}

/* ---- lifetime ---- */

struct versions *versions_new(const struct versions_settings *settings)
{
    struct versions *v = mem_zalloc(sizeof(*v));

    v->settings = *settings;
    v->settings.instance = mem_strdup(settings->instance);
    releases_init(&v->stored);
    releases_init(&v->writing);
    releases_init(&v->applied);
    v->record = mem_alloc(RELEASES_BYTES_MAX);
    v->has_offer = true;
    timer_init(&v->again, on_again, v);
    store_shared_load(settings->store, RELEASES_RECORD, on_list, v);
    return v;
}

const struct releases *versions_releases(const struct versions *v)
{
    return &v->applied;
}

void versions_free(struct versions *v)
{
    if (v == NULL)
        return;
    timer_stop(v->settings.timers, &v->again);
    releases_fini(&v->stored);
    releases_fini(&v->writing);
    releases_fini(&v->applied);
    mem_free(v->record);
    mem_free((char *)v->settings.instance);
    mem_free(v);
}
