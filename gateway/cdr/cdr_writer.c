#include "gateway/cdr/cdr_writer.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/span.h"

enum { LOOK_MS = 1000, SYNC_MS = 1000, OLD_EVERY_S = 3600 };

struct cdr_writer {
    struct cdr_writer_settings settings;
    struct cdr_key *key;
    struct cdr_chain chain;
    pthread_t thread;
    pthread_mutex_t mutex; /* guards what follows, up to the thread's own */
    pthread_cond_t more;
    char *waiting; /* queue_bytes */
    size_t waiting_size;
    uint64_t unwritten; /* records that are waiting or taken */
    struct cdr_counters counters;
    uint64_t gone;       /* records of a file that was taken away, to be told */
    int64_t keep_from_s; /* files from before are old; 0 = by a clock that may be wrong */
    bool is_ending;
    /* The thread's own. */
    char *taken; /* queue_bytes: what is being written */
    size_t taken_size, taken_at;
    struct cdr_file *file;
    uint64_t told; /* of counters.dropped: what the chain knows */
    uint64_t kept; /* what its place on the disk has for the next start */
    uint64_t opened_ms;
    uint64_t looked_for_old_ms; /* 0 = never */
    bool is_open;               /* the chain */
    int lock;                   /* ... and nobody else's; -1 = not yet */
    bool is_dirty;
    /* The loop's own, the thread's while it runs: */
    uint64_t left; /* records that the end found without room */
    struct timer look;
    bool was_failing;
};

/* ---- the thread ---- */

static uint64_t count_lines(const char *octets, size_t size)
{
    uint64_t count = 0;

    for (size_t i = 0; i < size; i++)
        count += octets[i] == '\n';
    return count;
}

static void note_progress(struct cdr_writer *w, const char *written, size_t size, unsigned closed)
{
    uint64_t lines = count_lines(written, size);

    pthread_mutex_lock(&w->mutex);
    w->unwritten -= lines;
    w->counters.written_bytes += size;
    w->counters.files += closed;
    pthread_mutex_unlock(&w->mutex);
}

static void note_outcome(struct cdr_writer *w, bool is_good)
{
    int error = errno;

    pthread_mutex_lock(&w->mutex);
    w->counters.failures += !is_good;
    w->counters.is_failing = !is_good;
    if (!is_good)
        w->counters.error = error;
    pthread_mutex_unlock(&w->mutex);
}

/* Waits for lines, at most until it is time to look at the file; false = the end, and nothing
 * waits. */
static bool take(struct cdr_writer *w, bool is_failing)
{
    struct timespec until;
    char *empty = w->taken;
    bool is_ending;

    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += SYNC_MS / 1000;
    pthread_mutex_lock(&w->mutex);
    /* While the disk refuses, new lines do not hurry it. */
    while (!w->is_ending && (is_failing || w->waiting_size == 0) &&
           pthread_cond_timedwait(&w->more, &w->mutex, &until) == 0)
        continue;
    if (w->taken_at == w->taken_size) {
        w->taken = w->waiting;
        w->taken_size = w->waiting_size;
        w->taken_at = 0;
        w->waiting = empty;
        w->waiting_size = 0;
    }
    is_ending = w->is_ending;
    pthread_mutex_unlock(&w->mutex);
    return !is_ending || w->taken_at < w->taken_size;
}

/* Anew each time: the folder may be another one. */
static bool lock_chain(struct cdr_writer *w)
{
    if (w->lock >= 0)
        close(w->lock);
    w->lock = cdr_chain_lock(&w->chain);
    return w->lock >= 0;
}

static bool open_chain(struct cdr_writer *w)
{
    bool is_first = !w->chain.has_place;

    if (!w->is_open && lock_chain(w) && cdr_chain_open(&w->chain, w->key)) {
        w->is_open = true;
        /* What the disk had may have gone with the folder. */
        w->kept = is_first ? w->chain.dropped : UINT64_MAX;
    }
    return w->is_open;
}

/* Where it cannot be made, the folder may be gone, or the name taken: then as after a start. */
static bool open_file(struct cdr_writer *w)
{
    if (w->file != NULL)
        return true;
    w->file = cdr_file_open(&w->chain);
    w->opened_ms = clock_monotonic_ms();
    w->is_open = w->file != NULL;
    return w->is_open;
}

/* Tells the chain, for the next file, what was dropped; returns how many wait to be written. */
static uint64_t tell_dropped(struct cdr_writer *w)
{
    uint64_t dropped, unwritten;

    pthread_mutex_lock(&w->mutex);
    dropped = w->counters.dropped;
    unwritten = w->unwritten;
    pthread_mutex_unlock(&w->mutex);
    if (w->chain.has_place) {
        w->chain.dropped += dropped - w->told;
        w->told = dropped;
    }
    return unwritten;
}

/* Until a file can say it, the place on the disk does, so that neither a restart nor a kill forgets
 * a loss: what waits while the disk refuses is lost until it is written. */
static void keep_count(struct cdr_writer *w, bool is_failing)
{
    uint64_t unwritten = tell_dropped(w), lost = w->chain.dropped + (is_failing ? unwritten : 0);
    struct cdr_chain place;

    if (!w->chain.has_place || lost == w->kept)
        return;
    place = w->chain;
    place.dropped = lost;
    if (cdr_chain_save(&place))
        w->kept = lost;
}

/* Where somebody has taken the open file away, or the whole folder, its records are lost: told now
 * and not only when it would be full. What comes goes to a new one, as after a start: the folder is
 * made again, and whatever stands under the name is closed first. */
static void look_for_file(struct cdr_writer *w)
{
    uint64_t lost;

    if (w->file == NULL || cdr_file_is_there(w->file))
        return;
    lost = cdr_file_records(w->file);
    cdr_file_abandon(w->file);
    w->file = NULL;
    w->is_open = false;
    w->is_dirty = false;
    while (w->taken_at > 0 && w->taken[w->taken_at - 1] != '\n')
        w->taken_at--; /* half of a record went with it */
    pthread_mutex_lock(&w->mutex);
    w->counters.dropped += lost;
    w->gone += lost;
    pthread_mutex_unlock(&w->mutex);
}

static bool write_taken(struct cdr_writer *w)
{
    const char *rest = w->taken + w->taken_at;
    size_t done;

    if (w->taken_at == w->taken_size)
        return true;
    if (!open_file(w))
        return false;
    done = cdr_file_write(w->file, rest, w->taken_size - w->taken_at);
    w->taken_at += done;
    w->is_dirty = w->is_dirty || done > 0;
    note_progress(w, rest, done, 0);
    return w->taken_at == w->taken_size;
}

static bool is_full(const struct cdr_writer *w)
{
    return w->file != NULL &&
           (cdr_file_size(w->file) >= w->settings.rotate_bytes ||
            clock_monotonic_ms() - w->opened_ms >= (uint64_t)w->settings.rotate_s * 1000);
}

static bool close_file(struct cdr_writer *w)
{
    if (w->file == NULL)
        return true;
    (void)tell_dropped(w);
    if (!cdr_file_close(w->file, &w->chain, w->key))
        return false;
    w->file = NULL;
    w->kept = w->chain.dropped;
    w->is_dirty = false;
    note_progress(w, NULL, 0, 1);
    return true;
}

static bool sync_file(struct cdr_writer *w)
{
    if (!w->is_dirty)
        return true;
    w->is_dirty = !cdr_file_sync(w->file);
    return !w->is_dirty;
}

static void remove_old(struct cdr_writer *w)
{
    int64_t keep_from_s;

    pthread_mutex_lock(&w->mutex);
    keep_from_s = w->keep_from_s;
    pthread_mutex_unlock(&w->mutex);
    if (keep_from_s == 0 || (w->looked_for_old_ms != 0 &&
                             clock_monotonic_ms() - w->looked_for_old_ms < OLD_EVERY_S * 1000))
        return;
    w->looked_for_old_ms = clock_monotonic_ms();
    (void)cdr_chain_remove_old(&w->chain, keep_from_s);
}

/* What found no room until now is lost; true: not even half a line of it is in the file. */
static bool give_up_rest(struct cdr_writer *w)
{
    bool is_whole = w->taken_at == 0 || w->taken[w->taken_at - 1] == '\n';

    pthread_mutex_lock(&w->mutex);
    w->left = w->unwritten;
    w->unwritten = 0;
    w->counters.dropped += w->left;
    pthread_mutex_unlock(&w->mutex);
    return is_whole;
}

static void *run(void *arg)
{
    struct cdr_writer *w = arg;
    bool is_failing = !w->is_open, is_ending = false, is_whole;

    while (!is_ending) {
        is_ending = !take(w, is_failing);
        look_for_file(w);
        is_failing =
            !(open_chain(w) && write_taken(w) && (!is_full(w) || close_file(w)) && sync_file(w));
        note_outcome(w, !is_failing);
        keep_count(w, is_failing);
        remove_old(w);
        /* At the end one try must do: what is left then is lost, and said so. */
        pthread_mutex_lock(&w->mutex);
        is_ending = is_ending || (w->is_ending && is_failing);
        pthread_mutex_unlock(&w->mutex);
    }
    is_whole = give_up_rest(w);
    if (!is_whole || !close_file(w)) {
        if (is_whole)
            note_outcome(w, false);
        cdr_file_abandon(w->file);
    }
    keep_count(w, false);
    return NULL;
}

/* ---- the loop's side ---- */

static void tell_lost(const struct cdr_writer *w, uint64_t records, int error, uint64_t dropped)
{
    if (records > 0)
        log_error("cdr.lost", LOG_S("directory", w->settings.directory), LOG_U("records", records),
                  LOG_S("reason", strerror(error)), LOG_U("dropped", dropped));
}

static void look(struct cdr_writer *w)
{
    struct cdr_counters c;
    uint64_t gone;

    pthread_mutex_lock(&w->mutex);
    c = w->counters;
    gone = w->gone;
    w->gone = 0;
    pthread_mutex_unlock(&w->mutex);
    tell_lost(w, gone, ENOENT, c.dropped);

    if (c.is_failing && !w->was_failing)
        log_error("cdr.failing", LOG_S("directory", w->settings.directory),
                  LOG_S("reason", strerror(c.error)), LOG_U("dropped", c.dropped));
    else if (!c.is_failing && w->was_failing)
        log_info("cdr.working", LOG_S("directory", w->settings.directory),
                 LOG_U("dropped", c.dropped));
    w->was_failing = c.is_failing;
}

static void look_back(struct cdr_writer *w)
{
    look(w);
    tell_lost(w, w->left, w->counters.error, w->counters.dropped);
}

/* What a wrong clock calls old is lost for good. */
static void look_at_clock(struct cdr_writer *w)
{
    const struct cdr_writer_settings *s = &w->settings;
    bool is_known = s->keep_s != 0 && s->clock_agrees(s->arg);

    pthread_mutex_lock(&w->mutex);
    w->keep_from_s = is_known ? clock_wall_ms() / 1000 - s->keep_s : 0;
    pthread_mutex_unlock(&w->mutex);
}

static void on_look(struct timer *timer, void *arg)
{
    struct cdr_writer *w = arg;

    look(w);
    look_at_clock(w);
    timer_start(w->settings.timers, timer, LOOK_MS);
}

/* Signals are the loop's. */
static bool start_thread(struct cdr_writer *w)
{
    pthread_condattr_t attributes;
    sigset_t all, before;
    bool is_started;

    sigfillset(&all);
    pthread_sigmask(SIG_BLOCK, &all, &before);
    pthread_mutex_init(&w->mutex, NULL);
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&w->more, &attributes);
    pthread_condattr_destroy(&attributes);
    is_started = pthread_create(&w->thread, NULL, run, w) == 0;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return is_started;
}

static void free_memory(struct cdr_writer *w)
{
    if (w->lock >= 0)
        close(w->lock);
    cdr_key_free(w->key);
    mem_free(w->waiting);
    mem_free(w->taken);
    mem_free((char *)w->settings.directory);
    mem_free(w);
}

/* A folder that is not there or not ours, or another gateway's, is a fault of the configuration. A
 * disk that is full or read only is none: the service goes on without records, and the thread tries
 * again. */
static bool begin(struct cdr_writer *w, char *error, size_t error_bytes)
{
    static const int faults[] = {ENOENT, ENOTDIR, EACCES, EPERM, ELOOP, ENAMETOOLONG};

    if (!cdr_chain_init(&w->chain, w->settings.directory, w->settings.instance)) {
        snprintf(error, error_bytes, "%s: the name is too long", w->settings.directory);
        return false;
    }
    if (open_chain(w))
        return true;
    if (errno == EWOULDBLOCK) {
        snprintf(error, error_bytes, "%s: another gateway writes records of the instance %s there",
                 w->settings.directory, w->settings.instance);
        return false;
    }
    for (size_t i = 0; i < sizeof(faults) / sizeof(faults[0]); i++)
        if (errno == faults[i]) {
            snprintf(error, error_bytes, "%s: %s", w->settings.directory, strerror(errno));
            return false;
        }
    w->counters.failures++;
    w->counters.is_failing = true;
    w->counters.error = errno;
    look(w);
    return true;
}

struct cdr_writer *cdr_writer_new(const struct cdr_writer_settings *settings, char *error,
                                  size_t error_bytes)
{
    struct cdr_writer *w = mem_zalloc(sizeof(*w));

    w->lock = -1;
    w->settings = *settings;
    w->settings.directory = mem_strdup(settings->directory);
    w->key = cdr_key_load_private(settings->key_file, error, error_bytes);
    w->waiting = mem_alloc(settings->queue_bytes);
    w->taken = mem_alloc(settings->queue_bytes);
    timer_init(&w->look, on_look, w);
    if (w->key == NULL || !begin(w, error, error_bytes)) {
        free_memory(w);
        return NULL;
    }
    if (!start_thread(w)) {
        text_copy(error, error_bytes, "no thread for the call detail records");
        free_memory(w);
        return NULL;
    }
    timer_start(settings->timers, &w->look, LOOK_MS);
    return w;
}

void cdr_writer_free(struct cdr_writer *w)
{
    if (w == NULL)
        return;
    timer_stop(w->settings.timers, &w->look);
    pthread_mutex_lock(&w->mutex);
    w->is_ending = true;
    pthread_cond_signal(&w->more);
    pthread_mutex_unlock(&w->mutex);
    pthread_join(w->thread, NULL);
    look_back(w);
    pthread_cond_destroy(&w->more);
    pthread_mutex_destroy(&w->mutex);
    free_memory(w);
}

void cdr_writer_put(struct cdr_writer *w, const char *line, size_t size)
{
    pthread_mutex_lock(&w->mutex);
    w->counters.records++;
    if (size > w->settings.queue_bytes - w->waiting_size) {
        w->counters.dropped++;
    } else {
        memcpy(w->waiting + w->waiting_size, line, size);
        w->unwritten++;
        if (w->waiting_size == 0)
            pthread_cond_signal(&w->more);
        w->waiting_size += size;
    }
    pthread_mutex_unlock(&w->mutex);
}

struct cdr_counters cdr_writer_counters(struct cdr_writer *w)
{
    struct cdr_counters c;

    pthread_mutex_lock(&w->mutex);
    c = w->counters;
    c.queued_bytes = w->waiting_size;
    pthread_mutex_unlock(&w->mutex);
    return c;
}
